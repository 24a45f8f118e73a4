"""A rotation's weeks as a picture draws them and a post says them."""

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who

Span = tuple[datetime, datetime]
"""From the first instant to the second, the second not included."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Somebody's duty on a seat, from its first opening to its last closing.

    override  they stand in
    """

    who: Who
    start: datetime
    end: datetime
    override: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One seat: what it is called inside its rotation, and its time, in order.

    shift, role  `EMEA` and `primary`; either may be ""
    staffed      when somebody is on, those that touch made one
    gaps         hours that are open with nobody on
    """

    shift: str
    role: str
    bars: tuple[Bar, ...]
    staffed: tuple[Span, ...] = ()
    gaps: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarFacts:
    """What stands on the seats of a rotation from `start` to `end`.

    title     the rotation as people say it
    zone      whose days they are
    holidays  days between that are no ordinary ones, with their names
    """

    title: str
    zone: ZoneInfo
    start: datetime
    end: datetime
    now: datetime
    rows: tuple[Row, ...]
    holidays: tuple[tuple[date, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """The coming weeks, as somebody asked for them in `channel`."""

    calendar: CalendarFacts
    channel: str
    weeks: int
    by: Who
