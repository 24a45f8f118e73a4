"""The ledger: what everybody has had of hours, nights, weekends and holidays. Pure counting."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import chain

from setflow.calendar import resolve
from setflow.planner.values import Load, Member, Span
from setflow.rotation import rules
from setflow.rotation.rules import Absence, History, Override

NIGHT = (time(23), time(7))
QUARTERS = timedelta(days=364)
"""How far back the ledger reaches."""

_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)
_WEEKEND = (5, 6)


def count(spans: Iterable[Span], member: Member) -> Load:
    """What these stretches, none of which overlap, are to somebody; no pages."""
    hours = nights = weekends = holidays = timedelta()
    for span in spans:
        hours += span[1] - span[0]
        for day in _days(span, member):
            whole = overlap(span, (_at(day, time(), member), _at(day + _DAY, time(), member)))
            night = (_at(day, NIGHT[0], member), _at(day + _DAY, NIGHT[1], member))
            nights += overlap(span, night)
            weekends += whole if day.weekday() in _WEEKEND else timedelta()
            holidays += whole if member.days and member.days.holiday(day) else timedelta()
    return Load(hours / _HOUR, nights / _HOUR, weekends / _HOUR, holidays / _HOUR)


def asleep(spans: Iterable[Span], member: Member) -> float:
    """For how many hours of these stretches somebody is not awake."""
    wakes, sleeps = member.awake
    found = timedelta()
    for span in spans:
        found += span[1] - span[0]
        for day in _days(span, member):
            closes = _at(day + _DAY if sleeps <= wakes else day, sleeps, member)
            found -= overlap(span, (_at(day, wakes, member), closes))
    return found / _HOUR


def served(
    history: History, overrides: Sequence[Override], seats: Iterable[str], span: Span
) -> dict[str, list[Span]]:
    """Who really was on, or will be, and when; people who had two seats at once are so twice."""
    found: dict[str, list[Span]] = {}
    for one in chain.from_iterable(rules.shifts(history, overrides, seat, *span) for seat in seats):
        found.setdefault(one.people[0], []).append((one.start, one.end))
    return found


def counted_seats(history: History) -> list[str]:
    """Seats whose hours count: all but those of leads, who answer only where others do not."""
    leads = {
        version.rotation.lead for past in history.values() for version in past if version.rotation
    }
    return [seat for seat in history if seat not in leads]


def eligible(member: Member, absences: Iterable[Absence], span: Span) -> float:
    """The hours of a stretch in which somebody could have served: there, and not away."""
    start, end = span
    if member.since:
        start = max(start, _at(member.since, time(), member))
    if member.until:
        end = min(end, _at(member.until + _DAY, time(), member))
    away = sum(
        (
            overlap((start, end), (one.start, one.end))
            for one in absences
            if one.person == member.name and one.kind == "away"
        ),
        timedelta(),
    )
    return max((end - start - away) / _HOUR, 0.0)


def ledger(
    spans: Mapping[str, Sequence[Span]], pages: Mapping[str, int], members: Mapping[str, Member]
) -> dict[str, Load]:
    """What each of `members` has had; `pages` says how many each was sent."""
    return {
        name: count(spans.get(name, ()), member)._replace(pages=pages.get(name, 0))
        for name, member in members.items()
    }


def overlap(one: Span, other: Span) -> timedelta:
    """How much two stretches have in common."""
    return max(min(one[1], other[1]) - max(one[0], other[0]), timedelta())


def _days(span: Span, member: Member) -> Iterator[date]:
    """The days that a stretch touches, with the one before, whose night may reach into it."""
    day = span[0].astimezone(member.zone).date() - _DAY
    last = span[1].astimezone(member.zone).date()
    while day <= last:
        yield day
        day += _DAY


def _at(day: date, clock: time, member: Member) -> datetime:
    return resolve(datetime.combine(day, clock), member.zone)
