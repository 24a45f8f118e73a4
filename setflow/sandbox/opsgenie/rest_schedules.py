"""The REST paths of schedules in the OpsGenie stand-in, after its OpenAPI document."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request

from setflow.sandbox.opsgenie.desk import Desk
from setflow.sandbox.opsgenie.rota import Override, Schedule, recipient, rotation_json, stamp
from setflow.sandbox.trouble import Refusal

_UNITS = {"days": timedelta(days=1), "weeks": timedelta(weeks=1), "months": timedelta(days=30)}
_ONE = "/v2/schedules/{schedule}"
_OVERRIDE = f"{_ONE}/overrides/{{alias}}"

Handler = Callable[[Request], Any]


class Schedules:
    """Those paths over `desk`: method, path, handler. `readable` are those that only read."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.paths: list[tuple[str, str, Handler]] = [
            ("GET", "/v2/schedules", self._list),
            ("GET", f"{_ONE}/timeline", self._timeline),
            ("GET", f"{_ONE}/on-calls", self._on_calls),
            ("GET", f"{_ONE}/overrides", self._overrides),
            ("POST", f"{_ONE}/overrides", self._create),
            ("GET", _OVERRIDE, self._one),
            ("PUT", _OVERRIDE, self._update),
            ("DELETE", _OVERRIDE, self._delete),
        ]
        self.readable = [one for one in self.paths if one[0] == "GET" and one[1] != _OVERRIDE]

    def _schedule(self, request: Request, key: str = "scheduleIdentifierType") -> Schedule:
        kind = request.query_params.get(key, "id")
        wanted = request.path_params["schedule"]
        for schedule in self._desk.schedules.values():
            if wanted == (schedule.name if kind == "name" else schedule.id):
                return schedule
        raise Refusal(404, f"Schedule with {kind} [{wanted}] does not exist.")

    async def _list(self, request: Request) -> dict[str, Any]:
        whole = "rotation" in request.query_params.get("expand", "")
        return {
            "data": [
                {
                    "id": one.id,
                    "name": one.name,
                    "description": "",
                    "timezone": one.zone.key,
                    "enabled": one.enabled,
                    "rotations": [rotation_json(part) for part in one.rotations] if whole else [],
                }
                for one in self._desk.schedules.values()
            ],
            "expandable": [] if whole else ["rotation"],
        }

    async def _timeline(self, request: Request) -> dict[str, Any]:
        schedule, asked = self._schedule(request, "identifierType"), request.query_params
        start = _instant(asked["date"]) if "date" in asked else self._desk.clock()
        length = int(asked.get("interval", 1)) * _UNITS[asked.get("intervalUnit", "weeks")]
        end = start + length

        def timeline(kind: str) -> dict[str, Any]:
            return {"rotations": list(map(lines(kind), enumerate(schedule.rotations)))}

        def lines(kind: str) -> Callable[[Any], dict[str, Any]]:
            return lambda numbered: {
                "id": numbered[1].id,
                "name": numbered[1].name,
                "order": numbered[0] + 1.0,
                "periods": [
                    {
                        "startDate": stamp(begin),
                        "endDate": stamp(finish),
                        "type": "override" if kind == "override" else "default",
                        "recipient": {"id": f"id-{user}", "name": user, "type": "user"},
                    }
                    for begin, finish, user in schedule.periods(numbered[1], start, end, kind=kind)
                ],
            }

        wanted = [kind for kind in ("base", "override") if kind in asked.get("expand", "")]
        return {
            "data": {
                "_parent": _meta(schedule),
                "startDate": stamp(start),
                "endDate": stamp(end),
                **{f"{kind}Timeline": timeline(kind) for kind in ("final", *wanted)},
            },
            "expandable": ["base", "forwarding", "override"],
        }

    async def _on_calls(self, request: Request) -> dict[str, Any]:
        schedule, asked = self._schedule(request), request.query_params
        when = _instant(asked["date"]) if "date" in asked else self._desk.clock()
        people = schedule.on_call(when)
        data: dict[str, Any] = {"_parent": _meta(schedule)}
        if asked.get("flat") == "true":
            return {"data": {**data, "onCallRecipients": people}}
        tree = [{"id": f"id-{user}", "name": user, "type": "user"} for user in people]
        return {"data": {**data, "onCallParticipants": tree}}

    async def _overrides(self, request: Request) -> dict[str, Any]:
        schedule = self._schedule(request)
        return {"data": [_override(schedule, one) for one in schedule.overrides.values()]}

    async def _one(self, request: Request) -> dict[str, Any]:
        schedule = self._schedule(request)
        return {"data": _override(schedule, schedule.override(request.path_params["alias"]))}

    async def _create(self, request: Request) -> dict[str, Any]:
        schedule, asked = self._schedule(request), await request.json()
        alias = asked.get("alias") or f"override-{len(schedule.overrides) + 1}"
        if alias in schedule.overrides:
            raise Refusal(409, f"Schedule override with alias [{alias}] already exists.")
        return self._put(schedule, alias, asked)

    async def _update(self, request: Request) -> dict[str, Any]:
        schedule, alias = self._schedule(request), request.path_params["alias"]
        schedule.override(alias)
        return self._put(schedule, alias, await request.json())

    def _put(self, schedule: Schedule, alias: str, asked: dict[str, Any]) -> dict[str, Any]:
        user = asked["user"].get("username", "") if asked["user"]["type"] == "user" else ""
        if user in self._desk.strangers:
            raise Refusal(422, f"User [{user}] does not exist.")
        rotations = tuple(one["id"] for one in asked.get("rotations") or ())
        start, end = _instant(asked["startDate"]), _instant(asked["endDate"])
        schedule.put(Override(alias, user, start, end, rotations))
        return {"data": {"alias": alias}}

    async def _delete(self, request: Request) -> dict[str, Any]:
        schedule, alias = self._schedule(request), request.path_params["alias"]
        schedule.override(alias)
        del schedule.overrides[alias]
        return {"result": "Deleted"}


def _override(schedule: Schedule, one: Override) -> dict[str, Any]:
    names = {part.id: part.name for part in schedule.rotations}
    return {
        "_parent": _meta(schedule),
        "alias": one.alias,
        "user": recipient(one.user),
        "startDate": stamp(one.start),
        "endDate": stamp(one.end),
        "rotations": [{"id": number, "name": names[number]} for number in one.rotations],
    }


def _meta(schedule: Schedule) -> dict[str, Any]:
    return {"id": schedule.id, "name": schedule.name, "enabled": schedule.enabled}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
