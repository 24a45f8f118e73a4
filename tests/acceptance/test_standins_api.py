"""Stand-ins and absences from the API: considered first, done with `confirm`."""

import requests

from tests.acceptance.world import API

TOKEN = {"Authorization": f"Bearer {API}"}
THURSDAY = {"start": "2026-12-03 13:00", "end": "2026-12-03T20:00:00+01:00"}
ASK = {"by": "mara", "seat": "set.emea.primary", **THURSDAY}


def post(world, path, **body):
    answer = world.api(path, **body)
    return answer.status_code, answer.json()


def get(world, path):
    return world.get(f"/api{path}", headers=TOKEN).json()


def delete(world, path):
    answer = requests.delete(f"{world.street.urls['web']}/api{path}", headers=TOKEN, timeout=30)
    world.settle()
    return answer.status_code, answer.json()


def test_a_stand_in_is_considered_then_done_as_considered_then_undone(world):
    status, shown = post(world, "/overrides", **ASK, person="eve")
    assert (status, shown["done"], get(world, "/overrides")) == (200, False, {"overrides": []})
    [change] = shown["considered"]["changes"]
    assert change == {
        "seat": "set.emea.primary",
        "start": "2026-12-03T12:00:00Z",
        "end": "2026-12-03T19:00:00Z",
        "before": ["ana"],
        "after": "eve",
    }
    status, done = post(world, "/overrides", **ASK, person="eve", confirm=True)
    assert (status, done["overrides"], done["considered"]) == (200, [1], shown["considered"])
    who = get(world, "/who?seat=set.emea.primary&at=2026-12-03T15:00:00Z")
    assert who["seats"][0]["people"] == ["eve"]
    world.user("ana").sees("Eve Doe stands in for you")
    [listed] = get(world, "/overrides?rotation=set")["overrides"]
    assert (listed["id"], listed["person"], listed["displaced"]) == (1, "eve", ["ana"])
    assert delete(world, "/overrides/1?by=ana") == (
        200,
        {"done": True, "overrides": [], "undone": [1], "requests": [], "absences": []},
    )
    assert delete(world, "/overrides/1?by=ana")[0] == 409


def test_stand_ins_that_contradict_each_other_never_slip_in_unseen(world):
    post(world, "/overrides", **ASK, person="eve", confirm=True)
    status, refused = post(world, "/overrides", **ASK, person="fay", confirm=True)
    assert status == 409
    assert "Eve Doe stands in then already (override 1" in refused["detail"]
    shown = post(world, "/overrides", **ASK, person="fay")[1]["considered"]
    assert shown["gives_way"] == [1]
    given = {**ASK, "person": "fay", "seen": shown["gives_way"], "confirm": True}
    assert post(world, "/overrides", **given)[1]["overrides"] == [2]


def test_covers_and_swaps_are_asked_for_and_answered(world):
    given = {"by": "ana", "seat": "set.emea.primary", **THURSDAY, "confirm": True}
    assert post(world, "/covers", **given, note="dentist")[1]["requests"] == [1]
    [request] = get(world, "/requests")["requests"]
    assert (request["asker"], request["status"], request["leads"]) == ("ana", "open", ["mara"])
    assert "note" not in request
    assert post(world, "/requests/1/take", by="bo")[1]["status"] == "taken"
    assert get(world, "/requests")["requests"] == []
    swap = {
        "by": "ana",
        "person": "bo",
        "seat": "set.emea.primary",
        "start": "2026-12-04 08:00",
        "end": "2026-12-04 20:00",
        "other_seat": "set.emea.primary",
        "other_start": "2026-12-08 08:00",
        "other_end": "2026-12-08 20:00",
    }
    shown = post(world, "/swaps", **swap)[1]["considered"]
    assert shown["needs"] == ["bo"]
    assert [(one["before"], one["after"]) for one in shown["changes"]] == [
        (["ana"], "bo"),
        (["bo"], "ana"),
    ]
    assert post(world, "/swaps", **swap, confirm=True)[1]["requests"] == [2]
    assert post(world, "/requests/2/accept", by="cy")[0] == 409
    done = post(world, "/requests/2/accept", by="bo")[1]
    assert (done["status"], len(done["overrides"])) == ("taken", 2)


def test_absences_are_noted_and_listed_without_their_reasons(world):
    given = {"by": "ana", "person": "ana", "start": "2026-12-21", "end": "2027-01-04"}
    shown = post(world, "/absences", **given, reason="surgery")[1]
    assert shown["done"] is False
    assert post(world, "/absences", **given, reason="surgery", confirm=True)[1]["absences"] == [1]
    assert get(world, "/absences?person=ana")["absences"] == [
        {
            "id": 1,
            "person": "ana",
            "kind": "away",
            "start": "2026-12-20T23:00:00Z",
            "end": "2027-01-03T23:00:00Z",
        }
    ]
    assert delete(world, "/absences/1?by=bo")[0] == 409
    assert delete(world, "/absences/1?by=ana")[1]["absences"] == [1]


def test_who_asks_and_what_is_asked_are_checked(world):
    wrong = [
        ("/overrides", {**ASK, "by": "shell", "person": "eve"}, 409, "shell is not among"),
        ("/overrides", {**ASK, "by": "fay", "person": "fay"}, 409, "ask"),
        ("/overrides", {**ASK, "person": "zed"}, 409, "zed"),
        ("/overrides", {**ASK, "person": "eve", "start": "tomorrow 13:00"}, 409, "start: "),
        ("/overrides", {**ASK, "person": "eve", "until": "x"}, 422, "until"),
        ("/overrides", {**ASK, "person": "eve", "end": ASK["start"]}, 409, "end"),
        ("/covers", {**ASK, "note": "x" * 200}, 422, "note"),
        ("/absences", {**ASK, "person": "ana", "kind": "ill"}, 422, "kind"),
        ("/requests/1/take", {"by": "bo"}, 409, "There is no request 1"),
        ("/requests/1/eat", {"by": "bo"}, 422, "answer"),
    ]
    found = [(post(world, path, **body), code, words) for path, body, code, words in wrong]
    assert [one for one in found if one[0][0] != one[1] or one[2] not in str(one[0][1])] == []
    assert world.post("/api/overrides", json={**ASK, "person": "eve"}).status_code == 401
    assert world.get("/api/absences").status_code == 401


def test_the_api_describes_itself(bare):
    described = bare.get("/api/openapi.json").json()["paths"]

    assert {"get", "post"} <= described["/api/overrides"].keys()
    assert {"/api/covers", "/api/swaps", "/api/requests/{number}/{answer}"} <= described.keys()
