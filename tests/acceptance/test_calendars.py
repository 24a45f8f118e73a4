"""Duties as a calendar to subscribe to."""

import re
from datetime import timedelta

import icalendar
import pytest
import requests
import vobject

from setflow import engine, present
from setflow.db import transaction
from setflow.rotation import rules
from tests.acceptance.world import API, SET, at, file

BEARER = {"Authorization": f"Bearer {API}"}


def subscribed(world, person, words=""):
    """The path that somebody's calendar is read at."""
    said = world.chat.slash(person, SET, f"/set calendar {words}".strip())
    return re.search(r"(/calendar/\S+)", said)[1]


def lend_to_eve(world):
    start, end = at("2026-12-02 08:00"), at("2026-12-02 20:00")
    with transaction(world.db) as tx:
        asked = engine.AddOverride("set.emea.primary", "eve", start, end, "shell")
        engine.handle(tx, [asked], now=world.now)


def events(answer):
    """UID → who, when, as the icalendar library reads it."""
    read = icalendar.Calendar.from_ical(answer.content)
    return {
        str(one["uid"]): (str(one["summary"]), one["dtstart"].dt, one["dtend"].dt)
        for one in read.walk("VEVENT")
    }


def read_otherwise(answer):
    """The same as another reader has it."""
    read = vobject.readOne(answer.text)
    return {
        one.uid.value: (one.summary.value, one.dtstart.value, one.dtend.value)
        for one in read.vevent_list
    }


def test_a_person_s_calendar_is_their_shifts_and_two_readers_agree_on_it(world):
    answer = world.get(subscribed(world, "ana"))

    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    found = events(answer)
    assert found == read_otherwise(answer)
    with transaction(world.db) as tx:
        here = present.read(tx, world.now)
    low, high = at("2026-11-30 00:00"), at("2027-05-31 01:00")
    assert sorted((start, end) for _, start, end in found.values()) == sorted(
        (one.start, one.end)
        for seat in here.history
        for one in rules.shifts(here.history, here.overrides, seat, low, high)
        if one.people == ("ana",)
    )
    assert min(found.values(), key=lambda one: one[1]) == (
        "SET primary (EMEA)",
        at("2026-11-30 08:00"),
        at("2026-11-30 20:00"),
    )
    assert "SET backup (EMEA): Bo Doe" in answer.text.replace("\r\n ", "")


def test_a_rotation_s_calendar_says_who_and_takes_up_nobody_s_time(world):
    answer = world.get(subscribed(world, "bo", "set"))
    read = icalendar.Calendar.from_ical(answer.content)

    titles = {str(one["summary"]) for one in read.walk("VEVENT")}
    assert {"SET lead: Mara Doe", "SET backup (Americas): Di Doe"} <= titles
    assert {str(one["transp"]) for one in read.walk("VEVENT")} == {"TRANSPARENT"}
    assert str(read["x-wr-calname"]) == "SET on call"
    assert "+34" not in answer.text


def test_what_moves_or_changes_hands_keeps_its_uid(world):
    path = subscribed(world, "mara", "set.emea.primary")
    before = events(world.get(path))

    lend_to_eve(world)
    lent = events(world.get(path))
    world.apply(file().replace('from: "08:00", to: "20:00"', 'from: "09:00", to: "21:00"'))
    moved = events(world.get(path))

    assert lent.keys() == before.keys()
    changed = [uid for uid in lent if lent[uid] != before[uid]]
    assert [lent[uid][0] for uid in changed] == ["SET primary (EMEA): Eve Doe"]
    assert moved.keys() == before.keys()
    later = [uid for uid in moved if moved[uid][1] - before[uid][1] == timedelta(hours=1)]
    assert len(later) > 100


def test_a_client_that_asks_again_is_told_that_nothing_changed_until_it_does(world):
    path = subscribed(world, "ana")
    tag = world.get(path).headers["etag"]

    again = world.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")

    lend_to_eve(world)
    changed = world.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_an_address_that_is_wrong_forged_or_revoked_shows_nothing(world):
    path = subscribed(world, "ana")
    assert subscribed(world, "ana") == path
    feed, signature, _ = path.removeprefix("/calendar/").split(".")
    other = subscribed(world, "bo").split(".")[1]

    for wrong in (f"{feed}.ics", f"{feed}.{other}.ics", f"{feed}0.{signature}.ics", "x", "."):
        assert world.get(f"/calendar/{wrong}").status_code == 404

    new = subscribed(world, "ana", "new")
    assert new != path
    assert world.get(path).status_code == 404
    assert world.get(new).status_code == 200
    said = world.chat.slash("ana", SET, "/set calendar revoke all")
    assert said == "All your calendars are closed: the old address shows nothing any more."
    assert world.get(new).status_code == 404


def test_somebody_who_left_the_company_takes_no_calendar_along(world):
    path = subscribed(world, "max")
    text = file().replace("lead: max", "lead: mara").replace("person:max", "person:hal")
    text = re.sub(r"(?m)^  max: .*\n", "", text).replace("[mara, max]", "[mara]")
    world.apply(text)

    assert world.get(path).status_code == 404


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("set.emea.primry", "There is no seat or rotation set.emea.primry"),
        ("set web", "Write `/set calendar [SEAT or ROTATION]`"),
        ("revoke set", "There is no such calendar; `/set calendar` opens one."),
    ],
)
def test_a_calendar_of_nothing_is_refused(world, words, said):
    assert said in world.chat.slash("ana", SET, f"/set calendar {words}")


def test_the_api_opens_lists_and_revokes(world):
    made = world.post("/api/calendars", json={"person": "ana", "target": "set"}, headers=BEARER)
    assert made.status_code == 201
    listed = world.get("/api/calendars?person=ana", headers=BEARER).json()
    assert listed == [{"target": "set", "url": made.json()["url"]}]
    assert world.get("/api/calendars?person=ana").status_code == 401
    url = world.street.urls["web"] + "/api/calendars?person=ana"
    gone = requests.delete(url, headers=BEARER, timeout=5)
    assert gone.status_code == 204
    assert world.get("/api/calendars?person=ana", headers=BEARER).json() == []
