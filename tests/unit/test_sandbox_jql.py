from datetime import UTC, datetime, timedelta

import pytest

from setflow.sandbox.jira.jql import JqlError, Query

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
FIELDS = {"key": "key", "team": "team", "status": "status", "updated": "updated"}
ROWS = [
    {"key": "MM-1", "team": "Server", "status": "To Do", "updated": NOW},
    {"key": "MM-2", "team": "Web", "status": "Done", "updated": NOW - timedelta(minutes=5)},
    {"key": "MM-3", "team": "", "status": "Done", "updated": NOW - timedelta(days=2)},
]


def found(text):
    query = Query(text, fields=FIELDS, now=NOW)
    return "".join(row["key"][-1] for row in query.sort([r for r in ROWS if query.matches(r)]))


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("team = server", "1"),
        ('Team = "Server"', "1"),
        ("status != Done", "1"),
        ("team = Web OR team = Server AND status = Done", "2"),
        ("(team = Web OR team = Server) AND status = 'To Do'", "1"),
        ("NOT status = Done", "1"),
        ("key in (MM-1, MM-3)", "13"),
        ("team not in (Web)", "1"),
        ("team is EMPTY", "3"),
        ("team is not EMPTY", "12"),
        ("team ~ eb", "2"),
        ("team !~ eb", "1"),
        ('updated >= "-5m"', "12"),
        ("updated < -1d", "3"),
        ("updated >= -4w ORDER BY updated ASC", "321"),
        ("updated >= -4w ORDER BY status, key DESC", "321"),
    ],
)
def test_a_query_finds_what_it_says(text, keys):
    assert found(text) == keys


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Unbounded"),
        ("ORDER BY key", "Unbounded"),
        ("weather = bad", "Field 'weather' does not exist"),
        ("team =", "ends too early"),
        ("team Server", "ends too early"),
        ("team Server Web", "'Server' is no operator"),
        ("(team = Server", "expecting '\\)'"),
        ("team = Server Web", "unexpected 'Web'"),
        ("team is Server", "EMPTY or NULL"),
        ('team = "Server', "the character '\"'"),
    ],
)
def test_what_is_no_query_is_refused_in_words(text, says):
    with pytest.raises(JqlError, match=says):
        found(text)
