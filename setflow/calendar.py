"""Wall clocks, turns, weekly hours and business days.

Instants are aware datetimes in UTC; a wall time is a naive datetime that some zone gives a meaning.
Zone data is that of `zoneinfo`, public holidays those of https://pypi.org/project/holidays/.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from functools import cache, lru_cache
from itertools import count, takewhile
from typing import Literal, Protocol, TypeVar
from zoneinfo import ZoneInfo, available_timezones

Unit = Literal["hourly", "daily", "weekly", "monthly"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
YEARS = range(1900, 2200)

_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_WEEKEND = (5, 6)
_WEEK_MINUTES = 7 * 24 * 60
_UNITS = {"hourly": timedelta(hours=1), "daily": _DAY, "weekly": timedelta(weeks=1)}
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SPOKEN = re.compile(
    r"(?:(?P<tomorrow>tomorrow) |(?P<day>mon|tue|wed|thu|fri|sat|sun)"
    r"(?:day|sday|nesday|rsday|urday)? )?"
    rf"(?P<clock>{_CLOCK.pattern})"
)
_INSTANT = re.compile(
    rf"(?P<day>{_DATE.pattern})[ T](?P<clock>[0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?)"
    r" ?(?P<offset>[Zz]|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?)?"
)


def zone(text: str) -> ZoneInfo:
    """The zone of that IANA name, such as Europe/Berlin.

    Raises ValueError, which says what may be meant, for an unknown one.
    """
    try:
        return ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        known = sorted(available_timezones())
        near = [name for name in known if name.lower().endswith(f"/{text.lower()}")]
        near = near or get_close_matches(text, known, n=1)
        hint = f'did you mean "{near[0]}"?' if near else 'write one such as "Europe/Berlin"'
        raise ValueError(f'"{text}" is no time zone ({hint})') from None


def resolve(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """The instant at which clocks in `zone` show `wall`.

    A wall time that is skipped is the first instant after the gap; one that comes twice its first
    occurrence, with `last` its last.
    """
    return _resolved(wall, zone, last)


@lru_cache(maxsize=65_536)
def _resolved(wall: datetime, zone: ZoneInfo, last: bool) -> datetime:  # noqa: FBT001
    earlier, later = _readings(wall, zone)
    if earlier <= later:
        return later if last else earlier
    # In a gap the reading with the offset from before it lies after it, and the other way round.
    low, high = later.replace(microsecond=0), earlier.replace(microsecond=0)
    after = high.astimezone(zone).utcoffset()
    while high - low > _SECOND:
        middle = low + (high - low) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high


def _readings(wall: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """`wall` with the offset from before a change that it may be caught in, and from after it."""
    return (
        wall.replace(tzinfo=zone, fold=0).astimezone(UTC),
        wall.replace(tzinfo=zone, fold=1).astimezone(UTC),
    )


def instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant that a person typed: `2026-11-02 09:00` in `zone`, or with an offset or Z.

    Seconds may follow, a T may stand for the space. A bare date is the first instant of that day.
    Raises ValueError for what is no instant, for a year outside of 1900 to 2199, and for a wall
    time that `zone` skips or shows twice: that one offers the offsets.
    """
    if _DATE.fullmatch(text):
        begin = resolve(datetime.combine(day(text), time()), zone)
        if begin.astimezone(zone).date() != day(text):
            raise ValueError(f"{text} is a day that {zone.key} skips; write the one after it")
        return begin
    found = _INSTANT.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is no instant; write 2026-11-02 09:00, or with an offset or Z')
    try:
        wall = datetime.combine(day(found["day"]), time.fromisoformat(found["clock"]))
        if found["offset"]:
            return datetime.fromisoformat(f"{wall}{found['offset'].upper()}").astimezone(UTC)
    except ValueError as error:
        raise ValueError(f'"{text}" is no instant: {error}') from None
    return _only(wall, zone)


def wall(text: str) -> datetime:
    """The wall time, a naive datetime, that `2026-11-02 09:00` says.

    Seconds may follow, a T may stand for the space. Raises ValueError if it says none, or more.
    """
    found = _INSTANT.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is no date and time; write one such as 2026-11-02 09:00')
    if found["offset"]:
        raise ValueError(f'"{text}" has an offset; leave it out, the time zone says it')
    try:
        return datetime.combine(day(found["day"]), time.fromisoformat(found["clock"]))
    except ValueError as error:
        raise ValueError(f'"{text}" is no date and time: {error}') from None


def _only(wall: datetime, zone: ZoneInfo) -> datetime:
    earlier, later = _readings(wall, zone)
    if earlier == later:
        return earlier
    written = [wall.replace(tzinfo=zone, fold=fold).isoformat(" ") for fold in (0, 1)]
    offer = " or ".join(f'"{one}"' for one in written)
    if earlier < later:
        raise ValueError(f"{wall} comes twice in {zone.key}; write {offer}")
    then = resolve(wall, zone).astimezone(zone)
    raise ValueError(
        f"{wall} is skipped in {zone.key}, where clocks go on to {then:%H:%M}; write {offer}"
    )


def spoken(text: str, zone: ZoneInfo, *, after: datetime) -> datetime:
    """The instant, in UTC, that somebody means who writes it at `after`.

    `now`, a clock time (`13:00`: the next such), a weekday or `tomorrow` with one (`Fri 13:00`), or
    whatever `instant` takes. Raises ValueError, which shows how to write one.
    """
    if text.strip().lower() == "now":
        return after
    found = _SPOKEN.fullmatch(" ".join(text.lower().split()))
    if not found:
        return instant(text.strip(), zone)
    today, at, named = after.astimezone(zone).date(), clock(found["clock"]), found["day"]
    days = (today + index * _DAY for index in count(1 if found["tomorrow"] else 0))
    walls = (datetime.combine(one, at) for one in days if named in (None, WEEKDAYS[one.weekday()]))
    # A wall time that comes twice counts twice.
    meant = (resolve(wall, zone, last=last) for wall in walls for last in (False, True))
    return next(one for one in meant if one > after)


def day(text: str) -> date:
    """The date that `2026-11-02` says; raises ValueError if it says none from 1900 to 2199."""
    try:
        found = date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError as error:
        raise ValueError(f'"{text}" is no date: {error}') from None
    if found is None:
        raise ValueError(f'"{text}" is no date; write one such as 2026-11-02')
    if found.year not in YEARS:
        raise ValueError(f'"{text}" is too far away; write a year from {YEARS[0]} to {YEARS[-1]}')
    return found


def clock(text: str) -> time:
    """The time of day that `08:00` says; raises ValueError if it says none."""
    if text == "24:00":
        raise ValueError('"24:00" is no time of day; write "00:00" for midnight')
    if not _CLOCK.fullmatch(text):
        raise ValueError(f'"{text}" is no time of day; write one such as "08:00"')
    return time.fromisoformat(text)


def add_months(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where that one is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Turns:
    """Times that follow each other: number k begins at wall time `start` + k · `length` · `unit`.

    Wall times are those of `zone`. Months clamp to their end, counted from `start`.
    """

    start: datetime
    zone: ZoneInfo
    unit: Unit
    length: int

    def begin(self, number: int) -> datetime:
        """The instant at which turn `number` begins and the one before it ends.

        Never earlier than that of a lower number; the same for a turn that clocks skip.
        """
        return resolve(self.wall(number), self.zone)

    def number(self, when: datetime) -> int:
        """The turn at an instant, never one that clocks skip; negative before `start`."""
        local = when.astimezone(self.zone).replace(tzinfo=None)
        if self.unit == "monthly":
            months = (local.year - self.start.year) * 12 + local.month - self.start.month
            number = months // self.length
            number -= self.wall(number) > local
        else:
            number = (local - self.start) // (self.length * _UNITS[self.unit])
        # Where clocks skip or repeat time, the wall time may not have come as far as the turns.
        while self.begin(number + 1) <= when:
            number += 1
        return number

    def wall(self, number: int) -> datetime:
        """What clocks show as turn `number` begins; a time they skip where it is none of theirs."""
        count = number * self.length
        if self.unit == "monthly":
            return datetime.combine(add_months(self.start.date(), count), self.start.time())
        return self.start + count * _UNITS[self.unit]


@dataclass(frozen=True, slots=True)
class Hours:
    """Part of every week on the clocks of `zone`.

    spans  (begin, end) in minutes from Monday 00:00, begins in the week, sorted, without touching
    """

    zone: ZoneInfo
    spans: tuple[tuple[int, int], ...]


def weekly_hours(zone: ZoneInfo, spans: Iterable[tuple[int, int]]) -> Hours | None:
    """The hours of these spans, which may overlap; None if they are the whole week, or nothing."""
    found: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            begin, end = found[-1][0], max(end, found.pop()[1])
        found.append((begin, end))
    while len(found) > 1 and found[-1][1] - _WEEK_MINUTES >= found[0][0]:
        _, end = found.pop(0)
        found[-1] = (found[-1][0], max(found[-1][1], end + _WEEK_MINUTES))
    if not found or found[-1][1] - found[-1][0] >= _WEEK_MINUTES:
        return None
    return Hours(zone, tuple(found))


@lru_cache(maxsize=16_384)
def open_hours(
    turns: Turns, hours: Hours | None, number: int
) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches of turn `number` in which `hours` are open, in order; None is always open.

    Hours begin at the first occurrence of a repeated wall time and end at the last. Two that meet
    only because clocks change are one.
    """
    begin, end = turns.begin(number), turns.begin(number + 1)
    if hours is None or begin >= end:
        return ((begin, end),) if begin < end else ()
    found: list[tuple[datetime, datetime]] = []
    walls = takewhile(lambda one: resolve(one[0], hours.zone) < end, _walls(hours, begin))
    for start, finish in walls:
        opens, closes = resolve(start, hours.zone), resolve(finish, hours.zone, last=True)
        if found and opens <= found[-1][1]:
            opens, closes = found[-1][0], max(closes, found.pop()[1])
        found.append((opens, closes))
    cut = ((max(opens, begin), min(closes, end)) for opens, closes in found)
    return tuple((opens, closes) for opens, closes in cut if opens < closes)


def _walls(hours: Hours, begin: datetime) -> Iterator[tuple[datetime, datetime]]:
    local = begin.astimezone(hours.zone).date()
    # A span may have begun the week before, and clocks may be set back over the end of a week.
    monday = datetime.combine(local, time()) - timedelta(days=local.weekday() + 7)
    while True:
        for opens, closes in hours.spans:
            yield monday + timedelta(minutes=opens), monday + timedelta(minutes=closes)
        monday += _UNITS["weekly"]


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """The days on which people work.

    country  ISO 3166 code, whose weekend and public holidays are free; None: Saturday and Sunday
    extra    further free days
    name     what the configuration calls it
    """

    country: str | None = None
    extra: frozenset[date] = frozenset()
    name: str = ""

    def is_business_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        if day in self.extra:
            return False
        if self.country is None:
            return day.weekday() not in _WEEKEND
        return day not in _free(self.country, day.year)

    def holiday(self, day: date) -> str:
        """What `day` is beside an ordinary one, such as Christmas Day; "" on a mere weekend."""
        named = _named(self.country, day.year).get(day) if self.country else None
        return named or (f"{self.name} day".strip() if day in self.extra else "")

    def roll(self, day: date, to: Literal["back", "forward"]) -> date:
        """`day` if it is a business day, else the nearest one on that side of it."""
        return day if self.is_business_day(day) else self.add(day, 1 if to == "forward" else -1)

    def add(self, day: date, count: int) -> date:
        """The `count`-th business day after `day`, before it where negative; `day` itself for 0."""
        step = _DAY if count > 0 else -_DAY
        for _ in range(abs(count)):
            day += step
            while not self.is_business_day(day):
                day += step
        return day


@lru_cache(maxsize=1_000)
def _free(country: str, year: int) -> frozenset[date]:
    # The library's own objects fill themselves while they are asked: not safe between threads.
    from holidays import country_holidays

    known = country_holidays(country, years=year)
    first = date(year, 1, 1)
    every = (first + index * _DAY for index in range((date(year + 1, 1, 1) - first).days))
    return frozenset(one for one in every if not known.is_working_day(one))


@lru_cache(maxsize=1_000)
def _named(country: str, year: int) -> dict[date, str]:
    from holidays import country_holidays

    spoken = country_holidays(country).supported_languages
    language = next((one for one in ("en_US", "en_GB", "en") if one in spoken), None)
    return dict(country_holidays(country, years=year, language=language).items())


@cache
def _countries() -> frozenset[str]:
    from holidays import list_supported_countries

    return frozenset(list_supported_countries(include_aliases=False))


class _Node(Protocol):
    @property
    def path(self) -> str: ...


N = TypeVar("N", bound=_Node)
T = TypeVar("T")


class _Reader(Protocol[N]):
    # That of `document`, which stands beside this module and is not imported from here.
    def mapping(
        self, node: N, known: Sequence[str], required: Iterable[str] = ()
    ) -> Mapping[str, N]: ...

    def items(self, node: N) -> tuple[N, ...]: ...

    def parsed(self, node: N, of: Callable[[str], T], otherwise: T) -> T: ...


def read_business_days(node: N, reader: _Reader[N]) -> BusinessDays:
    """What `{country: DE, extra: ["2026-12-24"]}` says, with the name that its path ends in.

    Both keys may be left out. Mistakes are noted in `reader`, which is a `document.Reader`.
    """
    parts = reader.mapping(node, ("country", "extra"))
    country = reader.parsed(parts["country"], _country, "") if "country" in parts else ""
    extra = reader.items(parts["extra"]) if "extra" in parts else ()
    days = [reader.parsed(part, day, date.min) for part in extra]
    return BusinessDays(country or None, frozenset(days), node.path.rpartition(".")[2])


def _country(text: str) -> str:
    if text in _countries():
        return text
    code = text.upper()
    hint = f'did you mean "{code}"?' if code in _countries() else 'write a code such as "DE"'
    raise ValueError(f'"{text}" is no country whose holidays are known ({hint})')
