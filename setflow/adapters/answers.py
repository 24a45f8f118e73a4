"""What an HTTP answer that is no success means for whoever would send it again."""

from collections.abc import Mapping

from setflow.errors import DeliveryError

LONGEST_QUOTE = 200

# 408 timed out, 425 too early, 429 too many requests; all of 5xx. RFC 9110 section 15, RFC 6585.
_PASSING = {408, 425, 429}


def refused(system: str, status: int, *, headers: Mapping[str, str], said: str) -> DeliveryError:
    """The error for an answer with `status` of 400 or more.

    headers  of the answer; Retry-After in seconds is heeded, as a date it is not
    said     what the far side gave as a reason; its beginning is quoted
    """
    wait = headers.get("Retry-After", "")
    quote = " ".join(said.split())[:LONGEST_QUOTE]
    return DeliveryError(
        f"{system} answered {status}{f': {quote}' if quote else ''}",
        again=status in _PASSING or status >= 500,
        after_seconds=float(wait) if wait.isascii() and wait.isdigit() else None,
        status=status,
    )
