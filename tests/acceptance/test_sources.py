"""Monitors of every kind: by key or signature, in their own formats, few or far too many."""

import copy
import hmac
import itertools
import json

import pytest
import requests

from setflow import engine, signature, ticker
from setflow.db import transaction
from setflow.errors import Refused
from tests.acceptance.world import API, HOOK, SET, World, file
from tests.unit.test_alert_formats import ALERTMANAGER, BILLING, GRAFANA

SECRET = "f" * 40
BEARER = {"Authorization": f"Bearer {HOOK}"}
SOURCES = """
sources:
  grafana: {format: grafana, limit: 3/1m}
  billing:
    {format: json, each: body.items, key: item.incident.id, title: item.name, priority: item.level}
  prometheus: {priority: {ticket: P5}}
"""
SIGNED = """
sources:
  prometheus:
    format: alertmanager
    signature: {header: X-Sig, prefix: "sha256=", over: "{timestamp}.{body}", timestamp: X-At}
"""


@pytest.fixture
def open_world(bare):
    bare.apply(file(more=SOURCES))
    return bare


def key_of(world, source, *scopes, number="0123456789", overlap=None):
    asked = engine.MakeKey(source, scopes, "shell", number, signature.digest(SECRET), overlap)
    with transaction(world.db) as tx:
        engine.handle(tx, [asked], now=world.now)
    return {"Authorization": f"Bearer {signature.key_text(number, SECRET)}"}


def send(world, form, source, body, headers):
    answer = world.post(f"/hooks/{form}/{source}", json=body, headers=headers)
    world.settle()
    return answer


def alerts(world, **where):
    found = world.rows("select state from alerts order by id")
    return [row.state for row in found]


def test_alertmanager_pages_for_each_alert_of_its_group_and_ends_each(world):
    body = copy.deepcopy(ALERTMANAGER)
    answer = send(world, "alertmanager", "prometheus", body, BEARER)

    assert answer.json() == {"accepted": True, "new": True, "alerts": 2}
    world.user("ana").sees("Requests take 3 s on api-1")
    body["alerts"][0]["status"] = "resolved"
    send(world, "alertmanager", "prometheus", body, BEARER)
    world.user("ana").sees("over since 11:00")
    assert world.paged() == ["ana"]


def test_a_message_that_cannot_be_read_is_refused_and_still_pages(open_world):
    headers = key_of(open_world, "billing")
    items = [{"name": "late", "level": "P1"}, BILLING["items"][0]]
    answer = send(open_world, "json", "billing", {"items": items}, headers)

    assert answer.status_code == 422
    assert 'item 0: key: "item.incident.id" cannot be answered' in answer.json()["detail"]
    open_world.channel(SET).shows("A message of billing could not be read", "late")
    open_world.channel(SET).shows("late")
    lost = open_world.post("/hooks/alerts/billing", data=b"\x00{", headers=headers)
    assert lost.json() == {"detail": "The body is no JSON."}
    open_world.settle()
    assert [one["count"] for one in alerts(open_world) if one["key"] == "unreadable"] == [2]


def test_a_flood_is_counted_in_one_alert_and_nothing_of_it_is_dropped(open_world):
    headers = key_of(open_world, "grafana")

    def flood(first, count):
        one = GRAFANA["alerts"][0]
        many = [{**one, "fingerprint": f"f{number}"} for number in range(first, first + count)]
        assert send(open_world, "grafana", "grafana", {"alerts": many}, headers).ok

    flood(0, 40)
    *_, last = alerts(open_world)
    assert len(alerts(open_world)) == 4
    assert (last["source"], last["key"], last["count"]) == (
        "setflow",
        "flood:grafana:P3:urgent",
        37,
    )
    assert len(open_world.paged()) == 4
    open_world.channel(SET).shows("grafana floods: over 3 new alerts in 1 min", "seen 37 times")
    assert open_world.rows("select count(*) from inbox")[0][0] == 40
    flood(0, 3)
    assert alerts(open_world)[-1]["count"] == 37

    open_world.pass_time(minutes=2)
    assert alerts(open_world)[-1]["status"] == "firing"
    open_world.user("ana").clicks("Acknowledge")
    open_world.pass_time(minutes=2)
    assert alerts(open_world)[-1]["status"] == "resolved"
    flood(100, 1)
    assert alerts(open_world)[-1]["key"] == "f100"


def test_a_flood_of_small_alerts_hides_no_large_one(open_world):
    headers = key_of(open_world, "grafana")
    small = [{**GRAFANA["alerts"][0], "fingerprint": f"f{number}"} for number in range(9)]
    large = {"status": "firing", "labels": {"severity": "critical", "alertname": "Down"}}
    send(open_world, "grafana", "grafana", {"alerts": small}, headers)
    # By the other method that Grafana knows.
    at = f"{open_world.street.urls['web']}/hooks/grafana/grafana"
    assert requests.put(at, json={"alerts": [large]}, headers=headers, timeout=30).ok
    open_world.settle()

    assert alerts(open_world)[-1]["title"] == "Down"
    open_world.user("ana").sees("Down (P1)")


def test_a_signed_source_needs_no_key_and_takes_nothing_unsigned_or_old(bare):
    bare.apply(file(more=SIGNED))
    raw = json.dumps({"alerts": [ALERTMANAGER["alerts"][0]]}).encode()

    def post(at, digest=None, prefix="sha256="):
        made = hmac.new(HOOK.encode(), f"{at}.".encode() + raw, "sha256").hexdigest()
        headers = {"X-Sig": prefix + (digest or made), "X-At": str(at)}
        return bare.post("/hooks/alerts/prometheus", data=raw, headers=headers).status_code

    now = int(bare.now.timestamp())
    assert post(now) == 202
    assert [post(now, "00"), post(now, "ü"), post(now, prefix=""), post(now - 400)] == [401] * 4
    assert bare.post("/hooks/alerts/prometheus", data=raw, headers=BEARER).status_code == 401


EVENTS = [(status, hour) for hour in ("09", "10") for status in ("firing", "resolved")]


def told(key, status, hour):
    begun = f"2026-11-30T{hour}:00:00Z"
    return {"status": status, "fingerprint": key, "labels": {"a": key}, "startsAt": begun}


def ended(world):
    rows = world.rows("select distinct on (key) key, status from alerts order by key, id desc")
    return {row.key: row.status for row in rows}


@pytest.mark.parametrize(("events", "ends"), [(EVENTS[:3], "firing"), (EVENTS, "resolved")])
def test_deliveries_three_times_in_any_order_end_the_same(world, events, ends):
    orders = list(itertools.permutations(events))
    for number, order in enumerate(orders):
        body = {"alerts": [told(f"at once {number}", *one) for one in order * 3]}
        world.post("/hooks/alertmanager/prometheus", json=body, headers=BEARER)
    ticker.tick(world.db, world.now)
    for number, order in enumerate(orders[::5]):
        for one in order * 3:
            body = {"alerts": [told(f"one by one {number}", *one)]}
            world.post("/hooks/alertmanager/prometheus", json=body, headers=BEARER)
            ticker.tick(world.db, world.now)

    final = ended(world)
    assert set(final.values()) <= {ends}
    if ends == "firing":
        assert len(final) == len(orders) + len(orders[::5])


def test_the_same_beginning_later_is_news_for_a_monitor_may_lose_sight(world):
    for status in ("firing", "resolved", "firing"):
        world.alert(status=status, started="2026-11-30T09:00:00Z")
    assert world.paged() == ["ana"]
    world.pass_time(minutes=5)
    world.alert(started="2026-11-30T09:00:00Z")
    assert world.paged() == ["ana", "ana"]
    world.alert(status="resolved", started="2026-11-30T09:00:00Z")
    assert alerts(world)[-1]["status"] == "resolved"


def test_the_end_of_an_earlier_time_does_not_end_the_one_that_is_open(world):
    world.alert(started="2026-11-30T09:00:00Z")
    world.alert(started="2026-11-30T10:00:00Z")
    world.alert(started="2026-11-30T09:00:00Z", status="resolved")

    assert [one["status"] for one in alerts(world)] == ["firing"]


def test_the_end_of_an_earlier_time_does_not_take_one_out_of_its_group(bare):
    grouped = "{ladder: urgent, group: {by: [cluster], within: 10m}}"
    bare.apply(file().replace("{ladder: urgent}", grouped))

    def left(key, status, hour):
        one = told(key, status, hour)
        labels = {**one["labels"], "cluster": "eu"}
        send(bare, "alertmanager", "prometheus", {"alerts": [{**one, "labels": labels}]}, BEARER)
        rows = bare.rows("select key from members where resolved_at is null order by id")
        return "".join(row.key for row in rows)

    assert left("a", "firing", "08") == "a"
    assert left("b", "firing", "08") == "ab"
    assert left("a", "firing", "09") == "ab"
    assert left("a", "resolved", "08") == "ab"
    assert left("b", "resolved", "08") == "a"
    assert left("a", "resolved", "09") == ""
    assert alerts(bare)[-1]["status"] == "resolved"


def test_no_monitor_goes_by_a_name_that_setflow_has_for_its_own(db, street):
    world = World(db, street, environ={"SETFLOW_HOOK_KEY_TEST": "k" * 20})
    shown = {"Authorization": f"Bearer {'k' * 20}"}
    refused = world.post("/hooks/alerts/test", json={"key": "db", "title": "db"}, headers=shown)
    assert refused.status_code == 403
    with pytest.raises(Refused, match="test is a source of setflow's own"):
        key_of(world, "test")


def test_where_a_message_would_go_is_said_and_nothing_kept(open_world):
    asked = {"source": "grafana", "body": GRAFANA}
    bearer = {"Authorization": f"Bearer {API}"}
    answer = open_world.post("/api/route", json=asked, headers=bearer).json()

    first = answer["alerts"][0]
    assert (answer["format"], first["ladder"], first["channel"]) == ("grafana", "urgent", SET)
    assert first["pages"] == [
        {"person": "ana", "method": "mattermost", "at": "2026-11-30T10:00:00Z"}
    ]
    assert first["then"] == {"at": "2026-11-30T10:05:00Z", "page": ["set.backup"]}
    line = open_world.text.splitlines()[first["route"]["line"] - 1]
    assert line.strip() == "- {ladder: urgent}"
    assert open_world.post("/api/route", json=asked).status_code == 401
    wrong = open_world.post("/api/route", json={"source": "grafana", "body": 1}, headers=bearer)
    assert wrong.status_code == 422
    assert alerts(open_world) == []
    assert open_world.paged() == []


def test_a_key_is_good_for_its_source_and_scopes_alone(world):
    headers = key_of(world, "grafana", "read")
    body = {"alerts": [ALERTMANAGER["alerts"][0]]}
    refused = send(world, "grafana", "grafana", body, headers)

    assert refused.status_code == 403
    assert "This key may read, and not create" in refused.json()["detail"]
    assert send(world, "grafana", "prometheus", body, headers).status_code == 401
    basic = ("any", HOOK)
    url = "/hooks/grafana/prometheus"
    assert world.post(url, json=body, auth=basic).status_code == 202
    assert world.post(f"{url}?key={HOOK}", json=body).status_code == 202


def test_an_admin_sees_the_keys_and_nobody_their_secrets(world):
    key_of(world, "grafana", "create", "read")

    assert "Keys are for admins: ask Mara Doe." in world.user("ana").says("/set keys")
    said = world.user("mara").says("/set keys")
    assert said == "- `0123456789` **grafana** may create, read; never used"


def test_who_guesses_keys_is_stopped_and_a_monitor_set_up_badly_is_not(world):
    wrong = {"Authorization": "Bearer the-same-one"}
    body = {"key": "k", "title": "t"}
    url = "/hooks/alerts/prometheus"
    answers = [world.post(url, json=body, headers=wrong).status_code for _ in range(30)]
    assert set(answers) == {401}
    assert world.post(url, json=body, headers=BEARER).status_code == 202

    made = key_of(world, "prometheus")
    assert world.post(url, json=body, headers=made).status_code == 202
    guesses = ({"Authorization": f"Bearer guess-{number}"} for number in range(30))
    answers = [world.post(url, json=body, headers=one).status_code for one in guesses]
    assert answers[-1] == 429
    assert world.post(url, json=body, headers=made).status_code == 202
