"""Where alerts come from: how each source's messages are read, proved and bounded."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from setflow.document import Node, Reader, duration

FORMATS = ("generic", "alertmanager", "grafana", "json")
PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
MAPPED = ("each", "key", "title", "priority", "status", "started", "url", "details")
ALGORITHMS = ("sha256", "sha512", "sha1")
OWN = ("heartbeat", "page", "setflow", "test")
"""What setflow itself calls sources of its own; no monitor can be called so."""
MOST_A_WINDOW = 100_000
LONGEST_LIMIT = timedelta(hours=1)
LONGEST_TOLERANCE = timedelta(hours=1)

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_LIMIT = re.compile(r"([0-9]{1,6})\s*/\s*([0-9]+[smh])")


@dataclass(frozen=True, slots=True)
class Limit:
    """Up to `count` new alerts of one priority in `window`, all at once or spread."""

    count: int
    window: timedelta


USUAL_LIMIT = Limit(300, timedelta(minutes=5))


@dataclass(frozen=True, slots=True)
class Signed:
    """What a source proves its messages by, in place of a key: HMAC over the body.

    header     carries it, in hexadecimal or base64, after `prefix`
    over       what is signed: text with {body}, and {timestamp} where there is one
    timestamp  the header with the instant, in seconds since 1970; "" for none
    tolerance  how far that may be from now
    """

    header: str
    algorithm: str = "sha256"
    prefix: str = ""
    over: str = "{body}"
    timestamp: str = ""
    tolerance: timedelta = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a message of JSON means: expressions about `body`, and about `item` where it has `each`.

    each      the list of which every item is an alert; "" where the body is one
    status    "" where every message says that something fires
    details   name → expression; one that cannot be answered is left out
    """

    key: str
    title: str
    each: str = ""
    priority: str = ""
    status: str = ""
    started: str = ""
    url: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A source of alerts.

    format    how its messages are read: one of FORMATS
    priority  the source's own words, in lower case → P1 to P5
    mapping   of format json alone
    """

    name: str
    format: str = "generic"
    priority: Mapping[str, str] = field(default_factory=dict)
    limit: Limit = USUAL_LIMIT
    mapping: Mapped | None = None
    signature: Signed | None = None


def read_sources(
    node: Node, reader: Reader, *, check_value: Callable[[str, tuple[str, ...]], None]
) -> Mapping[str, Source]:
    """The sources by name; mistakes are noted in `reader`.

    check_value  raises ValueError for what is no expression about these names
    """
    found = {}
    for name, part in reader.mapping(node).items():
        if not _NAME.fullmatch(name):
            reader.fail(part, f'"{name}" should be lower-case letters, digits, - and _')
        if name in OWN:
            reader.fail(part, f'"{name}" is a source of setflow\'s own; name the monitor otherwise')
        found[name] = _source(name, part, reader, check_value)
    return found


def _source(
    name: str, node: Node, reader: Reader, check: Callable[[str, tuple[str, ...]], None]
) -> Source:
    parts = reader.mapping(node, ("format", "priority", "limit", "signature", *MAPPED))
    # A mapping's priority is an expression, and elsewhere it is a table.
    form = reader.choice(parts["format"], FORMATS) if "format" in parts else "generic"
    if form == "json":
        table: Mapping[str, str] = {}
        mapping = _mapping(node, parts, reader, check)
    else:
        mapping = None
        table = _table(parts["priority"], reader) if "priority" in parts else {}
        for extra in (one for one in MAPPED if one in parts and one != "priority"):
            reader.fail(parts[extra], f"belongs to format json, and {name} has format {form}")
    limit = reader.parsed(parts["limit"], _limit, USUAL_LIMIT) if "limit" in parts else USUAL_LIMIT
    signed = _signed(parts["signature"], reader) if "signature" in parts else None
    return Source(name, form, table, limit, mapping, signed)


def _table(node: Node, reader: Reader) -> Mapping[str, str]:
    words = reader.mapping(node)
    return {word.lower(): reader.choice(part, PRIORITIES) for word, part in words.items()}


def _limit(text: str) -> Limit:
    found = _LIMIT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'"{text}" is no limit; write how many in how long, such as 300/5m')
    count, window = int(found[1]), duration(found[2])
    if not 1 <= count <= MOST_A_WINDOW:
        raise ValueError(f"should be from 1 to {MOST_A_WINDOW:,} alerts")
    if not timedelta(seconds=1) <= window <= LONGEST_LIMIT:
        raise ValueError("should be over 1 s to 1 h")
    return Limit(count, window)


def _mapping(
    node: Node,
    parts: Mapping[str, Node],
    reader: Reader,
    check: Callable[[str, tuple[str, ...]], None],
) -> Mapped:
    for name in ("key", "title"):
        if name not in parts:
            reader.fail(node, f'lacks "{name}", which format json needs')
    names = ("body", "item") if "each" in parts else ("body",)

    def said(part: Node, known: tuple[str, ...]) -> str:
        def checked(text: str) -> str:
            check(text, known)
            return text

        return reader.parsed(part, checked, "")

    found = {
        name: said(parts[name], ("body",) if name == "each" else names)
        for name in MAPPED
        if name in parts and name != "details"
    }
    details = reader.mapping(parts["details"]) if "details" in parts else {}
    return Mapped(
        found.pop("key", ""),
        found.pop("title", ""),
        **found,
        details={name: said(part, names) for name, part in details.items()},
    )


def _signed(node: Node, reader: Reader) -> Signed:
    known = ("header", "algorithm", "prefix", "over", "timestamp", "tolerance")
    parts = reader.mapping(node, known, ("header",))
    usual = Signed("")
    timestamp = reader.text(parts["timestamp"]) if "timestamp" in parts else ""
    over = reader.text(parts["over"]) if "over" in parts else usual.over
    for mark in ("{body}", *(["{timestamp}"] if timestamp else [])):
        if over.count(mark) != 1:
            where = parts.get("over", node)
            reader.fail(where, f'should have "{mark}" once in "over", for that is signed')
    if not timestamp and "{timestamp}" in over:
        reader.fail(parts["over"], 'has "{timestamp}": say in "timestamp" which header carries it')
    return Signed(
        reader.text(parts["header"]) if "header" in parts else "",
        reader.choice(parts["algorithm"], ALGORITHMS) if "algorithm" in parts else usual.algorithm,
        reader.text(parts["prefix"]) if "prefix" in parts else "",
        over,
        timestamp,
        _tolerance(parts["tolerance"], reader) if "tolerance" in parts else usual.tolerance,
    )


def _tolerance(node: Node, reader: Reader) -> timedelta:
    length = reader.duration(node, least=timedelta(seconds=1))
    if length > LONGEST_TOLERANCE:
        reader.fail(node, "should be 1h at most, or an old message could be sent again")
    return length
