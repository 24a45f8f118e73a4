"""What is said to an alert, and the events that it answers with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from setflow.escalation.spec.grouping import Grouping
from setflow.escalation.spec.values import Ladder
from setflow.escalation.spec.windows import Hold


@dataclass(frozen=True, slots=True)
class Fired:
    """A source says that something is wrong; `key` is its own name for it.

    ladder   None where OpsGenie pages and the alert is only shown
    channel  where it is shown
    remote   the alert's id in OpsGenie
    hold     the maintenance window that it comes in; it then pages nobody before its end
    group    with which others it is one; None where it stands for itself
    """

    source: str
    key: str
    title: str
    priority: str
    details: Mapping[str, str]
    url: str
    ladder: Ladder | None
    channel: str
    remote: str | None = None
    hold: Hold | None = None
    group: Grouping | None = None
    tags: tuple[str, ...] = ()
    started: datetime | None = None


@dataclass(frozen=True, slots=True)
class SourceResolved:
    """The source says that it ended, at `at`."""

    source: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`person` has the alert from now on; `by` says so, `how` is button, slash, opsgenie and so on.

    nth  the start of the ladder that a button belongs to; None where nothing says it
    """

    alert: int
    person: str
    by: str
    how: str
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """`by` says that it is over. `nth` as with Acknowledge."""

    alert: int
    by: str
    how: str
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Escalate:
    """`by` wants the next step now. A button says the start, round and step that it stands for."""

    alert: int
    by: str
    how: str
    nth: int | None = None
    round: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class PageFailed:
    """A page could not be delivered at its first try. For a channel see `rules.CHANNEL`.

    again  how often the step had told them so before
    """

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str
    again: int = 0


@dataclass(frozen=True, slots=True)
class AlertOpened:
    """A new alert. `ladder` is its name, None where OpsGenie pages."""

    alert: int
    source: str
    key: str
    title: str
    priority: str
    ladder: str | None


@dataclass(frozen=True, slots=True)
class AlertRefired:
    """More of an open alert: said at 2, 4, 8 and so on, so that a flood does not fill history."""

    alert: int
    count: int


@dataclass(frozen=True, slots=True)
class MemberJoined:
    """An alert became one more of an open group; `name` is what the group's posts call it."""

    alert: int
    source: str
    key: str
    name: str
    priority: str


@dataclass(frozen=True, slots=True)
class MemberLeft:
    """One of a group is over, as its source says; `open` others are not."""

    alert: int
    source: str
    key: str
    open: int


@dataclass(frozen=True, slots=True)
class GroupLouder:
    """One of a group asks louder than all before, so that the group's ladder begins anew."""

    alert: int
    nth: int
    priority: str
    before: str


@dataclass(frozen=True, slots=True)
class DigestBegun:
    """More pages came for `person` than can be read one by one: the further ones go together."""

    person: str


@dataclass(frozen=True, slots=True)
class DigestOver:
    """All the `count` alerts in a digest of `person` are over."""

    person: str
    count: int


@dataclass(frozen=True, slots=True)
class LadderRestarted:
    """It fired again when the ladder had ended unanswered; this is start `nth`."""

    alert: int
    nth: int


@dataclass(frozen=True, slots=True)
class Paged:
    """`person` is told on this step by `method`, `late_seconds` after it was due."""

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str
    late_seconds: int


@dataclass(frozen=True, slots=True)
class PageMissed:
    """A page did not get through at its first try; the next method or step was taken at once."""

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str


@dataclass(frozen=True, slots=True)
class StepEmpty:
    """Nobody was on any seat of a step, so that the next was taken at once. `seats` as written."""

    alert: int
    nth: int
    round: int
    step: int
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Escalated:
    """`by` had the next step taken at once; `round` and `step` are where it stood."""

    alert: int
    by: str
    how: str
    nth: int
    round: int
    step: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`person` has the alert, as `by` said."""

    alert: int
    person: str
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """It is over: `by` is a person, or the source where `how` is "source"."""

    alert: int
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class LadderEnded:
    """Everybody was paged, fallback included, and nobody answered; the channel is reminded."""

    alert: int
    nth: int
