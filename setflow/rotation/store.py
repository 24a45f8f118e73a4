"""The versions of seats, overrides, and what was last seen of each rotation, in PostgreSQL."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Row, bindparam, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.records import Records
from setflow.rotation.rules import Absence, Override, Watch
from setflow.rotation.rules.requests import OPEN, Request
from setflow.schema import absences as absences_table
from setflow.schema import muted as muted_table
from setflow.schema import overrides, rotation_watch, seat_versions
from setflow.schema import requests as requests_table

_WATCH: TypeAdapter[Watch] = TypeAdapter(Watch)


@dataclass(frozen=True, slots=True)
class SeatVersion:
    """From `since` on (None: always) a seat is as its rotation stands in configuration `version`.

    version  None where the seat is gone from then on
    """

    seat: str
    since: datetime | None
    version: int | None
    rotation: str


def seat_history(tx: Tx, applied: int) -> list[SeatVersion]:
    """All versions of all seats as of a configuration, each seat's oldest first."""
    query = (
        select(
            seat_versions.c.seat,
            seat_versions.c.since,
            seat_versions.c.version,
            seat_versions.c.rotation,
        )
        .where(seat_versions.c.applied == applied)
        .order_by(seat_versions.c.seat, seat_versions.c.place)
    )
    return [SeatVersion(*row) for row in tx.execute(query)]


def add_seat_history(tx: Tx, applied: int, past: Sequence[SeatVersion]) -> None:
    """Keep the versions of all seats as they stand with a configuration just applied."""
    places: dict[str, int] = {}
    rows = []
    for item in past:
        places[item.seat] = place = places.get(item.seat, -1) + 1
        rows.append(
            {
                "applied": applied,
                "seat": item.seat,
                "place": place,
                "since": item.since,
                "version": item.version,
                "rotation": item.rotation,
            }
        )
    if rows:
        tx.execute(seat_versions.insert(), rows)


def _standing() -> ColumnElement[bool]:
    rows, ending_after = overrides.c, bindparam("ending_after", type_=overrides.c.ends_at.type)
    held = rows.undone_at.is_(None) | (rows.undone_at > rows.starts_at)
    over = rows.undone_at.is_not(None) & (rows.undone_at <= ending_after)
    return (rows.ends_at > ending_after) & held & ~over


Stamp = tuple[int, int, int, int]
# Asked in every transaction, and so built once. Numbers are given once: a set that shrank or grew
# differs in count, newest or sum. One that is cut short stays, and counts among those that were.
_STAMP = select(
    func.count(),
    func.coalesce(func.max(overrides.c.id), 0),
    func.coalesce(func.sum(overrides.c.id), 0),
    func.coalesce(func.sum(overrides.c.id).filter(overrides.c.undone_at.is_not(None)), 0),
).where(_standing())


def override_stamp(tx: Tx, ending_after: datetime) -> Stamp:
    """Tells one set of `standing_overrides` from any other that the same database ever has."""
    row = tx.execute(_STAMP, {"ending_after": ending_after}).one()
    return row[0], row[1], int(row[2]), int(row[3])


def override_changes(tx: Tx) -> tuple[int, datetime | None]:
    """How often an override was made or undone, ever, and when last; it only grows."""
    rows = overrides.c
    newest = func.greatest(func.max(rows.created_at), func.max(rows.undone_at))
    row = tx.execute(select(func.count() + func.count(rows.undone_at), newest)).one()
    return row[0], row[1]


def standing_overrides(tx: Tx, ending_after: datetime) -> tuple[Override, ...]:
    """Overrides that end after an instant, in the order they were created.

    One that was undone while it held is as if it had been made until then.
    """
    query = select(overrides).where(_standing()).params(ending_after=ending_after)
    return tuple(
        Override(
            row.id,
            row.seat,
            row.person,
            row.starts_at,
            min(row.ends_at, row.undone_at or row.ends_at),
            row.created_at,
        )
        for row in tx.execute(query.order_by(overrides.c.created_at, overrides.c.id))
    )


def add_override(tx: Tx, override: Override, *, by: str, displaced: Collection[str]) -> int:
    """Keep an override (its `id` is not used); returns its number."""
    row = {
        "seat": override.seat,
        "person": override.person,
        "starts_at": override.start,
        "ends_at": override.end,
        "created_at": override.created_at,
        "created_by": by,
        "displaced": list(displaced),
    }
    return int(tx.execute(overrides.insert().values(row).returning(overrides.c.id)).scalar_one())


def override(tx: Tx, number: int) -> Row[tuple[object, ...]] | None:
    """An override with all that is known of it, held until `tx` ends."""
    return tx.execute(select(overrides).where(overrides.c.id == number).with_for_update()).first()


def kept_overrides(tx: Tx, numbers: Collection[int]) -> list[Row[Any]]:
    """Overrides with all that is known of them, standing or not, by number."""
    query = select(overrides).where(overrides.c.id.in_(numbers)).order_by(overrides.c.id)
    return list(tx.execute(query))


def undo_override(tx: Tx, number: int, now: datetime) -> None:
    """From `now` on the override holds no more."""
    tx.execute(update(overrides).where(overrides.c.id == number).values(undone_at=now))


records: Records[Request] = Records(
    requests_table,
    Request,
    lambda request: {
        "kind": request.kind,
        "rotation": request.rotation,
        "person": request.asker,
        "status": request.status,
        "opened_at": request.opened_at,
    },
)


def lock_request(tx: Tx, number: int) -> Request | None:
    """The request of this number, held until `tx` ends."""
    return records.lock_one(tx, number)


def request(tx: Tx, number: int) -> Request | None:
    """The request of this number."""
    return records.get_one(tx, number)


def open_requests(tx: Tx, *, rotation: str = "") -> list[Request]:
    """Requests that wait for an answer, oldest first."""
    which: ColumnElement[bool] = requests_table.c.status.in_(OPEN)
    if rotation:
        which &= requests_table.c.rotation == rotation
    return records.get(tx, which)


def lock_open_requests(tx: Tx) -> list[Request]:
    """The same, of all rotations, held until `tx` ends."""
    return records.lock(tx, requests_table.c.status.in_(OPEN))


def lock_requests_of(tx: Tx, numbers: Collection[int]) -> list[Request]:
    """The requests that made any of these overrides, held until `tx` ends."""
    made = requests_table.c.state["overrides"]
    return records.lock(tx, or_(*(made.contains([number]) for number in numbers)))


def absences(tx: Tx, start: datetime, end: datetime, *, person: str = "") -> tuple[Absence, ...]:
    """Absences in force that reach between two instants, of one person or everybody, by start."""
    rows = absences_table.c
    query = select(absences_table).where(
        rows.ended_at.is_(None), rows.ends_at > start, rows.starts_at < end
    )
    if person:
        query = query.where(rows.person == person)
    return tuple(map(_absence, tx.execute(query.order_by(rows.starts_at, rows.id))))


def absence(tx: Tx, number: int) -> Absence | None:
    """An absence in force, by number, held until `tx` ends."""
    rows = absences_table.c
    query = select(absences_table).where(rows.id == number, rows.ended_at.is_(None))
    row = tx.execute(query.with_for_update()).first()
    return _absence(row) if row else None


def absence_ever(tx: Tx, number: int) -> Absence | None:
    """An absence by number, in force or not."""
    row = tx.execute(select(absences_table).where(absences_table.c.id == number)).first()
    return _absence(row) if row else None


def add_absence(tx: Tx, absence: Absence, *, by: str, source: str, now: datetime) -> int:
    """Keep an absence (its `id` is not used); returns its number."""
    row = {
        "person": absence.person,
        "kind": absence.kind,
        "starts_at": absence.start,
        "ends_at": absence.end,
        "reason": absence.reason,
        "source": source,
        "uid": absence.uid,
        "created_at": now,
        "created_by": by,
    }
    added = absences_table.insert().values(row).returning(absences_table.c.id)
    return int(tx.execute(added).scalar_one())


def end_absence(tx: Tx, number: int, now: datetime) -> None:
    """From `now` on the absence holds no more."""
    tx.execute(update(absences_table).where(absences_table.c.id == number).values(ended_at=now))


def _absence(row: Any) -> Absence:
    return Absence(row.id, row.person, row.starts_at, row.ends_at, row.kind, row.reason, row.uid)


def muted(tx: Tx) -> Mapping[str, tuple[str, ...]]:
    """Person → the notices of their duties that they do not get, for those who get not all."""
    return {row.person: tuple(row.notices) for row in tx.execute(select(muted_table))}


def keep_muted(tx: Tx, person: str, kinds: Sequence[str]) -> None:
    """From now on a person gets all notices of their duties but `kinds`."""
    row = {"person": person, "notices": list(kinds)}
    statement = insert(muted_table).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["person"], set_=row))


def lock_watches(tx: Tx, names: Collection[str]) -> Mapping[str, Watch]:
    """What was last seen of rotations, by name, held until `tx` ends."""
    query = select(rotation_watch.c.rotation, rotation_watch.c.state)
    rows = tx.execute(query.where(rotation_watch.c.rotation.in_(names)).with_for_update())
    return {row.rotation: _WATCH.validate_python(row.state) for row in rows}


def due_watches(tx: Tx, now: datetime, limit: int) -> list[str]:
    """Rotations of which something may have changed by `now`; others' are passed over."""
    query = (
        select(rotation_watch.c.rotation)
        .where(rotation_watch.c.wake_at <= now)
        .order_by(rotation_watch.c.wake_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(tx.execute(query).scalars())


def save_watch(tx: Tx, name: str, watch: Watch, wake_at: datetime | None) -> None:
    """Keep what was seen of a rotation, to look again at `wake_at`."""
    row = {
        "rotation": name,
        "state": _WATCH.dump_python(watch, mode="json"),
        "wake_at": wake_at,
    }
    statement = insert(rotation_watch).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["rotation"], set_=row))


def put_off(tx: Tx, name: str, until: datetime) -> None:
    """Look at a rotation again at `until`."""
    tx.execute(
        update(rotation_watch).where(rotation_watch.c.rotation == name).values(wake_at=until)
    )


def forget_watches(tx: Tx, but: Collection[str]) -> None:
    """Look no more at rotations that are gone."""
    tx.execute(
        update(rotation_watch).where(rotation_watch.c.rotation.not_in(but)).values(wake_at=None)
    )
