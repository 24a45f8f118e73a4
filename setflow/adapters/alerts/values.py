"""What every format is made into, within bounds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

LONGEST_KEY, LONGEST_TITLE, LONGEST_URL = 512, 1_000, 2_000
LONGEST_NAME, LONGEST_DETAIL, MOST_DETAILS = 100, 4_000, 50
MOST_ALERTS = 1_000
"""In one message."""
LONGEST_EXCERPT = 1_000
UNREADABLE = "unreadable"
"""The key of the alert that says that a message could not be read."""

# Words that monitors have for how bad it is, where the file says nothing else.
PRIORITIES = {
    **{f"p{number}": f"P{number}" for number in range(1, 6)},
    **dict.fromkeys(["critical", "crit", "page", "disaster", "emergency", "fatal"], "P1"),
    **dict.fromkeys(["high", "error", "major"], "P2"),
    **dict.fromkeys(["warning", "warn", "average", "medium"], "P3"),
    **dict.fromkeys(["minor", "low", "notice"], "P4"),
    **dict.fromkeys(["info", "information", "informational", "none", "debug"], "P5"),
}
USUAL_PRIORITY = "P3"


@dataclass(frozen=True, slots=True)
class Incoming:
    """An alert as a message has it.

    key       the source's own name for it
    started   when it began by the source's clock; tells one time that it fires from another
    delivery  names this very message; "" where nothing does
    """

    key: str
    title: str
    priority: str = USUAL_PRIORITY
    firing: bool = True
    details: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    started: datetime | None = None
    delivery: str = ""

    def stored(self) -> dict[str, Any]:
        """As JSON, all but `delivery`."""
        return {
            "key": self.key,
            "title": self.title,
            "priority": self.priority,
            "status": "firing" if self.firing else "resolved",
            "details": dict(self.details),
            "url": self.url,
            "started": self.started.isoformat() if self.started else None,
        }


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says: its alerts, and what of it could not be read, in sentences."""

    alerts: Sequence[Incoming]
    problems: Sequence[str] = ()


def unreadable(source: str, why: str, raw: bytes) -> Incoming:
    """The alert in place of what `raw` should have told."""
    said = raw[: LONGEST_EXCERPT * 4].decode("utf-8", "replace")[:LONGEST_EXCERPT]
    title = f"A message of {source} could not be read"
    return Incoming(UNREADABLE, title, details=details_of({"why": why, "message": said}))


def clean(text: object, most: int) -> str:
    """Text that PostgreSQL can hold, without blanks around it, cut to `most` characters."""
    said = str(text).encode("utf-8", "replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")
    said = said.strip()
    return said if len(said) <= most else f"{said[: most - 1]}…"


def named(text: object) -> str:
    """A source's own name for an alert; one that is too long by its digest, so that it stays one.

    Raises ValueError for none.
    """
    said = clean(text, 1_000_000)
    if not said:
        raise ValueError("it is empty")
    return said if len(said) <= LONGEST_KEY else f"sha256:{sha256(said.encode()).hexdigest()}"


def details_of(pairs: Mapping[str, object]) -> dict[str, str]:
    """Names and values within bounds; what has no value is left out."""
    found = {
        clean(name, LONGEST_NAME): clean(value, LONGEST_DETAIL)
        for name, value in list(pairs.items())[:MOST_DETAILS]
        if value not in ("", None)
    }
    return {name: value for name, value in found.items() if name and value}


def address(*candidates: object) -> str:
    """The first that is an http address; "" for none."""
    said = (clean(one, LONGEST_URL + 1) for one in candidates if isinstance(one, str))
    good = (one for one in said if one.startswith(("http://", "https://")) and " " not in one)
    return next((one for one in good if len(one) <= LONGEST_URL), "")


def instant(text: object) -> datetime | None:
    """The instant in UTC that a message says; None for none, and for year 1, which says none."""
    try:
        found = datetime.fromisoformat(str(text))
        return found.astimezone(UTC) if found.tzinfo and found.year > 1 else None
    except (ValueError, OverflowError):
        return None


def priority(words: Mapping[str, str], *said: object) -> str:
    """The first of a source's words that is known, as P1 to P5; P3 where none is.

    words  the source's own, in lower case → P1 to P5
    """
    table = {**PRIORITIES, **words}
    known = (table.get(str(word).strip().lower(), "") for word in said if word is not None)
    return next(filter(None, known), USUAL_PRIORITY)
