"""What the next weeks hold is seen before it bites: gaps, departures, the weekly post."""

import threading

import pytest

from setflow import chores, ticker
from setflow.db import transaction
from setflow.rotation import store as rotations
from setflow.rotation.rules import Absence
from tests.acceptance.world import API, OPS, PEOPLE, SET, at, file

HEADERS = {"Authorization": f"Bearer {API}"}
PHONES = {name: f"+4477{number:08}" for number, name in enumerate(PEOPLE)}


def staffed(**more):
    """A file in which everybody has a phone and is awake at any hour, with `more` of somebody."""
    text = file()
    for name, number in PHONES.items():
        phone = f'contact: [{{via: sms, to: "{number}"}}]'
        always = 'awake: {from: "00:00", to: "00:00"}'
        said = ", ".join([phone, always, *([more[name]] if name in more else [])])
        text = text.replace(f'jira: "jira-{name}"', f'jira: "jira-{name}", {said}')
    return text.replace("company: {country: DE}", "company: {}")


def away(world, person, start, end, kind="away"):
    absence = Absence(0, person, at(start), at(end), kind, "a secret reason")
    with transaction(world.db) as tx:
        rotations.add_absence(tx, absence, by=person, source="chat", now=world.now)


@pytest.fixture
def quiet(bare):
    """Nothing is wrong; it is the Sunday before."""
    bare.now = at("2026-11-29 20:00")
    bare.apply(staffed())
    return bare


def test_each_monday_one_post_says_that_all_is_staffed_however_many_tick(quiet):
    quiet.stand_still(hours=14)
    ticks = [threading.Thread(target=ticker.tick, args=(quiet.db, quiet.now)) for _ in range(4)]
    for tick in ticks:
        tick.start()
    for tick in ticks:
        tick.join()
    quiet.settle()
    assert quiet.keys("findings:") == ["findings:set:2026-11-30"]
    assert quiet.channel(SET).shows("the next 90 days") == (
        "SET: the next 90 days are staffed.\nNothing to do."
    )
    quiet.pass_time(until="2026-12-07 08:59")
    assert len(quiet.keys("findings:")) == 1
    quiet.pass_time(until="2026-12-07 09:00")
    assert quiet.keys("findings:")[1:] == ["findings:set:2026-12-07"]


def test_the_post_says_the_urgent_first_and_calls_the_next_lead_where_a_seat_needs_somebody(quiet):
    away(quiet, "ana", "2026-12-02 00:00", "2026-12-04 00:00")
    away(quiet, "bo", "2026-12-02 00:00", "2026-12-04 00:00", "rather-not")
    quiet.pass_time(until="2026-11-30 09:00")
    said = quiet.channel(SET).shows("1 away and 1 who would rather not")
    assert "- **Wed 08:00 – Thu 20:00** · Ana Doe is away, but is SET primary (EMEA)" in said
    assert "secret" not in said
    assert "@" not in said
    quiet.apply(staffed(hal='until: "2026-12-16"'))
    quiet.pass_time(until="2026-12-07 09:00")
    said = quiet.channel(SET).shows("1 person gone")
    assert "Hal Doe leaves on Wed 16 Dec, but is SET backup and primary (Americas)" in said
    assert "@max, the next cycle is yours" in said
    assert "A seat waits for somebody." in said


def test_who_is_deactivated_is_told_at_once_weeks_ahead_and_once(quiet):
    quiet.pull("people")
    quiet.chat.deactivate("hal")
    quiet.pull("people")
    quiet.stand_still(minutes=20)
    quiet.pull("people")
    said = quiet.channel(OPS).shows("Hal Doe is deactivated in Mattermost")
    assert "but is SET backup (Americas) from **Mon 14 Dec 20:00**" in said
    assert len(quiet.keys("departure:hal")) == 1
    assert quiet.events("PersonLeft") == [{"person": "hal", "why": "deactivated"}]
    assert "Hal Doe is deactivated in Mattermost, but is SET" in quiet.user("ana").says("/set gaps")

    quiet.chat.activate("hal")
    quiet.pull("people")
    assert "the next 90 days are staffed" in quiet.user("ana").says("/set gaps set")
    quiet.now = at("2026-11-29 21:00")
    quiet.chat.leave_team("hal")
    quiet.pull("people")
    assert len(quiet.keys("departure:hal")) == 2
    assert "not in the Mattermost team any more" in quiet.user("ana").says("/set gaps")


def test_nobody_is_taken_for_gone_where_the_bot_sees_nobody(quiet):
    for name in PEOPLE:
        quiet.chat.leave_team(name)
    quiet.pull("people")
    assert quiet.keys("departure:") == []
    (row,) = quiet.rows("select error from pulls where source = 'people'")
    assert "none is taken for gone" in row.error


def test_a_chore_that_fails_is_set_aside_and_said_and_one_that_is_missing_is_planned_again(quiet):
    quiet.pull("people")
    with transaction(quiet.db) as tx:
        chores.forget(tx, "findings", but=())
        chores.plan(tx, "nonsense:set", quiet.now, now=quiet.now)
    quiet.settle()
    quiet.channel(OPS).shows("One chore could not be worked and waits a minute: KeyError")
    with transaction(quiet.db) as tx:
        chores.forget(tx, "nonsense", but=())
    quiet.pull("people")
    quiet.stand_still(hours=14)
    quiet.pull("people")  # what came due while nothing ran is not put off by it
    assert quiet.keys("findings:") == ["findings:set:2026-11-30"]


def test_a_rotation_that_is_gone_is_not_looked_ahead_at_and_a_new_zone_posts_once_that_day(quiet):
    quiet.pass_time(until="2026-11-30 09:00")
    quiet.apply(staffed().replace("timezone: Europe/Berlin\nadmins", "timezone: UTC\nadmins"))
    quiet.pass_time(until="2026-11-30 12:00")
    assert quiet.keys("findings:") == ["findings:set:2026-11-30"]
    quiet.channel(OPS).does_not_show("could not be worked")
    text = quiet.text
    head, tail = text.index("rotations:"), text.index("ladders:")
    one = 'rotations: {web: {type: weekly, start: "2026-11-02 09:00", people: [ana, bo]}}\n'
    web = text[:head] + one + text[tail:].partition("ladders:")[0]
    quiet.apply(web)
    assert quiet.rows("select name from chores where name like 'findings:%'") == [("findings:web",)]
    quiet.pass_time(until="2026-12-07 11:00")
    assert quiet.keys("findings:")[1:] == ["findings:web:2026-12-07"]
    quiet.channel(OPS).shows("WEB: the next 90 days are staffed.")


def test_the_api_says_the_same_as_json(quiet):
    away(quiet, "ana", "2026-12-02 00:00", "2026-12-03 00:00")
    answer = quiet.get("/api/gaps?rotation=set&days=7", headers=HEADERS).json()
    (found,) = answer.pop("findings")
    assert answer == {
        "rotations": ["set"],
        "from": "2026-11-29T19:00:00Z",
        "to": "2026-12-06T19:00:00Z",
    }
    assert found == {
        "kind": "away",
        "seats": ["set.emea.primary"],
        "people": ["ana"],
        "start": "2026-12-02T07:00:00Z",
        "end": "2026-12-02T19:00:00Z",
        "times": 1,
        "hours": 12.0,
        "said": "Ana Doe is away, but is SET primary (EMEA)",
    }
    assert quiet.get("/api/gaps?rotation=nix", headers=HEADERS).status_code == 409
    assert quiet.get("/api/gaps?days=0", headers=HEADERS).status_code == 422
    assert quiet.get("/api/gaps").status_code == 401
