"""What monitors send is understood, whatever they send."""

import json
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters import alerts
from setflow.escalation.spec import Mapped, Source

ALERTMANAGER = {
    "version": "4",
    "groupKey": '{}:{alertname="HighLatency"}',
    "truncatedAlerts": 0,
    "status": "firing",
    "receiver": "setflow",
    "groupLabels": {"alertname": "HighLatency"},
    "commonLabels": {"alertname": "HighLatency", "severity": "critical"},
    "commonAnnotations": {},
    "externalURL": "https://am.example.com",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "HighLatency", "severity": "critical", "instance": "api-1"},
            "annotations": {"summary": "Requests take 3 s on api-1", "runbook_url": "https://r/1"},
            "startsAt": "2026-11-30T10:00:00.123456789Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://prometheus.example.com/graph?g0.expr=x",
            "fingerprint": "0d8f6b1a2c3e4f50",
        },
        {
            "status": "resolved",
            "labels": {"alertname": "HighLatency", "severity": "critical", "instance": "api-2"},
            "annotations": {},
            "startsAt": "2026-11-30T09:00:00Z",
            "endsAt": "2026-11-30T10:00:00Z",
            "generatorURL": "",
            "fingerprint": "ffff6b1a2c3e4f50",
        },
    ],
}
GRAFANA = {
    "receiver": "setflow",
    "status": "firing",
    "orgId": 1,
    "version": "1",
    "groupKey": "{}:{}",
    "truncatedAlerts": 0,
    "title": "[FIRING:1] Disk (grafana)",
    "state": "alerting",
    "message": "**Firing**",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Disk", "grafana_folder": "Ops", "severity": "warning"},
            "annotations": {"summary": "Disk of db-1 is full", "__dashboardUid__": "x"},
            "startsAt": "2026-11-30T11:00:00+01:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://grafana.example.com/alerting/grafana/u/view",
            "fingerprint": "57c6d9296de2ad39",
            "silenceURL": "https://grafana.example.com/alerting/silence/new",
            "dashboardURL": "https://grafana.example.com/d/abc",
            "panelURL": "https://grafana.example.com/d/abc?viewPanel=2",
            "values": {"A": 97.5, "C": 1},
            "valueString": "[ var='A' value=97.5 ]",
        },
        {
            "status": "firing",
            "labels": {"alertname": "DatasourceNoData", "rulename": "Orders", "ref_id": "A"},
            "annotations": {},
            "startsAt": "2026-11-30T10:00:00Z",
            "fingerprint": "aaaa",
            "values": None,
        },
    ],
}
MAPPED = Mapped(
    key="item.incident.id",
    title='"Billing: " + item.name',
    each="body.items",
    priority="item.level",
    status='item.state == "ok" ? "resolved" : "firing"',
    started="item.since",
    url="item.link",
    details={"customer": "item.customer", "region": "body.region"},
)
BILLING = {
    "region": "eu",
    "items": [
        {
            "incident": {"id": 4711},
            "name": "late",
            "level": "critical",
            "state": "bad",
            "since": "2026-11-30T10:00:00Z",
            "link": "https://billing.example.com/4711",
            "customer": "Acme",
        }
    ],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


def understood(form, body, **more):
    return alerts.read(Source("s", form, **more), body)


def test_alertmanager_tells_of_each_alert_by_its_fingerprint():
    first, second = understood("alertmanager", ALERTMANAGER).alerts

    assert (first.key, first.title) == ("0d8f6b1a2c3e4f50", "Requests take 3 s on api-1")
    assert (first.priority, first.firing) == ("P1", True)
    assert first.started == datetime(2026, 11, 30, 10, 0, 0, 123456, tzinfo=UTC)
    assert first.url.startswith("https://prometheus.example.com/")
    assert first.details == {
        "alertname": "HighLatency",
        "severity": "critical",
        "instance": "api-1",
        "runbook_url": "https://r/1",
    }
    assert (second.title, second.firing, second.url) == ("HighLatency on api-2", False, "")


def test_grafana_tells_of_values_and_where_to_look_and_of_rules_that_find_nothing():
    disk, nothing = understood("grafana", GRAFANA).alerts

    assert (disk.title, disk.priority) == ("Disk of db-1 is full", "P3")
    assert disk.started == datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert disk.url == "https://grafana.example.com/d/abc?viewPanel=2"
    assert disk.details["values"] == "A=97.5, C=1"
    assert disk.details["silence"].endswith("/silence/new")
    assert "__dashboardUid__" not in disk.details
    assert nothing.title == "No data: Orders"


def test_the_file_says_what_a_word_for_how_bad_it_is_means():
    body = {"alerts": [{"status": "firing", "labels": {"severity": "Ticket"}}]}

    assert understood("alertmanager", body).alerts[0].priority == "P3"
    assert understood("alertmanager", body, priority={"ticket": "P5"}).alerts[0].priority == "P5"
    body["alerts"][0]["labels"]["priority"] = "P2"
    assert understood("alertmanager", body).alerts[0].priority == "P2"


def test_without_a_fingerprint_the_labels_are_the_key():
    one, other = ({"status": "firing", "labels": {"a": value}} for value in "xy")
    keys = [found.key for found in understood("grafana", {"alerts": [one, other, one]}).alerts]

    assert keys[0] == keys[2] != keys[1]


def test_what_alertmanager_cut_off_is_an_alert_by_itself():
    found = understood("alertmanager", {**ALERTMANAGER, "truncatedAlerts": 12}).alerts[-1]

    assert found.title == "12 further alerts were left out of a notification"
    assert found.key == 'left-out:{}:{alertname="HighLatency"}'
    over = {**ALERTMANAGER, "truncatedAlerts": 12, "status": "resolved"}
    assert (found.firing, understood("alertmanager", over).alerts[-1].firing) == (True, False)


@pytest.mark.parametrize(
    ("alert", "problem"),
    [
        (1, "it should be an object"),
        ({"labels": {"a": "b"}}, 'its "status" should be firing or resolved'),
        ({"status": "firing"}, "it has no labels"),
        ({"status": "firing", "labels": []}, "it has no labels"),
        ({"status": "firing", "labels": [1]}, 'its "labels" should be an object'),
    ],
)
def test_one_alert_that_cannot_be_read_takes_none_of_the_others_with_it(alert, problem):
    good = ALERTMANAGER["alerts"][0]
    message = understood("alertmanager", {"alerts": [good, alert, good]})

    assert len(message.alerts) == 2
    assert message.problems == [f"alerts[1]: {problem}."]


def test_a_mapping_says_what_a_message_means():
    [found] = understood("json", BILLING, mapping=MAPPED).alerts

    assert (found.key, found.title) == ("4711", "Billing: late")
    assert (found.priority, found.firing) == ("P1", True)
    assert found.started == datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert found.url == "https://billing.example.com/4711"
    assert found.details == {"customer": "Acme", "region": "eu"}


def test_the_least_that_a_mapping_says():
    [found] = understood("json", {"id": "a"}, mapping=Mapped("body.id", "body.id")).alerts

    assert (found.priority, found.firing, found.started, found.url) == ("P3", True, None, "")
    assert (
        not understood(
            "json",
            {"id": "a", "bad": False},
            mapping=Mapped("body.id", "body.id", status="body.bad"),
        )
        .alerts[0]
        .firing
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"incident": {}}, 'item 0: key: "item.incident.id" cannot be answered: no such member'),
        ({"incident": {"id": True}}, 'item 0: key: "item.incident.id" is no text here.'),
        ({"level": "dire"}, 'item 0: priority: "dire" is none of P1 to P5.'),
        ({"since": "today"}, 'item 0: started: "today" is no instant with its offset.'),
        ({"name": 7}, "item 0: title:"),
    ],
)
def test_a_mapping_that_fails_says_which_field_of_which_item(change, problem):
    body = {**BILLING, "items": [{**BILLING["items"][0], **change}, BILLING["items"][0]]}
    message = understood("json", body, mapping=MAPPED)

    assert len(message.alerts) == 1
    assert message.problems[0].startswith(problem)


@pytest.mark.parametrize(
    ("form", "body", "mapping", "sentence"),
    [
        ("grafana", [], None, "should be a JSON object"),
        ("grafana", {}, None, 'has no list "alerts"'),
        ("json", {}, None, "give it a mapping below `sources:`"),
        ("json", {"items": 1}, MAPPED, 'each: "body.items" is no list'),
        ("json", [1] * 30_000, MAPPED, "over 1,000 long"),
        ("json", {"a": "b"}, Mapped("body.x", "body.a"), "key:"),
        ("json", {"a": "b"}, Mapped("body.a", "body.a", status="body.a"), "status:"),
    ],
)
def test_a_message_that_is_none_is_refused_with_a_sentence(form, body, mapping, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        understood(form, body, mapping=mapping)


def test_of_too_many_items_the_first_are_read_and_the_rest_is_said():
    items = [{"id": str(number)} for number in range(1000)]
    mapping = Mapped("item.id", "item.id", each="body")

    assert len(understood("json", items, mapping=mapping).alerts) == 1000
    many = {"alerts": [ALERTMANAGER["alerts"][0]] * 1003}
    assert understood("alertmanager", many).alerts[-1].title.startswith("3 further alerts")


def test_what_could_not_be_read_is_shown_as_far_as_it_fits():
    found = alerts.unreadable("billing", "It is no JSON.", b"\xff\x00{" + b"x" * 9000)

    assert found.title == "A message of billing could not be read"
    assert found.details["why"] == "It is no JSON."
    assert len(found.details["message"]) == 1000
    assert "\0" not in found.details["message"]


@given(JSON)
def test_no_body_whatever_does_more_than_be_refused(body):
    shapes = [body, {"alerts": [body]}, {"alerts": [{"status": "firing", "labels": body}]}]
    shapes += [{"items": [body]}, {"items": [{**BILLING["items"][0], "name": body}]}]
    for shape in shapes:
        for form, mapping in (("alertmanager", None), ("grafana", None), ("json", MAPPED)):
            try:
                found = understood(form, shape, mapping=mapping)
            except ValueError as error:
                assert str(error)  # noqa: PT017
                continue
            for one in found.alerts:
                kept = json.dumps(one.stored())
                assert "\\u0000" not in kept
                assert one.key
                assert one.title
                kept.encode()
                assert all(value.encode() for value in one.details.values())
