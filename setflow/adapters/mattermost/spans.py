"""Stretches of time as people write them: `Fri`, `Dec 21 - Jan 3`, `13:00 Fri 13:00`, `until Mon`.

And as setflow writes them: `Mon 7 Dec 08:00 – Sun 13 Dec 20:00`. Pure: the writer's zone and the
instant of writing are parameters. A day without a clock time is the whole day; a last day is
included.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from setflow import calendar
from setflow.wording import DAYS, MONTHS, stretch

EXAMPLES = "`Fri`, `Dec 21 - Jan 3`, `now 18:00` or `Thu 13:00 - Fri 13:00`"

_DAY = timedelta(days=1)
_MOST_DAYS = 9 * 366  # between two days such as Feb 29 eight years may pass
_CLOCK = r"(?P<clock>\d{1,2}:\d{2})"
_WEEKDAY = r"mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun"
_BEFORE = rf"(?:(?P<weekday>{_WEEKDAY})(?:day)?,? +)?"
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_NUMBER = r"(?P<number>\d{1,2})(?:st|nd|rd|th|\.)?"
_YEAR = r"(?:,? +(?P<year>\d{4}))?"
_ONE_DIGIT = re.compile(r"(?<=[ T])\d(?=:)")
_END = r"(?!\w|:\d)"
_POINTS = tuple(
    re.compile(pattern + _END, re.IGNORECASE)
    for pattern in (
        r"(?P<now>now)",
        r"(?P<iso>\d{4}-\d{2}-\d{2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?(?: ?(?:Z|[+-]\d{2}:\d{2}))?)?)",
        rf"{_BEFORE}{_MONTH} +{_NUMBER}{_YEAR}(?:,? +(?:at +)?{_CLOCK})?",
        rf"{_BEFORE}{_NUMBER} +{_MONTH}{_YEAR}(?:,? +(?:at +)?{_CLOCK})?",
        rf"(?P<named>today|tomorrow|{_WEEKDAY})(?:day)?(?:,? +(?:at +)?{_CLOCK})?",
        _CLOCK,
    )
)
_OF_A_MONTH = _MONTH.replace("?P<month>", "?:")
_DAYS_OF_ONE_MONTH = re.compile(
    rf"(?P<first>{_MONTH} +{_NUMBER}) *[-–—] *(?P<last>\d{{1,2}})(?! *{_OF_A_MONTH})(?![\w:-])",
    re.IGNORECASE,
)
_FROM = re.compile(r"from +", re.IGNORECASE)
_UNTIL = re.compile(r"(?:until|till) +", re.IGNORECASE)
_BETWEEN = re.compile(
    r"[ ,]*(?:[-–—]|\.\.|(?<=[ ,])(?:to|until|till|through)(?= ))[ ,]*|[ ,]+", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to `end`; `days` where both are whole days of the writer's."""

    start: datetime
    end: datetime
    days: bool


@dataclass(frozen=True, slots=True)
class _Point:
    """An instant, or (`clock` None) a whole day, as far as it was written."""

    begin: datetime
    end: datetime
    whole: bool


def span_of(text: str, zone: ZoneInfo, *, now: datetime) -> tuple[Span | None, str]:
    """The stretch that `text` begins with, None if it begins with none, and what follows it.

    A day that is named without its year, and a clock time, is the next such one. Raises ValueError,
    a sentence, for a stretch that cannot be, or one whose end is not said.
    """
    text = _DAYS_OF_ONE_MONTH.sub(r"\g<first> - \g<month> \g<last>", " ".join(text.split()), 1)
    if until := _UNTIL.match(text):
        last, rest = _point(text[until.end() :], zone, now, now)
        return (_checked(Span(now, last.end, days=False)), _rest(rest)) if last else (None, text)
    opening = _FROM.match(text)
    first, rest = _point(text[opening.end() if opening else 0 :], zone, now, None)
    if first is None:
        return None, text
    between = _BETWEEN.match(rest)
    last, more = _point(rest[between.end() :], zone, now, first.begin) if between else (None, "")
    if last is not None:
        return _checked(Span(first.begin, last.end, first.whole and last.whole)), _rest(more)
    if not first.whole:
        raise ValueError("Say until when as well")
    return Span(first.begin, first.end, days=True), _rest(rest)


def said(start: datetime, end: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """A stretch in the reader's zone: whole days as days with the last one, else instants."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    if first.time() != time() or last.time() != time():
        return stretch(start, end, zone, now=now)
    begin, finish = first.date(), last.date() - _DAY
    today = now.astimezone(zone).date()
    if begin == finish:
        return f"{_day(begin, today)}, the whole day"
    return f"{_day(begin, today)} – {_day(finish, today)}, the last day included"


def _day(day: date, today: date) -> str:
    year = f" {day.year}" if day.year != today.year else ""
    return f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}{year}"


def _rest(text: str) -> str:
    return text.strip(" -–—:,")


def _checked(span: Span) -> Span:
    if span.start >= span.end:
        raise ValueError("That ends before it begins; write the beginning first")
    return span


def _point(
    text: str, zone: ZoneInfo, now: datetime, since: datetime | None
) -> tuple[_Point | None, str]:
    """The instant or day that `text` begins with, and what follows.

    since  what it comes after; None for a beginning, which may be just now
    """
    for pattern in _POINTS:
        if found := pattern.match(text):
            return _meant(found, zone, now, since), text[found.end() :]
    return None, text


def _meant(found: re.Match[str], zone: ZoneInfo, now: datetime, since: datetime | None) -> _Point:
    given = {name: words for name, words in found.groupdict().items() if words}
    if "now" in given:
        return _Point(now, now, whole=False)
    if "iso" in given:
        return _iso(given["iso"], zone)
    clock = _clock(given["clock"]) if "clock" in given else None
    for day in _days(given, (since or now).astimezone(zone).date(), now.astimezone(zone).date()):
        _check_weekday(given, day)
        if clock is None:
            return _whole(day, zone)
        instant = calendar.resolve(datetime.combine(day, clock), zone)
        # A day named with its year is meant, whenever it is; no end is meant a year on.
        dated = "year" in given or ("month" in given and since is not None)
        if dated or (instant > since if since else instant >= now):
            return _Point(instant, instant, whole=False)
    raise ValueError(f"{found[0]} is over, or there is no such day")


def _days(given: Mapping[str, str], first: date, today: date) -> Iterator[date]:
    """The days that may be meant, in order: from `first` on, or the one of a year."""
    if "year" in given:
        return iter([_dated(given)])
    fits = _fitting(given, today)
    return (day for day in (first + index * _DAY for index in range(_MOST_DAYS)) if fits(day))


def _fitting(given: Mapping[str, str], today: date) -> Callable[[date], bool]:
    """Whether a day is one of those that were named."""
    if named := given.get("named", "").lower():
        if named in ("today", "tomorrow"):
            meant = today + _DAY * (named == "tomorrow")
            return lambda day: day == meant
        weekday = calendar.WEEKDAYS.index(named[:3])
        return lambda day: day.weekday() == weekday
    if month := given.get("month"):
        pair = (_month(month), int(given["number"]))
        return lambda day: (day.month, day.day) == pair
    return lambda _: True


def _check_weekday(given: Mapping[str, str], day: date) -> None:
    """Raise ValueError where a date was written with another weekday than it has."""
    named, right = given.get("weekday", "")[:3].capitalize(), DAYS[day.weekday()]
    if named not in ("", right):
        said = f"{day.day} {MONTHS[day.month - 1]} {day.year}"
        raise ValueError(f"{said} is a {right}, not a {named}")


def _month(name: str) -> int:
    return [month.lower() for month in MONTHS].index(name[:3].lower()) + 1


def _dated(given: Mapping[str, str]) -> date:
    try:
        return date(int(given["year"]), _month(given["month"]), int(given["number"]))
    except ValueError:
        said = f"{given['month']} {given['number']} {given['year']}"
        raise ValueError(f"{said} is no day") from None


def _clock(text: str) -> time:
    try:
        return calendar.clock(text.zfill(5))
    except ValueError:
        raise ValueError(f"{text} is no time of day; write one such as 09:00") from None


def _iso(text: str, zone: ZoneInfo) -> _Point:
    try:
        if len(text) == len("2026-12-21"):
            return _whole(calendar.day(text), zone)
        instant = calendar.instant(_ONE_DIGIT.sub(r"0\g<0>", text), zone)
    except ValueError as error:
        raise ValueError(f"{error}".removesuffix(".")) from None
    return _Point(instant, instant, whole=False)


def _whole(day: date, zone: ZoneInfo) -> _Point:
    begin, end = (
        calendar.resolve(datetime.combine(one, time()), zone) for one in (day, day + _DAY)
    )
    return _Point(begin, end, whole=True)
