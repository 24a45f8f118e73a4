"""The database as the rest of setflow sees it: transactions, notices between processes, migrations.

Addresses are those of libpq (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING),
so several hosts, `sslmode` and `options` work as they do there. Sessions are in UTC.

DatabaseGone  the database cannot be reached, is read-only, or dropped us; nothing was written,
              unless it went while committing
Conflict      another transaction was there first; nothing was written
"""

import logging
import select as polling
import shlex
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from sqlalchemy import (
    Connection,
    Engine,
    ExceptionContext,
    create_engine,
    event,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from setflow import resources
from setflow.errors import SetflowError
from setflow.postgres import address

EFFECTS_WAIT, DELIVERIES_WAIT = "setflow_outbox", "setflow_inbox"
"""What is noticed between processes: that there is something to send, or to work."""

Tx = Connection
Db = Engine

log = logging.getLogger(__name__)

LOCK_TIMEOUT_MS = 4_000
STATEMENT_TIMEOUT_MS = 30_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 30_000
MIGRATION_LOCK = 0x5E7F10
MIGRATION_WAIT_SECONDS = 60
LISTEN_SECONDS = 0.25
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 5.0

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_TAKEN = {"23505", "23P01"}
_COLLIDED = {"40001", "40P01", "55P03"}
_READ_ONLY, _DISK_FULL = "25006", "53100"

_SESSION = {
    "timezone": "UTC",
    "lock_timeout": LOCK_TIMEOUT_MS,
    "statement_timeout": STATEMENT_TIMEOUT_MS,
    "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_TIMEOUT_MS,
}


_SET_LOCAL = select(
    *(func.set_config(name, str(value), literal(value=True)) for name, value in _SESSION.items())
)


class DatabaseGone(SetflowError):
    """The database does not answer, or not as one that can be written to; try again later."""


class DiskFull(DatabaseGone):
    """The database has no room to write to."""


class Conflict(SetflowError):
    """Another transaction was there first.

    constraint  the unique or exclusion constraint that is taken; "" where two transactions
                collided (lock, deadlock, serialization) and the same may succeed at once
    """

    def __init__(self, message: str, constraint: str = "") -> None:
        super().__init__(message)
        self.constraint = constraint


def connect(
    url: str, *, pool_size: int = 10, password_command: str = "", pooler: bool = False
) -> Db:
    """A pool of at most `pool_size` connections to the database at `url`; opens none of them yet.

    password_command  prints the password on its standard output; asked anew for each connection
    pooler            whether a pooler may answer there that gives each transaction another session:
                      nothing is kept in a session then, which costs a round trip a transaction

    A statement may take 30 s, wait 4 s for a lock, and a transaction may idle 30 s. Raises
    SetflowError if `url` is no address of a PostgreSQL.
    """
    conninfo = _address(url) if pooler else _session_address(url)
    engine = create_engine(
        "postgresql+psycopg://",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        pool_recycle=1800,
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_dialect: Any, _record: Any, _args: Any, options: Any) -> Any:
        if password_command:
            options = {**options, "password": _password(password_command)}
        if pooler:
            # The next session would not know what was prepared in this one.
            options = {**options, "prepare_threshold": None}
        return psycopg.connect(conninfo, **options)

    event.listen(engine, "checkout", _stay_connected)
    event.listen(engine, "handle_error", _leave_readers)
    if pooler:
        event.listen(engine, "begin", _set_up)
    return engine


def _stay_connected(connection: Any, _record: Any, _proxy: Any) -> None:
    if _hung_up(connection):
        raise DisconnectionError("the server hung up meanwhile")


def _leave_readers(context: ExceptionContext) -> None:
    # A server that became a reader stays one; who connects anew is led to the writer.
    if getattr(context.original_exception, "sqlstate", "") == _READ_ONLY:
        context.is_disconnect = True


def _set_up(tx: Tx) -> None:
    connection = tx.connection.driver_connection
    if isinstance(connection, psycopg.Connection) and not connection.autocommit:
        tx.execute(_SET_LOCAL)


def _hung_up(connection: psycopg.Connection[Any]) -> bool:
    """Whether an idle connection has something to say: that is what the end of one looks like.

    Costs no round trip, which asking the server would.
    """
    poll = polling.poll()
    poll.register(connection.fileno(), polling.POLLIN)
    return bool(poll.poll(0))


def _session_address(url: str) -> str:
    """`_address` with the settings that every session of ours has: time zone and timeouts."""
    session = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    options = f"{session} {address(url).get('options', '')}".strip()
    return make_conninfo(_address(url), options=options)


def _address(url: str) -> str:
    """`url` with keepalives, and led to a server that can be written to.

    Raises SetflowError if `url` is no address of a PostgreSQL.
    """
    ours = {
        "application_name": "setflow",
        "connect_timeout": 5,
        "keepalives_idle": 15,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        "target_session_attrs": "read-write",
    }
    return make_conninfo(**{**ours, **address(url)})


@contextmanager
def transaction(db: Db) -> Iterator[Tx]:
    """A transaction: committed when the block ends, rolled back when it raises.

    Raises DatabaseGone and Conflict for what the database says of itself and of others; what it
    says of a wrong statement comes as SQLAlchemy raised it.
    """
    with _translated(), db.begin() as tx:
        yield tx


@contextmanager
def one_statement(db: Db) -> Iterator[Tx]:
    """For a single statement that is a transaction of its own: one round trip instead of three.

    Raises as `transaction` does.
    """
    with _translated(), db.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def notify(tx: Tx, channel: str, payload: str = "") -> None:
    """Wake whoever listens on `channel`, once `tx` is committed; equal notices count once."""
    tx.execute(
        text("select pg_notify(:channel, :payload)"), {"channel": channel, "payload": payload}
    )


def listen(
    db: Db, channels: Sequence[str], stop: threading.Event, wake: Callable[[str], None]
) -> None:
    """Call `wake` with the channel of every notice, until `stop` is set; returns soon after.

    For a thread of its own. `db` leads past a pooler, where one stands between. The connection is
    not one of the pool's. After each connecting every channel is woken once, for what was missed
    meanwhile. A lost connection is made again, with pauses up to 5 s.
    """
    pause = FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            with _translated(), _apart(db) as connection:
                for channel in channels:
                    connection.execute(SQL("listen {}").format(Identifier(channel)))
                for channel in channels:
                    wake(channel)
                pause = FIRST_PAUSE_SECONDS
                while not stop.is_set():
                    for notice in connection.notifies(timeout=LISTEN_SECONDS):
                        wake(notice.channel)
        except DatabaseGone as error:
            log.warning("not listening, trying again: %s", error)
            stop.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def clock_offset(db: Db, clock: Callable[[], datetime]) -> float:
    """How many seconds the database's clock is ahead of `clock`; negative where it is behind.

    Half the time that the question took is allowed for. Raises DatabaseGone.
    """
    with transaction(db) as tx:
        before = clock()
        there: datetime = tx.execute(text("select clock_timestamp()")).scalar_one()
        here = before + (clock() - before) / 2
    return (there - here).total_seconds()


def migrate(db: Db) -> str:
    """Bring the tables to this version of setflow, in one transaction; return their revision.

    Processes that start together wait for one another, up to 60 s. Tables of a newer setflow are
    left as they are. Raises Conflict if a table is in use for over 4 s, DatabaseGone.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = Config()
    folder = str(resources.folder("migrations"))
    config.set_main_option("script_location", folder.replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory(folder).walk_revisions()}
    with transaction(db) as tx:
        tx.execute(text(f"set local lock_timeout = '{MIGRATION_WAIT_SECONDS}s'"))
        tx.execute(text("set local statement_timeout = 0"))
        tx.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        tx.execute(text(f"set local lock_timeout = {LOCK_TIMEOUT_MS}"))
        found = MigrationContext.configure(tx).get_current_revision()
        if found is not None and found not in known:
            log.warning("the tables are of a newer setflow (%s) and are left as they are", found)
            return found
        config.attributes["connection"] = tx
        command.upgrade(config, "head")
        return MigrationContext.configure(tx).get_current_revision() or ""


def _apart(db: Db) -> psycopg.Connection[Any]:
    """A connection as the pool makes them, but not one of its own."""
    pooled = db.raw_connection()
    connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
    pooled.detach()
    connection.autocommit = True
    return connection


def with_password(url: str, command: str) -> str:
    """`url` with the password that `command` prints now; `url` itself where there is none."""
    return make_conninfo(**{**address(url), "password": _password(command)}) if command else url


def look(db: Db) -> tuple[str, str, str]:
    """PostgreSQL's version, the revision of the tables, and the newest that we know; reads only.

    The tables' revision is "" where there are none yet. Raises DatabaseGone.
    """
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    newest = ScriptDirectory(str(resources.folder("migrations"))).get_current_head()
    with transaction(db) as tx:
        version: str = tx.execute(text("show server_version")).scalar_one()
        return version, MigrationContext.configure(tx).get_current_revision() or "", newest or ""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _ours(error.orig, gone=error.connection_invalidated) or error from error
    except psycopg.Error as error:
        raise _ours(error, gone=False) or error from error
    except PoolTimeout as error:
        raise DatabaseGone("All connections to the database are in use.") from error


def _ours(error: BaseException | None, *, gone: bool) -> SetflowError | None:
    """What `error` of the driver is to us; None for a mistake in the statement or its data."""
    if not isinstance(error, psycopg.Error):
        return None
    code, said = error.sqlstate or "", str(error).strip()
    if code in _TAKEN:
        return Conflict(said, error.diag.constraint_name or "")
    if code in _COLLIDED:
        return Conflict(said)
    if code == _DISK_FULL:
        return DiskFull("The database's disk is full: make room there.")
    away = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return DatabaseGone(said) if gone or away or code == _READ_ONLY else None


def _password(command: str) -> str:
    done = subprocess.run(
        shlex.split(command), capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode:
        raise DatabaseGone(f"The command for the database's password ended with {done.returncode}.")
    return done.stdout.strip()
