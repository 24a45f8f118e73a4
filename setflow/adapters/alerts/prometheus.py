"""Webhooks of Alertmanager and of Grafana's own alerting, which are alike.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config (version 4)
https://grafana.com/docs/grafana/latest/alerting/configure-notifications/manage-contact-points/integrations/webhook-notifier/
"""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from setflow.adapters.alerts.values import (
    LONGEST_TITLE,
    MOST_ALERTS,
    Incoming,
    Message,
    address,
    clean,
    details_of,
    instant,
    named,
    priority,
)

# What Grafana calls the alert that it makes itself where a rule finds nothing, or cannot look.
_NO_ANSWER = {"DatasourceNoData": "No data", "DatasourceError": "Cannot be looked at"}
# Annotations that have a place of their own, or are for Grafana alone.
_NOT_TOLD = ("summary", "title", "__dashboardUid__", "__panelId__", "__orgId__", "__values__")


def webhook(body: dict[str, Any], words: Mapping[str, str]) -> Message:
    """The alerts of a notification, each for itself, by the fingerprint of its labels.

    words  the source's own for priorities, in lower case → P1 to P5
    Raises ValueError where it is no such notification.
    """
    given = body.get("alerts")
    if not isinstance(given, list):
        raise ValueError('This is no notification: it has no list "alerts".')  # noqa: TRY004
    alerts, problems = [], []
    for number, one in enumerate(given[:MOST_ALERTS]):
        try:
            alerts.append(_alert(one, words))
        except ValueError as error:
            problems.append(f"alerts[{number}]: {error}.")
    left_out = _count(body.get("truncatedAlerts")) + len(given[MOST_ALERTS:])
    if left_out:
        alerts.append(_left_out(body, left_out))
    return Message(alerts, problems)


def _alert(given: object, words: Mapping[str, str]) -> Incoming:
    if not isinstance(given, dict):
        raise ValueError("it should be an object")  # noqa: TRY004  of the message, not of a caller
    status = given.get("status")
    if status not in ("firing", "resolved"):
        raise ValueError('its "status" should be firing or resolved')
    labels, notes = _pairs(given, "labels"), _pairs(given, "annotations")
    if not labels and not given.get("fingerprint"):
        raise ValueError("it has no labels")
    told = {name: value for name, value in notes.items() if name not in _NOT_TOLD}
    more = {
        "values": _values(given),
        "silence": given.get("silenceURL"),
        "dashboard": given.get("dashboardURL"),
    }
    return Incoming(
        named(given.get("fingerprint") or _fingerprint(labels)),
        clean(_title(labels, notes), LONGEST_TITLE),
        priority(words, labels.get("priority"), labels.get("severity"), labels.get("level")),
        firing=status == "firing",
        details=details_of({**labels, **told, **more}),
        url=address(given.get("panelURL"), given.get("generatorURL"), given.get("dashboardURL")),
        started=instant(given.get("startsAt")),
    )


def _title(labels: Mapping[str, str], notes: Mapping[str, str]) -> str:
    name = labels.get("alertname", "")
    if name in _NO_ANSWER:
        return f"{_NO_ANSWER[name]}: {labels.get('rulename') or notes.get('summary') or name}"
    where = labels.get("instance") or labels.get("job") or ""
    plain = " on ".join(filter(None, [name, where]))
    return notes.get("summary") or notes.get("title") or plain or "An alert without a name"


def _pairs(given: Mapping[str, Any], name: str) -> dict[str, str]:
    found = given.get(name) or {}
    if not isinstance(found, dict):
        raise ValueError(f'its "{name}" should be an object')  # noqa: TRY004
    return {str(key): str(value) for key, value in found.items() if value is not None}


def _values(given: Mapping[str, Any]) -> str:
    """What Grafana measured, as in `A=12.5, B=1`."""
    found = given.get("values")
    if isinstance(found, dict):
        return ", ".join(f"{name}={value}" for name, value in found.items())
    return str(given.get("valueString") or "")


def _fingerprint(labels: Mapping[str, str]) -> str:
    text = json.dumps(labels, sort_keys=True)
    return f"labels:{sha256(text.encode()).hexdigest()[:32]}"


def _count(given: object) -> int:
    return given if isinstance(given, int) and given > 0 else 0


def _left_out(body: Mapping[str, Any], count: int) -> Incoming:
    """What a monitor cut off is asked for by name: nobody else would know of it."""
    group = clean(body.get("groupKey") or "", 200)
    return Incoming(
        named(f"left-out:{group}"),
        f"{count:,} further alerts were left out of a notification",
        firing=body.get("status") != "resolved",
        details=details_of(
            {"group": group, "what to do": "look at the monitor, and raise or drop its max_alerts"}
        ),
        url=address(body.get("externalURL")),
    )
