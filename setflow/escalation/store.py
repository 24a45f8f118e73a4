"""Alerts in PostgreSQL."""

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from setflow.db import Tx
from setflow.escalation.rules import Alert
from setflow.records import Records
from setflow.schema import alerts

records: Records[Alert] = Records(
    alerts,
    Alert,
    lambda alert: {
        "source": alert.source,
        "key": alert.key,
        "status": alert.status,
        "remote": alert.remote,
        "fired_at": alert.fired_at,
    },
)


def lock(tx: Tx, alert: int) -> Alert | None:
    """The alert of this number, held until `tx` ends."""
    return records.lock_one(tx, alert)


def lock_open(tx: Tx, source: str, key: str) -> Alert | None:
    """The open alert of a source and key, held until `tx` ends; a source has one at a time."""
    which = (alerts.c.source == source) & (alerts.c.key == key) & (alerts.c.status != "resolved")
    return next(iter(records.lock(tx, which)), None)


def get(tx: Tx, alert: int) -> Alert | None:
    """The alert of this number."""
    return records.get_one(tx, alert)


_FIRING = select(alerts.c.id, alerts.c.state["nth"].as_integer().label("nth")).where(
    alerts.c.status == "firing"
)


def firing(tx: Tx) -> Mapping[int, int]:
    """Number → `nth` of the alerts that nobody has; none of them is read whole."""
    return {row.id: row.nth for row in tx.execute(_FIRING)}


def open_alerts(tx: Tx) -> Sequence[Alert]:
    """All that are not resolved, oldest first."""
    return records.get(tx, alerts.c.status != "resolved")


def known_remote(tx: Tx, remote: str) -> bool:
    """Whether an alert of OpsGenie's with this id ever was here."""
    return bool(records.get(tx, alerts.c.remote == remote, limit=1))
