"""An alert, and what it remembers of its way up a ladder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from setflow.effects import MATTERMOST
from setflow.escalation.spec import Ladder, Method

LATE = timedelta(seconds=60)
"""What is later than this is folded, and says so (DESIGN section 4, promise 5)."""
REMIND = timedelta(minutes=30)
"""How often the channel hears that nobody has it (DESIGN section 4, promise 3)."""
ANSWER = timedelta(minutes=5)
"""How long who has an alert may take to say that they are still on it."""
OFFER = timedelta(minutes=10)
"""How long somebody is asked to take an alert from another; it stays with that one meanwhile."""
LONGEST_SNOOZE = timedelta(days=7)
SNOOZED, HANDED_BACK, UNANSWERED, MAINTENANCE, LOUDER, ELSEWHERE = (
    "snoozed",
    "handed-back",
    "unanswered",
    "maintenance",
    "louder",
    "elsewhere",
)
"""Why an alert waits for somebody anew."""
CHANNEL = "~channel"
"""The method of a page whose `person` is a channel; no contact method can have this name."""
CHAT = Method(MATTERMOST, timedelta(0))

Pair = tuple[str, str]


class Status(StrEnum):
    """Whether an alert waits for a person, has one, waits for an instant, or is over."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that was reached: when it was due, whom it paged, and what of it had nobody.

    empty   targets as they are written in a file
    needed  who has to acknowledge, where each has to
    unless  the condition for which it was passed over, where it was
    """

    at: datetime
    round: int
    step: int
    people: tuple[str, ...]
    empty: tuple[str, ...]
    needed: tuple[str, ...] = ()
    unless: str = ""


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page that was handed over for delivery; `failed` once its first try did not succeed.

    again   how often the step had told them so before
    digest  it went into the person's digest, and has no message of its own
    sure    its method has verified that it reaches them
    """

    nth: int
    round: int
    step: int
    person: str
    method: str
    failed: bool = False
    again: int = 0
    digest: bool = field(default=False, compare=False)
    sure: bool = field(default=True, compare=False)


@dataclass(frozen=True, slots=True)
class PendingPage:
    """A page of the present `nth` that is still to come. `again` and `sure` as with SentPage.

    held  it waits for the end of the person's quiet hours
    """

    due: datetime
    round: int
    step: int
    person: str
    method: str
    again: int = 0
    sure: bool = True
    held: bool = False


@dataclass(frozen=True, slots=True)
class Back:
    """Why an alert waits for somebody anew. See spec.CameBack; `at` is when."""

    why: str
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """`person` is asked by `by` to take an alert, up to `until`."""

    person: str
    by: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Group:
    """What makes an alert one of several: which others join it, and how many have.

    name     what finds it by its labels while it takes members; another open one has another
    labels   detail → value, the same in all of them
    until    up to when the next joins it; each moves that on by `within`
    size     how many joined, the first included; `open` of them are not over
    show_at  when its posts are to tell what changed; None where they do
    """

    name: str
    labels: Mapping[str, str]
    until: datetime
    within: timedelta
    size: int = 1
    open: int = 1
    show_at: datetime | None = None


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
    until      where it is snoozed, up to when
    held       the maintenance window for which it is, "" where a person snoozed it
    back       why this nth began, where somebody had it before or it was held; after a snooze step
               -1 of the first round is the person to whom it comes back
    joined     who answered beside the owner, or before there was one
    helpers    who was asked to help the owner and has not answered
    offer      whom the owner would give it to
    check_at   when the owner is to be asked, or, `asking`, has not answered in time
    asks       how often the owner was asked
    there      that somebody has it was seen in OpsGenie too
    started    when it last began by its source's own clock; None where that says nothing
    group      where it is several: the key and, unless a louder one gave them, the title and
               details are those of the first
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
    until: datetime | None = None
    held: str = ""
    back: Back | None = None
    joined: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()
    offer: Offer | None = None
    check_at: datetime | None = None
    asking: bool = False
    asks: int = 0
    there: bool = False
    group: Group | None = None
    started: datetime | None = None
    tags: tuple[str, ...] = ()
