"""What a step, and a maintenance window, may ask of an alert and of the time."""

from datetime import UTC, datetime, timedelta

import pytest

from setflow.definitions import differences, holding, passed_over, read
from setflow.errors import ConfigError
from setflow.escalation.spec import Hold

FILE = """
version: 1
timezone: Europe/Berlin
calendars: {company: {country: DE}}
people: {ana: {name: Ana}, bo: {name: Bo}}
ladders:
  urgent: {steps: [{page: [person:ana], wait: 5m, when: '%s'}, {page: [person:bo], wait: 5m}]}
maintenance:
  - {name: short, each: each day 02:00, for: 1h}
  - {name: long, source: grafana, ladders: [urgent], each: each day 02:00, for: 2h}
  - {name: few, source: nagios, when: 'alert.details.host == "db"', each: each day 02:00, for: 3h}
"""
ALERT = {
    "source": "grafana",
    "key": "k",
    "title": "Down",
    "priority": "P3",
    "details": {"host": "db"},
    "url": "",
}
MONDAY = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 25, 9, 30, tzinfo=UTC)
NIGHT = datetime(2026, 11, 30, 1, 30, tzinfo=UTC)


def whole(when="true"):
    return read(FILE % when, "set.yaml", {})


def left_out(when, now=MONDAY, **more):
    configuration = whole(when)
    ladder = configuration.ladders["urgent"]
    return passed_over(configuration, ladder, {**ALERT, **more}, now) == {0}


@pytest.mark.parametrize(
    ("when", "now", "holds"),
    [
        ("now.business", MONDAY, True),
        ("now.business", MONDAY.replace(hour=7), False),
        ("now.business", MONDAY.replace(hour=8), True),
        ("now.business", MONDAY.replace(hour=15, minute=59), True),
        ("now.business", MONDAY.replace(hour=16), False),
        ("now.business", MONDAY - timedelta(days=1), False),
        ("now.business", CHRISTMAS, False),
        ("now.workday", MONDAY.replace(hour=3), True),
        ("now.holiday", CHRISTMAS, True),
        ("now.holiday", MONDAY - timedelta(days=1), False),
        ('now.weekday == "mon" && now.hour == 10 && now.minute == 30', MONDAY, True),
        ('alert.priority in ["P1", "P2"] || now.holiday', MONDAY, False),
        ('alert.details.host == "db"', MONDAY, True),
    ],
)
def test_a_step_is_passed_over_where_its_condition_does_not_hold(when, now, holds):
    assert left_out(when, now) is not holds


def test_a_step_whose_condition_cannot_be_answered_stays():
    assert not left_out('alert.details.customer == "acme"')
    assert left_out('alert.details.host == "web"')


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ("now.busines", '"now.busines", which an instant does not have (did you mean "business"?)'),
        ("now.xyz", "it has business, workday, holiday, weekday, hour, minute"),
        ("alert.sauce", 'which alerts do not have (did you mean "source"?)'),
        ("later.business", "later"),
    ],
)
def test_a_condition_that_asks_for_what_there_is_not_is_a_mistake(when, told):
    with pytest.raises(ConfigError) as error:
        whole(when)
    (problem,) = error.value.problems
    assert (problem.line, problem.path) == (7, "ladders.urgent.steps[0].when")
    assert told in str(problem)


def hold(now=NIGHT, ladder="urgent", **more):
    configuration = whole()
    return holding(configuration, configuration.maintenance, ladder, {**ALERT, **more}, now)


def test_the_longest_window_that_fits_holds_an_alert():
    assert hold() == Hold("long", datetime(2026, 11, 30, 3, 0, tzinfo=UTC))
    assert hold(ladder="calm") == Hold("short", datetime(2026, 11, 30, 2, 0, tzinfo=UTC))
    assert hold(source="nagios").name == "few"
    assert hold(source="nagios", details={}).name == "short"
    assert hold(now=MONDAY) is None


def test_a_change_of_the_windows_is_a_difference():
    other = read((FILE % "true").replace("for: 3h", "for: 4h"), "set.yaml", {})

    assert differences(whole(), other) == ["The maintenance windows are changed"]
