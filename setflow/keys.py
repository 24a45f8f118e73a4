"""Keys of sources in PostgreSQL: whose each is, what it may, until when. No secret stands here."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select, update

from setflow.db import Tx
from setflow.schema import keys as table


@dataclass(frozen=True, slots=True)
class Key:
    """A key of `source`.

    id       the part of it that is no secret
    scopes   create | read | act
    digest   SHA-256 of the secret part, in hexadecimal
    used_at  when it was last shown, to the hour or so; None for never
    ends_at  lets nobody in from then on; None for no end
    """

    id: str
    source: str
    scopes: tuple[str, ...]
    digest: str = field(repr=False)
    created_at: datetime
    created_by: str
    used_at: datetime | None = None
    ends_at: datetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it lets anybody in at `now`."""
        return self.ends_at is None or now < self.ends_at


def add(tx: Tx, key: Key) -> None:
    """Keep a new key."""
    row = {
        "id": key.id,
        "source": key.source,
        "scopes": list(key.scopes),
        "digest": key.digest,
        "created_at": key.created_at,
        "created_by": key.created_by,
        "ends_at": key.ends_at,
    }
    tx.execute(table.insert().values(row))


def every(tx: Tx) -> Sequence[Key]:
    """All that there are, ended ones too, by source and age."""
    rows = tx.execute(select(table).order_by(table.c.source, table.c.created_at, table.c.id))
    return [
        Key(
            row.id,
            row.source,
            tuple(row.scopes),
            row.digest,
            row.created_at,
            row.created_by,
            row.used_at,
            row.ends_at,
        )
        for row in rows
    ]


def end(tx: Tx, ids: Collection[str], at: datetime) -> None:
    """These let nobody in from `at` on."""
    tx.execute(update(table).where(table.c.id.in_(ids)).values(ends_at=at))


def used(tx: Tx, ids: Collection[str], *, now: datetime) -> None:
    """These were shown."""
    tx.execute(update(table).where(table.c.id.in_(ids)).values(used_at=now))
