"""What people are told of their own duties, and when: a day ahead, shortly before, on, relieved."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from setflow.rotation.rules.answers import holders, who
from setflow.rotation.rules.duties import duties
from setflow.rotation.rules.revisions import seats_of
from setflow.rotation.rules.turns import turn_at
from setflow.rotation.rules.values import Duty, History, Override
from setflow.rotation.spec import Rotation

Kind = Literal["day", "soon", "on", "relieved"]

NOTICES: tuple[Kind, ...] = ("day", "soon", "on", "relieved")
AHEAD: Mapping[Kind, timedelta] = {
    "day": timedelta(days=1),
    "soon": timedelta(minutes=30),
    "on": timedelta(),
}
LATEST: Mapping[Kind, timedelta] = {
    "day": timedelta(hours=12),
    "soon": timedelta(minutes=25),
    "on": timedelta(hours=1),
    "relieved": timedelta(hours=1),
}
"""How late each may come and still be of use."""

_INSTANT = timedelta(microseconds=1)
# Hours come round every week; a day more for one that clocks skip or move.
_ROUND = timedelta(days=8)
_ALWAYS_IN = ("primary", "lead")


class Notice(NamedTuple):
    """At `at` a person is told of duties that begin (of kind relieved: end) at one instant.

    goes_on  they come from another seat of the rotation, and are not free in between
    """

    at: datetime
    kind: Kind
    person: str
    duties: tuple[Duty, ...]
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Noticed:
    """What people were told of a rotation.

    until    up to and with this instant all is told
    next_at  when somebody is to be told next, or that is to be looked at again
    ahead    person, seat and turn of each duty that was told a day ahead → when that duty ends
    """

    until: datetime
    next_at: datetime | None
    ahead: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """The user group of a rotation as it was last to be.

    name      "" for none
    people    who is in it
    revision  counts what was seen to change
    """

    name: str
    people: tuple[str, ...]
    revision: int


NO_GROUP = Group("", (), 0)


def notices(
    history: History, overrides: Sequence[Override], name: str, start: datetime, end: datetime
) -> list[Notice]:
    """What people are to be told of a rotation from `start` up to `end`, one by person and moment.

    Who goes on to another seat is not told that they are relieved, nor half an hour before. Who
    keeps their own seat for another turn is told nothing. Who is relieved within their turn, and
    hears then that they have it again a day later, gets no day's notice of that.
    """
    every: dict[str, list[_Placed]] = {}
    for seat in seats_of(history, name):
        on_seat = duties(history, overrides, seat, start - _ROUND, end + _ROUND)
        for one in _placed(history, on_seat):
            every.setdefault(one.duty.person, []).append(one)
    found: dict[tuple[datetime, Kind, str], list[tuple[Duty, bool]]] = {}
    for person, own in every.items():
        for at, kind, duty, goes_on in _moments(own):
            if start <= at < end:
                found.setdefault((at, kind, person), []).append((duty, goes_on))
    return [
        Notice(*moment, tuple(duty for duty, _ in told), all(goes_on for _, goes_on in told))
        for moment, told in sorted(found.items(), key=lambda one: one[0])
    ]


class _Placed(NamedTuple):
    """A duty with the stretch in which nobody else has the seat: closed hours count to it.

    comes_from, goes_to  ends of that stretch, within the turn
    """

    duty: Duty
    comes_from: datetime
    goes_to: datetime

    def leads_to(self, other: "_Placed") -> bool:
        """Whether one person goes from this to the other with at most closed hours between."""
        return self.duty.end <= other.duty.start and self.goes_to == other.comes_from


def _placed(history: History, on_seat: Sequence[Duty]) -> Iterator[_Placed]:
    for index, duty in enumerate(on_seat):
        turn = None if duty.override else turn_at(history, duty.seat, duty.start)
        comes_from, goes_to = duty.start, duty.end
        if turn and (index == 0 or on_seat[index - 1].end <= turn.start):
            comes_from = turn.start
        if turn and (index + 1 == len(on_seat) or on_seat[index + 1].start >= turn.end):
            goes_to = turn.end
        yield _Placed(duty, comes_from, goes_to)


def _moments(own: Sequence[_Placed]) -> Iterator[tuple[datetime, Kind, Duty, bool]]:
    """When one person is to be told of each of their duties."""
    relieved = [one for one in own if not any(one.leads_to(other) for other in own)]
    for one in own:
        duty = one.duty
        before = [other.duty for other in own if other.leads_to(one)]
        if not any(_same_place(other, duty) for other in before):
            announced = any(_announces(other.duty, duty) for other in relieved)
            for kind, ahead in AHEAD.items():
                if not ((before and kind == "soon") or (announced and kind == "day")):
                    yield duty.start - ahead, kind, duty, bool(before)
    for one in relieved:
        yield one.duty.end, "relieved", one.duty, False


def _announces(before: Duty, duty: Duty) -> bool:
    """Whether who is relieved of one hears, at the moment of the day's notice, of the other."""
    same_turn = _same_place(before, duty) and before.number == duty.number
    return same_turn and before.end == duty.start - AHEAD["day"]


def _same_place(one: Duty, other: Duty) -> bool:
    return one.seat == other.seat and not (one.override or other.override)


def tell(
    before: Noticed | None,
    history: History,
    overrides: Sequence[Override],
    name: str,
    now: datetime,
) -> tuple[Noticed, list[Notice]]:
    """What people are to be told of a rotation at `now`, and what they have been told then.

    Nothing at the first look. What was to be told before a stand-in was arranged stays untold: it
    comes from the arrangement. What comes too late is left out, and a day's notice of a duty that
    had one already.
    """
    ahead = {duty: end for duty, end in before.ahead.items() if end > now} if before else {}
    told = []
    if before and before.next_at and before.next_at <= now:
        for one in notices(history, overrides, name, before.next_at, now + _INSTANT):
            new = {_name(duty): duty.end for duty in one.duties}
            if not in_time(one, now) or (one.kind == "day" and new.keys() <= ahead.keys()):
                continue
            if one.kind == "day":
                ahead |= new
            told.append(one)
    until = max(before.until, now) if before else now
    coming = notices(history, overrides, name, until + _INSTANT, until + _ROUND)
    next_at = coming[0].at if coming else until + _ROUND
    return Noticed(until, next_at if seats_of(history, name) else None, ahead), told


def in_time(notice: Notice, now: datetime) -> bool:
    """Whether a notice is of use at `now`: not too late, and not of a duty that is over."""
    over = notice.kind != "relieved" and all(duty.end <= now for duty in notice.duties)
    return now - notice.at <= LATEST[notice.kind] and not over


def _name(duty: Duty) -> str:
    return f"{duty.person} {duty.seat} {duty.number}"


def group_now(
    before: Group,
    history: History,
    overrides: Sequence[Override],
    rotation: Rotation,
    now: datetime,
) -> Group:
    """The user group as it is to be at `now`; `before` itself where that is no change."""
    if not rotation.group:
        return replace(before, name="", people=())
    people = reachable(history, overrides, rotation.name, now)
    if (rotation.group, people) == (before.name, before.people):
        return before
    return Group(rotation.group, people, before.revision + 1)


def reachable(
    history: History, overrides: Sequence[Override], name: str, now: datetime
) -> tuple[str, ...]:
    """Whom a rotation's user group holds: who is on, and who has the turn as primary or lead.

    Of a rotation of one seat, who has its turn. Once each.
    """
    found: dict[str, None] = {}
    for seat in seats_of(history, name):
        found |= dict.fromkeys(who(history, overrides, seat, now).people)
        if seat == name or seat.rpartition(".")[2] in _ALWAYS_IN:
            found |= dict.fromkeys(holders(history, overrides, seat, now))
    return tuple(sorted(found))
