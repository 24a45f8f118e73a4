"""The walls of the house hold, and each of them would be seen to break."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]

# Contract → a file, what is written into it, and what the report must say of it.
PLANTED = {
    "One street: a new module must take its place here": (
        "errors.py",
        "from setflow import document",
        "setflow.errors is not allowed to import setflow.document",
    ),
    "A slice is spec, rules and store, in that order, and nothing else": (
        "team/spec.py",
        "from setflow.team import store",
        "setflow.team.spec is not allowed to import setflow.team.store",
    ),
    "The core is pure: no I/O, no clock, no chance, no logging": (
        "rotation/rules/turns.py",
        "import random",
        "setflow.rotation.rules.turns -> random",
    ),
    "SQL stands in the stores, the boxes, the history and the schema": (
        "ticker.py",
        "import sqlalchemy",
        "setflow.ticker -> sqlalchemy",
    ),
    "Only the engine, the views and what both share open a store or the inbox": (
        "ticker.py",
        "from setflow import inbox",
        "setflow.ticker -> setflow.inbox",
    ),
    "The engine fills the outbox, the relay empties it, the views look": (
        "ticker.py",
        "from setflow import outbox",
        "setflow.ticker -> setflow.outbox",
    ),
    "Settings are read by the command line and the app, and handed on": (
        "ticker.py",
        "from setflow import settings",
        "setflow.ticker -> setflow.settings",
    ),
    "Adapters do not know one another": (
        "adapters/jira.py",
        "from setflow.adapters import opsgenie",
        "setflow.adapters.jira is not allowed to import setflow.adapters.opsgenie",
    ),
    "Foreign drivers are imported by adapters alone": (
        "ticker.py",
        "import jira",
        "setflow.ticker -> jira",
    ),
    "OR-tools searches for plans: the planner alone knows it": (
        "ticker.py",
        "import ortools",
        "setflow.ticker -> ortools",
    ),
    "Pictures alone know how one is made of an SVG": (
        "ticker.py",
        "import resvg_py",
        "setflow.ticker -> resvg_py",
    ),
    "APScheduler is a metronome: the app alone knows it": (
        "ticker.py",
        "import apscheduler",
        "setflow.ticker -> apscheduler",
    ),
    "The web alone speaks to Prometheus": (
        "ticker.py",
        "import prometheus_client",
        "setflow.ticker -> prometheus_client",
    ),
    "The mailroom alone takes SMTP": (
        "ticker.py",
        "import aiosmtpd",
        "setflow.ticker -> aiosmtpd",
    ),
    "No cycles anywhere": (
        "adapters/mattermost/text.py",
        "from setflow.adapters.mattermost import post",
        "setflow.adapters.mattermost",
    ),
}


def lint(folder):
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache"]
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "400"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """What is said of a copy of the house in which every wall has a hole."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(CHECKOUT / "pyproject.toml", folder)
    shutil.copytree(CHECKOUT / "setflow", folder / "setflow")
    for file, line, _ in PLANTED.values():
        with (folder / "setflow" / file).open("a") as target:
            target.write(f"\n{line}\n")
    (folder / "setflow" / "stray.py").write_text("")
    (folder / "setflow" / "team" / "stray.py").write_text("")
    return lint(folder).stdout


def test_the_contracts_hold():
    done = lint(CHECKOUT)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_contract_has_a_planted_violation():
    contracts = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["tool"]["importlinter"]

    assert [contract["name"] for contract in contracts["contracts"]] == list(PLANTED)


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_violation_breaks_its_contract(contract, report):
    assert f"{contract} BROKEN" in report
    section = report.split(f"\n{contract}\n", 1)[1].split("\n\n\n", 1)[0]
    assert PLANTED[contract][2] in section


@pytest.mark.parametrize("stray", ["setflow.stray", "setflow.team.stray"])
def test_a_module_without_a_place_is_seen(stray, report):
    assert stray in report
