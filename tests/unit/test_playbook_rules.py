from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from setflow import expression
from setflow.calendar import BusinessDays, resolve
from setflow.document import Reader, parse
from setflow.effects import Invite, NudgeTask, OpenChannel, RulePost, ShowRun
from setflow.errors import Refused
from setflow.playbook.rules import (
    end,
    facts_changed,
    rebind,
    start,
    still_open,
    tick,
    wake,
    wanted,
)
from setflow.playbook.spec import (
    ActionWanted,
    Checks,
    EndRun,
    PhaseOpened,
    Rebind,
    RoleMoved,
    Run,
    RunEnded,
    RunStarted,
    Start,
    Surroundings,
    TaskDone,
    TaskOverdue,
    TaskReopened,
    TaskSkipped,
    TickTask,
    read_playbook,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
WEEKDAYS = BusinessDays()
MONDAY, FRIDAY = "2026-11-30 08:00", "2026-12-04 09:00"
HEAD = """
playbook: week
title: "Week of {{ who }}"
timezone: Europe/Berlin
"""
ROLES = """
roles:
  lead:         {seat: set.lead, rebind: [handoff, override]}
  primary:      {seat: set.primary, rebind: [handoff, override], fallback: lead}
  next-lead:    {seat: set.lead, turn: next, rebind: [override]}
  next-primary: {seat: set.primary, turn: next}
"""
WEEK = f"""{HEAD}{ROLES}
ends: turn.end
phases:
  - id: start
    title: Start
    tasks:
      - {{id: owners, title: Owners settled, role: lead, due: "start + 1bd 12:00"}}
      - {{id: test-page, title: Test page, role: primary, due: "start + 4h", action: {{page.test: {{to: primary}}}}}}
  - id: monitor
    title: Monitor
    starts: {{after: start, or: "start + 1bd 09:00"}}
    tasks:
      - {{id: board, title: Board in order, role: lead, repeat: "each bd 10:00", due: "occurrence + 2h"}}
  - id: handover
    title: Hand-over
    starts: {{rule: "Fri 09:00", roll: back}}
    tasks:
      - {{id: packet, title: Packet, role: lead, action: {{handover.post: {{}}}}}}
      - {{id: channels, title: Channels, role: lead, action: {{invite: {{who: [next-lead, next-primary], to: live_incidents}}}}}}
      - {{id: assignees, title: Assignees, role: lead, due: "Fri 15:00"}}
      - {{id: accept, title: Accepted, role: next-lead, needs: [packet, channels, assignees], due: {{rule: "Fri 17:00", tz: assignee, roll: back}}}}
rules:
  - {{id: unaccepted, event: task.overdue, if: 'task.id == "accept"', at: "next bd 09:00", do: [{{post: {{to: "group:dev-leads", text: "{{{{ run.title }}}}: not accepted"}}}}]}}
"""  # noqa: E501
FACTS = {
    "who": "Ana",
    "rotation": "set",
    "turn_start": "2026-11-30T08:00:00+01:00",
    "turn_end": "2026-12-07T08:00:00+01:00",
}
PEOPLE = {
    "lead": ("mara",),
    "primary": ("ana", "cy"),
    "next-lead": ("max",),
    "next-primary": ("eve",),
}


def at(text, zone=BERLIN):
    return resolve(datetime.fromisoformat(text), zone)


@cache
def book(text=WEEK):
    reader = Reader()
    checks = Checks(None, expression.check, expression.check_template)
    found = read_playbook(parse(text, "p.yaml"), reader, version="v1", checks=checks)
    reader.finish()
    return found


def around(*, days=WEEKDAYS, zones=None, facts=None, **roles):
    held = {name.replace("_", "-"): people for name, people in roles.items()}
    return Surroundings(
        roles={**PEOPLE, **held},
        days=days,
        zone=BERLIN,
        evaluate=expression.evaluate,
        render=expression.fill,
        zones=zones or {},
        groups={"dev-leads": ("mara", "max")},
        facts=facts or {},
        titles={"mara": "Mara Stein"},
    )


WORLD = around()


def begun(text=WEEK, begin=MONDAY, world=WORLD, **facts):
    message = Start(7, book(text), "set/1", {**FACTS, **facts})
    return start(None, message, at(begin), world)


def woken(run, until, world=WORLD, ticks=()):
    """The run at `until`, and all that it said; woken at `ticks`, else whenever it asks to be."""
    events, effects, decision = [], [], wake(run, run.started_at, world)
    instants = iter((*ticks, until)) if ticks else None
    while True:
        events += decision.events
        effects += decision.effects
        now = next(instants, None) if instants else decision.wake_at
        if now is None or now > until:
            return decision.state, events, effects
        decision = wake(decision.state, now, world)


def of(kind, things):
    return [thing for thing in things if isinstance(thing, kind)]


def task(run, name):
    return [state for state in run.tasks if state.task == name][-1]


def said(refusal):
    return str(refusal.value)


def test_a_run_opens_with_its_first_phase_and_shows_it():
    decision = begun()
    run = decision.state

    assert run.title == "Week of Ana"
    assert run.roles["primary"] == ("ana", "cy")
    assert [state.task for state in run.tasks] == ["owners", "test-page"]
    assert task(run, "owners").due == at("2026-12-01 12:00")
    assert task(run, "test-page").due == at("2026-11-30 12:00")
    assert decision.events == [
        RunStarted(7, "week", "v1", "Week of Ana", "", None),
        PhaseOpened(7, "start", at(MONDAY)),
        ActionWanted(7, "test-page", "page.test", ("ana", "cy"), ""),
    ]
    assert decision.effects == [ShowRun(7, "start", 1)]
    assert decision.wake_at == at("2026-11-30 12:00")


def test_a_title_may_name_the_week_by_the_playbook_s_own_clock():
    text = WEEK.replace("Week of {{ who }}", "SET week {{ week }}")

    assert begun(text, "2026-11-30 00:30").state.title == "SET week 49"


def test_a_run_that_starts_late_counts_from_when_it_was_due():
    message = Start(7, book(), "set/1", FACTS, due=at(MONDAY))
    decision = start(None, message, at("2026-11-30 12:30"), WORLD)

    assert decision.state.started_at == at(MONDAY)
    assert of(TaskOverdue, decision.events) == [
        TaskOverdue(7, "test-page", "", at("2026-11-30 12:00"))
    ]


def test_a_second_start_of_the_same_key_joins_the_open_run():
    run = begun().state
    decision = start(run, Start(8, book(), "set/1", FACTS), at("2026-11-30 09:00"), WORLD)

    assert decision.state == run
    assert decision.events == []
    assert decision.effects == []


def test_a_second_start_is_refused_where_the_playbook_says_so():
    run = begun().state
    refusing = book(f"{WEEK}conflict: refuse")

    with pytest.raises(Refused, match="Week of Ana runs already; end it"):
        start(run, Start(8, refusing, "set/1", FACTS), at(MONDAY), WORLD)


def test_a_run_without_a_parameter_that_it_needs_is_refused():
    text = WEEK + "parameters: {ticket: {type: ticket, required: true}}"

    with pytest.raises(Refused, match="week needs to know its ticket"):
        begun(text)
    assert begun(text, ticket="MM-1").state.facts["ticket"] == "MM-1"


def test_t_is_a_date_or_the_run_is_refused():
    text = WEEK.replace('"start + 1bd 12:00"', '"T-2bd 10:00"')
    text += "parameters: {T: {type: date, required: true}}"

    assert task(begun(text, T="2026-12-04").state, "owners").due == at("2026-12-02 10:00")
    with pytest.raises(Refused, match='week counts from T: "soon" is no instant'):
        begun(text, T="soon")


def test_a_done_task_says_by_whom_and_opens_what_waits_for_it():
    run = begun().state
    now = at("2026-11-30 10:30")
    run = tick(run, TickTask(7, "owners", "mara", "button"), now, WORLD).state
    decision = tick(run, TickTask(7, "test-page", "bo", "reaction"), now, WORLD)

    done = task(decision.state, "test-page")
    assert (done.status, done.done_by, done.done_at, done.note) == ("done", "bo", now, "reaction")
    assert decision.events == [
        TaskDone(7, "test-page", "", "bo", "reaction"),
        PhaseOpened(7, "monitor", now),
    ]
    assert decision.effects == [ShowRun(7, "start", 3), ShowRun(7, "monitor", 1)]
    assert decision.state.phases["start"].done
    assert decision.wake_at == at("2026-12-01 10:00")


def test_a_phase_opens_by_its_own_instant_though_nothing_is_done():
    run, events, _ = woken(begun().state, at("2026-12-01 09:00"))

    assert PhaseOpened(7, "monitor", at("2026-12-01 09:00")) in events
    assert run.phases["handover"].opened_at is None


def test_ticking_twice_is_refused_and_says_who_did_it():
    run = tick(begun().state, TickTask(7, "owners", "mara", "button"), at(MONDAY), WORLD).state

    with pytest.raises(Refused) as refusal:
        tick(run, TickTask(7, "owners", "bo", "button"), at(MONDAY), WORLD)
    assert said(refusal) == "“Owners settled” was done by Mara Stein; nothing changed."


def test_an_unknown_task_is_refused_with_those_that_are_open():
    with pytest.raises(Refused) as refusal:
        tick(begun().state, TickTask(7, "ownrs", "mara", "slash"), at(MONDAY), WORLD)
    assert said(refusal) == 'Week of Ana has no task "ownrs"; open are: owners, test-page.'


def test_a_task_that_has_not_come_up_is_refused_with_when_it_does():
    with pytest.raises(Refused) as refusal:
        tick(begun().state, TickTask(7, "accept", "max", "slash"), at(MONDAY), WORLD)
    assert said(refusal) == "“Accepted” has not come up yet; it does with Hand-over."


def test_what_a_task_needs_comes_first():
    run, _, _ = woken(begun().state, at(FRIDAY))

    with pytest.raises(Refused, match="“Assignees” comes first; do that one"):
        tick(run, TickTask(7, "accept", "max", "button"), at(FRIDAY), WORLD)
    run = tick(run, TickTask(7, "assignees", "mara", "button"), at(FRIDAY), WORLD).state
    run = tick(run, TickTask(7, "accept", "max", "button"), at(FRIDAY), WORLD).state
    assert task(run, "accept").done_by == "max"


def test_taking_back_opens_the_task_again():
    run = tick(begun().state, TickTask(7, "owners", "mara", "button"), at(MONDAY), WORLD).state
    undo = TickTask(7, "owners", "mara", "button", undo=True)
    decision = tick(run, undo, at(MONDAY), WORLD)

    assert task(decision.state, "owners").status == "open"
    assert decision.events == [TaskReopened(7, "owners", "", "mara")]
    with pytest.raises(Refused, match="is not done, so there is nothing to take back"):
        tick(decision.state, undo, at(MONDAY), WORLD)


def test_a_task_is_nudged_when_due_then_its_lead_once_and_then_never():
    run, events, effects = woken(begun().state, at("2026-12-04 08:00"))

    assert [one for one in of(NudgeTask, effects) if one.task == "test-page"] == [
        NudgeTask(7, "test-page", "", "ana", 1),
        NudgeTask(7, "test-page", "", "cy", 1),
        NudgeTask(7, "test-page", "", "mara", 2),
    ]
    assert TaskOverdue(7, "test-page", "", at("2026-11-30 12:00")) in events
    assert still_open(run, "test-page", "")


def test_a_done_task_is_not_nudged():
    run = tick(begun().state, TickTask(7, "test-page", "ana", "button"), at(MONDAY), WORLD).state
    run, events, effects = woken(run, at("2026-12-04 08:00"))

    assert not [one for one in of(NudgeTask, effects) if one.task == "test-page"]
    assert not [one for one in of(TaskOverdue, events) if one.task == "test-page"]
    assert not still_open(run, "test-page", "")


def test_nudges_that_were_missed_come_as_one():
    decision = wake(begun().state, at("2026-12-01 09:30"), WORLD)

    assert of(NudgeTask, decision.effects) == [NudgeTask(7, "test-page", "", "mara", 2)]
    assert task(decision.state, "test-page").nudges == 2


def test_a_task_is_not_nudged_before_it_can_be_done():
    run, events, effects = woken(begun().state, at("2026-12-04 17:30"))

    assert [one.task for one in of(TaskOverdue, events)].count("accept") == 1
    assert not [one for one in of(NudgeTask, effects) if one.task == "accept"]
    done = TickTask(7, "assignees", "mara", "button")
    decision = tick(run, done, at("2026-12-04 17:30"), WORLD)
    assert of(NudgeTask, decision.effects) == [NudgeTask(7, "accept", "", "max", 1)]


def test_a_repeated_task_comes_up_again_and_the_old_one_falls_away():
    run, events, effects = woken(begun().state, at("2026-12-03 12:00"))
    board = [state for state in run.tasks if state.task == "board"]

    assert [state.due for state in board] == [at(f"2026-12-0{day} 12:00") for day in (1, 2, 3)]
    assert [state.status for state in board] == ["skipped", "skipped", "open"]
    assert board[0].note == "its next one has come"
    assert [one.occurrence for one in of(NudgeTask, effects) if one.task == "board"] == [
        state.occurrence for state in board
    ]
    assert not still_open(run, "board", board[0].occurrence)
    assert still_open(run, "board", board[2].occurrence)
    assert len([one for one in of(TaskSkipped, events) if one.task == "board"]) == 2


def test_late_occurrences_of_a_repeated_task_leave_one_nudge():
    decision = wake(begun().state, at("2026-12-03 12:00"), WORLD)

    board = [one for one in of(NudgeTask, decision.effects) if one.task == "board"]
    assert [one.occurrence for one in board] == [task(decision.state, "board").occurrence]


def test_a_done_occurrence_stays_done():
    run, _, _ = woken(begun().state, at("2026-12-01 10:00"))
    run = tick(run, TickTask(7, "board", "mara", "button"), at("2026-12-01 10:05"), WORLD).state
    run, _, _ = woken(run, at("2026-12-02 10:00"))

    assert [state.status for state in run.tasks if state.task == "board"] == ["done", "open"]


def test_setflow_does_what_is_an_action_and_ticks_it():
    run, events, _ = woken(begun().state, at(FRIDAY))

    assert of(ActionWanted, events) == [
        ActionWanted(7, "packet", "handover.post", (), ""),
        ActionWanted(7, "channels", "invite", ("max", "eve"), "live_incidents"),
    ]
    assert (task(run, "packet").status, task(run, "packet").done_by) == ("done", "setflow")


def test_where_the_lead_stays_acceptance_is_skipped_with_that_reason():
    world = around(next_lead=("mara",))
    run, events, _ = woken(begun(world=world).state, at(FRIDAY), world)

    assert task(run, "accept").status == "skipped"
    assert task(run, "accept").note == "lead stays the same"
    assert TaskSkipped(7, "accept", "", "lead stays the same") in events
    with pytest.raises(Refused, match="was skipped: lead stays the same"):
        tick(run, TickTask(7, "accept", "mara", "button"), at(FRIDAY), world)


def test_the_assignee_s_clock_and_the_calendar_decide_when_it_is_due():
    days = BusinessDays("DE", frozenset({date(2026, 12, 4)}))
    world = around(days=days, zones={"max": NEW_YORK})
    run, _, _ = woken(begun(world=world).state, at(FRIDAY), world)

    assert run.phases["handover"].opened_at == at("2026-12-03 09:00")
    assert task(run, "accept").due == at("2026-12-03 17:00", NEW_YORK)


def test_of_several_assignees_the_first_to_reach_the_hour_decides():
    world = around(next_lead=("max", "eve"), zones={"max": NEW_YORK, "eve": BERLIN})
    run, _, _ = woken(begun(world=world).state, at(FRIDAY), world)

    assert task(run, "accept").due == at("2026-12-04 17:00", BERLIN)


def test_a_task_may_name_its_own_zone():
    text = WEEK.replace('due: "start + 1bd 12:00"', 'due: {rule: "start + 1bd 12:00", tz: UTC}')

    assert task(begun(text).state, "owners").due == datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_a_role_with_nobody_falls_back_and_else_the_lead_is_nudged():
    world = around(primary=())
    assert task(begun(world=world).state, "test-page").people == ("mara",)

    text = WEEK.replace(", fallback: lead", "")
    run, _, effects = woken(begun(text, world=world).state, at("2026-11-30 12:00"), world)
    assert task(run, "test-page").people == ()
    assert of(NudgeTask, effects) == [NudgeTask(7, "test-page", "", "mara", 1)]


def test_open_tasks_move_with_the_seat_and_done_ones_stay():
    run = tick(begun().state, TickTask(7, "owners", "mara", "button"), at(MONDAY), WORLD).state
    world = around(lead=("bo",), primary=("bo",))
    decision = rebind(run, Rebind(7, "override"), at("2026-11-30 09:00"), world)

    assert decision.events == [
        RoleMoved(7, "lead", ("mara",), ("bo",)),
        RoleMoved(7, "primary", ("ana", "cy"), ("bo",)),
    ]
    assert task(decision.state, "test-page").people == ("bo",)
    assert task(decision.state, "owners").people == ("mara",)
    assert decision.effects == [ShowRun(7, "start", 3)]


def test_only_roles_that_say_so_are_bound_again():
    world = around(next_lead=("bo",), next_primary=("bo",))

    moved = rebind(begun().state, Rebind(7, "override"), at(MONDAY), world).state
    assert (moved.roles["next-lead"], moved.roles["next-primary"]) == (("bo",), ("eve",))
    kept = rebind(begun().state, Rebind(7, "handoff"), at(MONDAY), world).state
    assert kept.roles["next-lead"] == ("max",)


def test_a_stand_in_s_clock_moves_what_is_due_by_it():
    run, _, _ = woken(begun().state, at(FRIDAY))
    world = around(next_lead=("gus",), zones={"gus": NEW_YORK})
    run = rebind(run, Rebind(7, "override"), at(FRIDAY), world).state

    assert task(run, "accept").due == at("2026-12-04 17:00", NEW_YORK)


def test_a_next_lead_who_turns_out_to_stay_has_nothing_to_accept():
    run, _, _ = woken(begun().state, at(FRIDAY))
    run = rebind(run, Rebind(7, "override"), at(FRIDAY), around(next_lead=("mara",))).state

    assert task(run, "accept").note == "lead stays the same"


def test_what_falls_away_with_a_change_of_people_opens_what_waits_for_it():
    phases = (
        "[{id: a, title: A, tasks: [{id: x, title: X, role: next-lead}]},"
        " {id: b, title: B, starts: {after: a}, tasks: [{id: y, title: Y, role: lead}]}]"
    )
    run = begun(f"{HEAD}{ROLES}\nphases: {phases}").state
    decision = rebind(run, Rebind(7, "override"), at(FRIDAY), around(next_lead=("mara",)))

    assert decision.events[-1] == PhaseOpened(7, "b", at(FRIDAY))


def test_a_run_ends_with_its_turn_and_a_rule_still_speaks_of_what_is_open():
    run, events, effects = woken(begun().state, at("2026-12-08 09:00"))

    assert run.status == "over"
    assert run.ended_at == at("2026-12-07 08:00")
    ended = of(RunEnded, events)
    assert ended == [
        RunEnded(7, "its turn is over", ("owners", "test-page", "assignees", "accept", "board"))
    ]
    assert of(RulePost, effects) == [
        RulePost(7, "unaccepted", "accept/.0", "@mara", "Week of Ana: not accepted"),
        RulePost(7, "unaccepted", "accept/.1", "@max", "Week of Ana: not accepted"),
    ]
    assert wake(run, at("2026-12-09 09:00"), WORLD).wake_at is None


def test_the_end_comes_before_what_is_due_at_that_very_instant():
    text = WEEK.replace('"start + 1bd 12:00"', '"start + 7d"')
    run, events, _ = woken(begun(text).state, at("2026-12-08 09:00"))

    assert task(run, "owners").due == run.ended_at
    assert not [one for one in of(TaskOverdue, events) if one.task == "owners"]


def test_every_phase_shows_that_the_run_is_over():
    decision = end(begun().state, EndRun(7, "mara", "not needed"), at(MONDAY), WORLD)

    assert decision.effects == [ShowRun(7, "start", 2)]


def test_a_repeated_task_comes_up_with_a_phase_that_opens_at_its_hour():
    text = WEEK.replace("start + 1bd 09:00", "start + 1bd 10:00")
    run, _, _ = woken(begun(text).state, at("2026-12-01 10:00"))

    assert task(run, "board").occurrence == at("2026-12-01 10:00").isoformat()


def test_an_open_task_may_still_be_done_after_the_end_and_stops_the_rule():
    run, _, _ = woken(begun().state, at("2026-12-07 08:00"))
    for name in ("assignees", "accept"):
        run = tick(run, TickTask(7, name, "max", "button"), at("2026-12-07 08:30"), WORLD).state
    run, _, effects = woken(run, at("2026-12-08 09:00"))

    assert not of(RulePost, effects)
    with pytest.raises(Refused, match="Week of Ana is over"):
        undo = TickTask(7, "accept", "max", "button", undo=True)
        tick(run, undo, at("2026-12-08 09:00"), WORLD)


def test_nothing_moves_and_nobody_is_nudged_after_the_end():
    run, _, _ = woken(begun().state, at("2026-12-07 08:00"))
    decision = rebind(run, Rebind(7, "handoff"), at("2026-12-07 08:00"), around(lead=("bo",)))

    assert decision.state == run
    assert not still_open(run, "accept", "")
    late = wake(begun().state, at("2026-12-20 08:00"), WORLD)
    assert not of(NudgeTask, late.effects)


def test_a_run_can_be_ended_before_its_time():
    decision = end(begun().state, EndRun(7, "mara", "not needed"), at(MONDAY), WORLD)

    assert decision.state.status == "over"
    assert decision.events == [RunEnded(7, "not needed (mara)", ("owners", "test-page"))]
    assert decision.wake_at is None
    with pytest.raises(Refused, match="is over"):
        end(decision.state, EndRun(7, "mara", ""), at(MONDAY), WORLD)


INCIDENT = f"""{HEAD}
roles:
  owner: {{ticket: assignee, fallback: primary}}
  primary: {{seat: set.primary, rebind: [handoff]}}
  lead: {{seat: set.lead}}
channel: {{create: "Incident {{{{ ticket.key }}}}!", invite: [owner, primary]}}
phases:
  - {{id: first, title: First, tasks: [{{id: said, title: Said, role: owner, due: "start + 30m"}}]}}
  - {{id: over, title: Over, starts: {{when: "!ticket.open"}}, tasks: [{{id: retro, title: Retro, role: owner, due: "occurrence + 3d"}}]}}
finish: {{when: "phases.over.done"}}
rules:
  - {{id: hello, event: run.started, do: [{{post: {{to: "channel:operations", text: "{{{{ ticket.key }}}} began"}}}}, {{post: {{to: "role:primary", text: "{{{{ nobody.knows }}}}"}}}}, {{post: {{to: "person:bo", text: hi}}}}]}}
  - {{id: opened, event: phase.started, if: "phases.over.open", at: "occurrence + 1h", do: [{{post: {{to: "role:lead", text: Over}}}}]}}
  - {{id: broken, event: run.started, if: "task.id == 'x'", do: [{{post: {{to: "role:lead", text: never}}}}]}}
"""  # noqa: E501


def ticket(*, open=True, **roles):
    return around(facts={"ticket": {"key": "MM-1", "open": open}}, **{"owner": ("bo",), **roles})


def test_an_incident_gets_a_channel_with_those_who_are_asked_for():
    decision = begun(INCIDENT, world=ticket())

    assert decision.state.channel == "incident-mm-1"
    assert decision.effects == [
        OpenChannel(7, "incident-mm-1"),
        Invite("incident-mm-1", ("bo", "ana", "cy"), "Week of Ana", "7.0"),
        ShowRun(7, "first", 1),
        RulePost(7, "hello", ".0", "~operations", "MM-1 began"),
        RulePost(7, "hello", ".1", "@ana", "{{ nobody.knows }}"),
        RulePost(7, "hello", ".2", "@cy", "{{ nobody.knows }}"),
        RulePost(7, "hello", ".3", "@bo", "hi"),
    ]


def test_a_run_that_has_a_channel_already_makes_none():
    message = Start(7, book(INCIDENT), "k", FACTS, channel="theirs")
    decision = start(None, message, at(MONDAY), ticket())

    assert decision.state.channel == "theirs"
    assert not of(OpenChannel, decision.effects)


def test_a_channel_that_is_there_is_used_and_nobody_is_invited():
    decision = begun(f"{WEEK}channel: {{use: sustained-engineering}}")

    assert decision.state.channel == "sustained-engineering"
    assert not of(Invite, decision.effects)


def test_a_new_assignee_takes_the_tasks_and_is_let_in():
    run = begun(INCIDENT, world=ticket()).state
    decision = facts_changed(run, at(MONDAY), ticket(owner=("di",)))

    assert decision.events == [RoleMoved(7, "owner", ("bo",), ("di",))]
    assert task(decision.state, "said").people == ("di",)
    assert of(Invite, decision.effects) == [
        Invite("incident-mm-1", ("di",), "Week of Ana: you are owner now", "7.1")
    ]


def test_where_everybody_left_nobody_is_let_in():
    run = begun(INCIDENT, world=ticket()).state
    decision = facts_changed(run, at(MONDAY), ticket(owner=(), primary=()))

    assert decision.events == [RoleMoved(7, "owner", ("bo",), ())]
    assert not of(Invite, decision.effects)


def test_whoever_stands_in_moves_with_the_seat_that_they_stand_in_from():
    run = begun(INCIDENT, world=ticket(owner=())).state
    assert run.roles["owner"] == ("ana", "cy")

    moved = rebind(run, Rebind(7, "handoff"), at(MONDAY), ticket(owner=(), primary=("eve",)))
    assert moved.state.roles["owner"] == ("eve",)


def test_a_phase_opens_when_its_condition_holds_and_the_run_ends_with_it():
    run = begun(INCIDENT, world=ticket()).state
    now, closed = at("2026-12-01 10:00"), ticket(open=False)
    decision = facts_changed(run, now, closed)

    assert PhaseOpened(7, "over", now) in decision.events
    assert task(decision.state, "retro").due == at("2026-12-04 10:00")
    later, _, effects = woken(decision.state, at("2026-12-01 11:00"), closed)
    assert of(RulePost, effects) == [RulePost(7, "opened", "over.0", "@mara", "Over")]
    over = tick(later, TickTask(7, "retro", "bo", "button"), at("2026-12-02 10:00"), closed)
    assert over.state.status == "over"
    assert over.events[-1] == RunEnded(7, "what it was for is over", ("said",))


def test_a_run_that_somebody_ends_posts_no_more():
    run = facts_changed(begun(INCIDENT, world=ticket()).state, at(MONDAY), ticket(open=False)).state
    assert run.firings
    decision = end(run, EndRun(7, "mara", ""), at(MONDAY), ticket(open=False))

    assert decision.wake_at is None


def test_what_repeats_is_never_done_with():
    text = f"{HEAD}{ROLES}\nphases: [{{id: a, title: A, tasks: [{{id: b, title: B, role: lead, repeat: each day 10:00}}]}}]"  # noqa: E501
    run, _, _ = woken(begun(text).state, at("2026-11-30 10:00"))
    decision = tick(run, TickTask(7, "b", "bo", "slash"), at("2026-11-30 10:00"), WORLD)

    assert decision.state.status == "open"
    assert decision.wake_at == at("2026-12-01 10:00")


def test_a_run_is_over_when_all_is_done_and_nothing_repeats():
    text = f"{HEAD}{ROLES}\nphases: [{{id: a, title: A, tasks: [{{id: b, title: B, role: lead}}]}}]"
    decision = tick(begun(text).state, TickTask(7, "b", "bo", "slash"), at(MONDAY), WORLD)

    assert decision.state.status == "over"
    assert decision.events[-1] == RunEnded(7, "everything is done", ())


def test_a_phase_without_tasks_is_done_at_once_and_opens_what_follows():
    phases = "[{id: a, title: A, tasks: []}, {id: b, title: B, starts: {after: a}, tasks: [{id: c, title: C, role: lead}]}]"  # noqa: E501
    decision = begun(f"{HEAD}{ROLES}\nphases: {phases}")

    assert of(PhaseOpened, decision.events)[-1] == PhaseOpened(7, "b", at(MONDAY))


TRIGGERS = f"""{WEEK}
triggers:
  - {{id: weekly, event: rotation.handoff, with: {{rotation: set}}, dedupe: "{{{{ rotation }}}}/{{{{ turn_start }}}}"}}
  - {{id: hand, event: slash, with: {{text: start week}}}}
  - {{id: ticket, event: ticket.changed, if: 'ticket.level in ["L1", "L2"] && ticket.open', with: {{ticket: "{{{{ ticket.key }}}}"}}, dedupe: "{{{{ ticket.key }}}}"}}
parameters: {{ticket: {{type: ticket}}}}
"""  # noqa: E501


def asked(event, **facts):
    found = wanted(book(TRIGGERS), event, facts, at(MONDAY), WORLD)
    return [(one.trigger.id, one.dedupe) for one in found]


def test_a_handoff_of_its_rotation_asks_for_a_run():
    assert asked("rotation.handoff", rotation="set", turn_start="T1") == [("weekly", "set/T1")]
    assert asked("rotation.handoff", rotation="web", turn_start="T1") == []


def test_a_command_asks_for_a_run_of_its_own():
    assert asked("slash", text=" start  week") == [("hand", "hand/2026-11-30T07:00:00+00:00")]
    assert asked("slash", text="stop week") == []


def test_a_ticket_asks_for_a_run_where_its_condition_holds():
    mine = {"key": "MM-1", "level": "L1", "open": True}

    assert asked("ticket.changed", ticket=mine) == [("ticket", "MM-1")]
    assert asked("ticket.changed", ticket={**mine, "level": "L3"}) == []
    assert asked("ticket.changed", ticket={"key": "MM-1"}) == []
    found = wanted(book(TRIGGERS), "ticket.changed", {"ticket": mine}, at(MONDAY), WORLD)
    assert found[0].facts["ticket"] == "MM-1"


def plain(run):
    """A run without how often its posts were shown."""
    return replace(run, phases={name: replace(one, revision=0) for name, one in run.phases.items()})


END = at("2026-12-09 12:00")


@given(st.lists(st.integers(0, 9 * 24 * 60), max_size=20))
def test_however_rarely_the_clock_ticks_the_same_things_fall_due(minutes):
    run = begun().state
    ticks = [run.started_at + timedelta(minutes=one) for one in sorted(minutes)]

    exact, events, effects = woken(run, END)
    late, late_events, late_effects = woken(run, END, ticks=[*ticks, END])

    assert plain(late) == plain(exact)
    assert late_events == events
    keys = [effect.key for effect in late_effects]
    assert len(keys) == len(set(keys))
    assert {one.key for one in of(NudgeTask, late_effects)} <= {one.key for one in effects}
    assert of(RulePost, late_effects) == of(RulePost, effects)


TICKABLE = ["owners", "test-page", "board", "packet", "assignees", "accept", "nothing"]
STEPS = st.one_of(
    st.tuples(st.just("tick"), st.sampled_from(TICKABLE), st.booleans()),
    st.tuples(st.just("rebind"), st.sampled_from(["handoff", "override"]), st.booleans()),
    st.tuples(st.just("wake"), st.just(""), st.booleans()),
    st.tuples(st.just("end"), st.just(""), st.booleans()),
)


def step(run, what, now):
    kind, name, flag = what
    world = around(primary=("bo",), next_lead=("mara",)) if flag else WORLD
    match kind:
        case "tick":
            return tick(run, TickTask(7, name, "bo", "button", undo=flag), now, world)
        case "rebind":
            return rebind(run, Rebind(7, name), now, world)
        case "end":
            return end(run, EndRun(7, "bo", ""), now, world) if flag else wake(run, now, world)
        case _:
            return wake(run, now, world)


@given(st.lists(st.tuples(STEPS, st.integers(0, 1200)), max_size=25))
def test_whatever_is_said_to_a_run_it_stays_sane(steps):
    decision = begun()
    keys, now = [one.key for one in decision.effects], at(MONDAY)
    for what, minutes in steps:
        now += timedelta(minutes=minutes)
        try:
            decision = step(decision.state, what, now)
        except Refused:
            continue
        keys += [one.key for one in decision.effects]
        run = decision.state
        assert decision.wake_at is None or decision.wake_at > now
        assert run.status == "open" or decision.wake_at is None or run.firings
        assert all([one.key for one in run.tasks].count(state.key) == 1 for state in run.tasks)
        for person in of(NudgeTask, decision.effects):
            assert still_open(run, person.task, person.occurrence)
    assert len(keys) == len(set(keys))
    adapter = TypeAdapter(Run)
    assert adapter.validate_json(adapter.dump_json(decision.state)) == decision.state
