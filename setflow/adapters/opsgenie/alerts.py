"""OpsGenie and JSM Operations: reads their alerts, acknowledges, snoozes and closes them.

After OpsGenie's OpenAPI document and
https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/api-group-alerts/. Every change
is taken with 202 and worked later, so what became of it is seen by reading the alert again. In JSM
Operations whose token it is does what is done; who did it here cannot be named there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from setflow.adapters.opsgenie.calls import Calls
from setflow.adapters.opsgenie.schedules import Schedules
from setflow.errors import DeliveryError

PAGE = 100


@dataclass(frozen=True, slots=True)
class RemoteAlert:
    """An alert as OpsGenie has it; text that is not set is "".

    priority  P1 to P5
    status    open | closed
    owner     the OpsGenie user who has it, else who acknowledged it; None for nobody
    details   its own; empty for an alert from a list
    source    what raised it
    url       where a person looks at it
    acknowledged_at  None where nobody has, or it does not say
    snoozed_until    None where it is not
    """

    id: str
    alias: str
    message: str
    priority: str
    status: str
    acknowledged: bool
    owner: str | None
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...]
    details: Mapping[str, str]
    source: str
    url: str
    acknowledged_at: datetime | None = None
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Notified:
    """That OpsGenie named somebody a recipient of an alert, by user name, and when."""

    user: str
    at: datetime


class OpsGenie:
    """One account, asked with an API key; `user` as with Calls. Every failure is a DeliveryError.

    schedules  those of the account
    """

    def __init__(self, url: str, key: str, user: str = "") -> None:
        self._calls = Calls(url, key, user)
        self.schedules = Schedules(self._calls)

    def check(self) -> str:
        """Which account the key belongs to, or the sentence that says why not."""
        with self._calls.failures():
            if self._calls.jsm:
                next(self._calls.pages("/v2/alerts", 1))
                return f"{self._calls.title} at {self._calls.url}"
            return f"{self._calls.call('GET', '/v2/account')['data']['name']} at {self._calls.url}"

    def open_alerts(self) -> list[RemoteAlert]:
        """All that are not closed, oldest first, without details.

        One that is missing need not be closed: pages shift when another closes in between. Ask
        for it by its id.
        """
        wanted = {"query": "status:open", "sort": "createdAt", "order": "asc"}
        with self._calls.failures():
            pages = self._calls.pages("/v2/alerts", PAGE, **wanted)
            return [self._alert(one) for page in pages for one in page]

    def since(self, start: datetime) -> list[RemoteAlert]:
        """Those created at or after `start`, open or closed, newest first, without details."""
        found: dict[str, RemoteAlert] = {}
        with self._calls.failures():
            for page in self._calls.pages("/v2/alerts", PAGE, sort="createdAt", order="desc"):
                alerts = [self._alert(one) for one in page]
                # Whatever comes in meanwhile shifts the pages: some are seen twice.
                found |= {one.id: one for one in alerts if one.created_at >= start}
                if any(one.created_at < start for one in alerts):
                    break
        return list(found.values())

    def notified(self, alert_id: str) -> tuple[Notified, ...] | None:
        """Whom it has told, each once, the first first; None where it does not say: JSM."""
        if self._calls.jsm:
            return None
        path = "/v2/alerts/{id}/recipients"
        with self._calls.failures():
            told: dict[str, datetime] = {}
            for one in self._calls.one(path, {"id": alert_id}):
                user, at = one.get("user", {}).get("username"), one.get("createdAt")
                if user and at:
                    told[user] = min(_instant(at), told.get(user, _instant(at)))
        return tuple(Notified(*one) for one in sorted(told.items(), key=lambda pair: pair[1]))

    def alert(self, alert_id: str) -> RemoteAlert | None:
        """The alert as it is this moment; None if there is none of that id."""
        try:
            with self._calls.failures():
                return self._alert(self._calls.one("/v2/alerts/{id}", {"id": alert_id}))
        except DeliveryError as error:
            if error.status == 404:
                return None
            raise

    def acknowledge(self, alert_id: str, person: str, *, note: str) -> None:
        """Have `person` acknowledge it with `note`; nothing where it is acknowledged or closed.

        Raises DeliveryError also if there is no such alert.
        """
        alert = self.alert(alert_id)
        if alert is None:
            raise DeliveryError(
                f"{self._calls.title} has no alert {alert_id} to acknowledge.",
                again=False,
                status=404,
            )
        if alert.status == "open" and not alert.acknowledged:
            self._act(alert_id, "acknowledge", person, note=note)

    def unacknowledge(self, alert_id: str, person: str, *, note: str) -> None:
        """Have `person` take it from whoever has it; nothing where nobody does or it is over."""
        alert = self.alert(alert_id)
        if alert is not None and alert.status == "open" and alert.acknowledged:
            self._act(alert_id, "unacknowledge", person, note=note)

    def snooze(self, alert_id: str, person: str, *, until: datetime, note: str) -> None:
        """Have `person` put it off until then; nothing where it is closed or gone."""
        alert = self.alert(alert_id)
        if alert is not None and alert.status == "open":
            self._act(alert_id, "snooze", person, note=note, endTime=_written(until))

    def close(self, alert_id: str, person: str, *, note: str) -> None:
        """Have `person` close it with `note`; nothing where it is closed or gone."""
        alert = self.alert(alert_id)
        if alert is not None and alert.status == "open":
            self._act(alert_id, "close", person, note=note)

    def _act(self, alert_id: str, verb: str, person: str, *, note: str, **more: str) -> None:
        by = {} if self._calls.jsm else {"user": person, "source": "setflow", "note": note}
        path = f"/v2/alerts/{{id}}/{verb}"
        with self._calls.failures():
            self._calls.call("POST", path, {"id": alert_id}, body={**by, **more} or None)

    def _alert(self, raw: Mapping[str, Any]) -> RemoteAlert:
        report = raw.get("report") or {}
        where, taken = self._calls.url.replace("//api.", "//app.", 1), report.get("ackTime")
        created, until = _instant(raw["createdAt"]), raw.get("snoozedUntil")
        held = raw.get("acknowledged", False)
        at = created + timedelta(milliseconds=taken) if held and taken is not None else None
        return RemoteAlert(
            id=raw["id"],
            alias=raw.get("alias", ""),
            message=raw["message"],
            priority=raw.get("priority", "P3"),
            status=raw["status"],
            acknowledged=held,
            owner=raw.get("owner") or report.get("acknowledgedBy") or None,
            created_at=created,
            updated_at=_instant(raw.get("updatedAt") or raw["createdAt"]),
            tags=tuple(raw.get("tags", ())),
            details=raw.get("details", {}),
            source=raw.get("source", ""),
            url="" if self._calls.jsm else f"{where}/alert/detail/{raw['id']}/details",
            acknowledged_at=at,
            snoozed_until=_instant(until) if until and raw.get("snoozed") else None,
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _written(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
