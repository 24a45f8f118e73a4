"""What is done with an alert in OpsGenie, where it pages here too."""

from dataclasses import replace

import pytest

from setflow.effects import OPSGENIE, MirrorAlert
from setflow.escalation.rules import Status, hand_back, seen_there, snooze, take
from setflow.escalation.spec import Act, There
from tests.unit.test_escalation_rules import URGENT, Story, at, fired, minutes, of, on_call, paged

NOBODY = There("", None, None)


def a_story(ladder=URGENT):
    story = Story(people=on_call())
    story.fire(fired(ladder, source=OPSGENIE, remote="r-1"))
    return story


def has(person, minute):
    return There(person, at(minute), None)


def seen(story, there):
    """What comes of it; None where that is nothing."""
    decision = seen_there(story.alert, there, now=story.now, on_call=story.people)
    return None if decision is None else story.take(decision)


def does(story, verb, by, **more):
    return story.take(verb(story.alert, Act(7, by, "button"), now=story.now, **more))


def test_whoever_takes_it_there_has_it_and_gives_it_back_there():
    story = a_story()
    seen(story, has("bo", 0))
    assert (story.alert.owner, story.alert.there) == ("bo", True)
    assert seen(story, has("bo", 0)) is None

    effects = seen(story, NOBODY)
    assert story.alert.status is Status.FIRING
    assert (paged(effects), of(MirrorAlert, effects)) == (["ana"], [])
    assert seen(story, NOBODY) is None
    # That it was given back was seen there, so that who takes it after that is no word of before.
    seen(story, There("bo", None, None))
    assert story.alert.owner == "bo"


def test_what_was_taken_here_is_given_back_there_once_it_was_seen_there():
    story = a_story()
    story.now = at(2)
    story.acknowledge("ana")
    for there in (NOBODY, has("bo", 1), There("bo", None, None), NOBODY):
        assert seen(story, there) is None
        assert not story.alert.there
    assert seen(story, has("ana", 2)) == []
    does(story, take, "bo", on_call=story.people)
    for there in (has("ana", 2), There("", None, at(30))):
        assert seen(story, there) is None
    assert paged(seen(story, NOBODY)) == ["ana"]


@pytest.mark.parametrize("old", [has("ana", 2), There("ana", None, None)])
def test_what_came_back_here_is_not_lost_by_the_word_of_before(old):
    story = a_story()
    story.acknowledge("ana")
    story.now = at(2)
    seen(story, has("ana", 0))
    does(story, hand_back, "ana", on_call=story.people)
    assert seen(story, old) is None
    # Nor is it put off by a snooze that may be older.
    assert seen(story, There("", None, at(30))) is None
    assert not story.alert.there
    seen(story, has("bo", 3))
    assert story.alert.owner == "bo"


def test_a_snooze_there_is_one_here_and_ends_with_it():
    story = a_story()
    effects = seen(story, There("", None, at(30)))
    assert (story.alert.status, story.alert.owner) == (Status.SNOOZED, "OpsGenie")
    assert (story.wake_at, of(MirrorAlert, effects)) == (at(30), [])
    assert seen(story, There("bo", at(0), at(30))) is None
    assert paged(seen(story, NOBODY)) == ["ana"]

    story = a_story()
    seen(story, There("bo", at(0), at(30)))
    seen(story, has("bo", 1))
    assert (story.alert.status, story.alert.owner) == (Status.ACKNOWLEDGED, "bo")
    assert seen(story, There("", None, at(0))) is not None


def test_a_snooze_there_is_cut_at_the_longest_one():
    story = a_story()
    seen(story, There("", None, story.now + minutes(60 * 24 * 30)))
    assert story.wake_at == story.now + minutes(60 * 24 * 7)


def test_what_was_snoozed_here_stays_so():
    story = a_story()
    does(story, snooze, "ana", until=at(30))
    for there in (NOBODY, has("bo", 1), There("", None, at(40))):
        assert seen(story, there) is None


def test_where_opsgenie_pages_alone_it_is_shown():
    story = a_story(None)
    assert seen(story, There("", None, at(30))) is None
    seen(story, There("bo", at(0), at(30)))
    assert story.alert.owner == "bo"
    effects = seen(story, NOBODY)
    assert (story.alert.status, story.alert.owner, story.alert.nth) == (Status.FIRING, None, 1)
    assert (paged(effects), story.wake_at) == ([], None)
    assert replace(story.alert, there=False) == story.alert
