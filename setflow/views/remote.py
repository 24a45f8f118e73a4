"""Schedules kept in OpsGenie: what is said of them, and what is to stand there."""

from datetime import datetime
from typing import Literal

from setflow import chores, effects
from setflow.db import Tx
from setflow.facts import ApartFacts, RemoteOverrideFacts, RemoteScheduleFacts
from setflow.present import Present, maybe
from setflow.rotation.rules.mending import StandIns
from setflow.rotation.rules.schedules import SCHEDULES, Known, known

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


def _known(tx: Tx, target: str) -> Known:
    return known(chores.state(tx, f"{SCHEDULES}:{target}"))


def _titles(here: Present, names: tuple[str, ...]) -> tuple[str, ...]:
    """People by title; whoever is none of ours as OpsGenie calls them, and that it is so."""
    people = here.configuration.people
    return tuple(
        people[name].title if name in people else f"{name} (unknown here)" for name in names
    )
