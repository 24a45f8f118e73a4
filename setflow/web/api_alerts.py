"""The API of alerts: which are open, what became of one; maintenance windows.

Whoever has the token speaks for a person: `by`, a name of people, who must be allowed to.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from setflow import engine, views
from setflow.db import Db, transaction
from setflow.web import auth

Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


class MaintenanceAsked(BaseModel):
    """Alerts of `of` (a source, a ladder, a seat or rotation) are to page nobody for a while."""

    model_config = ConfigDict(extra="forbid")

    of: Annotated[str, Field(min_length=1, max_length=200)]
    start: AwareDatetime
    end: AwareDatetime
    by: Annotated[str, Field(min_length=1, max_length=100)]


def router(db: Db, keys: auth.Keys, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /api for alerts that are read, and for maintenance."""

    def allowed(request: Request) -> None:
        auth.require(auth.bearer(request), keys.api_token, "the Bearer token of SETFLOW_API_TOKEN")

    routes = APIRouter(prefix="/api", dependencies=[Depends(allowed)])

    @routes.get("/alerts")
    def alerts(
        source: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> dict[str, Any]:
        """The alerts that are not over, oldest first, of a source or of all."""
        with transaction(db) as tx:
            return {"alerts": views.alerts_json(tx, source, limit, now=clock())}

    @routes.get("/alerts/{number}")
    def alert(number: Number) -> dict[str, Any]:
        """One alert, over or not, with all that happened to it, oldest first."""
        with transaction(db) as tx:
            return views.alert_json(tx, number, now=clock())

    @routes.get("/maintenance")
    def maintenance() -> dict[str, Any]:
        """The windows that people opened and that are not over; those of the file stand there."""
        with transaction(db) as tx:
            return {
                "windows": [
                    {
                        "number": one.number,
                        "name": one.name,
                        "start": views.utc(one.start),
                        "end": views.utc(one.end),
                        "by": one.by,
                    }
                    for one in engine.chat_windows(tx, clock())
                ]
            }

    @routes.post("/maintenance")
    def open_window(asked: MaintenanceAsked) -> dict[str, Any]:
        """Open a window; its number."""
        message = engine.OpenMaintenance(asked.of, asked.start, asked.end, asked.by)
        with transaction(db) as tx:
            events = engine.handle(tx, [message], now=clock())
        opened = next(one for one in events if isinstance(one, engine.MaintenanceOpened))
        return {"number": opened.number}

    @routes.delete("/maintenance/{number}")
    def end_window(
        number: Number, by: Annotated[str, Query(min_length=1, max_length=100)]
    ) -> dict[str, Any]:
        """End a window; what still fires pages now."""
        with transaction(db) as tx:
            engine.handle(tx, [engine.EndMaintenance(number, by)], now=clock())
        return {"done": True}

    return routes
