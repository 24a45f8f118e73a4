"""Instances in PostgreSQL: one row each, whose `state` is the value its rules work on.

A store names its table, its type and the columns it is looked up by; the rest is the same for all.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Table, bindparam, func, select, update

from setflow.db import Tx

State = TypeVar("State")


class Records(Generic[State]):
    """The rows of `table` as values of `kind`; `columns` says what a value is looked up by.

    A value has an `id`, which is the row's.
    """

    def __init__(
        self, table: Table, kind: type[State], columns: Callable[[State], Mapping[str, Any]]
    ) -> None:
        self.table, self.columns = table, columns
        self.adapter: TypeAdapter[State] = TypeAdapter(kind)

    def new_id(self, tx: Tx) -> int:
        """A number for the next instance; what is rolled back leaves a gap."""
        sequence = func.pg_get_serial_sequence(self.table.name, "id")
        return int(tx.execute(select(func.nextval(sequence))).scalar_one())

    def add(self, tx: Tx, state: State, wake_at: datetime | None) -> None:
        """Keep a new instance; raises IntegrityError where what it is looked up by is taken."""
        tx.execute(self.table.insert(), [self._row(state, wake_at)])

    def save(self, tx: Tx, states: Sequence[tuple[State, datetime | None]]) -> None:
        """Keep instances as they now are, each to be woken at its instant."""
        if not states:
            return
        rows = [self._row(state, wake_at) for state, wake_at in states]
        names = [name for name in rows[0] if name != "id"]
        values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        tx.execute(
            update(self.table).where(self.table.c.id == bindparam("which")).values(values),
            [
                {"which" if name == "id" else f"new_{name}": value for name, value in row.items()}
                for row in rows
            ],
        )

    def lock(self, tx: Tx, where: ColumnElement[bool]) -> list[State]:
        """Those that match, by id, held until `tx` ends."""
        query = select(self.table.c.state).where(where).order_by(self.table.c.id)
        return [self._load(state) for state in tx.execute(query.with_for_update()).scalars()]

    def get(self, tx: Tx, where: ColumnElement[bool], limit: int = 1000) -> list[State]:
        """Those that match, by id, as last committed."""
        query = select(self.table.c.state).where(where).order_by(self.table.c.id).limit(limit)
        return [self._load(state) for state in tx.execute(query).scalars()]

    def lock_due(self, tx: Tx, now: datetime, limit: int) -> list[State]:
        """Up to `limit` that are to be woken by `now`, longest overdue first.

        Those that another process is working are passed over.
        """
        query = (
            select(self.table.c.state)
            .where(self.table.c.wake_at <= now)
            .order_by(self.table.c.wake_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [self._load(state) for state in tx.execute(query).scalars()]

    def put_off(self, tx: Tx, now: datetime, until: datetime) -> list[int]:
        """Wake the longest overdue at `until` instead, unread; its number, none if none is due."""
        due = (
            select(self.table.c.id)
            .where(self.table.c.wake_at <= now)
            .order_by(self.table.c.wake_at)
            .limit(1)
            .with_for_update(skip_locked=True)
            .scalar_subquery()
        )
        later = update(self.table).where(self.table.c.id == due).values(wake_at=until)
        return list(tx.execute(later.returning(self.table.c.id)).scalars())

    def next_due(self, tx: Tx) -> datetime | None:
        """When the next of them is to be woken; None if none waits."""
        found: datetime | None = tx.execute(select(func.min(self.table.c.wake_at))).scalar_one()
        return found

    def _row(self, state: State, wake_at: datetime | None) -> dict[str, Any]:
        dumped = self.adapter.dump_python(state, mode="json")
        return {
            "id": dumped["id"],
            **self.columns(state),
            "state": dumped,
            "wake_at": wake_at,
        }

    def _load(self, state: Any) -> State:
        return self.adapter.validate_python(state)
