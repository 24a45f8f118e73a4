"""What other systems' schedules have in common, and the reading of their JSON.

Minutes of a week count from Monday 00:00 on the clocks of a zone; instants are aware and in UTC.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from setflow.calendar import Unit
from setflow.importing.ladders import Beat, Escalation, Pause, Squad, Way
from setflow.rotation.spec import LONGEST

Documents = Sequence[tuple[str, Any]]
"""Parsed JSON, each with the name of the file or the address that it came from."""

Raw = Mapping[str, Any]
Stretch = tuple[datetime, datetime]

DAY_MINUTES = 24 * 60
WEEK_MINUTES = 7 * DAY_MINUTES
LONGEST_TITLE = 120

# Those of a configuration, and years to reckon with on both sides.
_YEARS = range(1970, 2190)


@dataclass(frozen=True, slots=True)
class Reach:
    """A contact method: by what gateway, at what address, how long after the page began."""

    via: str
    to: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class Someone:
    """A user of the other system; text that is not known is "". `account` is their Jira account."""

    id: str
    name: str = ""
    email: str = ""
    zone: str = ""
    account: str = ""
    contacts: tuple[Reach, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """People, by id, who take turns from wall time `start` on, within `spans` of each week.

    spans   (begin, end) in minutes of the week, an end beyond it for the next; None for always
    vacant  places in `people` that stand in for a turn which the other system gives to nobody, or
            to what is no person
    """

    unit: Unit
    length: int
    start: datetime
    zone: ZoneInfo
    people: tuple[str, ...]
    spans: tuple[tuple[int, int], ...] | None = None
    vacant: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Turning:
    """What becomes one rotation; with several layers the last whose hours are open counts.

    until  when it ends in the other system; None for never. Here none ends
    """

    id: str
    title: str
    layers: tuple[Layer, ...]
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class StandIn:
    """`person` stands in on these rotations from `start` to `end`; for `instead` alone if given."""

    person: str
    turning: tuple[str, ...]
    start: datetime
    end: datetime
    instead: str = ""


@dataclass(frozen=True, slots=True)
class On:
    """The other system says that `person` is on from `start` to `end`."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who is on from `start` to `end` by the other system itself.

    skipped  stretches that are known to differ, each for a reason that is among what is left
    """

    start: datetime
    end: datetime
    shifts: tuple[On, ...]
    skipped: tuple[Stretch, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Rotations that are on at once; `timeline` is None where the system was not asked for it."""

    id: str
    title: str
    rotations: tuple[Turning, ...]
    stand_ins: tuple[StandIn, ...] = ()
    timeline: Timeline | None = None


@dataclass
class Found:
    """All that was found. `left` says what could not be carried over, a sentence each.

    ways  in their order; the last is of every alert, where there are any
    """

    people: dict[str, Someone] = field(default_factory=dict)
    schedules: list[Schedule] = field(default_factory=list)
    squads: list[Squad] = field(default_factory=list)
    escalations: list[Escalation] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def leave(self, sentence: str) -> None:
        """Note what could not be carried over, once."""
        if sentence not in self.left:
            self.left.append(sentence)


def plain(value: object) -> str:
    """Text from outside on one line, without what cannot be printed, and of bounded length."""
    given = value if isinstance(value, str) else ""
    text = " ".join("".join(one if one.isprintable() else " " for one in given).split())
    return text if len(text) <= LONGEST_TITLE else f"{text[: LONGEST_TITLE - 1]}…"


def text(raw: Raw, *keys: str) -> str:
    """The first of these that is text, or a number as text; "" where none is."""
    for key in keys:
        value = raw.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""


def mapping(value: object) -> Raw:
    """`value` if it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def rows(value: object) -> list[Raw]:
    """The mappings of a list; none of what is no list."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def texts(value: object) -> list[str]:
    """The texts of a list; none of what is no list."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def instant(value: object) -> datetime | None:
    """The instant of an ISO text, one without an offset taken for UTC; None for what is none.

    One of a year before 1970 or after 2189 is of the first or last of these.
    """
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None:
        return None
    if found.year not in _YEARS:
        return datetime(_YEARS[0] if found.year < _YEARS[0] else _YEARS[-1], 1, 2, tzinfo=UTC)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def wall(when: datetime, zone: ZoneInfo) -> datetime:
    """What clocks in `zone` show at `when`, to the second."""
    return when.astimezone(zone).replace(tzinfo=None, microsecond=0)


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The stretches in order, those that overlap or touch made one."""
    found: list[Stretch] = []
    for begin, end in sorted(stretches):
        if found and begin <= found[-1][1]:
            begin, end = found[-1][0], max(end, found.pop()[1])
        found.append((begin, end))
    return tuple(found)


def home(found: Found) -> str:
    """The name of the zone that most of its rotations are in; UTC where there is none."""
    zones = Counter(
        layer.zone.key
        for schedule in found.schedules
        for turning in schedule.rotations
        for layer in turning.layers
    )
    return next((name for name, _ in zones.most_common(1)), "UTC")


def long_enough(unit: Unit, length: int) -> bool:
    """Whether a turn of that length can be configured."""
    return 1 <= length <= LONGEST[unit]


class Desk(Protocol):
    """What sorts the documents of a system, and then reads them."""

    def take(self, name: str, document: Any) -> None:
        """Sort one document of that name; what is none of the system's is passed over."""

    def found(self) -> Found:
        """What is in all of them."""
