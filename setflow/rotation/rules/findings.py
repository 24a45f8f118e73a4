"""What a schedule holds that somebody should know before it bites: gaps, absences, lone nights."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import chain
from operator import attrgetter
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays
from setflow.rotation.rules.answers import gaps, shifts
from setflow.rotation.rules.nights import DAY, Span, midnight, union, waking, without
from setflow.rotation.rules.past import LAST
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.turns import rotation_at
from setflow.rotation.rules.values import Absence, History, Override, Shift
from setflow.wording import DAYS, MONTHS, seat_label

Kind = Literal[
    "nobody-to-page",
    "gap",
    "left",
    "early",
    "away",
    "two-duties",
    "no-contact",
    "unverified",
    "nobody-awake",
    "holiday",
    "rather-not",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""The most urgent first."""
AHEAD = timedelta(days=90)
"""How far the weekly look goes."""

_LEAST_ASLEEP = timedelta(hours=1)
_MOST_LISTED = 6
_WEEKEND = timedelta(days=3)
# Stretches of one finding that are further apart make two; None: never.
_APART: Mapping[Kind, timedelta | None] = {
    "nobody-to-page": None,
    "left": None,
    "early": None,
    "no-contact": None,
    "unverified": None,
    "holiday": DAY,
}
_OF_SEATS: tuple[Kind, ...] = ("nobody-to-page", "gap", "two-duties", "nobody-awake")


@dataclass(frozen=True, slots=True)
class Someone:
    """What is known of a person beside their turns.

    zone, awake   their clock, and from when to when on it they are awake; the same twice: always
    days          the calendar with their public holidays; None: no holidays
    since, until  their first and their last day; None: not known
    gone          why they cannot be reached in chat, such as "is deactivated in Mattermost"
    silent        others have contact methods beside chat, and they have none
    unverified    they have contact methods of which no test page is known to have come
    """

    zone: ZoneInfo
    awake: tuple[time, time]
    days: BusinessDays | None = None
    since: date | None = None
    until: date | None = None
    gone: str = ""
    silent: bool = False
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Ground:
    """What findings are made of; `people` by name, without those that are not in the file."""

    history: History
    overrides: Sequence[Override]
    absences: Sequence[Absence]
    people: Mapping[str, Someone]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to know about `seats`, and the people on them, from `start` to `end`.

    times, length  of how many stretches it is made, and how long they are together
    note           the holiday, or how somebody left
    """

    kind: Kind
    seats: tuple[str, ...]
    people: tuple[str, ...]
    start: datetime
    end: datetime
    length: timedelta
    times: int = 1
    note: str = ""


def find(ground: Ground, name: str, start: datetime, end: datetime) -> list[Finding]:
    """What is to be known about a rotation from `start` to `end`: by urgency, then by time."""
    seats = seats_of(ground.history, name)
    own = [one for seat in seats for one in _shifts(ground, seat, start, end)]
    seen = [(shift, _left(ground, shift)) for shift in own]
    there = [part for shift, left in seen if (part := _there(shift, left))]
    found = chain(
        _gaps(ground, seats, start, end),
        (left for _, left in seen if left),
        _unreachable(seen),
        *(_away(ground, shift) for shift in there),
        _two_duties(ground, own, start, end),
        (_finding("no-contact", one) for one in there if ground.people[one.people[0]].silent),
        (_finding("unverified", one) for one in there if ground.people[one.people[0]].unverified),
        *(_asleep(ground, group, beside) for group, beside in _groups(ground, seats, own)),
        *(_holidays(ground, shift) for shift in there),
    )
    return sorted(_merged(found), key=urgency)


def urgency(one: Finding) -> tuple[int, datetime, tuple[str, ...]]:
    """What findings are sorted by: the most urgent first, then the soonest."""
    return KINDS.index(one.kind), one.start, one.seats


def first_duty(ground: Ground, person: str, start: datetime, end: datetime) -> Shift | None:
    """The first shift that somebody has from `start` to `end` on any seat; None if there is none.

    Of several that begin at once, that of the seat that comes first.
    """
    own = (
        one
        for seat in ground.history
        if _may_have(ground, seat, {person})
        for one in _shifts(ground, seat, start, end)
        if one.people == (person,)
    )
    return min(own, key=attrgetter("start"), default=None)


def said(one: Finding, title: Callable[[str], str]) -> str:
    """A finding in words, without its instants; `title` is what people call a person."""
    seats = _listed(_labels(one.seats))
    who = _listed([title(person) for person in one.people])
    be = "is" if len(one.people) == 1 else "are"
    hours = f"{one.length / timedelta(hours=1):.3g} h"
    often = f"{one.times} times, {hours} in all" if one.times > 1 else hours
    return {
        "nobody-to-page": f"{seats}: everybody on it has left, so nobody can be paged",
        "gap": f"Nobody is {seats} ({often})",
        "left": f"{who} {one.note}, but is {seats}",
        "early": f"{who} {one.note}, but is {seats} before",
        "away": f"{who} is away, but is {seats}",
        "two-duties": f"{who} is {seats} at once",
        "no-contact": f"{who} {be} on, but can be paged in chat alone",
        "unverified": f"{who} {be} on, with contact methods that are not verified",
        "nobody-awake": f"All of {seats} are asleep ({often})",
        "holiday": f"{who} is {seats} on a holiday: {one.note}",
        "rather-not": f"{who} would rather not be on, but is {seats}",
    }[one.kind]


def _shifts(ground: Ground, seat: str, start: datetime, end: datetime) -> list[Shift]:
    return shifts(ground.history, ground.overrides, seat, start, end)


def _finding(kind: Kind, shift: Shift, span: Span | None = None, note: str = "") -> Finding:
    start, end = span or (shift.start, shift.end)
    return Finding(kind, (shift.seat,), shift.people, start, end, end - start, note=note)


def _gaps(
    ground: Ground, seats: Iterable[str], start: datetime, end: datetime
) -> Iterator[Finding]:
    for seat in seats:
        for gap in gaps(ground.history, ground.overrides, seat, start, end):
            yield Finding("gap", (seat,), (), gap.start, gap.end, gap.end - gap.start)


def _left(ground: Ground, shift: Shift) -> Finding | None:
    """The part of a shift whose person is not there any more, or not yet."""
    someone = ground.people.get(shift.people[0])
    if someone is None or someone.gone:
        note = someone.gone if someone else "is not in the configuration any more"
        return _finding("left", shift, note=note)
    if someone.until:
        after = max(midnight(someone.until + DAY, someone.zone), shift.start)
        if after < shift.end:
            return _finding("left", shift, (after, shift.end), f"leaves on {_said(someone.until)}")
    if someone.since:
        before = min(midnight(someone.since, someone.zone), shift.end)
        if shift.start < before:
            note = f"starts on {_said(someone.since)}"
            return _finding("early", shift, (shift.start, before), note)
    return None


def _there(shift: Shift, left: Finding | None) -> Shift | None:
    """The other part of the shift; None where it is nothing."""
    if left is None:
        return shift
    if shift.start < left.start:
        return shift._replace(end=left.start)
    return shift._replace(start=left.end) if left.end < shift.end else None


def _unreachable(seen: Sequence[tuple[Shift, Finding | None]]) -> Iterator[Finding]:
    """Seats of which every shift is of somebody who left."""
    reached = {shift.seat for shift, left in seen if left is None or not _whole(shift, left)}
    for shift, _ in seen:
        if shift.seat not in reached:
            yield replace(_finding("nobody-to-page", shift), people=())


def _whole(shift: Shift, left: Finding) -> bool:
    return left.kind == "left" and (left.start, left.end) == (shift.start, shift.end)


def _away(ground: Ground, shift: Shift) -> Iterator[Finding]:
    for one in ground.absences:
        if one.person in shift.people and one.start < shift.end and shift.start < one.end:
            span = max(one.start, shift.start), min(one.end, shift.end)
            yield _finding(one.kind, shift, span)


def _two_duties(
    ground: Ground, own: Sequence[Shift], start: datetime, end: datetime
) -> Iterator[Finding]:
    seats = {one.seat for one in own}
    people = {one.people[0] for one in own}
    elsewhere = (seat for seat in ground.history if seat not in seats)
    others = [seat for seat in elsewhere if _may_have(ground, seat, people)]
    every = [*own, *(one for seat in others for one in _shifts(ground, seat, start, end))]
    every.sort(key=attrgetter("start"))
    for index, one in enumerate(every):
        for other in every[index + 1 :]:
            if other.start >= one.end:
                break
            if other.people == one.people and {one.seat, other.seat} & seats:
                span = other.start, min(one.end, other.end)
                found = _finding("two-duties", one, span)
                yield replace(found, seats=tuple(sorted((one.seat, other.seat))))


def _may_have(ground: Ground, seat: str, people: set[str]) -> bool:
    """Whether any of `people` can be on a seat; asked first, since it costs little."""
    rotations = (version.rotation for version in ground.history[seat] if version.rotation)
    named = {person for rotation in rotations for person in rotation.people()}
    head = seat.partition(".")[0]
    named |= {one.person for one in ground.overrides if one.seat.partition(".")[0] == head}
    return not people.isdisjoint(named)


def _groups(
    ground: Ground, seats: Sequence[str], own: Sequence[Shift]
) -> Iterator[tuple[list[Shift], list[Shift]]]:
    """Shifts that serve together, and those of the lead beside them."""
    rotation = rotation_at(ground.history, seats, LAST)
    lead = rotation.lead if rotation else None
    beside = [one for one in own if one.seat == lead]
    crew = [seat for seat in seats if seat != lead]
    names = [seat.rpartition(".")[0] if lead else "" for seat in crew]
    for name in dict.fromkeys(names):
        together = {seat for seat, of in zip(crew, names, strict=True) if of == name}
        yield [one for one in own if one.seat in together], beside


def _asleep(ground: Ground, group: list[Shift], beside: list[Shift]) -> Iterator[Finding]:
    """Where nobody of a group, nor of those beside it, is awake for an hour or more."""
    seats = tuple(dict.fromkeys(one.seat for one in (*group, *beside)))
    served = union((one.start, one.end) for one in group)
    awake = union(span for one in (*group, *beside) for span in _awake(ground, one))
    for start, end in without(served, awake):
        if end - start >= _LEAST_ASLEEP:
            yield Finding("nobody-awake", seats, (), start, end, end - start)


def _awake(ground: Ground, shift: Shift) -> list[Span]:
    someone = ground.people.get(shift.people[0])
    return waking(someone.awake, someone.zone, shift.start, shift.end) if someone else []


def _holidays(ground: Ground, shift: Shift) -> Iterator[Finding]:
    someone = ground.people[shift.people[0]]
    if someone.days is None:
        return
    day = shift.start.astimezone(someone.zone).date()
    while (begins := midnight(day, someone.zone)) < shift.end:
        note, ends = someone.days.holiday(day), midnight(day + DAY, someone.zone)
        if note and shift.start < ends:
            span = max(begins, shift.start), min(ends, shift.end)
            yield _finding("holiday", shift, span, note)
        day += DAY


def _merged(found: Iterable[Finding]) -> list[Finding]:
    """With those that say the same, one soon after the other, made one."""
    newest: dict[object, int] = {}
    merged: list[Finding] = []
    for one in sorted(found, key=attrgetter("start")):
        whom = () if one.kind in ("no-contact", "unverified") else one.people
        key = (one.kind, whom, one.seats if one.kind in _OF_SEATS else ())
        index = newest.get(key)
        if index is not None and _near(merged[index], one):
            merged[index] = _joined(merged[index], one)
        else:
            newest[key] = len(merged)
            merged.append(one)
    return merged


def _near(before: Finding, one: Finding) -> bool:
    apart = _APART.get(one.kind, _WEEKEND)
    return apart is None or one.start - before.end <= apart


def _joined(before: Finding, one: Finding) -> Finding:
    notes = before.note.split(", ")
    return replace(
        before,
        seats=tuple(dict.fromkeys((*before.seats, *one.seats))),
        people=tuple(dict.fromkeys((*before.people, *one.people))),
        end=max(before.end, one.end),
        length=before.length + one.length,
        times=before.times + 1,
        note=before.note if one.note in notes else f"{before.note}, {one.note}",
    )


def _said(day: date) -> str:
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def _labels(seats: Iterable[str]) -> list[str]:
    """Seats as people say them, those of one shift together: SET primary and backup (EMEA)."""
    roles: dict[str, list[str]] = {}
    for seat in seats:
        place, dot, role = seat.rpartition(".")
        roles.setdefault(place + dot if dot else seat, []).append(role if dot else "")
    return [seat_label(place + _listed(names)) for place, names in roles.items()]


def _listed(words: Sequence[str]) -> str:
    if len(words) > _MOST_LISTED:
        words = [*words[: _MOST_LISTED - 1], f"{len(words) - _MOST_LISTED + 1} more"]
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
