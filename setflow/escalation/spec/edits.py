"""What is changed of an alert, and noted on it, by whoever sent it or looks after it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """`by` noted something on an alert; `how` is api and so on."""

    alert: int
    by: str
    how: str
    text: str


@dataclass(frozen=True, slots=True)
class AlertChanged:
    """An alert says something else of itself: `what` changed, as `by` said. what: field names."""

    alert: int
    by: str
    how: str
    what: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Redirected:
    """It goes up another ladder from its first step; this is start `nth`."""

    alert: int
    by: str
    how: str
    nth: int
    ladder: str


@dataclass(frozen=True, slots=True)
class Assigned:
    """`person` was given an alert by somebody else; `before` had it, "" for nobody."""

    alert: int
    person: str
    by: str
    how: str
    before: str
