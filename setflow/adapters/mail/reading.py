"""A mail as bytes → what of it matters here. Pure.

RFC 5322 (headers), RFC 2045 (parts), RFC 3834 and RFC 3464 (what machines answer). Whatever the
bytes are, what comes back is text that can be stored: no control characters but line breaks.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.policy import default
from email.utils import getaddresses
from hashlib import sha256
from typing import Any

from setflow.adapters.mail.hypertext import plain
from setflow.adapters.mail.trimming import trimmed
from setflow.effects import OURS

LONGEST_TEXT = 4_000
LONGEST_SUBJECT = 200
LONGEST_ID = 200
MOST_REFERENCES = 50
LOOP = "X-Loop"

PERSON, MACHINE, ANSWER, OWN = "person", "machine", "answer", "own"
"""Who wrote a mail. To a machine nothing is answered; a machine's own answer, or a mail of ours
that comes back, opens nothing."""

_ID = re.compile(r"<[^<>\s]+>")
_ADDRESS = re.compile(r"[^@\s<>\"(),:;\\]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_PREFIX = re.compile(r"^\s*(?:(?:re|aw|sv|antw|fwd?|wg|tr)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_FORWARDED = re.compile(r"^\s*(?:(?:re|aw)\s*:\s*)*(?:fwd?|wg|tr)\s*:", re.IGNORECASE)
_BULK = ("bulk", "list", "junk")
_ANSWERS = ("x-autoreply", "x-autorespond", "x-autoresponder")

Headers = Mapping[str, list[str]]


class Unreadable(Exception):
    """No mail that anybody could read: nobody or several people sent it, or it is built to harm."""


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail.

    message   its Message-ID with the brackets; made of its bytes where it has none
    sender    the one address of From, in lower case; `name` what stands beside it
    subject   without Re: and Fwd:; "" where there is none
    text      what was newly written, without quotes and signature
    refers    the Message-IDs of its thread, the nearest first
    by        PERSON, MACHINE, ANSWER or OWN
    files     the names of its attachments, which are not kept
    """

    message: str
    sender: str
    name: str
    subject: str
    text: str
    refers: tuple[str, ...]
    by: str
    files: tuple[str, ...] = ()


def read(raw: bytes, *, own: str, return_path: str) -> Mail:
    """The mail that `raw` is.

    own          our address, in lower case
    return_path  what the sender's server gave as MAIL FROM, "" for none
    Raises Unreadable.
    """
    try:
        message = message_from_bytes(raw, policy=default)
        headers = _headers(message)
        name, sender = _sender(headers)
        refers = _refers(headers)
        subject = _text(headers, "subject")
        body, files = _body(message)
    except (RecursionError, ValueError, LookupError, AttributeError) as error:
        # The parser of the standard library gives up on some headers in these ways.
        raise Unreadable("cannot be read") from error
    identity = (_ids(headers, "message-id") or ("",))[0]
    forwarded = bool(_FORWARDED.match(subject))
    return Mail(
        identity or f"<{sha256(raw).hexdigest()[:40]}@without-id>",
        sender,
        name,
        _PREFIX.sub("", subject)[:LONGEST_SUBJECT].strip(),
        trimmed(body, reply=bool(refers) and not forwarded, longest=LONGEST_TEXT),
        refers,
        _by(headers, identity, sender, own=own, return_path=return_path),
        files,
    )


def _headers(message: Message) -> Headers:
    found: dict[str, list[str]] = {}
    for name, value in message.raw_items():
        found.setdefault(name.lower(), []).append(str(value))
    return found


def _sender(headers: Headers) -> tuple[str, str]:
    """The name and the address of the one who sent it."""
    given = headers.get("from", [])
    addresses = getaddresses(given) if len(given) == 1 else []
    if len(addresses) != 1 or not _ADDRESS.fullmatch(addresses[0][1]):
        raise Unreadable("has to come from one sender")
    name, address = addresses[0]
    return _clean(_decoded(name))[:LONGEST_SUBJECT], address.lower()


def _refers(headers: Headers) -> tuple[str, ...]:
    replied, chain = _ids(headers, "in-reply-to"), _ids(headers, "references")
    return tuple(dict.fromkeys([*replied, *reversed(chain)]))[:MOST_REFERENCES]


def _ids(headers: Headers, name: str) -> list[str]:
    found = _ID.findall(_clean(" ".join(headers.get(name, []))))
    return [one if len(one) <= LONGEST_ID else f"<{_digest(one)}@long>" for one in found]


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def _by(headers: Headers, identity: str, sender: str, *, own: str, return_path: str) -> str:
    loops = [value.strip().lower() for value in headers.get(LOOP.lower(), [])]
    if sender == own or own in loops or identity.startswith(OURS):
        return OWN
    submitted = _word(headers, "auto-submitted")
    machine = submitted not in ("", "no") or _from_list(headers)
    answer = submitted.startswith("auto-replied") or any(name in headers for name in _ANSWERS)
    report = _word(headers, "content-type").startswith("multipart/report")
    if answer or report or (machine and not return_path):
        return ANSWER
    return MACHINE if machine or not return_path else PERSON


def _from_list(headers: Headers) -> bool:
    listed = any(name.startswith("list-") for name in headers)
    return listed or _word(headers, "precedence") in _BULK


def _word(headers: Headers, name: str) -> str:
    return " ".join(headers.get(name, [])[:1]).strip().lower()


def _text(headers: Headers, name: str) -> str:
    return " ".join(_clean(_decoded(" ".join(headers.get(name, [])[:1]))).split())


def _decoded(value: str) -> str:
    """A header with its encoded words (RFC 2047) as text; as it stands where they are broken."""
    unfolded = re.sub(r"\r?\n(?=[ \t])", "", value)
    try:
        parts = decode_header(unfolded)
    except HeaderParseError:
        return unfolded
    return "".join(
        part if isinstance(part, str) else _in_charset(part, charset or "utf-8")
        for part, charset in parts
    )


def _in_charset(given: bytes, charset: str) -> str:
    try:
        return given.decode(charset)
    except (LookupError, UnicodeError):
        # What is not in the charset that it claims is mostly in one of these two.
        pass
    try:
        return given.decode("utf-8")
    except UnicodeError:
        return given.decode("cp1252", "replace")


def _body(message: Message) -> tuple[str, tuple[str, ...]]:
    """The text, and the names of what is attached."""
    written: dict[str, str] = {}
    files: list[str] = []
    for part in _leaves(message):
        kind, file = part.get_content_type(), _file_name(part)
        if file or part.get_content_disposition() == "attachment":
            files.append(file or kind)
        elif kind in ("text/plain", "text/html") and not written.get(kind):
            payload = part.get_payload(decode=True)
            given = payload if isinstance(payload, bytes) else b""
            written[kind] = _in_charset(given, part.get_content_charset() or "utf-8")
    text = written.get("text/plain", "")
    if not text.strip():
        text = plain(written.get("text/html", ""))
    return _clean(text), tuple(files)


def _leaves(message: Message) -> Iterator[Any]:
    return (part for part in message.walk() if not part.is_multipart())


def _file_name(part: Message) -> str:
    name = part.get_filename()
    return " ".join(_clean(str(name)).split())[:LONGEST_SUBJECT] if name else ""


def _clean(text: str) -> str:
    """`text` without what cannot be stored or seen: control characters, halves of characters."""
    ends = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(one for one in ends if one == "\n" or _plain(one, ("Cc", "Cs")))


def _plain(char: str, not_of: Collection[str]) -> bool:
    return unicodedata.category(char) not in not_of
