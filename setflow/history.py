"""What happened, and why, for as long as the operator keeps what is over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, select

from setflow.db import Tx
from setflow.records import many, together
from setflow.schema import history

_ANY: TypeAdapter[Any] = TypeAdapter(Any)
_COLUMNS = ("at", "kind", "subject", "payload", "reason")
_WRITE = history.insert().from_select(_COLUMNS, many(history, _COLUMNS))


@dataclass(frozen=True, slots=True)
class Happened:
    """One event: what it was about (such as "alert:42"), and which rule or person it is owed to."""

    subject: str
    event: object
    reason: str


def write(tx: Tx, happened: Iterable[Happened], *, now: datetime) -> None:
    """Keep events, in this order."""
    rows = [
        {
            "at": now,
            "kind": type(item.event).__name__,
            "subject": item.subject,
            "payload": _ANY.dump_json(item.event, fallback=str).decode(),
            "reason": item.reason,
        }
        for item in happened
    ]
    if rows:
        tx.execute(_WRITE, together(rows, json=["payload"]))


def of(tx: Tx, subject: str, limit: int = 200) -> Sequence[Row[Any]]:
    """What happened to a subject, oldest first."""
    query = select(history).where(history.c.subject == subject).order_by(history.c.id)
    return tx.execute(query.limit(limit)).all()


def recent(tx: Tx, kind: str, subject: str, since: datetime) -> int:
    """How often an event of this kind befell a subject since an instant."""
    query = select(history.c.id).where(
        history.c.kind == kind, history.c.subject == subject, history.c.at >= since
    )
    return len(tx.execute(query).all())
