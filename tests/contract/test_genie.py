"""The OpsGenie-compatible API against OpsGenie's own document, driven by its client library."""

import json
from datetime import timedelta

import jsonschema_rs
import pytest
import requests
from opsgenie_sdk.exceptions import ApiException

from tests.acceptance.genie import BASE, a_key, alerts_of, heartbeats_of
from tests.acceptance.world import Street, World, file
from tests.contract.documents import SHARED, Document, checked

pytestmark = pytest.mark.contract

BEATS = "heartbeats: {backup: {every: 1d, grace: 10m}, elsewhere: {every: 1h, source: grafana}}\n"
ALIAS = {"identifier_type": "alias"}


@pytest.fixture
def world(db):
    with Street() as street:
        world = World(db, street)
        world.apply()
        yield world


@pytest.fixture
def document(world):
    """What every exchange of the story is held against."""
    document = Document.load("opsgenie")
    world.street.behind["web"].app = checked(world.parts.web, {"/v2": document})
    return document


def test_every_verb_of_the_client_library_works_as_documented(world, document):
    alerts = alerts_of(world, a_key(world, "nagios", "create", "read", "act"))
    taken = alerts.create_alert(
        create_alert_payload={
            "message": "db is down",
            "alias": "db-1",
            "description": "no answer",
            "tags": ["db", "eu"],
            "details": {"host": "a"},
            "entity": "db-1",
            "actions": ["restart"],
            "responders": [{"type": "team", "name": "nobody-here"}],
            "priority": "P2",
            "source": "https://nagios.example.com/db",
            "user": "Nagios",
            "note": "first seen by the probe",
            "visibleTo": [{"type": "team", "name": "x"}],
        }
    )
    with pytest.raises(ApiException) as waits:
        alerts.get_request_status(taken.request_id)
    assert waits.value.status == 404
    world.settle()
    done = alerts.get_request_status(taken.request_id).data
    assert (done.is_success, done.status, done.alias) == (True, "Created alert", "db-1")
    one = alerts.get_alert("db-1", **ALIAS).data
    assert (one.id, one.tiny_id, one.status, one.priority) == (done.alert_id, "1", "open", "P2")
    assert (one.tags, one.entity, one.details) == (["db", "eu"], "db-1", {"host": "a"})
    assert (one.description, one.actions) == ("no answer", ["restart"])
    said = _said(world, alerts)
    who = {"user": "ana@example.com"}
    tomorrow = (world.now + timedelta(hours=20)).isoformat()
    said(alerts.acknowledge_alert("db-1", acknowledge_alert_payload=who, **ALIAS))
    said(alerts.un_acknowledge_alert("db-1", un_acknowledge_alert_payload=who, **ALIAS))
    again = {"escalation": {"type": "escalation", "name": "urgent"}}
    said(alerts.escalate_alert("db-1", again, **ALIAS))
    said(alerts.assign_alert("db-1", {"owner": {"type": "user", "username": "bo"}}, **ALIAS))
    assert alerts.get_alert("1", identifier_type="tiny").data.owner == "bo@example.com"
    said(alerts.snooze_alert("db-1", {"endTime": tomorrow, **who}, **ALIAS))
    snoozed = alerts.list_alerts(query="snoozed: true").data
    assert [one.alias for one in snoozed] == ["db-1"]
    said(alerts.add_note("db-1", {"note": "looking", **who}, **ALIAS))
    said(alerts.add_tags("db-1", {"tags": ["hot"]}, **ALIAS))
    said(alerts.remove_tags("db-1", ["eu", "db"], **ALIAS))
    said(alerts.add_details("db-1", {"details": {"rack": "7"}}, **ALIAS))
    said(alerts.remove_details("db-1", ["host"], **ALIAS))
    said(alerts.update_alert_message("db-1", {"message": "db is slow"}, **ALIAS))
    said(alerts.update_alert_description("db-1", {"description": "12 s"}, **ALIAS))
    said(alerts.update_alert_priority("db-1", {"priority": "P4"}, **ALIAS))
    said(alerts.add_responder("db-1", {"responder": {"type": "user", "id": "x"}}, **ALIAS))
    said(alerts.add_team("db-1", {"team": {"type": "team", "name": "web"}}, **ALIAS))
    one = alerts.get_alert("1").data
    assert (one.message, one.priority, one.tags) == ("db is slow", "P4", ["hot"])
    assert (one.details, one.description, one.owner) == (
        {"rack": "7"},
        "12 s",
        "ana@example.com",
    )
    notes = alerts.list_notes("1", limit=2).data
    assert [note.owner for note in notes] == ["nagios", "nagios"]
    assert [note.note for note in alerts.list_notes("1", order="asc").data][:2] == [
        "first seen by the probe",
        "looking",
    ]
    assert alerts.count_alerts(query="status: open AND tag: hot").data.count == 1
    said(alerts.close_alert("db-1", close_alert_payload=who, **ALIAS))
    report = alerts.get_alert("db-1", **ALIAS).data.report
    assert report.closed_by == "ana@example.com"
    said(alerts.create_alert({"message": "once more"}))
    said(alerts.delete_alert("2"))
    assert [str(one) for one in document.violations] == []
    assert len(document.seen) >= 20


def test_heartbeats_work_by_the_client_library(world, document):
    world.apply(file(more=BEATS))
    beats = heartbeats_of(world, a_key(world, "nagios", "create", "read", "act"))
    [never] = beats.list_heart_beats().data.heartbeats
    assert (never.name, never.enabled, never.expired) == ("backup", False, False)
    assert beats.ping("backup").result == "PONG - Heartbeat received"
    one = beats.get_heartbeat("backup").data
    assert (one.enabled, one.expired, one.interval, one.interval_unit) == (True, False, 1, "days")
    assert beats.disable_heartbeat("backup").data.enabled is False
    assert beats.enable_heartbeat("backup").data.name == "backup"
    for name in ("elsewhere", "nowhere"):
        with pytest.raises(ApiException) as gone:
            beats.ping(name)
        assert gone.value.status == 404
    assert [str(one) for one in document.violations] == []


def test_what_is_refused_is_refused_in_documented_ways(world, document):
    key, read = (
        {"Authorization": f"GenieKey {a_key(world, 'nagios', scope)}"}
        for scope in ("create", "read")
    )
    url = f"{world.street.urls['web']}/v2/alerts"
    assert requests.get(url).status_code == 401
    assert requests.get(url, headers=key).status_code == 403
    for query in ("query=(", "query=weather: bad", "query=count: x", "limit=0", "sort=x"):
        answer = requests.get(f"{url}?{query}", headers=read)
        assert (answer.status_code, bool(answer.json()["errors"])) == (422, True), query
    assert requests.get(f"{url}/9", headers=read).status_code == 404
    for body, field in (
        ({}, "message"),
        ({"message": "x", "priority": "P9"}, "priority"),
        ({"message": "x", "alias": "a" * 513}, "alias"),
    ):
        answer = requests.post(url, json=body, headers=key)
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == [field]
        assert set(answer.json()) >= {"message", "took", "requestId"}
    for raw in (b"{", b"[]", b'{"message": "\\u0000"}', b'{"a":' * 20 + b"1" + b"}" * 20):
        assert requests.post(url, data=raw, headers=key).status_code == 400
    assert requests.post(url, data=b" " * 300_000, headers=key).status_code == 413
    sent = [one for one in document.violations if one.side == "response"]
    assert [str(one) for one in sent if "413 not" not in str(one)] == []


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("create", BASE),
        (
            "create",
            {
                **BASE,
                "description": "x",
                "responders": [{"type": "team", "name": "web"}, {"type": "user", "id": "1"}],
                "tags": ["a", "b"],
                "note": "n",
                "priority": "P1",
                "entity": "e",
                "actions": ["x"],
            },
        ),
        ("close", {"source": "http://alertmanager"}),
        ("updateMessage", {"message": "x"}),
        ("updateDescription", {"description": "x"}),
        ("updateDescription", {}),
    ],
)
def test_what_the_stories_send_is_what_alertmanager_sends(name, body):
    text = (SHARED / "specs/extra/alertmanager-opsgenie-notifier.schema.json").read_text()
    jsonschema_rs.validator_for(json.loads(text)["$defs"][name]).validate(body)


def _said(world, alerts):
    """Hears that a request was worked and went well."""

    def said(taken):
        world.settle()
        done = alerts.get_request_status(taken.request_id).data
        assert done.is_success, done.status
        return done

    return said
