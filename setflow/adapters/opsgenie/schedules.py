"""Schedules in OpsGenie: who is on, rotation by rotation, and the overrides that say otherwise.

After OpsGenie's OpenAPI document and https://docs.opsgenie.com/docs/schedule-override-api. A key
must be allowed to access configurations; one that may only read them cannot change overrides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from setflow.adapters.opsgenie.calls import Calls
from setflow.errors import DeliveryError
from setflow.rotation.rules.remote import On, StandIn

PAGE = 100
_BY_NAME = {"scheduleIdentifierType": "name"}
_ONE = "/v2/schedules/{name}/overrides/{alias}"

Lines = Mapping[str, tuple[On, ...]]


@dataclass(frozen=True, slots=True)
class RemoteSchedule:
    """A schedule for a stretch of time.

    enabled    False: it is switched off, and pages nobody
    final      rotation (an id) → who is on, by user name, overrides and forwarding considered
    base       the same without those
    overrides  by alias
    """

    enabled: bool
    final: Lines
    base: Lines
    overrides: Mapping[str, StandIn]


class Schedules:
    """The schedules of one account, by their names. Every failure is a DeliveryError."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def read(self, name: str, start: datetime, end: datetime) -> RemoteSchedule | None:
        """The schedule from `start` to `end` or longer; None where the key sees none."""
        try:
            with self._calls.failures():
                return self._read(name, start, end)
        except DeliveryError as error:
            if error.status == 404:
                return None
            raise

    def _read(self, name: str, start: datetime, end: datetime) -> RemoteSchedule:
        kind = "id" if self._calls.jsm else "name"
        asked = {
            "identifierType": kind,
            "expand": "base,override,forwarding",
            # One more, should theirs begin with the day.
            "interval": ceil((end - start) / timedelta(days=1)) + 1,
            "intervalUnit": "days",
            "date": _written(start),
        }
        enabled, number = self._of_jsm(name) if self._calls.jsm else (True, name)
        path, named = "/v2/schedules/{name}/", {"name": number}
        timeline = self._calls.one(f"{path}timeline", named, **asked)
        key = "values" if self._calls.jsm else "data"
        by = {} if self._calls.jsm else _BY_NAME
        listed = self._calls.call("GET", f"{path}overrides", named, query=by)[key]
        return RemoteSchedule(
            enabled and timeline.get("_parent", {}).get("enabled", True),
            _lines(timeline["finalTimeline"]),
            _lines(timeline.get("baseTimeline", {})),
            {one["alias"]: _stand_in(one) for one in listed},
        )

    def _of_jsm(self, name: str) -> tuple[bool, str]:
        """Whether it is switched on, and its id: JSM Operations finds a schedule by that alone."""
        for page in self._calls.pages("/v2/schedules", PAGE):
            for one in page:
                if one["name"] == name:
                    return one.get("enabled", True), one["id"]
        raise DeliveryError(f"There is no schedule {name}.", again=False, status=404)

    def keep(self, name: str, alias: str, override: StandIn) -> None:
        """Have the override of that alias be `override`: changed, or made where there is none."""
        body = {
            "user": {"type": "user", "username": override.person},
            "startDate": _written(override.start),
            "endDate": _written(override.end),
            "rotations": [{"id": number} for number in override.rotations],
        }
        try:
            self._change("PUT", _ONE, {"name": name, "alias": alias}, body)
        except DeliveryError as error:
            if error.status != 404:
                raise
            path = "/v2/schedules/{name}/overrides"
            self._change("POST", path, {"name": name}, {"alias": alias, **body})

    def end(self, name: str, alias: str) -> None:
        """Take the override of that alias away; nothing where there is none."""
        try:
            self._change("DELETE", _ONE, {"name": name, "alias": alias}, None)
        except DeliveryError as error:
            if error.status != 404:
                raise

    def _change(
        self, verb: str, path: str, names: Mapping[str, str], body: Mapping[str, Any] | None
    ) -> None:
        if self._calls.jsm:
            raise DeliveryError(
                "setflow makes no overrides in JSM Operations; write `keep: compare` in the file, "
                "and make them there by hand.",
                again=False,
            )
        with self._calls.failures():
            self._calls.call(verb, path, names, query=_BY_NAME, body=body)


def _lines(timeline: Mapping[str, Any]) -> Lines:
    return {
        rotation["id"]: tuple(
            On(person, _instant(one["startDate"]), _instant(one["endDate"]))
            for one in rotation.get("periods", ())
            if (person := _called(one.get("recipient") or one.get("responder") or {}))
        )
        for rotation in timeline.get("rotations", ())
    }


def _stand_in(raw: Mapping[str, Any]) -> StandIn:
    return StandIn(
        _called(raw.get("user") or raw["responder"]),
        _instant(raw["startDate"]),
        _instant(raw["endDate"]),
        tuple(raw.get("rotationIds") or (one["id"] for one in raw.get("rotations", ()))),
    )


def _called(recipient: Mapping[str, Any]) -> str:
    """A user by user name, a team or escalation as such; "" for nobody."""
    kind = recipient.get("type", "none")
    name = recipient.get("username") or recipient.get("name") or recipient.get("id", "")
    if kind == "none":
        return ""
    return name if kind == "user" else f"{kind} {name}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _written(when: datetime) -> str:
    return f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
