"""Heartbeats: things that say regularly that they are well, and who hears when they do not."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from setflow.document import Node, Reader
from setflow.escalation.spec.sources import PRIORITIES

HEARTBEAT = "heartbeat"
"""The source of alerts about what gives no sign of life."""
SHORTEST, LONGEST = timedelta(minutes=1), timedelta(days=31)
USUAL_GRACE = timedelta(minutes=1)
USUAL_PRIORITY = "P3"


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A ping is expected `every` so often, and missed `grace` after that.

    title     of the alert that says so
    ladder    of that alert; None for the routes to say
    source    whose keys alone may ping it; None for the keys of any
    """

    name: str
    every: timedelta
    grace: timedelta
    title: str
    priority: str
    ladder: str | None
    source: str | None

    @property
    def patience(self) -> timedelta:
        """How long after a ping the next is missed."""
        return self.every + self.grace


def read_heartbeats(
    node: Node, reader: Reader, *, ladders: Collection[str]
) -> Mapping[str, Heartbeat]:
    """The `heartbeats` of a file by name; mistakes are noted in `reader`."""
    return {
        name: _heartbeat(name, part, reader, ladders) for name, part in reader.mapping(node).items()
    }


def _heartbeat(name: str, node: Node, reader: Reader, ladders: Collection[str]) -> Heartbeat:
    keys = ("every", "grace", "title", "priority", "ladder", "source")
    parts = reader.mapping(node, keys, ("every",))
    if not name or "/" in name or len(name) > 100:
        reader.fail(node, "should be named in at most 100 characters, without a /")
    every = SHORTEST
    if "every" in parts:
        every = reader.duration(parts["every"])
        if not SHORTEST <= every <= LONGEST:
            reader.fail(parts["every"], "should be from 1m to 31d")
    grace = reader.duration(parts["grace"]) if "grace" in parts else USUAL_GRACE
    if grace > every:
        reader.fail(parts.get("grace", node), "should be no longer than every")
    return Heartbeat(
        name,
        every,
        grace,
        title=reader.text(parts["title"]) if "title" in parts else f"No sign of life from {name}",
        priority=reader.choice(parts["priority"], PRIORITIES)
        if "priority" in parts
        else USUAL_PRIORITY,
        ladder=reader.name(parts["ladder"], ladders, "ladders") if "ladder" in parts else None,
        source=reader.text(parts["source"]).lower() if "source" in parts else None,
    )
