"""Duties as a calendar that Google, Outlook and the like subscribe to (RFC 5545, RFC 7986).

An event keeps its UID when its shift moves or somebody else takes it, so that it moves there too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from icalendar import Event

REFRESH = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event.

    identity  names the shift, whenever it is and whoever has it
    mine      whether it takes up the time of the calendar's reader
    """

    identity: str
    title: str
    details: str
    start: datetime
    end: datetime
    mine: bool


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar: its name, its events, and what it is made from.

    changes     counts up with whatever may change an event
    changed_at  when that last happened
    """

    name: str
    entries: Sequence[Entry]
    changes: int
    changed_at: datetime


def ics(feed: Feed) -> bytes:
    """The calendar as text/calendar, in UTC."""
    from icalendar import Calendar, vDuration

    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//setflow//EN")
    calendar.add("name", feed.name)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    # What Outlook and Google read in place of NAME and REFRESH-INTERVAL.
    calendar.add("x-wr-calname", feed.name)
    calendar.add("x-published-ttl", vDuration(REFRESH))
    for entry in sorted(feed.entries, key=lambda one: (one.start, one.identity)):
        calendar.add_component(_event(entry, feed))
    body: bytes = calendar.to_ical()
    return body


def uid(identity: str) -> str:
    """The UID of what `identity` names: the same for ever, and unlike any other."""
    return f"{sha256(identity.encode()).hexdigest()[:32]}@setflow"


def _event(entry: Entry, feed: Feed) -> "Event":
    from icalendar import Event

    event = Event()
    event.add("uid", uid(entry.identity))
    event.add("dtstamp", feed.changed_at.astimezone(UTC))
    event.add("last-modified", feed.changed_at.astimezone(UTC))
    event.add("sequence", feed.changes)
    event.add("dtstart", entry.start.astimezone(UTC))
    event.add("dtend", entry.end.astimezone(UTC))
    event.add("summary", entry.title)
    if entry.details:
        event.add("description", entry.details)
    event.add("transp", "OPAQUE" if entry.mine else "TRANSPARENT")
    return event
