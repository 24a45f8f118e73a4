"""What is one with an alert: the members of groups."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from setflow.db import Tx
from setflow.escalation.store.alerts import MEMBERS, Name, asked
from setflow.records import many, together
from setflow.schema import members

_MEMBER = ("alert", "source", "key", "fired_at", "resolved_at", "state")
_ADD_MEMBERS = members.insert().from_select(_MEMBER, many(members, _MEMBER))
_LEFT = many(members, ("alert", "source", "key", "resolved_at")).alias("gone")
_END_MEMBERS = (
    update(members)
    .where(
        members.c.alert == _LEFT.c.alert,
        members.c.source == _LEFT.c.source,
        members.c.key == _LEFT.c.key,
        members.c.resolved_at.is_(None),
    )
    .values(resolved_at=_LEFT.c.resolved_at)
)
_ANEW = many(members, ("source", "key", "state")).alias("anew")
_BEGIN_ANEW = (
    update(members)
    .where(
        members.c.source == _ANEW.c.source,
        members.c.key == _ANEW.c.key,
        members.c.resolved_at.is_(None),
    )
    .values(state=members.c.state.op("||")(_ANEW.c.state))
)
_BELONGS = select(
    members.c.source,
    members.c.key,
    members.c.alert,
    members.c.state["started"].as_string().label("started"),
).where(MEMBERS)
_END_GROUPS = (
    update(members)
    .where(
        members.c.alert == func.any(bindparam("groups", type_=ARRAY(BigInteger))),
        members.c.resolved_at.is_(None),
    )
    .values(resolved_at=bindparam("at"))
)
_NAMES = (
    select(members.c.state["name"].as_string())
    .where(members.c.alert == bindparam("group"), members.c.resolved_at.is_(None))
    .order_by(members.c.id.desc())
    .limit(bindparam("most"))
)


_INSTANT: TypeAdapter[datetime | None] = TypeAdapter(datetime | None)
_STATE: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


@dataclass(frozen=True, slots=True)
class Member:
    """One of a group.

    name     what the group's posts call it
    over_at  None while it is open
    started  when it last began by its source's own clock; None where that says nothing
    """

    alert: int
    source: str
    key: str
    name: str
    fired_at: datetime
    over_at: datetime | None = None
    started: datetime | None = None


def belongs(tx: Tx, names: Collection[Name]) -> Mapping[Name, tuple[int, datetime | None]]:
    """Of these sources and keys, those that are members not over: their group, and `started`."""
    return {
        (row.source, row.key): (row.alert, _INSTANT.validate_python(row.started))
        for row in tx.execute(_BELONGS, asked(names))
    }


def add_members(tx: Tx, new: Sequence[Member]) -> None:
    """Keep new ones; raises IntegrityError where one of that source and key is open elsewhere."""
    rows = [
        {
            "alert": one.alert,
            "source": one.source,
            "key": one.key,
            "fired_at": one.fired_at,
            "resolved_at": one.over_at,
            "state": _said({"name": one.name, "started": one.started}),
        }
        for one in new
    ]
    if rows:
        tx.execute(_ADD_MEMBERS, together(rows, json=["state"]))


def begin_anew(tx: Tx, started: Mapping[Name, datetime]) -> None:
    """Note when these open members began, which is later than was known."""
    rows = [
        {"source": source, "key": key, "state": _said({"started": at})}
        for (source, key), at in started.items()
    ]
    if rows:
        tx.execute(_BEGIN_ANEW, together(rows, json=["state"]))


def _said(state: dict[str, object]) -> str:
    return _STATE.dump_json(state).decode()


def end_members(tx: Tx, over: Sequence[tuple[int, Name, datetime]]) -> None:
    """Note that these, by group and name, are over, and since when."""
    rows = [
        {"alert": group, "source": source, "key": key, "resolved_at": at}
        for group, (source, key), at in over
    ]
    if rows:
        tx.execute(_END_MEMBERS, together(rows, json=[]))


def end_groups(tx: Tx, groups: Sequence[int], at: datetime | None) -> None:
    """Note that all that is left of these groups is over."""
    if groups:
        tx.execute(_END_GROUPS, {"groups": list(groups), "at": at})


def member_names(tx: Tx, group: int, most: int) -> list[str]:
    """What the newest open members of a group are called, up to `most`."""
    return list(tx.execute(_NAMES, {"group": group, "most": most}).scalars())
