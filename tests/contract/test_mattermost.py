"""The stand-in for Mattermost, driven by the real client, against the official API description."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from mattermostdriver import Driver
from mattermostdriver.exceptions import InvalidOrMissingParameters, NotEnoughPermissions
from requests import HTTPError

from setflow.sandbox.mattermost import MattermostSandbox
from tests.contract.documents import Document, checked
from tests.loopback import served

pytestmark = pytest.mark.contract


@pytest.fixture
def sandbox() -> MattermostSandbox:
    sandbox = MattermostSandbox(lambda: datetime(2026, 11, 30, 7, tzinfo=UTC))
    sandbox.add_team("acme", "Acme")
    sandbox.add_user("mara", "Mara Lind")
    sandbox.set_admin("mara")
    sandbox.add_user("ana", "Ana Ruiz")
    sandbox.token = sandbox.add_bot("setflow")
    sandbox.add_channel("acme", "ops", "Operations")
    sandbox.join("ops", "ana", "setflow")
    return sandbox


@pytest.fixture
def documents() -> dict[str, Any]:
    return {
        "/api/v4": Document.load("mattermost-v4"),
        "/plugins/playbooks": Document.load("playbooks-v0"),
    }


@pytest.fixture
def address(sandbox: MattermostSandbox, documents: dict[str, Any]) -> Iterator[str]:
    with served(checked(sandbox.app, documents)) as address:
        yield address


def driver(address: str, token: str) -> Driver:
    parts = urlsplit(address)
    client = Driver(
        {
            "scheme": parts.scheme,
            "url": parts.hostname,
            "port": parts.port,
            "token": token,
            "request_timeout": 10,
        }
    )
    client.login()
    return client


@pytest.fixture
def bot(sandbox: MattermostSandbox, address: str) -> Driver:
    return driver(address, sandbox.token)


@pytest.fixture
def admin(sandbox: MattermostSandbox, address: str) -> Driver:
    token = sandbox.add_user("root", "Root")
    sandbox.set_admin("root")
    return driver(address, token)


def agrees(document: Any) -> bool:
    assert [str(violation) for violation in document.violations] == []
    return bool(document.seen)


def test_people_and_places_answer_as_documented(bot, sandbox, documents):
    team = bot.teams.get_team_by_name("acme")["id"]
    channel = bot.channels.get_channel_by_name(team, "ops")["id"]
    ana = bot.users.get_user_by_username("ana")["id"]
    bot.users.get_user(ana)
    bot.users.get_user_by_email("ana@example.com")
    bot.users.get_users_by_ids([ana])
    bot.users.get_users_by_usernames(["ana", "setflow"])
    bot.users.get_users({"in_channel": channel})
    bot.teams.get_user_teams("me")
    bot.teams.get_team(team)
    bot.teams.get_team_member(team, ana)
    bot.channels.get_public_channels(team)
    bot.channels.get_channel(channel)
    bot.channels.get_channel_members(channel)
    bot.channels.get_channel_member(channel, ana)
    bot.channels.get_channels_for_user("me", team)
    bot.channels.patch_channel(channel, {"header": "SET: Ana"})
    bot.channels.create_direct_message_channel([bot.client.userid, ana])
    made = bot.channels.create_channel(
        {"team_id": team, "name": "acme-incident", "display_name": "Acme", "type": "P"}
    )
    bot.channels.add_user(made["id"], {"user_id": ana})
    bot.channels.remove_channel_member(made["id"], ana)
    bot.channels.delete_channel(made["id"])

    assert agrees(documents["/api/v4"])


def test_posts_answer_as_documented(bot, sandbox, documents):
    channel = next(c.id for c in sandbox.server.channels.values() if c.name == "ops")
    props = {
        "setflow_key": "page:1",
        "attachments": [
            {
                "color": "#cc0000",
                "text": "t",
                "actions": [
                    {"id": "ack", "name": "Ack", "integration": {"url": "http://127.0.0.1:1"}}
                ],
            }
        ],
    }
    sandbox.server.licensed = True
    post = bot.posts.create_post(
        {
            "channel_id": channel,
            "message": "down",
            "props": props,
            "pending_post_id": "bot:1",
            "metadata": {"priority": {"priority": "urgent", "requested_ack": True}},
        }
    )["id"]
    bot.posts.create_post({"channel_id": channel, "message": "reply", "root_id": post})
    sent = bot.files.upload_file(channel, {"files": ("set.png", b"no picture")})
    ids = [info["id"] for info in sent["file_infos"]]
    shown = bot.posts.create_post({"channel_id": channel, "message": "", "file_ids": ids})
    assert shown["file_ids"] == ids
    assert bot.files.get_file(ids[0]).content == b"no picture"
    bot.reactions.create_reaction(
        {"user_id": bot.client.userid, "post_id": post, "emoji_name": "eyes"}
    )
    sandbox.react("ana", post, "+1")
    bot.client.make_request("post", f"/users/me/posts/{post}/ack")
    bot.client.make_request("get", f"/posts/{post}/reactions")
    bot.client.make_request("post", "/posts/ids", options=[post])
    bot.client.make_request("post", "/posts/ids/reactions", options=[post])
    bot.posts.get_post(post)
    bot.posts.patch_post(post, {"message": "over", "props": {}})
    bot.posts.get_thread(post)
    bot.posts.get_posts_for_channel(channel, {"since": 1})
    bot.posts.get_posts_for_channel(channel, {"page": 0, "per_page": 10})
    bot.reactions.delete_reaction(bot.client.userid, post, "eyes")
    bot.posts.delete_post(post)

    assert agrees(documents["/api/v4"])


def test_what_the_installation_needs_answers_as_documented(admin, documents):
    team = admin.teams.get_teams()[0]["id"]
    made = admin.client.make_request(
        "post", "/bots", options={"username": "helper", "display_name": "Helper"}
    ).json()
    admin.client.make_request("get", "/bots")
    admin.users.create_user_access_token(made["user_id"], {"description": "setflow"})
    admin.teams.add_user_to_team(team, {"team_id": team, "user_id": made["user_id"]})
    command = admin.commands.create_command(
        {"team_id": team, "method": "P", "trigger": "set", "url": "http://127.0.0.1:1"}
    )
    admin.commands.list_commands_for_team({"team_id": team})
    admin.client.make_request("put", f"/commands/{command['id']}", options=command)
    admin.client.make_request("put", f"/commands/{command['id']}/regen_token")
    admin.client.make_request("delete", f"/commands/{command['id']}")

    assert agrees(documents["/api/v4"])


def test_refusals_answer_as_documented(bot, sandbox, documents):
    elsewhere = sandbox.add_channel("acme", "elsewhere", "Elsewhere")
    channel = next(c.id for c in sandbox.server.channels.values() if c.name == "ops")
    long = {"channel_id": channel, "message": "x" * 16_384}
    with pytest.raises(NotEnoughPermissions):
        bot.posts.create_post({"channel_id": elsewhere, "message": "x"})
    with pytest.raises(InvalidOrMissingParameters):
        bot.posts.create_post(long)
    with pytest.raises(InvalidOrMissingParameters):
        bot.channels.patch_channel(channel, {"header": "x" * 1_025})
    with pytest.raises(HTTPError):
        bot.users.get_user_by_username("nobody")

    assert agrees(documents["/api/v4"])


def test_playbooks_answer_as_documented_but_for_one_known_content_type(bot, sandbox, documents):
    run = sandbox.playbooks.start("Acme down", channel="ops", owner="ana")
    sandbox.playbooks.update(run, username="ana", message="looking")

    def ask(method, path, **more):
        return bot.client.make_request(
            method, path, basepath="/plugins/playbooks/api/v0", **more
        ).json()

    ask("get", "/runs", params={"omit_ended": "true"})
    ask("get", f"/runs/{run}")
    ask("get", f"/runs/{run}/status-updates")
    ask("post", f"/runs/{run}/status", options={"message": "found", "reminder": 3600})

    document = documents["/plugins/playbooks"]
    assert len(document.seen) == 4
    # The plugin writes this one without saying that it is JSON; the client sends {} with a GET.
    kinds = {(v.side, v.where) for v in document.violations}
    assert kinds == {("request", "body"), ("response", "content-type")}
