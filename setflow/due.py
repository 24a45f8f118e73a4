"""When something is due: rules in words, such as `start + 1bd 12:00` or `each bd 16:00`.

Days, weeks and weekdays are wall-clock arithmetic in a zone, hours and minutes are elapsed; `bd` is
a business day. A wall time that a zone skips is the first instant after the gap, one that comes
twice its first occurrence.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from setflow.calendar import WEEKDAYS, BusinessDays, clock, resolve

Roll = Literal["none", "back", "forward"]

_DAY = timedelta(days=1)
_OFFSET = re.compile(
    r"(?P<base>start|occurrence|T)"
    r"(?: ?(?P<sign>[+-]) ?(?P<count>[0-9]{1,3})(?P<unit>m|h|d|w|bd)(?: (?P<clock>\S+))?)?"
)
_NAMED = re.compile(r"(?:(?P<how>each|next) )?(?P<day>[A-Za-z]+) (?P<clock>\S+)")
_EXAMPLES = (
    "start + 4h, start + 1bd 12:00, Fri 17:00, each day 16:00, each bd 16:00, T-2bd 10:00, "
    "occurrence + 2h or next bd 09:00"
)


@dataclass(frozen=True, slots=True)
class DueRule:
    """A rule as read.

    text   as it was written
    base   start | occurrence | T: so much from that instant; each | next | first: a day by name
    count  how much, below 0 for before
    unit   of `count`: m, h (elapsed), d, w, bd (by the calendar)
    day    of each, next and first: day, bd, or a weekday such as fri
    at     the wall-clock time; None keeps that of the instant it counts from
    """

    text: str
    base: str
    count: int = 0
    unit: str = "m"
    day: str = ""
    at: time | None = None

    @property
    def repeats(self) -> bool:
        """Whether it names many instants (`each …`), not one."""
        return self.base == "each"


@dataclass(frozen=True, slots=True)
class Anchors:
    """The instants that a rule may count from.

    start       of the run or the phase
    occurrence  what is answered: one occurrence of a repeated task, or an event; None: the start
    target      T, the day that a run works towards; None if it has none
    """

    start: datetime
    occurrence: datetime | None = None
    target: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quiet:
    """The hours outside of which nobody is nudged.

    tz     whose clock: assignee (the receiver's), run (the playbook's), or an IANA name
    begin, end  nudges may come from `begin` up to `end`; over midnight where `end` is earlier
    unless  CEL; while it holds nothing is put off; "" for never
    """

    tz: str
    begin: time
    end: time
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Nudge:
    """Remind the holders of role `to`, `after` the due instant, by dm or in the thread."""

    after: timedelta
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class Duty:
    """Status updates that are owed, as a playbook says it.

    owed_by       the role that owes them
    every         an `each …` rule
    satisfied_by  what counts: status_update, jira_comment, post(#TAG), playbooks_status
    sources       who may give one: owner, crew, support
    nudges        by `after`, earliest first
    zone          of `every` and of the calendar day
    """

    owed_by: str
    every: DueRule
    satisfied_by: tuple[str, ...]
    sources: tuple[str, ...]
    nudges: tuple[Nudge, ...]
    zone: ZoneInfo
    quiet: Quiet | None = None


def parse_due(text: str) -> DueRule:
    """The rule that `text` says; raises ValueError, which shows how to write one, if it says none.

    `Fri 17:00` is the first such instant at or after the start, `next bd 09:00` lies on the first
    business day after the day that it counts from (an occurrence where there is one).
    """
    words = " ".join(text.split())
    if found := _OFFSET.fullmatch(words):
        return _offset(words, found)
    if found := _NAMED.fullmatch(words):
        return _named(words, found)
    raise ValueError(f'"{text}" is no due rule; write {_EXAMPLES}')


def _offset(words: str, found: re.Match[str]) -> DueRule:
    base = found["base"]
    if found["count"] is None:
        return DueRule(words, base)
    unit, before = found["unit"], found["sign"] == "-"
    if before and base != "T":
        raise ValueError(f'"{words}" would be due before it begins; only T counts backwards')
    if found["clock"] and unit in ("m", "h"):
        raise ValueError(f'"{words}" has hours and a time of day; write days (1d, 1bd) with a time')
    count = int(found["count"]) * (-1 if before else 1)
    return DueRule(words, base, count, unit, at=clock(found["clock"]) if found["clock"] else None)


def _named(words: str, found: re.Match[str]) -> DueRule:
    how, day = found["how"] or "first", found["day"].lower()
    known = WEEKDAYS if how == "first" else ("day", "bd", *WEEKDAYS)
    if day not in known:
        raise ValueError(f'"{words}" names no day; write {_EXAMPLES}')
    return DueRule(words, how, day=day, at=clock(found["clock"]))


def due_at(
    rule: DueRule, anchors: Anchors, *, zone: ZoneInfo, days: BusinessDays, roll: Roll = "none"
) -> datetime:
    """The instant at which `rule` falls due, in UTC; of `each …` the first at or after the start.

    With `roll` a day on which nobody works gives way to the business day before or after it, at the
    same time of day. Raises ValueError if the rule counts from T and there is none.
    """
    if rule.base == "T":
        anchor = anchors.target
    elif rule.base in ("start", "first", "each"):
        anchor = anchors.start
    else:
        anchor = anchors.occurrence or anchors.start
    if anchor is None:
        raise ValueError(f'"{rule.text}" counts from T, and this run has none')
    when = _unrolled(rule, anchor, zone, days)
    wall = when.astimezone(zone).replace(tzinfo=None)
    if roll == "none" or days.is_business_day(wall.date()):
        return when
    return resolve(datetime.combine(days.roll(wall.date(), roll), rule.at or wall.time()), zone)


def _unrolled(rule: DueRule, anchor: datetime, zone: ZoneInfo, days: BusinessDays) -> datetime:
    if rule.base in ("first", "each"):
        return next_occurrence(rule, anchor - datetime.resolution, zone=zone, days=days)
    if rule.base != "next" and rule.unit in ("m", "h"):
        elapsed = timedelta(**{"hours" if rule.unit == "h" else "minutes": rule.count})
        return (anchor + elapsed).astimezone(UTC)
    wall = anchor.astimezone(zone).replace(tzinfo=None)
    if rule.base == "next":
        day = wall.date() + _DAY
        while not _falls_on(rule, day, days):
            day += _DAY
    elif rule.unit == "bd":
        day = days.add(wall.date(), rule.count)
    else:
        day = wall.date() + rule.count * (7 if rule.unit == "w" else 1) * _DAY
    return resolve(datetime.combine(day, rule.at or wall.time()), zone)


def next_occurrence(
    rule: DueRule, after: datetime, *, zone: ZoneInfo, days: BusinessDays
) -> datetime:
    """The first instant of `each …` (or of a weekday) that lies after `after`, in UTC.

    A date that the zone leaves out (Apia, 30 December 2011) has none.
    """
    day = after.astimezone(zone).date()
    while True:
        if _falls_on(rule, day, days):
            when = resolve(datetime.combine(day, rule.at or time()), zone)
            if when > after and when.astimezone(zone).date() == day:
                return when
        day += _DAY


def _falls_on(rule: DueRule, day: date, days: BusinessDays) -> bool:
    if rule.day == "bd":
        return days.is_business_day(day)
    return rule.day == "day" or WEEKDAYS[day.weekday()] == rule.day
