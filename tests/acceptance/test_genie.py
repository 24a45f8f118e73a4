"""Alertmanager, Grafana and scripts that were made for OpsGenie come in by the address alone."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import requests

from setflow import engine
from setflow.db import transaction
from setflow.engine.heartbeats import returned
from tests.acceptance.genie import BASE, a_key
from tests.acceptance.world import HOOK, SET, file

BEATS = """heartbeats:
  nightly-backup: {every: 1d, grace: 10m, title: The nightly backup has not run, priority: P2}
  probe: {every: 5m, ladder: calm}
"""
ALIAS = "identifierType=alias"


class Caller:
    """Somebody with a key, at the address of setflow."""

    def __init__(self, world, key):
        self.world, self.headers = world, {"Authorization": f"GenieKey {key}"}

    def asks(self, method, path, body=None):
        url = self.world.street.urls["web"] + path
        return requests.request(method, url, json=body, headers=self.headers, timeout=30)

    def does(self, method, path, body=None):
        """They ask, it is worked; what became of it."""
        answer = self.asks(method, path, body)
        assert answer.status_code == 202, answer.text
        self.world.settle()
        done = self.asks("GET", f"/v2/alerts/requests/{answer.json()['requestId']}")
        return done.json()["data"]


def test_alertmanager_pages_updates_and_ends_with_nothing_but_its_address_changed(world):
    alertmanager = Caller(world, HOOK)
    firing = {**BASE, "description": "p99 is 2 s", "tags": ["team-a", ""], "priority": "P1"}
    firing["note"] = "see the runbook"
    one = f"/v2/alerts/{BASE['alias']}"
    for number in range(3):
        assert alertmanager.does("POST", "/v2/alerts", firing)["isSuccess"]
        updated = {"message": "HighLatency" if number < 2 else "HighLatency (2 pods)"}
        assert alertmanager.does("PUT", f"{one}/message?{ALIAS}", updated)["isSuccess"]
        assert alertmanager.does("PUT", f"{one}/description?{ALIAS}", {})["isSuccess"]

    assert world.paged() == ["ana"]
    said = "**HighLatency (2 pods) (P1)** — Ana Doe paged 11:00"
    world.channel(SET).shows(said, "Open")
    assert world.channel(SET).thread(said) == ["**prometheus** noted: see the runbook"]
    assert alertmanager.asks("POST", f"{one}/acknowledge?{ALIAS}").status_code == 403
    assert alertmanager.asks("GET", f"{one}?{ALIAS}").status_code == 403
    world.user("ana").sees("**HighLatency (2 pods) (P1)**", "from prometheus", "cluster: eu-1")
    over = alertmanager.does("POST", f"{one}/close?{ALIAS}", {"source": BASE["source"]})
    assert (over["isSuccess"], over["alias"], over["alertId"]) == (True, "0af9d2", "1")
    world.channel(SET).shows("**HighLatency (2 pods) (P1)** — over")
    again = alertmanager.does("POST", f"{one}/close?{ALIAS}", {"source": BASE["source"]})
    assert again["status"] == "That alert is over already; nothing changed."
    never = alertmanager.does("POST", f"/v2/alerts/x/close?{ALIAS}", {"source": "x"})
    assert never["status"] == "There is no alert x of prometheus."
    assert len(world.events("AlertChanged")) == 2
    assert world.dead() == []


def test_grafana_s_contact_point_pages_and_ends(world):
    grafana = Caller(world, HOOK)
    grafana.does(
        "POST",
        "/v2/alerts/",
        {
            "alias": "c2/9f",
            "message": "[FIRING:1] DiskFull (eu)" + "x" * 200,
            "source": "Grafana",
            "description": "Disk is 97 % full",
            "details": {"url": "http://grafana/alerting/list", "severity": "page"},
            "tags": ["severity:page"],
            "priority": "P2",
            "responders": [{"name": "ops", "type": "team"}],
            "anything": {"new": [1, 2]},
        },
    )
    assert world.paged() == ["ana"]
    said = world.user("ana").sees("DiskFull (eu)", "Responders: team ops", "[Open]")
    assert "x" * 120 not in said
    assert said.count("grafana/alerting/list") == 1
    assert grafana.does("POST", f"/v2/alerts/c2%2F9f/close?{ALIAS}", {"source": "Grafana"})[
        "isSuccess"
    ]


def test_creates_of_one_alias_at_once_are_one_alert_and_a_kill_loses_none(world):
    caller = Caller(world, HOOK)
    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(caller.asks, "POST", "/v2/alerts", BASE) for _ in range(8)]
    assert {one.result().status_code for one in asked} == {202}
    number = asked[0].result().json()["requestId"]
    waits = caller.asks("GET", f"/v2/alerts/requests/{number}")
    assert (waits.status_code, set(waits.json())) == (404, {"message", "took", "requestId"})
    world.restart()
    world.settle()
    [row] = world.rows("select state->>'count' as count from alerts")
    assert row.count == "8"
    assert world.paged() == ["ana"]
    worked = caller.asks("GET", f"/v2/alerts/requests/{number}").json()["data"]
    assert (worked["isSuccess"], worked["alertId"]) == (True, "1")


def test_a_source_acts_on_its_own_alerts_alone_and_hears_what_came_of_it(world):
    world.apply(file().replace("calm: {steps", "calm: {ack_timeout: 10m, steps"))
    nagios = Caller(world, a_key(world, "nagios", "create", "read", "act"))
    other = Caller(world, a_key(world, "zabbix", "create", "read", "act"))
    nagios.does("POST", "/v2/alerts", {"message": "db", "alias": "db", "priority": "P1"})
    assert [other.asks("GET", f"/v2/alerts/{one}").status_code for one in ("1", "db")] == [404, 404]
    assert other.asks("GET", "/v2/alerts/count").json()["data"]["count"] == 0
    foreign = other.does("POST", "/v2/alerts/1/acknowledge", {"user": "ana"})
    assert foreign["status"] == "There is no alert 1 of zabbix."
    assert world.user("ana").sees("[Acknowledge]")

    unknown = nagios.does("POST", "/v2/alerts/1/assign", {"owner": {"username": "zoe@x.org"}})
    assert unknown["status"].startswith('"zoe@x.org" is not one of people')
    unknown = nagios.does("POST", "/v2/alerts/1/escalate", {"escalation": {"name": "night"}})
    assert unknown["status"] == (
        'There is no escalation "night" here; the ladders are: urgent, calm.'
    )
    nagios.does("POST", "/v2/alerts/1/escalate", {"escalation": {"name": "calm"}})
    assert world.paged() == ["ana", "ana"]
    told = {"owner": {"username": "cy@example.com"}, "user": "Mara Doe", "note": "yours"}
    assert nagios.does("POST", "/v2/alerts/1/assign", told)["isSuccess"]
    assert world.channel(SET).thread("Cy Doe has it") == ["**Mara Doe** noted: yours"]
    world.user("cy").sees("Mara Doe has given you **db (P1)**: you have it now.", "[Hand back]")
    assert "was acknowledged by" in nagios.does("POST", "/v2/alerts/1/acknowledge")["status"]
    assert not nagios.does("POST", "/v2/alerts/1/actions/reboot", {})["isSuccess"]
    world.user("cy").clicks("Hand back")
    assert nagios.does("POST", "/v2/alerts/1/acknowledge")["isSuccess"]
    world.channel(SET).shows("nagios has it since 11:00")
    world.pass_time(minutes=20)
    world.channel(SET).shows("nagios had it and was not heard by 11:15")
    assert world.dead() == []


def test_a_heartbeat_that_is_missed_pages_and_its_next_ping_ends_it(world):
    world.apply(file(more=BEATS))
    cron = Caller(world, HOOK)
    assert world.user("ana").says("/set heartbeats").count("never pinged") == 2
    world.pass_time(hours=1)
    assert world.paged() == []
    world.get(f"/hooks/heartbeats/probe?key={HOOK}")
    assert cron.asks("POST", "/v2/heartbeats/nightly-backup/ping").status_code == 202
    world.pass_time(minutes=5)
    world.get(f"/hooks/heartbeats/probe?key={HOOK}")
    world.pass_time(minutes=6)

    world.user("ana").sees(
        "**No sign of life from probe (P3)** · from heartbeat", "Last ping: 12:05 (Berlin time)"
    )
    said = world.user("ana").says("/set heartbeats")
    assert "- **nightly-backup**: last ping 12:00, the next by Tue 12:10" in said
    assert "- **probe**: no sign of life since 12:11; last ping 12:05" in said
    cron.asks("POST", "/v2/heartbeats/probe/ping")
    world.settle()
    world.channel(SET).shows("**No sign of life from probe (P3)** — over")
    assert [len(world.events(f"Heartbeat{what}")) for what in ("Missed", "Back")] == [1, 1]


def test_what_was_missed_is_over_once_nobody_waits_for_it_any_more(world):
    beats = file(more="heartbeats: {probe: {every: 1m}}")
    world.apply(beats)
    cron = Caller(world, a_key(world, "cron", "create", "act"))

    def missed():
        cron.asks("POST", "/v2/heartbeats/probe/ping")
        world.pass_time(minutes=2)

    def ends():
        world.settle()
        return [row.status for row in world.rows("select status from alerts order by id")]

    missed()
    cron.asks("POST", "/v2/heartbeats/probe/enable")
    assert ends() == ["firing"]
    cron.asks("POST", "/v2/heartbeats/probe/ping")
    assert ends() == ["resolved"]
    missed()
    world.apply(file())
    assert ends() == ["resolved"] * 2
    world.apply(beats)
    missed()
    cron.asks("POST", "/v2/heartbeats/probe/disable")
    assert ends() == ["resolved"] * 3
    assert world.paged() == ["ana"] * 3
    assert world.dead() == []


def test_one_of_a_group_is_closed_alone_and_gives_its_words_to_no_other(world):
    grouped = "{ladder: urgent, group: {by: [cluster], within: 10m}}"
    world.apply(file().replace("{ladder: urgent}", grouped))
    monitor = Caller(world, a_key(world, "prometheus", "create", "read", "act"))
    for alias in "ab":
        monitor.does("POST", "/v2/alerts", {**BASE, "alias": alias, "message": f"High {alias}"})
    other = monitor.does("PUT", f"/v2/alerts/b/message?{ALIAS}", {"message": "High b!"})
    assert other["status"] == "It is one of 2 that are told as one: its words stay."
    assert monitor.asks("GET", f"/v2/alerts/b?{ALIAS}").json()["data"]["message"] == "High a"
    assert monitor.does("POST", f"/v2/alerts/a/close?{ALIAS}", {})["isSuccess"]
    world.channel(SET).shows("**High a (P3)** and 1 more — Ana Doe paged 11:00")
    assert monitor.does("POST", "/v2/alerts/1/close", {})["isSuccess"]
    world.channel(SET).shows("**High a (P3)** and 1 more — over")
    listed = monitor.asks("GET", "/v2/alerts?query=alias%3Aa").json()["data"]
    assert [(one["id"], one["status"]) for one in listed] == [("1", "closed")]


def test_an_alert_that_cannot_be_read_is_refused_and_still_pages(world):
    nagios = Caller(world, HOOK)
    urgent = {"message": "db is down", "priority": "critical"}
    answer = nagios.asks("POST", "/v2/alerts", urgent)
    assert answer.json()["errors"] == {"priority": "Priority should be one of P1, P2, P3, P4, P5."}
    assert nagios.asks("POST", "/v2/alerts", ["no object"]).status_code == 400
    world.settle()
    world.user("ana").sees("A message of prometheus could not be read", "db is down")
    [row] = world.rows("select state->>'count' as count from alerts")
    assert row.count == "2"
    begin = {"endTime": "0001-01-01T00:00:00+14:00"}
    act = Caller(world, a_key(world, "prometheus", "act"))
    assert act.asks("POST", "/v2/alerts/1/snooze", begin).status_code == 422


def test_no_heartbeat_is_missed_that_setflow_could_not_hear(world):
    world.apply(file(more=BEATS))
    world.get(f"/hooks/heartbeats/probe?key={HOOK}")
    world.pass_time(minutes=2)
    seen = world.now
    world.stand_still(minutes=3.5)
    with transaction(world.db) as tx:
        engine.report(tx, "this:1", 2, now=world.now)
        assert returned(tx, "this:1", now=world.now) == engine.Unheard(seen)
        assert returned(tx, "that:1", now=world.now) is None  # another one is there
        engine.begin(tx, "this:1", now=world.now)
    world.settle()
    world.pass_time(minutes=5.9)
    assert world.paged() == []
    world.pass_time(minutes=0.2)
    assert world.paged() == ["ana"]


def test_alerts_are_looked_for_sorted_and_counted(world):
    nagios = Caller(world, a_key(world, "nagios", "create", "read"))
    for body in (
        {"message": "Disk 50% full", "alias": "a_b", "tags": ["Disk", "eu"], "entity": "db-1"},
        {"message": "disk gone", "alias": "aXb", "priority": "P1", "details": {"Host": "b"}},
        {
            "message": "slow",
            "alias": "a%b",
            "priority": "P2",
            "description": "the disk",
            "tags": [],
        },
    ):
        nagios.asks("POST", "/v2/alerts", body)
    world.settle()
    nagios.does("POST", f"/v2/alerts/aXb/close?{ALIAS}")

    def found(query, more=""):
        answer = nagios.asks("GET", f"/v2/alerts?sort=tinyId&order=asc{more}&query={quote(query)}")
        return "".join(one["id"] for one in answer.json()["data"])

    wanted = {
        "": "123",
        "disk": "123",
        "message: disk": "12",
        "message: 50%": "1",
        "alias: a_b": "1",
        "alias: a%b": "3",
        "alias: a*": "123",
        "tag: disk": "1",
        "tag: (eu OR us) AND status: open": "1",
        "NOT tag: eu": "23",
        "status: closed": "2",
        "priority: P1 OR priority: P2": "23",
        "details.Host: b": "2",
        "entity: db-1": "1",
        "owner: ana": "",
        "acknowledged: false AND snoozed: false": "123",
        "count > 1": "",
        "tiny: 3": "3",
        "createdAt >= 2026-11-30 createdAt < 2026-12-01": "123",
        "closed_at OR snoozedUntil > 0": "",
    }
    assert {query: found(query) for query in wanted} == wanted
    assert [found("", f"&limit=2&offset={start}") for start in (0, 2, 4)] == ["12", "3", ""]
    listed = nagios.asks("GET", "/v2/alerts?limit=2&sort=report.closeTime").json()
    assert "offset=2" in listed["paging"]["next"]
    last = requests.get(listed["paging"]["next"], headers=nagios.headers, timeout=30).json()
    assert (len(last["data"]), set(last["paging"])) == (1, {"first", "last", "prev"})
