"""`setflow doctor`, against a real database and the stand-ins."""

import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr
from sqlalchemy import text
from typer.testing import CliRunner

from setflow import app, cli, doctor, engine, settings, signature
from setflow.db import Db, transaction
from setflow.doctor import chat
from setflow.sandbox.mattermost import MattermostSandbox
from setflow.settings import Settings
from tests.loopback import served

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
NUMBER = "+447700900102"
FILE = """\
version: 1
channels: {operations: ops}
people:
  ana: {mattermost: ana.ruiz, contact: [{via: sms, to: "NUMBER"}]}
  bo: {mattermost: bo.lind}
rotations:
  web: {type: weekly, start: "2026-11-02 09:00", people: [ana, bo], channel: duty}
""".replace("NUMBER", NUMBER)
Find = Callable[..., dict[str, doctor.Finding]]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.fixture
def box() -> MattermostSandbox:
    """A server on which all is as it should be."""
    box = MattermostSandbox(lambda: NOW)
    box.add_team("acme", "Acme")
    box.add_user("ana.ruiz", "Ana Ruiz")
    box.add_user("bo.lind", "Bo Lind")
    box.token = box.add_bot("setflow")  # type: ignore[attr-defined]
    for name in ("ops", "duty"):
        box.add_channel("acme", name, name.title())
        box.join(name, "ana.ruiz", "setflow")
    return box


@pytest.fixture
def given(box: MattermostSandbox, db: Db, db_url: str, tmp_path: Path) -> Iterator[Settings]:
    """Settings without a mistake, for a database in which FILE is in force."""
    with transaction(db) as tx:
        engine.apply(tx, engine.File("set.yaml", FILE, {}), by="shell", now=NOW)
        way = "sms", signature.receiver("sms", NUMBER)
        engine.handle(tx, [engine.Reached("ana", *way, "code")], now=NOW)
    port = free_port()
    with served(box.app) as url:
        yield Settings(
            data=tmp_path,
            database_url=SecretStr(db_url),
            password_command="",
            listen_url=None,
            host="127.0.0.1",
            port=port,
            public_url=f"http://127.0.0.1:{port}",
            secret=SecretStr("s" * 40),
            mattermost=settings.Mattermost(
                url,
                "acme",
                SecretStr(box.token),
                SecretStr("command"),  # type: ignore[attr-defined]
            ),
            jira=None,
            opsgenie=None,
            api_token=None,
            notify={"sms": SecretStr("json://gateway.example.com/{to}")},
        )


def found(given: Settings, test: doctor.Test | None = None) -> dict[str, doctor.Finding]:
    return {one.name: one for one in doctor.examine(given, test)}


def test_nothing_is_wrong_where_all_is_as_it_should_be(given):
    findings = found(given)

    assert [one for one in findings.values() if not one.ok] == []
    assert list(findings) == [
        *("database", "tables", "clock", "configuration", "test pages", "Mattermost", "team"),
        *("~ops", "~duty", "/set", "acknowledgement", "public address", "accounts", "sms"),
    ]


def test_it_changes_nothing_in_chat(given, box):
    before = len(box.posts("ops"))

    found(given)

    assert len(box.posts("ops")) == before
    assert box.transcript == []


def test_a_database_that_is_not_there_is_told_and_the_rest_still_looked_at(given):
    findings = found(replace(given, database_url=SecretStr("postgresql://127.0.0.1:1/none")))

    assert not findings["database"].ok
    assert "SETFLOW_DATABASE_URL" in findings["database"].todo
    assert findings["Mattermost"].ok


def test_tables_of_another_revision_are_told(given, db):
    with transaction(db) as tx:
        tx.execute(text("update alembic_version set version_num = 'older'"))

    finding = found(given)["tables"]

    assert not finding.ok
    assert "setflow migrate" in finding.todo


def test_a_clock_that_is_off_is_told(given):
    def slow() -> datetime:
        return app.real_clock() - timedelta(seconds=5)

    finding = next(one for one in doctor.examine(given, None, clock=slow) if one.name == "clock")

    assert not finding.ok
    assert "the database's is +5.0 s from ours" in finding.said
    assert "NTP" in finding.todo


def test_a_wrong_token_is_told_with_what_to_do(given):
    chat = replace(given.mattermost, token=SecretStr("wrong"))

    finding = found(replace(given, mattermost=chat))["Mattermost"]

    assert not finding.ok
    assert "SETFLOW_MATTERMOST_TOKEN" in finding.said


def test_a_bot_outside_of_the_team_is_told(given, box):
    bot = box.server.named("setflow")
    next(iter(box.server.teams.values())).members.discard(bot.id)

    finding = found(given)["team"]

    assert not finding.ok
    assert finding.todo.startswith("Invite @setflow")


def test_a_channel_without_the_bot_is_told(given, box):
    box.leave("duty", "setflow")

    findings = found(given)

    assert findings["~ops"].ok
    assert findings["~duty"].said == "the bot is no member"


def test_a_channel_that_is_not_there_is_told(given, box):
    duty = next(one for one in box.server.channels.values() if one.name == "duty")
    del box.server.channels[duty.id]

    assert found(given)["~duty"].said == "there is no such channel that the bot can see"


def test_a_header_that_the_bot_may_not_edit_is_told(given, box):
    box.fail_next(1, 403, where="/patch", error_id="api.context.permissions.app_error")

    finding = found(given)["~ops"]

    assert not finding.ok
    assert "Manage Channel Properties" in finding.todo


def test_a_missing_command_token_is_told(given):
    chat = replace(given.mattermost, command_token=SecretStr(""))

    assert not found(replace(given, mattermost=chat))["/set"].ok


def test_an_address_that_only_this_machine_reaches_is_told():
    here, there = "http://127.0.0.1:8400", "https://203.0.113.7"

    assert chat.public(here, "http://localhost:8065").ok
    assert chat.public("https://203.0.113.8", there).ok
    finding = chat.public(here, there)
    assert not finding.ok
    assert "SETFLOW_PUBLIC_URL" in finding.todo


def test_people_whom_mattermost_does_not_know_are_told(given, box):
    bo = box.server.named("bo.lind")
    del box.server.users[bo.id]

    assert found(given)["accounts"].said == "Mattermost does not know bo (@bo.lind)"


def test_a_contact_method_without_a_gateway_is_told(given):
    finding = found(replace(given, notify={}))["sms"]

    assert not finding.ok
    assert "SETFLOW_NOTIFY_SMS" in finding.todo


def test_a_contact_method_that_is_not_verified_is_told(given, db):
    with transaction(db) as tx:
        tx.execute(text("delete from contacts"))
    finding = found(given)["test pages"]
    assert (finding.ok, "ana (sms)" in finding.said) == (False, True)
    assert "/set contact test METHOD" in finding.todo


@pytest.mark.parametrize(
    ("licensed", "said"),
    [(False, "marked urgent, and that is all"), (True, "P1 or P2 asks for it")],
)
def test_whether_pages_ask_for_an_acknowledgement_is_told(given, box, licensed, said):
    box.server.licensed = licensed
    finding = found(given)["acknowledgement"]
    assert (finding.ok, said in finding.said) == (True, True)


def test_a_jira_site_without_a_section_is_told(given):
    site = settings.Jira("http://127.0.0.1:1", "me", SecretStr("x"))

    assert "no section jira" in found(replace(given, jira=site))["Jira"].said


def test_a_click_that_comes_through_is_seen_although_nothing_else_listens(given, box):
    places = []

    def press(place: str) -> None:
        places.append(place)
        post = box.direct("ana.ruiz")[-1]
        box.click("ana.ruiz", post.id, box.buttons(post.id)["It works"])

    findings = found(given, doctor.Test("ana.ruiz", 10, press))

    assert findings["button"].ok
    assert places[0].startswith("A button waits in the direct messages of @ana.ruiz")
    post = box.direct("ana.ruiz")[-1]
    assert "✓ The button works." in str(post.props)
    assert box.buttons(post.id) == {}


def test_a_private_address_that_the_server_refuses_is_told_by_its_setting(given, box):
    box.server.allow_loopback = False

    def press(_: str) -> None:
        post = box.posts("ops")[-1]
        with pytest.raises(Exception, match="address forbidden"):
            box.click("ana.ruiz", post.id, box.buttons(post.id)["It works"])

    finding = found(given, doctor.Test("", 0.5, press))["button"]

    assert not finding.ok
    assert "add 127.0.0.1 to" in finding.todo
    assert "AllowedUntrustedInternalConnections" in finding.todo


def test_a_click_from_another_secret_does_not_count(given, box):
    def press(_: str) -> None:
        post = box.posts("ops")[-1]
        action = post.props["attachments"][0]["actions"][0]
        action["integration"]["context"]["sig"] = "A" * 43
        with pytest.raises(Exception, match="status=401"):
            box.click("ana.ruiz", post.id, action["id"])

    assert not found(given, doctor.Test("", 0.5, press))["button"].ok


def test_the_command_prints_json_and_fails_where_something_is_not_well(given, monkeypatch):
    chat = given.mattermost
    where = conninfo_to_dict(given.database_url.get_secret_value())
    host = quote(where.pop("host"), safe="")
    for name, value in {
        "DATABASE_URL": f"postgresql://{where['user']}@/{where['dbname']}?host={host}",
        "LISTEN": f"127.0.0.1:{given.port}",
        "SECRET": "s" * 40,
        "MATTERMOST_URL": chat.url,
        "MATTERMOST_TEAM": chat.team,
        "MATTERMOST_TOKEN": chat.token.get_secret_value(),
        "MATTERMOST_COMMAND_TOKEN": chat.command_token.get_secret_value(),
    }.items():
        monkeypatch.setenv(f"SETFLOW_{name}", value)
    monkeypatch.chdir(given.data)

    done = CliRunner().invoke(cli.app, ["doctor", "--json"])

    answer = json.loads(done.stdout)
    assert done.exit_code == 1
    assert answer["ok"] is False
    assert [one["name"] for one in answer["checks"] if not one["ok"]] == ["sms"], answer
