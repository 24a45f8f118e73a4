"""Whose turn it is: the eras of a seat one after another, and the turns in them."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from setflow.calendar import open_hours
from setflow.rotation.rules.past import LAST, Era, Version, anchor_of, since_of
from setflow.rotation.rules.values import History, Turn
from setflow.rotation.spec import Layer, Order, Rotation, Seat

_NONE = Version(None, None)


def turn_at(history: History, seat: str, when: datetime) -> Turn | None:
    """The turn of a seat at an instant, cut where the definition changes; None if there is none.

    Of several layers, that of the last one whose hours are open, else of the last that has begun.
    """
    era = era_at(history, seat, when)
    layer = layer_at(era.place, when) if era and era.place else None
    return turn_of(era, layer, seat, when) if era and layer else None


def eras(history: History, seat: str, start: datetime, end: datetime = LAST) -> tuple[Era, ...]:
    """The eras of a seat that reach between `start` and `end`, in order; none of an unknown one."""
    past = history.get(seat)
    if past is None:
        return ()
    first = bisect_right(past.eras, start, key=attrgetter("end"))
    return past.eras[first : bisect_left(past.eras, end, key=attrgetter("begin"))]


def era_at(history: History, seat: str, when: datetime) -> Era | None:
    """The era of a seat at an instant; None for an unknown seat, and before its first."""
    found = eras(history, seat, when)
    return found[0] if found and found[0].begin <= when else None


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
    for era in eras(history, seat, after):
        if era.place is None:
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


def rotation_at(history: History, seats: Iterable[str], when: datetime) -> Rotation | None:
    """The newest definition of these seats that is in force."""
    pasts = (history[seat].definitions for seat in seats)
    counted = ((past, bisect_right(past, when, key=since_of)) for past in pasts)
    in_force = (past[count - 1] for past, count in counted if count)
    return max(in_force, key=since_of, default=_NONE).rotation


def holder_of(orders: tuple[Order, ...], number: int) -> str:
    """Who has turn `number` by the order in force then."""
    index = max(bisect_right(orders, number, key=attrgetter("first")) - 1, 0)
    order = orders[index]
    return order.people[(number - order.first) % len(order.people)]
