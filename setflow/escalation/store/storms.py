"""Storms, one row a person, and what stands in their digests."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    cast,
    func,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from setflow.db import Tx
from setflow.escalation.rules import Alert
from setflow.escalation.rules.storms import Standing, Storm
from setflow.escalation.store.alerts import records
from setflow.records import many, together
from setflow.schema import alerts, storms

_STORMS: TypeAdapter[Storm] = TypeAdapter(Storm)
_STORM = select(cast(storms.c.state, Text))
_OF_PERSONS = storms.c.person == func.any(bindparam("persons", type_=ARRAY(Text)))
_LOCK_STORMS = _STORM.where(_OF_PERSONS).order_by(storms.c.person).with_for_update()
_STORM_COLUMNS = ("person", "state", "wake_at")
_KEPT = many(storms, _STORM_COLUMNS).alias("kept")
_SAVE_STORMS = (
    update(storms)
    .where(storms.c.person == _KEPT.c.person)
    .values(state=_KEPT.c.state, wake_at=_KEPT.c.wake_at)
)
_BEGIN_STORMS = (
    insert(storms)
    .from_select(_STORM_COLUMNS, many(storms, _STORM_COLUMNS))
    .on_conflict_do_nothing()
)
_DUE_STORMS = (
    _STORM.where(storms.c.wake_at <= bindparam("now"))
    .order_by(storms.c.wake_at)
    .limit(bindparam("most"))
)
_PRIORITY = alerts.c.state["priority"].as_string()
_IN_DIGEST = alerts.c.id == func.any(bindparam("which", type_=ARRAY(BigInteger)))
_OTHERS = func.coalesce(alerts.c.state["closed_by"].as_string(), "").not_in(
    ["", bindparam("person")]
) | (alerts.c.state["owner"].as_string() != bindparam("person"))
_RAGING = storms.c.state["since"].as_string().is_not(None) & ~storms.c.state["over"].as_boolean()
_STANDING = select(
    func.count().filter(alerts.c.status == "firing"),
    func.count().filter(alerts.c.status != "resolved"),
    func.coalesce(func.bool_or((alerts.c.status != "firing") & _OTHERS), False),
).where(_IN_DIGEST)
_COUNTS = (
    select(
        alerts.c.source,
        _PRIORITY.label("priority"),
        alerts.c.status,
        func.count().label("many"),
        func.max(alerts.c.id).label("newest"),
    )
    .where(_IN_DIGEST)
    .group_by(alerts.c.source, _PRIORITY, alerts.c.status)
)
_LOUDEST = (
    select(cast(alerts.c.state, Text))
    .where(_IN_DIGEST, alerts.c.status == "firing")
    .order_by(_PRIORITY, alerts.c.id.desc())
    .limit(bindparam("most"))
)
_TOLD_BY = """
    (cast(:by as timestamptz) is null or exists (
        select from jsonb_array_elements(state->'passed') as step
        where step->'people' @> to_jsonb(cast(:person as text))
            and cast(step->>'at' as timestamptz) <= :by
    ))
"""
_FIRING = (
    select(alerts.c.id)
    .where(
        _IN_DIGEST,
        alerts.c.status == "firing",
        func.coalesce(bindparam("priority", type_=Text), _PRIORITY) == _PRIORITY,
        func.coalesce(bindparam("source", type_=Text), alerts.c.source) == alerts.c.source,
        text(_TOLD_BY),
    )
    .order_by(alerts.c.id)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many alerts of a digest have this source, priority and status; the newest of them."""

    source: str
    priority: str
    status: str
    many: int
    newest: int


def lock_storms(tx: Tx, persons: Collection[str]) -> list[Storm]:
    """What these persons were paged of late, by name, held until `tx` ends."""
    wanted = sorted(set(persons))
    found = _locked_storms(tx, wanted)
    if len(found) == len(wanted):
        return found
    known = {storm.person for storm in found}
    new = [(Storm(name), None) for name in wanted if name not in known]
    tx.execute(_BEGIN_STORMS, _storm_rows(new))
    return _locked_storms(tx, wanted)


def save_storms(tx: Tx, states: Sequence[tuple[Storm, datetime | None]]) -> None:
    """Keep them as they now are, each looked at again at its instant."""
    tx.execute(_SAVE_STORMS, _storm_rows(states))


def due_storms(tx: Tx, now: datetime, limit: int) -> list[Storm]:
    """Up to `limit` that are to be looked at by `now`, longest overdue first; none is held."""
    found = tx.execute(_DUE_STORMS, {"now": now, "most": limit}).scalars()
    return [_STORMS.validate_json(state) for state in found]


def storm(tx: Tx, person: str) -> Storm | None:
    """What a person was paged of late, as last committed."""
    state = tx.execute(_STORM.where(storms.c.person == person)).scalars().first()
    return _STORMS.validate_json(state) if state else None


def put_off_storm(tx: Tx, now: datetime, until: datetime) -> list[str]:
    """Look at the longest overdue at `until` instead, unread; whose it is, none if none is due."""
    due = (
        select(storms.c.person)
        .where(storms.c.wake_at <= now)
        .order_by(storms.c.wake_at)
        .limit(1)
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    later = update(storms).where(storms.c.person == due).values(wake_at=until)
    return list(tx.execute(later.returning(storms.c.person)).scalars())


def standing(tx: Tx, of: Storm) -> Standing:
    """How it is with the alerts of a person's digest."""
    given = {"which": list(of.alerts), "person": of.person}
    return Standing(*tx.execute(_STANDING, given).one())


def counted(tx: Tx, which: Collection[int]) -> list[Counted]:
    """These alerts by source, priority and status."""
    return [Counted(*row) for row in tx.execute(_COUNTS, {"which": list(which)})]


def loudest(tx: Tx, which: Collection[int], most: int) -> list[Alert]:
    """Those of these alerts that wait for somebody, the loudest first, then the newest."""
    found = tx.execute(_LOUDEST, {"which": list(which), "most": most}).scalars()
    return [records.adapter.validate_json(state) for state in found]


@dataclass(frozen=True, slots=True)
class Asked:
    """Which alerts of somebody's digest are meant: of a priority, of a source; None for any.

    by  up to when their ladders named the person; None for ever
    """

    priority: str | None = None
    source: str | None = None
    by: datetime | None = None


def firing(tx: Tx, of: Storm, asked: Asked, most: int) -> list[int]:
    """Up to `most` alerts of a person's digest that wait and are meant."""
    given = {
        "which": list(of.alerts),
        "person": of.person,
        "priority": asked.priority,
        "source": asked.source,
        "by": asked.by,
        "most": most,
    }
    return list(tx.execute(_FIRING, given).scalars())


def raging(tx: Tx) -> list[Storm]:
    """The storms whose digests have alerts that are not over."""
    found = tx.execute(_STORM.where(_RAGING)).scalars()
    return [_STORMS.validate_json(state) for state in found]


def of_numbers(tx: Tx, numbers: Collection[int]) -> list[Alert]:
    """The alerts of these numbers, as last committed."""
    return records.get(tx, alerts.c.id.in_(numbers)) if numbers else []


def lock_numbers(tx: Tx, numbers: Collection[int]) -> list[Alert]:
    """The alerts of these numbers, held until `tx` ends."""
    return records.lock(tx, _IN_DIGEST, {"which": list(numbers)}) if numbers else []


def _locked_storms(tx: Tx, persons: Sequence[str]) -> list[Storm]:
    found = tx.execute(_LOCK_STORMS, {"persons": list(persons)}).scalars()
    return [_STORMS.validate_json(state) for state in found]


def _storm_rows(states: Sequence[tuple[Storm, datetime | None]]) -> dict[str, str]:
    rows = [
        {"person": one.person, "state": _STORMS.dump_json(one).decode(), "wake_at": wake}
        for one, wake in states
    ]
    return together(rows, json=["state"])
