"""Schedules of OpsGenie and JSM Operations: rotations, overrides, forwarding, timelines.

After https://docs.opsgenie.com/docs/schedule-api with its neighbours, the OpenAPI document of
https://github.com/opsgenie/opsgenie-oas, https://github.com/opsgenie/opsgenie-configuration-backup
and https://developer.atlassian.com/cloud/jira/service-desk-ops/rest/v2/. All rotations of a
schedule are on at once.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.calendar import Unit, zone
from setflow.importing.values import (
    DAY_MINUTES,
    WEEK_MINUTES,
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
from setflow.rotation.rules import LONGEST_OVERRIDE

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# What the API says of `timezone`.
USUAL_ZONE = "America/New_York"

_UNITS: Mapping[str, Unit] = {"hourly": "hourly", "daily": "daily", "weekly": "weekly"}
_OFFSET = re.compile(r"(?:[Zz]|[+-][0-9]{2}:?[0-9]{2})$")


class Schedules:
    """Reads schedules, from all that was given of them.

    raw        by id
    timelines  each with the name of its document, as are the overrides
    forwards   forwarding rules
    """

    def __init__(self, now: datetime, found: Found) -> None:
        self.now, self.found = now, found
        self.raw: dict[str, Raw] = {}
        self.timelines: list[tuple[str, Raw]] = []
        self.overrides: list[tuple[str, Raw]] = []
        self.forwards: list[Raw] = []

    def user(self, one: Raw) -> str:
        """The id of a user, who is known from then on; "" for what is none."""
        email, account = text(one, "username", "emailAddress"), text(one, "accountId")
        key = account or text(one, "id") or email
        if not (account or ("@" in email and key)):
            return ""
        title = plain(text(one, "fullName", "displayName"))
        before = self.found.people.get(key)
        contacts = before.contacts if before else ()
        known = Someone(key, title, email.lower(), text(one, "timeZone"), account, contacts)
        self.found.people[key] = known
        return key

    def read(self) -> None:
        """Add all of them to what was found."""
        if any(self._without_offset(one) for one in self.raw.values()):
            self.found.leave(
                "Dates without an offset, as in the backup tool's files, were read as UTC; look "
                "the starts over."
            )
        for key, one in self.raw.items():
            if one.get("enabled") is False:
                self.found.leave(
                    f'Schedule "{plain(one.get("name"))}" is disabled and was left out.'
                )
            else:
                self._schedule(key, one)

    def _without_offset(self, schedule: Raw) -> bool:
        starts = (text(one, "startDate") for one in rows(schedule.get("rotations")))
        return any(one and not _OFFSET.search(one) for one in starts)

    def _schedule(self, key: str, raw: Raw) -> None:
        title = plain(raw.get("name")) or key
        try:
            own = zone(text(raw, "timezone") or USUAL_ZONE)
        except ValueError as error:
            self.found.leave(f'Schedule "{title}" was left out: {error}.')
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
                self.found.leave(f"{of} ends at {ends:%Y-%m-%d %H:%M} UTC; here it goes on.")
        stand_ins = [*self._stand_ins(key, title, turning, skipped), *self._forwarded(turning)]
        timeline = self._timeline(key, turning, skipped)
        schedule = Schedule(key, title, tuple(turning), tuple(stand_ins), timeline)
        self.found.schedules.append(schedule)

    def _layer(self, of: str, raw: Raw, own: ZoneInfo) -> Layer | None:
        unit = _UNITS.get(text(raw, "type"))
        length = raw.get("length") or 1
        start, end = instant(raw.get("startDate")), instant(raw.get("endDate"))
        why = ""
        if raw.get("enabled") is False:
            why = "is disabled"
        elif end and end <= self.now:
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
            self.found.leave(f"{of} {why} and was left out.")
            return None
        open_in = spans(mapping(raw.get("timeRestriction")))
        return Layer(unit, length, wall(start, own), own, people, open_in, vacant)

    def _participants(
        self, of: str, participants: list[Raw]
    ) -> tuple[tuple[str, ...], frozenset[int]]:
        """Who has the turns; a turn of no person is the one's before, in the round."""
        keys = [self.person(one) for one in participants]
        named = [key for key in keys if key]
        last = named[-1] if named else ""
        for index, key in enumerate(keys):
            if not key and named:
                what = text(participants[index], "type")
                whose = "nobody" if what == "none" else f"the {what} {_called(participants[index])}"
                self.found.leave(
                    f"{of} gives turn {index + 1} of {len(keys)} to {whose.strip()}; here "
                    f"{self._title(last)}, who has the one before, has it as well."
                )
            keys[index] = last = key or last
        vacant = frozenset(i for i, one in enumerate(participants) if not self.person(one))
        return tuple(key for key in keys if key), vacant

    def person(self, raw: Raw) -> str:
        """The id of a person, who is known from then on; "" for what is none."""
        email = text(raw, "username", "name").lower()
        key = text(raw, "id") or email
        if raw.get("type") != "user" or not key:
            return ""
        if key in self.found.people:
            return key
        for known in self.found.people.values():
            if email and known.email == email:
                return known.id
        # Where there is no e-mail address at all, the id is that of an Atlassian account.
        self.found.people[key] = Someone(key, email=email, account="" if email else key)
        return key

    def _title(self, key: str) -> str:
        one = self.found.people[key]
        return one.name or one.email or one.id

    def _stand_ins(
        self, key: str, title: str, turning: list[Turning], skipped: list[Stretch]
    ) -> Iterator[StandIn]:
        for name, raw in self.overrides:
            listed = [text(one, "id") for one in rows(raw.get("rotations"))]
            listed += texts(raw.get("rotationIds"))
            begin, end = instant(raw.get("startDate")), instant(raw.get("endDate"))
            if not begin or not end or end <= self.now or not self._is_of(key, name, raw, listed):
                continue
            whom = mapping(raw.get("user") or raw.get("responder"))
            person = self.person({"type": "user", **whom})
            if not person or end - begin > LONGEST_OVERRIDE:
                why = "is of over a year" if person else f"puts {_called(whom) or 'nobody'} in"
                self.found.leave(
                    f'The override of schedule "{title}" from {begin:%Y-%m-%d %H:%M} to '
                    f"{end:%Y-%m-%d %H:%M} UTC {why} and is not carried over."
                )
                skipped.append((begin, end))
                continue
            seats = tuple(one.id for one in turning if not listed or one.id in listed)
            if seats:
                yield StandIn(person, seats, begin, end)

    def _forwarded(self, turning: list[Turning]) -> Iterator[StandIn]:
        """Whoever is forwarded to stands in for each shift of whoever forwards."""
        for raw in self.forwards:
            source, to = (self.user_of(raw.get(key)) for key in ("fromUser", "toUser"))
            begin, end = instant(raw.get("startDate")), instant(raw.get("endDate"))
            if not begin or not end or end <= self.now:
                continue
            names = [_called(mapping(raw.get(key))) for key in ("fromUser", "toUser")]
            if not source or not to or end - begin > LONGEST_OVERRIDE:
                why = "it is of over a year" if source and to else "one of them is not known"
                self.found.leave(
                    f"Forwarding from {names[0]} to {names[1]} is not carried over, for {why}."
                )
                continue
            own = [one.id for one in turning if source in one.layers[0].people]
            if own:
                yield StandIn(to, tuple(own), begin, end, source)

    def user_of(self, raw: object) -> str:
        """The id of the user that is meant; "" for nobody."""
        return self.person({"type": "user", **mapping(raw)}) if mapping(raw) else ""

    def _is_of(self, key: str, name: str, raw: Raw, rotations: list[str]) -> bool:
        """Whether an override or timeline, of a document of that name, is of this schedule."""
        if parent := text(mapping(raw.get("_parent")), "id"):
            return parent == key
        own = {text(one, "id") for one in rows(self.raw[key].get("rotations"))}
        if own.intersection(rotations):
            return True
        return key in name or (len(self.raw) == 1 and not rotations)

    def _timeline(
        self, key: str, turning: list[Turning], skipped: list[Stretch]
    ) -> Timeline | None:
        for name, raw in self.timelines:
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
            forwarded = one.get("type") == "forwarding" or whom.get("forwardedFrom")
            if forwarded and not self.forwards:
                skipped.append((begin, end))
                self.found.leave(
                    f"Shifts are forwarded to {_called(whom)} by a rule that was not given; give "
                    "the forwarding rules as well, or make overrides."
                )
            elif person := self.person(whom):
                yield On(person, begin, end)


def _called(raw: Raw) -> str:
    return plain(text(raw, "username", "name", "id"))


def spans(restriction: Raw) -> tuple[tuple[int, int], ...] | None:
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
