"""The small parts that a playbook's YAML is made of: ids, names, templates, conditions, times."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from typing import TypeVar
from zoneinfo import ZoneInfo

from setflow.calendar import clock, day, zone
from setflow.document import Node, Reader

T = TypeVar("T")

SATISFIED_BY = ("status_update", "jira_comment", "playbooks_status")

_ID = re.compile(r"[a-z][a-z0-9-]*")
_TAG = re.compile(r"post\(#[\w-]+\)")


@dataclass(frozen=True, slots=True)
class Known:
    """The names that a configuration has, for a playbook to use."""

    seats: Collection[str]
    rotations: Collection[str]
    people: Collection[str]
    groups: Collection[str]
    channels: Collection[str]
    calendars: Collection[str]


@dataclass(frozen=True, slots=True)
class Checks:
    """What a playbook's texts are held against.

    known       names to be used; None: any, the playbook being read without a configuration
    expression  raises ValueError for what is no CEL
    template    raises ValueError for what is no template
    """

    known: Known | None
    expression: Callable[[str], None]
    template: Callable[[str], None]


class Words:
    """Reads the small parts. Roles, phases and tasks are known by name before they are read.

    keys  the sections of the file, `timezone` among them
    """

    def __init__(self, keys: Mapping[str, Node], reader: Reader, checks: Checks) -> None:
        self.keys, self.reader, self.checks = keys, reader, checks
        self.zone = reader.parsed(keys["timezone"], zone, ZoneInfo("UTC"))
        self.role_names = names_in(keys, "roles")
        self.parameter_names = names_in(keys, "parameters")
        phases = listed(keys, "phases")
        self.phase_ids = ids_in(phases)
        self.task_ids = [
            one
            for part in phases
            if isinstance(part.value, Mapping)
            for one in ids_in(listed(part.value, "tasks"))
        ]

    def of(self, keys: Mapping[str, Node], name: str, read: Callable[[Node], T], otherwise: T) -> T:
        """What `read` makes of the entry `name`, `otherwise` where it is left out."""
        return read(keys[name]) if name in keys else otherwise

    def inside(
        self, keys: Mapping[str, Node], name: str, known: Collection[str], required: Collection[str]
    ) -> Mapping[str, Node]:
        """The entries of the mapping `name`, none where it is left out."""
        return self.reader.mapping(keys[name], known, required) if name in keys else {}

    def each(self, keys: Mapping[str, Node], name: str, read: Callable[[Node], T]) -> tuple[T, ...]:
        """What `read` makes of each part of the list `name`, none where it is left out."""
        return tuple(map(read, self.reader.items(keys[name]))) if name in keys else ()

    def one_of(
        self, keys: Mapping[str, Node], name: str, choices: tuple[str, ...], otherwise: str
    ) -> str:
        """One of `choices`, `otherwise` where the entry `name` is left out."""
        return self.of(keys, name, lambda node: self.reader.choice(node, choices), otherwise)

    def id(self, node: Node) -> str:
        """An id."""
        return self.reader.parsed(node, an_id, "")

    def template(self, node: Node) -> str:
        """A text that may have `{{ name }}` in it."""
        return self.reader.parsed(node, lambda text: _checked(text, self.checks.template), "")

    def condition(self, node: Node) -> str:
        """A CEL condition."""
        return self.reader.parsed(node, lambda text: _checked(text, self.checks.expression), "")

    def role(self, node: Node) -> str:
        """One of the playbook's roles."""
        return self.reader.name(node, self.role_names, "this playbook's roles")

    def task_name(self, node: Node) -> str:
        """One of the playbook's tasks."""
        return self.reader.name(node, self.task_ids, "this playbook's tasks")

    def named(self, kind: str) -> Callable[[Node], str]:
        """A reader of names of that kind, which is a field of Known."""
        known = self.checks.known
        if known is None:
            return self.reader.text
        return lambda node: self.reader.name(node, getattr(known, kind), kind)

    def targets(self, keys: Mapping[str, Node], name: str) -> tuple[str, ...]:
        """The roles, groups and people of the list `name`."""
        return self.each(keys, name, self.target("role", "group", "person"))

    def target(self, *kinds: str) -> Callable[[Node], str]:
        """A reader of `KIND:NAME`."""

        def read(node: Node) -> str:
            text = self.reader.text(node)
            kind, colon, name = text.partition(":")
            if text and (not colon or kind not in kinds):
                shown = " or ".join(f"{kind}:NAME" for kind in kinds)
                self.reader.fail(node, f'"{text}" names nobody; write {shown}')
                return ""
            plural = {"group": "groups", "person": "people", "channel": "channels"}
            of = self.role if kind == "role" else self.named(plural.get(kind, ""))
            bare = Node(name, node.file, node.line, node.column, node.path)
            return text if text and of(bare) else ""

        return read


def names_in(keys: Mapping[str, Node], name: str) -> list[str]:
    """The keys of the mapping `name`, whatever they hold; none where it is no mapping."""
    node = keys.get(name)
    return list(node.value) if node and isinstance(node.value, Mapping) else []


def listed(keys: Mapping[str, Node], name: str) -> tuple[Node, ...]:
    """The parts of the list `name`; none where it is no list."""
    node = keys.get(name)
    return node.value if node and isinstance(node.value, tuple) else ()


def ids_in(nodes: tuple[Node, ...]) -> list[str]:
    """The ids of those that have one."""
    given = [node.value.get("id") for node in nodes if isinstance(node.value, Mapping)]
    return [node.value for node in given if node and isinstance(node.value, str)]


def _checked(text: str, check: Callable[[str], None]) -> str:
    check(text)
    return text


def an_id(text: str) -> str:
    """`text`, if it is an id; else raises ValueError."""
    if not _ID.fullmatch(text):
        raise ValueError(f'"{text}" is no id; write small letters, digits and hyphens')
    return text


def a_clock(text: str) -> str:
    """`text`, if it is run, assignee or a zone; else raises ValueError."""
    return text if text in ("run", "assignee") else zone(text).key


def a_span(text: str) -> tuple[time, time]:
    """The stretch of the day that `08:00-18:00` says; raises ValueError if it says none."""
    begin, hyphen, end = text.partition("-")
    if not hyphen or begin.strip() == end.strip():
        raise ValueError(f'"{text}" is no stretch of the day; write 08:00-18:00')
    return clock(begin.strip()), clock(end.strip())


def an_answer(text: str) -> str:
    """`text`, if an update may come in like that; else raises ValueError."""
    if text not in SATISFIED_BY and not _TAG.fullmatch(text):
        raise ValueError(f'"{text}" is none of {", ".join(SATISFIED_BY)}, post(#TAG)')
    return text


def a_wall_time(text: str) -> datetime:
    """The wall-clock time that `2026-11-30 08:00` says; raises ValueError if it says none."""
    begin, _, rest = text.partition(" ")
    if not rest:
        raise ValueError(f'"{text}" is no wall-clock time; write 2026-11-30 08:00')
    return datetime.combine(day(begin), clock(rest))


def circular(name: str, after: Mapping[str, Collection[str]]) -> bool:
    """Whether going along `after` from `name` leads back to it."""
    seen: set[str] = set()
    waiting = list(after.get(name, ()))
    while waiting:
        one = waiting.pop()
        if one and one == name:
            return True
        if one not in seen:
            seen.add(one)
            waiting += after.get(one, ())
    return False
