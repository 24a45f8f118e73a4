"""Seats and those who may give them away: what stand-ins, requests and absences have in common."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from setflow.effects import TellOverride
from setflow.engine.messages import OverrideAdded, RotationChanged
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules.standins import Part, check_stretch, held
from setflow.team import rules as team
from setflow.team import store as teams
from setflow.wording import seat_label

SHELL = "shell"


def hold(work: Work) -> None:
    """Let nobody else change who is on until the transaction ends; read what is in force then."""
    teams.lock(work.tx)
    work.changed()


def rotation_of(seat: str) -> str:
    """The name of a seat's rotation."""
    return seat.partition(".")[0]


def known(here: Present, name: str) -> None:
    """Raise Refused where nobody of the configuration is called so."""
    if here.person(name) is None:
        raise Refused(f"{name} is not among the people that setflow knows.")


def leads_at(here: Present, rotation: str, when: datetime) -> tuple[str, ...]:
    """The leads of a rotation's turns at an instant; none where it has no seat for one."""
    found = here.configuration.rotations.get(rotation)
    return here.holders_at(found.lead, when) if found and found.lead else ()


def deciders(here: Present, parts: Sequence[Part]) -> tuple[str, ...]:
    """Who agrees to somebody from outside: the leads of those stretches, else the admins."""
    found = (
        name
        for part in parts
        for name in leads_at(here, rotation_of(part.seat), max(part.start, here.now))
    )
    return tuple(dict.fromkeys(found)) or here.configuration.admins


def may_decide(here: Present, by: str, parts: Sequence[Part]) -> bool:
    """Whether somebody may decide as a lead, an admin or from the shell."""
    admins = (*here.configuration.admins, SHELL)
    return by in admins or any(
        by in leads_at(here, rotation_of(part.seat), max(part.start, here.now)) for part in parts
    )


def may_give(here: Present, by: str, parts: Sequence[Part]) -> None:
    """Raise Refused unless `by` has all of these parts, or may decide about others'."""
    if by == SHELL:
        return
    team.may_override(
        team.Directory.of(here.configuration.people),
        by,
        holders={name for part in parts for name in part.givers},
        leads=[
            name
            for part in parts
            for name in leads_at(here, rotation_of(part.seat), max(part.start, here.now))
        ],
        admins=here.configuration.admins,
    )


def inside(here: Present, part: Part, person: str) -> bool:
    """Whether somebody is of a rotation's people, or of a team that serves in that stretch."""
    rotation = here.configuration.rotations.get(rotation_of(part.seat))
    if rotation is None or person in rotation.people():
        return True
    serving = here.holders_at(rotation.name, max(part.start, here.now))
    return any(
        person in one.people and not set(serving).isdisjoint(one.people)
        for one in here.configuration.teams.values()
    )


def beside(here: Present, parts: Sequence[Part]) -> tuple[str, ...]:
    """Those who serve in the same rotations when the parts begin, without whoever gives them."""
    givers = {name for part in parts for name in part.givers}
    found = (
        name
        for part in parts
        for name in here.holders_at(rotation_of(part.seat), max(part.start, here.now))
    )
    return tuple(name for name in dict.fromkeys(found) if name not in givers)


def parts_of(
    here: Present, person: str, seat: str, start: datetime, end: datetime, *, by: str
) -> list[Part]:
    """What somebody has of a seat (of all, for "") from `start` to `end`. Raises Refused.

    by  who asks, and is told where they have nothing
    """
    known(here, person)
    check_stretch(start, end, here.now)
    seats = here.seats(seat) if seat else tuple(here.history)
    if not seats:
        raise Refused(f"There is no seat {seat}; `/set who` lists them.")
    asked = Part(seat, max(start, here.now), end, ())
    found = [
        part for one in seats for part in held(here.history, here.overrides, one, person, asked)
    ]
    if not found:
        what = f" {seat_label(seat)}" if seat else " on anything"
        subject = "You are" if person == by else f"{here.named(person).title} is"
        raise Refused(f"{subject} not{what} then; `/set who` says who is.")
    return sorted(found, key=attrgetter("start"))


def put(
    work: Work, asked: Sequence[rules.Override], *, by: str, quietly: bool = False
) -> list[OverrideAdded]:
    """Make stand-ins, and tell those whom they concern, but for `by`; returns what was made.

    quietly  nobody is told: they hear of it otherwise
    """
    here, made = work.present, list[OverrideAdded]()
    concerned: dict[tuple[str, str], list[int]] = {}
    for one in asked:
        displaced = rules.displaced(here.history, here.overrides, one, work.now)
        number = rotations.add_override(work.tx, one, by=by, displaced=displaced)
        event = OverrideAdded(number, one.seat, one.person, one.start, one.end, by, displaced)
        made.append(event)
        for name in displaced:
            concerned.setdefault((name, "displaced"), []).append(number)
        concerned.setdefault((one.person, "stands-in"), []).append(number)
    work.changed()
    for event in made:
        subject, reason = f"override:{event.override}", f"override {event.override}, by {by}"
        told = [
            TellOverride(numbers[0], name, what, tuple(numbers[1:]))
            for (name, what), numbers in concerned.items()
            if numbers[0] == event.override and name != by and not quietly
        ]
        work.note(subject, [event], told, reason)
    return made


def changed(seats: Iterable[str]) -> list[object]:
    """The events that others are on, or will be, on these seats."""
    return [RotationChanged(name) for name in dict.fromkeys(map(rotation_of, seats))]
