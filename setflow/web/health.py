"""How this process is: for whoever restarts it, sends it traffic, or draws figures."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from setflow import db as database
from setflow import views
from setflow.db import DatabaseGone, Db, transaction
from setflow.web.metrics import Metrics

LATE_SECONDS = 120.0
GONE = "The database does not answer."

Sentences = Callable[[], list[str]]


def router(
    db: Db, *, clock: Callable[[], datetime], alive: Sentences, barred: Sentences, metrics: Metrics
) -> APIRouter:
    """The routes that need no key.

    alive   what this process knows to be wrong with itself
    barred  of that, why it must not work what is due
    """
    routes = APIRouter()

    @routes.get("/livez")
    async def livez() -> dict[str, bool]:
        """That this process answers, whatever else is wrong: what a restart would not mend."""
        return {"ok": True}

    @routes.get("/readyz")
    def readyz(response: Response) -> dict[str, Any]:
        """Whether this process may take traffic: 200, or 503 and why not."""
        problems = [*barred(), *_strange(db)]
        response.status_code = 503 if problems else 200
        return {"ready": not problems, "problems": problems}

    @routes.get("/healthz")
    def healthz(response: Response) -> dict[str, Any]:
        """How we are: 200 and figures, 503 and what is wrong."""
        problems = alive()
        figures: dict[str, Any] = {}
        try:
            with transaction(db) as tx:
                figures = views.health(tx, now=clock())
        except DatabaseGone:
            problems.append(GONE)
        if figures.get("effects_late_seconds", 0.0) > LATE_SECONDS:
            problems.append("Effects wait longer than they should.")
        response.status_code = 503 if problems else 200
        return {"ok": not problems, "problems": list(dict.fromkeys(problems)), **figures}

    @routes.get("/metrics")
    def figures() -> Response:
        """Figures, as Prometheus reads them."""
        return Response(metrics.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes


def _strange(db: Db) -> list[str]:
    """What is wrong with the tables; those of a newer setflow say themselves who may tick."""
    try:
        _, revision, newest = database.look(db)
    except DatabaseGone:
        return [GONE]
    if not revision:
        return ["There are no tables yet: run `setflow migrate`."]
    if revision < newest:
        return [f"The tables are those of an older setflow ({revision}): run `setflow migrate`."]
    return []
