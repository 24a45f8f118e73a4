from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.calendar import Turns, instant, open_hours, weekly_hours
from setflow.document import Reader, parse
from setflow.rotation import rules
from setflow.rotation.rules import History, Override, Past, Version
from setflow.rotation.spec import Layer, Order, Rotation, Seat, read_rotation
from tests.unit.test_calendar import CHANGES

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ["ana", "bo", "cy", "di", "eve", "fay", "gus", "hal", "mara", "max"]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOMENT = timedelta(microseconds=1)

WEB = '{type: weekly, start: "2026-11-02 09:00", people: [ana, bo], outside: "person:max", %s}'
OFFICE = 'hours: [{days: [mon, tue, wed, thu, fri], from: "08:00", to: "20:00"}]'
SRE = """
seats: [primary, secondary]
outside: person:max
layers:
  - {type: weekly, start: "2026-11-02 09:00", people: [ana, bo, cy],
     hours: [{days: [mon, tue, wed, thu, fri], from: "06:00", to: "22:00"}]}
  - {type: daily, start: "2026-11-04 09:00", people: [di, eve],
     hours: [{from: "10:00", to: "16:00"}]}
"""
SET = """
cycle: {start: "2026-11-30 08:00", weeks: 2, swap: weekly}
shifts:
  emea:     {timezone: Europe/Berlin,    hours: [{from: "08:00", to: "20:00"}]}
  americas: {timezone: America/New_York, hours: [{from: "13:00", to: "02:00"}]}
crews:
  - {lead: mara, emea: [ana, bo], americas: [cy, di]}
  - {lead: max, emea: [eve, fay], americas: [gus, hal]}
"""


def at(text: str) -> datetime:
    return instant(text, BERLIN)


def rotation(text: str, name: str) -> Rotation:
    reader = Reader()
    found = read_rotation(
        name, parse(text, "set.yaml"), reader, people=PEOPLE, teams=[], zone=BERLIN
    )
    reader.finish()
    assert found
    return found


def web(more: str = "") -> Rotation:
    return rotation(WEB % more, "web")


def sre() -> Rotation:
    return rotation(SRE, "sre")


def crew(more: str = "") -> Rotation:
    return rotation(SET + more, "set")


def override(person: str, seat: str, start: str, end: str, number: int = 1) -> Override:
    return Override(number, seat, person, at(start), at(end), at("2026-11-01") + number * HOUR)


def on(history: History, seat: str, when: str, *overrides: Override) -> str:
    return " ".join(rules.who(history, overrides, seat, at(when)).people)


ALWAYS = rules.history_of(web())
HOURS = rules.history_of(web(OFFICE))
CREW = rules.history_of(crew())
LAYERS = rules.history_of(sre())


# --- who ---


def test_a_turn_is_handed_over_at_its_wall_clock_and_the_order_comes_round():
    assert on(ALWAYS, "web", "2026-11-02 08:59") == ""
    assert on(ALWAYS, "web", "2026-11-02 09:00") == "ana"
    assert on(ALWAYS, "web", "2026-11-09 08:59") == "ana"
    assert on(ALWAYS, "web", "2026-11-09 09:00") == "bo"
    assert on(ALWAYS, "web", "2026-11-16 09:00") == "ana"
    assert on(ALWAYS, "web", "2027-03-29 08:59") == "ana"  # clocks went on the day before
    assert on(ALWAYS, "web", "2027-03-29 09:00") == "bo"


def test_before_the_first_turn_nobody_is_on_until_it_begins():
    standing = rules.who(ALWAYS, (), "web", at("2026-10-01 09:00"))

    assert standing == rules.Standing("web", (), None, None, at("2026-11-02 09:00"), False)


def test_out_of_hours_somebody_has_the_turn_and_nobody_is_on():
    standing = rules.who(HOURS, (), "web", at("2026-11-06 20:00"))

    assert standing == rules.Standing("web", (), "ana", None, at("2026-11-09 08:00"), False)


def test_a_shift_is_bounded_by_hours_and_handoffs():
    before = rules.who(HOURS, (), "web", at("2026-11-09 08:30"))
    after = rules.who(HOURS, (), "web", at("2026-11-09 09:30"))

    assert before.people == ("ana",)
    assert (before.since, before.until) == (at("2026-11-09 08:00"), at("2026-11-09 09:00"))
    assert (after.since, after.until) == (at("2026-11-09 09:00"), at("2026-11-09 20:00"))


def test_an_unknown_seat_has_nobody():
    stand_in = override("di", "nix", "2026-11-03", "2026-11-04")

    assert rules.who(ALWAYS, [stand_in], "nix", at("2026-11-03")) == rules.Standing(
        "nix", (), None, None, None, False
    )
    assert rules.seats_of(ALWAYS, "nix") == ()
    assert rules.answering(ALWAYS, (), "nix", at("2026-11-03")) == ()
    assert rules.holders(ALWAYS, (), "nix", at("2026-11-03")) == ()
    assert rules.next_change(ALWAYS, (), "nix", at("2026-11-03")) is None
    assert rules.next_turn(ALWAYS, "nix", at("2026-11-03")) is None


# --- overrides ---


def test_a_stand_in_is_on_from_the_first_instant_to_before_the_last():
    stand_in = override("di", "web", "2026-11-03 12:00", "2026-11-03 14:00")

    assert on(HOURS, "web", "2026-11-03 11:59", stand_in) == "ana"
    assert on(HOURS, "web", "2026-11-03 12:00", stand_in) == "di"
    assert on(HOURS, "web", "2026-11-03 14:00", stand_in) == "ana"
    assert rules.who(HOURS, [stand_in], "web", at("2026-11-03 13:00")) == rules.Standing(
        "web", ("di",), "ana", at("2026-11-03 12:00"), at("2026-11-03 14:00"), True
    )
    assert rules.who(HOURS, [stand_in], "web", at("2026-11-03 10:00")).until == at(
        "2026-11-03 12:00"
    )


def test_a_stand_in_is_on_within_hours_only_and_each_turn_is_a_shift():
    stand_in = override("di", "web", "2026-11-06", "2026-11-10")
    found = rules.shifts(HOURS, [stand_in], "web", at("2026-11-06"), at("2026-11-10"))

    assert [(one.people, one.start, one.end, one.override) for one in found] == [
        (("di",), at("2026-11-06 08:00"), at("2026-11-06 20:00"), True),
        (("di",), at("2026-11-09 08:00"), at("2026-11-09 09:00"), True),
        (("di",), at("2026-11-09 09:00"), at("2026-11-09 20:00"), True),
    ]


def test_of_two_overrides_the_one_created_later_wins_in_whatever_order_they_come():
    early = override("di", "web", "2026-11-03 12:00", "2026-11-03 18:00", 1)
    late = override("eve", "web", "2026-11-03 10:00", "2026-11-03 14:00", 2)

    for both in ((early, late), (late, early)):
        assert on(HOURS, "web", "2026-11-03 13:00", *both) == "eve"
        assert on(HOURS, "web", "2026-11-03 14:00", *both) == "di"


def test_overrides_of_one_person_that_meet_are_one_shift():
    first = override("di", "web", "2026-11-03 12:00", "2026-11-03 14:00", 1)
    second = override("di", "web", "2026-11-03 14:00", "2026-11-03 16:00", 2)
    standing = rules.who(HOURS, [first, second], "web", at("2026-11-03 15:00"))

    assert (standing.since, standing.until) == (at("2026-11-03 12:00"), at("2026-11-03 16:00"))


def test_a_stand_in_for_the_primary_of_a_crew_is_on_in_each_shift():
    stand_in = override("max", "set.primary", "2026-12-01", "2026-12-02")

    assert on(CREW, "set.emea.primary", "2026-12-01 10:00", stand_in) == "max"
    assert on(CREW, "set.americas.primary", "2026-12-01 20:00", stand_in) == "max"
    assert on(CREW, "set.emea.backup", "2026-12-01 10:00", stand_in) == "bo"
    assert on(CREW, "set.lead", "2026-12-01 10:00", stand_in) == "mara"


# --- crews ---


def test_a_pair_changes_places_after_a_week_and_the_lead_serves_the_cycle():
    for day, expected in {
        "2026-11-30 10:00": "mara ana bo",
        "2026-12-07 10:00": "mara bo ana",
        "2026-12-14 10:00": "max eve fay",
        "2026-12-21 10:00": "max fay eve",
        "2026-12-28 10:00": "mara ana bo",
    }.items():
        found = [on(CREW, f"set.{seat}", day) for seat in ("lead", "emea.primary", "emea.backup")]
        assert " ".join(found) == expected


def test_a_crew_put_in_for_one_cycle_moves_nobody_else():
    cycles = 'cycles: {"2026-12-14": {lead: hal, emea: [cy, di], americas: [ana, bo]}}'
    history = rules.history_of(crew(cycles))

    assert on(history, "set.lead", "2026-12-14 08:00") == "hal"
    assert on(history, "set.emea.primary", "2026-12-21 08:00") == "di"
    assert on(history, "set.lead", "2026-12-28 08:00") == "mara"
    assert on(history, "set.lead", "2027-01-11 08:00") == "max"


def test_seats_are_found_by_rotation_role_and_name_in_the_order_of_the_file():
    backwards = dict(sorted(CREW.items()))

    assert rules.seats_of(backwards, "set") == tuple(seat.name for seat in crew().seats)
    assert rules.seats_of(CREW, "set.primary") == ("set.emea.primary", "set.americas.primary")
    assert rules.seats_of(CREW, "set.lead") == ("set.lead",)
    assert rules.seats_of({**CREW, **ALWAYS}, "web") == ("web",)


def test_a_ladder_finds_the_primaries_of_all_shifts_whose_hours_are_open():
    def found(target: str, when: str) -> str:
        return " ".join(rules.answering(CREW, (), target, at(when)))

    assert found("set.primary", "2026-12-01 09:00") == "ana"
    assert found("set.primary", "2026-12-01 19:30") == "ana cy"
    assert found("set.primary", "2026-12-01 23:00") == "cy"
    assert found("set", "2026-12-01 09:00") == "mara ana bo"
    assert found("set.emea.primary", "2026-12-01 23:00") == ""


def test_with_no_hours_open_a_ladder_finds_those_outside():
    late = rules.history_of(rotation(SET.replace('"02:00"', '"01:00"'), "set"))
    when = at("2026-12-02 07:30")

    assert rules.answering(late, (), "set.primary", when) == ("mara",)
    assert rules.answering(late, (), "set.emea.primary", when) == ()
    stand_in = override("fay", "set.lead", "2026-12-02", "2026-12-03")
    assert rules.answering(late, [stand_in], "set.backup", when) == ("fay",)
    assert rules.answering(HOURS, (), "web", at("2026-11-07")) == ("max",)
    assert rules.answering(LAYERS, (), "sre.primary", at("2026-11-03 23:00")) == ("max",)
    assert rules.answering(LAYERS, (), "sre", at("2026-11-03 23:00")) == ("max",)


def test_without_outside_nobody_answers():
    history = rules.history_of(replace(web(OFFICE), outside=None))

    assert rules.answering(history, (), "web", at("2026-11-07")) == ()


def test_a_playbook_finds_this_turns_people_of_every_shift_and_the_next_ones():
    when = at("2026-12-01 04:00")

    assert rules.holders(CREW, (), "set.primary", when) == ("ana", "cy")
    assert rules.next_holders(CREW, (), "set.primary", when) == ("bo", "di")
    assert rules.next_holders(CREW, (), "set.lead", when) == ("max",)
    assert rules.next_holders(CREW, (), "set.primary", at("2026-11-01")) == ("ana", "cy")
    stand_in = override("max", "set.primary", "2026-12-01", "2026-12-02")
    later = override("hal", "set.emea.primary", "2026-12-07", "2026-12-08")
    assert rules.holders(CREW, [stand_in], "set.primary", when) == ("max",)
    assert rules.next_holders(CREW, [stand_in, later], "set.primary", when) == ("hal", "di")


# --- layers ---


def test_later_layers_win_while_their_hours_are_open():
    assert on(LAYERS, "sre.primary", "2026-11-03 12:00") == "ana"  # the second has not begun
    assert on(LAYERS, "sre.primary", "2026-11-05 09:30") == "ana"
    assert on(LAYERS, "sre.primary", "2026-11-05 10:00") == "eve"
    assert on(LAYERS, "sre.secondary", "2026-11-05 10:00") == "di"
    assert on(LAYERS, "sre.primary", "2026-11-05 16:00") == "ana"
    assert on(LAYERS, "sre.primary", "2026-11-08 12:00") == "di"  # Sunday
    assert on(LAYERS, "sre.primary", "2026-11-08 20:00") == ""


def test_a_shift_of_a_layered_seat_is_bounded_by_the_layers_over_it():
    def shift(when: str) -> tuple[datetime | None, datetime | None]:
        found = rules.who(LAYERS, (), "sre.primary", at(when))
        return found.since, found.until

    assert shift("2026-11-05 08:00") == (at("2026-11-05 06:00"), at("2026-11-05 10:00"))
    assert shift("2026-11-05 12:00") == (at("2026-11-05 10:00"), at("2026-11-05 16:00"))
    assert shift("2026-11-05 18:00") == (at("2026-11-05 16:00"), at("2026-11-05 22:00"))


def test_the_turn_of_a_layered_seat_is_that_of_the_layer_that_counts():
    def turn(when: str) -> tuple[str, datetime, datetime]:
        found = rules.turn_at(LAYERS, "sre.primary", at(when))
        assert found
        return found.holder, found.start, found.end

    assert turn("2026-11-05 09:30") == ("ana", at("2026-11-02 09:00"), at("2026-11-09 09:00"))
    assert turn("2026-11-05 12:00") == ("eve", at("2026-11-05 09:00"), at("2026-11-06 09:00"))
    assert turn("2026-11-08 23:00") == ("di", at("2026-11-08 09:00"), at("2026-11-09 09:00"))
    following = rules.next_turn(LAYERS, "sre.primary", at("2026-11-05 12:00"))
    assert following == rules.Turn(
        "sre.primary", "di", at("2026-11-06 09:00"), at("2026-11-07 09:00"), 2
    )


# --- versions ---


def test_the_first_definition_holds_for_the_past_too():
    assert rules.revise({}, web(), at("2026-11-20")) == ALWAYS


def test_a_revision_takes_effect_at_the_next_turn_and_the_past_stays():
    new = rotation('{type: weekly, start: "2026-11-02 12:00", people: [cy, di], channel: x}', "web")
    history = rules.revise({**CREW, **ALWAYS}, new, at("2026-11-04"))

    assert on(history, "web", "2026-11-04") == "ana"
    assert on(history, "web", "2026-11-09 08:59") == "ana"
    assert on(history, "web", "2026-11-09 09:00") == "cy"
    assert on(history, "web", "2026-11-09 12:00") == "di"
    standing = rules.who(history, (), "web", at("2026-11-09 10:00"))
    assert (standing.since, standing.until) == (at("2026-11-09 09:00"), at("2026-11-09 12:00"))
    assert rules.next_turn(history, "web", at("2026-11-04")) == rules.Turn(
        "web", "cy", at("2026-11-09 09:00"), at("2026-11-09 12:00"), 0
    )
    assert {seat: history[seat] for seat in CREW} == CREW


def test_what_was_to_come_is_replaced_by_a_later_revision():
    first = rules.revise(ALWAYS, replace(web(), outside=None), at("2026-11-04"))
    second = rules.revise(first, web(OFFICE), at("2026-11-05"))

    assert second["web"] == (*ALWAYS["web"], Version(at("2026-11-09 09:00"), web(OFFICE)))
    assert rules.revise(first, web(), at("2026-11-05")) == ALWAYS


def test_a_definition_that_changes_no_turn_cuts_none():
    history = rules.revise(LAYERS, replace(sre(), channel="x"), at("2026-11-05 12:00"))

    assert history["sre.primary"][1].since == at("2026-11-06 09:00")
    standing = rules.who(history, (), "sre.primary", at("2026-11-06 09:30"))
    assert standing.since == at("2026-11-06 06:00")
    turn = rules.turn_at(history, "sre.primary", at("2026-11-06 09:30"))
    assert turn
    assert turn.start == at("2026-11-02 09:00")
    assert rules.answering(history, (), "sre", at("2026-11-03 23:00")) == ("max",)


def test_a_seat_without_a_turn_changes_at_once():
    now = at("2026-10-20 12:00")
    history = rules.revise(
        ALWAYS, rotation('{type: daily, start: "2026-10-01 09:00", people: [cy]}', "web"), now
    )

    assert on(history, "web", "2026-10-20 11:59") == ""
    assert on(history, "web", "2026-10-20 12:00") == "cy"
    assert rules.next_handoff(history, "web", at("2026-10-10")) == now
    assert rules.who(history, (), "web", at("2026-10-10")).until == now


def test_of_two_revisions_at_one_instant_the_second_holds():
    now = at("2026-10-20 12:00")
    once = rules.revise(
        ALWAYS, rotation('{type: daily, start: "2026-12-01 09:00", people: [cy]}', "web"), now
    )
    twice = rules.revise(
        once, rotation('{type: daily, start: "2026-10-01 09:00", people: [di]}', "web"), now
    )

    assert len(twice["web"]) == 3
    assert on(twice, "web", "2026-10-20 12:00") == "di"


def test_a_removed_seat_ends_with_its_turn_and_a_new_one_begins_at_once():
    text = SET.replace("emea", "apac")
    now = at("2026-12-02 12:00")
    history = rules.revise(CREW, rotation(text, "set"), now)

    assert on(history, "set.emea.primary", "2026-12-06 12:00") == "ana"
    assert on(history, "set.emea.primary", "2026-12-07 12:00") == ""
    assert rules.who(history, (), "set.emea.primary", at("2026-12-07 12:00")).until is None
    assert rules.next_turn(history, "set.emea.primary", now) is None
    assert on(history, "set.apac.primary", "2026-12-02 11:59") == ""
    assert on(history, "set.apac.primary", "2026-12-02 12:00") == "ana"
    assert rules.seats_of(history, "set.primary") == (
        "set.apac.primary",
        "set.americas.primary",
        "set.emea.primary",
    )
    assert rules.gaps(history, (), "set.emea.primary", now, now + 60 * DAY) == []
    assert rules.next_handoff(history, "set.emea.primary", now) == at("2026-12-07 08:00")
    assert rules.next_handoff(history, "set.emea.primary", at("2026-12-07 08:00")) is None


def test_a_rotation_without_seats_goes_and_may_come_back():
    gone = rules.revise(ALWAYS, replace(web(), seats=()), at("2026-11-04"))
    back = rules.revise(gone, web(), at("2026-11-20 12:00"))

    assert gone["web"][1] == Version(at("2026-11-09 09:00"), None)
    assert on(gone, "web", "2026-11-09 09:00") == ""
    assert rules.answering(gone, (), "web", at("2026-11-10")) == ("max",)
    assert rules.revise(gone, replace(web(), seats=()), at("2026-11-05")) == gone
    assert on(back, "web", "2026-11-20 11:59") == ""
    assert on(back, "web", "2026-11-20 12:00") == "ana"
    assert rules.next_handoff(back, "web", at("2026-11-10")) == at("2026-11-20 12:00")


def test_a_simple_rotation_may_become_a_crew():
    history = rules.revise(
        rules.history_of(replace(web(), name="set", seats=(replace(web().seats[0], name="set"),))),
        crew(),
        at("2026-12-02 12:00"),
    )

    assert rules.seats_of(history, "set") == (*(seat.name for seat in crew().seats), "set")
    assert rules.turn_at(history, "set.lead", at("2026-12-02 12:00")).holder == "mara"
    assert rules.turn_at(history, "set.lead", at("2026-12-02 12:00") - MOMENT) is None


def test_who_answers_outside_of_the_hours_changes_with_the_definition():
    old = web(OFFICE.replace("08:00", "10:00"))
    history = rules.revise(rules.history_of(old), replace(old, outside=None), at("2026-11-04"))

    assert rules.answering(history, (), "web", at("2026-11-09 09:00") - MOMENT) == ("max",)
    assert rules.answering(history, (), "web", at("2026-11-09 09:00")) == ()


def test_what_a_past_makes_is_counted_once():
    past = rules.revise(ALWAYS, web(OFFICE), at("2026-11-04"))["web"]

    assert len(past.eras) == 2
    assert past.eras is past.eras
    assert past == tuple(past)
    assert hash(past) == hash(tuple(past))


# --- gaps ---


def test_off_hours_and_time_before_the_first_turn_are_no_gaps():
    for history in (ALWAYS, HOURS, CREW, LAYERS):
        for seat in history:
            assert rules.gaps(history, (), seat, at("2026-10-01"), at("2027-02-01")) == []


def test_open_hours_between_two_definitions_are_gaps_unless_somebody_stands_in():
    later = web(OFFICE).seats[0]
    layer = replace(
        later.layers[0], turns=replace(later.layers[0].turns, start=datetime(2026, 11, 11, 9))
    )
    new = replace(web(OFFICE), seats=(replace(later, layers=(layer,)),))
    history = rules.revise(HOURS, new, at("2026-11-04"))
    stand_in = override("di", "web", "2026-11-10 10:00", "2026-11-10 12:00")

    def found(*overrides: Override) -> list[tuple[datetime, datetime]]:
        gaps = rules.gaps(history, overrides, "web", at("2026-11-09 10:00"), at("2026-11-20"))
        return [(gap.start, gap.end) for gap in gaps]

    assert found() == [
        (at("2026-11-09 10:00"), at("2026-11-09 20:00")),
        (at("2026-11-10 08:00"), at("2026-11-10 20:00")),
        (at("2026-11-11 08:00"), at("2026-11-11 09:00")),
    ]
    assert found(stand_in)[1:3] == [
        (at("2026-11-10 08:00"), at("2026-11-10 10:00")),
        (at("2026-11-10 12:00"), at("2026-11-10 20:00")),
    ]
    assert rules.who(history, [stand_in], "web", at("2026-11-10 11:00")) == rules.Standing(
        "web", ("di",), None, at("2026-11-10 10:00"), at("2026-11-10 12:00"), True
    )
    assert rules.who(history, [stand_in], "web", at("2026-11-09 21:00")).until == at(
        "2026-11-10 10:00"
    )


def test_a_gap_is_one_however_many_turns_it_would_have_been():
    daily = '{type: daily, start: "2026-11-20 09:00", people: [cy]}'
    history = rules.revise(ALWAYS, rotation(daily, "web"), at("2026-11-04"))
    (gap,) = rules.gaps(history, (), "web", at("2026-11-01"), at("2026-12-01"))

    assert gap == rules.Gap("web", at("2026-11-09 09:00"), at("2026-11-20 09:00"))
    assert rules.who(history, (), "web", at("2026-11-12")) == rules.Standing(
        "web", (), None, None, at("2026-11-20 09:00"), False
    )


def test_a_gap_ends_where_the_first_layer_begins():
    layer = '{type: weekly, start: "2026-11-%s 09:00", people: [cy]}'
    text = f"{{seats: [primary], layers: [{layer % 20}, {layer % 25}]}}"
    history = rules.revise(LAYERS, rotation(text, "sre"), at("2026-11-04 08:00"))
    (gap,) = rules.gaps(history, (), "sre.primary", at("2026-11-01"), at("2026-12-01"))

    assert (gap.start, gap.end) == (at("2026-11-09 09:00"), at("2026-11-20 09:00"))


# --- what comes next ---


def test_the_next_handoff_is_that_of_any_seat_and_no_edge_of_hours():
    assert rules.next_handoff(CREW, "set", at("2026-11-01")) == at("2026-11-30 08:00")
    assert rules.next_handoff(CREW, "set", at("2026-11-30 08:00")) == at("2026-12-07 08:00")
    assert rules.next_handoff(CREW, "set.lead", at("2026-11-30 08:00")) == at("2026-12-14 08:00")


def test_the_next_change_is_a_handoff_an_edge_of_hours_or_of_an_override():
    stand_in = override("di", "set.primary", "2026-12-01 12:00", "2026-12-02 04:00")

    def after(when: str) -> datetime | None:
        return rules.next_change(CREW, [stand_in], "set", at(when))

    assert after("2026-12-01 09:00") == at("2026-12-01 12:00")
    assert after("2026-12-01 12:00") == at("2026-12-01 19:00")
    assert after("2026-12-01 20:00") == at("2026-12-02 04:00")
    assert after("2026-12-02 04:00") == at("2026-12-02 08:00")


def test_differences_are_stretches_in_which_others_are_on():
    new = rules.revise(HOURS, web(OFFICE.replace('"20:00"', '"21:00"')), at("2026-11-04"))
    found = rules.differences(HOURS, new, (), at("2026-11-04"), at("2026-11-11"))

    assert found == [
        ("web", at("2026-11-09 20:00"), at("2026-11-09 21:00"), (), ("bo",)),
        ("web", at("2026-11-10 20:00"), at("2026-11-10 21:00"), (), ("bo",)),
    ]


def test_differences_of_seats_that_come_and_go_are_whole_and_joined():
    both = {**ALWAYS, **CREW}
    start, end = at("2026-11-20"), at("2026-12-10")

    assert rules.differences(ALWAYS, ALWAYS, (), start, end) == []
    found = rules.differences(ALWAYS, both, (), start, end)
    assert [one for one in found if one.seat == "set.lead"] == [
        ("set.lead", at("2026-11-30 08:00"), end, (), ("mara",))
    ]
    assert [one[1::-1] for one in found] == sorted(one[1::-1] for one in found)


def test_differences_that_go_on_over_turns_are_one():
    ana, bo = (
        rules.history_of(rotation(WEB.replace("[ana, bo]", who) % "", "web"))
        for who in ("[ana]", "[bo]")
    )
    stand_in = override("ana", "web", "2026-11-21", "2026-11-22")
    start, end = at("2026-11-16 09:00"), at("2026-12-10")

    assert rules.differences(ana, bo, [stand_in], start, end) == [
        ("web", start, at("2026-11-21"), ("ana",), ("bo",)),
        ("web", at("2026-11-22"), end, ("ana",), ("bo",)),
    ]


# --- properties ---

zones = st.sampled_from(CHANGES)
spans = st.lists(
    st.tuples(st.integers(0, 7 * 24 * 4 - 1), st.integers(1, 96)).map(
        lambda one: (one[0] * 15, (one[0] + one[1]) * 15)
    ),
    max_size=5,
)


@st.composite
def layers(draw, zone=None):
    name, changed = draw(zones) if zone is None else zone
    begin = datetime.combine(changed, time()) + draw(st.integers(-14 * 96, 96)) * 15 * MINUTE
    unit, length = draw(
        st.sampled_from(
            [
                *(("hourly", 1), ("hourly", 7), ("hourly", 12), ("daily", 1), ("daily", 3)),
                *(("weekly", 1), ("weekly", 2), ("monthly", 1)),
            ]
        )
    )
    turns = Turns(begin, ZoneInfo(name), unit, length)
    people = tuple(draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4)))
    hours = draw(st.one_of(st.none(), spans.map(lambda one: weekly_hours(turns.zone, one))))
    return Layer(turns, (Order(0, people),), hours)


@st.composite
def rotations(draw, zone):
    stack = tuple(draw(st.lists(layers(zone), min_size=1, max_size=2)))
    seat = Seat("web", ("web",), stack)
    return Rotation("web", "simple", ZoneInfo(zone[0]), None, (seat,), None)


@st.composite
def pasts(draw):
    """A history of one seat, overrides, and an instant near the change of clocks in its zone."""
    zone = draw(zones)
    middle = datetime.combine(zone[1], time(), UTC)
    minutes = st.integers(-10 * 1440, 10 * 1440).map(lambda one: middle + one * MINUTE)
    history = rules.history_of(draw(rotations(zone)))
    for now in sorted(draw(st.lists(minutes, max_size=2))):
        history = rules.revise(history, draw(rotations(zone)), now)
    overrides = tuple(
        Override(
            number, "web", f"stand-in-{draw(st.integers(1, 2))}", start, start + length, middle
        )
        for number, (start, length) in enumerate(
            draw(
                st.lists(
                    st.tuples(minutes, st.integers(1, 3000).map(lambda one: one * MINUTE)),
                    max_size=3,
                )
            )
        )
    )
    return history, overrides, draw(minutes)


def parts(history, overrides, start, end):
    return [
        (one.start, one.end, one.people)
        for one in rules.shifts(history, overrides, "web", start, end)
    ] + [(one.start, one.end, ()) for one in rules.gaps(history, overrides, "web", start, end)]


@given(pasts(), st.integers(1, 5 * 1440))
def test_the_schedule_is_what_who_says_at_every_instant(past, minutes):
    history, overrides, start = past
    end = start + minutes * MINUTE
    found = rules.shifts(history, overrides, "web", start, end)
    edges = {edge for one in found for edge in (one.start, one.end, one.end - MOMENT)}

    for when in sorted(edges | {start + count * minutes * MINUTE / 40 for count in range(40)}):
        if start <= when < end:
            shift = [one for one in found if one.start <= when < one.end]
            standing = rules.who(history, overrides, "web", when)
            assert standing.people == (shift[0].people if shift else ())
            if shift:
                assert standing.override == shift[0].override
                assert max(standing.since, start) == shift[0].start
                assert min(standing.until, end) == shift[0].end


@given(pasts())
def test_whoever_is_on_is_the_last_stand_in_or_has_the_turn_of_the_last_open_layer(past):
    history, overrides, when = past
    if len(history["web"]) > 1:
        return
    expected = ()
    for layer in history["web"][0].rotation.seats[0].layers:
        number = layer.turns.number(when)
        people = layer.orders[0].people
        spans = open_hours(layer.turns, layer.hours, number) if number >= 0 else ()
        if any(start <= when < end for start, end in spans):
            expected = (people[number % len(people)],)
    active = [one.person for one in overrides if one.start <= when < one.end]

    found = rules.who(history, overrides, "web", when)
    assert found.people == ((active[-1],) if expected and active else expected)
    assert found.override == bool(expected and active)


@given(pasts(), st.integers(1, 5 * 1440))
def test_shifts_and_gaps_are_in_order_and_never_overlap(past, minutes):
    history, overrides, start = past
    found = sorted(parts(history, overrides, start, start + minutes * MINUTE))

    for begin, end, _ in found:
        assert start <= begin < end <= start + minutes * MINUTE
    for (_, end, _), (begin, _, _) in pairwise(found):
        assert end <= begin


@given(pasts(), st.integers(0, 3 * 1440), st.integers(1, 1440))
def test_a_schedule_is_the_same_in_one_piece_or_in_two(past, first, second):
    history, overrides, start = past
    middle, end = start + first * MINUTE, start + (first + second) * MINUTE
    halves = [
        *rules.shifts(history, overrides, "web", start, middle),
        *rules.shifts(history, overrides, "web", middle, end),
    ]
    whole = rules.shifts(history, overrides, "web", start, end)
    cut = [
        one._replace(start=max(one.start, low), end=min(one.end, high))
        for low, high in ((start, middle), (middle, end))
        for one in whole
        if one.start < high and low < one.end and low < high
    ]

    assert halves == cut


@given(pasts())
def test_nobody_is_on_until_the_next_filling(past):
    history, overrides, when = past
    standing = rules.who(history, overrides, "web", when)
    if standing.until is None:
        assert rules.shifts(history, overrides, "web", when, when + 20 * DAY) == []
        return

    assert when < standing.until
    if standing.people:
        assert standing.since <= when
    else:
        assert rules.shifts(history, overrides, "web", when, standing.until) == []
        assert rules.who(history, overrides, "web", standing.until).people
        assert rules.who(history, overrides, "web", standing.until).since == standing.until


@given(pasts())
def test_turns_follow_one_another_and_hold_the_instant_they_were_asked_for(past):
    history, _, when = past
    turn = rules.turn_at(history, "web", when)
    if turn is None:
        return

    assert turn.start <= when < turn.end
    following = rules.next_turn(history, "web", when)
    assert following is None or following.start == turn.end
    if len(history["web"]) == 1 and len(history["web"][0].rotation.seats[0].layers) == 1:
        assert following.number > turn.number
        assert rules.turn_at(history, "web", turn.start) == turn
        assert rules.turn_at(history, "web", turn.end - MOMENT) == turn
        assert rules.turn_at(history, "web", turn.end) == following


@given(pasts())
def test_nothing_changes_before_the_next_change(past):
    history, overrides, when = past

    def seen(moment):
        return (
            rules.who(history, overrides, "web", moment).people,
            rules.holders(history, overrides, "web", moment),
            rules.turn_at(history, "web", moment).holder if rules.turn_at(history, "web", moment)
            and len(history["web"]) == 1 else None,
        )  # fmt: skip

    change = rules.next_change(history, overrides, "web", when)
    assert change is None or change > when
    until = min(change or when + 9 * DAY, when + 9 * DAY)
    for count in range(12):
        assert seen(when + (until - when - MOMENT) * count / 11) == seen(when)


@given(pasts())
def test_no_turn_ends_before_the_next_handoff(past):
    history, _, when = past
    handoff = rules.next_handoff(history, "web", when)
    turn = rules.turn_at(history, "web", when)

    assert handoff is None or handoff > when
    if turn:
        assert handoff <= turn.end
        assert (
            handoff == turn.end
            or len(history["web"][0].rotation.seats[0].layers) > 1
            or (len(history["web"]) > 1)
        )
    elif handoff:
        assert rules.turn_at(history, "web", handoff - MOMENT) is None
        assert rules.turn_at(history, "web", handoff)


@given(pasts(), st.data())
def test_a_revision_never_changes_who_is_on_now_nor_the_past(past, data):
    history, overrides, now = past
    name = history["web"][0].rotation.zone.key
    zone = next(one for one in CHANGES if one[0] == name)
    revised = rules.revise(history, data.draw(rotations(zone)), now)
    past = (one for one in history["web"] if one.since is None or one.since <= now)
    settled = {"web": Past("web", past)}
    before = rules.who(history, overrides, "web", now)
    after = rules.who(revised, overrides, "web", now)
    start = now - 5 * DAY

    if rules.turn_at(history, "web", now):
        assert after.people == before.people
        turn = rules.turn_at(revised, "web", now)
        assert turn.holder == rules.turn_at(history, "web", now).holder
        # Nor until the turn ends.
        assert parts(revised, overrides, now, turn.end) == parts(settled, overrides, now, turn.end)
    assert parts(revised, overrides, start, now) == parts(history, overrides, start, now)


@given(pasts(), st.data())
def test_putting_somebody_in_or_out_never_changes_who_is_on_now(past, data):
    history, overrides, now = past
    current = [one for one in history["web"] if one.since is None or one.since <= now][-1].rotation
    (seat,) = current.seats
    place = data.draw(st.integers(0, 4))

    def changed(layer: Layer) -> Layer:
        people = layer.orders[0].people
        more = (*people[:place], "new", *people[place:])
        less = people[:place] + people[place + 1 :]
        return replace(layer, orders=(Order(0, data.draw(st.sampled_from([more, less or more]))),))

    new = replace(current, seats=(replace(seat, layers=tuple(map(changed, seat.layers))),))
    revised = rules.revise(history, new, now)

    if rules.turn_at(history, "web", now):
        assert (
            rules.who(revised, overrides, "web", now).people
            == rules.who(history, overrides, "web", now).people
        )


@given(pasts(), st.integers(1, 5 * 1440))
def test_differences_are_where_the_schedules_differ(past, minutes):
    history, overrides, start = past
    end = start + minutes * MINUTE
    old = {"web": Past("web", history["web"][:1])}
    found = rules.differences(old, history, overrides, start, end)

    for count in range(30):
        when = start + (end - start) * count / 30
        was = rules.who(old, overrides, "web", when).people
        will = rules.who(history, overrides, "web", when).people
        stated = [(one.before, one.after) for one in found if one.start <= when < one.end]
        assert stated == ([(was, will)] if was != will else [])


@pytest.mark.parametrize(("zone", "changed"), CHANGES)
def test_twelve_hour_turns_stay_at_eight_and_twenty(zone, changed):
    turns = Turns(
        datetime.combine(changed, time(8)) - timedelta(days=30), ZoneInfo(zone), "hourly", 12
    )
    layer = Layer(turns, (Order(0, ("ana", "bo")),), None)
    seat = Seat("web", ("web",), (layer,))
    history = rules.history_of(Rotation("web", "simple", ZoneInfo(zone), None, (seat,), None))
    middle = datetime.combine(changed, time(), UTC)
    found = rules.shifts(history, (), "web", middle - 5 * DAY, middle + 5 * DAY)[1:]

    clocks = {one.start.astimezone(ZoneInfo(zone)).time() for one in found}
    skipped = {time()} if zone == "Pacific/Apia" else set()  # a whole day is left out
    assert clocks <= {time(8), time(20)} | skipped


# --- shifts and duties by name ---


def named(history, seat, start, end, *overrides):
    """`turn/part person` of each shift."""
    found = rules.shifts(history, overrides, seat, at(start), at(end))
    return [f"{one.turn}/{one.part} {one.people[0]}" for one in found]


def test_a_shift_is_named_by_its_turn_and_its_place_in_it():
    assert named(HOURS, "web", "2026-11-06 12:00", "2026-11-10 12:00") == [
        "0/4 ana",
        "0/5 ana",
        "1/0 bo",
        "1/1 bo",
    ]


def test_a_shift_keeps_its_name_when_somebody_else_takes_it_and_its_parts_get_their_own():
    whole = override("di", "web", "2026-11-03", "2026-11-04", 7)
    part = override("di", "web", "2026-11-03 12:00", "2026-11-03 14:00", 7)

    assert named(HOURS, "web", "2026-11-03", "2026-11-04", whole) == ["0/1 di"]
    assert named(HOURS, "web", "2026-11-03", "2026-11-04", part) == [
        "0/1 ana",
        "0/1.o7 di",
        "0/1.e7 ana",
    ]


def test_what_another_layer_leaves_of_a_shift_is_named_after_it():
    assert named(LAYERS, "sre.primary", "2026-11-05", "2026-11-06") == [
        "0/3 ana",
        "1/0.l1 eve",
        "0/3.a1-0.l1 ana",
    ]


@pytest.mark.parametrize(
    "start", ["2026-11-02 08:00", "2026-11-02 10:00", "2026-11-03 09:00", "2026-11-01 07:30"]
)
def test_shifts_keep_their_names_when_the_handoff_moves(start):
    moved = rules.revise(ALWAYS, rotation(WEB.replace("2026-11-02 09:00", start) % "", "web"),
                         at("2026-11-18"))  # fmt: skip
    before = rules.shifts(ALWAYS, (), "web", at("2026-12-01"), at("2027-03-01"))[1:-1]
    found = rules.shifts(moved, (), "web", at("2026-11-20"), at("2027-03-10"))
    after = {(one.turn, one.part): one for one in found}

    for one in before:
        assert after[one.turn, one.part].people == one.people
        assert abs(after[one.turn, one.part].start - one.start) <= 26 * HOUR


def test_a_definition_that_counts_from_another_start_counts_on():
    new = rotation(WEB.replace("2026-11-02", "2026-11-16") % "", "web")
    history = rules.revise(ALWAYS, new, at("2026-11-20"))

    assert named(history, "web", "2026-11-10", "2026-12-02") == [
        *("1/0 bo", "2/0 ana", "3/0 bo", "4/0 ana"),
    ]


def test_a_turn_that_a_new_definition_goes_on_with_has_parts_of_its_own():
    later = rotation(WEB.replace("09:00", "12:00") % "", "web")
    history = rules.revise(ALWAYS, later, at("2026-11-04"))

    assert named(history, "web", "2026-11-08", "2026-11-10") == ["0/0 ana", "0/0.v1 ana", "1/0 bo"]


def names_are_unique(history: History, seat: str) -> bool:
    found = rules.shifts(history, (), seat, at("2026-11-01"), at("2027-01-01"))
    return len({(one.turn, one.part) for one in found}) == len(found)


def test_layers_that_come_go_and_come_again_use_no_name_twice():
    (seat,) = rotation(SRE.replace(", secondary", ""), "sre").seats
    one = replace(sre(), seats=(replace(seat, layers=seat.layers[:1]),))
    later = rotation(SRE.replace("2026-11-04", "2026-11-25"), "sre")
    again = rotation(SRE.replace("2026-11-04", "2026-11-25").replace("[di, eve]", "[di]"), "sre")
    history = LAYERS
    for day, new in enumerate((one, later, again, replace(one, seats=()), sre()), start=3):
        history = rules.revise(history, new, at("2026-11-01 12:00") + day * 6 * DAY)

    assert len(history["sre.primary"]) == 6
    assert names_are_unique(history, "sre.primary")


def test_turns_that_are_counted_down_to_use_no_name_twice():
    # The hours on the 20th are counted towards the week that was to begin on the 23rd.
    definitions = (
        ("2026-11-11", '{type: weekly, start: "2026-12-28 09:00", people: [cy]}'),
        ("2026-11-20 12:00", '{type: hourly, start: "2026-11-01 09:00", people: [di]}'),
        ("2026-11-20 15:00", '{type: hourly, start: "2026-11-01 09:00", people: [eve]}'),
    )
    history = ALWAYS
    for when, text in definitions:
        history = rules.revise(history, rotation(text, "web"), at(when))

    assert named(history, "web", "2026-11-20 14:30", "2026-11-20 16:30") == [
        *("-64/0.v2 di", "-63/0.v2 di", "-62/0.v3 eve"),
    ]
    assert names_are_unique(history, "web")


def week(one: rules.Duty) -> tuple[str, datetime, datetime]:
    return one.person, one.start, one.end


def test_a_duty_is_all_of_a_turn_from_its_first_opening_to_its_last_closing():
    def found(start: str, end: str) -> list[tuple[str, datetime, datetime]]:
        return [week(one) for one in rules.duties(HOURS, (), "web", at(start), at(end))]

    first = ("ana", at("2026-11-02 09:00"), at("2026-11-09 09:00"))
    assert found("2026-11-04 12:00", "2026-11-04 12:01") == [first]
    assert found("2026-11-07", "2026-11-08") == [first]  # a weekend without hours
    assert found("2026-11-09 09:00", "2026-11-16 09:00") == [
        ("bo", at("2026-11-09 09:00"), at("2026-11-16 09:00"))
    ]
    assert found("2026-10-01", "2026-11-02 09:00") == []


def test_a_stand_in_parts_a_duty_and_has_one_of_their_own_over_handoffs():
    stand_in = override("di", "web", "2026-11-06 12:00", "2026-11-10 12:00", 7)
    found = rules.duties(HOURS, [stand_in], "web", at("2026-11-06"), at("2026-11-11"))

    assert found == [
        ("web", "ana", at("2026-11-02 09:00"), at("2026-11-06 12:00"), False, 0, "0"),
        ("web", "di", at("2026-11-06 12:00"), at("2026-11-10 12:00"), True, 0, "4.o7"),
        ("web", "bo", at("2026-11-10 12:00"), at("2026-11-16 09:00"), False, 1, "1.e7"),
    ]


def test_a_duty_of_a_year_is_found_whole_from_its_middle():
    text = f'{{type: monthly, length: 12, start: "2026-01-01 09:00", people: [ana, bo], {OFFICE}}}'
    (found,) = rules.duties(
        rules.history_of(rotation(text, "web")), (), "web", at("2026-07-01"), at("2026-07-02")
    )

    assert week(found) == ("ana", at("2026-01-01 09:00"), at("2027-01-01 09:00"))
    assert (found.number, found.part) == (0, "0")


def test_a_gap_parts_the_duties_beside_it():
    new = rotation(WEB.replace("2026-11-02", "2026-11-18") % "", "web")
    history = rules.revise(ALWAYS, new, at("2026-11-04"))
    found = rules.duties(history, (), "web", at("2026-11-08"), at("2026-11-19"))

    assert [week(one)[1:] for one in found] == [
        (at("2026-11-02 09:00"), at("2026-11-09 09:00")),
        (at("2026-11-18 09:00"), at("2026-11-25 09:00")),
    ]
    stand_ins = [
        override("di", "web", "2026-11-10", "2026-11-11", 1),
        override("di", "web", "2026-11-12", "2026-11-13", 2),
    ]
    found = rules.duties(history, stand_ins, "web", at("2026-11-10"), at("2026-11-13"))
    assert [(one.start, one.end) for one in found] == [(by.start, by.end) for by in stand_ins]


@given(pasts())
def test_no_two_shifts_have_the_same_name(past):
    history, overrides, when = past
    found = rules.shifts(history, overrides, "web", when - 40 * DAY, when + 40 * DAY)

    assert len({(one.turn, one.part) for one in found}) == len(found)


@given(pasts(), st.integers(1, 5 * 1440))
def test_duties_are_the_shifts_put_together(past, minutes):
    history, overrides, start = past
    end = start + minutes * MINUTE
    found = rules.duties(history, overrides, "web", start, end)

    for one in rules.shifts(history, overrides, "web", start, end):
        (duty,) = [by for by in found if by.start <= one.start < by.end]
        assert (duty.person, duty.override) == (*one.people, one.override)
        assert one.end <= duty.end
        assert one.override or one.turn == duty.number
    for one, following in pairwise(found):
        assert one.end <= following.start
    for one in found:
        assert one.start < end
        assert start < one.end
        assert rules.who(history, overrides, "web", one.start).people == (one.person,)
        assert rules.who(history, overrides, "web", one.end - MOMENT).people == (one.person,)
        assert one in rules.duties(history, overrides, "web", one.start, one.start + MOMENT)


# --- one definition after another ---

MONTHS = """
cycle: {start: "2026-10-16 09:00", months: 1}
shifts: {day: {hours: [{from: "08:00", to: "20:00"}]}, emea: {}}
crews:
  - {lead: max, day: cy, emea: [di, eve]}
  - {lead: mara, day: [ana], emea: [eve, fay]}
"""
WEEKLY = """
cycle: {start: "2026-11-09 08:00", weeks: 2}
shifts: {emea: {hours: [{days: [mon, fri], from: "20:00", to: "08:00"}]}, americas: {}}
crews:
  - {lead: mara, emea: [[ana, bo], [bo, di]], americas: [[cy], [gus]]}
  - {since: "2026-12-07", lead: hal, emea: [eve, fay], americas: gus}
"""
DEFINITIONS = [
    *(SET, MONTHS, WEEKLY, SRE, WEB % "", WEB % OFFICE),
    SET.replace("[ana, bo]", "[bo, cy]").replace("08:00", "09:00", 1),
    SRE.replace("[primary, secondary]", "[secondary]").replace("[di, eve]", "[eve, ana, di]"),
    SET + 'cycles: {"2026-12-14": {lead: hal, emea: [cy, di], americas: [ana, bo]}}',
]
minutes_on = st.integers(0, 80 * 1440).map(lambda one: at("2026-10-20") + one * MINUTE)


@st.composite
def stand_ins(draw):
    seats = ["set", "set.primary", "set.backup", "set.lead", "set.emea.primary", "set.secondary"]
    start = draw(minutes_on)
    return Override(
        draw(st.integers(1, 3)),
        draw(st.sampled_from(seats)),
        "max",
        start,
        start + draw(st.integers(1, 20 * 1440)) * MINUTE,
        start,
    )


@given(
    st.lists(st.tuples(minutes_on, st.sampled_from(DEFINITIONS)), min_size=2, max_size=5),
    st.lists(stand_ins(), max_size=3, unique_by=lambda one: one.id),
)
def test_whatever_is_applied_nobody_who_is_on_is_taken_off_and_the_past_stays(applied, overrides):
    history: History = {}
    for now, text in sorted(applied):
        revised = rules.revise(history, rotation(text, "set"), now)
        for seat in history:
            turn = rules.turn_at(history, seat, now)
            if turn:
                after = rules.turn_at(revised, seat, now)
                assert (after.holder, after.start) == (turn.holder, turn.start)
                for when in (now, turn.end - MOMENT):
                    if rules.turn_at(history, seat, when) == turn:
                        before = rules.who(history, overrides, seat, when).people
                        assert rules.who(revised, overrides, seat, when).people == before
            assert rules.shifts(history, overrides, seat, now - 9 * DAY, now) == rules.shifts(
                revised, overrides, seat, now - 9 * DAY, now
            )
        history = revised
    for seat in history:
        found = rules.shifts(history, overrides, seat, at("2026-10-01"), at("2027-02-01"))
        assert len({(one.turn, one.part) for one in found}) == len(found)


def test_a_stand_in_fills_what_two_vacant_layers_leave_open():
    layers = (
        '{type: daily, start: "2026-11-20 09:00", people: [cy]}, '
        '{type: hourly, length: 2, start: "2026-11-20 09:00", people: [di], '
        'hours: [{from: "08:00", to: "09:30"}]}'
    )
    history = rules.revise(
        LAYERS, rotation(f"{{seats: [primary], layers: [{layers}]}}", "sre"), at("2026-11-04 08:00")
    )
    stand_in = override("max", "sre.primary", "2026-11-09 08:30", "2026-11-09 12:00")

    (one,) = rules.duties(history, [stand_in], "sre.primary", stand_in.start, stand_in.end)
    assert (one.person, one.start, one.end) == ("max", stand_in.start, stand_in.end)
    (gap,) = rules.gaps(history, [stand_in], "sre.primary", stand_in.start, at("2026-12-01"))
    assert (gap.start, gap.end) == (stand_in.end, at("2026-11-20 09:00"))


def test_what_is_vacant_ends_for_good_with_the_first_turn_of_any_layer():
    layer = '{type: weekly, start: "2026-11-%s 09:00", people: [cy]%s}'
    hours = ', hours: [{days: [wed], from: "00:00", to: "00:00"}]'
    text = f"{{seats: [primary], layers: [{layer % (20, hours)}, {layer % (25, '')}]}}"
    history = rules.revise(LAYERS, rotation(text, "sre"), at("2026-11-04 08:00"))

    assert rules.gaps(history, (), "sre.primary", at("2026-11-25 01:00"), at("2026-11-27")) == []
