"""An incident: its channel, what it owes every day, and how the nudging stops."""

from datetime import timedelta

import pytest

from tests.acceptance.world import SET, file

ROOM = "incident-mm-1"


def incident(world, *, level="Critical", assignee="jira-ana", key="MM-1", **fields):
    """A ticket of a customer, as support makes it in Jira."""
    world.apply(file(playbooks="support-incident"))
    world.jira.add_issue(
        "Login loop after 10.4.1",
        key=key,
        level=level,
        customer="Acme",
        assignee=assignee,
        **fields,
    )
    world.pull("jira")
    return world


def nudged(world):
    """Whom the bot reminded of an update, in order: day, stage, person."""
    return [tuple(key.split(":")[2:]) for key in world.keys("nudge-update:")]


def test_a_ticket_of_level_one_opens_a_channel_with_those_who_have_it(world):
    incident(world)

    said = world.channel(ROOM).shows("Login loop after 10.4.1", "Acme, L1")
    assert "Ana Doe has it" in said
    assert "Nobody was paged." in said
    assert {"ana", "bo", "cy", "di", "mara"} <= world.channel(ROOM).members()
    assert world.paged() == []
    world.channel(ROOM).shows("Understand", "Reporter told who has it")


def test_the_same_ticket_seen_again_opens_nothing_more(world):
    incident(world)
    for _ in range(3):
        world.pull("jira")
    world.jira.edit("MM-1", summary="Login loop after 10.4.1 and 10.4.2")
    world.pull("jira")

    assert len(world.keys("incident:")) == 1
    assert len(world.events("IncidentDeclared")) == 1


def test_an_update_that_does_not_come_is_asked_of_owner_then_primary_then_lead(world):
    incident(world)
    world.pass_time(until="2026-11-30 15:59")
    assert nudged(world) == []
    world.pass_time(minutes=1)
    assert nudged(world) == [("2026-11-30", "1", "ana")]
    world.user("ana").sees("has had no update", "[Nothing new]")
    world.pass_time(hours=2)
    assert any("cy" in person for _, stage, person in nudged(world) if stage == "2")
    assert any("Still no update on" in said for said in world.channel(ROOM).thread("Acme, L1"))
    world.pass_time(hours=2)
    assert ("2026-11-30", "3", "mara") in nudged(world)
    count = len(nudged(world))
    world.pass_time(until="2026-12-01 15:59")
    assert len(nudged(world)) == count


def by_command(world):
    assert "Posted" in world.user("ana").says("/set update MM-1 fix is in review")


def by_command_in_the_channel(world):
    assert "Posted" in world.user("ana").says("/set update fix is in review", channel=ROOM)


def by_post(world):
    world.user("ana").says("#status fix is in review", channel=ROOM)


def by_jira_comment(world):
    world.jira.comment("MM-1", "jira-bo", "fix is in review")
    world.pull("jira")


@pytest.mark.parametrize("how", [by_command, by_command_in_the_channel, by_post, by_jira_comment])
@pytest.mark.parametrize("when", ["2026-11-30 14:00", "2026-11-30 17:00"])
def test_an_update_before_or_after_due_ends_the_nudges_of_its_day(world, how, when):
    incident(world)
    world.pass_time(until=when)
    how(world)
    before = len(nudged(world))
    world.pass_time(until="2026-12-01 15:59")

    assert len(nudged(world)) == before
    world.channel(ROOM).shows("Acme, L1", "Last update")
    world.pass_time(minutes=1)
    assert len(nudged(world)) == before + 1


def test_nobody_is_nudged_for_what_is_done_by_the_time_it_can_be_sent(world):
    incident(world)
    world.pass_time(until="2026-11-30 15:59")
    world.chat.faults.down = True
    world.pass_time(minutes=1)
    world.jira.comment("MM-1", "jira-bo", "fix is in review")
    world.pull("jira")
    world.chat.faults.down = False
    world.pass_time(minutes=30)

    assert nudged(world) == []


def test_words_that_are_no_update_end_nothing(world):
    incident(world)
    world.user("ana").says("I look at it", channel=ROOM)
    world.user("sue").says("#status is it fixed?", channel=SET)
    world.jira.comment("MM-1", "jira-gus", "of another team")
    world.pull("jira")
    world.pass_time(until="2026-11-30 16:00")

    assert len(nudged(world)) == 1


def test_nothing_new_counts_twice_then_words_are_wanted(world):
    incident(world)
    for day in ("2026-11-30", "2026-12-01"):
        world.pass_time(until=f"{day} 16:00")
        assert "Noted: nothing new" in world.user("ana").clicks("Nothing new")
        assert not any("[Nothing new]" in said for said in world.user("ana").posts())
    world.pass_time(until="2026-12-02 16:00")
    world.user("ana").sees("“Nothing new” was said twice already: this one wants words.")
    assert not any("[Nothing new]" in said for said in world.user("ana").posts())
    by_command(world)
    count = len(nudged(world))
    world.pass_time(until="2026-12-03 15:00")
    assert len(nudged(world)) == count


def test_outside_of_working_hours_only_level_one_is_nudged(world):
    incident(world, level="Major", assignee="jira-cy")
    world.pass_time(until="2026-11-30 17:59")

    assert ("2026-11-30", "1", "cy") in nudged(world)  # 10:00 in New York
    world.pass_time(until="2026-12-01 06:00")
    assert ("2026-11-30", "3", "mara") not in nudged(world)  # 20:00 in Berlin
    world.pass_time(until="2026-12-01 08:01")
    assert [one for one in nudged(world) if one[2] == "mara"] == [("2026-11-30", "3", "mara")]


def test_level_three_owes_nothing_and_has_no_channel(world):
    incident(world, level="Medium")
    world.pass_time(hours=30)

    assert nudged(world) == []
    assert world.keys("incident:") == []


def test_a_ticket_that_becomes_worse_begins_to_owe(world):
    incident(world, level="Medium")
    world.jira.edit("MM-1", level="Critical")
    world.pull("jira")
    world.pass_time(until="2026-11-30 16:00")

    assert len(nudged(world)) == 1


def test_the_new_assignee_owes_the_update(world):
    incident(world)
    world.jira.assign("MM-1", "jira-bo")
    world.pull("jira")
    world.pass_time(until="2026-11-30 16:00")

    assert nudged(world) == [("2026-11-30", "1", "bo")]
    world.channel(ROOM).shows("Bo Doe has it")


def test_where_support_runs_it_already_its_channel_is_used_and_its_updates_count(world):
    world.chat.add_channel("acme", "support-acme", "Acme")
    world.chat.join("support-acme", "sue", "ana", "setflow")
    run = world.chat.playbooks.start("MM-1: Acme login", channel="support-acme", owner="sue")
    world.pull("plugin")
    incident(world)

    world.channel("support-acme").shows("Login loop after 10.4.1", "Nobody was paged.")
    names = [channel.name for channel in world.chat.server.channels.values()]
    assert ROOM not in names
    world.pass_time(until="2026-11-30 15:00")
    world.chat.playbooks.update(run, username="sue", message="Customer has a workaround")
    world.pull("plugin")
    world.pass_time(until="2026-12-01 15:00")
    assert nudged(world) == []


def test_page_set_pages_the_crew_up_the_ladder_and_the_post_says_who_was_paged(world):
    incident(world)
    world.chat.join(ROOM, "eve")
    assert "The crew is paged" in world.user("eve").clicks("Page the crew", channel=ROOM)

    assert world.paged() == ["ana"]
    world.channel(ROOM).shows("Paged: Ana Doe.")
    world.channel(ROOM).does_not_show("Nobody was paged.")
    world.pass_time(minutes=5)
    world.user("bo").clicks("Acknowledge")
    world.channel(ROOM).shows("Paged: Ana Doe and Bo Doe.")
    world.user("bo").sees("MM-1: Login loop after 10.4.1")


def test_when_the_ticket_is_resolved_the_incident_is_over_and_nobody_is_nudged(world):
    incident(world)
    world.pass_time(until="2026-11-30 16:00")
    world.jira.transition("MM-1", "Done")
    world.pull("jira")
    count = len(nudged(world))
    world.pass_time(hours=48)

    world.channel(ROOM).shows("Login loop after 10.4.1", "over since 16:00")
    assert len(nudged(world)) == count
    world.channel(ROOM).shows("Over", "Customer confirms that it is over")
    assert "No open incident is meant" in world.user("ana").says("/set update more", channel=ROOM)


def test_while_the_search_of_jira_lags_nothing_is_missed(world):
    incident(world)
    world.pass_time(until="2026-11-30 14:00")
    world.jira.lag = timedelta(seconds=90)
    world.jira.comment("MM-1", "jira-ana", "still on it")
    world.pull("jira")
    world.pass_time(minutes=2)
    world.pass_time(until="2026-11-30 23:00")

    assert nudged(world) == []
