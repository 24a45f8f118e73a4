"""What was found, as a configuration file that reads well and that `setflow check` accepts."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from unicodedata import normalize

from setflow.calendar import WEEKDAYS, zone
from setflow.importing.values import DAY_MINUTES, WEEK_MINUTES, Found, Layer, Someone, plain
from setflow.team.spec import Contact, Person

SEAT = "primary"

# What YAML reads as the same text without quotes.
_PLAIN = re.compile(r"[^\W\d_]\w*(?:[ .@+-]\w+)*")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_NO_TEXT = {"null", "true", "false"}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


@dataclass(frozen=True, slots=True)
class Written:
    """The file, and what things are called in it.

    seats    by the ids of a schedule and of a rotation of it
    people   by their id
    guessed  those whose Mattermost username is a guess, in the order of the file
    """

    text: str
    seats: Mapping[tuple[str, str], str]
    people: Mapping[str, str]
    guessed: tuple[str, ...]


def write(found: Found, system: str, known: Mapping[str, Person]) -> Written:
    """The file for what was found in `system`, as people call it.

    known  people who have a name already: they keep it, and what else is known of them
    """
    used = list(dict.fromkeys(_used(found)))
    people = _people([found.people[one] for one in used], known)
    names = [people[one] for one in used]
    once = [one for index, one in enumerate(used) if people[one] not in names[:index]]
    rotations = [
        (schedule, turning) for schedule in found.schedules for turning in schedule.rotations
    ]
    usual = Counter(layer.zone.key for _, one in rotations for layer in one.layers).most_common(1)
    home = usual[0][0]
    taken, seats, parts = _Names(), {}, []
    for schedule, turning in rotations:
        alone = len(schedule.rotations) == 1
        title = schedule.title if alone else f"{schedule.title} {turning.title}"
        if not alone and turning.title.lower().startswith(schedule.title.lower()):
            title = turning.title
        name = taken.take(title, "rotation")
        layered = len(turning.layers) > 1
        seats[schedule.id, turning.id] = f"{name}.{SEAT}" if layered else name
        same = alone or not turning.title
        rotation = "" if same else f', rotation "{turning.title}"'
        parts.append(f'  # {system}: schedule "{schedule.title}"{rotation}\n')
        parts.append(f"  {_scalar(name)}:\n")
        parts += _layered(turning.layers, home, people) if layered else []
        parts += [] if layered else _body(turning.layers[0], home, people, "    ")
    guessed = tuple(name for one, name in people.items() if name not in known)
    text = "".join(
        [
            f"# Who is on call, as it was in {system}. Look it over, then:\n#\n",
            "#   setflow check FILE             every mistake at once, with line and column\n",
            "#   setflow apply --dry-run FILE   what would change, and who would be on by it\n",
            f"version: 1\ntimezone: {home}\n\npeople:\n",
            *_guessing(guessed),
            *(_person(found.people[one], people[one], known, home) for one in once),
            "\nrotations:\n",
            *parts,
        ]
    )
    return Written(text, seats, people, guessed)


def _used(found: Found) -> Iterator[str]:
    """Everybody who has a turn or stands in."""
    for schedule in found.schedules:
        for turning in schedule.rotations:
            for layer in turning.layers:
                yield from layer.people
        yield from (one.person for one in schedule.stand_ins)


class _Names:
    """Names that are taken once each."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, title: str, otherwise: str, *, dots: bool = False) -> str:
        """A name made of letters, digits, - and, with `dots`, dots and _ of the title."""
        ascii_alone = normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
        wanted = re.sub(r"[^a-z0-9._]+" if dots else r"[^a-z0-9]+", "-", ascii_alone)[:48]
        own = wanted.strip("-._") or otherwise
        named = (own if number == 1 else f"{own}-{number}" for number in count(1))
        found = next(name for name in named if name not in self._taken)
        self._taken.add(found)
        return found


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
    names = _Names([*known, *(one.mattermost for one in known.values())])
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


def _person(one: Someone, name: str, known: Mapping[str, Person], home: str) -> str:
    if name in known:
        return f"  {_scalar(name)}: {{{_as_known(known[name])}}}\n"
    given = [("name", one.name or name), ("timezone", _own_zone(one.zone, home))]
    email = one.email if _ADDRESS.fullmatch(plain(one.email)) else ""
    given += [("email", email), ("jira", one.account)]
    return f"  {_scalar(name)}: {{{_flow(given)}}}\n"


def _own_zone(text: str, home: str) -> str:
    try:
        return text if text and text != home and zone(text) else ""
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
    contact = ", ".join(f"{{{_contact(one)}}}" for one in person.contact)
    return _flow(given) + (f", contact: [{contact}]" if contact else "")


def _contact(one: Contact) -> str:
    return _flow([("via", one.via), ("to", one.to), ("after", _duration(one.after))])


def _duration(length: timedelta) -> str:
    rest, parts = int(length.total_seconds()), []
    for seconds, unit in _UNITS:
        number, rest = divmod(rest, seconds)
        parts += [f"{number}{unit}"] if number else []
    return " ".join(parts) or "0s"


def _flow(given: Iterable[tuple[str, str | None]]) -> str:
    return ", ".join(f"{key}: {_value(key, text)}" for key, text in given if text)


def _value(key: str, text: str) -> str:
    return text if key == "timezone" else _scalar(text)


def _layered(layers: Iterable[Layer], home: str, people: Mapping[str, str]) -> Iterator[str]:
    yield f"    seats: [{SEAT}]\n"
    yield "    layers:                        # of those that are open the last counts\n"
    for layer in layers:
        first, *rest = _body(layer, home, people, "        ")
        yield f"      - {first.lstrip()}"
        yield from rest


def _body(layer: Layer, home: str, people: Mapping[str, str], indent: str) -> Iterator[str]:
    length = f"length: {layer.length}\n" if layer.length != 1 else ""
    yield f"{indent}type: {layer.unit}\n"
    if length:
        yield f"{indent}{length}"
    seconds = f":{layer.start:%S}" if layer.start.second else ""
    yield f'{indent}start: "{layer.start:%Y-%m-%d %H:%M}{seconds}"\n'
    if layer.zone.key != home:
        yield f"{indent}timezone: {layer.zone.key}\n"
    yield f"{indent}people: [{', '.join(_scalar(people[one]) for one in layer.people)}]\n"
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


def _scalar(given: str) -> str:
    text = plain(given)
    safe = _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT
    return text if safe else json.dumps(text, ensure_ascii=False)
