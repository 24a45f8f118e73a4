"""`setflow init`, against the stand-in for Mattermost."""

import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from dotenv import dotenv_values
from starlette.responses import PlainTextResponse
from typer.testing import CliRunner, Result

from setflow import cli, definitions
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.sandbox.mattermost import MattermostSandbox
from tests.loopback import served

PASSWORD = "correct horse battery staple"
PUBLIC = "http://setflow.example.com"
NAMES = {
    "SETFLOW_MATTERMOST_URL",
    "SETFLOW_MATTERMOST_TEAM",
    "SETFLOW_MATTERMOST_TOKEN",
    "SETFLOW_MATTERMOST_COMMAND_TOKEN",
    "SETFLOW_PUBLIC_URL",
}


class World:
    """A server with an administrator, and somebody at a terminal."""

    def __init__(self, box: MattermostSandbox, url: str) -> None:
        self.box, self.url = box, url
        box.add_team("acme", "Acme")
        self.token = box.add_user("root", "Root Admin", password=PASSWORD)
        box.set_admin("root")
        box.add_user("ana.ruiz", "Ana Ruiz", password=PASSWORD)
        box.add_user("bo.lind", "Bo Lind")

    def run(self, *words: str, typed: tuple[str, ...] = ()) -> Result:
        return CliRunner().invoke(cli.app, words, input="".join(f"{one}\n" for one in typed))

    def mattermost(self, *more: str, typed: tuple[str, ...] = ("root", PASSWORD)) -> Result:
        words = ("init", "mattermost", "--url", self.url, "--public-url", PUBLIC, "--yes", *more)
        return self.run(*words, typed=typed)

    def state(self) -> tuple[object, ...]:
        server = self.box.server
        return (
            sorted(user.username for user in server.users.values()),
            [(one.trigger, one.url, one.token) for one in server.commands.values()],
            [(one.name, sorted(one.members)) for one in server.channels.values()],
            sorted(next(iter(server.teams.values())).members),
            sorted(server.tokens),
        )

    def bot(self) -> Mattermost:
        kept = dotenv_values(".env")
        return Mattermost(
            str(kept["SETFLOW_MATTERMOST_URL"]), str(kept["SETFLOW_MATTERMOST_TOKEN"]), "acme"
        )


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    box = MattermostSandbox(lambda: datetime(2026, 11, 30, 8, tzinfo=UTC))
    with served(box.app) as url:
        yield World(box, url)


def test_a_fresh_server_is_set_up_and_what_came_of_it_is_kept(world):
    done = world.mattermost("--channel", "setflow-ops")

    assert done.exit_code == 0, done.output
    kept = dotenv_values(".env")
    assert set(kept) == NAMES
    (command,) = world.box.server.commands.values()
    assert kept["SETFLOW_MATTERMOST_COMMAND_TOKEN"] == command.token
    assert (command.trigger, command.url) == ("set", f"{PUBLIC}/hooks/mattermost/command")
    bot = world.bot()
    assert bot.me()[1] == "setflow"
    assert bot.is_team_member(bot.me()[0])
    ops = next(one for one in world.box.server.channels.values() if one.name == "setflow-ops")
    assert bot.me()[0] in ops.members


def test_the_file_is_the_owners_alone_and_holds_nothing_of_the_sign_in(world):
    before = set(world.box.server.tokens)

    done = world.mattermost()

    assert stat.S_IMODE(Path(".env").stat().st_mode) == 0o600
    assert PASSWORD not in Path(".env").read_text() + done.output
    kept = dotenv_values(".env")["SETFLOW_MATTERMOST_TOKEN"]
    assert set(world.box.server.tokens) - before == {kept}, "the session was not ended"


def test_other_lines_of_the_file_stay(world):
    Path(".env").write_text("# ours\nexport SETFLOW_PUBLIC_URL=http://old\nSETFLOW_JIRA_USER=x\n")

    world.mattermost()

    lines = Path(".env").read_text().splitlines()
    assert lines[:3] == ["# ours", f"SETFLOW_PUBLIC_URL={PUBLIC}", "SETFLOW_JIRA_USER=x"]


def test_a_second_run_changes_nothing(world):
    world.mattermost()
    before, kept = world.state(), Path(".env").read_text()

    again = world.mattermost()

    assert again.exit_code == 0
    assert world.state() == before
    assert Path(".env").read_text() == kept
    assert f"Nothing is missing on {world.url}." in again.output


def test_it_says_what_it_will_change_and_does_nothing_where_that_is_not_wanted(world):
    before = world.state()

    done = world.run(
        *("init", "mattermost", "--url", world.url, "--public-url", PUBLIC),
        typed=("root", PASSWORD, "n"),
    )

    assert done.exit_code == 1
    for change in (
        "make the bot account @setflow",
        "make an access token for @setflow",
        "bring @setflow into the team Acme",
        "make the channel ~setflow-ops, public, and bring @setflow into ~setflow-ops",
        f"make the slash command /set, which calls {PUBLIC}/hooks/mattermost/command",
    ):
        assert f"  - {change}\n" in done.output
    assert world.state() == before
    assert not Path(".env").exists()


def test_the_code_of_a_second_factor_is_asked_for_where_the_server_wants_it(world):
    world.box.add_user("safe", "Safe Admin", password=PASSWORD, mfa="123456")
    world.box.set_admin("safe")

    done = world.mattermost(typed=("safe", PASSWORD, "000000", "123456"))

    assert done.exit_code == 0, done.output
    assert done.output.count("Code of your second factor") == 2


def test_a_code_that_is_wrong_three_times_ends_it(world):
    world.box.add_user("safe", "Safe Admin", password=PASSWORD, mfa="123456")

    done = world.mattermost(typed=("safe", PASSWORD, "1", "2", "3", "123456"))

    assert done.exit_code == 1
    assert "That code is not right" in str(done.exception)


def test_a_wrong_password_is_told_as_one(world):
    done = world.mattermost(typed=("root", "wrong"))

    assert done.exit_code == 1
    assert "That name or password is not right" in str(done.exception)


def test_an_address_where_nothing_or_something_else_answers_is_told_before_any_question(world):
    nothing = world.run("init", "mattermost", "--url", "http://127.0.0.1:1")
    with served(PlainTextResponse("hello")) as url:
        other = world.run("init", "mattermost", "--url", url)

    assert "Could not reach http://127.0.0.1:1: Mattermost does not answer" in str(
        nothing.exception
    )
    assert "is not Mattermost" in str(other.exception)
    assert (nothing.output, other.output) == ("", "")


def test_a_personal_access_token_does_instead_and_stays_valid(world):
    done = world.mattermost("--token", typed=(world.token,))

    assert done.exit_code == 0, done.output
    assert world.token in world.box.server.tokens
    assert world.token not in Path(".env").read_text() + done.output


def test_whoever_is_no_administrator_gets_the_request_to_forward(world):
    before = world.state()

    done = world.mattermost(typed=("ana.ruiz", PASSWORD))

    assert done.exit_code == 1
    assert "a bot named setflow, role Member" in done.output
    assert f"request URL {PUBLIC}/hooks/mattermost/command" in done.output
    assert "@ana.ruiz is no system administrator" in str(done.exception)
    assert world.state() == before
    assert not Path(".env").exists()


def test_a_server_without_bots_is_told_by_the_name_of_its_setting(world):
    world.box.fail_next(1, 403, where="POST /api/v4/bots", error_id="api.bot.create_disabled")

    done = world.mattermost()

    assert done.exit_code == 1
    assert "ServiceSettings.EnableBotAccountCreation" in str(done.exception)


def test_what_was_made_before_a_failure_is_kept_and_gone_on_from(world):
    world.box.fail_next(
        1, 501, where="POST /api/v4/commands", error_id="api.command.disabled.app_error"
    )

    first = world.mattermost()
    token = dotenv_values(".env")["SETFLOW_MATTERMOST_TOKEN"]
    second = world.mattermost()

    assert "ServiceSettings.EnableCommands" in str(first.exception)
    assert second.exit_code == 0
    assert dotenv_values(".env")["SETFLOW_MATTERMOST_TOKEN"] == token
    assert "make an access token" not in second.output


def test_a_token_that_was_revoked_is_made_anew(world):
    world.mattermost()
    old = dotenv_values(".env")["SETFLOW_MATTERMOST_TOKEN"]
    del world.box.server.tokens[old]

    world.mattermost()

    assert dotenv_values(".env")["SETFLOW_MATTERMOST_TOKEN"] != old
    assert world.bot().me()[1] == "setflow"


def test_a_command_that_calls_elsewhere_is_pointed_to_us(world):
    world.box.add_command("set", "http://old.example.com/hook")

    done = world.mattermost()

    (command,) = world.box.server.commands.values()
    assert command.url == f"{PUBLIC}/hooks/mattermost/command"
    assert "no more http://old.example.com/hook" in done.output
    assert dotenv_values(".env")["SETFLOW_MATTERMOST_COMMAND_TOKEN"] == command.token


def test_the_account_of_a_person_is_never_taken_for_the_bot(world):
    world.box.add_user("setflow", "Set Flow")

    done = world.mattermost()

    assert "@setflow is the account of a person" in str(done.exception)


def test_the_channels_of_the_configuration_are_made(world):
    Path("set.yaml").write_text(
        "version: 1\nchannels: {operations: ops}\npeople: {ana: {}, bo: {}}\n"
        'rotations: {web: {type: weekly, start: "2026-11-02 09:00", people: [ana], channel: duty}}'
    )

    world.mattermost()

    made = {one.name for one in world.box.server.channels.values()}
    assert {"ops", "duty"} <= made


def test_a_private_address_is_said_to_need_a_setting(world):
    done = world.run(
        *("init", "mattermost", "--url", world.url, "--public-url", "http://127.0.0.1:8400"),
        *("--yes",),
        typed=("root", PASSWORD),
    )

    assert "Allow untrusted internal connections to lists 127.0.0.1." in done.output


@pytest.mark.parametrize("typed", ["~duty", "ana.ruiz bo.lind", "@ana.ruiz, @bo.lind"])
def test_a_first_configuration_is_written_from_a_channel_or_names(world, typed):
    world.box.add_channel("acme", "duty", "Duty")
    world.box.join("duty", "ana.ruiz", "bo.lind")
    world.mattermost("--channel", "setflow-ops", "--channel", "duty")

    done = world.run("init", "config", typed=(typed, "duty", "Europe/Berlin"))

    assert done.exit_code == 0, done.output
    text = Path("set.yaml").read_text()
    found = definitions.read(text, "set.yaml", {})
    assert {one.title for one in found.people.values()} == {"Ana Ruiz", "Bo Lind"}
    assert found.ladders["urgent"].rounds == 3
    assert found.zone.key == "Europe/Berlin"
    assert world.run("check", "set.yaml").exit_code == 0


def test_one_person_alone_has_a_rotation_but_no_ladder(world):
    world.mattermost()

    done = world.run("init", "config", typed=("ana.ruiz", "duty", "UTC"))

    assert done.exit_code == 0, done.output
    found = definitions.read(Path("set.yaml").read_text(), "set.yaml", {})
    assert (list(found.rotations), list(found.ladders)) == (["oncall"], [])


def test_a_channel_that_the_bot_is_not_in_is_told_and_made_by_another_run(world):
    world.mattermost()

    done = world.run("init", "config", typed=("ana.ruiz bo.lind", "~duty", "UTC"))
    world.mattermost()

    assert "The bot is not in ~duty yet: run `setflow init mattermost` once more." in done.output
    assert "duty" in {one.name for one in world.box.server.channels.values()}


def test_whom_mattermost_does_not_know_is_told(world):
    world.mattermost()

    done = world.run("init", "config", typed=("ana.ruiz cy",))

    assert "Mattermost does not know cy." in str(done.exception)


def test_a_file_that_is_there_is_overwritten_only_if_said_so(world):
    world.mattermost()
    Path("set.yaml").write_text("mine")

    done = world.run("init", "config", typed=("n",))

    assert done.exit_code == 1
    assert Path("set.yaml").read_text() == "mine"
