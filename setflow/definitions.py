"""A configuration file, read and checked as a whole.

Each section is read by the slice that it belongs to; what one says of another is checked here. The
format is that of DESIGN.md, section 6.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import chain
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from setflow import expression
from setflow.calendar import WEEKDAYS, BusinessDays, read_business_days, zone
from setflow.document import Node, Reader, parse, suggestion
from setflow.errors import ConfigError
from setflow.escalation.spec import (
    Hold,
    Ladder,
    Route,
    Target,
    Window,
    read_ladder,
    read_routes,
    read_windows,
)
from setflow.playbook.spec import Checks, Known, Playbook, read_playbook
from setflow.rotation.spec import Rotation, read_rotation
from setflow.rotation.spec.remote import OpsGenieSettings, read_opsgenie
from setflow.team import spec as team
from setflow.team.spec import Person, Team
from setflow.ticket.spec import JiraSettings, read_jira

VERSION = 1
# What a route's condition may ask about.
ALERT = ("source", "key", "title", "priority", "details", "url")
# What a step's condition may ask about the time as well.
NOW = ("business", "workday", "holiday", "weekday", "hour", "minute")
BUSINESS_HOURS = range(9, 17)
"""The hours of a workday in which `now.business` holds, in the file's zone."""

_PAIR = ("primary", "backup")
_UTC = ZoneInfo("UTC")
_ASKED = re.compile(r"\b(alert|now)\.([A-Za-z_]\w*)")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration file without mistakes.

    zone       where instants are read and nobody says otherwise; UTC by default
    channels   use, such as operations, → the channel's name
    playbooks  those that the file names, by name
    text       the file as it was given; `digest` tells it and its playbooks from any other
    """

    version: int
    zone: ZoneInfo
    admins: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]
    channels: Mapping[str, str]
    calendars: Mapping[str, BusinessDays]
    jira: JiraSettings | None
    opsgenie: OpsGenieSettings | None
    playbooks: Mapping[str, Playbook]
    people: Mapping[str, Person]
    teams: Mapping[str, Team]
    rotations: Mapping[str, Rotation]
    ladders: Mapping[str, Ladder]
    routes: tuple[Route, ...]
    maintenance: tuple[Window, ...]
    text: str
    digest: str


_OWN = ("zone", "text", "digest")
_SECTIONS = ("timezone", *(one.name for one in fields(Configuration) if one.name not in _OWN))


def read(text: str, file: str, playbooks: Mapping[str, tuple[str, str]]) -> Configuration:
    """The configuration that `text` says.

    file       what messages call it
    playbooks  every one that there is, by name: its file and its text
    Raises ConfigError with all mistakes at once: those of the file, and of the playbooks it names.
    """
    reader = Reader()
    parts = reader.mapping(parse(text, file), _SECTIONS, required=("version", "people"))
    if "version" in parts and str(parts["version"].value) != str(VERSION):
        reader.fail(parts["version"], f"should be {VERSION}, the one that this setflow reads")
    if "people" not in parts:
        reader.finish()
    found = _Reading(reader, parts, playbooks).configuration(text)
    reader.finish()
    return found


def route(configuration: Configuration, source: str, alert: Mapping[str, Any]) -> Route | None:
    """The first route for an alert of `source`; None where the file has no routes.

    alert  what `ALERT` lists. A condition that cannot be answered, as of a detail that this alert
           does not have, does not hold.
    """
    for one in configuration.routes:
        if one.source in (None, source) and (one.when is None or _holds(one.when, alert)):
            return one
    return None


def passed_over(
    configuration: Configuration, ladder: Ladder, alert: Mapping[str, Any], now: datetime
) -> frozenset[int]:
    """The steps of a ladder, from 0, whose condition does not hold for `alert` at `now`.

    One that cannot be answered, as of a detail that this alert does not have, leaves the step in:
    rather page once too often.
    """
    numbered = [(number, step.when) for number, step in enumerate(ladder.steps) if step.when]
    facts = {"alert": alert, "now": _instant(configuration, now)}
    return frozenset(number for number, when in numbered if _fails(when, facts))


def holding(
    configuration: Configuration,
    windows: Iterable[Window],
    ladder: str,
    alert: Mapping[str, Any],
    now: datetime,
) -> Hold | None:
    """The maintenance in which an alert on `ladder` comes at `now`, the longest; None for none.

    windows  those of the file, and further ones
    A condition that cannot be answered does not hold, so that the alert pages.
    """
    open_now = [
        Hold(one.name, until)
        for one in windows
        if (until := one.until(now, configuration.zone))
        and one.source in (None, alert["source"])
        and (not one.ladders or ladder in one.ladders)
        and (one.when is None or _holds(one.when, alert))
    ]
    return max(open_now, key=lambda hold: hold.until, default=None)


def _instant(configuration: Configuration, now: datetime) -> dict[str, Any]:
    """What conditions may ask of an instant, by the file's zone and the company's calendar."""
    wall = now.astimezone(configuration.zone)
    days = configuration.calendars.get("company", BusinessDays(None, frozenset(), ""))
    workday = days.is_business_day(wall.date())
    return {
        "business": workday and wall.hour in BUSINESS_HOURS,
        "workday": workday,
        "holiday": bool(days.holiday(wall.date())),
        "weekday": WEEKDAYS[wall.weekday()],
        "hour": wall.hour,
        "minute": wall.minute,
    }


def _fails(when: str, facts: Mapping[str, Any]) -> bool:
    try:
        return not expression.evaluate(when, facts)
    except ValueError:
        return False


def differences(old: Configuration | None, new: Configuration) -> list[str]:
    """What `new` adds, removes and changes, in short sentences; none if nothing.

    old  None where nothing was applied before
    """
    said = []
    for word, section in _NAMED.items():
        before: Mapping[str, object] = getattr(old, section) if old else {}
        after: Mapping[str, object] = getattr(new, section)
        said += [f"{word} {name} is added" for name in after if name not in before]
        said += [f"{word} {name} is removed" for name in before if name not in after]
        said += [
            f"{word} {name} is changed{_changed(before[name], after[name])}"
            for name in after
            if name in before and before[name] != after[name]
        ]
    for words, name in _WHOLE.items():
        if old and getattr(old, name) != getattr(new, name):
            said.append(f"{words} changed")
    return said


_NAMED = {
    "Person": "people",
    "Team": "teams",
    "Group": "groups",
    "Rotation": "rotations",
    "Ladder": "ladders",
    "Playbook": "playbooks",
    "Calendar": "calendars",
    "Channel": "channels",
}
_WHOLE = {
    "The time zone is": "zone",
    "The admins are": "admins",
    "The routes are": "routes",
    "The maintenance windows are": "maintenance",
    "The Jira settings are": "jira",
    "The OpsGenie settings are": "opsgenie",
}


def _changed(before: object, after: object) -> str:
    """Which fields, where people know them by the same names."""
    if not isinstance(after, Person | Team | Ladder):
        return ""
    names = [one.name for one in fields(after)]
    return f": {', '.join(n for n in names if getattr(before, n) != getattr(after, n))}"


def _holds(when: str, alert: Mapping[str, Any]) -> bool:
    try:
        return expression.evaluate(when, {"alert": alert})
    except ValueError:
        return False


class _Reading:
    """One reading: sections in the order in which they need one another's names."""

    def __init__(
        self, reader: Reader, parts: Mapping[str, Node], files: Mapping[str, tuple[str, str]]
    ) -> None:
        self.reader, self.parts, self.files = reader, parts, files
        self.zone = self.section("timezone", lambda node: reader.parsed(node, zone, _UTC), _UTC)
        self.people = team.read_people(parts["people"], reader)
        self.teams: Mapping[str, Team] = self.section("teams", self.read_teams, {})
        self.groups: Mapping[str, tuple[str, ...]] = self.section("groups", self.read_groups, {})
        self.calendars = {
            name: read_business_days(part, reader)
            for name, part in self.entries("calendars").items()
        }
        self.check_calendars()
        self.rotations = {name: self.rotation(name) for name in self.entries("rotations")}
        self.channels = {
            name: team.read_channel(part, reader) for name, part in self.entries("channels").items()
        }
        self.named_seats, self.named_channels = self.seats(), self.channel_names()
        self.playbooks: Mapping[str, Playbook] = self.section("playbooks", self.read_playbooks, {})
        self.slow: dict[tuple[str, str], str] = {}
        self.ladders = {name: self.ladder(name) for name in self.entries("ladders")}
        self.check_contacts()

    def configuration(self, text: str) -> Configuration:
        """What was read; of use only where nothing was noted."""
        return Configuration(
            version=VERSION,
            zone=self.zone,
            admins=self.section("admins", self.admins, ()),
            groups=self.groups,
            channels=self.channels,
            calendars=self.calendars,
            jira=self.section("jira", lambda node: read_jira(node, self.reader), None),
            opsgenie=self.section("opsgenie", self.read_opsgenie, None),
            playbooks=self.playbooks,
            people=self.people,
            teams=self.teams,
            rotations={name: one for name, one in self.rotations.items() if one},
            ladders={name: one for name, one in self.ladders.items() if one},
            routes=self.section("routes", self.routes, ()),
            maintenance=self.section("maintenance", self.maintenance, ()),
            text=text,
            digest=_digest(text, {name: self.files[name] for name in self.playbooks}),
        )

    def section(self, name: str, read: Callable[[Node], T], otherwise: T) -> T:
        return read(self.parts[name]) if name in self.parts else otherwise

    def entries(self, name: str) -> Mapping[str, Node]:
        return self.section(name, self.reader.mapping, {})

    def admins(self, node: Node) -> tuple[str, ...]:
        return team.read_names(node, self.reader, self.people)

    def read_teams(self, node: Node) -> Mapping[str, Team]:
        return team.read_teams(node, self.reader, people=self.people)

    def read_groups(self, node: Node) -> Mapping[str, tuple[str, ...]]:
        return team.read_groups(node, self.reader, people=self.people)

    def read_opsgenie(self, node: Node) -> OpsGenieSettings:
        return read_opsgenie(node, self.reader, seats=self.named_seats)

    def rotation(self, name: str) -> Rotation | None:
        node = self.entries("rotations")[name]
        if isinstance(node.value, Mapping) and "channel" in node.value:
            team.read_channel(node.value["channel"], self.reader)
        return read_rotation(
            name, node, self.reader, people=self.people, teams=self.teams, zone=self.zone
        )

    def seats(self) -> dict[str, str]:
        """What a bare name may say, and of which rotation it is.

        For a rotation with mistakes it is guessed, so that they make none in its ladders.
        """
        found: dict[str, str] = {}
        for name, node in self.entries("rotations").items():
            rotation = self.rotations[name]
            targets = rotation.targets() if rotation else _likely_targets(name, node)
            found |= dict.fromkeys(targets, name)
        return found

    def channel_names(self) -> set[str]:
        """What a channel may be called: the uses of channels, and the channels that are named."""
        own = {one.channel for one in self.teams.values()}
        for node in self.entries("rotations").values():
            if isinstance(node.value, Mapping) and "channel" in node.value:
                own.add(str(node.value["channel"].value))
        return {*self.channels, *self.channels.values(), *filter(None, own)}

    def ladder(self, name: str) -> Ladder | None:
        node = self.entries("ladders")[name]
        team.check_name(node, name, self.reader)
        ladder = read_ladder(
            name,
            node,
            self.reader,
            seats=self.named_seats,
            people=self.people,
            groups=self.groups,
            teams=self.teams,
            channels=self.named_channels,
            check_condition=_check_step,
        )
        seats = [one.name for one in ladder.targets() if one.kind == "seat"] if ladder else []
        if ladder and all(self.rotations[self.named_seats[seat]] for seat in seats):
            self.check_ladder(node, ladder)
        return ladder

    def check_ladder(self, node: Node, ladder: Ladder) -> None:
        people = {person for target in ladder.targets() for person in self.people_of(target)}
        if len(people) < 2:
            whom = f"only {people.pop()}" if people else "nobody"
            two = "a ladder needs two people at least, so add another to its steps"
            self.reader.fail(node, f"can page {whom}; {two}")
        for number, step in enumerate(ladder.steps, 1):
            where = f'step {number} of ladder "{ladder.name}", which waits {_said(step.wait)}'
            for person in {person for target in step.targets for person in self.people_of(target)}:
                for contact in self.people[person].contact:
                    if contact.after >= step.wait:
                        self.slow.setdefault((person, contact.via), where)

    def check_contacts(self) -> None:
        for (person, via), where in self.slow.items():
            entry = self.reader.mapping(self.parts["people"])[person]
            for part in self.reader.items(self.reader.mapping(entry)["contact"]):
                keys = self.reader.mapping(part)
                if "after" in keys and "via" in keys and keys["via"].value == via:
                    self.reader.fail(keys["after"], f"should come before the end of {where}")

    def check_calendars(self) -> None:
        for node in self.reader.mapping(self.parts["people"]).values():
            keys = node.value if isinstance(node.value, Mapping) else {}
            if "calendar" in keys:
                self.reader.name(keys["calendar"], self.calendars, "calendars")

    def people_of(self, target: Target) -> tuple[str, ...]:
        """Everybody whom a ladder's target can ever mean; a name with a mistake is left out."""
        people: Iterable[str] = ()
        match target.kind:
            case "person":
                people = (target.name,)
            case "group":
                people = self.groups[target.name]
            case "team":
                people = self.teams[target.name].people
            case "seat":
                rotation = self.rotations[self.named_seats[target.name]]
                people = _people_of(rotation, target.name) if rotation else ()
        return tuple(filter(None, people))

    def routes(self, node: Node) -> tuple[Route, ...]:
        return read_routes(
            node, self.reader, ladders=self.ladders, check_expression=_check_condition
        )

    def maintenance(self, node: Node) -> tuple[Window, ...]:
        return read_windows(
            node,
            self.reader,
            zone=self.zone,
            ladders=self.ladders,
            check_condition=_check_condition,
        )

    def read_playbooks(self, node: Node) -> Mapping[str, Playbook]:
        found: dict[str, Playbook] = {}
        for part in self.reader.items(node):
            name = self.reader.name(part, self.files, "playbooks")
            if name in found:
                self.reader.fail(part, f'"{name}" is given twice')
            playbook = self.playbook(name) if name else None
            if playbook:
                found[name] = playbook
        return found

    def playbook(self, name: str) -> Playbook | None:
        file, text = self.files[name]
        try:
            root = parse(text, file)
        except ConfigError as error:
            self.reader.problems += error.problems
            return None
        known = Known(
            seats=self.named_seats,
            rotations=self.rotations,
            people=self.people,
            groups=self.groups,
            channels=self.named_channels,
            calendars=self.calendars,
        )
        checks = Checks(known, expression.check, expression.check_template)
        playbook = read_playbook(root, self.reader, version=_digest(text, {}), checks=checks)
        if playbook and playbook.name not in ("", name):
            place = self.reader.mapping(root)["playbook"]
            self.reader.fail(place, f'should be "{name}", like its file')
        return playbook


def _people_of(rotation: Rotation, target: str) -> Iterator[str]:
    """Everybody who can be on what `target` names of `rotation`, or answers outside its hours."""
    seats = [one for one in rotation.seats if target in (rotation.name, *one.names)]
    # Of a crew, one shift named by itself has nobody outside its hours.
    if seats and rotation.outside and not (rotation.kind == "crew" and rotation.seat(target)):
        seats += [one for one in rotation.seats if one.name == rotation.outside]
        if rotation.outside.startswith("person:"):
            yield rotation.outside.removeprefix("person:")
    for order in (order for seat in seats for layer in seat.layers for order in layer.orders):
        yield from order.people


def _likely_targets(name: str, node: Node) -> list[str]:
    parts = node.value if isinstance(node.value, Mapping) else {}
    seats = ["lead", *_PAIR] if "crews" in parts else []
    if "seats" in parts and isinstance(parts["seats"].value, tuple):
        seats += [str(part.value) for part in parts["seats"].value]
    if "shifts" in parts and isinstance(parts["shifts"].value, Mapping):
        seats += [f"{shift}.{role}" for shift in parts["shifts"].value for role in _PAIR]
    return [name, *(f"{name}.{seat}" for seat in seats)]


def _check_condition(text: str) -> None:
    """Nothing, if `text` is a route's condition; raises ValueError for one that never holds."""
    expression.check(text, ("alert",))
    _check_asked(text, {"alert": ALERT})


def _check_step(text: str) -> None:
    """Nothing, if `text` is a step's condition; raises ValueError for one that never holds."""
    expression.check(text, ("alert", "now"))
    _check_asked(text, {"alert": ALERT, "now": NOW})


def _check_asked(text: str, known: Mapping[str, Collection[str]]) -> None:
    for of, asked in _ASKED.findall(text):
        if asked not in known.get(of, (asked,)):
            hint = suggestion(asked, known[of]) or f"; it has {', '.join(known[of])}"
            whose = "alerts do" if of == "alert" else "an instant does"
            raise ValueError(f'asks for "{of}.{asked}", which {whose} not have{hint}')


def _digest(text: str, playbooks: Mapping[str, tuple[str, str]]) -> str:
    parts = [text, *chain.from_iterable((name, playbooks[name][1]) for name in sorted(playbooks))]
    return sha256("\0".join(parts).encode()).hexdigest()


def _said(length: timedelta) -> str:
    """As the file writes it: 1h 30m."""
    seconds = int(length.total_seconds())
    parts = [(seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)
