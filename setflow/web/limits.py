"""Bounds of what callers may send, far beyond what any of them needs."""

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

REQUESTS_A_SECOND, BYTES_A_SECOND = 2_000.0, 20_000_000.0
BURST_SECONDS = 10.0
MOST_BYTES = 4 * 1024**2
"""Of any request; most doors take less."""
HEAD_SECONDS, BODY_SECONDS = 10.0, 20.0
"""How long a request's head, and then its body, may take to arrive: nobody holds a door open."""


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
    whoever reads the body fail; and for no longer than `seconds`: 408.
    """

    def __init__(self, app: ASGIApp, seconds: float = BODY_SECONDS) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, its body counted."""
        announced = Headers(scope=scope).get("content-length", "0") if "headers" in scope else "0"
        if not announced.isdecimal() or int(announced) > MOST_BYTES:
            said = {"detail": f"The body is over {MOST_BYTES // 1024:,} KiB."}
            await JSONResponse(said, 413)(scope, receive, send)
            return
        taken, whole = 0, False
        end = asyncio.get_running_loop().time() + self.seconds

        async def counted() -> Message:
            nonlocal taken, whole
            if whole:
                return await receive()
            try:
                async with asyncio.timeout_at(end):
                    message = await receive()
            except TimeoutError:
                why = f"The body did not arrive within {self.seconds:g} s."
                raise HTTPException(408, why) from None
            taken += len(message.get("body", b""))
            whole = not message.get("more_body")
            if taken > MOST_BYTES:
                raise HTTPException(413, f"The body is over {MOST_BYTES // 1024:,} KiB.")
            return message

        await self.app(scope, counted, send)


class Prompt(HttpToolsProtocol):
    """Speaks HTTP with those who say what they want within HEAD_SECONDS, and hangs up on others."""

    seconds = HEAD_SECONDS
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected."""
        super().connection_made(transport)
        self._wait()

    def on_message_begin(self) -> None:
        """A request begins, perhaps not the first."""
        self._wait()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is known what is wanted."""
        self._heard()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """They have left."""
        self._heard()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._heard()
        self._late = self.loop.call_later(self.seconds, self.transport.close)

    def _heard(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
