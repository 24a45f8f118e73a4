"""The stage of the demonstration: stand-ins, database and setflow's own doors, on loopback ports.

setflow is put together by `app.build` as for real duty, and talks to the stand-ins over HTTP with
its real client libraries.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from setflow import app, definitions, engine, resources, settings, views
from setflow.db import Db, Tx, transaction
from setflow.definitions import Configuration
from setflow.demo import looks
from setflow.demo.clock import SimulatedClock
from setflow.demo.doors import Bell, Door, Watched
from setflow.demo.phones import Phones
from setflow.errors import Refused
from setflow.sandbox.jira import JiraSandbox
from setflow.sandbox.mattermost import MattermostSandbox
from setflow.sandbox.opsgenie import OpsGenieSandbox

FILE = "set.yaml"
TEAM, BOT, TRIGGER = "northwind", "setflow", "set"
SUPPORT = ("sue.park", "Sue Park (support)")
GATEWAYS = ("sms", "phone")
FIRST = ("ana", "bo", "cy", "di", "mara", "eve", "fay", "gus", "hal", "max")
"""Who stands first in the page's list of people: those whom the story is about."""


class FarSides:
    """What setflow talks to, each on a port of its own; all share one clock.

    bell   rung when somebody changed something: chat, jira, opsgenie, or (web) called setflow
    doors  by name: chat, jira, opsgenie, phones, and what is still to be opened: setflow, page

    Raises SetflowError where `port`, that of the page, cannot be had.
    """

    def __init__(self, clock: SimulatedClock, port: int) -> None:
        self.bell = Bell()
        self.chat = MattermostSandbox(clock, changed=lambda: self.bell.ring("chat"))
        self.jira = JiraSandbox(clock, changed=lambda: self.bell.ring("jira"))
        self.opsgenie = OpsGenieSandbox(clock, changed=lambda: self.bell.ring("opsgenie"))
        self.phones = Phones(clock)
        names = ("chat", "jira", "opsgenie", "phones", "setflow")
        self.doors = {"page": Door(port), **{name: Door() for name in names}}
        self.chat.server.site_url = self.doors["page"].url

    def open(self) -> None:
        """Let the stand-ins answer."""
        self.doors["chat"].open(self.chat.app)
        self.doors["jira"].open(looks.with_issues(self.jira))
        self.doors["opsgenie"].open(looks.with_alerts(self.opsgenie))
        self.doors["phones"].open(self.phones.app)

    def close(self) -> None:
        """End all of it, whoever waits for an answer."""
        for door in self.doors.values():
            door.stop()
        for door in self.doors.values():
            door.close()


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that is running."""

    clock: SimulatedClock
    configuration: Configuration
    far: FarSides
    parts: app.Parts

    def account(self, person: str) -> str:
        """The Jira account of a person."""
        return self.configuration.people[person].jira or ""

    def username(self, person: str) -> str:
        """The Mattermost username of a person."""
        return self.configuration.people[person].mattermost


@contextmanager
def staged(clock: SimulatedClock, *, data: Path | None, port: int = 0) -> Iterator[Stage]:
    """The stage, set for the first scene; all of it is gone afterwards, but for `data`.

    data  where the database lies and stays; None for a folder that is removed
    port  of the page; 0 for a free one

    To be called from the main thread, with which the database's server ends. Raises SetflowError
    where the port cannot be had, Refused where `data` holds the database of a setflow in use.
    """
    app.prepare()
    with ExitStack() as stack:
        folder = data or stack.enter_context(_folder())
        configuration = read_configuration()
        far = FarSides(clock, port)
        stack.callback(far.close)
        far.open()
        given = settings.read(_environment(far, configuration), folder / "unset", data=folder)
        database = stack.enter_context(app.opened(given)).db
        parts = app.build(database, given, clock=clock, chance=Random(1))
        far.doors["setflow"].open(Watched(parts.web, far.bell, "web"))
        _apply(database, folder, now=clock())
        yield Stage(clock, configuration, far, parts)


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the database's own user can reach too, and that goes with what lies in it."""
    folder = Path(tempfile.mkdtemp(prefix="setflow-demo-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        elsewhere = folder / "elsewhere"
        if elsewhere.is_symlink():
            shutil.rmtree(elsewhere.readlink(), ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _apply(database: Db, folder: Path, *, now: datetime) -> None:
    with transaction(database) as tx:
        if views.in_force(tx, now=now):
            raise Refused(f"{folder} holds a setflow already; name a new folder with --data.")
        engine.apply(tx, _file(), by="shell", now=now)
        engine.handle(tx, _reached(tx, now), now=now)


def _reached(tx: Tx, now: datetime) -> list[object]:
    """That everybody's test pages have come, before the first scene."""
    return [
        engine.Reached(name, one.via, one.receiver, "code")
        for name in read_configuration().people
        for one in views.own_contacts(tx, name, now=now)
    ]


def _file() -> engine.File:
    folder = resources.folder("playbooks")
    books = {
        file.stem: (f"playbooks/{file.name}", file.read_text("utf-8"))
        for file in sorted(folder.glob("*.yaml"))
    }
    return engine.File(FILE, (resources.folder("examples") / FILE).read_text("utf-8"), books)


def read_configuration() -> Configuration:
    """The configuration that is played."""
    file = _file()
    return definitions.read(file.text, file.name, file.playbooks)


def _environment(far: FarSides, configuration: Configuration) -> Mapping[str, str]:
    """What setflow is told of the far sides, whose accounts are made by that."""
    url = {name: door.url for name, door in far.doors.items()}
    phones = url["phones"].replace("http://", "json://")
    hook_key = secrets.token_urlsafe()
    far.opsgenie.webhook_url = f"{url['setflow']}/hooks/opsgenie?key={hook_key}"
    return {
        "SETFLOW_LISTEN": url["setflow"].removeprefix("http://"),
        "SETFLOW_PUBLIC_URL": url["setflow"],
        "SETFLOW_SECRET": secrets.token_urlsafe(48),
        "SETFLOW_MATTERMOST_URL": url["chat"],
        "SETFLOW_MATTERMOST_TEAM": TEAM,
        "SETFLOW_MATTERMOST_TOKEN": _people(far, configuration),
        "SETFLOW_MATTERMOST_COMMAND_TOKEN": far.chat.add_command(
            TRIGGER, f"{url['setflow']}/hooks/mattermost/command"
        ),
        "SETFLOW_JIRA_URL": url["jira"],
        "SETFLOW_JIRA_USER": far.jira.user,
        "SETFLOW_JIRA_TOKEN": far.jira.token,
        "SETFLOW_OPSGENIE_URL": url["opsgenie"],
        "SETFLOW_OPSGENIE_KEY": far.opsgenie.desk.key,
        "SETFLOW_OPSGENIE_HOOK_KEY": hook_key,
        **{f"SETFLOW_NOTIFY_{name.upper()}": f"{phones}/{name}/{{to}}" for name in GATEWAYS},
    }


def _people(far: FarSides, configuration: Configuration) -> str:
    """Make everybody's accounts and the channels; the bot's token comes back."""
    chat, people = far.chat, configuration.people
    chat.add_team(TEAM, TEAM.capitalize())
    for name in dict.fromkeys((*FIRST, *people)):
        person = people[name]
        chat.add_user(person.mattermost, person.title)
        if person.jira:
            far.jira.add_user(person.jira, person.title, person.email or "")
    chat.add_user(*SUPPORT)
    token = chat.add_bot(BOT, BOT)
    everybody = [person.mattermost for person in people.values()]
    uses = [rotation.channel for rotation in configuration.rotations.values()]
    for use in dict.fromkeys((*uses, *configuration.channels)):
        if use:
            name = configuration.channels.get(use, use)
            title = " ".join(word.capitalize() for word in name.split("-"))
            chat.add_channel(TEAM, name, title)
            chat.join(name, BOT, SUPPORT[0], *everybody)
    for team in configuration.teams.values():
        if team.channel:
            chat.add_channel(TEAM, team.channel, team.title)
            members = dict.fromkeys((team.lead, *team.members))
            chat.join(team.channel, BOT, *(people[member].mattermost for member in members))
    return token


def at(text: str, configuration: Configuration) -> datetime:
    """An instant of the story, `2026-12-03 03:12` by the file's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=configuration.zone)
