"""Rotations as a configuration file says them: simple, layered and crew, all read into one value.

A seat is a stack of layers; a layer is turns of one length, an order of people, and hours.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from itertools import chain
from typing import Literal
from zoneinfo import ZoneInfo

from setflow.calendar import WEEKDAYS, Hours, Turns, Unit, clock, day, wall, weekly_hours
from setflow.calendar import zone as zone_of
from setflow.document import Node, Reader

Kind = Literal["simple", "layered", "crew"]

# A turn lasts a year at most.
LONGEST: Mapping[Unit, int] = {"hourly": 8784, "daily": 366, "weekly": 53, "monthly": 12}
DAY_MINUTES = 24 * 60

_TURNS = ("type", "length", "start", "timezone", "people", "hours")
_COMMON = ("channel", "outside")
_TAKEN = ("team", "lead", "since", "primary", "backup")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_MIDNIGHT = time()
_LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time


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
    """

    name: str
    kind: Kind
    zone: ZoneInfo
    channel: str | None
    seats: tuple[Seat, ...]
    outside: str | None
    lead: str | None = None

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


def read_rotation(
    name: str,
    node: Node,
    reader: Reader,
    *,
    people: Collection[str],
    teams: Collection[str],
    zone: ZoneInfo,
) -> Rotation | None:
    """The rotation `name` that `node` says; None, with its mistakes noted, if there is any.

    people, teams  the names that it may use
    zone           of the file: where the rotation names none

    A crew with `since`, the date on which a cycle starts, begins a new order: from then on itself
    and those after it, up to the next `since`, serve in turn. `cycles` puts a crew in for one
    cycle; all others serve when they would have.
    """
    before = len(reader.problems)
    if not _NAME.fullmatch(name):
        reader.fail(node, f'"{name}" is no name for a rotation; write a-z, 0-9, - and _ only')
    given = node.value if isinstance(node.value, Mapping) else {}
    kind = _Simple
    if not given.keys().isdisjoint(("seats", "layers")):
        kind = _Layered
    elif not given.keys().isdisjoint(("cycle", "shifts", "crews", "cycles")):
        kind = _Crew
    rotation = kind(name, reader, people, teams, zone).read(node)
    return rotation if len(reader.problems) == before else None


@dataclass(frozen=True, slots=True)
class _Simple:
    name: str
    reader: Reader
    people: Collection[str]
    teams: Collection[str]
    zone: ZoneInfo

    def read(self, node: Node) -> Rotation:
        required = ("type", "start", "people")
        given = self.reader.mapping(node, (*_TURNS, *_COMMON), required)
        turns = self.turns(given)
        layer = Layer(turns, (Order(0, self.order(given)),), self.hours(given, turns.zone))
        seats = (Seat(self.name, (self.name,), (layer,)),)
        return self.whole("simple", turns.zone, given, seats)

    def whole(
        self, kind: Kind, zone: ZoneInfo, given: Mapping[str, Node], seats: tuple[Seat, ...]
    ) -> Rotation:
        """The rotation of these seats; `outside` and `channel` are read from `given`."""
        channel = self.reader.text(given["channel"]) if "channel" in given else None
        lead = f"{self.name}.lead" if kind == "crew" else None
        outside = self.outside(given["outside"], seats) if "outside" in given else lead
        return Rotation(self.name, kind, zone, channel, seats, outside, lead)

    def outside(self, node: Node, seats: Iterable[Seat]) -> str:
        text = self.reader.text(node)
        kind, colon, person = text.rpartition(":")
        if colon and kind == "person":
            known = (f"person:{one}" for one in self.people)
            return self.reader.name(node, tuple(known), "people") and f"person:{person}"
        names = {seat.name: seat.name for seat in seats if seat.name != self.name}
        names |= {name.removeprefix(f"{self.name}."): name for name in names}
        return names.get(self.reader.name(node, names, "its seats, nor person:NAME"), "")

    def zone_in(self, given: Mapping[str, Node], otherwise: ZoneInfo) -> ZoneInfo:
        if "timezone" not in given:
            return otherwise
        return self.reader.parsed(given["timezone"], zone_of, otherwise)

    def turns(self, given: Mapping[str, Node]) -> Turns:
        units = tuple(LONGEST)
        unit: Unit = units[0]
        if "type" in given:
            unit = units[units.index(self.reader.choice(given["type"], units))]
        length = 1
        if "length" in given:
            length = self.reader.integer(given["length"], least=1, most=LONGEST[unit])
        return Turns(self.start(given), self.zone_in(given, self.zone), unit, length)

    def start(self, given: Mapping[str, Node]) -> datetime:
        return (
            self.reader.parsed(given["start"], wall, _LONG_AGO) if "start" in given else _LONG_AGO
        )

    def order(self, given: Mapping[str, Node]) -> tuple[str, ...]:
        if "people" not in given:
            return ()
        names = self.reader.items(given["people"])
        if given["people"].value == ():
            self.reader.fail(given["people"], "has nobody; name at least one person")
        return tuple(self.person(name) for name in names)

    def person(self, node: Node) -> str:
        return self.reader.name(node, self.people, "people")

    def hours(self, given: Mapping[str, Node], zone: ZoneInfo) -> Hours | None:
        if "hours" not in given:
            return None
        windows = self.reader.items(given["hours"])
        if given["hours"].value == ():
            self.reader.fail(given["hours"], 'never opens; leave "hours" out for always')
        return weekly_hours(zone, chain.from_iterable(map(self.window, windows)))

    def window(self, node: Node) -> list[tuple[int, int]]:
        given = self.reader.mapping(node, ("days", "from", "to"), ("from", "to"))
        begin = self.minute(given.get("from"))
        end = self.minute(given.get("to"))
        length = (end - begin) % DAY_MINUTES or DAY_MINUTES
        days = set(WEEKDAYS)
        if "days" in given:
            listed = self.reader.items(given["days"])
            if given["days"].value == ():
                self.reader.fail(given["days"], 'never opens; leave "days" out for every day')
            days = {self.reader.choice(one, WEEKDAYS) for one in listed}
        starts = (index * DAY_MINUTES + begin for index, one in enumerate(WEEKDAYS) if one in days)
        return [(start, start + length) for start in starts]

    def minute(self, node: Node | None) -> int:
        found = self.reader.parsed(node, clock, _MIDNIGHT) if node else _MIDNIGHT
        return found.hour * 60 + found.minute


class _Layered(_Simple):
    __slots__ = ()

    def read(self, node: Node) -> Rotation:
        known = ("seats", "layers", "timezone", *_COMMON)
        given = self.reader.mapping(node, known, ("seats", "layers"))
        zone = self.zone_in(given, self.zone)
        inside = _Layered(self.name, self.reader, self.people, self.teams, zone)
        parts = self.reader.items(given["layers"]) if "layers" in given else ()
        if "layers" in given and given["layers"].value == ():
            self.reader.fail(given["layers"], "has nobody; write at least one layer")
        read = [inside.layer(part) for part in parts]
        seats = tuple(
            Seat(f"{self.name}.{name}", (f"{self.name}.{name}",), tuple(_place(read, index)))
            for index, name in enumerate(self.seat_names(given))
        )
        return self.whole("layered", zone, given, seats)

    def seat_names(self, given: Mapping[str, Node]) -> list[str]:
        if "seats" not in given:
            return []
        nodes = self.reader.items(given["seats"])
        if given["seats"].value == ():
            self.reader.fail(given["seats"], "has no seat; name at least one, such as primary")
        names: list[str] = []
        for node in nodes:
            name = self.reader.parsed(node, _plain, "")
            if name in names:
                self.reader.fail(node, f'"{name}" is there twice')
            names.append(name)
        return names

    def layer(self, node: Node) -> Layer:
        given = self.reader.mapping(node, _TURNS, ("type", "start", "people"))
        turns = self.turns(given)
        return Layer(turns, (Order(0, self.order(given)),), self.hours(given, turns.zone))


@dataclass(frozen=True, slots=True)
class _Serving:
    lead: str
    pairs: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Cycle:
    turns: Turns
    weeks: int
    swaps: bool

    def number(self, text: str) -> int:
        """Which cycle starts on the date that `text` says, from 0; raises ValueError if none."""
        given, start = day(text), self.turns.start.date()
        number, rest = divmod((given - start).days, 7 * self.weeks)
        # Where the start is a mistake itself, days are at least in order.
        if (rest or number < 0) and self.turns.start != _LONG_AGO:
            every = "every week" if self.weeks == 1 else f"every {self.weeks} weeks"
            raise ValueError(f"no cycle starts on {given}; one does {every} from {start} on")
        return number


class _Crew(_Simple):
    __slots__ = ()

    def read(self, node: Node) -> Rotation:
        known = ("cycle", "shifts", "crews", "cycles", *_COMMON)
        given = self.reader.mapping(node, known, ("cycle", "shifts", "crews"))
        cycle = self.cycle(given.get("cycle"))
        zone = cycle.turns.zone
        shifts = self.shifts(given["shifts"], zone) if "shifts" in given else {}
        blocks = self.blocks(given["crews"], shifts, cycle) if "crews" in given else {}
        instead = self.instead(given["cycles"], shifts, cycle) if "cycles" in given else {}
        if not blocks:
            return Rotation(self.name, "crew", zone, None, (), None)
        seats = _seats(self.name, cycle, shifts, lambda of: _orders(blocks, instead, of))
        return self.whole("crew", zone, given, seats)

    def cycle(self, node: Node | None) -> _Cycle:
        known, required = ("start", "weeks", "swap", "timezone"), ("start", "weeks")
        given = self.reader.mapping(node, known, required) if node else {}
        weeks = 1
        if "weeks" in given:
            weeks = self.reader.integer(given["weeks"], least=1, most=LONGEST["weekly"])
        swaps = "swap" in given and bool(self.reader.choice(given["swap"], ("weekly",)))
        zone = self.zone_in(given, self.zone)
        return _Cycle(Turns(self.start(given), zone, "weekly", weeks), weeks, swaps)

    def shifts(self, node: Node, zone: ZoneInfo) -> dict[str, Hours | None]:
        found: dict[str, Hours | None] = {}
        for name, part in self.reader.mapping(node).items():
            if not _NAME.fullmatch(name) or name in _TAKEN:
                taken = ", ".join(_TAKEN)
                self.reader.fail(part, f"a shift's name is a-z, 0-9, - and _, and none of {taken}")
            given = self.reader.mapping(part, ("timezone", "hours"))
            found[name] = self.hours(given, self.zone_in(given, zone))
        if node.value == {}:
            self.reader.fail(node, "has no shift; write at least one")
        return found

    def blocks(
        self, node: Node, shifts: Collection[str], cycle: _Cycle
    ) -> dict[int, list[_Serving]]:
        """The crews of each order, by the cycle that it begins with."""
        found: dict[int, list[_Serving]] = {}
        if node.value == ():
            self.reader.fail(node, "has nobody; write at least one crew")
        for index, part in enumerate(self.reader.items(node)):
            crew, since = self.crew(part, shifts, ("since",))
            if index == 0 and since:
                self.reader.fail(since, "is for a change; the first crew begins with the cycles")
            elif since:
                number = self.reader.parsed(since, cycle.number, -1)
                if number > max(found):
                    found[number] = []
                elif number >= 0:
                    self.reader.fail(since, "should be after where the crews above it begin")
            found.setdefault(max(found, default=0), []).append(crew)
        return found

    def instead(self, node: Node, shifts: Collection[str], cycle: _Cycle) -> dict[int, _Serving]:
        found: dict[int, _Serving] = {}
        for key, part in self.reader.mapping(node).items():
            crew, _ = self.crew(part, shifts, ())
            try:
                found[cycle.number(key)] = crew
            except ValueError as error:
                self.reader.fail(part, str(error))
        return found

    def crew(
        self, node: Node, shifts: Collection[str], more: Sequence[str]
    ) -> tuple[_Serving, Node | None]:
        required = ("lead", *shifts)
        given = self.reader.mapping(node, ("team", *required, *more), required)
        if "team" in given:
            self.reader.name(given["team"], self.teams, "teams")
        lead = self.person(given["lead"]) if "lead" in given else ""
        nobody = ("", "")
        pairs = {name: self.pair(given[name]) if name in given else nobody for name in shifts}
        return _Serving(lead, pairs), given.get("since")

    def pair(self, node: Node) -> tuple[str, str]:
        names = tuple(self.person(part) for part in self.reader.items(node))
        if isinstance(node.value, tuple) and (len(names) != 2 or names[0] == names[1] != ""):
            self.reader.fail(node, "should be two people, the primary and the backup of week one")
        return (names[0], names[1]) if len(names) == 2 else ("", "")


def _plain(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise ValueError(f'"{text}" is no name for a seat; write a-z, 0-9, - and _ only')
    return text


def _place(layers: Iterable[Layer], index: int) -> Iterable[Layer]:
    """The layers of seat number `index`: whoever is so many turns later."""
    for layer in layers:
        (order,) = layer.orders
        cut = index % (len(order.people) or 1)
        turned = Order(0, order.people[cut:] + order.people[:cut])
        yield Layer(layer.turns, (turned,), layer.hours)


_Of = Callable[[_Serving], tuple[str, ...]]


def _orders(
    blocks: Mapping[int, Sequence[_Serving]], instead: Mapping[int, _Serving], of: _Of
) -> tuple[Order, ...]:
    """Who serves, as `of` takes the people of one cycle's turns out of a crew."""
    found = []
    for number in sorted({*blocks, *instead, *(one + 1 for one in instead)}):
        first = max(one for one in blocks if one <= number)
        crews = list(blocks[first])
        cut = (number - first) % len(crews)
        serving = [instead[number]] if number in instead else crews[cut:] + crews[:cut]
        people = tuple(chain.from_iterable(map(of, serving)))
        found.append(Order(number * len(of(serving[0])), people))
    return tuple(found)


def _seats(
    name: str,
    cycle: _Cycle,
    shifts: Mapping[str, Hours | None],
    orders: Callable[[_Of], tuple[Order, ...]],
) -> tuple[Seat, ...]:
    lead = Layer(cycle.turns, orders(lambda crew: (crew.lead,)), None)
    found = [Seat(f"{name}.lead", (f"{name}.lead",), (lead,))]
    turns = cycle.turns
    if cycle.swaps:
        turns = Turns(turns.start, turns.zone, "weekly", 1)
    weeks = range(cycle.weeks if cycle.swaps else 1)
    for shift, hours in shifts.items():
        for index, role in enumerate(("primary", "backup")):

            def of(crew: _Serving, shift: str = shift, index: int = index) -> tuple[str, ...]:
                return tuple(crew.pairs[shift][(week + index) % 2] for week in weeks)

            own = f"{name}.{shift}.{role}"
            layer = Layer(turns, orders(of), hours)
            found.append(Seat(own, (own, f"{name}.{role}"), (layer,)))
    return tuple(found)
