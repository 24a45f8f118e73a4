"""Schedules kept in OpsGenie: what is said of them, and what is to stand there."""

from datetime import date, datetime, time, timedelta
from typing import Literal

from setflow import chores, effects
from setflow.db import Tx
from setflow.escalation.rules import shadow as rules
from setflow.facts import (
    ApartFacts,
    RemoteOverrideFacts,
    RemoteScheduleFacts,
    ShadowFacts,
    ShadowRow,
)
from setflow.present import Present, maybe
from setflow.rotation.rules.mending import StandIns
from setflow.rotation.rules.schedules import SCHEDULES, Known, known

REPORT_AT = time(9)
LONGEST_SHADOW = timedelta(days=4)
"""Where nothing was compared for longer, comparing begins anew."""

State = Literal["differs", "agrees", "elsewhere"]


def remote_schedules(tx: Tx, *, now: datetime) -> dict[str, str]:
    """The names of the schedules in OpsGenie that are compared with ours, by seat or rotation."""
    here = maybe(tx, now)
    settings = here.configuration.opsgenie if here else None
    return dict(settings.schedules) if settings else {}


def shown(tx: Tx, here: Present, effect: effects.ShowRemoteSchedule) -> RemoteScheduleFacts | None:
    """How it differs; None where it is compared no more."""
    settings = here.configuration.opsgenie
    if settings is None or effect.target not in settings.schedules:
        return None
    told = _known(tx, effect.target).told
    state: State = "differs" if told.apart else "agrees"
    if effect.day != told.day:
        state = "elsewhere"
    return RemoteScheduleFacts(
        settings.schedules[effect.target],
        state,
        tuple(
            ApartFacts(one.start, one.end, _titles(here, one.theirs), _titles(here, one.ours))
            for one in told.apart
        ),
        settings.keep == "override",
        here.configuration.zone,
    )


def override(
    tx: Tx, here: Present, effect: effects.KeepRemoteOverride
) -> RemoteOverrideFacts | None:
    """What is to stand there; None where overrides are made there no more."""
    settings = here.configuration.opsgenie
    if settings is None or settings.keep != "override" or effect.target not in settings.schedules:
        return None
    schedule = settings.schedules[effect.target]
    kept: StandIns = _known(tx, effect.target).kept
    one = kept.get(effect.alias)
    person = here.person(one.person) if one else None
    if one is None or person is None or person.opsgenie is None:
        return RemoteOverrideFacts(schedule, effect.alias, "", here.now, here.now, ())
    return RemoteOverrideFacts(
        schedule, effect.alias, person.opsgenie, one.start, one.end, one.rotations
    )


def shadow_due(tx: Tx, *, now: datetime) -> tuple[datetime, str] | None:
    """Since when alerts are to be compared with OpsGenie's, and the ISO date of the report.

    None where nothing is due; without a date where comparing only begins.
    """
    here = maybe(tx, now)
    settings = here.configuration.opsgenie if here else None
    if here is None or settings is None or settings.mode != "shadow":
        return None
    before = rules.report(chores.state(tx, rules.SHADOW))
    if before is None or now - before.until > LONGEST_SHADOW:
        return now, ""
    local = now.astimezone(here.configuration.zone)
    day = local.date().isoformat()
    began = before.until.astimezone(here.configuration.zone).date().isoformat()
    if local.time() < REPORT_AT or max(before.day, began if not before.day else "") >= day:
        return None
    return before.until, day


def shadow(tx: Tx, here: Present, effect: effects.ShowShadow) -> ShadowFacts | None:
    """What was found for a day; None once another day's report has taken its place."""
    found = rules.report(chores.state(tx, rules.SHADOW))
    if found is None or found.day != effect.day:
        return None
    settings = here.configuration.opsgenie
    tomorrow = here.now + timedelta(days=1)
    apart = tuple(
        (
            name,
            ApartFacts(one.start, one.end, _titles(here, one.theirs), _titles(here, one.ours)),
        )
        for target, name in (settings.schedules if settings else {}).items()
        for one in _known(tx, target).told.apart
        if one.start < tomorrow and one.end > here.now
    )
    rows = tuple(
        ShadowRow(
            one.what,
            one.title,
            one.priority,
            one.at,
            _titles(here, one.theirs),
            _titles(here, one.ours),
            one.late,
        )
        for one in found.differs
    )
    agreed = date.fromisoformat(found.agreed)
    return ShadowFacts(found.since, found.count, rows, agreed, apart, here.configuration.zone)


def _known(tx: Tx, target: str) -> Known:
    return known(chores.state(tx, f"{SCHEDULES}:{target}"))


def _titles(here: Present, names: tuple[str, ...]) -> tuple[str, ...]:
    """People by title; whoever is none of ours as OpsGenie calls them, and that it is so."""
    people = here.configuration.people
    return tuple(
        people[name].title if name in people else f"{name} (unknown here)" for name in names
    )
