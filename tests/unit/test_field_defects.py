"""Defects known of other on-call schedulers, each shown to be impossible here."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from setflow.calendar import instant, spoken
from setflow.errors import Refused
from setflow.rotation import rules
from setflow.rotation.rules import History, Override
from tests.unit.test_rotation_rules import (
    ALWAYS,
    DAY,
    HOUR,
    HOURS,
    MINUTE,
    MOMENT,
    at,
    named,
    on,
    override,
    rotation,
)


def turns(unit: str, start: str, zone: str, people: str = "ana, bo, cy", more: str = "") -> History:
    text = f'{{type: {unit}, start: "{start}", timezone: {zone}, people: [{people}]{more}}}'
    return rules.history_of(rotation(text, "web"))


def clocks(history: History, zone: str, start: str, days: int) -> list[str]:
    """At which wall times, as `02 09:00`, shifts begin after `start`."""
    low = datetime.fromisoformat(start).replace(tzinfo=UTC)
    found = rules.shifts(history, (), "web", low, low + days * DAY)
    return [f"{one.start.astimezone(ZoneInfo(zone)):%d %H:%M}" for one in found[1:]]


# --- clocks ---


def test_in_a_repeated_hour_no_shift_ends_before_it_was_asked_for():
    history = turns("hourly", "2026-10-24 00:00", "Europe/Berlin")
    for count in range(240):
        when = datetime(2026, 10, 24, 23, tzinfo=UTC) + count * MINUTE
        standing = rules.who(history, (), "web", when)
        assert standing.since <= when < standing.until


def test_no_hourly_shift_vanishes_halves_or_doubles_but_for_the_hour_that_does():
    history = turns("hourly", "2026-10-01 08:00", "Europe/Berlin", more=", length: 12")

    found = clocks(history, "Europe/Berlin", "2026-10-23T20:00", 4)
    assert found == [f"{day} {hour}:00" for day in (24, 25, 26, 27) for hour in ("08", "20")]


@pytest.mark.parametrize(
    ("zone", "start", "expected"),
    [
        ("Africa/Cairo", "2026-04-22T12:00", ["23 00:00", "24 01:00", "25 00:00"]),
        ("Africa/Cairo", "2026-10-28T12:00", ["29 00:00", "30 00:00", "31 00:00"]),
        ("Asia/Beirut", "2026-03-27T12:00", ["28 00:00", "29 01:00", "30 00:00"]),
        ("America/Santiago", "2026-09-04T12:00", ["05 00:00", "06 01:00", "07 00:00"]),
        ("America/Havana", "2026-03-06T12:00", ["07 00:00", "08 01:00", "09 00:00"]),
        ("America/Havana", "2026-10-30T12:00", ["31 00:00", "01 00:00", "02 00:00"]),
        ("Australia/Lord_Howe", "2026-10-02T18:00", ["04 00:00", "05 00:00", "06 00:00"]),
    ],
)
def test_where_clocks_change_at_midnight_a_daily_handoff_is_on_its_day_and_no_shift_is_empty(
    zone, start, expected
):
    history = turns("daily", "2026-01-01 00:00", zone)
    low = datetime.fromisoformat(start).replace(tzinfo=UTC)

    assert clocks(history, zone, start, 3) == expected
    for one in rules.shifts(history, (), "web", low, low + 3 * DAY):
        assert one.start < one.end


def test_a_handoff_that_clocks_skip_is_right_after_and_the_next_at_its_own_time_again():
    history = turns("daily", "2026-01-01 02:30", "Europe/Berlin")

    found = clocks(history, "Europe/Berlin", "2026-03-27T12:00", 3)
    assert found == ["28 02:30", "29 03:00", "30 02:30"]


def test_a_day_that_a_zone_skips_is_nobodys_turn_and_the_order_stays_that_of_days():
    history = turns("daily", "2011-12-28 09:00", "Pacific/Apia")
    before, after = (datetime(2011, 12, day, 20, tzinfo=UTC) for day in (29, 30))

    assert rules.who(history, (), "web", before).people == ("bo",)
    assert rules.who(history, (), "web", after).people == ("ana",)  # cy's day never was


def test_handoffs_of_weeks_do_not_drift_by_elapsed_seconds():
    history = turns("weekly", "2026-01-05 09:00", "Europe/Berlin")
    low = datetime(2026, 1, 1, tzinfo=UTC)
    found = rules.shifts(history, (), "web", low, low + 730 * DAY)[1:-1]

    assert {one.start.astimezone(ZoneInfo("Europe/Berlin")).hour for one in found} == {9}
    assert {(one.end - one.start) // HOUR for one in found} == {167, 168, 169}


def test_a_time_that_comes_twice_or_never_is_asked_back_when_typed():
    for text in ("2026-10-25 02:30", "2026-03-29 02:30"):
        with pytest.raises(ValueError, match=r'write "2026-.*\+0.*" or "2026-.*\+0'):
            instant(text, ZoneInfo("Europe/Berlin"))


def test_a_time_of_day_is_strictly_after_now():
    noon = at("2026-11-06 12:00")

    assert spoken("12:00", ZoneInfo("Europe/Berlin"), after=noon) == noon + DAY


# --- turns ---


def test_two_week_turns_are_counted_from_their_start_and_not_by_the_parity_of_weeks():
    history = turns("weekly", "2026-12-14 09:00", "Europe/Berlin", "ana, bo", ", length: 2")

    # Week 53 of 2026 is odd, and so is week 1 of 2027.
    assert named(history, "web", "2026-12-20", "2027-02-01") == [
        *("0/0 ana", "1/0 bo", "2/0 ana", "3/0 bo"),
    ]


def test_a_start_after_the_first_opening_uses_up_no_turn():
    office = ', hours: [{days: [mon], from: "08:00", to: "10:00"}]'
    history = turns("weekly", "2026-11-02 12:00", "Europe/Berlin", more=office)

    assert named(history, "web", "2026-11-01", "2026-11-17") == ["0/0 ana", "1/0 bo"]


def test_a_daily_order_may_begin_on_any_day_of_the_week():
    history = turns("daily", "2026-11-04 09:00", "America/New_York")

    assert named(history, "web", "2026-11-04 20:00", "2026-11-07 14:00") == [
        *("0/0 ana", "1/0 bo", "2/0 cy"),
    ]


def test_months_begin_on_their_last_day_and_do_not_stay_at_the_shortest():
    history = turns("monthly", "2026-01-31 09:00", "Europe/Berlin")

    found = clocks(history, "Europe/Berlin", "2026-02-01T00:00", 120)
    assert found == ["28 09:00", "31 09:00", "30 09:00", "31 09:00"]


def test_nobody_is_on_before_the_first_turn():
    for text in ("2026-11-02 08:59", "2026-10-01", "1990-01-01"):
        assert on(ALWAYS, "web", text) == ""
        assert rules.holders(ALWAYS, (), "web", at(text)) == ()


def test_nothing_has_to_be_filled_ahead_and_a_year_far_off_costs_no_more():
    standing = rules.who(ALWAYS, (), "web", at("2150-06-01"))

    assert standing.people
    assert standing.until - standing.since == 7 * DAY


# --- the order changes ---


@pytest.mark.parametrize("people", ["bo", "ana, cy, bo", "cy, ana, bo", "cy, di", "bo, ana"])
def test_whoever_is_on_stays_on_when_the_order_changes_in_their_shift(people):
    new = turns("weekly", "2026-11-02 09:00", "Europe/Berlin", people)["web"][0].rotation
    history = rules.revise(ALWAYS, new, at("2026-11-11"))

    assert on(history, "web", "2026-11-09 09:00") == "bo"
    assert on(history, "web", "2026-11-11") == "bo"
    assert on(history, "web", "2026-11-16 08:59") == "bo"
    assert on(history, "web", "2026-11-04") == "ana"  # nor is the past told otherwise


# --- hours ---


def test_an_overnight_window_belongs_to_the_day_it_begins_on():
    night = ', hours: [{days: [fri], from: "22:00", to: "06:00"}]'
    history = turns("weekly", "2026-11-02 09:00", "Europe/Berlin", more=night)

    assert on(history, "web", "2026-11-07 05:59") == "ana"
    assert on(history, "web", "2026-11-06 05:59") == ""
    assert on(history, "web", "2026-11-07 22:30") == ""


def test_windows_that_meet_are_one_and_from_equal_to_is_a_whole_day():
    whole = ', hours: [{days: [tue], from: "09:00", to: "09:00"}, {days: [wed], from: "09:00", to: "12:00"}]'  # noqa: E501
    history = turns("weekly", "2026-11-02 09:00", "Europe/Berlin", more=whole)
    (one,) = rules.shifts(history, (), "web", at("2026-11-02"), at("2026-11-08"))

    assert (one.start, one.end) == (at("2026-11-03 09:00"), at("2026-11-04 12:00"))


# --- overrides ---


def test_at_the_end_of_an_override_it_is_over():
    stand_in = override("di", "web", "2026-11-03 12:00", "2026-11-03 14:00")

    assert on(ALWAYS, "web", "2026-11-03 12:00", stand_in) == "di"
    assert on(ALWAYS, "web", "2026-11-03 14:00", stand_in) == "ana"
    assert rules.who(ALWAYS, [stand_in], "web", stand_in.end - MOMENT).until == stand_in.end


def test_overrides_do_not_chain():
    # Bo for ana; then di on bo's own week: whoever stands in is not stood in for.
    first = override("bo", "web", "2026-11-03", "2026-11-04", 1)
    second = override("di", "web", "2026-11-10", "2026-11-11", 2)

    assert on(ALWAYS, "web", "2026-11-03 12:00", first, second) == "bo"
    assert on(ALWAYS, "web", "2026-11-10 12:00", first, second) == "di"


def test_standing_in_where_nobody_is_on_is_refused():
    nobody = override("di", "web", "2026-11-07 12:00", "2026-11-07 14:00")

    with pytest.raises(Refused, match="Nobody is WEB then"):
        rules.displaced(HOURS, (), nobody, at("2026-11-02"))
    assert on(HOURS, "web", "2026-11-07 13:00", nobody) == ""


def test_a_swap_that_ends_at_a_handoff_leaves_its_neighbours_as_they_were():
    start, end = "2026-11-09 09:00", "2026-11-16 09:00"
    swap = (
        override("ana", "web", start, end, 1),
        override("bo", "web", end, "2026-11-23 09:00", 2),
    )
    whole = (at("2026-11-02 09:00"), at("2026-11-30 09:00"))
    plain = rules.shifts(ALWAYS, (), "web", *whole)
    swapped = rules.shifts(ALWAYS, swap, "web", *whole)

    assert [one.people[0] for one in swapped] == ["ana", "ana", "bo", "bo"]
    assert [(one.start, one.end, one.part) for one in swapped] == [
        (one.start, one.end, one.part) for one in plain
    ]
    assert (swapped[0], swapped[3]) == (plain[0], plain[3])


def test_what_is_live_and_what_was_foreseen_are_one():
    stand_ins: list[Override] = [
        override("di", "web", "2026-10-25 01:00", "2026-10-25 04:00", 1),
        override("eve", "web", "2026-10-24 22:00", "2026-10-25 01:30", 2),
    ]
    history = turns("hourly", "2026-10-24 00:00", "Europe/Berlin", more=", length: 2")
    found = rules.shifts(history, stand_ins, "web", at("2026-10-24"), at("2026-10-26"))

    assert all(one.end == other.start for one, other in pairwise(found))
    for one in found:
        for when in (one.start, one.end - MOMENT):
            standing = rules.who(history, stand_ins, "web", when)
            assert (standing.people, standing.override) == (one.people, one.override)
