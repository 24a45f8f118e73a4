"""Whether the file answers as the other system does, over the stretch of its own timeline."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from setflow.importing.values import Found, On, Schedule, StandIn, Stretch, Turning, merged
from setflow.importing.write import Written
from setflow.rotation import rules, spec
from setflow.rotation.rules import History

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Override(NamedTuple):
    """`person` is to stand in on `seat`, both as the file calls them."""

    seat: str
    person: str
    start: datetime
    end: datetime


class Difference(NamedTuple):
    """A stretch in which others are on there (`theirs`) than here (`ours`), sorted names."""

    start: datetime
    end: datetime
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What comparing a schedule came to.

    start, end  the stretch that was compared; None where the system gave no timeline
    skipped     parts of it that were left out, since what is not carried over shows in them
    more        parts in which the file has somebody on where the system has nobody, as is known;
                they were compared without that person
    outside     overrides that reach beyond the hours of their seat, where nobody is on here
    """

    schedule: str
    start: datetime | None
    end: datetime | None
    differences: tuple[Difference, ...] = ()
    skipped: tuple[Stretch, ...] = ()
    more: tuple[Stretch, ...] = ()
    outside: tuple[Stretch, ...] = ()


def check(found: Found, written: Written, rotations: Mapping[str, spec.Rotation]) -> list[Checked]:
    """Compare each schedule with its timeline, overrides included.

    rotations  what the written file says, as it was read back
    """
    return [_Comparing(one, written, rotations).checked() for one in found.schedules]


def overrides(
    found: Found, written: Written, rotations: Mapping[str, spec.Rotation]
) -> list[Override]:
    """The stand-ins that were found, as overrides of seats. One that is for somebody's shifts
    alone becomes one for each of those shifts.
    """
    return [
        made
        for schedule in found.schedules
        for stand_in in schedule.stand_ins
        for made in _made(schedule, stand_in, written, rotations)
    ]


def _made(
    schedule: Schedule,
    stand_in: StandIn,
    written: Written,
    rotations: Mapping[str, spec.Rotation],
) -> Iterator[Override]:
    person = written.people[stand_in.person]
    for one in stand_in.turning:
        seat = written.seats[schedule.id, one]
        stretches = [(stand_in.start, stand_in.end)]
        if stand_in.instead:
            displaced = written.people.get(stand_in.instead)
            history = rules.history_of(rotations[seat.partition(".")[0]])
            stretches = [
                (shift.start, shift.end)
                for shift in rules.shifts(history, (), seat, *stretches[0])
                if shift.people == (displaced,)
            ]
        for start, end in merged(stretches):
            yield Override(seat, person, start, end)


class _Comparing:
    """One schedule."""

    def __init__(
        self, schedule: Schedule, written: Written, rotations: Mapping[str, spec.Rotation]
    ) -> None:
        self.schedule, self.written, self.rotations = schedule, written, rotations
        alone = Found(schedules=[schedule])
        self.overrides = [
            rules.Override(number, one.seat, one.person, one.start, one.end, _LONG_AGO)
            for number, one in enumerate(overrides(alone, written, rotations))
        ]

    def checked(self) -> Checked:
        """What comparing it comes to."""
        timeline = self.schedule.timeline
        if timeline is None or timeline.start >= timeline.end:
            return Checked(self.schedule.title, None, None)
        start, end = timeline.start, timeline.end
        ours: list[On] = []
        more: list[Stretch] = []
        for turning in self.schedule.rotations:
            for shift in self._shifts(turning, start, end):
                if self._is_carried_over(turning, shift):
                    ours += (On(person, shift.start, shift.end) for person in shift.people)
                else:
                    more.append((shift.start, shift.end))
        known = self.written.people
        theirs = [On(known.get(one.person, "?"), one.start, one.end) for one in timeline.shifts]
        cuts = [(max(a, start), min(b, end)) for a, b in timeline.skipped]
        skipped = merged((a, b) for a, b in cuts if a < b)
        differing: list[Difference] = []
        outside: list[Stretch] = []
        for one in _differences(theirs, ours, skipped, start, end):
            if self._is_outside(one):
                outside.append((one.start, one.end))
            else:
                differing.append(one)
        differences = tuple(_joined(differing))
        return Checked(
            self.schedule.title, start, end, differences, skipped, merged(more), merged(outside)
        )

    def _shifts(self, turning: Turning, start: datetime, end: datetime) -> Iterator[rules.Shift]:
        """Those by the file, cut where the other system ends the rotation."""
        seat, history = self._seat(turning)
        until = max(start, min(end, turning.until or end))
        for low, high in ((start, until), (until, end)):
            if low < high:
                yield from rules.shifts(history, self.overrides, seat, low, high)

    def _is_carried_over(self, turning: Turning, shift: rules.Shift) -> bool:
        """Whether the other system has somebody there as well."""
        if turning.until and turning.until <= shift.start:
            return False
        seat, history = self._seat(turning)
        return shift.override or not _vacant(history, seat, turning, shift.start)

    def _seat(self, turning: Turning) -> tuple[str, History]:
        seat = self.written.seats[self.schedule.id, turning.id]
        return seat, rules.history_of(self.rotations[seat.partition(".")[0]])

    def _is_outside(self, one: Difference) -> bool:
        """Whether it is only that somebody stands in where no hours are open."""
        missing = set(one.theirs) - set(one.ours)
        standing_in = {by.person for by in self.overrides if by.start <= one.start < by.end}
        return bool(missing) and missing <= standing_in and set(one.ours) <= set(one.theirs)


def _vacant(history: History, seat: str, turning: Turning, when: datetime) -> bool:
    """Whether the other system has nobody in this turn."""
    turn = rules.turn_at(history, seat, when)
    layer = turning.layers[0]
    return turn is not None and turn.number % len(layer.people) in layer.vacant


def _differences(
    theirs: Sequence[On],
    ours: Sequence[On],
    skipped: Sequence[Stretch],
    start: datetime,
    end: datetime,
) -> Iterator[Difference]:
    edges = {start, end}
    for one in (*theirs, *ours):
        edges |= {one.start, one.end}
    for stretch in skipped:
        edges |= set(stretch)
    for begin, finish in pairwise(sorted(edge for edge in edges if start <= edge <= end)):
        if not any(low <= begin < high for low, high in skipped):
            found = Difference(begin, finish, _at(theirs, begin), _at(ours, begin))
            if found.theirs != found.ours:
                yield found


def _at(shifts: Iterable[On], when: datetime) -> tuple[str, ...]:
    return tuple(sorted({one.person for one in shifts if one.start <= when < one.end}))


def _joined(found: Iterable[Difference]) -> Iterator[Difference]:
    """With those that touch and say the same made one."""
    last: Difference | None = None
    for one in found:
        if last and last.end == one.start and last[2:] == one[2:]:
            last = last._replace(end=one.end)
            continue
        if last:
            yield last
        last = one
    if last:
        yield last
