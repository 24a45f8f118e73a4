"""What the next weeks hold, as posts say it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class Told:
    """A finding: its kind, from when to when, in words, and of whom."""

    kind: str
    start: datetime
    end: datetime
    said: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FindingsFacts:
    """What the next `days` days of a rotation hold, the most urgent first.

    channel  "" for the operations channel
    leads    of the next cycle; none where a rotation has no lead
    """

    rotation: str
    title: str
    channel: str
    zone: ZoneInfo
    days: int
    found: tuple[Told, ...]
    leads: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class DepartureFacts:
    """Somebody who is not there any more, though they are on `seat` from `start` on."""

    person: Who
    why: str
    seat: str
    start: datetime
    zone: ZoneInfo
