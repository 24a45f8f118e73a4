"""What setflow looks after by itself, in PostgreSQL: a name, what it remembers, when to look."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.schema import chores

State = Mapping[str, Any]

PEOPLE = "people"
"""The chore that remembers who is not in Mattermost: `gone`, name → why; `told`, names."""
MAINTENANCE = "maintenance:chat"
"""The chore that remembers the maintenance windows that chat opened: `windows`, and the `last`
number."""


def state(tx: Tx, name: str) -> State:
    """What a chore remembers, as last committed; {} of one never done."""
    row: Row[Any] | None = tx.execute(select(chores.c.state).where(chores.c.name == name)).first()
    return row.state if row else {}


def hold(tx: Tx, name: str) -> State:
    """The same, held until `tx` ends; one that was never done is kept from now on."""
    new: dict[str, Any] = {"name": name, "state": {}, "wake_at": None}
    tx.execute(insert(chores).values(new).on_conflict_do_nothing())
    query = select(chores.c.state).where(chores.c.name == name).with_for_update()
    found: State = tx.execute(query).scalar_one()
    return found


def save(tx: Tx, name: str, state: State, wake_at: datetime | None) -> None:
    """Keep what a chore remembers, to be looked after again at `wake_at`; None for never."""
    row = {"name": name, "state": dict(state), "wake_at": wake_at}
    statement = insert(chores).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_=row))


def hold_all(tx: Tx, names: Sequence[str]) -> Mapping[str, State]:
    """What chores remember, held until `tx` ends; {} of those never done, kept from now on.

    They are held in the order given, which should be the same for all who hold several.
    """
    if not names:
        return {}
    new: list[dict[str, Any]] = [{"name": name, "state": {}, "wake_at": None} for name in names]
    statement = insert(chores).values(new)
    # Nothing changes of one that is there, but it is held.
    same = {"name": statement.excluded.name}
    kept = statement.on_conflict_do_update(index_elements=["name"], set_=same)
    rows = tx.execute(kept.returning(chores.c.name, chores.c.state))
    return {row.name: row.state for row in rows}


def save_all(tx: Tx, rows: Sequence[tuple[str, State, datetime | None]]) -> None:
    """Keep what several chores remember, each with when to look after it; None for never."""
    if not rows:
        return
    new = [{"name": name, "state": dict(state), "wake_at": at} for name, state, at in rows]
    statement = insert(chores).values(new)
    values = {"state": statement.excluded.state, "wake_at": statement.excluded.wake_at}
    tx.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


def plan(tx: Tx, name: str, wake_at: datetime, *, now: datetime) -> None:
    """Have a chore looked after at `wake_at`; one that is due already stays so."""
    statement = insert(chores).values({"name": name, "state": {}, "wake_at": wake_at})
    not_due = chores.c.wake_at.is_(None) | (chores.c.wake_at > now)
    tx.execute(
        statement.on_conflict_do_update(
            index_elements=["name"], set_={"wake_at": wake_at}, where=not_due
        )
    )


def forget(tx: Tx, kind: str, *, but: Collection[str]) -> Mapping[str, State]:
    """Look no more after chores whose names begin with `kind:`, but those named.

    What the others remembered, by name.
    """
    others = chores.c.name.startswith(f"{kind}:", autoescape=True) & chores.c.name.not_in(but)
    gone = delete(chores).where(others).returning(chores.c.name, chores.c.state)
    return {row.name: row.state for row in tx.execute(gone)}


def lock_due(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Up to `limit` that are due by `now`, longest overdue first; others' are passed over."""
    query = (
        select(chores.c.name)
        .where(chores.c.wake_at <= now)
        .order_by(chores.c.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(query).scalars())


def put_off(tx: Tx, now: datetime, until: datetime) -> list[str]:
    """Look after the longest overdue at `until` instead; its name, none if none is due."""
    names = lock_due(tx, now, 1)
    tx.execute(update(chores).where(chores.c.name.in_(names)).values(wake_at=until))
    return names
