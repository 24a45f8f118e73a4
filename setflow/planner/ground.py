"""What a plan is made of, from the configuration, the history of the seats, and the absences."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow.calendar import Turns
from setflow.definitions import Configuration
from setflow.errors import Refused
from setflow.planner import ledger
from setflow.planner.values import LEAD, Busy, Crew, Cycle, Member, Setting, Span
from setflow.rotation import rules
from setflow.rotation.rules import Absence, History, Override
from setflow.rotation.spec import Rotation
from setflow.team.spec import Team

HOLIDAYS = "company"
"""The calendar of people who name none."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What is known.

    configuration  by which is planned; `history` and `overrides` are those in force by it
    absences, pages  of the last quarters, absences of the time to come too; pages by person
    """

    configuration: Configuration
    history: History
    overrides: Sequence[Override]
    absences: Sequence[Absence]
    pages: Mapping[str, int]


def planned_rotation(configuration: Configuration, name: str) -> Rotation:
    """The crew rotation of that name. Raises Refused where there is none that can be planned."""
    rotation = configuration.rotations.get(name)
    if rotation is None:
        known = ", ".join(configuration.rotations) or "none yet"
        raise Refused(f"There is no rotation {name}; there is {known}.")
    if rotation.kind != "crew":
        raise Refused(
            f"{name} has no crews, so there is nobody to choose: its people serve in the order "
            "of the file. Change that order in the file and apply it."
        )
    return rotation


def setting(ground: Ground, name: str, *, cycles: int, rest: int, now: datetime) -> Setting:
    """What the next `cycles` of a rotation are planned with. Raises Refused."""
    rotation = planned_rotation(ground.configuration, name)
    own = rules.history_of(rotation)
    turns = cycles_of(rotation)
    first = max(turns.number(now) + 1, 0)
    teams = ground.configuration.teams
    found = tuple(_cycle(rotation, own, number, teams) for number in range(first, first + cycles))
    serving = dict.fromkeys(one.team for one in _crews(rotation, own, first, teams))
    chosen = {team: teams[team] for team in serving if team}
    members = _members(ground.configuration, chosen, found)
    span = now - ledger.QUARTERS, found[0].start
    seats = ledger.counted_seats(ground.history)
    spans = ledger.served(ground.history, ground.overrides, seats, span)
    past = ledger.ledger(spans, ground.pages, members)
    hours = sum(one.hours for one in past.values())
    whole = (span[0], found[-1].end)
    near = [*range(first - rest, first), *range(first + cycles, first + cycles + rest)]
    return Setting(
        name,
        rotation.zone,
        found,
        beside=_beside(ground.history, own, rotation, near, teams),
        rest=rest,
        teams=chosen,
        members=members,
        absences=tuple(ground.absences),
        busy=tuple(_busy(ground, name, members, (found[0].start, found[-1].end))),
        past=past,
        eligible={
            one.name: ledger.eligible(one, ground.absences, whole) for one in members.values()
        },
        rate=sum(one.pages for one in past.values()) / hours if hours else 0.0,
    )


def shifts_of(rotation: Rotation) -> list[str]:
    """The names of a crew rotation's shifts, in the order of the file."""
    parts = (seat.name.split(".") for seat in rotation.seats)
    return list(dict.fromkeys(part[1] for part in parts if len(part) > 2))


def crew_at(
    history: History, rotation: Rotation, when: datetime, teams: Mapping[str, Team]
) -> Crew | None:
    """Who has the turns of a rotation at an instant; None where a seat has nobody."""
    turns = {seat.name: rules.turn_at(history, seat.name, when) for seat in rotation.seats}
    held = {name: turn.holder for name, turn in turns.items() if turn}
    if len(held) < len(turns):
        return None
    name = rotation.name
    roles = ("primary", "backup")
    pairs = {
        shift: tuple(held[seat] for role in roles if (seat := f"{name}.{shift}.{role}") in held)
        for shift in shifts_of(rotation)
    }
    people = (held[f"{name}.{LEAD}"], *(one for pair in pairs.values() for one in pair))
    return Crew(_team_of(people, teams), people[0], pairs)


def _team_of(people: Sequence[str], teams: Mapping[str, Team]) -> str:
    """The team that most of a crew are of, the first of several; "" where nobody is of any."""
    counts = {name: len(set(people) & set(team.people)) for name, team in teams.items()}
    most = max(counts.values(), default=0)
    return next((name for name, count in counts.items() if count == most > 0), "")


def cycles_of(rotation: Rotation) -> Turns:
    """The cycles of a crew rotation."""
    [lead] = (seat for seat in rotation.seats if seat.name == rotation.lead)
    return lead.layers[0].turns


def _crews(
    rotation: Rotation, own: History, first: int, teams: Mapping[str, Team]
) -> Iterator[Crew]:
    """Those of a whole round, and more."""
    most = max(len(order.people) for seat in rotation.seats for order in seat.layers[0].orders)
    for number in range(first, first + 2 * most):
        crew = crew_at(own, rotation, cycles_of(rotation).begin(number), teams)
        if crew:
            yield crew


def _cycle(rotation: Rotation, own: History, number: int, teams: Mapping[str, Team]) -> Cycle:
    start, end = cycles_of(rotation).begin(number), cycles_of(rotation).begin(number + 1)
    crew = crew_at(own, rotation, start, teams)
    if crew is None:
        raise Refused(f"{rotation.name} has no crew from {start:%Y-%m-%d} on; add one to the file.")
    if any(_people(crew) != _people(one) for one in _later(rotation, own, (start, end), teams)):
        raise Refused(
            f"{rotation.name} has other people every week from {start:%Y-%m-%d} on, and a plan is "
            "of crews that serve a whole cycle; give each shift one pair there, and plan again."
        )
    spans: dict[str, tuple[Span, ...]] = {LEAD: ((start, end),)}
    for shift in shifts_of(rotation):
        found = rules.shifts(own, (), f"{rotation.name}.{shift}.primary", start, end)
        spans[shift] = tuple((one.start, one.end) for one in found)
    return Cycle(number, start, end, crew, spans)


def _later(
    rotation: Rotation, own: History, span: Span, teams: Mapping[str, Team]
) -> Iterator[Crew]:
    """The crew at each later handoff of a cycle."""
    when = rules.next_handoff(own, rotation.name, span[0])
    while when and when < span[1]:
        crew = crew_at(own, rotation, when, teams)
        if crew:
            yield crew
        when = rules.next_handoff(own, rotation.name, when)


def _people(crew: Crew) -> dict[str, set[str]]:
    return {shift: {*pair} for shift, pair in crew.pairs.items()}


def _beside(
    history: History,
    own: History,
    rotation: Rotation,
    numbers: Collection[int],
    teams: Mapping[str, Team],
) -> dict[int, Crew]:
    """The crews of these cycles: as they were where they have begun, else as they will be."""
    turns = cycles_of(rotation)
    found = {}
    for number in numbers:
        when = turns.begin(number)
        crew = crew_at(history, rotation, when, teams) or crew_at(own, rotation, when, teams)
        if crew:
            found[number] = crew
    return found


def _members(
    configuration: Configuration, teams: Mapping[str, Team], cycles: Sequence[Cycle]
) -> dict[str, Member]:
    """Everybody who can be planned: of these teams, or in a crew by the file already."""
    team_of = {
        person: name for name, team in reversed(list(teams.items())) for person in team.people
    }
    own = {person: one.crew.team for one in cycles for _, person in one.crew.places()}
    found = {}
    for name in [*team_of, *(person for person in own if person not in team_of)]:
        person = configuration.people[name]
        found[name] = Member(
            name,
            person.title,
            team_of.get(name, own.get(name, "")),
            person.timezone or configuration.zone,
            person.awake,
            configuration.calendars.get(person.calendar or HOLIDAYS),
            person.since,
            person.until,
        )
    return found


def _busy(ground: Ground, name: str, members: Collection[str], span: Span) -> Iterator[Busy]:
    """Shifts of other rotations."""
    for seat in ledger.counted_seats(ground.history):
        if seat.partition(".")[0] != name:
            for one in rules.shifts(ground.history, ground.overrides, seat, *span):
                if one.people[0] in members:
                    yield Busy(one.people[0], seat, one.start, one.end)
