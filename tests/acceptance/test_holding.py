"""Somebody has an alert: puts it off, hands it on, gets help, is asked whether they still do."""

from tests.acceptance.world import SET, file


def timed(world):
    """The world with a ladder that asks after half an hour."""
    world.apply(file().replace("    rounds: 1\n", "    rounds: 1\n    ack_timeout: 30m\n", 1))
    world.alert()
    world.user("ana").clicks("Acknowledge")
    return world


def test_help_comes_from_the_next_step_and_the_owner_keeps_it(world):
    world.alert()
    world.user("ana").clicks("Acknowledge")
    said = world.user("ana").clicks("Get help")

    assert said == "The next step is paged to help you; you keep it."
    world.user("bo").sees("Ana Doe has it and asks for your help", "[On my way]")
    world.channel(SET).shows("Ana Doe has it since 11:00 (0 s); Bo Doe asked to help")
    world.user("bo").reacts("+1")
    world.user("ana").sees("you have it since 11:00. Bo Doe is with you.")
    world.user("bo").sees("Ana Doe has it, and you are with them")
    world.pass_time(hours=1)
    assert world.paged() == ["ana", "bo"]


def test_an_alert_is_handed_on_and_taken_back(world):
    world.alert()
    world.user("ana").clicks("Acknowledge")
    said = world.user("ana").says("/set hand @cy")

    assert said == "Cy Doe is asked to take #1 Checkout API down; until then it stays with you."
    world.user("cy").clicks("Not me")
    world.user("ana").sees("Cy Doe does not take **Checkout API down (P1)**: it stays with you.")
    assert world.user("ana").says("/set hand 1 @bo").startswith("Bo Doe is asked")
    world.pass_time(minutes=10)
    world.user("ana").sees("Bo Doe has not answered", "stays with you")
    world.user("di").clicks("Take over", channel=SET)
    world.user("ana").sees("Di Doe has taken **Checkout API down (P1)** over from you")
    world.channel(SET).shows("Di Doe has it since 11:10")
    assert world.user("ana").clicks("Take it back").startswith("It is yours; `/set backup`")
    assert "Say to whom" in world.user("ana").says("/set hand bo")
    assert "not among the people" in world.user("ana").says("/set hand @nobody")
    assert world.dead() == []


def test_who_is_not_heard_after_the_timeout_loses_it_to_the_ladder(world):
    timed(world).pass_time(minutes=30)
    world.user("ana").sees("are you still on it? You have had it for 30 min.", "**11:35**")
    assert world.user("ana").clicks("Still on it") == "Noted: you are still on it."
    world.pass_time(minutes=20)
    world.user("ana").replies("the cause is found")
    world.pass_time(minutes=35)

    assert world.paged() == ["ana", "ana"]
    world.user("ana").sees("you had it and were not heard", "[Acknowledge]")
    world.channel(SET).shows("Ana Doe had it and was not heard by 12:25", "Bo Doe at 12:30")
    world.channel(SET).shows("it goes on in its newest post")
    assert "is none" not in world.user("ana").says("/set unack 1")


def test_a_snoozed_alert_comes_back_to_who_snoozed_it_then_to_the_ladder(world):
    world.alert()
    world.user("ana").clicks("Acknowledge")
    assert "can be snoozed by Ana Doe" in world.user("fay").says("/set snooze 1 2h")
    assert "Say how long or until when" in world.user("mara").says("/set snooze 1 soonish")
    said = world.user("mara").says("/set snooze 1 until 15:00")

    assert said == "#1 Checkout API down is snoozed until 15:00; it then comes back to you."
    world.user("ana").sees("Mara Doe has snoozed", "which you had, until 15:00")
    world.channel(SET).shows("Mara Doe snoozed it until 15:00", "[Take it now]")
    world.pass_time(until="2026-11-30 15:05")
    assert world.paged() == ["ana", "mara", "ana"]
    world.user("mara").sees("back from your snooze", "goes to Ana Doe")
    world.channel(SET).shows("back at 15:00, snoozed by Mara Doe", "Ana Doe paged 15:05")

    world.user("ana").clicks("Acknowledge")
    assert "snoozed until 16:05" in world.user("ana").clicks("Snooze 1 h")
    assert world.user("ana").says("/set unack").endswith("it pages again, without you.")
    assert world.paged()[-1] == "bo"
    answer = world.api("/alerts/1/snooze", person="mara", until="2026-11-30T20:00:00+01:00")
    assert answer.status_code == 200
    world.channel(SET).shows("Mara Doe snoozed it until 20:00")
    assert world.api("/alerts/1/snooze", person="mara").status_code == 409


def test_a_group_takes_turns_and_a_step_waits_for_its_condition(world):
    text = file().replace(
        "- {page: [set.primary], wait: 5m}",
        "- {page: [group:dev-leads], turn: round-robin, wait: 5m}",
        1,
    )
    text = text.replace(
        "page: [set.backup], wait: 5m", "page: [set.backup], wait: 5m, when: '!now.business'", 1
    )
    world.apply(text)
    for title in ("one", "two", "three"):
        world.alert(title)

    assert world.paged() == ["mara", "max", "mara"]
    world.pass_time(minutes=5)
    assert world.paged()[3:] == ["mara"]  # the lead, next; max's turn aside
    world.channel(SET).shows("two", "a step passed over 11:05 (it is for !now.business)")


def test_what_is_handed_back_is_not_lost_to_opsgenie_s_older_word(world):
    world.opsgenie.create("Login slow", alias="login", priority="P1")
    world.pull("opsgenie")
    world.user("ana").clicks("Acknowledge")
    world.pull("opsgenie")
    world.user("ana").clicks("Hand back")
    world.pull("opsgenie")
    world.pass_time(minutes=5)

    assert world.paged() == ["ana", "bo", "mara"]


def test_where_everybody_must_acknowledge_each_sees_who_is_missing(world):
    first = "- {page: [set.primary, set.backup], wait: 5m, all: true, repeat: 2m}"
    world.apply(file().replace("- {page: [set.primary], wait: 5m}", first, 1))
    world.alert()
    world.user("ana").sees("If not everybody acknowledges by **11:05**")
    world.user("ana").clicks("Acknowledge")

    world.user("ana").sees("you have acknowledged; it still waits for Bo Doe")
    world.channel(SET).shows("Ana Doe acknowledged, Bo Doe not yet", "Nobody has it yet")
    world.pass_time(minutes=2)
    assert world.paged() == ["ana", "bo", "bo"]
    world.user("bo").clicks("Acknowledge")
    world.channel(SET).shows("Bo Doe has it since 11:02 (2 min), with Ana Doe")
    world.user("ana").sees("Bo Doe has it, and you are with them")
    assert world.dead() == []


def test_in_a_maintenance_alerts_are_shown_and_page_at_its_end_if_they_still_fire(world):
    assert "an admin or a lead: ask Mara Doe" in world.user("fay").says(
        "/set maintenance prometheus now 12:00"
    )
    said = world.user("mara").says("/set maintenance prometheus now 12:00")
    assert said.startswith("Alerts of prometheus page nobody, ")
    assert "/set maintenance end 1" in said
    world.alert("one")
    world.alert("two")
    world.channel(SET).shows("one", "held until 12:00 by maintenance (prometheus, by Mara Doe)")
    world.pass_time(minutes=30)
    world.alert("two", status="resolved")
    world.channel(SET).shows("two", "over since 11:30", "it came and went in maintenance")
    assert world.paged() == []

    world.pass_time(minutes=30)
    assert world.paged() == ["ana"]
    world.user("ana").sees("one", "held until 12:00 by maintenance")
    assert "No maintenance is open" in world.user("ana").says("/set maintenance")

    world.user("mara").says("/set maintenance set.primary now 18:00")
    world.alert("three")
    assert "**2** set.primary, by Mara Doe" in world.user("ana").says("/set maintenance")
    assert world.paged() == ["ana"]
    assert "pages now" in world.user("mara").says("/set maintenance end 2")
    assert world.paged() == ["ana", "ana"]
    for words in ("end", "end 9", "prometheus", "prometheus later", "x now 2027-12-01"):
        said = world.user("mara").says(f"/set maintenance {words}")
        assert "set maintenance" in said or "FROM and TO" in said or "31 days" in said


def test_a_maintenance_of_the_file_holds_what_it_names(world):
    window = "{name: backup, source: prometheus, each: each day 10:30, for: 1h, when: '%s'}"
    more = "maintenance: [" + window % 'alert.priority != "P1"' + "]"
    world.apply(file(more=more))
    world.alert("loud")
    world.alert("quiet", priority="P2")

    assert world.paged() == ["ana"]
    world.channel(SET).shows("quiet", "held until 11:30 by maintenance (backup)")
