"""Stretches of time on people's own clocks: when they wake, when a day begins, what is left."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from setflow.calendar import resolve

Span = tuple[datetime, datetime]
DAY = timedelta(days=1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first instant of a day in a zone."""
    return _at(day, time(), zone)


def waking(awake: tuple[time, time], zone: ZoneInfo, start: datetime, end: datetime) -> list[Span]:
    """When somebody is awake between two instants, clipped to them, in order.

    awake  from when to when on the clocks of `zone`; the same twice is round the clock
    """
    wakes, sleeps = awake
    found = []
    day = start.astimezone(zone).date() - DAY
    while (opens := _at(day, wakes, zone)) < end:
        closes = _at(day + DAY if sleeps <= wakes else day, sleeps, zone)
        if opens < closes and start < closes:
            found.append((max(opens, start), min(closes, end)))
        day += DAY
    return found


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time, in order, no two of them touching."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def without(spans: Iterable[Span], taken: Sequence[Span]) -> Iterator[Span]:
    """What `taken` leaves of `spans`, both as `union` has them."""
    for start, end in spans:
        begin = start
        for begins, ends in taken:
            if begins >= end or ends <= begin:
                continue
            if begin < begins:
                yield begin, begins
            begin = ends
        if begin < end:
            yield begin, end


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, clock), zone)
