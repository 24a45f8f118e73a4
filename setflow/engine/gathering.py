"""Alerts that a route makes one: which group takes a new one, and who is in it."""

from collections.abc import Iterable, Sequence

from setflow import definitions
from setflow.effects import Decision
from setflow.engine import answering
from setflow.engine.messages import AlertIn
from setflow.engine.work import Work
from setflow.escalation import rules, spec
from setflow.escalation.rules import Alert
from setflow.escalation.spec import Grouping, Route
from setflow.escalation.store import Member, Name
from setflow.present import Present


def grouping(present: Present, message: AlertIn) -> Grouping | None:
    """How the route of an alert groups it; one of OpsGenie's is one there too, by itself."""
    route = None if message.remote else _route(present, message)
    return route.group if route else None


def names(work: Work, messages: Iterable[AlertIn]) -> list[Name]:
    """What finds the groups that these alerts may join, to be looked up together."""
    found = []
    for message in messages:
        route = _route(work.present, message) if message.firing else None
        if route:
            name = rules.group_name(route.ladder, route.group, message.details)
            found += [(message.source, name)] if name else []
    return found


def taker(work: Work, fired: spec.Fired) -> Alert | None:
    """The open group that takes a new alert; None where it begins one, or stands for itself."""
    group = _of(work, fired)
    return group if group and rules.takes(group, fired, work.now) else None


def passed(work: Work, fired: spec.Fired) -> Sequence[Alert]:
    """The open group of the same labels that takes no more, its name now free for another."""
    group = _of(work, fired)
    if group is None:
        return ()
    work.alerts.forget_name(group)
    return (group,)


def joined(work: Work, group: Alert, fired: spec.Fired) -> Decision[Alert]:
    """One more of an open group."""
    on_call = answering.on_call(work, fired, group.ladder, group.owner or "")
    work.alerts.join(_member(work, group, fired, rules.called(group, fired)))
    return rules.join(group, fired, now=work.now, on_call=on_call)


def begun(work: Work, fired: spec.Fired) -> None:
    """Keep the first of a group, if that is what `fired` has become, as a member of it."""
    group = _of(work, fired)
    if group:
        work.alerts.join(_member(work, group, fired, fired.title))


def begun_anew(work: Work, alert: Alert, message: AlertIn) -> None:
    """Note when one of a group began that fires again, for an end of before to be known as such."""
    if alert.group and message.started:
        work.alerts.begin_anew(message.source, message.key, message.started)


def left(work: Work, alert: Alert, message: AlertIn) -> Decision[Alert]:
    """The end of an alert, or of one of a group, as its source says."""
    if alert.group:
        work.alerts.leave(alert, message.source, message.key, work.now)
    return rules.leave(alert, spec.SourceResolved(message.source, message.key, work.now))


def _member(work: Work, group: Alert, fired: spec.Fired, name: str) -> Member:
    return Member(group.id, fired.source, fired.key, name, work.now, started=fired.started)


def _of(work: Work, fired: spec.Fired) -> Alert | None:
    if fired.ladder is None:
        return None
    name = rules.group_name(fired.ladder.name, fired.group, fired.details)
    return work.alerts.open(fired.source, name) if name else None


def _route(present: Present, message: AlertIn) -> Route | None:
    configuration = present.configuration
    if not any(route.group for route in configuration.routes):
        return None
    facts = answering.facts_of(message)
    return definitions.route(configuration, message.source, facts, now=present.now)
