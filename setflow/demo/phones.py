"""A stand-in for the gateways of text messages and calls: takes what apprise posts as JSON."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True, slots=True)
class Call:
    """What reached a phone: by which gateway (`sms`, `phone`), whose number, in which words."""

    at: datetime
    via: str
    to: str
    text: str


class Phones:
    """All phones there are; `calls` is what reached them, `app` the gateways' ASGI application."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._calls: list[Call] = []
        self.app = Starlette(routes=[Route("/{via}/{to}", self._take, methods=["POST"])])

    @property
    def calls(self) -> list[Call]:
        """What came so far, in order."""
        with self._lock:
            return list(self._calls)

    async def _take(self, request: Request) -> Response:
        said = await request.json()
        path = request.path_params
        text = ": ".join(filter(None, (str(said.get("title", "")), str(said.get("message", "")))))
        with self._lock:
            self._calls.append(Call(self._clock(), path["via"], path["to"], text))
        return JSONResponse({"status": "sent"})
