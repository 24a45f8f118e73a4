"""What is pushed in is kept once and worked; pulls are leased to one process."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from setflow import engine, history, inbox, ticker
from setflow.db import connect, transaction
from setflow.engine import File
from setflow.escalation import store as escalations
from setflow.schema import OLDEST_THAT_MAY_TICK
from tests.acceptance.world import books, file
from tests.conftest import _on

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
LEASE = timedelta(minutes=2)
SECOND = timedelta(seconds=1)


def accept(db, delivery, payload=None, *, source="alerts/x", now=NOW):
    with transaction(db) as tx:
        pushed = inbox.Pushed(source, delivery, payload or {}, now)
        return inbox.accept(tx, [pushed]) == {(source, delivery)}


def test_a_delivery_is_kept_once_for_each_source(db):
    assert accept(db, "d1")
    assert not accept(db, "d1")
    assert accept(db, "d1", source="alerts/y")


def test_of_many_at_once_those_that_are_known_are_left_out(db):
    accept(db, "d1")
    with transaction(db) as tx:
        pushed = [inbox.Pushed("alerts/x", name, {}, NOW) for name in ("d1", "d2", "d2", "d3")]
        assert inbox.accept(tx, pushed) == {("alerts/x", "d2"), ("alerts/x", "d3")}


def test_deliveries_are_worked_oldest_first_and_stay_known_afterwards(db):
    for number in range(3):
        accept(db, f"d{number}", {"n": number})
    with transaction(db) as tx:
        found = inbox.lock_due(tx, NOW, 2)
        assert [one.payload["n"] for one in found] == [0, 1]
        with transaction(db) as other:
            assert [one.payload["n"] for one in inbox.lock_due(other, NOW, 9)] == [2]
        inbox.worked(tx, [one.id for one in found])
    with transaction(db) as tx:
        assert [one.payload["n"] for one in inbox.lock_due(tx, NOW, 9)] == [2]
        assert engine.next_due(tx) == NOW
    assert not accept(db, "d0")


def test_what_failed_waits_and_is_counted(db):
    accept(db, "d")
    with transaction(db) as tx:
        (one,) = inbox.lock_due(tx, NOW, 1)
        inbox.failed(tx, one, again_at=NOW + SECOND, error="KeyError")
    with transaction(db) as tx:
        assert inbox.lock_due(tx, NOW, 1) == []
        (again,) = inbox.lock_due(tx, NOW + SECOND, 1)
        assert again.attempts == 1
        inbox.failed(tx, again, again_at=None, error="KeyError")
        assert engine.next_due(tx) is None


def take(db, process, *, now=NOW):
    with transaction(db) as tx:
        return inbox.take_pull(tx, "jira", process, now=now, lease=LEASE)


def keep(db, process, cursor, *, error="", now=NOW):
    with transaction(db) as tx:
        inbox.keep_pull(tx, "jira", process, cursor=cursor, error=error, now=now)


def test_one_process_pulls_at_a_time_and_the_next_goes_on_where_it_left_off(db):
    assert take(db, "one") == {}
    assert take(db, "other") is None
    keep(db, "one", {"since": "x"})
    assert take(db, "other") == {"since": "x"}


def test_the_lease_of_a_process_that_died_ends(db):
    take(db, "one")
    assert take(db, "other", now=NOW + LEASE - SECOND) is None
    assert take(db, "other", now=NOW + LEASE) == {}
    keep(db, "one", {"since": "of a process that was too slow"})
    keep(db, "other", {"since": "y"})
    assert take(db, "one", now=NOW + LEASE) == {"since": "y"}


def test_a_pull_that_fails_leaves_its_cursor_and_says_why(db):
    take(db, "one")
    keep(db, "one", {"since": "x"})
    take(db, "one")
    keep(db, "one", None, error="502", now=NOW + SECOND)
    with transaction(db) as tx:
        assert inbox.pull_states(tx) == {"jira": (NOW, "502")}
    assert take(db, "one") == {"since": "x"}


def test_a_process_is_told_the_oldest_version_that_may_tick(db):
    with transaction(db) as tx:
        assert inbox.report(tx, "one", 1, now=NOW) == OLDEST_THAT_MAY_TICK


def test_history_is_read_in_the_order_it_was_written_with_its_reasons(db):
    with transaction(db) as tx:
        told = [history.Happened("alert:1", NOW, "one"), history.Happened("alert:1", LEASE, "two")]
        history.write(tx, [*told, history.Happened("alert:2", NOW, "three")], now=NOW)
        history.write(tx, [], now=NOW)
        rows = history.of(tx, "alert:1")
        assert [(row.kind, row.reason) for row in rows] == [
            ("datetime", "one"),
            ("timedelta", "two"),
        ]
        assert history.recent(tx, "datetime", "alert:1", NOW) == 1
        assert history.recent(tx, "datetime", "alert:1", NOW + SECOND) == 0


WEBHOOKS = [
    ("d1", "disk", "firing"),
    ("d2", "login", "firing"),
    ("d3", "disk", "resolved"),
    ("d4", "disk", "firing"),
    ("d5", "mail", "resolved"),
    ("d6", "login", "firing"),
]


def test_one_key_that_fires_ends_and_fires_in_one_lot_is_two_alerts_and_one_of_them_open(db):
    with transaction(db) as tx:
        engine.apply(tx, File("set.yaml", file(), books()), by="shell", now=NOW)
    states = ("firing", "firing", "resolved", "firing")
    alert = {"key": "k", "title": "k", "priority": "P1", "details": {}, "url": ""}
    with transaction(db) as tx:
        pushed = ({**alert, "status": status} for status in states)
        lot = [inbox.Pushed("alerts/x", f"{n}", one, NOW) for n, one in enumerate(pushed)]
        inbox.accept(tx, lot)
        assert engine.work_due(tx, "inbox", NOW, limit=len(lot)) == len(lot)
        found = tx.exec_driver_sql("select status, state->>'count' from alerts order by id")
        assert [tuple(row) for row in found] == [("resolved", "2"), ("firing", "1")]


def outcome(db, order, *, now):
    """What stands in the database once these webhooks came in, in this order."""
    with transaction(db) as tx:
        engine.apply(tx, File("set.yaml", file(), books()), by="shell", now=now)
    for delivery, key, status in order:
        payload = {"key": key, "title": key, "priority": "P1", "status": status, "details": {},
                   "url": ""}  # fmt: skip
        accept(db, delivery, payload, now=now)
        ticker.tick(db, now)
    with transaction(db) as tx:
        alerts = "select source, key, status, state->>'count' from alerts order by id"
        effects = "select key, reason from outbox order by id"
        return [tuple(row) for sql in (alerts, effects) for row in tx.exec_driver_sql(sql)]


@pytest.fixture
def second(server, template, db_url):
    """Another empty database."""
    name = conninfo_to_dict(db_url)["dbname"] + "_second"
    copy = SQL("create database {} template {} strategy file_copy")
    _on(server, copy.format(Identifier(name), Identifier(template)))
    db = connect(make_conninfo(server.url, dbname=name))
    yield db
    db.dispose()
    _on(server, SQL("drop database {} with (force)").format(Identifier(name)))


@pytest.mark.parametrize("seed", range(4))
def test_webhooks_that_come_three_times_in_any_order_change_nothing_more(db, second, seed):
    chance = Random(seed)
    order = list(WEBHOOKS)
    for one in WEBHOOKS * 2:
        first = order.index(one)
        order.insert(chance.randint(first + 1, len(order)), one)

    assert outcome(second, order, now=NOW) == outcome(db, WEBHOOKS, now=NOW)


def test_records_put_off_the_longest_overdue_without_reading_it(db):
    records = escalations.records
    with transaction(db) as tx:
        for number, minutes in ((1, 1), (2, 2)):
            tx.exec_driver_sql(
                "insert into alerts (source, key, status, fired_at, state, wake_at) "
                f"values ('x', '{number}', 'firing', %(now)s, '{{}}', %(wake)s)",
                {"now": NOW, "wake": NOW - timedelta(minutes=minutes)},
            )
        (first,) = records.put_off(tx, NOW, NOW + SECOND)
        (other,) = records.put_off(tx, NOW, NOW + SECOND)
        assert first > other
        assert records.put_off(tx, NOW, NOW + SECOND) == []
        assert engine.next_due(tx) == NOW + SECOND
