"""Where things are on a picture of weeks, and how names and instants are said in little room."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from setflow.calendar import resolve
from setflow.facts import Who
from setflow.facts.pictures import Bar, CalendarFacts, Row
from setflow.pictures.ink import hues, width_of
from setflow.wording import DAYS, MONTHS

MARGIN, ROOM, TIGHT = 20.0, 6.0, 2.0
TITLE, NAME, LABEL = 21, 17, 15
TOP, ROW, BETWEEN, GROUPS = 98.0, 46.0, 7.0, 9.0
WIDEST_GUTTER = 0.3

_DAY = timedelta(days=1)

YEARLESS = 183
"""So many days need no year to be told from others."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day as far as the picture shows it."""

    date: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture `width` pixels wide.

    left  where time begins
    tops  where each row does
    hues  name → place in the palette, of everybody on it
    """

    facts: CalendarFacts
    width: float
    left: float
    tops: tuple[float, ...]
    hues: Mapping[str, int]

    @property
    def right(self) -> float:
        """Where time ends."""
        return self.width - MARGIN

    @property
    def bottom(self) -> float:
        """Where the rows end."""
        return self.tops[-1] + ROW + BETWEEN

    @property
    def day(self) -> float:
        """How wide a day of 24 hours is."""
        return (self.right - self.left) * (_DAY / (self.facts.end - self.facts.start))

    def x(self, instant: datetime) -> float:
        """Where an instant is; the nearer edge for one outside of the picture."""
        share = (instant - self.facts.start) / (self.facts.end - self.facts.start)
        return self.left + (self.right - self.left) * min(max(share, 0.0), 1.0)

    def edges(self, bar: Bar) -> tuple[float, float]:
        """From where to where a bar is drawn."""
        left = self.x(bar.start) + 1
        return left, max(self.x(bar.end) - 1, left + 1)

    def fitting(self, bar: Bar) -> str:
        """The longest way to say whose bar it is that has room in it; "" for none."""
        left, right = self.edges(bar)
        long, short = self._sayings(bar.who), (initials(bar.who), initials(bar.who)[:1])
        sayings = [*((one, ROOM) for one in long), *((one, TIGHT) for one in short)]
        room = right - left
        return next((one for one, edge in sayings if width_of(one, NAME) <= room - 2 * edge), "")

    def says(self, bar: Bar) -> bool:
        """Whether at least the first name stands in the bar."""
        return self.fitting(bar) in self._sayings(bar.who)

    def _sayings(self, who: Who) -> tuple[str, str]:
        """The name, and the first name, with what tells it from others'."""
        first, *rest = who.title.split() or [who.name]
        bars = (bar.who for row in self.facts.rows for bar in row.bars)
        twins = any(one.name != who.name and one.title.split()[:1] == [first] for one in bars)
        return who.title, f"{first} {rest[-1][0]}." if twins and rest else first


def sheet(facts: CalendarFacts, width: int) -> Sheet:
    """The sheet for these facts."""
    tops, top, shift = [], TOP, facts.rows[0].shift
    for row in facts.rows:
        top += GROUPS if row.shift != shift else 0
        tops.append(top)
        top, shift = top + ROW + BETWEEN, row.shift
    widest = max(width_of(line, LABEL) for row in facts.rows for line in (row.shift, row.role))
    gutter = min(widest, width * WIDEST_GUTTER)
    people = hues(bar.who.name for row in facts.rows for bar in row.bars)
    return Sheet(facts, width, MARGIN + gutter + 2 * ROOM, tuple(tops), people)


def days(facts: CalendarFacts) -> Iterator[Day]:
    """The days that the picture shows, on the clocks of its zone."""
    start, day = facts.start, facts.start.astimezone(facts.zone).date()
    while start < facts.end:
        end = min(resolve(datetime.combine(day + _DAY, time()), facts.zone), facts.end)
        if start < end:  # there are zones that skipped a whole day
            yield Day(day, start, end)
        start, day = end, day + _DAY


def heading(facts: CalendarFacts) -> str:
    """What is shown: `SET · 30 Nov – 14 Dec · Europe/Berlin`."""
    # A picture that ends at midnight shows nothing of the day that begins then.
    shown = [one.date for one in days(facts)]
    first, last = shown[0], shown[-1]
    year = len(shown) > YEARLESS
    said = dict.fromkeys(
        f"{dated(one)} {one.year}" if year else dated(one) for one in (first, last)
    )
    return f"{facts.title} · {' – '.join(said)} · {facts.zone.key}"


def initials(who: Who) -> str:
    """`AR` for Ana Ruiz; three letters at most."""
    return "".join(part[0] for part in who.title.split()[:3]).upper()


def seat(row: Row) -> str:
    """A row's seat on one line."""
    return " ".join(filter(None, (row.shift, row.role)))


def stretch(facts: CalendarFacts, start: datetime, end: datetime) -> str:
    """From when to when, in the picture's zone: `Thu 3 Dec 13:00 – Fri 4 Dec 13:00`."""
    return f"{moment(facts, start)} – {moment(facts, end)}"


def moment(facts: CalendarFacts, instant: datetime) -> str:
    """An instant in the picture's zone, dated: `Thu 3 Dec 13:00`."""
    local = instant.astimezone(facts.zone)
    return f"{DAYS[local.weekday()]} {dated(local.date())} {local:%H:%M}"


def dated(day: date) -> str:
    """A date without its year: `3 Dec`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def cut(text: str, room: float) -> str:
    """`text` as a label, its end replaced by … where it is wider than `room` pixels."""
    if width_of(text, LABEL) <= room + 0.5:  # as wide as what the room was measured by
        return text
    while text and width_of(f"{text}…", LABEL) > room:
        text = text[:-1].rstrip()
    return f"{text}…"
