"""Sources as a file says them, and how many new alerts of one are let through."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow import expression
from setflow.document import Reader, parse
from setflow.escalation.rules import Bucket, calm_at, pour
from setflow.escalation.spec import Limit, Mapped, Signed, Source, read_sources

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
FIVE = timedelta(minutes=5)


def read(text):
    reader = Reader()
    found = read_sources(parse(text, "set.yaml"), reader, check_value=expression.check_value)
    return found, [str(problem) for problem in reader.problems]


def test_a_source_says_its_format_its_words_and_its_limit():
    found, problems = read(
        "{grafana: {format: grafana, limit: 50/1m, priority: {Ticket: P4}}, mine: {}}"
    )

    assert problems == []
    limit = Limit(50, timedelta(minutes=1))
    assert found["grafana"] == Source("grafana", "grafana", {"ticket": "P4"}, limit)
    assert found["mine"] == Source("mine")


def test_no_source_is_called_what_setflow_calls_its_own():
    _, problems = read("{test: {format: grafana}}")
    assert problems == [
        'set.yaml:1:8: test: "test" is a source of setflow\'s own; name the monitor otherwise'
    ]


def test_a_mapping_is_written_beside_the_format():
    found, problems = read("""
billing:
  format: json
  each: body.items
  key: item.id
  title: '"Billing: " + item.name'
  priority: item.level
  status: 'item.ok ? "resolved" : "firing"'
  details: {customer: item.customer}
""")

    assert problems == []
    assert found["billing"].mapping == Mapped(
        "item.id",
        '"Billing: " + item.name',
        "body.items",
        priority="item.level",
        status='item.ok ? "resolved" : "firing"',
        details={"customer": "item.customer"},
    )


def test_a_signature_says_where_it_stands_and_what_is_signed():
    found, problems = read("""
github: {signature: {header: X-Hub-Signature-256, prefix: "sha256="}}
slack:
  signature: {header: X-Slack-Signature, prefix: v0=, over: "v0:{timestamp}:{body}",
              timestamp: X-Slack-Request-Timestamp, tolerance: 1m, algorithm: sha512}
""")

    assert problems == []
    assert found["github"].signature == Signed("X-Hub-Signature-256", prefix="sha256=")
    assert found["slack"].signature == Signed(
        "X-Slack-Signature",
        "sha512",
        "v0=",
        "v0:{timestamp}:{body}",
        "X-Slack-Request-Timestamp",
        timedelta(minutes=1),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{Mine: {}}", '1:8: Mine: "Mine" should be lower-case letters'),
        ("{a: {format: grafanna}}", '"grafanna" is none of generic, alertmanager, grafana, json'),
        ("{a: {key: body.id}}", "a.key: belongs to format json, and a has format generic"),
        ("{a: {format: json}}", 'a: lacks "key", which format json needs'),
        ("{a: {format: json, key: bdy.id, title: body.t}}", 'asks about "bdy"; it may ask about'),
        ("{a: {format: json, key: item.id, title: body.t}}", 'asks about "item"'),
        ("{a: {format: json, key: body., title: body.t}}", "is no condition"),
        ("{a: {limit: many}}", '"many" is no limit; write how many in how long, such as 300/5m'),
        ("{a: {limit: 0/5m}}", "should be from 1 to 100,000 alerts"),
        ("{a: {limit: 5/2h}}", "should be over 1 s to 1 h"),
        ("{a: {priority: {x: P9}}}", '"P9" is none of P1'),
        ("{a: {signature: {}}}", 'lacks "header"'),
        ("{a: {signature: {header: X, over: x}}}", 'should have "{body}" once in "over"'),
        ("{a: {signature: {header: X, timestamp: T}}}", 'should have "{timestamp}" once'),
        (
            '{a: {signature: {header: X, over: "{timestamp}.{body}"}}}',
            'has "{timestamp}": say in "timestamp" which header carries it',
        ),
        ("{a: {signature: {header: X, tolerance: 2h}}}", "should be 1h at most"),
    ],
)
def test_a_mistake_is_said_with_its_place(text, problem):
    _, problems = read(text)

    assert any(problem in one for one in problems), problems


def test_a_limit_lets_through_so_many_at_once_and_then_one_by_one():
    limit, bucket = Limit(3, timedelta(seconds=30)), Bucket(NOW)
    admitted = []
    for _ in range(5):
        bucket, good = pour(bucket, limit, NOW)
        admitted.append(good)

    assert admitted == [True, True, True, False, False]
    assert (bucket.folded, bucket.last) == (2, NOW)
    assert calm_at(bucket, limit) == NOW + timedelta(seconds=30)
    assert calm_at(Bucket(NOW), limit) is None
    assert not pour(bucket, limit, NOW + timedelta(seconds=9))[1]
    assert pour(bucket, limit, NOW + timedelta(seconds=10))[1]


@given(st.lists(st.integers(-100, 400), max_size=60), st.integers(1, 20))
def test_no_stretch_as_long_as_the_window_lets_through_over_twice_the_limit(pauses, count):
    limit, bucket, now, let = Limit(count, FIVE), Bucket(NOW), NOW, []
    for pause in pauses:
        now += timedelta(seconds=pause)
        bucket, admitted = pour(bucket, limit, now)
        let += [now] if admitted else []

    assert bucket.folded == len(pauses) - len(let)
    if all(pause >= 0 for pause in pauses):
        for start in let:
            assert sum(start <= one < start + FIVE for one in let) <= 2 * count
