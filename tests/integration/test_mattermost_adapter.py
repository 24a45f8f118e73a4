"""The Mattermost adapter, by the real client library, against the stand-in."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from setflow import signature
from setflow.adapters.mattermost import inbound, people
from setflow.adapters.mattermost.insisting import settle
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.post import File, Post
from setflow.adapters.mattermost.render import render
from setflow.effects import DeadLetter, Receipt
from setflow.errors import DeliveryError
from setflow.facts import DeadLetterFacts
from setflow.sandbox.mattermost import MattermostSandbox
from tests.loopback import Counted, served

START = datetime(2026, 11, 30, 3, 12, tzinfo=UTC)
PENDING = "api.post.deduplicate_create_post.pending"
HELLO = Post("hello", ({"text": "waiting", "color": "#c00"},))


class Hands:
    """A clock that the test moves."""

    now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **length: int) -> None:
        self.now += timedelta(**length)


class World:
    """A server with people, and the adapter on it."""

    def __init__(self, box: MattermostSandbox, clock: Hands, url: str, counted: Counted) -> None:
        self.box, self.clock, self.url, self.counted = box, clock, url, counted
        box.add_team("acme")
        box.add_user("ana", "Ana Ruiz")
        box.add_user("bo", "Bo Li")
        self.bot_token = box.add_bot("setflow")
        self.ops = box.add_channel("acme", "ops", "Ops")
        box.join("ops", "ana", "bo", "setflow")
        self.mm = Mattermost(url, self.bot_token, "acme")

    def texts(self) -> list[str]:
        return [post.message for post in self.box.posts("ops") if not post.type]

    def id_of(self, username: str) -> str:
        return self.mm.user_ids([username])[username]

    def since(self) -> int:
        """A little after everything so far and before whatever comes, as the server counts."""
        self.clock.wait(seconds=10)
        now = int(self.clock.now.timestamp() * 1000)
        self.clock.wait(seconds=10)
        return now

    def eve(self) -> Mattermost:
        """The adapter as somebody who is no bot, or as one that is not ours."""
        token = self.box.add_user("eve", "Eve")
        self.box.join("ops", "eve")
        return Mattermost(self.url, token, "acme")

    def post(self, key: str = "k1", **more) -> str:
        return self.mm.post(self.ops, HELLO, key=key, **more)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def world(clock: Hands) -> Iterator[World]:
    box = MattermostSandbox(clock)
    counted = Counted(box.app)
    with served(counted) as url:
        yield World(box, clock, url, counted)


def failure(work, *args, **kwargs) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        work(*args, **kwargs)
    return caught.value


# people


def test_why_somebody_is_not_there_is_told_for_each(world):
    for name in ("cy", "di"):
        world.box.add_user(name, name)
    world.box.add_user("gil", "Gil", guest=True)
    world.box.join("ops", "cy", "gil")
    world.box.deactivate("cy")
    world.box.leave_team("di")
    asked = ["ana", "bo", "cy", "di", "gil", "zoe"]
    before = world.counted.requests
    assert people.standing(world.mm, asked) == {
        "ana": "",
        "bo": "",
        "cy": "deactivated",
        "di": "not-in-team",
        "gil": "guest",
        "zoe": "unknown",
    }
    assert world.counted.requests - before <= 3
    many = [f"nobody{number}" for number in range(150)]
    assert sum(not why for why in people.standing(world.mm, [*many, "ana"]).values()) == 1
    assert people.standing(world.mm, []) == {}
    assert failure(people.standing, world.mm, ["zoe"]).again


# posting


def test_a_post_carries_its_words_its_attachments_and_its_key(world):
    post_id = world.post()
    (there,) = [post for post in world.box.posts("ops") if post.id == post_id]
    assert there.message == "hello"
    assert there.props["setflow_key"] == "k1"
    assert there.props["attachments"][0]["text"] == "waiting"


def test_a_post_repeated_at_once_is_the_same_post(world):
    assert world.post() == world.post()
    assert world.texts() == ["hello"]


def test_a_post_repeated_after_an_hour_is_found_by_its_key(world):
    first = world.post()
    tried_at = world.clock.now
    world.clock.wait(hours=1)
    assert world.post(tried_at=tried_at) == first
    assert world.texts() == ["hello"]


WEEKS = Post("weeks", files=(File("set.png", b"a picture"),))


def test_a_post_carries_its_files_and_sends_them_once(world):
    tried_at = world.clock.now
    first = world.mm.post(world.ops, WEEKS, key="k1")
    assert world.mm.post(world.ops, WEEKS, key="k1", tried_at=tried_at) == first
    (there,) = [post for post in world.box.posts("ops") if post.id == first]
    assert [(file.name, file.content) for file in there.files] == [("set.png", b"a picture")]
    assert len(world.box.server.files) == 1


@pytest.mark.parametrize("status", [403, 413, 501])
def test_where_files_are_not_taken_the_words_go_alone(world, status):
    world.box.fail_next(1, status, where="POST /api/v4/files")
    world.mm.post(world.ops, WEEKS, key="k1")
    assert world.texts() == ["weeks"]


def test_a_file_that_does_not_arrive_holds_the_post_back_until_it_does(world):
    world.box.fail_next(1, 503, where="POST /api/v4/files")
    assert failure(world.mm.post, world.ops, WEEKS, key="k1").again
    assert world.texts() == []


def test_a_post_that_was_never_made_is_made_by_the_second_try(world):
    tried_at = world.clock.now
    world.clock.wait(hours=1)
    world.post(tried_at=tried_at)
    assert world.texts() == ["hello"]


def test_a_lost_answer_does_not_make_a_second_post(world):
    world.box.fail_next(1, 502, where="POST /api/v4/posts", done=True)
    tried_at = world.clock.now
    assert failure(world.post).again
    world.clock.wait(minutes=2)
    world.post(tried_at=tried_at)
    assert world.texts() == ["hello"]


def test_a_post_is_found_behind_hundreds_of_others(world):
    first = world.post()
    tried_at = world.clock.now
    for number in range(450):
        world.clock.wait(seconds=1)
        world.box.say("ana", "ops", f"chatter {number}")
    assert world.post(tried_at=tried_at) == first


def test_somebody_elses_post_with_our_key_is_not_taken_for_ours(world):
    forged = world.eve().post(world.ops, HELLO, key="k1")
    assert world.mm.find_post(world.ops, "k1", START) is None
    assert world.post(tried_at=START) != forged


def test_a_post_still_under_way_is_tried_again_a_second_later(world):
    world.box.fail_next(1, 500, where="POST /api/v4/posts", error_id=PENDING)
    error = failure(world.post)
    assert (error.again, error.after_seconds) == (True, 1.0)


def test_a_reply_stands_in_its_thread(world):
    root = world.post()
    reply = world.post("k2", root_id=root)
    assert [post.id for post in world.box.thread(root)] == [root, reply]


def test_an_urgent_post_is_marked(world):
    post_id = world.post(urgent=True)
    (there,) = [post for post in world.box.posts("ops") if post.id == post_id]
    assert there.priority == {"priority": "urgent"}


@pytest.mark.parametrize("status", [400, 403, 501])
def test_an_urgent_post_is_posted_where_the_server_cannot_mark_it(world, status):
    world.box.fail_next(1, status, where="POST /api/v4/posts")
    world.post(urgent=True)
    assert world.texts() == ["hello"]


def test_a_page_that_is_repeated_until_answered_ends_once_however_often_that_is_tried(world):
    world.box.server.licensed = True
    page = world.mm.post(world.ops, Post("page", asks="ana"), key="k1", urgent=True)
    (there,) = [post for post in world.box.posts("ops") if post.id == page]
    assert (there.message, there.priority["persistent_notifications"]) == ("page @ana", True)
    before = Receipt(world.ops, page)
    settled = settle(world.mm, before, Post("over"), key="k2", tried_at=None)
    assert settle(world.mm, before, Post("over"), key="k2", tried_at=START) == settled
    assert world.texts() == ["over"]
    assert settle(world.mm, settled, Post("all over"), key="k3", tried_at=None) == settled


def test_one_that_was_answered_there_is_left_where_it_is(world):
    world.box.server.licensed = True
    page = world.mm.post(world.ops, Post("page", asks="ana"), key="k1", urgent=True)
    world.box.acknowledge("ana", page)
    before = Receipt(world.ops, page)
    assert settle(world.mm, before, Post("yours"), key="k2", tried_at=None) == before
    assert world.texts() == ["yours"]
    (given,) = inbound.seen(world.mm, world.ops, 1).acknowledged
    assert given.post_id == page


def test_a_page_is_not_taken_away_for_the_word_of_stand_down_below_it(world):
    before = Receipt(world.ops, world.mm.post(world.ops, Post("page"), key="k1"))
    assert settle(world.mm, before, Post("over"), key="k2", tried_at=None) == before
    world.mm.post(world.ops, Post("Stand down"), key="k2", root_id=before.remote)

    assert settle(world.mm, before, Post("over"), key="k2", tried_at=START) == before
    assert world.texts() == ["over", "Stand down"]


def test_an_urgent_reply_is_a_reply(world):
    root = world.post()
    before = world.counted.requests
    world.post("k2", root_id=root, urgent=True)
    assert world.counted.requests == before + 1


def test_a_patch_changes_words_and_attachments_and_keeps_the_key(world):
    post_id = world.post()
    world.mm.patch(post_id, Post("over"))
    (there,) = [post for post in world.box.posts("ops") if post.id == post_id]
    assert (there.message, there.props["attachments"]) == ("over", [])
    assert there.props["setflow_key"] == "k1"


def test_a_patch_keeps_what_others_put_into_the_props(world):
    post_id = world.post()
    driver = world.mm.driver
    props = driver.posts.get_post(post_id)["props"] | {"card": "more"}
    driver.posts.patch_post(post_id, {"props": props})
    world.mm.patch(post_id, Post("over"))
    assert driver.posts.get_post(post_id)["props"]["card"] == "more"


def test_a_deleted_post_cannot_be_patched_and_is_not_tried_again(world):
    post_id = world.post()
    world.mm.driver.posts.delete_post(post_id)
    assert not failure(world.mm.patch, post_id, Post("over")).again


def test_threads_post_side_by_side_each_over_its_own_connection(world):
    ready = threading.Barrier(8)

    def post(number: int) -> str:
        ready.wait(10)
        return world.post(f"k{number}")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(8)))) == 8


# what goes wrong


def test_too_many_requests_say_how_long_to_wait(world):
    world.box.fail_next(1, 429, retry_after=7)
    error = failure(world.post)
    assert (error.again, error.after_seconds, error.status) == (True, 7.0, 429)


def test_a_proxy_that_answers_with_html_is_tried_again(world):
    world.box.faults.down = True
    error = failure(world.post)
    assert (error.again, error.status) == (True, 502)


def test_a_bad_token_says_what_to_do(world):
    error = failure(Mattermost(world.url, "x" * 26, "acme").me)
    assert error.status == 401
    assert "SETFLOW_MATTERMOST_TOKEN" in str(error)
    assert "x" * 26 not in str(error)


def test_a_channel_the_bot_is_not_in_says_so_and_is_tried_again(world):
    world.box.leave("ops", "setflow")
    error = failure(world.post)
    assert (error.status, error.again) == (403, True)
    assert "member" in str(error)


def test_a_message_the_server_finds_too_long_is_not_tried_again(world):
    error = failure(world.mm.post, world.ops, Post("x" * 16_384), key="long")
    assert (error.status, error.again) == (400, False)


def test_nobody_listening_is_tried_again():
    error = failure(Mattermost("http://127.0.0.1:1", "t", "acme").me)
    assert (error.again, error.status) == (True, None)


def test_a_server_that_says_nothing_is_not_waited_for():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert failure(Mattermost(url, "t", "acme", timeout=(0.1, 0.1)).me).again


@pytest.mark.parametrize("url", ["chat.example.com", "ftp://x", "http://h:port", ""])
def test_an_address_that_is_none_is_refused_with_an_example(url):
    error = failure(Mattermost(url, "t", "acme").me)
    assert not error.again
    assert "https://chat.example.com" in str(error)


def test_a_redirect_is_not_followed_and_says_where_it_points():
    def moved(request: Request) -> Response:
        return RedirectResponse("https://chat.example.com/api/v4/users/me", 301)

    with served(Starlette(routes=[Route("/{path:path}", moved)])) as url:
        error = failure(Mattermost(url, "t", "acme").me)
    assert error.status == 301
    assert "SETFLOW_MATTERMOST_URL to https://chat.example.com" in str(error)


def test_something_that_is_no_mattermost_is_told_apart():
    def page(request: Request) -> Response:
        return PlainTextResponse("<html>hello</html>")

    with served(Starlette(routes=[Route("/{path:path}", page)])) as url:
        assert "is not Mattermost" in str(failure(Mattermost(url, "t", "acme").me))


def test_requests_carry_the_token_no_needless_body_and_the_path_of_the_site(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login somebody password else")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    seen = []

    async def noted(request: Request) -> Response:
        seen.append((request.url.path, request.headers["authorization"], await request.body()))
        return Response('{"id": "b", "username": "setflow"}', media_type="application/json")

    with served(Starlette(routes=[Route("/{path:path}", noted)])) as url:
        assert Mattermost(url + "/chat/", "secret", "acme").me() == ("b", "setflow")
    assert seen == [("/chat/api/v4/users/me", "Bearer secret", b"")]


def test_the_driver_is_loaded_when_it_is_first_needed():
    code = (
        "import sys; import setflow.adapters.mattermost.outbound;"
        "import setflow.adapters.mattermost.inbound; import setflow.adapters.notify;"
        "print([m for m in ('mattermostdriver', 'requests', 'apprise') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# people and channels


def test_people_are_found_by_their_usernames(world):
    found = world.mm.user_ids(["ana", "nobody"])
    assert list(found) == ["ana"]
    user = world.mm.user(found["ana"])
    assert (user.username, user.guest, user.deleted) == ("ana", False, False)
    assert world.mm.user_ids([]) == {}


def test_a_guest_is_known_as_one(world):
    world.box.add_user("gus", "Gus", guest=True)
    assert world.mm.user(world.id_of("gus")).guest


def test_membership_of_the_team_is_asked_each_time(world):
    bo = world.id_of("bo")
    assert world.mm.is_team_member(bo)
    world.box.server.teams[world.mm.team_id].members.discard(bo)
    assert not world.mm.is_team_member(bo)


def test_a_channel_is_known_by_its_name(world):
    channel = world.mm.channel("ops")
    assert channel is not None
    assert (channel.id, channel.name, channel.header) == (world.ops, "ops", "")
    assert world.mm.channel("nowhere") is None


def test_a_channel_is_made_once(world):
    made = world.mm.create_channel("incident-mm-1", "MM-1: " + "long " * 20)
    assert world.mm.create_channel("incident-mm-1", "MM-1") == made
    assert made == world.mm.channel("incident-mm-1")


def test_a_private_channel_is_private(world):
    made = world.mm.create_channel("secret", "Secret", private=True)
    assert world.box.server.channels[made.id].type == "P"


def test_one_who_cannot_be_added_is_no_hindrance_to_the_others(world):
    made = world.mm.create_channel("incident-mm-1", "MM-1")
    ana, bo = world.id_of("ana"), world.id_of("bo")
    failure(world.mm.add_to_channel, made.id, [ana, "x" * 26, bo])
    assert {ana, bo} <= set(world.box.server.channels[made.id].members)
    world.mm.add_to_channel(made.id, [ana, bo])


def test_a_direct_message_reaches_its_receiver(world):
    direct = world.mm.direct_channel(world.id_of("ana"))
    assert direct == world.mm.direct_channel(world.id_of("ana"))
    world.mm.post(direct, HELLO, key="page")
    assert [post.message for post in world.box.direct("ana")] == ["hello"]


def test_only_our_part_of_a_header_is_written_and_only_on_a_difference(world):
    world.mm.driver.channels.patch_channel(world.ops, {"header": "Ask here"})
    assert world.mm.set_header(world.ops, "SET: Ana", mark="set")
    posts = len(world.box.posts("ops"))
    assert not world.mm.set_header(world.ops, "SET: Ana", mark="set")
    assert len(world.box.posts("ops")) == posts
    assert world.mm.set_header(world.ops, "SET: Bo", mark="set")
    header = world.box.header("ops")
    assert header.startswith("Ask here")
    assert ("SET: Bo" in header, "Ana" in header) == (True, False)


# what people said


def test_what_people_say_is_heard_once_and_in_order(world):
    world.post()
    since = world.since()
    first = world.box.say("ana", "ops", "one")
    world.clock.wait(seconds=1)
    second = world.box.say("bo", "ops", "two")
    said = inbound.activity(world.mm, world.ops, since)
    assert [(one.post_id, one.text, one.user_id) for one in said] == [
        (first, "one", world.id_of("ana")),
        (second, "two", world.id_of("bo")),
    ]
    assert said[1].at == world.clock.now
    assert inbound.activity(world.mm, world.ops, world.since()) == []


def test_in_a_flood_all_that_people_said_and_acknowledged_is_heard(world):
    world.box.server.licensed = True
    page = world.mm.post(world.ops, Post("page", asks="ana"), key="k1", urgent=True)
    world.box.acknowledge("ana", page)
    for number in range(inbound.MOST_ROWS):
        world.box.say("bo", "ops", str(number))
    reply = world.box.reply("ana", world.post("page:5"), "on it")
    seen = inbound.seen(world.mm, world.ops, 1)
    assert len(seen.said) == inbound.MOST_ROWS + 1
    assert [one.post_id for one in seen.acknowledged] == [page]
    assert [one.key for one in seen.said if one.post_id == reply] == ["page:5"]


def test_a_reply_carries_the_key_of_the_post_it_answers(world):
    root = world.post("page:5")
    since = world.since()
    world.clock.wait(hours=1)
    world.box.reply("ana", root, "on it")
    (said,) = inbound.activity(world.mm, world.ops, since)
    assert (said.root_id, said.key) == (root, "page:5")


def test_a_reply_to_a_post_that_somebody_else_marked_carries_no_key(world):
    eve = world.eve()
    root = eve.post(world.ops, HELLO, key="page:5")
    since = world.since()
    world.box.reply("ana", root, "on it")
    (said,) = inbound.activity(world.mm, world.ops, since)
    assert said.key == ""


def test_an_old_post_that_an_answer_brings_back_is_not_heard_again(world):
    old = world.box.say("ana", "ops", "old")
    since = world.since()
    world.box.react("bo", old, "eyes")
    world.box.reply("bo", old, "new")
    assert [one.text for one in inbound.activity(world.mm, world.ops, since)] == ["new"]


def test_what_was_deleted_or_said_by_the_bot_or_the_server_is_not_heard(world):
    since = world.since()
    gone = world.box.say("ana", "ops", "gone")
    world.post()
    eve = world.eve()
    eve.set_header(world.ops, "SET: Ana", mark="set")
    for mark in ("from_webhook", "from_bot"):
        said = {"channel_id": world.ops, "message": "said for her", "props": {mark: "true"}}
        eve.driver.posts.create_post(said)
    ana = world.box.add_user("admin", "Admin")
    world.box.set_admin("admin")
    Mattermost(world.url, ana, "acme").driver.posts.delete_post(gone)
    assert inbound.activity(world.mm, world.ops, since) == []


def test_an_edit_is_heard_as_it_now_reads_and_once(world):
    since = world.since()
    eve = world.eve()
    world.clock.wait(seconds=1)
    post = eve.post(world.ops, Post("frist"), key="")
    eve.patch(post, Post("first"))
    assert [one.text for one in inbound.activity(world.mm, world.ops, since)] == ["first"]


def test_more_than_the_server_gives_at_once_is_heard_all_the_same(world):
    since = world.since()
    for number in range(1_050):
        world.clock.wait(seconds=1)
        world.box.say("ana", "ops", str(number))
    said = inbound.activity(world.mm, world.ops, since)
    assert [one.text for one in said] == [str(number) for number in range(1_050)]


def test_reactions_of_people_are_seen_and_ours_are_not(world):
    one, other = world.post("k1"), world.post("k2")
    for post in (one, other):
        own = {"user_id": world.mm.me()[0], "post_id": post, "emoji_name": "eyes"}
        world.mm.driver.reactions.create_reaction(own)
    world.clock.wait(seconds=1)
    world.box.react("ana", other, "+1")
    world.mm.driver.posts.delete_post(one)
    (seen,) = inbound.reactions(world.mm, [one, other])
    assert (seen.post_id, seen.user_id, seen.emoji) == (other, world.id_of("ana"), "+1")
    assert seen.at == world.clock.now


def test_reactions_on_many_posts_take_few_requests_and_a_refused_post_hides_no_other(world):
    posts = [world.post(f"k{number}") for number in range(150)]
    for number in (0, 99, 149):
        world.box.react("ana", posts[number], "+1")
    before = world.counted.requests
    assert {one.post_id for one in inbound.reactions(world.mm, posts)} == {
        posts[0],
        posts[99],
        posts[149],
    }
    assert world.counted.requests - before <= 3

    world.box.fail_next(1, 403, where="POST /api/v4/posts/ids/reactions")
    assert len(inbound.reactions(world.mm, posts)) == 3


# the Playbooks plugin


def test_runs_in_progress_and_their_updates_are_read(world):
    plugin = world.box.playbooks
    run = plugin.start("MM-58112: Acme cannot log in", channel="ops", owner="ana")
    plugin.finish(plugin.start("MM-1: old", channel="ops", owner="ana"))
    world.clock.wait(minutes=5)
    plugin.update(run, username="bo", message="cause found")
    plugin.snooze(run, seconds=60)
    (found,) = world.mm.playbook_runs()
    assert (found.id, found.channel_id) == (run, world.ops)
    (update,) = world.mm.run_status_updates(run)
    assert (update.author, update.message, update.at) == ("bo", "cause found", world.clock.now)


def test_an_absent_plugin_is_no_runs_and_is_asked_for_once(world):
    world.box.playbooks.present = False
    assert list(world.mm.playbook_runs()) == []
    world.box.fail_next(1, 500, where="/plugins/playbooks")
    assert list(world.mm.playbook_runs()) == []
    assert list(world.mm.run_status_updates("r")) == []


def test_a_plugin_that_fails_is_not_taken_for_absent(world):
    world.box.fail_next(1, 500, where="/plugins/playbooks")
    assert failure(world.mm.playbook_runs).again
    world.box.playbooks.start("MM-1", channel="ops", owner="ana")
    assert len(world.mm.playbook_runs()) == 1


# there and back


def test_a_click_and_a_command_come_back_as_what_was_sent(world):
    came = []

    async def hook(request: Request) -> Response:
        body = await request.body()
        came.append(
            json.loads(body)
            if request.url.path == "/hooks/mattermost/action"
            else dict(parse_qsl(body.decode()))
        )
        return Response("{}", media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", hook, methods=["POST"])])
    with served(app) as url:
        facts = DeadLetterFacts(77, "post", False, "403", START, 8, 3, ZoneInfo("Europe/Berlin"))
        dead = render(
            DeadLetter(77, 1),
            facts,
            sign=lambda context: signature.sign(b"key", context),
            callback_url=url,
            now=START,
        )
        post_id = world.mm.post(world.ops, dead, key="dead:77:1")
        world.box.click("ana", post_id, "retry")
        world.box.add_command("set", f"{url}/hooks/mattermost/command")
        world.box.slash("bo", "ops", "/set update MM-1 “cause found”")
    action, command = inbound.parse_action(came[0]), inbound.parse_command(came[1])
    assert action.context == {"do": "retry", "effect": 77}
    assert signature.verify(b"key", action.context, action.sig)
    assert (action.post_id, action.user_id) == (post_id, world.id_of("ana"))
    assert (command.verb, command.arguments) == ("update", ("MM-1", "cause found"))
    assert command.user_id == world.id_of("bo")
