"""A plan as `cycles:` of a configuration file; all else in the file stays as somebody wrote it."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import yaml

from setflow.calendar import resolve
from setflow.definitions import Configuration
from setflow.document import Reader, parse
from setflow.errors import Refused
from setflow.planner.ground import crew_at, cycles_of
from setflow.planner.values import Crew
from setflow.rotation import rules
from setflow.rotation.spec import Rotation, read_rotation

_PLAIN = re.compile(r"(?!(?:null|true|false)$)[a-z][a-z0-9_.-]*", re.IGNORECASE)


def written(text: str, name: str, crews: Mapping[date, Crew]) -> str:
    """The file `text` with these crews below `cycles:` of a crew rotation, by the day they begin.

    What it said of those days is replaced. Raises Refused, with the lines to write, where the file
    is laid out in a way that this cannot follow.
    """
    changed = text
    try:
        for day, crew in sorted(crews.items()):
            changed = _with(changed, name, day.isoformat(), crew_text(crew))
        yaml.compose(changed, Loader=yaml.SafeLoader)
    except yaml.YAMLError:  # an anchor stood in what was replaced
        raise _laid_out("The file", name, crews) from None
    return changed


def revised(
    text: str, file: str, configuration: Configuration, name: str, crews: Mapping[date, Crew]
) -> Rotation:
    """The rotation that such a file has. Raises Refused where it does not have these crews."""
    reader = Reader()
    sections = reader.mapping(parse(text, file))
    node = reader.mapping(sections["rotations"])[name]
    found = read_rotation(
        name,
        node,
        reader,
        people=configuration.people,
        teams=configuration.teams,
        zone=configuration.zone,
    )
    if found is None or not all(
        _has(found, configuration, day, crew) for day, crew in crews.items()
    ):
        raise _laid_out(file, name, crews)
    return found


def crew_text(crew: Crew) -> str:
    """A crew as the file says it."""
    pairs = {
        shift: f"[{', '.join(map(_word, pair))}]" if len(pair) > 1 else _word(pair[0])
        for shift, pair in crew.pairs.items()
    }
    parts = {"team": _word(crew.team), "lead": _word(crew.lead), **pairs}
    said = ", ".join(f"{key}: {value}" for key, value in parts.items() if value)
    return f"{{{said}}}"


def _laid_out(file: str, name: str, crews: Mapping[date, Crew]) -> Refused:
    lines = (f'  "{day}": {crew_text(crew)}' for day, crew in sorted(crews.items()))
    return Refused(
        "\n".join(
            [f"{file} is laid out so that setflow cannot write a plan into it; put these below "
             f"`cycles:` of {name} yourself, and apply it:", *lines]
        )
    )  # fmt: skip


def _word(text: str) -> str:
    return text if not text or _PLAIN.fullmatch(text) else f'"{text}"'


def _has(rotation: Rotation, configuration: Configuration, day: date, crew: Crew) -> bool:
    turns = cycles_of(rotation)
    begin = resolve(datetime.combine(day, turns.start.time()), turns.zone)
    found = crew_at(rules.history_of(rotation), rotation, begin, configuration.teams)
    return found is not None and (found.lead, found.pairs) == (crew.lead, crew.pairs)


def _with(text: str, name: str, day: str, crew: str) -> str:
    """`text` with one entry more, or changed."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    rotation = _value(_value(root, "rotations"), name)
    cycles = _value(rotation, "cycles")
    if isinstance(cycles, yaml.MappingNode) and cycles.value:
        return _among(text, cycles, day, crew)
    line = f'"{day}": {crew}'
    if cycles is not None:  # there, and empty
        return _put(text, cycles.start_mark.index, f" {{{line}}}", until=_end(cycles))
    if rotation.flow_style:
        return _put(text, _end(rotation.value[-1][1]), f", cycles: {{{line}}}")
    newline, indent = _newline(text), " " * rotation.value[0][0].start_mark.column
    place = _line_end(text, _end(rotation))
    return _put(text, place, f"{newline}{indent}cycles:{newline}{indent}  {line}")


def _among(text: str, cycles: yaml.MappingNode, day: str, crew: str) -> str:
    """An entry among others: in place of that of the same day, else where its day belongs."""
    before = None
    for key, value in cycles.value:
        if key.value == day:
            return _put(text, value.start_mark.index, crew, until=_end(value))
        if key.value < day:
            before = value
    first = cycles.value[0][0].start_mark
    line = f'"{day}": {crew}'
    if cycles.flow_style:
        if before is None:
            return _put(text, first.index, f"{line}, ")
        return _put(text, _end(before), f", {line}")
    newline, indent = _newline(text), " " * first.column
    if before is None:
        return _put(text, first.index, f"{line}{newline}{indent}")
    return _put(text, _line_end(text, _end(before)), f"{newline}{indent}{line}")


def _value(node: Any, name: str) -> Any:
    """What a mapping has by that name, None for nothing."""
    return next((value for key, value in node.value if key.value == name), None)


def _end(node: yaml.Node) -> int:
    """Where what is written of a node ends: a block's own mark is where the next thing begins."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _put(text: str, place: int, what: str, *, until: int | None = None) -> str:
    return text[:place] + what + text[place if until is None else until :]


def _line_end(text: str, place: int) -> int:
    found = text.find("\n", place)
    if found < 0:
        return len(text)
    return found - 1 if text[found - 1] == "\r" else found


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
