"""Every zone of the database, around each change of its clocks in two years."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from operator import attrgetter
from zoneinfo import ZoneInfo, available_timezones

import pytest

from setflow.calendar import Turns, add_months, weekly_hours
from setflow.rotation import rules
from setflow.rotation.rules import History
from setflow.rotation.spec import Layer, Order, Rotation, Seat

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOMENT = timedelta(microseconds=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 2 * 365
QUIET = datetime(2026, 5, 31, 11, 30, tzinfo=UTC)
# Changes of another kind, from before: a day skipped, a day repeated, half an hour, twenty minutes.
PAST = [
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ("Pacific/Kwajalein", datetime(1969, 10, 1, 13, tzinfo=UTC)),
    ("Asia/Pyongyang", datetime(2018, 5, 4, 15, tzinfo=UTC)),
    ("America/Caracas", datetime(2016, 5, 1, 7, tzinfo=UTC)),
    ("Africa/Monrovia", datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC)),
    ("America/Scoresbysund", datetime(2024, 3, 31, 1, tzinfo=UTC)),
]
UNITS = [
    *(("hourly", 1), ("hourly", 7), ("hourly", 12), ("daily", 1), ("daily", 2)),
    *(("weekly", 1), ("monthly", 1)),
]


@cache
def changes() -> list[tuple[ZoneInfo, datetime]]:
    """Of each zone every instant at which its clocks change; one without any if they never do."""
    found = []
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        days = [FIRST + week * 7 * DAY for week in range(DAYS // 7)]
        edges = [
            _edge(zone, low, high)
            for low, high in pairwise(days)
            if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset()
        ]
        found += [(zone, edge) for edge in edges or [QUIET]]
    return found + [(ZoneInfo(name), edge) for name, edge in PAST]


@cache
def kinds() -> list[tuple[ZoneInfo, datetime]]:
    """One of those changes for each instant and distance: many zones share them."""
    found = {}
    for zone, edge in changes():
        offsets = (one.astimezone(zone).utcoffset() for one in (edge - MOMENT, edge))
        found[edge, *offsets] = (zone, edge)
    return list(found.values())


def _edge(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // timedelta(seconds=2) * timedelta(seconds=1)
        same = middle.astimezone(zone).utcoffset() == before
        low, high = (middle, high) if same else (low, middle)
    return high


def history(turns: Turns, *spans: tuple[int, int]) -> History:
    layer = Layer(turns, (Order(0, ("ana", "bo", "cy")),), weekly_hours(turns.zone, spans))
    seat = Seat("web", ("web",), (layer,))
    return rules.history_of(Rotation("web", "simple", turns.zone, None, (seat,), None))


def start_at(zone: ZoneInfo, edge: datetime) -> datetime:
    """A wall time a month and more before the change that it skips, or shows twice."""
    wall = (edge - 10 * MINUTE).astimezone(zone).replace(tzinfo=None) + 25 * MINUTE
    return datetime.combine(add_months(wall.date(), -2), wall.time())


def _minute(zone: ZoneInfo, edge: datetime) -> int:
    start = start_at(zone, edge)
    return start.hour * 60 + start.minute


def test_the_database_is_whole():
    zones = {zone.key for zone, _ in changes()}

    assert len(zones) > 590
    assert {"Africa/Cairo", "Asia/Beirut", "America/Santiago", "America/Havana"} <= zones
    assert {"Australia/Lord_Howe", "Africa/Casablanca", "Antarctica/Troll"} <= zones
    assert sum(edge is not QUIET for _, edge in changes()) > 700


@pytest.mark.parametrize(("unit", "length"), UNITS)
def test_turns_leave_no_gap_and_never_overlap(unit, length):
    for zone, edge in kinds() if length == 1 and unit == "hourly" else changes():
        past = history(Turns(start_at(zone, edge), zone, unit, length))
        low, high = edge - 15 * HOUR, edge + 15 * HOUR
        found = rules.shifts(past, (), "web", low, high)

        assert (found[0].start, found[-1].end) == (low, high), (zone, edge)
        assert all(one.start < one.end for one in found), (zone, edge)
        assert all(one.end == other.start for one, other in pairwise(found)), (zone, edge)
        assert [one.turn for one in found] == sorted({one.turn for one in found}), (zone, edge)


@pytest.mark.parametrize(("unit", "length"), [("hourly", 5), ("daily", 1), ("monthly", 1)])
def test_who_says_at_every_edge_what_the_schedule_says(unit, length):
    nightly = [(day * 1440 + 1320, day * 1440 + 1800) for day in range(7)]
    for zone, edge in kinds():
        past = history(Turns(start_at(zone, edge), zone, unit, length), *nightly)
        found = rules.shifts(past, (), "web", edge - DAY, edge + DAY)
        for one in found[1:-1]:
            for when in (one.start, one.end - MOMENT):
                standing = rules.who(past, (), "web", when)
                assert (standing.people, standing.since, standing.until) == (
                    *(one.people, one.start, one.end),
                ), (zone, edge)
        for one, other in pairwise(found):
            if one.end < other.start:
                standing = rules.who(past, (), "web", one.end)
                assert (standing.people, standing.until) == ((), other.start), (zone, edge)


def test_hours_are_open_whenever_clocks_show_them_across_midnight_too():
    for zone, edge in changes():
        begin = _minute(zone, edge)
        spans = [(day * 1440 + begin, day * 1440 + begin + 480) for day in range(7)]
        past = history(Turns(start_at(zone, edge), zone, "weekly", 1), *spans)
        low = edge - 12 * HOUR
        found = rules.shifts(past, (), "web", low, low + DAY)
        for count in range(0, 24 * 60, 23):
            when = low + count * MINUTE
            local = when.astimezone(zone)
            shown = (local.hour * 60 + local.minute - begin) % 1440 < 480
            on = any(one.start <= when < one.end for one in found)
            assert on or not shown, (zone, edge, when)
            if on and not shown:  # clocks are set back over the end, and hours go on to the last
                before, after = (one.astimezone(zone) for one in (edge - MOMENT, edge))
                assert after.utcoffset() < before.utcoffset(), (zone, edge, when)
                assert abs(when - edge) < abs(after.utcoffset() - before.utcoffset())


def test_shifts_that_share_the_day_leave_no_gap_between_them():
    for zone, edge in kinds():
        begin = _minute(zone, edge)
        turns = Turns(start_at(zone, edge), zone, "weekly", 2)
        low, high = edge - DAY, edge + DAY
        found = []
        for opens in (begin, begin + 480, begin + 960):
            spans = [(day * 1440 + opens, day * 1440 + opens + 480) for day in range(7)]
            found += rules.shifts(history(turns, *spans), (), "web", low, high)
        reached = low
        for one in sorted(found, key=attrgetter("start")):
            assert one.start <= reached, (zone, edge)
            reached = max(reached, one.end)
        assert reached == high, (zone, edge)


def test_putting_somebody_in_never_changes_who_is_on_at_a_change_of_clocks():
    for zone, edge in changes()[::4]:
        turns = Turns(start_at(zone, edge), zone, "daily", 1)
        past = history(turns)
        (version,) = past["web"]
        (seat,) = version.rotation.seats
        layer = Layer(turns, (Order(0, ("new", "ana", "bo", "cy")),), None)
        new = replace(version.rotation, seats=(replace(seat, layers=(layer,)),))
        revised = rules.revise(past, new, edge)
        turn = rules.turn_at(past, "web", edge)

        for when in (edge, turn.start, turn.end - MOMENT):
            assert rules.who(revised, (), "web", when).people == (turn.holder,), (zone, edge)
        assert rules.who(revised, (), "web", turn.end).since == turn.end


def test_months_begin_on_their_last_day_in_every_zone():
    for zone, _ in changes()[::7]:
        turns = Turns(datetime.combine(datetime(2026, 1, 31), time(0, 30)), zone, "monthly", 1)
        begins = [turns.begin(number) for number in range(15)]
        local = [one.astimezone(zone).date() for one in begins]

        assert begins == sorted(set(begins))
        assert [one.day for one in local[:5]] == [31, 28, 31, 30, 31]
