"""OpsGenie: reads its alerts, acknowledges and closes them.

After OpsGenie's OpenAPI document. Every change is taken with 202 and worked later, so what became
of it is seen by reading the alert again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
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


class OpsGenie:
    """One account, asked with an API key. Every failure is a DeliveryError.

    schedules  those of the account
    """

    def __init__(self, url: str, key: str) -> None:
        self._calls = Calls(url, key)
        self.schedules = Schedules(self._calls)

    def check(self) -> str:
        """Which account the key belongs to, or the sentence that says why not."""
        with self._calls.failures():
            return f"{self._calls.call('GET', '/v2/account')['data']['name']} at {self._calls.url}"

    def open_alerts(self) -> list[RemoteAlert]:
        """All that are not closed, oldest first, without details.

        One that is missing need not be closed: pages shift when another closes in between. Ask
        for it by its id.
        """
        found: list[RemoteAlert] = []
        more = True
        with self._calls.failures():
            while more:
                page = self._calls.call(
                    "GET",
                    "/v2/alerts",
                    query={
                        "query": "status:open",
                        "sort": "createdAt",
                        "order": "asc",
                        "limit": PAGE,
                        "offset": len(found),
                    },
                )
                found += map(self._alert, page["data"])
                more = bool(page["data"]) and "next" in page.get("paging", {})
        return found

    def alert(self, alert_id: str) -> RemoteAlert | None:
        """The alert as it is this moment; None if there is none of that id."""
        try:
            with self._calls.failures():
                return self._alert(
                    self._calls.call("GET", "/v2/alerts/{id}", {"id": alert_id})["data"]
                )
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
                f"OpsGenie has no alert {alert_id} to acknowledge.", again=False, status=404
            )
        if alert.status == "open" and not alert.acknowledged:
            self._act(alert_id, "acknowledge", person, note=note)

    def close(self, alert_id: str, person: str, *, note: str) -> None:
        """Have `person` close it with `note`; nothing where it is closed or gone."""
        alert = self.alert(alert_id)
        if alert is not None and alert.status == "open":
            self._act(alert_id, "close", person, note=note)

    def _act(self, alert_id: str, verb: str, person: str, *, note: str) -> None:
        with self._calls.failures():
            self._calls.call(
                "POST",
                f"/v2/alerts/{{id}}/{verb}",
                {"id": alert_id},
                body={"user": person, "source": "setflow", "note": note},
            )

    def _alert(self, raw: Mapping[str, Any]) -> RemoteAlert:
        report = raw.get("report", {})
        where = self._calls.url.replace("//api.", "//app.", 1)
        return RemoteAlert(
            id=raw["id"],
            alias=raw.get("alias", ""),
            message=raw["message"],
            priority=raw.get("priority", "P3"),
            status=raw["status"],
            acknowledged=raw.get("acknowledged", False),
            owner=raw.get("owner") or report.get("acknowledgedBy") or None,
            created_at=_instant(raw["createdAt"]),
            updated_at=_instant(raw.get("updatedAt") or raw["createdAt"]),
            tags=tuple(raw.get("tags", ())),
            details=raw.get("details", {}),
            source=raw.get("source", ""),
            url=f"{where}/alert/detail/{raw['id']}/details",
        )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
