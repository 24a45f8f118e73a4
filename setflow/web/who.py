"""Who is on, for many who ask at once: one look at the database answers all of them.

Nobody is answered by a look that began before they asked, so that whoever changed something sees it
at once. While the database is silent the last look answers, with its age.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from setflow import calendar, present, views
from setflow.db import DatabaseGone, Db, transaction
from setflow.errors import Refused
from setflow.present import Present

PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was in force at an instant; `stale` where it was not read just now."""

    present: Present
    at: datetime
    stale: bool


class Looking:
    """Looks at the database for everybody who asks while the last look is under way."""

    def __init__(self, db: Db, clock: Callable[[], datetime]) -> None:
        self.db, self.clock = db, clock
        self._next: asyncio.Future[Seen] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._last: Seen | None = None

    async def __call__(self) -> Seen:
        """What is in force. Raises Refused where nothing is, DatabaseGone before the first look."""
        if self._next is None or self._next.get_loop() is not asyncio.get_running_loop():
            self._next = asyncio.get_running_loop().create_future()
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
        mine = self._next
        try:
            return await asyncio.wait_for(asyncio.shield(mine), PATIENCE_SECONDS)
        except (DatabaseGone, TimeoutError) as error:
            if self._last is None:
                raise DatabaseGone("The database does not answer.") from error
            return Seen(self._last.present, self._last.at, stale=True)

    async def who(self, name: str, at: str) -> dict[str, Any]:
        """Who is on, as JSON, at the instant that `at` says ("": this one); raises Refused.

        `as_of` says when that was last known, where the database is silent.
        """
        seen = await self()
        here, when = seen.present, self.clock()
        if at:
            try:
                when = calendar.instant(at, here.configuration.zone)
            except ValueError as error:
                raise Refused(f"at: {error}") from None
            if when < seen.at - present.LOOK_BACK and not seen.stale:
                here = await run_in_threadpool(self._past, when)
        answer = views.who_json(here.history, here.overrides, name, when)
        return {**answer, "as_of": views.utc(seen.at)} if seen.stale else answer

    def _past(self, since: datetime) -> Present:
        with transaction(self.db) as tx:
            return present.read(tx, self.clock(), since=since)

    async def _look(self) -> None:
        while asked := self._next:
            self._next = None
            try:
                self._last = await run_in_threadpool(self._read)
                asked.set_result(self._last)
            except Exception as error:  # noqa: BLE001  whoever asked raises it
                asked.set_exception(error)
                asked.exception()  # somebody who left in the meantime raises nothing

    def _read(self) -> Seen:
        with transaction(self.db) as tx:
            now = self.clock()
            return Seen(present.read(tx, now), now, stale=False)
