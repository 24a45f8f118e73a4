"""Rotations of one seat, and what all rotations say in the same words."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from itertools import chain
from zoneinfo import ZoneInfo

from setflow.calendar import WEEKDAYS, Hours, Turns, Unit, clock, wall, weekly_hours
from setflow.calendar import zone as zone_of
from setflow.document import Node, Reader
from setflow.rotation.spec.values import LONGEST, Kind, Layer, Order, Rotation, Seat

DAY_MINUTES = 24 * 60
TURNS = ("type", "length", "start", "timezone", "people", "hours")
COMMON = ("channel", "outside", "group")
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
LONG_AGO = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall time
"""The start of a rotation whose own is missing or a mistake."""

_MIDNIGHT = time()
_GROUP = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Simple:
    """Reads a simple rotation. Whatever is a mistake is noted, and an empty value taken for it."""

    name: str
    reader: Reader
    people: Collection[str]
    teams: Collection[str]
    zone: ZoneInfo

    def read(self, node: Node) -> Rotation:
        """The rotation that `node` says."""
        required = ("type", "start", "people")
        given = self.reader.mapping(node, (*TURNS, *COMMON), required)
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
        group = self.reader.parsed(given["group"], _group, "") if "group" in given else None
        return Rotation(self.name, kind, zone, channel, seats, outside, lead, group)

    def outside(self, node: Node, seats: Iterable[Seat]) -> str:
        """Who answers while no seat is staffed: one of `seats`, or `person:NAME`."""
        text = self.reader.text(node)
        kind, colon, person = text.rpartition(":")
        if colon and kind == "person":
            known = (f"person:{one}" for one in self.people)
            return self.reader.name(node, tuple(known), "people") and f"person:{person}"
        names = {seat.name: seat.name for seat in seats if seat.name != self.name}
        names |= {name.removeprefix(f"{self.name}."): name for name in names}
        return names.get(self.reader.name(node, names, "its seats, nor person:NAME"), "")

    def zone_in(self, given: Mapping[str, Node], otherwise: ZoneInfo) -> ZoneInfo:
        """The zone that `timezone` names."""
        if "timezone" not in given:
            return otherwise
        return self.reader.parsed(given["timezone"], zone_of, otherwise)

    def turns(self, given: Mapping[str, Node]) -> Turns:
        """What `type`, `length`, `start` and `timezone` say."""
        units = tuple(LONGEST)
        unit: Unit = units[0]
        if "type" in given:
            unit = units[units.index(self.reader.choice(given["type"], units))]
        length = 1
        if "length" in given:
            length = self.reader.integer(given["length"], least=1, most=LONGEST[unit])
        return Turns(self.start(given), self.zone_in(given, self.zone), unit, length)

    def start(self, given: Mapping[str, Node]) -> datetime:
        """The wall time at which the first turn begins."""
        return self.reader.parsed(given["start"], wall, LONG_AGO) if "start" in given else LONG_AGO

    def order(self, given: Mapping[str, Node]) -> tuple[str, ...]:
        """Those who serve one after another."""
        if "people" not in given:
            return ()
        names = self.reader.items(given["people"])
        if given["people"].value == ():
            self.reader.fail(given["people"], "has nobody; name at least one person")
        return tuple(self.person(name) for name in names)

    def person(self, node: Node) -> str:
        """One of the people of the file."""
        return self.reader.name(node, self.people, "people")

    def hours(self, given: Mapping[str, Node], zone: ZoneInfo) -> Hours | None:
        """When a seat is staffed, on the clocks of `zone`; None for always."""
        if "hours" not in given:
            return None
        windows = self.reader.items(given["hours"])
        if given["hours"].value == ():
            self.reader.fail(given["hours"], 'never opens; leave "hours" out for always')
        return weekly_hours(zone, chain.from_iterable(map(self.window, windows)))

    def window(self, node: Node) -> list[tuple[int, int]]:
        """One window, (begin, end) in minutes from Monday 00:00 for each of its days."""
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
        """Minutes from midnight."""
        found = self.reader.parsed(node, clock, _MIDNIGHT) if node else _MIDNIGHT
        return found.hour * 60 + found.minute


def _group(text: str) -> str:
    name = text.removeprefix("@")
    if not _GROUP.fullmatch(name) or name in ("all", "channel", "here"):
        raise ValueError(f'"{text}" is no name for a user group; write a-z, 0-9, ., - and _ only')
    return name
