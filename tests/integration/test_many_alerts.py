"""However many alerts are open: each question of them finds what it asks for, and all of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from setflow import engine, present, views
from setflow.engine import AddOverride, AlertIn, Deciding, File
from setflow.escalation import store
from setflow.views import Which
from tests.acceptance.world import books, file

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)  # Monday 11:00 in Berlin
MANY = 1_100
_COPY = text("""
    insert into alerts (id, source, key, status, remote, fired_at, state, wake_at)
    select nextval('alerts_id_seq'), source, key || n, status, remote || n, fired_at,
        state || jsonb_build_object('id', currval('alerts_id_seq'), 'key', key || n), wake_at
    from alerts, generate_series(1, :many) as n where id = :id
""")


@pytest.fixture
def tx(db):
    """Over a thousand alerts are open before those that a test opens."""
    present._histories.clear()
    with db.connect() as tx:
        engine.apply(tx, File("set.yaml", file(), books()), by="shell", now=NOW)
        copied(tx, opened(tx, "Disk full"))
        yield tx


def opened(tx, title, source="x", **body):
    """The number of a new alert."""
    engine.handle(tx, [AlertIn(source, title, title, "P1", **body)], now=NOW)
    return tx.execute(text("select max(id) from alerts")).scalar_one()


def copied(tx, number, many=MANY):
    """As many more like an alert; the last of them."""
    tx.execute(_COPY, {"id": number, "many": many})
    return tx.execute(text("select max(id) from alerts")).scalar_one()


def taken(tx, number, by="ana"):
    engine.handle(tx, [Deciding("acknowledge", number, by=by, how="api")], now=NOW)


def test_opsgenies_are_known_with_their_ids(tx):
    opened(tx, "Queue full", source="opsgenie", remote="r1")
    assert views.remote_keys(tx) == {"r1": ("opsgenie", "Queue full")}
    engine.handle(tx, [AlertIn("opsgenie", "Queue full", "", firing=False)], now=NOW)
    assert views.remote_keys(tx) == {}


def test_each_of_opsgenies_stands_for_itself_where_a_route_groups(tx):
    grouped = file().replace(
        "{ladder: urgent}", "{ladder: urgent, group: {by: [service], within: 10m}}"
    )
    engine.apply(tx, File("set.yaml", grouped, books()), by="shell", now=NOW)
    for number in ("r1", "r2"):
        opened(tx, number, source="opsgenie", remote=number, details={"service": "web"})
    assert set(views.remote_keys(tx)) == {"r1", "r2"}


def test_one_is_found_by_number_by_owner_and_by_what_it_is_not(tx):
    number = opened(tx, "Queue full")
    found = views.open_alert(tx, number, now=NOW)
    assert found is not None
    assert found.title == "Queue full"
    taken(tx, number)

    def numbers(**which):
        return [one.id for one in views.open_alerts(tx, Which(**which), now=NOW, most=3)]

    assert numbers(owner="ana") == [number]
    assert numbers(status="acknowledged", other="bo") == [number]
    assert numbers(other="ana") == numbers(status="firing") == [1, 2, 3]
    assert store.owned(tx, "ana") == [(number, "Queue full")]
    engine.handle(tx, [Deciding("resolve", number, by="ana", how="api")], now=NOW)
    assert views.open_alert(tx, number, now=NOW) is None
    assert views.open_alert(tx, 10**12, now=NOW) is None
    assert store.owned(tx, "ana") == []


def test_who_was_paged_for_a_ticket_is_found_by_title_or_detail(tx):
    assert store.paged_for(tx, "MM-58112") == ()
    opened(tx, "Log-in loop, see MM-58112")
    number = opened(tx, "Acme waits", details={"ticket": "MM-58112"})
    engine.handle(tx, [Deciding("escalate", number, by="mara", how="api")], now=NOW)
    assert store.paged_for(tx, "MM-58112") == ("ana", "bo")
    assert store.paged_for(tx, "MM-5811") == ("ana",)


def test_a_stand_in_is_told_of_all_that_goes_with_the_seat_in_a_line_an_owner(tx):
    number = opened(tx, "Queue full")
    taken(tx, number)
    copied(tx, number, 2)
    mine = opened(tx, "Web down")
    taken(tx, mine, "bo")
    fri = NOW + timedelta(days=4)
    for seat in ("set.emea.primary", "set.emea.backup"):
        said = engine.consider(tx, AddOverride(seat, "eve", NOW, fri, "mara"), now=NOW).remarks
        assert [one for one in said if "Alert" in one] == [
            f"Alerts 1, 2, 3, 4, 5 and {MANY - 4} more are open and nobody has them: they go with "
            "the seat.",
            f"Alerts {number}, {number + 1} and {number + 2} stay with Ana Doe, who has them.",
            f"Alert {mine} stays with Bo Doe, who has it.",
        ]


def test_what_a_maintenance_holds_is_due_when_it_is_ended_however_much_that_is(tx):
    end = NOW + timedelta(hours=2)
    engine.handle(tx, [engine.OpenMaintenance("x", NOW, end, "mara")], now=NOW)
    held = opened(tx, "Queue full")
    copied(tx, held)
    engine.handle(tx, [engine.OpenMaintenance("y", NOW, end, "mara")], now=NOW)
    other = opened(tx, "Web down", source="y")
    later = NOW + timedelta(minutes=1)
    engine.handle(tx, [engine.EndMaintenance(1, "mara")], now=later)

    due = tx.execute(text("select count(*) from alerts where wake_at = :at"), {"at": later})
    assert due.scalar_one() == MANY + 1
    assert engine.work_due(tx, "alert", later, limit=1) == 1
    (number,) = tx.execute(
        text("select id from alerts where status = 'firing' and id >= :held"), {"held": held}
    ).scalars()
    back, still = (views.open_alert(tx, one, now=later) for one in (number, other))
    assert back is not None
    assert back.back is not None
    assert (back.back.why, back.back.at) == ("maintenance", later)
    assert still is not None
    assert (still.status, still.until) == ("snoozed", end)
