"""How much waits, how late it is, and how fast things went out: counts over the tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Float, Table, case, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY

from setflow.db import Tx
from setflow.schema import (
    alerts,
    chores,
    inbox,
    incidents,
    outbox,
    processes,
    requests,
    rotation_watch,
    runs,
)

PAGES = ("PagePerson", "PageChannel")
BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Upper ends, in seconds, of the lengths of time that deliveries are counted by."""

TIMED: Mapping[str, Table] = {
    "inbox": inbox,
    "rotation": rotation_watch,
    "alert": alerts,
    "run": runs,
    "incident": incidents,
    "request": requests,
    "chore": chores,
}
"""Of each kind that the ticker works, where its instants stand."""

_MANY = func.count().label("many")


@dataclass(frozen=True, slots=True)
class Due:
    """What is due and not decided yet: how much, and since when the first."""

    count: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Leaving:
    """What a system is still to be sent.

    dead   of it, what was given up and waits for a person
    since  when the oldest that is not dead was decided; None where all are
    """

    waiting: int
    dead: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Settled:
    """Effects that came to the same end within the same time.

    outcome  delivered, skipped or dropped
    bucket   place in BUCKETS of the time from decision to end; its length for what took longer
    seconds  all of those times together
    """

    system: str
    page: bool
    outcome: str
    bucket: int
    count: int
    seconds: float


def due(tx: Tx, now: datetime) -> Mapping[str, Due]:
    """By kind, what is due at `now`; without kinds of which nothing is."""
    parts: list[Any] = [
        select(literal(kind).label("kind"), func.count(), func.min(table.c.wake_at)).where(
            table.c.wake_at <= now
        )
        for kind, table in TIMED.items()
    ]
    rows = tx.execute(union_all(*parts))
    return {kind: Due(count, since) for kind, count, since in rows if count}


def leaving(tx: Tx) -> Mapping[str, Leaving]:
    """By system, what waits in the outbox; without systems for which nothing does."""
    alive = outbox.c.dead_at.is_(None)
    query = (
        select(
            outbox.c.system,
            func.count(),
            func.count(outbox.c.dead_at),
            func.min(case((alive, outbox.c.decided_at))),
        )
        .where(outbox.c.settled_at.is_(None))
        .group_by(outbox.c.system)
    )
    return {system: Leaving(*counts) for system, *counts in tx.execute(query)}


def page_due(tx: Tx) -> datetime | None:
    """When the next page to a person may be tried; None if none waits but dead letters.

    Each is a lane of its own, so that nothing but the relay holds it up.
    """
    query = select(func.min(outbox.c.due_at)).where(
        outbox.c.kind == PAGES[0], outbox.c.settled_at.is_(None), outbox.c.dead_at.is_(None)
    )
    found: datetime | None = tx.execute(query).scalar_one()
    return found


def deliveries(tx: Tx) -> int:
    """How much of what was pushed in is not worked yet, put off or not."""
    query = select(func.count()).where(inbox.c.wake_at.is_not(None))
    return int(tx.execute(query).scalar_one())


def open_alerts(tx: Tx) -> Mapping[str, int]:
    """How many alerts are not over, by status."""
    query = select(alerts.c.status, _MANY).where(alerts.c.status != "resolved")
    return {one.status: one.many for one in tx.execute(query.group_by(alerts.c.status))}


def alive(tx: Tx, since: datetime) -> Mapping[int, int]:
    """How many processes have said since an instant that they run, by version."""
    query = select(processes.c.version, _MANY).where(processes.c.seen_at >= since)
    return {one.version: one.many for one in tx.execute(query.group_by(processes.c.version))}


def settled(tx: Tx, since: datetime, until: datetime) -> Sequence[Settled]:
    """What came to an end from `since` on and before `until`."""
    seconds = cast(func.extract("epoch", outbox.c.settled_at - outbox.c.decided_at), Float)
    # width_bucket counts an end among those above it; Prometheus counts it among those below.
    bucket = func.width_bucket(seconds - 1e-9, cast(list(BUCKETS), ARRAY(Float)))
    one = (
        select(
            outbox.c.system,
            outbox.c.kind.in_(PAGES).label("page"),
            outbox.c.outcome,
            bucket.label("bucket"),
            seconds.label("seconds"),
        )
        .where(outbox.c.settled_at >= since, outbox.c.settled_at < until)
        .subquery()
        .c
    )
    keys = (one.system, one.page, one.outcome, one.bucket)
    query = select(*keys, _MANY, func.sum(one.seconds)).group_by(*keys)
    return [Settled(*row) for row in tx.execute(query)]
