"""A disk that is full stops the embedded server; nothing that was accepted is lost."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from setflow import app, settings
from tests.acceptance.live import Live, wait_until
from tests.acceptance.world import HOOK, Street

MIB, LONG = 1024**2, 100
FILLING = {f"line {number}": "x" * 4000 for number in range(40)}


@pytest.fixture
def small_disk(reachable_folder: Path) -> Iterator[Path]:
    """A disk of its own, just large enough for the server."""
    place = reachable_folder / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=160m,mode=755", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only who may mount can have a disk of a size")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.crash
def test_a_full_disk_is_said_and_made_up_for(
    small_disk: Path, street: Street, crash_rounds: int
) -> None:
    if crash_rounds < LONG:
        pytest.skip("takes half a minute: `make crash` does it")
    given = settings.read({"SETFLOW_DATA": str(small_disk / "data")}, small_disk)
    with app.opened(given) as house:
        live = Live(house.db, street, "")
    with live.process({"SETFLOW_DATA": str(small_disk / "data")}) as process:
        process.fires("before")
        ballast, accepted = small_disk / "ballast", ["before"]
        fill(ballast)
        refused = None
        while refused is None:
            key = f"alert {len(accepted)}"
            status = post(process.url, key)
            assert status in {202, 503}
            refused = key if status == 503 else None
            accepted += [] if refused else [key]
            assert len(accepted) < 2000
        wait_until(lambda: health(process.url) == 503)
        said = problems(process.url)
        assert any("disk is full" in one for one in said), said

        # Killed, it cannot even begin again without room.
        postmaster = (small_disk / "data" / "data" / "postmaster.pid").read_text().split()[0]
        os.kill(int(postmaster), signal.SIGKILL)
        wait_until(lambda: any("PostgreSQL does not start" in one for one in problems(process.url)))
        assert process.running.poll() is None

        ballast.unlink()
        wait_until(lambda: health(process.url) == 200)
        assert post(process.url, refused) == 202
        with app.opened(given) as house:
            live.db = house.db
            unread = "select id from inbox where wake_at is not null"
            wait_until(lambda: not live.rows(unread))
            keys = [row.key for row in live.rows("select key from alerts")]

    assert sorted(keys) == sorted([*accepted, refused])


def fill(ballast: Path) -> None:
    """Take all the room that is left."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * MIB)


def post(url: str, key: str) -> int:
    """The status of an answer to a long alert; 0 for none."""
    body = {"key": key, "title": key, "priority": "P5", "delivery": key, "details": FILLING}
    headers = {"Authorization": f"Bearer {HOOK}"}
    with suppress(requests.RequestException):
        return requests.post(
            f"{url}/hooks/alerts/prometheus", json=body, headers=headers, timeout=15
        ).status_code
    return 0


def health(url: str) -> int:
    return requests.get(f"{url}/healthz", timeout=30).status_code


def problems(url: str) -> list[str]:
    return list(requests.get(f"{url}/healthz", timeout=30).json()["problems"])
