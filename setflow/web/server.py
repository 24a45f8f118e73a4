"""The web door as one application: hooks, chat, the API, health; errors as sentences."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from setflow import views
from setflow.db import Conflict, DatabaseGone, Db, transaction
from setflow.errors import Refused
from setflow.web import api, auth, chat, hooks

log = logging.getLogger(__name__)

LATE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Doors:
    """What the web needs from whoever puts it together.

    alive  what this process knows of itself, for /healthz: problems as sentences, none if well
    """

    db: Db
    keys: auth.Keys
    look_up: auth.LookUp
    clock: Callable[[], datetime]
    alive: Callable[[], list[str]]


def build(doors: Doors) -> FastAPI:
    """The application."""
    app = FastAPI(title="setflow", docs_url=None, redoc_url=None, openapi_url="/api/openapi.json")
    app.include_router(hooks.router(doors.db, doors.keys, clock=doors.clock))
    app.include_router(api.router(doors.db, doors.keys, clock=doors.clock))
    app.include_router(chat.router(chat.Chat(doors.db, doors.keys, doors.look_up, doors.clock)))

    @app.get("/healthz")
    def healthz(response: Response) -> dict[str, Any]:
        """How we are: 200 and figures, 503 and what is wrong."""
        problems = doors.alive()
        figures: dict[str, Any] = {}
        try:
            with transaction(doors.db) as tx:
                figures = views.health(tx, now=doors.clock())
        except DatabaseGone:
            problems.append("The database does not answer.")
        if figures.get("effects_late_seconds", 0.0) > LATE_SECONDS:
            problems.append("Effects wait longer than they should.")
        response.status_code = 503 if problems else 200
        return {"ok": not problems, "problems": problems, **figures}

    @app.exception_handler(Refused)
    def refused(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, 409)

    @app.exception_handler(DatabaseGone)
    def gone(_: Request, error: Exception) -> JSONResponse:
        log.warning("the database does not answer: %s", error)
        return JSONResponse(
            {"detail": "The database does not answer; try again."}, 503, {"Retry-After": "5"}
        )

    @app.exception_handler(Conflict)
    def collided(_: Request, error: Exception) -> JSONResponse:
        log.info("collided: %s", error)
        return JSONResponse({"detail": "Others change the same thing; try again."}, 409)

    @app.middleware("http")
    async def quiet(request: Request, call: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await call(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return app
