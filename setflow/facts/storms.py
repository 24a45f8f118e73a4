"""A person's digest as it says itself."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class DigestLine:
    """The alerts of one source in a digest.

    priority  the loudest that waits, of those that do not the loudest of all
    waiting   how many wait for somebody, by priority, the loudest first
    taken     how many somebody has, or put off; over: how many are over
    title, at the newest of the loudest that wait, and since when; "" and None where none waits
    """

    source: str
    priority: str
    waiting: tuple[tuple[str, int], ...]
    taken: int
    over: int
    title: str = ""
    at: datetime | None = None

    @property
    def count(self) -> int:
        """How many of them wait."""
        return sum(many for _, many in self.waiting)


@dataclass(frozen=True, slots=True)
class DigestFacts:
    """Everything in a digest by one method; `lines` a source each, the loudest first.

    to       where the method reaches them
    first    whether this makes a message, which is heard
    current  whether this is its last message; else it goes on in a newer one
    since    when it began
    again    this may have been sent before
    """

    person: Who
    zone: ZoneInfo
    method: str
    to: str
    first: bool
    current: bool
    since: datetime
    lines: tuple[DigestLine, ...]
    again: bool = False

    @property
    def waiting(self) -> int:
        """How many alerts wait for somebody."""
        return sum(line.count for line in self.lines)

    @property
    def taken(self) -> int:
        """How many somebody has, or put off."""
        return sum(line.taken for line in self.lines)

    @property
    def over(self) -> int:
        """How many are over."""
        return sum(line.over for line in self.lines)

    @property
    def loudest(self) -> tuple[str, int]:
        """The loudest priority that waits, and how many of it do; ("", 0) where none waits."""
        found = [pair for line in self.lines for pair in line.waiting]
        first = min((priority for priority, _ in found), default="")
        return first, sum(many for priority, many in found if priority == first)
