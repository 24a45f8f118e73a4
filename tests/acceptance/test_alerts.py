"""Alerts come in: by the hook of any monitor, and from OpsGenie, shown or paged for."""

import re

import pytest

from tests.acceptance.world import HOOK, OPS, SET, file

BEARER = {"Authorization": f"Bearer {HOOK}"}
FINE = {"key": "k", "title": "Disk full", "priority": "P1"}


def stored(world):
    return world.rows("select count(*) from inbox")[0][0]


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
def test_a_hook_without_its_key_is_refused(world, headers):
    answer = world.post("/hooks/alerts/prometheus", json=FINE, headers=headers)

    assert answer.status_code == 401
    assert "Bearer key of source 'prometheus'" in answer.json()["detail"]
    assert world.post("/hooks/alerts/unknown", json=FINE, headers=BEARER).status_code == 401
    assert stored(world) == 0


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        (b"{", 400, "The body is no JSON."),
        (b"[]", 400, "The body should be a JSON object."),
        (b'{"key": "k"}', 422, "title: Field required"),
        (b'{"key": "k", "title": "t", "priority": "high"}', 422, "priority"),
        (b'{"key": "k", "title": "t", "who": 1}', 422, "who"),
        (b'{"key": "k", "title": "t", "url": "javascript:x"}', 422, "url"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, 400, "nested over 8 deep"),
        (b'{"key": "k", "title": "a\\u0000b"}', 400, "NUL"),
        (b'{"key": "' + b"x" * 300_000 + b'"}', 413, "over 256 KiB"),
        (b"[" * 100_000, 400, "no JSON"),
    ],
)
def test_what_is_no_alert_is_refused_with_a_sentence_and_not_stored(world, body, status, sentence):
    answer = world.post("/hooks/alerts/prometheus", data=body, headers=BEARER)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert stored(world) == 0


def test_the_same_delivery_is_taken_once(world):
    assert world.alert(delivery="d1").json() == {"accepted": True, "new": True}
    world.pass_time(seconds=1)
    assert world.alert(delivery="d1").json() == {"accepted": True, "new": False}

    assert world.paged() == ["ana"]
    assert world.rows("select state->>'count' from alerts")[0][0] == "1"


def test_more_of_the_same_counts_and_pages_nobody(world):
    for _ in range(5):
        world.alert()
        world.pass_time(seconds=1)

    assert world.paged() == ["ana"]
    world.channel(SET).shows("seen 4 times")


def test_what_its_source_resolves_is_over_and_whoever_was_woken_hears_it(world):
    world.alert()
    world.alert(status="resolved")

    world.channel(SET).shows("Checkout API down", "over since 11:00")
    world.user("ana").sees("over since 11:00")
    world.pass_time(hours=1)
    assert world.paged() == ["ana"]
    world.alert()
    assert world.paged() == ["ana", "ana"]


def test_routes_choose_the_ladder(world):
    world.alert("Nightly report failed", priority="P4")
    world.pass_time(minutes=29)
    assert world.paged() == ["ana"]
    world.pass_time(minutes=1)
    assert world.paged() == ["ana", "mara"]


def test_words_from_outside_mention_nobody_and_link_nowhere(world):
    world.alert("@channel ![x](http://evil/y) [a](http://evil) **b**", details={"@here": "@ana"})

    for said in (world.channel(SET).posts()[-1], world.user("ana").posts()[-1]):
        assert "@channel" not in said
        assert "@here" not in said
        assert not re.search(r"[^\\]\]\(", said)


def mirrored(world):
    world.apply(file(opsgenie="mirror"))
    return world


def raised(world, **fields):
    number = world.opsgenie.create("Login slow", alias="login", priority="P1", **fields)
    world.pull("opsgenie")
    return number


def test_in_mirror_mode_opsgenie_pages_and_setflow_shows(world):
    raised(mirrored(world))
    world.pass_time(hours=2)

    assert world.paged() == []
    world.channel(OPS).shows("Login slow", "OpsGenie pages for it since 11:00", "[Acknowledge]")


def test_in_mirror_mode_what_is_acknowledged_there_shows_here(world):
    number = raised(mirrored(world))
    world.opsgenie.acknowledge(number, "ana@example.com")
    world.pull("opsgenie")

    world.channel(OPS).shows("Login slow", "Ana Doe has it since 11:00")


def test_in_mirror_mode_what_is_acknowledged_here_is_there(world):
    number = raised(mirrored(world))
    world.user("ana").clicks("Acknowledge", channel=OPS)

    assert world.opsgenie.desk.alert(number).acknowledged[0] == "ana@example.com"
    world.user("ana").clicks("Resolve", channel=OPS)
    assert world.opsgenie.desk.alert(number).status == "closed"
    world.pull("opsgenie")
    assert len(world.events("AlertOpened")) == 1


def test_in_page_mode_an_alert_of_opsgenie_goes_up_the_ladder(world):
    number = raised(world)
    assert world.paged() == ["ana"]
    world.pass_time(minutes=5)
    world.user("bo").clicks("Acknowledge")
    assert world.opsgenie.desk.alert(number).acknowledged[0] == "bo@example.com"

    world.opsgenie.close(number, "bo@example.com")
    world.pull("opsgenie")
    world.channel(SET).shows("Login slow", "over since 11:05")


def test_in_page_mode_whoever_takes_it_in_opsgenie_has_it_here(world):
    number = raised(world)
    world.opsgenie.acknowledge(number, "bo@example.com")
    world.pull("opsgenie")
    world.pass_time(hours=1)

    assert world.paged() == ["ana"]
    world.user("ana").sees("Bo Doe has it", "Nothing for you to do")


def test_a_webhook_of_opsgenie_is_a_hint_that_is_taken_once_and_needs_its_key(world):
    world.opsgenie.webhook_url = world.street.urls["web"] + "/hooks/opsgenie"
    world.opsgenie.create("Login slow", alias="login", priority="P1")
    world.opsgenie.settle()
    assert world.opsgenie.deliveries[-1][1] == 401

    world.opsgenie.webhook_headers = {"Authorization": "GenieKey opsgenie-hook-key"}
    hinted: list[str] = []
    world.parts.news["opsgenie"] = lambda: hinted.append("opsgenie")
    world.opsgenie.create("Login gone", alias="gone", priority="P1")
    world.opsgenie.settle()
    payload, status = world.opsgenie.deliveries[-1]
    assert status == 202
    assert hinted == ["opsgenie"]
    again = world.post("/hooks/opsgenie?key=opsgenie-hook-key", json=payload)
    assert again.json() == {"accepted": True, "new": False}
    nonsense = world.post("/hooks/opsgenie?key=opsgenie-hook-key", json={"a": 1})
    assert nonsense.status_code == 422
    assert "names no alert.alertId" in nonsense.json()["detail"]


def test_a_change_that_opsgenie_refuses_is_seen_and_holds_nothing_up(world):
    number = raised(world)
    world.opsgenie.desk.key = "another key now"
    world.user("ana").clicks("Acknowledge")

    world.channel(SET).shows("Ana Doe has it")
    assert world.dead() == ["opsgenie:1:acknowledge:2"]
    world.channel(OPS).shows("Could not", "OpsGenie refuses the key (401)", "[Retry]")
    world.opsgenie.desk.key = "opsgenie-key"
    world.user("mara").clicks("Retry", channel=OPS)
    assert world.opsgenie.desk.alert(number).acknowledged[0] == "ana@example.com"
    assert world.dead() == []
