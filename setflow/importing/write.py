"""What was found, as a configuration file that reads well and that `setflow check` accepts."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from setflow.calendar import WEEKDAYS, zone
from setflow.importing.ink import Names, duration, scalar
from setflow.importing.ladders import named
from setflow.importing.sections import Ground, sections
from setflow.importing.values import (
    DAY_MINUTES,
    WEEK_MINUTES,
    Found,
    Layer,
    Reach,
    Schedule,
    Someone,
    Turning,
    home,
    plain,
)
from setflow.team.spec import Contact, Person

SEAT, NEXT_SEAT = "primary", "secondary"
MOST_NAMED = 20

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class Written:
    """The file, and what things are called in it.

    seats       by the ids of a schedule and of a rotation of it; next_seats: of who is on next
    people      by their id
    guessed     those whose Mattermost username is a guess, in the order of the file
    ladders     by the id of an escalation
    """

    text: str
    seats: Mapping[tuple[str, str], str]
    people: Mapping[str, str]
    guessed: tuple[str, ...]
    next_seats: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ladders: Mapping[str, str] = field(default_factory=dict)


def write(found: Found, system: str, known: Mapping[str, Person]) -> Written:
    """The file for what was found in `system`, as people call it; what it cannot say is noted
    among what is left.

    known  people who have a name already: they keep it, and what else is known of them
    """
    used = list(dict.fromkeys(_used(found)))
    people = _people([found.people[one] for one in used], known)
    names = [people[one] for one in used]
    once = [one for index, one in enumerate(used) if people[one] not in names[:index]]
    zone_name = home(found)
    nexts = {aim.id for aim in named(found.escalations) if aim.kind == "next"}
    taken, seats, next_seats, parts = Names(), {}, {}, []
    for schedule in found.schedules:
        for turning in schedule.rotations:
            name = taken.take(_titled(schedule, turning), "rotation")
            both = [SEAT, NEXT_SEAT] if schedule.id in nexts else [SEAT]
            layered = len(turning.layers) > 1 or len(both) > 1
            seats[schedule.id, turning.id] = f"{name}.{SEAT}" if layered else name
            if len(both) > 1:
                next_seats[schedule.id, turning.id] = f"{name}.{NEXT_SEAT}"
            same = len(schedule.rotations) == 1 or not turning.title
            rotation = "" if same else f', rotation "{turning.title}"'
            parts.append(f'  # {system}: schedule "{schedule.title}"{rotation}\n')
            parts.append(f"  {scalar(name)}:\n")
            parts += _layered(turning.layers, both, zone_name, people) if layered else []
            parts += [] if layered else _body(turning.layers[0], zone_name, people, "    ")
    _left_out(found, used, system)
    ground = Ground(found, system, people, seats, next_seats)
    more = sections(ground)
    guessed = tuple(name for one, name in people.items() if name not in known)
    text = "".join(
        [
            f"# Who is on call, as it was in {system}. Look it over, then:\n#\n",
            "#   setflow check FILE             every mistake at once, with line and column\n",
            "#   setflow apply --dry-run FILE   what would change, and who would be on by it\n",
            f"version: 1\ntimezone: {zone_name}\n\npeople:\n",
            *_guessing(guessed),
            *(
                _person(_within(ground, found.people[one]), people[one], known, zone_name)
                for one in once
            ),
            "\nrotations:\n",
            *parts,
            *more,
        ]
    )
    return Written(text, seats, people, guessed, next_seats, ground.ladders)


def _titled(schedule: Schedule, turning: Turning) -> str:
    if len(schedule.rotations) == 1:
        return schedule.title
    if turning.title.lower().startswith(schedule.title.lower()):
        return turning.title
    return f"{schedule.title} {turning.title}"


def _used(found: Found) -> Iterator[str]:
    """Everybody who has a turn, stands in, or is told of alerts."""
    for schedule in found.schedules:
        for turning in schedule.rotations:
            for layer in turning.layers:
                yield from layer.people
        yield from (one.person for one in schedule.stand_ins)
    for squad in found.squads:
        yield from squad.people
    yield from (aim.id for aim in sorted(named(found.escalations)) if aim.kind == "person")


def _left_out(found: Found, used: Sequence[str], system: str) -> None:
    """Note who is not among `used`, nor one of them under another id."""
    known = {found.people[one].email.casefold() for one in used} - {""}
    others = [
        person
        for key, person in found.people.items()
        if key not in used and person.email.casefold() not in known
    ]
    if not others:
        return
    names = sorted(person.name or person.email or person.id for person in others)
    named = ", ".join(plain(one) for one in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    found.leave(
        f"In no rotation, override, team or escalation of {system}, and so not in the file: "
        f"{named}{more}."
    )


def _within(ground: Ground, one: Someone) -> Someone:
    """With contact methods that come before the end of every step that tells them."""
    shortest = ground.shortest.get(ground.people[one.id])
    late = [reach for reach in one.contacts if shortest and reach.after >= shortest]
    if not late or shortest is None:
        return one
    latest = shortest - timedelta(minutes=1)
    ground.found.leave(
        f"{one.name or one.email} is reached by {late[0].via} after {duration(late[0].after)} "
        f"there; here after {duration(latest)}, before the end of a step that waits "
        f"{duration(shortest)}."
    )
    contacts = tuple(replace(reach, after=min(reach.after, latest)) for reach in one.contacts)
    return replace(one, contacts=contacts)


def _people(used: Iterable[Someone], known: Mapping[str, Person]) -> dict[str, str]:
    """What they are called: those that are known by their e-mail or account as they are there.

    The name decides for who comes without an address, where one person alone is called so.
    """
    by: dict[str, str] = {}
    titles = Counter(person.title for person in known.values())
    titled = {one.title: one.name for one in known.values() if titles[one.title] == 1}
    for person in known.values():
        for given in (person.email, person.opsgenie, person.jira):
            if given:
                by.setdefault(given.casefold(), person.name)
    names = Names([*known, *(one.mattermost for one in known.values())])
    found = {}
    for one in used:
        ways = (one.email, one.account, one.id)
        name = next((by[way.casefold()] for way in ways if way.casefold() in by), "")
        if not name and not one.email:
            name = titled.get(one.name, "")
        local = one.email.partition("@")[0] or one.name
        found[one.id] = name or names.take(local, "person", dots=True)
        if one.email:
            by.setdefault(one.email.casefold(), found[one.id])
    return found


def _guessing(guessed: tuple[str, ...]) -> Iterator[str]:
    if guessed:
        yield "  # Usernames are guesses: where one differs, add `mattermost: USERNAME`.\n"


def _person(one: Someone, name: str, known: Mapping[str, Person], usual: str) -> str:
    if name in known:
        return f"  {scalar(name)}: {{{_as_known(known[name])}}}\n"
    given = [("name", one.name or name), ("timezone", _own_zone(one.zone, usual))]
    email = one.email if _ADDRESS.fullmatch(plain(one.email)) else ""
    given += [("email", email), ("jira", one.account)]
    return f"  {scalar(name)}: {{{_flow(given)}{_contacts(one.contacts)}}}\n"


def _own_zone(text: str, usual: str) -> str:
    try:
        return text if text and text != usual and zone(text) else ""
    except ValueError:
        return ""


def _as_known(person: Person) -> str:
    opsgenie = "" if person.opsgenie == person.email else person.opsgenie
    given = [
        ("name", person.title),
        ("mattermost", person.mattermost),
        ("timezone", person.timezone.key if person.timezone else ""),
        ("email", person.email),
        ("jira", person.jira),
        ("opsgenie", opsgenie),
    ]
    return _flow(given) + _contacts(person.contact)


def _contacts(contacts: Iterable[Contact | Reach]) -> str:
    listed = ", ".join(f"{{{_contact(one)}}}" for one in contacts)
    return f", contact: [{listed}]" if listed else ""


def _contact(one: Contact | Reach) -> str:
    return _flow([("via", one.via), ("to", one.to), ("after", duration(one.after))])


def _flow(given: Iterable[tuple[str, str | None]]) -> str:
    return ", ".join(f"{key}: {_value(key, text)}" for key, text in given if text)


def _value(key: str, text: str) -> str:
    return text if key == "timezone" else scalar(text)


def _layered(
    layers: Sequence[Layer], seats: Sequence[str], usual: str, people: Mapping[str, str]
) -> Iterator[str]:
    yield f"    seats: [{', '.join(seats)}]\n"
    counts = "                        # of those that are open the last counts"
    yield f"    layers:{counts if len(layers) > 1 else ''}\n"
    for layer in layers:
        first, *rest = _body(layer, usual, people, "        ")
        yield f"      - {first.lstrip()}"
        yield from rest


def _body(layer: Layer, usual: str, people: Mapping[str, str], indent: str) -> Iterator[str]:
    length = f"length: {layer.length}\n" if layer.length != 1 else ""
    yield f"{indent}type: {layer.unit}\n"
    if length:
        yield f"{indent}{length}"
    seconds = f":{layer.start:%S}" if layer.start.second else ""
    yield f'{indent}start: "{layer.start:%Y-%m-%d %H:%M}{seconds}"\n'
    if layer.zone.key != usual:
        yield f"{indent}timezone: {layer.zone.key}\n"
    yield f"{indent}people: [{', '.join(scalar(people[one]) for one in layer.people)}]\n"
    windows = list(_windows(layer.spans)) if layer.spans else []
    if windows:
        yield f"{indent}hours:\n"
    for days, begin, end in windows:
        listed = "" if len(days) == 7 else f"days: [{', '.join(days)}], "
        yield f'{indent}  - {{{listed}from: "{begin}", to: "{end}"}}\n'


def _windows(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[list[str], str, str]]:
    """The spans in parts of at most a day: days, begin and end, those of the same hours as one."""
    found: dict[tuple[int, int], set[int]] = {}
    for begin, end in spans:
        if end - begin >= WEEK_MINUTES:
            return
        while begin < end:
            stop = min(begin + DAY_MINUTES, end)
            key = (begin % DAY_MINUTES, stop % DAY_MINUTES)
            found.setdefault(key, set()).add(begin // DAY_MINUTES % 7)
            begin = stop
    for (begin, end), days in found.items():
        yield [WEEKDAYS[day] for day in sorted(days)], _clock(begin), _clock(end)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
