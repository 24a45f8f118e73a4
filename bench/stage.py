"""What the figures are taken on: `setflow serve` as a process, on a folder of its own."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from load import request

from setflow import db, definitions, resources
from setflow.db import Db
from setflow.definitions import Configuration
from setflow.embedded import Embedded

COMMAND = (sys.executable, "-m", "setflow")
HOOK_KEY, API_TOKEN, SECRET = "bench-hook-key", "bench-api-token", "s" * 40
SOURCE = "community"
"""What examples/set.yaml pages for by its urgent ladder."""
CHANNELS = ("setflow-ops", "sustained-engineering")


@dataclass
class Stage:
    """A folder, and what was started on it; which ends with the block."""

    folder: Path
    port: int
    chat_url: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    serving: subprocess.Popen[bytes] | None = None

    def run(self, *words: str) -> None:
        """Let a command of setflow work; raises where it fails."""
        command = [*COMMAND, *words]
        subprocess.run(command, env=self.environ, cwd=self.folder, check=True, capture_output=True)

    def serve(self) -> float:
        """Start `setflow serve`; the seconds from its start to the first 200 of /healthz."""
        begun = time.monotonic()
        log = (self.folder / "serve.log").open("ab")
        command = [*COMMAND, "serve"]
        self.serving = subprocess.Popen(
            command, env=self.environ, cwd=self.folder, stdout=log, stderr=log
        )
        wait_until(self._healthy, 60, pause=0.005)
        return time.monotonic() - begun

    def stop(self) -> None:
        """End `setflow serve` as an operator does."""
        if self.serving:
            self.serving.send_signal(signal.SIGTERM)
            try:
                self.serving.wait(60)
            finally:
                self.serving.kill()
                self.serving = None

    def _healthy(self) -> bool:
        if self.serving and self.serving.poll() is not None:
            raise RuntimeError((self.folder / "serve.log").read_text()[-2000:])
        try:
            with urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def pages(self) -> list[tuple[float, str, str]]:
        """What the stand-in was sent: when, what kind of effect, its text."""
        with urlopen(f"{self.chat_url}/bench/pages", timeout=60) as answer:
            return [tuple(one) for one in json.load(answer)]

    @contextmanager
    def database(self) -> Iterator[Db]:
        """The database that `setflow serve` works on."""
        attached = Embedded(self.folder / "data")
        attached.start()
        opened = db.connect(attached.url)
        yield opened
        opened.dispose()
        attached.stop()


@contextmanager
def stage(text: str = "", *, sources: Sequence[str] = (SOURCE,)) -> Iterator[Stage]:
    """A folder with a configuration (by default the example's) applied, nothing serving yet.

    sources  whose alerts are let in
    """
    text = (text or example()) + _unbounded(sources)
    folder = Path(tempfile.mkdtemp(prefix="setflow-bench-", dir="/tmp"))
    folder.chmod(0o755)
    people = [one.mattermost for one in configuration(text).people.values()]
    with _chat(people) as (url, token):
        here = Stage(folder, _free_port(), url)
        here.environ = _environ(here, token, sources)
        (folder / "set.yaml").write_text(text)
        try:
            here.run("apply", "set.yaml")
            yield here
        finally:
            try:
                here.stop()
            finally:
                shutil.rmtree(folder, ignore_errors=True)


def _unbounded(sources: Sequence[str]) -> str:
    """What lets each source send more new alerts than a monitor that is well ever does."""
    lines = [f"  {source}: {{limit: 100000/1s}}" for source in sources]
    return "\n".join(["", "sources:", *lines, ""])


def example() -> str:
    """examples/set.yaml, begun so long ago that somebody is on; on a day that keeps its cycles."""
    text = (resources.folder("examples") / "set.yaml").read_text()
    return text.replace('start: "2026-11-30 08:00"', 'start: "2026-01-12 08:00"')


def ladders(count: int, wait: str = "5m") -> str:
    """A configuration in which alerts of the sources m0, m1 … page one person each at first."""
    people = [f"p{number}" for number in range(count)]
    lines = ["version: 1", "channels: {operations: setflow-ops}", "people:"]
    lines += [f"  {name}: {{name: {name.title()}, mattermost: {name}}}" for name in people]
    lines += ["ladders:"]
    for number, name in enumerate(people):
        steps = ", ".join(
            f"{{page: [person:{one}], wait: {wait}}}" for one in (name, people[number - 1])
        )
        lines.append(f"  l{number}: {{steps: [{steps}]}}")
    lines += ["routes:"]
    lines += [f"  - {{source: m{number}, ladder: l{number}}}" for number in range(count)]
    return "\n".join([*lines, "  - {ladder: l0}", ""])


def configuration(text: str) -> Configuration:
    """A configuration as `apply` reads it."""
    playbooks = {
        one.stem: (one.name, one.read_text())
        for one in resources.folder("playbooks").glob("*.yaml")
    }
    return definitions.read(text, "set.yaml", playbooks)


def alert(key: str, title: str, *, source: str = SOURCE) -> bytes:
    """The request of a monitor that says that something fires."""
    body = {
        "key": key,
        "title": title,
        "priority": "P1",
        "details": {"host": "web-1", "check": "http", "value": "no answer for 60 s"},
        "url": "https://monitor.example.com/1",
    }
    headers = {"Authorization": f"Bearer {HOOK_KEY}", "Content-Type": "application/json"}
    return request(
        "POST", f"/hooks/alerts/{source}", headers=headers, body=json.dumps(body).encode()
    )


def wait_until(true: Callable[[], bool], seconds: float, *, pause: float = 0.02) -> None:
    """Return once it is true; raises TimeoutError."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {seconds} s")
        time.sleep(pause)


@contextmanager
def _chat(people: Sequence[str]) -> Iterator[tuple[str, str]]:
    command = [sys.executable, str(Path(__file__).with_name("stand_in.py"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as chat:
        assert chat.stdin
        assert chat.stdout
        chat.stdin.write(json.dumps({"people": people, "channels": CHANNELS}).encode() + b"\n")
        chat.stdin.flush()
        answer = json.loads(chat.stdout.readline())
        try:
            yield answer["url"], answer["token"]
        finally:
            chat.stdin.close()


def _environ(here: Stage, token: str, sources: Sequence[str]) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if "SETFLOW" not in name}
    return {
        **inherited,
        "SETFLOW_DATA": str(here.folder / "data"),
        "SETFLOW_LISTEN": f"127.0.0.1:{here.port}",
        "SETFLOW_SECRET": SECRET,
        "SETFLOW_API_TOKEN": API_TOKEN,
        **{f"SETFLOW_HOOK_KEY_{name.upper()}": HOOK_KEY for name in sources},
        "SETFLOW_MATTERMOST_URL": here.chat_url,
        "SETFLOW_MATTERMOST_TEAM": "acme",
        "SETFLOW_MATTERMOST_TOKEN": token,
    }


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
