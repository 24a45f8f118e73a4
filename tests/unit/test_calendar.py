from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from setflow.calendar import (
    BusinessDays,
    Hours,
    Turns,
    add_months,
    clock,
    day,
    instant,
    open_hours,
    read_business_days,
    resolve,
    spoken,
    wall,
    weekly_hours,
    zone,
)
from setflow.document import Reader, parse

BERLIN = ZoneInfo("Europe/Berlin")
MINUTE = timedelta(minutes=1)

# With the day of a change in each of them.
CHANGES = [
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Europe/Berlin", date(2026, 10, 25)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 30)),
    ("Asia/Beirut", date(2026, 3, 29)),
    ("Asia/Beirut", date(2026, 10, 25)),
    ("America/Santiago", date(2026, 9, 6)),
    ("America/Santiago", date(2026, 4, 5)),
    ("America/Havana", date(2026, 3, 8)),
    ("America/Havana", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Africa/Casablanca", date(2026, 2, 15)),
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("America/New_York", date(2026, 11, 1)),
    ("UTC", date(2026, 1, 1)),
]
changes = st.sampled_from([(ZoneInfo(name), day) for name, day in CHANGES])


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Europe/Berlim", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("../Berlin", "Europe/Berlin"),
    ],
)
def test_an_unknown_zone_is_refused_with_what_may_be_meant(text, meant):
    with pytest.raises(ValueError, match=meant):
        zone(text)


@pytest.mark.parametrize("text", ["", "x", "Europe", "/etc/passwd"])
def test_what_is_no_zone_at_all_is_refused(text):
    with pytest.raises(ValueError, match="is no time zone"):
        zone(text)


def test_a_zone_is_found_by_its_name():
    assert zone("Europe/Berlin") is BERLIN


@given(changes, st.integers(-1440, 2880))
@example((ZoneInfo("America/Havana"), date(2026, 11, 1)), 0)
@example((BERLIN, date(2026, 3, 29)), 150)
@example((BERLIN, date(2026, 10, 25)), 150)
def test_a_wall_time_is_resolved_to_when_clocks_first_and_last_reach_it(change, minutes):
    place, day = change
    local = datetime.combine(day, time()) + minutes * MINUTE
    middle = local.replace(tzinfo=UTC)
    grid = [middle + count * MINUTE for count in range(-27 * 60, 27 * 60)]
    shown = [one.astimezone(place).replace(tzinfo=None) for one in grid]
    reached = [index for index, one in enumerate(shown) if one >= local]
    exactly = [index for index, one in enumerate(shown) if one == local]

    assert resolve(local, place) == grid[reached[0]]
    assert resolve(local, place, last=True) == grid[(exactly or reached[:1])[-1]]


def test_a_gap_ends_on_a_whole_second_whatever_is_asked_for():
    assert resolve(datetime(2026, 3, 29, 2, 30, 0, 5), BERLIN) == utc("2026-03-29 01:00")


@given(changes, st.integers(-3000, 3000), st.integers(0, 200))
def test_a_later_wall_time_is_never_resolved_to_an_earlier_instant(change, minutes, more):
    place, day = change
    local = datetime.combine(day, time()) + minutes * MINUTE

    assert resolve(local, place) <= resolve(local + more * MINUTE, place)
    assert resolve(local, place) <= resolve(local, place, last=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-02 09:00", "2026-11-02 08:00"),
        ("2026-11-02T09:00:30", "2026-11-02 08:00:30"),
        ("2026-11-02 09:00Z", "2026-11-02 09:00"),
        ("2026-11-02T09:00:00z", "2026-11-02 09:00"),
        ("2026-11-02 09:00 -05:30", "2026-11-02 14:30"),
        ("2026-10-25 02:30+02:00", "2026-10-25 00:30"),
        ("2026-11-02", "2026-11-01 23:00"),
    ],
)
def test_an_instant_is_read_as_typed(text, expected):
    assert instant(text, BERLIN) == utc(expected)
    assert instant(text, BERLIN).tzinfo is UTC


def test_a_bare_date_is_the_first_instant_of_its_day():
    assert instant("2026-04-24", ZoneInfo("Africa/Cairo")) == utc("2026-04-23 22:00")
    assert instant("2026-11-01", ZoneInfo("America/Havana")) == utc("2026-11-01 04:00")


def test_a_day_that_never_was_is_refused():
    with pytest.raises(ValueError, match="skips"):
        instant("2011-12-30", ZoneInfo("Pacific/Apia"))


@pytest.mark.parametrize("text", ["2026-10-25 02:30", "2026-03-29 02:30"])
def test_a_wall_time_that_comes_twice_or_never_is_refused_with_both_offsets(text):
    with pytest.raises(ValueError, match=r'"(.+)" or "(.+)"') as refused:
        instant(text, BERLIN)
    offered = str(refused.value).split('"')[1::2]

    assert {instant(one, BERLIN) for one in offered} == {
        instant(f"{text}+01:00", BERLIN),
        instant(f"{text}+02:00", BERLIN),
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "20261102",
        "2026-W45-1",
        "2026-11-02 9:00",
        "2026-11-02 25:00",
        "2026-11-02 09:00+25:00",
        "2026-02-30",
        "2026-02-30 09:00",
        "1899-12-31 09:00",
        "9999-12-31T23:59Z",
    ],
)
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(ValueError, match=r"is no |is too far"):
        instant(text, BERLIN)


def test_a_wall_time_is_read_without_an_offset():
    assert wall("2026-11-02T09:00") == datetime(2026, 11, 2, 9)
    with pytest.raises(ValueError, match="leave it out"):
        wall("2026-11-02 09:00Z")


@pytest.mark.parametrize("text", ["2026-11-02", "2026-11-02 25:00", "soon"])
def test_what_is_no_wall_time_is_refused(text):
    with pytest.raises(ValueError, match="is no date and time"):
        wall(text)


def test_a_time_of_day_is_read():
    assert clock("08:30") == time(8, 30)
    assert clock("00:00") == time()


@pytest.mark.parametrize(("text", "hint"), [("24:00", "00:00"), ("8:00", "08:00"), ("x", "08:00")])
def test_what_is_no_time_of_day_is_refused_with_a_hint(text, hint):
    with pytest.raises(ValueError, match=f'"{hint}"'):
        clock(text)


def test_a_date_out_of_reach_is_refused():
    assert day("2026-12-24") == date(2026, 12, 24)
    with pytest.raises(ValueError, match="too far"):
        day("2200-01-01")


# Friday, 12:00 in Berlin.
FRIDAY_NOON = datetime(2026, 11, 6, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("now", "2026-11-06 11:00"),
        (" NOW ", "2026-11-06 11:00"),
        ("13:00", "2026-11-06 12:00"),
        ("12:00", "2026-11-07 11:00"),
        ("11:59", "2026-11-07 10:59"),
        ("Fri 13:00", "2026-11-06 12:00"),
        ("fri 12:00", "2026-11-13 11:00"),
        ("Thursday 09:00", "2026-11-12 08:00"),
        ("WEDNESDAY  09:00", "2026-11-11 08:00"),
        ("saturday 00:00", "2026-11-06 23:00"),
        ("tuesday 09:00", "2026-11-10 08:00"),
        ("Monday 09:00", "2026-11-09 08:00"),
        ("tomorrow 09:00", "2026-11-07 08:00"),
        ("Tomorrow 13:00", "2026-11-07 12:00"),
        ("2026-11-05 09:00", "2026-11-05 08:00"),
        ("2026-11-05 09:00 Z", "2026-11-05 09:00"),
        ("2026-12-24", "2026-12-23 23:00"),
    ],
)
def test_a_time_is_understood_as_people_say_it(text, expected):
    assert spoken(text, BERLIN, after=FRIDAY_NOON) == utc(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("", "Fri", "noon", "tomato 13:00", "friend 13:00", "Fri 24:00", "8:00", "now 13:00"),
        *("tomorrow", "next Fri 13:00", "Fri 13:00 sharp", "13:00 Fri"),
    ],
)
def test_what_is_no_time_to_people_is_refused_with_how_to_write_one(text):
    with pytest.raises(ValueError, match="write 2026-11-02 09:00"):
        spoken(text, BERLIN, after=FRIDAY_NOON)


def test_a_clock_time_that_comes_twice_counts_twice_and_one_that_is_skipped_waits():
    first, second = utc("2026-10-25 00:30"), utc("2026-10-25 01:30")

    assert spoken("02:30", BERLIN, after=first - MINUTE) == first
    assert spoken("02:30", BERLIN, after=first) == second
    assert spoken("02:30", BERLIN, after=second) == utc("2026-10-26 01:30")
    assert spoken("02:30", BERLIN, after=utc("2026-03-29 00:00")) == utc("2026-03-29 01:00")


@given(
    changes,
    st.integers(-1440, 2880),
    st.times().map(lambda one: one.replace(second=0, microsecond=0)),
)
def test_a_clock_time_is_the_next_instant_at_which_clocks_show_it(change, minutes, at):
    zone, day = change
    after = datetime.combine(day, time(), UTC) + minutes * MINUTE
    found = spoken(f"{at:%H:%M}", zone, after=after)
    shown = [
        one
        for one in (after + count * MINUTE for count in range(1, int((found - after) / MINUTE)))
        if one.astimezone(zone).time() == at
    ]

    assert found > after
    assert shown == []
    clocks = found.astimezone(zone)
    if clocks.time() != at:  # skipped: the first instant after the gap
        assert (found - MINUTE).astimezone(zone).utcoffset() != clocks.utcoffset()


@given(
    changes,
    st.integers(-14400, 14400),
    st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]),
)
def test_a_weekday_is_the_next_such_within_a_week(change, minutes, name):
    zone, day = change
    after = datetime.combine(day, time(), UTC) + minutes * MINUTE
    found = spoken(f"{name} 12:00", zone, after=after)
    local = found.astimezone(zone)

    assert after < found
    if local.time() == time(12):  # else a day that clocks skip
        assert (found - after).total_seconds() <= 7 * 86400 + 7200
        assert local.strftime("%a").lower() == name


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)), st.integers(-500, 500))
def test_months_keep_the_day_or_end_with_the_month(start, months):
    found = add_months(start, months)

    assert (found.year * 12 + found.month) - (start.year * 12 + start.month) == months
    assert found.day == start.day or (
        found.day < start.day and (found + timedelta(days=1)).day == 1
    )


turns = st.builds(
    lambda change, back, minutes, unit, length: Turns(
        datetime.combine(change[1], time()) - timedelta(days=back) + minutes * MINUTE,
        change[0],
        unit,
        length,
    ),
    changes,
    st.one_of(st.just(0), st.integers(0, 400)),
    st.integers(0, 1439),
    st.sampled_from(["hourly", "daily", "weekly", "monthly"]),
    st.integers(1, 30),
)
numbers = st.one_of(st.integers(-30, 30), st.integers(0, 600))


@given(turns, numbers)
def test_turns_never_go_back_and_months_or_days_apart_they_go_on(turns, number):
    begin, end = turns.begin(number), turns.begin(number + 1)

    assert begin <= end
    if turns.unit in ("weekly", "monthly"):
        assert begin < end


def test_a_turn_that_began_in_a_repeated_hour_is_not_begun_again():
    turns = Turns(datetime(2026, 10, 25, 0, 30), BERLIN, "hourly", 1)

    assert turns.begin(2) == utc("2026-10-25 00:30")
    assert turns.number(utc("2026-10-25 00:29")) == 1
    assert turns.number(utc("2026-10-25 01:10")) == 2  # 02:10 again


@given(turns, numbers)
@example(Turns(datetime(2026, 10, 25, 0, 30), BERLIN, "hourly", 1), 2)
def test_a_turn_is_found_at_all_of_its_instants(turns, number):
    begin, end = turns.begin(number), turns.begin(number + 1)

    assert turns.begin(turns.number(begin)) == begin
    if begin < end:
        assert turns.number(begin) == number
        assert turns.number(end - timedelta(microseconds=1)) == number
        assert turns.number(begin + (end - begin) / 2) == number


def test_a_turn_of_twelve_hours_stays_at_its_wall_clock():
    turns = Turns(datetime(2026, 3, 1, 8), BERLIN, "hourly", 12)

    clocks = {turns.begin(number).astimezone(BERLIN).time() for number in range(700)}
    assert clocks == {time(8), time(20)}


def test_an_hourly_turn_that_clocks_skip_is_left_out_and_a_repeated_one_is_longer():
    turns = Turns(datetime(2026, 3, 29), BERLIN, "hourly", 1)
    autumn = Turns(datetime(2026, 10, 25), BERLIN, "hourly", 1)

    assert turns.begin(2) == turns.begin(3) == utc("2026-03-29 01:00")
    assert turns.number(utc("2026-03-29 01:00")) == 3
    assert autumn.begin(3) - autumn.begin(2) == timedelta(hours=2)
    assert autumn.number(utc("2026-10-25 01:30")) == 2


def test_months_are_counted_from_the_first_and_end_with_theirs():
    turns = Turns(datetime(2026, 1, 31, 9), ZoneInfo("UTC"), "monthly", 1)

    assert [turns.begin(number).date().isoformat() for number in range(4)] == [
        "2026-01-31",
        "2026-02-28",
        "2026-03-31",
        "2026-04-30",
    ]


DAY = 24 * 60
spans = st.lists(
    st.tuples(st.integers(0, 7 * DAY - 1), st.integers(1, DAY)).map(
        lambda one: (one[0], one[0] + one[1])
    ),
    max_size=8,
)


@given(spans)
def test_weekly_hours_cover_the_same_minutes_without_touching(spans):
    week = 7 * DAY
    covered = {minute % week for begin, end in spans for minute in range(begin, end)}
    hours = weekly_hours(BERLIN, spans)

    if hours is None:
        assert len(covered) in (0, week)
        return
    assert {minute % week for begin, end in hours.spans for minute in range(begin, end)} == covered
    edges = [edge for span in hours.spans for edge in span]
    assert edges == sorted(set(edges))
    assert edges[-1] - week < edges[0]


@given(changes, spans, st.integers(0, 7), st.integers(1, 20))
def test_hours_are_open_from_the_first_begin_to_the_last_end(change, spans, back, length):
    place, changed = change
    hours = weekly_hours(place, spans)
    start = datetime.combine(changed, time(9)) - timedelta(days=back)
    turns = Turns(start, ZoneInfo("Europe/Berlin"), "daily", length)
    begin, end = turns.begin(0), turns.begin(1)
    found = open_hours(turns, hours, 0)
    if hours is None:
        assert found == ((begin, end),)
        return
    monday = datetime.combine(start.date() - timedelta(days=start.weekday() + 14), time())
    expected = [
        (resolve(monday + (opens + week) * MINUTE, place),
         resolve(monday + (closes + week) * MINUTE, place, last=True))
        for week in range(0, 8 * 7 * DAY, 7 * DAY)
        for opens, closes in hours.spans
    ]  # fmt: skip

    for probe in range(0, int((end - begin) / MINUTE), 97):
        when = begin + probe * MINUTE
        assert any(opens <= when < closes for opens, closes in found) == any(
            opens <= when < closes for opens, closes in expected
        )
    for (_, closes), (opens, _) in pairwise(found):
        assert closes < opens
    assert all(begin <= opens < closes <= end for opens, closes in found)


def test_hours_that_a_change_of_clocks_brings_together_are_one():
    turns = Turns(datetime(2026, 10, 25), BERLIN, "daily", 1)
    sunday = 6 * DAY
    hours = Hours(BERLIN, ((sunday + 60, sunday + 150), (sunday + 165, sunday + 240)))

    assert open_hours(turns, hours, 0) == ((utc("2026-10-24 23:00"), utc("2026-10-25 03:00")),)


def test_hours_that_began_the_week_before_are_still_open():
    turns = Turns(datetime(2026, 11, 2), BERLIN, "daily", 1)
    hours = Hours(BERLIN, ((6 * DAY + 20 * 60, 7 * DAY + 8 * 60),))

    assert open_hours(turns, hours, 0) == ((utc("2026-11-01 23:00"), utc("2026-11-02 07:00")),)


def test_hours_that_clocks_skip_whole_do_not_open():
    turns = Turns(datetime(2026, 3, 29), BERLIN, "daily", 1)
    sunday = 6 * DAY

    assert open_hours(turns, Hours(BERLIN, ((sunday + 125, sunday + 170),)), 0) == ()


def business_days(text: str) -> tuple[BusinessDays, list[str]]:
    reader = Reader()
    node = parse(text, "set.yaml").value["calendars"].value["company"]
    return read_business_days(node, reader), [str(one) for one in reader.problems]


def test_holidays_of_the_country_and_further_days_are_free():
    company, problems = business_days('calendars: {company: {country: DE, extra: ["2026-12-24"]}}')

    assert problems == []
    assert company.name == "company"
    assert not company.is_business_day(date(2026, 12, 24))
    assert not company.is_business_day(date(2026, 12, 25))
    assert company.add(date(2026, 12, 23), 1) == date(2026, 12, 28)
    assert company.add(date(2026, 12, 28), -2) == date(2026, 12, 22)
    assert company.add(date(2026, 12, 25), 0) == date(2026, 12, 25)
    assert company.roll(date(2026, 12, 25), "back") == date(2026, 12, 23)
    assert company.roll(date(2026, 12, 25), "forward") == date(2026, 12, 28)
    assert company.roll(date(2026, 12, 28), "back") == date(2026, 12, 28)


def test_a_calendar_may_say_nothing():
    assert business_days("calendars: {company: {}}") == (BusinessDays(name="company"), [])


def test_the_weekend_is_that_of_the_country():
    friday, sunday = date(2026, 11, 6), date(2026, 11, 8)

    assert not BusinessDays("SA").is_business_day(friday)
    assert BusinessDays("SA").is_business_day(sunday)
    assert BusinessDays().is_business_day(friday)
    assert not BusinessDays().is_business_day(sunday)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(1, 30))
def test_business_days_ahead_are_counted_one_by_one(start, count):
    calendar = BusinessDays("DE", frozenset([date(2026, 12, 24)]))
    end = calendar.add(start, count)
    between = (start + timedelta(days=step) for step in range(1, (end - start).days + 1))

    assert calendar.is_business_day(end)
    assert sum(map(calendar.is_business_day, between)) == count


def test_mistakes_of_a_calendar_are_noted_with_their_place():
    _, problems = business_days("calendars: {company: {country: GERMANY, extra: [x], free: 1}}")

    assert [one.split(": ", 1)[0] for one in problems] == [
        "set.yaml:1:59",
        "set.yaml:1:32",
        "set.yaml:1:49",
    ]


@pytest.mark.parametrize(("text", "hint"), [("fr", '"FR"'), ("FRANCE", '"DE"'), ("??", '"DE"')])
def test_an_unknown_country_is_a_mistake(text, hint):
    _, problems = business_days(f'calendars: {{company: {{country: "{text}"}}}}')

    assert "holidays are known" in problems[0]
    assert hint in problems[0]
