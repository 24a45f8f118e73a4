"""Adapter and stand-in against OpsGenie's own document of the API."""

from datetime import UTC, datetime, timedelta

import opsgenie_sdk
import pytest
import requests

from setflow.adapters.opsgenie import OpsGenie
from setflow.rotation.rules.remote import On, StandIn
from setflow.sandbox.opsgenie import OpsGenieSandbox
from setflow.sandbox.opsgenie.rota import Rotation
from tests.contract.documents import Document, checked
from tests.loopback import served

pytestmark = pytest.mark.contract

START = datetime(2026, 11, 2, 3, 12, tzinfo=UTC)
THREE = START.replace(minute=0)
ANA, BO = "ana@example.com", "bo@example.com"


@pytest.fixture
def account():
    account = OpsGenieSandbox(lambda: START)
    rotations = [
        Rotation(f"rotation-{name}", name, THREE, (ANA, "", BO), kind, 1, hours)
        for name, kind, hours in (
            ("week", "weekly", ()),
            ("day", "daily", ((None, 1200, 480),)),
            ("hour", "hourly", ((0, 480, 1200), (6, 1200, 480))),
        )
    ]
    account.desk.schedule("set-primary", "Europe/Berlin", *rotations)
    for number in range(150):
        account.create(f"alert {number}", priority="P1", tags=("set",), details={"n": "1"})
    return account


@pytest.fixture
def document():
    return Document.load("opsgenie")


def test_the_adapter_and_the_stand_in_keep_to_the_document(account, document):
    with served(checked(account.app, {"/": document})) as url:
        opsgenie = OpsGenie(url, account.desk.key)
        opsgenie.check()
        first, second, *_ = opsgenie.open_alerts()
        opsgenie.acknowledge(first.id, ANA, note="mine")
        opsgenie.close(second.id, ANA, note="over")
        account.page(first.id, ANA)
        assert [one.user for one in opsgenie.notified(first.id)] == [ANA]
        assert len(opsgenie.since(START)) == 150
        assert opsgenie.alert(first.id).owner == ANA
        assert opsgenie.alert("no-such-alert") is None
        assert len(opsgenie.open_alerts()) == 149
        opsgenie.unacknowledge(first.id, ANA, note="not mine")
        opsgenie.snooze(first.id, ANA, until=START + timedelta(hours=1), note="later")
        assert not opsgenie.alert(first.id).acknowledged

    assert [str(violation) for violation in document.violations] == []
    assert set(document.seen) == {
        "GET /v2/account",
        "GET /v2/alerts",
        "GET /v2/alerts/{identifier}",
        "POST /v2/alerts/{identifier}/acknowledge",
        "GET /v2/alerts/{identifier}/recipients",
        "POST /v2/alerts/{identifier}/close",
        "POST /v2/alerts/{identifier}/snooze",
        "POST /v2/alerts/{identifier}/unacknowledge",
    }


def test_the_stand_in_serves_the_client_library_as_opsgenie_does(account, document):
    with served(checked(account.app, {"/": document})) as url:
        configuration = opsgenie_sdk.Configuration()
        configuration.host, configuration.retry_enabled = url, False
        configuration.api_key = {"Authorization": account.desk.key}
        alerts = opsgenie_sdk.AlertApi(opsgenie_sdk.ApiClient(configuration))
        taken = alerts.create_alert(
            create_alert_payload={"message": "down", "alias": "db", "priority": "P2"}
        )
        assert taken.retrieve_result().data.is_success
        mine = {"user": ANA}
        alerts.acknowledge_alert("db", acknowledge_alert_payload=mine, identifier_type="alias")
        alerts.un_acknowledge_alert("db", identifier_type="alias")
        looking = {**mine, "note": "looking"}
        alerts.add_note("db", looking, identifier_type="alias")
        [note] = alerts.list_notes("db", identifier_type="alias").data
        assert (note.note, note.owner) == ("looking", ANA)
        alerts.close_alert("db", close_alert_payload=mine, identifier_type="alias")
        assert alerts.get_alert("db", identifier_type="alias").data.status == "closed"
        assert len(alerts.list_alerts(query="status:open AND tag:set", limit=100).data) == 100

    assert [str(violation) for violation in document.violations] == []


def test_who_is_on_call_comes_flat_or_as_a_tree(account, document):
    key = {"Authorization": f"GenieKey {account.desk.key}"}
    with served(checked(account.app, {"/": document})) as url:
        path = f"{url}/v2/schedules/set-primary/on-calls?scheduleIdentifierType=name"
        flat = requests.get(f"{path}&flat=true", headers=key).json()["data"]
        tree = requests.get(path, headers=key).json()["data"]
        assert requests.get(path.replace("set-primary", "x"), headers=key).status_code == 404

    assert flat["onCallRecipients"] == [ANA]
    assert [one["name"] for one in tree["onCallParticipants"]] == [ANA]
    assert [str(violation) for violation in document.violations] == []


def test_schedules_are_read_and_overridden_as_the_document_says(account, document):
    until = START + timedelta(days=15)
    stands = StandIn(BO, START + timedelta(minutes=80), until, ("rotation-week", "rotation-day"))
    key = {"Authorization": f"GenieKey {account.desk.key}"}
    with served(checked(account.app, {"/": document})) as url:
        schedules = OpsGenie(url, account.desk.key).schedules
        before = schedules.read("set-primary", START, until)
        schedules.keep("set-primary", "setflow-a", stands)
        schedules.keep("set-primary", "setflow-a", stands)
        schedules.keep("set-primary", "setflow-b", stands)
        after = schedules.read("set-primary", START, until)
        for _ in range(2):
            schedules.end("set-primary", "setflow-b")
        assert schedules.read("set-secondary", START, until) is None
        listed = requests.get(f"{url}/v2/schedules?expand=rotation", headers=key).json()["data"]
        path = f"{url}/v2/schedules/{listed[0]['id']}/overrides"
        [left] = requests.get(path, headers=key).json()["data"]
        body = {**left, "alias": ""}
        assert requests.post(path, json=body, headers=key).json()["data"]["alias"] == "override-2"
        again = {**body, "alias": "setflow-a"}
        assert requests.post(path, json=again, headers=key).status_code == 409
        one = requests.get(f"{path}/setflow-a", headers=key).json()["data"]

    assert before.overrides == {}
    assert before.final == before.base == after.base
    assert before.final["rotation-week"][0] == On(ANA, START, THREE + timedelta(days=7))
    rounded = stands._replace(start=THREE + timedelta(minutes=90), end=THREE + timedelta(days=15))
    assert after.overrides == {"setflow-a": rounded, "setflow-b": rounded}
    assert after.final["rotation-week"][1].person == after.final["rotation-day"][1].person == BO
    assert after.final["rotation-hour"] == before.final["rotation-hour"]
    assert (one, left["user"]["username"]) == (left, BO)
    kinds = [part.get("timeRestriction", {}).get("type") for part in listed[0]["rotations"]]
    assert kinds == [None, "time-of-day", "weekday-and-time-of-day"]
    # The document tells restrictions apart by a discriminator, which the check does not follow.
    broken = [one for one in document.violations if "timeRestriction" not in one.where]
    assert [str(violation) for violation in broken] == []


def test_what_is_refused_is_refused_in_documented_ways(account, document):
    key = {"Authorization": f"GenieKey {account.desk.key}"}
    with served(checked(account.app, {"/": document})) as url:
        alerts = f"{url}/v2/alerts"
        account.desk.holding = True
        taken = requests.post(alerts, json={"message": "down"}, headers=key).json()["requestId"]
        answers = [
            requests.get(alerts),
            requests.get(f"{alerts}/requests/{taken}", headers=key),
            requests.get(f"{alerts}?query=weather:bad", headers=key),
        ]
        account.desk.release()
        late = requests.get(f"{alerts}/requests/{taken}", headers=key).json()["data"]
        gone = requests.post(f"{alerts}/x/close", headers=key).json()["requestId"]
        failed = requests.get(f"{alerts}/requests/{gone}", headers=key).json()["data"]

    assert [answer.status_code for answer in answers] == [401, 404, 400]
    assert (late["isSuccess"], failed["isSuccess"]) == (True, False)
    assert [str(violation) for violation in document.violations] == []


def test_a_body_that_opsgenie_would_refuse_is_refused(account):
    key = {"Authorization": f"GenieKey {account.desk.key}"}
    with served(account.app) as url:
        alerts = f"{url}/v2/alerts"
        bodies = [{}, {"message": "down", "priority": "P9"}]
        answers = [requests.post(alerts, json=body, headers=key) for body in bodies]
        answers.append(requests.post(f"{alerts}/x/notes", json={"user": ANA}, headers=key))

    assert [answer.status_code for answer in answers] == [422, 422, 422]
