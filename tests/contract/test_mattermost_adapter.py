"""What our adapter sends to Mattermost, against the official API description; nothing waived."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from setflow.adapters.mattermost import groups, inbound, people, survey
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.post import File, Post
from setflow.errors import DeliveryError
from setflow.sandbox.mattermost import MattermostSandbox
from tests.contract.documents import Document, checked
from tests.loopback import served

pytestmark = pytest.mark.contract

NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)


@pytest.fixture
def sandbox() -> MattermostSandbox:
    sandbox = MattermostSandbox(lambda: NOW)
    sandbox.add_team("acme")
    sandbox.add_user("ana", "Ana Ruiz")
    sandbox.token = sandbox.add_bot("setflow")
    sandbox.ops = sandbox.add_channel("acme", "ops", "Operations")
    sandbox.join("ops", "ana", "setflow")
    return sandbox


@pytest.fixture
def documents() -> dict:
    return {
        "/api/v4": Document.load("mattermost-v4", waive=False),
        "/plugins/playbooks": Document.load("playbooks-v0", waive=False),
    }


@pytest.fixture
def mm(sandbox: MattermostSandbox, documents: dict) -> Iterator[Mattermost]:
    with served(checked(sandbox.app, documents)) as url:
        yield Mattermost(url, sandbox.token, "acme")


def broken(documents: dict) -> list[str]:
    assert all(document.seen for document in documents.values())
    return [str(one) for document in documents.values() for one in document.violations]


def test_every_call_of_ours_is_as_documented(mm, sandbox, documents):
    bar = {
        "color": "#c9303e",
        "text": "waiting",
        "fallback": "waiting",
        "actions": [
            {
                "id": "ack",
                "type": "button",
                "name": "Acknowledge",
                "style": "primary",
                "integration": {"url": "http://127.0.0.1:1/x", "context": {"do": "ack"}},
            }
        ],
    }
    ana = mm.user_ids(["ana"])["ana"]
    mm.user(ana)
    assert mm.is_team_member(ana)
    assert people.standing(mm, ["ana", "bo"]) == {"ana": "", "bo": "unknown"}
    assert mm.channel("nowhere") is None
    made = mm.create_channel("incident-mm-1", "MM-1")
    mm.add_to_channel(made.id, [ana])
    mm.post(mm.direct_channel(ana), Post("page", (bar,)), key="k1", urgent=True)
    root = mm.post(sandbox.ops, Post("root", (bar,)), key="k2", tried_at=NOW)
    mm.post(sandbox.ops, Post("reply"), key="k3", root_id=root)
    mm.post(sandbox.ops, Post("weeks", files=(File("set.png", b"png"),)), key="k4")
    mm.patch(root, Post("over"))
    mm.set_header(sandbox.ops, "SET: Ana", mark="set")
    sandbox.reply("ana", root, "on it")
    sandbox.react("ana", root, "+1")
    with pytest.raises(DeliveryError, match="no licence"):
        groups.keep(mm, "set-oncall", "SET on call", [ana])
    sandbox.server.licensed = True
    for members in ([ana], [], [ana]):
        groups.keep(mm, "set-oncall", "SET on call", members)
    assert "asks for it" in survey.acknowledgement(mm)
    (group,) = sandbox.server.groups
    mm.driver.client.delete(f"/groups/{group}")
    groups.keep(mm, "set-oncall", "SET on call", [ana])
    assert inbound.activity(mm, sandbox.ops, 1)
    assert inbound.reactions(mm, [root])
    run = sandbox.playbooks.start("MM-1: Acme", channel="ops", owner="ana")
    sandbox.playbooks.update(run, username="ana", message="cause found")
    assert mm.playbook_runs()
    assert mm.run_status_updates(run)
    assert broken(documents) == []
