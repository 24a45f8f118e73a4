"""The days on which OpsGenie and setflow both page, compared as the engine works them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from setflow import chores, history
from setflow.effects import ShowShadow
from setflow.engine.answering import directory
from setflow.engine.work import Work
from setflow.escalation import store as escalations
from setflow.escalation.rules import CHANNEL, Alert
from setflow.escalation.rules.shadow import (
    SHADOW,
    Ours,
    Report,
    Theirs,
    Told,
    compare,
    report,
    written,
)


@dataclass(frozen=True, slots=True)
class ShadowSeen:
    """What OpsGenie did about the alerts of a stretch of time; people as it calls them.

    day  ISO date of the report that it is for; "" for none: comparing begins at `until`
    """

    alerts: tuple[Theirs, ...]
    since: datetime
    until: datetime
    day: str


@dataclass(frozen=True, slots=True)
class ShadowCompared:
    """History: so many alerts were compared with OpsGenie's, of which so many differ."""

    day: str
    alerts: int
    differing: int


def seen(work: Work, message: ShadowSeen) -> Iterable[object]:
    """Compare, and report once a day."""
    before = report(chores.hold(work.tx, SHADOW))
    today = work.now.astimezone(work.present.configuration.zone).date().isoformat()
    if not message.day:
        _keep(work, Report("", message.since, message.until, today))
        return ()
    if before and before.day >= message.day:
        return ()
    theirs = [_named(work, one) for one in message.alerts]
    here = escalations.by_remote(work.tx, [one.id for one in theirs])
    found = compare(theirs, {number: _ours(work, alert) for number, alert in here.items()})
    agreed = before.agreed if before and not found else message.day
    _keep(work, Report(message.day, message.since, message.until, agreed, len(theirs), found))
    event = ShadowCompared(message.day, len(theirs), len(found))
    reason = "opsgenie.mode is shadow"
    return work.note(f"chore:{SHADOW}", [event], [ShowShadow(message.day)], reason)


def _keep(work: Work, found: Report) -> None:
    chores.save(work.tx, SHADOW, written(found), None)


def _named(work: Work, one: Theirs) -> Theirs:
    told = one.told
    if told is not None:
        told = tuple(replace(each, person=_name(work, each.person)) for each in told)
    return replace(one, told=told, owner=_name(work, one.owner) if one.owner else "")


def _name(work: Work, user: str) -> str:
    person = directory(work.present).by_opsgenie(user)
    return person.name if person else user


def _ours(work: Work, alert: Alert) -> Ours:
    told: dict[str, datetime] = {}
    for row in history.of(work.tx, f"alert:{alert.id}"):
        if row.kind == "Paged" and row.payload["method"] != CHANNEL:
            told.setdefault(row.payload["person"], row.at)
    pages = alert.ladder is not None
    return Ours(tuple(Told(*one) for one in told.items()), alert.owner or "", pages)
