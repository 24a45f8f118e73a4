"""The stretches of time that every answer is made of: open hours of turns, with stand-ins."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple

from setflow.calendar import Turns, open_hours
from setflow.rotation.rules.turns import Era, anchor_of, eras, holder_of, names_of
from setflow.rotation.rules.values import History, Override
from setflow.rotation.spec import Layer, Seat


class Stretch(NamedTuple):
    """Open hours of one turn of one layer. Without a person it is a gap."""

    start: datetime
    end: datetime
    person: str | None
    holder: str | None
    turn: tuple[Turns, int]
    override: bool


def stretches(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Stretch]:
    """All stretches of a seat that reach between `start` and `end`, whole, in order."""
    found: list[Stretch] = []
    for era in eras(history, seat):
        low, high = max(era.begin, start), min(era.end, end)
        if era.place and low < high:
            whole = [*_vacant(era, era.place, low, high), *_filled(era.place, low, high)]
            found += (_cut(one, era) for one in whole)
    standing_in = overrides_of(history, overrides, seat)
    if standing_in:
        found = [part for one in found for part in _replaced(one, standing_in)]
    return [one for one in found if one.start < end and start < one.end]


def overrides_of(history: History, overrides: Sequence[Override], seat: str) -> list[Override]:
    """The overrides of a seat; of those that overlap the last one wins."""
    if not overrides or seat not in history:
        return []
    names = names_of(history, seat)
    own = [one for one in overrides if one.seat in names]
    return sorted(own, key=lambda one: (one.created_at, one.id))


def _cut(one: Stretch, era: Era) -> Stretch:
    if era.begin <= one.start and one.end <= era.end:
        return one
    return one._replace(start=max(one.start, era.begin), end=min(one.end, era.end))


def _replaced(one: Stretch, overrides: Sequence[Override]) -> list[Stretch]:
    """The stretch in parts with one person each."""
    edges = {edge for stand_in in overrides for edge in (stand_in.start, stand_in.end)}
    inside = sorted({one.start, one.end, *(edge for edge in edges if one.start < edge < one.end)})
    found: list[Stretch] = []
    for start, end in pairwise(inside):
        part = one._replace(start=start, end=end)
        active = [by.person for by in overrides if by.start <= start < by.end]
        if active:
            part = part._replace(person=active[-1], override=True)
        if found and found[-1][2:] == part[2:]:
            part = part._replace(start=found.pop().start)
        found.append(part)
    return found


def _vacant(era: Era, place: Seat, low: datetime, high: datetime) -> list[Stretch]:
    """Open hours before the first turn of a definition whose predecessor had turns."""
    anchor = anchor_of(place)
    found: list[Stretch] = []
    if era.staffed_before and low < anchor:
        for layer in place.layers:
            number = layer.turns.number(low)
            found = _over(found, list(_open(layer, number, low, min(high, anchor))))
    return [one._replace(person=None, holder=None, end=min(one.end, anchor)) for one in found]


def _filled(place: Seat, low: datetime, high: datetime) -> list[Stretch]:
    """Turns with open hours, later layers over earlier ones."""
    found: list[Stretch] = []
    for layer in place.layers:
        above = list(_open(layer, max(layer.turns.number(low), 0), low, high))
        if found:
            above = [*_before(layer, low, found[0].start), *above]
            above += _behind(layer, above, high, found[-1].end)
        whole = _over(found, above)
        found = [one for one in whole if one.start < high and low < one.end]
    return found


def _before(layer: Layer, low: datetime, limit: datetime) -> list[Stretch]:
    """The last stretch up to `low`, if it reaches beyond `limit`."""
    number = layer.turns.number(low)
    while number >= 0 and layer.turns.begin(number + 1) > limit:
        begin, end = layer.turns.begin(number), layer.turns.begin(number + 1)
        past = [one for one in _open(layer, number, begin, end) if one.end <= low]
        if past:
            return past[-1:]
        number -= 1
    return []


def _behind(layer: Layer, above: list[Stretch], high: datetime, limit: datetime) -> list[Stretch]:
    """The first stretch from `high` on, if it begins before `limit` and is not one of `above`."""
    following = next(_open(layer, max(layer.turns.number(high), 0), high, limit), None)
    return [following] if following and following not in above[-1:] else []


def _open(layer: Layer, number: int, low: datetime, high: datetime) -> Iterator[Stretch]:
    """Open hours from turn `number` on that reach between `low` and `high`, whole."""
    turns = layer.turns
    while turns.begin(number) < high:
        person = holder_of(layer.orders, number)
        for start, end in open_hours(turns, layer.hours, number):
            if start < high and low < end:
                yield Stretch(start, end, person, person, (turns, number), override=False)
        number += 1


def _over(below: list[Stretch], above: list[Stretch]) -> list[Stretch]:
    """Both in order, with what `above` covers taken out of `below`."""
    if not below or not above:
        return below or above
    found, first = list(above), 0
    for one in below:
        start = one.start
        while first < len(above) and above[first].end <= start:
            first += 1
        for over in above[first:]:
            if over.start >= one.end:
                break
            if start < over.start:
                found.append(one._replace(start=start, end=over.start))
            start = max(start, over.end)
        if start < one.end:
            found.append(one._replace(start=start))
    return sorted(found, key=attrgetter("start"))
