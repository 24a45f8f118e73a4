"""OpsGenie's outgoing webhook, after its page on outgoing webhooks."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def webhook(payload: Mapping[str, Any]) -> tuple[str, str, str]:
    """An outgoing webhook as (delivery id, alert id, action), such as Create or Acknowledge.

    The delivery id is the same for the same event only. What the alert says is not taken from
    here: fields differ by action and are cut short. Raises ValueError with a sentence for what
    names no alert.
    """
    alert, action = payload.get("alert"), payload.get("action")
    if not isinstance(alert, Mapping) or not _is_text(alert.get("alertId")):
        raise ValueError("This is no OpsGenie webhook: it names no alert.alertId.")
    if not _is_text(action):
        raise ValueError("This is no OpsGenie webhook: it names no action.")
    # updatedAt tells events apart to the nanosecond; Escalate carries no time at all.
    event = alert.get("updatedAt")
    if event is None:
        text = json.dumps(payload, sort_keys=True, default=str)
        event = hashlib.sha256(text.encode()).hexdigest()[:16]
    alert_id = alert["alertId"]
    return f"{alert_id}:{action}:{event}", alert_id, str(action)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)
