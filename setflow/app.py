"""Puts the parts together and keeps them going: threads, signals, the clock.

The one module that reads real time. APScheduler is the metronome: it says when to look again; what
is due stands in the tables. A NOTIFY from the database says it sooner.
"""

import logging
import os
import signal
import socket
import sys
import threading
import time
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from types import FrameType
from typing import Any

import structlog
import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler
from fastapi import FastAPI

from setflow import db, engine, puller, relay, settings, signature, ticker, views
from setflow.adapters.jira import Jira
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.notify import Notify
from setflow.adapters.opsgenie import OpsGenie
from setflow.db import DatabaseGone, Db, transaction
from setflow.effects import MATTERMOST, NOTIFY, OPSGENIE
from setflow.embedded import Embedded
from setflow.errors import DeliveryError
from setflow.relay import senders
from setflow.settings import Settings
from setflow.web import auth, server

log = logging.getLogger(__name__)

PROCESS_VERSION = 1
"""Counts up when a process of before could not work what one of now writes."""
FURTHEST_CLOCK = timedelta(seconds=2)
POLL = timedelta(seconds=5)
PULLS = {"jira": 30, "opsgenie": 30, "chat": 5, "plugin": 60}
RELAYS = {MATTERMOST: 4, NOTIFY: 2, OPSGENIE: 1}
MEMBERSHIP_SECONDS = 60.0
LONGEST_STOP_SECONDS = 15.0
"""Longer than one delivery. What is cut off is tried again: its lease ends."""

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the one place


def prepare() -> None:
    """What every process does first: one source of time zones, the pinned one."""
    zoneinfo.reset_tzpath(to=())


@dataclass
class Parts:
    """One process's doors, put together.

    problems  what this process knows to be wrong with itself, by part: sentences
    news      by source, what is called when a hook says that there is something to pull
    """

    db: Db
    clock: Clock
    relay: relay.Relay
    puller: puller.Puller
    web: FastAPI
    mattermost: Mattermost | None
    problems: dict[str, str] = field(default_factory=dict)
    news: dict[str, Callable[[], None]] = field(default_factory=dict)


def build(database: Db, given: Settings, *, clock: Clock, chance: Random) -> Parts:
    """The doors on a database. Nothing runs yet, and nobody is called."""
    secret = settings.signing_key(given).get_secret_value().encode()
    chat = given.mattermost
    mattermost = Mattermost(chat.url, chat.token.get_secret_value(), chat.team) if chat else None
    opsgenie = (
        OpsGenie(given.opsgenie.url, given.opsgenie.key.get_secret_value())
        if given.opsgenie
        else None
    )
    problems: dict[str, str] = {}
    news: dict[str, Callable[[], None]] = {}
    by_system: dict[str, relay.Sender] = {}
    if mattermost:
        by_system[MATTERMOST] = senders.Chat(
            mattermost,
            operations=partial(_channel, database, clock),
            sign=partial(signature.sign, secret),
            callback_url=given.public_url,
        )
    if given.notify:
        gateways = {name: address.get_secret_value() for name, address in given.notify.items()}
        by_system[NOTIFY] = senders.Phone(Notify(gateways))
    if opsgenie:
        by_system[OPSGENIE] = senders.Mirror(opsgenie)
    doors = server.Doors(
        database,
        _keys(given, secret),
        look_up=_LookUp(mattermost),
        clock=clock,
        alive=lambda: list(problems.values()),
        hint=lambda source: news.get(source, _nobody)(),
    )
    return Parts(
        database,
        clock,
        relay.Relay(database, by_system, clock=clock, chance=chance),
        puller.Puller(
            database,
            process=process_name(),
            clock=clock,
            jira=_JiraOf(database, given, clock),
            opsgenie=opsgenie,
            mattermost=mattermost,
        ),
        server.build(doors),
        mattermost,
        problems,
        news,
    )


def _nobody() -> None:
    """A hint that nobody waits for: the next pull finds what it is about."""


def process_name() -> str:
    """This process as others see it, such as `host:4711`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _channel(database: Db, clock: Clock) -> str:
    with transaction(database) as tx:
        return views.channel_name(tx, "operations", now=clock())


def _keys(given: Settings, secret: bytes) -> auth.Keys:
    return auth.Keys(
        secret,
        command_token=given.mattermost.command_token.get_secret_value() if given.mattermost else "",
        api_token=given.api_token.get_secret_value() if given.api_token else "",
        hook_keys={name: key.get_secret_value() for name, key in given.hook_keys.items()},
        opsgenie=given.opsgenie.hook_key.get_secret_value() if given.opsgenie else "",
    )


class _LookUp:
    """Who a Mattermost user is, asked again after a minute; the last answer while it is down."""

    def __init__(self, mattermost: Mattermost | None) -> None:
        self.mattermost = mattermost
        self._known: dict[str, tuple[float, auth.ChatUser]] = {}

    def __call__(self, user_id: str) -> auth.ChatUser | None:
        moment = threading.TIMEOUT_MAX if self.mattermost is None else _seconds()
        at, known = self._known.get(user_id, (0.0, None))
        if self.mattermost is None or (known and moment - at < MEMBERSHIP_SECONDS):
            return known
        try:
            user = self.mattermost.user(user_id)
            member = not user.deleted and self.mattermost.is_team_member(user_id)
        except DeliveryError as error:
            log.warning("could not look up a user: %s", error)
            return known
        if len(self._known) > 10_000:
            self._known.clear()
        found = auth.ChatUser(user_id, user.username, guest=user.guest, member=member)
        self._known[user_id] = (moment, found)
        return found


def _seconds() -> float:
    return real_clock().timestamp()


class _JiraOf:
    """The Jira client for the configuration in force; none where either is not set up."""

    def __init__(self, database: Db, given: Settings, clock: Clock) -> None:
        self.database, self.given, self.clock = database, given.jira, clock
        self._made: tuple[str, Jira] | None = None

    def __call__(self) -> Jira | None:
        if self.given is None:
            return None
        with transaction(self.database) as tx:
            here = views.in_force(tx, now=self.clock())
        if here is None or here.configuration.jira is None:
            return None
        if self._made is None or self._made[0] != here.configuration.digest:
            made = Jira(
                self.given.url,
                self.given.user,
                token=self.given.token.get_secret_value(),
                settings=here.configuration.jira,
            )
            self._made = (here.configuration.digest, made)
        return self._made[1]


@dataclass(frozen=True, slots=True)
class Opened:
    """A database that is migrated and ready.

    address   where it is, with its password; for tools of PostgreSQL's own
    embedded  the server, where it is ours to keep up
    """

    db: Db
    address: str
    embedded: Embedded | None


@contextmanager
def opened(given: Settings, *, migrate: bool = True) -> Iterator[Opened]:
    """The database, migrated if asked: the one that is set, else the embedded one, started."""
    embedded = None
    if given.database_url is None:
        embedded = Embedded(given.data)
        embedded.start()
    set_url = given.database_url.get_secret_value() if given.database_url else ""
    url = embedded.url if embedded else set_url
    database = db.connect(url, password_command=given.password_command)
    try:
        if migrate:
            db.migrate(database)
        yield Opened(database, url, embedded)
    finally:
        database.dispose()
        if embedded:
            embedded.stop()


class Loop:
    """A thread that works whenever it is poked, until there is no more to do."""

    def __init__(self, name: str, work: Callable[[], int], problems: dict[str, str]) -> None:
        self.name, self.work, self.problems = name, work, problems
        self._poked, self._stopped = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, with one look at what there is."""
        self._thread.start()
        self.poke()

    def poke(self, *_: object) -> None:
        """Look again."""
        self._poked.set()

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self._stopped.set()
        self._poked.set()

    def join(self, seconds: float) -> None:
        """Wait until what was under way has ended, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            self._poked.wait()
            self._poked.clear()
            if self._stopped.is_set():
                return
            self._work()

    def _work(self) -> None:
        try:
            while self.work() and not self._stopped.is_set():
                pass
            self.problems.pop(self.name, None)
        except DatabaseGone as error:
            self.problems[self.name] = "The database does not answer."
            log.warning("the database does not answer: %s", error)
        except Exception:
            # The door: a bug is logged and seen in /healthz, and the next poke tries again.
            self.problems[self.name] = f"{self.name} failed; see the log."
            log.exception("%s failed", self.name)


class Service:
    """Everything of one process that runs: loops, the metronome, the listener, the web."""

    def __init__(self, parts: Parts, given: Settings) -> None:
        self.parts, self.given = parts, given
        self.metronome = BackgroundScheduler(timezone=UTC)
        self.stopping = threading.Event()
        self.ticks = Loop("ticker", self._tick, parts.problems)
        self.relays = {
            system: self._chain(system, count)
            for system, count in RELAYS.items()
            if system in parts.relay.senders
        }
        self.skipper = Loop("relay others", self._relay_others, parts.problems)
        self.pulls = {
            source: Loop(f"pull {source}", partial(self._pull, source), parts.problems)
            for source in parts.puller.sources()
        }
        parts.news.update({source: loop.poke for source, loop in self.pulls.items()})
        config = uvicorn.Config(
            parts.web,
            host=given.host,
            port=given.port,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,
        )
        self.web = uvicorn.Server(config)
        self._web_thread = threading.Thread(target=self.web.run, name="web", daemon=True)
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)
        self._may_tick = False

    def start(self) -> None:
        """Run; returns once the web door is open or has failed to open."""
        log.info("starting", extra={"listen": f"{self.given.host}:{self.given.port}"})
        self._web_thread.start()
        for loop in self._loops():
            loop.start()
        seconds = POLL.total_seconds()
        self.metronome.add_job(self.ticks.poke, "interval", seconds=1)
        for loop in (*(loops[0] for loops in self.relays.values()), self.skipper):
            self.metronome.add_job(loop.poke, "interval", seconds=1)
        for source, loop in self.pulls.items():
            self.metronome.add_job(loop.poke, "interval", seconds=PULLS[source])
        self.metronome.add_job(self._check, "interval", seconds=seconds, next_run_time=real_clock())
        self.metronome.start()
        self._listener.start()
        while self._web_thread.is_alive() and not self.web.started:
            self._web_thread.join(0.005)

    def stop(self) -> None:
        """End what is under way, and stop."""
        self.stopping.set()
        self.metronome.shutdown(wait=False)
        self.web.should_exit = True
        for loop in self._loops():
            loop.stop()
        end = time.monotonic() + LONGEST_STOP_SECONDS
        for loop in self._loops():
            loop.join(max(end - time.monotonic(), 0.0))
        self._listener.join(5)
        self._web_thread.join(10)
        with suppress(DatabaseGone), transaction(self.parts.db) as tx:
            engine.leave(tx, process_name())

    def _loops(self) -> tuple[Loop, ...]:
        relays = (loop for loops in self.relays.values() for loop in loops)
        return (self.ticks, self.skipper, *relays, *self.pulls.values())

    def _chain(self, system: str, count: int) -> list[Loop]:
        """Loops that deliver for a system: one that finds something to do wakes the next."""
        loops: list[Loop] = []
        for number in reversed(range(count)):
            busy = loops[0].poke if loops else lambda: None
            work = partial(self.parts.relay.work, (system,), busy=busy)
            loops.insert(0, Loop(f"relay {system} {number}", work, self.parts.problems))
        return loops

    def _tick(self) -> int:
        if not self._may_tick:
            return 0
        return ticker.tick(self.parts.db, self.parts.clock())

    def _poke_relays(self) -> None:
        for first, *_ in self.relays.values():
            first.poke()

    def _relay_others(self) -> int:
        others = tuple(system for system in RELAYS if system not in self.parts.relay.senders)
        return self.parts.relay.work(others, limit=50) if others else 0

    def _pull(self, source: str) -> int:
        self.parts.puller.pull(source)
        return 0

    def _listen(self) -> None:
        pokes = {db.DELIVERIES_WAIT: self.ticks.poke, db.EFFECTS_WAIT: self._poke_relays}
        past_pooler = self.given.listen_url
        at: Db | str = past_pooler.get_secret_value() if past_pooler else self.parts.db
        db.listen(at, tuple(pokes), self.stopping, wake=lambda channel: pokes[channel]())

    def _check(self) -> None:
        """Whether we may tick: our clock agrees with the database's, our version is not too old."""
        try:
            offset = db.clock_offset(self.parts.db, self.parts.clock)
            with transaction(self.parts.db) as tx:
                oldest = engine.report(tx, process_name(), PROCESS_VERSION, now=self.parts.clock())
        except DatabaseGone:
            return
        reasons = {}
        if abs(offset) > FURTHEST_CLOCK.total_seconds():
            reasons["clock"] = f"The clock here is {offset:+.1f} s off the database's: no ticks."
        if oldest > PROCESS_VERSION:
            reasons["version"] = "This process is too old for the database: no ticks. Update it."
        for name in ("clock", "version"):
            if name in reasons and name not in self.parts.problems:
                log.error(reasons[name])
                self._warn(name, reasons[name])
            self.parts.problems.pop(name, None)
        self.parts.problems |= reasons
        self._may_tick = not reasons
        self.ticks.poke()

    def _warn(self, name: str, what: str) -> None:
        with transaction(self.parts.db) as tx:
            engine.warn(tx, what, f"{name}:{process_name()}", now=self.parts.clock())


def serve(given: Settings) -> int:
    """Run until SIGTERM or SIGINT; returns an exit code. To be called from the main thread."""
    prepare()
    configure_logging()
    stopped = threading.Event()

    def on_signal(number: int, _: FrameType | None) -> None:
        log.info("stopping on %s", signal.Signals(number).name)
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    with opened(given) as house:
        parts = build(house.db, given, clock=real_clock, chance=Random())
        service = Service(parts, given)
        service.start()
        if not service.web.started:
            log.error("cannot listen on %s:%s; is it in use?", given.host, given.port)
            return 1
        log.info("ready", extra={"public_url": given.public_url})
        while not stopped.wait(1):
            if house.embedded and house.embedded.ensure():
                house.db.dispose()
        service.stop()
    return 0


def configure_logging() -> None:
    """One line of JSON an event on standard error; readable lines where that is a terminal."""
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    last = (
        structlog.dev.ConsoleRenderer()
        if sys.stderr.isatty()
        else structlog.processors.JSONRenderer()
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, last],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # Theirs would quote addresses and bodies, or tell what ours say already.
    for noisy in ("apscheduler", "mattermostdriver", "urllib3", "apprise", "alembic"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
