"""What is pushed in at the same time is kept together: one statement and one commit for all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from setflow import engine
from setflow.db import DatabaseGone, Db, one_statement

MOST = 500


@dataclass(frozen=True, slots=True)
class _Asked:
    """One caller's delivery, and where they wait to hear whether it was new."""

    pushed: engine.Pushed
    answer: asyncio.Future[bool]


class Intake:
    """Keeps deliveries; those that come while others are being kept are kept next, together."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self._waiting: list[_Asked] = []
        self._keeping: asyncio.Task[None] | None = None

    async def keep(
        self, source: str, delivery: str, payload: Mapping[str, Any], now: datetime
    ) -> bool:
        """Keep a delivery; False if it was kept before. It is durable once this returns.

        Raises what the database says of it.
        """
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Asked(engine.Pushed(source, delivery, payload, now), answer))
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._keep_all())
        return await answer

    async def _keep_all(self) -> None:
        while lot := self._waiting[:MOST]:
            del self._waiting[:MOST]
            answers = await run_in_threadpool(self._kept, [asked.pushed for asked in lot])
            for asked, new in zip(lot, answers, strict=True):
                if asked.answer.done():
                    continue  # they have left
                if isinstance(new, Exception):
                    asked.answer.set_exception(new)
                else:
                    asked.answer.set_result(new)

    def _kept(self, lot: Sequence[engine.Pushed]) -> list[bool | Exception]:
        """Of each, in this order: whether it was new, or why it could not be kept."""
        try:
            with one_statement(self.db) as tx:
                new = engine.accept(tx, lot)
        except Exception as error:  # noqa: BLE001  whoever asked raises it
            if len(lot) > 1 and not isinstance(error, DatabaseGone):
                # One that cannot be kept must not take those beside it with it.
                return [answer for pushed in lot for answer in self._kept([pushed])]
            return [error] * len(lot)
        return [(pushed.source, pushed.delivery) in new for pushed in lot]
