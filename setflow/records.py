"""Instances in PostgreSQL: one row each, whose `state` is the value its rules work on.

A store names its table, its type and the columns it is looked up by; the rest is the same for all.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Integer,
    Result,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from setflow.db import Tx

State = TypeVar("State", bound="HasId")
_ANY: TypeAdapter[Any] = TypeAdapter(Any)


class HasId(Protocol):
    """What is kept by number."""

    @property
    def id(self) -> int:
        """Its number."""


def many(table: Table, names: Sequence[str]) -> Select[Any]:
    """Rows for these columns of `table`, bound as what `together` makes of them.

    A statement on it is one, however many the rows are; they come in the order given.
    """
    given = func.jsonb_to_recordset(cast(bindparam("given"), JSONB))
    kinds = (column(name, table.c[name].type) for name in names)
    return select(given.table_valued(*kinds, name="given").render_derived(with_types=True))


def together(rows: Iterable[Mapping[str, Any]], *, json: Sequence[str]) -> dict[str, str]:
    """Rows as `many` is given them; the columns `json` hold JSON as text, the others values."""
    texts = []
    for row in rows:
        plain = _ANY.dump_json({name: value for name, value in row.items() if name not in json})
        parts = "".join(f',"{name}":{row[name]}' for name in json)
        texts.append(f"{plain.decode()[:-1]}{parts}}}")
    return {"given": f"[{','.join(texts)}]"}


class NextDues:
    """When the next row of each of some tables, by name, is to be woken."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self._query = select(
            *(
                select(func.min(table.c.wake_at)).scalar_subquery().label(name)
                for name, table in tables.items()
            )
        )

    def read(self, tx: Tx) -> dict[str, datetime]:
        """The instants, without tables of which none waits."""
        found = tx.execute(self._query).one()._mapping
        return {name: instant for name, instant in found.items() if instant}


class Records(Generic[State]):
    """The rows of `table` as values of `kind`; `columns` says what a value is looked up by.

    A value has an `id`, which is the row's.
    """

    def __init__(
        self, table: Table, kind: type[State], columns: Callable[[State], Mapping[str, Any]]
    ) -> None:
        self.table, self.columns = table, columns
        self.adapter: TypeAdapter[State] = TypeAdapter(kind)
        # Built once: building a statement costs more than sending it. A state goes as text, which
        # pydantic reads and writes in a third of the time that it needs by way of Python values.
        state = self._state = select(cast(table.c.state, Text))
        names = [one.name for one in table.c]
        new = many(table, names).alias("new")
        values = {name: new.c[name] for name in names if name != "id"}
        self._update = update(table).where(table.c.id == new.c.id).values(values)
        self._insert = table.insert().from_select(names, many(table, names))
        sequence = func.pg_get_serial_sequence(table.name, "id")
        counted = func.generate_series(1, bindparam("count", type_=Integer)).table_valued("n")
        self._numbers = select(func.nextval(sequence)).select_from(counted)
        self._by_id = state.where(table.c.id == bindparam("which"))
        self._lock_by_id = self._by_id.with_for_update()
        self._due = (
            state.where(table.c.wake_at <= bindparam("now"))
            .order_by(table.c.wake_at)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True)
        )

    def new_id(self, tx: Tx) -> int:
        """A number for the next instance; what is rolled back leaves a gap."""
        return self.new_ids(tx, 1)[0]

    def new_ids(self, tx: Tx, count: int) -> list[int]:
        """Numbers for the next instances, in order."""
        return sorted(tx.execute(self._numbers, {"count": count}).scalars()) if count else []

    def add(self, tx: Tx, states: Sequence[tuple[State, datetime | None]]) -> None:
        """Keep new instances; raises IntegrityError where what one is looked up by is taken."""
        if states:
            tx.execute(self._insert, together((self._row(*one) for one in states), json=["state"]))

    def save(self, tx: Tx, states: Sequence[tuple[State, datetime | None]]) -> None:
        """Keep instances as they now are, each woken at its instant: one statement for all."""
        if states:
            tx.execute(self._update, together((self._row(*one) for one in states), json=["state"]))

    def lock(
        self, tx: Tx, where: ColumnElement[bool], given: Mapping[str, Any] | None = None
    ) -> list[State]:
        """Those that match, by id, held until `tx` ends; `given` is what `where` names."""
        query = self._state.where(where).order_by(self.table.c.id).with_for_update()
        return [self._load(state) for state in tx.execute(query, given).scalars()]

    def get(self, tx: Tx, where: ColumnElement[bool], limit: int = 1000) -> list[State]:
        """Those that match, by id, as last committed."""
        query = self._state.where(where).order_by(self.table.c.id).limit(limit)
        return [self._load(state) for state in tx.execute(query).scalars()]

    def lock_one(self, tx: Tx, number: int) -> State | None:
        """The one of this number, held until `tx` ends."""
        return self._first(tx.execute(self._lock_by_id, {"which": number}))

    def get_one(self, tx: Tx, number: int) -> State | None:
        """The one of this number, as last committed."""
        return self._first(tx.execute(self._by_id, {"which": number}))

    def lock_due(self, tx: Tx, now: datetime, limit: int) -> list[State]:
        """Up to `limit` that are to be woken by `now`, longest overdue first.

        Those that another process is working are passed over.
        """
        found = tx.execute(self._due, {"now": now, "most": limit})
        return [self._load(state) for state in found.scalars()]

    def _first(self, found: Result[Any]) -> State | None:
        state = found.scalars().first()
        return None if state is None else self._load(state)

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

    def _row(self, state: State, wake_at: datetime | None) -> dict[str, Any]:
        text = self.adapter.dump_json(state).decode()
        return {"id": state.id, **self.columns(state), "state": text, "wake_at": wake_at}

    def _load(self, state: str) -> State:
        return self.adapter.validate_json(state)
