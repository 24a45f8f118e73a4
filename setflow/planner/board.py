"""What each choice of a plan costs: one set of figures, for the solver and for its explanation.

Costs are in units of unevenness, of four hours each. What must hardly ever be given up costs more
than all below it together.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import NamedTuple

from setflow.planner import ledger
from setflow.planner.values import KINDS, LEAD, Crew, Cycle, Load, Member, Setting, Span

UNIT = 4
"""Hours. Finer figures make the search many times longer, and the plan hardly fairer."""
WEIGHTS: Mapping[str, int] = {"hours": 1, "nights": 3, "weekends": 2, "holidays": 4, "pages": 2}
"""What a unit of unevenness weighs, by kind; of pages, one page."""

CHANGE = 1
ASLEEP = 10
RATHER_NOT = 100
NEWCOMERS = 100
VOLUNTEER = 1_000
STANDS_IN_AS_LEAD = 100_000
NO_REST = 1_000_000
OTHER_TEAM = 10_000_000
UNFILLED = 100_000_000

NEW = timedelta(days=90)
SHARES = 100


_NUMBERED = tuple(enumerate(KINDS))


class Place(NamedTuple):
    """`person` in place `of` of the cycle with index `at`."""

    at: int
    of: str
    person: str


class Choice(NamedTuple):
    """What one person in one place costs, by wish, and what it adds to their load by kind."""

    costs: Mapping[str, int]
    load: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that the solver may choose.

    teams      those that may serve in each cycle
    choices    who may take which place
    blocked    who may not, and why, such as "is away"
    newcomers  (index, person)
    base       the load of each person so far, shares how much of their team's is theirs, of 100
    """

    setting: Setting
    teams: tuple[tuple[str, ...], ...]
    choices: Mapping[Place, Choice]
    blocked: Mapping[Place, str]
    newcomers: frozenset[tuple[int, str]]
    base: Mapping[str, tuple[int, ...]]
    shares: Mapping[str, int]

    def title(self, person: str) -> str:
        """What people call somebody."""
        return self.setting.members[person].title

    def group(self, team: str) -> list[str]:
        """Those of a team whose loads are compared: all who may be on a shift."""
        return [name for name in self.shares if self.setting.members[name].team == team]


def lay_out(setting: Setting, teams: Sequence[Sequence[str]]) -> Board:
    """The choices of a plan in which these teams may serve, a list for each cycle."""
    choices: dict[Place, Choice] = {}
    blocked: dict[Place, str] = {}
    for place in _places(setting, teams):
        cycle, member = setting.cycles[place.at], setting.members[place.person]
        reason = _blocked(setting, cycle, place.of, member)
        if reason:
            blocked[place] = reason
        else:
            choices[place] = _choice(setting, place)
    on_shifts = dict.fromkeys(place.person for place in _places(setting, teams) if place.of != LEAD)
    base = {name: _load(setting.past.get(name, Load())) for name in on_shifts}
    return Board(
        setting,
        tuple(map(tuple, teams)),
        choices,
        blocked,
        frozenset(_newcomers(setting, choices)),
        base,
        _shares(setting, on_shifts),
    )


def candidates(setting: Setting, cycle: Cycle, team: str, of: str) -> list[str]:
    """Who of a team may take a place, the file's first."""
    own = cycle.crew.of(of) if team == cycle.crew.team else ()
    moved = [
        person
        for place, person in cycle.crew.places()
        if team == cycle.crew.team and place != LEAD and of != LEAD
    ]
    known = setting.teams.get(team)
    beside = ((known.lead, *known.members) if of == LEAD else known.members) if known else ()
    return list(dict.fromkeys((*own, *moved, *beside)))


def cost(board: Board, crews: Sequence[Crew]) -> Counter[str]:
    """What a plan costs, by wish; whoever is blocked counts as a place unfilled."""
    found: Counter[str] = Counter()
    for index, crew in enumerate(crews):
        for of, person in crew.places():
            choice = board.choices.get(Place(index, of, person))
            found.update(choice.costs if choice else {"unfilled": UNFILLED})
        for pair in crew.pairs.values():
            if len(pair) > 1 and all((index, person) in board.newcomers for person in pair):
                found["newcomers"] += NEWCOMERS
    found["rest"] += NO_REST * len(list(tired(board.setting, crews)))
    found["volunteer"] += VOLUNTEER * len(list(dropped(board.setting, crews)))
    found["team"] += OTHER_TEAM * _moved(board.setting, crews)
    for (_, kind), excess in unevenness(board, crews).items():
        found[kind] += excess
    return found


def unevenness(board: Board, crews: Sequence[Crew]) -> dict[tuple[str, str], int]:
    """By team and kind: all distances from a fair share together, and the farthest once more."""
    loads = {name: list(base) for name, base in board.base.items()}
    for index, crew in enumerate(crews):
        for of, person in crew.places():
            choice = board.choices.get(Place(index, of, person))
            for number, more in enumerate(choice.load if choice else ()):
                loads[person][number] += more
    found = {}
    for team, (number, kind) in product(_teams(board), _NUMBERED):
        group = board.group(team)
        total = sum(loads[name][number] for name in group)
        far = [
            -(-abs(SHARES * loads[name][number] - board.shares[name] * total) // SHARES)
            for name in group
        ]
        found[team, kind] = WEIGHTS[kind] * (sum(far) + max(far))
    return found


def tired(setting: Setting, crews: Sequence[Crew]) -> Iterator[tuple[int, str, int]]:
    """(index, person, number of the other cycle) for each duty on a shift without its rest.

    Of two cycles in the plan the later; a cycle beside the plan is the other one.
    """
    every = dict(setting.beside)
    every |= {one.number: crew for one, crew in zip(setting.cycles, crews, strict=True)}
    planned = {one.number: index for index, one in enumerate(setting.cycles)}
    for number, index in planned.items():
        for away in range(1, setting.rest + 1):
            for other in (number - away, number + away):
                if other in every and (other < number or other not in planned):
                    both = _on_shifts(every[number]) & _on_shifts(every[other])
                    for person in sorted(both):
                        yield index, person, other


def dropped(setting: Setting, crews: Sequence[Crew]) -> Iterator[tuple[int, str]]:
    """(index, person) for each whom the file has in a crew that is not their team's, and no more.

    Those who are away or gone could not have stayed, but count as well: it is said why.
    """
    for index, (cycle, crew) in enumerate(zip(setting.cycles, crews, strict=True)):
        for person in sorted(_on_shifts(cycle.crew) - _on_shifts(crew)):
            if setting.members[person].team != cycle.crew.team:
                yield index, person


def _teams(board: Board) -> list[str]:
    return sorted({board.setting.members[name].team for name in board.shares})


def _on_shifts(crew: Crew) -> set[str]:
    return {person for of, person in crew.places() if of != LEAD}


def _moved(setting: Setting, crews: Sequence[Crew]) -> int:
    """How many cycles are another team's, and by how many each team has more or fewer."""
    before = [one.crew.team for one in setting.cycles]
    after = [crew.team for crew in crews]
    turned = sum(one != other for one, other in zip(before, after, strict=True))
    return turned + sum(abs(before.count(team) - after.count(team)) for team in {*before, *after})


def _places(setting: Setting, teams: Sequence[Sequence[str]]) -> Iterator[Place]:
    for index, cycle in enumerate(setting.cycles):
        for of in cycle.spans:
            people = (one for team in teams[index] for one in candidates(setting, cycle, team, of))
            yield from (Place(index, of, person) for person in dict.fromkeys(people))


def _blocked(setting: Setting, cycle: Cycle, of: str, member: Member) -> str:
    spans = cycle.spans[of]
    if any(
        one.kind == "away" and one.person == member.name and _meet(spans, one.start, one.end)
        for one in setting.absences
    ):
        return "is away"
    first, last = (edge.astimezone(member.zone).date() for edge in (spans[0][0], spans[-1][1]))
    if member.until and last > member.until:
        return f"leaves on {said(member.until)}"
    if member.since and first < member.since:
        return f"starts on {said(member.since)}"
    for busy in setting.busy:
        if busy.person == member.name and _meet(spans, busy.start, busy.end):
            return f"is on {busy.seat}"
    return ""


def _choice(setting: Setting, place: Place) -> Choice:
    cycle, member = setting.cycles[place.at], setting.members[place.person]
    spans = cycle.spans[place.of]
    costs = {"change": CHANGE * (member.name not in cycle.crew.of(place.of))}
    if any(
        one.kind == "rather-not" and one.person == member.name and _meet(spans, one.start, one.end)
        for one in setting.absences
    ):
        costs["rather-not"] = RATHER_NOT
    if place.of == LEAD:
        leads = {cycle.crew.lead, *(team.lead for team in setting.teams.values())}
        costs["lead"] = STANDS_IN_AS_LEAD * (member.name not in leads)
        return Choice(costs, ())
    costs["asleep"] = round(ASLEEP * ledger.asleep(spans, member) / UNIT)
    load = ledger.count(spans, member)
    return Choice(costs, _load(load._replace(pages=load.hours * setting.rate)))


def _newcomers(setting: Setting, choices: Mapping[Place, Choice]) -> Iterator[tuple[int, str]]:
    """Who came less than 90 days before a cycle, or never had a duty where others of theirs had."""
    served = {name for name, load in setting.past.items() if load.hours}
    teams = {setting.members[name].team for name in served}
    for index, person in {(one.at, one.person) for one in choices}:
        member = setting.members[person]
        begins = setting.cycles[index].start.astimezone(member.zone).date()
        recent = member.since is not None and begins - member.since < NEW
        if recent or (person not in served and member.team in teams):
            yield index, person


def _shares(setting: Setting, people: Mapping[str, object]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for name in people:
        totals[setting.members[name].team] += round(setting.eligible[name])
    return {
        name: SHARES * round(setting.eligible[name]) // (totals[setting.members[name].team] or 1)
        for name in people
    }


def _load(load: Load) -> tuple[int, ...]:
    *hours, pages = load
    return (*(round(one / UNIT) for one in hours), round(pages))


def _meet(spans: Sequence[Span], start: datetime, end: datetime) -> bool:
    return any(begins < end and start < ends for begins, ends in spans)


def said(day: date) -> str:
    """A day as sentences have it, such as `21 Dec`."""
    return f"{day.day} {day:%b}"
