"""What would become of an alert if it came now: worked by the rules, and nothing of it kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from setflow import definitions, document
from setflow.effects import PageChannel, PagePerson
from setflow.engine import alerts, answering
from setflow.engine.holds import ChatWindow
from setflow.engine.messages import AlertIn
from setflow.errors import ConfigError
from setflow.escalation import rules, spec
from setflow.escalation.spec import Hold, Route, Target
from setflow.present import Present


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Where an alert would go.

    route    the one that takes it, `line` where it stands in the file; None where there is none
    ladder   "" where nobody is paged
    pages    person (or ~channel), method, instant: those of the first step
    empty    what of the first step has nobody
    then_at  when it goes on, to `then`, if nobody has acknowledged
    hold     the maintenance that holds it back
    grouped  the labels by which it may join others, and then pages nobody
    """

    message: AlertIn
    route: Route | None
    line: int
    ladder: str
    channel: str
    pages: Sequence[tuple[str, str, datetime]]
    empty: Sequence[str]
    then_at: datetime | None
    then: Sequence[Target]
    hold: Hold | None
    grouped: Sequence[str]


def foresee(here: Present, windows: Sequence[ChatWindow], message: AlertIn) -> Foreseen:
    """What would become of a new alert at `here.now`; one that is open already only counts.

    windows  the maintenance windows that chat opened
    Where people take turns on a step, the first of them stands for whoever's turn it is.
    """
    facts = answering.facts_of(message)
    route = definitions.route(here.configuration, message.source, facts, now=here.now)
    fired = alerts.fired_by(here, message)
    if fired.ladder is None:
        return _found(here, fired, message, route, None)
    all_windows = [*here.configuration.maintenance, *(one.window() for one in windows)]
    hold = definitions.holding(here.configuration, all_windows, fired.ladder.name, facts, here.now)
    return _found(here, fired, message, route, hold)


def _found(
    here: Present, fired: spec.Fired, message: AlertIn, route: Route | None, hold: Hold | None
) -> Foreseen:
    ladder = fired.ladder
    on_call = answering.planned(here, fired, ladder)
    decision = rules.fire(None, fired, new_id=0, now=here.now, on_call=on_call)
    alert = decision.state
    pages = [
        (one.person, one.method, here.now)
        for one in decision.effects
        if isinstance(one, PagePerson)
    ]
    pages += [
        (f"~{one.channel}", "post", here.now)
        for one in decision.effects
        if isinstance(one, PageChannel)
    ]
    pages += [(one.person, one.method, one.due) for one in alert.waiting]
    coming = rules.coming(alert, on_call.skips)
    group = route.group if route else None
    return Foreseen(
        message,
        route,
        _line(here, route),
        ladder.name if ladder else "",
        fired.channel,
        pages,
        [name for passed in alert.passed for name in passed.empty],
        coming[0] if coming else None,
        coming[1] if coming else (),
        hold,
        group.by if group else (),
    )


def _line(here: Present, route: Route | None) -> int:
    """Where a route stands in the file; 0 for none."""
    if route is None:
        return 0
    try:
        root = document.parse(here.configuration.text, "")
    except ConfigError:
        return 0
    routes = root.value.get("routes") if isinstance(root.value, dict) else None
    nodes = routes.value if routes and isinstance(routes.value, tuple) else ()
    number = here.configuration.routes.index(route)
    return nodes[number].line if number < len(nodes) else 0


def foreseen_json(one: Foreseen, here: Present) -> dict[str, Any]:
    """The same as JSON, its instants in UTC."""
    return {
        "key": one.message.key,
        "title": one.message.title,
        "priority": one.message.priority,
        "status": "firing" if one.message.firing else "resolved",
        "details": dict(one.message.details),
        "url": one.message.url,
        "route": {"number": here.configuration.routes.index(one.route) + 1, "line": one.line}
        if one.route
        else None,
        "ladder": one.ladder or None,
        "channel": one.channel,
        "maintenance": {"name": one.hold.name, "until": _utc(one.hold.until)} if one.hold else None,
        "grouped_by": list(one.grouped),
        "pages": [
            {"person": person, "method": method, "at": _utc(at)} for person, method, at in one.pages
        ],
        "nobody_on": list(one.empty),
        "then": {"at": _utc(one.then_at), "page": [str(target) for target in one.then]}
        if one.then_at
        else None,
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
