"""A world that speaks: setflow whole, the stand-ins it talks to over real HTTP, a clock to move.

Only the test moves the clock. Whatever somebody does takes effect at once: what was pushed in is
worked, what is to be seen in a stand-in is pulled, what is due goes out.
"""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Self
from zoneinfo import ZoneInfo

import apprise
import requests
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from setflow import app, contacts, engine, outbox, settings, signature, ticker, views
from setflow.db import Db, Tx, transaction
from setflow.effects import MAIL, MATTERMOST, NOTIFY, OPSGENIE
from setflow.engine import File
from setflow.sandbox.jira import JiraSandbox
from setflow.sandbox.mattermost import MattermostSandbox
from setflow.sandbox.opsgenie import OpsGenieSandbox
from tests.acceptance.eyes import Person, Place
from tests.loopback import served

ROOT = Path(__file__).parents[2]
BERLIN = ZoneInfo("Europe/Berlin")
TEAM, BOT = "acme", "setflow"
OPS, SET = "setflow-ops", "sustained-engineering"
HOOK, API, SECRET = "hook-key-1234", "api-token-1234", "s" * 40
OPSGENIE_KEY = "opsgenie-key"
PEOPLE = ("ana", "bo", "cy", "di", "mara", "eve", "fay", "gus", "hal", "max")
"""Those of the configuration; sue is of support's and not in it, gil a guest."""
TZ = {"cy": "America/New_York", "di": "America/New_York", "gus": "America/New_York"}


def at(words: str) -> datetime:
    """The instant of a wall-clock time in Berlin, such as "2026-11-30 11:00"."""
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN).astimezone(UTC)


def people(*, contact: str = "") -> str:
    """The `people:` of a file; `contact` is what stands in ana's list of contact methods."""
    own = {"ana": f", contact: [{contact}]"} if contact else {}
    lines = [
        f"  {name}: {{name: {name.title()} Doe, mattermost: {name}, "
        f"timezone: {TZ.get(name, 'Europe/Berlin')}, email: {name}@example.com, "
        f'jira: "jira-{name}"{own.get(name, "")}}}'
        for name in PEOPLE
    ]
    return "people:\n" + "\n".join(lines)


def file(*, contact: str = "", opsgenie: str = "page", playbooks: str = "", more: str = "") -> str:
    """A configuration: two crews of two shifts, a ladder, routes; `playbooks` such as "a, b"."""
    return f"""
version: 1
timezone: Europe/Berlin
admins: [mara]
groups: {{dev-leads: [mara, max]}}
channels: {{operations: {OPS}}}
calendars: {{company: {{country: DE}}}}
jira: {{jql: 'Team = "Sustained Engineering"', team_field: Team, customer_field: Customer,
        level: {{field: Severity, values: {{L1: Critical, L2: Major, L3: Medium, L4: Low}}}}}}
opsgenie: {{mode: {opsgenie}}}
{f"playbooks: [{playbooks}]" if playbooks else ""}
{people(contact=contact)}
teams:
  server: {{title: Server, lead: mara, members: [ana, bo, cy, di]}}
  web: {{title: Web, lead: max, members: [eve, fay, gus, hal]}}
rotations:
  set:
    channel: {SET}
    cycle: {{start: "2026-11-30 08:00", weeks: 2, swap: weekly}}
    outside: lead
    shifts:
      emea: {{timezone: Europe/Berlin, hours: [{{from: "08:00", to: "20:00"}}]}}
      americas: {{timezone: America/New_York, hours: [{{from: "14:00", to: "02:00"}}]}}
    crews:
      - {{team: server, lead: mara, emea: [ana, bo], americas: [cy, di]}}
      - {{team: web, lead: max, emea: [eve, fay], americas: [gus, hal]}}
ladders:
  urgent:
    rounds: 1
    steps:
      - {{page: [set.primary], wait: 5m}}
      - {{page: [set.backup], wait: 5m}}
      - {{page: [set.lead], wait: 10m}}
    fallback: [person:max]
  calm: {{steps: [{{page: [set.primary], wait: 30m}}, {{page: [set.lead], wait: 1h}}]}}
routes:
  - {{source: prometheus, when: 'alert.priority in ["P4", "P5"]', ladder: calm}}
  - {{ladder: urgent}}
{more}
"""


def books() -> dict[str, tuple[str, str]]:
    """The product's own playbooks: name → file and text."""
    found = (ROOT / "playbooks").glob("*.yaml")
    return {path.stem: (f"playbooks/{path.name}", path.read_text()) for path in found}


def verify_all(tx: Tx, now: datetime) -> None:
    """All contact methods of the file in force, as if test pages had reached everybody."""
    here = views.in_force(tx, now=now)
    for person in here.configuration.people.values() if here else ():
        for one in person.contact:
            way = one.via, signature.receiver(one.via, one.to)
            contacts.hold(tx, person.name, way)
            contacts.save(tx, person.name, way, contacts.Known(verified=now))


class _Switch:
    """An ASGI app that hands on to whichever stands behind it now."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


class Street:
    """Addresses that stay the same from story to story, whatever stands behind them."""

    names = ("mattermost", "jira", "opsgenie", "web", "phones")

    def __init__(self) -> None:
        self.behind = {name: _Switch() for name in self.names}
        self.urls: dict[str, str] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with warnings.catch_warnings(action="ignore"):
            # Loads pgpy, which on Python before 3.13 still knows imghdr.
            apprise.Apprise.instantiate("json://localhost")
        for name, switch in self.behind.items():
            self.urls[name] = self._open.enter_context(served(switch))
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


class Phones:
    """A gateway for text messages and calls: what it took, and the status that it answers."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.status = 200
        self.app = Starlette(routes=[Route("/{via}/{to}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        body = await request.json()
        if self.status == 200:
            said = f"{body['title']}\n{body['message']}"
            self.taken.append((request.path_params["to"], said))
        return PlainTextResponse("", self.status)

    def heard(self, number: str) -> list[str]:
        """What a number was sent, oldest first."""
        return [said for to, said in self.taken if to == number]


class World:
    """All of setflow on `db`, and those around it, at `now`."""

    def __init__(
        self,
        db: Db,
        street: Street,
        *,
        now: str = "2026-11-30 11:00",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.db, self.street, self.now = db, street, at(now)
        self.chat = MattermostSandbox(self.clock)
        self.jira = JiraSandbox(self.clock)
        self.opsgenie = OpsGenieSandbox(self.clock)
        self.phones = Phones()
        self.text = ""
        self._people()
        self.opsgenie.desk.key = (environ or {}).get("SETFLOW_OPSGENIE_KEY", OPSGENIE_KEY)
        self.jira.token = (environ or {}).get("SETFLOW_JIRA_TOKEN", JiraSandbox.token)
        self.given = settings.read({**self.environ(), **(environ or {})}, Path("/nonexistent"))
        self.restart()
        stand_ins = (self.chat, self.jira, self.opsgenie)
        for name, stand_in in zip(Street.names, stand_ins, strict=False):
            street.behind[name].app = stand_in.app
        street.behind["phones"].app = self.phones.app

    def restart(self) -> None:
        """Setflow as a process that has just started."""
        self.parts = app.build(self.db, self.given, clock=self.clock, chance=Random(1))
        self.street.behind["web"].app = self.parts.web

    def clock(self) -> datetime:
        return self.now

    def environ(self) -> dict[str, str]:
        """The settings, as the environment says them."""
        urls = self.street.urls
        gateway = urls["phones"].replace("http://", "json://")
        return {
            "SETFLOW_PUBLIC_URL": urls["web"],
            "SETFLOW_SECRET": SECRET,
            "SETFLOW_MATTERMOST_URL": urls["mattermost"],
            "SETFLOW_MATTERMOST_TEAM": TEAM,
            "SETFLOW_MATTERMOST_TOKEN": self.bot_token,
            "SETFLOW_MATTERMOST_COMMAND_TOKEN": self.command_token,
            "SETFLOW_JIRA_URL": urls["jira"],
            "SETFLOW_JIRA_USER": JiraSandbox.user,
            "SETFLOW_JIRA_TOKEN": JiraSandbox.token,
            "SETFLOW_OPSGENIE_URL": urls["opsgenie"],
            "SETFLOW_OPSGENIE_KEY": self.opsgenie.desk.key,
            "SETFLOW_OPSGENIE_HOOK_KEY": "opsgenie-hook-key",
            "SETFLOW_HOOK_KEY_PROMETHEUS": HOOK,
            "SETFLOW_API_TOKEN": API,
            "SETFLOW_NOTIFY_SMS": f"{gateway}/sms/{{to}}",
            "SETFLOW_NOTIFY_PHONE": f"{gateway}/phone/{{to}}",
        }

    def _people(self) -> None:
        self.chat.add_team(TEAM)
        for name in (*PEOPLE, "sue"):
            self.chat.add_user(name, f"{name.title()} Doe")
            self.jira.add_user(f"jira-{name}", f"{name.title()} Doe", f"{name}@example.com")
        self.chat.add_user("gil", "Gil Guest", guest=True)
        self.bot_token = self.chat.add_bot(BOT)
        for name in (OPS, SET):
            self.chat.add_channel(TEAM, name, name)
            self.chat.join(name, *PEOPLE, "sue", "gil", BOT)
        self.command_token = self.chat.add_command(
            "set", self.street.urls["web"] + "/hooks/mattermost/command"
        )

    # What happens

    def apply(
        self, text: str | None = None, *, by: str = "shell", verified: bool = True
    ) -> engine.Applied:
        """Put a configuration into force, with the product's own playbooks beside it.

        verified  whether everybody's contact methods are known to reach them
        """
        self.text = file() if text is None else text
        with transaction(self.db) as tx:
            applied = engine.apply(tx, File("set.yaml", self.text, books()), by=by, now=self.now)
            if verified:
                verify_all(tx, self.now)
        self.settle()
        return applied

    def alert(self, title: str = "Checkout API down", **body: Any) -> requests.Response:
        """A monitor says that something fires (or, by `status`, is over), and it is worked."""
        answer = self.post_alert(title, **body)
        self.settle()
        return answer

    def post_alert(self, title: str = "Checkout API down", **body: Any) -> requests.Response:
        """The same, and no more than that."""
        body = {"key": title, "title": title, "priority": "P1", **body}
        headers = {"Authorization": f"Bearer {HOOK}"}
        return self.post("/hooks/alerts/prometheus", json=body, headers=headers)

    def post(self, path: str, **what: Any) -> requests.Response:
        """A request to setflow's own web."""
        return requests.post(self.street.urls["web"] + path, timeout=30, **what)

    def get(self, path: str, **what: Any) -> requests.Response:
        return requests.get(self.street.urls["web"] + path, timeout=30, **what)

    def api(self, path: str, **body: str) -> requests.Response:
        """A request to the API, with its token."""
        answer = self.post(f"/api{path}", json=body, headers={"Authorization": f"Bearer {API}"})
        self.settle()
        return answer

    def pass_time(self, *, until: str = "", **amount: float) -> None:
        """Let time go by: from one instant at which something is due to the next."""
        end = at(until) if until else self.now + timedelta(**amount)
        while (due := self._next_due()) is not None and due <= end:
            self.now = max(self.now, due)
            self.settle()
        self.now = max(self.now, end)
        self.settle()
        self.pull()

    def _next_due(self) -> datetime | None:
        with transaction(self.db) as tx:
            dues = [engine.next_due(tx), outbox.next_due(tx)]
        return min((due for due in dues if due), default=None)

    def stand_still(self, **amount: float) -> None:
        """Let time go by while setflow does not run."""
        self.now += timedelta(**amount)

    def settle(self) -> None:
        """Work what is due and deliver what waits, until nothing moves."""
        while ticker.tick(self.db, self.now) + self.deliver():
            pass

    def deliver(self) -> int:
        """Deliver what waits; how many tries that took."""
        count = 0
        while tried := self.parts.relay.work((MATTERMOST, NOTIFY, OPSGENIE, MAIL), limit=50):
            count += tried
        return count

    def pull(self, *sources: str) -> None:
        """Look at the far sides, and take in what is new there."""
        for source in sources or ("plugin", "chat", "jira", "opsgenie"):
            self.parts.puller.pull(source)
        self.settle()

    # Who and what is there

    def user(self, name: str) -> Person:
        return Person(self, name)

    def channel(self, name: str) -> Place:
        return Place(self, name)

    def header(self, name: str = SET) -> str:
        """What a channel's header says, without the marks around our part."""
        seen = self.chat.header(name)
        return "".join(char for char in seen if char.isprintable())

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of all that the bot posted, in order: one that comes twice was said twice."""
        entries = [one for one in self.chat.transcript if one.kind == "post"]
        return [one.key for one in entries if one.key.startswith(prefix)]

    def paged(self) -> list[str]:
        """Whom the bot paged in chat, in order."""
        return [key.split(":")[2] for key in self.keys("page:")]

    def rows(self, sql: str, **values: Any) -> Sequence[Any]:
        """What a question to the database finds."""
        with transaction(self.db) as tx:
            return tx.execute(text(sql), values).all()

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of one kind of event in the history, oldest first."""
        found = self.rows("select payload from history where kind = :kind order by id", kind=kind)
        return [row.payload for row in found]

    def dead(self) -> list[str]:
        return [row.key for row in self.rows("select key from outbox where dead_at is not null")]
