"""Windows in which alerts page nobody: read, open at an instant, and what they hold."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from setflow.document import Reader, parse
from setflow.escalation import rules
from setflow.escalation.rules import Status
from setflow.escalation.spec import CameBack, Held, Hold, read_windows
from tests.unit.test_escalation_rules import Story, at, fired, of, paged

BERLIN = ZoneInfo("Europe/Berlin")


def read(text):
    reader = Reader()
    found = read_windows(
        parse(text, "set.yaml"), reader, zone=BERLIN, ladders=("urgent",), check_condition=check
    )
    return found, [str(problem) for problem in reader.problems]


def check(text):
    if "(" in text:
        raise ValueError(f'"{text}" is no expression')


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_window_once_is_open_from_its_beginning_up_to_its_end():
    (window,), _ = read('[{name: db, from: "2026-12-01 22:00", to: "2026-12-02 01:00"}]')

    assert (window.source, window.ladders, window.when) == (None, (), None)
    end = utc("2026-12-02 00:00")
    assert window.until(utc("2026-12-01 21:00"), BERLIN) == end
    assert window.until(end - timedelta(seconds=1), BERLIN) == end
    assert window.until(end, BERLIN) is None
    assert window.until(utc("2026-12-01 20:59"), BERLIN) is None


def test_a_window_comes_again_by_the_wall_clock():
    (window,), _ = read(
        "[{name: db, source: grafana, ladders: [urgent], when: x, each: each sun 02:00, for: 2h}]"
    )

    assert (window.source, window.ladders, window.when) == ("grafana", ("urgent",), "x")
    for begin in ("2026-07-05 00:00", "2026-12-06 01:00"):
        end = utc(begin) + timedelta(hours=2)
        assert window.until(utc(begin), BERLIN) == end
        assert window.until(utc(begin) - timedelta(seconds=1), BERLIN) is None
        assert window.until(end - timedelta(seconds=1), BERLIN) == end
        assert window.until(end, BERLIN) is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{name: db}", 'should say when: "from" and "to", or "each" and "for"'),
        ('{name: db, from: "2026-12-01 22:00", for: 2h}', "should say when"),
        ('{name: db, from: soon, to: "2026-12-02 01:00"}', "set.yaml:1:19"),
        (
            '{name: db, from: "2026-12-02 22:00", to: "2026-12-02 01:00"}',
            "should come after its beginning",
        ),
        (
            '{name: db, from: "2026-12-02 22:00", to: "2027-02-02 01:00"}',
            "at most 31 days later",
        ),
        ("{name: db, each: Sun 02:00, for: 2h}", "comes once"),
        ("{name: db, each: now and then, for: 2h}", "is no due rule"),
        ("{name: db, each: each sun 02:00, for: 25h}", "should be from 1m to 24h"),
        ("{each: each sun 02:00, for: 2h}", 'lacks "name"'),
        ("{name: db, ladders: [urgnt], each: each sun 02:00, for: 2h}", 'did you mean "urgent"'),
        ("{name: db, when: f(1), each: each sun 02:00, for: 2h}", "is no expression"),
        ("{name: db, sorce: x, each: each sun 02:00, for: 2h}", 'did you mean "source"'),
    ],
)
def test_a_window_s_mistakes_are_said_where_they_stand(text, problem):
    found, problems = read(f"[{text}]")

    assert found == ()
    assert len(problems) == 1
    assert problem in problems[0]


def a_held_story():
    story = Story()
    story.fire(replace(fired(), hold=Hold("db", at(60))))
    return story


def test_what_comes_in_a_maintenance_is_shown_and_pages_at_its_end():
    story = a_held_story()

    assert (paged(story.effects), len(story.effects)) == ([], 1)
    assert of(Held, story.events) == [Held(7, "db", at(60))]
    assert (story.alert.status, story.wake_at) == (Status.SNOOZED, at(60))
    assert paged(story.fire()) == []
    assert paged(story.tick(60)) == ["ana"]
    assert of(CameBack, story.events) == [CameBack(7, 2, "maintenance", "db")]
    assert paged(story.tick(65)) == ["bo"]


def test_what_ends_in_a_maintenance_wakes_nobody_and_says_so():
    story = a_held_story()
    story.source_resolves()

    assert (story.alert.held, story.wake_at) == ("db", None)
    assert paged(story.run(100)) == []


def test_what_is_held_can_be_taken_and_is_then_no_more_held():
    story = a_held_story()
    story.acknowledge("cy")

    assert (story.alert.owner, story.alert.held, story.wake_at) == ("cy", "", None)
    assert rules.coming(story.alert) is None
