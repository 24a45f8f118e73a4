"""Who is on, who has the turn, and when that changes: for the past, the present and what is to be.

Every answer is made of the same stretches of time (`_Stretch`), so that no two of them differ.
Instants are aware datetimes in UTC, intervals half-open. The rules are those of DESIGN section 5.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Literal, NamedTuple

from setflow.calendar import Turns, open_hours
from setflow.effects import Decision, ShowHeader
from setflow.errors import Refused
from setflow.rotation.spec import Layer, Order, Rotation, Seat

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
_INSTANT = timedelta(microseconds=1)
# Hours come round every week; a day more for one that clocks skip or move.
_ROUND = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Override:
    """`person` stands in on `seat` from `start` to `end`, as far as its hours are open.

    seat  or a crew's `set.primary` or `set.backup`: each of its shifts. Created later wins
    """

    id: int
    seat: str
    person: str
    start: datetime
    end: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """From `since` on (None: always) a seat is as `rotation` has it; None: it is gone."""

    since: datetime | None
    rotation: Rotation | None


_NONE = Version(None, None)
History = Mapping[str, tuple[Version, ...]]
"""Of every seat its versions, the oldest first. Seats of several rotations may stand in one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """`holder` has turn `number` of `seat`, counted from 0, whether its hours are open or not."""

    seat: str
    holder: str
    start: datetime
    end: datetime
    number: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is on a seat at an instant.

    people        who is on; empty for nobody
    holder        who has the turn, on or not; None where nobody has
    since, until  the whole of the present shift; with nobody on None, and the next filling or None
    override      whether a stand-in is on
    """

    seat: str
    people: tuple[str, ...]
    holder: str | None
    since: datetime | None
    until: datetime | None
    override: bool


@dataclass(frozen=True, slots=True)
class Shift:
    """A turn cut by hours and overrides."""

    seat: str
    people: tuple[str, ...]
    start: datetime
    end: datetime
    override: bool


@dataclass(frozen=True, slots=True)
class Gap:
    """The seat's hours are open, and nobody is on."""

    seat: str
    start: datetime
    end: datetime


class Difference(NamedTuple):
    """A stretch in which other people are on than before."""

    seat: str
    start: datetime
    end: datetime
    before: tuple[str, ...]
    after: tuple[str, ...]


class _Stretch(NamedTuple):
    """Open hours of one turn of one layer. Without a person it is a gap."""

    start: datetime
    end: datetime
    person: str | None
    holder: str | None
    turn: tuple[Turns, int]
    override: bool


class _Era(NamedTuple):
    """A seat is `place` all along, None before there was one and after it is gone.

    staffed_before  somebody had a turn of it in an earlier era: being empty now is a gap
    """

    begin: datetime
    end: datetime
    place: Seat | None
    staffed_before: bool


def history_of(rotation: Rotation) -> History:
    """The history in which the rotation is and was always as it is."""
    return {seat.name: (Version(None, rotation),) for seat in rotation.seats}


def revise(history: History, new: Rotation, now: datetime) -> History:
    """The history after `new` was applied at `now`; seats of other rotations stay as they are.

    A seat changes when its present turn ends, without one at once, and what was to come by an
    earlier revision no longer does. A rotation never seen before is as if always so. One without
    seats is a rotation that goes.
    """
    own = [seat for seat in history if seat.partition(".")[0] == new.name]
    if not own:
        return {**history, **history_of(new)}
    seats = dict.fromkeys([*own, *(seat.name for seat in new.seats)])
    return {**history, **{seat: _revised(history, seat, new, now) for seat in seats}}


def _revised(history: History, seat: str, new: Rotation, now: datetime) -> tuple[Version, ...]:
    past = tuple(
        version
        for version in history.get(seat, ())
        if version.since is None or version.since <= now
    )
    then = new if new.seat(seat) else None
    if past and past[-1].rotation == then:
        return past
    turn = turn_at({seat: past}, seat, now)
    return (*past, Version(turn.end if turn else now, then))


def seats_of(history: History, name: str) -> tuple[str, ...]:
    """The seats that a rotation, a crew's `primary` or `backup`, or a seat's own name stands for.

    In the order of the newest definition, those that are gone last; none for an unknown name.
    """
    if name in history and history[name][-1].rotation:
        return (name,)
    head = name.partition(".")[0]
    own = [seat for seat in history if seat.partition(".")[0] == head]
    found = [seat for seat in own if name in (head, seat) or name in _names(history, seat)]
    newest = _rotation_at(history, own, _LAST)
    order = [seat.name for seat in newest.seats] if newest else []
    return tuple(sorted(found, key=lambda one: order.index(one) if one in order else len(order)))


def turn_at(history: History, seat: str, when: datetime) -> Turn | None:
    """The turn of a seat at an instant, cut where the definition changes; None if there is none.

    Of several layers, that of the last one whose hours are open, else of the last that has begun.
    """
    era = _era_at(history, seat, when)
    layer = _layer_at(era.place, when) if era and era.place else None
    return _turn(era, layer, seat, when) if era and layer else None


def next_turn(history: History, seat: str, when: datetime) -> Turn | None:
    """The turn of a seat that starts when the present one ends, else the first one to come."""
    present = turn_at(history, seat, when)
    if present is None:
        begin = next_handoff(history, seat, when)
        return turn_at(history, seat, begin) if begin else None
    era = _era_at(history, seat, when)
    if era is None or era.place is None or present.end == era.end:
        return turn_at(history, seat, present.end)
    layer = _layer_at(era.place, when)
    return _turn(era, layer, seat, present.end) if layer else None


def who(history: History, overrides: Sequence[Override], seat: str, when: datetime) -> Standing:
    """Who is on a seat at an instant, and until when."""
    for on in _stretches(history, overrides, seat, when, when + _INSTANT):
        if on.person:
            return Standing(seat, (on.person,), on.holder, on.start, on.end, on.override)
    turn = turn_at(history, seat, when)
    filling = _next_filling(history, overrides, seat, when)
    holder = turn.holder if turn else None
    return Standing(seat, (), holder, since=None, until=filling, override=False)


def shifts(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Shift]:
    """The shifts of a seat from `start` to `end`, clipped to them, in order.

    Two shifts that touch differ in the turn, the person, or whether it is a stand-in.
    """
    return [
        Shift(seat, (one.person,), max(one.start, start), min(one.end, end), one.override)
        for one in _stretches(history, overrides, seat, start, end)
        if one.person
    ]


def gaps(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Gap]:
    """Where from `start` to `end`, clipped to them, a seat's hours are open and nobody is on.

    Time before a seat's first turn ever is no gap, time between two definitions is.
    """
    found: list[Gap] = []
    for one in _stretches(history, overrides, seat, start, end):
        if one.person is None:
            begin = max(one.start, start)
            if found and found[-1].end == begin:
                begin = found.pop().start
            found.append(Gap(seat, begin, min(one.end, end)))
    return found


def answering(
    history: History, overrides: Sequence[Override], target: str, when: datetime
) -> tuple[str, ...]:
    """Who answers for what a ladder names, once each: whoever is on any of its seats.

    With nobody on, the rotation's `outside`; but not for one shift of a crew named by itself.
    """
    seats = seats_of(history, target)
    people = _on(history, overrides, seats, when)
    rotation = None if people else _rotation_at(history, seats, when)
    if rotation is None or rotation.outside is None:
        return people
    if rotation.kind == "crew" and rotation.seat(target):
        return people
    if rotation.outside.startswith("person:"):
        return (rotation.outside.removeprefix("person:"),)
    return _on(history, overrides, (rotation.outside,), when)


def holders(
    history: History, overrides: Sequence[Override], target: str, when: datetime
) -> tuple[str, ...]:
    """Who has this turn of what a playbook names, once each, whether hours are open or not.

    Overrides that hold at `when` replace them, whether hours are open or not.
    """
    turns = (turn_at(history, seat, when) for seat in seats_of(history, target))
    return _having(history, overrides, [(turn, when) for turn in turns if turn])


def next_holders(
    history: History, overrides: Sequence[Override], target: str, when: datetime
) -> tuple[str, ...]:
    """Who has the next turn of what a playbook names; overrides that hold as it starts count."""
    turns = (next_turn(history, seat, when) for seat in seats_of(history, target))
    return _having(history, overrides, [(turn, turn.start) for turn in turns if turn])


def next_change(
    history: History, overrides: Sequence[Override], name: str, after: datetime
) -> datetime | None:
    """The first instant after `after` at which `who` or `holders` may answer otherwise.

    name  a rotation, a seat, or a crew's `primary` or `backup`
    """
    found = [next_handoff(history, name, after)]
    for seat in seats_of(history, name):
        found.append(who(history, overrides, seat, after).until)
        found += [
            edge for one in _of_seat(history, overrides, seat) for edge in (one.start, one.end)
        ]
    return min((one for one in found if one and one > after), default=None)


def next_handoff(history: History, name: str, after: datetime) -> datetime | None:
    """The first instant after `after` at which a turn of any seat of `name` begins or ends."""
    found = (_next_boundary(_eras(history, seat), after) for seat in seats_of(history, name))
    return min((one for one in found if one), default=None)


def differences(
    old: History,
    new: History,
    overrides: Sequence[Override],
    start: datetime,
    end: datetime,
) -> list[Difference]:
    """Where from `start` to `end` other people are on by `new` than by `old`; by start, seat."""
    found: list[Difference] = []
    for seat in dict.fromkeys([*old, *new]):
        found += _joined(_compared(old, new, overrides, seat, start, end))
    return sorted(found, key=attrgetter("start", "seat"))


def _compared(
    old: History,
    new: History,
    overrides: Sequence[Override],
    seat: str,
    start: datetime,
    end: datetime,
) -> Iterator[Difference]:
    before = shifts(old, overrides, seat, start, end)
    after = shifts(new, overrides, seat, start, end)
    edges = sorted({edge for one in (*before, *after) for edge in (one.start, one.end)})
    for begin, finish in pairwise(edges):
        was, will = _people_at(before, begin), _people_at(after, begin)
        if was != will:
            yield Difference(seat, begin, finish, was, will)


def _people_at(shifts: Sequence[Shift], when: datetime) -> tuple[str, ...]:
    index = bisect_right(shifts, when, key=attrgetter("start")) - 1
    return shifts[index].people if index >= 0 and when < shifts[index].end else ()


def _joined(found: Iterable[Difference]) -> list[Difference]:
    """With those that touch and say the same made one."""
    joined: list[Difference] = []
    for one in found:
        last = joined[-1] if joined else None
        if last and last.end == one.start and last[3:] == one[3:]:
            joined[-1] = last._replace(end=one.end)
        else:
            joined.append(one)
    return joined


def _on(
    history: History, overrides: Sequence[Override], seats: Iterable[str], when: datetime
) -> tuple[str, ...]:
    found = (
        one.person
        for seat in seats
        for one in _stretches(history, overrides, seat, when, when + _INSTANT)
        if one.person
    )
    return tuple(dict.fromkeys(found))


def _having(
    history: History, overrides: Sequence[Override], turns: Iterable[tuple[Turn, datetime]]
) -> tuple[str, ...]:
    found = []
    for turn, when in turns:
        active = [
            one.person
            for one in _of_seat(history, overrides, turn.seat)
            if one.start <= when < one.end
        ]
        found.append(active[-1] if active else turn.holder)
    return tuple(dict.fromkeys(found))


def _next_filling(
    history: History, overrides: Sequence[Override], seat: str, when: datetime
) -> datetime | None:
    for era in _eras(history, seat):
        if era.end <= when or era.place is None:
            continue
        low = max(when, era.begin)
        while low < era.end:
            high = min(low + _ROUND, era.end)
            for one in _stretches(history, overrides, seat, low, high):
                if one.person:
                    return one.start
            low = high
    return None


def _next_boundary(eras: Iterable[_Era], after: datetime) -> datetime | None:
    for era in eras:
        if era.end <= after or era.place is None:
            continue
        anchor = _anchor(era.place)
        if anchor <= era.begin and after < era.begin:
            return era.begin
        low = max(after, era.begin)
        begins = (
            layer.turns.begin(max(layer.turns.number(low) + 1, 0)) for layer in era.place.layers
        )
        found = min(*begins, era.end)
        if found < era.end or anchor < era.end:
            return found
    return None


def _since(version: Version) -> datetime:
    return version.since or _FIRST


def _names(history: History, seat: str) -> frozenset[str]:
    places = (version.rotation.seat(seat) for version in history[seat] if version.rotation)
    return frozenset(name for place in places if place for name in place.names)


def _of_seat(history: History, overrides: Sequence[Override], seat: str) -> list[Override]:
    """The overrides of a seat; of those that overlap the last one wins."""
    if not overrides or seat not in history:
        return []
    names = _names(history, seat)
    own = [one for one in overrides if one.seat in names]
    return sorted(own, key=lambda one: (one.created_at, one.id))


def _rotation_at(history: History, seats: Iterable[str], when: datetime) -> Rotation | None:
    """The newest definition of these seats that is in force."""
    versions = [one for seat in seats for one in history[seat] if one.rotation]
    return max((one for one in versions if _since(one) <= when), key=_since, default=_NONE).rotation


def _eras(history: History, seat: str) -> list[_Era]:
    versions = history.get(seat, ())
    found: list[_Era] = []
    for index, version in enumerate(versions):
        end = _since(versions[index + 1]) if index + 1 < len(versions) else _LAST
        place = version.rotation.seat(seat) if version.rotation else None
        last = found[-1] if found else None
        if last and last.place == place:
            found[-1] = last._replace(end=end)
        elif _since(version) < end:
            found.append(_Era(_since(version), end, place, _staffed(last)))
    return found


def _staffed(era: _Era | None) -> bool:
    """Whether somebody had a turn by the end of the era."""
    return bool(era and era.place and (era.staffed_before or _anchor(era.place) < era.end))


def _era_at(history: History, seat: str, when: datetime) -> _Era | None:
    for era in _eras(history, seat):
        if era.begin <= when < era.end:
            return era
    return None


def _layer_at(place: Seat, when: datetime) -> Layer | None:
    begun = [layer for layer in place.layers if layer.turns.number(when) >= 0]
    for layer in reversed(begun):
        spans = open_hours(layer.turns, layer.hours, layer.turns.number(when))
        if any(start <= when < end for start, end in spans):
            return layer
    return begun[-1] if begun else None


def _turn(era: _Era, layer: Layer, seat: str, when: datetime) -> Turn:
    number = layer.turns.number(when)
    start, end = layer.turns.begin(number), layer.turns.begin(number + 1)
    holder = _holder(layer.orders, number)
    return Turn(seat, holder, max(start, era.begin), min(end, era.end), number)


def _stretches(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[_Stretch]:
    """All stretches of a seat that reach between `start` and `end`, whole, in order."""
    found: list[_Stretch] = []
    for era in _eras(history, seat):
        low, high = max(era.begin, start), min(era.end, end)
        if era.place and low < high:
            whole = [*_vacant(era, era.place, low, high), *_filled(era.place, low, high)]
            found += (_cut(one, era) for one in whole)
    standing_in = _of_seat(history, overrides, seat)
    if standing_in:
        found = [part for one in found for part in _replaced(one, standing_in)]
    return [one for one in found if one.start < end and start < one.end]


def _cut(one: _Stretch, era: _Era) -> _Stretch:
    if era.begin <= one.start and one.end <= era.end:
        return one
    return one._replace(start=max(one.start, era.begin), end=min(one.end, era.end))


def _replaced(one: _Stretch, overrides: Sequence[Override]) -> list[_Stretch]:
    """The stretch in parts with one person each."""
    edges = {edge for stand_in in overrides for edge in (stand_in.start, stand_in.end)}
    inside = sorted({one.start, one.end, *(edge for edge in edges if one.start < edge < one.end)})
    found: list[_Stretch] = []
    for start, end in pairwise(inside):
        part = one._replace(start=start, end=end)
        active = [by.person for by in overrides if by.start <= start < by.end]
        if active:
            part = part._replace(person=active[-1], override=True)
        if found and found[-1][2:] == part[2:]:
            part = part._replace(start=found.pop().start)
        found.append(part)
    return found


def _vacant(era: _Era, place: Seat, low: datetime, high: datetime) -> list[_Stretch]:
    """Open hours before the first turn of a definition whose predecessor had turns."""
    anchor = _anchor(place)
    found: list[_Stretch] = []
    if era.staffed_before and low < anchor:
        for layer in place.layers:
            number = layer.turns.number(low)
            found = _over(found, list(_open(layer, number, low, min(high, anchor))))
    return [one._replace(person=None, holder=None, end=min(one.end, anchor)) for one in found]


def _filled(place: Seat, low: datetime, high: datetime) -> list[_Stretch]:
    """Turns with open hours, later layers over earlier ones."""
    found: list[_Stretch] = []
    for layer in place.layers:
        above = list(_open(layer, max(layer.turns.number(low), 0), low, high))
        if found:
            above = [*_before(layer, low, found[0].start), *above]
            above += _behind(layer, above, high, found[-1].end)
        whole = _over(found, above)
        found = [one for one in whole if one.start < high and low < one.end]
    return found


def _before(layer: Layer, low: datetime, limit: datetime) -> list[_Stretch]:
    """The last stretch up to `low`, if it reaches beyond `limit`."""
    number = layer.turns.number(low)
    while number >= 0 and layer.turns.begin(number + 1) > limit:
        begin, end = layer.turns.begin(number), layer.turns.begin(number + 1)
        past = [one for one in _open(layer, number, begin, end) if one.end <= low]
        if past:
            return past[-1:]
        number -= 1
    return []


def _behind(layer: Layer, above: list[_Stretch], high: datetime, limit: datetime) -> list[_Stretch]:
    """The first stretch from `high` on, if it begins before `limit` and is not one of `above`."""
    following = next(_open(layer, max(layer.turns.number(high), 0), high, limit), None)
    return [following] if following and following not in above[-1:] else []


def _open(layer: Layer, number: int, low: datetime, high: datetime) -> Iterator[_Stretch]:
    """Open hours from turn `number` on that reach between `low` and `high`, whole."""
    turns = layer.turns
    while turns.begin(number) < high:
        person = _holder(layer.orders, number)
        for start, end in open_hours(turns, layer.hours, number):
            if start < high and low < end:
                yield _Stretch(start, end, person, person, (turns, number), override=False)
        number += 1


def _over(below: list[_Stretch], above: list[_Stretch]) -> list[_Stretch]:
    """Both in order, with what `above` covers taken out of `below`."""
    if not below or not above:
        return below or above
    found, first = list(above), 0
    for one in below:
        start = one.start
        while first < len(above) and above[first].end <= start:
            first += 1
        for over in above[first:]:
            if over.start >= one.end:
                break
            if start < over.start:
                found.append(one._replace(start=start, end=over.start))
            start = max(start, over.end)
        if start < one.end:
            found.append(one._replace(start=start))
    return sorted(found, key=attrgetter("start"))


def _anchor(place: Seat) -> datetime:
    return min(layer.turns.begin(0) for layer in place.layers)


def _holder(orders: tuple[Order, ...], number: int) -> str:
    index = max(bisect_right(orders, number, key=attrgetter("first")) - 1, 0)
    order = orders[index]
    return order.people[(number - order.first) % len(order.people)]


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


LONGEST_OVERRIDE = timedelta(days=366)


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
