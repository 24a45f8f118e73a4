import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from setflow.pictures import png
from setflow.sandbox.chat import posts
from setflow.sandbox.chat.posted import File
from setflow.sandbox.chat.records import Dialog
from setflow.sandbox.mattermost import MattermostSandbox
from setflow.sandbox.page import page_app
from tests.loopback import served
from tests.sandbox_control import Control

expect.set_options(timeout=15_000)


async def answered(request):
    if not request.headers["content-type"].startswith("application/json"):
        return JSONResponse({"text": "Ana Ruiz until **20:00**"})
    body = await request.json()
    if body.get("type") == "dialog_submission":
        short = len(body["submission"]["text"]) < 10
        return JSONResponse({"errors": {"text": "Say more."}} if short else {})
    who = body["user_name"]
    return JSONResponse(
        {"update": {"message": f"✓ {who} has it", "props": {}}, "ephemeral_text": "You have it."}
    )


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
    app = Starlette(routes=[Route("/", answered, methods=["POST"])])
    with served(app) as url:
        sandbox.add_command("set", url)
        sandbox.integration = {"url": url, "context": {}}
        yield sandbox


@pytest.fixture
def page(page, sandbox, control):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    with served(page_app(sandbox, control)) as url:
        page.goto(url)
        expect(page.locator("h1")).to_have_text("Operations")
        yield page
        page.close()
    assert [each for each in asked if not each.startswith((url, "data:"))] == []


def page_ana(sandbox):
    actions = [{"id": "ack", "name": "Acknowledge", "integration": sandbox.integration}]
    bot = sandbox.server.named("setflow")
    channel = sandbox.say("setflow", "@ana", "hello") and sandbox.direct("ana")[0].channel_id
    body = {
        "channel_id": channel,
        "message": "**Checkout down**",
        "props": {"attachments": [{"color": "#c92a2a", "text": "L1", "actions": actions}]},
    }
    posts.create_post(sandbox.server, bot, body=body)


def test_an_empty_channel_says_what_will_appear(page):
    expect(page.locator("#posts")).to_contain_text("Nothing in Operations yet")


def test_a_picture_stands_below_the_words_and_is_no_wider_than_they(page, sandbox):
    server = sandbox.server
    bot, channel = server.named("setflow"), next(iter(server.channels))
    picture = png('<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="400"/>')
    file = File("f1", bot.id, channel, "set.png", "image/png", picture, 1, size=(2000, 800))
    server.files["f1"] = file
    posts.create_post(server, bot, body={"channel_id": channel, "file_ids": ["f1"]})
    shown = page.get_by_alt_text("set.png")
    expect(shown).to_have_js_property("naturalWidth", 2000)
    box, text = shown.bounding_box(), page.locator("article .text").bounding_box()
    assert box["width"] <= text["width"]
    assert box["height"] == pytest.approx(box["width"] * 0.4, abs=1)


def test_a_button_is_pressed_and_its_answer_seen_by_that_person_alone(page, sandbox):
    page_ana(sandbox)
    page.get_by_role("button", name="setflow").click()
    page.get_by_role("button", name="Acknowledge").click()

    expect(page.locator("#posts")).to_contain_text("✓ ana has it")
    expect(page.locator(".ephemeral")).to_contain_text("only visible to you")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(0)


def test_news_for_another_lead_to_them_with_one_click(page, sandbox):
    sandbox.say("setflow", "@bo", "You are paged")
    page.get_by_role("button", name="Bo 1").click()
    page.locator("#channels").get_by_role("button", name="setflow").click()

    expect(page.locator("#you")).to_have_value("bo")
    expect(page.locator("#posts")).to_contain_text("You are paged")
    expect(page.locator("#news button")).to_have_count(0)


def test_the_keyboard_alone_writes_commands_and_replies(page, sandbox):
    page.locator("#text").focus()
    page.keyboard.type("hello <b>all</b>")
    page.keyboard.press("Enter")
    expect(page.locator("article.post")).to_have_count(1)
    page.keyboard.type("/set who")
    page.keyboard.press("Enter")
    expect(page.locator(".ephemeral strong")).to_have_text("20:00")

    page.locator("article.post").first.get_by_role("button", name="Reply").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#reply")).to_be_focused()
    page.keyboard.type("and you")
    page.keyboard.press("Enter")
    expect(page.locator("#replies")).to_contain_text("and you")
    expect(page.get_by_role("button", name="1 reply")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#thread")).to_be_hidden()
    assert [p.message for p in sandbox.posts("ops")] == ["hello <b>all</b>", "and you"]


def test_a_reaction_is_put_on_and_taken_off(page, sandbox):
    sandbox.say("bo", "ops", "done")
    post = page.locator("article.post")
    post.hover()
    post.get_by_label("React with eyes").click()
    mine = page.get_by_role("button", name="👀 1")
    expect(mine).to_have_attribute("aria-pressed", "true")
    mine.click()
    expect(mine).to_have_count(0)


def test_the_clock_is_driven_and_tells_the_story(page, control):
    expect(page.locator("#time")).to_have_text("03:12")
    expect(page.locator("#next")).to_have_text("Next 03:17: Bo is paged")
    page.get_by_role("button", name="Next event").click()
    expect(page.locator("#time")).to_have_text("03:17")
    expect(page.locator("#story summary")).to_have_text("Nobody answered; the alert climbs to Bo.")
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_label("Speed").select_option("3600")
    expect(page.locator("#speed")).to_have_value("3600")
    assert not control.paused


def test_a_post_that_changes_elsewhere_leaves_the_focus_and_the_draft_alone(page, sandbox):
    page.locator("#text").focus()
    page.keyboard.type("a draft")
    sandbox.say("bo", "ops", "news")
    expect(page.locator("#posts")).to_contain_text("news")

    expect(page.locator("#text")).to_be_focused()
    expect(page.locator("#text")).to_have_value("a draft")


def test_a_form_opens_shows_its_errors_and_closes(page, sandbox):
    ana, ops = sandbox.server.named("ana"), sandbox.server.channel_named
    channel = ops(next(iter(sandbox.server.teams)), "ops")
    element = {"display_name": "What is new", "name": "text", "type": "textarea"}
    form = {"title": "Post update", "elements": [element], "submit_label": "Post"}
    with sandbox.server.lock:
        sandbox.server.dialogs.append(
            Dialog("d1", ana.id, channel.id, sandbox.integration["url"], form)
        )
        sandbox.server.touch()
    page.get_by_label("What is new").fill("Fix")
    page.get_by_role("button", name="Post", exact=True).click()
    expect(page.locator("dialog")).to_contain_text("Say more.")
    page.get_by_label("What is new").fill("Fix is in review")
    page.get_by_role("button", name="Post", exact=True).click()

    expect(page.locator("dialog")).to_be_hidden()


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_screen(page, sandbox, width):
    sandbox.say("bo", "ops", "| a | b |\n|---|---|\n| " + "x" * 200 + " | y |\n\n" + "y" * 300)
    page.set_viewport_size({"width": width, "height": 740})
    expect(page.locator("article.post")).to_have_count(1)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_a_narrow_screen_the_channels_fold_away(page):
    page.set_viewport_size({"width": 360, "height": 740})
    expect(page.locator("#side")).to_be_hidden()
    page.get_by_role("button", name="Channels").click()
    page.locator("#channels").get_by_role("button", name="setflow").click()

    expect(page.locator("h1")).to_contain_text("setflow")
    expect(page.locator("#side")).to_be_hidden()
