"""What every answer of the OpsGenie-compatible API has around it, errors too."""

import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

from fastapi import HTTPException, Request
from fastapi.responses import JSONResponse

from setflow.adapters.genie import Unfit
from setflow.db import DatabaseGone, DiskFull
from setflow.errors import Refused
from setflow.web import hooks

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TAKEN = "Request will be processed"
LATER = {"Retry-After": "5"}

Answer = tuple[int, dict[str, Any]]
"""The status, and what stands in the body beside `took` and `requestId`."""
Handler = Callable[[Request], Awaitable[Answer]]


def answered(handler: Handler) -> Callable[[Request], Awaitable[JSONResponse]]:
    """A route that answers as OpsGenie does, whatever `handler` returns or raises."""

    async def answer(request: Request) -> JSONResponse:
        begun, headers = time.monotonic(), None
        try:
            status, body = await handler(request)
        except Unfit as unfit:
            status, body = 422, {"message": str(unfit), "errors": unfit.errors}
        except HTTPException as error:
            status, body, headers = error.status_code, {"message": error.detail}, error.headers
        except Refused as refused:
            status, body = 422, {"message": str(refused)}
        except DiskFull:
            raise  # its answer is the server's, which says so on /healthz too
        except DatabaseGone:
            status, headers = 503, LATER
            body = {"message": "The database does not answer; try again."}
        told = {"took": round(time.monotonic() - begun, 3), "requestId": request_id(), **body}
        return JSONResponse(told, status, headers)

    return answer


def request_id() -> str:
    """A name for a request that no other has."""
    return str(uuid4())


def parsed(raw: bytes) -> dict[str, Any]:
    """The body, {} for none; raises HTTPException for what is no JSON object of bounded depth."""
    return hooks.parsed(raw) if raw.strip() else {}
