"""The door that instants come in by: works what is due, the inbox included.

All that waits is a row with a `wake_at`, so a tick that is missed is made up by the next, and any
number of processes may tick at once.
"""

import logging
from datetime import datetime

from setflow import engine
from setflow.db import Conflict, DatabaseGone, Db, transaction

log = logging.getLogger(__name__)

BATCH = 500


def tick(db: Db, now: datetime) -> int:
    """Work all that is due at `now`; returns how much that was."""
    with transaction(db) as tx:
        waiting = engine.waiting(tx)
    due = [kind for kind in engine.KINDS if kind in waiting and waiting[kind] <= now]
    return sum(_all_of(db, kind, now) for kind in due)


def _all_of(db: Db, kind: str, now: datetime) -> int:
    """Work what is due of one kind, a batch a transaction; where one fails, one by one."""
    total = 0
    while True:
        try:
            with transaction(db) as tx:
                count = engine.work_due(tx, kind, now, limit=BATCH)
        except DatabaseGone:
            raise
        except Conflict as conflict:
            # Another process was there first: what it left comes up again, one by one.
            log.info("a batch collided: %s", conflict, extra={"kind": kind})
            count = _one_by_one(db, kind, now)
        except Exception:
            log.exception("a batch could not be worked, so one by one", extra={"kind": kind})
            count = _one_by_one(db, kind, now)
        total += count
        if count < BATCH:
            return total


def _one_by_one(db: Db, kind: str, now: datetime) -> int:
    """Work each in a transaction of its own; what fails is set aside for a while, and said."""
    count = 0
    for _ in range(BATCH):
        try:
            with transaction(db) as tx:
                worked = engine.work_due(tx, kind, now, limit=1)
        except DatabaseGone:
            raise
        except Conflict as conflict:
            log.info("collided again: %s", conflict, extra={"kind": kind})
            worked = 0 if not conflict.constraint else _set_aside(db, kind, now, conflict)
        except Exception as error:
            log.exception("could not be worked", extra={"kind": kind})
            worked = _set_aside(db, kind, now, error)
        if not worked:
            break
        count += worked
    return count


def _set_aside(db: Db, kind: str, now: datetime, error: Exception) -> int:
    with transaction(db) as tx:
        return engine.set_aside(tx, kind, now, error=f"{type(error).__name__}: {error}")
