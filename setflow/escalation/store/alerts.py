"""Alerts by number, by source and key, and by their id in OpsGenie."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Text,
    and_,
    bindparam,
    func,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from setflow.db import Tx
from setflow.escalation.rules import Alert, key_of
from setflow.records import Records
from setflow.schema import alerts, members

Name = tuple[str, str]
"""What the far side calls an alert: its source, and its key there."""

records: Records[Alert] = Records(
    alerts,
    Alert,
    lambda alert: {
        "source": alert.source,
        "key": key_of(alert),
        "status": alert.status,
        "remote": alert.remote,
        "fired_at": alert.fired_at,
    },
)


def lock(tx: Tx, alert: int) -> Alert | None:
    """The alert of this number, held until `tx` ends."""
    return records.lock_one(tx, alert)


_WANTED = select(*(func.unnest(bindparam(name, type_=ARRAY(Text))) for name in ("sources", "keys")))
_UNRESOLVED = alerts.c.status != "resolved"
MEMBERS = tuple_(members.c.source, members.c.key).in_(_WANTED) & members.c.resolved_at.is_(None)
"""Members not over, by what `asked` gives."""
_OPEN = _UNRESOLVED & alerts.c.id.in_(
    union_all(
        select(alerts.c.id).where(tuple_(alerts.c.source, alerts.c.key).in_(_WANTED), _UNRESOLVED),
        select(members.c.alert).where(MEMBERS),
    )
)


def lock_all_open(tx: Tx, names: Collection[Name]) -> list[Alert]:
    """The open alerts of these sources and keys, and the groups that have members so named.

    They are held until `tx` ends.
    """
    return records.lock(tx, _OPEN, asked(names))


def asked(names: Collection[Name]) -> dict[str, list[str]]:
    """What a statement about these sources and keys is given."""
    return {
        "sources": [source for source, _ in names],
        "keys": [key for _, key in names],
    }


def get(tx: Tx, alert: int) -> Alert | None:
    """The alert of this number."""
    return records.get_one(tx, alert)


@dataclass(frozen=True, slots=True)
class Which:
    """Which of the open alerts are meant, "" for any.

    owner  who has it, or has put it off; other: whoever does, it is not they
    """

    source: str = ""
    status: str = ""
    owner: str = ""
    other: str = ""


def open_alerts(tx: Tx, which: Which, limit: int) -> Sequence[Alert]:
    """Those that are not resolved, oldest first, up to `limit`."""
    owner = alerts.c.state["owner"].as_string()
    wanted = [
        alerts.c.source == which.source if which.source else None,
        alerts.c.status == which.status if which.status else None,
        owner == which.owner if which.owner else None,
        owner.is_distinct_from(which.other) if which.other else None,
    ]
    where = and_(_UNRESOLVED, *(one for one in wanted if one is not None))
    return records.get(tx, where, limit=limit)


def by_remote(tx: Tx, remotes: Collection[str]) -> Mapping[str, Alert]:
    """The alerts that have these ids in OpsGenie, by id; the newest where one came twice."""
    found = records.get(tx, alerts.c.remote.in_(remotes)) if remotes else ()
    return {alert.remote: alert for alert in found if alert.remote}


def known_remote(tx: Tx, remote: str) -> bool:
    """Whether an alert of OpsGenie's with this id ever was here."""
    return bool(records.get(tx, alerts.c.remote == remote, limit=1))


def newest(tx: Tx, source: str, key: str) -> Alert | None:
    """The open alert of a source and key, else the one that was over last."""
    where = (alerts.c.source == source) & (alerts.c.key == key)
    last = select(func.max(alerts.c.id)).where(where).scalar_subquery()
    unlike_last = select(alerts.c.id).where(where, _UNRESOLVED).scalar_subquery()
    found = records.get(tx, alerts.c.id == func.coalesce(unlike_last, last), limit=1)
    return found[0] if found else None
