"""Conditions and texts that a configuration writes: small, bounded, and free of side effects.

Conditions are CEL (https://github.com/google/cel-spec), as https://pypi.org/project/cel-python/
works it. Bounds are ours: a condition is worked while a page waits behind it.
"""

import re
import sys
from collections.abc import Collection, Hashable, Iterator, Mapping, Set
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from setflow.held import Path, asked_for, held

if TYPE_CHECKING:
    from celpy import Environment, Runner

LONGEST = 500
DEEPEST = 12
# Five frames each: what the library needs is to stay well inside of 1,000.
MOST_NODES_DEEP = 150
MOST_MACROS_DEEP = 2
MOST_LISTED = 1_000
MOST_LISTED_TWICE = 30
MOST_FACTS = 20_000
MOST_ANSWERS = 1_000
LONGEST_FILLED = 4_000

_MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})
_TYPES = frozenset({"bool", "bytes", "double", "int", "list", "map", "string", "type", "uint"})
_FUNCTIONS = frozenset(
    {"bool", "bytes", "contains", "double", "duration", "dyn", "endsWith", "getDate"}
    | {"getDayOfMonth", "getDayOfWeek", "getDayOfYear", "getFullYear", "getHours", "getMinutes"}
    | {"getMilliseconds", "getMonth", "getSeconds", "has", "int", "matches", "size"}
    | {"startsWith", "string", "timestamp", "type", "uint"}
)
# What the library lets through beside its own error, for conditions that make no sense.
_STRAY = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError, RecursionError)
_BRACKETS = frozenset({"exprlist", "mapinits", "member_index", "paren_expr"})
_LEVELS = frozenset(
    {"expr", "conditionalor", "conditionaland", "relation", "addition", "multiplication", "unary"}
)
_HANDED_ON = _LEVELS | {"member", "primary", "paren_expr"}
_NO_CONDITION = '"{}" is neither true nor false'
_PLACE = re.compile(r"\{\{\s*([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)\s*\}\}")


class _Tree(Protocol):
    # lark.Tree, of which nothing else is used.
    data: str
    children: list[Any]


Prepared = Mapping[str, Any]
"""Facts as the library takes them."""


@dataclass(frozen=True, slots=True)
class _Program:
    runner: "Runner"
    most_listed: int
    asks: tuple[Path, ...]


def check(text: str, known: Collection[str] | None = None) -> None:
    """Nothing, if `text` is a condition that `evaluate` can work.

    known  the names that it may start from, such as "alert"; None where any will do
    Raises ValueError, which says what is wrong: no CEL, a function or name that is not there, over
    500 characters, over 12 brackets deep, list macros over 2 deep.
    """
    _compiled(text)
    unknown = _names(_tree(text)) - set(known) if known is not None else ()
    if unknown:
        listed = ", ".join(sorted(known or ()))
        raise ValueError(f'asks about "{min(unknown)}"; it may ask about {listed}')


def evaluate(text: str, facts: Mapping[str, Any]) -> bool:
    """Whether the condition `text` holds of `facts`.

    facts  mappings, lists, sets, text, numbers, booleans, None, instants, dates, lengths of time;
           of what is asked about, lists up to 1,000 long, up to 30 where list macros stand in one
           another
    Raises ValueError if it cannot be worked, asks about what is not there, or is neither true nor
    false.
    """
    asked = asked_for(facts, _compiled(text).asks)
    name = text, held(asked)
    found = _answers.get(name)
    if found is None:
        found = _answer(text, asked)
        if name[1] is not None:
            while len(_answers) >= MOST_ANSWERS:
                _answers.pop(next(iter(_answers)), None)
            _answers[name] = found
    if isinstance(found, str):
        raise ValueError(found)  # noqa: TRY004
    return found


def _answer(text: str, facts: Mapping[str, Any]) -> bool | str:
    """What a condition says of facts, or why it says nothing: it depends on nothing else."""
    from celpy.celtypes import BoolType

    program = _compiled(text)
    try:
        found = _worked(text, program, _converted(facts, program.most_listed))
    except ValueError as error:
        return str(error)
    return bool(found) if isinstance(found, BoolType | bool) else _NO_CONDITION.format(text)


def check_value(text: str, known: Collection[str]) -> None:
    """Nothing, if `text` is an expression that `value` can work.

    Raises ValueError as `check` does, and for list macros that stand in one another.
    """
    check(text, known)
    if _compiled(text).most_listed != MOST_LISTED:
        raise ValueError("has list macros (all, exists, …) in one another, which is too slow here")


def prepared(facts: Mapping[str, Any]) -> Prepared:
    """What `value` works on, so that many ask of the same; facts and bounds as with `evaluate`.

    Raises ValueError where it is too much.
    """
    return cast(Prepared, _converted(facts, MOST_LISTED))


def value(text: str, facts: Prepared) -> Any:
    """What the expression `text` comes to: text, number, boolean, None, list, mapping, instant.

    What it finds may be put beside `facts`, to be asked about in turn. Raises ValueError if it
    cannot be worked, or asks about what is not there.
    """
    from celpy.celtypes import BoolType

    found = _worked(text, _compiled(text), facts)
    return bool(found) if isinstance(found, BoolType) else found


def _worked(text: str, program: _Program, facts: Prepared) -> Any:
    from celpy.evaluation import CELEvalError

    try:
        return program.runner.evaluate(cast(Any, facts))
    except (CELEvalError, *_STRAY) as error:
        raise ValueError(f'"{text}" cannot be answered: {_reason(error)}') from None


def check_template(text: str) -> None:
    """Nothing, if `text` is one that `fill` can fill in.

    Raises ValueError where braces are left over: only names and their parts stand in them.
    """
    left = _PLACE.sub("", text)
    for mark in ("{{", "}}", "{%", "{#"):
        if mark in left:
            raise ValueError(f'"{mark}" is left over; write names as in {{{{ ticket.key }}}}')


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """`template` with what stands in `facts` for each `{{ name.part }}`, a list with commas.

    Cut to 4,000 characters. Raises ValueError if something is not there, or is itself a mapping.
    """
    check_template(template)
    text = _PLACE.sub(lambda place: _said(place[1], facts), template)
    return text if len(text) <= LONGEST_FILLED else f"{text[: LONGEST_FILLED - 1]}…"


def _said(path: str, facts: Mapping[str, Any]) -> str:
    found: Any = facts
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise ValueError(f'"{path}" is not there to be filled in')
        found = found[part]
    if found is None or isinstance(found, Mapping):
        raise ValueError(f'"{path}" is not text to be filled in')
    return ", ".join(map(str, found)) if isinstance(found, list | tuple) else str(found)


@cache
def _environment() -> "Environment":
    from celpy import Environment

    # The library sets it, for all of the program.
    limit = sys.getrecursionlimit()
    try:
        return Environment()
    finally:
        sys.setrecursionlimit(limit)


_answers: dict[tuple[str, Hashable], bool | str] = {}


@lru_cache(maxsize=1_000)
def _compiled(text: str) -> _Program:
    tree = _tree(text)
    macros = 0
    for node, depth, brackets, inside in _walk(tree):
        if brackets > DEEPEST or depth > MOST_NODES_DEEP:
            raise ValueError(f"is over {DEEPEST} brackets deep, or too long a chain; split it")
        macros = max(macros, inside + _is_macro(node))
        _check_node(node)
    if macros > MOST_MACROS_DEEP:
        raise ValueError(f"has list macros (all, exists, …) over {MOST_MACROS_DEEP} deep")
    short = cast(Any, _shortened(tree))
    most = MOST_LISTED_TWICE if macros > 1 else MOST_LISTED
    return _Program(_environment().program(short), most, _asks(tree))


def _shortened(tree: "_Tree") -> "_Tree":
    """The same without nodes that only hand on what is below them: each costs a visit."""
    short = copy(tree)
    short.children = [part if isinstance(part, str) else _shortened(part) for part in tree.children]
    below = short.children[0] if len(short.children) == 1 else ""
    return short if isinstance(below, str) or tree.data not in _LEVELS else cast("_Tree", below)


@lru_cache(maxsize=1_000)
def _tree(text: str) -> "_Tree":
    from celpy.celparser import CELParseError

    if len(text) > LONGEST:
        raise ValueError(f"is over {LONGEST} characters")
    try:
        return cast("_Tree", _environment().compile(text))
    except CELParseError as error:
        where = f" at character {error.column}" if error.column and error.column > 0 else ""
        raise ValueError(f'is no condition{where}; write CEL such as a.b == "c"') from None


def _walk(tree: "_Tree") -> "Iterator[tuple[_Tree, int, int, int]]":
    """Each node with how deep it stands: in nodes, in brackets, in list macros."""
    waiting = [(tree, 1, 0, 0)]
    while waiting:
        node, depth, brackets, inside = waiting.pop()
        yield node, depth, brackets, inside
        branches = node.data == "expr" and len(node.children) == 3
        within = brackets + (node.data in _BRACKETS or branches)
        for index, child in enumerate(node.children):
            if not isinstance(child, str):
                macros = inside + (index == 2 and _is_macro(node))
                waiting.append((child, depth + 1, within, macros))


def _is_macro(node: "_Tree") -> bool:
    return node.data == "member_dot_arg" and node.children[1] in _MACROS


def _check_node(node: "_Tree") -> None:
    place = {"member_dot_arg": 1, "ident_arg": 0, "dot_ident_arg": 0}.get(node.data)
    called = str(node.children[place]) if place is not None else ""
    if called and called not in _FUNCTIONS and not _is_macro(node):
        near = get_close_matches(called, sorted(_FUNCTIONS | _MACROS), n=1)
        hint = f' (did you mean "{near[0]}"?)' if near else ""
        raise ValueError(f'asks for "{called}", which is no function{hint}')
    if node.data == "multiplication_mod":
        # On text the library leaves this to Python, which formats: to any length.
        raise ValueError('has "%", which conditions cannot use')
    if _is_macro(node) and not _variable(node):
        raise ValueError(f'gives "{called}" no name and condition; write list.{called}(x, x > 1)')


def _variable(macro: "_Tree") -> str:
    """The name that a list macro gives to each item; "" where it has none."""
    given = macro.children[2].children if len(macro.children) == 3 else []
    node = given[0] if len(given) == 2 else None
    while node is not None and not isinstance(node, str) and len(node.children) == 1:
        if node.data == "ident":
            return str(node.children[0])
        node = node.children[0]
    return ""


def _names(tree: "_Tree") -> set[str]:
    """The names that a condition starts from, without those that its macros give."""
    nodes = [node for node, *_ in _walk(tree)]
    used = {str(node.children[0]) for node in nodes if node.data in ("ident", "dot_ident")}
    return used - {_variable(node) for node in nodes if _is_macro(node)} - _TYPES


def _asks(tree: "_Tree") -> tuple[Path, ...]:
    """The parts of facts that a condition asks about, none of which is within another."""
    waiting, found = [tree], set()
    while waiting:
        node = waiting.pop()
        if path := _path(node):
            found.add(path)
        else:
            waiting += [child for child in node.children if not isinstance(child, str)]
    return tuple(one for one in found if not any(one[:end] in found for end in range(1, len(one))))


def _path(node: "_Tree") -> Path:
    """The names of `a.b.c`; none where the node is something else."""
    if node.data in ("ident", "dot_ident"):
        return (str(node.children[0]),)
    if node.data == "member_dot":
        before = _path(node.children[0])
        return (*before, str(node.children[1])) if before else ()
    only = node.children[0] if len(node.children) == 1 else ""
    return () if isinstance(only, str) or node.data not in _HANDED_ON else _path(only)


def _converted(facts: Mapping[str, Any], most_listed: int) -> Any:
    """What the library works on."""
    from celpy.adapter import json_to_cel
    from celpy.celtypes import ListType, MapType, StringType

    count = 0

    def convert(value: Any) -> Any:
        nonlocal count
        count += 1
        if count > MOST_FACTS:
            raise ValueError(f"conditions cannot be asked about over {MOST_FACTS:,} values")
        match value:
            case Mapping():
                bounded(value)
                return MapType({StringType(key): convert(part) for key, part in value.items()})
            case list() | tuple() | Set():
                bounded(value)
                return ListType([convert(part) for part in value])
            case date() if not isinstance(value, datetime):
                return StringType(value.isoformat())
            case _:
                return json_to_cel(cast(Any, value))

    def bounded(value: Collection[Any]) -> None:
        if len(value) > most_listed:
            raise ValueError(f"conditions cannot be asked about lists over {most_listed:,} long")

    return {name: convert(value) for name, value in facts.items()}


def _reason(error: Exception) -> str:
    """The library's words without its types and activations."""
    text = str(error.args[0]) if error.args else ""
    return re.split(r" \(in activation| for | applied to ", text)[0] or type(error).__name__
