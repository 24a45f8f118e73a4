"""Answers written: alerts, notes, heartbeats and what became of requests, as OpsGenie's. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from setflow.adapters.genie.reading import ACTIONS, DESCRIPTION, ENTITY, OWN_DETAILS, SOURCE
from setflow.escalation.rules import Alert, Status
from setflow.escalation.rules.heartbeats import Beat
from setflow.escalation.spec.heartbeats import Heartbeat

Json = dict[str, Any]
Users = Mapping[str, str]
"""Name of a person → what OpsGenie calls them."""


def brief(alert: Alert, users: Users) -> Json:
    """An alert as it stands in a list."""
    acknowledged = alert.status is Status.ACKNOWLEDGED
    snoozed = alert.status is Status.SNOOZED
    changed = [alert.last_at, alert.owned_at, alert.closed_at]
    found = {
        "id": str(alert.id),
        "tinyId": str(alert.id),
        "alias": alert.key,
        "message": alert.title,
        "status": "closed" if alert.status is Status.RESOLVED else "open",
        "acknowledged": acknowledged,
        "isSeen": acknowledged,
        "tags": list(alert.tags),
        "snoozed": snoozed,
        "count": alert.count,
        "lastOccurredAt": stamp(alert.last_at),
        "createdAt": stamp(alert.fired_at),
        "updatedAt": stamp(max(filter(None, changed))),
        "source": alert.details.get(SOURCE, ""),
        "owner": users.get(alert.owner or "", alert.owner or ""),
        "priority": alert.priority,
        "responders": [],
        "integration": _integration(alert.source),
    }
    if snoozed and alert.until:
        found["snoozedUntil"] = stamp(alert.until)
    report = _report(alert, users)
    return {**found, **({"report": report} if report else {})}


def alert(alert: Alert, users: Users) -> Json:
    """An alert as asked for by itself."""
    details = alert.details
    return {
        **brief(alert, users),
        "actions": [one for one in details.get(ACTIONS, "").split(", ") if one],
        "entity": details.get(ENTITY, ""),
        "description": details.get(DESCRIPTION, ""),
        "details": {name: value for name, value in details.items() if name not in OWN_DETAILS},
    }


def note(by: str, at: datetime, text: str, number: int) -> Json:
    """A note of an alert; `number` is where it stands among them, from 0."""
    return {"note": text, "owner": by, "createdAt": stamp(at), "offset": str(number)}


def outcome(
    source: str, action: str, at: datetime | None, *, success: bool, status: str
) -> Json:  # fmt: skip
    """What became of a request, but for the alert that it was about."""
    found: Json = {
        "action": action,
        "integrationId": source,
        "isSuccess": success,
        "status": status,
    }
    return found | ({"processedAt": stamp(at)} if at else {})


def heartbeat(one: Heartbeat, beat: Beat) -> Json:
    """A heartbeat. One that was never pinged is not waited for, so it is not enabled either."""
    minutes = int(one.every.total_seconds()) // 60
    unit, size = next(
        (unit, size)
        for unit, size in (("days", 24 * 60), ("hours", 60), ("minutes", 1))
        if minutes % size == 0
    )
    found: Json = {
        "name": one.name,
        "description": one.title,
        "interval": minutes // size,
        "intervalUnit": unit,
        "enabled": beat.enabled and beat.last is not None,
        "expired": beat.missed is not None,
    }
    return found | ({"lastPingTime": stamp(beat.last)} if beat.last else {})


def stamp(at: datetime) -> str:
    """An instant as OpsGenie writes it, in milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _report(alert: Alert, users: Users) -> Json:
    found: Json = {}
    if alert.owned_at and alert.owner:
        found["ackTime"] = _milliseconds(alert.fired_at, alert.owned_at)
        found["acknowledgedBy"] = users.get(alert.owner, alert.owner)
    if alert.closed_at:
        found["closeTime"] = _milliseconds(alert.fired_at, alert.closed_at)
        found["closedBy"] = users.get(alert.closed_by, alert.closed_by)
    return found


def _milliseconds(start: datetime, end: datetime) -> int:
    return int((end - start).total_seconds() * 1000)


def _integration(source: str) -> Json:
    return {"id": source, "name": source, "type": "API"}
