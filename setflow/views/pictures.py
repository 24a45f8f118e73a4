"""A rotation's weeks, for a picture and for the text that goes with it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from setflow.calendar import resolve
from setflow.db import Tx
from setflow.effects import ShowSchedule
from setflow.errors import Refused
from setflow.facts import ScheduleFacts
from setflow.facts.pictures import Bar, CalendarFacts, Row, Span
from setflow.present import Present, read
from setflow.rotation import rules
from setflow.rotation.rules import Shift


def shown(_: Tx, here: Present, effect: ShowSchedule) -> ScheduleFacts | None:
    """The coming weeks of a rotation, from today on; None where it is gone."""
    definition = here.configuration.rotations.get(effect.rotation)
    if definition is None:
        return None
    zone = definition.zone
    start, end = ahead(here.now, zone, effect.weeks)
    drawn = calendar_facts(here, effect.rotation, start, end, zone=zone)
    return ScheduleFacts(drawn, effect.channel, effect.weeks, here.named(effect.by))


def rotation_of(tx: Tx, channel: str, *, now: datetime) -> str:
    """The rotation that a channel is about: its own, else the only one there is.

    Raises Refused where it is about none.
    """
    here = read(tx, now)
    rotations = here.configuration.rotations
    own = [
        name
        for name, one in rotations.items()
        if one.channel is not None and here.channel(one.channel) == channel
    ]
    found = own or list(rotations)
    if len(found) != 1:
        known = ", ".join(found) or "none yet"
        raise Refused(f"Which rotation? There is {known}; write its name behind the command.")
    return found[0]


def ahead(now: datetime, zone: ZoneInfo, weeks: int) -> Span:
    """From the beginning of today, on the clocks of `zone`, so many weeks on."""
    today = now.astimezone(zone).date()
    return _midnight(today, zone), _midnight(today + timedelta(weeks=weeks), zone)


def turn_ahead(here: Present, rotation: str, handoff: datetime) -> CalendarFacts | None:
    """The turns of a rotation that begin at `handoff`, up to the end of the longest.

    None where none does.
    """
    turns = [rules.turn_at(here.history, seat, handoff) for seat in here.seats(rotation)]
    end = max((turn.end for turn in turns if turn and turn.start == handoff), default=None)
    definition = here.configuration.rotations.get(rotation)
    if end is None or definition is None:
        return None
    return calendar_facts(here, rotation, handoff, end, zone=definition.zone)


def calendar_facts(
    here: Present, rotation: str, start: datetime, end: datetime, *, zone: ZoneInfo
) -> CalendarFacts:
    """What stands on the seats of `rotation` from `start` to `end`, clipped to them.

    zone  whose days they are shown in
    Raises Refused for an unknown rotation.
    """
    seats = here.seats(rotation)
    if not seats:
        known = sorted({seat.partition(".")[0] for seat in here.history})
        raise Refused(f"There is no rotation {rotation}; there is {', '.join(known)}.")
    return CalendarFacts(
        title=rotation.upper() if len(rotation) <= 4 else rotation,
        zone=zone,
        start=start,
        end=end,
        now=here.now,
        rows=tuple(_row(here, seat, start, end) for seat in seats),
        holidays=tuple(_holidays(here, start.astimezone(zone).date(), end.astimezone(zone))),
    )


def _row(here: Present, seat: str, start: datetime, end: datetime) -> Row:
    which: tuple[Any, ...] = (here.history, here.overrides, seat, start, end)
    shift, role = _named(seat)
    return Row(
        shift,
        role,
        tuple(
            Bar(here.named(one.person), max(one.start, start), min(one.end, end), one.override)
            for one in rules.duties(*which)
        ),
        tuple(_joined(rules.shifts(*which))),
        tuple((one.start, one.end) for one in rules.gaps(*which)),
    )


def _named(seat: str) -> tuple[str, str]:
    """The shift and the role of a seat, as people say them."""
    rotation, *rest = seat.split(".")
    match rest:
        case []:
            return "", rotation.upper() if len(rotation) <= 4 else rotation
        case [role]:
            return "", role
        case [shift, *roles]:
            return shift.upper() if len(shift) <= 4 else shift.capitalize(), " ".join(roles)
    return "", seat


def _joined(shifts: Sequence[Shift]) -> Iterable[Span]:
    found: list[Span] = []
    for one in shifts:
        if found and found[-1][1] == one.start:
            found[-1] = (found[-1][0], one.end)
        else:
            found.append((one.start, one.end))
    return found


def _holidays(here: Present, first: date, end: datetime) -> Iterable[tuple[date, str]]:
    day = first
    while day < end.date() or (day == end.date() and end.time() > time()):
        names = dict.fromkeys(one.holiday(day) for one in here.configuration.calendars.values())
        if said := ", ".join(filter(None, names)):
            yield day, said
        day += timedelta(days=1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return resolve(datetime.combine(day, time()), zone)
