"""What hooks share, and OpsGenie's webhook: stored, answered, worked by the ticker."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse

from setflow.adapters import opsgenie
from setflow.db import Db
from setflow.web import auth
from setflow.web.intake import Intake

T = TypeVar("T")

LONGEST_BODY_BYTES = 256 * 1024
DEEPEST = 8


async def body(request: Request) -> bytes:
    """The request's body; 413 where it is over 256 KiB."""
    return await body_up_to(request, LONGEST_BODY_BYTES)


async def body_up_to(request: Request, most: int) -> bytes:
    """The request's body; 413 where it is over `most` bytes."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > most:
            raise HTTPException(413, f"The body is over {most // 1024:,} KiB.")
    return bytes(found)


def router(
    db: Db, keys: auth.Keys, *, clock: Callable[[], datetime], hint: Callable[[str], None]
) -> APIRouter:
    """The routes under /hooks; `hint` is called with a source that has news."""
    routes = APIRouter()
    intake = Intake(db)

    async def from_opsgenie(request: Request) -> JSONResponse:
        """Take OpsGenie's webhook as a hint: what it is about is read from OpsGenie itself."""
        shown = request.query_params.get("key", "") or auth.bearer(request)
        auth.require(shown, keys.opsgenie, "SETFLOW_OPSGENIE_HOOK_KEY")
        delivery, remote, action = _sensible(opsgenie.webhook, await body(request))
        payload = {"alert": remote, "action": action}
        new = await intake.keep("opsgenie", delivery, payload, clock())
        hint("opsgenie")
        return _accepted(new)

    # Bare routes: what the framework does around one costs more than keeping a delivery.
    routes.add_route("/hooks/opsgenie", from_opsgenie, methods=["POST"])
    return routes


def _accepted(new: bool) -> JSONResponse:  # noqa: FBT001
    return JSONResponse({"accepted": True, "new": new}, 202)


def _sensible(read: Callable[[dict[str, Any]], T], raw: bytes) -> T:
    """What `read` makes of a body; its ValueError is a 422 with the same sentence."""
    try:
        return read(parsed(raw))
    except ValueError as error:
        raise HTTPException(422, str(error)) from None


def parsed(raw: bytes) -> dict[str, Any]:
    """A JSON object of bounded depth; 400 with a sentence for anything else."""
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        raise HTTPException(400, "The body is no JSON.") from None
    if not isinstance(value, dict):
        raise HTTPException(400, "The body should be a JSON object.")
    if deeper(value, DEEPEST):
        raise HTTPException(400, f"The body is nested over {DEEPEST} deep.")
    if "\\u0000" in raw.decode("utf-8", "replace"):
        raise HTTPException(400, "The body holds a NUL character.")
    return value


def deeper(value: object, deepest: int) -> bool:
    """Whether lists and objects stand in one another over `deepest` times."""
    level, waiting = 0, [value]
    while waiting and level <= deepest:
        level += 1
        waiting = [
            part
            for item in waiting
            if isinstance(item, dict | list)
            for part in (item.values() if isinstance(item, dict) else item)
        ]
    return level > deepest
