"""What goes wrong around setflow is survived, said, and made up for."""

import logging

import pytest
from sqlalchemy import text

from setflow import engine, ticker
from setflow.db import DatabaseGone, transaction
from setflow.errors import Refused
from setflow.sandbox.trouble import DOWN, NONSENSE, slow_down
from tests.acceptance.world import API, HOOK, OPS, SET, World, file

BEARER = {"Authorization": f"Bearer {API}"}


def test_without_a_database_every_door_says_so_and_afterwards_nothing_is_missing(world, server):
    world.alert()
    known = world.get("/api/who", headers=BEARER).json()
    server.stop()
    try:
        last_known = world.get("/api/who", headers=BEARER)
        assert last_known.json() == {**known, "as_of": known["at"]}
        world.restart()
        assert world.get("/api/who", headers=BEARER).status_code == 503
        body = {"key": "k", "title": "Disk full", "priority": "P1"}
        hook = {"Authorization": f"Bearer {HOOK}"}
        answer = world.post("/hooks/alerts/prometheus", json=body, headers=hook)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        health = world.get("/healthz")
        assert health.status_code == 503
        assert health.json()["problems"] == ["The database does not answer."]
        said = world.chat.slash("ana", SET, "/set ack")
        assert "database does not answer, so nothing was changed" in said
        with pytest.raises(DatabaseGone):
            ticker.tick(world.db, world.now)
        with pytest.raises(DatabaseGone):
            world.parts.relay.drain()
    finally:
        server.start()

    world.pass_time(minutes=5)
    world.alert("Disk full")
    assert world.paged() == ["ana", "bo", "ana"]
    assert world.get("/healthz").status_code == 200
    assert world.dead() == []


def test_a_connection_that_is_cut_between_deciding_and_sending_loses_nothing(world):
    world.alert("first")
    with transaction(world.db) as tx:
        others = "pid <> pg_backend_pid() and datname = current_database()"
        tx.execute(text(f"select pg_terminate_backend(pid) from pg_stat_activity where {others}"))
    world.alert("second")

    assert world.paged() == ["ana", "ana"]


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_mattermost_does_not_take_now_it_gets_later_and_once(world, status):
    world.chat.fail_next(3, status, retry_after=7)
    world.alert()
    world.pass_time(minutes=2)

    keys = world.keys()
    assert sorted(keys) == sorted(set(keys))
    assert "ana" in world.paged()
    assert world.dead() == []


def test_a_mattermost_that_is_down_for_hours_costs_no_page_and_afterwards_shows_all_once(world):
    world.apply(file(contact='{via: sms, to: "+34600"}'))
    world.chat.faults.down = True
    world.alert()
    world.pass_time(seconds=10)
    assert len(world.phones.heard("+34600")) == 1
    for _ in range(12):
        world.stand_still(minutes=15)
        world.settle()
    world.chat.faults.down = False
    world.pass_time(minutes=2)

    keys = world.keys()
    assert sorted(keys) == sorted(set(keys))
    assert len(world.keys("alert:")) == 1
    assert set(world.paged()) == {"ana", "bo", "mara", "max"}
    world.channel(SET).shows("Checkout API down", "Nobody has it yet")
    assert world.dead() == []


def test_a_mattermost_that_is_none_is_tried_again(world):
    real, world.street.behind["mattermost"].app = world.street.behind["mattermost"].app, _login_page
    world.alert()
    world.street.behind["mattermost"].app = real
    world.pass_time(minutes=2)

    assert "ana" in world.paged()
    assert world.dead() == []


async def _login_page(scope, receive, send):
    start = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"text/html")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b"<html>Log in</html>"})


@pytest.mark.parametrize("trouble", [DOWN, NONSENSE, slow_down(30)])
@pytest.mark.parametrize("source", ["jira", "opsgenie"])
def test_a_far_side_in_trouble_is_seen_in_health_and_what_it_has_comes_later(
    world, source, trouble
):
    getattr(world, source).app.trouble = trouble
    world.apply(file(playbooks="support-incident"))
    world.opsgenie.create("Login slow", alias="login", priority="P1")
    world.jira.add_issue("Login loop", key="MM-1", level="Critical", assignee="jira-ana")
    world.pull(source)
    assert world.get("/healthz").json()["pulls"][source]["error"]
    assert world.keys("page:") + world.keys("incident:") == []

    getattr(world, source).app.trouble = None
    world.pull(source)
    assert world.get("/healthz").json()["pulls"][source]["error"] == ""
    assert len(world.keys("page:") + world.keys("incident:")) == 1


def homeless(world: World):
    """A world whose alerts are to be shown in a channel that is not there."""
    world.apply(file().replace(f"channel: {SET}", "channel: nowhere"))
    world.alert()
    world.pass_time(hours=2)
    return world


def test_what_cannot_be_delivered_is_said_in_the_operations_channel_and_can_be_tried_again(world):
    homeless(world)
    assert "alert:1.1:1" in world.dead()
    said = world.channel(OPS).shows("Could not show alert 1", "create it", "[Retry]", "[Drop]")
    assert "Mattermost has no channel" in said
    assert world.paged() == ["ana", "bo", "mara", "max"]
    assert "That is for admins" in world.user("ana").clicks("Retry", channel=OPS)

    world.chat.add_channel("acme", "nowhere", "Nowhere")
    world.chat.join("nowhere", "ana", "setflow")
    for row in world.rows("select id from outbox where dead_at is not null order by id"):
        with transaction(world.db) as tx:
            engine.retry(tx, row.id, by="mara", now=world.now)
    world.settle()
    world.channel("nowhere").shows("Checkout API down")
    assert world.dead() == []


def test_the_retry_button_of_a_dead_letter_tries_it_again(world):
    homeless(world)
    world.chat.add_channel("acme", "nowhere", "Nowhere")
    world.chat.join("nowhere", "ana", "setflow")
    post = next(row.id for row in world.chat.posts(OPS) if "show alert 1" in row.message)
    assert world.user("mara").clicks("Retry", channel=OPS, post=post) == "It is tried again now."

    world.channel("nowhere").shows("Checkout API down")
    settled = world.channel(OPS).shows("Could not show alert 1; it is tried again, by Mara")
    assert "[Retry]" not in settled


def test_a_dead_letter_can_be_thrown_away_but_never_a_page(world):
    world.apply(file().replace("mattermost: ana,", "mattermost: ana.was.renamed,"))
    world.alert()
    assert world.dead() == ["page:1.1.0.0:ana:mattermost"]
    assert world.paged() == ["bo"]
    said = world.channel(OPS).shows("It is a page, so it cannot be dropped", "[Retry]")
    assert "[Drop]" not in said

    number = world.rows("select id from outbox where dead_at is not null")[0].id
    with pytest.raises(Refused, match="A page is never thrown away"), transaction(world.db) as tx:
        engine.drop(tx, number, by="mara", now=world.now)
    assert world.dead() == ["page:1.1.0.0:ana:mattermost"]


def test_one_delivery_that_cannot_be_worked_holds_nothing_up_and_is_said(world):
    with transaction(world.db) as tx:
        engine.accept(tx, [engine.Pushed("alerts/prometheus", "poison", {"key": "k"}, world.now)])
    world.alert()

    assert world.paged() == ["ana"]
    world.channel(OPS).shows("One inbox could not be worked", "KeyError")
    world.pass_time(hours=1)
    assert len(world.keys("warn:")) <= 11


@pytest.mark.parametrize("table", ["rotation_watch", "alerts", "runs", "incidents"])
def test_a_row_that_cannot_even_be_read_keeps_no_alert_from_climbing(world, table):
    which = "key like '%newer setflow'" if table == "alerts" else "true"
    world.apply(file(playbooks="set-cycle, support-incident"))
    world.jira.add_issue("Login loop", key="MM-1", level="Critical", assignee="jira-ana")
    world.pull("jira")
    world.alert()
    world.alert("of a newer setflow")
    world.alert("also of a newer setflow")
    broken = text(f"update {table} set state = '{{}}', wake_at = :now where {which}")
    with transaction(world.db) as tx:
        assert tx.execute(broken, {"now": world.now}).rowcount
    world.stand_still(minutes=5)
    ticker.tick(world.db, world.now)
    world.deliver()

    assert "bo" in world.paged()


SECRETS = {
    "SETFLOW_SECRET": "planted-signing-key-" + "x" * 40,
    "SETFLOW_OPSGENIE_KEY": "planted-opsgenie-key",
    "SETFLOW_JIRA_TOKEN": "planted-jira-token",
    "SETFLOW_OPSGENIE_HOOK_KEY": "planted-opsgenie-hook",
    "SETFLOW_HOOK_KEY_PROMETHEUS": "planted-hook-key",
    "SETFLOW_API_TOKEN": "planted-api-token",
}


def test_no_secret_is_told_to_anybody(db, street, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    planted = dict(SECRETS)
    gateway = street.urls["phones"].replace("http://", "json://ops:planted-password@")
    planted["SETFLOW_NOTIFY_SMS"] = f"{gateway}/sms/{{to}}"
    world = World(db, street, environ=planted)
    world.apply(file(contact='{via: sms, to: "+34600", after: 2m}'))
    answers = [
        world.post("/hooks/alerts/prometheus", json={}, headers={"Authorization": "Bearer wrong"}),
        world.post("/hooks/opsgenie?key=wrong", json={}),
        world.get("/api/who"),
        world.get("/healthz"),
        world.get("/api/openapi.json"),
    ]
    hook = {"Authorization": "Bearer planted-hook-key"}
    world.phones.status = 403
    body = {"key": "k", "title": "Disk full", "priority": "P1"}
    answers.append(world.post("/hooks/alerts/prometheus", json=body, headers=hook))
    world.settle()
    world.chat.faults.down = True
    world.pass_time(minutes=3)
    world.chat.faults.down = False
    world.pass_time(hours=1)
    world.user("ana").clicks("Acknowledge", channel=SET)
    answers.append(world.get("/healthz"))

    assert world.dead()  # the text message; its error is told
    tables = ("outbox", "inbox", "history", "alerts", "pulls", "versions", "receipts", "processes")
    found = [str(row) for name in tables for row in world.rows(f"select * from {name}")]
    found += [answer.text for answer in answers]
    found += [f"{post.message} {post.props}" for post in world.chat.server.posts.values()]
    found += [repr(world.given), repr(world.parts), caplog.text, *capfd.readouterr()]
    tokens = [world.bot_token, world.command_token, "planted-"]
    for words in found:
        for secret in tokens:
            assert secret not in words, words[:2000]
