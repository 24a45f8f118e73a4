"""A rotation's weeks as a drawing: time runs to the right, one row a seat."""

from collections.abc import Iterator, Sequence
from math import ceil

from setflow.facts import Who
from setflow.facts.pictures import Bar, CalendarFacts, Row, Span
from setflow.pictures.ink import (
    REGULAR,
    STRONG,
    Scheme,
    box,
    halo,
    plain,
    solid,
    style,
    tint,
    told,
    upright,
    width_of,
    words,
)
from setflow.pictures.sheet import (
    BETWEEN,
    LABEL,
    MARGIN,
    NAME,
    ROOM,
    ROW,
    TITLE,
    TOP,
    Day,
    Sheet,
    cut,
    dated,
    days,
    heading,
    moment,
    seat,
    sheet,
    stretch,
)
from setflow.wording import DAYS

WEEKS, NUMBERS, TEXT = 66, 86, 24
STRIP, INSET = 7.0, 3.0
SWATCH, LINE, BELOW = 16.0, 26.0, 42.0

# From how many pixels a day on it is shown with its weekday, its number, its opening hours.
DAY_NAMED, DAY_NUMBERED, DAY_HOURS = 58.0, 21.0, 24.0

_WEEKEND = (5, 6)
_MIDDLE = 'text-anchor="middle"'


def calendar(facts: CalendarFacts, scheme: Scheme = Scheme.EITHER, *, width: int = 1000) -> str:
    """The weeks of a rotation as an SVG, `width` pixels wide and as high as it has to be.

    The same facts make the same text. Whoever has a bar without room for the first name stands in
    the legend, and everything says in full what it is when pointed at.
    """
    page, title = sheet(facts, width), heading(facts)
    legend, height = _legend(page)
    rows = list(zip(facts.rows, page.tops, strict=True))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
        f'viewBox="0 0 {width} {height:.0f}" role="img" aria-label="{plain(title)}">',
        style(scheme),
        *_hatching(page),
        box(0.5, 0.5, width - 1, height - 1, 'rx="8" class="card edge"'),
        words(title, MARGIN, 36, size=TITLE, looks='class="ink"', weight=STRONG),
        *_ground(page),
        *_axis(page),
        *(part for row, top in rows for part in _row(page, row, top)),
        *_nobody(page),
        *_now(page),
        *(part for row, top in rows for part in _names(page, row, top)),
        *legend,
        "</svg>",
    ]
    return "".join(parts)


def _hatching(page: Sheet) -> Iterator[str]:
    """Patterns for stand-ins, in the colours of those who stand in."""
    standing = (bar.who.name for row in page.facts.rows for bar in row.bars if bar.override)
    for index in sorted({page.hues[name] for name in standing}):
        ground = box(0, 0, 9, 9, f'class="{tint(index)}"')
        stripe = box(0, 0, 3, 9, f'class="{solid(index)}" opacity="0.45"')
        yield (
            f'<pattern id="o{index}" width="9" height="9" patternUnits="userSpaceOnUse" '
            f'patternTransform="rotate(45)">{ground}{stripe}</pattern>'
        )


def _ground(page: Sheet) -> Iterator[str]:
    """Days: shaded where they are free, a line between two of them."""
    holidays = dict(page.facts.holidays)
    for one in days(page.facts):
        left, right = page.x(one.start), page.x(one.end)
        name, weekday = holidays.get(one.date), one.date.weekday()
        if name or weekday in _WEEKEND:
            looks = f'class="{"feast" if name else "rest"}"'
            shade = box(left, TOP - BETWEEN, right - left, page.bottom - TOP + BETWEEN, looks)
            yield told(f"{dated(one.date)}: {name or DAYS[weekday]}", shade)
        if one.start > page.facts.start and (weekday == 0 or page.day >= DAY_NUMBERED):
            top = TOP - BETWEEN * (1 if weekday else 2)
            yield upright(left, top, page.bottom, f'class="{"line" if weekday else "week"}"')


def _axis(page: Sheet) -> Iterator[str]:
    first, *later = days(page.facts)
    yield from _weeks(page, [one for one in (first, *later) if one.date.weekday() == 0], first)
    for one in (first, *later):
        left, right = page.x(one.start), page.x(one.end)
        number = str(one.date.day)
        named = [f"{DAYS[one.date.weekday()]} {number}"] if page.day >= DAY_NAMED else []
        said = next((it for it in (*named, number) if width_of(it, LABEL) <= right - left), "")
        if said and page.day >= DAY_NUMBERED:
            yield _label((left + right) / 2, NUMBERS, said, f'class="soft" {_MIDDLE}')


def _weeks(page: Sheet, mondays: Sequence[Day], first: Day) -> Iterator[str]:
    """Every Monday's date, or every second and so on where there is little room."""
    widest = max((width_of(dated(one.date), LABEL) for one in mondays), default=0) + ROOM
    shown = mondays[:: ceil(widest / (7 * page.day))]
    begin = page.left + width_of(dated(first.date), LABEL) + ROOM
    if not shown or page.x(shown[0].start) >= begin:
        shown = [first, *shown]
    for one in shown:
        said, left = dated(one.date), page.x(one.start)
        week = f"Week {one.date.isocalendar().week} · {said}"
        long = one.date.weekday() == 0 and width_of(week, LABEL) + 2 * ROOM <= 7 * page.day
        if left + width_of(week if long else said, LABEL) <= page.right:
            yield _label(left, WEEKS, week if long else said, 'class="ink"', STRONG)


def _row(page: Sheet, row: Row, top: float) -> Iterator[str]:
    room = page.left - MARGIN - 2 * ROOM
    lines = [line for line in (row.shift, row.role) if line]
    base = top + ROW / 2 + 5 - (len(lines) - 1) * 10
    yield told(
        seat(row),
        _label(MARGIN, base, cut(lines[0], room), 'class="ink"', STRONG),
        *(_label(MARGIN, base + 20, cut(line, room), 'class="soft"') for line in lines[1:]),
    )
    for bar in row.bars:
        yield _bar(page, row, bar, top)
    for start, end in row.gaps:
        left = page.x(start)
        width = max(page.x(end) - left - 2, 1)
        shape = box(left + 1, top + 1, width, ROW - 2, 'rx="4" class="gap void" stroke-width="2"')
        yield told(f"Nobody on {seat(row)}, {stretch(page.facts, start, end)}", shape)


def _bar(page: Sheet, row: Row, bar: Bar, top: float) -> str:
    left, right = page.edges(bar)
    place = page.hues[bar.who.name]
    fill = f'fill="url(#o{place})"' if bar.override else f'class="{tint(place)}"'
    parts = [box(left, top, right - left, ROW, f'rx="4" {fill}')]
    for start, end in _open(page, row, bar):
        low, high = max(page.x(start), left + INSET), min(page.x(end), right - INSET)
        if high > low:
            strip = f'rx="2" class="{solid(place)}"'
            parts.append(box(low, top + ROW - STRIP - INSET, high - low, STRIP, strip))
    verb = " stands in" if bar.override else ""
    when = stretch(page.facts, bar.start, bar.end)
    return told(f"{bar.who.title}{verb}: {seat(row)}, {when}", *parts)


def _open(page: Sheet, row: Row, bar: Bar) -> Sequence[Span]:
    """When somebody is on in a duty: hour by hour where a day is wide enough, else as a whole."""
    if page.day < DAY_HOURS:
        return ((bar.start, bar.end),)
    inside = ((max(start, bar.start), min(end, bar.end)) for start, end in row.staffed)
    return [(start, end) for start, end in inside if start < end]


def _names(page: Sheet, row: Row, top: float) -> Iterator[str]:
    """Names on the bars, above the line of the present, which they stay legible on."""
    for bar in row.bars:
        if said := page.fitting(bar):
            around = 'stroke-width="4" stroke-linejoin="round" paint-order="stroke"'
            looks = f'class="ink {halo(page.hues[bar.who.name])}" {around} pointer-events="none"'
            left, right = page.edges(bar)
            begin = left + ROOM
            if not page.says(bar):
                begin, looks = (left + right) / 2, f"{looks} {_MIDDLE}"
            yield words(said, begin, top + TEXT, size=NAME, looks=looks, weight=STRONG)


def _nobody(page: Sheet) -> Iterator[str]:
    """What a picture without any duty and gap says in place of them."""
    if not any(row.bars or row.gaps for row in page.facts.rows):
        middle, base = (page.left + page.right) / 2, (page.tops[0] + page.bottom) / 2 + 5
        yield _label(middle, base, "Nobody is on in this time", f'class="soft" {_MIDDLE}')


def _now(page: Sheet) -> Iterator[str]:
    facts = page.facts
    if facts.start <= facts.now < facts.end:
        x = page.x(facts.now)
        line = upright(x, TOP - BETWEEN, page.bottom + 2, 'class="now" stroke-width="2"')
        half = width_of("now", LABEL) / 2
        middle = min(max(x, page.left + half), page.right - half)
        said = _label(middle, page.bottom + 17, "now", f'class="here" {_MIDDLE}', STRONG)
        yield told(f"Now, {moment(facts, facts.now)}", line, said)


def _legend(page: Sheet) -> tuple[list[str], float]:
    """What stands below the rows, and how high the picture is with it."""
    parts: list[str] = []
    x, y = MARGIN, page.bottom + BELOW
    entries = list(_entries(page))
    for looks, told_of in entries:
        mark = SWATCH + ROOM if looks else 0
        said = cut(told_of, page.right - MARGIN - mark)
        wide = mark + width_of(said, LABEL)
        if x > MARGIN and x + wide > page.right:
            x, y = MARGIN, y + LINE
        if looks:
            parts.append(box(x, y - 13, SWATCH, SWATCH, f'rx="3" {looks}'))
        parts.append(_label(x + mark, y, said, 'class="soft"'))
        x += wide + 3 * ROOM
    return parts, y + 18 if entries else page.bottom + LINE


def _entries(page: Sheet) -> Iterator[tuple[str, str]]:
    """What the legend says, each with the looks of its swatch, "" for none."""
    facts = page.facts
    bars = [bar for row in facts.rows for bar in row.bars]
    marks: dict[Who, str] = {}
    for bar in bars:
        if not page.says(bar):
            marks[bar.who] = max(marks.get(bar.who, ""), page.fitting(bar), key=len)
    for who, mark in sorted(marks.items(), key=lambda one: (one[0].title, one[0].name)):
        yield f'class="{tint(page.hues[who.name])}"', f"{mark} {who.title}".strip()
    if standing := [bar for bar in bars if bar.override]:
        yield f'fill="url(#o{page.hues[standing[0].who.name]})"', "stands in"
    if any(row.gaps for row in facts.rows):
        yield 'class="gap void" stroke-width="2"', "nobody on"
    for place, (day, name) in enumerate(facts.holidays):
        yield "" if place else 'class="feast"', f"{dated(day)} {name}"


def _label(x: float, y: float, said: str, looks: str, weight: int = REGULAR) -> str:
    return words(said, x, y, size=LABEL, looks=looks, weight=weight)
