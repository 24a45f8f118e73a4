"""Rotations of several seats and layers: a primary and those next in turn, days and weekends."""

from collections.abc import Iterable, Mapping

from setflow.document import Node
from setflow.rotation.spec.simple import COMMON, NAME, TURNS, Simple
from setflow.rotation.spec.values import Layer, Order, Rotation, Seat


class Layered(Simple):
    """Reads a layered rotation."""

    __slots__ = ()

    def read(self, node: Node) -> Rotation:
        """The rotation that `node` says."""
        known = ("seats", "layers", "timezone", *COMMON)
        given = self.reader.mapping(node, known, ("seats", "layers"))
        zone = self.zone_in(given, self.zone)
        inside = Layered(self.name, self.reader, self.people, self.teams, zone)
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
        """The names of the seats, without that of the rotation."""
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
        """One layer, as the first seat has it."""
        given = self.reader.mapping(node, TURNS, ("type", "start", "people"))
        turns = self.turns(given)
        return Layer(turns, (Order(0, self.order(given)),), self.hours(given, turns.zone))


def _plain(text: str) -> str:
    if not NAME.fullmatch(text):
        raise ValueError(f'"{text}" is no name for a seat; write a-z, 0-9, - and _ only')
    return text


def _place(layers: Iterable[Layer], index: int) -> Iterable[Layer]:
    """The layers of seat number `index`: whoever is so many turns later."""
    for layer in layers:
        (order,) = layer.orders
        cut = index % (len(order.people) or 1)
        turned = Order(0, order.people[cut:] + order.people[:cut])
        yield Layer(layer.turns, (turned,), layer.hours)
