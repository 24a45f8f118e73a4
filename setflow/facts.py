"""What a post needs to know when it is written: plain values, read by `views`, said by `render`.

Effects name things; these are the things as they stand at the moment of sending. Instants are aware
and in UTC; `zone` is the reader's, in which they are to be said.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.effects import Effect, Receipt


@dataclass(frozen=True, slots=True)
class Who:
    """A person: the name in the configuration, the name for people, the Mattermost username."""

    name: str
    title: str
    username: str


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that was reached: when, who was paged, and which seats of it had nobody."""

    at: datetime
    people: tuple[Who, ...]
    empty: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """An alert as it stands.

    status      firing | acknowledged | resolved | snoozed
    owner, how  who acknowledged it, since when, and by what (button, slash, reaction, reply, api…)
    passed      the steps so far, oldest first; `nobody` when the ladder is at its end unanswered
    next_at, next_people  the next step and whom it would page as things stand; None at the end
    mirrored    OpsGenie pages for this one; here it is only shown
    round, step where on the ladder it stands, from 0: a button drawn now means this very step
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


@dataclass(frozen=True, slots=True)
class MirrorFacts:
    """An alert as OpsGenie knows it: its id there, and who acts, as a user there or by title."""

    remote: str
    user: str


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page as its receiver sees it.

    seat     why it is them, such as "SET primary (EMEA)", "" where they are named themselves
    until    when their turn of that seat ends
    wanted   whether the alert still waits for somebody
    mine     whether the receiver is the one who has it
    again    whether this is a repeat of something that may have arrived before
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


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """Who is on, for a channel's header.

    text   the playbook's template filled in, such as "SET: Ana (EMEA) · Cy · lead Mara · until …"
    """

    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """A stand-in for a stretch of time; `person` is told."""

    id: int
    person: Who
    seat: str
    stand_in: Who
    displaced: tuple[Who, ...]
    by: str
    start: datetime
    end: datetime
    zone: ZoneInfo
    undone: bool


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task of a run. status: open | overdue | done | skipped; note says by whom or why."""

    id: str
    title: str
    role: str
    people: tuple[Who, ...]
    due: datetime | None
    status: str
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One phase of a run as it stands, with what its first line says."""

    id: int
    playbook: str
    version: str
    title: str
    phase: str
    phase_title: str
    channel: str
    zone: ZoneInfo
    tasks: tuple[TaskFacts, ...]
    summary: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskNudgeFacts:
    """A reminder of one task."""

    run: int
    title: str
    task: TaskFacts
    person: Who
    zone: ZoneInfo
    stage: int


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """An incident as it stands. `paged` are those whom setflow paged for it, empty for nobody."""

    id: int
    key: str
    url: str
    title: str
    customer: str
    level: str
    channel: str
    zone: ZoneInfo
    owner: Who | None
    opened_at: datetime
    paged: tuple[Who, ...]
    last_update_at: datetime | None
    last_update_by: str
    due_at: datetime | None
    owed: bool
    closed_at: datetime | None
    attached_to: str = ""


@dataclass(frozen=True, slots=True)
class UpdateNudgeFacts:
    """A reminder of a status update. `next_at`, `next_person`: whom it goes to after this one."""

    incident: IncidentFacts
    people: tuple[Who, ...]
    zone: ZoneInfo
    stage: int
    by: str
    words_wanted: bool
    next_at: datetime | None = None
    next_person: Who | None = None


@dataclass(frozen=True, slots=True)
class EndedNudgeFacts:
    """A reminder that is settled. why: answered | missed | over."""

    incident: IncidentFacts
    zone: ZoneInfo
    why: str


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """One status update. how: command | post | jira | playbooks | button."""

    incident: IncidentFacts
    text: str
    by: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandoverItem:
    """An open ticket or incident: who has it, and whether they are in the incoming crew."""

    key: str
    url: str
    title: str
    level: str
    owner: str
    stays: bool
    last_update_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """What goes from one crew to the next."""

    run: int
    title: str
    channel: str
    zone: ZoneInfo
    outgoing: tuple[Who, ...]
    incoming: tuple[Who, ...]
    handoff_at: datetime | None
    tickets: tuple[HandoverItem, ...]
    incidents: tuple[HandoverItem, ...]


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel to be made: what it is called for people."""

    title: str


@dataclass(frozen=True, slots=True)
class InviteFacts:
    """People to bring into a channel, and those of them who are not in it yet."""

    channel: str
    people: tuple[Who, ...]
    why: str


@dataclass(frozen=True, slots=True)
class RulePostFacts:
    """A post that a playbook's rule asked for."""

    to: str
    text: str
    playbook: str
    version: str
    rule: str


@dataclass(frozen=True, slots=True)
class DeadLetterFacts:
    """An effect that could not be delivered. `waiting` effects stand behind it in its lane.

    outcome, by  retried or dropped, and by whom; "" while it waits for a person
    """

    effect: int
    what: str
    page: bool
    error: str
    since: datetime
    tries: int
    waiting: int
    zone: ZoneInfo
    outcome: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class WarnFacts:
    """Something wrong with our own surroundings."""

    what: str


Facts = (
    AlertFacts
    | MirrorFacts
    | PageFacts
    | HeaderFacts
    | OverrideFacts
    | RunFacts
    | TaskNudgeFacts
    | IncidentFacts
    | UpdateNudgeFacts
    | EndedNudgeFacts
    | UpdateFacts
    | HandoverFacts
    | ChannelFacts
    | InviteFacts
    | RulePostFacts
    | DeadLetterFacts
    | WarnFacts
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What an adapter is handed to deliver: the effect, what it is to say, what is there already.

    reason  which rule of which version asked for it
    before  the receipt of the lane: what earlier effects of it made; None if nothing
    root    the receipt of the thing that a reply goes below; None where it is no reply
    tried_at  when it was first tried, and so may have arrived; None if never
    """

    effect: Effect
    facts: Facts | None
    reason: str
    before: Receipt | None
    root: Receipt | None
    tried_at: datetime | None
    now: datetime
