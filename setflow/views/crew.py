"""Who is on, and the schedule: the answers of `who` and `schedule` in DESIGN section 6."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from setflow import present
from setflow.db import Tx
from setflow.errors import Refused
from setflow.rotation import rules
from setflow.rotation.rules import History, Override, Standing
from setflow.wording import seat_label as seat_label


def zone(tx: Tx, now: datetime) -> ZoneInfo:
    """The zone of the configuration in force."""
    return present.read(tx, now).configuration.zone


def who(tx: Tx, name: str, at: datetime, *, now: datetime) -> dict[str, Any]:
    """Who is on at an instant, as JSON: of a seat, a rotation, or (with "") all there is.

    Raises Refused for an unknown name.
    """
    here = present.read(tx, now, since=at)
    return who_json(here.history, here.overrides, name, at)


def who_rows(tx: Tx, name: str, at: datetime, *, now: datetime) -> list[Standing]:
    """The same as values, one a seat."""
    here = present.read(tx, now, since=at)
    return standings(here.history, here.overrides, name, at)


def standings(
    history: History, overrides: Sequence[Override], name: str, at: datetime
) -> list[Standing]:
    """Who is on, one a seat, in the configuration's order; a seat that is gone only by its name.

    Raises Refused for an unknown name.
    """
    seats: Iterable[str] = rules.seats_of(history, name) if name else history
    found = [rules.who(history, overrides, seat, at) for seat in seats]
    if name and not found:
        rotations = sorted({seat.partition(".")[0] for seat in history})
        raise Refused(f"There is no seat or rotation {name}; there is {', '.join(rotations)}.")
    if name in history:
        return found
    return [one for one in found if one.holder or one.until or history[one.seat][-1].rotation]


def who_json(
    history: History, overrides: Sequence[Override], name: str, at: datetime
) -> dict[str, Any]:
    """The JSON of `setflow who` and `GET /api/who`."""
    return {
        "at": utc(at),
        "seats": [
            {
                "seat": one.seat,
                "people": list(one.people),
                "holder": one.holder,
                "since": utc(one.since),
                "until": utc(one.until),
                "override": one.override,
            }
            for one in standings(history, overrides, name, at)
        ],
    }


def schedule(
    tx: Tx, rotation: str, start: datetime, end: datetime, *, now: datetime
) -> dict[str, Any]:
    """The schedule of a rotation from one instant to another, as JSON. Raises Refused."""
    here = present.read(tx, now, since=start)
    return schedule_json(here.history, here.overrides, rotation, start, end)


def schedule_json(
    history: History,
    overrides: Sequence[Override],
    rotation: str,
    start: datetime,
    end: datetime,
) -> dict[str, Any]:
    """The JSON of `setflow schedule`. Raises Refused for an unknown rotation."""
    seats = rules.seats_of(history, rotation)
    if not seats:
        known = sorted({seat.partition(".")[0] for seat in history})
        raise Refused(f"There is no rotation {rotation}; there is {', '.join(known)}.")
    shifts = [one for seat in seats for one in rules.shifts(history, overrides, seat, start, end)]
    gaps = [one for seat in seats for one in rules.gaps(history, overrides, seat, start, end)]
    return {
        "rotation": rotation,
        "from": utc(start),
        "to": utc(end),
        "shifts": [
            {
                "seat": one.seat,
                "people": list(one.people),
                "start": utc(one.start),
                "end": utc(one.end),
            }
            for one in sorted(shifts, key=lambda one: (one.start, one.seat))
        ],
        "gaps": [
            {"seat": one.seat, "start": utc(one.start), "end": utc(one.end)}
            for one in sorted(gaps, key=lambda one: (one.start, one.seat))
        ],
    }


def utc(instant: datetime | None) -> str | None:
    """An instant in UTC with Z, to the second."""
    if instant is None:
        return None
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
