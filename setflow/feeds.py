"""Calendar feeds in PostgreSQL: those that people opened of duties, and those of their absences."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.schema import absence_feeds
from setflow.schema import feeds as table


@dataclass(frozen=True, slots=True)
class Feed:
    """A calendar of `target` (a seat or rotation; "" for the owner's own duties) that is open.

    kind  person | seat | rotation
    """

    id: str
    kind: str
    target: str
    owner: str


@dataclass(frozen=True, slots=True)
class AbsenceFeed:
    """Where a person's absences are read. `every`: all events of it, not those that say so alone.

    error  why the last reading failed, "" where it did not
    """

    person: str
    url: str = field(repr=False)
    every: bool
    error: str = ""


def add(tx: Tx, feed: Feed, *, now: datetime) -> None:
    """Keep a calendar that is open from now on."""
    row = {"id": feed.id, "kind": feed.kind, "target": feed.target, "owner": feed.owner}
    tx.execute(table.insert().values(**row, created_at=now))


def get(tx: Tx, number: str) -> Feed | None:
    """The open calendar of this id."""
    query = select(table).where(table.c.id == number, table.c.revoked_at.is_(None))
    row = tx.execute(query).first()
    return Feed(row.id, row.kind, row.target, row.owner) if row else None


def of(tx: Tx, owner: str) -> list[Feed]:
    """The open calendars of somebody, the oldest first."""
    query = select(table).where(table.c.owner == owner, table.c.revoked_at.is_(None))
    rows = tx.execute(query.order_by(table.c.created_at, table.c.id))
    return [Feed(row.id, row.kind, row.target, row.owner) for row in rows]


def revoke(tx: Tx, ids: Collection[str], *, now: datetime) -> None:
    """From now on these calendars are open no more."""
    tx.execute(update(table).where(table.c.id.in_(ids)).values(revoked_at=now))


def follow(tx: Tx, feed: AbsenceFeed) -> None:
    """Read a person's absences there from now on, in place of where they were read before."""
    row = {
        "person": feed.person,
        "url": feed.url,
        "every": feed.every,
        "checked_at": None,
        "error": None,
    }
    statement = insert(absence_feeds).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["person"], set_=row))


def leave(tx: Tx, person: str) -> bool:
    """Read a person's absences nowhere; False where they were not read."""
    done = tx.execute(delete(absence_feeds).where(absence_feeds.c.person == person))
    return bool(done.rowcount)


def followed(
    tx: Tx, *, read_before: datetime | None = None, limit: int = 10_000
) -> Sequence[AbsenceFeed]:
    """Where absences are read; of those last read before an instant, the longest waiting first."""
    checked_at = absence_feeds.c.checked_at
    query = select(absence_feeds).order_by(checked_at.nulls_first(), absence_feeds.c.person)
    if read_before:
        query = query.where(checked_at.is_(None) | (checked_at <= read_before))
    rows = tx.execute(query.limit(limit))
    return [AbsenceFeed(row.person, row.url, row.every, row.error or "") for row in rows]


def checked(tx: Tx, person: str, *, error: str, now: datetime) -> None:
    """A person's absences were read, or were not, and why."""
    which = update(absence_feeds).where(absence_feeds.c.person == person)
    tx.execute(which.values(checked_at=now, error=error or None))
