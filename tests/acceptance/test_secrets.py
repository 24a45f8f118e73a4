"""What a process is given in confidence is in nothing that it says, whatever goes wrong."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from psycopg.conninfo import conninfo_to_dict

from setflow import app, settings
from tests.acceptance.live import Live, live, wait_until

__all__ = ["live"]

PLANTED = "planted-"


@pytest.fixture
def secrets(live: Live) -> dict[str, str]:
    """A variable of each kind, with a secret of its own; nothing of it is right."""
    gone = "http://127.0.0.1:9"
    parts = conninfo_to_dict(live.address)
    address = f"postgresql://postgres:planted-database@/{parts['dbname']}?host={parts['host']}"
    return {
        "SETFLOW_DATABASE_URL": address,
        "SETFLOW_LISTEN_DATABASE_URL": "postgresql://postgres:planted-listen@127.0.0.1:9/x",
        "SETFLOW_SECRET": "planted-signing-key-" + "x" * 40,
        "SETFLOW_MATTERMOST_TOKEN": "planted-mattermost",
        "SETFLOW_MATTERMOST_COMMAND_TOKEN": "planted-command",
        "SETFLOW_JIRA_TOKEN": "planted-jira",
        "SETFLOW_OPSGENIE_KEY": "planted-opsgenie",
        "SETFLOW_OPSGENIE_HOOK_KEY": "planted-opsgenie-hook",
        "SETFLOW_HOOK_KEY_PROMETHEUS": "planted-hook",
        "SETFLOW_API_TOKEN": "planted-api",
        "SETFLOW_HEARTBEAT_URL": f"{gone}/planted-heartbeat",
        "SETFLOW_NOTIFY_SMS": "json://ops:planted-gateway@127.0.0.1:9/{to}",
    }


def test_a_process_in_all_sorts_of_trouble_tells_no_secret(
    live: Live, secrets: dict[str, str], tmp_path: Path
) -> None:
    with live.process(secrets) as process:
        said = [
            requests.post(
                f"{process.url}/hooks/{way}",
                data=body,
                headers={"Authorization": f"Bearer {key}"},
                timeout=10,
            ).text
            for way in ("alerts/prometheus", "opsgenie", "mattermost/command", "nowhere")
            for body in ("{", '{"key": "k", "title": "t"}', "token=wrong")
            for key in ("wrong", "planted-hook", "planted-opsgenie-hook")
        ]
        wait_until(lambda: "not delivered" in process.logged())
        wait_until(lambda: "heartbeat was not taken" in process.logged())
        wait_until(lambda: "not listening" in process.logged())
        for path in ("healthz", "readyz", "metrics", "api/who", "api/openapi.json"):
            for key in ("wrong", "planted-api"):
                headers = {"Authorization": f"Bearer {key}"}
                answer = requests.get(f"{process.url}/{path}", headers=headers, timeout=10)
                said.append(answer.text)
        said.append(process.logged())
    environ = {**os.environ, **live.environ(), **secrets}
    doctor = [sys.executable, "-m", "setflow", "doctor", "--json"]
    done = subprocess.run(doctor, env=environ, capture_output=True, text=True, check=False)
    said += [done.stdout, done.stderr]
    for name, value in secrets.items():
        wrong = {**environ, name: f"{value[:8]} wrong"}
        try:
            said.append(repr(settings.read(wrong, tmp_path)))
        except settings.SettingsError as error:
            said.append(str(error))
    said += [str(row) for row in live.rows("select * from history")]
    said += [str(row) for row in live.rows("select * from outbox")]

    assert [text[:3000] for text in said if PLANTED in text] == []


def test_what_is_made_for_its_owner_alone_is_theirs_alone(tmp_path: Path) -> None:
    given = settings.read({"SETFLOW_DATA": str(tmp_path / "data")}, tmp_path)
    with app.opened(given) as house:
        settings.signing_key(given)
        modes = {
            "secret": given.data / "secret",
            "the server's data": house.embedded.place / "data",  # type: ignore[union-attr]
            "its socket": Path(conninfo_to_dict(house.address)["host"]),  # type: ignore[arg-type]
        }
        open_to_others = [
            what
            for what, path in modes.items()
            if stat.S_IMODE(path.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO)
        ]

    assert open_to_others == []
