from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setflow.calendar import BusinessDays, instant
from setflow.document import Reader, parse
from setflow.rotation import rules
from setflow.rotation.rules import Absence, Finding, Ground, Override, Past, Someone, Version
from setflow.rotation.spec import read_rotation

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PEOPLE = ["ana", "bo", "cy", "di", "eve", "fay", "gus", "hal", "mara", "max"]
ALWAYS, DAYTIME = (time(), time()), (time(7), time(23))
GERMANY = BusinessDays("DE", frozenset({date(2026, 12, 24)}), "company")

WEB = 'type: weekly, start: "2026-11-02 09:00", people: [ana, bo]'
SET = """
cycle: {start: "2026-11-30 08:00", weeks: 2, swap: weekly}
shifts:
  emea:     {timezone: Europe/Berlin,    hours: [{from: "08:00", to: "20:00"}]}
  americas: {timezone: America/New_York, hours: [{from: "14:00", to: "02:00"}]}
crews:
  - {lead: mara, emea: [ana, bo], americas: [cy, di]}
  - {lead: max, emea: [eve, fay], americas: [gus, hal]}
"""
WHO = Someone(BERLIN, ALWAYS)


def at(text):
    return instant(text, BERLIN)


def rotation(text, name):
    reader = Reader()
    node = parse(text if "\n" in text else f"{{{text}}}", "set.yaml")
    found = read_rotation(name, node, reader, people=PEOPLE, teams=[], zone=BERLIN)
    reader.finish()
    return found


def ground(*rotations, absences=(), overrides=(), **people):
    """Everybody in Berlin, always awake, with a phone; `people` are otherwise, None not there."""
    history = {}
    for one in rotations or (rotation(SET, "set"),):
        history |= rules.history_of(one)
    known = dict.fromkeys(PEOPLE, WHO) | people
    there = {name: one for name, one in known.items() if one}
    return Ground(history, overrides, absences, there)


def found(where, start="2026-11-30 08:00", end="2026-12-14 08:00", name="set"):
    return rules.find(where, name, at(start), at(end))


def told(*args, **names):
    """What is found, each as its kind, from and to in Berlin, and in words."""
    return [
        (one.kind, f"{local(one.start)} – {local(one.end)}", rules.said(one, str.title))
        for one in found(*args, **names)
    ]


def local(instant):
    return f"{instant.astimezone(BERLIN):%m-%d %H:%M}"


def kinds(*args, **names):
    return {one.kind for one in found(*args, **names)}


def override(seat, person, start, end):
    return Override(1, seat, person, at(start), at(end), at("2026-11-01 00:00"))


def test_where_nothing_is_wrong_nothing_is_found():
    assert found(ground()) == []


def test_an_empty_seat_is_found_and_a_week_of_empty_days_is_one_finding():
    old = rotation(WEB + ', hours: [{from: "08:00", to: "20:00"}]', "web")
    new = replace(
        old,
        seats=rotation(
            'type: weekly, start: "2026-12-14 09:00", people: [cy], '
            'hours: [{from: "08:00", to: "20:00"}]',
            "web",
        ).seats,
    )
    where = ground(old)
    history = {"web": Past("web", [Version(None, old), Version(at("2026-12-07 09:00"), new)])}
    where = replace(where, history=history)
    assert told(where, name="web", end="2026-12-31 00:00") == [
        ("gap", "12-07 09:00 – 12-14 09:00", "Nobody is WEB (8 times, 84 h in all)")
    ]
    (gap,) = found(where, name="web", end="2026-12-07 12:00")
    assert (gap.times, gap.length) == (1, 3 * HOUR)
    assert rules.said(gap, str) == "Nobody is WEB (3 h)"


@pytest.mark.parametrize(
    ("who", "says"),
    [
        (None, "Bo is not in the configuration any more, but is SET backup and primary (EMEA)"),
        (replace(WHO, gone="is deactivated in Mattermost"),
         "Bo is deactivated in Mattermost, but is SET backup and primary (EMEA)"),
    ],
)  # fmt: skip
def test_who_left_is_one_finding_over_all_their_duties(who, says):
    (one,) = told(ground(bo=who))
    assert one == ("left", "11-30 08:00 – 12-13 20:00", says)


def test_who_left_is_warned_of_for_nothing_else():
    gone = replace(WHO, gone="has left", silent=True, days=GERMANY)
    absent = [Absence(1, "bo", at("2026-11-30 00:00"), at("2026-12-30 00:00"))]
    assert kinds(ground(bo=gone, absences=absent), end="2027-01-10 00:00") == {"left"}


def test_a_seat_all_of_whose_people_left_has_nobody_to_page():
    gone = replace(WHO, gone="has left")
    everybody = dict.fromkeys(("ana", "bo"), gone)
    both = [one for one in found(ground(**everybody)) if one.kind == "nobody-to-page"]
    assert {one.seats for one in both} == {("set.emea.primary",), ("set.emea.backup",)}
    assert {one.people for one in both} == {()}
    assert told(ground(**everybody))[1][2] == (
        "SET primary (EMEA): everybody on it has left, so nobody can be paged"
    )
    assert kinds(ground(**everybody), end="2026-12-16 00:00") == {"left"}


def test_a_first_and_a_last_day_cut_the_duty_at_midnight_on_the_person_s_own_clock():
    leaves = replace(WHO, zone=NEW_YORK, until=date(2026, 12, 2))
    assert told(ground(cy=leaves)) == [
        ("left", "12-03 06:00 – 12-14 08:00",
         "Cy leaves on Wed 2 Dec, but is SET primary and backup (Americas)")
    ]  # fmt: skip
    starts = replace(WHO, zone=NEW_YORK, since=date(2026, 12, 2))
    assert told(ground(cy=starts)) == [
        ("early", "11-30 20:00 – 12-02 06:00",
         "Cy starts on Wed 2 Dec, but is SET primary (Americas) before")
    ]  # fmt: skip
    cut = replace(WHO, until=date(2026, 12, 24), since=date(2026, 12, 19), days=GERMANY)
    web = ground(rotation(WEB.replace("[ana, bo]", "[ana]"), "web"), ana=cut)
    assert [one[:2] for one in told(web, "2026-12-18 00:00", "2026-12-27 00:00", name="web")] == [
        ("left", "12-25 00:00 – 12-27 00:00"),
        ("early", "12-18 00:00 – 12-19 00:00"),
        ("holiday", "12-24 00:00 – 12-25 00:00"),
    ]
    assert kinds(web, "2026-12-18 00:00", "2026-12-19 00:00", name="web") == {"early"}
    whole = replace(WHO, since=date(2026, 11, 30), until=date(2026, 12, 13))
    assert found(ground(ana=whole)) == []
    assert kinds(ground(mara=replace(WHO, until=date(2026, 12, 13)))) == {"left"}


def test_one_who_is_away_is_found_where_they_are_on_alone_and_rather_not_is_weaker():
    absences = [
        Absence(1, "ana", at("2026-12-02 12:00"), at("2026-12-04 00:00"), reason="a secret"),
        Absence(2, "bo", at("2026-12-02 20:00"), at("2026-12-03 08:00")),
        Absence(3, "cy", at("2026-12-05 00:00"), at("2026-12-05 22:00"), "rather-not"),
        Absence(4, "eve", at("2026-12-02 00:00"), at("2026-12-03 00:00")),
    ]
    assert told(ground(absences=absences)) == [
        ("away", "12-02 12:00 – 12-03 20:00", "Ana is away, but is SET primary (EMEA)"),
        ("rather-not", "12-05 00:00 – 12-05 22:00",
         "Cy would rather not be on, but is SET primary (Americas)"),
    ]  # fmt: skip
    standing_in = override("set.emea.primary", "eve", "2026-12-02 08:00", "2026-12-04 08:00")
    covered = ground(absences=absences[:1], overrides=[standing_in])
    assert found(covered) == []


def test_two_duties_at_once_are_found_in_one_rotation_and_across_two():
    lead = override("set.emea.primary", "mara", "2026-12-02 08:00", "2026-12-03 08:00")
    assert told(ground(overrides=[lead])) == [
        (
            "two-duties",
            "12-02 08:00 – 12-02 20:00",
            "Mara is SET primary (EMEA) and SET lead at once",
        )
    ]
    web = rotation(WEB.replace("[ana, bo]", "[gus]"), "web")
    both = ground(rotation(SET, "set"), web)
    assert kinds(both) == set()
    for name in ("set", "web"):
        (one, other) = found(both, end="2026-12-28 00:00", name=name)
        assert (one.kind, one.people, one.seats) == (
            "two-duties", ("gus",), ("set.americas.primary", "web")
        )  # fmt: skip
        assert other.seats == ("set.americas.backup", "web")
    third = rotation(WEB.replace("[ana, bo]", "[gus]"), "third")
    every = found(ground(rotation(SET, "set"), web, third), end="2026-12-28 00:00")
    assert all({"set.americas.primary", "set.americas.backup"} & {*one.seats} for one in every)
    assert len(every) == 4
    stands_in = override("web", "ana", "2026-12-02 08:00", "2026-12-02 12:00")
    assert [one.length for one in found(replace(both, overrides=[stands_in]))] == [4 * HOUR]


def test_whoever_is_reached_in_chat_alone_is_listed_once_in_one_finding():
    silent = replace(WHO, silent=True)
    (one,) = found(ground(**dict.fromkeys(("ana", "bo", "mara", "max"), silent)))
    assert (one.kind, set(one.people)) == ("no-contact", {"ana", "bo", "mara"})
    everybody = ground(**dict.fromkeys(PEOPLE, silent))
    (every,) = told(everybody, end="2026-12-28 08:00")
    assert every[2].count(",") == 5
    assert "and 5 more are on, but can be paged in chat alone" in every[2]
    assert told(ground(ana=silent))[0][2] == "Ana is on, but can be paged in chat alone"


def test_whoever_has_contact_methods_that_are_not_verified_is_listed_once():
    unverified = replace(WHO, unverified=True)
    everybody = ground(**dict.fromkeys(("ana", "bo", "mara", "max"), unverified))
    (one,) = found(everybody)
    assert (one.kind, set(one.people)) == ("unverified", {"ana", "bo", "mara"})
    assert told(everybody)[0][2].endswith("are on, with contact methods that are not verified")


def test_a_night_in_which_nobody_of_a_shift_nor_its_lead_is_awake_is_found():
    people = {name: Someone(NEW_YORK, DAYTIME) for name in ("cy", "di", "gus", "hal")}
    europe = Someone(BERLIN, DAYTIME)
    assert told(ground(**people, mara=europe)) == [
        ("nobody-awake", "12-01 05:00 – 12-14 07:00",
         "All of SET primary and backup (Americas) and SET lead are asleep "
         "(14 times, 28 h in all)")
    ]  # fmt: skip
    early = replace(europe, awake=(time(5, 30), time(23)))
    assert found(ground(**people, mara=early)) == []
    late = replace(people["di"], awake=(time(12), time(3)))
    assert found(ground(**people | {"di": late}, mara=europe)) == []
    web = rotation(WEB, "web")
    night = ground(web, ana=europe, bo=europe)
    (one,) = found(night, name="web", end="2026-12-07 08:00")
    assert (one.seats, one.times, one.length) == (("web",), 7, 7 * 8 * HOUR)
    assert kinds(replace(night, people={}), name="web") == {
        "left",
        "nobody-to-page",
        "nobody-awake",
    }


def test_a_holiday_is_that_of_the_person_s_own_calendar_one_finding_a_run_of_days():
    americas = BusinessDays("US", frozenset(), "usa")
    people = {"fay": replace(WHO, days=GERMANY), "gus": Someone(NEW_YORK, ALWAYS, americas)}
    assert told(ground(**people), end="2027-01-01 12:00") == [
        ("holiday", "12-24 08:00 – 12-26 20:00",
         "Fay is SET primary (EMEA) on a holiday: company day, Christmas Day, Second Day of "
         "Christmas"),
        ("holiday", "12-25 06:00 – 12-26 06:00",
         "Gus is SET backup (Americas) on a holiday: Christmas Day"),
    ]  # fmt: skip


def test_holidays_days_apart_are_two_findings():
    where = ground(
        rotation(WEB.replace("[ana, bo]", "[ana]"), "web"), ana=replace(WHO, days=GERMANY)
    )
    both = told(where, "2026-12-20 00:00", "2027-01-04 00:00", name="web")
    assert [when for _, when, _ in both] == [
        "12-24 00:00 – 12-27 00:00", "01-01 00:00 – 01-02 00:00"
    ]  # fmt: skip
    unnamed = BusinessDays(None, frozenset({date(2026, 12, 24)}), "")
    assert unnamed.holiday(date(2026, 12, 24)) == "day"
    assert unnamed.holiday(date(2026, 12, 26)) == ""


def test_on_two_seats_somebody_is_away_from_both_in_one_finding():
    absent = [Absence(1, "mara", at("2026-12-02 00:00"), at("2026-12-05 00:00"))]
    lead = override("set.emea.primary", "mara", "2026-12-02 08:00", "2026-12-03 08:00")
    where = ground(absences=absent, overrides=[lead])
    assert told(where)[0] == (
        "away", "12-02 00:00 – 12-05 00:00", "Mara is away, but is SET lead and SET primary (EMEA)"
    )  # fmt: skip


def test_the_most_urgent_comes_first_then_the_soonest():
    absences = [
        Absence(1, "bo", at("2026-12-05 00:00"), at("2026-12-06 00:00")),
        Absence(2, "ana", at("2026-12-02 00:00"), at("2026-12-03 00:00")),
        Absence(3, "cy", at("2026-12-01 00:00"), at("2026-12-02 00:00"), "rather-not"),
    ]
    where = ground(absences=absences, di=replace(WHO, gone="has left"))
    assert [(one.kind, one.people) for one in found(where)] == [
        ("left", ("di",)), ("away", ("ana",)), ("away", ("bo",)), ("rather-not", ("cy",))
    ]  # fmt: skip


def test_the_first_duty_of_somebody_is_found_on_any_seat_and_as_a_stand_in():
    where = ground(overrides=[override("set.lead", "hal", "2026-12-10 08:00", "2026-12-11 08:00")])
    first = rules.first_duty(where, "hal", at("2026-11-30 08:00"), at("2027-01-30 08:00"))
    assert first
    assert (first.seat, first.start) == ("set.lead", at("2026-12-10 08:00"))
    after = rules.first_duty(where, "hal", at("2026-12-11 08:00"), at("2027-01-30 08:00"))
    assert after
    assert (after.seat, after.start) == ("set.americas.backup", at("2026-12-14 20:00"))
    assert rules.first_duty(where, "hal", at("2026-11-30 08:00"), at("2026-12-08 08:00")) is None


clocks = st.builds(time, st.integers(0, 23), st.sampled_from([0, 30]))
zones = st.sampled_from([BERLIN, NEW_YORK, ZoneInfo("Asia/Kolkata"), ZoneInfo("Pacific/Auckland")])


@settings(max_examples=30)
@given(st.dictionaries(st.sampled_from(["ana", "bo", "mara"]), st.tuples(zones, clocks, clocks)))
def test_nobody_is_awake_where_a_walk_through_the_half_hours_finds_nobody(people):
    someones = {
        name: Someone(zone, (wakes, sleeps)) for name, (zone, wakes, sleeps) in people.items()
    }
    where = ground(**someones)
    start, end = at("2026-11-30 08:00"), at("2026-12-03 08:00")
    spans = rules.find(where, "set", start, end)
    lengths = sum((one.length for one in spans if "set.emea.primary" in one.seats), timedelta())
    expected, run = timedelta(), timedelta()
    instant = start
    while instant < end:
        asleep = not any(_awake(where.people[name], instant) for name in ("ana", "bo", "mara"))
        open_now = time(8) <= instant.astimezone(BERLIN).time() < time(20)
        if asleep and open_now:
            run += HOUR / 2
        else:
            expected, run = expected + (run if run >= HOUR else timedelta()), timedelta()
        instant += HOUR / 2
    assert lengths == expected


def _awake(someone: Someone, when: datetime) -> bool:
    wakes, sleeps = someone.awake
    clock = when.astimezone(someone.zone).time()
    return wakes <= clock < sleeps if wakes < sleeps else clock >= wakes or clock < sleeps


def test_a_finding_says_how_long_it_is_in_hours():
    one = Finding("gap", ("web",), (), datetime(2026, 1, 1, tzinfo=UTC),
                  datetime(2026, 1, 1, 1, 30, tzinfo=UTC), 1.5 * HOUR)  # fmt: skip
    assert rules.said(one, str) == "Nobody is WEB (1.5 h)"
