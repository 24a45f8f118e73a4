import copy

import pytest

from setflow.adapters.opsgenie import webhook

# Shapes as OpsGenie's page on outgoing webhooks and its users show them.
CREATE = {
    "source": {"name": "web", "type": "API"},
    "alert": {
        "tags": ["checkout"],
        "teams": ["set"],
        "responders": [],
        "message": "Checkout API down",
        "username": "monitor@example.com",
        "alertId": "052652ac-5d1c-464a-812a-7dd18bbfba8c",
        "source": "monitor",
        "alias": "checkout",
        "tinyId": "10",
        "entity": "",
        "createdAt": 1426106604646,
        "updatedAt": 1426106604646000123,
        "userId": "daed1180-0ce8-438b-8f8e-57e1a5920a2d",
    },
    "action": "Create",
    "integrationId": "37c8f316-17c6-49d7-899b-9c7e540c048d",
    "integrationName": "setflow",
}
ESCALATE = {
    "source": {"name": "", "type": "system"},
    "alert": {"alertId": "7ba97e3a-d328-4b5e-8f9a-39e945a3869a"},
    "action": "Escalate",
    "escalationId": "1d7fa2ab-4f5b-4c39-8c3b-36fa2e3b0a6c",
    "escalationName": "SET",
    "escalationTime": 0,
    "repeatCount": 0,
}


def changed(payload, **alert):
    other = copy.deepcopy(payload)
    other["alert"].update(alert)
    return other


def test_a_webhook_names_its_alert_and_action():
    delivery, alert_id, action = webhook(CREATE)

    assert (alert_id, action) == ("052652ac-5d1c-464a-812a-7dd18bbfba8c", "Create")
    assert delivery == f"{alert_id}:Create:1426106604646000123"


def test_the_same_event_delivered_twice_has_one_id():
    assert webhook(CREATE)[0] == webhook(copy.deepcopy(CREATE))[0]


@pytest.mark.parametrize(
    "other",
    [
        changed(CREATE, updatedAt=1426106604646000124),
        changed(CREATE, alertId="another"),
        {**CREATE, "action": "Acknowledge"},
    ],
)
def test_another_event_has_another_id(other):
    assert webhook(other)[0] != webhook(CREATE)[0]


def test_an_escalation_carries_no_time_and_is_still_told_apart():
    delivery, alert_id, action = webhook(ESCALATE)

    assert (alert_id, action) == ("7ba97e3a-d328-4b5e-8f9a-39e945a3869a", "Escalate")
    assert webhook({**ESCALATE, "repeatCount": 1})[0] != delivery
    assert webhook(copy.deepcopy(ESCALATE))[0] == delivery


def test_tags_as_text_or_as_a_list_make_no_difference():
    assert webhook(changed({**CREATE, "action": "AddTags"}, addedTags="a,b"))[2] == "AddTags"


@pytest.mark.parametrize(
    ("payload", "says"),
    [
        ({}, "alert.alertId"),
        ({"alert": "down", "action": "Create"}, "alert.alertId"),
        ({"alert": {"alertId": 7}, "action": "Create"}, "alert.alertId"),
        ({"alert": {"alertId": ""}, "action": "Create"}, "alert.alertId"),
        ({"alert": {"alertId": "a"}}, "action"),
        ({"alert": {"alertId": "a"}, "action": ["Create"]}, "action"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(payload, says):
    with pytest.raises(ValueError, match=f"This is no OpsGenie webhook: it names no {says}"):
        webhook(payload)
