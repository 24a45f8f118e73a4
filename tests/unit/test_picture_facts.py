"""What a picture of the coming weeks is told, and how the same is said in words."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from setflow import definitions
from setflow.adapters.mattermost.calendars import schedule_lines
from setflow.errors import Refused
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation.rules import Override
from setflow.views.pictures import ahead, calendar_facts, turn_ahead

BERLIN = ZoneInfo("Europe/Berlin")
FILE = """
version: 1
timezone: Europe/Berlin
calendars: {company: {country: DE}}
people:
  ana: {name: Ana Ruiz, mattermost: ana}
  bo: {name: "Bo *Lind*", mattermost: bo}
  cy: {name: Cy Adler, mattermost: cy}
rotations:
  web: {type: weekly, length: 1, start: "2026-11-30 08:00", people: [ana, bo]}
  support:
    cycle: {start: "2026-11-30 08:00", weeks: 2, swap: weekly}
    shifts: {emea: {hours: [{from: "08:00", to: "20:00"}]}}
    crews: [{team: red, lead: cy, emea: [ana, bo]}]
teams: {red: {title: Red, lead: cy, members: [ana, bo]}}
"""


def at(words):
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN).astimezone(UTC)


@pytest.fixture(scope="module")
def here():
    found = definitions.read(FILE, "set.yaml", {})
    history = {}
    for rotation in found.rotations.values():
        history |= rules.history_of(rotation)
    return Present(1, found, history, (), at("2026-12-02 10:00"))


def weeks(here, rotation, start="2026-11-30", end="2026-12-14"):
    return calendar_facts(here, rotation, at(start), at(end), zone=BERLIN)


def test_rows_are_seats_as_people_call_them_with_duties_clipped_to_the_picture(here):
    drawn = weeks(here, "support", "2026-12-02", "2026-12-09")
    assert drawn.title == "support"
    assert [(row.shift, row.role) for row in drawn.rows] == [
        ("", "lead"),
        ("EMEA", "primary"),
        ("EMEA", "backup"),
    ]
    primary = drawn.rows[1]
    assert [(bar.who.name, bar.start, bar.end) for bar in primary.bars] == [
        ("ana", at("2026-12-02"), at("2026-12-06 20:00")),
        ("bo", at("2026-12-07 08:00"), at("2026-12-09")),
    ]
    assert len(primary.staffed) == 7
    (row,) = weeks(here, "web").rows
    assert (row.shift, row.role) == ("", "WEB")
    assert row.staffed == ((at("2026-11-30 08:00"), at("2026-12-14")),)


def test_holidays_of_any_calendar_are_named(here):
    drawn = weeks(here, "web", "2026-12-21", "2027-01-01")
    assert dict(drawn.holidays) == {
        date(2026, 12, 25): "Christmas Day",
        date(2026, 12, 26): "Second Day of Christmas",
    }
    assert dict(weeks(here, "web", "2026-12-31", "2027-01-01 08:00").holidays)


def test_an_unknown_rotation_is_refused_with_those_there_are(here):
    with pytest.raises(Refused, match="no rotation sat; there is support, web"):
        weeks(here, "sat")


def test_the_next_turn_is_drawn_to_the_end_of_its_longest(here):
    crew = turn_ahead(here, "support", at("2026-12-14 08:00"))
    assert (crew.start, crew.end) == (at("2026-12-14 08:00"), at("2026-12-28 08:00"))
    week = turn_ahead(here, "support", at("2026-12-07 08:00"))
    assert week.end == at("2026-12-14 08:00")
    assert turn_ahead(here, "support", at("2026-12-08 08:00")) is None
    assert turn_ahead(here, "gone", at("2026-12-14 08:00")) is None


def test_ahead_begins_with_today_and_keeps_to_midnight_over_a_change_of_clocks():
    start, end = ahead(at("2026-10-20 15:00"), BERLIN, 2)
    assert (start, end) == (at("2026-10-20"), at("2026-11-03"))
    assert end - start == timedelta(days=14, hours=1)


def test_words_say_who_is_on_week_by_week_and_nothing_from_outside_is_markup(here):
    assert list(schedule_lines(weeks(here, "web"))) == [
        "- 30 Nov – 6 Dec: Ana Ruiz",
        "- 7 – 13 Dec: Bo \\*Lind\\*",
    ]
    assert list(schedule_lines(weeks(here, "web", "2026-12-03", "2026-12-10"))) == [
        "- 3 – 9 Dec: Ana Ruiz then Bo \\*Lind\\*"
    ]
    assert list(schedule_lines(weeks(here, "web", "2026-11-01", "2026-11-08"))) == [
        "- 1 – 7 Nov: nobody"
    ]


def test_words_say_who_stands_in_and_where_nobody_is(here):
    stand_in = Override(
        1,
        "support.emea.primary",
        "cy",
        at("2026-12-03 13:00"),
        at("2026-12-04 13:00"),
        here.now,
    )
    drawn = weeks(replace(here, overrides=(stand_in,)), "support", end="2026-12-07")
    (line,) = schedule_lines(drawn)
    assert line == (
        "- 30 Nov – 6 Dec: lead Cy Adler · EMEA Ana Ruiz "
        "(stand-in Cy Adler, Thu 13:00 – Fri 13:00), Bo \\*Lind\\*"
    )
    day = timedelta(days=1)
    gaps = tuple((drawn.start + k * day, drawn.start + k * day + day / 2) for k in range(5))
    *rows, last = drawn.rows
    (line,) = schedule_lines(replace(drawn, rows=(*rows, replace(last, gaps=gaps))))
    assert line.endswith(
        " · **nobody on EMEA backup**, Mon 00:00 – 12:00 · **nobody on EMEA backup**, "
        "Tue 00:00 – 12:00 · **nobody on EMEA backup**, Wed 00:00 – 12:00 · 2 more gaps"
    )
