"""What a calendar feed holds: the duties of a person, a seat or a rotation."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from setflow import feeds, present
from setflow.db import Tx
from setflow.effects import TellFeed
from setflow.errors import Refused
from setflow.facts import FeedFacts
from setflow.pictures.ics import Entry, Feed, ics
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules import Shift
from setflow.team import store as teams
from setflow.wording import seat_label

BACK, AHEAD = timedelta(weeks=4), timedelta(weeks=26)
READ_AGAIN = timedelta(hours=1)
MOST_AT_ONCE = 20
FORMAT = 1
"""Counts up with the form of a feed, so that nobody keeps one of another form."""
_MOMENT = timedelta(microseconds=1)
_COVER = "You cannot? Write `/set cover` in Mattermost."


@dataclass(frozen=True, slots=True)
class Served:
    """A feed as it stands.

    tag   changes whenever the feed may have
    body  None where the asker has the one with that tag
    """

    tag: str
    body: bytes | None


def open_feeds(tx: Tx, owner: str) -> Sequence[feeds.Feed]:
    """The calendars that somebody opened."""
    return feeds.of(tx, owner)


def failed(tx: Tx, here: Present, effect: TellFeed) -> FeedFacts | None:
    """Why the calendar of a person's absences cannot be read; None where it can again."""
    for one in feeds.followed(tx):
        if one.person == effect.person and one.error:
            return FeedFacts(here.named(one.person), one.error)
    return None


def followed(tx: Tx, *, now: datetime) -> Sequence[tuple[feeds.AbsenceFeed, ZoneInfo]]:
    """The calendars of absences that are to be read again, with whose days are meant by days."""
    here = present.maybe(tx, now)
    if here is None:
        return ()
    due = feeds.followed(tx, read_before=now - READ_AGAIN, limit=MOST_AT_ONCE)
    return [(one, here.zone_of(one.person)) for one in due if here.person(one.person)]


def served(tx: Tx, number: str, *, known: str, now: datetime) -> Served | None:
    """The feed of this id, made anew unless its tag is among those `known`; None for no such."""
    found = feeds.get(tx, number)
    here = present.maybe(tx, now)
    if found is None or here is None or here.person(found.owner) is None:
        return None
    changes, changed_at = _changes(tx, here)
    today = now.date().isoformat()
    digest = sha256(f"{number}:{changes}:{today}:{FORMAT}".encode()).hexdigest()
    tag = f'"{digest[:24]}"'
    if tag in known:
        return Served(tag, None)
    name = here.named(found.owner).title if found.kind == "person" else seat_label(found.target)
    entries = tuple(_entries(here, found))
    return Served(tag, ics(Feed(f"{name} on call", entries, changes, changed_at)))


def calendar_file(here: Present, target: str, start: datetime, end: datetime) -> bytes:
    """The calendar of a seat or rotation for any stretch of time. Raises Refused if unknown."""
    if not here.seats(target):
        raise Refused(f"There is no seat or rotation {target}; `setflow who` lists them.")
    entries = tuple(_of_seats(here, target, start, end))
    return ics(Feed(f"{seat_label(target)} on call", entries, here.version, here.now))


def _changes(tx: Tx, here: Present) -> tuple[int, datetime]:
    count, newest = rotations.override_changes(tx)
    applied_at = teams.applied_at(tx, here.version)
    return here.version + count, max(applied_at, newest or applied_at)


def _entries(here: Present, feed: feeds.Feed) -> Iterator[Entry]:
    # By the day, so that what is in a feed changes with its tag.
    today = here.now.replace(hour=0, minute=0, second=0, microsecond=0)
    low, high = today - BACK, today + AHEAD
    if feed.kind != "person":
        yield from _of_seats(here, feed.target, low, high)
        return
    for seat in here.history:
        label = seat_label(seat)
        for one in _whole(here, seat, low, high):
            if feed.owner in one.people:
                details = f"{_beside(here, seat, one)}\n{_COVER}".strip()
                yield Entry(_identity(one), label, details, one.start, one.end, mine=True)


def _of_seats(here: Present, target: str, low: datetime, high: datetime) -> Iterator[Entry]:
    for seat in here.seats(target):
        label = seat_label(seat)
        for one in _whole(here, seat, low, high):
            who = ", ".join(here.named(name).title for name in one.people)
            details = _beside(here, seat, one)
            yield Entry(_identity(one), f"{label}: {who}", details, one.start, one.end, mine=False)
        for gap in rules.gaps(here.history, here.overrides, seat, low, high):
            identity = f"{seat}/gap/{gap.start.isoformat()}"
            yield Entry(identity, f"{label}: nobody", "", gap.start, gap.end, mine=False)


def _identity(one: Shift) -> str:
    return f"{one.seat}/{one.turn}/{one.part}"


def _whole(here: Present, seat: str, low: datetime, high: datetime) -> list[Shift]:
    """The shifts that reach between two instants, none of them cut there."""
    found = rules.shifts(here.history, here.overrides, seat, low, high)
    if found and found[0].start == low:
        found[0] = found[0]._replace(start=here.who(seat, low).since or low)
    if found and found[-1].end == high:
        found[-1] = found[-1]._replace(end=here.who(seat, high - _MOMENT).until or high)
    return found


def _beside(here: Present, seat: str, shift: Shift) -> str:
    """Who has the other seats of the rotation when a shift begins."""
    rotation = seat.partition(".")[0]
    others = [one for one in here.seats(rotation) if one != seat]
    said = [
        f"{seat_label(one)}: {', '.join(here.named(name).title for name in people)}"
        for one in others
        if (people := here.who(one, shift.start).people)
    ]
    return "\n".join(said)
