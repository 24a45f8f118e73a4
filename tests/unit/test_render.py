import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from setflow import signature
from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Post
from setflow.adapters.mattermost.render import render, stood_down, title_and_body
from setflow.adapters.mattermost.text import (
    cut,
    escape,
    escape_lines,
    listed,
    safe_url,
    span,
    splice,
    when,
)
from setflow.effects import (
    DeadLetter,
    EndNudge,
    Invite,
    NudgeTask,
    NudgeUpdate,
    PageChannel,
    PagePerson,
    RemindChannel,
    RulePost,
    ShowAlert,
    ShowHandover,
    ShowHeader,
    ShowIncident,
    ShowRun,
    ShowUpdate,
    TellOverride,
    UpdatePage,
    Warn,
)
from setflow.facts import (
    AlertFacts,
    Change,
    DeadLetterFacts,
    EndedNudgeFacts,
    HandoverFacts,
    HandoverItem,
    HeaderFacts,
    IncidentFacts,
    InviteFacts,
    OverrideFacts,
    PageFacts,
    Passed,
    RulePostFacts,
    RunFacts,
    TaskFacts,
    TaskNudgeFacts,
    UpdateFacts,
    UpdateNudgeFacts,
    WarnFacts,
    Who,
)

KEY = b"k" * 32
BERLIN, TORONTO = ZoneInfo("Europe/Berlin"), ZoneInfo("America/Toronto")
ANA, BO, MARA = (
    Who("ana", "Ana", "ana.ruiz"),
    Who("bo", "Bo", "bo.l"),
    Who("mara", "Mara", "mara"),
)
ZERO = "\u200b"
FENCES = "\u2061\u2062\u2063\u2064"


def at(clock: str, day: int = 3) -> datetime:
    """A time of day in Berlin, on a day of December 2026 (the 3rd is a Thursday)."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 12, day, hour, minute, tzinfo=BERLIN).astimezone(UTC)


ALERT = AlertFacts(
    id=5,
    nth=1,
    title="Checkout API down for Acme",
    priority="L1",
    source="support mail",
    url="https://alerts.example.com/5",
    details={"region": "eu-central"},
    status="firing",
    count=1,
    fired_at=at("3:12"),
    zone=BERLIN,
    channel="setflow-ops",
    passed=(Passed(at("3:12"), (ANA,)),),
    next_at=at("3:17"),
    next_people=(BO,),
)
PAGE = PageFacts(
    alert=ALERT,
    person=ANA,
    zone=BERLIN,
    method="mattermost",
    to="ana.ruiz",
    seat="SET primary (EMEA)",
    until=at("20:00"),
    wanted=True,
    mine=False,
    late_seconds=0,
    folded=0,
    again=False,
)
PAGED = PagePerson(5, 1, 0, 0, "ana", "mattermost")
SHOWN = ShowAlert(5, 1, 1)
HAD_BY_BO = replace(ALERT, status="acknowledged", owner=BO, owned_at=at("3:19"), next_at=None)
OVER = replace(HAD_BY_BO, status="resolved", closed_at=at("3:40"), closed_by="Bo")
INCIDENT = IncidentFacts(
    id=3,
    key="MM-58112",
    url="https://jira.example.com/browse/MM-58112",
    title="log-in loop",
    customer="Acme",
    level="L1",
    channel="incident-mm-58112",
    zone=BERLIN,
    owner=ANA,
    opened_at=at("9:00", 1),
    paged=(),
    last_update_at=at("16:02", 1),
    last_update_by="Ana",
    due_at=at("16:00"),
    owed=True,
    closed_at=None,
)
NUDGE = UpdateNudgeFacts(INCIDENT, (ANA,), BERLIN, stage=1, by="dm", words_wanted=False)
TASKS = (
    TaskFacts("owners", "Owners settled", "lead", (MARA,), at("12:00", 1), "open"),
    TaskFacts("pager", "Test page acknowledged", "primary", (ANA,), at("13:00"), "open"),
)
RUN = RunFacts(
    id=9,
    playbook="set-cycle",
    version="1",
    title="SET week 48",
    phase="start",
    phase_title="Start",
    channel="sustained-engineering",
    zone=BERLIN,
    tasks=TASKS,
    summary="Ana, Bo · Cy, Di · lead Mara",
    started_at=at("8:00"),
    ended_at=None,
)
HANDOVER = HandoverFacts(
    run=9,
    title="SET week 48",
    channel="sustained-engineering",
    zone=BERLIN,
    outgoing=(ANA, BO),
    incoming=(MARA,),
    handoff_at=at("8:00", 14),
    tickets=(
        HandoverItem(
            "MM-1", "https://j.example.com/MM-1", "Slow", "L3", "Ana", False, at("9:00", 2)
        ),
    ),
    incidents=(),
)
DEAD = DeadLetterFacts(
    effect=77,
    what="post to ~acme-incident",
    page=False,
    error="403: the bot is not a member",
    since=at("2:52"),
    tries=8,
    waiting=3,
    zone=BERLIN,
)
OVERRIDE = OverrideFacts(
    id=4,
    person=ANA,
    seat="SET primary",
    stand_in=BO,
    displaced=(ANA,),
    by="Mara",
    start=at("13:00"),
    end=at("13:00", 4),
    zone=BERLIN,
    undone=False,
    parts=(Change("set.primary", "SET primary", at("13:00"), at("13:00", 4), (ANA,), BO),),
)


def said(effect, facts, now="3:12") -> Post:
    return render(
        effect,
        facts,
        sign=lambda payload: signature.sign(KEY, payload),
        callback_url="https://setflow.example.com",
        now=now if isinstance(now, datetime) else at(now),
    )


def buttons(post: Post) -> dict:
    return {action["name"]: action for bar in post.attachments for action in bar.get("actions", ())}


def colour(post: Post) -> str:
    return post.attachments[0]["color"]


# pages


def test_a_page_says_what_where_from_why_them_and_what_happens_next():
    assert said(PAGED, PAGE).message == (
        "**Checkout API down for Acme (L1)** · from support mail, 03:12"
        " · you are SET primary (EMEA) until 20:00."
        " If nobody acknowledges by **03:17** it goes to Bo."
    )


def test_a_page_waits_in_red_with_buttons_and_a_link_to_its_source():
    post = said(PAGED, PAGE)
    assert colour(post) == RED
    assert list(buttons(post)) == ["Acknowledge", "Not me, escalate"]
    assert "[Open](https://alerts.example.com/5)" in post.attachments[0]["text"]


def test_a_page_tells_its_times_in_the_zone_of_its_receiver():
    message = said(PAGED, replace(PAGE, zone=TORONTO)).message
    assert "Wed 21:12" not in message
    assert "by **21:17**" in message


def test_a_page_that_is_theirs_says_since_when_and_how_it_ends():
    mine = replace(PAGE, alert=replace(HAD_BY_BO, owner=ANA, owned_at=at("3:14")), mine=True)
    post = said(UpdatePage("page:x", 5, 1, "ana", "mattermost", 2), mine, "3:20")
    assert "you have it since 03:14" in post.message
    assert colour(post) == AMBER
    assert list(buttons(post)) == ["Resolve", "Snooze 1 h", "Get help", "Hand back"]


def test_a_page_that_another_has_asks_nothing_of_its_receiver():
    page = replace(PAGE, alert=HAD_BY_BO, wanted=False)
    post = said(UpdatePage("page:x", 5, 1, "ana", "mattermost", 2), page, "3:20")
    assert post.message.endswith("— Bo has it since 03:19 (7 min).")
    assert (colour(post), buttons(post)) == (GREY, {})


def test_a_page_for_what_is_over_is_green():
    post = said(PAGED, replace(PAGE, alert=OVER, wanted=False), "3:50")
    assert post.message.endswith("— over since 03:40, said Bo.")
    assert colour(post) == GREEN


def test_whoever_is_stood_down_is_told_who_has_it():
    post = stood_down(replace(PAGE, alert=HAD_BY_BO, wanted=False), at("3:20"))
    assert "Bo has it since 03:19" in post.message
    assert post.message.endswith("Nothing more for you to do.")


def test_a_late_page_says_how_late_it_is_and_what_is_folded_into_it():
    message = said(PAGED, replace(PAGE, late_seconds=1500, folded=2)).message
    assert message.endswith("This page comes 25 min late; 2 earlier steps are folded into it.")


def test_a_page_a_minute_late_says_nothing_of_it():
    assert "late" not in said(PAGED, replace(PAGE, late_seconds=60)).message


def test_a_repeated_page_says_that_it_is_one():
    assert said(PAGED, replace(PAGE, again=True)).message.endswith(
        "A repeat: it may have reached you before."
    )


def test_whoever_is_next_again_is_told_so_and_not_in_the_third_person():
    message = said(PAGED, replace(PAGE, alert=replace(ALERT, next_people=(ANA,)))).message
    assert message.endswith("If nobody acknowledges by **03:17** you are paged again.")


def test_the_last_of_a_ladder_is_told_that_nobody_comes_after():
    message = said(PAGED, replace(PAGE, alert=replace(ALERT, next_at=None))).message
    assert message.endswith("Nobody comes after you.")


# the channel's post


def test_the_channel_sees_who_was_not_reached_who_is_paged_and_who_is_next():
    alert = replace(
        ALERT,
        passed=(Passed(at("3:12"), (ANA,)), Passed(at("3:17"), (BO,))),
        next_at=at("3:22"),
        next_people=(MARA,),
    )
    assert said(SHOWN, alert, "3:18").message == (
        "**Checkout API down for Acme (L1)** — "
        "Ana not reached (03:12), Bo paged 03:17, Mara at 03:22"
    )


def test_the_channel_sees_which_seat_was_empty():
    alert = replace(ALERT, passed=(Passed(at("3:12"), (MARA,), ("SET backup (EMEA)",)),))
    assert "SET backup (EMEA) empty (03:12), Mara paged 03:12" in said(SHOWN, alert).message


def test_the_channel_sees_who_has_it_and_how_long_that_took():
    post = said(SHOWN, HAD_BY_BO, "3:20")
    assert post.message.endswith("— Bo has it since 03:19 (7 min)")
    assert (colour(post), list(buttons(post))) == (AMBER, ["Resolve", "Take over"])


def test_the_channel_names_people_plainly_and_its_clock_once():
    post = said(SHOWN, ALERT)
    assert (post.mentions, "@" in post.message) == ((), False)
    assert post.attachments[0]["footer"] == "Berlin time"


def test_a_climb_with_many_steps_shows_the_last_four():
    steps = tuple(Passed(at(f"3:{minute}"), (ANA,)) for minute in range(10, 20))
    message = said(SHOWN, replace(ALERT, passed=steps), "3:20").message
    assert "— … Ana not reached (03:16)" in message
    assert "03:15" not in message


def test_what_opsgenie_pages_for_offers_no_step_up():
    post = said(SHOWN, replace(ALERT, mirrored=True, passed=()))
    assert "OpsGenie pages for it since 03:12" in post.message
    assert list(buttons(post)) == ["Acknowledge"]


def test_an_alert_that_is_over_has_no_buttons():
    post = said(SHOWN, OVER, "3:50")
    assert (colour(post), buttons(post)) == (GREEN, {})


def test_the_end_of_the_ladder_notifies_those_paged_last():
    post = said(RemindChannel(5, 1, 1), replace(ALERT, nobody=True, next_at=None), "3:52")
    assert post.message.startswith("Still nobody has **Checkout API down for Acme (L1)**")
    assert "after 40 min. @ana.ruiz" in post.message
    assert post.mentions == ("ana.ruiz",)


def test_a_step_that_names_a_channel_calls_everybody_in_it_once():
    effect = PageChannel(5, 1, 0, 2, "sre", late_seconds=300, folded=1)
    post = said(effect, ALERT, "3:17")
    assert "@channel: whoever can, take it." in post.message
    assert post.message.endswith("5 min late; 1 earlier step is folded into it.")
    assert post.mentions == ("channel",)
    assert "@channel" not in said(replace(effect, revision=1), ALERT, "3:17").message
    assert "@channel" not in said(effect, HAD_BY_BO, "3:20").message


def test_a_reminder_for_what_somebody_has_says_who():
    assert "Bo has it" in said(RemindChannel(5, 1, 1), HAD_BY_BO, "3:52").message


def test_a_step_up_is_asked_for_from_the_step_that_was_seen():
    post = said(SHOWN, replace(ALERT, round=1, step=2))
    context = buttons(post)["Escalate"]["integration"]["context"]
    assert {name: context[name] for name in ("do", "alert", "nth", "round", "step")} == {
        "do": "escalate",
        "alert": 5,
        "nth": 1,
        "round": 1,
        "step": 2,
    }


# incidents


def test_a_nudge_says_since_when_nothing_was_heard_and_until_when_it_is_due():
    post = said(NudgeUpdate(3, "2026-12-03", 1, ("ana",), "dm"), NUDGE, "9:00")
    assert post.message == (
        "[MM-58112](https://jira.example.com/browse/MM-58112) (Acme, L1) has had no update"
        " since **Tue 16:02**; one is due today by 16:00."
    )
    assert list(buttons(post)) == ["Post update", "Nothing new"]
    assert post.mentions == ("ana.ruiz",)


def test_after_two_times_nothing_new_only_words_are_taken():
    post = said(
        NudgeUpdate(3, "2026-12-03", 1, ("ana",), "dm"), replace(NUDGE, words_wanted=True), "9:00"
    )
    assert list(buttons(post)) == ["Post update"]
    assert "this one wants words" in post.message


def test_an_escalated_nudge_calls_all_of_the_role_and_says_who_is_told_next():
    nudge = replace(NUDGE, by="thread", people=(BO, ANA), next_at=at("18:00"), next_person=MARA)
    message = said(NudgeUpdate(3, "2026-12-03", 2, ("bo", "ana"), "thread"), nudge, "16:30").message
    assert message.startswith("Still no update on [MM-58112]")
    assert "— @bo.l @ana.ruiz." in message
    assert message.endswith("Mara is told at 18:00.")


def test_a_nudge_that_was_answered_says_by_whom_and_has_no_buttons():
    ended = EndedNudgeFacts(INCIDENT, BERLIN, "answered")
    post = said(EndNudge("nudge-update:3:2026-12-03:1:ana", 3, "answered"), ended, "16:30")
    assert post.message.startswith("✓ [MM-58112]")
    assert "has its update, by" in post.message
    assert buttons(post) == {}


@pytest.mark.parametrize(("why", "words"), [("missed", "no update came"), ("over", "is owed any")])
def test_a_nudge_that_came_to_nothing_says_so(why, words):
    post = said(EndNudge("n", 3, why), EndedNudgeFacts(INCIDENT, BERLIN, why), "16:30")
    assert words in post.message


def test_an_overdue_update_was_due():
    message = said(NudgeUpdate(3, "2026-12-03", 2, ("ana",), "dm"), NUDGE, "16:30").message
    assert message.endswith("; one was due 16:00.")


def test_an_incident_says_whether_anybody_was_paged():
    effect = ShowIncident(3, 1)
    nobody = said(effect, INCIDENT, "9:00")
    assert "Ana has it. Nobody was paged." in nobody.message
    assert list(buttons(nobody)) == ["Post update", "Page the crew"]
    paged = said(effect, replace(INCIDENT, paged=(ANA, BO)), "9:00")
    assert "Paged: Ana and Bo." in paged.message
    assert list(buttons(paged)) == ["Post update"]


@pytest.mark.parametrize(
    ("change", "bar"),
    [
        ({}, AMBER),
        ({"due_at": at("8:00")}, RED),
        ({"owner": None}, RED),
        ({"closed_at": at("8:00")}, GREEN),
    ],
)
def test_an_incident_is_red_while_it_waits_for_somebody(change, bar):
    assert colour(said(ShowIncident(3, 1), replace(INCIDENT, **change), "9:00")) == bar


def test_an_update_from_elsewhere_keeps_its_lines_and_loses_its_commands():
    update = UpdateFacts(INCIDENT, "Cause found.\n\n@all look", "Ana", "jira", at("9:00"))
    assert said(ShowUpdate(3, 1), update, "9:01").message == (
        f"**Update** by Ana (jira, 09:00):\nCause found.\n@{ZERO}all look"
    )


# runs, hand-overs and the rest


def test_a_checklist_has_a_line_a_task_and_a_button_for_each_in_order_of_due():
    post = said(ShowRun(9, "start", 1), RUN, "9:00")
    assert post.message == (
        "**SET week 48 — Start** · Ana, Bo · Cy, Di · lead Mara\n"
        "▢ Owners settled (Mara, Tue 12:00)\n"
        "▢ Test page acknowledged (Ana, 13:00)"
    )
    assert [action["id"] for action in buttons(post).values()] == ["done1", "done2"]


def test_a_checklist_says_what_changed_last():
    done = replace(TASKS[1], status="done", done_by="Ana", done_at=at("8:30"))
    post = said(ShowRun(9, "start", 2), replace(RUN, tasks=(TASKS[0], done)), "9:00")
    assert "✓ Test page acknowledged (Ana, 08:30)" in post.message
    assert post.attachments[0]["text"] == "1 of 2 done · last: Test page acknowledged"
    assert list(buttons(post)) == ["✓ Owners settled"]


@pytest.mark.parametrize(
    ("status", "bar"), [("open", AMBER), ("overdue", RED), ("done", GREEN), ("skipped", GREEN)]
)
def test_a_checklist_shows_its_state_by_its_bar(status, bar):
    run = replace(RUN, tasks=(replace(TASKS[0], status=status),))
    assert colour(said(ShowRun(9, "start", 2), run, "9:00")) == bar


def test_a_run_that_has_ended_offers_nothing():
    post = said(ShowRun(9, "start", 2), replace(RUN, ended_at=at("8:30")), "9:00")
    assert (colour(post), buttons(post)) == (GREY, {})


def test_a_skipped_task_says_why():
    task = replace(TASKS[0], status="skipped", note="the lead stays")
    message = said(ShowRun(9, "start", 2), replace(RUN, tasks=(task,)), "9:00").message
    assert message.endswith("– Owners settled: skipped — the lead stays")


def test_a_long_checklist_is_counted_and_not_listed():
    tasks = tuple(replace(TASKS[0], id=f"t{n}") for n in range(100))
    post = said(ShowRun(9, "start", 1), replace(RUN, tasks=tasks), "9:00")
    assert post.message.endswith("… and 60 more")
    assert len(post.attachments[0]["actions"]) == 5


def test_a_task_nudge_says_what_and_since_when():
    nudge = TaskNudgeFacts(9, "SET week 48", TASKS[0], MARA, BERLIN, 1)
    post = said(NudgeTask(9, "owners", "", "mara", 1), nudge, "9:00")
    assert post.message == "**Owners settled** (SET week 48) was due **Tue 12:00**."
    assert buttons(post)["Done"]["integration"]["context"]["task"] == "owners"


def test_a_hand_over_names_what_has_no_owner_in_the_incoming_crew():
    post = said(ShowHandover(9), HANDOVER, "9:00")
    assert post.message == (
        "**Hand-over: SET week 48** — Ana and Bo to @mara at Mon 14 Dec 08:00.\n\n"
        "**Incidents: none**\n\n"
        "**Tickets: 1**\n"
        "- **[MM-1](https://j.example.com/MM-1)** Slow · L3 · owner Ana"
        " — **needs an owner in the incoming crew** · last word Wed 09:00"
    )
    assert (colour(post), post.mentions) == (RED, ("mara",))


@pytest.mark.parametrize(
    ("person", "what", "starts"),
    [
        (ANA, "displaced", "Bo stands in for you as SET primary, 13:00 – Fri 13:00, arranged"),
        (BO, "stands-in", "You stand in for Ana as SET primary, 13:00 – Fri 13:00, arranged"),
    ],
)
def test_an_override_is_told_to_both_in_their_own_words_and_can_be_undone(person, what, starts):
    post = said(TellOverride(4, person.name, what), replace(OVERRIDE, person=person), "9:00")
    assert post.message.startswith(starts)
    assert buttons(post)["Undo"]["integration"]["context"]["override"] == 4


def test_an_override_that_was_undone_says_so_and_offers_nothing():
    post = said(TellOverride(4, "ana", "undone"), replace(OVERRIDE, undone=True), "9:00")
    assert post.message.startswith("Undone by Mara: Bo stands in for you as SET primary")
    assert buttons(post) == {}


def test_a_dead_letter_says_what_for_how_long_why_and_what_waits():
    post = said(DeadLetter(77, 1), DEAD)
    assert post.message == (
        f"Could not post to ~{ZERO}acme-incident for 20 min"
        " (tried 8 times: 403: the bot is not a member). 3 messages wait behind it."
    )
    assert list(buttons(post)) == ["Retry", "Drop"]


def test_a_page_among_the_dead_letters_cannot_be_dropped():
    assert list(buttons(said(DeadLetter(77, 1), replace(DEAD, page=True)))) == ["Retry"]


def test_an_invitation_names_those_invited():
    facts = InviteFacts("incident-1", (ANA, BO), "the incoming crew")
    post = said(Invite("incident-1", ("ana", "bo"), "x", "m"), facts)
    assert post.message == "@ana.ruiz @bo.l — the incoming crew."


# whatever is posted


def everything(text: str):
    """Every effect with `text` wherever something from outside can stand."""
    who = Who("ana", text, "ana.ruiz")
    alert = replace(
        ALERT,
        title=text,
        priority=text,
        source=text,
        url=text,
        details={f"{number}{text}": text for number in range(9)},
        owner=who,
        owned_at=at("3:14"),
        closed_by=text,
        passed=(Passed(at("3:12"), (who,), (text,)),),
        next_people=(who,),
    )
    incident = replace(
        INCIDENT,
        key=text,
        url=text,
        title=text,
        customer=text,
        level=text,
        owner=who,
        attached_to=text,
        last_update_by=text,
    )
    for status in ("firing", "acknowledged", "resolved", "snoozed"):
        now = replace(alert, status=status)
        yield SHOWN, now
        yield RemindChannel(5, 1, 1), replace(now, nobody=True)
        yield PAGED, replace(PAGE, alert=now, seat=text)
    for change in ({}, {"closed_at": at("3:00")}, {"paged": (who,)}):
        yield ShowIncident(3, 1), replace(incident, **change)
    for by in ("dm", "thread"):
        nudge = replace(NUDGE, incident=incident, by=by, next_at=at("9:00"), next_person=who)
        yield NudgeUpdate(3, "d", 1, ("ana",), by), nudge
    for why in ("answered", "missed", "over"):
        yield EndNudge("n", 3, why), EndedNudgeFacts(incident, BERLIN, why)
    yield ShowUpdate(3, 1), UpdateFacts(incident, text, text, text, at("3:00"))
    tasks = tuple(
        TaskFacts("t", text, text, (), None, status, text, at("3:00"), text)
        for status in ("open", "overdue", "done", "skipped")
    )
    yield (
        ShowRun(9, "start", 1),
        replace(RUN, title=text, phase_title=text, summary=text, tasks=tasks),
    )
    yield (
        NudgeTask(9, "t", "", "ana", 2),
        TaskNudgeFacts(9, text, replace(TASKS[0], title=text), ANA, BERLIN, 2),
    )
    item = HandoverItem(text, text, text, text, text, False, None)
    yield (
        ShowHandover(9),
        replace(HANDOVER, title=text, outgoing=(who,), tickets=(item,), incidents=(item,)),
    )
    yield TellOverride(4, "x", "undone"), replace(OVERRIDE, seat=text, by=text, stand_in=who)
    yield DeadLetter(7, 1), replace(DEAD, what=text, error=text)
    yield Warn("x", "m"), WarnFacts(text)
    yield ShowHeader("set", "m"), HeaderFacts("c", text)
    yield Invite("c", (), text, "m"), InviteFacts("c", (ANA,), text)
    yield RulePost(1, "r", "", "~c", text), RulePostFacts("~c", text, "p", "1", "r")


NASTY = [
    "@channel @here @all @mara",
    "<!channel> <@mara> &commat;channel &#64;here",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example www.evil.example mailto:a@evil.example",
    "a\n# heading\n> quote\n| a | b |\n|---|---|\n```\ncode\n```",
    "**bold** _it_ ~~gone~~ `code`",
    "~town-square #tag",
    "\u202egnp.exe \u2063\u2064 \x00\x1b[31m",
    "javascript:alert(1)",
]
OURS = re.compile(
    r"@(ana\.ruiz|bo\.l|mara)\b"
    r"|\[(Open|MM-\d+)\]\(https://(alerts|jira|j)\.example\.com/[^)]*\)"
)


@pytest.mark.parametrize("text", NASTY)
def test_nothing_from_outside_mentions_links_or_formats_under_the_bots_name(text):
    for effect, facts in everything(text):
        post = said(effect, facts)
        whole = post.message + "\n".join(bar["text"] for bar in post.attachments)
        left = OURS.sub("", whole)
        assert not re.search(r"[@#~](?!\u200b)\w", left), (effect, whole)
        assert not re.search(r"(?<!\\)\[[^\]]*(?<!\\)\]\(", left), (effect, whole)
        assert not re.search(r"://|<!|www\.|mailto:\w|&\w+;", left), (effect, whole)
        assert not re.search(
            r"\n#(?!\u200b)|\n>|(?<!\\)```|(?<!\\)\||(?<!\\)`(?!Resolve|;)", left
        ), whole
        assert not re.search(r"[\x00-\x09\x0b-\x1f\u202e\u2061-\u2064]", left), (effect, whole)


@example("@" * 60)
@given(st.text(max_size=60))
def test_every_post_stays_within_the_limits_of_the_server(text):
    for effect, facts in everything(text * 70):
        post = said(effect, facts)
        assert 0 < len(post.message) <= 16_383 or not escape(text)
        assert all(len(bar["text"]) <= 1_000 for bar in post.attachments)
        assert len(json.dumps(post.attachments, ensure_ascii=False)) <= 8_000


def test_a_post_with_more_than_fits_is_cut():
    item = HandoverItem("MM-1", "https://j.example.com/" + "x" * 900, "a", "L1", "b", False, None)
    post = said(ShowHandover(9), replace(HANDOVER, tickets=(item,) * 40), "9:00")
    assert len(post.message) == 16_383
    assert post.message.endswith("…")


def test_every_button_is_signed_and_can_be_clicked():
    seen = set()
    for effect, facts in everything("x"):
        actions = list(buttons(said(effect, facts)).values())
        ids = [action["id"] for action in actions]
        assert len(ids) == len(set(ids))
        for action in actions:
            assert re.fullmatch(r"[A-Za-z0-9]+", action["id"])
            assert action["type"] == "button"
            assert (
                action["integration"]["url"]
                == "https://setflow.example.com/hooks/mattermost/action"
            )
            context = dict(action["integration"]["context"])
            sig = context.pop("sig")
            assert signature.verify(KEY, context, sig)
            assert not signature.verify(KEY, {**context, "do": "forged"}, sig)
            seen.add(context["do"])
    assert seen >= {"ack", "escalate", "resolve", "done", "update", "nothing-new", "page-set"}


# phones


def test_a_text_message_says_the_fact_the_seat_what_is_next_and_how_to_answer():
    assert title_and_body(PAGED, PAGE, at("3:12")) == (
        "L1 Checkout API down for Acme",
        "You are SET primary (EMEA) until 20:00. If nobody acknowledges by 03:17 it goes to Bo."
        " Acknowledge: /set ack 5",
    )


def test_whoever_was_woken_by_phone_is_stood_down_by_phone():
    effect = UpdatePage("page:x", 5, 1, "ana", "sms", 2, stand_down=True)
    assert title_and_body(effect, replace(PAGE, alert=HAD_BY_BO, wanted=False), at("3:20")) == (
        "Stand down: Checkout API down for Acme",
        "Bo has it since 03:19 (7 min). Nothing more for you to do.",
    )


@example("x" * 400, "y" * 400, True, 999_999)
@given(st.text(max_size=400), st.text(max_size=400), st.booleans(), st.sampled_from([0, 999_999]))
def test_a_text_message_has_at_most_300_characters_and_says_what_to_do(title, seat, again, late):
    page = replace(
        PAGE,
        alert=replace(ALERT, title=title),
        seat=seat,
        again=again,
        late_seconds=late,
        folded=3,
    )
    head, body = title_and_body(PAGED, page, at("3:12"))
    assert len(head) + len(body) + 2 <= 300
    assert "\n" not in head + body


# small change


@pytest.mark.parametrize(
    ("instant", "now", "words"),
    [
        (at("14:05"), at("9:00"), "14:05"),
        (at("17:00", 4), at("9:00"), "Fri 17:00"),
        (at("16:02", 1), at("9:00"), "Tue 16:02"),
        (at("9:00", 9), at("9:00"), "Wed 09:00"),
        (at("9:00", 10), at("9:00"), "Thu 10 Dec 09:00"),
        (at("9:00", 7).replace(year=2027), at("9:00"), "Tue 7 Dec 2027 09:00"),
    ],
)
def test_times_carry_their_day_only_where_it_is_not_today(instant, now, words):
    assert when(instant, BERLIN, now=now) == words


@given(st.integers(-6 * 86_400, 6 * 86_400), st.integers(0, 86_399))
def test_a_weekday_never_means_two_days(away, second):
    now = at("0:00") + timedelta(seconds=second)
    instant = now + timedelta(seconds=away)
    words = when(instant, BERLIN, now=now)
    same = instant.astimezone(BERLIN).date() == now.astimezone(BERLIN).date()
    assert words[0].isdigit() == same


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (3_960, "1 h 6 min"),
        (86_400 * 2 - 1, "47 h 59 min"),
        (86_400 * 3, "3 days"),
        (-5, "0 s"),
    ],
)
def test_lengths_are_said_in_words(seconds, words):
    assert span(timedelta(seconds=seconds)) == words


def test_lists_are_read_aloud():
    assert [listed("abcd"[:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listed("abcdefghij") == "a, b, c, d, e, f, g and 3 more"


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        (
            "Checkout API down, 99.9% of db_main_2 - (eu)",
            "Checkout API down, 99.9% of db_main_2 - (eu)",
        ),
        ("a_b _c_", "a_b \\_c\\_"),
        ("1. one", "1\\. one"),
        ("- one", "\\- one"),
        ("\\*x*", "\\\\\\*x\\*"),
        ("x" * 300, "x" * 199 + "…"),
        ("a\u2028b\r\nc", "a b c"),
        ("👩‍🚒 here", "👩‍🚒 here"),
    ],
)
def test_text_from_outside_reads_as_it_was_meant(text, harmless):
    assert escape(text) == harmless


@given(st.text())
def test_escaping_keeps_the_words(text):
    words = escape(text, 10_000).replace(ZERO, "").replace("\\", "")
    kept = escape(text.replace("\\", ""), 10_000).replace(ZERO, "").replace("\\", "")
    assert words == kept
    assert "\n" not in words


MARKUP = st.text(st.sampled_from("ab 1.\\`*_~[]()<>!|#+-=&;:/@\n\t"), max_size=30) | st.text()


@given(MARKUP)
def test_escaped_text_is_a_plain_paragraph_to_a_markdown_parser(text):
    parser = MarkdownIt("gfm-like", {"linkify": False})
    for words in (escape(text), f"- **{escape(text)}** x"):
        tokens = [token for block in parser.parse(words) for token in block.children or ()]
        assert {token.type for token in tokens} <= {
            "text",
            "text_special",
            "strong_open",
            "strong_close",
        }
    kinds = {block.type for block in parser.parse(escape_lines(text))}
    assert kinds <= {"paragraph_open", "inline", "paragraph_close"}


def test_lines_are_counted():
    assert escape_lines("a\n\nb\n" + "c\n" * 50, lines=3) == "a\nb\nc\n…"


def test_an_address_is_kept_only_if_it_is_of_the_web():
    assert safe_url("https://a.example/x?y=1#z") == "https://a.example/x?y=1#z"
    assert safe_url("https://a.example/x(1)|é") == "https://a.example/x%281%29%7C%C3%A9"
    for bad in ("javascript:alert(1)", "//a.example", "https://", "https://a b/", "https://u@h/"):
        assert safe_url(bad) == ""


def test_cutting_says_that_something_is_missing():
    assert [cut("abcdef", n) for n in (6, 5, 1)] == ["abcdef", "abcd…", "…"]


# the header


def test_our_part_joins_what_stands_there():
    header = splice("Ask here", "SET: Ana", mark="set")
    assert header.translate(dict.fromkeys(map(ord, FENCES))) == "Ask here · SET: Ana"


def test_our_part_is_rewritten_where_it_stands_and_nothing_else():
    header = splice("Before", "SET: Ana", mark="set") + " after"
    again = splice(header, "SET: Bo", mark="set")
    assert again == header.replace("Ana", "Bo")
    assert splice(again, "", mark="set") == "Before after"


def test_parts_with_other_marks_are_the_rest():
    both = splice(splice("", "SET: Ana", mark="set"), "WEB: Cy", mark="web")
    changed = splice(splice(both, "SET: Bo", mark="set"), "WEB: Di", mark="web")
    assert changed == both.replace("Ana", "Bo").replace("Cy", "Di")


def test_a_part_that_a_person_broke_is_theirs_from_then_on():
    broken = splice("Before", "SET: Ana", mark="set")[:-1] + " and mine"
    again = splice(broken, "SET: Bo", mark="set")
    assert again.startswith(broken)
    assert splice(again, "SET: Cy", mark="set") == again.replace("Bo", "Cy")


def test_a_copied_part_becomes_one_again():
    once = splice("", "SET: Ana", mark="set")
    assert splice(once + " " + once, "SET: Bo", mark="set").count("SET") == 1


plain = st.text(st.characters(blacklist_characters=FENCES, blacklist_categories=("Cs",)))


@given(plain, plain, plain, st.sampled_from(["set", "web", ""]))
def test_splicing_keeps_the_rest_within_the_limit_and_is_stable(before, after, ours, mark):
    before, after = before[:500], after[:500]
    header = before + splice("", "x", mark=mark) + after
    wanted = splice(header, ours * 50, mark=mark)
    assert len(wanted) <= 1_024
    assert wanted.startswith(before)
    assert wanted.endswith(after)
    assert splice(wanted, ours * 50, mark=mark) == wanted
    assert splice(wanted, "", mark=mark) == before + after


def test_where_there_is_no_room_ours_is_cut_and_then_left_out():
    assert len(splice("x" * 990, "SET: Ana is on until Monday", mark="set")) == 1_024
    full = "x" * 1_020
    assert splice(full, "SET: Ana", mark="set") == full


def test_marks_do_not_collide_by_neighbourhood():
    fences = {splice("", "x", mark=f"rotation-{n}")[:18] for n in range(100)}
    assert len(fences) == 100
    assert all(a not in b for a, b in itertools.permutations(list(fences)[:20], 2))
