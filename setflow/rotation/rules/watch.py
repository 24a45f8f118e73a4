"""What is news about a rotation since it was last looked at, and whom a stand-in displaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from setflow.effects import Decision, ShowHeader
from setflow.errors import Refused
from setflow.rotation.rules.answers import (
    holders,
    next_change,
    next_handoff,
    shifts,
    who,
)
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.values import History, Override

LONGEST_OVERRIDE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Watch:
    """What was last seen of a rotation.

    seen_at   when that was
    people    seat → who is on, and who has the turn
    revision  counts what was seen to change
    """

    seen_at: datetime
    people: Mapping[str, tuple[str, ...]]
    revision: int


@dataclass(frozen=True, slots=True)
class HandedOff:
    """A turn of the rotation began at `turn_start`; the next begins at `turn_end`."""

    rotation: str
    turn_start: datetime
    turn_end: datetime


@dataclass(frozen=True, slots=True)
class CrewChanged:
    """Others stand in the rotation than were seen before. why: handoff | override."""

    rotation: str
    why: Literal["handoff", "override"]


def look(
    before: Watch | None, history: History, overrides: Sequence[Override], name: str, now: datetime
) -> Decision[Watch]:
    """What is to be seen of a rotation at `now`, and what of it is news.

    Of several handoffs that passed unseen the last alone is told; none at the first look.
    """
    people = {
        seat: (
            *who(history, overrides, seat, now).people,
            *holders(history, overrides, seat, now),
        )
        for seat in seats_of(history, name)
    }
    wake_at = next_change(history, overrides, name, now)
    if before is None:
        first = Watch(now, people, 1)
        return Decision(first, [CrewChanged(name, "handoff")], [ShowHeader(name, "1")], wake_at)
    began = _last_handoff(history, name, before.seen_at, now)
    events: list[object] = []
    if began:
        ends = next_handoff(history, name, began) or began
        events.append(HandedOff(name, began, ends))
    if people != before.people:
        events.append(CrewChanged(name, "handoff" if began else "override"))
    if not events:
        return Decision(Watch(now, people, before.revision), wake_at=wake_at)
    revision = before.revision + 1
    shown = [ShowHeader(name, str(revision))]
    return Decision(Watch(now, people, revision), events, shown, wake_at)


def _last_handoff(history: History, name: str, after: datetime, until: datetime) -> datetime | None:
    """The last turn boundary of a rotation after one instant and up to another."""
    last, following = None, next_handoff(history, name, after)
    while following and following <= until:
        last, following = following, next_handoff(history, name, following)
    return last


def displaced(
    history: History, overrides: Sequence[Override], asked: Override, now: datetime
) -> tuple[str, ...]:
    """Whom a stand-in would displace from `now` on, once each, soonest first.

    Raises Refused where the stand-in makes no sense: over, too long, or for nobody.
    """
    seats = seats_of(history, asked.seat)
    if not seats:
        raise Refused(f"There is no seat {asked.seat}; `/set who` lists them.")
    if not asked.start < asked.end:
        raise Refused("It ends before it begins; say the beginning first.")
    if asked.end <= now:
        raise Refused("That stretch is over; nothing changed.")
    if asked.end - asked.start > LONGEST_OVERRIDE:
        raise Refused("That is over a year; change the rotation instead.")
    found = dict.fromkeys(
        name
        for seat in seats
        for shift in shifts(history, overrides, seat, max(asked.start, now), asked.end)
        for name in shift.people
    )
    if not found:
        raise Refused(f"Nobody has {asked.seat} then, so there is nobody to stand in for.")
    if set(found) == {asked.person}:
        raise Refused(f"{asked.person} is on then anyway; nothing changed.")
    return tuple(found)
