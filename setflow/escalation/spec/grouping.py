"""Which alerts of a source are one: those with equal labels, soon after one another."""

from dataclasses import dataclass
from datetime import timedelta

from setflow.document import Node, Reader

LEAST_WITHIN, MOST_WITHIN = timedelta(minutes=1), timedelta(days=1)
"""Shorter, and nothing would meet; longer, and tomorrow's trouble would be part of today's."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Alerts whose details agree in `by` are one group, each within `within` of the last before.

    An alert without one of those details stands for itself.
    """

    by: tuple[str, ...]
    within: timedelta


def read_grouping(node: Node, reader: Reader) -> Grouping:
    """The `group` of a route; mistakes are noted in `reader`."""
    parts = reader.mapping(node, ("by", "within"), ("by", "within"))
    labels = reader.items(parts["by"]) if "by" in parts else []
    by = dict.fromkeys(reader.text(label) for label in labels)
    if "by" in parts and parts["by"].value == ():
        reader.fail(parts["by"], "names no detail; write at least one, such as [service]")
    within = LEAST_WITHIN
    if "within" in parts:
        within = reader.duration(parts["within"], least=LEAST_WITHIN)
        if within > MOST_WITHIN:
            reader.fail(parts["within"], "is longer than a day; write 24h at most")
    return Grouping(tuple(by), within)
