"""The OpsGenie-compatible API: searches read, requests read, and what an alert is changed to."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setflow.adapters import genie
from setflow.adapters.genie import Unfit
from setflow.effects import ShowAlert, ShowNote, TellAlert, UpdatePage
from setflow.errors import Refused
from setflow.escalation.rules import Status, editing
from setflow.escalation.rules.editing import Edit
from setflow.escalation.spec import Acknowledged, Act
from setflow.escalation.spec.edits import AlertChanged, Assigned, NoteAdded, Redirected
from setflow.escalation.spec.search import All, Any, Not, Term, instant_of, parse_search
from tests.unit.test_escalation_rules import a_ladder, a_story, of


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", All()),
        ("db", Term("", "db")),
        ("status: open", Term("status", "open")),
        ("STATUS=open", Term("status", "open")),
        (
            "status:open AND priority: P1",
            All((Term("status", "open"), Term("priority", "P1"))),
        ),
        ("status:open tag:db", All((Term("status", "open"), Term("tag", "db")))),
        ("tags: (a OR b)", Any((Term("tag", "a"), Term("tag", "b")))),
        (
            "tag: ((a or b) AND c*)",
            All((Any((Term("tag", "a"), Term("tag", "b"))), Term("tag", "c*"))),
        ),
        ('NOT message: "disk: full"', Not(Term("message", "disk: full"))),
        ("not (a or b) c", All((Not(Any((Term("", "a"), Term("", "b")))), Term("", "c")))),
        ("count >= 3", Term("count", "3", ">=")),
        ("createdAt > 1764000000000", Term("createdAt", "1764000000000", ">")),
        ("createdAt < 2026-11-30T10:00", Term("createdAt", "2026-11-30T10:00", "<")),
        ("details.Host: a", Term("details.Host", "a")),
        ("teams: ops", Term("responders", "ops")),
        ("tiny: 7", Term("tinyId", "7")),
        ("order", Term("", "order")),
        ("tag: a:b", Term("tag", "a:b")),
        ("tag: (a:b)", Term("tag", "a:b")),
        ("a or b or c", Any((Term("", "a"), Term("", "b"), Term("", "c")))),
    ],
)
def test_a_search_is_read_as_opsgenie_s_users_write_it(text, found):
    assert parse_search(text) == found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("weather: bad", "asks for weather; it may ask for status, priority"),
        ("(a", "lacks a closing bracket"),
        ("a)", "a bracket too many at ')'"),
        ("status:", "says nothing at ''"),
        ("status > open", "asks whether status is above or below"),
        ("count: many", "asks whether count is 'many': no number"),
        ("count: 99999999999", "no number"),
        ("createdAt < yesterday", "'yesterday' is no instant"),
        ("createdAt < 99999999999999999999", "is no instant"),
        ("(" * 30 + "a" + ")" * 30, "over 20 deep"),
        ("a" * 1001, "over 1000 characters"),
    ],
)
def test_a_search_that_cannot_be_read_says_why(text, said):
    with pytest.raises(ValueError, match=r"query|instant") as refused:
        parse_search(text)
    assert said in str(refused.value)


@settings(max_examples=50)
@given(st.text(alphabet='ab:()"<>=*. \tORANDNTstaus', max_size=60))
def test_any_search_is_read_or_refused(text):
    with suppress(ValueError):
        parse_search(text)


def test_an_instant_without_a_zone_is_in_utc():
    assert instant_of("2026-11-30T10:00") == datetime(2026, 11, 30, 10, tzinfo=UTC)
    assert instant_of("1000") == datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)
    assert instant_of("2026-11-30T10:00+01:00").utctimetuple().tm_hour == 9


def test_a_create_is_read_and_what_is_too_long_is_cut():
    read = genie.create(
        {
            "message": "x" * 200,
            "tags": "a, b,a,,",
            "details": {"n": 1, "ok": True, "deep": {"no": 1}, "none": None},
            "actions": ["y" * 60],
            "responders": [{"type": "user", "username": "a@b"}, "x", {}, 7],
            "priority": "",
            "source": "https://here",
            "user": "\ud800\0z",
            "later": [],
        }
    )
    assert (len(read["message"]), read["priority"], read["tags"]) == (130, "P3", ["a", "b"])
    assert read["details"] == {
        "n": "1",
        "ok": "true",
        "Actions": "y" * 50,
        "Responders": "user a@b, x, 7",
        "Source": "https://here",
    }
    assert (read["url"], read["user"], read["alias"]) == ("https://here", "?z", "")
    assert genie.create({"message": "x", "details": {"url": "http://a"}})["url"] == "http://a"
    assert genie.create({"message": "x", "source": "Grafana", "details": []})["url"] == ""


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("POST notes", {"note": " "}, "note"),
        ("POST tags", {"tags": []}, "tags"),
        ("DELETE tags", {"tags": ""}, "tags"),
        ("POST details", {"details": "x"}, "details"),
        ("DELETE details", {}, "keys"),
        ("PUT message", {}, "message"),
        ("PUT priority", {"priority": "high"}, "priority"),
        ("POST snooze", {"endTime": "later"}, "endTime"),
        ("POST escalate", {}, "escalation"),
        ("POST assign", {"owner": {}}, "owner"),
        ("POST responders", {"responder": {}}, "responder"),
        ("POST teams", {}, "team"),
    ],
)
def test_what_says_nothing_is_refused_by_its_field(name, body, field):
    _, read = genie.READERS[name]
    with pytest.raises(Unfit) as refused:
        read(body)
    assert list(refused.value.errors) == [field]


def test_other_requests_are_read():
    def read(name, body):
        return genie.READERS[name][1](body)

    assert read("POST snooze", {"endTime": "2026-11-30T10:00:00"})["until"].endswith(
        "10:00:00+00:00"
    )
    assert read("POST assign", {"owner": "ana"})["owner"] == "ana"
    assert read("PUT description", {}) == {"user": "", "note": "", "details": {"Description": ""}}
    assert genie.wanted({"offset": "5"}, 20) == (5, 20)
    with pytest.raises(Unfit):
        genie.wanted({"limit": "101"}, 20)


def act(by="nagios"):
    return Act(7, by, "api")


def test_a_note_is_kept_and_changes_nothing():
    story = a_story()
    alert = story.alert
    story.effects.clear()
    story.take(editing.note(alert, act(), "looking", delivery=3))
    assert (story.alert, story.effects) == (alert, [ShowNote(7, 1, 3, "nagios")])
    assert of(NoteAdded, story.events) == [NoteAdded(7, "nagios", "api", "looking")]


def test_what_changes_is_shown_and_pages_nobody():
    story = a_story()
    story.effects.clear()
    story.take(editing.edit(story.alert, act(), Edit(title="worse", tags=("a",))))
    assert (story.alert.title, story.alert.tags) == ("worse", ("a",))
    assert of(AlertChanged, story.events) == [AlertChanged(7, "nagios", "api", ("title", "tags"))]
    assert {type(one) for one in story.effects} == {ShowAlert, UpdatePage}
    story.effects.clear()
    same = editing.edit(story.alert, act(), Edit(title="worse", details=story.alert.details))
    assert ([*same.effects], [*same.events], same.wake_at) == ([], [], story.wake_at)
    with pytest.raises(Refused, match="over"):
        editing.edit(replace(story.alert, status=Status.RESOLVED), act(), Edit(title="x"))


def test_it_goes_up_another_ladder_while_nobody_has_it():
    story = a_story()
    calm = a_ladder(("lead", 30))
    story.take(editing.redirect(story.alert, act(), calm, now=story.now, on_call=story.people))
    assert (story.alert.nth, story.alert.ladder) == (2, calm)
    assert of(Redirected, story.events)[0].ladder == calm.name
    for other, said in (
        (replace(story.alert, status=Status.ACKNOWLEDGED), "Somebody has"),
        (replace(story.alert, ladder=None), "OpsGenie pages"),
    ):
        with pytest.raises(Refused, match=said):
            editing.redirect(other, act(), calm, now=story.now, on_call=story.people)


def test_it_is_given_to_somebody_who_is_told_as_is_who_had_it():
    story = a_story()
    story.effects.clear()

    def gives(person):
        return story.take(
            editing.assign(story.alert, act(), person, now=story.now, on_call=story.people)
        )

    told = [one for one in gives("cy") if isinstance(one, TellAlert)]
    assert [(one.person, one.what) for one in told] == [("cy", "assigned")]
    assert (story.alert.owner, story.alert.status) == ("cy", Status.ACKNOWLEDGED)
    assert of((Assigned, Acknowledged), story.events) == [
        Assigned(7, "cy", "nagios", "api", ""),
        Acknowledged(7, "cy", "nagios", "api"),
    ]
    stood_down = [
        one.person for one in story.effects if isinstance(one, UpdatePage) and one.stand_down
    ]
    assert stood_down == ["ana"]
    told = [one for one in gives("bo") if isinstance(one, TellAlert)]
    assert [(one.person, one.what) for one in told] == [("bo", "assigned"), ("cy", "taken")]
    assert of(Assigned, story.events)[-1].before == "cy"
    with pytest.raises(Refused, match="have it already"):
        gives("bo")
    with pytest.raises(Refused, match="not one of people"):
        gives("zoe")
