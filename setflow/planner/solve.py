"""The search for the best plan, by OR-tools' CP-SAT, which is imported here and only when asked.

https://developers.google.com/optimization/cp. One worker and a seed: the same question has the same
answer, unless a very slow machine ends the search sooner.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any

from setflow.planner import board as boards
from setflow.planner.board import Board, Place
from setflow.planner.values import KINDS, LEAD, Crew, Proposal, Setting

Told = Callable[[], None]


def propose(setting: Setting, *, seconds: float, seed: int, told: Told) -> tuple[Board, Proposal]:
    """The best plan that was found in so many seconds, and what it was chosen from.

    The teams serve in the order of the file; where one of them has too few people for its cycle,
    they may exchange cycles, which takes as long again. `told` is called now and then meanwhile.
    """
    limit = _Limit(seconds, seed, told)
    teams = [[one.crew.team] for one in setting.cycles]
    board, proposal = _best(setting, teams, limit)
    if proposal.unfilled and len(setting.teams) > 1:
        every = [[one.crew.team, *setting.teams] for one in setting.cycles]
        wide = boards.lay_out(setting, [list(dict.fromkeys(one)) for one in every])
        # Whose turn it is, is searched first: with that, most cycles are nobody else's matter.
        limit = replace(limit, seconds=seconds / 2)
        turns = _Search(wide, even=False).run(limit)
        board = wide
        _, proposal = _best(setting, [[crew.team] for crew in turns.crews], limit)
    return board, proposal


@dataclass(frozen=True, slots=True)
class _Limit:
    seconds: float
    seed: int
    told: Told


def _best(
    setting: Setting, teams: Sequence[Sequence[str]], limit: _Limit
) -> tuple[Board, Proposal]:
    """What has nothing to do with one another is searched by itself, which is far quicker."""
    board = boards.lay_out(setting, teams)
    crews: dict[int, Crew] = {}
    unfilled: list[tuple[int, str]] = []
    optimal = True
    parts = _parts(board)
    for part in parts:
        own = replace(setting, cycles=tuple(setting.cycles[index] for index in part))
        search = _Search(boards.lay_out(own, [teams[index] for index in part]), even=True)
        found = search.run(replace(limit, seconds=limit.seconds / len(parts)))
        crews |= dict(zip(part, found.crews, strict=True))
        unfilled += ((part[index], of) for index, of in found.unfilled)
        optimal = optimal and found.optimal
    whole = tuple(crews[index] for index in sorted(crews))
    return board, Proposal(whole, tuple(sorted(unfilled)), optimal)


def _parts(board: Board) -> list[list[int]]:
    """Indexes of cycles, together where somebody, or somebody of their team, may serve in both."""
    setting = board.setting
    parts: list[tuple[set[str], list[int]]] = []
    for index in range(len(setting.cycles)):
        places = [one for one in (*board.choices, *board.blocked) if one.at == index]
        teams, part = {setting.members[one.person].team for one in places}, [index]
        for other in [one for one in parts if one[0] & teams]:
            parts.remove(other)
            teams, part = teams | other[0], other[1] + part
        parts.append((teams, part))
    return [sorted(part) for _, part in parts]


@dataclass(slots=True)
class _Search:
    board: Board
    even: bool
    model: Any = None
    chosen: dict[Place, Any] = field(default_factory=dict)
    serves: dict[tuple[int, str], Any] = field(default_factory=dict)
    missing: dict[tuple[int, str], Any] = field(default_factory=dict)
    costs: list[Any] = field(default_factory=list)

    def run(self, limit: _Limit) -> Proposal:
        """The best proposal that is found within the limit."""
        from ortools.sat.python import cp_model

        self.model = cp_model.CpModel()
        self._fill()
        self._teams()
        self._rest()
        self._pairs()
        if self.even:
            self._even()
        self.model.minimize(sum(self.costs))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = limit.seed
        solver.parameters.max_time_in_seconds = limit.seconds
        # Counted work, mostly over first: then the answer is the same on a slower machine.
        solver.parameters.max_deterministic_time = limit.seconds / 4
        solver.parameters.linearization_level = 2
        solver.best_bound_callback = lambda _: limit.told()
        for place, one in self.chosen.items():
            crew = self._cycle(place.at).crew
            self.model.add_hint(one, place.person in crew.of(place.of))
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return self._as_it_is()
        return self._read(solver, optimal=status == cp_model.OPTIMAL)

    def _cycle(self, index: int) -> Any:
        return self.board.setting.cycles[index]

    def _flag(self) -> Any:
        return self.model.new_bool_var("")

    def _fill(self) -> None:
        """Each place has its people, or is said to lack them; nobody has two of a cycle."""
        for place, choice in self.board.choices.items():
            self.chosen[place] = one = self._flag()
            self.costs.append(sum(choice.costs.values()) * one)
        for index, cycle in enumerate(self.board.setting.cycles):
            for of in cycle.spans:
                most = len(cycle.crew.of(of))
                self.missing[index, of] = lacks = self.model.new_int_var(0, most, "")
                self.costs.append(boards.UNFILLED * lacks)
                self.model.add(sum(self._of(index, of).values()) + lacks == most)
            for person in {one.person for one in self.chosen if one.at == index}:
                self.model.add_at_most_one(self._by(index, person))

    def _of(self, index: int, of: str) -> dict[str, Any]:
        return {
            place.person: one
            for place, one in self.chosen.items()
            if (place.at, place.of) == (index, of)
        }

    def _by(self, index: int, person: str) -> list[Any]:
        return [
            one for place, one in self.chosen.items() if (place.at, place.person) == (index, person)
        ]

    def _teams(self) -> None:
        """One team a cycle, and nobody but its own; in turn as the file says, where that can be."""
        setting = self.board.setting
        for index, teams in enumerate(self.board.teams):
            own = setting.cycles[index].crew.team
            for team in teams:
                self.serves[index, team] = one = self._flag()
                self.costs.append(boards.OTHER_TEAM * (team != own) * one)
            self.model.add_exactly_one(self.serves[index, team] for team in teams)
        for place, one in self.chosen.items():
            cycle = setting.cycles[place.at]
            may = [
                self.serves[place.at, team]
                for team in self.board.teams[place.at]
                if place.person in boards.candidates(setting, cycle, team, place.of)
            ]
            self.model.add(one <= sum(may))
        before = [one.crew.team for one in setting.cycles]
        for team in {team for teams in self.board.teams for team in teams}:
            after = sum(one for (_, name), one in self.serves.items() if name == team)
            self._distance(after - before.count(team), boards.OTHER_TEAM, len(before))

    def _distance(self, what: Any, weight: int, most: int) -> Any:
        far = self.model.new_int_var(0, most, "")
        self.model.add(far >= what)
        self.model.add(far >= -what)
        self.costs.append(weight * far)
        return far

    def _rest(self) -> None:
        setting = self.board.setting
        every = self._on_shifts()
        for (index, person), on in every.items():
            number = setting.cycles[index].number
            near = [other for other, crew in setting.beside.items() if person in _pairs(crew)]
            count = sum(abs(other - number) <= setting.rest for other in near)
            self.costs.append(boards.NO_REST * count * sum(on))
            for other, cycle in enumerate(setting.cycles):
                if 0 < cycle.number - number <= setting.rest and (other, person) in every:
                    both = self._flag()
                    self.model.add(sum(on) + sum(every[other, person]) <= 1 + both)
                    self.costs.append(boards.NO_REST * both)

    def _on_shifts(self) -> dict[tuple[int, str], list[Any]]:
        found: dict[tuple[int, str], list[Any]] = {}
        for place, one in self.chosen.items():
            if place.of != LEAD:
                found.setdefault((place.at, place.person), []).append(one)
        return found

    def _pairs(self) -> None:
        """Two newcomers are better not together, and volunteers better kept."""
        for index, cycle in enumerate(self.board.setting.cycles):
            for of in cycle.crew.pairs:
                people = self._of(index, of).items()
                new = [one for name, one in people if (index, name) in self.board.newcomers]
                for one, other in combinations(new, 2):
                    both = self._flag()
                    self.model.add(one + other <= 1 + both)
                    self.costs.append(boards.NEWCOMERS * both)
            for person in _pairs(cycle.crew):
                if self.board.setting.members[person].team != cycle.crew.team:
                    stays = [self._of(index, of).get(person, 0) for of in cycle.crew.pairs]
                    self.costs.append(boards.VOLUNTEER * (1 - sum(stays)))

    def _even(self) -> None:
        """Each load is near to what the time that somebody could serve makes fair."""
        board = self.board
        loads: dict[tuple[str, int], Any] = {
            (name, kind): load
            for name, base in board.base.items()
            for kind, load in enumerate(base)
        }
        for place, one in self.chosen.items():
            for number, more in enumerate(board.choices[place].load):
                loads[place.person, number] += more * one
        teams = {board.setting.members[name].team for name in board.shares}
        for team, (number, kind) in product(sorted(teams), enumerate(KINDS)):
            group = board.group(team)
            total = sum(loads[name, number] for name in group)
            worst = self.model.new_int_var(0, _MOST, "")
            self.costs.append(boards.WEIGHTS[kind] * worst)
            for name in group:
                far = self.model.new_int_var(0, _MOST, "")
                own = boards.SHARES * loads[name, number] - board.shares[name] * total
                self.model.add(boards.SHARES * far >= own)
                self.model.add(boards.SHARES * far >= -own)
                self.model.add(worst >= far)
                self.costs.append(boards.WEIGHTS[kind] * far)

    def _as_it_is(self) -> Proposal:
        crews = tuple(one.crew for one in self.board.setting.cycles)
        return Proposal(crews, tuple(sorted(_taken(self.board, crews))), optimal=False)

    def _read(self, solver: Any, *, optimal: bool) -> Proposal:
        lacking = tuple(place for place, lacks in self.missing.items() if solver.value(lacks))
        open_ = {index for index, _ in lacking}
        crews = []
        for index, cycle in enumerate(self.board.setting.cycles):
            people = {
                of: [name for name, one in self._of(index, of).items() if solver.value(one)]
                for of in cycle.spans
            }
            [team] = [
                one for one in self.board.teams[index] if solver.value(self.serves[index, one])
            ]
            crews.append(cycle.crew if index in open_ else self._crew(index, team, people))
        return Proposal(tuple(crews), lacking, optimal)

    def _crew(self, index: int, team: str, people: Mapping[str, list[str]]) -> Crew:
        pairs = {
            of: self._ordered(index, names, self._cycle(index).crew.pairs[of])
            for of, names in people.items()
            if of != LEAD
        }
        return Crew(team, people[LEAD][0], pairs)

    def _ordered(self, index: int, names: list[str], before: tuple[str, ...]) -> tuple[str, ...]:
        """Whoever was in the pair keeps their place; else a newcomer is not first."""
        found = sorted(names, key=lambda name: (index, name) in self.board.newcomers)
        moved = any(name in before and before.index(name) != found.index(name) for name in found)
        return tuple(reversed(found)) if moved else tuple(found)


_MOST = 10_000_000


def _pairs(crew: Crew) -> set[str]:
    return {person for pair in crew.pairs.values() for person in pair}


def _taken(board: Board, crews: Iterable[Crew]) -> Iterator[tuple[int, str]]:
    """Places whose people cannot take them."""
    for index, crew in enumerate(crews):
        for of in (LEAD, *crew.pairs):
            if any(Place(index, of, person) in board.blocked for person in crew.of(of)):
                yield index, of
