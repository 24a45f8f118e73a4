"""What gateways say became of messages that they took: POST /hooks/receipts/GATEWAY."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from setflow import engine
from setflow.db import Db, transaction
from setflow.errors import Refused
from setflow.web.keyring import Keyring


class Report(BaseModel):
    """What became of a message: `ref` is what stood in place of {ref} in the gateway's address."""

    model_config = ConfigDict(extra="ignore")

    ref: Annotated[str, Field(min_length=1, max_length=500)]
    status: Literal["delivered", "failed"]
    error: Annotated[str, Field(max_length=1000)] = ""


def router(db: Db, keyring: Keyring, *, clock: Callable[[], datetime]) -> APIRouter:
    """The route of receipts; each gateway has a key of its own, as a source has."""
    routes = APIRouter()

    @routes.post("/hooks/receipts/{gateway}", status_code=200)
    async def report(request: Request, gateway: str, given: Report) -> dict[str, bool]:
        """Take a receipt; a page that failed goes by the next method at once."""
        gateway = gateway.lower()
        await keyring.of(request, "create", gateway)

        def work() -> None:
            arrived = given.status == "delivered"
            said = engine.Reported(gateway, given.ref, arrived, given.error)
            with transaction(db) as tx:
                engine.handle(tx, [said], now=clock())

        try:
            await run_in_threadpool(work)
        except Refused as refused:
            raise HTTPException(404, str(refused)) from None
        return {"done": True}

    return routes
