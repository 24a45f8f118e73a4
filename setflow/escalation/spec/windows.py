"""Maintenance windows: stretches of time in which alerts are kept and shown, and page nobody."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays, instant
from setflow.document import Node, Reader
from setflow.due import DueRule, next_occurrence, parse_due

# What is not over in a month is no maintenance, and nobody would miss its alerts.
LONGEST_WINDOW = timedelta(days=31)
LONGEST_RECURRING = timedelta(hours=24)
_MONDAY_TO_FRIDAY = BusinessDays(None, frozenset(), "")


@dataclass(frozen=True, slots=True)
class Hold:
    """An alert is held by the window `name` up to `until`."""

    name: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window, once or again and again.

    source   of whose alerts; None for any
    ladders  of which ladders; none for any
    when     CEL of the alerts that it is about; None for all
    start    of the one that comes once; None where `each` says when
    length   from its start to its end
    """

    name: str
    source: str | None
    ladders: tuple[str, ...]
    when: str | None
    start: datetime | None
    each: DueRule | None
    length: timedelta

    def until(self, now: datetime, zone: ZoneInfo) -> datetime | None:
        """The end of the window, where it is open at `now`; `zone` is that of its wall clock."""
        start = self.start
        if self.each:
            start = next_occurrence(self.each, now - self.length, zone=zone, days=_MONDAY_TO_FRIDAY)
        if start is None or not start <= now < start + self.length:
            return None
        return start + self.length


def read_windows(
    node: Node,
    reader: Reader,
    *,
    zone: ZoneInfo,
    ladders: Collection[str],
    check_condition: Callable[[str], None],
) -> tuple[Window, ...]:
    """The windows in order; mistakes are noted in `reader`. `zone` is the file's."""
    found = (_window(part, reader, zone, ladders, check_condition) for part in reader.items(node))
    return tuple(window for window in found if window)


def _window(
    node: Node,
    reader: Reader,
    zone: ZoneInfo,
    ladders: Collection[str],
    check: Callable[[str], None],
) -> Window | None:
    def condition(text: str) -> str:
        check(text)
        return text

    before = len(reader.problems)
    keys = ("name", "source", "ladders", "when", "from", "to", "each", "for")
    parts = reader.mapping(node, keys, ("name",))
    start, each, length = _times(node, reader, parts, zone)
    listed = reader.items(parts["ladders"]) if "ladders" in parts else ()
    window = Window(
        reader.text(parts["name"]) if "name" in parts else "",
        reader.text(parts["source"]).lower() if "source" in parts else None,
        tuple(reader.name(part, ladders, "ladders") for part in listed),
        reader.parsed(parts["when"], condition, "true") if "when" in parts else None,
        start,
        each,
        length,
    )
    return window if len(reader.problems) == before else None


def _times(
    node: Node, reader: Reader, parts: Mapping[str, Node], zone: ZoneInfo
) -> tuple[datetime | None, DueRule | None, timedelta]:
    """When it begins, once or by a rule, and how long it is."""
    given = tuple(name for name in ("from", "to", "each", "for") if name in parts)
    if given == ("from", "to"):
        start, end = (
            reader.parsed(parts[name], lambda text: instant(text, zone), None) for name in given
        )
        if start and end and not start < end <= start + LONGEST_WINDOW:
            reader.fail(parts["to"], "should come after its beginning, at most 31 days later")
        return start, None, end - start if start and end else timedelta(0)
    if given == ("each", "for"):
        rule = reader.parsed(parts["each"], parse_due, None)
        if rule and not rule.repeats:
            reader.fail(parts["each"], "comes once; write it such as each sun 02:00")
        least, length = timedelta(minutes=1), reader.duration(parts["for"])
        if not least <= length <= LONGEST_RECURRING:
            reader.fail(parts["for"], "should be from 1m to 24h")
        return None, rule, length
    reader.fail(node, 'should say when: "from" and "to", or "each" and "for"')
    return None, None, timedelta(0)
