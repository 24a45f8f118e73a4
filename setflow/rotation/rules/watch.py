"""What is news about a rotation since it was last looked at, and whom a stand-in displaces."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from setflow.effects import Decision, ShowHeader
from setflow.rotation.rules.answers import (
    holders,
    next_change,
    next_handoff,
    next_holders,
)
from setflow.rotation.rules.notices import NO_GROUP, Group, Noticed
from setflow.rotation.rules.past import LAST
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.turns import next_boundary, turn_at
from setflow.rotation.rules.values import History, Override

People = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Watch:
    """What was last seen of a rotation.

    seen_at   when that was
    people    seat → who has this turn, and who the next; hours do not count
    revision  counts what was seen to change
    noticed   what people were told of their duties, None before the first time
    group     the user group as it was last to be
    """

    seen_at: datetime
    people: Mapping[str, tuple[People, People]]
    revision: int
    noticed: Noticed | None = None
    group: Group = NO_GROUP


@dataclass(frozen=True, slots=True)
class HandedOff:
    """A turn of the rotation began at `turn_start`; the next begins at `turn_end`."""

    rotation: str
    turn_start: datetime
    turn_end: datetime


@dataclass(frozen=True, slots=True)
class CrewChanged:
    """Others have this turn or the next than were seen before.

    why  handoff where a turn has begun or ended, else override: a stand-in, a new definition, or
         hours that bring another layer
    """

    rotation: str
    why: Literal["handoff", "override"]


def look(
    before: Watch | None, history: History, overrides: Sequence[Override], name: str, now: datetime
) -> Decision[Watch]:
    """What is to be seen of a rotation at `now`, and what of it is news.

    Of several handoffs that passed unseen the last alone is told; none at the first look. A seat
    that joins the others within their turn is none.
    """
    people = {
        seat: (
            holders(history, overrides, seat, now),
            next_holders(history, overrides, seat, now),
        )
        for seat in seats_of(history, name)
    }
    wake_at = next_change(history, overrides, name, now)
    if before is None:
        first = Watch(now, people, 1)
        return Decision(first, [CrewChanged(name, "handoff")], [ShowHeader(name, "1")], wake_at)
    passed = _boundaries(before, history, name, now)
    events: list[object] = []
    for began in reversed(passed):
        if any(turn_at(history, seat, began) for seat in people):
            ends = next_handoff(history, name, began) or LAST
            events.append(HandedOff(name, began, ends))
            break
    if people != before.people:
        events.append(CrewChanged(name, "handoff" if passed else "override"))
    if not events:
        return Decision(Watch(now, people, before.revision), wake_at=wake_at)
    revision = before.revision + 1
    shown = [ShowHeader(name, str(revision))]
    return Decision(Watch(now, people, revision), events, shown, wake_at)


def _boundaries(before: Watch, history: History, name: str, until: datetime) -> list[datetime]:
    """Where turns began or ended since the last look, by the seats that somebody had then."""
    every = seats_of(history, name)
    had = [seat for seat in every if seat in before.people and before.people[seat][0]] or every
    passed: list[datetime] = []
    last = before.seen_at
    while True:
        found = (next_boundary(history, seat, last) for seat in had)
        last = min((one for one in found if one), default=LAST)
        if last > until:
            return passed
        passed.append(last)
