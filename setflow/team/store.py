"""Applied configuration files, and who people are in Mattermost, in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.schema import accounts, versions


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


@dataclass(frozen=True, slots=True)
class Account:
    """A Mattermost user as last seen."""

    username: str
    user_id: str
    guest: bool
    active: bool


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


def keep_accounts(tx: Tx, found: Sequence[Account], *, now: datetime) -> None:
    """Remember users; one seen before is brought up to date."""
    for account in found:
        row = {
            "username": account.username,
            "user_id": account.user_id,
            "guest": account.guest,
            "active": account.active,
            "checked_at": now,
        }
        statement = insert(accounts).values(row)
        tx.execute(statement.on_conflict_do_update(index_elements=["username"], set_=row))


def account(
    tx: Tx, *, username: str | None = None, user_id: str | None = None
) -> tuple[Account, datetime] | None:
    """A user by name or id, and when they were last looked up; None if they never were."""
    which = (
        accounts.c.username == username if username is not None else accounts.c.user_id == user_id
    )
    row = tx.execute(select(accounts).where(which)).first()
    if row is None:
        return None
    return Account(row.username, row.user_id, row.guest, row.active), row.checked_at
