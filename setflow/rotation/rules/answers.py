"""Who is on and who has the turn, when that changes, and where two histories differ."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from setflow.rotation.rules.past import INSTANT
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.stretches import overrides_of, stretches, vacancies
from setflow.rotation.rules.turns import (
    era_at,
    eras,
    layer_at,
    next_boundary,
    rotation_at,
    turn_at,
    turn_of,
)
from setflow.rotation.rules.values import (
    Difference,
    Gap,
    History,
    Override,
    Shift,
    Standing,
    Turn,
)

# Hours come round every week; a day more for one that clocks skip or move.
_ROUND = timedelta(days=8)


def who(history: History, overrides: Sequence[Override], seat: str, when: datetime) -> Standing:
    """Who is on a seat at an instant, and until when."""
    for on in stretches(history, overrides, seat, when, when + INSTANT):
        if on.person:
            return Standing(seat, (on.person,), on.holder, on.start, on.end, on.override)
    turn = turn_at(history, seat, when)
    filling = _next_filling(history, overrides, seat, when)
    holder = turn.holder if turn else None
    return Standing(seat, (), holder, since=None, until=filling, override=False)


def shifts(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Shift]:
    """The shifts of a seat from `start` to `end`, clipped to them, in order.

    Two shifts that touch differ in the turn, the person, or whether it is a stand-in.
    """
    found = [
        Shift(seat, (person,), begin, finish, override, turn, part)
        for begin, finish, person, _, turn, part, override in stretches(
            history, overrides, seat, start, end
        )
        if person
    ]
    if found:
        found[0] = found[0]._replace(start=max(found[0].start, start))
        found[-1] = found[-1]._replace(end=min(found[-1].end, end))
    return found


def gaps(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Gap]:
    """Where from `start` to `end`, clipped to them, a seat's hours are open and nobody is on.

    Time before a seat's first turn ever is no gap, time between two definitions is.
    """
    found: list[Gap] = []
    for one in vacancies(history, overrides, seat, start, end):
        begin = max(one.start, start)
        if found and found[-1].end == begin:
            begin = found.pop().start
        found.append(Gap(seat, begin, min(one.end, end)))
    return found


def answering(
    history: History, overrides: Sequence[Override], target: str, when: datetime
) -> tuple[str, ...]:
    """Who answers for what a ladder names, once each: whoever is on any of its seats.

    With nobody on, the rotation's `outside`; but not for one shift of a crew named by itself.
    """
    seats = seats_of(history, target)
    people = _on(history, overrides, seats, when)
    rotation = None if people else rotation_at(history, seats, when)
    if rotation is None or rotation.outside is None:
        return people
    if rotation.kind == "crew" and rotation.seat(target):
        return people
    if rotation.outside.startswith("person:"):
        return (rotation.outside.removeprefix("person:"),)
    return _on(history, overrides, (rotation.outside,), when)


def holders(
    history: History, overrides: Sequence[Override], target: str, when: datetime
) -> tuple[str, ...]:
    """Who has this turn of what a playbook names, once each, whether hours are open or not.

    Overrides that hold at `when` replace them, whether hours are open or not.
    """
    turns = (turn_at(history, seat, when) for seat in seats_of(history, target))
    return _having(history, overrides, [(turn, when) for turn in turns if turn])


def next_holders(
    history: History, overrides: Sequence[Override], target: str, when: datetime
) -> tuple[str, ...]:
    """Who has the next turn of what a playbook names; overrides that hold as it starts count."""
    turns = (next_turn(history, seat, when) for seat in seats_of(history, target))
    return _having(history, overrides, [(turn, turn.start) for turn in turns if turn])


def next_turn(history: History, seat: str, when: datetime) -> Turn | None:
    """The turn of a seat that starts when the present one ends, else the first one to come."""
    present = turn_at(history, seat, when)
    if present is None:
        begin = next_handoff(history, seat, when)
        return turn_at(history, seat, begin) if begin else None
    era = era_at(history, seat, when)
    if era is None or era.place is None or present.end == era.end:
        return turn_at(history, seat, present.end)
    layer = layer_at(era.place, when)
    return turn_of(era, layer, seat, present.end) if layer else None


def next_change(
    history: History, overrides: Sequence[Override], name: str, after: datetime
) -> datetime | None:
    """The first instant after `after` at which `who` or `holders` may answer otherwise.

    name  a rotation, a seat, or a crew's `primary` or `backup`
    """
    found = [next_handoff(history, name, after)]
    for seat in seats_of(history, name):
        found.append(who(history, overrides, seat, after).until)
        found += [
            edge for one in overrides_of(history, overrides, seat) for edge in (one.start, one.end)
        ]
    return min((one for one in found if one and one > after), default=None)


def next_handoff(history: History, name: str, after: datetime) -> datetime | None:
    """The first instant after `after` at which a turn of any seat of `name` begins or ends."""
    found = (next_boundary(history, seat, after) for seat in seats_of(history, name))
    return min((one for one in found if one), default=None)


def differences(
    old: History,
    new: History,
    overrides: Sequence[Override],
    start: datetime,
    end: datetime,
) -> list[Difference]:
    """Where from `start` to `end` other people are on by `new` than by `old`; by start, seat."""
    found: list[Difference] = []
    for seat in dict.fromkeys([*old, *new]):
        found += _joined(_compared(old, new, overrides, seat, start, end))
    return sorted(found, key=attrgetter("start", "seat"))


def _compared(
    old: History,
    new: History,
    overrides: Sequence[Override],
    seat: str,
    start: datetime,
    end: datetime,
) -> Iterator[Difference]:
    before = shifts(old, overrides, seat, start, end)
    after = shifts(new, overrides, seat, start, end)
    edges = sorted({edge for one in (*before, *after) for edge in (one.start, one.end)})
    for begin, finish in pairwise(edges):
        was, will = _people_at(before, begin), _people_at(after, begin)
        if was != will:
            yield Difference(seat, begin, finish, was, will)


def _people_at(shifts: Sequence[Shift], when: datetime) -> tuple[str, ...]:
    index = bisect_right(shifts, when, key=attrgetter("start")) - 1
    return shifts[index].people if index >= 0 and when < shifts[index].end else ()


def _joined(found: Iterable[Difference]) -> list[Difference]:
    """With those that touch and say the same made one."""
    joined: list[Difference] = []
    for one in found:
        last = joined[-1] if joined else None
        if last and last.end == one.start and last[3:] == one[3:]:
            joined[-1] = last._replace(end=one.end)
        else:
            joined.append(one)
    return joined


def _on(
    history: History, overrides: Sequence[Override], seats: Iterable[str], when: datetime
) -> tuple[str, ...]:
    found = (
        one.person
        for seat in seats
        for one in stretches(history, overrides, seat, when, when + INSTANT)
        if one.person
    )
    return tuple(dict.fromkeys(found))


def _having(
    history: History, overrides: Sequence[Override], turns: Iterable[tuple[Turn, datetime]]
) -> tuple[str, ...]:
    found = []
    for turn, when in turns:
        active = [
            one.person
            for one in overrides_of(history, overrides, turn.seat)
            if one.start <= when < one.end
        ]
        found.append(active[-1] if active else turn.holder)
    return tuple(dict.fromkeys(found))


def _next_filling(
    history: History, overrides: Sequence[Override], seat: str, when: datetime
) -> datetime | None:
    for era in eras(history, seat, when):
        if era.place is None:
            continue
        low = max(when, era.begin)
        while low < era.end:
            high = min(low + _ROUND, era.end)
            for one in stretches(history, overrides, seat, low, high):
                if one.person:
                    return one.start
            low = high
    return None
