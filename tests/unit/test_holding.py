"""What people do with an alert that somebody has, or that is to wait."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from setflow.effects import MirrorAlert, PageChannel, PagePerson, ShowAlert, TellAlert, UpdatePage
from setflow.errors import Refused
from setflow.escalation import rules
from setflow.escalation.rules import Alert, Status
from setflow.escalation.spec import (
    Acknowledge,
    Acknowledged,
    Act,
    CameBack,
    HandOverEnded,
    HelpAsked,
    Joined,
    OwnerAsked,
    Snoozed,
    StepSkipped,
    StillOn,
    TakenOver,
    Target,
    TurnTaken,
)
from tests.unit.test_escalation_rules import (
    CALL,
    CHAT,
    SMS,
    URGENT,
    Story,
    a_ladder,
    a_story,
    at,
    climb,
    fired,
    minutes,
    of,
    on_call,
    paged,
)

TIMED = replace(URGENT, ack_timeout=minutes(30))


def does(story, verb, by, **more):
    """`by` does something by a button of the present start."""
    act = Act(7, by, "button", more.pop("nth", story.alert.nth))
    timed = {} if verb is rules.decline else {"now": story.now}
    needs = (rules.hand_back, rules.take, rules.hand_over, rules.get_help)
    people = {"on_call": story.people} if verb in needs else {}
    return story.take(verb(story.alert, act, **timed, **people, **more))


def snooze(story, by, length=60):
    return does(story, rules.snooze, by, until=story.now + minutes(length))


def told(effects):
    return [(effect.person, effect.what) for effect in of(TellAlert, effects)]


def held_by(person="ana", ladder=URGENT, **people):
    story = a_story(ladder, **people)
    story.acknowledge(person)
    return story


# Snoozing


def test_what_is_snoozed_pages_nobody_until_it_comes_back_to_who_snoozed_it_then_to_its_ladder():
    story = held_by("cy")
    effects = snooze(story, "cy")

    assert story.events[-1] == Snoozed(7, "cy", "button", at(60))
    assert (story.alert.status, story.alert.owner, story.wake_at) == (Status.SNOOZED, "cy", at(60))
    assert told(effects) == []
    assert story.tick(59) == []
    effects = story.tick(60)
    assert paged(effects) == ["cy"]
    assert of(CameBack, story.events) == [CameBack(7, 2, "snoozed", "cy")]
    assert of(PagePerson, effects)[0].key == "page:7.2.0.-1:cy:mattermost"
    assert rules.coming(story.alert) == (at(65), (Target("seat", "primary"),))
    assert climb(story, 76) == [(65, "ana"), (70, "bo"), (75, "mara")]


def test_who_is_first_on_the_ladder_anyway_is_paged_once_at_the_end_of_their_snooze():
    story = held_by("ana")
    snooze(story, "ana")

    assert paged(story.tick(60)) == ["ana"]
    assert story.alert.step == 0
    assert climb(story, 66) == [(65, "bo")]


def test_a_snooze_ends_with_the_ladder_alone_where_who_asked_for_it_has_left():
    story = held_by("cy")
    snooze(story, "cy")
    story.people = replace(on_call(), known=("ana",))

    assert paged(story.tick(60)) == ["ana"]


def test_snoozing_what_waits_for_somebody_stands_down_whoever_was_paged():
    story = a_story()
    story.run(5)
    effects = snooze(story, "bo")

    assert [u.person for u in of(UpdatePage, effects) if u.stand_down] == ["ana"]
    assert story.run(50) == []


def test_what_is_put_off_or_given_back_is_so_in_opsgenie_as_well():
    story = a_story()
    story.source_resolves()
    story.fire(fired(remote="og-1"))
    story.acknowledge("ana")

    def mirrored(effects):
        return [(one.verb, one.person) for one in of(MirrorAlert, effects)]

    assert mirrored(snooze(story, "ana")) == [("snooze", "ana")]
    assert mirrored(story.tick(60)) == [("unacknowledge", "ana")]
    story.acknowledge("bo")
    assert mirrored(does(story, rules.hand_back, "bo")) == [("unacknowledge", "bo")]


def test_who_had_it_is_told_that_another_snoozed_it():
    story = held_by("ana")

    assert told(snooze(story, "mara")) == [("ana", "snoozed")]
    assert told(snooze(story, "mara", 90)) == []
    assert story.wake_at == at(90)


def test_more_of_what_is_snoozed_counts_and_its_end_at_the_source_ends_it():
    story = held_by("ana")
    snooze(story, "ana")
    assert paged(story.fire()) == []
    assert (story.alert.count, story.wake_at) == (2, at(60))
    story.source_resolves()

    assert (story.alert.status, story.wake_at) == (Status.RESOLVED, None)


def test_what_is_snoozed_is_taken_by_acknowledging_it_and_not_escalated():
    story = held_by("ana")
    snooze(story, "ana")
    with pytest.raises(Refused, match="It is snoozed"):
        story.escalate("bo")
    story.acknowledge("bo")

    assert (story.alert.status, story.alert.owner, story.wake_at) == (
        Status.ACKNOWLEDGED,
        "bo",
        None,
    )


def test_a_tick_before_its_end_leaves_a_snooze_as_it_is():
    story = held_by("ana")
    snooze(story, "ana")
    before = story.alert

    assert story.tick(10) == []
    assert story.alert == before


@pytest.mark.parametrize("length", [0, -1, 7 * 24 * 60 + 1])
def test_a_snooze_ends_within_seven_days(length):
    with pytest.raises(Refused, match="within the next 7 days"):
        snooze(held_by(), "ana", length)


# Handing back


def test_what_is_handed_back_pages_from_the_first_step_but_not_who_gave_it_back():
    story = held_by("ana")
    story.run(20)
    effects = does(story, rules.hand_back, "ana")

    assert paged(effects) == ["bo"]
    assert of(CameBack, story.events) == [CameBack(7, 2, "handed-back", "ana")]
    assert climb(story, 45) == [(25, "mara"), (35, "ana"), (40, "bo"), (45, "mara")]


def test_a_lead_can_hand_it_back_for_another_who_is_told_so():
    story = held_by("ana")

    assert told(does(story, rules.hand_back, "mara")) == [("ana", "handed-back")]
    assert story.alert.owner is None


def test_whoever_was_stood_down_before_is_not_stood_down_again():
    story = a_story()
    story.run(5)
    story.acknowledge("ana")
    does(story, rules.hand_back, "ana")
    effects = story.acknowledge("cy")

    assert [u.person for u in of(UpdatePage, effects) if u.stand_down] == ["bo"]


def test_what_nobody_has_is_not_handed_back():
    with pytest.raises(Refused, match="nothing to hand back"):
        does(a_story(), rules.hand_back, "ana")


# Taking over, handing over


def test_taking_it_over_tells_who_had_it():
    story = held_by("ana")
    effects = does(story, rules.take, "bo")

    assert story.alert.owner == "bo"
    assert told(effects) == [("ana", "taken")]
    assert story.events[-1] == TakenOver(7, "bo", "ana", "button")


def test_taking_what_waits_is_acknowledging_it():
    story = Story()
    story.fire(fired(remote="og-1"))
    effects = does(story, rules.take, "bo")

    assert story.events[-1] == Acknowledged(7, "bo", "bo", "button")
    assert [u.person for u in of(UpdatePage, effects) if u.stand_down] == ["ana"]
    assert len(of(MirrorAlert, effects)) == 1


def test_one_s_own_alert_is_not_taken_and_strangers_take_none():
    with pytest.raises(Refused, match="You have it already"):
        does(held_by("ana"), rules.take, "ana")
    with pytest.raises(Refused, match="eve is not one of people"):
        does(held_by("ana"), rules.take, "eve")


def test_what_is_handed_over_stays_until_it_is_taken():
    story = held_by("ana")
    effects = does(story, rules.hand_over, "ana", person="bo")

    assert (story.alert.owner, told(effects)) == ("ana", [("bo", "offered")])
    asked = of(TellAlert, effects)[0]
    assert rules.wanted(story.alert, asked)
    does(story, rules.take, "bo")
    assert (story.alert.owner, story.alert.offer) == ("bo", None)
    assert not rules.wanted(story.alert, asked)


def test_who_declines_is_asked_no_more_and_it_stays():
    story = held_by("ana")
    does(story, rules.hand_over, "mara", person="bo")
    effects = does(story, rules.decline, "bo")

    assert told(effects) == [("ana", "declined"), ("mara", "declined")]
    assert story.alert.owner == "ana"
    with pytest.raises(Refused, match="not asked to take"):
        does(story, rules.decline, "bo")


def test_who_does_not_answer_in_ten_minutes_is_asked_no_more():
    story = held_by("ana")
    does(story, rules.hand_over, "ana", person="bo")
    with pytest.raises(Refused, match="not asked"):
        does(story, rules.decline, "cy")

    assert told(story.run(10)) == [("ana", "unanswered")]
    assert of(HandOverEnded, story.events) == [HandOverEnded(7, "bo", "unanswered")]
    assert (story.alert.owner, story.wake_at) == ("ana", None)


def test_only_what_somebody_has_is_handed_over_and_to_another():
    with pytest.raises(Refused, match="acknowledge it first"):
        does(a_story(), rules.hand_over, "ana", person="bo")
    with pytest.raises(Refused, match="have it already"):
        does(held_by("ana"), rules.hand_over, "ana", person="ana")


# Help


def test_help_pages_the_next_step_by_every_method_and_the_owner_keeps_it():
    story = held_by("ana", methods={"bo": (CHAT, SMS, CALL)})
    effects = does(story, rules.get_help, "ana")

    assert paged(effects) == ["bo"]
    assert all(rules.wanted(story.alert, page) for page in of(PagePerson, effects))
    assert of(HelpAsked, story.events) == [HelpAsked(7, "ana", "button", 0, 1)]
    assert (story.alert.owner, story.alert.helpers, story.wake_at) == ("ana", ("bo",), at(2))
    assert climb(story, 3) == [(2, "bo/sms")]
    effects = story.acknowledge("bo")
    assert of(Joined, story.events) == [Joined(7, "bo", "bo", "button")]
    assert (story.alert.owner, story.alert.joined, story.wake_at) == ("ana", ("bo",), None)


def test_with_one_who_helps_the_others_who_were_asked_are_stood_down():
    story = held_by("ana", a_ladder(("primary", 5), ("backup lead", 5)))
    page = of(PagePerson, does(story, rules.get_help, "ana"))[1]
    effects = story.acknowledge("bo")

    assert [u.person for u in of(UpdatePage, effects) if u.stand_down] == ["mara"]
    assert not rules.wanted(story.alert, page)


def test_asking_again_asks_the_step_after_and_the_first_still_may_answer():
    story = held_by("ana")
    does(story, rules.get_help, "ana")

    assert paged(does(story, rules.get_help, "ana")) == ["mara"]
    assert story.alert.helpers == ("bo", "mara")


def test_a_step_without_people_is_passed_over_for_help():
    ladder = a_ladder(("primary", 5), ("backup channel:ops", 5), ("lead", 5))
    story = held_by("ana", ladder, backup=())
    effects = does(story, rules.get_help, "ana")

    assert paged(effects) == ["mara"]
    assert of(PageChannel, effects) == []  # a channel cannot help


def test_with_nobody_left_help_is_refused():
    with pytest.raises(Refused, match="Nobody is left on its ladder"):
        does(held_by("ana", a_ladder(("primary", 5))), rules.get_help, "ana")
    with pytest.raises(Refused, match="escalate it"):
        does(a_story(), rules.get_help, "ana")


def test_where_a_helper_s_method_fails_the_next_comes_now_then_the_next_step():
    story = held_by("ana", methods={"bo": (CHAT, SMS)})
    does(story, rules.get_help, "ana")

    assert paged(story.fails("bo", step=1)) == ["bo/sms"]
    assert paged(story.fails("bo", "sms", step=1)) == ["mara"]
    assert paged(story.fails("mara", step=2)) == []
    assert (story.alert.owner, story.alert.helpers) == ("ana", ("bo", "mara"))
    assert paged(does(story, rules.get_help, "ana")) == ["bo"]


def test_where_one_of_two_helpers_is_reached_nobody_else_is_asked():
    story = held_by("ana", a_ladder(("primary", 5), ("backup lead", 5), ("person:max", 5)))
    does(story, rules.get_help, "ana")

    assert paged(story.fails("bo", step=1)) == []


def test_with_no_helper_to_reach_and_nobody_left_it_stays_with_the_owner():
    story = held_by("ana", a_ladder(("primary", 5), ("backup", 5)))
    does(story, rules.get_help, "ana")

    assert story.fails("bo", step=1) == []
    assert (story.alert.owner, story.alert.helpers) == ("ana", ("bo",))


def test_a_page_that_failed_before_somebody_had_it_changes_nothing():
    story = held_by("cy")

    assert story.fails("ana") == []


# Still on it


def test_who_has_it_is_asked_after_the_timeout_and_without_an_answer_it_pages_again():
    story = held_by("ana", TIMED)
    assert story.wake_at == at(30)
    effects = story.tick(30)

    assert told(effects) == [("ana", "still")]
    assert rules.wanted(story.alert, of(TellAlert, effects)[0])
    assert story.events[-1] == OwnerAsked(7, "ana", 1)
    effects = story.run(35)
    assert paged(effects) == ["ana"]
    assert story.events[-2:] == [CameBack(7, 2, "unanswered", "ana"), story.events[-1]]
    assert (story.alert.status, story.alert.owner) == (Status.FIRING, None)
    assert climb(story, 40) == [(40, "bo")]


def test_who_says_so_is_asked_again_after_as_long():
    story = held_by("ana", TIMED)
    asked = of(TellAlert, story.tick(30))[0]
    does(story, rules.still_on, "ana")

    assert story.events[-1] == StillOn(7, "ana", "button")
    assert story.wake_at == at(60)
    assert not rules.wanted(story.alert, asked)
    assert told(story.tick(60)) == [("ana", "still")]
    assert len({effect.key for effect in of(TellAlert, story.effects)}) == 2


def test_who_could_not_answer_while_nothing_ran_is_asked_again():
    story = held_by("ana", TIMED)
    story.tick(30)

    assert told(story.tick(90)) == [("ana", "still")]
    assert story.wake_at == at(95)


def test_taking_it_over_begins_the_time_anew_and_who_had_it_is_asked_no_more():
    story = held_by("ana", TIMED)
    story.tick(30)
    does(story, rules.take, "bo")

    assert story.wake_at == at(60)
    with pytest.raises(Refused, match="not yours"):
        does(story, rules.still_on, "ana")


def test_without_a_timeout_nobody_is_asked_and_may_still_say_so():
    story = held_by("ana")
    does(story, rules.still_on, "ana")

    assert story.wake_at is None
    assert rules.wanted(story.alert, TellAlert(7, 1, "ana", "taken", 1, "bo"))


# Whatever it is


ACTS = [
    (rules.snooze, {"until": at(60)}),
    (rules.hand_back, {}),
    (rules.take, {}),
    (rules.hand_over, {"person": "bo"}),
    (rules.get_help, {}),
    (rules.still_on, {}),
]


@pytest.mark.parametrize(("verb", "more"), ACTS)
def test_what_is_over_stays_so_and_an_old_button_does_nothing(verb, more):
    story = held_by("ana")
    with pytest.raises(Refused, match="earlier page"):
        does(story, verb, "cy", nth=0, **more)
    story.source_resolves()
    with pytest.raises(Refused, match="over"):
        does(story, verb, "cy", **more)


@pytest.mark.parametrize(("verb", "more"), [ACTS[0], ACTS[1], ACTS[4]])
def test_what_opsgenie_pages_for_is_put_off_and_given_back_there(verb, more):
    story = Story()
    story.fire(fired(None, source="opsgenie", remote="og-1"))
    story.acknowledge("ana")

    with pytest.raises(Refused, match="OpsGenie pages for this alert"):
        does(story, verb, "ana", **more)
    does(story, rules.still_on, "ana")
    does(story, rules.take, "bo")
    assert story.alert.owner == "bo"


def test_an_alert_stored_before_all_this_still_loads():
    adapter = TypeAdapter(Alert)
    state = adapter.dump_python(held_by("ana").alert, mode="json")
    new = ["until", "held", "back", "joined", "helpers", "offer", "check_at", "asking", "asks"]
    for name in new:
        del state[name]
    for page in (*state["pages"], *state["waiting"]):
        del page["again"]
    for passed in state["passed"]:
        del passed["needed"], passed["unless"]
    for step in state["ladder"]["steps"]:
        del step["when"], step["all"], step["turn"], step["repeat"]
    del state["ladder"]["ack_timeout"]

    assert adapter.validate_python(state) == held_by("ana").alert


# Steps


def with_step(ladder, number, **more):
    steps = list(ladder.steps)
    steps[number] = replace(steps[number], **more)
    return replace(ladder, steps=tuple(steps))


def test_a_step_whose_condition_does_not_hold_is_passed_over_and_it_is_said():
    story = Story(people=replace(on_call(), skips={1}))
    story.fire(fired(with_step(URGENT, 1, when="now.business")))

    assert rules.coming(story.alert, {1}) == (at(5), (Target("seat", "lead"),))
    assert climb(story, 6) == [(5, "mara")]
    assert of(StepSkipped, story.events) == [StepSkipped(7, 1, 0, 1, "now.business")]
    assert [passed.unless for passed in story.alert.passed] == ["", "now.business", ""]


def test_with_every_step_passed_over_the_fallback_is_paged_at_once():
    story = Story(people=replace(on_call(), skips={0, 1, 2}))
    story.fire()

    assert paged(story.effects) == ["max"]


ALL = with_step(a_ladder(("primary backup", 5), ("lead", 5)), 0, all=True)


def test_where_everybody_must_acknowledge_it_waits_for_the_last():
    story = a_story(ALL, methods={"ana": (CHAT, SMS)})
    effects = story.acknowledge("ana")

    assert story.alert.status is Status.FIRING
    assert rules.missing(story.alert) == ("bo",)
    assert [u.stand_down for u in of(UpdatePage, effects)] == [False, False]
    assert not rules.wanted(story.alert, story.effects[0])
    with pytest.raises(Refused, match="waits for the others"):
        story.acknowledge("ana")
    story.acknowledge("bo")
    assert (story.alert.status, story.alert.owner) == (Status.ACKNOWLEDGED, "bo")
    assert (story.alert.joined, rules.missing(story.alert)) == (("ana",), ())
    assert story.run(50) == []


def test_without_the_last_it_goes_on_and_whoever_is_then_asked_ends_it():
    story = a_story(ALL)
    story.acknowledge("ana")
    story.acknowledge("cy")

    assert climb(story, 5) == [(5, "mara")]
    story.acknowledge("mara")
    assert (story.alert.owner, story.alert.joined) == ("mara", ("ana", "cy"))


def test_the_last_of_them_may_answer_after_it_went_on():
    story = a_story(ALL)
    story.acknowledge("ana")
    story.run(6)
    story.acknowledge("bo")

    assert story.alert.status is Status.ACKNOWLEDGED


def test_opsgenie_s_word_is_taken_for_all():
    story = a_story(ALL)
    story.acknowledge("ana", how="opsgenie")

    assert story.alert.status is Status.ACKNOWLEDGED


TURNS = with_step(a_ladder(("primary", 5), rounds=2), 0, turn=True)


def test_of_those_who_take_turns_one_is_paged_who_was_longest_not():
    people = replace(on_call(primary=("ana", "bo", "cy")), served={0: ("bo", "ana")})
    story = Story(people=people)
    story.fire(fired(TURNS))

    assert paged(story.effects) == ["cy"]
    assert of(TurnTaken, story.events) == [TurnTaken(7, "urgent", 0, "cy")]
    assert climb(story, 5) == [(5, "bo")]
    assert rules.coming(a_story(with_step(URGENT, 1, turn=True)).alert) == (at(5), ())


def test_a_step_that_repeats_tells_them_again_until_it_is_over():
    ladder = with_step(a_ladder(("primary channel:ops", 5), ("backup", 5)), 0, repeat=minutes(2))
    story = a_story(ladder, methods={"ana": (CHAT, SMS)})

    keys = [page.key for page in of(PagePerson, [*story.effects, *story.run(4.9)])]
    assert keys == [
        "page:7.1.0.0:ana:mattermost",
        "page:7.1.0.0.1:ana:mattermost",
        "page:7.1.0.0:ana:sms",
        "page:7.1.0.0.2:ana:mattermost",
        "page:7.1.0.0.1:ana:sms",
    ]
    assert paged(story.run(5)) == ["bo"]
    assert len({effect.key for effect in story.effects}) == len(story.effects)


STEPS = st.fixed_dictionaries(
    {
        "all": st.booleans(),
        "turn": st.booleans(),
        "repeat": st.sampled_from([None, minutes(1), minutes(4)]),
    }
)


@given(
    st.lists(st.tuples(st.integers(1, 30), STEPS), min_size=1, max_size=3),
    st.sets(st.integers(0, 2)),
    st.lists(st.integers(0, 150), max_size=8),
)
def test_however_rarely_the_clock_ticks_such_steps_pass_at_the_same_instants(steps, skips, ticks):
    ladder = a_ladder(*((("primary backup"), wait) for wait, _ in steps), rounds=2)
    for number, (_, more) in enumerate(steps):
        ladder = with_step(ladder, number, **more)
    rarely, often = (
        Story(people=replace(on_call(methods={"ana": (CHAT, SMS)}), skips=skips)) for _ in range(2)
    )
    for story in (rarely, often):
        story.fire(fired(ladder))
    for tick in sorted(ticks):
        rarely.tick(tick)
    rarely.tick(200)
    often.run(200)

    assert rarely.alert.passed == often.alert.passed
    assert (rarely.alert.waiting, rarely.wake_at) == (often.alert.waiting, often.wake_at)
    assert set(rarely.alert.pages) <= set(often.alert.pages)
    keys = [effect.key for effect in often.effects]
    assert len(keys) == len(set(keys))


def test_a_message_of_acknowledgement_for_a_helper_may_be_recorded_by_another():
    story = held_by("ana")
    does(story, rules.get_help, "ana")
    message = Acknowledge(7, "bo", "mara", "slash")
    story.take(rules.acknowledge(story.alert, message, now=story.now, on_call=story.people))

    assert of(Joined, story.events) == [Joined(7, "bo", "mara", "slash")]
    assert of(ShowAlert, story.effects)
