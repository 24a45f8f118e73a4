"""The schedules of an OpsGenie account, looked at every half an hour: it knows no finer edges."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from setflow.sandbox.trouble import Refusal

STEP = timedelta(minutes=30)
UNITS = {"hourly": timedelta(hours=1), "daily": timedelta(days=1), "weekly": timedelta(weeks=1)}
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_WEEK = 7 * 1440


@dataclass(frozen=True, slots=True)
class Rotation:
    """Users ("" for nobody) who take turns from `start` on, by the clock of the schedule.

    hours  (weekday, from, to) in minutes of the day, or with None one pair for all days; none are
           always. To at or before from is the next day
    """

    id: str
    name: str
    start: datetime
    users: tuple[str, ...]
    type: str = "weekly"
    length: int = 1
    hours: tuple[tuple[int | None, int, int], ...] = ()

    def on(self, when: datetime, zone: ZoneInfo) -> str:
        """Who is on by its turns alone."""
        if when < self.start or not self._open(when.astimezone(zone)):
            return ""
        local, first = (one.astimezone(zone).replace(tzinfo=None) for one in (when, self.start))
        passed = when - self.start if self.type == "hourly" else local - first
        return self.users[passed // (UNITS[self.type] * self.length) % len(self.users)]

    def _open(self, local: datetime) -> bool:
        minute = local.weekday() * 1440 + local.hour * 60 + local.minute
        return not self.hours or any(
            (minute - (day * 1440 + begin)) % _WEEK < ((end - begin - 1) % 1440) + 1
            for only, begin, end in self.hours
            for day in (range(7) if only is None else (only,))
        )


@dataclass(frozen=True, slots=True)
class Override:
    """A user ("" for nobody) in the place of whoever is on; no rotations named are all of them."""

    alias: str
    user: str
    start: datetime
    end: datetime
    rotations: tuple[str, ...] = ()


@dataclass(slots=True)
class Schedule:
    """Rotations that are all on at once, and overrides, which beat them: the later made first."""

    id: str
    name: str
    zone: ZoneInfo
    rotations: Sequence[Rotation]
    enabled: bool = True
    overrides: dict[str, Override] = field(default_factory=dict)

    def override(self, alias: str) -> Override:
        """The override of that alias. Raises Refusal if there is none."""
        if alias not in self.overrides:
            raise Refusal(404, f"Schedule override with alias [{alias}] does not exist.")
        return self.overrides[alias]

    def put(self, override: Override) -> None:
        """Make or change an override. Raises Refusal for one that ends before it begins."""
        start, end = _rounded(override.start), _rounded(override.end)
        if end <= start:
            raise Refusal(422, "Request body is not processable. endDate: is before startDate.")
        self.overrides[override.alias] = Override(
            override.alias, override.user, start, end, override.rotations
        )

    def on(self, rotation: Rotation, when: datetime, *, kind: str = "final") -> str:
        """Who is on in one rotation: by the base timeline, the override one, or both."""
        if kind != "base":
            for one in reversed(self.overrides.values()):
                named = not one.rotations or rotation.id in one.rotations
                if named and one.start <= when < one.end:
                    return one.user
        return "" if kind == "override" else rotation.on(when, self.zone)

    def on_call(self, when: datetime) -> list[str]:
        """Everybody who is on at an instant, once each."""
        people = (self.on(rotation, when) for rotation in self.rotations)
        return list(dict.fromkeys(filter(None, people)))

    def periods(
        self, rotation: Rotation, start: datetime, end: datetime, *, kind: str
    ) -> Iterator[tuple[datetime, datetime, str]]:
        """From when to when who is on in a rotation, clipped; nobody is left out."""
        begin, user = start, self.on(rotation, start, kind=kind)
        at = _rounded(start + STEP / 2)
        while at < end:
            now_on = self.on(rotation, at, kind=kind)
            if now_on != user:
                if user:
                    yield begin, at, user
                begin, user = at, now_on
            at += STEP
        if user:
            yield begin, end, user


def rotation_json(rotation: Rotation) -> dict[str, Any]:
    """A rotation as the API gives it."""
    said: dict[str, Any] = {
        "id": rotation.id,
        "name": rotation.name,
        "startDate": stamp(rotation.start),
        "type": rotation.type,
        "length": rotation.length,
        "participants": [recipient(user) for user in rotation.users],
    }
    if rotation.hours:
        said["timeRestriction"] = _restriction(rotation.hours)
    return said


def _restriction(hours: Sequence[tuple[int | None, int, int]]) -> dict[str, Any]:
    """As the API has it: an object for hours of every day, a list for those of weekdays."""
    listed = []
    for only, begin, end in hours:
        times = {
            "startHour": begin // 60,
            "startMin": begin % 60,
            "endHour": end // 60,
            "endMin": end % 60,
        }
        if only is None:
            return {"type": "time-of-day", "restriction": times}
        last = (only + (end <= begin)) % 7
        listed.append({"startDay": DAYS[only], "endDay": DAYS[last], **times})
    return {"type": "weekday-and-time-of-day", "restrictions": listed}


def recipient(user: str) -> dict[str, Any]:
    """A user, or nobody, as participants and overrides name them."""
    return {"type": "user", "id": f"id-{user}", "username": user} if user else {"type": "none"}


def stamp(when: datetime) -> str:
    """An instant as the API gives it."""
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def _rounded(when: datetime) -> datetime:
    past = timedelta(minutes=when.minute % 30, seconds=when.second, microseconds=when.microsecond)
    return when - past + (STEP if past >= STEP / 2 else timedelta())
