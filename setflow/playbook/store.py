"""Runs in PostgreSQL."""

from collections.abc import Sequence

from sqlalchemy import select

from setflow.db import Tx
from setflow.playbook.spec import Run
from setflow.records import Records
from setflow.schema import runs

records: Records[Run] = Records(
    runs,
    Run,
    lambda run: {
        "playbook": run.playbook.name,
        "dedupe": run.dedupe,
        "status": run.status,
        "started_at": run.started_at,
    },
)


def lock(tx: Tx, run: int) -> Run | None:
    """The run of this number, held until `tx` ends."""
    return records.lock_one(tx, run)


def lock_open(tx: Tx, playbook: str | None = None, dedupe: str | None = None) -> Sequence[Run]:
    """Open runs of a playbook and dedupe key, or all of them, held until `tx` ends."""
    which = runs.c.status == "open"
    if playbook is not None:
        which &= runs.c.playbook == playbook
    if dedupe is not None:
        which &= runs.c.dedupe == dedupe
    return records.lock(tx, which)


def known(tx: Tx, playbook: str, dedupe: str) -> bool:
    """Whether a run of this playbook and key ever was."""
    which = (runs.c.playbook == playbook) & (runs.c.dedupe == dedupe)
    return tx.execute(select(runs.c.id).where(which).limit(1)).first() is not None


def get(tx: Tx, run: int) -> Run | None:
    """The run of this number."""
    return records.get_one(tx, run)


def open_runs(tx: Tx) -> Sequence[Run]:
    """All open runs, oldest first."""
    return records.get(tx, runs.c.status == "open")
