"""Alerts as JSON: what is open, and all that became of one."""

from datetime import datetime
from typing import Any

from setflow import history, outbox, present
from setflow.db import Tx
from setflow.errors import Refused
from setflow.escalation import store as escalations
from setflow.facts import AlertFacts
from setflow.views.crew import utc
from setflow.views.facts import alert_facts


def alerts_json(tx: Tx, source: str, limit: int, *, now: datetime) -> list[dict[str, Any]]:
    """The alerts that are not over, oldest first: of `source`, "" for all, up to `limit`."""
    here = present.read(tx, now)
    found = escalations.open_alerts(tx, escalations.Which(source), limit)
    return [_alert(alert_facts(here, one), one.key) for one in found]


def alert_json(tx: Tx, number: int, *, now: datetime) -> dict[str, Any]:
    """One alert with its pages and its history, oldest first. Raises Refused for none."""
    here = present.read(tx, now)
    found = escalations.get(tx, number)
    if found is None:
        raise Refused(f"There is no alert {number}.")
    return {
        **_alert(alert_facts(here, found), found.key),
        "details": dict(found.details),
        "pages": [
            {
                "person": row.payload["person"],
                "method": row.payload["method"],
                "decided": utc(row.decided_at),
                "settled": utc(row.settled_at),
                "outcome": row.outcome,
                "error": row.error,
                "reason": row.reason,
            }
            for row in outbox.in_lanes(tx, f"page:{number}.")
            if row.kind == "PagePerson"
        ],
        "history": [
            {"at": utc(row.at), "kind": row.kind, "what": row.payload, "reason": row.reason}
            for row in history.of(tx, f"alert:{number}")
        ],
    }


def _alert(alert: AlertFacts, key: str) -> dict[str, Any]:
    return {
        "id": alert.id,
        "source": alert.source,
        "key": key,
        "title": alert.title,
        "priority": alert.priority,
        "status": alert.status,
        "count": alert.count,
        "url": alert.url,
        "fired": utc(alert.fired_at),
        "owner": alert.owner.name if alert.owner else None,
        "how": alert.how or None,
        "since": utc(alert.owned_at),
        "until": utc(alert.until),
        "closed": utc(alert.closed_at),
        "next": [who.name for who in alert.next_people],
        "next_at": utc(alert.next_at),
    }
