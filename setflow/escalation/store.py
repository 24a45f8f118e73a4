"""Alerts in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Text, bindparam, func, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from setflow.db import Tx
from setflow.escalation.rules import Alert
from setflow.records import Records
from setflow.schema import alerts

Name = tuple[str, str]
"""What the far side calls an alert: its source, and its key there."""

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


_WANTED = select(*(func.unnest(bindparam(name, type_=ARRAY(Text))) for name in ("sources", "keys")))
_OPEN = tuple_(alerts.c.source, alerts.c.key).in_(_WANTED) & (alerts.c.status != "resolved")


def lock_all_open(tx: Tx, names: Collection[Name]) -> list[Alert]:
    """The open alerts of these sources and keys, held until `tx` ends; each has one at a time."""
    sources, keys = ([name[part] for name in names] for part in (0, 1))
    return records.lock(tx, _OPEN, {"sources": sources, "keys": keys})


def get(tx: Tx, alert: int) -> Alert | None:
    """The alert of this number."""
    return records.get_one(tx, alert)


_ASKED = alerts.c.state["check_at"].as_string().is_not(None)
_HELPED = func.jsonb_array_length(alerts.c.state["helpers"]) > 0
_WAITING = select(alerts.c.id, alerts.c.state["nth"].as_integer().label("nth")).where(
    (alerts.c.status == "firing") | ((alerts.c.status == "acknowledged") & (_ASKED | _HELPED))
)


def waiting(tx: Tx) -> Mapping[int, int]:
    """Number → `nth` of the alerts whose pages may be answered; none of them is read whole.

    Those are the ones that nobody has, those whose owner is to be heard again, and those with which
    somebody is asked to help.
    """
    return {row.id: row.nth for row in tx.execute(_WAITING)}


def open_alerts(tx: Tx) -> Sequence[Alert]:
    """All that are not resolved, oldest first."""
    return records.get(tx, alerts.c.status != "resolved")


def known_remote(tx: Tx, remote: str) -> bool:
    """Whether an alert of OpsGenie's with this id ever was here."""
    return bool(records.get(tx, alerts.c.remote == remote, limit=1))
