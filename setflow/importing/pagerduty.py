"""PagerDuty: the answers of its REST API v2.

After https://developer.pagerduty.com/api-reference, schedules and users. One person is on a
schedule at a time: of its layers whose restrictions are open one wins. In which order they are
listed changed over time, so it is seen from the final schedule where that tells.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
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
    wall,
)
from setflow.rotation.rules import LONGEST_OVERRIDE

_UNITS: tuple[tuple[int, Unit], ...] = ((604_800, "weekly"), (86_400, "daily"), (3_600, "hourly"))


class Desk:
    """The answers sorted, then read; what is over at `now` is left out."""

    def __init__(self, now: datetime) -> None:
        self._now, self._found = now, Found()
        self._schedules: dict[str, Raw] = {}

    def take(self, _: str, document: Any) -> None:
        """Sort one answer."""
        if isinstance(document, list):
            for one in document:
                self.take(_, one)
            return
        raw = mapping(document)
        if "schedule_layers" in raw:
            self._schedules[text(raw, "id")] = raw
        for one in [*rows(raw.get("schedules")), mapping(raw.get("schedule"))]:
            if "schedule_layers" in one:
                self._schedules[text(one, "id")] = one
        for one in [*rows(raw.get("users")), mapping(raw.get("user"))]:
            self._user(one)

    def _user(self, one: Raw) -> str:
        """The id of a user, of whom a reference says less than the user's own answer."""
        key, email = text(one, "id"), text(one, "email").lower()
        title = plain(text(one, "name", "summary"))
        if key and (email or key not in self._found.people):
            self._found.people[key] = Someone(key, title, email, text(one, "time_zone"))
        return key

    def found(self) -> Found:
        """All of it."""
        for key, one in self._schedules.items():
            self._schedule(key, one)
        return self._found

    def _schedule(self, key: str, raw: Raw) -> None:
        title = plain(text(raw, "name", "summary")) or key
        try:
            own = zone(text(raw, "time_zone"))
        except ValueError as error:
            self._found.leave(f'Schedule "{title}" was left out: {error}.')
            return
        skipped: list[Stretch] = []
        listed = rows(raw.get("schedule_layers"))
        upwards = listed if _later_wins(raw) else listed[::-1]
        layers = [
            layer for one in upwards if (layer := self._layer(title, one, own, skipped)) is not None
        ]
        if not layers:
            self._found.leave(f'Schedule "{title}" has no layer left and was left out.')
            return
        stand_ins = tuple(self._stand_ins(key, title, raw, skipped))
        turning = Turning(key, title, tuple(layers))
        timeline = self._timeline(raw, skipped)
        self._found.schedules.append(Schedule(key, title, (turning,), stand_ins, timeline))

    def _layer(self, title: str, raw: Raw, own: ZoneInfo, skipped: list[Stretch]) -> Layer | None:
        of = f'Layer "{plain(raw.get("name"))}" of schedule "{title}"'
        seconds = raw.get("rotation_turn_length_seconds")
        start, ends = instant(raw.get("start")), instant(raw.get("end"))
        virtual = instant(raw.get("rotation_virtual_start")) or start
        people = tuple(
            key for one in rows(raw.get("users")) if (key := self._user(mapping(one.get("user"))))
        )
        if ends and ends <= self._now:
            return None
        turn = _turn(seconds) if isinstance(seconds, int) else None
        if not people or turn is None or start is None or virtual is None:
            why = "has no start" if people and turn else "has nobody in it"
            if turn is None:
                why = f"has turns of {seconds} s, which is no number of hours"
            self._found.leave(f"{of} {why} and was left out.")
            return None
        if ends:
            self._found.leave(f"{of} ends at {ends:%Y-%m-%d %H:%M} UTC; here it goes on.")
            skipped.append((ends, datetime.max.replace(tzinfo=ends.tzinfo)))
        unit, length = turn
        anchor = wall(virtual, own)
        every = timedelta(seconds=seconds or 1) * len(people)
        anchor -= max(-((wall(start, own) - anchor) // every), 0) * every
        if start > self._now and anchor < wall(start, own):
            self._found.leave(f"{of} begins within a turn; here with that turn.")
            skipped.append((self._now, start))
        return Layer(unit, length, anchor, own, people, self._spans(of, raw))

    def _spans(self, of: str, raw: Raw) -> tuple[tuple[int, int], ...] | None:
        """The part of the week that the restrictions leave; None for all of it."""
        found: list[tuple[int, int]] = []
        for one in rows(raw.get("restrictions")):
            seconds, odd = _seconds(text(one, "start_time_of_day")), one.get("duration_seconds")
            lasts = odd if isinstance(odd, int) else 0
            begin, length = seconds // 60, round(lasts / 60)
            if seconds % 60 or lasts % 60:
                self._found.leave(f"{of} is restricted to the second; here to the minute.")
            given = one.get("start_day_of_week")
            days = [(given if isinstance(given, int) else 1) - 1]
            if text(one, "type") == "daily_restriction":
                days = list(range(7))
            starts = [day * DAY_MINUTES + begin for day in days]
            found += [(start, start + length) for start in starts]
        always = any(end - begin >= WEEK_MINUTES for begin, end in found)
        return None if always else tuple(sorted(found)) or None

    def _stand_ins(
        self, key: str, title: str, raw: Raw, skipped: list[Stretch]
    ) -> Iterator[StandIn]:
        for person, begin, end in self._entries(raw, "overrides_subschedule"):
            if end <= self._now:
                continue
            if end - begin > LONGEST_OVERRIDE:
                self._found.leave(
                    f'An override of schedule "{title}" from {begin:%Y-%m-%d %H:%M} UTC on is of '
                    "over a year and is not carried over."
                )
                skipped.append((begin, end))
                continue
            yield StandIn(person, (key,), begin, end)

    def _timeline(self, raw: Raw, skipped: list[Stretch]) -> Timeline | None:
        shifts = tuple(On(*one) for one in self._entries(raw, "final_schedule"))
        if not shifts:
            return None
        begin, end = min(one.start for one in shifts), max(one.end for one in shifts)
        return Timeline(max(begin, self._now), end, shifts, tuple(skipped))

    def _entries(self, raw: Raw, key: str) -> Iterator[tuple[str, datetime, datetime]]:
        for one in rows(mapping(raw.get(key)).get("rendered_schedule_entries")):
            begin, end = instant(one.get("start")), instant(one.get("end"))
            person = self._user(mapping(one.get("user")))
            if begin and end and person:
                yield person, begin, end


def _turn(seconds: int) -> tuple[Unit, int] | None:
    """A length of turns in seconds as unit and number; None where there is none such."""
    for each, unit in _UNITS:
        if seconds % each == 0 and long_enough(unit, seconds // each):
            return unit, seconds // each
    return None


def _seconds(given: str) -> int:
    parts = [int(one) if one.isdecimal() else 0 for one in given.split(":")]
    return sum(part * each for part, each in zip(parts, (3600, 60, 1), strict=False))


def _later_wins(raw: Raw) -> bool:
    """Whether a layer wins over those that are listed before it, by what the final schedule says.

    Where it does not tell, the first wins, as PagerDuty long listed them.
    """
    layers = [_rendered(one) for one in rows(raw.get("schedule_layers"))]
    final = _rendered(mapping(raw.get("final_schedule")))
    votes = 0
    for when in [begin for layer in layers for begin, _, _ in layer]:
        open_now = [person for layer in layers if (person := _person_at(layer, when))]
        on = _person_at(final, when)
        if len(set(open_now)) > 1 and open_now[0] != open_now[-1]:
            votes += (on == open_now[-1]) - (on == open_now[0])
    return votes > 0


def _rendered(raw: Raw) -> list[tuple[datetime, datetime, str]]:
    return [
        (begin, end, text(mapping(one.get("user")), "id"))
        for one in rows(raw.get("rendered_schedule_entries"))
        if (begin := instant(one.get("start"))) and (end := instant(one.get("end")))
    ]


def _person_at(entries: list[tuple[datetime, datetime, str]], when: datetime) -> str:
    return next((person for begin, end, person in entries if begin <= when < end), "")
