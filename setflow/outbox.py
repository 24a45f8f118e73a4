"""Effects that wait to be delivered.

The engine writes them in the transaction of the decision they follow from: either both are there or
neither is. The relay takes them out, delivers them, and settles them together with their receipt.
An effect is delivered at least once; its key lets the far side, or the relay, drop a repeat.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Text,
    and_,
    bindparam,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from setflow import effects as effects_module
from setflow.db import EFFECTS_WAIT, Tx, notify
from setflow.effects import Effect, Receipt
from setflow.records import many, together
from setflow.schema import outbox, receipts

log = logging.getLogger(__name__)

UNREADABLE = timedelta(seconds=5)
"""How long an effect that this process cannot read is left to others."""

_FIRST = ("PagePerson", "ShowDigest")
"""What somebody is woken by goes before all else; the index outbox_next names the same."""

_KINDS: dict[str, TypeAdapter[Effect]] = {
    name: TypeAdapter(kind)
    for name, kind in vars(effects_module).items()
    if isinstance(kind, type) and issubclass(kind, Effect) and kind is not Effect
}


def _blocked() -> ColumnElement[bool]:
    """Whether an older effect of the same lane still waits."""
    older = outbox.alias()
    query = select(older.c.id).where(
        older.c.lane == outbox.c.lane, older.c.settled_at.is_(None), older.c.id < outbox.c.id
    )
    return query.exists()


_PUT_COLUMNS = ("key", "lane", "system", "kind", "payload", "reason", "decided_at", "due_at")
_PUT = outbox.insert().from_select(_PUT_COLUMNS, many(outbox, _PUT_COLUMNS))
# What is asked for each effect is built once: building a statement costs more than sending it.
_DUE = (
    select(outbox.c.id)
    .where(
        outbox.c.settled_at.is_(None),
        outbox.c.dead_at.is_(None),
        outbox.c.due_at <= bindparam("now"),
        outbox.c.system == func.any(bindparam("systems", type_=ARRAY(Text))),
        # What a newer setflow put there is for newer processes.
        outbox.c.kind == func.any(bindparam("kinds", sorted(_KINDS), type_=ARRAY(Text))),
        ~_blocked(),
    )
    .order_by(
        and_(*(outbox.c.kind != literal(kind, literal_execute=True) for kind in _FIRST)),
        outbox.c.id,
    )
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True)
    .cte("due")
)
_CLAIM = (
    update(outbox)
    .where(outbox.c.id == _DUE.c.id)
    .values(due_at=bindparam("until"), attempts=outbox.c.attempts + 1)
    .returning(outbox)
)
_PUT_OFF = (
    update(outbox)
    .where(outbox.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
    .values(due_at=bindparam("until"), error=bindparam("why"))
)
_SETTLE = (
    update(outbox)
    .where(outbox.c.id == bindparam("which"), outbox.c.settled_at.is_(None))
    .values(settled_at=bindparam("now"), outcome=bindparam("what"), error=None, dead_at=None)
)


def _kept(new: Insert) -> Insert:
    newer = {name: new.excluded[name] for name in ("channel", "remote", "at")}
    return new.on_conflict_do_update(index_elements=["lane"], set_=newer)


_KEEP_RECEIPT = _kept(insert(receipts))
_SETTLED = _SETTLE.returning(outbox.c.lane).cte("settled")
_SETTLE_WITH_RECEIPT = _kept(
    insert(receipts).from_select(
        ["lane", "channel", "remote", "at"],
        select(
            _SETTLED.c.lane,
            bindparam("channel", type_=Text),
            bindparam("remote", type_=Text),
            bindparam("now", type_=receipts.c.at.type),
        ),
    )
)
_RECEIPT = select(receipts.c.channel, receipts.c.remote).where(
    receipts.c.lane == bindparam("which")
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """An effect taken out for delivery.

    attempts  which try this is, from 1
    fence     the end of the lease that this try holds; a later try has another
    """

    id: int
    effect: Effect
    attempts: int
    gave_up: int
    decided_at: datetime
    reason: str
    fence: datetime


def put(tx: Tx, effects: Iterable[tuple[Effect, str]], *, now: datetime) -> None:
    """Leave effects to be delivered, in this order, once `tx` has committed.

    Each comes with its reason: which rule of which version asked for it.

    A key names one effect for ever. Putting one twice is a mistake in the rules, and raises
    IntegrityError: a page that is dropped in silence is worse.
    """
    rows = [
        {
            "key": effect.key,
            "lane": effect.lane,
            "system": effect.system,
            "kind": type(effect).__name__,
            "payload": _KINDS[type(effect).__name__].dump_json(effect).decode(),
            "reason": reason,
            "decided_at": now,
            "due_at": now,
        }
        for effect, reason in effects
    ]
    if rows:
        tx.execute(_PUT, together(rows, json=["payload"]))
        notify(tx, EFFECTS_WAIT)


def claim(
    tx: Tx, systems: Collection[str], *, now: datetime, lease: timedelta, limit: int
) -> list[Waiting]:
    """Take up to `limit` effects of `systems` due at `now`, at most the oldest of each lane.

    They come back to others once `lease` has passed: that must be longer than a delivery takes.
    Effects that another transaction is taking are passed over, not waited for, and so are those
    that only another version of setflow can read. Pages come first.
    """
    given = {"now": now, "until": now + lease, "systems": list(systems), "most": limit}
    while rows := tx.execute(_CLAIM, given).all():
        if found := _readable(tx, rows, now):
            return sorted(found, key=lambda waiting: (_rank(waiting), waiting.id))
    return []


def _readable(tx: Tx, rows: Sequence[Row[Any]], now: datetime) -> list[Waiting]:
    """What can be read of `rows`; the others are left to processes that can, and said."""
    found, others = [], []
    for row in rows:
        try:
            found.append(_waiting(row))
        except ValidationError as error:
            others.append(row.id)
            # Without what it holds, which may be private.
            where = [one["loc"] for one in error.errors(include_input=False)]
            log.warning("an effect cannot be read", extra={"effect": row.key, "where": where})
    if others:
        why = "this version of setflow cannot read it"
        tx.execute(_PUT_OFF, {"ids": others, "until": now + UNREADABLE, "why": why})
    return found


def settle(
    tx: Tx, waiting: Waiting, outcome: str, *, now: datetime, receipt: Receipt | None = None
) -> bool:
    """Mark an effect as over and done, so that the next of its lane may go; keep its receipt.

    outcome  delivered, skipped (no longer wanted, or too late) or dropped (by a person)

    False, with nothing changed, if it is settled already.
    """
    given = {"which": waiting.id, "now": now, "what": outcome}
    if receipt is None:
        return bool(tx.execute(_SETTLE, given).rowcount)
    kept = {"channel": receipt.channel, "remote": receipt.remote}
    return bool(tx.execute(_SETTLE_WITH_RECEIPT, given | kept).rowcount)


def keep_receipt(tx: Tx, lane: str, receipt: Receipt, *, now: datetime) -> None:
    """Remember what the far side calls the thing that `lane` keeps."""
    row = {"lane": lane, "channel": receipt.channel, "remote": receipt.remote, "at": now}
    tx.execute(_KEEP_RECEIPT, row)


def put_off(tx: Tx, waiting: Waiting, *, until: datetime, error: str) -> None:
    """Try again at `until`; `error` is why this try failed. Nothing if another try has begun."""
    tx.execute(
        update(outbox)
        .where(outbox.c.id == waiting.id, outbox.c.settled_at.is_(None), _mine(waiting))
        .values(due_at=until, error=error)
    )


def give_up(tx: Tx, waiting: Waiting, *, now: datetime, error: str) -> bool:
    """Leave the effect, and its lane, until a person decides; False if another try has begun."""
    done = tx.execute(
        update(outbox)
        .where(outbox.c.id == waiting.id, outbox.c.settled_at.is_(None), _mine(waiting))
        .values(dead_at=now, error=error, gave_up=outbox.c.gave_up + 1)
    )
    return bool(done.rowcount)


def retry(tx: Tx, effect_id: int, *, now: datetime) -> bool:
    """Try a dead letter again, at once; False if it is none."""
    done = tx.execute(
        update(outbox)
        .where(outbox.c.id == effect_id, outbox.c.dead_at.is_not(None))
        .values(dead_at=None, due_at=now, attempts=0)
    )
    notify(tx, EFFECTS_WAIT)
    return bool(done.rowcount)


def drop(tx: Tx, effect_id: int, *, now: datetime) -> bool:
    """Throw a dead letter away; False if it is none, or a page: those are never thrown away."""
    done = tx.execute(
        update(outbox)
        .where(
            outbox.c.id == effect_id, outbox.c.dead_at.is_not(None), outbox.c.kind != "PagePerson"
        )
        .values(dead_at=None, settled_at=now, outcome="dropped")
    )
    return bool(done.rowcount)


def receipt(tx: Tx, lane: str) -> Receipt | None:
    """What the far side calls the thing that `lane` keeps; None if it was never made."""
    row = tx.execute(_RECEIPT, {"which": lane}).first()
    return Receipt(*row) if row else None


def lane_of(tx: Tx, remote: str) -> str | None:
    """The lane whose remote thing has this id, such as the page that a post is."""
    query = select(receipts.c.lane).where(receipts.c.remote == remote)
    return tx.execute(query).scalars().first()


def receipts_like(tx: Tx, prefix: str, since: datetime) -> Mapping[str, Receipt]:
    """Receipts of lanes that begin with `prefix`, kept since an instant, by lane."""
    query = select(receipts).where(
        receipts.c.lane.startswith(prefix, autoescape=True), receipts.c.at >= since
    )
    return {row.lane: Receipt(row.channel, row.remote) for row in tx.execute(query)}


def next_due(tx: Tx) -> datetime | None:
    """When the next effect may be tried; None if none waits but the dead and those behind them."""
    query = select(func.min(outbox.c.due_at)).where(
        outbox.c.settled_at.is_(None), outbox.c.dead_at.is_(None), ~_blocked()
    )
    found: datetime | None = tx.execute(query).scalar_one()
    return found


def find(tx: Tx, *, key: str | None = None, effect_id: int | None = None) -> Row[Any] | None:
    """One effect with all that is known of it, by its key or its number."""
    which = outbox.c.key == key if key is not None else outbox.c.id == effect_id
    return tx.execute(select(outbox).where(which)).first()


def last_of(tx: Tx, lane: str) -> Row[Any] | None:
    """The newest effect of a lane that was delivered."""
    query = select(outbox).where(outbox.c.lane == lane, outbox.c.outcome == "delivered")
    return tx.execute(query.order_by(outbox.c.id.desc()).limit(1)).first()


def dead(tx: Tx) -> Sequence[Row[Any]]:
    """The dead letters, oldest first."""
    query = select(outbox).where(outbox.c.dead_at.is_not(None), outbox.c.settled_at.is_(None))
    return tx.execute(query.order_by(outbox.c.id)).all()


def behind(tx: Tx, effect_id: int, lane: str) -> int:
    """How many effects wait behind one in its lane."""
    query = select(func.count()).where(
        outbox.c.lane == lane, outbox.c.settled_at.is_(None), outbox.c.id > effect_id
    )
    return int(tx.execute(query).scalar_one())


def everything(tx: Tx) -> Sequence[Row[Any]]:
    """Every effect there ever was, oldest first: of a demonstration, not of years of duty."""
    return tx.execute(select(outbox).order_by(outbox.c.id)).all()


def in_lanes(tx: Tx, prefix: str) -> Sequence[Row[Any]]:
    """The effects of all lanes that begin with `prefix`, oldest first."""
    query = select(outbox).where(outbox.c.lane.startswith(prefix, autoescape=True))
    return tx.execute(query.order_by(outbox.c.id)).all()


def pages(tx: Tx, since: datetime) -> Mapping[str, int]:
    """How many alerts each person was paged for since an instant; again by its ladder is again."""
    rows = outbox.c
    person = rows.payload["person"].astext
    alert = func.concat(rows.payload["alert"].astext, ".", rows.payload["nth"].astext)
    query = select(person, func.count(alert.distinct())).where(
        rows.kind == "PagePerson", rows.outcome == "delivered", rows.decided_at >= since
    )
    return {row[0]: row[1] for row in tx.execute(query.group_by(person))}


def decode(kind: str, payload: Mapping[str, Any]) -> Effect:
    """The effect that a row holds."""
    return _KINDS[kind].validate_python(payload)


def _waiting(row: Row[Any]) -> Waiting:
    effect = decode(row.kind, row.payload)
    return Waiting(
        row.id, effect, row.attempts, row.gave_up, row.decided_at, row.reason, row.due_at
    )


def _rank(waiting: Waiting) -> int:
    return 0 if type(waiting.effect).__name__ in _FIRST else 1


def _mine(waiting: Waiting) -> Any:
    return outbox.c.due_at == waiting.fence
