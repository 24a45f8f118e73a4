"""A digest in words: the direct message that grows in place, and the text message. Pure."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from setflow.adapters.mattermost.alerts import LONGEST_TEXT_MESSAGE
from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Button, Pen, Post
from setflow.adapters.mattermost.text import cut, escape, fold, when
from setflow.facts import DigestFacts, DigestLine

SOURCES_SHOWN = 6
LONGEST_TITLE = 80


def digest_post(digest: DigestFacts, pen: Pen) -> Post:
    """The alerts that are more than can be read one by one, one line a source."""
    if not digest.current:
        return pen.post(
            f"**{_counts(digest, ' for you')}** — it goes on in the newest message.",
            pen.bar(GREY, "Nothing to do here."),
        )
    if not digest.waiting:
        return _calm(digest, pen)
    shown, rest = digest.lines[:SOURCES_SHOWN], digest.lines[SOURCES_SHOWN:]
    since = when(digest.since, digest.zone, now=pen.now)
    said = (
        f"**{_counts(digest, ' for you')}** · since {since}. More come than can be read one by "
        "one, so they stand here together; each goes up its ladder until somebody has it."
    )
    if rest:
        said += f" {len(rest)} more sources: {sum(line.count for line in rest)} wait."
    priority, _ = digest.loudest
    first = [
        Button(
            "digestack",
            f"Acknowledge all {priority}",
            _context(digest, "ack", priority=priority),
            "primary",
        ),
        Button("digestlist", "Show all", _context(digest, "list")),
    ]
    bars = [pen.bar(RED, "Waiting for you.", first)]
    bars += [_bar(number, line, digest, pen) for number, line in enumerate(shown, 1)]
    return pen.post(said, *bars)


def digest_text(digest: DigestFacts, link: str = "") -> tuple[str, str]:
    """A digest for a phone: title and body without markup, 300 characters together.

    link  where all of it can be seen and acknowledged, which is never cut; "" for none
    """
    again = "A repeat: it may have reached you before. " if digest.again else ""
    if not digest.waiting:
        return (
            "Stand down",
            f"{again}None of the {_all(digest)} alerts waits any more: {digest.taken} taken, "
            f"{digest.over} over. Nothing more for you to do.",
        )
    newest = digest.lines[0]
    name = fold(newest.title, LONGEST_TITLE)
    title = _counts(digest, "")
    act = f" All of them stand in your messages in Mattermost{f', and at {link}' if link else '.'}"
    said = f"{again}Newest of them: {name} ({fold(newest.source, 40)})."
    return title, cut(said, LONGEST_TEXT_MESSAGE - len(title) - len(act) - 1) + act


def digest_outline(digest: DigestFacts) -> tuple[str, str]:
    """A digest without markup: how many wait, and how it stands with the others."""
    rest = ", ".join(
        f"{many} {word}" for many, word in ((digest.taken, "taken"), (digest.over, "over")) if many
    )
    if not digest.waiting:
        return f"None of the {_all(digest)} alerts waits any more", f"{rest}."
    return _counts(digest, " for you"), f"Beside them: {rest}." if rest else ""


def listed(
    rows: Sequence[tuple[int, str, str, str, datetime]], more: int, say_when: Callable[..., str]
) -> str:
    """The alerts of a digest by number, priority, title, source and instant, a line each."""
    lines = [
        f"- **{number}** {escape(priority, 20)} · {escape(title, 80)} · {escape(source, 40)} "
        f"{say_when(at)}"
        for number, priority, title, source, at in rows
    ]
    end = f"\nand {more} more, less loud." if more else ""
    return "\n".join(lines) + f"{end}\n`/set ack NUMBER` takes one."


def _calm(digest: DigestFacts, pen: Pen) -> Post:
    if digest.taken:
        taken = f"{digest.taken} {'is' if digest.taken == 1 else 'are'} taken, {digest.over} over"
        said = f"**None of the {_all(digest)} alerts waits any more** — {taken}."
        return pen.post(said, pen.bar(AMBER, "Nothing waits here; not all is over yet."))
    return pen.post(f"**All {_all(digest)} alerts are over.**", pen.bar(GREEN, "Over."))


def _counts(digest: DigestFacts, whom: str) -> str:
    if digest.waiting == 0:
        return f"{_all(digest)} alerts"
    priority, many = digest.loudest
    priority = escape(priority, 20)
    if digest.waiting == 1:
        return f"1 alert waits{whom} ({priority})"
    which = f"all {priority}" if many == digest.waiting else f"{many} of them {priority}"
    return f"{digest.waiting} alerts wait{whom}, {which}"


def _all(digest: DigestFacts) -> int:
    return digest.waiting + digest.taken + digest.over


def _bar(number: int, line: DigestLine, digest: DigestFacts, pen: Pen) -> Mapping[str, Any]:
    others = [f"{line.taken} taken" if line.taken else "", f"{line.over} over" if line.over else ""]
    beside = ", ".join(filter(None, others))
    if not line.count:
        return pen.bar(GREEN if not line.taken else AMBER, f"**{escape(line.source)}** — {beside}")
    waiting = ", ".join(f"{many} {escape(priority, 20)}" for priority, many in line.waiting)
    at = f" {when(line.at, digest.zone, now=pen.now)}" if line.at else ""
    words = (
        f"**{escape(line.source)}** — {waiting}{f'; {beside}' if beside else ''} · newest: "
        f"{escape(line.title, LONGEST_TITLE)}{at}"
    )
    name = f"Acknowledge {'it' if line.count == 1 else f'these {line.count}'}"
    # All buttons of a post share one set of ids.
    one = Button(f"digestack{number}", name, _context(digest, "ack", source=line.source))
    return pen.bar(RED, words, [one] if len(digest.lines) > 1 else [])


def _context(digest: DigestFacts, do: str, **about: str) -> Mapping[str, str]:
    return {"do": f"digest-{do}", "person": digest.person.name, **about}
