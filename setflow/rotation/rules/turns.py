"""Whose turn it is: a seat's definitions one after another, and the turns that they make."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from setflow.calendar import Turns, open_hours
from setflow.rotation.rules.values import History, Turn, Version
from setflow.rotation.spec import Layer, Order, Rotation, Seat

FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
_NONE = Version(None, None)


class Count(NamedTuple):
    """How one layer's turns are counted on from those of the era before.

    more   to be added to a turn's own number
    used   the highest that was given before
    again  what tells the parts of a turn up to that one from those that had its number before
    fresh  the same for later turns
    """

    more: int
    used: int
    again: str
    fresh: str


class Era(NamedTuple):
    """A seat is `place` all along, None before there was one and after it is gone.

    staffed_before  somebody had a turn of it in an earlier era: being empty now is a gap
    counts          one for each layer of `place`
    """

    begin: datetime
    end: datetime
    place: Seat | None
    staffed_before: bool
    counts: tuple[Count, ...]


def turn_at(history: History, seat: str, when: datetime) -> Turn | None:
    """The turn of a seat at an instant, cut where the definition changes; None if there is none.

    Of several layers, that of the last one whose hours are open, else of the last that has begun.
    """
    era = era_at(history, seat, when)
    layer = layer_at(era.place, when) if era and era.place else None
    return turn_of(era, layer, seat, when) if era and layer else None


def eras(history: History, seat: str) -> list[Era]:
    """The eras of a seat from the first instant to the last, in order; none of an unknown one."""
    versions = history.get(seat, ())
    found: list[Era] = []
    for index, version in enumerate(versions):
        end = since_of(versions[index + 1]) if index + 1 < len(versions) else LAST
        place = version.rotation.seat(seat) if version.rotation else None
        last = found[-1] if found else None
        if last and last.place == place:
            found[-1] = last._replace(end=end)
        elif since_of(version) < end:
            begin = since_of(version)
            found.append(Era(begin, end, place, _staffed(last), _counts(found, place, begin)))
    return found


def era_at(history: History, seat: str, when: datetime) -> Era | None:
    """The era of a seat at an instant; None for an unknown seat."""
    for era in eras(history, seat):
        if era.begin <= when < era.end:
            return era
    return None


def layer_at(place: Seat, when: datetime) -> Layer | None:
    """The last layer whose hours are open, else the last that has begun; None before the first."""
    begun = [layer for layer in place.layers if layer.turns.number(when) >= 0]
    for layer in reversed(begun):
        spans = open_hours(layer.turns, layer.hours, layer.turns.number(when))
        if any(start <= when < end for start, end in spans):
            return layer
    return begun[-1] if begun else None


def turn_of(era: Era, layer: Layer, seat: str, when: datetime) -> Turn:
    """The turn of one layer at an instant, cut where the era begins and ends."""
    number = layer.turns.number(when)
    start, end = layer.turns.begin(number), layer.turns.begin(number + 1)
    holder = holder_of(layer.orders, number)
    return Turn(seat, holder, max(start, era.begin), min(end, era.end), number)


def next_boundary(history: History, seat: str, after: datetime) -> datetime | None:
    """The first instant after `after` at which a turn of a seat, by any layer, begins or ends."""
    for era in eras(history, seat):
        if era.end <= after or era.place is None:
            continue
        anchor = anchor_of(era.place)
        if anchor <= era.begin and after < era.begin:
            return era.begin
        low = max(after, era.begin)
        begins = (
            layer.turns.begin(max(layer.turns.number(low) + 1, 0)) for layer in era.place.layers
        )
        found = min(*begins, era.end)
        if found < era.end or anchor < era.end:
            return found
    return None


def names_of(history: History, seat: str) -> frozenset[str]:
    """All that overrides may have called a seat, ever."""
    places = (version.rotation.seat(seat) for version in history[seat] if version.rotation)
    return frozenset(name for place in places if place for name in place.names)


def rotation_at(history: History, seats: Iterable[str], when: datetime) -> Rotation | None:
    """The newest definition of these seats that is in force."""
    versions = [one for seat in seats for one in history[seat] if one.rotation]
    in_force = (one for one in versions if since_of(one) <= when)
    return max(in_force, key=since_of, default=_NONE).rotation


def since_of(version: Version) -> datetime:
    """When a version begins."""
    return version.since or FIRST


def anchor_of(place: Seat) -> datetime:
    """When the first turn of the first layer begins."""
    return min(layer.turns.begin(0) for layer in place.layers)


def holder_of(orders: tuple[Order, ...], number: int) -> str:
    """Who has turn `number` by the order in force then."""
    index = max(bisect_right(orders, number, key=attrgetter("first")) - 1, 0)
    order = orders[index]
    return order.people[(number - order.first) % len(order.people)]


def _counts(past: Sequence[Era], place: Seat | None, begin: datetime) -> tuple[Count, ...]:
    last = next((era for era in reversed(past) if era.place), None)
    found: list[Count] = []
    for level, layer in enumerate(place.layers if place else ()):
        name = f".l{level}" if level else ""
        again = f"{name}.v{len(past)}"
        if last is None or last.place is None:
            found.append(Count(0, 0, name, name))
        elif level >= len(last.counts):
            found.append(Count(0, 0, again, again))
        else:
            before, old = last.counts[level], last.place.layers[level].turns
            more, used = _going_on(old, layer.turns, begin)
            used = max(before.used, used + before.more)
            found.append(Count(more + before.more, used, again, before.fresh))
    return tuple(found)


@lru_cache(maxsize=4_096)
def _going_on(old: Turns, new: Turns, when: datetime) -> tuple[int, int]:
    """What to add to the numbers of `new` so that they go on from `old`, and the last of `old`."""
    # Turns of both that begin at about the same time are the same one, moved.
    near = _nearest(old, when)
    return near - _nearest(new, old.begin(near)), old.number(when - INSTANT)


def _nearest(turns: Turns, when: datetime) -> int:
    """The turn that begins nearest to an instant."""
    number = turns.number(when)
    begin, end = turns.begin(number), turns.begin(number + 1)
    return turns.number(end) if end - when < when - begin else number


def _staffed(era: Era | None) -> bool:
    """Whether somebody had a turn by the end of the era."""
    return bool(era and era.place and (era.staffed_before or anchor_of(era.place) < era.end))
