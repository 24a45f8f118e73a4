"""A schedule kept elsewhere beside our seats: where the two differ, and what of that is news.

Theirs turns at full and half hours, as OpsGenie's does, so less than half an hour is no difference.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import groupby, pairwise
from typing import NamedTuple

from setflow.rotation.rules.answers import shifts
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.values import History, Override

AHEAD = timedelta(days=14)
HALF_HOUR = timedelta(minutes=30)


class On(NamedTuple):
    """`person` is on from `start` to `end`: a name of ours, else whatever they call who is on."""

    person: str
    start: datetime
    end: datetime


class StandIn(NamedTuple):
    """An override there: `person` ("" for nobody) replaces who is on in `rotations`, by id.

    rotations  none of them named are all of them
    """

    person: str
    start: datetime
    end: datetime
    rotations: tuple[str, ...]

    def covers(self, rotation: str, when: datetime) -> bool:
        """Whether it says who is on in that rotation at an instant."""
        return self.start <= when < self.end and (not self.rotations or rotation in self.rotations)


class Apart(NamedTuple):
    """A stretch in which others are on there than here; people sorted, none for nobody."""

    start: datetime
    end: datetime
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


Lines = Mapping[str, Sequence[On]]
"""Who is on in each rotation of a schedule there, by the rotation's id; all are on at once."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of a schedule there.

    apart     where it differs
    until     how far that looked ahead, None before the first time
    day       ISO date by which the post goes, "" before the first
    revision  counts what was said
    """

    apart: tuple[Apart, ...] = ()
    until: datetime | None = None
    day: str = ""
    revision: int = 0


def window(now: datetime) -> tuple[datetime, datetime]:
    """From when to when schedules are compared: two weeks and what is left of the day."""
    start = half_hour(now - HALF_HOUR / 2)
    midnight = datetime.combine(start.astimezone(UTC).date(), time(), UTC)
    return start, midnight + AHEAD + timedelta(days=1)


def half_hour(when: datetime) -> datetime:
    """The full or half hour that an instant is nearest to."""
    past = timedelta(minutes=when.minute % 30, seconds=when.second, microseconds=when.microsecond)
    return when - past + (HALF_HOUR if past >= HALF_HOUR / 2 else timedelta())


def ours(
    history: History, overrides: Sequence[Override], target: str, start: datetime, end: datetime
) -> list[On]:
    """Who is on any seat that `target` names; by seat, then by start."""
    return [
        On(person, shift.start, shift.end)
        for seat in seats_of(history, target)
        for shift in shifts(history, overrides, seat, start, end)
        for person in shift.people
    ]


def compare(
    theirs: Iterable[On], here: Iterable[On], start: datetime, end: datetime
) -> list[Apart]:
    """Where from `start` to `end` they differ for half an hour or longer, in order."""
    there, own = list(theirs), list(here)
    every = [
        Apart(begin, finish, people_at(there, begin), people_at(own, begin))
        for begin, finish in pieces([*there, *own], start, end)
    ]
    found: list[Apart] = []
    for differ, run in groupby(every, key=lambda one: one.theirs != one.ours):
        parts = list(run)
        if differ and parts[-1].end - parts[0].start >= HALF_HOUR:
            found += [
                (same := list(group))[0]._replace(end=same[-1].end)
                for _, group in groupby(parts, key=lambda one: one[2:])
            ]
    return found


def pieces(
    every: Iterable[On | StandIn], start: datetime, end: datetime
) -> list[tuple[datetime, datetime]]:
    """The time from `start` to `end`, cut wherever one of these begins or ends."""
    edges = {edge for one in every for edge in (one.start, one.end) if start < edge < end}
    return list(pairwise(sorted({start, end, *edges})))


def people_at(every: Iterable[On], when: datetime) -> tuple[str, ...]:
    """Who is on at an instant, once each, sorted."""
    return tuple(sorted({one.person for one in every if one.start <= when < one.end}))


def news(
    before: Told, apart: Sequence[Apart], now: datetime, *, until: datetime, today: str
) -> Told:
    """What is said from now on; its revision counts up where that is a change.

    What is new is told by the post of `today`; what goes on, or only came into sight, by the post
    that there is. A stretch that goes on keeps its start.
    """
    found = tuple(_since(one, before.apart) for one in apart)
    if found == before.apart:
        return replace(before, until=until)
    open_ = any(one.end > now for one in before.apart)
    anew = not open_ or any(_is_new(one, before) for one in found)
    day = today if found and anew else before.day
    return Told(found, until, day, before.revision + 1)


def _since(one: Apart, before: Iterable[Apart]) -> Apart:
    starts = (old.start for old in before if _goes_on(old, one))
    return one._replace(start=min([one.start, *starts]))


def _goes_on(old: Apart, one: Apart) -> bool:
    return old[2:] == one[2:] and old.start < one.end and one.start < old.end


def _is_new(one: Apart, before: Told) -> bool:
    if any(_goes_on(old, one) for old in before.apart):
        return False
    seen = before.until is not None and one.start < before.until
    return seen or all(old[2:] != one[2:] for old in before.apart)
