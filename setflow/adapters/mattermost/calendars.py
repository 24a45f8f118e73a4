"""A rotation's weeks in words, for those who see no picture. Pure: facts in, posts out."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from setflow.adapters.mattermost.post import Pen, Post
from setflow.adapters.mattermost.text import escape
from setflow.facts import CalendarFacts, ScheduleFacts
from setflow.facts.pictures import Bar, Row, Span
from setflow.wording import DAYS, MONTHS, clock_of, stretch

MOST_GAPS = 3
SMALLEST_SHARE = 0.1
"""Of a week: who has less of it, such as the hours up to a hand-over, is left out."""


def schedule_post(schedule: ScheduleFacts, pen: Pen) -> Post:
    """The coming weeks, a line each; the picture goes with it."""
    drawn = schedule.calendar
    weeks = "week" if schedule.weeks == 1 else f"{schedule.weeks} weeks"
    head = f"**{escape(drawn.title)} · next {weeks}** · {clock_of(drawn.zone)}"
    return pen.post("\n".join([head, *schedule_lines(drawn)]))


def schedule_lines(drawn: CalendarFacts) -> Iterator[str]:
    """A line for each week from the beginning on: who is on which seat, and where nobody is."""
    begin = drawn.start
    while begin < drawn.end:
        end = min(_week_after(drawn, begin), drawn.end)
        seats = [
            said
            for shift, rows in groupby(drawn.rows, key=lambda row: row.shift)
            if (said := _shift(drawn, shift, list(rows), (begin, end)))
        ]
        gaps = list(_gaps(drawn, (begin, end)))
        shown = gaps[:MOST_GAPS]
        more = [f"{len(gaps) - MOST_GAPS} more gaps"] if len(gaps) > MOST_GAPS else []
        yield f"- {_days(drawn, begin, end)}: {' · '.join([*seats, *shown, *more]) or 'nobody'}"
        begin = end


def _week_after(drawn: CalendarFacts, begin: datetime) -> datetime:
    return (begin.astimezone(drawn.zone) + timedelta(days=7)).astimezone(begin.tzinfo)


def _days(drawn: CalendarFacts, begin: datetime, end: datetime) -> str:
    first = begin.astimezone(drawn.zone)
    last = (end - timedelta(microseconds=1)).astimezone(drawn.zone)
    month = "" if first.month == last.month else f" {MONTHS[first.month - 1]}"
    return f"{first.day}{month} – {last.day} {MONTHS[last.month - 1]}"


def _shift(drawn: CalendarFacts, shift: str, rows: Sequence[Row], week: Span) -> str:
    """`EMEA Ana Ruiz, Bo Lind`, or where there are no shifts `lead Mara Stein`."""
    said = [(row.role, _people(drawn, row, week)) for row in rows]
    if shift:
        found = ", ".join(people for _, people in said if people)
        return f"{escape(shift)} {found}" if found else ""
    named = (
        people if role == drawn.title else f"{escape(role)} {people}"
        for role, people in said
        if people
    )
    return " · ".join(named)


def _people(drawn: CalendarFacts, row: Row, week: Span) -> str:
    """Who has the seat that week, in turn, each with those who stand in."""
    bars = [bar for bar in row.bars if _inside(bar, week) > timedelta(0)]
    total = sum((_inside(bar, week) for bar in bars), timedelta(0))
    regular = (
        bar.who.title
        for bar in bars
        if not bar.override and _inside(bar, week) >= SMALLEST_SHARE * total
    )
    said = " then ".join(escape(name) for name in dict.fromkeys(regular))
    for bar in bars:
        if bar.override:
            said += f" (stand-in {escape(bar.who.title)}, {_when(drawn, bar.start, bar.end)})"
    return said.strip()


def _inside(bar: Bar, week: Span) -> timedelta:
    return max(min(bar.end, week[1]) - max(bar.start, week[0]), timedelta(0))


def _gaps(drawn: CalendarFacts, week: Span) -> Iterator[str]:
    for row in drawn.rows:
        seat = escape(" ".join(filter(None, (row.shift, row.role))))
        for start, end in row.gaps:
            if week[0] <= start < week[1]:
                yield f"**nobody on {seat}**, {_when(drawn, start, end)}"


def _when(drawn: CalendarFacts, start: datetime, end: datetime) -> str:
    """From when to when, the day with it today as well: the post is read on other days too."""
    said, day = (
        stretch(start, end, drawn.zone, now=drawn.now),
        DAYS[start.astimezone(drawn.zone).weekday()],
    )
    return said if said.startswith(day) else f"{day} {said}"
