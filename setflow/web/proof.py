"""Whether a message was signed by its source: HMAC over the body, as the file says it is made."""

import base64
import binascii
import hmac
from datetime import UTC, datetime

from fastapi import HTTPException, Request

from setflow.escalation.spec import Signed

_WRONG = "The signature is missing or wrong: sign the body with the source's secret."


def check(request: Request, raw: bytes, signed: Signed, *, secret: str, now: datetime) -> None:
    """Nothing if the message is signed; raises HTTPException 401 if not, or long ago."""
    given = request.headers.get(signed.header, "")
    stamp = request.headers.get(signed.timestamp, "") if signed.timestamp else ""
    before, _, after = signed.over.partition("{body}")
    over = b"".join(
        [
            before.replace("{timestamp}", stamp).encode(),
            raw,
            after.replace("{timestamp}", stamp).encode(),
        ]
    )
    wanted = hmac.digest(secret.encode(), over, signed.algorithm)
    shown = _bytes(given.removeprefix(signed.prefix)) if given.startswith(signed.prefix) else b""
    if not secret or not hmac.compare_digest(shown, wanted):
        raise HTTPException(401, _WRONG)
    if signed.timestamp and not _recent(stamp, signed, now):
        seconds = int(signed.tolerance.total_seconds())
        raise HTTPException(401, f"The message was signed over {seconds} s ago, or ahead of time.")


def _recent(stamp: str, signed: Signed, now: datetime) -> bool:
    try:
        at = datetime.fromtimestamp(int(stamp), UTC)
    except (ValueError, OverflowError, OSError):
        return False
    return abs(now - at) <= signed.tolerance


def _bytes(text: str) -> bytes:
    """A signature in hexadecimal, else in base64; nothing for what is neither."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
