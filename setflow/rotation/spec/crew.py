"""Crew rotations: each cycle one team gives a lead and, for each shift, a primary and a backup.

`emea: [ana, bo]` is such a pair, `emea: ana` a primary alone, `emea: [[ana, bo], [cy, di]]` a pair
for each week of the cycle.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import chain
from zoneinfo import ZoneInfo

from setflow.calendar import Hours, Turns, Unit, day, resolve
from setflow.document import Node
from setflow.rotation.spec.simple import COMMON, LONG_AGO, NAME, Simple
from setflow.rotation.spec.values import LONGEST, Layer, Order, Rotation, Seat

Week = tuple[str, ...]
"""A shift's primary and, where it has one, its backup."""

_ROLES = ("primary", "backup")
_TAKEN = ("team", "lead", "since", *_ROLES)
_UNITS: Mapping[str, Unit] = {"weeks": "weekly", "months": "monthly"}


@dataclass(frozen=True, slots=True)
class _Serving:
    """A crew: of each shift those who have it, once for all of the cycle or once a week."""

    lead: str
    shifts: Mapping[str, tuple[Week, ...]]
    nodes: Mapping[str, Node]


_Of = Callable[[_Serving], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Cycle:
    turns: Turns
    swaps: bool

    def number(self, text: str) -> int:
        """Which cycle starts on the date that `text` says, from 0; raises ValueError if none."""
        given, turns = day(text), self.turns
        number = turns.number(resolve(datetime.combine(given, turns.start.time()), turns.zone))
        # Where the start is a mistake itself, days are at least in order.
        if (turns.wall(number).date() != given or number < 0) and turns.start != LONG_AGO:
            unit = "month" if turns.unit == "monthly" else "week"
            every = f"every {unit}" if turns.length == 1 else f"every {turns.length} {unit}s"
            start = turns.start.date()
            raise ValueError(f"no cycle starts on {given}; one does {every} from {start} on")
        return number

    def weekly(self, served: Sequence[tuple[Week, ...]], size: int) -> bool:
        """Whether others have a shift each week."""
        return (self.swaps and size == len(_ROLES)) or any(len(one) > 1 for one in served)

    def weeks(self, served: tuple[Week, ...]) -> tuple[Week, ...]:
        """Who has a shift in each week."""
        if len(served) > 1:
            return served
        changed = served[0][::-1] if self.swaps else served[0]
        return tuple((served[0], changed)[week % 2] for week in range(self.turns.length))


class Crew(Simple):
    """Reads a crew rotation."""

    __slots__ = ()

    def read(self, node: Node) -> Rotation:
        """The rotation that `node` says; nobody serves in it where there is a mistake."""
        before = len(self.reader.problems)
        known = ("cycle", "shifts", "crews", "cycles", *COMMON)
        given = self.reader.mapping(node, known, ("cycle", "shifts", "crews"))
        cycle = self.cycle(given.get("cycle"))
        shifts = self.shifts(given["shifts"], cycle.turns.zone) if "shifts" in given else {}
        blocks = self.blocks(given["crews"], shifts, cycle) if "crews" in given else {}
        instead = self.instead(given["cycles"], shifts, cycle) if "cycles" in given else {}
        crews = [*chain.from_iterable(blocks.values()), *instead.values()]
        sizes = {shift: self.size(shift, crews) for shift in shifts}
        faulty = len(self.reader.problems) > before

        def layer(turns: Turns, hours: Hours | None, of: _Of) -> Layer:
            return Layer(turns, () if faulty else _orders(blocks, instead, of), hours)

        lead = f"{self.name}.lead"
        seats = [Seat(lead, (lead,), (layer(cycle.turns, None, lambda crew: (crew.lead,)),))]
        for shift, size in sizes.items():
            weekly = cycle.weekly([crew.shifts.get(shift, ()) for crew in crews], size)
            turns = replace(cycle.turns, length=1) if weekly else cycle.turns
            for index, role in enumerate(_ROLES[:size]):
                of = partial(_people, shift=shift, index=index, cycle=cycle if weekly else None)
                own = f"{self.name}.{shift}.{role}"
                names = (own, f"{self.name}.{role}")
                seats.append(Seat(own, names, (layer(turns, shifts[shift], of),)))
        return self.whole("crew", cycle.turns.zone, given, tuple(seats))

    def cycle(self, node: Node | None) -> _Cycle:
        """How long a crew serves."""
        known = ("start", *_UNITS, "swap", "timezone")
        given = self.reader.mapping(node, known, ("start",)) if node else {}
        if node and isinstance(node.value, Mapping) and given.keys().isdisjoint(_UNITS):
            self.reader.fail(node, 'lacks "weeks" (or "months")')
        unit, length, swaps = _UNITS["weeks"], 1, False
        for key in given.keys() & _UNITS:
            unit = _UNITS[key]
            length = self.reader.integer(given[key], least=1, most=LONGEST[unit])
        if given.keys() >= _UNITS.keys():
            self.reader.fail(given["months"], 'stands beside "weeks"; leave one of them out')
        if "swap" in given:
            swaps = bool(self.reader.choice(given["swap"], ("weekly",)))
            if unit == "monthly":
                self.reader.fail(given["swap"], 'goes with "weeks" only; leave it out')
        turns = Turns(self.start(given), self.zone_in(given, self.zone), unit, length)
        return _Cycle(turns, swaps)

    def shifts(self, node: Node, zone: ZoneInfo) -> dict[str, Hours | None]:
        """The hours of each shift."""
        found: dict[str, Hours | None] = {}
        for name, part in self.reader.mapping(node).items():
            if not NAME.fullmatch(name) or name in _TAKEN:
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
            crew, since = self.crew(part, shifts, cycle, ("since",))
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
        """The crews that serve for one cycle, by its number."""
        found: dict[int, _Serving] = {}
        for key, part in self.reader.mapping(node).items():
            crew, _ = self.crew(part, shifts, cycle, ())
            try:
                found[cycle.number(key)] = crew
            except ValueError as error:
                self.reader.fail(part, str(error))
        return found

    def crew(
        self, node: Node, shifts: Collection[str], cycle: _Cycle, more: Sequence[str]
    ) -> tuple[_Serving, Node | None]:
        """One crew, and the date that it begins a new order with, if it does."""
        required = ("lead", *shifts)
        given = self.reader.mapping(node, ("team", *required, *more), required)
        if "team" in given:
            self.reader.name(given["team"], self.teams, "teams")
        lead = self.person(given["lead"]) if "lead" in given else ""
        nodes = {shift: given[shift] for shift in shifts if shift in given}
        served = {shift: self.served(part, cycle) for shift, part in nodes.items()}
        return _Serving(lead, served, nodes), given.get("since")

    def served(self, node: Node, cycle: _Cycle) -> tuple[Week, ...]:
        """Who has a shift, once for the whole cycle or once for each of its weeks."""
        parts = node.value if isinstance(node.value, tuple) else ()
        if not any(isinstance(part.value, tuple) for part in parts):
            return (self.week(node),)
        length = cycle.turns.length
        if cycle.turns.unit == "monthly":
            self.reader.fail(node, "is week by week, but a cycle is of months; name them once")
        elif cycle.swaps:
            self.reader.fail(node, 'is week by week, so "swap" has nothing to say; leave it out')
        elif len(parts) != length:
            weeks = "1 week" if length == 1 else f"{length} weeks"
            self.reader.fail(
                node, f"should be for {weeks} as the cycle is, but is for {len(parts)}"
            )
        return tuple(map(self.week, parts))

    def week(self, node: Node) -> Week:
        """Who has a shift in one week."""
        if not isinstance(node.value, tuple):
            return (self.person(node),)
        names = tuple(map(self.person, node.value))
        repeated = len(names) == len(_ROLES) and names[0] == names[1] != ""
        if repeated or not 1 <= len(names) <= len(_ROLES):
            self.reader.fail(node, "should be one person, or two: the primary and the backup")
        return names[: len(_ROLES)]

    def size(self, shift: str, crews: Sequence[_Serving]) -> int:
        """How many people have a shift at once: as many in each crew, else that is a mistake."""
        given = [
            (crew.nodes[shift], {len(week) for week in crew.shifts[shift] if week})
            for crew in crews
            if shift in crew.nodes
        ]
        counts = Counter(chain.from_iterable(sizes for _, sizes in given))
        size = max(counts, key=lambda one: (counts[one], one), default=len(_ROLES))
        what = "a primary and a backup" if size == len(_ROLES) else "a primary alone"
        for node, sizes in given:
            if sizes - {size}:
                self.reader.fail(node, f"should be {what}, as this shift has it elsewhere")
        return size


def _people(crew: _Serving, *, shift: str, index: int, cycle: _Cycle | None) -> tuple[str, ...]:
    """Who has one role of a shift, once for each turn in a cycle; with `cycle` those are weeks."""
    weeks = cycle.weeks(crew.shifts[shift]) if cycle else crew.shifts[shift]
    return tuple(week[index] for week in weeks)


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
