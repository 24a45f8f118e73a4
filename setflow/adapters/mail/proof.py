"""Whether a mail comes from where it says: DKIM (RFC 6376) and SPF (RFC 7208), aligned with From.

Aligned as in RFC 7489, relaxed: the domain that signed, or whose servers may send, is that of From,
one above it or one below it.
"""

import logging
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from typing import Any

from setflow.adapters.mail.names import Names, NoAnswer

DKIM, SPF = "DKIM", "SPF"
MOST_SIGNATURES = 5
SHORTEST_KEY = 1024
SPF_SECONDS = 10
_SIGNED = {b"from", b"subject"}


@dataclass(frozen=True, slots=True)
class Brought:
    """How a mail came: the address of the server that brought it, its MAIL FROM, its own name."""

    peer: str
    path: str
    helo: str


def proved_by(raw: bytes, sender: str, brought: Brought, names: Names) -> str:
    """DKIM or SPF, where that proves the domain of `sender`; "" where neither does.

    Raises NoAnswer where the DNS could not say and might later.
    """
    domain = sender.rpartition("@")[2]
    ways: dict[str, Callable[[], bool]] = {
        DKIM: lambda: _signed(raw, domain, names),
        SPF: lambda: _sent(brought, domain, names),
    }
    silent: NoAnswer | None = None
    for way, holds in ways.items():
        try:
            if holds():
                return way
        except NoAnswer as error:
            silent = error
    if silent:
        raise silent
    return ""


def aligned(one: str, other: str) -> bool:
    """Whether two domains are the same, or one is below the other; a top-level domain is not."""
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    if "." not in one or "." not in other:
        return False
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _signed(raw: bytes, domain: str, names: Names) -> bool:
    """Whether an aligned signature holds for the whole text, sender and subject."""
    dkim = _dkim()
    silent: list[NoAnswer] = []

    def key(name: bytes, timeout: float = 0) -> bytes | None:  # noqa: ARG001  the driver's own
        try:
            found = names.find(name.decode("ascii", "replace").rstrip("."), "TXT")
        except NoAnswer as error:
            silent.append(error)
            return None
        texts = (b"".join(one.strings) for one in found)
        return next((text for text in texts if b"p=" in text), None)

    for number in range(_count(raw)):
        one = dkim.DKIM(raw, minkey=SHORTEST_KEY)
        try:
            one.verify_headerprep(number)
            holds = (
                aligned(one.domain.decode("ascii", "replace"), domain)
                # One over a part of the text lets anybody add to it.
                and b"l" not in one.signature_fields
                and _SIGNED.issubset(one.include_headers)
                and one.verify(idx=number, dnsfunc=key)
            )
        except (dkim.DKIMException, ValueError, IndexError, KeyError, TypeError):
            continue  # a signature that is none proves nothing
        if holds:
            return True
    if silent:
        raise silent[0]
    return False


def _count(raw: bytes) -> int:
    head = raw.split(b"\r\n\r\n", 1)[0].lower()
    return min((b"\r\n" + head).count(b"\r\ndkim-signature:"), MOST_SIGNATURES)


def _sent(brought: Brought, domain: str, names: Names) -> bool:
    """Whether an aligned domain lets that server send."""
    path = brought.path or f"postmaster@{brought.helo}"
    if not aligned(path.rpartition("@")[2], domain):
        return False
    _asked.set(names)
    result, _ = _spf().check2(brought.peer, path, brought.helo, querytime=SPF_SECONDS)
    if result == "temperror":
        raise NoAnswer(f"the DNS does not answer about SPF of {domain}")
    return bool(result == "pass")


# Whom the check under way asks; the driver keeps one function for all.
_asked: ContextVar[Names] = ContextVar("asked")


def _look_up(name: str, kind: str, *_: object) -> list[tuple[tuple[str, str], Any]]:
    try:
        found = _asked.get().find(name, kind)
    except NoAnswer as error:
        raise _spf().TempError(str(error)) from error
    return [((name, kind), _VALUES[kind](one)) for one in found]


_VALUES: dict[str, Callable[[Any], Any]] = {
    "A": lambda one: one.address,
    "AAAA": lambda one: one.address,
    "MX": lambda one: (one.preference, one.exchange),
    "PTR": lambda one: one.target.to_text(omit_final_dot=True),
    "TXT": lambda one: one.strings,
}


@cache
def _dkim() -> Any:
    import dkim

    # It calls it an error when whoever wrote has no key; that is for them to hear.
    logging.getLogger("dkimpy").setLevel(logging.CRITICAL)
    return dkim


@cache
def _spf() -> Any:
    with warnings.catch_warnings(action="ignore"):
        # Its texts have escapes that Python warns of when it compiles them.
        import spf

    spf.DNSLookup = _look_up
    return spf
