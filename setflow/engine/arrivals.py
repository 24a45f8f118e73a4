"""Deliveries that come out of order: the end of an alert before its beginning, or one of both late.

A source that says when an alert began tells one time that it fires from another. Its end is kept
under a name that is made of that, by which a beginning that comes behind it is known to be old.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from setflow import inbox
from setflow.db import Tx
from setflow.engine.messages import AlertIn
from setflow.inbox import Delivery

REORDERED = timedelta(minutes=2)
"""How far apart deliveries change places. A beginning that comes later than that behind its end is
a new one: a monitor that lost sight of what fires, and found it again, says the old instant."""


def over(key: str, started: datetime, at: datetime) -> str:
    """The name of a delivery, at an instant, that says that what began at `started` is over."""
    return _over(key, started, int(at.timestamp() // REORDERED.total_seconds()))


def late(tx: Tx, deliveries: Sequence[Delivery]) -> set[int]:
    """Of these deliveries, the numbers of beginnings whose end came before them."""
    asked: dict[tuple[str, str], list[int]] = {}
    for one in deliveries:
        for name in _ends(one):
            asked.setdefault((one.source, name), []).append(one.id)
    known = inbox.known(tx, list(asked)) if asked else {}
    return {number for name, end in known.items() for number in asked[name] if end < number}


def old(message: AlertIn, started: datetime | None) -> bool:
    """Whether an end is that of an earlier time than the one that is open since `started`."""
    return bool(message.started and started and message.started < started)


def alert_in(source: str, given: Mapping[str, Any]) -> AlertIn:
    """What a source says, as a delivery of it is kept."""
    return AlertIn(
        source,
        given["key"],
        given["title"],
        given["priority"],
        firing=given["status"] == "firing",
        details=given["details"],
        url=given["url"],
        started=_started(given),
    )


def _started(given: Mapping[str, Any]) -> datetime | None:
    """When what a delivery is about began, as its source says."""
    said = given.get("started")
    return datetime.fromisoformat(said) if said else None


def _ends(one: Delivery) -> Sequence[str]:
    """The names that the end of what a delivery begins would have, if it came of late."""
    given = one.payload
    if not one.source.startswith("alerts/") or given["status"] != "firing":
        return ()
    begun = _started(given)
    if begun is None:
        return ()
    lot = int(one.received_at.timestamp() // REORDERED.total_seconds())
    return [_over(given["key"], begun, number) for number in (lot, lot - 1)]


def _over(key: str, started: datetime, lot: int) -> str:
    name = f"{started.astimezone(UTC).isoformat()} {key}"
    return f"over:{lot}:{sha256(name.encode()).hexdigest()[:32]}"
