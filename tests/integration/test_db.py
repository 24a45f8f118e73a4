import threading
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from setflow import db as database
from setflow.db import (
    Conflict,
    DatabaseGone,
    connect,
    listen,
    notify,
    one_statement,
    transaction,
)
from setflow.errors import SetflowError
from tests.pooler import pooled

WAIT_SECONDS = 10


@pytest.fixture
def table(db):
    with transaction(db) as tx:
        tx.execute(text("create table things (id int primary key, n int not null)"))
        tx.execute(text("insert into things values (1, 0), (2, 0)"))
    return db


def things(db):
    with transaction(db) as tx:
        return tx.execute(text("select id, n from things order by id")).all()


def test_a_block_that_raises_writes_nothing(table):
    with pytest.raises(RuntimeError), transaction(table) as tx:
        tx.execute(text("update things set n = 1"))
        raise RuntimeError

    assert things(table) == [(1, 0), (2, 0)]


def test_sessions_are_in_utc_and_wait_for_nothing_forever(db):
    names = ["timezone", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"]
    with transaction(db) as tx:
        asked = [tx.execute(text(f"show {name}")).scalar_one() for name in names]

    assert asked == ["UTC", "4s", "30s", "30s"]


def test_the_options_of_an_address_come_on_top_of_ours(db_url):
    db = connect(make_conninfo(db_url, options="-c lock_timeout=7s"))
    with transaction(db) as tx:
        assert tx.execute(text("show lock_timeout")).scalar_one() == "7s"
        assert tx.execute(text("show timezone")).scalar_one() == "UTC"
    db.dispose()


@pytest.mark.parametrize("url", ["nonsense", "postgresql://db/x?no_such_option=1"])
def test_what_is_no_address_is_refused(url):
    with pytest.raises(SetflowError, match="no address of a PostgreSQL"):
        connect(url)


def test_a_taken_key_is_a_conflict_that_names_its_constraint(table):
    with pytest.raises(Conflict) as caught, transaction(table) as tx:
        tx.execute(text("insert into things values (1, 5)"))

    assert caught.value.constraint == "things_pkey"


def test_a_wrong_statement_or_value_comes_as_it_is(table):
    with pytest.raises(ProgrammingError), transaction(table) as tx:
        tx.execute(text("select * from nowhere"))
    with pytest.raises(IntegrityError), transaction(table) as tx:
        tx.execute(text("update things set n = null"))


def test_a_lock_that_is_held_too_long_is_a_conflict(table):
    with transaction(table) as holder:
        holder.execute(text("update things set n = 1 where id = 1"))
        with pytest.raises(Conflict) as caught, transaction(table) as tx:
            tx.execute(text("set local lock_timeout = '10ms'"))
            tx.execute(text("update things set n = 2 where id = 1"))

    assert caught.value.constraint == ""


def test_a_connection_that_was_cut_is_a_database_gone_and_the_next_one_works(table):
    with pytest.raises(DatabaseGone), transaction(table) as tx:
        pid = tx.execute(text("select pg_backend_pid()")).scalar_one()
        with transaction(table) as other:
            other.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        tx.execute(text("update things set n = 1"))

    assert things(table) == [(1, 0), (2, 0)]


def test_a_statement_that_takes_too_long_is_a_database_gone(db):
    with pytest.raises(DatabaseGone), transaction(db) as tx:
        tx.execute(text("set local statement_timeout = '10ms'"))
        tx.execute(text("select pg_sleep(10)"))


def test_a_server_that_is_not_there_is_a_database_gone(tmp_path):
    db = connect(f"postgresql://x@/x?host={tmp_path}")
    with pytest.raises(DatabaseGone), transaction(db):
        pass


def test_a_server_that_cannot_be_written_to_is_a_database_gone(db_url):
    name = make_conninfo(db_url).split("dbname=")[1].split()[0]
    with psycopg.connect(db_url, autocommit=True) as admin:
        admin.execute(f"alter database {name} set default_transaction_read_only = on")
    db = connect(db_url)
    with pytest.raises(DatabaseGone), transaction(db):
        pass


def test_a_failover_under_an_open_connection_is_a_database_gone(table):
    with pytest.raises(DatabaseGone), transaction(table) as tx:
        tx.execute(text("set transaction read only"))
        tx.execute(text("update things set n = 1"))


def test_the_command_for_the_password_is_asked_for_every_connection(db_url, tmp_path):
    asked = tmp_path / "asked"
    command = f"sh -c 'echo x >> {asked}; echo secret'"
    db = connect(db_url, password_command=command)
    for _ in range(2):
        with transaction(db):
            pass
        db.dispose()
    assert asked.read_text() == "x\nx\n"

    db = connect(db_url, password_command="false")
    with pytest.raises(DatabaseGone, match="password"), transaction(db):
        pass


class Listener:
    """A thread that listens, and what woke it."""

    def __init__(self, url, channels):
        self.heard, self.stop, self.changed = [], threading.Event(), threading.Condition()
        self.thread = threading.Thread(
            target=listen, args=(connect(url, pool_size=1), channels, self.stop, self.wake)
        )
        self.thread.start()

    def wake(self, channel):
        with self.changed:
            self.heard.append(channel)
            self.changed.notify_all()

    def hears(self, *channels):
        with self.changed:
            return self.changed.wait_for(lambda: self.heard == [*channels], WAIT_SECONDS)


@pytest.fixture
def listening(db_url):
    listener = Listener(db_url, ["due", "out"])
    assert listener.hears("due", "out")
    yield listener
    listener.stop.set()
    listener.thread.join(WAIT_SECONDS)
    assert not listener.thread.is_alive()


def test_a_notice_is_heard_once_its_transaction_is_committed(db, listening):
    with pytest.raises(RuntimeError), transaction(db) as tx:
        notify(tx, "due")
        raise RuntimeError
    with transaction(db) as tx:
        notify(tx, "elsewhere")
        notify(tx, "out")
        notify(tx, "out")

    assert listening.hears("due", "out", "out")


def test_who_lost_the_connection_listens_again_and_looks_at_everything_once(db, listening):
    with transaction(db) as tx:
        listeners = "from pg_stat_activity where query like 'listen%'"
        tx.execute(text(f"select pg_terminate_backend(pid, 5000) {listeners}"))

    assert listening.hears("due", "out", "due", "out")


@pytest.mark.parametrize("ahead", [0, 90, -90])
def test_the_clocks_are_compared(db, ahead):
    def clock():
        return datetime.now(UTC) - timedelta(seconds=ahead)  # noqa: TID251 the clock itself is meant

    offset = database.clock_offset(db, clock)

    assert offset == pytest.approx(ahead, abs=1)


def test_a_server_that_became_a_reader_is_left_for_the_writer(table, db_url):
    one = connect(db_url, pool_size=1)
    with transaction(one) as tx:
        tx.execute(text("set session characteristics as transaction read only"))
    change = text("update things set n = 7")
    with pytest.raises(DatabaseGone), transaction(one) as tx:
        tx.execute(change)
    with transaction(one) as tx:
        assert tx.execute(change).rowcount == 2
    one.dispose()


@pytest.fixture
def through(db_url):
    """The address of the database through a pooler."""
    parts = conninfo_to_dict(db_url)
    with pooled(parts["host"]) as port:
        yield make_conninfo(db_url, host="127.0.0.1", port=port)


def test_through_a_pooler_nothing_is_left_in_a_session(table, through):
    db = connect(through, pooler=True)
    for number in range(10):
        with transaction(db) as tx:
            tx.execute(text("update things set n = :n where id = 1"), {"n": number})
            assert tx.execute(text("show lock_timeout")).scalar_one() == "4s"
        with one_statement(db) as tx:
            found = tx.execute(text("select n from things where id = :id"), {"id": 1})
            assert found.scalar_one() == number
    db.dispose()

    plain = connect(through)
    with pytest.raises(DatabaseGone, match="options"), transaction(plain):
        pass
