"""What is pushed in at the same time is kept together: one statement and one commit for all."""

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from setflow import engine
from setflow.db import DatabaseGone, Db, transaction

MOST = 200


@dataclass(slots=True)
class _Asked:
    """One caller's delivery, and what became of it: whether it was new, or why it failed."""

    pushed: engine.Pushed
    new: bool | None = None
    error: Exception | None = None


class Intake:
    """Keeps deliveries; those that come while others are being kept are kept next, together."""

    def __init__(self, db: Db) -> None:
        self.db = db
        self._waiting: deque[_Asked] = deque()
        self._turn = threading.Lock()

    def keep(self, source: str, delivery: str, payload: Mapping[str, Any], now: datetime) -> bool:
        """Keep a delivery; False if it was kept before. It is durable once this returns.

        Raises what the database says of it.
        """
        asked = _Asked(engine.Pushed(source, delivery, payload, now))
        self._waiting.append(asked)
        with self._turn:
            while asked.new is None and asked.error is None:
                self._keep([self._waiting.popleft() for _ in range(self._lot())])
        if asked.error:
            raise asked.error
        return bool(asked.new)

    def _lot(self) -> int:
        return min(len(self._waiting), MOST)

    def _keep(self, lot: Sequence[_Asked]) -> None:
        try:
            with transaction(self.db) as tx:
                new = engine.accept(tx, [asked.pushed for asked in lot])
        except Exception as error:  # noqa: BLE001  whoever asked raises it
            if len(lot) > 1 and not isinstance(error, DatabaseGone):
                # One that cannot be kept must not take those beside it with it.
                for asked in lot:
                    self._keep([asked])
                return
            for asked in lot:
                asked.error = error
            return
        for asked in lot:
            asked.new = (asked.pushed.source, asked.pushed.delivery) in new
