"""OpsGenie and JSM Operations: their API's JSON, and the folder of OpsGenie's backup tool.

After https://docs.opsgenie.com/docs/schedule-api with its neighbours, the OpenAPI document of
https://github.com/opsgenie/opsgenie-oas, https://github.com/opsgenie/opsgenie-configuration-backup
and https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/. All rotations of a
schedule are on at once.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from setflow.calendar import Unit, zone
from setflow.importing.values import (
    DAY_MINUTES,
    WEEK_MINUTES,
    Documents,
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
    nothing,
    plain,
    rows,
    text,
    texts,
    wall,
)
from setflow.rotation.rules import LONGEST_OVERRIDE

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# What the API says of `timezone`.
USUAL_ZONE = "America/New_York"

_UNITS: Mapping[str, Unit] = {"hourly": "hourly", "daily": "daily", "weekly": "weekly"}
_OFFSET = re.compile(r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$")


def read(documents: Documents, now: datetime) -> Found:
    """What these documents hold: schedules, overrides, users, timelines, in any order.

    What is over at `now` is left out. Raises Refused where no rotation can be carried over.
    """
    desk = _Desk(now)
    for name, document in documents:
        desk.take(name, document)
    found = desk.found()
    if not any(schedule.rotations for schedule in found.schedules):
        raise nothing("OpsGenie", found.left)
    return found


class _Desk:
    """The documents sorted, then read."""

    def __init__(self, now: datetime) -> None:
        self._now, self._found = now, Found()
        self._schedules: dict[str, Raw] = {}
        self._timelines: list[tuple[str, Raw]] = []
        self._overrides: list[tuple[str, Raw]] = []
        self._others = 0

    def take(self, name: str, document: Any) -> None:
        """Sort one document by its shape; lists and envelopes are opened."""
        if isinstance(document, list):
            for one in document:
                self.take(name, one)
        elif isinstance(document, Mapping):
            inner = next((document[key] for key in ("data", "values") if key in document), None)
            if isinstance(inner, list | Mapping):
                self.take(name, inner)
            else:
                self._sort(name, document)

    def _sort(self, name: str, one: Raw) -> None:
        if isinstance(one.get("schedule"), Mapping):
            self._sort(name, one["schedule"])
            where = text(one["schedule"], "id")
            self._overrides += [(where, part) for part in rows(one.get("scheduleOverrideList"))]
        elif "finalTimeline" in one:
            self._timelines.append((name, one))
        elif "timezone" in one and "rotations" in one:
            self._schedules[text(one, "id")] = one
        elif "fromUser" in one and "toUser" in one:
            self._forwards(one)
        elif "startDate" in one and ("user" in one or "responder" in one):
            self._overrides.append((name, one))
        elif not self._user(mapping(one.get("user")) or one):
            self._others += 1

    def _user(self, one: Raw) -> bool:
        email, account = text(one, "username", "emailAddress"), text(one, "accountId")
        key = account or text(one, "id") or email
        if not (account or ("@" in email and key)):
            return False
        title = plain(text(one, "fullName", "displayName"))
        known = Someone(key, title, email.lower(), text(one, "timeZone"), account)
        self._found.people[key] = known
        return True

    def _forwards(self, one: Raw) -> None:
        until = instant(one.get("endDate"))
        if until is None or until > self._now:
            source, to = (mapping(one.get(key)) for key in ("fromUser", "toUser"))
            self._found.leave(
                f"Forwarding from {_called(source)} to {_called(to)} is not carried over; make an "
                "override of each shift that it is about."
            )

    def found(self) -> Found:
        """All of it. People of whom there is no document are added as the schedules have them."""
        if any(self._without_offset(one) for one in self._schedules.values()):
            self._found.leave(
                "Dates without an offset, as in the backup tool's files, were read as UTC; look "
                "the starts over."
            )
        for key, one in self._schedules.items():
            if one.get("enabled") is False:
                self._found.leave(
                    f'Schedule "{plain(one.get("name"))}" is disabled and was left out.'
                )
            else:
                self._schedule(key, one)
        for person in self._found.people.values():
            if not person.name and not person.email:
                self._found.leave(
                    f"Who the account {person.id} belongs to is not known; give that person in the "
                    "file a name and an address."
                )
        if self._others:
            self._found.leave(
                "Escalations, teams, policies and the like are no part of this "
                f"({self._others} of them were given); write ladders and routes for them."
            )
        return self._found

    def _without_offset(self, schedule: Raw) -> bool:
        starts = (text(one, "startDate") for one in rows(schedule.get("rotations")))
        return any(one and not _OFFSET.search(one) for one in starts)

    def _schedule(self, key: str, raw: Raw) -> None:
        title = plain(raw.get("name")) or key
        try:
            own = zone(text(raw, "timezone") or USUAL_ZONE)
        except ValueError as error:
            self._found.leave(f'Schedule "{title}" was left out: {error}.')
            return
        skipped: list[Stretch] = []
        turning = []
        for part in rows(raw.get("rotations")):
            of = f'Rotation "{plain(part.get("name"))}" of schedule "{title}"'
            layer = self._layer(of, part, own)
            if layer is None:
                continue
            ends = instant(part.get("endDate"))
            turning.append(Turning(text(part, "id"), plain(part.get("name")), (layer,), ends))
            if ends:
                self._found.leave(f"{of} ends at {ends:%Y-%m-%d %H:%M} UTC; here it goes on.")
        stand_ins = tuple(self._stand_ins(key, title, turning, skipped))
        timeline = self._timeline(key, turning, skipped)
        schedule = Schedule(key, title, tuple(turning), stand_ins, timeline)
        self._found.schedules.append(schedule)

    def _layer(self, of: str, raw: Raw, own: ZoneInfo) -> Layer | None:
        unit = _UNITS.get(text(raw, "type"))
        length = raw.get("length") or 1
        start, end = instant(raw.get("startDate")), instant(raw.get("endDate"))
        why = ""
        if raw.get("enabled") is False:
            why = "is disabled"
        elif end and end <= self._now:
            why = f"ended at {end:%Y-%m-%d %H:%M} UTC"
        elif start is None:
            why = "has no start"
        elif unit is None or not isinstance(length, int) or not long_enough(unit, length):
            why = f'has turns of {length} "{plain(raw.get("type"))}", which there are none of here'
        participants = [] if why else rows(raw.get("participants"))
        people, vacant = self._participants(of, participants)
        if not why and not people:
            why = "has no person in it"
        if why or unit is None or start is None:
            self._found.leave(f"{of} {why} and was left out.")
            return None
        spans = _spans(mapping(raw.get("timeRestriction")))
        return Layer(unit, length, wall(start, own), own, people, spans, vacant)

    def _participants(
        self, of: str, participants: list[Raw]
    ) -> tuple[tuple[str, ...], frozenset[int]]:
        """Who has the turns; a turn of no person is the one's before, in the round."""
        keys = [self._person(one) for one in participants]
        named = [key for key in keys if key]
        last = named[-1] if named else ""
        for index, key in enumerate(keys):
            if not key and named:
                what = text(participants[index], "type")
                whose = "nobody" if what == "none" else f"the {what} {_called(participants[index])}"
                self._found.leave(
                    f"{of} gives turn {index + 1} of {len(keys)} to {whose.strip()}; here "
                    f"{self._title(last)}, who has the one before, has it as well."
                )
            keys[index] = last = key or last
        vacant = frozenset(i for i, one in enumerate(participants) if not self._person(one))
        return tuple(key for key in keys if key), vacant

    def _person(self, raw: Raw) -> str:
        """The id of a person, who is known from then on; "" for what is none."""
        email = text(raw, "username", "name").lower()
        key = text(raw, "id") or email
        if raw.get("type") != "user" or not key:
            return ""
        if key in self._found.people:
            return key
        for known in self._found.people.values():
            if email and known.email == email:
                return known.id
        # Where there is no e-mail address at all, the id is that of an Atlassian account.
        self._found.people[key] = Someone(key, email=email, account="" if email else key)
        return key

    def _title(self, key: str) -> str:
        one = self._found.people[key]
        return one.name or one.email or one.id

    def _stand_ins(
        self, key: str, title: str, turning: list[Turning], skipped: list[Stretch]
    ) -> Iterator[StandIn]:
        for name, raw in self._overrides:
            listed = [text(one, "id") for one in rows(raw.get("rotations"))]
            listed += texts(raw.get("rotationIds"))
            begin, end = instant(raw.get("startDate")), instant(raw.get("endDate"))
            if not begin or not end or end <= self._now or not self._is_of(key, name, raw, listed):
                continue
            whom = mapping(raw.get("user") or raw.get("responder"))
            person = self._person({"type": "user", **whom})
            if not person or end - begin > LONGEST_OVERRIDE:
                why = "is of over a year" if person else f"puts {_called(whom) or 'nobody'} in"
                self._found.leave(
                    f'The override of schedule "{title}" from {begin:%Y-%m-%d %H:%M} to '
                    f"{end:%Y-%m-%d %H:%M} UTC {why} and is not carried over."
                )
                skipped.append((begin, end))
                continue
            seats = tuple(one.id for one in turning if not listed or one.id in listed)
            if seats:
                yield StandIn(person, seats, begin, end)

    def _is_of(self, key: str, name: str, raw: Raw, rotations: list[str]) -> bool:
        """Whether an override or timeline, of a document of that name, is of this schedule."""
        if parent := text(mapping(raw.get("_parent")), "id"):
            return parent == key
        own = {text(one, "id") for one in rows(self._schedules[key].get("rotations"))}
        if own.intersection(rotations):
            return True
        return key in name or (len(self._schedules) == 1 and not rotations)

    def _timeline(
        self, key: str, turning: list[Turning], skipped: list[Stretch]
    ) -> Timeline | None:
        for name, raw in self._timelines:
            final = rows(mapping(raw.get("finalTimeline")).get("rotations"))
            begin, end = instant(raw.get("startDate")), instant(raw.get("endDate"))
            ids = [text(one, "id") for one in final]
            if not begin or not end or not self._is_of(key, name, raw, ids):
                continue
            own = {one.id for one in turning}
            periods = [
                one
                for part in final
                if text(part, "id") in own
                for one in rows(part.get("periods"))
            ]
            # The past is as it was, by whatever the rotations were then.
            past = [one for one in periods if one.get("type") == "historical"]
            ends = [when for one in past if (when := instant(one.get("endDate")))]
            begin = max([begin, *ends])
            coming = [one for one in periods if one.get("type") != "historical"]
            shifts = tuple(self._on(coming, skipped))
            return Timeline(begin, end, shifts, tuple(skipped))
        return None

    def _on(self, periods: list[Raw], skipped: list[Stretch]) -> Iterator[On]:
        for one in periods:
            begin, end = instant(one.get("startDate")), instant(one.get("endDate"))
            whom = mapping(one.get("recipient") or one.get("responder"))
            if not begin or not end:
                continue
            if one.get("type") == "forwarding" or whom.get("forwardedFrom"):
                skipped.append((begin, end))
            elif person := self._person(whom):
                yield On(person, begin, end)


def _called(raw: Raw) -> str:
    return plain(text(raw, "username", "name", "id"))


def _spans(restriction: Raw) -> tuple[tuple[int, int], ...] | None:
    """The part of the week that a restriction leaves; None for all of it."""
    entries = rows(restriction.get("restrictions")) or [mapping(restriction.get("restriction"))]
    found: list[tuple[int, int]] = []
    for one in filter(None, entries):
        begin, end = (_minute(one, f"{edge}Hour", f"{edge}Min") for edge in ("start", "end"))
        if restriction.get("type") == "time-of-day":
            length = (end - begin) % DAY_MINUTES or DAY_MINUTES
            starts = [begin + index * DAY_MINUTES for index in range(7)]
        else:
            first, last = (_day(one, edge) * DAY_MINUTES for edge in ("startDay", "endDay"))
            length = (last + end - first - begin) % WEEK_MINUTES or WEEK_MINUTES
            starts = [first + begin]
        found += [(start, start + length) for start in starts]
    return tuple(sorted(found)) or None


def _minute(raw: Raw, hour: str, minute: str) -> int:
    values = (raw.get(hour), raw.get(minute))
    hours, minutes = (one if isinstance(one, int) else 0 for one in values)
    return (hours * 60 + minutes) % DAY_MINUTES


def _day(raw: Raw, key: str) -> int:
    given = text(raw, key).lower()
    return DAYS.index(given) if given in DAYS else 0
