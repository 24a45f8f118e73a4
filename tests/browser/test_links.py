"""What somebody sees who opens a page's link on their phone."""

import pytest
from playwright.sync_api import expect
from starlette.applications import Starlette
from starlette.responses import RedirectResponse
from starlette.routing import Route

from setflow.web import sheets
from setflow.web.sheets import AMBER, RED, Sheet
from tests.loopback import served

WAITING = Sheet(
    "Checkout-API-of-a-service-with-a-very-long-name-indeed is down for <b>Acme</b> (P1)",
    RED,
    ["Waits for you since 03:12.", "If nobody acknowledges by 03:17, it goes to Bo Lind."],
    soft="From prometheus\nregion: eu-west-1",
    buttons={"ack": "Acknowledge", "escalate": "Not me, escalate"},
    hidden={"token": "t"},
    foot="A link for Ana Ruiz, good once and until Tue 04:00.",
)
TAKEN = Sheet("Checkout API down (P1)", AMBER, ["You have it since 03:14."])

CONTRAST = """
(el) => {
  const rgb = (text) => text.match(/[\\d.]+/g).slice(0, 3).map((one) => {
    const part = one / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const light = (text) => { const [r, g, b] = rgb(text); return 0.2126*r + 0.7152*g + 0.0722*b; };
  let under = el;
  while (getComputedStyle(under).backgroundColor.endsWith(", 0)")) under = under.parentElement;
  const both = [light(getComputedStyle(el).color), light(getComputedStyle(under).backgroundColor)];
  both.sort((a, b) => b - a);
  return (both[0] + 0.05) / (both[1] + 0.05);
}
"""


@pytest.fixture(scope="module")
def door():
    """A door whose page waits until a button of it is pressed; what was sent."""
    sent = []

    async def page(request):
        return sheets.shown(TAKEN if sent else WAITING)

    async def act(request):
        sent.append((await request.body()).decode())
        return RedirectResponse("/a/t", 303)

    routes = [Route("/a/t", page, methods=["GET"]), Route("/a/t", act, methods=["POST"])]
    with served(Starlette(routes=routes)) as url:
        yield url, sent


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_can_be_read_and_has_both_buttons_on_its_first_screen(page, door, scheme):
    page.set_viewport_size({"width": 360, "height": 640})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{door[0]}/a/t")

    assert page.evaluate("document.documentElement.scrollWidth") == 360
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= 640
    for part in page.locator("h1, p, button").all():
        assert part.evaluate(CONTRAST) >= 4.5
    expect(page.locator("h1")).to_contain_text("<b>Acme</b>")


def test_its_button_is_pressed_with_the_keyboard_and_says_what_it_did(page, door):
    asked = []
    page.on("request", lambda request: asked.append((request.method, request.url)))
    page.goto(f"{door[0]}/a/t")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Acknowledge")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_contain_text("You have it since 03:14.")
    assert door[1] == ["token=t&do=ack"]
    elsewhere = [url for _, url in asked if not url.startswith(door[0])]
    assert elsewhere == []
