"""What is planned with: people, cycles, crews, what everybody has served, and a proposal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import NamedTuple
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays
from setflow.rotation.rules import Absence
from setflow.team.spec import Team

LEAD = "lead"

Span = tuple[datetime, datetime]


class Load(NamedTuple):
    """What somebody has had: hours on, how many of them by night, on weekends, on holidays; pages.

    A night is 23:00 to 07:00, and a weekend Saturday and Sunday, on their own clock.
    """

    hours: float = 0
    nights: float = 0
    weekends: float = 0
    holidays: float = 0
    pages: float = 0

    def plus(self, other: "Load") -> "Load":
        """Both together."""
        return Load(*(one + more for one, more in zip(self, other, strict=True)))


KINDS = Load._fields


@dataclass(frozen=True, slots=True)
class Member:
    """A person who can be planned.

    team          whose load theirs is compared with
    awake         from when to when they are, on their clock; the same twice: always
    days          the calendar with their public holidays, None for none
    since, until  their first and last day; None: not known
    """

    name: str
    title: str
    team: str
    zone: ZoneInfo
    awake: tuple[time, time]
    days: BusinessDays | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Crew:
    """Who serves in a cycle: `pairs` by shift, the primary of week one first, perhaps alone."""

    team: str
    lead: str
    pairs: Mapping[str, tuple[str, ...]]

    def places(self) -> Iterator[tuple[str, str]]:
        """Every place and who has it: the lead, then each shift twice."""
        yield LEAD, self.lead
        for shift, pair in self.pairs.items():
            for person in pair:
                yield shift, person

    def of(self, place: str) -> tuple[str, ...]:
        """Who has a place: one lead, or those of a shift."""
        return (self.lead,) if place == LEAD else self.pairs[place]


@dataclass(frozen=True, slots=True)
class Cycle:
    """Cycle `number`, counted from 0: the crew in force, and when each place is on."""

    number: int
    start: datetime
    end: datetime
    crew: Crew
    spans: Mapping[str, tuple[Span, ...]]


class Busy(NamedTuple):
    """Somebody is on a seat of another rotation."""

    person: str
    seat: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Setting:
    """All that a plan is made of.

    cycles    those to be planned, in order
    beside    the crews of cycles just before and after those, which stay, by number
    rest      whole cycles between two duties of a person
    past      what everybody has had, up to the first of the cycles
    eligible  the hours in which they could have served, to the end of the plan
    rate      pages that an hour on brings, as far as is known
    """

    rotation: str
    zone: ZoneInfo
    cycles: tuple[Cycle, ...]
    beside: Mapping[int, Crew]
    rest: int
    teams: Mapping[str, Team]
    members: Mapping[str, Member]
    absences: Sequence[Absence]
    busy: Sequence[Busy]
    past: Mapping[str, Load]
    eligible: Mapping[str, float]
    rate: float


@dataclass(frozen=True, slots=True)
class Proposal:
    """A crew for each cycle; that in force where `unfilled` says which places nobody can take.

    unfilled  (index of the cycle, place)
    optimal   whether there is no better one
    """

    crews: tuple[Crew, ...]
    unfilled: tuple[tuple[int, str], ...]
    optimal: bool
