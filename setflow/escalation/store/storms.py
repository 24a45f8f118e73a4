"""Storms, one row a person, and what stands in their digests."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Text,
    bindparam,
    case,
    cast,
    func,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert

from setflow.db import Tx
from setflow.escalation.rules import Alert
from setflow.escalation.rules.storms import HEARD, MISSED, Standing, Storm
from setflow.escalation.store.alerts import records
from setflow.records import many, together
from setflow.schema import alerts, digested, storms

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
_NUMBERED = alerts.c.id == func.any(bindparam("which", type_=ARRAY(BigInteger)))
_OF_DIGEST = (digested.c.person == bindparam("reader")) & (digested.c.nth == bindparam("of"))
_IN_DIGEST = alerts.c.id.in_(select(digested.c.alert).where(_OF_DIGEST))
_DIGESTED_COLUMNS = ("person", "nth", "alert", "method", "lot")
_JOIN = insert(digested).from_select(_DIGESTED_COLUMNS, many(digested, _DIGESTED_COLUMNS))
# What missed its reader once is told so, whatever joins again meanwhile.
_JOIN = _JOIN.on_conflict_do_update(
    index_elements=list(digested.primary_key),
    set_={"lot": case((digested.c.lot == MISSED, MISSED), else_=_JOIN.excluded.lot)},
)
_GIVEN = many(digested, ("person", "nth", "alert", "method")).alias("asked")
_SAME = (digested.c[name] == _GIVEN.c[name] for name in ("person", "nth", "alert"))
_KNOWN = select(digested.c.person, digested.c.alert).where(*_SAME).distinct()
_LOSE = (
    update(digested)
    .where(
        _OF_DIGEST,
        digested.c.method == bindparam("by"),
        digested.c.lot > bindparam("after"),
    )
    .values(lot=MISSED)
)
_MISSED = digested.c.lot == MISSED
_TELL = (
    select(digested.c.person, digested.c.alert, digested.c.method)
    .where(
        _MISSED,
        tuple_(digested.c.person, digested.c.nth).in_(
            select(storms.c.person, storms.c.state["nth"].as_integer()).where(_OF_PERSONS)
        ),
    )
    .order_by(digested.c.person, digested.c.alert, digested.c.method)
    .limit(bindparam("most"))
)
_TOLD = (
    update(digested)
    .where(
        _OF_DIGEST,
        _MISSED,
        digested.c.alert == bindparam("number"),
        digested.c.method == bindparam("by"),
    )
    .values(lot=HEARD)
)
_LEFT = select(digested.c.method).where(_OF_DIGEST, _MISSED).distinct()
_OTHERS = func.coalesce(alerts.c.state["closed_by"].as_string(), "").not_in(
    ["", bindparam("reader")]
) | (alerts.c.state["owner"].as_string() != bindparam("reader"))
_RAGING = storms.c.state["since"].as_string().is_not(None) & ~storms.c.state["over"].as_boolean()
_STANDING = select(
    func.count(),
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
        where step->'people' @> to_jsonb(cast(:reader as text))
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
    return Standing(*tx.execute(_STANDING, _digest(of)).one())


def counted(tx: Tx, of: Storm) -> list[Counted]:
    """The alerts of a person's digest by source, priority and status."""
    return [Counted(*row) for row in tx.execute(_COUNTS, _digest(of))]


def loudest(tx: Tx, of: Storm, most: int) -> list[Alert]:
    """Those of a person's digest that wait for somebody, the loudest first, then the newest."""
    found = tx.execute(_LOUDEST, {**_digest(of), "most": most}).scalars()
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
        **_digest(of),
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
    return records.lock(tx, _NUMBERED, {"which": list(numbers)}) if numbers else []


@dataclass(frozen=True, slots=True)
class Digested:
    """An alert's page to a person by a method that is told by a digest, the `nth` of theirs.

    lot  see storms.lot
    """

    person: str
    nth: int
    alert: int
    method: str
    lot: int = 0


def known(tx: Tx, pages: Sequence[Digested]) -> Mapping[str, set[int]]:
    """The alerts of these pages that are in the digests already, by person."""
    found: dict[str, set[int]] = {}
    for person, alert in tx.execute(_KNOWN, _digested(pages)) if pages else ():
        found.setdefault(person, set()).add(alert)
    return found


def join_digests(tx: Tx, pages: Sequence[Digested]) -> None:
    """Have these stand in the digests, which are held."""
    if pages:
        alone = {(one.person, one.nth, one.alert, one.method): one for one in pages}
        tx.execute(_JOIN, _digested(list(alone.values())))


def lose(tx: Tx, of: Storm, method: str, after: int) -> None:
    """Have the ladders of all in a digest that is of a later lot hear that it failed."""
    tx.execute(_LOSE, {**_digest(of), "by": method, "after": after})


def missed(tx: Tx, persons: Sequence[str], most: int) -> list[tuple[str, int, str]]:
    """Up to `most` alerts whose ladders are to hear that a digest failed: person, alert, method."""
    found = tx.execute(_TELL, {"persons": persons, "most": most})
    return [(person, alert, method) for person, alert, method in found]


def told(tx: Tx, of: Storm, heard: Sequence[tuple[int, str]]) -> list[str]:
    """Note those alerts, by method, whose ladders have heard; the methods that have more."""
    given = [{**_digest(of), "number": alert, "by": method} for alert, method in heard]
    if given:
        tx.execute(_TOLD, given)
    return list(tx.execute(_LEFT, _digest(of)).scalars())


def _digest(of: Storm) -> dict[str, Any]:
    return {"reader": of.person, "of": of.nth}


def _digested(pages: Sequence[Digested]) -> dict[str, str]:
    return together((asdict(one) for one in pages), json=[])


def _locked_storms(tx: Tx, persons: Sequence[str]) -> list[Storm]:
    found = tx.execute(_LOCK_STORMS, {"persons": list(persons)}).scalars()
    return [_STORMS.validate_json(state) for state in found]


def _storm_rows(states: Sequence[tuple[Storm, datetime | None]]) -> dict[str, str]:
    rows = [
        {"person": one.person, "state": _STORMS.dump_json(one).decode(), "wake_at": wake}
        for one, wake in states
    ]
    return together(rows, json=["state"])
