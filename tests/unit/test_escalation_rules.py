from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from setflow.effects import (
    Effect,
    MirrorAlert,
    PageChannel,
    PagePerson,
    RemindChannel,
    ShowAlert,
    UpdatePage,
)
from setflow.errors import Refused
from setflow.escalation.rules import (
    CHANNEL,
    Alert,
    Passed,
    Status,
    acknowledge,
    coming,
    escalate,
    fire,
    page_failed,
    resolve,
    source_resolved,
    wake,
    wanted,
)
from setflow.escalation.spec import (
    Acknowledge,
    Acknowledged,
    AlertOpened,
    AlertRefired,
    Escalate,
    Escalated,
    Fired,
    Ladder,
    LadderEnded,
    LadderRestarted,
    Method,
    OnCall,
    Paged,
    PageFailed,
    PageMissed,
    Resolve,
    Resolved,
    SourceResolved,
    Step,
    StepEmpty,
    Target,
)

START = datetime(2026, 12, 1, 3, 12, tzinfo=UTC)
CHAT, SMS, CALL = (
    Method("mattermost", timedelta(0)),
    Method("sms", timedelta(minutes=2)),
    Method("call", timedelta(minutes=4)),
)
KNOWN = ("ana", "bo", "mara", "max", "cy")
ANSWERING = {"primary": ("ana",), "backup": ("bo",), "lead": ("mara",)}


def minutes(count):
    return timedelta(minutes=count)


def at(count):
    return START + minutes(count)


def targets(names):
    return tuple(Target.parse(name) for name in names.split())


def a_ladder(*steps, rounds=1, fallback=""):
    """Steps such as ("primary", 5): whom it names, and for how many minutes."""
    return Ladder(
        "urgent",
        tuple(Step(targets(names), minutes(wait)) for names, wait in steps),
        rounds,
        targets(fallback),
    )


URGENT = a_ladder(("primary", 5), ("backup", 5), ("lead", 10), rounds=2, fallback="person:max")


def on_call(methods=None, **seats):
    people = {Target("seat", name): names for name, names in (ANSWERING | seats).items()}
    people |= {Target("person", name): (name,) for name in KNOWN}
    return OnCall(people, dict.fromkeys(KNOWN, (CHAT,)) | (methods or {}), KNOWN)


def fired(ladder=URGENT, *, source="grafana", remote=None):
    return Fired(source, "k1", "Checkout down", "P1", {}, "", ladder, "ops", remote)


@dataclass
class Story:
    """An alert in time: remembers what was decided, and checks what holds for every decision."""

    alert: Alert | None = None
    now: datetime = START
    people: OnCall = field(default_factory=on_call)
    effects: list[Effect] = field(default_factory=list)
    events: list[object] = field(default_factory=list)
    wake_at: datetime | None = None

    def take(self, decision):
        self.alert, self.wake_at = decision.state, decision.wake_at
        self.effects += decision.effects
        self.events += decision.events
        return list(decision.effects)

    def fire(self, message=None):
        message = message or fired()
        return self.take(fire(self.alert, message, new_id=7, now=self.now, on_call=self.people))

    def tick(self, at_minute):
        """Let the clock go on to there, in one tick."""
        self.now = at(at_minute)
        return self.take(wake(self.alert, now=self.now, on_call=self.people))

    def run(self, to_minute):
        """Let the clock go on to there, ticking whenever something is due."""
        start = len(self.effects)
        while self.wake_at and self.wake_at <= at(to_minute):
            self.now = max(self.now, self.wake_at)
            self.take(wake(self.alert, now=self.now, on_call=self.people))
        self.now = at(to_minute)
        return self.effects[start:]

    def acknowledge(self, person, *, by=None, how="button", nth=None):
        message = Acknowledge(7, person, by or person, how, nth)
        return self.take(acknowledge(self.alert, message, now=self.now, on_call=self.people))

    def resolve(self, by, *, may=(), how="button", nth=None):
        return self.take(resolve(self.alert, Resolve(7, by, how, nth), now=self.now, may=may))

    def source_resolves(self, source="grafana"):
        message = SourceResolved(source, "k1", self.now)
        return self.take(source_resolved(self.alert, message))

    def escalate(self, by="ana", **button):
        message = Escalate(7, by, "button", **button)
        return self.take(escalate(self.alert, message, now=self.now, on_call=self.people))

    def fails(self, person, method="mattermost", *, round=0, step=0, nth=1):
        message = PageFailed(7, nth, round, step, person, method)
        return self.take(page_failed(self.alert, message, now=self.now, on_call=self.people))


def a_story(ladder=URGENT, **people):
    story = Story(people=on_call(**people))
    story.fire(fired(ladder))
    return story


def paged(effects):
    """Whom the pages among `effects` go to, and by what where it is not chat."""
    return [
        effect.person if effect.method == "mattermost" else f"{effect.person}/{effect.method}"
        for effect in effects
        if isinstance(effect, PagePerson)
    ]


def of(kind, effects):
    return [effect for effect in effects if isinstance(effect, kind)]


def climb(story, to_minute):
    """When, in minutes, who was paged until then."""
    out = []
    while story.wake_at and story.wake_at <= at(to_minute):
        minute = (story.wake_at - START) / minutes(1)
        out += [(minute, who) for who in paged(story.tick(minute))]
    return out


# Climbing


def test_an_alert_pages_the_first_step_at_once_and_is_shown():
    story = Story()
    effects = story.fire()

    assert effects == [PagePerson(7, 1, 0, 0, "ana", "mattermost"), ShowAlert(7, 1, 1)]
    assert story.events == [
        AlertOpened(7, "grafana", "k1", "Checkout down", "P1", "urgent"),
        Paged(7, 1, 0, 0, "ana", "mattermost", 0),
    ]
    assert story.wake_at == at(5)


def test_a_step_is_taken_when_the_one_before_has_waited_and_not_a_moment_earlier():
    story = a_story()

    assert story.tick(4.99) == []
    assert story.wake_at == at(5)
    assert paged(story.tick(5)) == ["bo"]
    assert story.wake_at == at(10)


def test_the_whole_ladder_is_gone_through_in_rounds_then_the_fallback_then_the_channel():
    story = a_story()

    assert climb(story, 1000) == [
        (5, "bo"),
        (10, "mara"),
        (20, "ana"),
        (25, "bo"),
        (30, "mara"),
        (40, "max"),
    ]
    assert of(RemindChannel, story.effects)[:2] == [
        RemindChannel(7, 1, 1),
        RemindChannel(7, 1, 2),
    ]
    assert story.alert.ended
    assert story.events.count(LadderEnded(7, 1)) == 1


def test_the_channel_is_reminded_every_30_minutes_until_somebody_has_it():
    story = a_story(a_ladder(("primary", 5)))

    assert of(RemindChannel, story.run(4.99)) == []
    assert of(RemindChannel, story.run(5)) == [RemindChannel(7, 1, 1)]
    assert of(RemindChannel, story.run(95)) == [RemindChannel(7, 1, n) for n in (2, 3, 4)]
    story.acknowledge("bo")
    assert story.run(1000) == []
    assert story.alert.owner == "bo"


def test_after_an_outage_the_channel_is_reminded_once():
    story = a_story(a_ladder(("primary", 5)))
    story.run(5)

    assert of(RemindChannel, story.tick(100)) == [RemindChannel(7, 1, 4)]
    assert story.wake_at == at(125)


def test_whoever_was_paged_in_a_round_is_not_paged_again_in_it():
    story = a_story(
        a_ladder(("primary", 5), ("backup lead", 5), rounds=2), backup=("ana",), lead=("bo",)
    )

    assert climb(story, 12) == [(5, "bo"), (10, "ana")]
    assert story.alert.passed[1].people == ("bo",)


def test_a_step_whose_people_were_all_paged_in_this_round_still_waits():
    story = a_story(a_ladder(("primary", 5), ("backup", 5), ("lead", 5)), backup=("ana",))

    assert climb(story, 12) == [(10, "mara")]
    assert of(StepEmpty, story.events) == []


def test_the_fallback_is_paged_once_whatever_was_paged_before():
    story = a_story(a_ladder(("primary", 5), fallback="person:ana person:max"))

    assert climb(story, 100) == [(5, "ana"), (5, "max")]
    assert story.alert.ended


def test_whoever_is_on_when_the_step_is_reached_is_paged():
    story = a_story()
    story.people = on_call(backup=("cy",))

    assert paged(story.tick(5)) == ["cy"]


def test_two_targets_of_a_step_are_paged_together_and_nobody_twice():
    story = a_story(a_ladder(("primary person:ana backup", 5)))

    assert paged(story.effects) == ["ana", "bo"]


# Nobody there


def test_with_nobody_on_a_seat_the_next_step_comes_at_once_and_it_is_said():
    story = a_story(primary=())

    assert paged(story.effects) == ["bo"]
    assert of(StepEmpty, story.events) == [StepEmpty(7, 1, 0, 0, ("primary",))]
    assert story.alert.passed == (
        Passed(START, 0, 0, (), ("primary",)),
        Passed(START, 0, 1, ("bo",), ()),
    )
    assert story.wake_at == at(5)


def test_a_seat_without_anybody_is_noted_where_another_of_the_step_has_somebody():
    story = a_story(a_ladder(("primary backup", 5)), primary=())

    assert story.alert.passed == (Passed(START, 0, 0, ("bo",), ("primary",)),)
    assert of(StepEmpty, story.events) == []
    assert story.wake_at == at(5)


def test_with_nobody_on_any_seat_the_fallback_comes_at_once_and_it_is_said_once():
    story = a_story(primary=(), backup=(), lead=())

    assert paged(story.effects) == ["max"]
    assert of(StepEmpty, story.events) == [StepEmpty(7, 1, 1, 2, ("primary", "backup", "lead"))]
    assert story.wake_at == at(10)
    assert of(RemindChannel, story.run(10)) == [RemindChannel(7, 1, 1)]


def test_with_nobody_at_all_and_no_fallback_the_channel_hears_at_once():
    story = a_story(a_ladder(("primary", 5), rounds=3), primary=())

    assert story.effects == [ShowAlert(7, 1, 1), RemindChannel(7, 1, 1)]
    assert story.alert.ended
    assert story.wake_at == at(30)


def test_an_empty_fallback_is_passed_over():
    story = a_story(a_ladder(("primary", 5), fallback="lead"), lead=())
    effects = story.run(5)

    assert of(RemindChannel, effects) == [RemindChannel(7, 1, 1)]
    assert StepEmpty(7, 1, 1, 0, ("lead",)) in story.events


def test_with_nobody_at_all_and_an_empty_fallback_the_channel_hears_at_once():
    story = a_story(a_ladder(("primary", 5), fallback="lead"), primary=(), lead=())

    assert of(RemindChannel, story.effects) == [RemindChannel(7, 1, 1)]
    assert [passed.empty for passed in story.alert.passed] == [("primary",), ("lead",)]


def test_nobody_left_from_the_middle_of_the_ladder_on_goes_to_the_fallback():
    story = a_story()
    story.people = on_call(primary=(), backup=(), lead=())

    assert paged(story.tick(5)) == ["max"]


# Methods


def test_contact_methods_come_so_long_after_the_step_was_due():
    story = a_story(methods={"ana": (CHAT, SMS, CALL)})

    assert paged(story.effects) == ["ana"]
    assert climb(story, 4) == [(2, "ana/sms"), (4, "ana/call")]
    assert len(of(ShowAlert, story.effects)) == 1


def test_a_late_tick_moves_no_later_contact_method():
    story = a_story(methods={"bo": (CHAT, SMS)})
    story.tick(5.5)

    assert story.wake_at == at(7)


def test_an_acknowledgement_ends_the_methods_still_to_come():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.tick(1)
    story.acknowledge("ana")

    assert story.alert.waiting == ()
    assert story.wake_at is None
    assert story.tick(10) == []


def test_who_has_no_method_is_told_in_chat():
    story = a_story(methods={"ana": ()})

    assert paged(story.effects) == ["ana"]


def test_two_methods_of_one_name_are_one_page():
    story = a_story(methods={"ana": (CHAT, SMS, replace(SMS, after=minutes(3)))})

    assert climb(story, 4) == [(2, "ana/sms")]


# Channels


def test_a_channel_is_told_and_waits_as_a_person_does():
    story = a_story(a_ladder(("channel:ops", 5), ("backup", 5)))

    assert story.effects == [PageChannel(7, 1, 0, 0, "ops"), ShowAlert(7, 1, 1)]
    assert of(Paged, story.events) == [Paged(7, 1, 0, 0, "ops", CHANNEL, 0)]
    assert story.alert.passed[0].people == ()
    assert climb(story, 6) == [(5, "bo")]


def test_a_channel_s_page_says_how_far_the_ladder_is_as_the_alert_s_post_does():
    story = a_story(a_ladder(("channel:ops", 5), ("backup", 5)))
    climb(story, 6)

    page, shown = of(PageChannel, story.effects)[-1], of(ShowAlert, story.effects)[-1]
    assert page == PageChannel(7, 1, 0, 0, "ops", revision=shown.revision)
    assert shown.revision == 2


def test_a_page_that_went_into_a_digest_is_not_patched_by_itself():
    story = a_story()
    pages = tuple(replace(page, digest=True) for page in story.alert.pages)
    story.alert = replace(story.alert, pages=pages)

    assert of(UpdatePage, story.acknowledge("bo")) == []


def test_a_step_with_a_channel_is_not_empty():
    story = a_story(a_ladder(("primary channel:ops", 5)), primary=())

    assert of(StepEmpty, story.events) == []
    assert story.alert.passed[0].empty == ("primary",)
    assert not story.alert.ended


def test_a_channel_s_page_is_patched_when_somebody_has_it():
    story = a_story(a_ladder(("channel:ops", 5), ("backup", 5)))
    effects = story.acknowledge("bo")

    assert effects == [PageChannel(7, 1, 0, 0, "ops", revision=2), ShowAlert(7, 1, 2)]
    assert effects[0].lane == story.effects[0].lane
    assert wanted(story.alert, effects[0])
    assert not wanted(story.alert, story.effects[0])


# Late


def test_up_to_a_minute_late_a_page_is_itself_and_says_its_seconds():
    story = a_story()

    assert of(PagePerson, story.tick(6)) == [
        PagePerson(7, 1, 0, 1, "bo", "mattermost", late_seconds=60)
    ]


def test_pages_a_minute_late_are_not_folded_yet():
    story = a_story(a_ladder(("primary", 1), rounds=2, fallback="person:ana"))

    assert of(PagePerson, story.tick(2)) == [
        PagePerson(7, 1, 1, 0, "ana", "mattermost", late_seconds=60),
        PagePerson(7, 1, 2, 0, "ana", "mattermost"),
    ]


def test_a_page_over_a_minute_late_says_so():
    story = a_story()

    assert of(PagePerson, story.tick(7)) == [
        PagePerson(7, 1, 0, 1, "bo", "mattermost", late_seconds=120)
    ]


def test_steps_missed_in_an_outage_fold_into_one_page_a_person():
    story = a_story()

    assert of(PagePerson, story.tick(32)) == [
        PagePerson(7, 1, 1, 0, "ana", "mattermost", late_seconds=27 * 60, folded=2),
        PagePerson(7, 1, 1, 1, "bo", "mattermost", late_seconds=27 * 60, folded=3),
        PagePerson(7, 1, 1, 2, "mara", "mattermost", late_seconds=27 * 60, folded=4),
    ]
    assert [passed.at for passed in story.alert.passed] == [at(m) for m in (0, 5, 10, 20, 25, 30)]
    assert story.wake_at == at(40)


def test_missed_steps_go_to_whoever_is_on_now():
    story = a_story()
    story.people = on_call(primary=("cy",), backup=("cy",))

    assert paged(story.tick(32)) == ["cy", "mara"]


def test_a_step_in_time_is_not_folded_into_a_late_one_of_others():
    story = a_story()

    assert of(PagePerson, story.tick(10.5)) == [
        PagePerson(7, 1, 0, 1, "bo", "mattermost", late_seconds=330),
        PagePerson(7, 1, 0, 2, "mara", "mattermost", late_seconds=30),
    ]


def test_contact_methods_missed_in_an_outage_come_once_each():
    story = a_story(methods={"ana": (CHAT, SMS, CALL)})

    assert paged(story.tick(23)) == ["ana/call", "bo", "mara", "ana", "ana/sms"]
    assert story.wake_at == at(24)


def test_an_outage_to_the_end_pages_everybody_once_and_reminds_the_channel():
    story = a_story()
    effects = story.tick(300)

    assert sorted(paged(effects)) == ["ana", "bo", "mara", "max"]
    assert of(RemindChannel, effects) == [RemindChannel(7, 1, 9)]
    assert of(ShowAlert, effects) == [ShowAlert(7, 1, 2)]


NAMES = st.sampled_from(["primary", "backup", "lead", "person:max", "channel:ops", "primary lead"])
LADDERS = st.builds(
    lambda steps, rounds, fallback: a_ladder(*steps, rounds=rounds, fallback=fallback),
    st.lists(st.tuples(NAMES, st.integers(1, 30)), min_size=1, max_size=4),
    st.integers(1, 3),
    st.sampled_from(["", "person:max", "lead", "channel:ops"]),
)
SEATS = st.fixed_dictionaries(
    {
        name: st.sampled_from([(), ("ana",), ("bo",), ("ana", "bo"), ("cy",)])
        for name in ("primary", "backup", "lead")
    }
)
METHODS = st.dictionaries(
    st.sampled_from(KNOWN), st.sampled_from([(CHAT, SMS), (CHAT, SMS, CALL), (SMS,)])
)


def place(alert):
    """Where an alert is, without what was sent to get there."""
    return replace(alert, pages=(), revision=0)


@given(LADDERS, SEATS, METHODS, st.lists(st.integers(0, 24_000), max_size=20))
def test_however_rarely_the_clock_ticks_the_same_steps_pass_at_the_same_instants(
    ladder, seats, methods, ticks
):
    rarely, often = (a_story(ladder, methods=methods, **seats) for _ in range(2))
    for tick in sorted(ticks):
        rarely.tick(tick / 60)
    rarely.tick(400)
    often.run(400)

    assert place(rarely.alert) == place(often.alert)
    assert rarely.wake_at == often.wake_at
    sent = {(page.person, page.method) for page in often.alert.pages}
    assert {(page.person, page.method) for page in rarely.alert.pages} == sent
    assert set(rarely.alert.pages) <= set(often.alert.pages)


@given(LADDERS, SEATS, METHODS, st.integers(0, 400))
def test_one_tick_never_tells_one_person_twice_late_by_one_method(ladder, seats, methods, minute):
    story = a_story(ladder, methods=methods, **seats)
    pages = of(PagePerson, story.tick(minute))
    late = [(page.person, page.method) for page in pages if page.late_seconds > 60]

    assert len(late) == len(set(late))
    for pair in late:
        assert [(page.person, page.method) for page in pages].count(pair) == 1


# Acknowledging


def test_whoever_acknowledges_has_it_and_nothing_more_is_paged():
    story = a_story()
    story.tick(3)
    effects = story.acknowledge("ana")

    assert (story.alert.status, story.alert.owner) == (Status.ACKNOWLEDGED, "ana")
    assert (story.alert.owned_at, story.alert.how) == (at(3), "button")
    assert story.wake_at is None
    assert story.events[-1] == Acknowledged(7, "ana", "ana", "button")
    page = "page:7.1.0.0:ana:mattermost"
    assert effects == [UpdatePage(page, 7, 1, "ana", "mattermost", 2), ShowAlert(7, 1, 2)]
    assert story.run(100) == []


def test_everybody_else_is_stood_down_once_by_each_method_that_woke_them():
    story = a_story(methods={"ana": (CHAT, SMS), "bo": (CHAT, SMS)})
    story.run(28)
    effects = of(UpdatePage, story.acknowledge("bo"))

    assert [(update.page, update.stand_down) for update in effects if update.person == "ana"] == [
        ("page:7.1.0.0:ana:mattermost", False),
        ("page:7.1.1.0:ana:mattermost", True),
        ("page:7.1.1.0:ana:sms", True),
    ]
    assert {(u.method, u.stand_down) for u in effects if u.person == "bo"} == {
        ("mattermost", False)
    }
    assert [(u.method, u.stand_down) for u in effects if u.person == "mara"] == [
        ("mattermost", True)
    ]


def test_it_can_be_recorded_for_another():
    story = a_story()
    story.acknowledge("bo", by="mara")

    assert story.alert.owner == "bo"
    assert story.events[-1] == Acknowledged(7, "bo", "mara", "button")


@pytest.mark.parametrize(("person", "by"), [("eve", "ana"), ("ana", "eve")])
def test_strangers_neither_acknowledge_nor_are_recorded(person, by):
    story = a_story()

    with pytest.raises(Refused, match="eve is not one of people"):
        story.acknowledge(person, by=by)


def test_what_is_acknowledged_is_not_acknowledged_again():
    story = a_story()
    story.acknowledge("bo")

    with pytest.raises(Refused, match=r"That page was acknowledged by bo; nothing changed\."):
        story.acknowledge("ana")
    assert story.alert.owner == "bo"


def test_what_is_over_is_not_acknowledged():
    story = a_story()
    story.source_resolves()

    with pytest.raises(Refused, match="That alert is over"):
        story.acknowledge("ana")


def test_an_unanswered_alert_can_still_be_acknowledged():
    story = a_story()
    story.run(500)
    story.acknowledge("ana")

    assert story.alert.owner == "ana"
    assert story.wake_at is None


def test_an_acknowledgement_goes_to_opsgenie_unless_it_came_from_there():
    for how, mirrored in (("button", [MirrorAlert(7, "acknowledge", "ana", 2)]), ("opsgenie", [])):
        story = Story()
        story.fire(fired(None, source="opsgenie", remote="og-1"))
        assert of(MirrorAlert, story.acknowledge("ana", how=how)) == mirrored


def test_opsgenie_may_name_somebody_unknown():
    story = Story()
    story.fire(fired(None, source="opsgenie", remote="og-1"))
    story.acknowledge("zoe@example.com", how="opsgenie")

    assert story.alert.owner == "zoe@example.com"


def test_the_button_of_an_earlier_start_is_refused():
    story = a_story(a_ladder(("primary", 5)))
    story.run(5)
    story.fire(fired(a_ladder(("primary", 5))))

    for act in (story.acknowledge, story.escalate):
        with pytest.raises(Refused, match="earlier page"):
            act("ana", nth=1)
    with pytest.raises(Refused, match="earlier page"):
        story.resolve("ana", may=["ana"], nth=1)
    story.acknowledge("ana", nth=2)


# Resolving


def test_whoever_has_it_may_resolve_it():
    story = a_story()
    story.acknowledge("cy")
    story.tick(8)
    effects = story.resolve("cy")

    assert (story.alert.status, story.alert.closed_by) == (Status.RESOLVED, "cy")
    assert story.alert.closed_at == at(8)
    assert story.events[-1] == Resolved(7, "cy", "button")
    page = "page:7.1.0.0:ana:mattermost"
    assert effects == [UpdatePage(page, 7, 1, "ana", "mattermost", 3), ShowAlert(7, 1, 3)]


def test_others_resolve_it_only_where_they_may():
    story = a_story()
    story.acknowledge("ana")

    with pytest.raises(Refused, match=r"resolved by ana, bo or mara; ask there"):
        story.resolve("cy", may=["bo", "mara"])
    story.resolve("mara", may=["bo", "mara"])
    assert story.alert.status is Status.RESOLVED


def test_with_nobody_who_may_an_admin_is_named():
    with pytest.raises(Refused, match="resolved by an admin"):
        a_story().resolve("cy")


def test_what_was_waiting_for_an_answer_is_stood_down_but_for_who_resolved_it():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.run(6)
    effects = of(UpdatePage, story.resolve("bo", may=["bo"]))

    assert [(u.person, u.method, u.stand_down) for u in effects] == [
        ("ana", "mattermost", True),
        ("ana", "sms", True),
        ("bo", "mattermost", False),
    ]
    assert story.run(500) == []


def test_the_source_ends_it_and_whoever_has_it_hears_so_in_chat_alone():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.run(6)
    story.acknowledge("ana")
    effects = story.source_resolves()

    assert story.events[-1] == Resolved(7, "grafana", "source")
    assert [(u.person, u.method, u.stand_down) for u in of(UpdatePage, effects)] == [
        ("ana", "mattermost", True),
        ("bo", "mattermost", False),
    ]
    assert story.source_resolves() == []


def test_what_is_over_is_not_resolved_again():
    story = a_story()
    story.source_resolves()

    with pytest.raises(Refused, match="over already"):
        story.resolve("ana", may=["ana"])


def test_closing_goes_to_opsgenie_unless_it_came_from_there():
    endings: list[tuple[Callable[[Story], list[Effect]], list[Effect]]] = [
        (lambda story: story.resolve("ana", may=["ana"]), [MirrorAlert(7, "close", "ana", 2)]),
        (lambda story: story.resolve("zoe", how="opsgenie"), []),
        (lambda story: story.source_resolves("opsgenie"), []),
    ]
    for end, mirrored in endings:
        story = Story()
        story.fire(fired(source="opsgenie", remote="og-1"))
        assert of(MirrorAlert, end(story)) == mirrored


# Firing again


def test_more_of_the_same_counts_and_pages_nobody():
    story = a_story()
    story.now = at(1)
    shown = [count for count in range(2, 10) if of(ShowAlert, story.fire())]

    assert (story.alert.count, story.alert.last_at) == (9, at(1))
    assert shown == [2, 4, 8]
    assert of(AlertRefired, story.events) == [AlertRefired(7, count) for count in shown]
    assert paged(story.effects) == ["ana"]
    assert story.wake_at == at(5)


def test_more_of_an_acknowledged_alert_counts_and_wakes_nobody():
    story = a_story()
    story.acknowledge("ana")

    assert of(PagePerson, story.fire()) == []
    assert (story.alert.status, story.alert.count, story.wake_at) == (Status.ACKNOWLEDGED, 2, None)


def test_an_unanswered_alert_that_fires_again_starts_its_ladder_again():
    ladder = a_ladder(("primary", 5))
    story = a_story(ladder)
    story.run(50)
    story.people = on_call(primary=("bo",))
    effects = story.fire(fired(ladder))

    assert effects == [
        PagePerson(7, 2, 0, 0, "bo", "mattermost"),
        ShowAlert(7, 2, 3 + 1),
        UpdatePage("page:7.1.0.0:ana:mattermost", 7, 1, "ana", "mattermost", 3),
        ShowAlert(7, 1, 3),
    ]
    assert of(LadderRestarted, story.events) == [LadderRestarted(7, 2)]
    assert (story.alert.nth, story.alert.ended, story.alert.count) == (2, False, 2)
    assert story.wake_at == at(55)
    stood_down = [u.person for u in of(UpdatePage, story.acknowledge("bo")) if u.stand_down]
    assert stood_down == ["ana"]


def test_a_new_start_pages_the_same_people_again_and_reminds_the_channel_again():
    ladder = a_ladder(("primary", 5))
    story = a_story(ladder)
    story.run(50)

    assert paged(story.fire(fired(ladder))) == ["ana"]
    assert of(RemindChannel, story.run(55)) == [RemindChannel(7, 2, 1)]


def test_a_new_start_leaves_no_method_of_the_old_one_to_come():
    ladder = a_ladder(("primary", 5))
    story = a_story(ladder, methods={"ana": (CHAT, replace(SMS, after=minutes(9)))})
    story.run(6)
    story.fire(fired(ladder))

    assert climb(story, 60) == [(15, "ana/sms")]


def test_an_acknowledged_alert_whose_ladder_had_ended_does_not_start_again():
    story = a_story()
    story.run(500)
    story.acknowledge("ana")

    assert of(PagePerson, story.fire()) == []
    assert story.alert.nth == 1


def test_a_new_start_takes_the_ladder_that_is_routed_now():
    story = a_story(a_ladder(("primary", 5)))
    story.run(5)

    assert paged(story.fire(fired(a_ladder(("lead", 9))))) == ["mara"]


def test_editing_a_ladder_moves_nothing_that_is_under_way():
    story = a_story(a_ladder(("primary", 5), ("backup", 5)))
    story.fire(fired(a_ladder(("lead", 60))))

    assert paged(story.tick(5)) == ["bo"]


def test_after_the_end_it_is_a_new_alert():
    story = a_story()
    story.source_resolves()
    decision = fire(story.alert, fired(), new_id=8, now=at(9), on_call=story.people)

    assert (decision.state.id, decision.state.nth, decision.state.count) == (8, 1, 1)
    assert paged(decision.effects) == ["ana"]


def test_an_alert_that_opsgenie_pages_for_is_shown_only():
    story = Story()
    effects = story.fire(fired(None, source="opsgenie", remote="og-1"))

    assert effects == [ShowAlert(7, 1, 1)]
    assert story.events == [AlertOpened(7, "opsgenie", "k1", "Checkout down", "P1", None)]
    assert story.wake_at is None
    assert story.tick(1000) == []
    with pytest.raises(Refused, match="OpsGenie pages for this alert; escalate it there"):
        story.escalate()


# Escalating


def test_escalating_takes_the_next_step_now_and_counts_from_now():
    story = a_story()
    story.tick(2)
    effects = story.escalate("ana", nth=1, round=0, step=0)

    assert paged(effects) == ["bo"]
    assert of(UpdatePage, effects) == [
        UpdatePage("page:7.1.0.0:ana:mattermost", 7, 1, "ana", "mattermost", 2)
    ]
    assert Escalated(7, "ana", "button", 1, 0, 0) in story.events
    assert story.wake_at == at(7)


def test_who_escalates_is_not_told_by_methods_still_to_come_and_others_are():
    ladder = a_ladder(("primary backup", 5), ("lead", 5))
    story = a_story(ladder, methods={"ana": (CHAT, SMS), "bo": (CHAT, SMS)})
    story.escalate("ana")

    assert climb(story, 3) == [(2, "bo/sms")]


def test_a_button_of_a_step_that_has_passed_changes_nothing():
    story = a_story()
    story.tick(5)

    with pytest.raises(Refused, match="a step further already; nothing changed"):
        story.escalate("ana", nth=1, round=0, step=0)


def test_a_button_of_the_same_step_a_round_ago_changes_nothing():
    story = a_story()
    story.run(20)

    with pytest.raises(Refused, match="a step further already"):
        story.escalate("ana", nth=1, round=0, step=0)


def test_escalating_on_the_last_step_pages_the_fallback_then_tells_the_channel():
    story = a_story(a_ladder(("primary", 5), fallback="person:max"))

    assert paged(story.escalate()) == ["max"]
    assert of(RemindChannel, story.escalate()) == [RemindChannel(7, 1, 1)]
    with pytest.raises(Refused, match="at its end"):
        story.escalate()


def test_escalating_what_somebody_has_is_refused_and_says_whom_to_ask():
    story = a_story()
    story.acknowledge("bo")

    with pytest.raises(Refused, match="Talk to bo"):
        story.escalate()


def test_escalating_what_is_due_already_takes_the_step_at_its_due_instant():
    story = a_story()
    story.now = at(5.5)
    story.escalate("ana")

    assert story.alert.passed[-1].at == at(5)
    assert story.wake_at == at(10)


# Failing


def test_where_a_method_fails_the_next_one_comes_now():
    story = a_story(methods={"ana": (CHAT, SMS, CALL)})
    story.now = at(0.5)

    assert paged(story.fails("ana")) == ["ana/sms"]
    assert story.events[-2:] == [
        PageMissed(7, 1, 0, 0, "ana", "mattermost"),
        Paged(7, 1, 0, 0, "ana", "sms", 0),
    ]
    assert paged(story.fails("ana", "sms")) == ["ana/call"]
    assert story.wake_at == at(5)


def test_a_method_that_was_due_before_the_failure_says_how_late_it_is():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.now = at(2.5)

    assert of(PagePerson, story.fails("ana")) == [
        PagePerson(7, 1, 0, 0, "ana", "sms", late_seconds=30)
    ]


def test_a_step_that_was_due_before_the_failure_is_taken_at_its_due_instant():
    story = a_story()
    story.now = at(5.5)
    story.fails("ana")

    assert story.alert.passed[-1].at == at(5)


def test_a_step_whose_people_were_told_by_an_earlier_one_waits_while_that_page_may_be_seen():
    ladder = a_ladder(("primary backup", 5), ("person:bo", 5), ("lead", 5))
    story = a_story(ladder)
    story.tick(5)

    assert paged(story.fails("ana")) == []
    assert paged(story.fails("bo")) == ["mara"]


def test_where_a_person_s_last_method_fails_the_next_step_comes_now():
    story = a_story()
    story.now = at(0.5)

    assert paged(story.fails("ana")) == ["bo"]
    assert story.alert.passed[-1].at == at(0.5)
    assert story.wake_at == at(5.5)


def test_where_one_method_got_through_the_failure_of_another_moves_no_step():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.run(2)

    assert paged(story.fails("ana", "sms")) == []
    assert story.wake_at == at(5)


def test_where_somebody_else_of_the_step_is_reachable_it_waits():
    story = a_story(a_ladder(("primary backup", 5), ("lead", 5)))

    assert paged(story.fails("ana")) == []
    assert paged(story.fails("bo")) == ["mara"]


def test_whoever_was_told_by_an_earlier_step_keeps_no_later_one_from_being_passed():
    story = a_story()
    story.tick(5)

    assert paged(story.fails("bo", step=1)) == ["mara"]


def test_a_step_whose_other_person_is_still_to_be_told_waits():
    story = a_story(a_ladder(("primary backup", 5), ("lead", 5)), methods={"bo": (SMS,)})

    assert paged(story.fails("ana")) == []


def test_where_nobody_of_a_round_can_be_reached_the_next_round_keeps_its_time():
    story = a_story(a_ladder(("primary", 5), ("backup", 10), rounds=2))
    assert paged(story.fails("ana")) == ["bo"]

    assert paged(story.fails("bo", step=1)) == []
    assert story.wake_at == at(10)


def test_a_page_that_did_not_go_out_gives_way_to_a_newer_one():
    story = a_story(a_ladder(("primary", 5), rounds=2), methods={"ana": (CHAT, SMS)})
    story.tick(5)
    first, second = (PagePerson(7, 1, number, 0, "ana", "mattermost") for number in (0, 1))

    assert not wanted(story.alert, first)
    assert wanted(story.alert, second)
    assert wanted(story.alert, replace(first, person="bo"))
    assert wanted(story.alert, replace(second, method="sms"))


def test_the_same_failure_told_again_changes_nothing():
    story = a_story(methods={"ana": (CHAT, SMS, CALL)})
    story.fails("ana")
    before = story.alert

    assert story.fails("ana") == []
    assert story.alert == before
    assert story.wake_at == at(4)


def test_a_failure_on_a_step_that_has_passed_moves_no_step():
    story = a_story()
    story.tick(5)

    assert paged(story.fails("ana")) == []
    assert story.wake_at == at(10)


def test_a_failure_after_the_acknowledgement_changes_nothing():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.acknowledge("bo")

    assert story.fails("ana") == []
    assert story.wake_at is None


def test_a_failure_of_an_earlier_start_changes_nothing():
    ladder = a_ladder(("primary", 5))
    story = a_story(ladder)
    story.run(5)
    story.fire(fired(ladder))

    before = story.alert
    assert story.fails("ana", nth=1) == []
    assert story.alert == before
    assert story.wake_at == at(10)


def test_a_failed_fallback_brings_the_channel_at_once():
    story = a_story(a_ladder(("primary", 5), fallback="person:max"))
    story.run(5)

    assert of(RemindChannel, story.fails("max", round=1)) == [RemindChannel(7, 1, 1)]


def test_a_channel_that_cannot_be_told_brings_the_next_step():
    story = a_story(a_ladder(("channel:ops", 5), ("lead", 5)))

    assert paged(story.fails("ops", CHANNEL)) == ["mara"]


def test_a_failure_at_the_end_of_the_ladder_hurries_no_reminder():
    story = a_story(a_ladder(("primary", 5)))
    story.run(6)

    assert of(RemindChannel, story.fails("ana")) == []
    assert story.wake_at == at(35)


# Looking


def test_what_comes_next_is_known_while_it_climbs():
    story = a_story(a_ladder(("primary", 5), ("backup", 5), fallback="person:max"))
    seen = [coming(story.alert)]
    for minute in (5, 10, 15):
        story.tick(minute)
        seen.append(coming(story.alert))

    assert seen == [
        (at(5), targets("backup")),
        (at(10), targets("person:max")),
        (at(15), ()),
        (at(45), ()),
    ]
    story.acknowledge("ana")
    assert coming(story.alert) is None


def test_pages_and_reminders_are_wanted_while_nobody_has_it_and_it_is_the_same_start():
    story = a_story()
    page, reminder = PagePerson(7, 1, 0, 0, "ana", "mattermost"), RemindChannel(7, 1, 1)

    assert wanted(story.alert, page)
    assert wanted(story.alert, reminder)
    assert not wanted(replace(story.alert, nth=2), page)
    story.acknowledge("ana")
    assert not wanted(story.alert, page)
    assert not wanted(story.alert, reminder)


def test_an_alert_is_the_same_after_it_was_kept_as_json():
    story = a_story(methods={"ana": (CHAT, SMS)})
    story.run(6)
    story.now = at(7)
    story.acknowledge("bo")
    kind = TypeAdapter(Alert)

    assert kind.validate_python(kind.dump_python(story.alert, mode="json")) == story.alert


# Anything in any order

ACTS = st.one_of(
    st.tuples(st.just("tick"), st.integers(0, 90)),
    st.tuples(st.just("fire"), st.booleans()),
    st.tuples(st.just("acknowledge"), st.sampled_from(KNOWN)),
    st.tuples(st.just("resolve"), st.sampled_from(KNOWN)),
    st.tuples(st.just("source"), st.none()),
    st.tuples(st.just("escalate"), st.sampled_from(KNOWN)),
    st.tuples(st.just("fails"), st.integers(0, 20)),
    st.tuples(st.just("seats"), SEATS),
)


def fail_one(story, number):
    pages = of(PagePerson, story.effects)
    for page in pages[number : number + 1]:
        story.fails(page.person, page.method, round=page.round, step=page.step, nth=page.nth)


def turn_over(story, seats):
    story.people = replace(story.people, people=on_call(**seats).people)


DOING = {
    "tick": lambda story, by: story.tick((story.now - START) / minutes(1) + by),
    "fire": lambda story, same: story.fire(
        fired(URGENT if same else a_ladder(("backup channel:ops", 3)))
    ),
    "acknowledge": lambda story, person: story.acknowledge(person),
    "resolve": lambda story, person: story.resolve(person, may=KNOWN),
    "source": lambda story, _: story.source_resolves(),
    "escalate": lambda story, person: story.escalate(person),
    "fails": fail_one,
    "seats": turn_over,
}


def do(story, act, value):
    """Whether it was allowed."""
    before = story.alert
    try:
        DOING[act](story, value)
    except Refused:
        assert story.alert == before
        return False
    return True


@given(LADDERS, METHODS, st.lists(ACTS, max_size=40), st.booleans())
def test_anything_in_any_order_leaves_a_sane_alert(ladder, methods, acts, mirrored):
    story = Story(people=on_call(methods=methods))
    message = fired(None if mirrored else ladder, source="opsgenie", remote="og")
    story.fire(message)
    for act, value in acts:
        before, sent = story.alert, len(story.effects)
        if before.status is Status.RESOLVED and act == "fire":
            break
        if not do(story, act, value):
            continue
        alert, effects = story.alert, story.effects[sent:]
        if before.status is not Status.FIRING:
            assert not of((PagePerson, RemindChannel), effects)
        if alert.status is not Status.FIRING or alert.ladder is None:
            assert (story.wake_at, alert.next_at, alert.waiting) == (None, None, ())
        else:
            assert story.wake_at is not None
            assert story.wake_at <= alert.next_at
        assert alert.revision >= before.revision
        if effects and not of((PagePerson, RemindChannel), effects):
            assert of(ShowAlert, effects)
    keys = [effect.key for effect in story.effects]
    assert len(keys) == len(set(keys))
    assert len({event for event in story.events if isinstance(event, Acknowledged)}) <= 1


@given(LADDERS, METHODS, st.lists(ACTS, max_size=15))
def test_the_same_messages_again_page_nobody_who_has_not_been(ladder, methods, acts):
    story = Story(people=on_call(methods=methods))
    story.fire(fired(ladder))
    for act, value in acts:
        before = story.alert
        if before.status is Status.RESOLVED:
            break
        if not do(story, act, value):
            continue
        if act in ("acknowledge", "resolve"):
            assert not do(story, act, value)
        if act in ("fails", "tick", "source"):
            after = story.alert
            do(story, act, 0 if act == "tick" else value)
            assert story.alert == after
