"""Incidents and their status updates in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.incident.spec import Incident
from setflow.records import Records
from setflow.schema import incidents, updates

records: Records[Incident] = Records(
    incidents,
    Incident,
    lambda incident: {
        "run": incident.run,
        "ticket": incident.ticket,
        "channel": incident.channel,
        "status": incident.status,
        "opened_at": incident.opened_at,
    },
)


def lock(tx: Tx, incident: int) -> Incident | None:
    """The incident of this number, held until `tx` ends."""
    return records.lock_one(tx, incident)


def lock_open(tx: Tx, *, ticket: str | None = None, run: int | None = None) -> Sequence[Incident]:
    """Open incidents of a ticket or a run, held until `tx` ends."""
    which = incidents.c.status == "open"
    if ticket is not None:
        which &= incidents.c.ticket == ticket
    if run is not None:
        which &= incidents.c.run == run
    return records.lock(tx, which)


def get(tx: Tx, incident: int) -> Incident | None:
    """The incident of this number."""
    return records.get_one(tx, incident)


_OPEN = (
    select(incidents.c.id, incidents.c.ticket)
    .where(incidents.c.status == "open")
    .order_by(incidents.c.id)
)


def open_ones(tx: Tx) -> Mapping[int, str]:
    """Number → ticket of all open incidents, oldest first; none of them is held or read."""
    return {row.id: row.ticket for row in tx.execute(_OPEN)}


def open_incidents(tx: Tx) -> Sequence[Incident]:
    """All open incidents, oldest first."""
    return records.get(tx, incidents.c.status == "open")


def in_channel(tx: Tx, channel: str) -> Incident | None:
    """The newest open incident whose channel has this name."""
    which = (incidents.c.status == "open") & (incidents.c.channel == channel)
    return next(reversed(records.get(tx, which)), None)


def add_update(tx: Tx, incident: int, ref: str, *, at: datetime, said: tuple[str, str, str]) -> int:
    """Keep a status update; returns its number, or 0 if `ref` was kept before.

    ref   where it was said, such as "post:x1" or "jira:MM-1:10023"
    said  (person, how, text)
    """
    person, how, text = said
    row = {"incident": incident, "ref": ref, "at": at, "person": person, "how": how, "text": text}
    statement = insert(updates).values(row).on_conflict_do_nothing().returning(updates.c.id)
    return int(tx.execute(statement).scalar_one_or_none() or 0)


def update(tx: Tx, number: int) -> Row[tuple[int, str, datetime, str, str, str]] | None:
    """The status update of this number."""
    return tx.execute(select(updates).where(updates.c.id == number)).first()
