"""Puts the parts together and keeps them going: threads, signals, the clock.

The one package that reads real time.
"""

import logging
import signal
import sys
import threading
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from random import Random
from types import FrameType
from typing import Any

import structlog

from setflow import db, settings, views
from setflow.app.clock import FURTHEST_CLOCK, Clock, real_clock
from setflow.app.family import Child, Ends
from setflow.app.parts import Parts, build
from setflow.app.service import PROCESS_VERSION, WEB, WORK, Service
from setflow.db import Db
from setflow.embedded import Embedded
from setflow.errors import SetflowError
from setflow.settings import Settings

__all__ = [
    "FURTHEST_CLOCK",
    "PROCESS_VERSION",
    "Clock",
    "Opened",
    "Parts",
    "Service",
    "build",
    "configure_logging",
    "opened",
    "prepare",
    "real_clock",
    "serve",
]

log = logging.getLogger(__name__)


def prepare() -> None:
    """What every process does first: one source of time zones, the pinned one."""
    zoneinfo.reset_tzpath(to=())


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
    database = db.connect(
        url, password_command=given.password_command, pooler=given.listen_url is not None
    )
    try:
        if migrate:
            db.migrate(database)
        yield Opened(database, url, embedded)
    finally:
        database.dispose()
        if embedded:
            embedded.stop()


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
        settings.signing_key(given)  # made once, where it is to be made, for both
        _read_ahead(house.db)
        ends = Ends()
        child = Child(lambda stop: _work(house, given, ends, stop))
        try:
            return _answer(house, given, ends, stopped, child)
        finally:
            child.ask_to_stop()
            child.join()


def _read_ahead(database: Db) -> None:
    """Have read what both processes need, so that they have it once; and no connection left."""
    with suppress(SetflowError), db.transaction(database) as tx:
        views.in_force(tx, now=real_clock())
    database.dispose()


def _answer(
    house: Opened, given: Settings, ends: Ends, stopped: threading.Event, child: Child
) -> int:
    """Answer until `stopped` is set; the exit code."""
    parts = build(house.db, given, clock=real_clock, chance=Random())
    service = Service(parts, given, purposes=(WEB,), ends=ends)
    service.start()
    if not service.web.started:
        service.stop()
        log.error("cannot listen on %s:%s; is it in use?", given.host, given.port)
        return 1
    log.info("ready", extra={"public_url": given.public_url})
    while not stopped.wait(1) and not child.ended:
        _keep_up(house, parts.problems)
    alone = not stopped.is_set()
    if alone:
        log.error("the process that pages has ended by itself, and so does this one")
    child.ask_to_stop()
    service.stop()
    return 1 if alone else 0


def _work(house: Opened, given: Settings, ends: Ends, stopped: threading.Event) -> int:
    """Decide and deliver until `stopped` is set; the exit code."""
    if house.embedded:
        house.embedded.leave()
    parts = build(house.db, given, clock=real_clock, chance=Random())
    service = Service(parts, given, purposes=(WORK,), ends=ends)
    service.start()
    stopped.wait()
    service.stop()
    return 0


def _keep_up(house: Opened, problems: dict[str, str]) -> None:
    """Start the embedded server again where it is gone; where that fails, it is said."""
    try:
        if house.embedded and house.embedded.ensure():
            house.db.dispose()
    except SetflowError as error:
        problems["database"] = str(error)
        log.error("%s", error)  # noqa: TRY400  tried again in a second
    else:
        problems.pop("database", None)


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
