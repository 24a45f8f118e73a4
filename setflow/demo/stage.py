"""The stage of the demonstration: stand-ins, database and setflow's own doors, on loopback ports.

setflow is put together by `app.build` as for real duty, and talks to the stand-ins over HTTP with
its real client libraries.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from setflow import app, definitions, engine, resources, settings, views
from setflow.db import transaction
from setflow.definitions import Configuration
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


@dataclass
class Stage:
    """Everything that is running.

    bell  rung when somebody changed something: chat, jira, opsgenie, or (web) called setflow
    """

    clock: SimulatedClock
    configuration: Configuration
    chat: MattermostSandbox
    jira: JiraSandbox
    opsgenie: OpsGenieSandbox
    phones: Phones
    bell: Bell
    parts: app.Parts
    doors: dict[str, Door] = field(default_factory=dict)

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
    port  of the page; 0 for a free one. Raises SetflowError where that cannot be had.

    To be called from the main thread, with which the database's server ends.
    """
    app.prepare()
    with ExitStack() as stack:
        folder = data or stack.enter_context(_folder())
        names = ("chat", "jira", "opsgenie", "phones", "setflow")
        doors = {"page": Door(port), **{name: Door() for name in names}}
        for door in doors.values():
            stack.callback(door.close)
        bell = Bell()
        configuration = read_configuration()
        chat = MattermostSandbox(clock, changed=lambda: bell.ring("chat"))
        jira = JiraSandbox(clock, changed=lambda: bell.ring("jira"))
        opsgenie = OpsGenieSandbox(clock, changed=lambda: bell.ring("opsgenie"))
        phones = Phones(clock)
        for name, one in (("chat", chat), ("jira", jira), ("opsgenie", opsgenie)):
            doors[name].open(one.app)
        doors["phones"].open(phones.app)
        chat.server.site_url = doors["page"].url
        hook_key = secrets.token_urlsafe()
        token, command_token = _people(chat, jira, configuration, doors["setflow"].url)
        given = settings.read(
            {
                "SETFLOW_LISTEN": f"127.0.0.1:{doors['setflow'].port}",
                "SETFLOW_PUBLIC_URL": doors["setflow"].url,
                "SETFLOW_SECRET": secrets.token_urlsafe(48),
                "SETFLOW_MATTERMOST_URL": doors["chat"].url,
                "SETFLOW_MATTERMOST_TEAM": TEAM,
                "SETFLOW_MATTERMOST_TOKEN": token,
                "SETFLOW_MATTERMOST_COMMAND_TOKEN": command_token,
                "SETFLOW_JIRA_URL": doors["jira"].url,
                "SETFLOW_JIRA_USER": jira.user,
                "SETFLOW_JIRA_TOKEN": jira.token,
                "SETFLOW_OPSGENIE_URL": doors["opsgenie"].url,
                "SETFLOW_OPSGENIE_KEY": opsgenie.desk.key,
                "SETFLOW_OPSGENIE_HOOK_KEY": hook_key,
                **{
                    f"SETFLOW_NOTIFY_{name.upper()}": doors["phones"].url.replace("http", "json")
                    + f"/{name}/{{to}}"
                    for name in GATEWAYS
                },
            },
            folder / "no-settings",
            data=folder,
        )
        opsgenie.webhook_url = f"{doors['setflow'].url}/hooks/opsgenie?key={hook_key}"
        database = stack.enter_context(app.opened(given)).db
        parts = app.build(database, given, clock=clock, chance=Random(1))
        doors["setflow"].open(Watched(parts.web, bell, "web"))
        with transaction(database) as tx:
            if views.in_force(tx, now=clock()):
                raise Refused(f"{folder} holds a setflow already; name a new folder with --data.")
            engine.apply(tx, _file(), by="shell", now=clock())
        yield Stage(clock, configuration, chat, jira, opsgenie, phones, bell, parts, doors)


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


def _people(
    chat: MattermostSandbox, jira: JiraSandbox, configuration: Configuration, url: str
) -> tuple[str, str]:
    """Everybody's accounts, the channels, the slash command; the bot's token and the command's."""
    chat.add_team(TEAM, "Northwind")
    people = configuration.people
    for name in dict.fromkeys((*FIRST, *people)):
        person = people[name]
        chat.add_user(person.mattermost, person.title)
        jira.add_user(person.jira or "", person.title, person.email or "")
    chat.add_user(*SUPPORT)
    token = chat.add_bot(BOT, BOT)
    everybody = [person.mattermost for person in people.values()]
    main = configuration.channels
    for name in dict.fromkeys(
        (
            *(rotation.channel for rotation in configuration.rotations.values()),
            *main.values(),
        )
    ):
        if name:
            chat.add_channel(TEAM, name, _titled(name))
            chat.join(name, BOT, SUPPORT[0], *everybody)
    for team in configuration.teams.values():
        if team.channel:
            chat.add_channel(TEAM, team.channel, team.title)
            members = dict.fromkeys((team.lead, *team.members))
            chat.join(team.channel, BOT, *(people[member].mattermost for member in members))
    return token, chat.add_command(TRIGGER, f"{url}/hooks/mattermost/command")


def _titled(name: str) -> str:
    return " ".join(word.capitalize() for word in name.split("-"))


def at(text: str, configuration: Configuration) -> datetime:
    """An instant of the story, `2026-12-03 03:12` by the file's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=configuration.zone)
