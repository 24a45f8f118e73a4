"""Alerts as another system fared with them beside ours, and what is said of it."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from setflow.adapters.mattermost.post import Pen
from setflow.adapters.mattermost.remote import shadow_post
from setflow.escalation.rules.shadow import (
    Differs,
    Ours,
    Report,
    Theirs,
    Told,
    compare,
    report,
    written,
)
from setflow.facts import ApartFacts, ShadowFacts, ShadowRow

AT = datetime(2026, 11, 30, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
BERLIN = ZoneInfo("Europe/Berlin")


def told(*people, late=0):
    return tuple(Told(one, AT + (late + 10 * n) * MINUTE) for n, one in enumerate(people))


def theirs(number="1", told=(), **more):
    return Theirs(number, f"alert {number}", "P1", AT, told, **more)


@pytest.mark.parametrize(
    ("there", "here", "found"),
    [
        (theirs(told=told("ana")), Ours(told("ana")), None),
        (theirs(told=told("ana", "bo")), Ours(told("ana", "di")), None),
        (theirs(), Ours(()), None),
        (theirs(told=told("ana")), None, ("missing", ("ana",), ())),
        (theirs(), None, ("missing", (), ())),
        (theirs(over=True), None, None),
        (theirs(told=None, over=True), None, None),
        (theirs(told=told("ana")), Ours(()), ("unpaged", ("ana",), ())),
        (theirs(told=told("ana")), Ours((), pages=False), None),
        (theirs(told=told("ana")), Ours(told("bo")), ("people", ("ana",), ("bo",))),
        (theirs(), Ours(told("bo")), ("alone", (), ("bo",))),
        (theirs(told=told("ana")), Ours(told("ana", late=2)), None),
        (theirs(told=told("ana")), Ours(told("ana", late=3)), ("late", ("ana",), ("ana",))),
        (theirs(told=told("ana", late=9)), Ours(told("ana")), None),
        (theirs(owner="bo"), Ours((), "ana"), ("taken", ("bo",), ("ana",))),
        (theirs(owner="bo"), Ours((), ""), ("taken", ("bo",), ())),
        (theirs(told=None, owner="bo"), Ours(told("ana"), "bo"), None),
    ],
)
def test_an_alert_is_compared_by_whom_it_told_first_and_who_has_it(there, here, found):
    got = compare([there], {"1": here} if here else {})

    assert [(one.what, one.theirs, one.ours) for one in got] == ([found] if found else [])
    assert all(one.late == (3 * MINUTE if one.what == "late" else 0 * MINUTE) for one in got)


def test_those_told_within_a_minute_are_told_together():
    both = (Told("ana", AT), Told("bo", AT + MINUTE))
    there = Theirs("1", "x", "P1", AT, both)

    assert compare([there], {"1": Ours(tuple(reversed(both)))}) == ()
    assert compare([there], {"1": Ours(both[:1])})[0].theirs == ("ana", "bo")


def test_the_worst_come_first():
    alerts = [
        theirs("late", told("ana")),
        theirs("people", told("ana")),
        theirs("missing", told("ana")),
        theirs("none", told("ana")),
    ]
    here = {
        "late": Ours(told("ana", late=9)),
        "people": Ours(told("bo")),
        "none": Ours(()),
    }

    found = [one.what for one in compare(alerts, here)]
    assert found == ["missing", "unpaged", "people", "late"]


def test_a_report_is_kept_as_json():
    differs = Differs("late", "x", "P1", AT, ("ana",), ("ana",), 3 * MINUTE)
    kept = Report("2026-12-01", AT, AT + MINUTE, "2026-12-01", 3, (differs,))

    assert report(written(kept)) == kept
    assert report({}) is None


def row(what, title="DB down", **more):
    values = {"theirs": ("Ana",), "ours": ("Bo",), "late": 7 * MINUTE} | more
    return ShadowRow(what, title, "P1", AT, **values)


def said(*rows, count=9, apart=()):
    now = datetime(2026, 12, 1, 8, tzinfo=UTC)
    facts = ShadowFacts(now - timedelta(days=1), count, rows, date(2026, 11, 24), apart, BERLIN)
    return shadow_post(facts, Pen(now, lambda _: "", "")).message.splitlines()


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("missing", "OpsGenie told Ana; it never came in here"),
        ("unpaged", "OpsGenie told Ana first, setflow nobody"),
        ("people", "OpsGenie told Ana first, setflow Bo"),
        ("late", "both told Bo first, setflow 7 min after OpsGenie"),
        ("alone", "setflow told Bo first, OpsGenie nobody"),
        ("taken", "OpsGenie says that Ana has it, setflow that Bo has"),
    ],
)
def test_each_difference_has_its_words(what, words):
    assert said(row(what)) == [
        "**OpsGenie and setflow differ on 1 of 9 alerts** since Mon 09:00",
        f"- **DB down** (P1, Mon 04:12): {words}",
    ]


def test_the_worst_three_are_told_and_the_others_named():
    rows = [row("people", f"alert {number}") for number in range(5)]

    assert said(*rows)[-2:] == [
        "- **alert 2** (P1, Mon 04:12): OpsGenie told Ana first, setflow Bo",
        "and 2 more: alert 3, alert 4",
    ]
    assert said(*(row("people", f"a {number}") for number in range(20)))[-1].endswith("a 10 …")


def test_schedules_that_differ_are_told_though_no_alert_did():
    start = datetime(2026, 12, 1, 12, tzinfo=UTC)
    apart = ("SET primary", ApartFacts(start, start + timedelta(hours=4), ("Ana",), ("Bo",)))

    assert said(apart=(apart,)) == [
        "**OpsGenie and setflow have others on call** since Mon 09:00",
        "- OpsGenie's SET primary, **13:00 – 17:00** · theirs Ana, ours Bo",
    ]


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "No alert came since Mon 09:00; OpsGenie and setflow have not differed since Tue 24"),
        (1, "OpsGenie and setflow agree on the one alert since Mon 09:00; no difference since Tue"),
        (9, "OpsGenie and setflow agree on all 9 alerts since Mon 09:00; no difference since Tue"),
    ],
)
def test_a_day_without_differences_is_told_in_a_line(count, words):
    [line] = said(count=count)

    assert line.startswith(words)
