"""Applied configuration files, in PostgreSQL."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from setflow.db import Tx
from setflow.schema import versions


@dataclass(frozen=True, slots=True)
class Applied:
    """One configuration as it was applied. `playbooks`: name → (file, text)."""

    id: int
    file: str
    text: str
    playbooks: Mapping[str, tuple[str, str]]
    digest: str
    applied_at: datetime
    applied_by: str


_NEWEST = select(versions.c.id, versions.c.digest).order_by(versions.c.id.desc()).limit(1)


def newest(tx: Tx) -> tuple[int, str] | None:
    """The version in force: its number and its digest; None before the first."""
    row = tx.execute(_NEWEST).first()
    return (row.id, row.digest) if row else None


def applied_at(tx: Tx, version: int) -> datetime:
    """When a version was applied."""
    query = select(versions.c.applied_at).where(versions.c.id == version)
    found: datetime = tx.execute(query).scalar_one()
    return found


def digest(tx: Tx, version: int) -> str:
    """The digest of a version's texts."""
    query = select(versions.c.digest).where(versions.c.id == version)
    found: str = tx.execute(query).scalar_one()
    return found


def read(tx: Tx, version: int) -> Applied:
    """The version of this number."""
    row = tx.execute(select(versions).where(versions.c.id == version)).one()
    return Applied(
        row.id,
        row.file,
        row.text,
        {name: (file, text) for name, (file, text) in row.playbooks.items()},
        row.digest,
        row.applied_at,
        row.applied_by,
    )


def lock(tx: Tx) -> None:
    """Keep everybody else from applying until `tx` ends."""
    tx.execute(select(func.pg_advisory_xact_lock(func.hashtext("setflow.apply"))))


def add(tx: Tx, applied: Applied) -> int:
    """Keep a version (its `id` is not used); returns its number."""
    row = {
        "file": applied.file,
        "text": applied.text,
        "playbooks": {name: list(pair) for name, pair in applied.playbooks.items()},
        "digest": applied.digest,
        "applied_at": applied.applied_at,
        "applied_by": applied.applied_by,
    }
    return int(tx.execute(versions.insert().values(row).returning(versions.c.id)).scalar_one())
