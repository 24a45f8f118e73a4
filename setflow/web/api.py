"""The API: who is on, acknowledge, resolve; health."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from setflow import calendar, engine, views
from setflow.db import Db, transaction
from setflow.errors import Refused
from setflow.web import auth


class Act(BaseModel):
    """What is done to an alert, and by whom (a name of `people`)."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(min_length=1, max_length=100)]


def router(db: Db, keys: auth.Keys, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /api."""
    routes = APIRouter(prefix="/api")

    def allowed(request: Request) -> None:
        auth.require(auth.bearer(request), keys.api_token, "the Bearer token of SETFLOW_API_TOKEN")

    @routes.get("/who")
    def who(
        request: Request,
        seat: Annotated[str, Query(max_length=200)] = "",
        at: Annotated[str, Query(max_length=40)] = "",
    ) -> dict[str, Any]:
        """Who is on, for a seat, a rotation, or all seats; `at` defaults to now."""
        allowed(request)
        with transaction(db) as tx:
            now = clock()
            when = now
            if at:
                try:
                    when = calendar.instant(at, views.zone(tx, now))
                except ValueError as error:
                    raise Refused(f"at: {error}") from None
            return views.who(tx, seat, when, now=now)

    @routes.post("/alerts/{alert}/{verb}")
    def decide(
        request: Request, alert: int, verb: Literal["acknowledge", "resolve", "escalate"], act: Act
    ) -> dict[str, Any]:
        """Acknowledge, resolve or escalate an alert in a person's name."""
        allowed(request)
        with transaction(db) as tx:
            asked = engine.Deciding(verb, alert, by=act.person, how="api")
            engine.handle(tx, [asked], now=clock())
        return {"done": True}

    return routes
