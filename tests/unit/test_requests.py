from dataclasses import replace
from datetime import timedelta

import pytest

from setflow.effects import BumpRequest, ShowRequest, TellRequest
from setflow.errors import Refused
from setflow.rotation.rules.requests import (
    Answerer,
    Request,
    RequestAnswered,
    RequestEnded,
    RequestOpened,
    RequestReminded,
    answered,
    ended,
    ending,
    opened,
    woken,
)
from setflow.rotation.rules.standins import Part
from tests.unit.test_rotation_rules import HOUR, MINUTE, at

NOW = at("2026-12-01 10:00")
START, END = at("2026-12-03 13:00"), at("2026-12-04 13:00")
OWN = Part("set.emea.primary", START, END, ("ana",))
OTHER = Part("set.emea.backup", START + timedelta(days=7), END + timedelta(days=7), ("bo",), "ana")
COVER = Request(7, "cover", "set", "ana", (OWN,), NOW, leads=("mara",))
ASKED = replace(COVER, wanted="bo")
SWAP = replace(ASKED, kind="swap", parts=(replace(OWN, taker="bo"), OTHER))
APPROVAL = replace(
    COVER, kind="approval", asker="ana", parts=(replace(OWN, taker="zed"),), taker="zed"
)


def by(name, *, lead=False, inside=True, crew=()):
    return Answerer(name, lead, inside, crew, str.title)


ZED, MARA = by("zed", inside=False), by("mara", lead=True)


def waiting(request=COVER):
    return answered(request, "take", ZED, NOW).state


def told(decision):
    return {(one.person, one.what) for one in decision.effects if isinstance(one, TellRequest)}


def shown(decision):
    return [(one.to, one.revision) for one in decision.effects if isinstance(one, ShowRequest)]


# --- asked ---


@pytest.mark.parametrize(
    ("request_", "receivers"),
    [(COVER, [""]), (ASKED, ["bo"]), (SWAP, ["bo"]), (APPROVAL, ["mara"])],
)
def test_a_request_is_shown_to_those_who_may_answer(request_, receivers):
    decision = opened(request_, "ana")

    assert decision.events == [RequestOpened(7, request_.kind, "set", "ana")]
    assert shown(decision) == [(name, 1) for name in receivers]
    assert decision.wake_at == START - 24 * HOUR


@pytest.mark.parametrize(
    ("request_", "person", "answers"),
    [
        (COVER, "", ("take", "decline")),
        (COVER, "bo", ()),
        (ASKED, "bo", ("take", "decline")),
        (ASKED, "", ()),
        (SWAP, "bo", ("accept", "decline")),
        (APPROVAL, "mara", ("approve", "refuse")),
        (APPROVAL, "bo", ()),
        (waiting(), "mara", ("approve", "refuse")),
        (waiting(), "", ()),
        (ended(COVER, "expired").state, "", ()),
        (ended(APPROVAL, "expired").state, "mara", ()),
    ],
)
def test_buttons_are_for_those_who_are_asked_and_while_it_is_open(request_, person, answers):
    assert request_.answers(person) == answers


# --- answered ---


def test_whoever_takes_it_has_it_and_the_asker_is_told():
    decision = answered(COVER, "take", by("bo"), NOW)

    assert decision.state.status == "taken"
    assert decision.state.parts == (replace(OWN, taker="bo"),)
    assert decision.events == [RequestAnswered(7, "bo", "take", "taken")]
    assert (told(decision), shown(decision)) == ({("ana", "taken")}, [("", 2)])
    assert decision.wake_at is None
    assert ending(decision.state, str.title) == "Bo has taken it."


def test_where_somebody_else_asked_whose_it_is_is_told_too():
    asked = replace(COVER, asker="mara")

    assert told(answered(asked, "take", by("bo"), NOW)) == {("mara", "taken"), ("ana", "taken")}


def test_somebody_from_outside_waits_for_the_lead():
    decision = answered(COVER, "take", ZED, NOW)

    assert (decision.state.status, decision.state.taker) == ("waits", "zed")
    assert told(decision) == {("ana", "waits")}
    assert shown(decision) == [("", 2), ("mara", 2)]
    assert decision.wake_at == START - 24 * HOUR


def test_a_lead_who_asked_hears_of_it_once_by_being_asked():
    assert told(answered(replace(COVER, asker="mara"), "take", ZED, NOW)) == set()


@pytest.mark.parametrize(
    ("request_", "status", "taker"),
    [
        (waiting(), "open", ""),
        (waiting(replace(COVER, wanted="zed")), "declined", "zed"),
        (APPROVAL, "declined", "zed"),
    ],
)
def test_whoever_would_take_it_may_say_that_they_cannot_after_all(request_, status, taker):
    decision = answered(request_, "decline", ZED, NOW)

    assert (decision.state.status, decision.state.taker) == (status, taker)
    assert told(decision) == {("ana", "declined")}
    assert "mara" in {to for to, _ in shown(decision)}
    if status == "open":
        assert answered(decision.state, "take", by("bo"), NOW).state.status == "taken"
    else:
        assert ending(decision.state, str.title) == "Zed cannot."


def test_a_lead_from_outside_and_a_rotation_without_leads_need_no_lead():
    lead = by("mara", lead=True, inside=False)

    assert answered(COVER, "take", lead, NOW).state.status == "taken"
    assert answered(replace(COVER, leads=()), "take", ZED, NOW).state.status == "taken"


def test_the_lead_agrees_to_it_or_puts_it_back():
    agreed = answered(waiting(), "approve", MARA, NOW)
    back = answered(waiting(), "refuse", MARA, NOW)
    asked = answered(waiting(replace(ASKED, wanted="zed")), "refuse", MARA, NOW)

    assert (agreed.state.status, agreed.state.parts[0].taker) == ("taken", "zed")
    assert told(agreed) == {("ana", "approved"), ("zed", "approved")}
    assert shown(agreed) == [("", 3), ("mara", 3)]
    assert (back.state.status, back.state.taker, back.state.parts) == ("open", "", (OWN,))
    assert told(back) == {("ana", "refused"), ("zed", "refused")}
    assert back.wake_at == START - 24 * HOUR
    assert asked.state.status == "refused"
    assert ending(asked.state, str.title) == "Mara did not agree to Zed."


def test_a_lead_agrees_to_a_stand_in_from_outside():
    agreed = answered(APPROVAL, "approve", MARA, NOW)
    others = answered(replace(APPROVAL, asker="bo"), "approve", MARA, NOW)

    assert told(agreed) == {("ana", "approved"), ("zed", "approved")}
    assert told(others) == {("bo", "approved"), ("zed", "approved"), ("ana", "taken")}
    assert answered(APPROVAL, "refuse", MARA, NOW).state.status == "refused"


def test_who_was_asked_may_decline_and_the_asker_is_told():
    decision = answered(ASKED, "decline", by("bo"), NOW)

    assert (decision.state.status, told(decision)) == ("declined", {("ana", "declined")})
    assert ending(decision.state, str.title) == "Bo cannot."


def test_that_nobody_of_the_crew_can_is_said_when_the_last_has_declined():
    crew = ("bo", "cy")
    first = answered(COVER, "decline", by("cy", crew=crew), NOW)
    last = answered(first.state, "decline", by("bo", crew=crew), NOW)

    assert (first.state.status, told(first)) == ("open", set())
    assert (last.state.declined, told(last)) == (("cy", "bo"), {("ana", "all-declined")})
    assert told(answered(COVER, "decline", by("cy"), NOW)) == set()


def test_a_swap_is_accepted_by_whom_it_is_offered_to():
    decision = answered(SWAP, "accept", by("bo"), NOW)

    assert (decision.state.status, decision.state.parts) == ("taken", SWAP.parts)
    assert told(decision) == {("ana", "accepted")}
    assert ending(answered(SWAP, "decline", by("bo"), NOW).state, str.title) == "Bo cannot."


def test_the_asker_and_the_lead_withdraw_it():
    own = answered(COVER, "withdraw", by("ana"), NOW)
    lead = answered(waiting(), "withdraw", MARA, NOW)
    whose = replace(COVER, asker="mara")

    assert (own.state.status, told(own), shown(own)) == ("withdrawn", set(), [("", 2)])
    assert told(lead) == {("ana", "withdrawn"), ("zed", "withdrawn")}
    assert told(answered(whose, "withdraw", by("ana"), NOW)) == {("mara", "withdrawn")}
    assert ending(own.state, str.title) == "Ana has withdrawn it."


@pytest.mark.parametrize(
    ("request_", "answer", "who", "said"),
    [
        (SWAP, "take", by("bo"), "nothing to take here"),
        (COVER, "take", by("ana"), "yours already; withdraw"),
        (waiting(), "take", by("bo"), "Zed would take it, and waits for the lead"),
        (COVER, "accept", by("bo"), "no swap here that waits for you"),
        (SWAP, "accept", by("cy"), "no swap here that waits for you"),
        (APPROVAL, "decline", by("bo"), "for a lead to agree to"),
        (COVER, "decline", by("ana"), "It is yours; withdraw"),
        (ASKED, "decline", by("cy"), "Bo is asked, not you"),
        (replace(COVER, declined=("bo",)), "decline", by("bo"), "You have said so already"),
        (COVER, "approve", MARA, "Nobody has taken it yet"),
        (APPROVAL, "approve", by("ana"), "for the lead to say: ask Mara"),
        (waiting(), "refuse", by("ana"), "for the lead to say: ask Mara"),
        (COVER, "withdraw", by("bo"), "Ana asked for it: Ana, a lead or an admin"),
        (answered(COVER, "take", by("bo"), NOW).state, "take", by("cy"), "Bo has taken it. Noth"),
    ],
)
def test_an_answer_that_is_not_for_them_to_give_is_refused_with_what_to_do(
    request_, answer, who, said
):
    with pytest.raises(Refused, match=said):
        answered(request_, answer, who, NOW)


def test_once_its_stretch_has_begun_it_is_too_late():
    with pytest.raises(Refused, match="stretch has begun"):
        answered(COVER, "take", by("bo"), START)


# --- brought to mind, and over ---


def days(request):
    """What is done of a request at each instant at which it is to be woken."""
    found = []
    decision = opened(request, "ana")
    while decision.wake_at:
        now = decision.wake_at
        decision = woken(decision.state, now)
        found.append((now, decision))
    return found


def test_it_is_brought_to_mind_a_day_and_two_hours_before_and_then_is_over():
    first, last, over = days(COVER)

    assert [when for when, _ in (first, last, over)] == [
        START - 24 * HOUR,
        START - 2 * HOUR,
        START,
    ]
    assert told(first[1]) == {("ana", "reminder")}
    assert first[1].effects[-1] == BumpRequest(7)
    assert first[1].events == [RequestReminded(7, 1)]
    assert told(last[1]) == {("ana", "last-reminder"), ("mara", "last-reminder")}
    assert not any(isinstance(one, BumpRequest) for one in last[1].effects)
    assert over[1].events == [RequestEnded(7, "expired", "")]
    assert (told(over[1]), shown(over[1])) == ({("ana", "expired")}, [("", 2)])
    assert ending(over[1].state, str.title) == "Nobody took it; it stays with Ana."


def test_that_nobody_answered_in_time_is_said_of_whoever_was_to():
    def said(request):
        return ending(ended(request, "expired").state, str.title)

    assert said(waiting()) == "No lead agreed to Zed in time; it stays with Ana."
    assert said(APPROVAL) == "No lead agreed to Zed in time; it stays with Ana."
    assert said(SWAP) == "Bo did not answer in time; all stays as it is."
    assert told(ended(waiting(), "expired")) == {("ana", "expired"), ("zed", "expired")}


def test_nothing_said_to_one_person_is_said_twice():
    keys = [one.key for _, decision in days(COVER) for one in decision.effects]

    assert len(set(keys)) == len(keys)


def test_asked_for_within_the_last_day_it_is_brought_to_mind_once():
    late = replace(COVER, opened_at=START - 3 * HOUR)
    soon = replace(COVER, opened_at=START - HOUR)

    assert [when for when, _ in days(late)] == [START - 2 * HOUR, START]
    assert BumpRequest(7) in days(late)[0][1].effects
    assert [when for when, _ in days(soon)] == [START]


def test_of_reminders_that_were_missed_the_last_is_sent_alone():
    decision = woken(COVER, START - HOUR)

    assert told(decision) == {("ana", "last-reminder"), ("mara", "last-reminder")}
    assert BumpRequest(7) in decision.effects
    assert decision.wake_at == START


def test_a_lead_for_whom_it_waits_is_reminded_too_and_no_channel_where_one_was_asked():
    first = woken(waiting(ASKED), START - 24 * HOUR)

    assert told(first) == {("ana", "reminder"), ("mara", "reminder")}
    assert BumpRequest(7) not in first.effects


def test_woken_too_early_it_waits_on():
    decision = woken(COVER, NOW)

    assert (decision.state, list(decision.effects)) == (COVER, [])
    assert decision.wake_at == START - 24 * HOUR


def test_asked_for_within_its_stretch_it_is_brought_to_mind_soon_and_ends_with_it():
    sick = replace(COVER, opened_at=START + MINUTE)
    swap = replace(SWAP, opened_at=START + MINUTE)

    assert [when for when, _ in days(sick)] == [START + 31 * MINUTE, END]
    assert told(days(sick)[0][1]) == {("ana", "last-reminder"), ("mara", "last-reminder")}
    assert BumpRequest(7) in days(sick)[0][1].effects
    assert [when for when, _ in days(swap)] == [swap.expires_at] == [END]
    assert [when for when, _ in days(replace(sick, opened_at=END - HOUR / 2))] == [END]
    assert answered(sick, "take", by("bo"), END - MINUTE).state.status == "taken"


def test_closed_hours_before_a_shift_do_not_end_it():
    opens = START + 8 * HOUR
    whole = replace(COVER, parts=(replace(OWN, opens=opens),))

    assert [when for when, _ in days(whole)] == [opens - 24 * HOUR, opens - 2 * HOUR, opens]
    assert answered(whole, "take", by("bo"), START + HOUR).state.status == "taken"


def test_of_a_swap_the_sooner_side_ends_it_and_of_cover_what_has_begun():
    parts = (OWN, replace(OWN, start=END - HOUR, end=END + HOUR))

    assert replace(SWAP, parts=SWAP.parts[::-1]).expires_at == START
    assert replace(COVER, parts=parts).expires_at == START
    assert replace(COVER, parts=parts, opened_at=START + MINUTE).expires_at == END


def test_others_having_it_by_now_ends_it_and_an_undo_is_shown():
    moot = ended(COVER, "moot", "cy")
    taken = answered(COVER, "take", by("bo"), NOW).state
    undone = ended(taken, "undone", "ana")

    assert (ending(moot.state, str.title), told(moot)) == ("Cy has it by now.", {("ana", "moot")})
    assert ending(ended(COVER, "moot").state, str.title) == "Nothing is left of it to take."
    assert (ending(undone.state, str.title), told(undone)) == ("Ana has undone it.", set())
    assert shown(undone) == [("", 3)]
    assert ending(COVER, str.title) == ""
