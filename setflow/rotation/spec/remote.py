"""The `opsgenie:` section of a configuration file: who pages, and which schedules are ours too."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from setflow.document import Node, Reader, suggestion

Mode = Literal["mirror", "shadow", "page"]

MODES: tuple[Mode, ...] = ("mirror", "shadow", "page")
KEEPS = ("compare", "override")


@dataclass(frozen=True, slots=True)
class OpsGenieSettings:
    """Who pages for an alert from OpsGenie, and which of its schedules are to say what ours do.

    mode       mirror: they do, we show it; shadow: both do, and what differs is told every day;
               page: we do
    schedules  a seat, rotation, or a crew's `primary` or `backup` → the schedule's name there
    keep       compare: what differs is told; override: it is mended by overrides there
    """

    mode: Mode
    schedules: Mapping[str, str] = field(default_factory=dict)
    keep: Literal["compare", "override"] = "compare"


def read_opsgenie(node: Node, reader: Reader, *, seats: Collection[str]) -> OpsGenieSettings:
    """The section as settings; every mistake is noted in `reader`.

    seats  what may stand for a schedule
    """
    keys = reader.mapping(node, ("mode", "schedules", "keep"), required=("mode",))
    mode = _mode(keys["mode"], reader) if "mode" in keys else "mirror"
    keep = reader.choice(keys["keep"], KEEPS) if "keep" in keys else "compare"
    if "keep" in keys and "schedules" not in keys:
        reader.fail(keys["keep"], "keeps nothing; name what it is about under schedules")
    return OpsGenieSettings(
        mode,
        _schedules(keys["schedules"], reader, seats) if "schedules" in keys else {},
        "override" if keep == "override" else "compare",
    )


def _mode(node: Node, reader: Reader) -> Mode:
    if node.value == "replace":
        reader.fail(node, 'should be "page", which is what replacing it is called here: we page')
        return "page"
    given = reader.choice(node, MODES)
    return next((mode for mode in MODES if mode == given), "mirror")


def _schedules(node: Node, reader: Reader, seats: Collection[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, part in reader.mapping(node).items():
        if name not in seats:
            reader.fail(part, f'"{name}" is no seat or rotation{suggestion(name, seats)}')
        schedule = reader.text(part)
        for other, taken in found.items():
            if taken == schedule:
                both = "a crew's `primary` and `backup` stand for all of its shifts"
                reader.fail(part, f'"{schedule}" is compared with {other} already; {both}')
        found[name] = schedule
    return found
