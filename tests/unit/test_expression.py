import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.expression import (
    MOST_ANSWERS,
    _answers,
    _compiled,
    check,
    check_template,
    evaluate,
    fill,
)

ALERT = {"alert": {"priority": "P1", "tags": ["db", "eu"], "details": {}, "count": 3, "url": None}}


class Level(StrEnum):
    L1 = "L1"


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ('alert.priority in ["P1", "P2"]', True),
        ('alert.priority == "P3"', False),
        ('alert.tags.exists(tag, tag == "eu")', True),
        ('alert.tags.all(tag, tag.startsWith("d"))', False),
        ("has(alert.details.host)", False),
        ('has(alert.details.host) && alert.details.host == "x"', False),
        ("alert.count > 2 && !(alert.count > 3)", True),
        ("alert.url == null", True),
        ('alert.priority.matches("^P[12]$")', True),
        ("size(alert.tags) == 2 ? true : false", True),
    ],
)
def test_a_condition_is_answered(text, answer):
    check(text, {"alert"})

    assert evaluate(text, ALERT) is answer


def test_facts_may_be_what_python_has():
    facts = MappingProxyType(
        {
            "ticket": MappingProxyType({"level": Level.L1, "labels": frozenset({"x"})}),
            "at": datetime(2026, 11, 2, 9, tzinfo=UTC),
            "day": date(2026, 11, 2),
        }
    )

    assert evaluate('ticket.level == "L1" && "x" in ticket.labels', facts)
    assert evaluate('at < timestamp("2026-11-02T09:00:01Z") && day == "2026-11-02"', facts)
    assert evaluate('at.getHours("Europe/Berlin") == 10', facts)


@pytest.mark.parametrize(
    "text",
    [
        "alert.missing == 1",
        "missing == 1",
        "alert.priority",
        "alert.priority == 1",
        "alert.tags[7] == 'x'",
        "1 / 0 == 1",
        "{[1]: 2}.a == 1",
        "alert.priority{a: 1}",
        'alert.priority.matches("(")',
    ],
)
def test_what_cannot_be_answered_raises(text):
    with pytest.raises(ValueError, match=r"cannot be answered|neither true nor false"):
        evaluate(text, ALERT)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no condition at character 1"),
        ("alert.priority ==", "is no condition"),
        ('alert.priority == "P1', "is no condition"),
        ("x" * 501, "is over 500 characters"),
        ("(" * 13 + "true" + ")" * 13, "over 12 brackets deep"),
        ("1" + "+1" * 80 + " == 1", "too long a chain"),
        ("a.all(x, a.all(y, a.all(z, x == z)))", "over 2 deep"),
        ('"%99999999d" % 5 == ""', '"%"'),
        ("alert.tags.exists(x)", "write list.exists"),
        ("alert.tags.exists(x.y, true)", "write list.exists"),
        ('alert.priority.startswith("P")', 'did you mean "startsWith"?'),
        ("open('/etc/passwd') == 1", '"open", which is no function'),
        ('alrt.priority == "P1"', 'asks about "alrt"; it may ask about alert, run'),
    ],
)
def test_what_is_no_condition_is_told_so(text, words):
    with pytest.raises(ValueError) as told:  # noqa: PT011
        check(text, ["alert", "run"])

    assert words in str(told.value)


@pytest.mark.parametrize(
    "text", ["(" * 12 + "true" + ")" * 12, "||".join(["a == 1"] * 60), "a.all(x, a.all(y, x == y))"]
)
def test_bounds_leave_room(text):
    check(text)

    assert evaluate(text, {"a": [] if "all" in text else 1})


def test_names_are_free_where_none_are_given_and_those_of_macros_always():
    check("whatever.it == 1")
    check("alert.tags.exists(tag, tag == alert.key)", {"alert"})
    check("type(alert.key) == string", {"alert"})


def test_lists_chained_are_not_deep():
    check("a.filter(x, x > 1).map(x, x + 1).filter(x, x > 2).exists(x, x == 4)")


def test_facts_are_bounded():
    one, two = "a.all(x, true)", "a.all(x, a.all(y, true))"

    assert evaluate(one, {"a": [1] * 1_000})
    assert evaluate(two, {"a": [1] * 30})
    for text, facts in [
        (one, {"a": [1] * 1_001}),
        (two, {"a": [1] * 31}),
        ("a == b", {"a": [], "b": {str(key): 1 for key in range(1_001)}}),
        ("a == b", {"a": [], "b": [[1] * 999] * 21}),
    ]:
        with pytest.raises(ValueError, match="cannot be asked about"):
            evaluate(text, facts)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (
            'alert.priority in ["P1"] && alert.details.host == "x"',
            {"alert": {"priority", "details.host"}},
        ),
        ('(alert.details).a.b > 1 && alert.details["c"] == "d"', {"alert": {"details"}}),
        ("alert.tags.exists(t, t.x == alert.key)", {"alert": {"tags", "key"}, "t": {""}}),
        ("size(alert) > 1 && has(alert.key)", {"alert": {""}}),
    ],
)
def test_what_is_not_asked_about_is_not_looked_at(text, asks):
    expected = {f"{name}.{part}".rstrip(".") for name, parts in asks.items() for part in parts}
    assert {".".join(path) for path in _compiled(text).asks} == expected


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [
        ("a == 1", 1, "1"),
        ("type(a) == bool", True, 1),
        ("a.getHours() == 9", datetime(2026, 11, 2, 9, tzinfo=UTC),
         datetime(2026, 11, 2, 10, tzinfo=timezone(timedelta(hours=1)))),
        ("a.b == 1", {"b": 1}, {"b": 2}),
        ("has(a.b.c)", {"b": {"c": 1}}, {"b": {}}),
        ("1 in a", [1], [[1]]),
        ("a == 'x'", "x", "y" * 3_000),
    ],
)  # fmt: skip
def test_an_answer_is_that_of_these_facts_and_no_others(text, first, second):
    def asked(fact):
        try:
            return evaluate(text, {"a": fact})
        except ValueError as error:
            return str(error)

    fresh = {}
    for fact in (first, second):
        _answers.clear()
        fresh[repr(fact)] = asked(fact)
    for _ in range(2):
        assert [asked(first), asked(second)] == list(fresh.values())


def test_no_more_answers_are_remembered_than_it_says():
    _answers.clear()
    for number in range(MOST_ANSWERS + 5):
        assert evaluate("a >= 0", {"a": number})
    assert len(_answers) == MOST_ANSWERS


@given(st.text("ab.()[]{}\"'!<>=&|+-*/,0 1?:x", max_size=60))
def test_whatever_is_written_is_answered_or_refused(text):
    with suppress(ValueError):
        check(text)
        evaluate(text, {"a": {"b": [1, "x"]}, "b": "a", "x": None})


def test_a_text_is_filled_in():
    facts = {"ticket": {"key": "MM-1", "customer": "Acme"}, "next-lead": ["Ana", "Bo"], "n": 3}

    assert fill("{{ticket.key}}: {{ ticket.customer }}", facts) == "MM-1: Acme"
    assert fill("{{ next-lead }} · {{ n }} · { }", facts) == "Ana, Bo · 3 · { }"


def test_what_is_filled_in_is_not_filled_in_again():
    assert fill("{{ a }}", {"a": "{{ b }}"}) == "{{ b }}"


def test_a_long_text_is_cut():
    filled = fill("{{ a }}", {"a": "x" * 5_000})

    assert len(filled) == 4_000
    assert filled.endswith("x…")


@pytest.mark.parametrize("text", ["{{ a.b }}", "{{ b }}", "{{ a }}", "{{ c }}", "{{ d.x }}"])
def test_what_is_not_there_cannot_be_filled_in(text):
    with pytest.raises(ValueError, match="to be filled in"):
        fill(text, {"a": {}, "c": None, "d": "x"})


@pytest.mark.parametrize(
    "text", ["{{ a | upper }}", "{{ a", "a }}", "{% for x in a %}", "{# a #}", "{{ 1 }}", "{{}}"]
)
def test_only_names_stand_in_braces(text):
    with pytest.raises(ValueError, match="is left over"):
        check_template(text)


def test_the_deepest_condition_is_answered_far_down_the_stack():
    text = "a.all(x, a.all(y, " + "(" * 10 + "x" + "+ 1" * 7 + " == 8" + ")" * 12

    def down(frames):
        return down(frames - 1) if frames else evaluate(text, {"a": [1]})

    assert down(100)


def test_asking_leaves_the_limit_of_recursion_as_it_was():
    check("a == 1")

    # What the library sets as soon as it is asked.
    assert sys.getrecursionlimit() != 2_500
