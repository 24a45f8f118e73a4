"""Bounds of what callers may send, far beyond what any of them needs."""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS_A_SECOND, BYTES_A_SECOND = 2_000.0, 20_000_000.0
BURST_SECONDS = 10.0
MOST_BYTES = 4 * 1024**2
"""Of any request; most doors take less."""


@dataclass(slots=True)
class _Bucket:
    requests: float = 0.0
    sent: float = 0.0
    at: float = 0.0


@dataclass(slots=True)
class Ceiling:
    """Counts what each caller sends; `seconds` is a clock that only goes forward."""

    seconds: Callable[[], float] = time.monotonic
    _buckets: dict[str, _Bucket] = field(default_factory=lambda: defaultdict(_Bucket))

    def count(self, caller: str, size: int) -> None:
        """Count a request of `size` bytes; raises HTTPException 429 where it is beyond all."""
        bucket, now = self._buckets[caller], self.seconds()
        passed, bucket.at = now - bucket.at, now
        requests = max(bucket.requests - passed * REQUESTS_A_SECOND, 0.0) + 1
        sent = max(bucket.sent - passed * BYTES_A_SECOND, 0.0) + size
        over = max(requests / REQUESTS_A_SECOND, sent / BYTES_A_SECOND) - BURST_SECONDS
        if over > 0:
            wait = {"Retry-After": str(math.ceil(over))}
            raise HTTPException(429, f"{caller[:50]} sends more than can be taken; wait.", wait)
        bucket.requests, bucket.sent = requests, sent


class Bounded:
    """Takes no more than MOST_BYTES of a request: says 413, or, where no length was announced, has
    whoever reads the body fail.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, its body counted."""
        announced = Headers(scope=scope).get("content-length", "0") if "headers" in scope else "0"
        if not announced.isdecimal() or int(announced) > MOST_BYTES:
            said = {"detail": f"The body is over {MOST_BYTES // 1024:,} KiB."}
            await JSONResponse(said, 413)(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MOST_BYTES:
                raise HTTPException(413, f"The body is over {MOST_BYTES // 1024:,} KiB.")
            return message

        await self.app(scope, counted, send)
