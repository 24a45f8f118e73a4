"""Instants, stretches of time and seats, as people say them. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HALF_A_YEAR = 183
_SHORT = 4


def when(instant: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """An instant in the reader's `zone`: `14:05` today, `Fri 17:00` within six days, else dated."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    clock = f"{local:%H:%M}"
    away = abs((local.date() - today).days)
    if away == 0:
        return clock
    if away < len(DAYS):
        return f"{DAYS[local.weekday()]} {clock}"
    year = f" {local.year}" if local.year != today.year and away > _HALF_A_YEAR else ""
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}{year} {clock}"


def stretch(start: datetime, end: datetime, zone: ZoneInfo, *, now: datetime) -> str:
    """From when to when, in the reader's `zone`: `Thu 13:00 – Fri 13:00`, `Thu 13:00 – 20:00`."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    until = f"{last:%H:%M}"
    if first.date() != last.date():
        until = when(end, zone, now=now)
        # After another day, a bare clock time would be of that one.
        until = until if " " in until else f"{DAYS[last.weekday()]} {until}"
    return f"{when(start, zone, now=now)} – {until}"


def clock_of(zone: ZoneInfo) -> str:
    """How a channel is told whose clock its times are by: `Berlin time`."""
    return f"{zone.key.rsplit('/', 1)[-1].replace('_', ' ')} time"


def seat_label(seat: str) -> str:
    """A seat as people say it: `set.emea.primary` is `SET primary (EMEA)`."""
    rotation, *rest = seat.split(".")
    said = _name(rotation, rotation)
    match rest:
        case []:
            return said
        case [one]:
            return f"{said} {one}"
        case [shift, *role]:
            return f"{said} {' '.join(role)} ({_name(shift, shift.capitalize())})"
    return said


def _name(word: str, otherwise: str) -> str:
    return word.upper() if len(word) <= _SHORT else otherwise
