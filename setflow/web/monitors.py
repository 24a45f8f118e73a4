"""Alerts of monitors, in any of the formats: proved, read, kept in one statement, answered."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from setflow import engine
from setflow.adapters import alerts
from setflow.adapters.alerts import Incoming, Message
from setflow.db import Db
from setflow.escalation.spec import FORMATS, Source
from setflow.web import hooks, proof
from setflow.web.intake import Intake
from setflow.web.keyring import Keyring
from setflow.web.limits import Ceiling

LARGEST_BYTES, DEEPEST = 2 * 1024**2, 32
"""Of the formats that carry many alerts; a generic alert is bounded more closely."""
METHODS = ("POST", "PUT")
"""Grafana lets its owner choose between them."""


@dataclass(frozen=True, slots=True)
class Monitors:
    """The alert door. What cannot be read becomes an alert of its own, for it may be a page; a
    generic alert is refused alone, since whoever sends one wrote it for setflow.
    """

    keyring: Keyring
    intake: Intake
    clock: Callable[[], datetime]
    ceiling: Ceiling = field(default_factory=Ceiling)

    async def take(self, request: Request, form: str) -> JSONResponse:
        """Take a message of a source, in `form`; "" for the one that the file says, or generic."""
        name = request.path_params["source"].lower()
        source = await self.keyring.source(name) or Source(name, form or "generic")
        if form and source.format != form:
            source = Source(name, form, signature=source.signature)
        generic = source.format == "generic"
        if source.signature is None:
            await self.keyring.of(request, "create", name)
        try:
            raw = await hooks.body_up_to(
                request, hooks.LONGEST_BODY_BYTES if generic else LARGEST_BYTES
            )
        except HTTPException as error:
            if generic or source.signature is not None:
                raise
            return await self._keep(name, _lost(source, error.detail, b""), b"")
        if source.signature is not None:
            secret = self.keyring.secret(name)
            proof.check(request, raw, source.signature, secret=secret, now=self.clock())
        self.ceiling.count(name, len(raw))
        if generic:
            return await self._generic(name, raw)
        return await self._keep(name, await run_in_threadpool(_read, source, raw), raw)

    async def _generic(self, name: str, raw: bytes) -> JSONResponse:
        try:
            alert = alerts.generic(hooks.parsed(raw))
        except ValueError as error:
            raise HTTPException(422, str(error)) from None
        [pushed] = _pushed(name, [alert], raw, self.clock())
        new = await self.intake.keep(pushed.source, pushed.delivery, pushed.payload, pushed.at)
        return JSONResponse({"accepted": True, "new": new}, 202)

    async def _keep(self, name: str, message: Message, raw: bytes) -> JSONResponse:
        # All at once, so that they are kept in one statement.
        kept = (
            self.intake.keep(one.source, one.delivery, one.payload, one.at)
            for one in _pushed(name, message.alerts, raw, self.clock())
        )
        new = await asyncio.gather(*kept)
        if message.problems:
            return JSONResponse({"detail": " ".join(message.problems)[:2_000]}, 422)
        return JSONResponse({"accepted": True, "new": any(new), "alerts": len(new)}, 202)


def router(db: Db, keyring: Keyring, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /hooks by which monitors come in."""
    routes = APIRouter()
    monitors = Monitors(keyring, Intake(db), clock)

    def door(form: str) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def take(request: Request) -> JSONResponse:
            return await monitors.take(request, form)

        return take

    # Bare routes: what the framework does around one costs more than keeping a delivery.
    routes.add_route("/hooks/alerts/{source}", door(""), methods=list(METHODS))
    for form in FORMATS:
        routes.add_route(f"/hooks/{form}/{{source}}", door(form), methods=list(METHODS))
    return routes


def _read(source: Source, raw: bytes) -> Message:
    """What a message says, and an alert in place of whatever of it could not be read."""
    try:
        message = alerts.read(source, _body(raw))
    except ValueError as error:
        return _lost(source, str(error), raw)
    if not message.problems:
        return message
    lost = _lost(source, " ".join(message.problems), raw)
    return Message([*message.alerts, *lost.alerts], message.problems)


def _lost(source: Source, why: str, raw: bytes) -> Message:
    return Message([alerts.unreadable(source.name, why, raw)], [why])


def _body(raw: bytes) -> object:
    try:
        value: object = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("The body is no JSON.") from None
    if hooks.deeper(value, DEEPEST):
        raise ValueError(f"The body is nested over {DEEPEST} deep.")
    return value


def _pushed(name: str, found: Sequence[Incoming], raw: bytes, now: datetime) -> list[engine.Pushed]:
    """As deliveries, each with a name of its own."""
    digest = sha256(raw).hexdigest()[:16]
    return [
        engine.Pushed(
            f"alerts/{name}",
            one.delivery or _delivery(one, f"{now.isoformat()}:{digest}:{number}", now),
            one.stored(),
            now,
        )
        for number, one in enumerate(found)
    ]


def _delivery(one: Incoming, otherwise: str, now: datetime) -> str:
    """The end of one time that an alert fired is named so that it is found; see engine.over."""
    if one.firing or one.started is None:
        return otherwise
    return engine.over(one.key, one.started, now)
