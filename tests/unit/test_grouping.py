from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.document import Reader, parse
from setflow.effects import PagePerson, ShowAlert, TellAlert
from setflow.errors import ConfigError
from setflow.escalation import rules
from setflow.escalation.spec import (
    Acknowledge,
    Act,
    CameBack,
    Fired,
    Grouping,
    GroupLouder,
    Hold,
    Ladder,
    LadderRestarted,
    MemberJoined,
    MemberLeft,
    OnCall,
    Resolve,
    Resolved,
    SourceResolved,
    Step,
    Target,
)
from setflow.escalation.spec.grouping import read_grouping

NOW = datetime(2026, 12, 1, 3, 12, tzinfo=UTC)
BY = Grouping(("service", "region"), timedelta(minutes=10))
PRIMARY, LEAD = Target("seat", "primary"), Target("seat", "lead")
LADDER = Ladder("urgent", (Step((PRIMARY,), timedelta(minutes=5)),))
PEOPLE = OnCall({PRIMARY: ("ana",), LEAD: ("mara",)}, {}, ("ana", "bo", "mara"))
HELD = Hold("upgrade", NOW + timedelta(hours=1))


def fired(key="k1", *, title="Disk full", priority="P3", hold=None, group=BY, **details):
    details = {"service": "web", "region": "eu", "host": key} | details
    return Fired("grafana", key, title, priority, details, "", LADDER, "ops", None, hold, group)


def first(message=None):
    message = message or fired()
    return rules.fire(None, message, new_id=7, now=NOW, on_call=PEOPLE).state


def join(alert, message, *, minute=1):
    return rules.join(alert, message, now=NOW + timedelta(minutes=minute), on_call=PEOPLE)


def leave(alert, key="k1", *, minute=2):
    over = SourceResolved("grafana", key, NOW + timedelta(minutes=minute))
    return rules.leave(alert, over)


def acknowledged(alert, person="ana"):
    taken = Acknowledge(7, person, person, "button")
    return rules.acknowledge(alert, taken, now=NOW, on_call=PEOPLE).state


def of(kind, decision):
    return [one for one in (*decision.events, *decision.effects) if isinstance(one, kind)]


def read(text):
    reader = Reader()
    found = read_grouping(parse(text, "set.yaml"), reader)
    reader.finish()
    return found


def test_a_route_says_by_which_details_and_how_soon():
    assert read("{by: [service, region], within: 10m}") == BY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{by: [], within: 10m}", "names no detail"),
        ("{by: [a], within: 2d}", "longer than a day"),
        ("{by: [a], within: 5s}", "at least 60 s"),
        ("{by: a, within: 10m}", "should be a list"),
        ("{}", 'lacks "by"'),
    ],
)
def test_a_grouping_that_is_none_is_refused_with_what_would_be_one(text, words):
    with pytest.raises(ConfigError, match=words):
        read(text)


def test_alerts_of_one_ladder_with_equal_labels_have_one_name_whatever_else_they_say():
    def name(ladder="urgent", **details):
        return rules.group_name(ladder, BY, {"service": "web", "region": "eu"} | details)

    assert name() == name(host="web-2")
    assert len({name(), name(region="us"), name("calm")}) == 3
    assert name(region="") == rules.group_name("urgent", BY, {"service": "web"}) == ""
    assert rules.group_name("urgent", None, {}) == ""


def test_an_alert_that_others_may_join_is_the_first_of_a_group_and_pages_as_ever():
    decision = rules.fire(None, fired(), new_id=7, now=NOW, on_call=PEOPLE)

    assert decision.state.group.labels == {"service": "web", "region": "eu"}
    assert (decision.state.group.size, decision.state.group.open) == (1, 1)
    assert rules.key_of(decision.state) == decision.state.group.name != "k1"
    assert [page.person for page in of(PagePerson, decision)] == ["ana"]


@pytest.mark.parametrize(
    "message", [fired(group=None), fired(region=""), replace(fired(), ladder=None)]
)
def test_one_without_the_labels_a_grouping_or_a_ladder_stands_for_itself(message):
    alert = first(message)
    assert alert.group is None
    assert rules.key_of(alert) == "k1"
    assert not rules.takes(alert, fired("k2"), NOW)
    assert of(Resolved, leave(alert))


def test_more_of_a_member_counts_and_changes_no_group():
    alert = first()
    again = rules.fire(alert, fired(), new_id=7, now=NOW, on_call=PEOPLE).state
    assert (again.count, again.group) == (2, alert.group)


def test_a_further_one_joins_and_pages_nobody_whether_somebody_has_it_or_not():
    for alert in (first(), acknowledged(first())):
        assert rules.takes(alert, fired("k2"), NOW)
        decision = join(alert, fired("k2"))
        group = decision.state.group
        assert (group.size, group.open, decision.state.count) == (2, 2, 2)
        assert group.until == NOW + timedelta(minutes=11)
        assert of(MemberJoined, decision) == [MemberJoined(7, "grafana", "k2", "k2", "P3")]
        assert not of(PagePerson, decision)


def test_its_posts_tell_of_many_that_join_together_once_after_a_few_seconds():
    alert = first()
    for number in range(2, 40):
        alert = join(alert, fired(f"k{number}"), minute=1 + (number - 2) / 1000).state
    decision = rules.wake(alert, now=alert.group.show_at, on_call=PEOPLE)

    assert alert.group.show_at == NOW + timedelta(minutes=1, seconds=5)
    assert of(ShowAlert, decision) == [ShowAlert(7, 1, decision.state.revision)]
    assert decision.state.group.show_at is None
    assert decision.wake_at == NOW + timedelta(minutes=5)
    calm = rules.wake(decision.state, now=NOW + timedelta(minutes=2), on_call=PEOPLE)
    assert not of(ShowAlert, calm)


@pytest.mark.parametrize(
    ("alert", "message", "minute", "taken"),
    [
        (first(), fired("k2"), 9, True),
        (first(), fired("k2"), 10, False),
        (first(fired(hold=HELD)), fired("k2", hold=HELD), 1, True),
        (first(fired(hold=HELD)), fired("k2"), 1, False),
        (leave(first()).state, fired("k2"), 1, False),
    ],
)
def test_it_takes_what_comes_within_the_window_and_is_held_where_it_is(
    alert, message, minute, taken
):
    assert rules.takes(alert, message, NOW + timedelta(minutes=minute)) is taken


def test_one_that_a_person_snoozed_takes_none_for_what_is_new_was_not_put_off():
    act = Act(7, "ana", "button")
    until = NOW + timedelta(hours=1)
    alert = rules.snooze(acknowledged(first()), act, until=until, now=NOW).state
    assert not rules.takes(alert, fired("k2"), NOW)


def test_a_group_that_takes_no_more_leaves_its_name_to_another():
    alert = first()
    given_up = rules.give_up(alert)
    assert rules.key_of(given_up.state) == f"{alert.group.name}#7"
    assert given_up.wake_at == NOW + timedelta(minutes=5)


def test_a_louder_one_pages_like_any_of_its_loudness():
    decision = join(first(), fired("k2", title="Web down", priority="P1"))

    assert (decision.state.title, decision.state.priority) == ("Web down", "P1")
    assert decision.state.nth == 2
    assert [page.key for page in of(PagePerson, decision)] == ["page:7.2.0.0:ana:mattermost"]
    assert of(GroupLouder, decision) == [GroupLouder(7, 2, "P1", "P3")]


def test_a_louder_one_takes_the_group_from_who_has_it_and_tells_them():
    decision = join(acknowledged(first(), "bo"), fired("k2", priority="P1"))
    assert decision.state.status is rules.Status.FIRING
    assert of(CameBack, decision) == [CameBack(7, 2, "louder", "bo")]
    assert [page.person for page in of(PagePerson, decision)] == ["ana"]
    assert [(told.person, told.what) for told in of(TellAlert, decision)] == [("bo", "louder")]


def test_an_owner_who_is_paged_anew_is_not_told_beside():
    decision = join(acknowledged(first(), "ana"), fired("k2", priority="P1"))
    assert [page.person for page in of(PagePerson, decision)] == ["ana"]
    assert not of(TellAlert, decision)


def test_a_louder_one_in_maintenance_pages_nobody():
    held = first(fired(hold=HELD))
    louder = join(held, fired("k2", priority="P1", hold=HELD))
    beside = join(first(), fired("k2", priority="P1", hold=HELD))

    assert (louder.state.priority, louder.state.status) == ("P1", rules.Status.SNOOZED)
    assert beside.state.priority == "P3"
    assert not of(PagePerson, louder) + of(PagePerson, beside)


def test_one_that_joins_a_group_that_nobody_answered_begins_its_ladder_anew():
    alert = rules.wake(first(), now=NOW + timedelta(minutes=5), on_call=PEOPLE).state
    assert alert.ended
    decision = join(alert, fired("k2"), minute=6)
    assert of(LadderRestarted, decision)
    assert of(PagePerson, decision)


def test_each_is_over_by_itself_and_the_group_with_the_last():
    alert = join(first(), fired("k2")).state
    one = leave(alert, "k1")
    both = leave(one.state, "k2", minute=3)

    assert of(MemberLeft, one) == [MemberLeft(7, "grafana", "k1", 1)]
    assert one.state.status is rules.Status.FIRING
    assert both.state.status is rules.Status.RESOLVED
    assert both.state.group.open == 0
    assert not of(MemberLeft, both)
    assert not leave(both.state).events


def test_a_member_is_told_from_the_first_by_title_detail_or_key():
    alert = first()
    same = replace(fired("k2"), details=alert.details)
    assert rules.called(alert, fired("k2", title="Web down")) == "Web down"
    assert rules.called(alert, fired("k2")) == "k2"
    assert rules.called(alert, fired("k2", host="web-2")) == "web-2"
    assert rules.called(alert, same) == "k2"
    assert rules.called(alert, fired("k2", host="")) == "k2"


KEYS = st.sampled_from(["k1", "k2", "k3"])
STEPS = st.lists(
    st.tuples(st.sampled_from(["fires", "louder", "ends", "taken", "resolved"]), KEYS), max_size=25
)


class Books:
    """A group and its members, as the engine keeps them."""

    def __init__(self):
        self.alert, self.members = None, set()

    @property
    def over(self):
        return self.alert is None or self.alert.status is rules.Status.RESOLVED

    def fires(self, key, priority="P3"):
        message = fired(key, priority=priority)
        if self.over:
            self.alert, self.members = first(message), {key}
        elif key in self.members:
            self.alert = rules.fire(self.alert, message, new_id=7, now=NOW, on_call=PEOPLE).state
        else:
            self.alert = join(self.alert, message, minute=0).state
            self.members.add(key)

    def louder(self, key):
        self.fires(key, "P1")

    def ends(self, key):
        if key in self.members:
            self.alert = leave(self.alert, key).state
            self.members.discard(key)

    def taken(self, _):
        if self.alert and self.alert.status is rules.Status.FIRING:
            self.alert = acknowledged(self.alert)

    def resolved(self, _):
        if not self.over:
            ended = Resolve(7, "ana", "button")
            self.alert = rules.resolve(self.alert, ended, now=NOW, may=["ana"]).state
            self.members = set()


@given(STEPS)
def test_in_any_order_the_group_is_open_while_one_of_it_is_or_until_a_person_ends_it(steps):
    books = Books()
    for what, key in steps:
        getattr(books, what)(key)
        assert books.over == (not books.members)
        assert not books.members or books.alert.group.open == len(books.members)
