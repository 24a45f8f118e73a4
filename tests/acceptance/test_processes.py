"""Any number of processes on one database; one that should not tick does not, and says so."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import text
from starlette.responses import PlainTextResponse

from setflow import engine
from setflow.db import transaction
from tests.acceptance.live import Live, live, pause, wait_until
from tests.acceptance.world import API, OPS
from tests.loopback import served

__all__ = ["live"]

MANY = 15
_ALONE = """
    select (payload ->> 'alert')::int as alert from outbox
    where kind = 'PagePerson' and payload ->> 'person' = :person
"""
_DIGESTS = "select person, array_agg(distinct alert) as alerts from digested group by person"


def test_two_processes_share_the_work_and_page_nobody_twice(live: Live) -> None:
    with live.process() as one, live.process() as other:
        for number in range(MANY):
            (one if number % 2 else other).fires(f"alert {number}")
        one.kill()
        wait_until(lambda: len(live.events("Paged")) >= 3 * MANY)
        wait_until(lambda: 'tries_total{kind="page"' in other.says("/metrics"))
        assert '"problems":[]' in other.says("/healthz")
        pages = other.child()
        other.running.kill()
        wait_until(lambda: not Path(f"/proc/{pages}/exe").exists())
    keys = live.keys()
    alerts = [row.id for row in live.rows("select id from alerts order by id")]
    digests = {row.person: row.alerts for row in live.rows(_DIGESTS)}

    assert sorted(keys) == sorted(set(keys))
    for name in ("ana", "bo", "cy"):
        alone = [row.alert for row in live.rows(_ALONE, person=name)]
        assert sorted([*alone, *digests[name]]) == alerts
    assert len(alerts) == MANY
    assert len(live.rows("select name from processes")) == 1, "what pages leaves with its parent"


def test_a_process_whose_clock_is_off_says_so_and_does_not_tick(live: Live) -> None:
    _push(live)
    with live.service(ahead_seconds=3) as service:
        live.street.behind["web"].app = service.parts.web
        wait_until(lambda: "clock" in service.parts.problems)
        wait_until(
            lambda: any("s off the database's" in said for said in live.channel(OPS).posts())
        )
        pause(1.5)
        health = live.get("/healthz")

        assert health.status_code == 503
        (problem,) = health.json()["problems"]
        assert re.fullmatch(
            r"The clock here is -[23]\.\d s off the database's: no ticks\.", problem
        )
        assert live.paged() == []
    with live.service():
        wait_until(lambda: live.paged() == ["ana", "bo", "cy"])


def test_a_process_too_old_for_the_database_answers_but_does_not_tick(live: Live) -> None:
    with transaction(live.db) as tx:
        tx.execute(text("insert into house values (1000)"))
    _push(live)
    with live.service() as service:
        live.street.behind["web"].app = service.parts.web
        wait_until(lambda: "version" in service.parts.problems)
        wait_until(lambda: any("too old" in said for said in live.channel(OPS).posts()))
        pause(1.5)

        assert live.get("/api/who", headers={"Authorization": f"Bearer {API}"}).status_code == 200
        assert live.get("/healthz").status_code == 503
        assert live.paged() == []


def _push(live: Live) -> None:
    """An alert that waits to be worked before any process has begun."""
    payload = {"key": "k", "title": "Disk full", "priority": "P1", "status": "firing",
               "details": {}, "url": ""}  # fmt: skip
    with transaction(live.db) as tx:
        engine.accept(tx, [engine.Pushed("alerts/prometheus", "d", payload, live.clock())])


def test_a_service_that_loses_its_database_goes_on_when_it_is_back(live: Live, server) -> None:
    with live.service() as service:
        live.street.behind["web"].app = service.parts.web
        live.post_alert()
        wait_until(lambda: "ana" in live.paged())
        server.stop()
        wait_until(lambda: "ticker" in service.parts.problems)
        assert live.get("/healthz").status_code == 503
        server.start()
        wait_until(lambda: live.paged() == ["ana", "bo", "cy"])
        wait_until(lambda: live.get("/healthz").status_code == 200)


def test_a_process_vouches_for_all_once_it_ticks_and_watches(live: Live) -> None:
    asked: list[str] = []

    async def take(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope["path"])
        await PlainTextResponse("")(scope, receive, send)

    with served(take) as url:
        live.given = replace(live.given, heartbeat_url=SecretStr(f"{url}/sign-of-life"))
        with live.service() as service:
            live.street.behind["web"].app = service.parts.web
            wait_until(lambda: asked)
            wait_until(lambda: live.get("/readyz").status_code == 200)
            done = "select 1 from chores where name = 'retention' and state ? 'done'"
            wait_until(lambda: live.rows(done))
            wait_until(lambda: "setflow_processes{version=" in live.get("/metrics").text)
            assert set(service.upkeep) == {"watchdog", "heartbeat", "retention"}
            assert all(loop.alive for loop in service.upkeep.values())
        pause(0.1)

    assert asked == ["/sign-of-life"]
