"""The API: who is on, acknowledge, resolve; health."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from setflow import engine, views
from setflow.db import Db, transaction
from setflow.web import auth
from setflow.web.who import Looking

Done = Literal[
    "acknowledge",
    "resolve",
    "escalate",
    "take",
    "hand-over",
    "hand-back",
    "decline",
    "backup",
    "snooze",
    "still",
]


class Act(BaseModel):
    """What is done to an alert, and by whom (a name of `people`).

    to     whom it is handed over to
    until  up to when it is snoozed, with its offset
    """

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(min_length=1, max_length=100)]
    to: Annotated[str, Field(max_length=100)] | None = None
    until: AwareDatetime | None = None


def router(db: Db, keys: auth.Keys, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /api."""
    routes = APIRouter(prefix="/api")
    look = Looking(db, clock)

    def allowed(request: Request) -> None:
        auth.require(auth.bearer(request), keys.api_token, "the Bearer token of SETFLOW_API_TOKEN")

    @routes.get("/who")
    async def who(
        request: Request,
        seat: Annotated[str, Query(max_length=200)] = "",
        at: Annotated[str, Query(max_length=40)] = "",
    ) -> Response:
        """Who is on, for a seat, a rotation, or all seats; `at` defaults to now.

        While the database is silent the answer is by what was last known, and says as of when.
        """
        allowed(request)
        return JSONResponse(await look.who(seat, at))

    @routes.get("/gaps")
    def gaps(
        request: Request,
        rotation: Annotated[str, Query(max_length=200)] = "",
        days: Annotated[int, Query(ge=1, le=366)] = 90,
    ) -> dict[str, Any]:
        """What somebody should know of a rotation's next days, or of all: gaps, absences, …"""
        allowed(request)
        with transaction(db) as tx:
            now = clock()
            ahead = views.look_ahead(tx, rotation, now, timedelta(days=days), now=now)
            return views.findings_json(ahead)

    @routes.post("/alerts/{alert}/{verb}")
    def decide(request: Request, alert: int, verb: Done, act: Act) -> dict[str, Any]:
        """Acknowledge an alert, hand it on, put it off, end it, in a person's name."""
        allowed(request)
        with transaction(db) as tx:
            asked = engine.Deciding(
                verb, alert, by=act.person, how="api", person=act.to, until=act.until
            )
            engine.handle(tx, [asked], now=clock())
        return {"done": True}

    return routes
