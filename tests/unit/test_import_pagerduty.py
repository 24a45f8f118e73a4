"""PagerDuty: layers, restrictions and overrides of its REST answers; final schedules agree."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow import importing
from setflow.errors import Refused
from tests.unit.importing import END, NOW, agrees, fixture, imported
from tests.unit.timelines import is_open, iso, sampled, turn


@pytest.fixture(scope="module")
def rich():
    return imported("pagerduty")


def layers(documents):
    return documents[0][1][1]["schedule"]["schedule_layers"]


def test_the_file_answers_as_pagerduty_does(rich):
    assert agrees(rich)
    assert [(one.start, one.end) for one in rich.checked] == [(NOW, END)]


def test_a_schedule_is_one_rotation_with_a_layer_each_the_ended_one_aside(rich):
    assert (
        """\
  platform-primary:
    seats: [primary]
    layers:                        # of those that are open the last counts
      - type: weekly
        start: "2026-10-05 09:00"
        people: [ana.ruiz, bo, cy]
      - type: daily
        length: 2
        start: "2026-11-09 08:00"
        people: [di-novak, ana.ruiz]
        hours:
          - {days: [mon, tue, wed, thu, fri], from: "08:00", to: "18:00"}
      - type: hourly
        length: 12
        start: "2026-11-02 12:00"
        people: [cy]
        hours:
          - {from: "12:00", to: "13:00"}
"""
        in rich.text
    )
    assert rich.left == ""


def test_which_layer_wins_is_seen_from_the_final_schedule(rich):
    documents = fixture("pagerduty")
    layers(documents).reverse()

    assert imported("pagerduty", documents).text == rich.text


def test_without_a_final_schedule_the_first_listed_wins_and_nothing_is_compared(rich):
    documents = fixture("pagerduty")
    documents[0][1][1]["schedule"]["final_schedule"]["rendered_schedule_entries"] = []

    done = imported("pagerduty", documents)

    assert done.text == rich.text
    assert [one.start for one in done.checked] == [None]


def test_an_override_is_of_the_seat(rich):
    assert [(one.seat, one.person, iso(one.start)) for one in rich.overrides] == [
        ("platform-primary.primary", "bo", "2026-11-28T09:00:00Z")
    ]


def test_one_layer_makes_a_rotation_without_seats():
    documents = fixture("pagerduty")
    del layers(documents)[:3]

    done = imported("pagerduty", documents)

    assert list(done.written.seats.values()) == ["platform-primary"]
    assert not agrees(done)
    assert len(done.checked[0].differences) > 10


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("rotation_turn_length_seconds", 5400, "has turns of 5400 s, which is no number of hours"),
        ("users", [], "has nobody in it and was left out"),
        ("start", None, "has no start and was left out"),
        ("end", "2026-12-11T12:00:00+01:00", "ends at 2026-12-11 11:00 UTC; here it goes on."),
    ],
)
def test_a_layer_that_cannot_be_as_it_is_is_said(key, value, sentence):
    documents = fixture("pagerduty")
    layers(documents)[1][key] = value

    done = imported("pagerduty", documents)

    assert f'Layer "Lunch" of schedule "Platform: primary" {sentence}' in done.left
    assert agrees(done) == (key == "end")


def test_restrictions_to_the_second_are_to_the_minute_and_said():
    documents = fixture("pagerduty")
    layers(documents)[1]["restrictions"][0].update(
        start_time_of_day="12:00:30", duration_seconds=3599
    )

    done = imported("pagerduty", documents)

    assert '          - {from: "12:00", to: "13:00"}\n' in done.text
    assert "is restricted to the second; here to the minute." in done.left


def test_a_turn_that_virtually_begins_after_its_layer_is_counted_back():
    documents = fixture("pagerduty")
    layers(documents)[3]["rotation_virtual_start"] = "2026-10-26T09:00:00+01:00"

    done = imported("pagerduty", documents)

    assert '        start: "2026-10-05 09:00"\n' in done.text
    assert agrees(done)


def test_a_layer_that_begins_within_a_turn_to_come_is_said_and_not_compared_until_then():
    documents = fixture("pagerduty")
    layers(documents)[1]["start"] = "2026-11-25T10:00:00+01:00"

    done = imported("pagerduty", documents)

    assert 'Layer "Lunch" of schedule "Platform: primary" begins within a turn' in done.left
    assert [iso(end) for _, end in done.checked[0].skipped] == ["2026-11-25T09:00:00Z"]


@pytest.mark.parametrize(
    "document",
    [
        {},
        None,
        [],
        {"schedule": {"schedule_layers": [{}], "time_zone": "UTC"}},
        {"schedules": [{"schedule_layers": [], "time_zone": "Eastern Time (US & Canada)"}]},
    ],
)
def test_what_has_no_rotation_is_refused_with_a_sentence(document):
    with pytest.raises(Refused, match="Nothing could be imported; nothing was written"):
        importing.read("pagerduty", [("x.json", document)], NOW)


@st.composite
def answers(draw):
    """A schedule with layers, the topmost first, and its final schedule."""
    zone = ZoneInfo(draw(st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata"])))
    now = NOW + timedelta(days=draw(st.integers(0, 360)))
    until = now + timedelta(weeks=2)
    listed, on = [], []
    for number in range(draw(st.integers(1, 4))):
        each = draw(st.sampled_from([43_200, 86_400, 172_800, 604_800, 1_209_600]))
        begun = now.date() - timedelta(days=draw(st.integers(2, 300)))
        start = datetime.combine(begun, time(draw(st.integers(7, 9))))
        people = draw(st.lists(st.sampled_from(["ana", "bo", "cy"]), min_size=1, max_size=3))
        restrictions, spans = [], []
        for _ in range(draw(st.integers(0, 2))):
            begin, lasts = draw(st.integers(7, 20)), draw(st.sampled_from([1, 8, 13]))
            clock = {"start_time_of_day": f"{begin:02}:00:00", "duration_seconds": lasts * 3600}
            if draw(st.booleans()):
                days = range(7)
                restrictions.append({"type": "daily_restriction", **clock})
            else:
                days = [draw(st.integers(0, 6))]
                weekday = {"type": "weekly_restriction", "start_day_of_week": days[0] + 1}
                restrictions.append({**weekday, **clock})
            spans += [(day * 1440 + begin * 60, day * 1440 + (begin + lasts) * 60) for day in days]
        at = start.replace(tzinfo=zone).isoformat()
        listed.append(
            {
                "id": f"L{number}",
                "name": f"Layer {number}",
                "start": at,
                "end": None,
                "rotation_virtual_start": at,
                "rotation_turn_length_seconds": each,
                "users": [{"user": {"id": one, "summary": one}} for one in people],
                "restrictions": restrictions,
            }
        )
        on.append((start, timedelta(seconds=each), people, spans or None))

    def person(layer, when):
        start, each, people, spans = layer
        number = turn(when, zone, start, each)
        return people[number % len(people)] if is_open(when, zone, spans) else None

    def entries(of):
        return {
            "rendered_schedule_entries": [
                {"start": iso(begin), "end": iso(end), "user": {"id": one, "summary": one}}
                for begin, end, one in sampled(now, until, of)
            ]
        }

    for layer, raw in zip(on, listed, strict=True):
        raw |= entries(lambda when, layer=layer: person(layer, when))
    final = entries(lambda when: next((one for at in on if (one := person(at, when))), None))
    schedule = {"id": "S", "name": "Any", "time_zone": zone.key, "schedule_layers": listed}
    return {"schedule": {**schedule, "final_schedule": final}}, now, draw(st.booleans())


@given(answers())
def test_any_schedule_is_as_its_final_one_in_whichever_order_layers_are_listed(asked):
    document, now, backwards = asked
    if backwards:
        document["schedule"]["schedule_layers"].reverse()

    done = imported("pagerduty", [("x", document)], now=now)

    assert [one.differences for one in done.checked] == [()]
