"""An alert, and what it remembers of its way up a ladder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from setflow.effects import MATTERMOST
from setflow.escalation.spec import Ladder, Method

LATE = timedelta(seconds=60)
"""What is later than this is folded, and says so (DESIGN section 4, promise 5)."""
REMIND = timedelta(minutes=30)
"""How often the channel hears that nobody has it (DESIGN section 4, promise 3)."""
CHANNEL = "~channel"
"""The method of a page whose `person` is a channel; no contact method can have this name."""
CHAT = Method(MATTERMOST, timedelta(0))

Pair = tuple[str, str]


class Status(StrEnum):
    """Whether an alert waits for a person, has one, or is over."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that was reached: when it was due, whom it paged, and what of it had nobody.

    empty  targets as they are written in a file
    """

    at: datetime
    round: int
    step: int
    people: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page that was handed over for delivery; `failed` once its first try did not succeed."""

    nth: int
    round: int
    step: int
    person: str
    method: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class PendingPage:
    """A page of the present `nth` that is still to come."""

    due: datetime
    round: int
    step: int
    person: str
    method: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that asks for a human. One is open for each source and key.

    ladder     None where OpsGenie pages and this only shows it
    next_at    when the present step is over; None where nothing more is to come
    passed     the steps of this nth, oldest first
    pages      what was sent, for standing down; of earlier nth the last for each person and method
    waiting    contact methods still to come
    ended      the ladder is at its end, unanswered
    reminders  how often the channel was due to hear so
    revision   counts what posts have shown
    """

    id: int
    source: str
    key: str
    title: str
    priority: str
    details: Mapping[str, str]
    url: str
    channel: str
    remote: str | None
    ladder: Ladder | None
    fired_at: datetime
    last_at: datetime
    status: Status = Status.FIRING
    count: int = 1
    nth: int = 1
    round: int = 0
    step: int = 0
    next_at: datetime | None = None
    passed: tuple[Passed, ...] = ()
    pages: tuple[SentPage, ...] = ()
    waiting: tuple[PendingPage, ...] = ()
    ended: bool = False
    reminders: int = 0
    revision: int = 0
    owner: str | None = None
    owned_at: datetime | None = None
    how: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""
