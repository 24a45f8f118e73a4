from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from setflow.sandbox.chat import posts
from setflow.sandbox.chat.posted import File
from setflow.sandbox.mattermost import MattermostSandbox
from setflow.sandbox.page import page_app
from tests.loopback import served
from tests.sandbox_control import Control


@pytest.fixture
def control():
    return Control()


@pytest.fixture
def sandbox(control):
    sandbox = MattermostSandbox(lambda: control.now)
    sandbox.add_team("acme", "Acme")
    sandbox.add_user("ana", "Ana Ruiz")
    sandbox.add_user("bo", "Bo Lund")
    sandbox.add_bot("setflow")
    sandbox.add_channel("acme", "ops", "Operations")
    sandbox.join("ops", "ana", "bo", "setflow")
    return sandbox


@pytest.fixture
def url(sandbox, control):
    with served(page_app(sandbox, control)) as url:
        yield url


def view(url, **query):
    return requests.get(f"{url}/view", params=query, timeout=30).json()


def do(url, **deed):
    return requests.post(f"{url}/do", json=deed, timeout=10).json()


def test_everybody_sees_their_own_channels_and_what_is_unread(url, sandbox):
    sandbox.say("ana", "ops", "@bo look")
    sandbox.say("setflow", "@bo", "You are paged")
    elsewhere = view(url, you="bo", channel="@ana")["room"]
    here = view(url, you="bo", channel="~ops")["room"]

    def unread(room):
        return {c["name"]: (c["unread"], c["mentions"]) for c in room["channels"]}

    assert unread(elsewhere) == {"Operations": (1, 1), "setflow": (1, 1)}
    assert unread(here) == {"Operations": (0, 0), "setflow": (1, 1)}
    assert {p["username"]: p["news"] for p in here["people"]} == {"ana": 0, "bo": 1}
    assert [(p["who"], p["time"]) for p in here["posts"]] == [("Ana Ruiz", "03:12")]


def test_an_unknown_place_shows_the_first_channel(url):
    assert view(url, you="nobody", channel="@nobody")["room"]["channel"]["handle"] == "~ops"


def test_replies_stand_in_their_thread(url, sandbox):
    root = sandbox.say("ana", "ops", "root")
    do(url, do="say", you="bo", channel="~ops", text="reply", thread=root)
    room = view(url, you="ana", channel="~ops", thread=root)["room"]

    assert [(p["html"], p["replies"]) for p in room["posts"]] == [("<p>root</p>", 1)]
    assert [p["html"] for p in room["thread"]] == ["<p>root</p>", "<p>reply</p>"]


def test_a_view_waits_until_something_changes(url, sandbox):
    first = view(url, you="ana")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(view, url, you="ana", clock=first["clock"], room=first["version"])
        sandbox.say("bo", "ops", "news")
        assert [p["html"] for p in waiting.result(10)["room"]["posts"]] == ["<p>news</p>"]


def test_a_moving_clock_does_not_send_the_room_again(url, control):
    first = view(url, you="ana")
    do(url, do="step")
    later = view(url, you="ana", clock=first["clock"], room=first["version"])

    assert later["room"] is None
    assert later["state"]["story"] == ["Nobody answered; the alert climbs to Bo."]


def test_the_clock_is_driven_from_the_page(url, control):
    do(url, do="play")
    do(url, do="speed", speed="3600")
    assert (control.paused, control.speed) == (False, 3600)
    do(url, do="pause")
    assert control.paused


def test_what_the_server_refuses_comes_back_as_a_sentence(url):
    assert "not found" in do(url, do="say", you="ana", channel="~ops", text="/nope")["error"]


def test_only_json_is_taken_so_that_no_other_site_can_act_here(url, control):
    answer = requests.post(f"{url}/do", data='{"do": "play"}', timeout=10)

    assert answer.status_code == 415
    assert control.paused


def test_the_page_may_ask_nothing_from_elsewhere(url):
    for name in ("", "page.css", "page.js"):
        answer = requests.get(f"{url}/{name}", timeout=10)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "http://" not in answer.text
        assert "https://" not in answer.text


def test_a_file_of_a_post_is_sent_as_what_it_is(url, sandbox):
    server = sandbox.server
    bot, channel = server.named("setflow"), next(iter(server.channels))
    server.files["f1"] = File("f1", bot.id, channel, "set.png", "image/png", b"bytes", 1)
    body = {"channel_id": channel, "message": "weeks", "file_ids": ["f1", "none"]}
    posts.create_post(server, bot, body=body)
    (post,) = view(url, you="ana", channel="~ops")["room"]["posts"]
    assert [file["id"] for file in post["files"]] == ["f1"]
    answer = requests.get(f"{url}/file/f1", timeout=10)
    assert (answer.headers["content-type"], answer.content) == ("image/png", b"bytes")
    assert requests.get(f"{url}/file/f2", timeout=10).status_code == 404
