"""Everything of one process that runs: loops, the metronome, the listener, the web.

APScheduler is the metronome: it says when to look again; what is due stands in the tables. A NOTIFY
from the database says it sooner.
"""

import logging
import ssl
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING

import uvicorn
from apscheduler.schedulers.background import BackgroundScheduler

from setflow import db, engine, ticker
from setflow.app.family import Ends, Hearing, Telling
from setflow.app.parts import Parts, process_name
from setflow.app.upkeep import Upkeep
from setflow.db import DatabaseGone, Db, DiskFull, transaction
from setflow.effects import MAIL, MATTERMOST, NOTIFY, OPSGENIE
from setflow.settings import Settings
from setflow.web.limits import Prompt

if TYPE_CHECKING:
    from setflow.mailroom.listener import Mailroom

log = logging.getLogger(__name__)

PROCESS_VERSION = 2
"""Counts up when a process of before could not work what one of now writes."""
POLL = timedelta(seconds=5)
PULLS = {
    "jira": 30,
    "opsgenie": 30,
    "chat": 5,
    "plugin": 60,
    "people": 3600,
    "absences": 60,
    "schedules": 3600,
    "shadow": 300,
}
RELAYS = {MATTERMOST: 4, NOTIFY: 2, OPSGENIE: 1, MAIL: 1}
START = "This process has not compared its clock with the database's yet."
GONE_SECONDS = 1.0
"""After which a database that did not answer is asked again."""
WEB, WORK = "web", "work"
"""What a process is for: to answer and to pull, or to decide and to deliver."""
LONGEST_STOP_SECONDS = 15.0
"""Longer than one delivery. What is cut off is tried again: its lease ends."""


class Loop:
    """A thread that works whenever it is poked, until there is no more to do."""

    def __init__(self, name: str, work: Callable[[], int], problems: dict[str, str]) -> None:
        self.name, self.work, self.problems = name, work, problems
        self._poked, self._stopped = threading.Event(), threading.Event()
        self._patience: float | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin, with one look at what there is."""
        self._thread.start()
        self.poke()

    def poke(self, *_: object) -> None:
        """Look again."""
        self._poked.set()

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Begin nothing more; what is under way goes on."""
        self._stopped.set()
        self._poked.set()

    def join(self, seconds: float) -> None:
        """Wait until what was under way has ended, at most so long."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while True:
            self._poked.wait(self._patience)
            self._poked.clear()
            if self._stopped.is_set():
                return
            self._work()

    def _work(self) -> None:
        try:
            while self.work() and not self._stopped.is_set():
                pass
            self.problems.pop(self.name, None)
            self._patience = None
        except DatabaseGone as error:
            # Some are poked once an hour.
            self._patience = GONE_SECONDS
            full = isinstance(error, DiskFull)
            self.problems[self.name] = str(error) if full else "The database does not answer."
            log.warning("the database does not answer: %s", error)
        except Exception:
            # The door: a bug is logged and seen in /healthz, and the next poke tries again.
            self.problems[self.name] = f"{self.name} failed; see the log."
            log.exception("%s failed", self.name)


class Service:
    """Everything of one process that runs: loops, the metronome, the listener, the web.

    purposes  what it is for; both, where it is alone
    ends      where the one process hears of the other
    """

    def __init__(
        self,
        parts: Parts,
        given: Settings,
        *,
        purposes: Collection[str] = (WEB, WORK),
        ends: Ends | None = None,
    ) -> None:
        self.parts, self.given, self.purposes = parts, given, purposes
        self.telling = Telling(parts, ends) if ends and WORK in purposes else None
        self.hearing = Hearing(parts, ends) if ends and WEB in purposes else None
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
        self._may_tick = False
        self.upkeep = self._upkeep()
        if WORK in purposes:
            parts.problems["start"] = START
        parts.news.update({source: loop.poke for source, loop in self.pulls.items()})
        config = uvicorn.Config(
            parts.web,
            host=given.host,
            port=given.port,
            log_config=None,
            access_log=False,
            http=Prompt,
            timeout_graceful_shutdown=5,
        )
        self.web = uvicorn.Server(config)
        self._web_thread = threading.Thread(target=self.web.run, name="web", daemon=True)
        self.mailroom: Mailroom | None = None
        self._listener = threading.Thread(target=self._listen, name="listener", daemon=True)

    def start(self) -> None:
        """Run; returns once the web door is open or has failed to open."""
        log.info("starting", extra={"listen": f"{self.given.host}:{self.given.port}"})
        # Whoever finds the door open finds a process that is known and ticks.
        look = self._check if WORK in self.purposes else self._keep_time
        look()
        self.metronome.add_job(look, "interval", seconds=POLL.total_seconds())
        if WORK in self.purposes:
            self._start_work()
        if WEB in self.purposes:
            self._start_web()
        self.metronome.start()

    def _start_work(self) -> None:
        self._begin()
        for loop in self._works():
            loop.start()
        for loop in (self.ticks, self.skipper, *(loops[0] for loops in self.relays.values())):
            self.metronome.add_job(loop.poke, "interval", seconds=1)
        self.metronome.add_job(self._tell, "interval", seconds=1)
        self._listener.start()
        self._tell()

    def _start_web(self) -> None:
        if self.hearing:
            self.hearing.start()
        self._web_thread.start()
        for source, loop in self.pulls.items():
            loop.start()
            self.metronome.add_job(loop.poke, "interval", seconds=PULLS[source])
        self._open_mailroom()
        while self._web_thread.is_alive() and not self.web.started:
            self._web_thread.join(0.005)

    def stop(self) -> None:
        """End what is under way, and stop."""
        self.stopping.set()
        self.metronome.shutdown(wait=False)
        self.web.should_exit = True
        if self.mailroom:
            self.mailroom.stop()
        loops = [
            *(self._works() if WORK in self.purposes else ()),
            *(self.pulls.values() if WEB in self.purposes else ()),
        ]
        for loop in loops:
            loop.stop()
        end = time.monotonic() + LONGEST_STOP_SECONDS
        for loop in loops:
            loop.join(max(end - time.monotonic(), 0.0))
        if WEB in self.purposes:
            self._web_thread.join(10)
        if WORK in self.purposes:
            self._listener.join(5)
            with suppress(DatabaseGone), transaction(self.parts.db) as tx:
                engine.leave(tx, process_name())

    def _open_mailroom(self) -> None:
        mail = self.given.mail
        if mail.listen is None:
            return
        try:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH) if mail.cert else None
            if tls:
                tls.load_cert_chain(mail.cert, mail.key)
            from setflow.mailroom.listener import Mailroom

            self.mailroom = Mailroom(self.parts.desk, mail.listen, tls)
            self.mailroom.start()
        except OSError as error:
            # Who pages by the other doors is not to be without them for that.
            said = f"No mail is taken: {error.strerror or error}. Check SETFLOW_SMTP_LISTEN, _CERT."
            self.parts.problems["mail"] = said
            log.error(said)  # noqa: TRY400  what it says is all

    def _works(self) -> tuple[Loop, ...]:
        relays = (loop for loops in self.relays.values() for loop in loops)
        return (self.ticks, self.skipper, *relays, *self.upkeep.values())

    def _upkeep(self) -> dict[str, Loop]:
        upkeep, problems = Upkeep(self.parts, self.stopping), self.parts.problems
        keep = timedelta(days=self.given.keep_days)
        work: dict[str, Callable[[], int]] = {
            "watchdog": lambda: upkeep.watch() if self._may_tick else 0
        }
        if url := self.given.heartbeat_url:
            work["heartbeat"] = lambda: upkeep.beat(url) if self._ticks() else 0
        if keep:
            work["retention"] = lambda: upkeep.tidy(keep) if self._may_tick else 0
        return {name: Loop(name, one, problems) for name, one in work.items()}

    def _ticks(self) -> bool:
        """Whether this process ticks indeed, and can vouch for all."""
        well = self.ticks.alive and self.ticks.name not in self.parts.problems
        return self._may_tick and well

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
        at = self._past_pooler()
        db.listen(at, tuple(pokes), self.stopping, wake=lambda channel: pokes[channel]())
        if at is not self.parts.db:
            at.dispose()

    def _past_pooler(self) -> Db:
        """The database for LISTEN: another address where a pooler stands before the usual one."""
        if self.given.listen_url is None:
            return self.parts.db
        url, command = self.given.listen_url.get_secret_value(), self.given.password_command
        return db.connect(url, pool_size=1, password_command=command)

    def _check(self) -> None:
        """Whether we may tick: our clock agrees with the database's, our version is not too old."""
        try:
            offset, agrees = self._compare()
            with transaction(self.parts.db) as tx:
                oldest = engine.report(tx, process_name(), PROCESS_VERSION, now=self.parts.clock())
        except DatabaseGone:
            return
        reasons = {}
        if not agrees:
            reasons["clock"] = f"The clock here is {offset:+.1f} s off the database's: no ticks."
        if oldest > PROCESS_VERSION:
            reasons["version"] = "This process is too old for the database: no ticks. Update it."
        for name in ("clock", "version"):
            if name in reasons and name not in self.parts.problems:
                log.error(reasons[name])
                self._warn(name, reasons[name])
            if name not in reasons:
                self.parts.problems.pop(name, None)
        self.parts.problems |= reasons
        self._may_tick = not reasons
        self.parts.problems.pop("start", None)
        self._tell()
        for loop in (self.ticks, *self.upkeep.values()):
            loop.poke()

    def _keep_time(self) -> None:
        with suppress(DatabaseGone):
            self._compare()

    def _compare(self) -> tuple[float, bool]:
        """How many seconds the database's clock is ahead, and whether ours is near enough."""
        offset = db.clock_offset(self.parts.db, self.parts.clock.wall)
        self.parts.metrics.clock_offset_seconds(offset)
        return offset, self.parts.clock.agrees(timedelta(seconds=offset))

    def _tell(self) -> None:
        if self.telling:
            self.telling.tell()

    def _begin(self) -> None:
        if self._may_tick:
            with suppress(DatabaseGone), transaction(self.parts.db) as tx:
                engine.begin(tx, process_name(), now=self.parts.clock())

    def _warn(self, name: str, what: str) -> None:
        with transaction(self.parts.db) as tx:
            engine.warn(tx, what, f"{name}:{process_name()}", now=self.parts.clock())
