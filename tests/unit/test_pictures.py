"""Calendar pictures: what is on them, where it is, and that it can be read."""

import re
import struct
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from setflow.facts import CalendarFacts, Who
from setflow.facts.pictures import Bar, Row
from setflow.pictures import Scheme, calendar, png
from setflow.pictures.ics import Entry, Feed, ics
from setflow.pictures.ink import GROUND, PALETTE, hue, hues, width_of
from setflow.pictures.sheet import days, heading, sheet

BERLIN = ZoneInfo("Europe/Berlin")
ANA, BO = Who("ana", "Ana Ruiz", "ana.ruiz"), Who("bo", "Bo Lind", "bo.lind")
SVG = "{http://www.w3.org/2000/svg}"


def at(words, zone=BERLIN):
    return datetime.fromisoformat(words).replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def week(who, start, **more):
    begin = at(f"{start} 08:00")
    return Bar(who, begin, begin + timedelta(days=6, hours=12), **more)


def facts(start="2026-11-30", end="2026-12-14", *, rows=None, holidays=(), now="2026-12-02 10:00"):
    primary = Row("EMEA", "primary", (week(ANA, "2026-11-30"), week(BO, "2026-12-07")))
    return CalendarFacts(
        "SET", BERLIN, at(start), at(end), at(now), rows or (primary,), tuple(holidays)
    )


def drawn(given, *args, **more):
    return ElementTree.fromstring(calendar(given, *args, **more))


def texts(picture):
    return [one.text for one in picture.iter(f"{SVG}text")]


def tips(picture):
    return [one.text for one in picture.iter(f"{SVG}title")]


def looks(picture, name):
    return [one for one in picture.iter() if name in one.get("class", "").split()]


def test_a_picture_says_whose_weeks_they_are_and_by_which_clock():
    assert "SET · 30 Nov – 13 Dec · Europe/Berlin" in texts(drawn(facts()))
    handoff = facts("2026-11-30 08:00", "2026-12-14 08:00")
    assert heading(handoff) == "SET · 30 Nov – 14 Dec · Europe/Berlin"
    hour = facts(start="2026-11-30 08:00", end="2026-11-30 09:00")
    assert heading(hour) == "SET · 30 Nov · Europe/Berlin"
    year = facts(start="2026-11-30 00:00", end="2027-11-30 00:00")
    assert heading(year) == "SET · 30 Nov 2026 – 29 Nov 2027 · Europe/Berlin"


def test_everybody_stands_in_a_bar_and_each_bar_says_from_when_to_when():
    picture = drawn(facts())
    assert {"EMEA", "primary", "Ana Ruiz", "Bo Lind", "now"} <= set(texts(picture))
    assert "Ana Ruiz: EMEA primary, Mon 30 Nov 08:00 – Sun 6 Dec 20:00" in tips(picture)
    assert "Now, Wed 2 Dec 10:00" in tips(picture)


def test_a_stand_in_is_hatched_and_a_gap_outlined_and_the_legend_says_so():
    cut = (at("2026-12-03 13:00"), at("2026-12-05 13:00"))
    row = Row(
        "EMEA",
        "primary",
        (Bar(ANA, at("2026-11-30 08:00"), cut[0]), Bar(BO, *cut, override=True)),
        gaps=((at("2026-12-08 08:00"), at("2026-12-08 20:00")),),
    )
    picture = drawn(facts(rows=(row,)))
    hatched = [one for one in picture.iter(f"{SVG}rect") if "url(#o" in one.get("fill", "")]
    assert len(hatched) == 2  # the bar, and its swatch in the legend
    assert f"o{hue('bo')}" in [one.get("id") for one in picture.iter(f"{SVG}pattern")]
    assert len(looks(picture, "gap")) == 2
    assert {"stands in", "nobody on"} <= set(texts(picture))
    assert "Bo Lind stands in: EMEA primary, Thu 3 Dec 13:00 – Sat 5 Dec 13:00" in tips(picture)
    assert "Nobody on EMEA primary, Tue 8 Dec 08:00 – Tue 8 Dec 20:00" in tips(picture)
    plain = texts(drawn(facts()))
    assert "stands in" not in plain
    assert "nobody on" not in plain


def test_weekends_and_holidays_are_shaded_and_holidays_named():
    picture = drawn(facts(holidays=[(date(2026, 12, 8), "Immaculate Conception")]))
    assert len(looks(picture, "rest")) == 4
    assert len(looks(picture, "feast")) == 2
    assert "8 Dec Immaculate Conception" in texts(picture)
    assert "8 Dec: Immaculate Conception" in tips(picture)
    assert "6 Dec: Sun" in tips(picture)


def test_open_hours_are_strips_for_a_fortnight_and_one_strip_a_duty_for_eight_weeks():
    open_hours = tuple(
        (at(f"2026-12-0{day} 08:00"), at(f"2026-12-0{day} 20:00")) for day in range(1, 7)
    )
    row = Row("", "web", (week(ANA, "2026-11-30"),), open_hours)
    strips = f"s{hue('ana')}"
    assert len(looks(drawn(facts(rows=(row,))), strips)) == 6
    assert len(looks(drawn(facts(end="2027-01-25", rows=(row,))), strips)) == 1


@pytest.mark.parametrize(
    ("width", "end", "shown"),
    [
        (1000, "2026-12-14", ["Week 49 · 30 Nov", "Week 50 · 7 Dec", "Mon 30", "Sun 13"]),
        (1000, "2026-12-28", ["Week 49 · 30 Nov", "Week 52 · 21 Dec", "30", "27"]),
        (1000, "2027-01-25", ["30 Nov", "7 Dec", "18 Jan"]),
        (500, "2026-12-14", ["Week 49 · 30 Nov", "30", "13"]),
        (500, "2027-01-25", ["30 Nov", "14 Dec", "11 Jan"]),
    ],
)
def test_the_axis_says_as_much_as_there_is_room_for(width, end, shown):
    found = texts(drawn(facts(end=end), width=width))
    assert [one for one in found if one in shown] == shown
    assert ("7 Dec" in found) == ("7 Dec" in shown)


def test_a_picture_that_starts_within_a_week_dates_its_first_day_where_there_is_room():
    assert "2 Dec" in texts(drawn(facts("2026-12-02", "2026-12-16")))
    late = texts(drawn(facts("2026-12-06", "2027-01-31")))
    assert "6 Dec" not in late
    assert "7 Dec" in late
    assert "3 Dec" in texts(drawn(facts("2026-12-03", "2026-12-05")))


def test_a_name_without_room_is_shortened_and_stands_in_the_legend():
    day = Bar(ANA, at("2026-12-01 00:00"), at("2026-12-03 06:00"))
    picture = texts(drawn(facts(end="2027-01-25", rows=(Row("", "web", (day,)),))))
    assert "AR" in picture
    assert "AR Ana Ruiz" in picture
    half = texts(drawn(facts(rows=(Row("", "web", (replace(day, end=at("2026-12-02 00:00")),)),))))
    assert "Ana" in half
    assert not [one for one in half if one.startswith("AR")]


@pytest.mark.parametrize(
    ("hours", "on_bar", "legend"),
    [(12, "BL", "BL Bo Lind"), (7, "B", "B Bo Lind"), (2, None, "Bo Lind")],
)
def test_the_legend_says_what_stands_on_a_short_bar_and_nothing_else(hours, on_bar, legend):
    start = at("2026-12-01 08:00")
    row = Row("", "web", (Bar(BO, start, start + timedelta(hours=hours), override=True),))
    found = texts(drawn(facts(rows=(row,))))
    assert [one for one in found if one.startswith("B")] == [*filter(None, [on_bar]), legend]


def test_two_who_would_have_one_colour_differ_on_a_picture_on_bars_and_in_the_legend():
    other = next(
        Who(name, f"{name} X", name)
        for name in (f"bo{number}" for number in range(999))
        if hue(name) == hue("bo")
    )
    start, hour = at("2026-12-01 08:00"), timedelta(hours=1)
    bars = (Bar(BO, start, start + hour), Bar(other, start + hour, start + 2 * hour))
    picture = drawn(facts(rows=(Row("", "web", bars),)))
    mine, theirs = (f"t{hues(['bo', other.name])[name]}" for name in ("bo", other.name))
    assert mine != theirs
    assert [len(looks(picture, one)) for one in (mine, theirs)] == [2, 2]


def test_two_of_one_first_name_are_told_apart():
    twin = Who("ana2", "Ana Abendroth", "ana.abendroth")
    short = timedelta(days=1, hours=20)
    bars = [
        Bar(who, start, start + short)
        for who, start in ((ANA, at("2026-12-01 00:00")), (twin, at("2026-12-03 00:00")))
    ]
    found = texts(drawn(facts(rows=(Row("", "web", tuple(bars)),), end="2026-12-21")))
    assert "Ana R." in found
    assert "Ana A." in found


def test_the_present_is_shown_only_where_it_is_within():
    assert "now" not in texts(drawn(facts(now="2026-12-14 00:00")))
    assert "now" in texts(drawn(facts(now="2026-11-30 00:00")))


def test_an_event_with_nobody_beside_it_has_no_description():
    start, end = at("2026-11-30 08:00"), at("2026-11-30 20:00")
    alone, beside = (
        Entry("a", "WEB", "", start, end, mine=True),
        Entry("b", "", "Bo", start, end, mine=True),
    )
    assert ics(Feed("WEB", (alone, beside), 0, start)).count(b"DESCRIPTION") == 1


def test_weeks_without_a_duty_say_so():
    nobody = "Nobody is on in this time"
    assert nobody in texts(drawn(facts(rows=(Row("", "web", ()),))))
    assert nobody not in texts(drawn(facts()))


def test_a_label_too_long_is_cut_and_told_in_full():
    long = Row("Americas and the Pacific islands", "primary of the second line of support", ())
    picture = drawn(facts(rows=(long,)), width=500)
    assert "Americas and the Pacific islands primary of the second line of support" in tips(picture)
    shown = [one for one in texts(picture) if one and one.endswith("…")]
    assert len(shown) == 2
    assert all(width_of(one, 15) <= 150 for one in shown)


def test_words_from_outside_stay_words():
    evil = Who("eve", '<script>"&\x07', "eve")
    picture = drawn(facts(rows=(Row("", "<b>", (week(evil, "2026-11-30"),)),)))
    assert '<script>"&' in texts(picture)
    assert not list(picture.iter(f"{SVG}script"))


def test_schemes_differ_in_colours_alone_and_a_reader_with_either_gets_theirs():
    light, dark, either = (calendar(facts(), scheme) for scheme in Scheme)
    bare = [re.sub(r"<style>.*</style>", "", one) for one in (light, dark, either)]
    assert bare[0] == bare[1] == bare[2]
    assert "prefers-color-scheme" not in light + dark
    assert "@media (prefers-color-scheme:dark){.card{fill:#1b1f27}" in either


def test_the_same_facts_make_the_same_picture_and_a_person_keeps_their_colour():
    assert calendar(facts()) == calendar(facts())
    assert hues(["bo", "ana"]) == {"ana": hue("ana"), "bo": hue("bo")}
    assert {hue(f"person{number}") for number in range(200)} == set(range(len(PALETTE)))


@given(st.sets(st.text(min_size=1), max_size=2 * len(PALETTE)))
def test_people_drawn_together_have_colours_of_their_own_while_there_are_enough(names):
    found = hues(names)
    assert found == hues(sorted(names, reverse=True))
    assert found.keys() == names
    assert len(set(found.values())) == min(len(names), len(PALETTE))
    for place in {hue(name) for name in names}:
        assert found[min(name for name in names if hue(name) == place)] == place


def luminance(colour):
    parts = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", [1, 2])
def test_words_stand_out_at_4_5_to_1_and_shapes_at_3_to_1_in_both_schemes(side):
    ground = {name: colours[side] for name, colours in GROUND.items()}
    for name in ("ink", "soft", "here"):
        assert contrast(ground[name], ground["card"]) >= 4.5, name
    for name in ("gap", "now"):
        assert contrast(ground[name], ground["card"]) >= 3, name
    for colours in PALETTE:
        pale, strong = colours[2 * side - 2 : 2 * side]
        assert contrast(ground["ink"], pale) >= 4.5, pale
        assert contrast(strong, pale) >= 3, (pale, strong)


@settings(max_examples=60)
@example("Pacific/Apia", datetime(2011, 12, 28), timedelta(days=5))  # a day that never was
@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Apia", "America/Sao_Paulo"]),
    st.datetimes(datetime(2008, 1, 1), datetime(2030, 1, 1)),
    st.timedeltas(timedelta(hours=1), timedelta(weeks=9)),
)
def test_days_follow_each_other_from_beginning_to_end_in_every_zone(name, wall, length):
    zone = ZoneInfo(name)
    start = at(wall.isoformat(), zone)
    given = replace(facts(), zone=zone, start=start, end=start + length)
    found = list(days(given))
    assert (found[0].start, found[-1].end) == (given.start, given.end)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(one.start.astimezone(zone).date() == one.date for one in found)
    page = sheet(given, 1000)
    edges = [page.x(one.start) for one in found]
    assert edges == sorted(edges)
    assert edges[0] == pytest.approx(page.left)
    assert page.x(given.end) == pytest.approx(page.right)


def test_a_png_is_twice_the_size_and_its_words_are_set_without_a_font_of_the_machine():
    given = facts()
    picture = drawn(given, Scheme.LIGHT)
    made = png(calendar(given, Scheme.LIGHT))
    size = struct.unpack(">II", made[16:24])
    assert size == (2 * int(picture.get("width")), 2 * int(picture.get("height")))
    silent = png(re.sub(r">[^<]+</text>", "></text>", calendar(given, Scheme.LIGHT)))
    assert len(made) > 1.2 * len(silent)
