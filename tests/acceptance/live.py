"""setflow in real time: processes that are started, killed, and asked how they are."""

import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import requests
from psycopg.conninfo import conninfo_to_dict

from setflow import app
from setflow.db import Db
from setflow.embedded import Embedded
from tests.acceptance.world import HOOK, OPS, Street, World, people

PATIENCE = timedelta(seconds=40)
QUICK = f"""
version: 1
timezone: Europe/Berlin
admins: [mara]
channels: {{operations: {OPS}}}
{people()}
ladders:
  quick:
    steps:
      - {{page: [person:ana], wait: 1s}}
      - {{page: [person:bo], wait: 1s}}
      - {{page: [person:cy], wait: 30m}}
"""
"""Three pages within two seconds."""


class Live(World):
    """A world whose clock nobody moves, and the processes that work on it."""

    def __init__(self, db: Db, street: Street, address: str) -> None:
        super().__init__(db, street)
        self.address, self.now = address, self.clock()
        self.apply(QUICK)

    def clock(self) -> datetime:
        return app.real_clock()

    @contextmanager
    def process(self, more: Mapping[str, str] | None = None) -> Iterator["Process"]:
        """A `setflow serve` that answers, killed at the end where it still runs.

        more  variables of its environment; without an address of ours it has its own server
        """
        started = Process(self, more or {})
        try:
            wait_until(started.answers)
            yield started
        finally:
            started.kill()

    @contextmanager
    def service(self, *, ahead_seconds: float = 0.0, db: Db | None = None) -> Iterator[app.Service]:
        """The same in this process, with a clock of its own; `db` in place of the world's."""

        def clock() -> datetime:
            return app.real_clock() + timedelta(seconds=ahead_seconds)

        given = replace(self.given, database_url=None, host="127.0.0.1", port=free_port())
        parts = app.build(db or self.db, given, clock=clock, chance=random.Random(1))
        service = app.Service(parts, given)
        service.start()
        try:
            yield service
        finally:
            service.stop()


class Process:
    """One `setflow serve`."""

    def __init__(self, world: Live, more: Mapping[str, str]) -> None:
        self.port = free_port()
        environ = {
            **os.environ,
            **world.environ(),
            "SETFLOW_DATABASE_URL": world.address,
            "SETFLOW_LISTEN": f"127.0.0.1:{self.port}",
            **more,
        }
        self.log = tempfile.TemporaryFile("w+")  # noqa: SIM115  closed with the process
        self.running = subprocess.Popen(
            [sys.executable, "-m", "setflow", "serve"],
            env=environ,
            stderr=self.log,
            start_new_session=True,
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answers(self) -> bool:
        with suppress(requests.RequestException):
            return requests.get(f"{self.url}/healthz", timeout=5).status_code < 600
        return False

    def fires(self, key: str) -> None:
        """A monitor says that something fires, once, and again until it was taken."""
        body = {"key": key, "title": key, "priority": "P1", "delivery": key}
        headers = {"Authorization": f"Bearer {HOOK}"}
        url = f"{self.url}/hooks/alerts/prometheus"
        assert requests.post(url, json=body, headers=headers, timeout=10).status_code == 202

    def says(self, path: str) -> str:
        """What it answers at a path."""
        return requests.get(f"{self.url}{path}", timeout=10).text

    def child(self) -> int:
        """The number of the process that pages."""
        pid = self.running.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def kill(self) -> None:
        """End both of its processes as the kernel does: at once."""
        with suppress(ProcessLookupError):
            os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait(10)
        self.log.close()

    def logged(self) -> str:
        """What it wrote so far."""
        self.log.seek(0)
        return self.log.read()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def wait_until(true: Callable[[], object], patience: timedelta = PATIENCE) -> None:
    """Return once it is; fail where that takes too long."""
    end = app.real_clock() + patience
    while not true():
        assert app.real_clock() < end, f"in vain for {patience}"
        pause(0.02)


def pause(seconds: float) -> None:
    """Let real time go by."""
    threading.Event().wait(seconds)


@pytest.fixture
def live(db: Db, db_url: str, server: Embedded, street: Street) -> Live:
    """A world in real time, with nothing running yet."""
    name = conninfo_to_dict(db_url)["dbname"]
    return Live(db, street, server.url.replace("@/postgres?", f"@/{name}?"))
