"""A configuration file, read section by section, and each checked against the others."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import timedelta
from hashlib import sha256
from itertools import chain
from typing import TypeVar
from zoneinfo import ZoneInfo

from setflow import expression
from setflow.calendar import read_business_days, zone
from setflow.definitions.conditions import check_condition, check_timed
from setflow.definitions.values import Configuration
from setflow.document import Node, Reader, parse
from setflow.errors import ConfigError
from setflow.escalation.spec import (
    Ladder,
    MailSettings,
    Route,
    Source,
    Target,
    Window,
    read_ladder,
    read_mail,
    read_routes,
    read_sources,
    read_windows,
)
from setflow.escalation.spec.heartbeats import Heartbeat, read_heartbeats
from setflow.playbook.spec import Checks, Known, Playbook, read_playbook
from setflow.rotation.spec import Rotation, read_rotation
from setflow.rotation.spec.remote import OpsGenieSettings, read_opsgenie
from setflow.team import spec as team
from setflow.team.spec import Team
from setflow.ticket.spec import read_jira

VERSION = 1
_PAIR = ("primary", "backup")
_UTC = ZoneInfo("UTC")

T = TypeVar("T")

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
            mail=self.section("mail", self.read_mail, None),
            playbooks=self.playbooks,
            people=self.people,
            teams=self.teams,
            rotations={name: one for name, one in self.rotations.items() if one},
            ladders={name: one for name, one in self.ladders.items() if one},
            routes=self.section("routes", self.routes, ()),
            maintenance=self.section("maintenance", self.maintenance, ()),
            sources=self.section("sources", self.sources, {}),
            heartbeats=self.section("heartbeats", self.heartbeats, {}),
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

    def read_mail(self, node: Node) -> MailSettings:
        return read_mail(node, self.reader)

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
            check_condition=check_timed,
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
        return read_routes(node, self.reader, ladders=self.ladders, check_expression=check_timed)

    def sources(self, node: Node) -> Mapping[str, Source]:
        return read_sources(node, self.reader, check_value=expression.check_value)

    def heartbeats(self, node: Node) -> Mapping[str, Heartbeat]:
        return read_heartbeats(node, self.reader, ladders=self.ladders)

    def maintenance(self, node: Node) -> tuple[Window, ...]:
        return read_windows(
            node,
            self.reader,
            zone=self.zone,
            ladders=self.ladders,
            check_condition=check_condition,
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


def _digest(text: str, playbooks: Mapping[str, tuple[str, str]]) -> str:
    parts = [text, *chain.from_iterable((name, playbooks[name][1]) for name in sorted(playbooks))]
    return sha256("\0".join(parts).encode()).hexdigest()


def _said(length: timedelta) -> str:
    """As the file writes it: 1h 30m."""
    seconds = int(length.total_seconds())
    parts = [(seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    return " ".join(f"{count}{unit}" for count, unit in parts if count)
