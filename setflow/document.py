"""YAML as nodes that know where they stand, and a reader that collects every mistake.

Scalars are those of the YAML 1.2 core schema (https://yaml.org/spec/1.2.2/#103-core-schema): `on`,
`no`, `16:00` and `2026-11-02` are text. Duplicate keys are refused, size and depth are bounded.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import TypeVar

import yaml

from setflow.errors import ConfigError, Problem

T = TypeVar("T")

LONGEST_CHARACTERS = 1_000_000
MOST_NODES = 50_000
DEEPEST = 40
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}

_CORE = [
    ("null", re.compile(r"^(?:~|null|Null|NULL|)$"), "~nN\0"),
    ("bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), "tTfF"),
    ("int", re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$"), "-+0123456789"),
    (
        "float",
        re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
        "-+0123456789.",
    ),
]


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  PyYAML's own attribute


for _tag, _pattern, _first in _CORE:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", _pattern, [*_first, ""])


@dataclass(frozen=True, slots=True)
class Node:
    """One value of a file and where it stands: line and column from 1, path as `a.b[0].c`."""

    value: "str | int | float | bool | tuple[Node, ...] | Mapping[str, Node] | None"
    file: str
    line: int
    column: int
    path: str

    @property
    def kind(self) -> str:
        """What a person would call it, for messages."""
        match self.value:
            case Mapping():
                return "a mapping"
            case tuple():
                return "a list"
            case None:
                return "nothing"
            case bool():
                return "true or false"
            case str():
                return "text"
            case _:
                return "a number"


def parse(text: str, file: str) -> Node:
    """The whole of `text` as nodes; `file` is the name that messages give.

    Raises ConfigError if it is no YAML, repeats a key, or is beyond size (1,000,000 characters,
    50,000 values) or depth (40).
    """
    if len(text) > LONGEST_CHARACTERS:
        raise ConfigError([Problem(file, 1, 1, "", f"is over {LONGEST_CHARACTERS:,} characters")])
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        what = " ".join(filter(None, [error.context, error.problem]))
        raise ConfigError([Problem(file, line, column, "", f"is no YAML: {what}")]) from None
    except yaml.YAMLError as error:
        raise ConfigError([Problem(file, 1, 1, "", f"is no YAML: {error}")]) from None
    if root is None:
        return Node({}, file, 1, 1, "")
    builder = _Builder(file)
    node = builder.node(root, "", 0)
    if builder.problems:
        raise ConfigError(builder.problems)
    return node


class _Builder:
    def __init__(self, file: str) -> None:
        self.file, self.count = file, 0
        self.problems: list[Problem] = []

    def node(self, raw: yaml.Node, path: str, depth: int) -> Node:
        self.count += 1
        line, column = raw.start_mark.line + 1, raw.start_mark.column + 1
        if self.count > MOST_NODES or depth > DEEPEST:
            raise ConfigError([Problem(self.file, line, column, path, "is too large or too deep")])
        value: object
        if isinstance(raw, yaml.MappingNode):
            value = self._mapping(raw, path, depth)
        elif isinstance(raw, yaml.SequenceNode):
            value = tuple(
                self.node(part, f"{path}[{index}]", depth + 1)
                for index, part in enumerate(raw.value)
            )
        else:
            value = _scalar(raw.tag, str(raw.value))
        return Node(value, self.file, line, column, path)

    def _mapping(self, raw: yaml.MappingNode, path: str, depth: int) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for key, part in raw.value:
            name = str(key.value)
            inside = f"{path}.{name}" if path else name
            if name in found:
                mark = key.start_mark
                self.problems.append(
                    Problem(self.file, mark.line + 1, mark.column + 1, inside, "is given twice")
                )
            found[name] = self.node(part, inside, depth + 1)
        return found


def _scalar(tag: str, text: str) -> str | int | float | bool | None:
    match tag.rsplit(":", 1)[-1]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
        case "float":
            return float(text)
        case _:
            return text


class Reader:
    """Takes nodes for what they should be, and keeps a note of each that is not.

    Every method returns a value of the asked type even for a bad node (an empty one), so that one
    reading finds all mistakes; `finish` raises them together.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def fail(self, node: Node, text: str) -> None:
        """Note that `node` is wrong; `text` says what was expected instead."""
        self.problems.append(Problem(node.file, node.line, node.column, node.path, text))

    def finish(self) -> None:
        """Raise ConfigError with all mistakes, if there was any."""
        if self.problems:
            raise ConfigError(self.problems)

    def mapping(
        self, node: Node, known: Collection[str] | None = None, required: Iterable[str] = ()
    ) -> Mapping[str, Node]:
        """The entries of a mapping; with `known`, only those keys, others being mistakes."""
        if not isinstance(node.value, Mapping):
            self.fail(node, f"should be a mapping, but is {node.kind}")
            return {}
        for name in required:
            if name not in node.value:
                self.fail(node, f'lacks "{name}"')
        if known is None:
            return node.value
        for name, part in node.value.items():
            if name not in known:
                self.fail(part, f'"{name}" is not known here{suggestion(name, known)}')
        return {name: part for name, part in node.value.items() if name in known}

    def items(self, node: Node) -> tuple[Node, ...]:
        """The parts of a list."""
        if isinstance(node.value, tuple):
            return node.value
        self.fail(node, f"should be a list, but is {node.kind}")
        return ()

    def text(self, node: Node) -> str:
        """Text that is not empty. A number where text belongs is taken as it was written."""
        if isinstance(node.value, str) and node.value.strip():
            return node.value
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return str(node.value)
        self.fail(node, f"should be text, but is {node.kind}")
        return ""

    def boolean(self, node: Node) -> bool:
        """True or false."""
        if isinstance(node.value, bool):
            return node.value
        self.fail(node, f"should be true or false, but is {node.kind}")
        return False

    def integer(self, node: Node, *, least: int = 0, most: int = 1_000_000) -> int:
        """A whole number between `least` and `most`."""
        if isinstance(node.value, int) and not isinstance(node.value, bool):
            if least <= node.value <= most:
                return node.value
            self.fail(node, f"should be from {least} to {most:,}, but is {node.value}")
        else:
            self.fail(node, f"should be a whole number, but is {node.kind}")
        return least

    def choice(self, node: Node, choices: Collection[str]) -> str:
        """One of `choices`; the first of them for a bad node."""
        given = self.text(node)
        if given and given not in choices:
            listed = ", ".join(choices)
            self.fail(node, f'"{given}" is none of {listed}{suggestion(given, choices)}')
        return given if given in choices else next(iter(choices))

    def name(self, node: Node, names: Collection[str], of: str) -> str:
        """A name that must stand in `names`; `of` says what those are, such as "people"."""
        given = self.text(node)
        if given and given not in names:
            self.fail(node, f'"{given}" is not one of {of}{suggestion(given, names)}')
            return ""
        return given

    def duration(self, node: Node, *, least: timedelta = timedelta(0)) -> timedelta:
        """A length of time such as 30s, 5m, 1h 30m, 2d or 1w."""
        return self.parsed(node, lambda text: _at_least(duration(text), least), timedelta(0))

    def parsed(self, node: Node, of: Callable[[str], T], otherwise: T) -> T:
        """What `of` makes of the text; its ValueError is the mistake."""
        given = self.text(node)
        if not given:
            return otherwise
        try:
            return of(given)
        except ValueError as error:
            self.fail(node, str(error))
            return otherwise


def duration(text: str) -> timedelta:
    """The length that `text` such as "1h 30m" says; raises ValueError if it says none."""
    parts = text.split()
    if not parts or not all(re.fullmatch(r"[0-9]{1,6}[smhdw]", part) for part in parts):
        raise ValueError(f'"{text}" is no length of time; write 30s, 5m, 1h 30m, 2d or 1w')
    return sum((timedelta(**{UNITS[part[-1]]: int(part[:-1])}) for part in parts), timedelta(0))


def suggestion(given: str, names: Collection[str]) -> str:
    """` (did you mean "ana"?)` where one of `names` is close to `given`, else nothing."""
    close = get_close_matches(given, list(names), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _at_least(length: timedelta, least: timedelta) -> timedelta:
    if length < least:
        raise ValueError(f"should be at least {int(least.total_seconds())} s")
    return length
