"""Crews take turns: headers, overrides, configurations, and the week's playbook."""

import threading

import pytest

from setflow import engine, ticker
from setflow.db import transaction
from setflow.engine import File
from setflow.errors import ConfigError
from tests.acceptance.world import OPS, SET, at, books, file

CYCLE = file(playbooks="set-cycle")


@pytest.fixture
def duty(bare):
    """Sunday evening before the first crew's first week."""
    bare.now = at("2026-11-29 20:00")
    bare.apply(CYCLE)
    return bare


def runs(world):
    return [row[0] for row in world.rows("select dedupe from runs order by id")]


def test_the_header_says_who_is_on_and_leaves_what_people_wrote_there(duty):
    server = duty.chat.server
    channel = next(one for one in server.channels.values() if one.name == SET)
    channel.header = "Runbook: https://wiki/set"
    duty.pass_time(until="2026-11-30 08:00")
    assert duty.header() == (
        "Runbook: https://wiki/set · SET: Ana (EMEA) · Cy (Americas) · lead Mara · "
        "until Mon 7 Dec 08:00"
    )
    channel.header += " — ask in ~help"
    duty.pass_time(until="2026-12-07 08:00")
    assert "SET: Bo (EMEA) · Di (Americas) · lead Mara" in duty.header()
    assert duty.header().startswith("Runbook: https://wiki/set · ")
    assert duty.header().endswith(" — ask in ~help")
    duty.pass_time(until="2026-12-14 08:00")
    assert "SET: Eve (EMEA) · Gus (Americas) · lead Max" in duty.header()


def test_a_handoff_starts_the_week_s_run_once_however_many_tick(duty):
    duty.stand_still(hours=12)
    ticks = [threading.Thread(target=ticker.tick, args=(duty.db, duty.now)) for _ in range(4)]
    for tick in ticks:
        tick.start()
    for tick in ticks:
        tick.join()
    duty.settle()

    assert runs(duty) == [f"set/{at('2026-11-30 08:00').isoformat()}"]
    assert len(duty.keys("run:")) == 1
    duty.channel(SET).shows(
        "Start", "Test page acknowledged", "Lead: Mara Doe; primary: Ana Doe, Cy Doe"
    )


def test_started_by_hand_the_week_s_run_is_joined_and_strangers_may_not(duty):
    duty.pass_time(until="2026-11-30 09:00")
    assert duty.user("mara").says("/set start set-cycle") == "Started: set-cycle."
    assert len(runs(duty)) == 1
    assert "ask there" in duty.user("fay").says("/set start set-cycle")


def test_the_test_page_is_a_task_that_its_acknowledgement_ticks(duty):
    duty.pass_time(until="2026-11-30 08:00")
    assert sorted(duty.paged()) == ["ana", "cy"]
    duty.user("ana").clicks("Acknowledge")
    duty.channel(SET).shows("▢ Test page acknowledged")
    duty.user("cy").clicks("Acknowledge")
    duty.channel(SET).shows("✓ Test page acknowledged")


def test_tasks_are_ticked_by_button_and_by_command_and_the_overdue_are_nudged(duty):
    duty.pass_time(until="2026-12-01 12:00")
    assert "nudge-task" in " ".join(duty.keys())
    duty.user("mara").sees("Every ongoing issue has an owner", "[Done]")
    duty.user("mara").clicks("Done")
    duty.channel(SET).shows("✓ TO DO on the SET board is in order of priority (Mara Doe, 12:00)")
    assert "Done: Every ongoing issue" in duty.user("mara").says("/set done owners")
    duty.channel(SET).shows("✓ Every ongoing issue has an owner in this crew (Mara Doe, 12:00)")
    assert "No open task is called owner" in duty.user("cy").says("/set done owner")
    duty.pass_time(hours=28)
    nudges = [key for key in duty.keys("nudge-task:") if ":owners:" in key]
    assert nudges == ["nudge-task:1:owners::mara:1"]


def test_at_the_end_of_the_crew_s_time_the_hand_over_names_all_that_goes_on(duty):
    duty.apply(file(playbooks="set-cycle, support-incident"))
    duty.pass_time(until="2026-12-10 10:00")
    duty.jira.add_issue(
        "Login loop", key="MM-1", level="Critical", customer="Acme", assignee="jira-ana"
    )
    duty.jira.add_issue("Slow search", key="MM-2", level="Medium", assignee="jira-eve")
    duty.pull("jira")
    duty.pass_time(until="2026-12-11 09:00")

    said = duty.channel(SET).shows("Hand-over", "MM-1", "owner Ana Doe", "MM-2", "owner Eve Doe")
    assert "@max" in said
    assert "@eve" in said
    assert "1 without an owner in the incoming crew" in said
    pictures = [file.name for post in duty.chat.posts(SET) for file in post.files]
    assert pictures == ["set-2026-12-07.png", "set-2026-12-14.png"]
    assert {"max", "eve", "gus"} <= duty.channel("incident-mm-1").members()
    duty.channel("incident-mm-1").shows("@max", "you are the incoming crew")
    duty.channel(SET).shows("Incoming lead accepts", "Max Doe")


def test_where_the_lead_stays_nobody_accepts_a_hand_over_from_themselves(duty):
    duty.pass_time(until="2026-12-04 09:00")

    said = duty.channel(SET).shows("Incoming lead accepts the hand-over: skipped")
    assert "lead stays the same" in said


def test_the_old_run_ends_with_its_turn(duty):
    duty.pass_time(until="2026-12-07 08:00")

    rows = duty.rows("select status, dedupe from runs order by id")
    assert [row.status for row in rows] == ["over", "open"]


def test_a_stand_in_shows_in_the_header_and_whoever_is_displaced_can_undo_it(duty):
    duty.pass_time(until="2026-11-30 10:00")
    said = duty.user("mara").does("/set override set.emea.primary @eve 11:00 15:00")
    assert said.startswith("Eve Doe stands in as SET primary (EMEA), 11:00 – 15:00.")
    duty.user("ana").sees("Eve Doe stands in for you as SET primary (EMEA)", "[Undo]")
    duty.user("eve").sees("You stand in for Ana Doe")
    assert "Ana (EMEA)" in duty.header()
    duty.pass_time(until="2026-11-30 11:00")
    assert "Eve (EMEA)" in duty.header()
    duty.alert()
    assert duty.paged()[-1] == "eve"
    assert duty.user("ana").clicks("Undo") == "Undone; the turn is as it was before."
    assert "Ana (EMEA)" in duty.header()
    duty.user("eve").sees("Undone by")
    assert duty.user("ana").clicks("Undo").startswith("That override is over already")


def test_a_stand_in_has_the_open_tasks_of_the_seat_as_long(duty):
    duty.pass_time(until="2026-11-30 10:00")
    duty.channel(SET).shows("▢ Test page acknowledged (Ana Doe and Cy Doe, 12:00)")
    duty.user("mara").does("/set override set.emea.primary @eve now 11:00")
    duty.channel(SET).shows("▢ Test page acknowledged (Eve Doe and Cy Doe, 12:00)")
    duty.pass_time(until="2026-11-30 11:00")
    duty.channel(SET).shows("▢ Test page acknowledged (Ana Doe and Cy Doe, 12:00)")


def test_a_stand_in_s_time_ends_by_itself(duty):
    duty.pass_time(until="2026-11-30 10:00")
    duty.user("ana").does("/set override set.emea.primary @eve now 12:00")
    assert "Eve (EMEA)" in duty.header()
    duty.pass_time(until="2026-11-30 12:00")

    assert "Ana (EMEA)" in duty.header()


@pytest.mark.parametrize(
    ("name", "command", "answer"),
    [
        ("fay", "/set override set.emea.primary @fay now 15:00", "ask Ana Doe"),
        ("sue", "/set override set.emea.primary @sue now 15:00", "not among the people"),
        ("ana", "/set override set.nowhere @bo now 15:00", "There is no seat set.nowhere"),
        ("ana", "/set override set.emea.primary @zed now 15:00", "zed is not among the people"),
        ("ana", "/set override set.emea.primary @ana now 15:00", "is on then anyway"),
    ],
)
def test_an_override_that_may_not_be_is_refused(duty, name, command, answer):
    duty.pass_time(until="2026-11-30 10:00")

    assert answer in duty.user(name).says(command)
    assert duty.rows("select id from overrides") == []


def swapped():
    return CYCLE.replace("emea: [ana, bo]", "emea: [fay, bo]")


def test_applying_keeps_who_is_on_now_and_changes_who_comes_next(duty):
    duty.pass_time(until="2026-11-30 10:00")
    applied = duty.apply(swapped())

    assert applied.version == 2
    assert "Ana (EMEA)" in duty.header()
    duty.alert()
    assert duty.paged()[-1] == "ana"
    duty.user("ana").clicks("Acknowledge")
    duty.pass_time(until="2026-12-07 08:00")
    assert "Bo (EMEA)" in duty.header()
    assert "backup (EMEA): **Fay Doe**" in duty.user("mara").says("/set who set")


def test_applied_again_and_again_nothing_breaks_and_the_same_is_no_change(duty):
    for text in (swapped(), CYCLE, swapped()):
        duty.pass_time(hours=30)
        duty.apply(text)
    assert duty.apply(swapped()).version is None
    duty.pass_time(days=7)

    assert duty.dead() == []


def test_a_preview_says_what_would_change_and_stores_nothing(duty):
    with transaction(duty.db) as tx:
        found = engine.preview(tx, File("set.yaml", swapped(), books()), now=duty.now)

    assert found.version is None
    assert any("fay" in str(one) for one in found.shifts)
    assert len(duty.rows("select id from versions")) == 1


def test_a_file_with_mistakes_is_refused_with_all_of_them_and_nothing_changes(duty):
    wrong = CYCLE.replace("[ana, bo]", "[anna, bo]").replace("wait: 5m", "wait: soon")
    with pytest.raises(ConfigError) as caught:
        duty.apply(wrong)

    said = str(caught.value)
    assert 'did you mean "ana"' in said
    assert said.count("soon") == 2
    assert said.endswith("mistakes.")
    assert len(duty.rows("select id from versions")) == 1
    duty.channel(OPS).does_not_show("anna")
