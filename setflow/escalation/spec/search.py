"""A search for alerts as OpsGenie's users write it: `status: open AND tag: (db OR disk) "not up"`.

Read after https://support.atlassian.com/opsgenie/docs/search-queries-for-alerts/; what it says is
worked by the store.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

TEXTS = ("message", "description", "alias", "tag", "entity", "source", "owner", "responders")
FLAGS = ("acknowledged", "isSeen", "snoozed")
INSTANTS = ("createdAt", "updatedAt", "lastOccurredAt", "snoozedUntil")
NUMBERS = ("count", "tinyId")
FIELDS = ("status", "priority", "id", *TEXTS, *FLAGS, *INSTANTS, *NUMBERS)
DETAILS = "details."
"""What comes before the name of a detail."""
ORDER = ("<", ">", "<=", ">=")
LONGEST_QUERY = 1000
MOST_DEEP = 20

_OTHER_NAMES = {"tags": "tag", "tiny": "tinyId", "teams": "responders", "alertid": "id"}
_BY_NAME = {name.casefold(): name for name in FIELDS} | _OTHER_NAMES
_FIELD = re.compile(r"([A-Za-z][\w.-]*)\s*(<=|>=|[:=<>])\s*")
_WORD = re.compile(r'"([^"]*)"|([^\s()"]+)')


@dataclass(frozen=True, slots=True)
class Term:
    """`field` is `value`, or by `order` below or above it; field "" is any text of the alert.

    A * in the value stands for anything.
    """

    field: str
    value: str
    order: str = ""


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; with none it always does."""

    parts: tuple["Search", ...] = ()


@dataclass(frozen=True, slots=True)
class Any:
    """One part holds at least."""

    parts: tuple["Search", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Search"


Search = Term | All | Any | Not


def parse_search(text: str) -> Search:
    """What `text` looks for. Raises ValueError with a sentence where it cannot be read."""
    if len(text) > LONGEST_QUERY:
        raise ValueError(f"The query is over {LONGEST_QUERY} characters.")
    reading = _Reading(text)
    found = reading.either("", 0)
    if reading.left():
        raise ValueError(f"The query has a bracket too many at {reading.left()[:20]!r}.")
    return found


def instant_of(text: str) -> datetime:
    """What a query writes as an instant: milliseconds since 1970, or ISO 8601, in UTC if unsaid.

    Raises ValueError for anything else.
    """
    try:
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(
            f"{text[:40]!r} is no instant: write milliseconds since 1970, or 2026-12-02T10:00Z."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _checked(term: Term) -> Term:
    """The term; raises ValueError where its value cannot be compared with the field's."""
    if term.field in NUMBERS and not (term.value.isdigit() and len(term.value) < 10):
        raise ValueError(f"The query asks whether {term.field} is {term.value[:40]!r}: no number.")
    if term.field in INSTANTS:
        instant_of(term.value)
    return term


class _Reading:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def left(self) -> str:
        return self.text[self.at :].lstrip()

    def takes(self, word: str) -> bool:
        """Whether `word` comes next, as a word of its own; it is then behind us."""
        found = re.compile(rf"\s*{word}(?=[\s()]|$)", re.IGNORECASE).match(self.text, self.at)
        self.at = found.end() if found else self.at
        return bool(found)

    def opens(self) -> bool:
        found = re.compile(r"\s*\(").match(self.text, self.at)
        self.at = found.end() if found else self.at
        return bool(found)

    def either(self, field: str, depth: int) -> Search:
        if depth > MOST_DEEP:
            raise ValueError(f"The query has brackets over {MOST_DEEP} deep.")
        return self.several(lambda: self.all(field, depth), "or", Any)

    def several(
        self, part: Callable[[], Search], word: str, of: Callable[[tuple[Search, ...]], Search]
    ) -> Search:
        parts = [part()]
        while self.takes(word):
            parts.append(part())
        return parts[0] if len(parts) == 1 else of(tuple(parts))

    def all(self, field: str, depth: int) -> Search:
        parts: list[Search] = []
        while self.left() and self.left()[0] != ")" and not self.comes_or():
            self.takes("and")
            parts.append(self.one(field, depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def comes_or(self) -> bool:
        return bool(re.match(r"or(?=[\s()]|$)", self.left(), re.IGNORECASE))

    def one(self, field: str, depth: int) -> Search:
        if self.takes("not"):
            return Not(self.one(field, depth + 1))
        if self.opens():
            found = self.either(field, depth + 1)
            if not self.left().startswith(")"):
                raise ValueError("The query lacks a closing bracket.")
            self.at = self.text.index(")", self.at) + 1
            return found
        named = _FIELD.match(self.text, len(self.text) - len(self.left()))
        if named and not field:
            return self.named(named, depth)
        return _checked(Term(field, self.word()))

    def named(self, named: re.Match[str], depth: int) -> Search:
        field, order = _field(named[1]), named[2]
        self.at = named.end()
        if order in ORDER:
            if field not in (*INSTANTS, *NUMBERS):
                raise ValueError(f"The query asks whether {field} is above or below something.")
            return _checked(Term(field, self.word(), order))
        if self.left().startswith("("):
            return self.one(field, depth)
        return _checked(Term(field, self.word()))

    def word(self) -> str:
        found = _WORD.match(self.left())
        if found is None:
            raise ValueError(f"The query says nothing at {self.left()[:20]!r}.")
        self.at = len(self.text) - len(self.left()) + found.end()
        return found[1] if found[1] is not None else found[2]


def _field(name: str) -> str:
    if name.startswith(DETAILS):
        return name
    found = _BY_NAME.get(name.casefold())
    if found is None:
        raise ValueError(f"The query asks for {name}; it may ask for {', '.join(FIELDS)}.")
    return found
