"""A plan in words: what could not be met, and why; who has had how much, before and after."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from setflow.planner import board as boards
from setflow.planner import ledger
from setflow.planner.board import Board, Place
from setflow.planner.values import LEAD, Crew, Cycle, Load, Proposal, Setting

_DAY = timedelta(days=1)
_GROWS: Mapping[str, str] = {
    "hours": "the hours would be shared less evenly",
    "nights": "nights would be shared less evenly",
    "weekends": "weekends would be shared less evenly",
    "holidays": "holidays would be shared less evenly",
    "pages": "pages would be shared less evenly",
    "asleep": "more of it would fall into sleep",
    "rest": "there would be no rest between two duties",
    "newcomers": "two newcomers would be together",
    "rather-not": "they would rather not either",
    "volunteer": "a volunteer would lose the place",
    "change": "more would change for no gain",
}


def unfilled(board: Board, proposal: Proposal) -> list[str]:
    """One sentence for each cycle that nobody can be found for: which rule cannot hold, and why."""
    found: dict[int, list[str]] = {}
    for index, of in proposal.unfilled:
        found.setdefault(index, []).append(of)
    return [_unfilled(board, index, places) for index, places in found.items()]


def unmet(board: Board, proposal: Proposal) -> list[str]:
    """One sentence for each wish that could not be met, with the reason; cycles in order."""
    open_ = {index for index, _ in proposal.unfilled}
    found = [
        *((index, said) for index, said in _turned(board, proposal)),
        *((index, said) for index, said in _tired(board, proposal)),
        *((index, said) for index, said in _dropped(board, proposal)),
        *((index, said) for index, said in _wishes(board, proposal)),
    ]
    own = [said for index, said in sorted(found, key=lambda one: one[0]) if index not in open_]
    return [*own, *_asleep(board, proposal, open_)]


def loads(board: Board, crews: Sequence[Crew]) -> dict[str, Load]:
    """What everybody will have had with these crews, from the first day of the ledger on."""
    setting = board.setting
    found = {name: setting.past[name] for name in setting.members}
    for cycle, crew in zip(setting.cycles, crews, strict=True):
        for of, person in crew.places():
            if of != LEAD:
                more = ledger.count(cycle.spans[of], setting.members[person])
                more = more._replace(pages=more.hours * setting.rate)
                found[person] = found[person].plus(more)
    return found


def dates(setting: Setting, cycle: Cycle) -> str:
    """The days of a cycle, such as `14 Dec – 27 Dec`."""
    first = cycle.start.astimezone(setting.zone).date()
    last = cycle.end.astimezone(setting.zone).date() - _DAY
    return f"{boards.said(first)} – {boards.said(last)}"


def day(setting: Setting, cycle: Cycle) -> date:
    """The day on which a cycle begins, by which the file names it."""
    return cycle.start.astimezone(setting.zone).date()


def _unfilled(board: Board, index: int, places: Sequence[str]) -> str:
    setting = board.setting
    cycle = setting.cycles[index]
    team = cycle.crew.team
    name = _team(setting, team)
    when = dates(setting, cycle)
    lacking = []
    for of in places:
        people = boards.candidates(setting, cycle, team, of)
        free = [one for one in people if Place(index, of, one) in board.choices]
        away = _blocked(board, index, of, people)
        if len(free) < len(cycle.crew.of(of)):
            few = "Nobody" if len(cycle.crew.of(of)) == 1 else "No two"
            does = "lead" if of == LEAD else f"be on {of}"
            lacking.append(f"{few} of {name} can {does} {when}: {away or 'it is too small'}")
    if not lacking:
        of = places[0]
        away = _blocked(board, index, of, boards.candidates(setting, cycle, team, of))
        lacking = [f"{name} has too few people for all places {when}: {away or 'all are needed'}"]
    others = len(board.teams[index]) > 1
    return f"{'; '.join(lacking)}{'; no other team can take its place' if others else ''}."


def _turned(board: Board, proposal: Proposal) -> Iterator[tuple[int, str]]:
    """Cycles of another team or lead than the file says."""
    setting = board.setting
    for index, (cycle, crew) in enumerate(zip(setting.cycles, proposal.crews, strict=True)):
        when = dates(setting, cycle)
        if crew.team != cycle.crew.team:
            before, after = _team(setting, cycle.crew.team), _team(setting, crew.team)
            yield index, f"{after} serves {when} in place of {before}: {_short(board, index)}."
        elif crew.lead != cycle.crew.lead:
            lead = cycle.crew.lead
            why = board.blocked.get(Place(index, LEAD, lead), "is on a shift")
            yield index, f"{board.title(crew.lead)} leads {when}: {board.title(lead)} {why}."


def _short(board: Board, index: int) -> str:
    """Why the team of the file does not serve."""
    cycle = board.setting.cycles[index]
    people = {
        person: reason
        for of in cycle.spans
        for person in boards.candidates(board.setting, cycle, cycle.crew.team, of)
        if (reason := board.blocked.get(Place(index, of, person)))
    }
    return _said_of(board, people) or "the two have exchanged cycles"


def _tired(board: Board, proposal: Proposal) -> Iterator[tuple[int, str]]:
    """Duties without rest, those with the same reason in one sentence."""
    setting = board.setting
    found: dict[str, list[tuple[int, str, int]]] = {}
    for index, person, other in boards.tired(setting, proposal.crews):
        crew = proposal.crews[index]
        [of] = [of for of, one in crew.places() if one == person and of != LEAD]
        why = _why(board, proposal.crews, Place(index, of, person), free=True)
        found.setdefault(why, []).append((index, person, other))
    for why, times in found.items():
        yield times[0][0], f"{_restless(board, proposal, times)}: {why}."


def _restless(board: Board, proposal: Proposal, times: Sequence[tuple[int, str, int]]) -> str:
    """Who serves without rest, each time as (index, person, number of the other cycle)."""
    setting = board.setting
    index, person, _ = times[0]
    cycle = setting.cycles[index]
    people = list(dict.fromkeys(board.title(one) for _, one, _ in times))
    if len({(at, one) for at, one, _ in times}) > 1:
        serve = "serve" if len(people) > 1 else "serves"
        how = f"{len(times)} times from {boards.said(day(setting, cycle))} on"
        return f"{_listed(people)} {serve} without the rest between two duties, {how}"
    [of] = [of for of, one in proposal.crews[index].places() if one == person and of != LEAD]
    orders = dict.fromkeys("before" if other < cycle.number else "after" for *_, other in times)
    near = f"cycle{'s' if len(orders) > 1 else ''} {' and '.join(orders)}"
    said = f"{people[0]} is on {of} {dates(setting, cycle)} and in the {near}"
    return f"{said}, without the rest between"


def _dropped(board: Board, proposal: Proposal) -> Iterator[tuple[int, str]]:
    setting = board.setting
    for index, person in boards.dropped(setting, proposal.crews):
        cycle, crew = setting.cycles[index], proposal.crews[index]
        of = next(place for place, one in cycle.crew.places() if one == person and place != LEAD)
        why = board.blocked.get(Place(index, of, person))
        said = f"{board.title(person)}, who is not of {_team(setting, cycle.crew.team)}"
        said = f"{said}, is not on {of} {dates(setting, cycle)} as the file says"
        if why is None and crew.team == cycle.crew.team:
            new = [one for one in crew.pairs[of] if one not in cycle.crew.pairs[of]]
            worse = _worse(board, proposal.crews, Place(index, of, new[0]), person)
            yield index, f"{said}: {_GROWS.get(worse or '', 'others could not take their places')}."
        else:
            yield index, f"{said}: {board.title(person)} {why or 'goes with the team'}."


def _wishes(board: Board, proposal: Proposal) -> Iterator[tuple[int, str]]:
    """Duties of those who would rather not, and newcomers who have nobody to learn from."""
    for index, crew in enumerate(proposal.crews):
        when = dates(board.setting, board.setting.cycles[index])
        for of, person in crew.places():
            place = Place(index, of, person)
            choice = board.choices.get(place)
            if choice and choice.costs.get("rather-not"):
                on = "leads" if of == LEAD else f"is on {of}"
                why = _why(board, proposal.crews, place)
                said = f"{board.title(person)} {on} {when}, but would rather not"
                yield index, f"{said}: {why}."
        for of, pair in crew.pairs.items():
            if len(pair) > 1 and all((index, person) in board.newcomers for person in pair):
                both = _listed([board.title(person) for person in pair])
                why = _why(board, proposal.crews, Place(index, of, pair[1]))
                yield index, f"{both} are both new, and together on {of} {when}: {why}."


def _asleep(board: Board, proposal: Proposal, open_: Iterable[int]) -> list[str]:
    """For how long those on a shift should sleep: one sentence for each who need not, else one."""
    found: dict[str, list[float]] = {}
    better: list[str] = []
    for index, crew in enumerate(proposal.crews):
        if index in open_:
            continue
        for of, person in crew.places():
            place = Place(index, of, person)
            hours = _hours_asleep(board, place)
            if not hours:
                continue
            others = [
                one for one in _others(board, crew, place) if _hours_asleep(board, one) < hours / 2
            ]
            if others:
                why = _instead_of_all(board, proposal.crews, place, others)
                when = dates(board.setting, board.setting.cycles[index])
                said = f"{board.title(person)} is on {of} {when} for {hours:.0f} h of their sleep"
                better.append(f"{said}: {why}.")
            else:
                found.setdefault(of, []).append(hours)
    for of, hours_of in found.items():
        low, high = min(hours_of), max(hours_of)
        much = f"{low:.0f} h" if round(low) == round(high) else f"{low:.0f} to {high:.0f} h"
        better.append(
            f"On {of} people lose {much} of sleep a cycle; nobody free would lose much less."
        )
    return better


def _hours_asleep(board: Board, place: Place) -> float:
    if place.of == LEAD:
        return 0.0
    spans = board.setting.cycles[place.at].spans[place.of]
    return ledger.asleep(spans, board.setting.members[place.person])


def _others(board: Board, crew: Crew, place: Place) -> list[Place]:
    """Who else of the team might take a place: those free, and those on another shift."""
    cycle = board.setting.cycles[place.at]
    people = boards.candidates(board.setting, cycle, crew.team, place.of)
    taken = {*crew.of(place.of), crew.lead}
    every = [Place(place.at, place.of, one) for one in people if one not in taken]
    return [one for one in every if one in board.choices]


def _why(board: Board, crews: Sequence[Crew], place: Place, *, free: bool = False) -> str:
    """Why nobody else is in a place: those who cannot be, and what the best other would cost.

    free  only those count who are on no other shift of that cycle
    """
    cycle, crew = board.setting.cycles[place.at], crews[place.at]
    people = boards.candidates(board.setting, cycle, crew.team, place.of)
    away = _blocked(board, place.at, place.of, people)
    busy = {person for _, person in crew.places()} if free else set()
    others = [one for one in _others(board, crew, place) if one.person not in busy]
    if others:
        return "; ".join(filter(None, (away, _instead_of_all(board, crews, place, others))))
    return away or f"{_team(board.setting, crew.team)} has nobody else"


def _instead_of_all(
    board: Board, crews: Sequence[Crew], place: Place, others: Iterable[Place]
) -> str:
    """What speaks against the one of `others` who would cost the least."""
    now = boards.cost(board, crews).total()

    def worse(one: Place) -> int:
        return boards.cost(board, _changed(crews, place, one.person)).total() - now

    return _instead(board, crews, place, min(others, key=worse).person)


def _instead(board: Board, crews: Sequence[Crew], place: Place, person: str) -> str:
    """What would be worse with `person` in a place."""
    most = _worse(board, crews, place, person)
    if most is None and _even(board, crews, place, person):
        return f"{board.title(person)} instead would be no better"
    if most is None:
        return f"the search ended before it tried {board.title(person)} instead"
    if most == "unfilled":
        other = board.title(place.person)
        return f"with {board.title(person)} there, {other} could not take the other place"
    return f"with {board.title(person)} instead, {_GROWS[most]}"


def _worse(board: Board, crews: Sequence[Crew], place: Place, person: str) -> str | None:
    """The cost that would grow the most with `person` in a place; None where that is better."""
    costs = boards.cost(board, _changed(crews, place, person))
    costs.subtract(boards.cost(board, crews))
    most, growth = costs.most_common(1)[0]
    return most if growth > 0 else None


def _even(board: Board, crews: Sequence[Crew], place: Place, person: str) -> bool:
    """Whether `person` in a place would cost just as much."""
    changed = boards.cost(board, _changed(crews, place, person))
    return changed.total() == boards.cost(board, crews).total()


def _changed(crews: Sequence[Crew], place: Place, person: str) -> list[Crew]:
    """The plan with `person` in a place, whose own, if they have one, is taken in exchange."""
    swap = {place.person: person, person: place.person}
    crew = crews[place.at]
    pairs = {of: tuple(swap.get(one, one) for one in pair) for of, pair in crew.pairs.items()}
    lead = swap.get(crew.lead, crew.lead)
    changed = list(crews)
    changed[place.at] = replace(crew, lead=lead, pairs=pairs)
    return changed


def _blocked(board: Board, index: int, of: str, people: Iterable[str]) -> str:
    found = {one: board.blocked.get(Place(index, of, one), "") for one in people}
    return _said_of(board, {one: reason for one, reason in found.items() if reason})


def _said_of(board: Board, reasons: Mapping[str, str]) -> str:
    """`Eve and Fay are away; Gus leaves on 20 Dec`."""
    people: dict[str, list[str]] = {}
    for person, reason in reasons.items():
        people.setdefault(reason, []).append(board.title(person))
    return "; ".join(
        f"{_listed(titles)} {_plural(reason) if len(titles) > 1 else reason}"
        for reason, titles in people.items()
    )


def _plural(reason: str) -> str:
    verb, _, rest = reason.partition(" ")
    return f"{'are' if verb == 'is' else verb.removesuffix('s')} {rest}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _team(setting: Setting, name: str) -> str:
    return setting.teams[name].title if name in setting.teams else "the crew"
