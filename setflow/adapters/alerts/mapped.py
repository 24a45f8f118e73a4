"""Messages of any JSON, by what the file says of them."""

from collections.abc import Mapping
from typing import Any

from setflow import expression
from setflow.adapters.alerts.values import (
    LONGEST_TITLE,
    MOST_ALERTS,
    PRIORITIES,
    USUAL_PRIORITY,
    Incoming,
    Message,
    address,
    clean,
    details_of,
    instant,
    named,
)
from setflow.escalation.spec import Mapped

_FIRING, _OVER = "firing", "resolved"


def mapped(body: object, mapping: Mapped) -> Message:
    """The alerts that a mapping finds in `body`; of one that it cannot read, which field and why.

    Raises ValueError where the body as a whole cannot be asked.
    """
    facts = expression.prepared({"body": body})
    if not mapping.each:
        return Message([_alert(facts, mapping)])
    items = _value("each", mapping.each, facts)
    if not isinstance(items, list):
        raise ValueError(f'each: "{mapping.each}" is no list.')  # noqa: TRY004  of the message
    alerts, problems = [], []
    if len(items) > MOST_ALERTS:
        problems.append(f"each: it has {len(items):,} items, of which {MOST_ALERTS:,} are read.")
    for number, item in enumerate(items[:MOST_ALERTS]):
        try:
            alerts.append(_alert({**facts, "item": item}, mapping))
        except ValueError as error:
            problems.append(f"item {number}: {error}")
    return Message(alerts, problems)


def _alert(facts: expression.Prepared, mapping: Mapped) -> Incoming:
    started = _text("started", mapping.started, facts) if mapping.started else ""
    return Incoming(
        _key(facts, mapping),
        clean(_text("title", mapping.title, facts), LONGEST_TITLE),
        _priority(facts, mapping),
        firing=_firing(facts, mapping),
        details=_details(facts, mapping.details),
        url=address(_text("url", mapping.url, facts)) if mapping.url else "",
        started=_instant(started),
    )


def _key(facts: expression.Prepared, mapping: Mapped) -> str:
    return named(_text("key", mapping.key, facts))


def _priority(facts: expression.Prepared, mapping: Mapped) -> str:
    if not mapping.priority:
        return USUAL_PRIORITY
    said = _text("priority", mapping.priority, facts)
    if said.lower() not in PRIORITIES:
        raise ValueError(f'priority: "{clean(said, 50)}" is none of P1 to P5.')
    return PRIORITIES[said.lower()]


def _firing(facts: expression.Prepared, mapping: Mapped) -> bool:
    if not mapping.status:
        return True
    said = _value("status", mapping.status, facts)
    if isinstance(said, bool):
        return said
    if str(said) not in (_FIRING, _OVER):
        raise ValueError(f'status: "{clean(said, 50)}" is neither firing nor resolved.')
    return str(said) == _FIRING


def _instant(said: str) -> Any:
    found = instant(said)
    if said and found is None:
        raise ValueError(f'started: "{clean(said, 50)}" is no instant with its offset.')
    return found


def _details(facts: expression.Prepared, wanted: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for name, text in wanted.items():
        try:
            found[name] = expression.value(text, facts)
        except ValueError:
            continue  # as where a message does not have it
    return details_of(found)


def _text(name: str, text: str, facts: expression.Prepared) -> str:
    """What an expression comes to, where that is text or a number."""
    found = _value(name, text, facts)
    plain = isinstance(found, str | int | float) and not isinstance(found, bool)
    if not plain or not str(found).strip():
        raise ValueError(f'{name}: "{text}" is no text here.')
    return str(found)


def _value(name: str, text: str, facts: expression.Prepared) -> Any:
    try:
        return expression.value(text, facts)
    except ValueError as error:
        raise ValueError(f"{name}: {error}.") from None
