"""The API's answer to where a message would go; nothing is kept, and nobody paged."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from setflow import engine, present
from setflow.adapters import alerts
from setflow.db import Db, transaction
from setflow.escalation.spec import FORMATS, Source
from setflow.web import auth, hooks, monitors


class Asked(BaseModel):
    """A message of `source` as its monitor would send it; `format` "" for what the file says."""

    model_config = ConfigDict(extra="forbid")

    source: Annotated[str, Field(min_length=1, max_length=50)]
    body: Any
    format: Annotated[str, Field(max_length=20)] = ""


def router(db: Db, keys: auth.Keys, *, clock: Callable[[], datetime]) -> APIRouter:
    """The route /api/route."""
    routes = APIRouter(prefix="/api")

    @routes.post("/route")
    def route(request: Request, asked: Asked) -> dict[str, Any]:
        """How a message is understood, the ladder of each alert in it, and who would be paged."""
        auth.require(auth.bearer(request), keys.api_token, "the Bearer token of SETFLOW_API_TOKEN")
        if asked.format not in ("", *FORMATS):
            raise HTTPException(422, f"format: it is one of {', '.join(FORMATS)}.")
        if hooks.deeper(asked.body, monitors.DEEPEST):
            raise HTTPException(422, f"body: it is nested over {monitors.DEEPEST} deep.")
        with transaction(db) as tx:
            now = clock()
            here, windows = present.read(tx, now), engine.chat_windows(tx, now)
        name = asked.source.lower()
        source = here.configuration.sources.get(name) or Source(name, asked.format or "generic")
        if asked.format and source.format != asked.format:
            source = Source(name, asked.format)
        try:
            message = alerts.read(source, asked.body)
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        found = (
            engine.foresee(here, windows, engine.alert_in(name, one.stored()))
            for one in message.alerts
        )
        return {
            "source": name,
            "format": source.format,
            "alerts": [engine.foreseen_json(one, here) for one in found],
            "problems": list(message.problems),
        }

    return routes
