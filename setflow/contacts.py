"""Contact methods and how they verified themselves, and links that were used, in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import Column, exists, select, update
from sqlalchemy.dialects.postgresql import Insert, insert

from setflow.db import Tx
from setflow.schema import contacts as table
from setflow.schema import links

Way = tuple[str, str, str]
"""A person, the method, and the digest of where it goes."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a contact method.

    asked      when test pages were sent, the newest last; `number` counts them all
    tries      wrong codes given for the newest
    verified   since when it is known to reach them; None: it never verified so
    sent       when a gateway last took something; `delivered` when it said that it arrived
    failed     when something last failed, and `error` why
    """

    number: int = 0
    asked: tuple[datetime, ...] = ()
    tries: int = 0
    verified: datetime | None = None
    sent: datetime | None = None
    delivered: datetime | None = None
    failed: datetime | None = None
    error: str = ""


_KNOWN = TypeAdapter(Known)


def of(tx: Tx, person: str) -> dict[tuple[str, str], Known]:
    """What is known of a person's methods, by method and receiver."""
    rows = tx.execute(select(table).where(table.c.person == person))
    return {(row.via, row.receiver): _KNOWN.validate_python(row.state) for row in rows}


def hold(tx: Tx, person: str, way: tuple[str, str]) -> Known:
    """What is known of one method, by method and receiver, held until `tx` ends."""
    key = {"person": person, "via": way[0], "receiver": way[1]}
    tx.execute(insert(table).values(**key, state={}).on_conflict_do_nothing())
    query = select(table.c.state).filter_by(**key).with_for_update()
    return _KNOWN.validate_python(tx.execute(query).scalar_one())


def meet(tx: Tx, person: str, way: tuple[str, str]) -> bool:
    """Whether a method is new to us, which it is no more from now on."""
    row = {"person": person, "via": way[0], "receiver": way[1], "state": {}}
    return _added(tx, insert(table).values(row), table.c.person)


def save(tx: Tx, person: str, way: tuple[str, str], known: Known) -> None:
    """Keep what is known of one method; it is held."""
    mine = (table.c.person == person) & (table.c.via == way[0]) & (table.c.receiver == way[1])
    tx.execute(update(table).where(mine).values(state=_KNOWN.dump_python(known, mode="json")))


_VERIFIED = select(table.c.person, table.c.via, table.c.receiver).where(
    table.c.state["verified"].as_string().is_not(None)
)


def verified(tx: Tx) -> frozenset[Way]:
    """All methods that verified that they reach somebody."""
    return frozenset((row.person, row.via, row.receiver) for row in tx.execute(_VERIFIED))


def hold_all(tx: Tx, person: str) -> Sequence[Known]:
    """What is known of all methods of a person, held until `tx` ends, in a fixed order."""
    query = select(table.c.state).where(table.c.person == person)
    query = query.order_by(table.c.via, table.c.receiver).with_for_update()
    return [_KNOWN.validate_python(state) for state in tx.execute(query).scalars()]


def use_link(tx: Tx, link: str, alert: int, person: str, *, now: datetime) -> bool:
    """Note that a link was used; False where it was before. A repeat waits for the first's end."""
    row = {"id": link, "used_at": now, "alert": alert, "person": person}
    return _added(tx, insert(links).values(row), links.c.id)


def was_used(tx: Tx, link: str) -> bool:
    """Whether a link was used."""
    return bool(tx.execute(select(exists().where(links.c.id == link))).scalar())


def _added(tx: Tx, new: Insert, key: Column[object]) -> bool:
    """Whether a row was not there before."""
    return tx.execute(new.on_conflict_do_nothing().returning(key)).first() is not None
