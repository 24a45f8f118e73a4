"""How a history of seats grows by definitions, and which of its seats a name stands for."""

from datetime import datetime

from setflow.rotation.rules.past import LAST, Past, Version
from setflow.rotation.rules.turns import rotation_at, turn_at
from setflow.rotation.rules.values import History
from setflow.rotation.spec import Rotation


def history_of(rotation: Rotation) -> History:
    """The history in which the rotation is and was always as it is."""
    return {seat.name: Past(seat.name, [Version(None, rotation)]) for seat in rotation.seats}


def revise(history: History, new: Rotation, now: datetime) -> History:
    """The history after `new` was applied at `now`; seats of other rotations stay as they are.

    A seat changes when its present turn ends, without one at once, and what was to come by an
    earlier revision no longer does. A rotation never seen before is as if always so. One without
    seats is a rotation that goes.
    """
    own = [seat for seat in history if seat.partition(".")[0] == new.name]
    if not own:
        return {**history, **history_of(new)}
    seats = dict.fromkeys([*own, *(seat.name for seat in new.seats)])
    return {**history, **{seat: _revised(history, seat, new, now) for seat in seats}}


def _revised(history: History, seat: str, new: Rotation, now: datetime) -> Past:
    settled = (
        version
        for version in history.get(seat, ())
        if version.since is None or version.since <= now
    )
    past = Past(seat, settled)
    then = new if new.seat(seat) else None
    if past and past[-1].rotation == then:
        return past
    turn = turn_at({seat: past}, seat, now)
    return Past(seat, [*past, Version(turn.end if turn else now, then)])


def seats_of(history: History, name: str) -> tuple[str, ...]:
    """The seats that a rotation, a crew's `primary` or `backup`, or a seat's own name stands for.

    In the order of the newest definition, those that are gone last; none for an unknown name.
    """
    if name in history and history[name][-1].rotation:
        return (name,)
    head = name.partition(".")[0]
    own = [seat for seat in history if seat.partition(".")[0] == head]
    found = [seat for seat in own if name in (head, seat) or name in history[seat].names]
    newest = rotation_at(history, own, LAST)
    order = [seat.name for seat in newest.seats] if newest else []
    return tuple(sorted(found, key=lambda one: order.index(one) if one in order else len(order)))
