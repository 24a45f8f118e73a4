"""Alerts of a source, found by what somebody asks."""

from collections.abc import Callable, Mapping
from datetime import datetime
from json import dumps
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Text,
    and_,
    case,
    cast,
    func,
    not_,
    or_,
    select,
    true,
)

from setflow.db import Tx
from setflow.escalation.rules import GROUP_MARK, Alert
from setflow.escalation.spec import search as searching
from setflow.escalation.spec.search import Search
from setflow.escalation.store.alerts import records
from setflow.schema import alerts


def searched(
    tx: Tx, source: str, wanted: Search, order: tuple[str, bool], *, offset: int, limit: int
) -> tuple[list[Alert], int]:
    """The alerts of a source that fit, over or not, and how many of them there are in all.

    order  one of `ORDERS`, and True for downwards
    """
    name, downwards = order
    by = ORDERS[name]
    query = (
        select(alerts.c.id, func.count().over().label("in_all"))
        .where(alerts.c.source == source, _condition(wanted))
        .order_by(by.desc() if downwards else by.asc(), alerts.c.id.desc())
        .offset(offset)
        .limit(limit)
    )
    # Numbers alone are sorted: to write out the states of all that fit takes ten times as long.
    rows = tx.execute(query).all()
    if not rows:
        return [], how_many(tx, source, wanted) if offset else 0
    found = {one.id: one for one in records.get(tx, alerts.c.id.in_([row.id for row in rows]))}
    return [found[row.id] for row in rows], rows[0].in_all


def how_many(tx: Tx, source: str, wanted: Search) -> int:
    """How many alerts of a source fit, over or not."""
    query = select(func.count()).where(alerts.c.source == source, _condition(wanted))
    return int(tx.execute(query.select_from(alerts)).scalar_one())


def _text(name: str) -> ColumnElement[str]:
    return func.coalesce(alerts.c.state[name].as_string(), "")


def _detail(name: str) -> ColumnElement[str]:
    return func.coalesce(alerts.c.state["details"][name].as_string(), "")


def _instant(name: str) -> ColumnElement[datetime]:
    return cast(alerts.c.state[name].as_string(), DateTime(timezone=True))


# A group is kept under what finds it by its labels, and what its first is called stands within.
_ALIAS = case((alerts.c.key.startswith(GROUP_MARK), _text("key")), else_=alerts.c.key)
_TAGS = func.coalesce(cast(alerts.c.state["tags"], Text), "")
_CLOSED = alerts.c.status == "resolved"
_FIRED = cast(alerts.c.fired_at, DateTime(timezone=True))
_LAST = func.greatest(_instant("last_at"), _instant("owned_at"), _instant("closed_at"))
_COUNT = alerts.c.state["count"].as_integer()
_ACKNOWLEDGED = alerts.c.status == "acknowledged"
_SNOOZED = alerts.c.status == "snoozed"
_TEXTS: Mapping[str, ColumnElement[str]] = {
    "message": _text("title"),
    "alias": _ALIAS,
    "owner": _text("owner"),
    "priority": _text("priority"),
    "id": cast(alerts.c.id, Text),
    **{name: _detail(name.capitalize()) for name in ("description", "entity", "source")},
    "responders": _detail("Responders"),
}
_SAID = ("message", "description", "responders")
"""Of these it is enough that they hold what is looked for; the others are that."""
_FLAGS = {"acknowledged": _ACKNOWLEDGED, "isSeen": _ACKNOWLEDGED, "snoozed": _SNOOZED}
_ORDERED: Mapping[str, ColumnElement[Any]] = {
    "createdAt": _FIRED,
    "updatedAt": _LAST,
    "lastOccurredAt": _instant("last_at"),
    "snoozedUntil": _instant("until"),
    "count": _COUNT,
    "tinyId": alerts.c.id,
}
ORDERS: Mapping[str, ColumnElement[Any]] = {
    **_ORDERED,
    **_FLAGS,
    **{name: _TEXTS[name] for name in ("alias", "message", "source", "owner")},
    "status": _CLOSED,
    "integration.name": alerts.c.source,
    "integration.type": alerts.c.source,
    "report.ackTime": _instant("owned_at") - _FIRED,
    "report.closeTime": _instant("closed_at") - _FIRED,
    "report.acknowledgedBy": _text("owner"),
    "report.closedBy": _text("closed_by"),
}
"""By what `searched` sorts, as OpsGenie names it."""


def _condition(wanted: Search) -> ColumnElement[bool]:
    match wanted:
        case searching.All(parts):
            return and_(true(), *map(_condition, parts))
        case searching.Any(parts):
            return or_(*map(_condition, parts))
        case searching.Not(part):
            return not_(func.coalesce(_condition(part), False))
        case searching.Term(field, value, order):
            return _term(field, value, order)


def _term(field: str, value: str, order: str) -> ColumnElement[bool]:
    if not field:
        texts = (*(_TEXTS[name] for name in (*_SAID, "alias")), _TAGS)
        return or_(*(_like(text, f"*{value}*") for text in texts))
    if field in _ORDERED:
        return _compared(field, value, order or "=")
    if field in _FLAGS:
        return _FLAGS[field] if value.lower() == "true" else not_(_FLAGS[field])
    if field == "status":
        return _CLOSED if value.lower() == "closed" else not_(_CLOSED)
    if field == "tag":
        return _like(_TAGS, f"*{dumps(value, ensure_ascii=False)}*")
    if field.startswith(searching.DETAILS):
        return _like(_detail(field.removeprefix(searching.DETAILS)), value)
    return _like(_TEXTS[field], f"*{value}*" if field in _SAID else value)


def _compared(field: str, value: str, order: str) -> ColumnElement[bool]:
    of = _ORDERED[field]
    given: object = int(value) if field in searching.NUMBERS else searching.instant_of(value)
    compare: Mapping[str, Callable[[], ColumnElement[bool]]] = {
        "=": lambda: of == given,
        "<": lambda: of < given,
        ">": lambda: of > given,
        "<=": lambda: of <= given,
        ">=": lambda: of >= given,
    }
    return compare[order]()


def _like(text: ColumnElement[str], value: str) -> ColumnElement[bool]:
    """Whether it is `value` in any case of letters; a * stands for anything."""
    escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return text.ilike(escaped.replace("*", "%"))
