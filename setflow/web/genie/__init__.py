"""The OpsGenie-compatible door: alerts and heartbeats under /v2, keys as `GenieKey`."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter, HTTPException, Request

from setflow.db import Db
from setflow.web.genie.alerts import Alerts
from setflow.web.genie.envelope import METHODS, answered
from setflow.web.genie.heartbeats import Heartbeats
from setflow.web.keyring import Keyring


def router(db: Db, keyring: Keyring, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /v2, and /hooks/heartbeats."""
    routes = APIRouter()
    # Bare routes: what the framework does around one costs more than keeping a delivery. The
    # longer paths first, for an alias may hold a slash.
    for part in (Heartbeats(db, keyring, clock), Alerts(db, keyring, clock)):
        for method, path, handler in part.paths:
            routes.add_route(path, answered(handler), methods=[method])
    routes.add_route("/v2/{rest:path}", answered(_nothing), methods=list(METHODS))
    return routes


async def _nothing(request: Request) -> tuple[int, dict[str, object]]:
    what = f"{request.method} {request.url.path[:100]}"
    raise HTTPException(404, f"setflow has no {what}: it takes alerts and heartbeats.")
