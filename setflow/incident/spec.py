"""An incident as it stands, what can be said to it, and what it says happened.

Instants are aware and in UTC; people are names of the configuration, or the name of somebody
outside of it who wrote an update.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays
from setflow.due import Duty

HOWS = {
    "command": "status_update",
    "button": "status_update",
    "jira": "jira_comment",
    "playbooks": "playbooks_status",
}
"""How an update comes in, and what a playbook calls that; a post counts by its #TAG."""


@dataclass(frozen=True, slots=True)
class Update:
    """A status update. how: command | button | post | jira | playbooks."""

    at: datetime
    by: str
    how: str
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A nudge that quiet hours put off to `at`."""

    stage: int
    person: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that customers feel.

    level        L1 to L4; only the first two owe updates
    duty         None where the playbook asks for no updates
    last_update  the newest; `nothing_new` how many in a row said no more than that
    day, due_at  the update that is owed next: its calendar day (ISO 8601, in the duty's zone) and
                 its due instant; "" and None where none is owed
    stage        the newest nudge that was reached for that day, 0 for none
    waiting      nudges that wait for the end of somebody's quiet hours
    sent         keys of the nudges that went out for that day
    paged        people whom setflow paged for it
    """

    id: int
    run: int
    ticket: str
    title: str
    customer: str
    level: str
    url: str
    channel: str
    status: Literal["open", "over"]
    opened_at: datetime
    owner: str
    duty: Duty | None
    last_update: Update | None = None
    nothing_new: int = 0
    day: str = ""
    due_at: datetime | None = None
    stage: int = 0
    waiting: tuple[Waiting, ...] = ()
    sent: tuple[str, ...] = ()
    revision: int = 0
    paged: tuple[str, ...] = ()
    closed_at: datetime | None = None
    why_closed: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The world that an incident is decided in, as it is now.

    roles     who is bound to each role of its run
    days      the playbook's calendar
    zones     of people; whoever is not in it lives in the duty's zone
    facts     for CEL: ticket, …
    titles    what people call them
    evaluate  whether a condition holds; raises ValueError where it speaks of what is not there
    """

    roles: Mapping[str, tuple[str, ...]]
    days: BusinessDays
    evaluate: Callable[[str, Mapping[str, Any]], bool]
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Declare:
    """Open an incident for a run. Fields as in Incident."""

    id: int
    run: int
    ticket: str
    title: str
    customer: str
    level: str
    url: str
    channel: str
    owner: str
    duty: Duty | None
    paged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteUpdate:
    """`by` says how things stand.

    at      when it was said, which may be before now
    how     command | button | post | jira | playbooks
    source  as whom they say it: owner | crew | support, "" for somebody else
    number  of the update where it is kept
    tag     of a post, such as "#status"
    """

    incident: int
    by: str
    at: datetime
    how: str
    text: str
    number: int
    source: str
    tag: str = ""


@dataclass(frozen=True, slots=True)
class NothingNew:
    """`by` says that there is nothing new; that counts twice in a row. Fields as in NoteUpdate."""

    incident: int
    by: str
    number: int
    source: str


@dataclass(frozen=True, slots=True)
class Reassign:
    """The incident has another owner; "" for nobody."""

    incident: int
    owner: str


@dataclass(frozen=True, slots=True)
class LevelChanged:
    """The ticket has another level."""

    incident: int
    level: str


@dataclass(frozen=True, slots=True)
class MarkPaged:
    """These people were paged for it."""

    incident: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """It is over; `why` in a few words."""

    incident: int
    why: str


@dataclass(frozen=True, slots=True)
class IncidentDeclared:
    """An incident was opened."""

    incident: int
    run: int
    ticket: str
    level: str
    owner: str


@dataclass(frozen=True, slots=True)
class UpdateNoted:
    """An update counted. `day`: the one that it was for, "" where none was owed by then."""

    incident: int
    number: int
    by: str
    how: str
    day: str


@dataclass(frozen=True, slots=True)
class UpdateMissed:
    """The update for `day` never came; the next one is owed now."""

    incident: int
    day: str


@dataclass(frozen=True, slots=True)
class OwnerChanged:
    """The incident went from one owner to another; "" for nobody."""

    incident: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LevelMoved:
    """The incident went from one level to another."""

    incident: int
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """The incident is over."""

    incident: int
    why: str
