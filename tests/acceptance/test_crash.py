"""Killed at every point at which it can be, setflow loses nothing and shows nothing twice."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import requests
from sqlalchemy import text

from setflow import app
from setflow.db import transaction
from tests.acceptance.live import PATIENCE, Live, free_port, live, pause
from tests.acceptance.world import API, HOOK, OPS

__all__ = ["live"]

A_CREW, CREWS = 4, 250
"""So many alerts in a row are for the same three people, of so many: each is told by itself, for
nobody is paged again within the minutes in which more would stand in one message."""
ACKNOWLEDGED = (1, 3)
"""Of each crew's alerts these are acknowledged, the last being one of OpsGenie's."""
AT_REST_SECONDS = 0.7
MOST_VISITS = 5
PATIENT = 3
"""So often a point may be waited for in vain, or the third visit of one once."""
SAID_EVERY = 50
MANY_ROUNDS = 300

Say = Callable[[str], None]


def crew(number: int) -> list[str]:
    """Whom the ladder of an alert pages, in turn."""
    return [f"p{crew_number(number)}{letter}" for letter in "abc"]


def crew_number(number: int) -> int:
    """Which crew an alert is for."""
    return number // A_CREW % CREWS


def configuration(rounds: int) -> str:
    """A ladder for every few alerts, with people of its own."""
    numbers = range(0, min(rounds + 1, A_CREW * CREWS), A_CREW)
    sms = '[{via: sms, to: "+34600"}]'
    people = [
        f"  {name}: {{name: {name}, mattermost: {name}, contact: {sms if at == 0 else []}}}"
        for number in numbers
        for at, name in enumerate(crew(number))
    ]
    ladders, routes = [], []
    for number in numbers:
        one, two, three = crew(number)
        ladders.append(
            f"  l{crew_number(number)}: {{steps: [{{page: [person:{one}], wait: 1s}},"
            f" {{page: [person:{two}], wait: 1s}}, {{page: [person:{three}], wait: 30m}}]}}"
        )
        condition = f'alert.details.crew == "{crew_number(number)}"'
        routes.append(f"  - {{when: '{condition}', ladder: l{crew_number(number)}}}")
    return "\n".join(
        ("version: 1", "timezone: Europe/Berlin", f"admins: [{crew(0)[0]}]",
         f"channels: {{operations: {OPS}}}", "opsgenie: {mode: page}", "people:", *people,
         "sources: {prometheus: {limit: 100000/1s}}",
         "ladders:", *ladders, "routes:", *routes, "  - {ladder: l0}")
    )  # fmt: skip


class Launcher:
    """Starts processes that end themselves at a point."""

    def __init__(self, environ: dict[str, str], seen: Path) -> None:
        self.environ, self.seen = environ, seen
        self.last: Doomed | None = None
        self.running = subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.crashing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert self.running.stdin
        assert self.running.stdout
        self.asks, self.tells = self.running.stdin, self.running.stdout

    def start(self, point: str, visit: int) -> "Doomed":
        self.seen.unlink(missing_ok=True)
        port = free_port()
        environ = {**self.environ, "SETFLOW_LISTEN": f"127.0.0.1:{port}"}
        asked = {"environ": environ, "point": point, "visit": visit, "seen": str(self.seen)}
        self.asks.write(json.dumps(asked) + "\n")
        self.asks.flush()
        self.last = Doomed(int(self.tells.readline()), port, self.tells.readline)
        return self.last

    def passed(self) -> Counter[str]:
        """How often the last process passed each point."""
        return Counter(self.seen.read_text().splitlines()) if self.seen.exists() else Counter()

    def stop(self) -> None:
        if self.last:
            self.last.reached(0.0)
        self.asks.close()
        self.running.wait(10)
        self.tells.close()


class Doomed:
    """A process that serves until it comes to its point."""

    def __init__(self, pid: int, port: int, wait: Callable[[], str]) -> None:
        self.pid, self.url, self._address = pid, f"http://127.0.0.1:{port}", ("127.0.0.1", port)
        self.over = threading.Event()
        self._wait = wait
        self._watch = threading.Thread(target=self._see_the_end)
        self._watch.start()

    def _see_the_end(self) -> None:
        self._wait()
        self.over.set()

    def opens(self) -> bool:
        """Whether its door opens before it ends."""
        while not self.over.is_set():
            with suppress(OSError), socket.create_connection(self._address, 1):
                return True
            self.over.wait(0.01)
        return False

    def reached(self, seconds: float) -> bool:
        """Whether it comes to its point within so long; it has ended afterwards in any case."""
        reached = self.over.wait(seconds)
        if not reached:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._watch.join(10)
        return reached


class Monitors:
    """Those who tell setflow of alerts, and people who acknowledge: again until it was taken."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.waiting: list[tuple[str, dict[str, object], str]] = []
        self.acknowledge: list[int] = []
        self.remote: dict[int, str] = {}

    def fires(self, number: int) -> None:
        details = {"crew": str(crew_number(number))}
        if number % A_CREW == 3:
            alert = self.live.opsgenie.create(
                f"alert {number}", alias=f"alert {number}", priority="P1", details=details
            )
            self.remote[number] = alert
            body: dict[str, object] = {"action": "Create", "alert": {"alertId": alert}}
            self.waiting.append(("opsgenie", body, "opsgenie-hook-key"))
        else:
            body = {"key": f"alert {number}", "title": f"alert {number}", "priority": "P1",
                    "details": details, "delivery": f"fires {number}"}  # fmt: skip
            self.waiting.append(("alerts/prometheus", body, HOOK))
        if number % A_CREW in ACKNOWLEDGED:
            self.acknowledge.append(number)

    def ends(self, number: int) -> None:
        body: dict[str, object] = {
            "key": f"alert {number}", "title": f"alert {number}", "priority": "P1",
            "status": "resolved", "delivery": f"ends {number}"}  # fmt: skip
        self.waiting.append(("alerts/prometheus", body, HOOK))

    def act(self, url: str) -> None:
        """Tell what was not taken yet; the process may end meanwhile."""
        for way, body, key in list(self.waiting):
            if self._taken(f"{url}/hooks/{way}", body, key):
                self.waiting.remove((way, body, key))
        for number in list(self.acknowledge):
            found = self.number_of(number)
            path = f"{url}/api/alerts/{found}/acknowledge"
            if found and self._taken(path, {"person": crew(number)[1]}, API):
                self.acknowledge.remove(number)

    def number_of(self, number: int) -> int:
        """Setflow's own number of an alert; 0 while it has none."""
        found = self.live.rows("select id from alerts where key = :key", key=f"alert {number}")
        return int(found[0].id) if found else 0

    def _taken(self, url: str, body: dict[str, object], key: str) -> bool:
        headers = {"Authorization": f"Bearer {key}"}
        with suppress(requests.RequestException):
            return requests.post(url, json=body, headers=headers, timeout=10).status_code < 500
        return False


class Loop:
    """Rounds of killing: which points there are, and at which it was killed how often."""

    def __init__(self, live: Live, launcher: Launcher, monitors: Monitors) -> None:
        self.live, self.launcher, self.monitors = live, launcher, monitors
        self.most: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.hits: Counter[tuple[str, int]] = Counter()
        self.misses: Counter[tuple[str, int]] = Counter()
        self.chance = Random(20261130)

    def round(self, number: int, point: str, visit: int) -> None:
        process = self.launcher.start(point, visit)
        self.monitors.fires(number)
        if number % A_CREW == 0 and number > A_CREW:
            self.monitors.ends(number - A_CREW + 1)
        if process.opens():
            self.monitors.act(process.url)
        reached = process.reached(AT_REST_SECONDS)
        self.kills[point if reached else "at rest"] += 1
        (self.hits if reached else self.misses)[point, visit] += 1
        for passed, times in self.launcher.passed().items():
            self.most[passed] = max(self.most[passed], min(times, MOST_VISITS))
        leases_end(self.live)

    def next(self) -> tuple[str, int]:
        """A point, and which visit of it: the rarest so far, leaving out what seldom comes."""
        pairs = [(point, visit + 1) for point in self.most for visit in range(self.most[point])]
        tried = {
            pair: self.hits[pair] + self.misses[pair] + pair[1]
            for pair in sorted(pairs)
            if self.misses[pair] * pair[1] <= PATIENT + 2 * self.hits[pair]
        }
        least = min(tried.values())
        return self.chance.choice([pair for pair, times in tried.items() if times == least])


def leases_end(live: Live) -> None:
    """What killed processes had taken is free again, as it would be after a minute."""
    with transaction(live.db) as tx:
        tx.execute(text("update outbox set due_at = decided_at where settled_at is null"))
        tx.execute(text("update pulls set leased_until = null"))
        # Done once a day, and so by the first alone.
        tx.execute(text("delete from chores where name = 'retention'"))


@pytest.fixture
def say(request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> Say:
    """Tells whoever watches; nobody does where tests run side by side."""
    reporter: Any = request.config.pluginmanager.get_plugin("terminalreporter")

    def aloud(line: str) -> None:
        with capfd.disabled():
            reporter.write_line(line)

    return aloud if reporter else lambda _: None


@pytest.fixture
def loop(live: Live, crash_rounds: int, tmp_path: Path) -> Iterator[Loop]:
    for number in range(0, min(crash_rounds + 1, A_CREW * CREWS), A_CREW):
        for name in crew(number):
            live.chat.add_user(name, name)
            live.chat.join(OPS, name)
    live.apply(configuration(crash_rounds))
    environ = {**live.environ(), "SETFLOW_DATABASE_URL": live.address}
    launcher = Launcher(environ, tmp_path / "seen")
    yield Loop(live, launcher, Monitors(live))
    launcher.stop()


@pytest.mark.crash
def test_killed_at_every_point_it_loses_nothing_and_shows_nothing_twice(
    live: Live, loop: Loop, crash_rounds: int, say: Say
) -> None:
    began = app.real_clock()
    loop.round(0, "", 0)
    for number in range(1, crash_rounds):
        loop.round(number, *loop.next())
        if number % SAID_EVERY == 0:
            say(f"{number} rounds, {app.real_clock() - began}, {len(loop.most)} points")
    settle(loop)
    took = (app.real_clock() - began) / timedelta(seconds=1)

    for point, count in sorted(loop.kills.items()):
        say(f"{count:5} {point}")
    lost = missing(live, loop.monitors, crash_rounds)
    keys = live.keys()
    doubled = [key for key, count in Counter(keys).items() if count > 1]
    points = f"killed at {len(set(loop.most) & set(loop.kills))} points of {len(loop.most)}"
    shown = f"{len(keys)} posts, {len(lost)} lost, {len(doubled)} doubled"
    say(f"{crash_rounds} rounds in {took:.0f} s, {points}; {shown}")
    assert lost == []
    assert doubled == []
    assert live.dead() == []
    if crash_rounds >= MANY_ROUNDS:
        assert set(loop.most) <= set(loop.kills), "a point was passed, and never killed at"


def settle(loop: Loop) -> None:
    """Nothing kills it any more, until all is done."""
    process = loop.launcher.start("", 0)
    end = app.real_clock() + PATIENCE
    try:
        assert process.opens()
        while undone := left(loop, process.url):
            assert app.real_clock() < end, undone
            pause(0.05)
    finally:
        process.reached(0.0)


def left(loop: Loop, url: str) -> list[str]:
    """What is yet to be taken, worked or delivered, after another try of those outside."""
    live, monitors = loop.live, loop.monitors
    monitors.act(url)
    soon = app.real_clock() + timedelta(minutes=5)
    climbing = "select key from alerts where status = 'firing' and wake_at < :soon"
    found = [*monitors.waiting, *monitors.acknowledge, *live.rows(climbing, soon=soon)]
    found += live.rows("select key, error, attempts from outbox where settled_at is null")
    found += live.rows("select source, delivery from inbox where wake_at is not null")
    return [str(one) for one in found]


def missing(live: Live, monitors: Monitors, rounds: int) -> list[str]:
    """What should have come of every alert and has not, or came of none."""
    found = []
    pages = Counter(live.keys("page:"))
    told = Counter(said.split("\n")[0] for said in live.phones.heard("+34600"))
    for number in range(rounds):
        alert = monitors.number_of(number)
        if not alert:
            found.append(f"alert {number}")
        elif number % A_CREW not in ACKNOWLEDGED:
            wanted = [f"page:{alert}.1.0.{step}:{who}:mattermost"
                      for step, who in enumerate(crew(number))]  # fmt: skip
            found += [key for key in wanted if not pages[key]]
            if not any(f"alert {number}" in title.split(" (")[0] for title in told):
                found.append(f"text message of alert {number}")
    found += [f"acknowledgement of {one}" for one, id in monitors.remote.items()
              if not live.opsgenie.desk.alert(id).acknowledged]  # fmt: skip
    known = live.rows("select key, count(*) from alerts group by key having count(*) > 1")
    found += [f"alert {row.key} is {row.count}" for row in known]
    acts = live.rows("select subject, kind, count(*) from history where kind in "
                     "('Acknowledged', 'AlertOpened', 'AlertResolved') group by 1, 2 having "
                     "count(*) > 1")  # fmt: skip
    return found + [f"{row.subject}: {row.count} times {row.kind}" for row in acts]
