"""Rotations as a configuration file says them: simple, layered and crew, all read into one value.

A seat is a stack of layers; a layer is turns of one length, an order of people, and hours.
"""

from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from setflow.document import Node, Reader
from setflow.rotation.spec.crew import Crew
from setflow.rotation.spec.layered import Layered
from setflow.rotation.spec.simple import NAME, Simple
from setflow.rotation.spec.values import LONGEST, Kind, Layer, Order, Rotation, Seat

__all__ = ["LONGEST", "Kind", "Layer", "Order", "Rotation", "Seat", "read_rotation"]


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
    if not NAME.fullmatch(name):
        reader.fail(node, f'"{name}" is no name for a rotation; write a-z, 0-9, - and _ only')
    given = node.value if isinstance(node.value, Mapping) else {}
    kind = Simple
    if not given.keys().isdisjoint(("seats", "layers")):
        kind = Layered
    elif not given.keys().isdisjoint(("cycle", "shifts", "crews", "cycles")):
        kind = Crew
    rotation = kind(name, reader, people, teams, zone).read(node)
    return rotation if len(reader.problems) == before else None
