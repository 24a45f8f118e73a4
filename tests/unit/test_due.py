from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.calendar import BusinessDays, resolve
from setflow.due import Anchors, due_at, next_occurrence, parse_due

BERLIN = ZoneInfo("Europe/Berlin")
DAYS = BusinessDays("DE")
ZONES = [
    ZoneInfo(name)
    for name in (
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Africa/Cairo",
        "Asia/Beirut",
        "America/Santiago",
        "America/Havana",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "Africa/Casablanca",
    )
]


def at(text, zone=BERLIN):
    return resolve(datetime.fromisoformat(text), zone)


def due(rule, start, *, occurrence=None, target=None, zone=BERLIN, days=DAYS, roll="none"):
    anchors = Anchors(
        at(start, zone), occurrence and at(occurrence, zone), target and at(target, zone)
    )
    found = due_at(parse_due(rule), anchors, zone=zone, days=days, roll=roll)
    return f"{found.astimezone(zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("rule", "start", "expected"),
    [
        ("start", "2026-11-30 08:00", "2026-11-30 08:00"),
        ("start + 4h", "2026-11-30 08:00", "2026-11-30 12:00"),
        ("start+30m", "2026-11-30 08:00", "2026-11-30 08:30"),
        ("start + 1d", "2026-11-30 08:00", "2026-12-01 08:00"),
        ("start + 1w 12:00", "2026-11-30 08:00", "2026-12-07 12:00"),
        ("start + 1bd 12:00", "2026-12-04 08:00", "2026-12-07 12:00"),
        ("start + 0bd 12:00", "2026-12-05 08:00", "2026-12-05 12:00"),
        ("start + 1bd 12:00", "2026-12-24 08:00", "2026-12-28 12:00"),
        ("Fri 17:00", "2026-11-30 08:00", "2026-12-04 17:00"),
        ("Fri 17:00", "2026-12-04 17:00", "2026-12-04 17:00"),
        ("fri 17:00", "2026-12-04 17:01", "2026-12-11 17:00"),
        ("next bd 09:00", "2026-12-04 17:30", "2026-12-07 09:00"),
        ("next bd 09:00", "2026-12-07 08:00", "2026-12-08 09:00"),
        ("next mon 09:00", "2026-12-07 08:00", "2026-12-14 09:00"),
        ("next day 09:00", "2026-12-04 17:30", "2026-12-05 09:00"),
        ("each bd 16:00", "2026-12-05 17:30", "2026-12-07 16:00"),
    ],
)
def test_a_rule_counts_from_the_start(rule, start, expected):
    assert due(rule, start) == expected


def test_an_occurrence_is_counted_from_where_there_is_one():
    assert due("occurrence + 2h", "2026-12-01 08:00") == "2026-12-01 10:00"
    assert (
        due("occurrence + 2h", "2026-12-01 08:00", occurrence="2026-12-03 10:00")
        == "2026-12-03 12:00"
    )
    assert (
        due("next bd 09:00", "2026-12-01 08:00", occurrence="2026-12-03 10:00")
        == "2026-12-04 09:00"
    )


def test_t_counts_backwards_in_business_days():
    target = "2026-12-28 00:00"

    assert due("T-2bd 10:00", "2026-12-01 08:00", target=target) == "2026-12-23 10:00"
    assert due("T+1d 10:00", "2026-12-01 08:00", target=target) == "2026-12-29 10:00"
    assert due("T", "2026-12-01 08:00", target=target) == "2026-12-28 00:00"


def test_without_t_there_is_nothing_to_count_from():
    with pytest.raises(ValueError, match="this run has none"):
        due("T-2bd 10:00", "2026-12-01 08:00")


def test_days_are_wall_clock_and_hours_elapsed():
    assert due("start + 3d", "2026-10-23 12:00") == "2026-10-26 12:00"
    assert due("start + 72h", "2026-10-23 12:00") == "2026-10-26 11:00"


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        ("none", "2026-12-25 17:00"),
        ("back", "2026-12-24 17:00"),
        ("forward", "2026-12-28 17:00"),
    ],
)
def test_a_free_day_is_rolled_off(roll, expected):
    assert due("Fri 17:00", "2026-12-21 08:00", roll=roll) == expected


def test_hours_that_end_on_a_free_day_are_rolled_at_their_own_time_of_day():
    assert due("start + 20h", "2026-12-04 15:00", roll="forward") == "2026-12-07 11:00"


def test_the_calendar_may_have_further_free_days():
    days = BusinessDays("DE", frozenset({date(2026, 12, 4)}))

    assert due("start + 1bd 12:00", "2026-12-03 08:00", days=days) == "2026-12-07 12:00"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("soon", "is no due rule; write start \\+ 4h"),
        ("", "is no due rule"),
        ("start + 4h 12:00", "write days"),
        ("start - 2bd", "only T counts backwards"),
        ("start + 2bd 25:00", '"25:00" is no time of day'),
        ("Fri 24:00", 'write "00:00"'),
        ("Freitag 17:00", "names no day"),
        ("day 17:00", "names no day"),
        ("each foo 16:00", "names no day"),
        ("start + 1000d", "is no due rule"),
    ],
)
def test_what_is_no_rule_is_told_how_to_write_one(text, says):
    with pytest.raises(ValueError, match=says):
        parse_due(text)


def test_a_date_that_a_zone_leaves_out_has_no_occurrence():
    apia = ZoneInfo("Pacific/Apia")
    rule = parse_due("each day 16:00")

    found = next_occurrence(rule, at("2011-12-29 16:00", apia), zone=apia, days=BusinessDays())

    assert found == at("2011-12-31 16:00", apia)


RULES = st.sampled_from(["each day 02:30", "each bd 00:00", "each sun 03:15", "each day 23:59"])


@given(RULES, st.sampled_from(ZONES), st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)))
def test_occurrences_go_on_and_none_is_passed_over(text, zone, wall):
    rule, days = parse_due(text), BusinessDays()
    after = resolve(wall.replace(microsecond=0), zone)

    first = next_occurrence(rule, after, zone=zone, days=days)

    assert after < first <= after + timedelta(days=9)
    between = after + (first - after) / 2
    assert next_occurrence(rule, between, zone=zone, days=days) == first
    assert next_occurrence(rule, first, zone=zone, days=days) > first
    assert next_occurrence(rule, first - timedelta.resolution, zone=zone, days=days) == first


@given(
    st.sampled_from(
        ["start + 4h", "start + 2bd 12:00", "Fri 17:00", "next bd 09:00", "start + 1w"]
    ),
    st.sampled_from(ZONES),
    st.datetimes(datetime(2009, 1, 1), datetime(2030, 1, 1)),
    st.sampled_from(["none", "forward"]),
)
def test_nothing_is_due_before_it_begins(text, zone, wall, roll):
    start = resolve(wall.replace(microsecond=0), zone)

    found = due_at(parse_due(text), Anchors(start), zone=zone, days=BusinessDays(), roll=roll)

    assert found >= start
    if roll == "forward":
        assert BusinessDays().is_business_day(found.astimezone(zone).date())
