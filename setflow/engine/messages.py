"""Messages that belong to no one slice: the engine makes of them what the slices understand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AlertIn:
    """A source says that something fires, or is over.

    remote           the alert's id in OpsGenie
    acknowledged_by  who has it there already, as OpsGenie says it; "" for nobody
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
    """`by` wants `person` to stand in on `seat` from `start` to `end`."""

    seat: str
    person: str
    start: datetime
    end: datetime
    by: str


@dataclass(frozen=True, slots=True)
class UndoOverride:
    """`by` wants override `number` to hold no more."""

    number: int
    by: str


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
    person            for whom; None for oneself
    """

    verb: str
    alert: int
    by: str
    how: str
    nth: int | None = None
    round: int | None = None
    step: int | None = None
    person: str | None = None


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
