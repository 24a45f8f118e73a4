"""Heartbeats: pings under /v2/heartbeats and /hooks/heartbeats, worked in the request."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from setflow import engine, views
from setflow.adapters import genie
from setflow.db import Db, Tx, transaction
from setflow.views import HeartbeatSeen
from setflow.web.genie.envelope import Answer, Handler
from setflow.web.keyring import Key, Keyring

ONE = "/v2/heartbeats/{name}"


class Heartbeats:
    """The routes about heartbeats. A file's heartbeat of one source is for its keys alone."""

    def __init__(self, db: Db, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self.db, self.keyring, self.clock = db, keyring, clock

    @property
    def paths(self) -> list[tuple[str, str, Handler]]:
        """Method, path and what answers there."""
        pings = [
            (method, path, self.ping)
            for method in ("GET", "POST")
            for path in (f"{ONE}/ping", "/hooks/heartbeats/{name}")
        ]
        return [
            *pings,
            ("POST", f"{ONE}/enable", self._switch(on=True)),
            ("POST", f"{ONE}/disable", self._switch(on=False)),
            ("GET", ONE, self.one),
            ("GET", "/v2/heartbeats", self.list),
        ]

    async def ping(self, request: Request) -> Answer:
        """Take a sign of life."""
        key = await self.keyring.of(request, "create")
        name = request.path_params["name"]

        def ping(tx: Tx) -> None:
            self._found(tx, key, name)
            engine.handle(tx, [engine.Pinged(name)], now=self.clock())

        await self._in(ping)
        return 202, {"result": "PONG - Heartbeat received"}

    def _switch(self, *, on: bool) -> Handler:
        async def switch(request: Request) -> Answer:
            key = await self.keyring.of(request, "act")
            name = request.path_params["name"]

            def work(tx: Tx) -> dict[str, Any]:
                self._found(tx, key, name)
                asked = engine.SwitchHeartbeat(name, on, key.source)
                engine.handle(tx, [asked], now=self.clock())
                return _written(self._found(tx, key, name))

            data = await self._in(work)
            return 200, {"data": {part: data[part] for part in ("name", "enabled", "expired")}}

        return switch

    async def one(self, request: Request) -> Answer:
        """One heartbeat."""
        key = await self.keyring.of(request, "read")
        name = request.path_params["name"]
        return 200, {"data": await self._in(lambda tx: _written(self._found(tx, key, name)))}

    async def list(self, request: Request) -> Answer:
        """All heartbeats that the key may ping."""
        key = await self.keyring.of(request, "read")
        found = await self._in(lambda tx: [_written(one) for one in self._all(tx, key)])
        return 200, {"data": {"heartbeats": found}}

    def _all(self, tx: Tx, key: Key) -> Sequence[HeartbeatSeen]:
        seen = views.heartbeats(tx, now=self.clock())
        return [one for one in seen if one.heartbeat.source in (None, key.source)]

    def _found(self, tx: Tx, key: Key, name: str) -> HeartbeatSeen:
        for one in self._all(tx, key):
            if one.heartbeat.name == name:
                return one
        raise HTTPException(
            404, f"Heartbeat [{name[:100]}] does not exist: add it to `heartbeats` of the file."
        )

    async def _in(self, work: Callable[[Tx], Any]) -> Any:
        def working() -> Any:
            with transaction(self.db) as tx:
                return work(tx)

        return await run_in_threadpool(working)


def _written(one: HeartbeatSeen) -> dict[str, Any]:
    return genie.heartbeat(one.heartbeat, one.beat)
