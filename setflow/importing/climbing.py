"""Whom a ladder tells when, as its rules do it, beside whom the escalation there does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from setflow.effects import MATTERMOST, Decision, PagePerson
from setflow.escalation import rules as climbing
from setflow.escalation.rules import Alert
from setflow.escalation.spec import Fired, Ladder, OnCall, Target
from setflow.importing.ladders import Aim, Escalation, rungs, told
from setflow.importing.values import Found
from setflow.importing.write import Written
from setflow.rotation import rules, spec
from setflow.team.spec import Team

LOOK_AHEAD = timedelta(weeks=4)


class Told(NamedTuple):
    """So long after the first, in round `round` (from 0), these people are told; sorted."""

    round: int
    after: timedelta
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Climbed:
    """What comparing an escalation with its ladder came to, for an alert raised `at`.

    ladder  its name in the file
    """

    escalation: str
    ladder: str
    at: datetime
    theirs: tuple[Told, ...]
    ours: tuple[Told, ...]

    @property
    def agrees(self) -> bool:
        """Whether the same people are told at the same times."""
        return self.theirs == self.ours


def climbs(
    found: Found,
    written: Written,
    configuration: tuple[Mapping[str, spec.Rotation], Mapping[str, Team], Mapping[str, Ladder]],
    now: datetime,
) -> list[Climbed]:
    """Compare each escalation that became a ladder, at the first instant from `now` on at which
    somebody is on wherever it looks.

    configuration  rotations, teams and ladders of the written file, as they were read back
    """
    rotations, teams, ladders = configuration
    ground = _Ground(found, written, rotations, teams)
    return [
        ground.climbed(one, ladders[written.ladders[one.id]], now)
        for one in found.escalations
        if one.id in written.ladders
    ]


class _Ground:
    """Who is on when."""

    def __init__(
        self,
        found: Found,
        written: Written,
        rotations: Mapping[str, spec.Rotation],
        teams: Mapping[str, Team],
    ) -> None:
        self.found, self.written = found, written
        self.rotations, self.teams = rotations, teams

    def climbed(self, one: Escalation, ladder: Ladder, now: datetime) -> Climbed:
        """One escalation and its ladder."""
        aims = [rule.aim for rule in one.rules if rule.aim.kind in ("schedule", "next")]
        at = self._staffed(aims, now)
        theirs: list[Told] = []
        seen: set[tuple[int, str]] = set()
        lap = _lap(one)
        for after, named in told(one):
            number = (after + one.first) // lap if lap else 0
            people = {name for aim in named for name in self._there(one, aim, at, number)}
            fresh = sorted(name for name in people if (number, name) not in seen)
            seen |= {(number, name) for name in fresh}
            if fresh:
                theirs.append(Told(number, after, tuple(fresh)))
        return Climbed(one.title, ladder.name, at, tuple(theirs), tuple(self._ours(ladder, at)))

    def _staffed(self, aims: Sequence[Aim], now: datetime) -> datetime:
        """The first instant from `now` on at which each of them has somebody; else `now`."""
        starts = {now}
        for aim in aims:
            for seat in self._seats(aim):
                starts |= {shift.start for shift in self._shifts(seat, now, now + LOOK_AHEAD)}
        whole = (at for at in sorted(starts) if all(self._on(aim, at) for aim in aims))
        return next((at for at in whole if at >= now), now)

    def _there(self, one: Escalation, aim: Aim, at: datetime, number: int) -> set[str]:
        if aim.kind == "person":
            return {self.written.people[aim.id]}
        if aim.kind != "team":
            return self._on(aim, at)
        (squad,) = (squad for squad in self.found.squads if squad.id == aim.id)
        names = list(dict.fromkeys(self.written.people[person] for person in squad.people))
        turn = any(rung.turn for rung in rungs(one) if rung.aims == (aim,))
        return {names[number % len(names)]} if turn else set(names)

    def _on(self, aim: Aim, at: datetime) -> set[str]:
        return {
            person
            for seat in self._seats(aim)
            for shift in self._shifts(seat, at, at + timedelta(seconds=1))
            for person in shift.people
        }

    def _seats(self, aim: Aim) -> list[str]:
        seats = self.written.next_seats if aim.kind == "next" else self.written.seats
        return [seat for (schedule, _), seat in seats.items() if schedule == aim.id]

    def _shifts(self, seat: str, start: datetime, end: datetime) -> Sequence[rules.Shift]:
        history = rules.history_of(self.rotations[seat.partition(".")[0]])
        return rules.shifts(history, (), seat, start, end)

    def _ours(self, ladder: Ladder, at: datetime) -> list[Told]:
        """As the ladder's rules page, for an alert that nobody answers."""
        on_call = OnCall(
            {target: tuple(self._here(target, at)) for target in ladder.targets()},
            {},
            set(self.written.people.values()),
        )
        fired = Fired("import", "import", "", "P1", {}, "", ladder, "")
        decision = climbing.fire(None, fired, new_id=1, now=at, on_call=on_call)
        found: dict[tuple[int, timedelta], set[str]] = {}
        when = at
        while True:
            for page in _pages(decision, ladder):
                found.setdefault((page.round, when - at), set()).add(page.person)
            alert = decision.state
            if alert.ended or decision.wake_at is None:
                break
            when = decision.wake_at
            decision = climbing.wake(alert, now=when, on_call=on_call)
        return [Told(*where, tuple(sorted(names))) for where, names in sorted(found.items())]

    def _here(self, target: Target, at: datetime) -> list[str]:
        if target.kind == "person":
            return [target.name]
        if target.kind == "team":
            return list(self.teams[target.name].people)
        shifts = self._shifts(target.name, at, at + timedelta(seconds=1))
        return [person for shift in shifts for person in shift.people]


def _pages(decision: Decision[Alert], ladder: Ladder) -> list[PagePerson]:
    return [
        effect
        for effect in decision.effects
        if isinstance(effect, PagePerson)
        and effect.method == MATTERMOST
        and effect.round < ladder.rounds
    ]


def _lap(one: Escalation) -> timedelta:
    """How long a round of it takes; none where it has one alone."""
    if not one.repeats:
        return timedelta(0)
    return max(rule.delay for rule in one.rules) + one.every
