"""What people are told of their own duties, the user group, and the header beside them."""

import pytest

from setflow import engine
from setflow.db import transaction
from tests.acceptance.world import BOT, OPS, SET, World, at, file

GROUP = file().replace(f"    channel: {SET}\n", f"    channel: {SET}\n    group: set-oncall\n")


def notices(world: World, name: str) -> list[str]:
    """What somebody was told of their duties, oldest first."""
    return [
        post.message
        for post in world.chat.direct(name)
        if str(post.props.get("setflow_key", "")).startswith("notice:")
    ]


def stand_in(world: World, start: str, end: str, *, settle: bool = True) -> None:
    """Eve is put on ana's seat, by the lead."""
    asked = engine.AddOverride("set.emea.primary", "eve", at(start), at(end), "mara")
    with transaction(world.db) as tx:
        engine.handle(tx, [asked], now=world.now)
    if settle:
        world.settle()


@pytest.fixture
def early(bare: World) -> World:
    """Saturday before the first crew's first week."""
    bare.now = at("2026-11-28 12:00")
    bare.apply()
    return bare


def test_a_week_is_told_ahead_when_it_begins_when_it_turns_and_when_it_is_over(early):
    early.pass_time(until="2026-11-30 08:01")
    beside = "Beside you: backup Bo Doe · lead Mara Doe."
    week = "SET primary (EMEA) until Sun 6 Dec 20:00, in its hours (first 08:00 – 20:00)."
    assert notices(early, "ana") == [
        f"**You are on from Mon 08:00**: {week} {beside} If you cannot: `/set cover`. "
        "Which of these you get: `/set notices`.",
        f"**You are on from 08:00**, in 30 min: {week.replace('6 Dec ', '')} {beside} "
        "If you cannot: `/set cover`.",
        f"**You are on now**: {week.replace('6 Dec ', '')} {beside}",
    ]
    early.alert()
    early.user("ana").clicks("Acknowledge")
    early.pass_time(until="2026-12-14 08:01")
    backup = "SET backup (EMEA) until {}, in its hours (first 08:00 – 20:00)."
    beside = "Beside you: primary Bo Doe · lead Mara Doe."
    assert notices(early, "ana")[3:] == [
        f"**From Mon 08:00 you are** {backup.format('Sun 13 Dec 20:00')} {beside}",
        f"**From now on you are** {backup.format('Sun 20:00')} {beside}",
        "**You are relieved** as SET backup (EMEA). Fay Doe has it from Mon 08:00. "
        "Open on your name, and yours until over: #1 Checkout API down.",
    ]
    assert notices(early, "mara")[-1] == "**You are relieved** as SET lead. Max Doe has it now."
    # Cy lives by New York's clock.
    assert (
        "until Sun 6 Dec 20:00, in its hours (first 14:00 – 02:00)" not in notices(early, "cy")[0]
    )
    assert "from Mon 14:00" in notices(early, "cy")[0]


def test_who_is_displaced_in_between_hears_who_has_it_and_nothing_that_is_no_longer_so(early):
    early.pass_time(until="2026-12-01 09:00")
    stand_in(early, "2026-12-01 13:00", "2026-12-02 13:00")
    early.pass_time(until="2026-12-02 13:00")
    assert notices(early, "ana")[3:] == [
        "**You are relieved** as SET primary (EMEA). Eve Doe has it now; you have it again "
        "from Wed 13:00.",
        "**You are on from 13:00**, in 30 min: SET primary (EMEA) until Sun 20:00, in its hours "
        "(first 13:00 – 20:00). Beside you: backup Bo Doe · lead Mara Doe. "
        "If you cannot: `/set cover`.",
        "**You are on now**: SET primary (EMEA) until Sun 20:00, in its hours "
        "(first 13:00 – 20:00). Beside you: backup Bo Doe · lead Mara Doe.",
    ]
    # Four hours ahead she was asked; a day's notice would be one of yesterday.
    eve = notices(early, "eve")
    assert [one.split("**")[1] for one in eve] == [
        "You are on from 13:00",
        "You are on now",
        "You are relieved",
    ]
    assert eve[-1] == "**You are relieved** as SET primary (EMEA). Ana Doe has it now."


def test_what_was_decided_is_not_said_once_it_is_no_longer_so(early):
    early.pass_time(until="2026-11-30 07:20")
    early.chat.faults.down = True
    early.pass_time(until="2026-11-30 07:31")
    stand_in(early, "2026-11-30 08:00", "2026-11-30 12:00", settle=False)
    early.chat.faults.down = False
    early.pass_time(until="2026-11-30 07:40")
    assert len(notices(early, "bo")) == 2
    assert len(notices(early, "ana")) == 1


def test_late_notices_say_so_and_older_ones_are_left_out(early):
    early.pass_time(until="2026-11-29 09:00")
    early.stand_still(hours=23, minutes=40)
    early.settle()
    (_, last) = notices(early, "ana")
    assert last.startswith("**You are on since 08:00**: SET primary (EMEA) until Sun 20:00")
    assert last.endswith("This comes 40 min late.")
    early.stand_still(days=12, hours=18)
    early.settle()
    assert len(notices(early, "ana")) == 2


def test_everybody_chooses_which_they_get(early):
    ana = early.user("ana")
    assert ana.says("/set notices") == (
        "I write to you:\n- **on** · `day`: a day before you are on\n"
        "- **on** · `soon`: 30 minutes before\n- **on** · `on`: when you are on\n"
        "- **on** · `relieved`: when you are relieved, with who has it now\n"
        "Change it with `/set notices off relieved` or `/set notices on day`."
    )
    assert "- off · `day`" in ana.says("/set notices off day, soon")
    assert "- **on** · `soon`" in ana.says("/set notices on soon")
    assert 'did you mean "relieved"' in ana.says("/set notices off releived")
    assert "`/set notices on` or" in ana.says("/set notices never")
    early.pass_time(until="2026-11-30 08:01")
    assert [one.split("**")[1] for one in notices(early, "ana")] == [
        "You are on from 08:00",
        "You are on now",
    ]
    assert len(notices(early, "bo")) == 3
    assert ana.says("/set notices off").count("- off") == 4
    assert ana.says("/set notices on").count("- off") == 0


def test_the_user_group_follows_who_is_on(world):
    world.chat.server.licensed = True
    world.apply(GROUP)
    assert world.chat.group("set-oncall") == {"ana", "bo", "cy", "mara"}
    stand_in(world, "2026-11-30 16:00", "2026-11-30 18:00")
    world.pass_time(until="2026-11-30 16:00")
    assert world.chat.group("set-oncall") == {"eve", "bo", "cy", "mara"}
    world.pass_time(until="2026-11-30 20:00")
    assert world.chat.group("set-oncall") == {"ana", "cy", "di", "mara"}


@pytest.mark.parametrize("licensed", [False, True])
def test_where_the_server_does_not_let_a_group_be_kept_it_is_said_once(world, licensed):
    server = world.chat.server
    server.licensed = licensed
    server.no_groups.add(server.named(BOT).id)
    world.apply(GROUP)
    world.pass_time(until="2026-11-30 20:00")
    why = (
        "the bot may not manage user groups; an admin can give it the permissions for custom "
        "groups (create, manage members, restore)"
        if licensed
        else "this Mattermost server has no licence for user groups"
    )
    assert world.channel(OPS).posts() == [
        f"The user group of set is not kept in step: {why}. setflow goes on without it, and tries "
        "again when others are on."
    ]
    assert world.rows("select id from outbox where dead_at is not null") == []
    server.licensed = True
    server.no_groups.clear()
    world.pass_time(until="2026-12-01 08:00")
    assert world.chat.group("set-oncall") == {"ana", "bo", "cy", "mara"}


def test_the_header_follows_a_stand_in_whose_hours_open_later(world):
    stand_in(world, "2026-11-30 21:00", "2026-12-01 12:00")
    world.pass_time(until="2026-11-30 20:59")
    assert "Ana (EMEA)" in world.header()
    world.pass_time(until="2026-11-30 21:00")
    assert "Eve (EMEA)" in world.header()
    world.pass_time(until="2026-12-01 12:00")
    assert "Ana (EMEA)" in world.header()
