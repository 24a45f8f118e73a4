"""Proof that something comes from us: buttons, links and cookies carry it.

HMAC-SHA256 (https://www.rfc-editor.org/rfc/rfc2104) over JSON with sorted keys and no spaces.
"""

import hmac
import json
import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

BYTES = 18
SEAL_BYTES, WHO_BYTES, CODE_DIGITS = 10, 4, 6
"""Of a link, which a text message has to hold, and which is good for a day; of its receiver, who
is found by it and proved by the seal; of a code, of which a few tries are allowed."""
LONGEST_TOKEN = 100

_KEY = re.compile(r"sf_([0-9a-f]{10})_([0-9a-f]{40})")


def sign(key: bytes, payload: Mapping[str, str | int]) -> str:
    """The signature of `payload` with `key`: 24 URL-safe characters, 144 bits.

    Raises ValueError for an empty key, which would let anybody sign.
    """
    if not key:
        raise ValueError("an empty key signs nothing")
    text = json.dumps(payload, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return urlsafe_b64encode(hmac.digest(key, text.encode(), sha256)[:BYTES]).decode()


def verify(key: bytes, payload: Mapping[str, str | int], given: str) -> bool:
    """Whether `given` is the signature of `payload` with `key`, in constant time."""
    return equal(sign(key, payload), given)


def equal(a: str, b: str) -> bool:
    """Whether two secrets are the same, in a time that does not tell how far they are."""
    one, other = (text.encode(errors="surrogatepass") for text in (a, b))
    return hmac.compare_digest(one, other)


def key_text(number: str, secret: str) -> str:
    """A source's key as it is handed out, in a form by which scanners for secrets know it.

    number  10 hexadecimal digits, no secret; `secret` 40 of them
    """
    return f"sf_{number}_{secret}"


def key_parts(text: str) -> tuple[str, str] | None:
    """The id in a source's key, and the digest of its secret; None for what is no such key."""
    found = _KEY.fullmatch(text)
    return (found[1], digest(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a link says: numbers, and whose it is; `is_of` tells."""

    numbers: tuple[int, ...]
    who: str


def seal(key: bytes, kind: str, numbers: Sequence[int], who: Sequence[str]) -> str:
    """A token for a link, of digits, small letters and hyphens.

    kind     tells tokens of one use from those of another
    numbers  not below 0; they can be read in it
    who      names, which cannot
    """
    parts = [*map(_base36, numbers), _short(key, f"who:{kind}", who, WHO_BYTES)]
    return "-".join([*parts, _short(key, f"seal:{kind}", parts, SEAL_BYTES)])


def unseal(key: bytes, kind: str, token: str, count: int) -> Sealed | None:
    """What a token of so many numbers says; None for one that is not ours, or not of this kind."""
    *parts, given = token[:LONGEST_TOKEN].lower().split("-")
    right = equal(_short(key, f"seal:{kind}", parts, SEAL_BYTES), given)
    if not right or len(parts) != count + 1:
        return None
    return Sealed(tuple(int(part, 36) for part in parts[:-1]), parts[-1])


def is_of(key: bytes, kind: str, sealed: Sealed, who: Sequence[str]) -> bool:
    """Whether a token was sealed for these names."""
    return equal(_short(key, f"who:{kind}", who, WHO_BYTES), sealed.who)


def code(signed: str) -> str:
    """A signature as six digits, which people can type; good only where few tries are allowed."""
    number = int.from_bytes(sha256(signed.encode()).digest()[:8])
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}}"


def _short(key: bytes, kind: str, parts: Sequence[str], size: int) -> str:
    if not key:
        raise ValueError("an empty key signs nothing")
    text = json.dumps([kind, *parts])
    return _base36(int.from_bytes(hmac.digest(key, text.encode(), sha256)[:size]))


def _base36(number: int) -> str:
    found = ""
    while number or not found:
        number, digit = divmod(number, 36)
        found = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + found
    return found


def receiver(via: str, to: str) -> str:
    """Tells where a contact method goes from where it went before; 24 hexadecimal digits.

    It keeps numbers out of tables and logs, and is no secret: who has all numbers can try them.
    """
    return digest(f"{via}\n{to}")[:24]


def digest(secret: str) -> str:
    """SHA-256 of a secret that chance made, in hexadecimal: enough for 160 bits of it."""
    return sha256(secret.encode()).hexdigest()
