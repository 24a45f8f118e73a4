"""The REST paths of the OpsGenie stand-in, after its OpenAPI document."""

from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setflow.sandbox.opsgenie.desk import PRIORITIES, Alert, Desk
from setflow.sandbox.opsgenie.rest_schedules import Schedules
from setflow.sandbox.trouble import Refusal

JSM = "/jsm/ops/api/{cloud}/v1"
"""Where JSM Operations has what is read and changed here, of alerts and schedules."""
INTEGRATION = {"id": "4513b7ea-3b91-438f-b7e4-e3e54af9147c", "name": "setflow", "type": "API"}
MOST_LISTED = 100
VERBS = ("acknowledge", "unacknowledge", "snooze", "close", "notes")

SETTINGS = (
    "/v2/users",
    "/v2/teams",
    "/v2/escalations",
    "/v2/forwarding-rules",
    "/v2/heartbeats",
    "/v2/integrations",
    "/v1/maintenance",
)
"""What is asked for and never changed: lists, and what stands below them."""
_REST, _LISTS = "/{rest:path}", ("/notification-rules", "/routing-rules")

_SORTS: dict[str, Callable[[Alert], Any]] = {
    "createdAt": lambda alert: alert.created,
    "updatedAt": lambda alert: alert.updated,
    "tinyId": lambda alert: int(alert.tiny),
    "alias": lambda alert: alert.alias,
    "message": lambda alert: alert.message,
    "status": lambda alert: alert.status,
    "acknowledged": lambda alert: alert.acknowledged is not None,
    "count": lambda alert: alert.count,
    "lastOccurredAt": lambda alert: alert.last,
}

Tell = Callable[[str, Alert], None]


class Rest:
    """The REST API over `desk`; `app` is it, as ASGI. `tell` hears of each change."""

    def __init__(self, desk: Desk, tell: Tell) -> None:
        self._desk, self._tell = desk, tell
        self._numbers = count(1)
        one = "/v2/alerts/{identifier}"
        paths: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/v2/account", self._account),
            ("POST", "/v2/alerts", self._create),
            ("GET", "/v2/alerts", self._list),
            ("GET", "/v2/alerts/requests/{request}", self._request),
            ("GET", one, self._one),
            ("GET", f"{one}/notes", self._notes),
            ("GET", f"{one}/recipients", self._recipients),
            *Schedules(self._desk).paths,
            *(("POST", f"{one}/{verb}", self._act) for verb in VERBS),
            *(
                ("GET", f"{path}{more}", self._settings)
                for path in SETTINGS
                for more in ("", _REST)
            ),
        ]
        schedules = Schedules(self._desk)
        at_jsm: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", "/alerts", self._list),
            ("GET", "/alerts/{identifier}", self._one),
            *(("POST", f"/alerts/{{identifier}}/{verb}", self._act) for verb in VERBS[:-1]),
            *((verb, path.removeprefix("/v2"), of) for verb, path, of in schedules.readable),
        ]
        self.app = Starlette(
            routes=[
                *(Route(path, self._known(of), methods=[verb]) for verb, path, of in paths),
                *(
                    Route(f"{JSM}{path}", self._jsm(of), methods=[verb])
                    for verb, path, of in at_jsm
                ),
            ],
            exception_handlers={Refusal: self._refuse},
        )

    def _known(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if request.headers.get("authorization") != f"GenieKey {self._desk.key}":
                raise Refusal(401, "Could not authenticate")
            return self._envelope(await handler(request))

        return answer

    def _jsm(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        """The same as JSM Operations has it: basic authentication, other envelopes and sizes."""

        async def answer(request: Request) -> Response:
            known = b64encode(f"{self._desk.user}:{self._desk.key}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {known}":
                raise Refusal(401, "Could not authenticate")
            asked = dict(request.query_params)
            if "limit" in asked:
                raise Refusal(400, "There is no limit; there is size.")
            if "size" in asked:
                query = urlencode({**asked, "limit": asked["size"]}).encode()
                request = Request({**request.scope, "query_string": query}, request.receive)
            answered = await handler(request)
            if "requestId" in answered:
                return self._envelope(answered)
            data = answered["data"]
            if not isinstance(data, list):
                return JSONResponse(data)
            links = {"next": "…"} if "next" in answered.get("paging", {}) else {}
            return JSONResponse({"values": data, "count": len(data), "links": links})

        return answer

    def _envelope(self, body: dict[str, Any], status: int = 200) -> Response:
        status = 202 if "requestId" in body else status
        envelope = {
            "took": 0.004,
            "requestId": f"9ae63dd7-ed00-4c81-86f0-{next(self._numbers):012x}",
        }
        return JSONResponse({**envelope, **body}, status)

    async def _refuse(self, _: Request, refusal: Exception) -> Response:
        status = refusal.status if isinstance(refusal, Refusal) else 500
        return self._envelope({"message": str(refusal)}, status)

    async def _account(self, _: Request) -> dict[str, Any]:
        plan = {"maxUserCount": 1500, "name": "Enterprise", "isYearly": True}
        return {"data": {"name": "sandbox", "userCount": 5, "plan": plan}}

    async def _create(self, request: Request) -> dict[str, Any]:
        asked = await request.json()
        if not asked.get("message"):
            raise Refusal(422, "Request body is not processable. message: may not be empty.")
        if asked.get("priority", "P3") not in PRIORITIES:
            raise Refusal(422, "Request body is not processable. priority: is not one of P1 to P5.")
        fields = {
            name: asked[name]
            for name in ("alias", "description", "priority", "source", "entity", "details")
            if asked.get(name)
        }

        def work() -> Alert:
            tags = tuple(asked.get("tags") or ())
            return self._told(self._desk.create(asked["message"], tags=tags, **fields))

        return self._accepted("Create", work)

    async def _act(self, request: Request) -> dict[str, Any]:
        verb = request.url.path.rsplit("/", 1)[1]
        body = await request.body()
        asked = (await request.json()) if body else {}
        user, note = asked.get("user") or "System", asked.get("note") or ""
        if verb == "notes" and not note:
            raise Refusal(422, "Request body is not processable. note: may not be empty.")
        more: tuple[datetime, ...] = ()
        if verb == "snooze":
            if not asked.get("endTime"):
                raise Refusal(422, "Request body is not processable. endTime: may not be empty.")
            more = (datetime.fromisoformat(asked["endTime"]).astimezone(UTC),)
        identifier = request.path_params["identifier"]
        kind = request.query_params.get("identifierType", "id")

        def work() -> Alert:
            alert = self._desk.alert(identifier, kind)
            if verb != "notes":
                alert = self._told(getattr(self._desk, verb)(alert, user, *more))
            return self._told(self._desk.note(alert, user, note)) if note else alert

        return self._accepted(verb.capitalize(), work)

    def _accepted(self, action: str, work: Callable[[], Alert]) -> dict[str, Any]:
        return {
            "result": "Request will be processed",
            "requestId": self._desk.accept(action, work),
        }

    def _told(self, change: tuple[str, Alert]) -> Alert:
        action, alert = change
        if action:
            self._tell(action, alert)
        return alert

    async def _request(self, request: Request) -> dict[str, Any]:
        worked = self._desk.request(request.path_params["request"])
        data = {
            "action": worked.action,
            "processedAt": _stamp(worked.at),
            "integrationId": INTEGRATION["id"],
            "isSuccess": worked.alert is not None,
            "status": worked.text,
        }
        if worked.alert:
            data |= {"alertId": worked.alert.id, "alias": worked.alert.alias}
        return {"data": data}

    async def _list(self, request: Request) -> dict[str, Any]:
        asked = request.query_params
        found = self._desk.alerts(asked.get("query", ""))
        sort = _SORTS.get(asked.get("sort", "createdAt"))
        if sort is None:
            raise Refusal(422, "Request is not processable. sort: is unknown.")
        found.sort(key=sort, reverse=asked.get("order", "desc") == "desc")
        start = int(asked.get("offset", 0))
        size = min(int(asked.get("limit", 20)), MOST_LISTED)

        def page(offset: int) -> str:
            return f"{request.url.replace(query=urlencode({**asked, 'offset': offset}))}"

        paging = {"first": page(0), "last": page(max(0, (len(found) - 1) // size * size))}
        if start + size < len(found):
            paging["next"] = page(start + size)
        if start:
            paging["prev"] = page(max(0, start - size))
        return {"data": [_brief(alert) for alert in found[start : start + size]], "paging": paging}

    async def _one(self, request: Request) -> dict[str, Any]:
        return {"data": _whole(self._named(request))}

    async def _notes(self, request: Request) -> dict[str, Any]:
        notes = self._named(request).notes
        return {
            "data": [
                {
                    "note": note.text,
                    "owner": note.user,
                    "createdAt": _stamp(note.at),
                    "offset": f"{number}",
                }
                for number, note in reversed(list(enumerate(notes)))
            ],
            "paging": {"first": str(request.url)},
        }

    async def _settings(self, request: Request) -> dict[str, Any]:
        path = request.scope["path"]
        found = self._desk.settings.get(path)
        if found is None and path not in SETTINGS and not path.endswith(_LISTS):
            raise Refusal(404, f"There is no {path}.")
        return {"data": [] if found is None else found}

    async def _recipients(self, request: Request) -> dict[str, Any]:
        return {
            "data": [
                {
                    "user": {"id": f"id-{user}", "username": user},
                    "state": "notactive",
                    "method": "",
                    "createdAt": _stamp(at),
                    "updatedAt": _stamp(at),
                }
                for user, at in self._named(request).told
            ]
        }

    def _named(self, request: Request) -> Alert:
        kind = request.query_params.get("identifierType", "id")
        return self._desk.alert(request.path_params["identifier"], kind)


def _brief(alert: Alert) -> dict[str, Any]:
    """As in a list."""
    report: dict[str, Any] = {}
    if alert.acknowledged:
        report["acknowledgedBy"] = alert.acknowledged[0]
        report["ackTime"] = _milliseconds(alert.acknowledged[1]) - _milliseconds(alert.created)
    if alert.closed:
        report["closedBy"] = alert.closed[0]
        report["closeTime"] = _milliseconds(alert.closed[1]) - _milliseconds(alert.created)
    return {
        "id": alert.id,
        "tinyId": alert.tiny,
        "alias": alert.alias,
        "message": alert.message,
        "status": alert.status,
        "acknowledged": alert.acknowledged is not None,
        "isSeen": alert.acknowledged is not None,
        "tags": list(alert.tags),
        "snoozed": alert.until is not None,
        **({"snoozedUntil": _stamp(alert.until)} if alert.until else {}),
        "count": alert.count,
        "lastOccurredAt": _stamp(alert.last),
        "createdAt": _stamp(alert.created),
        "updatedAt": _stamp(alert.updated),
        "source": alert.source,
        "owner": alert.acknowledged[0] if alert.acknowledged else "",
        "priority": alert.priority,
        "responders": [],
        "integration": INTEGRATION,
        **({"report": report} if report else {}),
    }


def _whole(alert: Alert) -> dict[str, Any]:
    """As asked for by itself."""
    return {
        **_brief(alert),
        "actions": [],
        "entity": alert.entity,
        "description": alert.description,
        "details": dict(alert.details or {}),
    }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
