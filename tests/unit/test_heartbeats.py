"""Heartbeats: read from a file, waited for, missed, and spared where nobody could hear them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters.mattermost.heartbeats import standing
from setflow.document import Reader, parse
from setflow.escalation.rules import heartbeats as rules
from setflow.escalation.rules.heartbeats import DEAF, Beat
from setflow.escalation.spec.heartbeats import Heartbeat, read_heartbeats

START = datetime(2026, 11, 30, 10, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
PROBE = Heartbeat(
    "probe",
    timedelta(minutes=5),
    timedelta(minutes=1),
    "No sign of life from probe",
    "P3",
    None,
    None,
)


def at(minutes):
    return START + timedelta(minutes=minutes)


def read(text):
    reader = Reader()
    found = read_heartbeats(parse(text, "set.yaml"), reader, ladders=("urgent",))
    return found, [str(problem) for problem in reader.problems]


def test_a_heartbeat_needs_to_say_no_more_than_how_often_it_comes():
    found, problems = read(
        "{probe: {every: 5m}, backup: {every: 1d, grace: 2h, title: No backup, priority: P1, "
        "ladder: urgent, source: Cron}}"
    )
    assert problems == []
    assert found["probe"] == PROBE
    one = found["backup"]
    assert (one.title, one.priority, one.ladder, one.source) == (
        "No backup",
        "P1",
        "urgent",
        "cron",
    )
    assert one.patience == timedelta(hours=26)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{probe: {}}", 'lacks "every"'),
        ("{probe: {every: 10s}}", "should be from 1m to 31d"),
        ("{probe: {every: 5w}}", "should be from 1m to 31d"),
        ("{probe: {every: 5m, grace: 6m}}", "should be no longer than every"),
        ("{a/b: {every: 5m}}", "without a /"),
        ("{probe: {every: 5m, ladder: urgnt}}", 'did you mean "urgent"'),
        ("{probe: {every: 5m, priority: P9}}", "none of P1"),
        ("{probe: {evry: 5m}}", 'did you mean "every"'),
    ],
)
def test_a_heartbeat_s_mistakes_are_said_where_they_stand(text, problem):
    _, problems = read(text)
    assert any(problem in one for one in problems)


def test_it_is_missed_once_its_time_and_its_grace_are_over():
    beat = rules.pinged(Beat(), PROBE, START)
    assert beat == Beat(START, at(6))
    assert rules.looked_at(beat, PROBE, at(5.9)) == beat
    missed = rules.looked_at(beat, PROBE, at(6))
    assert missed == Beat(START, None, at(6))
    assert rules.looked_at(missed, PROBE, at(60)) == missed
    assert rules.pinged(missed, PROBE, at(61)) == Beat(at(61), at(67))


def test_before_its_first_ping_and_while_switched_off_nothing_is_missed():
    assert rules.looked_at(Beat(), PROBE, at(60)) == Beat()
    off = rules.switched(rules.pinged(Beat(), PROBE, START), on=False)
    assert off == Beat(START, None, enabled=False)
    assert rules.pinged(off, PROBE, at(1)) == Beat(at(1), None, enabled=False)
    on = rules.switched(off, on=True)
    assert on == Beat(START)
    assert rules.pinged(on, PROBE, at(2)).due == at(8)
    beat = rules.pinged(Beat(), PROBE, START)
    assert rules.switched(beat, on=True) == beat
    missed = rules.looked_at(beat, PROBE, at(6))
    assert rules.switched(missed, on=True) == missed
    assert rules.switched(missed, on=False) == Beat(START, enabled=False)


def test_what_nobody_could_hear_is_not_missed():
    beat = rules.pinged(Beat(), PROBE, START)
    assert rules.looked_at(beat, PROBE, at(6) + DEAF).missed
    assert rules.looked_at(beat, PROBE, at(7)) == Beat(START, at(13))
    # It was to come at 5, give or take 1; that is 4 to 6.
    for begin, end in ((3, 5), (5, 5.5), (5.5, 9), (3, 9), (3, 4), (6, 8)):
        spared = rules.spared(beat, PROBE, at(begin), at(end))
        assert spared.due == at(end + 6)
    for begin, end in ((1, 3.9), (6.1, 8)):
        assert rules.spared(beat, PROBE, at(begin), at(end)) == beat
    assert rules.spared(Beat(), PROBE, at(1), at(2)) == Beat()


@given(st.integers(0, 400), st.integers(0, 400))
def test_an_outage_puts_off_at_most_by_one_interval_and_never_brings_forward(begin, length):
    beat = rules.pinged(Beat(), PROBE, START)
    begin, end = at(begin / 10), at((begin + length) / 10)
    spared = rules.spared(beat, PROBE, begin, end)
    assert beat.due <= spared.due <= max(beat.due, end + PROBE.patience)


def test_a_definition_that_changes_misses_nothing_by_itself():
    beat = rules.pinged(Beat(), PROBE, START)
    slower = Heartbeat("probe", timedelta(hours=1), timedelta(minutes=1), "x", "P3", None, None)
    slow = rules.planned(beat, slower, at(2))
    assert slow.due == at(61)
    assert rules.planned(slow, PROBE, at(2)).due == at(6)
    assert rules.planned(slow, PROBE, at(30)).due == at(30) + DEAF
    assert rules.planned(Beat(START), PROBE, at(30)) == Beat(START)


@pytest.mark.parametrize(
    ("beat", "said"),
    [
        (Beat(), "never pinged: its first ping arms it"),
        (Beat(enabled=False), "never pinged; it is switched off"),
        (Beat(START, enabled=False), "switched off; last ping 11:00"),
        (Beat(START), "its next ping arms it; last ping 11:00"),
        (Beat(START, at(6)), "last ping 11:00, the next by 11:06"),
        (Beat(START, None, at(6)), "no sign of life since 11:06; last ping 11:00"),
    ],
)
def test_how_it_stands_is_said_in_the_reader_s_zone(beat, said):
    assert standing(beat, BERLIN, now=at(10)) == said
