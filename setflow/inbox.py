"""What was pushed in and is not yet worked, how far the pulls have read, and who works it.

A door stores what it was given, answers, and the ticker works it at once. A delivery is kept once:
a repeat is recognised by the far side's own name for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Text,
    bindparam,
    column,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from setflow.db import DELIVERIES_WAIT, Tx
from setflow.schema import house, inbox, processes, pulls


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing that came in; `attempts` is how often working it has failed so far."""

    id: int
    source: str
    payload: Mapping[str, Any]
    received_at: datetime
    attempts: int


_LOCK_DUE = (
    select(inbox.c.id, inbox.c.source, inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
    .where(inbox.c.wake_at <= bindparam("now"))
    .order_by(inbox.c.id)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
)
_WORKED = (
    update(inbox)
    .where(inbox.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
    .values(wake_at=None, error=None)
)
_OUTCOMES = (
    func.jsonb_to_recordset(bindparam("given", type_=JSONB))
    .table_valued(column("id", BigInteger), column("outcome", JSONB))
    .render_derived(with_types=True)
)
_ANSWERED = update(inbox).where(inbox.c.id == _OUTCOMES.c.id).values(outcome=_OUTCOMES.c.outcome)
_GIVEN = (
    func.jsonb_to_recordset(bindparam("given", type_=JSONB))
    .table_valued(
        column("source", Text),
        column("delivery", Text),
        column("payload", JSONB),
        column("at", DateTime(timezone=True)),
    )
    .render_derived(with_types=True)
)
_NEW = (
    insert(inbox)
    .from_select(
        ["source", "delivery", "payload", "received_at", "wake_at"],
        select(
            _GIVEN.c.source, _GIVEN.c.delivery, _GIVEN.c.payload, _GIVEN.c["at"], _GIVEN.c["at"]
        ),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.source, inbox.c.delivery)
    .cte("new")
)
# One statement with its notice, so that it may be a transaction of its own; equal ones count once.
_ACCEPT = select(_NEW.c.source, _NEW.c.delivery, func.pg_notify(DELIVERIES_WAIT, ""))
_ASKED = (func.unnest(bindparam(name, type_=ARRAY(Text))) for name in ("sources", "deliveries"))
_KNOWN = select(inbox.c.id, inbox.c.source, inbox.c.delivery).where(
    tuple_(inbox.c.source, inbox.c.delivery).in_(select(*_ASKED))
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was pushed in at an instant; `delivery` is the far side's own name for it."""

    source: str
    delivery: str
    payload: Mapping[str, Any]
    at: datetime


def accept(tx: Tx, pushed: Sequence[Pushed]) -> set[tuple[str, str]]:
    """Keep deliveries to be worked at once; source and delivery of those not kept before."""
    given = [{**asdict(one), "at": one.at.isoformat()} for one in pushed]
    return {(row.source, row.delivery) for row in tx.execute(_ACCEPT, {"given": given})}


def known(tx: Tx, names: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], int]:
    """Of these sources and deliveries, those that were kept, each with its number."""
    wanted = {"sources": [one[0] for one in names], "deliveries": [one[1] for one in names]}
    return {(row.source, row.delivery): row.id for row in tx.execute(_KNOWN, wanted)}


def lock_due(tx: Tx, now: datetime, limit: int) -> Sequence[Delivery]:
    """Up to `limit` deliveries to be worked by `now`, oldest first, held until `tx` ends."""
    return [Delivery(*row) for row in tx.execute(_LOCK_DUE, {"now": now, "most": limit})]


def get(tx: Tx, number: int) -> Delivery | None:
    """The delivery of this number; None where it is kept no more."""
    names = (inbox.c.id, inbox.c.source, inbox.c.payload, inbox.c.received_at, inbox.c.attempts)
    row = tx.execute(select(*names).where(inbox.c.id == number)).first()
    return Delivery(*row) if row else None


def worked(tx: Tx, ids: Sequence[int]) -> None:
    """These are done; they stay to recognise a repeat."""
    tx.execute(_WORKED, {"ids": ids})


def answer(tx: Tx, outcomes: Mapping[int, Mapping[str, Any]]) -> None:
    """Keep what became of deliveries, by id, for whoever asks later."""
    if outcomes:
        given = [{"id": number, "outcome": outcome} for number, outcome in outcomes.items()]
        tx.execute(_ANSWERED, {"given": given})


def outcome(tx: Tx, source: str, delivery: str) -> Mapping[str, Any] | None:
    """What became of a delivery: `error` alone where it was given up; None where it waits yet."""
    query = select(inbox.c.wake_at, inbox.c.outcome, inbox.c.error).where(
        inbox.c.source == source, inbox.c.delivery == delivery
    )
    row = tx.execute(query).first()
    if row is None or row.wake_at is not None:
        return None
    found: Mapping[str, Any] = row.outcome or {"error": row.error or ""}
    return found


def failed(tx: Tx, delivery: Delivery, *, again_at: datetime | None, error: str) -> None:
    """Working it failed; it is tried again at `again_at`, or left where that is None."""
    tx.execute(
        update(inbox)
        .where(inbox.c.id == delivery.id)
        .values(wake_at=again_at, attempts=inbox.c.attempts + 1, error=error)
    )


def take_pull(
    tx: Tx, source: str, process: str, *, now: datetime, lease: timedelta
) -> Mapping[str, Any] | None:
    """Lease a pull to `process`: its cursor, {} at first; None while another process has it."""
    tx.execute(insert(pulls).values(source=source, cursor={}).on_conflict_do_nothing())
    taken = (
        update(pulls)
        .where(
            pulls.c.source == source,
            or_(
                pulls.c.leased_until.is_(None),
                pulls.c.leased_until <= now,
                pulls.c.leased_by == process,
            ),
        )
        .values(leased_by=process, leased_until=now + lease)
        .returning(pulls.c.cursor)
    )
    return tx.execute(taken).scalar_one_or_none()


def keep_pull(
    tx: Tx,
    source: str,
    process: str,
    *,
    cursor: Mapping[str, Any] | None,
    error: str,
    now: datetime,
) -> None:
    """End a lease: keep the cursor, or (None) leave it and keep what went wrong."""
    values: dict[str, Any] = {"leased_until": None, "leased_by": None, "error": error or None}
    if cursor is not None:
        values |= {"cursor": cursor, "succeeded_at": now}
    tx.execute(
        update(pulls).where(pulls.c.source == source, pulls.c.leased_by == process).values(values)
    )


def pull_states(tx: Tx) -> Mapping[str, tuple[datetime | None, str]]:
    """Of each pull: when it last succeeded, and what went wrong since ("" for nothing)."""
    rows = tx.execute(select(pulls.c.source, pulls.c.succeeded_at, pulls.c.error))
    return {row.source: (row.succeeded_at, row.error or "") for row in rows}


def report(tx: Tx, process: str, version: int, *, now: datetime) -> int:
    """Keep that a process runs; returns the oldest version that may tick on this schema."""
    row = {"name": process, "version": version, "seen_at": now}
    statement = insert(processes).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))
    return tx.execute(select(func.max(house.c.oldest))).scalar_one() or 0


def forget_process(tx: Tx, process: str) -> None:
    """A process has ended as it should."""
    tx.execute(delete(processes).where(processes.c.name == process))


def reported_since(tx: Tx, since: datetime, *, beside: str = "") -> bool:
    """Whether any process, `beside` not counted, has said since an instant that it runs."""
    query = select(func.count()).where(processes.c.seen_at >= since, processes.c.name != beside)
    return bool(tx.execute(query.select_from(processes)).scalar_one())
