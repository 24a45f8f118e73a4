"""The stretches of time that every answer is made of: open hours of turns, with stand-ins."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice, pairwise
from operator import attrgetter
from typing import NamedTuple

from setflow.calendar import open_hours
from setflow.rotation.rules.past import FIRST, LAST, Count, Era, anchor_of
from setflow.rotation.rules.turns import eras, holder_of
from setflow.rotation.rules.values import History, Override
from setflow.rotation.spec import Layer, Seat

# Below all numbers of turns.
_ANY = -(10**9)


class Stretch(NamedTuple):
    """Open hours of one turn of one layer. Without a person it is a gap.

    turn, part  those of the shift that it makes
    """

    start: datetime
    end: datetime
    person: str | None
    holder: str | None
    turn: int
    part: str
    override: bool


def stretches(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Stretch]:
    """All stretches of a seat that reach between `start` and `end`, whole, in order."""
    return _made(_all, history, overrides, seat, start, end)


def vacancies(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Stretch]:
    """Of those stretches the ones without a person."""
    found = _made(_vacant, history, overrides, seat, start, end)
    return [one for one in found if one.person is None]


def overrides_of(history: History, overrides: Sequence[Override], seat: str) -> list[Override]:
    """The overrides of a seat; of those that overlap the last one wins."""
    if not overrides or seat not in history:
        return []
    own = [one for one in overrides if one.seat in history[seat].names]
    return sorted(own, key=lambda one: (one.created_at, one.id))


def _made(
    make: Callable[[Era, Seat, datetime, datetime], list[Stretch]],
    history: History,
    overrides: Sequence[Override],
    seat: str,
    start: datetime,
    end: datetime,
) -> list[Stretch]:
    found: list[Stretch] = []
    for era in eras(history, seat, start, end):
        low, high = max(era.begin, start), min(era.end, end)
        if era.place and low < high:
            found += _cut(make(era, era.place, low, high), era)
    standing_in = overrides_of(history, overrides, seat)
    if standing_in:
        parts = [part for one in found for part in _replaced(one, standing_in)]
        found = [one for one in parts if one.start < end and start < one.end]
    return found


def _cut(found: list[Stretch], era: Era) -> list[Stretch]:
    if found and found[0].start < era.begin:
        found[0] = found[0]._replace(start=era.begin)
    if found and found[-1].end > era.end:
        found[-1] = found[-1]._replace(end=era.end)
    return found


def _replaced(one: Stretch, overrides: Sequence[Override]) -> list[Stretch]:
    """The stretch in parts with one person each."""
    edges = {edge for stand_in in overrides for edge in (stand_in.start, stand_in.end)}
    inside = sorted({one.start, one.end, *(edge for edge in edges if one.start < edge < one.end)})
    found: list[Stretch] = []
    for start, end in pairwise(inside):
        name = one.part if start == one.start else f"{one.part}.{_edge(overrides, start)}"
        part = one._replace(start=start, end=end, part=name)
        active = [by.person for by in overrides if by.start <= start < by.end]
        if active:
            part = part._replace(person=active[-1], override=True)
        if found and (found[-1].person, found[-1].override) == (part.person, part.override):
            part = found.pop()._replace(end=end)
        found.append(part)
    return found


def _edge(overrides: Sequence[Override], when: datetime) -> str:
    """What begins or ends at an instant."""
    begins = [f"o{one.id}" for one in overrides if one.start == when]
    return next(iter([*begins, *(f"e{one.id}" for one in overrides if one.end == when)]))


def _all(era: Era, place: Seat, low: datetime, high: datetime) -> list[Stretch]:
    return [*_vacant(era, place, low, high), *_stacked(era, place, low, high, 0)]


def _vacant(era: Era, place: Seat, low: datetime, high: datetime) -> list[Stretch]:
    """Open hours before the first turn of a definition whose predecessor had turns."""
    if not era.staffed_before or low >= anchor_of(place):
        return []
    anchor = anchor_of(place)
    found = _stacked(era, place, low, min(high, anchor), _ANY)
    return [one._replace(person=None, holder=None, end=min(one.end, anchor)) for one in found]


def _stacked(era: Era, place: Seat, low: datetime, high: datetime, first: int) -> list[Stretch]:
    """Open hours of turns from number `first` on, later layers over earlier ones."""
    found: list[Stretch] = []
    for layer, count in zip(place.layers, era.counts, strict=True):
        above = list(_open(layer, count, max(layer.turns.number(low), first), low, high))
        if found:
            last = _open(layer, count, max(layer.turns.number(high), first), high, found[-1].end)
            whole = [
                *_before(layer, count, low, found[0].start, first),
                *above,
                *(one for one in islice(last, 1) if one not in above[-1:]),
            ]
            found = [one for one in _over(found, whole) if one.start < high and low < one.end]
        else:
            found = above
    return found


def _before(
    layer: Layer, count: Count, low: datetime, limit: datetime, first: int
) -> list[Stretch]:
    """The last stretch up to `low`, if it reaches beyond `limit`."""
    number = layer.turns.number(low)
    while number >= first and layer.turns.begin(number + 1) > limit:
        past = [one for one in _turn(layer, count, number, FIRST, LAST) if one.end <= low]
        if past:
            return past[-1:]
        number -= 1
    return []


def _open(
    layer: Layer, count: Count, number: int, low: datetime, high: datetime
) -> Iterator[Stretch]:
    """Open hours from turn `number` on that reach between `low` and `high`, whole."""
    while layer.turns.begin(number) < high:
        yield from _turn(layer, count, number, low, high)
        number += 1


def _turn(layer: Layer, count: Count, number: int, low: datetime, high: datetime) -> list[Stretch]:
    """Those of one turn."""
    person, turn = holder_of(layer.orders, number), number + count.more
    tail = count.again if turn <= count.used else count.fresh
    return [
        Stretch(start, end, person, person, turn, f"{index}{tail}", False)  # noqa: FBT003
        for index, (start, end) in enumerate(open_hours(layer.turns, layer.hours, number))
        if start < high and low < end
    ]


def _over(below: list[Stretch], above: list[Stretch]) -> list[Stretch]:
    """Both in order, with what `above` covers taken out of `below`."""
    found = list(above)
    for one in below:
        first = bisect_right(above, one.start, key=attrgetter("end"))
        last = bisect_left(above, one.end, key=attrgetter("start"))
        found += _uncovered(one, above[first:last])
    return sorted(found, key=attrgetter("start"))


def _uncovered(one: Stretch, covering: Iterable[Stretch]) -> Iterator[Stretch]:
    """What is left of a stretch, named by what comes before it."""
    rest = one
    for over in covering:
        if rest.start < over.start:
            yield rest._replace(end=over.start)
        rest = one._replace(start=over.end, part=f"{one.part}.a{over.turn}-{over.part}")
    if rest.start < rest.end:
        yield rest
