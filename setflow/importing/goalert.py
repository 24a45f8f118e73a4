"""GoAlert: the answers of its GraphQL API, as `adapters.sources` asks for them.

After the schema of https://github.com/target/goalert, graphql2/. Targets of a schedule are on at
once, each within its rules. Which turn a rotation is in is kept by GoAlert, not computed: its
active user has the turn that ends at the next handoff.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from setflow.calendar import Turns, Unit, clock, zone
from setflow.importing.values import (
    DAY_MINUTES,
    Found,
    Layer,
    On,
    Raw,
    Schedule,
    Someone,
    StandIn,
    Stretch,
    Timeline,
    Turning,
    instant,
    long_enough,
    mapping,
    plain,
    rows,
    text,
    texts,
    wall,
)

_UNITS: Mapping[str, Unit] = {
    "hourly": "hourly",
    "daily": "daily",
    "weekly": "weekly",
    "monthly": "monthly",
}
_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a wall time; any would do for one person alone
_ALWAYS = tuple((day * DAY_MINUTES, (day + 1) * DAY_MINUTES) for day in range(7))


class Desk:
    """The answers sorted, then read; what is over at `now` is left out."""

    def __init__(self, now: datetime) -> None:
        self._now, self._found = now, Found()
        self._rotations: dict[str, Raw] = {}
        self._schedules: dict[str, Raw] = {}
        self._overrides: dict[str, Raw] = {}
        self._asked: dict[str, Stretch] = {}

    def take(self, _: str, document: Any) -> None:
        """Sort one answer; one that was saved may be the whole envelope or what is in it."""
        outer = mapping(document)
        data = mapping(outer.get("data")) or outer
        for one in _nodes(data, "users"):
            key = text(one, "id")
            known = Someone(key, plain(one.get("name")), text(one, "email").lower())
            self._found.people[key] = known
        self._rotations |= {text(one, "id"): one for one in _nodes(data, "rotations")}
        self._overrides |= {text(one, "id"): one for one in _nodes(data, "userOverrides")}
        begin, end = instant(outer.get("from")), instant(outer.get("to"))
        for one in _nodes(data, "schedules"):
            self._schedules[text(one, "id")] = one
            if begin and end:
                self._asked[text(one, "id")] = (begin, end)

    def found(self) -> Found:
        """All of it."""
        for key, one in self._schedules.items():
            self._schedule(key, one)
        return self._found

    def _schedule(self, key: str, raw: Raw) -> None:
        title = plain(raw.get("name")) or key
        try:
            own = zone(text(raw, "timeZone"))
        except ValueError as error:
            self._found.leave(f'Schedule "{title}" was left out: {error}.')
            return
        skipped: list[Stretch] = []
        turning = [
            found
            for one in rows(raw.get("targets"))
            if (found := self._target(title, one, own)) is not None
        ]
        for one in rows(raw.get("temporarySchedules")):
            begin, end = instant(one.get("start")), instant(one.get("end"))
            if begin and end and end > self._now:
                skipped.append((begin, end))
                self._found.leave(
                    f'The temporary schedule of "{title}" from {begin:%Y-%m-%d %H:%M} to '
                    f"{end:%Y-%m-%d %H:%M} UTC is not carried over; make overrides for it."
                )
        ids = tuple(one.id for one in turning)
        stand_ins = tuple(self._stand_ins(key, title, ids, skipped))
        timeline = self._timeline(key, raw, skipped)
        self._found.schedules.append(Schedule(key, title, tuple(turning), stand_ins, timeline))

    def _target(self, title: str, raw: Raw, own: ZoneInfo) -> Turning | None:
        target = mapping(raw.get("target"))
        key, kind = text(target, "id"), text(target, "type")
        spans = [span for rule in rows(raw.get("rules")) for span in _spans(rule)]
        always = not spans or set(_ALWAYS) <= set(spans)
        hours = None if always else tuple(sorted(spans))
        if not rows(raw.get("rules")):
            return None
        if kind == "user":
            person = self._person(key, text(target, "name"))
            layer = Layer("weekly", 1, _MONDAY, own, (person,), hours)
            return Turning(key, self._found.people[person].name, (layer,))
        rotation = self._rotations.get(key)
        of = f'Rotation "{plain(target.get("name"))}" of schedule "{title}"'
        if kind != "rotation" or rotation is None:
            self._found.leave(f"{of} is not among the rotations that were read; it was left out.")
            return None
        taken = self._rotation(of, rotation, hours, own)
        return Turning(key, plain(rotation.get("name")), (taken,)) if taken else None

    def _rotation(
        self, of: str, raw: Raw, spans: tuple[tuple[int, int], ...] | None, own: ZoneInfo
    ) -> Layer | None:
        unit, length = _UNITS.get(text(raw, "type")), raw.get("shiftLength")
        start = instant(raw.get("start"))
        upcoming = [when for one in texts(raw.get("nextHandoffTimes")) if (when := instant(one))]
        people = [
            self._person(text(one, "id"), text(one, "name")) for one in rows(raw.get("users"))
        ]
        why = ""
        if not people:
            why = "has nobody in it"
        elif unit is None or not isinstance(length, int) or not long_enough(unit, length):
            why = f'has turns of {length} "{plain(raw.get("type"))}", which there are none of here'
        elif start is None or not upcoming:
            why = "comes without its start and nextHandoffTimes, which say whose turn it is"
        if why or unit is None or start is None or not isinstance(length, int):
            self._found.leave(f"{of} {why} and was left out.")
            return None
        zoned = self._zone(of, raw, own, spans is None)
        turns = Turns(wall(start, zoned), zoned, unit, length)
        # The turn before that handoff is the active user's.
        present = turns.number(upcoming[0]) - 1
        active = raw.get("activeUserIndex")
        first = (active if isinstance(active, int) else 0) - present
        order = tuple(people[(first + place) % len(people)] for place in range(len(people)))
        return Layer(unit, length, turns.start, zoned, order, spans)

    def _zone(self, of: str, raw: Raw, own: ZoneInfo, always: bool) -> ZoneInfo:  # noqa: FBT001
        """The zone of the turns: the rotation's, but the schedule's where hours are read in it."""
        try:
            found = zone(text(raw, "timeZone"))
        except ValueError:
            return own
        if always or found == own:
            return found
        self._found.leave(
            f"{of} hands off on the clocks of {found.key}; here on those of {own.key}, as its "
            "hours do, so that a handoff may move by an hour while one of them has summer time."
        )
        return own

    def _person(self, key: str, title: str) -> str:
        self._found.people.setdefault(key, Someone(key, plain(title)))
        return key

    def _stand_ins(
        self, key: str, title: str, turning: tuple[str, ...], skipped: list[Stretch]
    ) -> Iterator[StandIn]:
        for raw in self._overrides.values():
            begin, end = instant(raw.get("start")), instant(raw.get("end"))
            target = text(mapping(raw.get("target")), "id")
            if not begin or not end or end <= self._now or target != key:
                continue
            added, removed = (mapping(raw.get(one)) for one in ("addUser", "removeUser"))
            if added and removed:
                person = self._person(text(added, "id"), text(added, "name"))
                yield StandIn(person, turning, begin, end, instead=text(removed, "id"))
                continue
            what = "adds" if added else "takes off"
            self._found.leave(
                f'The override of "{title}" from {begin:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} '
                f"UTC only {what} {plain(text(added or removed, 'name', 'id'))}; here somebody "
                "stands in for somebody, so it is not carried over."
            )
            skipped.append((begin, end))

    def _timeline(self, key: str, raw: Raw, skipped: list[Stretch]) -> Timeline | None:
        shifts = []
        for one in rows(raw.get("shifts")):
            person = mapping(one.get("user"))
            known = text(one, "userID") or text(person, "id")
            begin, end = instant(one.get("start")), instant(one.get("end"))
            if begin and end:
                shifts.append(On(known, begin, end))
        if key in self._asked:
            begin, end = self._asked[key]
            return Timeline(max(begin, self._now), end, tuple(shifts), tuple(skipped))
        if not shifts:
            return None
        # Without what was asked for: from where a shift ends it is surely inside.
        begin, end = min(one.end for one in shifts), max(one.end for one in shifts)
        return Timeline(max(begin, self._now), end, tuple(shifts), tuple(skipped))


def _nodes(data: Raw, key: str) -> list[Raw]:
    value = data.get(key)
    return rows(mapping(value).get("nodes") if isinstance(value, Mapping) else value)


def _spans(rule: Raw) -> Iterator[tuple[int, int]]:
    """The hours of a rule; its days are those on which they begin, Sunday first."""
    begin, end = (_minute(text(rule, edge)) for edge in ("start", "end"))
    days = rule.get("weekdayFilter")
    for index, is_on in enumerate(days if isinstance(days, list) else [True] * 7):
        if is_on:
            start = (index + 6) % 7 * DAY_MINUTES + begin
            yield start, start + ((end - begin) % DAY_MINUTES or DAY_MINUTES)


def _minute(given: str) -> int:
    try:
        found = clock(given)
    except ValueError:
        return 0
    return found.hour * 60 + found.minute
