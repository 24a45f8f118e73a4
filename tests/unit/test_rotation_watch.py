from dataclasses import replace
from datetime import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.effects import ShowHeader
from setflow.errors import Refused
from setflow.rotation import rules
from setflow.rotation.rules import CrewChanged, HandedOff, History, Override, Watch
from tests.unit.test_rotation_rules import (
    ALWAYS,
    CREW,
    DAY,
    HOURS,
    LAYERS,
    MINUTE,
    OFFICE,
    SET,
    at,
    crew,
    override,
    pasts,
    rotation,
    web,
)

WEB_OF_CY = '{type: weekly, start: "2026-11-02 09:00", people: [ana, cy]}'


def looks(
    history: History, overrides: tuple[Override, ...], name: str, *times: datetime
) -> list[tuple[datetime, list[object], list[object]]]:
    """What is said at each time but the first."""
    watch = rules.look(None, history, overrides, name, times[0]).state
    said = []
    for when in times[1:]:
        decision = rules.look(watch, history, overrides, name, when)
        watch = decision.state
        said.append((when, list(decision.events), list(decision.effects)))
    return said


def woken(
    history: History, overrides: tuple[Override, ...], name: str, start: datetime, end: datetime
) -> list[tuple[datetime, object]]:
    """All events from `start`, which is the first look, to `end`, looking when one should."""
    decision = rules.look(None, history, overrides, name, start)
    said: list[tuple[datetime, object]] = []
    while decision.wake_at and decision.wake_at <= end:
        now = decision.wake_at
        decision = rules.look(decision.state, history, overrides, name, now)
        said += [(now, event) for event in decision.events]
    return said


# --- look ---


def test_the_first_look_shows_the_header_and_tells_of_no_handoff():
    now = at("2026-11-03 09:00")
    decision = rules.look(None, ALWAYS, (), "web", now)

    assert decision.state == Watch(now, {"web": (("ana",), ("bo",))}, 1)
    assert list(decision.events) == [CrewChanged("web", "handoff")]
    assert list(decision.effects) == [ShowHeader("web", "1")]
    assert decision.wake_at == at("2026-11-09 09:00")


def test_a_handoff_is_told_once_with_both_ends_of_the_turn_that_begins():
    handoff = at("2026-11-09 09:00")
    first, again = looks(ALWAYS, (), "web", at("2026-11-03 09:00"), handoff, at("2026-11-10 09:00"))

    assert first == (
        handoff,
        [HandedOff("web", handoff, at("2026-11-16 09:00")), CrewChanged("web", "handoff")],
        [ShowHeader("web", "2")],
    )
    assert again == (at("2026-11-10 09:00"), [], [])


def test_the_first_turn_of_all_is_a_handoff():
    begin = at("2026-11-30 08:00")

    assert woken(CREW, (), "set", at("2026-11-20"), begin) == [
        (begin, HandedOff("set", begin, at("2026-12-07 08:00"))),
        (begin, CrewChanged("set", "handoff")),
    ]


def test_of_handoffs_that_passed_unseen_the_last_alone_is_told():
    ((_, events, effects),) = looks(
        ALWAYS, (), "web", at("2026-11-03 09:00"), at("2026-11-28 12:00")
    )

    handed = HandedOff("web", at("2026-11-23 09:00"), at("2026-11-30 09:00"))
    assert events == [handed, CrewChanged("web", "handoff")]
    assert effects == [ShowHeader("web", "2")]


def test_a_handoff_to_the_same_people_is_told_and_shown():
    alone = rules.history_of(rotation(WEB_OF_CY.replace("ana, cy", "ana"), "web"))
    ((_, events, effects),) = looks(alone, (), "web", at("2026-11-03"), at("2026-11-09 09:00"))

    assert events == [HandedOff("web", at("2026-11-09 09:00"), at("2026-11-16 09:00"))]
    assert effects == [ShowHeader("web", "2")]


def test_an_edge_of_hours_is_no_news():
    assert woken(HOURS, (), "web", at("2026-11-03 09:00"), at("2026-11-09 08:59")) == []
    assert woken(CREW, (), "set", at("2026-11-30 09:00"), at("2026-12-07 07:59")) == []


def test_hours_that_bring_another_layer_change_the_crew_without_a_handoff():
    said = woken(LAYERS, (), "sre", at("2026-11-05 09:30"), at("2026-11-06 09:00"))

    edges = [f"2026-11-0{day}" for day in ("5 10:00", "5 16:00", "5 22:00", "6 06:00")]
    handoff = at("2026-11-06 09:00")
    assert said == [
        *((at(edge), CrewChanged("sre", "override")) for edge in edges),
        (handoff, HandedOff("sre", handoff, at("2026-11-07 09:00"))),
    ]


def test_both_edges_of_an_override_change_the_crew():
    stand_in = (override("di", "web", "2026-11-04 12:00", "2026-11-05 12:00"),)

    assert woken(ALWAYS, stand_in, "web", at("2026-11-03"), at("2026-11-09 08:59")) == [
        (at("2026-11-04 12:00"), CrewChanged("web", "override")),
        (at("2026-11-05 12:00"), CrewChanged("web", "override")),
    ]


def test_an_override_counts_outside_of_hours_too():
    night = (override("di", "web", "2026-11-04 21:00", "2026-11-05 06:00"),)

    assert [when for when, _ in woken(HOURS, night, "web", at("2026-11-04"), at("2026-11-06"))] == [
        at("2026-11-04 21:00"),
        at("2026-11-05 06:00"),
    ]


def test_an_override_of_the_next_turn_is_news_as_soon_as_it_is_made():
    now = at("2026-11-03 09:00")
    watch = rules.look(None, ALWAYS, (), "web", now).state
    stand_in = override("di", "web", "2026-11-09 09:00", "2026-11-10")
    decision = rules.look(watch, ALWAYS, (stand_in,), "web", now + MINUTE)

    assert list(decision.events) == [CrewChanged("web", "override")]
    assert decision.state.people == {"web": (("ana",), ("di",))}


def test_a_new_order_of_the_next_turn_is_news_as_soon_as_it_is_applied():
    now = at("2026-11-03 09:00")
    watch = rules.look(None, ALWAYS, (), "web", now).state
    new = rules.revise(ALWAYS, rotation(WEB_OF_CY, "web"), now)
    decision = rules.look(watch, new, (), "web", now)

    assert list(decision.events) == [CrewChanged("web", "override")]
    assert decision.state.people == {"web": (("ana",), ("cy",))}


def test_a_shift_that_joins_or_comes_back_within_a_turn_hands_nothing_off():
    one = rotation(
        SET.replace("  americas: {", "  apac: {").replace("americas: [", "apac: ["), "set"
    )
    apac = rules.history_of(one)
    joined = rules.revise(apac, crew(), at("2026-12-02 12:00"))
    back = rules.revise(joined, one, at("2026-12-09 12:00"))
    watch = rules.look(None, apac, (), "set", at("2026-12-01")).state
    said = []
    for history, when in (
        (joined, "2026-12-02 12:00"),
        (joined, "2026-12-07 08:00"),
        (back, "2026-12-09 12:00"),
    ):
        decision = rules.look(watch, history, (), "set", at(when))
        watch = decision.state
        said.append(list(decision.events))

    assert "set.americas.primary" in watch.people
    assert said == [
        [CrewChanged("set", "override")],
        [
            HandedOff("set", at("2026-12-07 08:00"), at("2026-12-14 08:00")),
            CrewChanged("set", "handoff"),
        ],
        [CrewChanged("set", "override")],
    ]


def test_the_end_of_a_rotation_hands_it_to_nobody():
    gone = rules.revise(ALWAYS, replace(web(), seats=()), at("2026-11-11"))
    said = woken(gone, (), "web", at("2026-11-03"), at("2027-11-03"))

    assert said == [
        (at("2026-11-09 09:00"), HandedOff("web", at("2026-11-09 09:00"), at("2026-11-16 09:00"))),
        (at("2026-11-09 09:00"), CrewChanged("web", "handoff")),
        (at("2026-11-16 09:00"), CrewChanged("web", "handoff")),
    ]


def test_a_pause_between_two_definitions_hands_off_when_it_is_over():
    later = rotation(WEB_OF_CY.replace("2026-11-02", "2026-12-07"), "web")
    paused = rules.revise(ALWAYS, later, at("2026-11-04"))
    said = woken(paused, (), "web", at("2026-11-04"), at("2026-12-07 09:00"))

    assert [event for _, event in said if isinstance(event, HandedOff)] == [
        HandedOff("web", at("2026-12-07 09:00"), at("2026-12-14 09:00"))
    ]


times = st.lists(st.integers(0, 8 * 1440), min_size=1, max_size=6)


@given(pasts(), times)
def test_however_rarely_one_looks_the_last_handoff_is_told_once(past, minutes):
    history, overrides, start = past
    some = [start, *(start + count * MINUTE for count in sorted(minutes))]
    told = [
        (when, event)
        for when, events, _ in looks(history, overrides, "web", *some)
        for event in events
        if isinstance(event, HandedOff)
    ]
    every = [
        event
        for _, event in woken(history, overrides, "web", start, some[-1])
        if isinstance(event, HandedOff)
    ]

    begins = [event.turn_start for _, event in told]
    assert begins == sorted(set(begins))
    assert {event for _, event in told} <= set(every)
    if every:
        assert told[-1][1] == every[-1]
    for (low, high), (when, events, _) in zip(
        pairwise(some), looks(history, overrides, "web", *some), strict=True
    ):
        passed = [event for event in every if low < event.turn_start <= high]
        assert when == high
        assert [event for event in events if isinstance(event, HandedOff)] == passed[-1:]


@given(pasts(), times)
def test_whoever_looks_often_or_rarely_ends_with_the_same_people_and_headers_count_changes(
    past, minutes
):
    history, overrides, start = past
    some = [start, *(start + count * MINUTE for count in sorted(minutes))]
    watch = rules.look(None, history, overrides, "web", start).state
    for when in some[1:]:
        decision = rules.look(watch, history, overrides, "web", when)
        news = bool(decision.events)
        assert [one.marker for one in decision.effects] == [str(watch.revision + 1)] * news
        assert decision.state.revision == watch.revision + news
        assert (CrewChanged in map(type, decision.events)) == (
            decision.state.people != watch.people
        )
        assert decision.state.seen_at == when
        assert decision.wake_at is None or decision.wake_at > when
        watch = decision.state

    assert watch.people == rules.look(None, history, overrides, "web", some[-1]).state.people


@given(pasts(), st.integers(1, 8))
def test_a_handoff_is_a_boundary_of_turns_and_somebody_has_the_turn(past, days):
    history, overrides, start = past

    for when, event in woken(history, overrides, "web", start, start + days * DAY):
        boundary = rules.next_handoff(history, "web", when - MINUTE / 60) == when
        if isinstance(event, HandedOff):
            assert boundary
            assert event.turn_start == when < event.turn_end
            assert event.turn_end == rules.next_handoff(history, "web", when)
            assert rules.turn_at(history, "web", when)
        else:
            assert event == CrewChanged("web", "handoff" if boundary else "override")


# --- displaced ---


def asked(seat: str, start: str, end: str, person: str = "eve") -> Override:
    return Override(0, seat, person, at(start), at(end), at("2026-11-01"))


NOW = at("2026-11-03 12:00")


def test_whoever_is_on_in_the_stretch_is_displaced_once_each():
    def found(start: str, end: str, *overrides: Override) -> tuple[str, ...]:
        return rules.displaced(HOURS, overrides, asked("web", start, end), NOW)

    assert found("2026-11-03 13:00", "2026-11-05 13:00") == ("ana",)
    assert found("2026-11-03 13:00", "2026-11-10 13:00") == ("ana", "bo")
    assert found("2026-11-06 19:59", "2026-11-09 08:00") == ("ana",)
    stand_in = override("di", "web", "2026-11-04", "2026-11-05")
    assert found("2026-11-04", "2026-11-06", stand_in) == ("di", "ana")


def test_only_what_is_still_to_come_displaces():
    past = asked("web", "2026-10-01", "2026-11-10")
    history = rules.history_of(web(OFFICE.replace("20:00", "11:00")))

    assert rules.displaced(history, (), past, at("2026-11-06 11:00")) == ("ana", "bo")
    assert rules.displaced(history, (), past, at("2026-11-09 09:00")) == ("bo",)


def test_the_primary_of_a_crew_is_displaced_in_every_shift():
    stretch = ("2026-12-01", "2026-12-02")

    assert rules.displaced(CREW, (), asked("set.primary", *stretch), NOW) == ("ana", "cy")
    assert rules.displaced(CREW, (), asked("set.emea.backup", *stretch), NOW) == ("bo",)


def test_who_stands_in_is_not_displaced():
    both = asked("set.primary", "2026-12-01", "2026-12-02", person="cy")

    assert rules.displaced(CREW, (), both, NOW) == ("ana",)


@pytest.mark.parametrize("seat", ["nix", "set", "set.nix", ""])
def test_what_no_override_can_be_for_is_refused(seat):
    with pytest.raises(Refused, match=rf"There is no seat {seat}; `/set who` lists them\."):
        rules.displaced(CREW, (), asked(seat, "2026-12-01", "2026-12-02"), NOW)


@pytest.mark.parametrize(
    ("start", "end", "person", "said"),
    [
        ("2026-11-05", "2026-11-04", "eve", "It ends before it begins; say the beginning first."),
        ("2026-11-05", "2026-11-05", "eve", "It ends before it begins; say the beginning first."),
        ("2026-11-02", "2026-11-03 12:00", "eve", "That stretch is over; nothing changed."),
        (
            "2026-11-05",
            "2027-11-06 00:01",
            "eve",
            "That is over a year; take a shorter stretch, or change the rotation.",
        ),
        (
            "2026-11-06 20:00",
            "2026-11-09 08:00",
            "eve",
            "Nobody is WEB then, so there is nobody to stand in for.",
        ),
        ("2026-11-04", "2026-11-06", "ana", "Whoever you name is on then anyway; nothing changed."),
    ],
)
def test_a_stand_in_that_makes_no_sense_is_refused(start, end, person, said):
    with pytest.raises(Refused) as refused:
        rules.displaced(HOURS, (), asked("web", start, end, person), NOW)

    assert str(refused.value) == said


def test_a_stand_in_may_last_a_leap_year():
    whole = asked("web", "2026-11-05", "2027-11-06")

    assert rules.displaced(HOURS, (), whole, NOW) == ("ana", "bo")


@given(pasts(), st.integers(0, 3000), st.integers(1, 3000))
def test_whoever_an_override_displaces_is_on_without_it_and_not_with_it(past, wait, length):
    history, overrides, now = past
    start = now + wait * MINUTE
    stand_in = Override(99, "web", "somebody", start, start + length * MINUTE, now + 30 * DAY)
    on = {
        name
        for shift in rules.shifts(history, overrides, "web", start, stand_in.end)
        for name in shift.people
    }
    try:
        found = rules.displaced(history, overrides, stand_in, now)
    except Refused:
        assert not on
        return

    assert set(found) == on
    then = rules.shifts(history, (*overrides, stand_in), "web", start, stand_in.end)
    assert {name for shift in then for name in shift.people} == {"somebody"}
