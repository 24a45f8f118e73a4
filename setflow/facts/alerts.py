"""An alert and its pages as posts say them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that was reached: when, who was paged, and which seats of it had nobody.

    unless  the condition for which it was passed over, "" where it was not
    """

    at: datetime
    people: tuple[Who, ...]
    empty: tuple[str, ...] = ()
    unless: str = ""


@dataclass(frozen=True, slots=True)
class BackFacts:
    """Why an alert waits for somebody anew, and since when.

    why     snoozed | handed-back | unanswered | maintenance | louder | elsewhere
    person  who had it; of a maintenance its name as title
    """

    why: str
    person: Who
    at: datetime


@dataclass(frozen=True, slots=True)
class MembersFacts:
    """How many alerts are one.

    size, open  how many there are, and how many of them are not over
    names       what some open ones are called, the newest first
    """

    size: int
    open: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert as it stands.

    status      firing | acknowledged | resolved | snoozed; anew for an earlier start of a ladder
                that has begun again
    owner, how  who acknowledged it, since when, and by what (button, slash, reaction, reply, api…)
    passed      the steps so far, oldest first; `nobody` when the ladder is at its end unanswered
    next_at, next_people  the next step and whom it would page as things stand; None at the end
    mirrored    OpsGenie pages for this one; here it is only shown
    round, step where on the ladder it stands, from 0: a button drawn now means this very step
    until, held  where it is snoozed: up to when, and the maintenance for which it is
    back        why it waits anew, where somebody had it before
    joined      who answered beside the owner, or before there is one; missing: who still has to
    helpers     who was asked to help and has not answered
    offered     whom the owner would give it to, and up to when they are asked
    check_at    when the owner is, or has to have been, heard
    origin, by  where it comes from as people say it, and who wrote it; "" where `source` says it
    members     where it is a group; None where it stands for itself
    """

    id: int
    nth: int
    title: str
    priority: str
    source: str
    url: str
    details: Mapping[str, str]
    status: str
    count: int
    fired_at: datetime
    zone: ZoneInfo
    channel: str
    owner: Who | None = None
    owned_at: datetime | None = None
    how: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
    passed: tuple[Passed, ...] = ()
    next_at: datetime | None = None
    next_people: tuple[Who, ...] = ()
    nobody: bool = False
    mirrored: bool = False
    round: int = 0
    step: int = 0
    until: datetime | None = None
    held: str = ""
    back: BackFacts | None = None
    joined: tuple[Who, ...] = ()
    missing: tuple[Who, ...] = ()
    helpers: tuple[Who, ...] = ()
    offered: Who | None = None
    offered_until: datetime | None = None
    check_at: datetime | None = None
    origin: str = ""
    by: str = ""
    members: MembersFacts | None = None


@dataclass(frozen=True, slots=True)
class AlertNewsFacts:
    """What `person` is told, or asked, of an alert that is or was theirs. what: see TellAlert."""

    alert: AlertFacts
    person: Who
    what: str
    by: Who
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class MirrorFacts:
    """An alert as OpsGenie knows it: its id there, and who acts, as a user there or by title.

    until  when it comes back, where it is snoozed
    """

    remote: str
    user: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page as its receiver sees it.

    seat     why it is them, such as "SET primary (EMEA)", "" where they are named themselves
    until    when their turn of that seat ends
    wanted   whether the alert still waits for somebody
    mine     whether the receiver is the one who has it
    again    whether this is a repeat of something that may have arrived before
    helps    whether they are asked to help who has it
    joined   whether they have answered, beside who has it or before there is one
    """

    alert: AlertFacts
    person: Who
    zone: ZoneInfo
    method: str
    to: str
    seat: str
    until: datetime | None
    wanted: bool
    mine: bool
    late_seconds: int
    folded: int
    again: bool
    helps: bool = False
    joined: bool = False
