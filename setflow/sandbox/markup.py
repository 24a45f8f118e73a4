"""The Markdown of posts as HTML that is safe to show.

Nothing of a text comes through as markup of its own: tags are escaped, images become links, and
links lead only where CommonMark's renderer lets them (no scripts).
"""

import re
from collections.abc import Sequence
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

GLYPHS = {
    "+1": "👍",
    "-1": "👎",
    "thumbsup": "👍",
    "thumbsdown": "👎",
    "white_check_mark": "✅",
    "heavy_check_mark": "✔️",
    "eyes": "👀",
    "x": "❌",
    "warning": "⚠️",
    "rotating_light": "🚨",
    "tada": "🎉",
    "wave": "👋",
    "hourglass_flowing_sand": "⏳",
    "calendar": "📅",
    "phone": "☎️",
    "fire": "🔥",
    "large_green_circle": "🟢",
    "large_yellow_circle": "🟡",
    "red_circle": "🔴",
}
EVERYBODY = ("channel", "here", "all")

_PARTS = re.compile(
    r"(?P<url>https?://[^\s<>()\x22]+[^\s<>()\x22.,;:!?])"
    r"|(?<![\w@])@(?P<who>[a-z0-9][a-z0-9._-]*[a-z0-9]|[a-z0-9])"
    r"|(?<![\w~])~(?P<where>[a-z0-9][a-z0-9_-]+)"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
)
_POST = re.compile(r"/pl/([a-z0-9]{26})$")


def html(text: str, you: str = "") -> str:
    """`text` as HTML for `you`, a username whose own mentions stand out."""
    return str(_MARKDOWN.render(text, {"you": you})).strip()


def glyph(emoji: str) -> str:
    """The character of an emoji's name, or `:name:` for one that is not known here."""
    return GLYPHS.get(emoji, f":{emoji}:")


def _text(
    _renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[str, str]
) -> str:
    """Plain text with its mentions, channels, emoji and bare addresses."""
    linked = sum(token.nesting for token in tokens[:index] if token.type.startswith("link_"))
    text, done, out = tokens[index].content, 0, []
    for found in _PARTS.finditer(text):
        out += [
            escape(text[done : found.start()]),
            _part(found, env.get("you", ""), linked=linked > 0),
        ]
        done = found.end()
    return "".join([*out, escape(text[done:])])


def _part(found: re.Match[str], you: str, *, linked: bool) -> str:
    whole = escape(found[0])
    if found["url"]:
        return whole if linked else f"<a {_target(found['url'])}>{whole}</a>"
    if found["who"]:
        mine = found["who"] == you or found["who"] in EVERYBODY
        return f'<span class="mention{" me" if mine else ""}">{whole}</span>'
    if found["where"]:
        return f'<a href="#" data-channel="{escape(found["where"])}">{whole}</a>'
    return escape(glyph(found["emoji"]))


def _target(url: str) -> str:
    """The attributes of a link: to a post on this page, or out in a window of its own."""
    post = _POST.search(url)
    if post:
        return f'href="#" data-post="{post[1]}"'
    return f'href="{escape(url)}" target="_blank" rel="noopener noreferrer"'


def _link_open(
    _renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any
) -> str:
    return f"<a {_target(str(tokens[index].attrs['href']))}>"


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})
    markdown.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    markdown.add_render_rule("text", _text)
    markdown.add_render_rule("link_open", _link_open)
    return markdown


_MARKDOWN = _markdown()
