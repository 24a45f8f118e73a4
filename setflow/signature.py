"""Proof that something comes from us: buttons, links and cookies carry it.

HMAC-SHA256 (https://www.rfc-editor.org/rfc/rfc2104) over JSON with sorted keys and no spaces.
"""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

BYTES = 18


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
