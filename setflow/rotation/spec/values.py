"""What a rotation is, whichever way its file says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Literal
from zoneinfo import ZoneInfo

from setflow.calendar import Hours, Turns, Unit

Kind = Literal["simple", "layered", "crew"]

# A turn lasts a year at most.
LONGEST: Mapping[Unit, int] = {"hourly": 8784, "daily": 366, "weekly": 53, "monthly": 12}


@dataclass(frozen=True, slots=True)
class Order:
    """From turn number `first` on, `people` serve one after another, again and again."""

    first: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Layer:
    """Turns, who has them (`orders` sorted, the first of them from turn 0), None for all hours."""

    turns: Turns
    orders: tuple[Order, ...]
    hours: Hours | None


@dataclass(frozen=True, slots=True)
class Seat:
    """A place in a rotation. Of layers whose hours are open the last one counts.

    names  what overrides may call it: its own name, and for a seat of a shift `set.primary` too
    """

    name: str
    names: tuple[str, ...]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True)
class Rotation:
    """People who take turns.

    zone     that of a simple rotation's or a crew's handoffs; the file's for a layered one
    channel  where its alerts are shown, None for the operations channel
    outside  who answers while no seat is staffed: the name of a seat, or `person:NAME`, or None
    lead     the name of a crew's lead seat
    group    the Mattermost user group of those who are on, None for none
    """

    name: str
    kind: Kind
    zone: ZoneInfo
    channel: str | None
    seats: tuple[Seat, ...]
    outside: str | None
    lead: str | None = None
    group: str | None = None

    def seat(self, name: str) -> Seat | None:
        """The seat of that name, None if there is none."""
        for seat in self.seats:
            if seat.name == name:
                return seat
        return None

    def targets(self) -> tuple[str, ...]:
        """What a ladder may name: the rotation, its seats, and a crew's `primary` and `backup`."""
        names = chain.from_iterable(seat.names for seat in self.seats)
        return tuple(dict.fromkeys([self.name, *names]))

    def people(self) -> tuple[str, ...]:
        """Everybody who has a turn or is `outside`, once each."""
        found = [
            person
            for seat in self.seats
            for layer in seat.layers
            for order in layer.orders
            for person in order.people
        ]
        if self.outside and self.outside.startswith("person:"):
            found.append(self.outside.removeprefix("person:"))
        return tuple(dict.fromkeys(found))
