from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.calendar import BusinessDays
from setflow.errors import Refused
from setflow.rotation import rules
from setflow.rotation.rules import Absence, Override
from setflow.rotation.rules.remarks import Candidate, Reader, gives_way, remarks
from setflow.rotation.rules.standins import (
    Part,
    changes,
    check_stretch,
    held,
    in_the_way,
    overrides_for,
    serving,
    with_added,
    with_hours,
)
from setflow.wording import stretch
from tests.unit.test_rotation_rules import (
    ALWAYS,
    CREW,
    DAY,
    HOUR,
    HOURS,
    LAYERS,
    at,
    override,
    rotation,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = at("2026-12-01 10:00")  # Tuesday of ana's first week as primary
EMEA, BACKUP = "set.emea.primary", "set.emea.backup"
AWAKE = (time(7), time(23))


def part(seat, start, end, *givers, taker=""):
    return Part(seat, at(start), at(end), givers, taker)


def span(one):
    return one.start, one.end


# --- whose stretches they are ---


def test_what_somebody_has_of_a_seat_is_one_stretch_with_the_closed_hours_between():
    (found,) = held(CREW, (), EMEA, "ana", part("", "2026-12-01 10:00", "2026-12-05"))

    assert found == part(EMEA, "2026-12-01 10:00", "2026-12-05", "ana")


def test_what_somebody_has_ends_where_the_turn_does_and_comes_again_on_the_other_seat():
    asked = part("", "2026-12-05", "2026-12-09")

    assert held(CREW, (), EMEA, "ana", asked) == [
        part(EMEA, "2026-12-05", "2026-12-07 08:00", "ana")
    ]
    assert held(CREW, (), BACKUP, "ana", asked) == [
        part(BACKUP, "2026-12-07 08:00", "2026-12-09", "ana")
    ]
    assert held(CREW, (), EMEA, "cy", asked) == []


def test_of_a_stretch_with_closed_hours_the_first_that_open_are_known():
    day = part(EMEA, "2026-12-03", "2026-12-04", "ana")

    assert with_hours(CREW, (), day, NOW).opens == at("2026-12-03 08:00")
    assert with_hours(CREW, (), replace(day, end=at("2026-12-03 07:00")), NOW).opens is None


def test_turns_of_one_person_that_follow_each_other_are_one_stretch():
    alone = rotation('{type: weekly, start: "2026-11-02 09:00", people: [ana]}', "web")
    asked = part("", "2026-12-01", "2026-12-31")

    assert held(rules.history_of(alone), (), "web", "ana", asked) == [
        part("web", "2026-12-01", "2026-12-31", "ana")
    ]


def test_what_others_stand_in_for_is_not_had():
    stand_in = override("di", EMEA, "2026-12-02 12:00", "2026-12-03 12:00")
    asked = part("", "2026-12-02", "2026-12-04")

    assert [span(one) for one in held(CREW, [stand_in], EMEA, "ana", asked)] == [
        (at("2026-12-02"), at("2026-12-02 12:00")),
        (at("2026-12-03 12:00"), at("2026-12-04")),
    ]
    assert [span(one) for one in held(CREW, [stand_in], EMEA, "di", asked)] == [
        (at("2026-12-02 12:00"), at("2026-12-03 12:00"))
    ]


@given(data=st.data())
def test_giving_away_all_that_somebody_has_leaves_them_nothing_and_others_as_they_were(data):
    history, seats = data.draw(
        st.sampled_from([(ALWAYS, ["web"]), (HOURS, ["web"]), (CREW, list(CREW))])
    )
    seat = data.draw(st.sampled_from(seats))
    start = at("2026-11-28") + data.draw(st.integers(0, 30)) * DAY / 2
    asked = Part("", start, start + data.draw(st.integers(1, 60)) * DAY / 3, ())
    before = data.draw(st.lists(stand_ins(seat), max_size=3))
    person = data.draw(st.sampled_from(["ana", "bo", "cy"]))
    found = held(history, before, seat, person, asked)
    given_away = (replace(one, taker="zed") for one in found)
    after = with_added(before, overrides_for(given_away, asked.start))

    def shifts(overrides):
        return rules.shifts(history, overrides, seat, asked.start, asked.end)

    assert all(asked.start <= one.start < one.end <= asked.end for one in found)
    assert all(one.end < other.start for one, other in pairwise(found))
    assert [span(one) for one in shifts(before) if one.people != (person,)] == [
        span(one) for one in shifts(after) if one.people != ("zed",)
    ]
    assert all(one.people != (person,) for one in shifts(after))


def stand_ins(seat):
    return st.builds(
        lambda person, begin, hours, number: Override(
            number,
            seat,
            person,
            at("2026-11-28") + begin * HOUR,
            at("2026-11-28") + (begin + hours) * HOUR,
            at("2026-11-01"),
        ),
        st.sampled_from(["ana", "bo", "cy", "gus"]),
        st.integers(0, 400),
        st.integers(1, 200),
        st.integers(1, 3),
    )


def test_who_serves_in_what_is_left_of_a_stretch_is_said_without_its_taker():
    stand_in = override("di", EMEA, "2026-12-02 12:00", "2026-12-03 12:00")
    asked = part(EMEA, "2026-12-01", "2026-12-04", "ana")

    assert serving(CREW, [stand_in], asked, NOW) == ("ana", "di")
    assert serving(CREW, [stand_in], replace(asked, taker="di"), NOW) == ("ana",)
    assert serving(CREW, [stand_in], asked, at("2026-12-03 12:00")) == ("ana",)
    assert serving(CREW, (), replace(asked, seat="set.primary"), NOW) == ("ana", "cy")


# --- what is in the way ---


def test_stand_ins_by_others_are_in_the_way_where_they_overlap_and_are_not_over():
    asked = override("cy", EMEA, "2026-12-02 12:00", "2026-12-03 12:00", 9)

    def found(person, seat, start, end, now=NOW):
        return in_the_way(CREW, [override(person, seat, start, end)], asked, now)

    assert [one.id for one in found("di", EMEA, "2026-12-03 11:00", "2026-12-05")] == [1]
    assert found("di", "set.primary", "2026-12-01", "2026-12-02 12:01")
    assert not found("cy", EMEA, "2026-12-03 11:00", "2026-12-05")
    assert not found("di", EMEA, "2026-12-03 12:00", "2026-12-05")
    assert not found("di", EMEA, "2026-12-01", "2026-12-02 12:00")
    assert not found("di", BACKUP, "2026-12-01", "2026-12-05")
    assert not found("di", EMEA, "2026-12-01", "2026-12-02 13:00", at("2026-12-02 13:00"))


def test_of_several_in_the_way_the_oldest_comes_first():
    both = [
        override("di", EMEA, "2026-12-02", "2026-12-03", 2),
        override("gus", "set.primary", "2026-12-02", "2026-12-03", 1),
    ]
    asked = override("cy", "set.primary", "2026-12-02", "2026-12-03", 9)

    assert [one.id for one in in_the_way(CREW, both, asked, NOW)] == [1, 2]


# --- what would change ---


def test_a_change_is_said_shift_by_shift():
    added = overrides_for([part(EMEA, "2026-12-02 12:00", "2026-12-03 12:00", taker="di")], NOW)

    assert changes(CREW, (), with_added((), added), NOW) == [
        (EMEA, at("2026-12-02 12:00"), at("2026-12-02 20:00"), ("ana",), ("di",)),
        (EMEA, at("2026-12-03 08:00"), at("2026-12-03 12:00"), ("ana",), ("di",)),
    ]
    assert changes(CREW, with_added((), added), (), at("2026-12-03 11:00")) == [
        (EMEA, at("2026-12-03 11:00"), at("2026-12-03 12:00"), ("di",), ("ana",)),
    ]


def test_a_stand_in_that_fills_a_gap_changes_nobody_to_somebody():
    later = rotation('{type: weekly, start: "2027-01-04 09:00", people: [ana, bo]}', "web")
    gone = rules.revise(ALWAYS, later, at("2026-11-03"))
    added = [override("di", "web", "2026-12-01", "2026-12-02")]

    assert changes(gone, (), added, NOW - DAY) == [
        ("web", at("2026-12-01"), at("2026-12-02"), (), ("di",))
    ]


def test_an_empty_seat_is_filled_without_displacing_anybody():
    later = rotation('{type: weekly, start: "2027-01-04 09:00", people: [ana, bo]}', "web")
    gone = rules.revise(ALWAYS, later, at("2026-11-03"))

    def displaced(start, end, *overrides):
        asked = override("di", "web", start, end)
        return rules.displaced(gone, overrides, asked, NOW - DAY)

    assert displaced("2026-12-01", "2026-12-02") == ()
    assert displaced("2027-01-03", "2027-01-05") == ("ana",)
    half = override("di", "web", "2026-12-01", "2026-12-01 12:00")
    assert displaced("2026-12-01", "2026-12-02", half) == ()


def test_of_stand_ins_of_one_instant_the_added_one_is_the_newest():
    older = override("bo", EMEA, "2026-12-02", "2026-12-03")
    added = replace(older, id=0, person="di")

    assert {one.after for one in changes(CREW, [older], with_added([older], [added]), NOW)} == {
        ("di",)
    }


def test_of_a_stretch_that_has_begun_what_is_left_is_given():
    (made,) = overrides_for([part(EMEA, "2026-11-30 08:00", "2026-12-03", "ana", taker="di")], NOW)

    assert made == Override(0, EMEA, "di", NOW, at("2026-12-03"), NOW)


@given(data=st.data())
def test_what_is_considered_is_what_the_shifts_are_afterwards_and_an_undo_restores_them(data):
    history = data.draw(st.sampled_from([ALWAYS, HOURS, LAYERS, CREW]))
    seat = data.draw(st.sampled_from(list(history)))
    before = [
        replace(one, id=number)
        for number, one in enumerate(data.draw(st.lists(stand_ins(seat), max_size=3)), 1)
    ]
    added = [replace(data.draw(stand_ins(seat)), id=0) for _ in range(2)]
    after = with_added(before, added)
    now = at("2026-11-28") + data.draw(st.integers(0, 20)) * DAY
    found = changes(history, before, after, now)
    low, high = at("2026-11-20"), at("2027-01-20")

    def on(overrides, when):
        return rules.who(history, overrides, seat, when).people

    for one in found:
        assert one.start >= now
        assert one.before != one.after
        for when in (one.start, one.end - HOUR / 60):
            assert (on(before, when), on(after, when)) == (one.before, one.after)
    elsewhere = [now + number * 7 * HOUR for number in range(100)]
    for when in elsewhere:
        if not any(one.start <= when < one.end for one in found):
            assert on(before, when) == on(after, when)
    assert sorted(changes(history, after, before, now)) == sorted(
        one._replace(before=one.after, after=one.before) for one in found
    )
    restored = [one for one in after if one in before]
    assert rules.shifts(history, restored, seat, low, high) == rules.shifts(
        history, before, seat, low, high
    )


@given(stand_ins("web"))
def test_outside_its_stretch_a_stand_in_changes_nothing(one):
    low, high = one.start - 30 * DAY, one.end + 30 * DAY
    for start, end in ((low, one.start), (one.end, high)):
        then, before = (
            [shift[:4] for shift in rules.shifts(HOURS, overrides, "web", start, end)]
            for overrides in ([one], ())
        )
        assert then == before


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2026-12-03", "2026-12-03", "It ends before it begins"),
        ("2026-11-20", "2026-12-01 10:00", "That stretch is over"),
        ("2026-12-01", "2027-12-03", "That is over a year"),
    ],
)
def test_a_stretch_that_makes_no_sense_is_refused(start, end, said):
    with pytest.raises(Refused, match=said):
        check_stretch(at(start), at(end), NOW)


# --- what is worth knowing ---


def said(
    *stretches, seat=EMEA, before=(), reader="", absences=(), person="di", zone=BERLIN, **about
):
    added = [
        override(person, seat, start, end, 50 + number)
        for number, (start, end) in enumerate(stretches)
    ]
    then = [*before, *added]
    candidate = Candidate(about.pop("title", "Di Doe"), zone, about.pop("awake", AWAKE), **about)
    changed = changes(CREW, before, then, NOW)
    return remarks(CREW, then, changed, {person: candidate}, absences, Reader(reader, BERLIN, NOW))


MORNING = ("2026-12-03 08:00", "2026-12-03 12:00")


def test_nothing_is_said_of_a_stand_in_that_has_nothing_against_it():
    assert said(MORNING, person="gus") == []


def test_nothing_is_said_of_somebody_who_would_not_be_on():
    assert said(("2026-12-03 21:00", "2026-12-03 23:00"), person="gus") == []


def test_somebody_who_is_away_then_is_said_to_be_and_why_only_to_those_who_may_know():
    def away(kind, reason="wedding", **more):
        absent = Absence(1, "gus", at("2026-12-03"), at("2026-12-04"), kind, reason)
        others = Absence(2, "hal", at("2026-12-03"), at("2026-12-04"))
        past = Absence(3, "gus", at("2026-12-03 12:00"), at("2026-12-04"))
        absences = [absent, others, past]
        return said(MORNING, person="gus", title="Gus Doe", absences=absences, **more)

    assert away("away") == ["Gus Doe is away Thu 00:00 – Fri 00:00."]
    assert away("away", reasons=True) == ["Gus Doe is away Thu 00:00 – Fri 00:00 (wedding)."]
    assert away("away", "", reasons=True, reader="gus") == ["You are away Thu 00:00 – Fri 00:00."]
    assert away("rather-not") == ["Gus Doe would rather not be on Thu 00:00 – Fri 00:00."]


def test_somebody_who_is_on_elsewhere_then_is_said_to_be_once_a_seat():
    assert said(MORNING, person="bo", title="Bo Doe") == [
        "Bo Doe is SET backup (EMEA) too, Thu 08:00 – 12:00."
    ]
    assert said(MORNING, person="bo", reader="bo") == [
        "You are SET backup (EMEA) too, Thu 08:00 – 12:00."
    ]
    days = ("2026-12-02 08:00", "2026-12-03 12:00")
    assert said(days, person="bo", title="Bo Doe") == [
        "Bo Doe is SET backup (EMEA) too, Wed 08:00 – 20:00 and once more."
    ]
    days = ("2026-12-02 08:00", "2026-12-05 12:00")
    assert said(days, person="bo", title="Bo Doe") == [
        "Bo Doe is SET backup (EMEA) too, Wed 08:00 – 20:00 and 3 more times."
    ]


def test_too_little_rest_beside_another_duty_is_said():
    # Di is the other shift's backup until 08:00 on Berlin's clock.
    assert said(("2026-12-03 13:00", "2026-12-03 15:00")) == [
        "Di Doe has only 5 h of rest between two duties, Thu 08:00 – 13:00.",
        "Di Doe has only 4 h of rest between two duties, Thu 15:00 – 19:00.",
    ]
    assert said(("2026-12-03 15:30", "2026-12-03 18:40"), reader="di") == [
        "You have only 7 h 30 min of rest between two duties, Thu 08:00 – 15:30.",
        "You have only 20 min of rest between two duties, Thu 18:40 – 19:00.",
    ]
    assert said(("2026-12-03 16:00", "2026-12-03 20:00")) == [
        "Di Doe is SET backup (Americas) too, Thu 19:00 – 20:00."
    ]


def test_rest_between_two_duties_that_somebody_has_anyway_is_not_remarked_on():
    before = [override("di", BACKUP, "2026-12-03 13:00", "2026-12-03 15:00")]

    assert said(("2026-12-06 08:00", "2026-12-06 09:00"), before=before, person="gus") == []


def test_hours_at_night_are_counted_on_the_clock_of_who_would_be_on():
    night = ("2026-12-03 08:00", "2026-12-03 14:00")  # 02:00 – 08:00 in New York

    assert said(night, person="gus", title="Gus Doe", zone=NEW_YORK) == [
        "5 h of 6 h are at night for Gus Doe (23:00–07:00 New York time)."
    ]
    assert said(night, person="gus", reader="gus", zone=NEW_YORK) == [
        "5 h of 6 h are at night for you (23:00–07:00 New York time)."
    ]
    always, early = (time(7), time(7)), (time(22), time(3))
    assert said(night, person="gus", zone=NEW_YORK, awake=always) == []
    assert said(night, person="gus", title="Gus", zone=NEW_YORK, awake=early) == [
        "5 h of 6 h are at night for Gus (03:00–22:00 New York time)."
    ]


def test_public_holidays_are_those_of_who_would_be_on():
    christmas = ("2026-12-24 08:00", "2026-12-27")
    days = BusinessDays("DE", frozenset({at("2026-12-24 12:00").date()}), "company")

    assert said(christmas, person="cy", title="Cy", days=days)[-3:] == [
        "Thu 24 Dec is a holiday for Cy: company day.",
        "Fri 25 Dec is a holiday for Cy: Christmas Day.",
        "Sat 26 Dec is a holiday for Cy: Second Day of Christmas.",
    ]
    assert not any("holiday" in one for one in said(christmas, person="cy"))


def test_that_an_older_stand_in_gives_way_is_said():
    older = override("bo", EMEA, "2026-12-03 13:00", "2026-12-04 13:00", 12)

    assert gives_way(older, "Bo Doe", Reader("ana", BERLIN, NOW)) == (
        "Bo Doe stands in there already, Thu 13:00 – Fri 13:00: override 12 gives way."
    )
    assert gives_way(older, "Bo Doe", Reader("bo", BERLIN, NOW)) == (
        "You stand in there already, Thu 13:00 – Fri 13:00: override 12 gives way."
    )


def test_a_stretch_within_a_day_names_the_day_once():
    assert stretch(*map(at, MORNING), BERLIN, now=NOW) == "Thu 08:00 – 12:00"
    assert stretch(NOW, NOW + HOUR, BERLIN, now=NOW) == "10:00 – 11:00"
    assert stretch(NOW, NOW + timedelta(days=1), BERLIN, now=NOW) == "10:00 – Wed 10:00"
    assert stretch(NOW - timedelta(days=6), NOW, BERLIN, now=NOW) == "Wed 10:00 – Tue 10:00"
