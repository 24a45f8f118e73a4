"""By what a person is reached: methods that are counted on, quiet hours, what follows a failure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.escalation import rules, spec
from setflow.escalation.rules import Status, counted_on
from setflow.escalation.spec import Ladder, Method, OnCall, Step, Target

NOW = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MORNING = NOW + timedelta(hours=9)
NIGHT = ((NOW, MORNING),)
ANA, BO = Target("person", "ana"), Target("person", "bo")
LADDER = Ladder("urgent", (Step((ANA,), 5 * MINUTE), Step((BO,), 5 * MINUTE)))
CHAT = Method("mattermost", 0 * MINUTE)
SMS, PHONE = Method("sms", 2 * MINUTE), Method("phone", 4 * MINUTE)


def on_call(*methods):
    return OnCall(
        {ANA: ("ana",), BO: ("bo",)}, {"ana": counted_on((CHAT, *methods))}, ("ana", "bo")
    )


def fired(*methods, ladder=LADDER):
    message = spec.Fired("grafana", "k", "down", "P3", {}, "", ladder, "ops")
    return rules.fire(None, message, new_id=1, now=NOW, on_call=on_call(*methods))


def pages(decision):
    return [(one.person, one.method) for one in decision.effects if hasattr(one, "method")]


def woken(decision, at, *methods):
    return rules.wake(decision.state, now=at, on_call=on_call(*methods))


def failed(decision, method, *methods, at=NOW):
    message = spec.PageFailed(1, 1, 0, 0, "ana", method)
    return rules.page_failed(decision.state, message, now=at, on_call=on_call(*methods))


def unsure(method):
    return replace(method, sure=False)


def test_beside_a_method_that_is_not_counted_on_comes_the_next_and_the_one_after_that():
    assert [one.after for one in counted_on((CHAT, SMS, PHONE))] == [
        one * MINUTE for one in (0, 2, 4)
    ]
    assert [one.after for one in counted_on((CHAT, unsure(SMS), PHONE))] == [
        one * MINUTE for one in (0, 2, 2)
    ]
    late = Method("push", 6 * MINUTE)
    found = counted_on((CHAT, unsure(SMS), unsure(PHONE), late))
    assert [one.after for one in found] == [one * MINUTE for one in (0, 2, 2, 2)]


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=6))
def test_nobody_is_reached_later_for_it_and_the_order_stays(given):
    methods = tuple(
        Method(f"m{number}", after * MINUTE, sure=sure)
        for number, (after, sure) in enumerate(sorted(given))
    )
    found = counted_on(methods)
    assert [one.name for one in found] == [one.name for one in methods]
    assert all(new.after <= old.after for new, old in zip(found, methods, strict=True))
    assert [one.after for one in found] == sorted(one.after for one in found)
    for before, after in pairwise(found):
        assert before.sure or before.after == after.after


def test_when_a_page_fails_what_is_not_counted_on_goes_out_with_what_is():
    methods = unsure(SMS), PHONE
    late = woken(fired(*methods), NOW + MINUTE, *methods)
    assert pages(failed(late, "mattermost", *methods)) == [("ana", "sms"), ("ana", "phone")]


def test_where_nothing_that_is_counted_on_is_left_the_next_step_comes_at_once():
    decision = failed(fired(unsure(SMS)), "mattermost", unsure(SMS))
    assert pages(decision) == [("ana", "sms"), ("bo", "mattermost")]
    sent = woken(fired(unsure(SMS)), NOW + 2 * MINUTE, unsure(SMS))
    late = failed(sent, "mattermost", unsure(SMS), at=NOW + 3 * MINUTE)
    assert pages(late) == [("bo", "mattermost")]
    sure = failed(fired(SMS), "mattermost", SMS)
    assert pages(sure) == [("ana", "sms")]


@pytest.mark.parametrize(
    ("waits", "due"), [(True, [("sms", MORNING)]), (False, [])], ids=["wait", "chat"]
)
def test_quiet_hours_hold_a_method_back_or_leave_it_out(waits, due):
    sms = replace(SMS, quiet=NIGHT, waits=waits)
    decision = fired(sms)
    assert [(one.method, one.due) for one in decision.state.waiting] == due
    assert pages(decision) == [("ana", "mattermost")]


def test_what_was_held_back_goes_out_in_the_morning_if_it_still_waits():
    sms = replace(SMS, quiet=NIGHT)
    decision = fired(sms)
    for minutes in (5, 10, 40):
        decision = woken(decision, NOW + minutes * MINUTE, sms)
        assert ("ana", "sms") not in pages(decision)
    assert ("ana", "sms") in pages(woken(decision, MORNING, sms))
    owned = rules.acknowledge(
        decision.state, spec.Acknowledge(1, "bo", "bo", "button"), now=NOW, on_call=on_call(sms)
    )
    assert (owned.state.status, owned.state.waiting) == (Status.ACKNOWLEDGED, ())


def test_quiet_hours_hold_back_when_chat_fails_too_and_the_next_step_comes_at_once():
    sms = replace(SMS, quiet=NIGHT)
    decision = failed(fired(sms), "mattermost", sms)
    assert pages(decision) == [("bo", "mattermost")]
    assert [one.due for one in decision.state.waiting if one.method == "sms"] == [MORNING]


def test_repeats_within_quiet_hours_make_one_page_at_their_end():
    ladder = replace(LADDER, steps=(Step((ANA,), 30 * MINUTE, repeat=5 * MINUTE), LADDER.steps[1]))
    sms = replace(SMS, quiet=NIGHT)
    waiting = fired(sms, ladder=ladder).state.waiting
    assert [one.due for one in waiting if one.method == "sms"] == [MORNING]
    assert len([one for one in waiting if one.method == "mattermost"]) == 5


@given(st.integers(-30, 700), st.integers(0, 700))
def test_quiet_is_half_open(start, at):
    begins, instant = NOW + start * MINUTE, NOW + at * MINUTE
    method = replace(SMS, quiet=((begins, MORNING),))
    held = method.held(instant)
    assert held == (MORNING if begins <= instant < MORNING else None)
    assert method.held(MORNING) is None
