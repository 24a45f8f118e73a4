from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from setflow import expression
from setflow.calendar import BusinessDays, resolve
from setflow.due import Duty, Nudge, Quiet, parse_due
from setflow.effects import EndNudge, NudgeUpdate, ShowIncident, ShowUpdate
from setflow.errors import Refused
from setflow.incident.rules import (
    close,
    counts,
    declare,
    level_changed,
    mark_paged,
    note_update,
    nothing_new,
    reassign,
    still_owed,
    wake,
)
from setflow.incident.spec import (
    CloseIncident,
    Declare,
    Incident,
    IncidentClosed,
    IncidentDeclared,
    LevelChanged,
    LevelMoved,
    MarkPaged,
    NoteUpdate,
    NothingNew,
    OwnerChanged,
    Reassign,
    Surroundings,
    UpdateMissed,
    UpdateNoted,
    Waiting,
)

BERLIN, NEW_YORK, SYDNEY = map(ZoneInfo, ("Europe/Berlin", "America/New_York", "Australia/Sydney"))
HOURS = timedelta(hours=1)
DUTY = Duty(
    owed_by="owner",
    every=parse_due("each day 16:00"),
    satisfied_by=("status_update", "jira_comment", "post(#status)"),
    sources=("owner", "crew", "support"),
    nudges=(
        Nudge(0 * HOURS, "owner", "dm"),
        Nudge(2 * HOURS, "primary", "thread"),
        Nudge(4 * HOURS, "lead", "dm"),
    ),
    zone=BERLIN,
)
QUIET = replace(DUTY, quiet=Quiet("assignee", time(8), time(18), 'ticket.level == "L1"'))


def at(text, zone=BERLIN):
    return resolve(datetime.fromisoformat(text), zone)


def around(level="L2", zones=None, **roles):
    return Surroundings(
        roles={"owner": ("ana",), "primary": ("bo",), "lead": ("mara",), **roles},
        days=BusinessDays(),
        evaluate=expression.evaluate,
        zones=zones or {},
        facts={"ticket": {"level": level}},
        titles={"ana": "Ana"},
    )


WORLD = around()
TUESDAY = "2026-12-01 10:00"


def opened(duty=DUTY, *, level="L2", begin=TUESDAY, world=WORLD):
    message = Declare(3, 7, "MM-1", "Log-in loop", "Acme", level, "u", "c", "ana", duty)
    return declare(message, at(begin), world)


def an_incident(duty=DUTY, **given):
    return opened(duty, **given).state


def update(incident, now, *, said=None, how="command", source="owner", world=WORLD, tag=""):
    message = NoteUpdate(3, "ana", at(said or now), how, "fix in review", 11, source, tag)
    return note_update(incident, message, at(now), world)


def nothing(incident, now, *, source="owner"):
    return nothing_new(incident, NothingNew(3, "ana", 12, source), at(now), WORLD)


def woken(incident, until, world=WORLD, ticks=None):
    events, effects, decision = [], [], wake(incident, incident.opened_at, world)
    instants = iter(ticks) if ticks is not None else None
    while True:
        events += decision.events
        effects += decision.effects
        now = next(instants, None) if instants else decision.wake_at
        if now is None or now > until:
            return decision.state, events, effects
        decision = wake(decision.state, now, world)


def nudges(effects):
    return [(one.day, one.stage, "+".join(one.people), one.by) for one in of(NudgeUpdate, effects)]


def of(kind, things):
    return [thing for thing in things if isinstance(thing, kind)]


def test_an_incident_owes_its_first_update_the_same_day():
    decision = opened()

    assert decision.state.day == "2026-12-01"
    assert decision.state.due_at == at("2026-12-01 16:00")
    assert decision.events == [IncidentDeclared(3, 7, "MM-1", "L2", "ana")]
    assert decision.effects == [ShowIncident(3, 1)]
    assert decision.wake_at == at("2026-12-01 16:00")


@pytest.mark.parametrize(
    ("begin", "day"),
    [("2026-12-01 16:00", "2026-12-01"), ("2026-12-01 16:01", "2026-12-02")],
)
def test_one_that_opens_after_the_hour_owes_tomorrow(begin, day):
    assert an_incident(begin=begin).day == day


@pytest.mark.parametrize("level", ["L3", "L4"])
def test_lower_levels_owe_nothing(level):
    decision = opened(level=level)

    assert decision.state.due_at is None
    assert decision.wake_at is None


def test_without_a_duty_nothing_is_owed_and_every_update_is_kept():
    incident = an_incident(None)
    decision = update(incident, "2026-12-01 11:00", source="")

    assert incident.due_at is None
    assert decision.state.last_update.text == "fix in review"
    assert nothing(incident, "2026-12-01 12:00").state.nothing_new == 1


def test_nudges_go_up_until_there_is_nobody_left_to_tell():
    incident, events, effects = woken(an_incident(), at("2026-12-02 15:59"))

    assert nudges(effects) == [
        ("2026-12-01", 1, "ana", "dm"),
        ("2026-12-01", 2, "bo", "thread"),
        ("2026-12-01", 3, "mara", "dm"),
    ]
    assert events == []
    assert still_owed(incident, "2026-12-01")


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (lambda one: update(one, "2026-12-01 20:12"), "answered"),
        (lambda one: wake(one, at("2026-12-02 16:00"), WORLD), "missed"),
        (lambda one: close(one, CloseIncident(3, "fixed"), at("2026-12-01 21:00"), WORLD), "over"),
    ],
)
def test_whoever_was_nudged_sees_what_became_of_it(say, why):
    incident = woken(an_incident(), at("2026-12-01 18:00"))[0]
    effects = say(incident).effects

    ended = of(EndNudge, effects)
    assert [(one.nudge, one.why) for one in ended[:2]] == [
        ("nudge-update:3:2026-12-01:1:ana", why),
        ("nudge-update:3:2026-12-01:2:bo", why),
    ]
    assert all(one.lane == one.nudge for one in ended)
    assert say(incident).state.sent == tuple(nudge.key for nudge in of(NudgeUpdate, effects))


def test_a_nudge_that_was_not_sent_yet_is_not_ended():
    incident = woken(an_incident(), at("2026-12-01 15:00"))[0]
    decision = update(incident, "2026-12-01 23:00")

    assert of(EndNudge, decision.effects) == []
    assert of(NudgeUpdate, decision.effects) == []


def test_a_role_of_several_is_told_in_one_post_in_the_thread_and_one_by_one_directly():
    both = around(primary=("bo", "cy"), lead=("mara", "max"))
    effects = woken(an_incident(), at("2026-12-01 23:00"), world=both)[2]

    assert nudges(effects) == [
        ("2026-12-01", 1, "ana", "dm"),
        ("2026-12-01", 2, "bo+cy", "thread"),
        ("2026-12-01", 3, "mara", "dm"),
        ("2026-12-01", 3, "max", "dm"),
    ]


def test_the_next_due_instant_takes_the_place_of_one_that_never_came():
    incident, events, effects = woken(an_incident(), at("2026-12-02 16:00"))

    assert events == [UpdateMissed(3, "2026-12-01")]
    assert incident.day == "2026-12-02"
    assert nudges(effects)[-1] == ("2026-12-02", 1, "ana", "dm")
    assert not still_owed(incident, "2026-12-01")
    assert ShowIncident(3, incident.revision) in effects


@pytest.mark.parametrize("now", ["2026-12-01 10:30", "2026-12-01 16:30", "2026-12-01 23:59"])
def test_an_update_on_the_same_day_answers_before_or_after_it_is_due(now):
    incident, _, _ = woken(an_incident(), at(now))
    decision = update(incident, now)

    assert decision.state.day == "2026-12-02"
    assert decision.events == [UpdateNoted(3, 11, "ana", "command", "2026-12-01")]
    assert of(ShowUpdate, decision.effects) == [ShowUpdate(3, 11)]
    assert decision.wake_at == at("2026-12-02 16:00")
    assert not still_owed(decision.state, "2026-12-01")


def test_the_day_is_the_playbook_s_own():
    incident = an_incident()
    late = update(incident, "2026-12-02 00:30").state

    assert late.day == "2026-12-03"
    assert update(incident, "2026-12-01 23:30").state.day == "2026-12-02"


def test_an_update_the_next_morning_answers_for_both_days():
    incident, _, _ = woken(an_incident(), at("2026-12-02 09:00"))

    assert update(incident, "2026-12-02 09:00").state.day == "2026-12-03"


def test_an_update_for_a_day_that_was_answered_changes_nothing_owed():
    incident = update(an_incident(), "2026-12-01 11:00").state
    decision = update(incident, "2026-12-01 17:00")

    assert decision.state.day == "2026-12-02"
    assert decision.events == [UpdateNoted(3, 11, "ana", "command", "")]


def test_an_update_that_arrives_late_counts_for_when_it_was_said():
    incident, _, _ = woken(an_incident(), at("2026-12-02 08:00"))
    decision = update(incident, "2026-12-02 08:00", said="2026-12-01 19:00", how="jira")

    assert decision.state.day == "2026-12-02"
    older = update(decision.state, "2026-12-02 08:01", said="2026-12-01 18:00", how="jira")
    assert older.state.last_update.at == at("2026-12-01 19:00")


def test_an_update_that_was_said_while_nothing_ran_is_in_time():
    decision = update(an_incident(), "2026-12-02 16:05", said="2026-12-01 19:00", how="jira")

    assert of(UpdateMissed, decision.events) == []
    assert nudges(decision.effects) == [("2026-12-02", 1, "ana", "dm")]


def test_an_update_stops_the_nudge_that_falls_due_with_it():
    incident, _, _ = woken(an_incident(), at("2026-12-01 17:00"))
    decision = update(incident, "2026-12-01 18:30")

    assert nudges(decision.effects) == []
    assert nudges(woken(decision.state, at("2026-12-02 15:59"))[2]) == []


def test_what_was_said_in_the_channel_is_not_repeated_there():
    decision = update(an_incident(), "2026-12-01 11:00", how="post", tag="#status")

    assert decision.state.day == "2026-12-02"
    assert of(ShowUpdate, decision.effects) == []


@pytest.mark.parametrize(
    "given",
    [
        {"how": "post", "tag": "#other"},
        {"how": "jira", "source": ""},
        {"how": "playbooks"},
        {"how": "jira", "said": "2026-12-01 09:59"},
    ],
)
def test_what_does_not_count_changes_nothing(given):
    incident = an_incident()
    decision = update(incident, "2026-12-01 11:00", **given)

    assert decision.state == incident
    assert (decision.events, decision.effects) == ([], [])
    assert decision.wake_at == incident.due_at


def test_who_gives_one_by_hand_that_does_not_count_is_told():
    with pytest.raises(Refused) as refusal:
        update(an_incident(), "2026-12-01 11:00", source="")
    assert str(refusal.value) == (
        "An update on MM-1 counts from owner or crew or support; ask one of them."
    )
    with pytest.raises(Refused, match="counts from owner or crew or support"):
        nothing(an_incident(), "2026-12-01 11:00", source="")


def test_support_may_give_it_too():
    message = NoteUpdate(3, "sue", at("2026-12-01 11:00"), "jira", "text", 1, "support")

    assert counts(an_incident(), message)
    assert not counts(an_incident(replace(DUTY, sources=("owner",))), message)


def test_nothing_new_counts_twice_in_a_row_then_words_are_asked_for():
    incident = nothing(an_incident(), "2026-12-01 15:00").state
    assert incident.day == "2026-12-02"
    incident = nothing(incident, "2026-12-02 15:00").state
    assert (incident.day, incident.nothing_new) == ("2026-12-03", 2)

    with pytest.raises(Refused, match="nothing new twice in a row; write where it stands"):
        nothing(incident, "2026-12-03 15:00")
    incident = update(incident, "2026-12-03 15:10").state
    assert nothing(incident, "2026-12-04 15:00").state.nothing_new == 1


def test_nothing_new_is_refused_where_the_day_has_its_update():
    incident = update(an_incident(), "2026-12-01 11:00").state

    with pytest.raises(Refused, match="MM-1 has its update for today, by Ana; nothing changed"):
        nothing(incident, "2026-12-01 15:00")


def test_a_new_owner_is_the_one_who_is_nudged():
    incident = an_incident()
    decision = reassign(incident, Reassign(3, "di"), at("2026-12-01 11:00"), WORLD)

    assert decision.events == [OwnerChanged(3, "ana", "di")]
    assert decision.effects == [ShowIncident(3, 2)]
    same = reassign(decision.state, Reassign(3, "di"), at("2026-12-01 11:00"), WORLD)
    assert (same.events, same.effects) == ([], [])
    _, _, effects = woken(decision.state, at("2026-12-01 16:00"), around(owner=("di",)))
    assert nudges(effects) == [("2026-12-01", 1, "di", "dm")]


def test_a_lower_level_ends_the_duty_and_a_higher_one_brings_it_back():
    incident, _, _ = woken(an_incident(), at("2026-12-01 17:00"))
    down = level_changed(incident, LevelChanged(3, "L3"), at("2026-12-01 18:30"), WORLD)

    assert down.events == [LevelMoved(3, "L2", "L3")]
    assert nudges(down.effects) == []
    assert (down.state.day, down.wake_at) == ("", None)
    up = level_changed(down.state, LevelChanged(3, "L1"), at("2026-12-02 09:00"), WORLD)
    assert up.state.day == "2026-12-02"
    same = level_changed(up.state, LevelChanged(3, "L1"), at("2026-12-02 09:00"), WORLD)
    assert same.effects == []


def test_a_level_among_those_that_owe_leaves_what_is_owed():
    incident, _, _ = woken(an_incident(), at("2026-12-01 17:00"))
    decision = level_changed(incident, LevelChanged(3, "L1"), at("2026-12-01 17:00"), WORLD)

    assert (decision.state.day, decision.state.stage) == ("2026-12-01", 1)


def test_a_level_that_goes_and_comes_back_the_same_day_owes_no_second_update():
    incident = update(an_incident(), "2026-12-01 11:00").state
    down = level_changed(incident, LevelChanged(3, "L4"), at("2026-12-01 12:00"), WORLD).state
    up = level_changed(down, LevelChanged(3, "L2"), at("2026-12-01 13:00"), WORLD).state

    assert up.day == "2026-12-02"


def test_its_post_says_who_was_paged():
    decision = mark_paged(an_incident(), MarkPaged(3, ("ana", "bo")), at(TUESDAY), WORLD)

    assert decision.state.paged == ("ana", "bo")
    assert decision.effects == [ShowIncident(3, 2)]
    again = mark_paged(decision.state, MarkPaged(3, ("bo",)), at(TUESDAY), WORLD)
    assert again.effects == []


def test_after_it_is_over_nothing_is_owed():
    incident, _, _ = woken(an_incident(), at("2026-12-01 17:00"))
    decision = close(incident, CloseIncident(3, "resolved"), at("2026-12-01 18:30"), WORLD)
    over = decision.state

    assert decision.events == [IncidentClosed(3, "resolved")]
    assert of(ShowIncident, decision.effects) == [ShowIncident(3, 2)]
    assert (over.status, over.due_at, decision.wake_at) == ("over", None, None)
    assert not still_owed(over, "2026-12-01")
    now = at("2026-12-02 10:00")
    assert close(over, CloseIncident(3, "again"), now, WORLD).events == []
    assert reassign(over, Reassign(3, "di"), now, WORLD).state == over
    assert level_changed(over, LevelChanged(3, "L1"), now, WORLD).state == over
    assert update(over, "2026-12-02 10:00", how="jira").state == over
    with pytest.raises(Refused, match="MM-1 is over; write it in the ticket"):
        update(over, "2026-12-02 10:00")
    with pytest.raises(Refused, match="MM-1 is over; nothing changed"):
        nothing(over, "2026-12-02 10:00")


def test_quiet_hours_put_a_nudge_off_to_their_end():
    world = around(zones={"ana": SYDNEY, "bo": NEW_YORK})
    incident, _, effects = woken(an_incident(QUIET), at("2026-12-01 21:00"), world)

    # 16:00 in Berlin is 02:00 in Sydney; 18:00 is noon in New York; 20:00 is evening in Berlin.
    assert nudges(effects) == [("2026-12-01", 2, "bo", "thread")]
    assert incident.waiting == (
        Waiting(1, "ana", "dm", at("2026-12-02 08:00", SYDNEY)),
        Waiting(3, "mara", "dm", at("2026-12-02 08:00")),
    )
    later, _, effects = woken(incident, at("2026-12-02 08:00"), world)
    assert nudges(effects) == [("2026-12-01", 1, "ana", "dm"), ("2026-12-01", 3, "mara", "dm")]
    assert later.waiting == ()


def test_nobody_is_told_twice_at_once():
    world = around(owner=("mara",), primary=("mara",))
    duty = replace(QUIET, every=parse_due("each day 17:00"))
    _, _, effects = woken(an_incident(duty), at("2026-12-02 09:00"), world)

    assert nudges(effects) == [("2026-12-01", 1, "mara", "dm"), ("2026-12-01", 3, "mara", "dm")]


def test_the_worst_is_told_at_any_hour():
    world = around("L1", zones={"ana": SYDNEY})
    _, _, effects = woken(an_incident(QUIET), at("2026-12-01 20:00"), world)

    assert [stage for _, stage, *_ in nudges(effects)] == [1, 2, 3]


def test_where_the_exception_cannot_be_answered_hours_are_quiet():
    world = replace(around(zones={"ana": SYDNEY}), facts={})
    _, _, effects = woken(an_incident(QUIET), at("2026-12-01 16:00"), world)

    assert nudges(effects) == []


@pytest.mark.parametrize(
    ("tz", "begin", "end", "expected"),
    [
        ("run", time(8), time(16), "2026-12-02 08:00"),
        ("run", time(16), time(18), "2026-12-01 16:00"),
        ("UTC", time(16), time(18), "2026-12-01 17:00"),
        ("run", time(22), time(6), "2026-12-01 22:00"),
        ("run", time(15), time(6), "2026-12-01 16:00"),
    ],
)
def test_quiet_hours_go_by_the_clock_that_they_name(tz, begin, end, expected):
    duty = replace(DUTY, quiet=Quiet(tz, begin, end), nudges=DUTY.nudges[:1])
    incident = an_incident(duty)
    decision = wake(incident, at("2026-12-01 16:00"), WORLD)

    if at(expected) == at("2026-12-01 16:00"):
        assert nudges(decision.effects) == [("2026-12-01", 1, "ana", "dm")]
    else:
        assert decision.wake_at == at(expected)


def test_a_role_with_nobody_is_passed_over():
    _, _, effects = woken(an_incident(), at("2026-12-01 20:00"), around(owner=(), lead=()))

    assert nudges(effects) == [("2026-12-01", 2, "bo", "thread")]


def test_nudges_that_were_missed_come_as_the_newest():
    decision = wake(an_incident(), at("2026-12-01 21:00"), WORLD)

    assert nudges(decision.effects) == [("2026-12-01", 3, "mara", "dm")]
    assert decision.wake_at == at("2026-12-02 16:00")


def test_a_day_that_was_missed_whole_is_not_nudged_for_any_more():
    decision = wake(an_incident(), at("2026-12-03 17:00"), WORLD)

    assert decision.events == [UpdateMissed(3, "2026-12-01"), UpdateMissed(3, "2026-12-02")]
    assert nudges(decision.effects) == [("2026-12-03", 1, "ana", "dm")]


def test_a_duty_of_business_days_leaves_the_weekend_out():
    duty = replace(DUTY, every=parse_due("each bd 16:00"))
    incident = an_incident(duty, begin="2026-12-04 17:00")

    assert incident.day == "2026-12-07"
    assert update(incident, "2026-12-05 12:00").state.day == "2026-12-07"


ZONED = around(zones={"ana": SYDNEY, "bo": NEW_YORK})
END = at("2026-12-04 12:00")


@given(st.lists(st.integers(0, 74 * 60), max_size=30), st.sampled_from([DUTY, QUIET]))
def test_however_rarely_the_clock_ticks_the_same_is_owed_at_the_same_instants(minutes, duty):
    incident = an_incident(duty)
    ticks = [incident.opened_at + timedelta(minutes=one) for one in sorted(minutes)]

    exact, events, effects = woken(incident, END, ZONED)
    late, late_events, late_effects = woken(incident, END, ZONED, ticks=[*ticks, END])

    assert replace(late, revision=0, sent=()) == replace(exact, revision=0, sent=())
    assert set(late.sent) <= set(exact.sent)
    assert late_events == events
    keys = [one.key for one in late_effects]
    assert len(keys) == len(set(keys))
    assert set(nudges(late_effects)) <= set(nudges(effects))


SAY = st.sampled_from(["update", "nothing", "reassign", "down", "up", "close", "wake"])


def say(incident, what, now):
    match what:
        case "update":
            message = NoteUpdate(3, "ana", now, "command", "text", 1, "owner")
            return note_update(incident, message, now, ZONED)
        case "nothing":
            return nothing_new(incident, NothingNew(3, "ana", 1, "owner"), now, ZONED)
        case "reassign":
            return reassign(incident, Reassign(3, f"p{now.minute}"), now, ZONED)
        case "down" | "up":
            level = "L3" if what == "down" else "L1"
            return level_changed(incident, LevelChanged(3, level), now, ZONED)
        case "close":
            return close(incident, CloseIncident(3, "over"), now, ZONED)
        case _:
            return wake(incident, now, ZONED)


@given(st.lists(st.tuples(SAY, st.integers(0, 1500)), max_size=20), st.sampled_from([DUTY, QUIET]))
def test_whatever_is_said_to_an_incident_it_stays_sane(steps, duty):
    decision = opened(duty)
    keys, now = [one.key for one in decision.effects], at(TUESDAY)
    for what, minutes in steps:
        now += timedelta(minutes=minutes)
        try:
            decision = say(decision.state, what, now)
        except Refused:
            continue
        incident = decision.state
        keys += [one.key for one in decision.effects if not isinstance(one, ShowUpdate)]
        assert decision.wake_at is None or decision.wake_at > now
        assert (decision.wake_at is None) == (incident.due_at is None)
        for nudge in of(NudgeUpdate, decision.effects):
            assert still_owed(incident, nudge.day)
        if what in ("update", "nothing") and incident.due_at:
            assert incident.day > now.astimezone(BERLIN).date().isoformat()
    assert len(keys) == len(set(keys))
    adapter = TypeAdapter(Incident)
    assert adapter.validate_json(adapter.dump_json(decision.state)) == decision.state
