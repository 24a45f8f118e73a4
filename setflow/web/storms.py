"""The buttons of a digest."""

from collections.abc import Callable, Mapping
from typing import Any

from setflow import engine, views
from setflow.adapters.mattermost.storms import listed
from setflow.adapters.mattermost.text import when
from setflow.db import Tx
from setflow.errors import Refused
from setflow.web.caller import Caller

MOST_LISTED = 50


def _acknowledge(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    person = _own(caller, context)
    priority, source = context.get("priority"), context.get("source")
    asked = engine.AcknowledgeDigest(person, "button", priority, source)
    taken = engine.acknowledged(engine.handle(tx, [asked], now=caller.now))
    mine = "1 alert is yours." if taken == 1 else f"{taken} alerts are yours."
    left = views.waiting_in_digest(tx, person, priority=priority, source=source)
    return f"{mine} {left} more wait: press it again." if left else mine


def _list(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    person = _own(caller, context)
    found, waiting = views.in_digest(tx, person, MOST_LISTED)
    if not found:
        return "None of them waits any more."
    zone = views.zone_of(tx, person, now=caller.now)
    rows = [(one.id, one.priority, one.title, one.source, one.fired_at) for one in found]
    return listed(rows, waiting - len(rows), lambda at: when(at, zone, now=caller.now))


def _own(caller: Caller, context: Mapping[str, Any]) -> str:
    person = str(context["person"])
    if caller.name != person:
        raise Refused("That digest is another's; `/set ack NUMBER` takes one of its alerts.")
    return person


BUTTONS: Mapping[str, Callable[[Tx, Caller, Mapping[str, Any]], str]] = {
    "digest-ack": _acknowledge,
    "digest-list": _list,
}
"""What the buttons below a digest do."""
