"""Ways in which a far side fails or refuses, and what stand-ins need beside their state."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


class Refusal(Exception):
    """An answer of 400 or more."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def nothing() -> None:
    """What a change sets off where nobody asked to be told."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What every request gets as an answer."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)


DOWN = Trouble(503, "<html><body>Service Unavailable</body></html>")
NONSENSE = Trouble(200, "<html><body>Log in to continue</body></html>")


def slow_down(seconds: int) -> Trouble:
    """Over the rate limit: 429 with a Retry-After of `seconds`."""
    return Trouble(429, '{"message": "You are being rate limited"}', {"Retry-After": str(seconds)})


class Troubled:
    """An ASGI app that answers as `app` does, or with `trouble` while there is some."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.trouble: Trouble | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        trouble = self.trouble
        if trouble is None or scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kind = "text/html" if trouble.body.startswith("<") else "application/json"
        headers = {"Content-Type": kind, **trouble.headers}
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": trouble.status, "headers": raw})
        await send({"type": "http.response.body", "body": trouble.body.encode()})
