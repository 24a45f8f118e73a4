"""One small page of words and buttons, for a phone at three at night: no script, no fetching."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

from fastapi import Response

RED, AMBER, GREEN, GREY = "red", "amber", "green", "grey"
"""What a page's bar says: waiting for a person; theirs, not over; over; nothing to do."""

_STYLE = """
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1d2330;--soft:#566072;
--line:#d5dae3;--go:#0b6e75;--go-ink:#fff;--red:#c9303e;--amber:#a87400;--green:#2f8f4e;--grey:#6d7480}
@media(prefers-color-scheme:dark){:root{--page:#14171d;--card:#1d222b;--ink:#eef1f6;--soft:#aeb7c6;
--line:#39414f;--go:#3fb6bd;--go-ink:#08201f;--red:#ff7a85;--amber:#f0b94a;--green:#68cc88;--grey:#9aa3b2}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;justify-content:center;align-items:flex-start;padding:1rem;
background:var(--page);color:var(--ink);font:1.0625rem/1.5 system-ui,sans-serif}
main{width:100%;max-width:32rem;margin-top:min(3vh,4rem);padding:1.25rem;background:var(--card);
border:1px solid var(--line);border-left:.375rem solid var(--bar);border-radius:.5rem;
overflow-wrap:anywhere}
h1{margin:0 0 .75rem;font-size:1.3rem;line-height:1.3}
p{margin:0 0 .75rem}
.soft{color:var(--soft);font-size:.9375rem;white-space:pre-line}
form{display:flex;flex-wrap:wrap;gap:.75rem;margin:1.25rem 0}
button{flex:1 1 11rem;min-height:3.25rem;padding:.5rem 1rem;border-radius:.375rem;font:inherit;
font-weight:600;cursor:pointer;border:1px solid var(--line);background:transparent;color:inherit}
button.first{background:var(--go);border-color:var(--go);color:var(--go-ink)}
button:focus-visible{outline:3px solid var(--go);outline-offset:2px}
footer{margin-top:1.25rem;padding-top:.75rem;border-top:1px solid var(--line)}
footer p{margin:0}
"""
_BARS = {name: f"main{{--bar:var(--{name})}}" for name in (RED, AMBER, GREEN, GREY)}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page: its words are plain text, and made safe here.

    title    the fact
    lines    what follows from it, a sentence or two each
    soft     what is of less weight; line breaks are kept
    buttons  what is sent as `do` → what stands on it; the first is the one most want
    hidden   what is sent beside it
    below    what may be long, a paragraph each, under the buttons
    foot     what this is, and for whom
    """

    title: str
    bar: str
    lines: Sequence[str] = ()
    soft: str = ""
    buttons: Mapping[str, str] | None = None
    hidden: Mapping[str, str | int] | None = None
    below: Sequence[str] = ()
    foot: str = "setflow"


GONE = Sheet(
    "Nothing waits for you here any more",
    GREY,
    ["What this link was for is over, or goes to others now. Nothing is left for you to do."],
)


def shown(sheet: Sheet, status: int = 200) -> Response:
    """The page as an answer that runs nothing, frames nothing, and tells nobody where it was."""
    style = _STYLE + _BARS[sheet.bar]
    allowed = b64encode(sha256(style.encode()).digest()).decode()
    policy = [
        "default-src 'none'",
        f"style-src 'sha256-{allowed}'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    headers = {
        "Content-Security-Policy": "; ".join(policy),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
    }
    body = _html(sheet, style)
    return Response(body, status, headers, media_type="text/html; charset=utf-8")


def _html(sheet: Sheet, style: str) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in sheet.lines if line)
    soft, *below = (
        f'<p class="soft">{escape(text)}</p>' if text else "" for text in (sheet.soft, *sheet.below)
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(sheet.title)}</title><style>{style}</style></head><body><main>"
        f"<h1>{escape(sheet.title)}</h1>{lines}{soft}{_form(sheet)}{''.join(below)}"
        f'<footer><p class="soft">{escape(sheet.foot)}</p></footer></main></body></html>'
    )


def _form(sheet: Sheet) -> str:
    if not sheet.buttons:
        return ""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(str(value))}">'
        for name, value in (sheet.hidden or {}).items()
    )
    buttons = "".join(
        f'<button name="do" value="{escape(do)}"{"" if number else " class=first"}>'
        f"{escape(words)}</button>"
        for number, (do, words) in enumerate(sheet.buttons.items())
    )
    return f'<form method="post">{hidden}{buttons}</form>'
