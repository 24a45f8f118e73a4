"""Escalations, teams, routing, heartbeats and maintenance of OpsGenie as sections of a file."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setflow import expression
from setflow.importing.opsgenie.criteria import condition
from tests.unit.importing import imported

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = ("ana", "bo", "cy", "di", "mara")
MINUTE = timedelta(minutes=1)


def user(name):
    return {"type": "user", "id": f"u-{name}", "username": f"{name}@example.com"}


def rule(delay, recipient, **more):
    delay = {"timeAmount": delay, "timeUnit": "minutes"} if isinstance(delay, int) else delay
    return {
        "condition": "if-not-acked",
        "notifyType": "default",
        "delay": delay,
        "recipient": recipient,
        **more,
    }


def escalation(*rules, name="Web", repeat=None, key="e-web"):
    owner = {"id": "t-ops", "name": "Ops"}
    return {"id": key, "name": name, "ownerTeam": owner, "rules": list(rules), "repeat": repeat}


def schedule(name, *people, **more):
    start = "2026-11-02T08:00:00Z"
    participants = [user(one) for one in people]
    rotation = {"id": f"r-{name}", "name": "", "startDate": start, "type": "weekly"}
    rotations = [{**rotation, "participants": participants, **more}]
    return {"id": name, "name": name, "timezone": "Europe/Berlin", "rotations": rotations}


def team(*members, key="t-ops", name="Ops", admins=("mara",)):
    listed = [
        {"user": {key: one for key, one in user(name).items() if key != "type"}, "role": role}
        for name in members
        for role in ["admin" if name in admins else "user"]
    ]
    return {"id": key, "name": name, "members": listed}


def users():
    return {"data": [{**user(one), "fullName": one.title()} for one in PEOPLE]}


ON_WEB = {"type": "schedule", "id": "web", "name": "web"}
OPS = {"type": "team", "id": "t-ops", "name": "Ops"}


def account(*more, ops=("mara", "ana", "bo")):
    return [("x.json", [users(), schedule("web", "ana", "bo", "cy"), team(*ops), *more])]


def section(done, name):
    """The lines of a section, without comments."""
    _, _, rest = done.text.partition(f"\n{name}:\n")
    lines = rest.partition("\n\n")[0].splitlines()
    return [line.strip() for line in lines if not line.strip().startswith("#")]


def ladder(*rules, **more):
    done = imported("opsgenie", account(escalation(*rules, **more)))
    return done, section(done, "ladders")


def test_delays_that_count_from_the_start_become_waits():
    done, lines = ladder(
        rule(15, user("mara")),
        rule(0, ON_WEB),
        rule(5, user("di")),
        rule(5, user("cy")),
        repeat={"count": 2, "waitInterval": 10},
    )

    assert lines == [
        "web:",
        "rounds: 3",
        "steps:",
        "- {page: [web], wait: 5m}",
        '- {page: ["person:di", "person:cy"], wait: 10m}',
        '- {page: ["person:mara"], wait: 10m}',
    ]
    [one] = done.climbed
    assert one.agrees
    assert [(each.round, each.after // MINUTE, each.people) for each in one.ours[:4]] == [
        (0, 0, ("cy",)),
        (0, 5, ("di",)),
        (0, 15, ("mara",)),
        (1, 25, ("cy",)),
    ]


def test_the_same_import_twice_is_the_same_text():
    given = account(escalation(rule(0, ON_WEB), rule(5, OPS, notifyType="all")))

    assert imported("opsgenie", given).text == imported("opsgenie", given).text


def test_whoever_is_on_next_has_a_seat_of_their_own():
    done, lines = ladder(rule(0, ON_WEB), rule(5, ON_WEB, notifyType="next"))

    assert lines[2:] == [
        "- {page: [web.primary], wait: 5m}",
        "- {page: [web.secondary], wait: 10m}",
    ]
    [one] = done.climbed
    assert (one.agrees, one.ours[1].people) == (True, ("ana",))
    assert done.checked[0].schedule == "web"


@pytest.mark.parametrize(
    ("how", "step"),
    [
        ("all", "- {page: [team:ops], wait: 10m}"),
        ("random", "- {page: [team:ops], wait: 10m, turn: round-robin}"),
        ("users", "- {page: [person:ana, person:bo], wait: 10m}"),
        ("admins", "- {page: [person:mara], wait: 10m}"),
    ],
)
def test_a_team_is_told_as_the_rule_says(how, step):
    repeat = {"count": 1, "waitInterval": 10}
    done, lines = ladder(rule(0, ON_WEB), rule(5, OPS, notifyType=how), repeat=repeat)

    assert lines[4].replace('"', "") == step
    assert done.climbed[0].agrees


def test_a_team_told_by_its_routing_brings_in_the_escalation_that_stands_there():
    inner = escalation(rule(0, ON_WEB), rule(10, user("di")), key="e-inner", name="Inner")
    outer = escalation(rule(0, user("mara")), rule(5, OPS), key="e-outer", name="Outer")
    routing = {"id": "r", "isDefault": True, "notify": {"type": "escalation", "id": "e-inner"}}

    done = imported("opsgenie", account(inner, outer, routing))

    assert [line for line in section(done, "ladders") if line.startswith("-")][2:] == [
        '- {page: ["person:mara"], wait: 5m}',
        "- {page: [web], wait: 10m}",
        '- {page: ["person:di"], wait: 10m}',
    ]
    assert all(one.agrees for one in done.climbed)
    assert section(done, "routes") == ["- {ladder: inner}"]


def test_escalations_that_name_one_another_end():
    routing = {"id": "r", "isDefault": True, "notify": {"type": "escalation", "id": "e-web"}}
    done = imported("opsgenie", account(escalation(rule(0, ON_WEB), rule(5, OPS)), routing))

    assert 'Escalation "Web" comes round to "Web" again; here it does not.' in done.left


def test_a_ladder_that_would_page_one_person_alone_has_a_fallback():
    done, lines = ladder(rule(0, user("ana")))

    assert lines[-1] == "fallback: [person:mara, person:bo]"
    assert "its ladder has mara, bo as fallback." in done.left


@pytest.mark.parametrize(
    ("rules", "more", "sentence"),
    [
        ([rule(3, ON_WEB)], {}, "tells nobody in its first 3 minutes; its ladder begins at once."),
        (
            [rule(0, ON_WEB)],
            {"repeat": {"count": 20, "waitInterval": 5}},
            "repeats 20 times; here it is 19.",
        ),
        (
            [rule(0, ON_WEB)],
            {"repeat": {"count": 2, "waitInterval": 5, "resetRecipientStates": False}},
            "does not tell those again who have seen it;",
        ),
        (
            [rule(0, ON_WEB)],
            {"repeat": {"count": 2, "waitInterval": 5, "closeAlertAfterAll": True}},
            "closes the alert at its end;",
        ),
        ([rule(0, ON_WEB, condition="if-not-closed")], {}, "until the alert is closed; here"),
        ([rule(0, ON_WEB, notifyType="previous")], {}, "tells whoever was on before of the sched"),
        ([rule(0, ON_WEB), rule(5, OPS, notifyType="random")], {}, "at random; here they take t"),
        ([rule(0, ON_WEB), rule(5, OPS)], {}, "whose routing was not given; here the whole team"),
        ([rule(0, ON_WEB), rule(5, {"type": "schedule", "id": "x"})], {}, 'tells the schedule "x"'),
        ([rule(0, {"type": "schedule", "id": "x"})], {}, "tells nobody who is known, and was left"),
        (
            [rule({"timeAmount": 2, "timeUnit": "nanos"}, ON_WEB)],
            {},
            'counts in "nanos", which was',
        ),
    ],
)
def test_what_a_ladder_cannot_say_is_said(rules, more, sentence):
    assert sentence in ladder(*rules, **more)[0].left


def test_teams_come_with_members_and_lead():
    crew = [team("ana", "bo", "mara"), team("cy", "di", key="t-x", name="Ops!", admins=())]
    done = imported("opsgenie", account(*crew, team(key="t-none", name="None")))

    assert section(done, "teams") == [
        "ops: {title: Ops, lead: mara, members: [mara, ana, bo]}",
        'ops-2: {title: "Ops!", lead: cy, members: [cy, di]}',
    ]
    assert 'Nobody leads team "Ops!" there; here Cy does, who is first in it.' in done.left
    assert 'Team "None" has no member that is known; it was left out.' in done.left


def test_contact_methods_come_from_the_first_rule_for_new_alerts():
    steps = [
        ("sms", "1-5551234", 2),
        ("voice", "49-301234", 7),
        ("mobile", "phone", 0),
        ("email", "ana@example.com", 0),
        ("sms", "1-5559999", 3),
    ]
    listed = [
        {
            "contact": {"method": method, "to": to},
            "sendAfter": {"timeAmount": after, "timeUnit": "minutes"},
            "enabled": True,
        }
        for method, to, after in steps
    ]
    own = {"actionType": "create-alert", "name": "New", "enabled": True, "steps": listed}
    whole = {"user": {"id": "u-ana", "username": "ana@example.com"}, "rules": [own, own]}
    done = imported("opsgenie", account(whole, escalation(rule(0, ON_WEB), rule(5, user("di")))))

    found = done.configuration.people["ana"].contact
    assert [(one.via, one.to, one.after // MINUTE) for one in found] == [
        ("email", "ana@example.com", 0),
        ("sms", "+15551234", 2),
        ("phone", "+49301234", 4),
    ]
    assert "ana@example.com is reached by phone after 7m there; here after 4m, before" in done.left
    assert "is of some alerts alone, or a second one; it is not carried over." in done.left
    assert "OpsGenie's own app tells nobody of setflow's alerts; Mattermost's does." in done.left
    assert "tells 1-5559999" not in done.left
    assert "tells +15559999 by sms, which is not carried over" in done.left


def routed(*rules, **more):
    e = escalation(rule(0, ON_WEB), rule(5, user("mara")))
    other = escalation(rule(0, user("di")), rule(5, user("mara")), key="e-di", name="Calm")
    return imported("opsgenie", account(e, other, *rules, **more))


def criteria(*conditions, kind="match-all-conditions"):
    return {"type": kind, "conditions": list(conditions)}


def test_routing_rules_become_routes_the_default_last():
    urgent = criteria({"field": "priority", "operation": "equals", "expectedValue": "P1"})
    done = routed(
        {"isDefault": True, "notify": {"type": "schedule", "id": "web"}, "order": 0},
        {"name": "b", "criteria": {"type": "match-all"}, "notify": {"type": "none"}, "order": 2},
        {"name": "a", "criteria": urgent, "notify": {"type": "escalation", "id": "e-di"}},
    )

    assert section(done, "routes") == [
        "- {when: 'alert.priority == \"P1\"', ladder: calm}",
        "- {ladder: web-2}",
    ]
    assert 'Routing rule "b" of team "Ops" goes to nobody, which there is no ladder for;' in (
        done.left
    )


def test_without_a_rule_for_every_alert_the_rest_goes_to_the_first_ladder():
    done = routed()

    assert section(done, "routes") == ["- {ladder: web}"]
    assert 'No routing rule is of every alert; what none takes goes to "Web" here.' in done.left


def test_rules_of_several_teams_ask_for_the_team():
    other = {"team": team("cy", "di", key="t-2", name="Data", admins=())}
    other["teamRoutingRules"] = [
        {"isDefault": True, "notify": {"type": "escalation", "id": "e-di"}}
    ]
    first = {"team": team("ana", "bo")}
    first["teamRoutingRules"] = [
        {"isDefault": True, "notify": {"type": "escalation", "id": "e-web"}}
    ]
    done = routed(first, other)

    lines = section(done, "routes")
    assert lines[-1] == "- {ladder: web}"
    assert 'alert.details["Responders"].contains("Data")' in lines[1]


def one(field, operation, value="", **more):
    return criteria({"field": field, "operation": operation, "expectedValue": value, **more})


@pytest.mark.parametrize(
    ("given", "alert", "holds"),
    [
        (one("message", "contains", "down"), {"title": "DB down"}, True),
        (one("message", "matches", "^DB.*"), {"title": "DB down"}, True),
        (one("alias", "starts-with", "db", **{"not": True}), {"key": "db-1"}, False),
        (one("priority", "greater-than", "P3"), {"priority": "P1"}, True),
        (one("priority", "less-than", "P3"), {"priority": "P1"}, False),
        (one("entity", "equals", "db"), {"details": {"Entity": "db"}}, True),
        (one("entity", "equals", "db"), {}, False),
        (one("entity", "is-empty"), {}, True),
        (one("entity", "ends-with", "b"), {"details": {"Entity": "db"}}, True),
        (one("tags", "contains", "web"), {"tags": ["db", "web"]}, True),
        (one("tags", "equals", "we"), {"tags": ["db", "web"]}, False),
        (one("tags", "starts-with", "we"), {"tags": ["db", "web"]}, True),
        (one("tags", "is-empty"), {"tags": []}, True),
        (one("teams", "equals", "Ops"), {"details": {"Responders": "Data, Ops"}}, True),
        (one("recipients", "contains", "Web"), {"details": {"Responders": "Data, Ops"}}, False),
        (one("details", "equals", "eu", key="region"), {"details": {"region": "eu"}}, True),
        (one("extra-properties", "contains-key", "region"), {"details": {"region": ""}}, True),
        (one("details", "contains-value", "eu"), {"details": {"region": "eu"}}, True),
        (one("details", "contains-value", "us"), {"details": {"region": "eu"}}, False),
    ],
)
def test_criteria_hold_as_they_do_there(given, alert, holds):
    whole = {
        "source": "x",
        "key": "k",
        "title": "t",
        "priority": "P3",
        "details": {},
        "tags": [],
        **alert,
    }
    facts = {"alert": whole}
    assert expression.evaluate(condition({"criteria": given}, BERLIN, BERLIN), facts) is holds


HOURS = {
    "type": "weekday-and-time-of-day",
    "restrictions": [
        {"startDay": day, "startHour": 8, "startMin": 30, "endDay": day, "endHour": 20, "endMin": 0}
        for day in ("monday", "tuesday")
    ]
    + [{"startDay": "friday", "startHour": 22, "startMin": 0, "endDay": "sunday", "endHour": 6}],
}


@pytest.mark.parametrize(
    ("weekday", "hour", "minute", "holds"),
    [
        ("mon", 8, 29, False),
        ("mon", 8, 30, True),
        ("tue", 19, 59, True),
        ("tue", 20, 0, False),
        ("fri", 21, 59, False),
        ("fri", 22, 0, True),
        ("sat", 12, 0, True),
        ("sun", 5, 59, True),
        ("sun", 6, 0, False),
    ],
)
def test_hours_of_a_rule_are_a_condition_of_the_time(weekday, hour, minute, holds):
    when = condition({"timeRestriction": HOURS}, BERLIN, BERLIN)

    now = {"weekday": weekday, "hour": hour, "minute": minute}
    assert expression.evaluate(when, {"alert": {}, "now": now}) is holds


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        (
            {"timeRestriction": HOURS},
            "its hours are of Europe/Berlin, and those of this file of UTC",
        ),
        ({"criteria": one("teams", "greater-than")}, '"teams greater-than" is no condition here'),
        ({"criteria": one("weather", "equals")}, '"weather equals" is no condition here'),
        ({"criteria": one("message", "sounds-like")}, '"message sounds-like" is no condition here'),
        ({"criteria": one("details", "equals")}, '"details equals" is no condition here'),
        ({"criteria": {**one("message", "contains"), "type": "some"}}, 'its criteria are "some"'),
        ({"criteria": one("message", "contains", "x" * 600)}, "500"),
    ],
)
def test_what_is_no_condition_is_said(rule, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        condition(rule, BERLIN, ZoneInfo("UTC"))


def test_any_of_several_conditions():
    both = [{"field": "entity", "operation": "equals", "expectedValue": "a", "order": 1}]
    both.append({"field": "message", "operation": "contains", "expectedValue": "b", "order": 0})
    given = {"criteria": criteria(*both, kind="match-any-condition"), "timeRestriction": HOURS}

    when = condition(given, BERLIN, BERLIN)

    assert when.startswith('(alert.title.contains("b") || ("Entity" in alert.details && ')
    assert condition({"criteria": {"type": "match-all"}}, BERLIN, BERLIN) == ""


# An account at random, and what its escalation does minute by minute, told without the code above.

recipients = st.sampled_from([*(user(one) for one in PEOPLE), ON_WEB, {**OPS, "how": "all"}])
repeats = st.builds(
    lambda count, wait: {"count": count, "waitInterval": wait},
    st.integers(0, 4),
    st.integers(0, 30),
)


def simulated(rules, repeat, on):
    """(round, minute) → who is told then for the first time in that round."""
    told, found = set(), {}
    last = max(delay for delay, _ in rules)
    first = min(delay for delay, _ in rules)
    lap = last + repeat["waitInterval"]
    rounds = repeat["count"] + 1 if repeat["waitInterval"] else 1
    for minute in range(rounds * lap + last + 1):
        for number in range(rounds):
            for delay, whom in rules:
                if number * lap + delay != minute:
                    continue
                for person in on[whom["id"]]:
                    if (number, person) not in told:
                        told.add((number, person))
                        found.setdefault((number, minute - first), set()).add(person)
    return found


@settings(max_examples=80)
@given(
    rules=st.lists(st.tuples(st.integers(0, 45), recipients), min_size=1, max_size=6),
    repeat=repeats,
)
def test_a_ladder_pages_at_the_minutes_at_which_the_escalation_tells(rules, repeat):
    listed = [rule(delay, whom, notifyType=whom.get("how", "default")) for delay, whom in rules]
    done = imported("opsgenie", account(escalation(*listed, repeat=repeat)))

    [one] = done.climbed
    on = {f"u-{name}": [name] for name in PEOPLE}
    on |= {"web": ["cy"], "t-ops": ["mara", "ana", "bo"]}
    assert {(each.round, each.after // MINUTE): set(each.people) for each in one.ours} == simulated(
        rules, repeat, on
    )
    assert one.agrees


def test_heartbeats_and_maintenance_come_too():
    beat = {"name": "backup", "interval": 1, "intervalUnit": "days", "enabled": True}
    more = {"alertMessage": "No backup", "alertPriority": "P2"}
    integration = {"id": "i-1", "name": "Prometheus (EU)", "type": "API", "enabled": True}
    start, end = "2026-12-05T20:00:00Z", "2026-12-05T23:00:00Z"
    rules = [
        {"state": "disabled", "entity": {"id": "i-1", "type": "integration"}},
        {"state": "disabled", "entity": {"id": "p-1", "type": "policy"}},
    ]

    def pause(name, start, end, **more):
        time = {"type": "schedule", "startDate": start, "endDate": end}
        return {"id": name, "description": name, "time": time, "rules": rules, **more}

    done = imported(
        "opsgenie",
        account(
            {"heartbeats": [{**beat, **more}, {**beat, "name": "off", "enabled": False}]},
            {**beat, "name": "slow", "interval": 99},
            {**beat, "name": "a/b"},
            integration,
            pause("Upgrade", start, end, status="planned"),
            pause("Over", "2026-11-01T20:00:00Z", "2026-11-01T23:00:00Z"),
            pause("Endless", start, None),
            escalation(rule(0, ON_WEB)),
        ),
    )

    found = done.configuration.heartbeats["backup"]
    assert (found.every, found.title, found.priority) == (timedelta(days=1), "No backup", "P2")
    assert list(done.configuration.heartbeats) == ["backup"]
    [window] = done.configuration.maintenance
    assert (window.name, window.source) == ("Upgrade", "prometheus-eu")
    for sentence in (
        'Heartbeat "off" is switched off and was left out.',
        'Heartbeat "slow" has no interval of up to 31 days and was left out.',
        'Heartbeat "a/b" has a name that none can have here',
        'Maintenance "Endless" has no end',
        'Maintenance "Upgrade" is about a policy, or an integration that was not given;',
        "are to be pointed here: Prometheus (EU).",
    ):
        assert sentence in done.left


def test_what_the_key_may_not_read_is_said():
    done = imported("opsgenie", account({"refused": "escalations"}))

    assert "The key may not read escalations, so that none of it is here." in done.left


def test_escalations_of_jsm_operations_stand_under_a_team_and_count_in_minutes():
    rules = [
        {"delay": 0, "notifyType": "default", "recipient": {"type": "schedule", "id": "web"}},
        {"delay": 7, "notifyType": "default", "recipient": {"type": "user", "id": "u-di"}},
    ]
    inside = {"id": "e", "name": "Web", "teamId": "t-1", "rules": rules}
    owner = {"team": {"id": "t-1", "name": "Ops", "members": []}, "teamRoutingRules": []}
    documents = [*account(), ("/v1/teams/t-1", owner), ("/v1/x", {"values": [inside]})]

    done = imported("jsm", documents)

    assert section(done, "ladders")[2:] == [
        "- {page: [web], wait: 7m}",
        '- {page: ["person:di"], wait: 10m}',
    ]


def test_the_order_of_the_documents_is_of_no_matter():
    e = escalation(rule(0, ON_WEB), rule(5, user("mara")))
    routing = {"id": "r", "isDefault": True, "notify": {"type": "escalation", "id": "e-web"}}
    contact = {"contact": {"method": "sms", "to": "1-5551234"}, "enabled": True}
    own = {"actionType": "create-alert", "steps": [contact]}
    documents = [
        *account(),
        ("t-ops-routing-rules.json", routing),
        ("u-ana-notification-rules.json", own),
        ("escalations.json", e),
    ]

    forth, back = (imported("opsgenie", one) for one in (documents, documents[::-1]))
    assert forth.configuration.routes == back.configuration.routes
    assert forth.configuration.ladders == back.configuration.ladders
    assert back.configuration.people["ana"].contact[0].to == "+15551234"
