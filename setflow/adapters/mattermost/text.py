"""The small change of messages: foreign text made harmless, lengths in words, our header part.

Lengths are code points, as Mattermost counts them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from hashlib import blake2b

from setflow.facts import Who
from setflow.wording import clock_of as clock_of
from setflow.wording import when as when

LONGEST_MESSAGE = 16_383
LONGEST_HEADER = 1_024
LONGEST_URL = 2_000

# A zero-width space takes the meaning from a character that a backslash cannot disarm: Mattermost
# looks for mentions, ~channels and #hashtags after Markdown (which has turned &commat; into @), and
# for Slack's <!channel> before it.
_ZERO_WIDTH = "\u200b"
_MARKDOWN = re.compile(r"[\\`*\[\]|>]|(?<![^\W_])_|_(?![^\W_])")
_MEANING = re.compile(r"[@#~<]|&(?=\w+;)")
_LINK = re.compile(
    r"(?<=:)(?=//)|(?<=\bwww)(?=\d{0,3}\.)|(?<=\bmailto:)|(?<=\btel:)", re.IGNORECASE
)
_OPENING = re.compile(r"^(?=[-+=])|^(\d{1,9})(?=[.)](?:\s|$))")
_URL = re.compile(r"https?://[^\s/?#\\@]+(?:[/?#]\S*)?", re.IGNORECASE)
_UNSAFE_IN_URL = re.compile(r"[^A-Za-z0-9\-._~:/?#@!$&'*+,;=%\[\]]")

# Invisible operators (U+2061 to U+2064) have no glyph and no width, break no line, are no white
# space that anything would trim, and nobody types them; Mattermost keeps them in a header.
_BITS = "\u2061\u2062"
_FENCE, _END = "\u2063", "\u2064"
_UNSEEN = _BITS + _FENCE + _END

# Joins emoji; all other formatting characters may hide or turn round what a text says.
_JOINER = "\u200d"
_INVISIBLE = ("Cc", "Cf", "Cs")


def fold(text: str, longest: int) -> str:
    """`text` on one line without control or formatting characters, at most `longest` long."""
    plain = " ".join(text.split())
    return cut("".join(char for char in plain if _visible(char)).strip(), longest)


def cut(text: str, longest: int) -> str:
    """`text`, its end replaced by … where it is longer than `longest`."""
    return text if len(text) <= longest else text[: max(longest - 1, 0)].rstrip() + "…"


def escape(text: str, longest: int = 200) -> str:
    """`text` from outside as it would read aloud: nobody mentioned, nothing linked or formatted.

    One line, cut to `longest` characters of the original.
    """
    plain = _MARKDOWN.sub(r"\\\g<0>", fold(text, longest))
    plain = _OPENING.sub(r"\1\\", plain)
    plain = _MEANING.sub(r"\g<0>" + _ZERO_WIDTH, plain)
    return _LINK.sub(_ZERO_WIDTH, plain)


def escape_lines(text: str, longest: int = 4_000, *, lines: int = 40) -> str:
    """Like `escape`, but keeps line breaks: up to `lines` lines that are not empty."""
    kept = [line for line in cut(text, longest).splitlines() if line.strip()]
    more = ["…"] if len(kept) > lines else []
    return "\n".join([*(escape(line, longest) for line in kept[:lines]), *more])


def safe_url(url: str) -> str:
    """`url` fit to stand in a Markdown link; "" for any but an http(s) address of a host."""
    plain = url.strip()
    if not _URL.fullmatch(plain) or len(plain) > LONGEST_URL:
        return ""
    return _UNSAFE_IN_URL.sub(lambda found: "".join(f"%{x:02X}" for x in found[0].encode()), plain)


def link(text: str, url: str) -> str:
    """A Markdown link that says `text` (from outside); the text alone where `url` is not safe."""
    target = safe_url(url)
    return f"[{escape(text)}]({target})" if target else escape(text)


def span(length: timedelta) -> str:
    """A length of time in words: `40 s`, `7 min`, `1 h 5 min`, `3 days`. Rounded down."""
    seconds = max(int(length.total_seconds()), 0)
    minutes, hours, days = seconds // 60, seconds // 3_600, seconds // 86_400
    if minutes < 1:
        return f"{seconds} s"
    if hours < 1:
        return f"{minutes} min"
    if days < 2:
        return f"{hours} h {minutes % 60} min" if minutes % 60 else f"{hours} h"
    return f"{days} days"


def listed(parts: Iterable[str], most: int = 8) -> str:
    """`Ana`, `Ana and Bo`, `Ana, Bo and Cy`; beyond `most`, `… and 3 more`."""
    shown = list(parts)
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(shown) - most + 1} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def names(people: Sequence[Who], say: Callable[[str], str] = escape) -> str:
    """People by plain name, so that nobody is notified; `say` fits a name to where it stands."""
    return listed(say(who.title) for who in people)


def mention(people: Iterable[Who]) -> str:
    """People who should act now, so that Mattermost notifies them."""
    return " ".join(f"@{who.username}" for who in people)


def splice(header: str, ours: str, *, mark: str) -> str:
    """`header` with our part of it saying `ours`, all else as it was; at most 1,024 long.

    Our part stands between invisible characters that hold `mark`, so several can stand in one
    header. It is where it was, else at the end; "" takes it away. Where there is too little room
    ours is cut, and left out before anything else is.
    """
    bits = int.from_bytes(blake2b(mark.encode(), digest_size=2).digest(), "big")
    fence = _FENCE + "".join(_BITS[bits >> at & 1] for at in range(16)) + _FENCE
    parts = re.split(f"{fence}[^{_FENCE}{_END}]*{_END}", header)
    before, after = parts[0], "".join(parts[1:])
    seen_before, seen_after = before.rstrip(_UNSEEN), after.lstrip(_UNSEEN)
    lead = " · " if seen_before and not seen_before[-1].isspace() else ""
    trail = " · " if seen_after and not seen_after[0].isspace() else ""
    room = LONGEST_HEADER - len(before + fence + lead + trail + _END + after)
    text = fold(ours, max(room, 0))
    if not text or room < 1:
        return before + after
    return before + fence + lead + text + trail + _END + after


def _visible(char: str) -> bool:
    return char == _JOINER or unicodedata.category(char) not in _INVISIBLE
