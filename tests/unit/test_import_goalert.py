"""GoAlert: rules and rotations of its GraphQL answers, and timelines that agree."""

import json
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow import importing
from setflow.errors import Refused
from tests.unit.importing import END, NOW, agrees, fixture, imported
from tests.unit.timelines import is_open, iso, sampled, turn

UNITS = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1), "hourly": timedelta(hours=1)}


@pytest.fixture(scope="module")
def rich():
    return imported("goalert")


def data(documents):
    return documents[0][1]["data"]


def test_the_file_answers_as_goalert_does(rich):
    assert agrees(rich)
    assert [(one.schedule, one.start, one.end) for one in rich.checked] == [
        ("Web", NOW, END),
        ("Tokyo follow-up", NOW, END),
    ]


def test_whose_turn_it_is_comes_from_the_active_user_and_not_from_the_start(rich):
    assert "    people: [bo, cy, ana.ruiz]\n" in rich.text
    documents = fixture("goalert")
    data(documents)["rotations"]["nodes"][0]["activeUserIndex"] = 0

    assert "    people: [cy, ana.ruiz, bo]\n" in imported("goalert", documents).text


def test_rules_for_weekdays_and_the_weekend_become_hours(rich):
    assert '      - {from: "08:00", to: "22:00"}\n' in rich.text
    documents = fixture("goalert")
    del data(documents)["schedules"]["nodes"][0]["targets"][0]["rules"][0]

    text = imported("goalert", documents).text

    assert '      - {days: [sat, sun], from: "08:00", to: "22:00"}\n' in text


def test_a_replacement_becomes_an_override_of_each_shift_that_it_is_about(rich):
    stretches = [(one.seat, one.person, iso(one.start), iso(one.end)) for one in rich.overrides]

    assert stretches == [
        ("web-weekly", "di-novak", "2026-12-01T07:00:00Z", "2026-12-01T21:00:00Z"),
        ("web-weekly", "di-novak", "2026-12-02T07:00:00Z", "2026-12-02T21:00:00Z"),
        ("web-bo-lind", "di-novak", "2026-12-01T00:00:00Z", "2026-12-01T07:00:00Z"),
        ("web-bo-lind", "di-novak", "2026-12-01T21:00:00Z", "2026-12-02T07:00:00Z"),
        ("web-bo-lind", "di-novak", "2026-12-02T21:00:00Z", "2026-12-03T00:00:00Z"),
    ]


def test_a_replacement_touches_no_shift_of_anybody_else():
    documents = fixture("goalert")
    data(documents)["userOverrides"]["nodes"][0]["start"] = "2026-11-29T12:00:00Z"

    seats = [(one.seat, iso(one.start)) for one in imported("goalert", documents).overrides]

    weekly = [start for seat, start in seats if seat == "web-weekly"]
    # Until Monday 09:00 in Berlin it is the turn of somebody else.
    assert weekly[0] == "2026-11-30T08:00:00Z"


@pytest.mark.parametrize(
    "sentence",
    [
        'The temporary schedule of "Web" from 2026-12-12 08:00 to 2026-12-13 08:00 UTC is not',
        'The override of "Web" from 2026-12-08 10:00 to 2026-12-08 12:00 UTC only takes off Cy',
        'Rotation "Nobody" of schedule "Web" has nobody in it and was left out.',
        "hands off on the clocks of Asia/Tokyo; here on those of Europe/Berlin, as its hours do,",
    ],
)
def test_what_is_not_carried_over_is_said(sentence, rich):
    assert sentence in rich.left


def test_a_saved_answer_that_does_not_say_what_was_asked_for_is_compared_inside_its_shifts():
    documents = [("goalert.json", {"data": data(fixture("goalert"))})]

    done = imported("goalert", documents)

    assert agrees(done)
    assert NOW < done.checked[0].start < done.checked[0].end == END


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("nextHandoffTimes", [], "comes without its start and nextHandoffTimes"),
        ("shiftLength", 0, 'has turns of 0 "weekly", which there are none of here'),
        ("type", "yearly", 'has turns of 1 "yearly", which there are none of here'),
    ],
)
def test_a_rotation_that_cannot_be_is_left_out_with_the_reason(key, value, sentence):
    documents = fixture("goalert")
    data(documents)["rotations"]["nodes"][0][key] = value

    done = imported("goalert", documents)

    assert sentence in done.left
    assert list(done.configuration.rotations) == ["web", "tokyo-follow-up"]


def test_a_rotation_that_was_not_read_and_a_zone_that_is_none_are_said():
    documents = fixture("goalert")
    data(documents)["rotations"]["nodes"].pop(0)
    data(documents)["schedules"]["nodes"][1]["timeZone"] = "Nowhere"

    done = imported("goalert", documents)

    assert 'Rotation "Web weekly" of schedule "Web" is not among the rotations' in done.left
    assert 'Schedule "Tokyo follow-up" was left out: "Nowhere" is no time zone' in done.left


@pytest.mark.parametrize(
    "document",
    [
        {},
        None,
        [],
        {"data": None},
        {"data": {"schedules": {"nodes": [{"timeZone": "UTC"}]}}},
        {"data": {"schedules": 5}},
    ],
)
def test_what_has_no_rotation_is_refused_with_a_sentence(document):
    with pytest.raises(Refused, match="Nothing could be imported; nothing was written"):
        importing.read("goalert", [("x.json", document)], NOW)


@st.composite
def answers(draw):
    """A schedule with a few targets, and its shifts."""
    zone = ZoneInfo(draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"])))
    now = NOW + timedelta(days=draw(st.integers(0, 360)))
    until = now + timedelta(weeks=2)
    rotations, targets, on = [], [], []
    for number in range(draw(st.integers(1, 3))):
        unit = draw(st.sampled_from(list(UNITS)))
        length = 12 if unit == "hourly" else draw(st.integers(1, 3))
        begun = now.date() - timedelta(days=draw(st.integers(2, 300)))
        start = datetime.combine(begun, time(draw(st.integers(7, 9))))
        each, present = UNITS[unit] * length, turn(now, zone, start, UNITS[unit] * length)
        people = draw(st.lists(st.sampled_from(["ana", "bo", "cy"]), min_size=1, max_size=4))
        active = draw(st.integers(0, len(people) - 1))
        upcoming = (start + (present + 1) * each).replace(tzinfo=zone).isoformat()
        rotations.append(
            {
                "id": f"r{number}",
                "name": f"R{number}",
                "timeZone": zone.key,
                "start": start.replace(tzinfo=zone).isoformat(),
                "type": unit,
                "shiftLength": length,
                "activeUserIndex": active,
                "nextHandoffTimes": [upcoming],
                "users": [{"id": one, "name": one} for one in people],
            }
        )
        rules, spans = [], []
        for _ in range(draw(st.integers(1, 2))):
            days = draw(st.lists(st.booleans(), min_size=7, max_size=7).filter(any))
            begin, end = draw(st.integers(7, 20)), draw(st.integers(7, 20))
            rules.append({"start": f"{begin:02}:00", "end": f"{end:02}:00", "weekdayFilter": days})
            lasts = (end - begin) % 24 or 24
            first = [(index + 6) % 7 * 24 + begin for index, one in enumerate(days) if one]
            spans += [(one * 60, (one + lasts) * 60) for one in first]
        target = {"id": f"r{number}", "type": "rotation", "name": f"R{number}"}
        targets.append({"target": target, "rules": rules})
        on.append((start, each, people, active - present, spans))

    def is_on(person, when):
        return any(
            people[(turn(when, zone, start, each) + offset) % len(people)] == person
            and is_open(when, zone, spans)
            for start, each, people, offset, spans in on
        )

    shifts = [
        {"userID": person, "start": iso(begin), "end": iso(end)}
        for person in ("ana", "bo", "cy")
        for begin, end, _ in sampled(now, until, lambda when, who=person: is_on(who, when) or None)
    ]
    one = {"id": "s", "name": "Any", "timeZone": zone.key, "targets": targets, "shifts": shifts}
    both = {"schedules": {"nodes": [one]}, "rotations": {"nodes": rotations}}
    return {"data": both, "from": iso(now), "to": iso(until)}, now


@given(answers())
def test_any_schedule_is_as_its_shifts(asked):
    document, now = asked

    done = imported("goalert", [("x", document)], now=now)

    assert [one.differences for one in done.checked] == [()], json.dumps(document)
