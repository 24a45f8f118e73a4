"""What people are told of their own duties, and when: pure, in values."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.rotation import rules
from setflow.rotation.rules import History, Noticed, Override
from setflow.rotation.rules.notices import LATEST, NO_GROUP
from tests.unit.test_rotation_rules import ALWAYS, BERLIN, CREW, MINUTE, at, override, web

HOUR = timedelta(hours=1)
BEGIN = at("2026-12-28 08:00")


def told(
    history: History,
    name: str,
    start: str,
    end: str,
    overrides: Sequence[Override] = (),
    *,
    of: str = "",
) -> list[str]:
    """All that is to be told from `start` up to `end`, such as "Mon 30 08:00 on ana set.lead"."""
    return [
        f"{one.at.astimezone(BERLIN):%a %d %H:%M} {one.kind} {one.person} "
        + "+".join(duty.seat for duty in one.duties)
        + (" goes on" if one.goes_on else "")
        for one in rules.notices(history, overrides, name, at(start), at(end))
        if of in ("", one.person)
    ]


def alone() -> History:
    """Each week is ana's."""
    (layer,) = web().seats[0].layers
    orders = (replace(layer.orders[0], people=("ana",)),)
    seat = replace(web().seats[0], layers=(replace(layer, orders=orders),))
    return rules.history_of(replace(web(), seats=(seat,)))


def clocked(
    history: History, changes: Iterable[tuple[datetime, tuple[Override, ...]]], end: datetime
) -> list[tuple[datetime, str]]:
    """What is told, and when, by one that looks whenever it should and at each change."""
    noticed: Noticed | None = None
    overrides: tuple[Override, ...] = ()
    said: list[tuple[datetime, str]] = []
    waiting = sorted(changes, key=lambda one: one[0])
    now = waiting[0][0]
    while now <= end:
        while waiting and waiting[0][0] <= now:
            overrides = waiting.pop(0)[1]
        noticed, notices = rules.tell(noticed, history, overrides, "set", now)
        said += [(now, f"{one.kind} {one.person} {one.at.isoformat()}") for one in notices]
        assert noticed.next_at
        now = min([noticed.next_at, *(when for when, _ in waiting)])
    return said


# --- who is told what ---


def test_a_duty_is_told_a_day_and_half_an_hour_ahead_when_it_begins_and_when_it_is_over():
    assert told(CREW, "set", "2026-12-11", "2026-12-21", of="eve") == [
        "Sun 13 08:00 day eve set.emea.primary",
        "Mon 14 07:30 soon eve set.emea.primary",
        "Mon 14 08:00 on eve set.emea.primary",
        "Sun 20 08:00 day eve set.emea.backup goes on",
    ]
    assert told(CREW, "set", "2026-12-21", "2026-12-28 09:00", of="eve") == [
        "Mon 21 08:00 on eve set.emea.backup goes on",
        "Sun 27 20:00 relieved eve set.emea.backup",
    ]


def test_a_window_s_edge_within_the_week_is_no_news():
    assert told(CREW, "set", "2026-12-01", "2026-12-06") == []


def test_several_seats_that_begin_together_are_one_notice():
    both = override("mara", "set.emea.primary", "2026-11-30 08:00", "2026-11-30 12:00")
    assert told(CREW, "set", "2026-11-30 08:00", "2026-12-01", [both], of="mara") == [
        "Mon 30 08:00 on mara set.lead+set.emea.primary",
        "Mon 30 12:00 relieved mara set.emea.primary",
    ]


def test_who_has_the_next_turn_of_their_own_seat_is_told_nothing():
    assert told(alone(), "web", "2026-11-12", "2026-11-30") == []


def test_a_stand_in_divides_a_week_and_both_hear_of_it():
    bo = override("bo", "web", "2026-11-03 13:00", "2026-11-04 13:00")
    assert told(ALWAYS, "web", "2026-11-02 10:00", "2026-11-05", [bo]) == [
        "Mon 02 13:00 day bo web",
        "Tue 03 12:30 soon bo web",
        "Tue 03 13:00 on bo web",
        "Tue 03 13:00 relieved ana web",
        "Wed 04 12:30 soon ana web",
        "Wed 04 13:00 on ana web",
        "Wed 04 13:00 relieved bo web",
    ]


def test_a_day_s_notice_is_left_out_only_where_the_relief_of_that_moment_says_the_same():
    longer = override("bo", "web", "2026-11-03 13:00", "2026-11-04 14:00")
    assert told(ALWAYS, "web", "2026-11-03 12:00", "2026-11-04 15:00", [longer], of="ana") == [
        "Tue 03 13:00 relieved ana web",
        "Tue 03 14:00 day ana web",
        "Wed 04 13:30 soon ana web",
        "Wed 04 14:00 on ana web",
    ]
    into_next = override("bo", "web", "2026-11-08 18:00", "2026-11-09 18:00")
    assert told(alone(), "web", "2026-11-08 12:00", "2026-11-09 19:00", [into_next], of="ana") == [
        "Sun 08 18:00 day ana web",
        "Sun 08 18:00 relieved ana web",
        "Mon 09 17:30 soon ana web",
        "Mon 09 18:00 on ana web",
    ]


def test_a_stand_in_whose_own_week_follows_goes_on_and_is_not_relieved_in_between():
    bo = override("bo", "web", "2026-11-08 09:00", "2026-11-09 09:00")
    assert told(ALWAYS, "web", "2026-11-08 08:00", "2026-11-10", [bo], of="bo") == [
        "Sun 08 08:30 soon bo web",
        "Sun 08 09:00 day bo web goes on",
        "Sun 08 09:00 on bo web",
        "Mon 09 09:00 on bo web goes on",
    ]


def test_who_is_displaced_within_a_week_is_relieved_though_the_next_week_is_theirs_as_well():
    eve = override("eve", "set.emea.primary", "2026-12-01 13:00", "2026-12-02 13:00")
    assert told(CREW, "set", "2026-12-01", "2026-12-07 09:00", [eve], of="ana") == [
        "Tue 01 13:00 relieved ana set.emea.primary",
        "Wed 02 12:30 soon ana set.emea.primary",
        "Wed 02 13:00 on ana set.emea.primary",
        "Sun 06 08:00 day ana set.emea.backup goes on",
        "Mon 07 08:00 on ana set.emea.backup goes on",
    ]
    last = override("eve", "set.emea.primary", "2026-12-06 08:00", "2026-12-07 08:00")
    assert told(CREW, "set", "2026-12-05", "2026-12-07 09:00", [last], of="ana") == [
        "Sat 05 20:00 relieved ana set.emea.primary",
        "Sun 06 08:00 day ana set.emea.backup",
        "Mon 07 07:30 soon ana set.emea.backup",
        "Mon 07 08:00 on ana set.emea.backup",
    ]


def test_whose_next_week_begins_with_a_stand_in_is_relieved_and_comes_back_as_anybody_would():
    eve = override("eve", "set.emea.backup", "2026-12-07 08:00", "2026-12-08 08:00")
    assert told(CREW, "set", "2026-12-06", "2026-12-08 09:00", [eve], of="ana") == [
        "Sun 06 20:00 relieved ana set.emea.primary",
        "Mon 07 08:00 day ana set.emea.backup",
        "Tue 08 07:30 soon ana set.emea.backup",
        "Tue 08 08:00 on ana set.emea.backup",
    ]


# --- when, once ---


def test_the_first_look_tells_nothing_and_waits_for_the_next_moment_to_the_second():
    noticed, said = rules.tell(None, CREW, (), "set", at("2026-12-01 11:00"))
    assert said == []
    assert noticed.next_at == at("2026-12-06 08:00")
    assert rules.tell(noticed, CREW, (), "set", at("2026-12-06 07:59:59"))[1] == []
    assert len(rules.tell(noticed, CREW, (), "set", at("2026-12-06 08:00"))[1]) == 2


def test_where_nothing_is_near_it_looks_again_in_eight_days_and_never_at_what_is_gone():
    noticed, _ = rules.tell(None, CREW, (), "set", at("2026-10-01 08:00"))
    assert noticed.next_at == at("2026-10-09 08:00")
    assert rules.tell(noticed, CREW, (), "web", at("2026-10-02"))[0].next_at is None


@pytest.mark.parametrize(
    ("kind", "of"), [("day", "eve"), ("soon", "eve"), ("on", "eve"), ("relieved", "cy")]
)
def test_what_comes_too_late_is_left_out(kind, of):
    start, end = at("2026-12-13 08:00"), at("2026-12-14 09:00")
    (one,) = [
        one
        for one in rules.notices(CREW, (), "set", start, end)
        if (one.kind, one.person) == (kind, of)
    ]
    before = Noticed(one.at - HOUR, one.at)

    def at_last(now: datetime) -> bool:
        _, said = rules.tell(before, CREW, (), "set", now)
        return (kind, of) in [(one.kind, one.person) for one in said]

    assert at_last(one.at + LATEST[kind])
    assert not at_last(one.at + LATEST[kind] + MINUTE)


def test_a_short_duty_that_is_over_is_not_said_to_begin():
    bo = override("bo", "web", "2026-11-03 13:00", "2026-11-03 13:20")
    before = Noticed(at("2026-11-03 12:50"), at("2026-11-03 13:00"))
    _, said = rules.tell(before, ALWAYS, (bo,), "web", at("2026-11-03 13:30"))
    assert [(one.kind, one.person) for one in said] == [
        ("relieved", "ana"), ("on", "ana"), ("relieved", "bo"),
    ]  # fmt: skip


def test_a_stand_in_arranged_at_once_is_not_told_again_what_the_arrangement_said():
    now = at("2026-12-01 11:00")
    bo = override("bo", "set.emea.primary", "2026-12-01 11:00", "2026-12-01 16:00")
    before, _ = rules.tell(None, CREW, (), "set", now - HOUR)
    noticed, said = rules.tell(before, CREW, (bo,), "set", now)
    assert said == []
    assert noticed.next_at == at("2026-12-01 15:30")
    later = rules.tell(noticed, CREW, (), "set", at("2026-12-01 16:00"))
    assert later[1] == []


def test_a_day_s_notice_is_given_once_however_often_the_beginning_moves():
    noon = override("bo", "set.emea.primary", "2026-11-30 08:00", "2026-11-30 12:00")
    calls = [
        (at("2026-11-29 07:00"), ()),
        (at("2026-11-29 10:00"), (noon,)),
        (at("2026-11-29 14:00"), ()),
        (at("2026-11-29 15:00"), (noon,)),
    ]
    said = [words for _, words in clocked(CREW, calls, at("2026-12-01"))]
    assert [words.split()[0] for words in said if words.split()[1] == "ana"] == [
        "day",
        "soon",
        "on",
    ]


def test_a_clock_that_lags_behind_another_process_s_tells_nothing_twice():
    now = at("2026-12-14 08:00")
    before, _ = rules.tell(None, CREW, (), "set", at("2026-12-14 07:45"))
    after, said = rules.tell(before, CREW, (), "set", now)
    assert said
    lagging, again = rules.tell(after, CREW, (), "set", now - timedelta(seconds=2))
    assert again == []
    assert lagging.next_at
    assert lagging.next_at > now


minutes = st.integers(0, 7 * 24 * 60)
stand_ins = st.builds(
    lambda person, seat, start, length, number: Override(
        number, f"set.{seat}", person,
        BEGIN + start * MINUTE, BEGIN + (start + length) * MINUTE, BEGIN,
    ),
    st.sampled_from(["ana", "bo", "cy", "mara", "eve"]),
    st.sampled_from(["primary", "emea.primary", "americas.backup", "lead"]),
    minutes,
    st.integers(1, 3 * 24 * 60),
    st.integers(1, 99),
)  # fmt: skip


@given(
    st.lists(st.tuples(minutes, st.lists(stand_ins, max_size=3).map(tuple)), min_size=1, max_size=4)
)
def test_nothing_is_told_twice_or_early_however_stand_ins_come_and_go(changes):
    calls = [(BEGIN + when * MINUTE, overrides) for when, overrides in changes]
    said = clocked(CREW, calls, BEGIN + timedelta(days=9))
    words = [one for _, one in said]
    assert len(words) == len(set(words))
    for when, one in said:
        assert datetime.fromisoformat(one.split()[2]) == when


@given(st.lists(minutes, min_size=1, max_size=12), st.lists(stand_ins, max_size=3).map(tuple))
def test_however_rarely_one_looks_what_is_told_is_told_once_and_in_time(looks, overrides):
    noticed, _ = rules.tell(None, CREW, overrides, "set", BEGIN - HOUR)
    seen = []
    for when in sorted(looks):
        now = BEGIN + when * MINUTE
        noticed, said = rules.tell(noticed, CREW, overrides, "set", now)
        assert all(timedelta() <= now - one.at <= LATEST[one.kind] for one in said)
        seen += [one[:3] for one in said]
    assert len(seen) == len(set(seen))


# --- the user group ---


def test_the_group_holds_who_is_on_and_the_turn_s_primaries_and_lead():
    at_night = rules.reachable(CREW, (), "set", at("2026-12-01 05:00"))
    by_day = rules.reachable(CREW, (), "set", at("2026-12-01 11:00"))
    assert at_night == ("ana", "cy", "di", "mara")
    assert by_day == ("ana", "bo", "cy", "mara")
    eve = override("eve", "set.emea.primary", "2026-12-01 21:00", "2026-12-02 21:00")
    assert rules.reachable(CREW, (eve,), "set", at("2026-12-01 22:00")) == (
        "cy", "di", "eve", "mara",
    )  # fmt: skip
    assert rules.reachable(ALWAYS, (), "web", at("2026-11-03")) == ("ana",)


def test_the_group_is_news_only_where_its_people_or_its_name_change():
    named = replace(web(), group="web-oncall")
    first = rules.group_now(NO_GROUP, ALWAYS, (), named, at("2026-11-03"))
    assert first == rules.Group("web-oncall", ("ana",), 1)
    assert rules.group_now(first, ALWAYS, (), named, at("2026-11-04")) is first
    second = rules.group_now(first, ALWAYS, (), named, at("2026-11-10"))
    assert second == rules.Group("web-oncall", ("bo",), 2)
    other = rules.group_now(second, ALWAYS, (), replace(named, group="web"), at("2026-11-10"))
    assert other.revision == 3
    none = rules.group_now(other, ALWAYS, (), web(), at("2026-11-10"))
    assert none == rules.Group("", (), 3)
    assert rules.group_now(none, ALWAYS, (), named, at("2026-11-10")).revision == 4
