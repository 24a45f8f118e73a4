"""OpsGenie: reads its alerts, acknowledges and closes them, understands its webhook.

After OpsGenie's OpenAPI document and its page on outgoing webhooks. Every change is taken with 202
and worked later, so what became of it is seen by reading the alert again.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from setflow.adapters.answers import refused
from setflow.errors import DeliveryError

TIMEOUT_SECONDS = (3, 10)
PAGE = 100

_HEADERS = {"Accept": "application/json", "Content-Type": "application/json"}


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
    """One account, asked with an API key. Every failure is a DeliveryError."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key = url.rstrip("/"), key

    def check(self) -> str:
        """Which account the key belongs to, or the sentence that says why not."""
        with self._failures():
            return f"{self._call('GET', '/v2/account')['data']['name']} at {self._url}"

    def open_alerts(self) -> list[RemoteAlert]:
        """All that are not closed, oldest first, without details.

        One that is missing need not be closed: pages shift when another closes in between. Ask
        for it by its id.
        """
        found: list[RemoteAlert] = []
        more = True
        with self._failures():
            while more:
                page = self._call(
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
            with self._failures():
                return self._alert(self._call("GET", "/v2/alerts/{id}", alert_id)["data"])
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
        with self._failures():
            self._call(
                "POST",
                f"/v2/alerts/{{id}}/{verb}",
                alert_id,
                body={"user": person, "source": "setflow", "note": note},
            )

    @cached_property
    def _client(self) -> Any:
        from opsgenie_sdk import ApiClient, Configuration

        configuration = Configuration()
        configuration.host = self._url
        # A new dict: every Configuration is a shallow copy of one default, keys and all.
        configuration.api_key = {"Authorization": self._key}
        configuration.retry_enabled = False
        return ApiClient(configuration)

    def _call(
        self,
        verb: str,
        path: str,
        alert_id: str = "",
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> Any:
        return self._client.call_api(
            path,
            verb,
            path_params={"id": alert_id},
            query_params=dict(query or {}),
            header_params=dict(_HEADERS),
            body=body,
            response_type="object",
            auth_settings=["GenieKey"],
            _return_http_data_only=True,
            # Only a tuple or a whole number is heeded; a float would mean for ever.
            _request_timeout=TIMEOUT_SECONDS,
        )

    def _alert(self, raw: Mapping[str, Any]) -> RemoteAlert:
        report = raw.get("report", {})
        where = self._url.replace("//api.", "//app.", 1)
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

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what goes wrong inside into a DeliveryError."""
        from opsgenie_sdk.exceptions import OpenApiException
        from tenacity import RetryError
        from urllib3.exceptions import HTTPError

        try:
            try:
                yield
            except RetryError as error:
                raise error.last_attempt.exception() or error from None
        except OpenApiException as error:
            raise self._refused(error) from error
        except (HTTPError, RetryError) as error:
            what = type(error).__name__
            raise DeliveryError(
                f"OpsGenie cannot be reached at {self._url} ({what})", again=True
            ) from error
        except (LookupError, TypeError, AttributeError, ValueError) as error:
            raise DeliveryError(
                f"{self._url} does not answer as OpsGenie does; is SETFLOW_OPSGENIE_URL right?",
                again=True,
            ) from error

    def _refused(self, error: Any) -> DeliveryError:
        if not error.status:
            return DeliveryError(f"OpsGenie at {self._url}: {error.reason}", again=True)
        if error.status == 401:
            return DeliveryError(
                "OpsGenie refuses the key (401). Set SETFLOW_OPSGENIE_KEY to the key of an API "
                "integration that is switched on.",
                again=False,
                status=401,
            )
        return refused("OpsGenie", error.status, headers=error.headers, said=_said(error.body))


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


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _said(body: Any) -> str:
    """The sentence in an answer that is an error."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, LookupError, TypeError):
        return ""
