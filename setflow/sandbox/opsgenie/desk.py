"""What an OpsGenie account knows: alerts, requests that wait to be worked, schedules."""

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from setflow.sandbox.opsgenie.rota import Rotation, Schedule
from setflow.sandbox.trouble import Refusal

PRIORITIES = ("P1", "P2", "P3", "P4", "P5")
LONGEST_MESSAGE = 130
MOST_COUNTED = 100

_TERM = re.compile(r"\s*(\w+)\s*:\s*(\"[^\"]*\"|\S+)\s*(?:(and)\b|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody noted on an alert."""

    user: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert; `acknowledged`, `closed` and `told` are by whom, or who, and when.

    until  when a snooze of it ends
    """

    id: str
    tiny: str
    alias: str
    message: str
    created: datetime
    updated: datetime
    last: datetime
    description: str = ""
    priority: str = "P3"
    source: str = ""
    entity: str = ""
    tags: tuple[str, ...] = ()
    details: Mapping[str, str] | None = None
    count: int = 1
    acknowledged: tuple[str, datetime] | None = None
    closed: tuple[str, datetime] | None = None
    until: datetime | None = None
    told: tuple[tuple[str, datetime], ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def status(self) -> str:
        """Either open or closed."""
        return "closed" if self.closed else "open"


@dataclass(frozen=True, slots=True)
class Worked:
    """What became of a request: `text` says it, `alert` is None where it failed."""

    action: str
    at: datetime
    text: str
    alert: Alert | None


class Desk:
    """One account with one API key, which of JSM Operations is the token of `user`.

    holding   while true, changes asked for by API are accepted and not worked until `release`
    schedules by name
    settings  what else it is asked for, by path, such as "/v2/users": what stands in its envelope
    strangers user names that the account does not have
    lock      held from reading an alert until its change is kept
    """

    key, user = "opsgenie-key", "setflow@example.com"

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.holding = False
        self.schedules: dict[str, Schedule] = {}
        self.strangers: set[str] = set()
        self.settings: dict[str, Any] = {}
        self.lock = threading.RLock()
        self._alerts: dict[str, Alert] = {}
        self._requests: dict[str, Worked | None] = {}
        self._held: list[Callable[[], None]] = []
        self._numbers = count(1)

    def schedule(self, name: str, zone: str, *rotations: Rotation) -> Schedule:
        """A new schedule, by the clock of a zone."""
        number = f"d875e654-9b4e-4219-a803-0c26936d18d{len(self.schedules)}"
        self.schedules[name] = Schedule(number, name, ZoneInfo(zone), rotations)
        return self.schedules[name]

    def alert(self, identifier: str, kind: str = "id") -> Alert:
        """The alert by its id, alias or tiny id, the open one first. Raises Refusal if none."""
        of = {"id": "id", "alias": "alias", "tiny": "tiny"}[kind]
        found = [alert for alert in self._alerts.values() if getattr(alert, of) == identifier]
        if not found:
            raise Refusal(404, f"Alert with {kind} [{identifier}] does not exist.")
        return next((alert for alert in found if not alert.closed), found[-1])

    def alerts(self, query: str) -> list[Alert]:
        """Those that fit a query such as `status:open AND priority:P1`, in no order."""
        wanted, at = [], 0
        while query[at:].strip():
            term = _TERM.match(query, at)
            if term is None or term[1].lower() not in _FIELDS:
                raise Refusal(400, f"Query [{query}] could not be parsed.")
            wanted.append((_FIELDS[term[1].lower()], term[2].strip('"').lower()))
            at = term.end()
        with self.lock:
            return [
                alert
                for alert in self._alerts.values()
                if all(value in of(alert) for of, value in wanted)
            ]

    def create(self, message: str, *, alias: str = "", **fields: Any) -> tuple[str, Alert]:
        """A new alert and "Create"; where one of that alias is open it counts up, and "".

        fields  description, priority, source, entity, tags, details
        """
        now = self.clock()
        with self.lock:
            for alert in self._alerts.values():
                if alias and alert.alias == alias and not alert.closed:
                    again = min(alert.count + 1, MOST_COUNTED)
                    return "", self._put(replace(alert, count=again, last=now))
            number = next(self._numbers)
            alert_id = f"{number:08x}-38d6-4c85-92b8-5ebc900d42e2-{int(now.timestamp() * 1000)}"
            return "Create", self._put(
                Alert(
                    id=alert_id,
                    tiny=str(number),
                    alias=alias or alert_id,
                    message=message[:LONGEST_MESSAGE],
                    created=now,
                    updated=now,
                    last=now,
                    **fields,
                )
            )

    def acknowledge(self, alert: Alert, user: str) -> tuple[str, Alert]:
        """Give an open alert to `user`. Raises Refusal where it is theirs or closed already."""
        if alert.closed or alert.acknowledged:
            raise Refusal(422, "Alert is already acknowledged or closed.")
        now = self.clock()
        return "Acknowledge", self._put(replace(alert, acknowledged=(user, now), updated=now))

    def unacknowledge(self, alert: Alert, _: str) -> tuple[str, Alert]:
        """Take an open alert away from whoever has it. Raises Refusal where nobody does."""
        if alert.closed or not alert.acknowledged:
            raise Refusal(422, "Alert is not acknowledged.")
        return "UnAcknowledge", self._put(replace(alert, acknowledged=None, updated=self.clock()))

    def snooze(self, alert: Alert, _: str, until: datetime) -> tuple[str, Alert]:
        """Put an open alert off. Raises Refusal where it is closed."""
        if alert.closed:
            raise Refusal(422, "Alert is already closed.")
        return "Snooze", self._put(replace(alert, until=until, updated=self.clock()))

    def page(self, alert: Alert, user: str) -> tuple[str, Alert]:
        """Tell `user` of it, which is no change that anybody hears of."""
        return "", self._put(replace(alert, told=(*alert.told, (user, self.clock()))))

    def close(self, alert: Alert, user: str) -> tuple[str, Alert]:
        """Close it. Raises Refusal where it is closed already."""
        if alert.closed:
            raise Refusal(422, "Alert is already closed.")
        now = self.clock()
        return "Close", self._put(replace(alert, closed=(user, now), updated=now))

    def note(self, alert: Alert, user: str, text: str) -> tuple[str, Alert]:
        """Note `text` on it."""
        now = self.clock()
        notes = (*alert.notes, Note(user, now, text))
        return "AddNote", self._put(replace(alert, notes=notes, updated=now))

    def accept(self, action: str, work: Callable[[], Alert]) -> str:
        """Take a request to be worked now, or at `release`; its id comes back.

        work  does it; its Refusal makes the request fail
        """
        request = f"43a29c5c-3dbf-4fa4-9c26-{next(self._numbers):012x}"
        self._requests[request] = None

        def worked() -> None:
            try:
                with self.lock:
                    alert = work()
                done = Worked(action, self.clock(), f"{action} done", alert)
            except Refusal as refusal:
                done = Worked(action, self.clock(), str(refusal), None)
            self._requests[request] = done

        if self.holding:
            self._held.append(worked)
        else:
            worked()
        return request

    def release(self) -> None:
        """Work what was held, in order, and hold nothing more."""
        self.holding = False
        while self._held:
            self._held.pop(0)()

    def request(self, request_id: str) -> Worked:
        """What became of a request. Raises Refusal until it is worked."""
        worked = self._requests.get(request_id)
        if worked is None:
            raise Refusal(404, "Request not found. It might not be processed yet.")
        return worked

    def _put(self, alert: Alert) -> Alert:
        self._alerts[alert.id] = alert
        return alert


_FIELDS: Mapping[str, Callable[[Alert], tuple[str, ...]]] = {
    "status": lambda alert: (alert.status,),
    "priority": lambda alert: (alert.priority.lower(),),
    "alias": lambda alert: (alert.alias.lower(),),
    "tag": lambda alert: tuple(tag.lower() for tag in alert.tags),
    "acknowledged": lambda alert: (str(alert.acknowledged is not None).lower(),),
}
