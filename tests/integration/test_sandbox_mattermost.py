import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from setflow.sandbox.chat.records import Problem
from setflow.sandbox.mattermost import MattermostSandbox
from tests.loopback import served

START = datetime(2026, 11, 30, 7, 0, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now

    def pass_time(self, **amount):
        self.now += timedelta(**amount)


class Client:
    """Talks to the stand-in with one token, and gives back status and JSON."""

    def __init__(self, url, token):
        self.url, self.session = url, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def __call__(self, method, path, body=None, **query):
        response = self.session.request(
            method, f"{self.url}/api/v4{path}", json=body, params=query, timeout=10
        )
        return response.status_code, response.json()


class Integration:
    """Answers clicks and slash commands as it is told to, and remembers what it was asked."""

    def __init__(self):
        self.asked, self.answer = [], JSONResponse({})
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request):
        if request.headers["content-type"].startswith("application/json"):
            body = await request.json()
        else:
            body = dict(await request.form())
        self.asked.append((body, request.headers))
        return self.answer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(clock):
    sandbox = MattermostSandbox(clock)
    sandbox.add_team("acme", "Acme")
    sandbox.add_user("ana", "Ana Ruiz", password="river", mfa="123456")
    sandbox.add_user("mara", "Mara Lind")
    sandbox.bot_token = sandbox.add_bot("setflow")
    sandbox.add_channel("acme", "ops", "Operations")
    sandbox.join("ops", "ana", "setflow")
    return sandbox


class Door:
    """One address for the stand-in of whichever test is running."""

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def doors():
    mattermost, integration = Door(), Door()
    with served(mattermost) as mattermost.url, served(integration) as integration.url:
        yield mattermost, integration


@pytest.fixture
def url(sandbox, doors):
    doors[0].app = sandbox.app
    return doors[0].url


@pytest.fixture
def bot(sandbox, url):
    return Client(url, sandbox.bot_token)


@pytest.fixture
def integration(doors):
    integration = Integration()
    doors[1].app, integration.url = integration.app, doors[1].url
    return integration


@pytest.fixture
def ops(sandbox):
    return next(c.id for c in sandbox.server.channels.values() if c.name == "ops")


def user_id(sandbox, username):
    return sandbox.server.named(username).id


def post(bot, channel_id, message="hello", **more):
    return bot("POST", "/posts", {"channel_id": channel_id, "message": message, **more})


def with_button(url, id="ack", **action):
    action = {"id": id, "name": "Acknowledge", "type": "button", **action}
    integration = {"url": f"{url}/actions", "context": {"alert": 7}}
    return {"attachments": [{"text": "t", "actions": [{**action, "integration": integration}]}]}


def test_an_unknown_token_is_told_that_its_session_is_over(url):
    status, error = Client(url, "nobody")("GET", "/users/me")

    assert (status, error["id"]) == (401, "api.context.session_expired.app_error")
    assert set(error) == {"id", "message", "detailed_error", "request_id", "status_code"}


def test_an_unknown_path_is_answered_in_the_server_s_form(bot):
    assert bot("GET", "/nonsense")[1]["id"] == "api.context.404.app_error"


def test_a_bot_outside_a_channel_may_not_post_there_but_may_write_directly(sandbox, bot, url):
    elsewhere = sandbox.add_channel("acme", "elsewhere", "Elsewhere")
    pair = [user_id(sandbox, "setflow"), user_id(sandbox, "mara")]

    first, second = bot("POST", "/channels/direct", pair), bot("POST", "/channels/direct", pair)
    assert post(bot, elsewhere)[0] == 403
    assert first == second
    assert post(bot, first[1]["id"], "psst")[0] == 201
    assert [p.message for p in sandbox.direct("mara")] == ["psst"]


def test_ids_are_26_small_letters_and_digits(bot, ops):
    assert re.fullmatch("[a-z0-9]{26}", post(bot, ops)[1]["id"])


def test_the_same_pending_id_within_30_seconds_makes_one_post(bot, ops, clock, sandbox):
    _, first = post(bot, ops, "one", pending_post_id="bot:1")
    clock.pass_time(seconds=29)
    status, second = post(bot, ops, "two", pending_post_id="bot:1")
    clock.pass_time(seconds=31)
    _, third = post(bot, ops, "three", pending_post_id="bot:1")

    assert first["pending_post_id"] == "bot:1"
    assert (status, second["id"], second["message"], second["pending_post_id"]) == (
        201,
        first["id"],
        "one",
        "",
    )
    assert [p.message for p in sandbox.posts("ops")] == ["one", "three"]
    assert third["id"] != first["id"]


def test_the_same_pending_id_at_the_same_time_makes_one_post(bot, ops, sandbox, url):
    sandbox.server.latency_seconds = 0.1
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda _: post(Client(url, sandbox.bot_token), ops, pending_post_id="bot:1"),
                range(4),
            )
        )

    refused = [body["id"] for status, body in answers if status == 500]
    assert len(sandbox.posts("ops")) == 1
    assert refused == ["api.post.deduplicate_create_post.pending"] * 3


def test_a_post_that_failed_frees_its_pending_id(bot, ops):
    assert post(bot, ops, "x" * 16_384, pending_post_id="bot:1")[0] == 400
    assert post(bot, ops, "short", pending_post_id="bot:1")[1]["message"] == "short"


def test_limits_count_characters_not_bytes(bot, ops):
    assert post(bot, ops, "🐙" * 16_383)[0] == 201
    assert post(bot, ops, "x" * 16_384)[1]["id"] == "model.post.is_valid.msg.app_error"
    assert bot("PUT", f"/channels/{ops}/patch", {"header": "🐙" * 1_024})[0] == 200
    _, error = bot("PUT", f"/channels/{ops}/patch", {"header": "x" * 1_025})
    assert error["id"] == "model.channel.is_valid.header.app_error"


def test_a_reply_to_a_reply_is_refused(bot, ops):
    root = post(bot, ops)[1]["id"]
    reply = post(bot, ops, root_id=root)[1]["id"]

    status, error = post(bot, ops, root_id=reply)
    assert (status, error["id"]) == (400, "api.post.create_post.root_id.app_error")


def test_a_patch_replaces_all_props_and_keeps_the_edit_time_of_an_unchanged_text(bot, ops):
    made = post(bot, ops, props={"setflow_key": "k", "other": 1})[1]
    path = f"/posts/{made['id']}/patch"
    _, same = bot("PUT", path, {"message": "hello", "props": {"setflow_key": "k"}})
    _, changed = bot("PUT", path, {"message": "bye"})

    assert (same["props"], same["edit_at"]) == ({"setflow_key": "k"}, 0)
    assert changed["edit_at"] > 0
    assert changed["props"] == {"setflow_key": "k"}


def test_nobody_patches_somebody_else_s_post(bot, sandbox):
    theirs = sandbox.say("ana", "ops", "mine")

    assert bot("PUT", f"/posts/{theirs}/patch", {"message": "yours"})[0] == 403


def test_a_changed_header_is_told_to_the_channel_and_an_unchanged_one_is_not(bot, ops, sandbox):
    for _ in range(2):
        bot("PUT", f"/channels/{ops}/patch", {"header": "SET: Ana"})

    assert sandbox.header("ops") == "SET: Ana"
    (told,) = sandbox.posts("ops")
    assert told.type == "system_header_change"
    assert told.props == {"username": "setflow", "old_header": "", "new_header": "SET: Ana"}
    assert [(e.kind, e.to, e.text) for e in sandbox.transcript] == [("header", "~ops", "SET: Ana")]


def test_since_brings_old_texts_deleted_posts_and_roots_beside_the_order(bot, ops, clock):
    root = post(bot, ops, "root")[1]
    gone = post(bot, ops, "gone")[1]
    clock.pass_time(minutes=1)
    since = bot("PUT", f"/posts/{gone['id']}/patch", {"message": "edited"})[1]["update_at"]
    clock.pass_time(minutes=1)
    bot("DELETE", f"/posts/{gone['id']}")
    reply = post(bot, ops, "reply", root_id=root["id"])[1]

    _, late = bot("GET", f"/channels/{ops}/posts", since=since)
    assert set(late["order"]) == {reply["id"], root["id"], gone["id"]}
    assert late["posts"][gone["id"]]["delete_at"] > 0
    _, whole = bot("GET", f"/channels/{ops}/posts", since=1)
    old = [p for p in whole["posts"].values() if p["original_id"] == gone["id"]]
    assert [p["message"] for p in old] == ["gone"]
    assert old[0]["delete_at"] > 0
    _, later = bot("GET", f"/channels/{ops}/posts", since=reply["update_at"])
    assert later["order"] == []


def test_a_clock_that_stands_still_hides_nothing_from_since(bot, ops, sandbox):
    first = post(bot, ops, "one")[1]
    second = sandbox.say("ana", "ops", "two")

    assert bot("GET", f"/channels/{ops}/posts", since=first["update_at"])[1]["order"] == [second]


def test_pages_are_newest_first_and_never_over_200(bot, ops, sandbox):
    ids = [sandbox.say("ana", "ops", str(n)) for n in range(210)][::-1]

    def order(**query):
        return bot("GET", f"/channels/{ops}/posts", **query)[1]["order"]

    assert order() == ids[:60]
    assert order(per_page=1000) == ids[:200]
    assert order(per_page=10, page=1) == ids[10:20]
    assert order(per_page=2, before=ids[5]) == ids[6:8]
    assert order(per_page=2, after=ids[5]) == ids[3:5]


def test_a_thread_is_its_root_and_replies(bot, ops, sandbox):
    root = sandbox.say("ana", "ops", "root")
    reply = sandbox.reply("ana", root, "reply")
    sandbox.say("ana", "ops", "other")

    assert set(bot("GET", f"/posts/{reply}/thread")[1]["order"]) == {root, reply}
    assert [p.message for p in sandbox.thread(root)] == ["root", "reply"]


def test_reactions_come_and_go_and_make_the_post_new(bot, ops, sandbox):
    made = post(bot, ops)[1]
    sandbox.react("ana", made["id"], "eyes")
    _, seen = bot("GET", f"/posts/{made['id']}/reactions")
    _, again = bot("GET", f"/posts/{made['id']}")
    sandbox.react("ana", made["id"], "eyes")

    assert [(r["user_id"], r["emoji_name"]) for r in seen] == [(user_id(sandbox, "ana"), "eyes")]
    assert again["has_reactions"]
    assert again["update_at"] > made["update_at"]
    assert bot("GET", f"/posts/{made['id']}/reactions")[1] == []


def test_nobody_reacts_in_another_s_name(bot, ops, sandbox):
    theirs = {"user_id": user_id(sandbox, "ana"), "emoji_name": "eyes"}

    assert bot("POST", "/reactions", {**theirs, "post_id": post(bot, ops)[1]["id"]})[0] == 403


def test_what_a_bot_may_not(bot, ops, sandbox):
    team = next(iter(sandbox.server.teams))
    command = {"team_id": team, "method": "P", "trigger": "x", "url": "http://127.0.0.1:1"}
    ephemeral = {"user_id": user_id(sandbox, "ana"), "post": {"channel_id": ops, "message": "x"}}

    assert bot("POST", "/commands", command)[0] == 403
    assert bot("POST", "/posts/ephemeral", ephemeral)[0] == 403
    assert bot("POST", "/bots", {"username": "other"})[0] == 403


def test_a_person_makes_a_command_whose_trigger_is_taken_from_then_on(sandbox, url):
    person = Client(url, sandbox.add_user("cy", "Cy Ott"))
    team = next(iter(sandbox.server.teams))
    command = {"team_id": team, "method": "P", "trigger": "SET", "url": "http://127.0.0.1:1"}
    _, made = person("POST", "/commands", command)
    status, error = person("POST", "/commands", command)

    assert (made["trigger"], len(made["token"])) == ("set", 26)
    assert (status, error["id"]) == (400, "api.command.duplicate_trigger.app_error")
    _, renewed = person("PUT", f"/commands/{made['id']}/regen_token")
    assert renewed["token"] != made["token"]


def test_login_wants_the_password_and_the_second_factor(sandbox, url):
    def login(**fields):
        answer = requests.post(f"{url}/api/v4/users/login", json=fields, timeout=10)
        return answer.status_code, answer.json().get("id"), answer.headers.get("Token")

    wrong = "api.user.login.invalid_credentials_email_username"
    assert login(login_id="ana", password="x", token="123456")[:2] == (401, wrong)
    assert login(login_id="mara", password="")[:2] == (401, wrong)
    mfa = "mfa.validate_token.authenticate.app_error"
    assert login(login_id="ana", password="river")[:2] == (401, mfa)
    status, who, token = login(login_id="ana", password="river", token="123456")
    assert (status, who) == (200, user_id(sandbox, "ana"))
    assert Client(url, token)("GET", "/users/me")[1]["username"] == "ana"


def test_an_admin_makes_a_bot_with_a_token_of_its_own(sandbox, url):
    sandbox.set_admin("mara")
    token = sandbox.add_user("root", "Root")
    sandbox.set_admin("root")
    admin = Client(url, token)
    _, made = admin("POST", "/bots", {"username": "helper", "display_name": "Helper"})
    _, token = admin("POST", f"/users/{made['user_id']}/tokens", {"description": "setflow"})

    assert Client(url, token["token"])("GET", "/users/me")[1]["is_bot"] is True


@pytest.mark.parametrize(
    ("priority", "message", "root", "status"),
    [
        ({"priority": "urgent"}, "x", False, 201),
        ({"priority": "urgent"}, "x", True, 400),
        ({"priority": "urgent", "requested_ack": True}, "x", False, 501),
        ({"priority": "urgent", "persistent_notifications": True}, "@ana", False, 501),
    ],
)
def test_priorities_without_a_licence(bot, ops, sandbox, priority, message, root, status):
    more = {"root_id": sandbox.say("ana", "ops", "root")} if root else {}
    before = len(sandbox.posts("ops"))
    metadata = {"priority": priority}

    assert post(bot, ops, message, metadata=metadata, **more)[0] == status
    assert len(sandbox.posts("ops")) == before + (status == 201)


@pytest.mark.parametrize(
    ("priority", "message", "status"),
    [
        ({"priority": "urgent", "requested_ack": True}, "x", 201),
        ({"priority": "important", "persistent_notifications": True}, "@ana", 400),
        ({"priority": "urgent", "persistent_notifications": True}, "@ana look", 201),
        ({"priority": "urgent", "persistent_notifications": True}, "@channel", 500),
    ],
)
def test_priorities_with_a_licence(bot, ops, sandbox, priority, message, status):
    sandbox.server.licensed = True

    assert post(bot, ops, message, metadata={"priority": priority})[0] == status


def test_a_click_tells_the_integration_who_pressed_what_and_hides_the_context(
    bot, ops, sandbox, integration
):
    _, made = post(bot, ops, props=with_button(integration.url))
    integration.answer = JSONResponse({"ephemeral_text": "You have it."})
    said = sandbox.click("ana", made["id"], "ack")

    ((body, _),) = integration.asked
    assert "integration" not in made["props"]["attachments"][0]["actions"][0]
    assert said == "You have it."
    assert [p.message for p in sandbox.ephemeral("ana")] == ["You have it."]
    assert body["context"] == {"alert": 7}
    assert (body["user_name"], body["post_id"]) == ("ana", made["id"])
    assert set(body) == {
        "user_id",
        "user_name",
        "channel_id",
        "channel_name",
        "team_id",
        "team_domain",
        "post_id",
        "trigger_id",
        "type",
        "data_source",
        "context",
    }


def test_the_choice_from_a_menu_is_not_checked(bot, ops, sandbox, integration):
    props = with_button(integration.url, type="select", options=[{"text": "A", "value": "a"}])
    made = post(bot, ops, props=props)[1]
    sandbox.click("ana", made["id"], "ack", selected="ZZZ")

    assert integration.asked[0][0]["context"]["selected_option"] == "ZZZ"


@pytest.mark.parametrize(
    ("update", "message", "buttons"),
    [
        ({"message": "done"}, "done", 1),
        ({"message": "done", "props": None}, "done", 1),
        ({"message": "done", "props": {}}, "done", 0),
    ],
)
def test_an_update_without_props_keeps_them_and_an_empty_one_clears_them(
    bot, ops, sandbox, integration, update, message, buttons
):
    made = post(bot, ops, props=with_button(integration.url))[1]
    integration.answer = JSONResponse({"update": update})
    sandbox.click("ana", made["id"], "ack")

    (now,) = sandbox.posts("ops")
    assert (now.message, len(sandbox.buttons(now.id))) == (message, buttons)


def test_an_empty_update_of_props_keeps_the_name_that_a_post_goes_by(
    bot, ops, sandbox, integration
):
    props = {**with_button(integration.url), "override_username": "Pager"}
    made = post(bot, ops, props=props)[1]
    integration.answer = JSONResponse({"update": {"message": "done", "props": {}}})
    sandbox.click("ana", made["id"], "ack")

    assert sandbox.posts("ops")[0].props == {"override_username": "Pager"}


@pytest.mark.parametrize(
    "answer",
    [
        Response(status_code=201, content="{}"),
        Response(status_code=204),
        Response(status_code=200),
        PlainTextResponse("ok"),
        JSONResponse({"update": {"message": "x" * 16_384}}),
        JSONResponse({"error": {"message": "That page is over."}}),
    ],
)
def test_an_integration_that_does_not_answer_200_with_json_is_an_error(
    bot, ops, sandbox, integration, answer
):
    made = post(bot, ops, props=with_button(integration.url))[1]
    integration.answer = answer

    with pytest.raises(Problem) as caught:
        sandbox.click("ana", made["id"], "ack")
    assert caught.value.status == 400
    assert [p.message for p in sandbox.posts("ops")] == ["hello"]


@pytest.mark.parametrize("id", ["ack_1", "ack-1", "ack:1"])
def test_an_action_id_with_other_than_letters_and_digits_is_stored_but_dead(
    bot, ops, sandbox, integration, id
):
    made = post(bot, ops, props=with_button(integration.url, id=id))[1]

    with pytest.raises(Problem, match="Invalid action id"):
        sandbox.click("ana", made["id"], id)
    assert integration.asked == []


def test_buttons_written_back_as_they_were_read_are_dead(bot, ops, sandbox, integration):
    made = post(bot, ops, props=with_button(integration.url))[1]
    bot("PUT", f"/posts/{made['id']}/patch", {"props": made["props"]})

    with pytest.raises(Problem, match="Invalid action id"):
        sandbox.click("ana", made["id"], "ack")


def test_who_is_not_in_the_channel_cannot_click(bot, ops, sandbox, integration):
    made = post(bot, ops, props=with_button(integration.url))[1]

    with pytest.raises(Problem) as caught:
        sandbox.click("mara", made["id"], "ack")
    assert caught.value.status == 403


def test_loopback_is_refused_where_the_server_does_not_trust_it(bot, ops, sandbox, integration):
    sandbox.server.allow_loopback = False
    made = post(bot, ops, props=with_button(integration.url))[1]

    with pytest.raises(Problem, match="address forbidden"):
        sandbox.click("ana", made["id"], "ack")


def test_a_slash_command_comes_as_a_form_with_its_token_in_both_places(sandbox, integration):
    token = sandbox.add_command("set", f"{integration.url}/slash")
    integration.answer = JSONResponse({"text": "Ana until Monday"})
    said = sandbox.slash("ana", "ops", "/set who  @mara now")

    ((form, headers),) = integration.asked
    assert said == "Ana until Monday"
    assert [p.message for p in sandbox.ephemeral("ana")] == ["Ana until Monday"]
    assert sandbox.posts("ops") == []
    assert (form["token"], headers["authorization"]) == (token, f"Token {token}")
    assert (form["command"], form["text"]) == ("/set", "who  @mara now")
    assert (form["user_name"], form["channel_name"]) == ("ana", "ops")
    assert form["user_mentions"] == "mara"


def test_a_button_that_one_person_alone_is_shown_is_theirs_and_cannot_be_updated(
    sandbox, integration
):
    sandbox.add_command("set", f"{integration.url}/slash")
    parts = with_button(integration.url)["attachments"]
    integration.answer = JSONResponse({"text": "Sure?", "attachments": parts})
    sandbox.slash("ana", "ops", "/set cover")
    (card,) = sandbox.ephemeral("ana")
    integration.answer = JSONResponse({"ephemeral_text": "Asked."})
    said = sandbox.click("ana", card.id, sandbox.buttons(card.id)["Acknowledge"])

    assert said == "Asked."
    assert integration.asked[-1][0]["post_id"] == card.id
    with pytest.raises(Problem, match="Unable to get the post"):
        sandbox.click("mara", card.id, "ack")
    integration.answer = JSONResponse({"update": {"message": "Asked."}})
    with pytest.raises(Problem, match="Unable to get the post"):
        sandbox.click("ana", card.id, "ack")


def test_a_slash_reply_in_the_channel_is_by_whoever_asked(sandbox, integration):
    sandbox.add_command("set", f"{integration.url}/slash")
    integration.answer = JSONResponse({"text": "all see", "response_type": "in_channel"})
    sandbox.slash("ana", "ops", "/set who")

    (seen,) = sandbox.posts("ops")
    assert (seen.user_id, seen.props) == (user_id(sandbox, "ana"), {"from_webhook": "true"})


def test_json_that_does_not_say_so_is_shown_as_text_and_an_object_without_text_is_not(
    sandbox, integration
):
    sandbox.add_command("set", f"{integration.url}/slash")
    integration.answer = PlainTextResponse('{"text": "x"}')
    assert sandbox.slash("ana", "ops", "/set who") == '{"text": "x"}'
    integration.answer = JSONResponse({})
    assert sandbox.slash("ana", "ops", "/set who") == ""
    assert len(sandbox.ephemeral("ana")) == 1


@pytest.mark.parametrize(
    ("answer", "id"),
    [
        (Response(status_code=500), "api.command.execute_command.failed_resp.app_error"),
        (
            Response(media_type="application/json"),
            "api.command.execute_command.failed_empty.app_error",
        ),
    ],
)
def test_a_slash_command_that_answers_badly_is_an_error_500(sandbox, integration, answer, id):
    sandbox.add_command("set", f"{integration.url}/slash")
    integration.answer = answer

    with pytest.raises(Problem) as caught:
        sandbox.slash("ana", "ops", "/set who")
    assert (caught.value.status, caught.value.id) == (500, id)


def test_a_response_url_takes_five_answers(sandbox, integration, url):
    sandbox.server.site_url = url
    sandbox.add_command("set", f"{integration.url}/slash")
    sandbox.slash("ana", "ops", "/set who")
    hook = integration.asked[0][0]["response_url"]

    statuses = [
        requests.post(hook, json={"text": "later"}, timeout=10).status_code for _ in range(6)
    ]
    assert statuses == [200] * 5 + [400]
    assert [p.message for p in sandbox.ephemeral("ana")] == ["later"] * 5


def test_a_dialog_opens_within_three_seconds_and_stays_open_on_errors(
    bot, ops, sandbox, integration, clock, url
):
    made = post(bot, ops, props=with_button(integration.url))[1]
    sandbox.click("ana", made["id"], "ack")
    opening = {
        "trigger_id": integration.asked[0][0]["trigger_id"],
        "url": f"{integration.url}/dialog",
        "dialog": {"title": "Post update", "callback_id": "c", "state": "signed", "elements": []},
    }

    def opened():
        return requests.post(f"{url}/api/v4/actions/dialogs/open", json=opening, timeout=10)

    assert opened().status_code == 200
    integration.answer = JSONResponse({"errors": {"text": "Say more."}})
    assert sandbox.submit("ana", {"text": "x"}) == {"errors": {"text": "Say more."}}
    integration.answer = Response(status_code=200)
    assert sandbox.submit("ana", {"text": "xyz"}) == {}
    assert sandbox.dialogs("ana") == []
    assert integration.asked[-1][0]["state"] == "signed"
    clock.pass_time(seconds=4)
    assert opened().json()["id"] == "interactive_message.decode_trigger_id.expired"


def test_planned_faults_hit_what_they_name_and_then_stop(bot, ops, sandbox):
    sandbox.fail_next(1, 503, where="POST /api/v4/posts", retry_after=7)

    assert bot("GET", "/users/me")[0] == 200
    assert post(bot, ops)[0] == 503
    assert post(bot, ops)[0] == 201


def test_an_answer_can_be_lost_after_the_work_was_done(bot, ops, sandbox):
    sandbox.fail_next(1, 504, where="POST /api/v4/posts", done=True)

    assert post(bot, ops)[0] == 504
    assert [p.message for p in sandbox.posts("ops")] == ["hello"]


def test_a_server_that_is_down_answers_html(sandbox, url):
    sandbox.faults.down = True
    answer = requests.get(f"{url}/api/v4/users/me", timeout=10)

    assert (answer.status_code, answer.headers["content-type"][:9]) == (502, "text/html")


def test_too_many_requests_are_told_in_plain_text_how_long_to_wait(sandbox, bot, url, clock):
    sandbox.faults.rate_limit = (1, 2)
    token = {"Authorization": f"Bearer {sandbox.bot_token}"}

    def ask():
        return requests.get(f"{url}/api/v4/users/me", headers=token, timeout=10)

    answers = [ask() for _ in range(5)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].text == "limit exceeded"
    assert answers[-1].headers["Retry-After"] == "2"
    assert "X-Ratelimit-Remaining" in answers[0].headers
    clock.pass_time(seconds=2)
    assert ask().status_code == 200


def test_the_transcript_tells_what_bots_said_to_whom_and_when(bot, ops, sandbox, clock):
    props = {**with_button("http://127.0.0.1:1"), "setflow_key": "page:1"}
    made = post(bot, ops, "Checkout down", props=props)[1]
    clock.pass_time(minutes=5)
    bot("PUT", f"/posts/{made['id']}/patch", {"message": "Bo has it", "props": {}})
    sandbox.say("ana", "ops", "thanks")

    assert [(e.at, e.kind, e.to, e.text, e.key) for e in sandbox.transcript] == [
        (START, "post", "~ops", "Checkout down\nt\n[Acknowledge]", "page:1"),
        (START + timedelta(minutes=5), "patch", "~ops", "Bo has it", ""),
    ]


def test_every_change_is_announced(clock):
    announced = []
    sandbox = MattermostSandbox(clock, changed=lambda: announced.append(1))
    sandbox.add_team("acme")
    sandbox.add_user("ana", "Ana")
    sandbox.add_channel("acme", "ops", "Operations")
    sandbox.join("ops", "ana")
    before = len(announced)
    sandbox.say("ana", "ops", "hello")

    assert len(announced) == before + 1


def test_a_run_says_what_was_posted_and_not_when_its_reminder_was_put_off(sandbox, url, clock, bot):
    run = sandbox.playbooks.start("Acme down", channel="ops", owner="ana")
    posted = sandbox.playbooks.update(run, username="ana", message="looking")
    clock.pass_time(days=1)
    sandbox.playbooks.snooze(run, seconds=3600)

    def ask(path, method="GET", **more):
        token = {"Authorization": f"Bearer {sandbox.bot_token}"}
        base = f"{url}/plugins/playbooks/api/v0"
        return requests.request(method, base + path, headers=token, timeout=10, **more)

    seen = ask(f"/runs/{run}").json()
    assert [p["id"] for p in seen["status_posts"]] == [posted]
    assert seen["last_status_update_at"] - seen["status_posts"][0]["create_at"] >= 86_000_000
    assert seen["previous_reminder"] == 3600 * 10**9
    assert [u["message"] for u in ask(f"/runs/{run}/status-updates").json()] == ["looking"]
    assert ask(f"/runs/{run}/status", "POST", json={"message": "x"}).status_code == 400
    done = ask(f"/runs/{run}/status", "POST", json={"message": "x", "reminder": 60})
    assert (done.status_code, done.text) == (200, '{"status":"OK"}')
    assert ask("/runs", params={"omit_ended": "true"}).json()["total_count"] == 1
    sandbox.playbooks.finish(run)
    assert ask("/runs", params={"omit_ended": "true"}).json()["items"] == []
    sandbox.playbooks.present = False
    assert ask("/runs").status_code == 404
