"""Messages that belong to no one slice: the engine makes of them what the slices understand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from setflow.rotation.rules.requests import Answer


@dataclass(frozen=True, slots=True)
class AlertIn:
    """A source says that something fires, or is over.

    remote           the alert's id in OpsGenie
    acknowledged_by  who has it there already, as OpsGenie says it; "" for nobody
    acknowledged_at  since when, where OpsGenie says so
    snoozed_until    when its snooze there ends; None where it has none
    started          when it began by its source's clock; None where that says nothing
    ladder           that it goes up, "" for the routes to say
    """

    source: str
    key: str
    title: str
    priority: str = "P3"
    firing: bool = True
    details: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    remote: str | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None
    started: datetime | None = None
    tags: tuple[str, ...] = ()
    ladder: str = ""


@dataclass(frozen=True, slots=True)
class PageAsked:
    """Somebody asks for `target` (a seat, or person:NAME) to be paged with `text`.

    by   who asked, a name of people, or what did: "shell", "playbook set-cycle"
    key  names this asking, so that it is done once; an open page of the same key is joined
    """

    target: str
    text: str
    by: str
    key: str
    test: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AddOverride:
    """`by` wants `person` to stand in on `seat` from `start` to `end`.

    of    as far as the seat is this person's; with seat "", on all seats that are
    seen  numbers of the stand-ins by others that `by` knows to be replaced
    """

    seat: str
    person: str
    start: datetime
    end: datetime
    by: str
    of: str = ""
    seen: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class UndoOverride:
    """`by` wants override `number` to hold no more, nor those in `also`.

    What was agreed with it, as the other half of a swap, ends with it.
    """

    number: int
    by: str
    also: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCover:
    """`by` wants somebody to have what `of` (by default `by`) has, from `start` to `end`.

    seat    "" for all seats
    wanted  who is asked; "" for anybody, in the rotation's channel
    """

    by: str
    start: datetime
    end: datetime
    seat: str = ""
    of: str = ""
    wanted: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSwap:
    """`by` would give `seat` from `start` to `end` for a stretch of `person`'s."""

    by: str
    person: str
    seat: str
    start: datetime
    end: datetime
    other_seat: str
    other_start: datetime
    other_end: datetime


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """`by` answers a request."""

    request: int
    by: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class SetAway:
    """`by` says that `person` is away from `start` to `end`, or would rather not be on."""

    person: str
    start: datetime
    end: datetime
    by: str
    kind: Literal["away", "rather-not"] = "away"
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EndAway:
    """`by` says that absence `number` holds no more."""

    number: int
    by: str


@dataclass(frozen=True, slots=True)
class PeopleSeen:
    """Who is in Mattermost: by name, why somebody is not, "" for one who is."""

    people: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScheduleAsked:
    """`by` wants the coming weeks of `rotation` in `channel` (its name); `key` names the asking."""

    rotation: str
    channel: str
    weeks: int
    by: str
    key: str


@dataclass(frozen=True, slots=True)
class UpdateSaid:
    """Somebody gave a status update.

    person   a name of people
    ref      where it was said, such as "post:x1": the same is noted once
    how      command | button | post | jira | playbooks
    nothing  whether they said that there is nothing new

    What it is about is the incident, or the ticket, or the incident of the channel, in that order.
    """

    person: str
    text: str
    at: datetime
    ref: str
    how: str
    incident: int | None = None
    ticket: str = ""
    channel: str = ""
    nothing: bool = False


@dataclass(frozen=True, slots=True)
class Triggered:
    """Something happened that playbooks may begin with: `event` and what is known of it."""

    event: str
    facts: Mapping[str, object]
    by: str = ""


@dataclass(frozen=True, slots=True)
class Deciding:
    """The parts of one asking on an alert: what, by whom, by what means, and what they saw.

    nth, round, step  as the button was drawn; None where it was no button
    person            for whom, or to whom; None for oneself
    until             up to when it is put off
    """

    verb: str
    alert: int
    by: str
    how: str
    nth: int | None = None
    round: int | None = None
    step: int | None = None
    person: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OverrideAdded:
    """History: a stand-in was agreed."""

    override: int
    seat: str
    person: str
    start: datetime
    end: datetime
    by: str
    displaced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OverrideUndone:
    """History: a stand-in was taken back."""

    override: int
    by: str


@dataclass(frozen=True, slots=True)
class AbsenceSet:
    """History: somebody is away, or would rather not be on; why is not for history."""

    absence: int
    person: str
    start: datetime
    end: datetime
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class AbsenceEnded:
    """History: an absence was taken back."""

    absence: int
    by: str


@dataclass(frozen=True, slots=True)
class ConfigurationApplied:
    """History: a configuration came into force."""

    version: int
    by: str
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RotationChanged:
    """Somebody else is on, or an override came or went, in a rotation."""

    rotation: str


@dataclass(frozen=True, slots=True)
class TestPagesAcknowledged:
    """Every test page that a task of a run sent was acknowledged, the last by `person`."""

    run: int
    task: str
    person: str
