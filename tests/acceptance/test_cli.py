"""The command line as people use it: words in, an exit code and two streams out."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import pytest

from setflow import cli
from setflow.sandbox.mattermost import MattermostSandbox
from tests.loopback import served

CHECKOUT = Path(__file__).parents[2]
SET, SMALL = CHECKOUT / "examples/set.yaml", CHECKOUT / "examples/small.yaml"
WEDNESDAY = "2026-12-02 10:00"
ALWAYS = """\
version: 1
timezone: Europe/Berlin
channels: {operations: ops}
people: {ana: {name: Ana Ruiz, mattermost: ana.ruiz}, bo: {name: Bo Lind, mattermost: bo.lind}}
rotations: {web: {type: weekly, start: "2020-01-06 09:00", people: [ana, bo]}}
"""
GAPS = """\
version: 1
timezone: Europe/Berlin
calendars: {company: {country: DE}}
people:
  ana: {name: Ana Ruiz, awake: {from: "00:00", to: "00:00"}, until: 2026-12-31}
  bo: {name: Bo Lind, awake: {from: "00:00", to: "00:00"}}
rotations: {web: {type: weekly, start: "2020-01-06 09:00", people: [ana, bo]}}
"""
BROKEN = """\
version: 1
timezone: Europe/Berlim
people: {ana: {}, bo: {}}
rotations: {web: {type: weekly, start: "2026-11-02 09:00", people: [anna]}}
"""


class Done(NamedTuple):
    """What became of a command."""

    returncode: object
    stdout: str
    stderr: str


class Terminal:
    """A folder to work in, and a data folder with the embedded database."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.folder, self.data, self.more = folder, data, dict[str, str]()

    @property
    def environment(self) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if "SETFLOW" not in name}
        ours = {"PYTHONPATH": str(CHECKOUT), "SETFLOW_DATA": str(self.data), "COLUMNS": "100"}
        return {**own, **ours, **self.more}

    def run(self, *words: object, typed: str = "") -> Done:
        """One command, worked in this process: another takes a second to begin."""
        out, err, code = StringIO(), StringIO(), None
        with pytest.MonkeyPatch.context() as here, redirect_stdout(out), redirect_stderr(err):
            here.setattr(sys, "argv", ["setflow", *map(str, words)])
            here.setattr(sys, "stdin", StringIO(typed))
            here.setattr(os, "environ", self.environment)
            here.chdir(self.folder)
            try:
                cli.main()
            except SystemExit as end:
                code = end.code
        return Done(code, out.getvalue(), err.getvalue())

    def apart(self, *words: str) -> Done:
        """One command in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "setflow", *words],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def good(self, *words: object) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        return file

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`setflow serve` that has told that it is ready; its address."""
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
        self.more["SETFLOW_LISTEN"] = f"127.0.0.1:{port}"
        process = subprocess.Popen(
            [sys.executable, "-m", "setflow", "serve"],
            cwd=self.folder,
            env=self.environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stderr
            assert any('"ready"' in line for line in process.stderr)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
        assert process.returncode == 0


@pytest.fixture(scope="session")
def data(reachable_folder: Path) -> Path:
    return reachable_folder / "cli"


@pytest.fixture
def terminal(tmp_path: Path, data: Path) -> Terminal:
    return Terminal(tmp_path, data)


@pytest.fixture
def chat(terminal: Terminal) -> Iterator[MattermostSandbox]:
    """A server that the settings of the terminal name."""
    box = MattermostSandbox(lambda: datetime.now(UTC))  # noqa: TID251  real processes, real time
    box.add_team("acme")
    box.add_user("ana.ruiz", "Ana Ruiz")
    box.add_user("bo.lind", "Bo Lind")
    token = box.add_bot("setflow")
    box.add_channel("acme", "ops", "Ops")
    box.join("ops", "setflow")
    with served(box.app) as url:
        terminal.more |= {
            "SETFLOW_MATTERMOST_URL": url,
            "SETFLOW_MATTERMOST_TEAM": "acme",
            "SETFLOW_MATTERMOST_TOKEN": token,
        }
        yield box


def test_a_file_without_mistakes_is_told_in_one_line(terminal):
    said = terminal.good("check", SET)

    held = "36 people, 6 teams, 1 rotation, 2 ladders, 2 playbooks"
    assert re.fullmatch(rf"{SET}: {held} \(\d+ tests\) — no mistakes\.\n", said)


def test_every_mistake_is_told_with_its_place_and_then_counted(terminal):
    terminal.write("set.yaml", BROKEN)

    done = terminal.run("check", "set.yaml")

    assert done.returncode == 1
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith('set.yaml:2:11: timezone: "Europe/Berlim" is no time zone')
    assert lines[1].startswith("set.yaml:4:69: rotations.web.people[0]:")
    assert 'did you mean "ana"?' in lines[1]
    assert lines[-1] == "2 mistakes."


def test_a_playbook_beside_the_file_wins_over_ours_and_its_tests_are_run(terminal):
    ours = (CHECKOUT / "playbooks/support-incident.yaml").read_text()
    terminal.write("playbooks/support-incident.yaml", ours.replace("playbook:", "playbok:", 1))
    terminal.write("set.yaml", SET.read_text())

    done = terminal.run("check", "set.yaml")

    assert done.returncode == 1
    assert done.stderr.startswith("playbooks/support-incident.yaml:")


def test_what_is_not_understood_is_another_exit_code_than_what_is_wrong(terminal):
    at = ("who", "--file", SMALL, "--at")

    assert terminal.run("frob").returncode == 2
    assert terminal.run(*at, "soon").returncode == 2
    assert terminal.run("who", "wob", "--file", SMALL).returncode == 1
    ends = ("--from", "2026-12-03", "--to", "2026-12-03", "--file", SMALL)
    assert terminal.run("schedule", "web", *ends).returncode == 2
    twice = terminal.run(*at, "2026-10-25 02:30")
    assert twice.returncode == 2
    assert 'write "2026-10-25 02:30:00+02:00"' in twice.stderr


def test_what_goes_wrong_is_a_sentence_and_no_traceback(terminal):
    gone = terminal.apart("check", "nothing.yaml")
    away = {"SETFLOW_DATABASE_URL": "postgresql://127.0.0.1:1/none", "SETFLOW_SECRET": "s" * 32}
    terminal.more |= away
    unreachable = terminal.apart("who")

    assert gone == (1, "", "nothing.yaml: there is no such file.\n")
    assert unreachable.returncode == 1
    assert unreachable.stderr.startswith("The database does not answer: ")
    assert unreachable.stderr.count("\n") == 1


def test_who_is_on_by_a_file_needs_no_database(terminal):
    answer = json.loads(
        terminal.good("who", "set.emea.primary", "--at", WEDNESDAY, "--file", SET, "--json")
    )

    assert answer == {
        "at": "2026-12-02T09:00:00Z",
        "seats": [
            {
                "seat": "set.emea.primary",
                "people": ["ana"],
                "holder": "ana",
                "since": "2026-12-02T07:00:00Z",
                "until": "2026-12-02T19:00:00Z",
                "override": False,
            }
        ],
    }
    assert not terminal.data.exists()


def test_who_is_on_is_said_in_the_files_zone_with_the_weekday(terminal):
    said = terminal.good("who", "set", "--at", "2026-12-02T09:00:00Z", "--file", SET)

    assert said == (
        "Wed 2 Dec 2026 10:00 (Europe/Berlin)\n"
        "  set.lead              Mara Stein  until Mon 14 Dec 08:00\n"
        "  set.emea.primary      Ana Ruiz    until Wed 2 Dec 20:00\n"
        "  set.emea.backup       Bo Lind     until Wed 2 Dec 20:00\n"
        "  set.americas.primary  nobody      Cy Adler has the turn, next from Wed 2 Dec 20:00\n"
        "  set.americas.backup   nobody      Di Novak has the turn, next from Wed 2 Dec 20:00\n"
    )


def test_a_schedule_is_one_line_a_shift_by_week(terminal):
    ends = ("--from", "2026-12-03", "--to", "2026-12-08", "--file", SMALL)

    said = terminal.good("schedule", "web", *ends)

    assert said == (
        "web, Thu 3 Dec 00:00 – Tue 8 Dec 00:00 (Europe/Berlin)\n"
        "\n"
        "Week 49, from Mon 30 Nov 2026\n"
        "  Thu 3 Dec 08:00 – 20:00  web  Ana Ruiz\n"
        "  Fri 4 Dec 08:00 – 20:00  web  Ana Ruiz\n"
        "\n"
        "Week 50, from Mon 7 Dec 2026\n"
        "  Mon 7 Dec 08:00 – 09:00  web  Ana Ruiz\n"
        "  Mon 7 Dec 09:00 – 20:00  web  Bo Lind\n"
        "\n"
    )
    answer = json.loads(terminal.good("schedule", "web", *ends, "--json"))
    assert list(answer) == ["rotation", "from", "to", "shifts", "gaps"]
    assert answer["from"] == "2026-12-02T23:00:00Z"
    assert answer["shifts"][0] == {
        "seat": "web",
        "people": ["ana"],
        "start": "2026-12-03T07:00:00Z",
        "end": "2026-12-03T19:00:00Z",
    }


def test_a_schedule_is_drawn_into_a_file_or_as_svg_to_the_terminal(terminal):
    asked = ("schedule", "web", "--from", "2026-12-03", "--to", "2026-12-08", "--file", SMALL)

    assert terminal.good(*asked, "--format", "svg").startswith("<svg ")
    assert terminal.good(*asked, "--format", "png", "--out", "web.png") == ""
    assert (terminal.folder / "web.png").read_bytes().startswith(b"\x89PNG")
    assert "cannot be written" in terminal.run(*asked, "--format", "svg", "-o", "no/web.svg").stderr
    for wrong, hint in {
        ("--format", "gif"): "gif is none; there is text, svg, png",
        ("--out", "web.svg"): "it goes with --format svg or png",
        ("--format", "svg", "--json"): "leave it out, --format says another form",
    }.items():
        done = terminal.run(*asked, *wrong)
        assert done.returncode == 2
        assert hint in done.stderr


def test_what_is_wrong_within_the_next_weeks_is_told_by_week(terminal):
    terminal.write("set.yaml", GAPS)
    asked = ("schedule", "--gaps", "4w", "--from", "2026-12-14", "--file", "set.yaml")

    assert terminal.good(*asked) == (
        "All rotations, Mon 14 Dec 00:00 – Mon 11 Jan 00:00 (Europe/Berlin)\n"
        "\n"
        "Week 52, from Mon 21 Dec 2026\n"
        "  Fri 25 Dec 00:00 – Sun 27 Dec 00:00  holiday  Bo Lind is WEB on a holiday: Christmas "
        "Day, Second Day of Christmas\n"
        "\n"
        "Week 53, from Mon 28 Dec 2026\n"
        "  Fri 1 Jan 00:00 – Mon 4 Jan 09:00    left     Ana Ruiz leaves on Thu 31 Dec, but is "
        "WEB\n"
        "\n"
        "2 findings: 1 left, 1 holiday.\n"
        "By the file alone: without stand-ins, absences, and who has left Mattermost.\n"
    )
    answer = json.loads(terminal.good(*asked, "--json"))
    assert [one["kind"] for one in answer["findings"]] == ["left", "holiday"]
    assert "Staffed, and nothing to warn of." in terminal.good(
        "schedule", "web", "--gaps", "7d", "--from", "2026-12-07", "--file", "set.yaml"
    )
    for wrong in (
        *(("--gaps", "soon"), ("--gaps", "0d"), ("--gaps", "7d", "--to", "2026-12-24"), ()),
        ("--gaps", "7d", "--format", "svg"),
    ):
        assert terminal.run("schedule", "--file", "set.yaml", *wrong).returncode == 2


def test_a_file_is_applied_once_shown_before_and_agreed_with_after(terminal):
    file = terminal.write("set.yaml", SET.read_text())

    before = terminal.good("apply", "--dry-run", file)
    first = terminal.good("apply", file)
    again = terminal.good("apply", file)
    file.write_text(SET.read_text().replace("emea: [ana, bo]", "emea: [ana, ines]"))
    then = terminal.good("apply", "--dry-run", file)

    assert "Nothing was stored" in before
    assert "36 people, 6 teams, 1 rotation" in first
    assert "In force now as version 1.\n" in first
    assert again == "Nothing differs from what is in force; nothing was stored.\n"
    assert "Rotation set is changed.\n" in then
    assert re.search(r"set\.emea\.\w+ +Ines Faria +instead of Bo Lind", then)
    by_file = ("--file", SET)
    for words in (
        ("who", "--at", "2027-01-20 10:00", "--json"),
        ("schedule", "set", "--from", "2027-01-11", "--to", "2027-02-01", "--json"),
    ):
        assert terminal.good(*words) == terminal.good(*words, *by_file)
    ahead = ("schedule", "--gaps", "4w", "--from", "2027-01-11", "--json")
    known = json.loads(terminal.good(*ahead))["findings"]
    # Which contact methods were tested stands in the database alone.
    assert {one["kind"] for one in known} > {"unverified"}
    in_file = json.loads(terminal.good(*ahead, *by_file))["findings"]
    assert [one for one in known if one["kind"] != "unverified"] == in_file


def test_a_page_is_delivered_by_itself_where_nothing_runs(terminal, chat):
    terminal.write("set.yaml", ALWAYS)
    terminal.good("apply", "set.yaml")

    done = terminal.run("page", "ana.ruiz", "Can you hear me?")

    assert (done.returncode, done.stdout) == (0, "Delivered to ana by mattermost.\n")
    assert "No `setflow serve` runs" in done.stderr
    assert "Can you hear me?" in chat.direct("ana.ruiz")[-1].message
    unknown = terminal.run("page", "anna", "Hello")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("anna is neither a person nor a seat")


def test_what_runs_delivers_a_page_and_keeps_a_backup_from_being_put_back(terminal, chat):
    terminal.write("set.yaml", ALWAYS)
    terminal.good("apply", "set.yaml")
    terminal.good("backup", "kept.backup")

    with terminal.serving() as url:
        paged = terminal.run("page", "bo", "Hello")
        refused = terminal.run("restore", "kept.backup", "--yes")
        health = json.load(urlopen(f"{url}/healthz"))

    assert (paged.returncode, paged.stdout) == (0, "Delivered to bo by mattermost.\n")
    assert paged.stderr == ""
    assert refused.stderr == "setflow runs on this database; stop `setflow serve` first.\n"
    assert health["ok"] is True


def test_a_backup_is_put_back_after_a_yes(terminal):
    terminal.write("set.yaml", ALWAYS)
    terminal.good("apply", "set.yaml")
    terminal.good("backup", "kept.backup")
    terminal.write("set.yaml", ALWAYS.replace("people: [ana, bo]", "people: [bo, ana]"))
    terminal.good("apply", "set.yaml")

    no = terminal.run("restore", "kept.backup", typed="n\n")
    still = terminal.good("apply", "--dry-run", "set.yaml")
    yes = terminal.run("restore", "kept.backup", typed="y\n")
    then = terminal.good("apply", "--dry-run", "set.yaml")

    assert (no.returncode, "Nothing was changed." in no.stderr) == (1, True)
    assert "Nothing differs" in still
    assert yes.returncode == 0
    assert "Rotation web is changed." in then
    assert terminal.run("backup", "kept.backup").returncode == 1, "a backup was written over"


def test_settings_with_a_mistake_are_told_without_their_secrets(terminal):
    terminal.more["SETFLOW_SECRET"] = "hush"

    done = terminal.run("serve")

    assert done.returncode == 1
    assert "SETFLOW_SECRET should have at least 32 characters." in done.stderr
    assert "hush" not in done.stderr


def test_every_command_teaches_with_an_example(terminal):
    listed = terminal.good("--help").partition("Commands:")[2]
    names = [line.split()[0] for line in listed.splitlines() if line.strip()]

    assert "…" not in listed
    assert "..." not in listed
    for name in set(names) - {"init", "version"}:
        assert f"setflow {name}" in terminal.good(name, "--help").partition("Example")[2], name
