"""Teams, ladders, routes, heartbeats and maintenance as sections of a configuration file."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from setflow.importing.ink import Names, duration, quoted, scalar
from setflow.importing.ladders import Aim, Escalation, Rung, rungs
from setflow.importing.values import Found

FALLBACKS = 3
"""How many people at most are the fallback of a ladder that would page one alone."""


@dataclass
class Ground:
    """What was found, and what things are called in the file.

    system    what people call where it is from
    people    by id; seats: by the ids of a schedule and a rotation of it
    teams     by id; ladders: by the id of an escalation, both as sections come to be written
    shortest  by person, the wait of the shortest step that tells them
    """

    found: Found
    system: str
    people: Mapping[str, str]
    seats: Mapping[tuple[str, str], str]
    next_seats: Mapping[tuple[str, str], str]
    teams: dict[str, str] = field(default_factory=dict)
    ladders: dict[str, str] = field(default_factory=dict)
    shortest: dict[str, timedelta] = field(default_factory=dict)

    def targets(self, aim: Aim) -> list[str]:
        """What a step pages for it, as it is written."""
        match aim.kind:
            case "person":
                return [f"person:{self.people[aim.id]}"]
            case "team":
                return [f"team:{self.teams[aim.id]}"] if aim.id in self.teams else []
            case _:
                seats = self.next_seats if aim.kind == "next" else self.seats
                return [seat for (schedule, _), seat in seats.items() if schedule == aim.id]

    def names(self, aim: Aim) -> set[str]:
        """Everybody whom it can page."""
        if aim.kind == "person":
            return {self.people[aim.id]}
        ids = [one for squad in self.found.squads if squad.id == aim.id for one in squad.people]
        if aim.kind != "team":
            ids = [
                person
                for schedule in self.found.schedules
                if schedule.id == aim.id
                for turning in schedule.rotations
                for layer in turning.layers
                for person in layer.people
            ]
        return {self.people[one] for one in ids}


def sections(ground: Ground) -> list[str]:
    """Their lines, those that there are any of."""
    return [
        line
        for title, lines in (
            ("teams", list(_teams(ground))),
            ("ladders", list(_ladders(ground))),
            ("routes", list(_routes(ground))),
            ("heartbeats", list(_heartbeats(ground))),
            ("maintenance", list(_maintenance(ground))),
        )
        if lines
        for line in [f"\n{title}:\n", *lines]
    ]


def _teams(ground: Ground) -> Iterator[str]:
    taken = Names()
    for squad in ground.found.squads:
        name = ground.teams[squad.id] = taken.take(squad.title, "team")
        lead, *others = dict.fromkeys(ground.people[one] for one in squad.people)
        members = ", ".join(scalar(one) for one in [lead, *others])
        title = "" if squad.title == name else f"title: {scalar(squad.title)}, "
        yield f"  {scalar(name)}: {{{title}lead: {scalar(lead)}, members: [{members}]}}\n"


def _ladders(ground: Ground) -> Iterator[str]:
    taken = Names()
    for one in ground.found.escalations:
        steps = [(rung, list(dict.fromkeys(_targets(ground, rung)))) for rung in rungs(one)]
        names = {name for rung, _ in steps for aim in rung.aims for name in ground.names(aim)}
        fallback = _fallback(ground, one, names) if len(names) < 2 else []
        if not names or (len(names) < 2 and not fallback):
            ground.found.leave(
                f'Escalation "{one.title}" can tell one person alone, and a ladder needs two; it '
                "was left out."
            )
            continue
        name = ground.ladders[one.id] = taken.take(one.title, "ladder")
        yield f'  # {ground.system}: "{one.title}"\n  {scalar(name)}:\n'
        if one.rounds > 1:
            yield f"    rounds: {one.rounds}\n"
        yield "    steps:\n"
        for rung, targets in steps:
            turn = ", turn: round-robin" if rung.turn else ""
            listed = ", ".join(scalar(target) for target in targets)
            yield f"      - {{page: [{listed}], wait: {duration(rung.wait)}{turn}}}\n"
            _shorten(ground, rung)
        if fallback:
            yield f"    fallback: [{', '.join(f'person:{one}' for one in fallback)}]\n"


def _targets(ground: Ground, rung: Rung) -> Iterator[str]:
    for aim in rung.aims:
        yield from ground.targets(aim)


def _shorten(ground: Ground, rung: Rung) -> None:
    for aim in rung.aims:
        for name in ground.names(aim):
            ground.shortest[name] = min(rung.wait, ground.shortest.get(name, rung.wait))


def _fallback(ground: Ground, one: Escalation, names: set[str]) -> list[str]:
    """Others of the team whose it is, else of any."""
    squads = [squad for squad in ground.found.squads if squad.id == one.team]
    squads += ground.found.squads
    others = dict.fromkeys(ground.people[person] for squad in squads for person in squad.people)
    found = [name for name in others if name not in names][:FALLBACKS]
    if found and names:
        ground.found.leave(
            f'Escalation "{one.title}" can tell one person alone; its ladder has '
            f"{', '.join(found)} as fallback."
        )
    return found


def _routes(ground: Ground) -> Iterator[str]:
    ways = [way for way in ground.found.ways if way.escalation in ground.ladders]
    for way in ways:
        if way.title:
            yield f"  # {ground.system}: {way.title}\n"
        when = f"when: {quoted(way.when)}, " if way.when else ""
        yield f"  - {{{when}ladder: {scalar(ground.ladders[way.escalation])}}}\n"
    if ways and ways[-1].when:
        first = next(iter(ground.ladders.values()))
        yield f"  - {{ladder: {scalar(first)}}}\n"


def _heartbeats(ground: Ground) -> Iterator[str]:
    for beat in ground.found.beats:
        title = f", title: {scalar(beat.title)}" if beat.title else ""
        priority = f", priority: {beat.priority}" if beat.priority else ""
        yield f"  {scalar(beat.name)}: {{every: {duration(beat.every)}{title}{priority}}}\n"


def _maintenance(ground: Ground) -> Iterator[str]:
    for one in ground.found.pauses:
        name = Names().take(one.source, "source") if one.source else ""
        source = f", source: {scalar(name)}" if name else ""
        start, end = (f"{when:%Y-%m-%dT%H:%M:%SZ}" for when in (one.start, one.end))
        yield f'  - {{name: {scalar(one.title)}{source}, from: "{start}", to: "{end}"}}\n'
