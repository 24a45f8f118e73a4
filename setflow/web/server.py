"""The web door as one application: hooks, chat, the API, health; errors as sentences."""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.routing import Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from setflow.db import Conflict, DatabaseGone, Db, DiskFull
from setflow.errors import Refused
from setflow.web import (
    api,
    api_alerts,
    api_route,
    api_standins,
    auth,
    calendars,
    chat,
    genie,
    health,
    hooks,
    links,
    monitors,
    receipts,
)
from setflow.web.keyring import Keyring
from setflow.web.limits import Bounded
from setflow.web.metrics import Metrics

log = logging.getLogger(__name__)

LONGEST_SAID = 1000

ALARMS = "/hooks/alerts/"
LATELY = timedelta(seconds=10)
Refusals = deque[tuple[datetime, str]]


@dataclass(frozen=True, slots=True)
class Doors:
    """What the web needs from whoever puts it together.

    alive  what this process knows of itself, for /healthz: problems as sentences, none if well
    barred  of that, why it must not work what is due, for /readyz
    hint   called with a source that has news, so that it is pulled from at once
    callback_url  where Mattermost reaches us, without a slash at its end
    keyring  the keys of sources
    """

    db: Db
    keys: auth.Keys
    look_up: auth.LookUp
    clock: Callable[[], datetime]
    alive: Callable[[], list[str]]
    barred: Callable[[], list[str]]
    metrics: Metrics
    hint: Callable[[str], None]
    callback_url: str
    keyring: Keyring


def build(doors: Doors) -> FastAPI:
    """The application."""
    untaken: Refusals = deque(maxlen=1)
    app = FastAPI(title="setflow", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.include_router(hooks.router(doors.db, doors.keys, clock=doors.clock, hint=doors.hint))
    alarms = monitors.router(doors.db, doors.keyring, clock=doors.clock)
    app.include_router(alarms)
    app.include_router(genie.router(doors.db, doors.keyring, clock=doors.clock))
    for part in (api, api_alerts, api_route, api_standins):
        app.include_router(part.router(doors.db, doors.keys, clock=doors.clock))
    app.include_router(links.router(doors.db, doors.keys.secret, clock=doors.clock))
    app.include_router(receipts.router(doors.db, doors.keyring, clock=doors.clock))
    app.include_router(calendars.router(doors.db, doors.keys.secret, clock=doors.clock))
    app.include_router(
        calendars.api(doors.db, doors.keys, callback_url=doors.callback_url, clock=doors.clock)
    )
    app.include_router(
        chat.router(chat.Chat(doors.db, doors.keys, doors.look_up, doors.clock, doors.callback_url))
    )

    app.include_router(
        health.router(
            doors.db,
            clock=doors.clock,
            alive=lambda: [*doors.alive(), *_lately(untaken, doors.clock())],
            barred=doors.barred,
            metrics=doors.metrics,
        )
    )

    _answer_failures(app, untaken, doors.clock)
    app.add_middleware(
        _Straight, alarms=ExceptionMiddleware(Router(alarms.routes), app.exception_handlers)
    )
    app.add_middleware(Bounded)
    app.add_middleware(_Quiet)
    return app


def _answer_failures(app: FastAPI, untaken: Refusals, clock: Callable[[], datetime]) -> None:
    """Have each failure answered by a sentence; `untaken` is told what a full disk refused."""

    @app.exception_handler(Refused)
    def refused(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    @app.exception_handler(RequestValidationError)
    def unfit(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        said = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        # Half a character is JSON, and no text: it would fail the answer as well.
        whole = said[:LONGEST_SAID].encode("utf-8", "replace").decode()
        return JSONResponse({"detail": f"That cannot be understood: {whole}"}, 422)

    @app.exception_handler(DatabaseGone)
    def gone(_: Request, error: Exception) -> JSONResponse:
        log.warning("the database does not answer: %s", error)
        if isinstance(error, DiskFull):
            untaken.append((clock(), str(error)))
        return JSONResponse(
            {"detail": "The database does not answer; try again."}, 503, {"Retry-After": "5"}
        )

    @app.exception_handler(Conflict)
    def collided(_: Request, error: Exception) -> JSONResponse:
        log.info("collided: %s", error)
        return JSONResponse({"detail": "Others change the same thing; try again."}, 409)


def _lately(untaken: Refusals, now: datetime) -> list[str]:
    """Why something was not taken a moment ago; other things may be taken all the while."""
    return [why for at, why in untaken if now - at < LATELY]


class _Straight:
    """Has alerts go by what the framework does around a route: in a storm that costs the most."""

    def __init__(self, app: ASGIApp, alarms: ASGIApp) -> None:
        self.app, self.alarms = app, alarms

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        alarm = scope["type"] == "http" and scope["path"].startswith(ALARMS)
        await (self.alarms if alarm else self.app)(scope, receive, send)


class _Quiet:
    """Has nobody keep an answer of ours.

    Bare ASGI: the framework's own form of it costs more than all else that a request does.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def quietly(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        await self.app(scope, receive, quietly)
