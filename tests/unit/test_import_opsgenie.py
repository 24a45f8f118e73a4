"""OpsGenie and JSM Operations: every shape that their files have, and timelines that agree."""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow import definitions, importing
from setflow.errors import Refused
from tests.unit.importing import END, NOW, agrees, fixture, imported
from tests.unit.timelines import is_open, iso, sampled, turn

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC")
UNITS = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1), "hourly": timedelta(hours=1)}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@pytest.fixture(scope="module")
def rich():
    return imported("opsgenie")


def schedules(documents):
    return documents[0][1][1]["data"]


def test_the_file_answers_as_opsgenie_does(rich):
    assert agrees(rich)
    assert [one.schedule for one in rich.checked] == ["Web Operations", "Mobile on-call"]
    assert {one.start for one in rich.checked} == {NOW}
    assert {one.end for one in rich.checked} == {END}


def test_every_rotation_of_a_schedule_is_one_of_its_own(rich):
    assert list(rich.configuration.rotations) == [
        "web-operations-weekdays",
        "web-operations-nights",
        "web-operations-weekend",
        "web-operations-interim",
        "mobile-on-call",
    ]


def test_the_file_says_what_the_rotations_are(rich):
    assert (
        """\
  # OpsGenie: schedule "Web Operations", rotation "Weekdays"
  web-operations-weekdays:
    type: weekly
    start: "2026-11-02 09:00"
    people: [ana.ruiz, bo, ana.ruiz, cy]
    hours:
      - {days: [mon, tue, wed, thu, fri], from: "08:00", to: "20:00"}
"""
        in rich.text
    )
    assert "ana.ruiz: {name: Ana Ruiz, timezone: Europe/Madrid, email: ana.ruiz@example.com}\n" in (
        rich.text
    )


@pytest.mark.parametrize(
    "sentence",
    [
        'Rotation "Nights" of schedule "Web Operations" gives turn 2 of 3 to nobody; here Bo Lind,',
        "gives turn 2 of 2 to the team Ops; here di@example.com, who has the one before,",
        'Rotation "Interim" of schedule "Web Operations" ends at 2026-12-10 08:00 UTC; here it go',
        'Rotation "Trial" of schedule "Web Operations" ended at 2026-10-01 06:00 UTC and was left',
        'Rotation "Quiet" of schedule "Web Operations" is disabled and was left out.',
        'Rotation "Whole team" of schedule "Web Operations" has no person in it and was left out.',
        "from 2026-12-03 08:00 to 2026-12-03 14:00 UTC puts nobody in and is not carried over.",
        'Schedule "Legacy" is disabled and was left out.',
        'Schedule "Moon" was left out: "Mars/Olympus" is no time zone',
        "Policies, custom roles and the like are no part of this (1 of them were given)",
    ],
)
def test_what_is_not_carried_over_is_said(sentence, rich):
    assert sentence in rich.left


def test_an_override_that_is_over_is_nothing_and_one_to_come_is_of_its_rotation(rich):
    one, *_ = rich.overrides

    assert (one.seat, one.person) == ("web-operations-weekdays", "di")


def test_whoever_is_forwarded_to_stands_in_for_each_shift_of_whoever_forwards(rich):
    assert [(one.seat, one.person, iso(one.start), iso(one.end)) for one in rich.overrides[1:]] == [
        ("web-operations-interim", "bo", "2026-12-01T08:00:00Z", "2026-12-01T18:30:00Z"),
        ("web-operations-interim", "bo", "2026-12-02T06:30:00Z", "2026-12-02T08:00:00Z"),
        ("mobile-on-call", "bo", "2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z"),
    ]


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"endDate": "2029-12-02T08:00:00Z"}, "for it is of over a year."),
        ({"toUser": {}}, "for one of them is not known."),
    ],
)
def test_a_forwarding_that_cannot_be_overrides_is_said(rule, sentence):
    documents = fixture("opsgenie")
    documents[0][1][5]["data"][0] |= rule

    assert sentence in imported("opsgenie", documents).left


def test_without_the_forwarding_rules_what_they_did_is_not_compared():
    documents = fixture("opsgenie")
    documents[0][1][5] = {"data": []}

    done = imported("opsgenie", documents)

    assert agrees(done)
    assert "Shifts are forwarded to bo@example.com by a rule that was not given;" in done.left
    assert [(iso(start), iso(end)) for start, end in done.checked[1].skipped] == [
        ("2026-12-01T08:00:00Z", "2026-12-02T08:00:00Z")
    ]


def test_stretches_that_are_known_to_differ_are_not_compared_and_said_to_be(rich):
    web, mobile = rich.checked

    assert [(iso(start), iso(end)) for start, end in web.skipped] == [
        ("2026-12-03T08:00:00Z", "2026-12-03T14:00:00Z")
    ]
    assert mobile.skipped == ()


def test_where_the_file_has_somebody_more_as_is_known_it_is_no_difference_but_said(rich):
    web, mobile = rich.checked

    # A turn of nobody and one of a team, which those before have; and a rotation that ends.
    assert (iso(web.more[0][0]), iso(web.more[0][1])) == (iso(NOW), "2026-11-23T07:00:00Z")
    assert ("2026-12-10T08:00:00Z", iso(END)) == tuple(map(iso, web.more[-1]))
    assert not web.differences
    assert not mobile.more


def test_people_who_are_known_keep_their_names_and_all_that_is_known_of_them():
    text = (
        "version: 1\npeople:\n  a: {name: Ana, mattermost: anna, email: ANA.ruiz@example.com, "
        'contact: [{via: sms, to: "+34600000000", after: 90s}]}\n'
    )
    known = definitions.read(text, "set.yaml", {}).people

    done = imported("opsgenie", known=known)

    assert done.configuration.people["a"] == known["a"]
    assert done.configuration.rotations["web-operations-weekdays"].people() == ("a", "bo", "cy")
    assert "a" not in done.written.guessed


def test_a_difference_is_found_and_told_by_the_hour():
    documents = fixture("opsgenie")
    rotation = schedules(documents)[1]["rotations"][0]
    rotation["startDate"] = "2026-09-14T14:00:00Z"

    [_, mobile] = imported("opsgenie", documents).checked

    [one] = mobile.differences
    assert (iso(one.start), iso(one.end)) == ("2026-12-07T14:00:00Z", "2026-12-07T15:00:00Z")
    assert (one.theirs, one.ours) == (("di",), ("cy",))


def test_the_backup_tools_folder_is_read():
    documents = []
    for schedule in schedules(fixture("opsgenie")):
        for rotation in schedule["rotations"]:
            for key in ("startDate", "endDate"):
                if rotation[key]:
                    rotation[key] = rotation[key][:16].replace("T", " ")
        config = {"schedule": schedule, "scheduleOverrideList": []}
        documents.append((f"schedules/{schedule['name']}-{schedule['id']}.json", config))
    users = [{"user": one} for one in fixture("opsgenie")[0][1][0]["data"]]
    documents += [(f"users/{one['user']['username']}.json", one) for one in users]

    done = imported("opsgenie", documents)

    assert done.configuration.rotations == imported("opsgenie").configuration.rotations
    assert "were read as UTC; look the starts over." in done.left
    assert [one.start for one in done.checked] == [None, None]


def test_an_override_in_a_file_of_its_own_is_found_its_schedule_by_the_files_name():
    documents = fixture("opsgenie")
    one = {
        "user": {"type": "user", "id": "u-bo", "username": "bo@example.com"},
        "startDate": "2026-12-16T08:00:00Z",
        "endDate": "3025-12-16T14:00:00Z",
        "rotations": [],
    }
    documents.append(("overrides-s-mobile.json", {"data": [one]}))

    done = imported("opsgenie", documents)

    assert "is of over a year and is not carried over." in done.left
    documents[-1][1]["data"][0]["endDate"] = "2026-12-16T14:00:00Z"
    assert imported("opsgenie", documents).overrides[-1].seat == "mobile-on-call"


def test_an_override_reaching_beyond_the_hours_is_no_difference_but_said():
    documents = fixture("opsgenie")
    timeline = documents[0][1][2]["data"]["finalTimeline"]["rotations"][0]
    timeline["periods"].append(
        {
            "startDate": "2026-11-25T06:45:00Z",
            "endDate": "2026-11-25T07:00:00Z",
            "type": "override",
            "recipient": {"id": "u-di", "type": "user", "name": "di@example.com"},
        }
    )

    web = imported("opsgenie", documents).checked[0]

    assert web.differences == ()
    assert [(iso(start), iso(end)) for start, end in web.outside] == [
        ("2026-11-25T06:45:00Z", "2026-11-25T07:00:00Z")
    ]


def test_jsm_operations_says_the_same_in_other_words():
    done = imported("jsm")

    assert agrees(done)
    assert done.checked[0].end == END
    assert done.configuration.people["cy"].jira == "u-cy"
    assert done.configuration.people["cy"].email == "cy@example.com"
    assert "Who the account u-di belongs to is not known" in done.left
    assert [(one.seat, one.person) for one in done.overrides] == [("mobile-on-call", "cy")]


@pytest.mark.parametrize(
    "documents",
    [
        {},
        [],
        None,
        "text",
        {"data": 7},
        {"data": {"id": "x", "timezone": "UTC", "rotations": "none"}},
        {"data": {"id": "x", "timezone": "UTC", "rotations": [{}, None, 3]}},
        {"data": [{"finalTimeline": None}, {"startDate": 5, "user": 3}, {"schedule": {}}]},
    ],
)
def test_what_has_no_rotation_is_refused_with_a_sentence(documents):
    with pytest.raises(Refused, match="Nothing could be imported; nothing was written"):
        importing.read("opsgenie", [("x.json", documents)], NOW)


def test_a_restriction_from_a_moment_to_the_same_is_the_whole_week():
    documents = fixture("opsgenie")
    first = schedules(documents)[0]["rotations"][0]["timeRestriction"]["restrictions"]
    first[0] |= {"endDay": "monday", "endHour": 8}

    text = imported("opsgenie", documents).text

    assert "people: [ana.ruiz, bo, ana.ruiz, cy]\n  # OpsGenie" in text


def test_an_address_with_what_cannot_be_printed_is_left_out():
    documents = fixture("opsgenie")
    documents[0][1][0]["data"][1]["username"] = "b\x7fo\u202e@example.com"

    people = imported("opsgenie", documents).configuration.people

    assert [one.email for one in people.values() if one.title == "Bo Lind"] == [None]


def test_an_account_with_what_cannot_be_printed_is_written_all_the_same():
    text = json.dumps(fixture("jsm")).replace('"u-di"', '"u-\\u007fdi"')

    done = imported("jsm", [tuple(one) for one in json.loads(text)])

    assert [one.jira for one in done.configuration.people.values()] == ["u- di", "u-cy"]


def test_two_users_of_one_address_are_one_person():
    text = json.dumps(fixture("opsgenie")[0][1]).replace("cy@example.com", "bo@example.com")

    done = imported("opsgenie", [("x", json.loads(text))])

    assert list(done.configuration.people) == ["ana.ruiz", "bo", "di"]
    assert agrees(done)


def test_text_from_outside_stays_on_its_line():
    documents = fixture("opsgenie")
    schedules(documents)[1]["name"] = "Mobile\n  evil: true # \u202e“\"'{[,"
    rotations = imported("opsgenie", documents).configuration.rotations

    assert len(rotations) == 5


QUARTERS = st.integers(7 * 2, 21 * 2).map(lambda half: half * 30)


@st.composite
def restrictions(draw):
    """One of OpsGenie's, and the minutes of the week that it means."""
    begin, end = draw(QUARTERS), draw(QUARTERS)
    edges = {
        "startHour": begin // 60,
        "startMin": begin % 60,
        "endHour": end // 60,
        "endMin": end % 60,
    }
    if draw(st.booleans()):
        length = (end - begin) % 1440 or 1440
        spans = [(day * 1440 + begin, day * 1440 + begin + length) for day in range(7)]
        return {"type": "time-of-day", "restriction": edges}, spans
    entries, spans = [], []
    for first, last in draw(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1)):
        entries.append({**edges, "startDay": DAYS[first], "endDay": DAYS[last]})
        start, stop = first * 1440 + begin, last * 1440 + end
        spans.append((start, start + ((stop - start) % 10_080 or 10_080)))
    return {"type": "weekday-and-time-of-day", "restrictions": entries}, spans


@st.composite
def answers(draw):
    """A schedule with rotations as OpsGenie has them, its final timeline, and when it is asked."""
    now = NOW + timedelta(days=draw(st.integers(0, 360)))
    until = now + timedelta(weeks=2)
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    rotations, timeline = [], []
    for number in range(draw(st.integers(1, 3))):
        unit = draw(st.sampled_from(["daily", "weekly", "hourly"]))
        length = 12 if unit == "hourly" else draw(st.integers(1, 3))
        day = now.date() - timedelta(days=draw(st.integers(-5, 400)))
        start = datetime.combine(day, time(draw(st.integers(7, 9)), draw(st.sampled_from([0, 30]))))
        people = draw(st.lists(st.sampled_from(["ana", "bo", "cy", None]), min_size=1, max_size=4))
        if not any(people):
            people.append("ana")
        given_restriction, spans = draw(st.one_of(st.just((None, None)), restrictions()))
        named = [
            {"type": "user", "id": f"u-{one}", "username": f"{one}@example.com"}
            if one
            else {"type": "none"}
            for one in people
        ]
        rotations.append(
            {
                "id": f"r{number}",
                "name": f"Rot {number}",
                "startDate": start.replace(tzinfo=zone).isoformat(),
                "endDate": None,
                "type": unit,
                "length": length,
                "participants": named,
                "timeRestriction": given_restriction,
            }
        )

        def on(when, start=start, of=UNITS[unit] * length, people=people, spans=spans):
            count = turn(when, zone, start, of)
            return (
                people[count % len(people)] if count >= 0 and is_open(when, zone, spans) else None
            )

        periods = [
            {
                "startDate": iso(begin),
                "endDate": iso(end),
                "type": "default",
                "recipient": {"id": f"u-{one}", "type": "user", "name": f"{one}@example.com"},
            }
            for begin, end, one in sampled(now, until, on)
        ]
        timeline.append({"id": f"r{number}", "name": "", "order": None, "periods": periods})
    schedule = {"id": "s", "name": "Any", "timezone": zone.key, "rotations": rotations}
    whole = {"startDate": iso(now), "endDate": iso(until), "finalTimeline": {"rotations": timeline}}
    documents = [{"data": [schedule]}, {"data": {"_parent": {"id": "s"}, **whole}}]
    return [("x", one) for one in documents], now


@given(answers())
def test_any_schedule_is_as_its_timeline(asked):
    documents, now = asked

    done = imported("opsgenie", documents, now=now)

    assert [one.differences for one in done.checked] == [()]


def test_whoever_is_in_nothing_is_named_once_and_not_in_the_file():
    documents = fixture("opsgenie")
    users = [{"id": f"u-{n:02}", "username": f"z{n:02}@example.com"} for n in range(22)]
    again = {"id": "u-again", "username": "BO@example.com", "fullName": "Bo once more"}
    documents = [*documents, ("/v2/users", {"data": [*users, again]})]

    done = imported("opsgenie", documents)

    (said,) = [one for one in done.found.left if one.startswith("In no rotation")]
    assert said.startswith(
        "In no rotation, override, team or escalation of OpsGenie, and so not in the file: "
        "Eve Marsh, z00@example.com, z01@example.com, "
    )
    assert said.endswith(", z18@example.com and 3 more.")
    assert "z00" not in done.text
