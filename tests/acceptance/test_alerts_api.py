"""The API of alerts that are read, and of maintenance windows."""

from datetime import timedelta

import requests

from tests.acceptance.world import API

TOKEN = {"Authorization": f"Bearer {API}"}


def get(world, path):
    answer = world.get(f"/api{path}", headers=TOKEN)
    return answer.status_code, answer.json()


def delete(world, path):
    answer = requests.delete(f"{world.street.urls['web']}/api{path}", headers=TOKEN, timeout=30)
    world.settle()
    return answer.status_code, answer.json()


def test_open_alerts_are_listed_and_one_tells_all_that_happened(world):
    world.alert("Disk of db1 is full", key="disk-db1", priority="P2")
    status, listed = get(world, "/alerts")
    [one] = listed["alerts"]
    assert status == 200
    assert (one["key"], one["priority"], one["status"], one["count"]) == (
        "disk-db1",
        "P2",
        "firing",
        1,
    )
    assert one["next"]
    assert get(world, "/alerts?source=elsewhere")[1] == {"alerts": []}
    assert world.api(f"/alerts/{one['id']}/acknowledge", person="bo").status_code == 200
    world.settle()
    _, told = get(world, f"/alerts/{one['id']}")
    assert (told["owner"], told["how"], told["status"]) == ("bo", "api", "acknowledged")
    assert [page["outcome"] for page in told["pages"]] == ["delivered"] * len(told["pages"]) != []
    kinds = [event["kind"] for event in told["history"]]
    assert kinds[0] == "AlertOpened"
    assert kinds.index("Paged") < kinds.index("Acknowledged")


def test_an_alert_that_never_was_and_a_stranger_are_told_so(world):
    status, said = get(world, "/alerts/4711")
    assert (status, said["detail"]) == (409, "There is no alert 4711.")
    assert world.get("/api/alerts").status_code == 401
    assert world.get("/api/maintenance").status_code == 401


def test_a_maintenance_window_is_opened_listed_and_ended(world):
    asked = {
        "of": "prometheus",
        "start": world.now.isoformat(),
        "end": (world.now + timedelta(hours=2)).isoformat(),
    }
    refused = world.api("/maintenance", **asked, by="bo")
    assert (refused.status_code, "an admin or a lead" in refused.json()["detail"]) == (409, True)
    number = world.api("/maintenance", **asked, by="mara").json()["number"]
    [window] = get(world, "/maintenance")[1]["windows"]
    assert (window["number"], window["by"]) == (number, "mara")
    world.alert()
    assert get(world, "/alerts")[1]["alerts"][0]["status"] == "snoozed"
    assert delete(world, f"/maintenance/{number}?by=mara") == (200, {"done": True})
    assert get(world, "/alerts")[1]["alerts"][0]["status"] == "firing"


def test_what_cannot_be_understood_is_answered_with_a_sentence_whatever_it_holds(world):
    at = f"{world.street.urls['web']}/api/alerts/1/acknowledge"
    for body in ('{"key": "a\\ud800"}', '{"per\\udfffson": 1}', '{"person": 1e999}', "[1]", "{}"):
        sent = {**TOKEN, "Content-Type": "application/json"}
        answer = requests.post(at, data=body, headers=sent, timeout=30)
        assert answer.status_code == 422, body
        assert answer.json()["detail"].startswith("That cannot be understood: body")
