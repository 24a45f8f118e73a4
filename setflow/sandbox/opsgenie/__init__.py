"""A stand-in for OpsGenie: alerts in memory over the real REST paths, and its outgoing webhook.

Changes by API are taken with 202 and may be held back; one open alert an alias; webhooks with all
that is odd about the real ones (milliseconds beside nanoseconds, fields that come and go).
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime
from typing import Any

import requests

from setflow.sandbox.opsgenie.desk import Alert, Desk
from setflow.sandbox.opsgenie.rest import INTEGRATION, Rest
from setflow.sandbox.trouble import Troubled, nothing

LONGEST_IN_A_WEBHOOK = 1000
TIMEOUT_SECONDS = 30


class OpsGenieSandbox:
    """An OpsGenie account that can be asked, and that tells.

    desk             what it knows; `desk.holding` keeps it from working requests
    app              the ASGI app; `app.trouble` makes it fail
    webhook_url      where changes are posted to, in order, by a thread; "" to post none
    webhook_headers  what goes with them
    deliveries       each webhook and the status it got, None where nobody answered
    changed          called after each change that a person made
    """

    def __init__(
        self, clock: Callable[[], datetime], *, changed: Callable[[], None] = nothing
    ) -> None:
        self.desk, self._changed = Desk(clock), changed
        self.app = Troubled(Rest(self.desk, self._tell).app)
        self.webhook_url = ""
        self.webhook_headers: Mapping[str, str] = {}
        self.deliveries: list[tuple[Mapping[str, Any], int | None]] = []
        self._poster = ThreadPoolExecutor(1, "opsgenie-webhook")
        self._posting: list[Future[None]] = []

    def create(self, message: str, **fields: Any) -> str:
        """Something raises an alert; its id comes back. `fields` as of Desk.create."""
        return self._by_person(self.desk.create(message, **fields)).id

    def acknowledge(self, alert_id: str, user: str) -> None:
        """`user` acknowledges in OpsGenie. Raises Refusal where that cannot be."""
        with self.desk.lock:
            change = self.desk.acknowledge(self.desk.alert(alert_id), user)
        self._by_person(change)

    def unacknowledge(self, alert_id: str, user: str) -> None:
        """`user` gives it back in OpsGenie. Raises Refusal where nobody has it."""
        with self.desk.lock:
            change = self.desk.unacknowledge(self.desk.alert(alert_id), user)
        self._by_person(change)

    def snooze(self, alert_id: str, user: str, until: datetime) -> None:
        """`user` puts it off in OpsGenie. Raises Refusal where it is closed already."""
        with self.desk.lock:
            change = self.desk.snooze(self.desk.alert(alert_id), user, until)
        self._by_person(change)

    def close(self, alert_id: str, user: str) -> None:
        """`user` closes in OpsGenie. Raises Refusal where it is closed already."""
        with self.desk.lock:
            change = self.desk.close(self.desk.alert(alert_id), user)
        self._by_person(change)

    def page(self, alert_id: str, user: str) -> None:
        """OpsGenie tells `user` of it."""
        with self.desk.lock:
            self.desk.page(self.desk.alert(alert_id), user)

    def note(self, alert_id: str, user: str, text: str) -> None:
        """`user` notes something in OpsGenie."""
        with self.desk.lock:
            change = self.desk.note(self.desk.alert(alert_id), user, text)
        self._by_person(change)

    def settle(self) -> None:
        """Return once every webhook so far was posted, whatever came of it."""
        wait(self._posting)
        self._posting.clear()

    def _by_person(self, change: tuple[str, Alert]) -> Alert:
        action, alert = change
        if action:
            self._tell(action, alert)
        self._changed()
        return alert

    def _tell(self, action: str, alert: Alert) -> None:
        if self.webhook_url:
            payload = webhook(action, alert)
            self._posting.append(self._poster.submit(self._post, self.webhook_url, payload))

    def _post(self, url: str, payload: Mapping[str, Any]) -> None:
        status = None
        try:
            headers = dict(self.webhook_headers)
            answer = requests.post(url, json=payload, headers=headers, timeout=TIMEOUT_SECONDS)
            status = answer.status_code
        except requests.RequestException:
            pass  # as the real one: nothing comes of it, a reader of `deliveries` sees it
        self.deliveries.append((payload, status))


def webhook(action: str, alert: Alert) -> Mapping[str, Any]:
    """The JSON that OpsGenie posts for `action` on `alert`."""
    user = alert.closed or alert.acknowledged if action in ("Acknowledge", "Close") else None
    told: dict[str, Any] = {
        "alertId": alert.id,
        "alias": alert.alias,
        "tinyId": alert.tiny,
        "message": alert.message,
        "tags": list(alert.tags),
        "teams": [],
        "recipients": [],
        "username": user[0] if user else "System",
        "userId": "",
        "entity": alert.entity,
        "source": alert.source,
        "createdAt": int(alert.created.timestamp() * 1000),
        "updatedAt": int(alert.updated.timestamp() * 1_000_000) * 1000,
    }
    if action == "Create":
        told["description"] = alert.description[:LONGEST_IN_A_WEBHOOK]
        told["details"] = dict(alert.details or {})
        told["priority"] = alert.priority
    if action == "AddNote":
        told["note"] = alert.notes[-1].text
        told["username"] = alert.notes[-1].user
    return {
        "source": {"name": "web", "type": "web"},
        "alert": told,
        "action": action,
        "integrationId": INTEGRATION["id"],
        "integrationName": INTEGRATION["name"],
    }
