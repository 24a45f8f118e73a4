"""Stand-ins before anybody agrees to them: whose stretches they are, and who would be on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter

from setflow.errors import Refused
from setflow.rotation.rules.answers import gaps, shifts
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.stretches import overrides_of
from setflow.rotation.rules.turns import turn_at
from setflow.rotation.rules.values import Difference, History, Override, Shift
from setflow.wording import seat_label

LONGEST_OVERRIDE = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a seat that `givers` give to `taker`, "" for whoever takes it.

    opens  when the first of its hours begin; None where that is not known
    """

    seat: str
    start: datetime
    end: datetime
    givers: tuple[str, ...]
    taker: str = ""
    opens: datetime | None = None


def check_stretch(start: datetime, end: datetime, now: datetime) -> None:
    """Raise Refused where a stretch of time makes no sense: turned round, over, or too long."""
    if not start < end:
        raise Refused("It ends before it begins; say the beginning first.")
    if end <= now:
        raise Refused("That stretch is over; nothing changed.")
    if end - start > LONGEST_OVERRIDE:
        raise Refused("That is over a year; take a shorter stretch, or change the rotation.")


def displaced(
    history: History, overrides: Sequence[Override], asked: Override, now: datetime
) -> tuple[str, ...]:
    """Whom a stand-in would displace from `now` on, once each, in the order of the seats.

    Nobody where the seat is empty. Raises Refused where the stand-in makes no sense: over, too
    long, or outside of the seat's hours.
    """
    seats = [seat for seat in seats_of(history, asked.seat) if asked.seat in history[seat].names]
    if not seats:
        raise Refused(f"There is no seat {asked.seat}; `/set who` lists them.")
    check_stretch(asked.start, asked.end, now)
    start = max(asked.start, now)
    found = dict.fromkeys(
        name
        for seat in seats
        for shift in shifts(history, overrides, seat, start, asked.end)
        for name in shift.people
    )
    if any(gaps(history, overrides, seat, start, asked.end) for seat in seats):
        found.pop(asked.person, None)
        return tuple(found)
    if not found:
        label = seat_label(asked.seat)
        raise Refused(f"Nobody is {label} then, so there is nobody to stand in for.")
    found.pop(asked.person, None)
    if not found:
        raise Refused("Whoever you name is on then anyway; nothing changed.")
    return tuple(found)


def held(
    history: History, overrides: Sequence[Override], seat: str, person: str, asked: Part
) -> list[Part]:
    """The stretches of `seat` within that of `asked` that a person has, nobody else between.

    Closed hours around them count, as far as the turn goes.
    """
    every = shifts(history, overrides, seat, asked.start, asked.end)
    found: list[Part] = []
    for index, one in enumerate(every):
        if one.people != (person,):
            continue
        begin = every[index - 1].end if index else asked.start
        end = every[index + 1].start if index + 1 < len(every) else asked.end
        turn = turn_at(history, seat, one.start)
        if turn and not one.override:
            begin, end = max(begin, turn.start), min(end, turn.end)
        if found and begin <= found[-1].end:
            begin = found.pop().start
        found.append(Part(seat, begin, end, (person,)))
    return found


def serving(
    history: History, overrides: Sequence[Override], part: Part, now: datetime
) -> tuple[str, ...]:
    """Who is on in what is left of a part's stretch at `now`, once each, beside its taker."""
    seats = _seats(history, [_override(part, now)])
    start = max(part.start, now)
    found = (
        name
        for seat in seats
        for one in shifts(history, overrides, seat, start, part.end)
        for name in one.people
    )
    return tuple(name for name in dict.fromkeys(found) if name != part.taker)


def with_hours(history: History, overrides: Sequence[Override], part: Part, now: datetime) -> Part:
    """The part with the instant from which on somebody is on in it."""
    every = (
        one.start
        for seat in _seats(history, [_override(part, now)])
        for one in shifts(history, overrides, seat, part.start, part.end)
    )
    return replace(part, opens=min(every, default=None))


def in_the_way(
    history: History, overrides: Sequence[Override], asked: Override, now: datetime
) -> tuple[Override, ...]:
    """The stand-ins by others that a new one overlaps from `now` on, the oldest first."""
    start = max(asked.start, now)
    found = {
        one.id: one
        for seat in _seats(history, [asked])
        for one in overrides_of(history, overrides, seat)
        if one.start < asked.end and start < one.end and one.person != asked.person
    }
    return tuple(found[number] for number in sorted(found))


def overrides_for(parts: Iterable[Part], now: datetime) -> tuple[Override, ...]:
    """The stand-ins that parts make at `now`; of a stretch that has begun, what is left of it."""
    return tuple(_override(part, now) for part in parts)


def with_added(overrides: Sequence[Override], added: Iterable[Override]) -> tuple[Override, ...]:
    """The stand-ins as if `added`, in this order, were the newest."""
    newest = max((one.id for one in overrides), default=0)
    numbered = (replace(one, id=number) for number, one in enumerate(added, newest + 1))
    return (*overrides, *numbered)


def changes(
    history: History, before: Sequence[Override], after: Sequence[Override], now: datetime
) -> list[Difference]:
    """Where others are on, from `now`, with the stand-ins `after` than with `before`.

    Cut as the shifts of both are; by start, seat.
    """
    differing = tuple({*before} ^ {*after})
    found: list[Difference] = []
    for seat in _seats(history, differing):
        own = overrides_of(history, differing, seat)
        start, end = max(now, min(one.start for one in own)), max(one.end for one in own)
        was, will = (shifts(history, each, seat, start, end) for each in (before, after))
        found += _compared(seat, was, will)
    return sorted(found, key=attrgetter("start", "seat"))


def _override(part: Part, now: datetime) -> Override:
    return Override(0, part.seat, part.taker, max(part.start, now), part.end, now)


def _seats(history: History, overrides: Sequence[Override]) -> list[str]:
    return [seat for seat in history if overrides_of(history, overrides, seat)]


def _compared(seat: str, was: Sequence[Shift], will: Sequence[Shift]) -> Iterable[Difference]:
    edges = sorted({edge for one in (*was, *will) for edge in (one.start, one.end)})
    for start, end in pairwise(edges):
        before, after = (_on(each, start) for each in (was, will))
        if before != after:
            yield Difference(seat, start, end, before, after)


def _on(shifts: Sequence[Shift], when: datetime) -> tuple[str, ...]:
    return next((one.people for one in shifts if one.start <= when < one.end), ())
