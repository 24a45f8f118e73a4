"""Rotations, overrides and configurations, as the engine works them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from setflow import definitions, present
from setflow.definitions import Configuration
from setflow.effects import TellOverride
from setflow.engine.messages import (
    AddOverride,
    ConfigurationApplied,
    OverrideAdded,
    OverrideUndone,
    RotationChanged,
    UndoOverride,
)
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.spec import Rotation
from setflow.team import rules as team
from setflow.team import store as teams

LOOK_AHEAD = timedelta(weeks=8)


@dataclass(frozen=True, slots=True)
class Applied:
    """What applying a file did, or would do.

    version  its number; None where nothing differs, or nothing was stored
    changes  what is added, removed and changed, in short sentences
    shifts   how it changes who is on over the next eight weeks
    """

    version: int | None
    changes: tuple[str, ...]
    shifts: tuple[rules.Difference, ...]


@dataclass(frozen=True, slots=True)
class File:
    """A configuration file with the playbooks that lie beside it: name → (file, text)."""

    name: str
    text: str
    playbooks: Mapping[str, tuple[str, str]]


def look(work: Work, name: str) -> Iterable[object]:
    """See what has changed in a rotation."""
    before = rotations.lock_watches(work.tx, [name]).get(name)
    decision = rules.look(before, work.present.history, work.present.overrides, name, work.now)
    rotations.save_watch(work.tx, name, decision.state, decision.wake_at)
    reason = f"rotation {name} (configuration {work.present.configuration.digest[:8]})"
    return work.note(f"rotation:{name}", decision.events, decision.effects, reason)


def add_override(work: Work, message: AddOverride) -> Iterable[object]:
    """Let somebody stand in. Raises Refused where it makes no sense, or `by` may not."""
    here = work.present
    if here.person(message.person) is None:
        raise Refused(f"{message.person} is not among the people that setflow knows.")
    asked = rules.Override(
        0, message.seat, message.person, message.start, message.end, created_at=work.now
    )
    displaced = rules.displaced(here.history, here.overrides, asked, work.now)
    _may_override(work, message.by, message.seat, displaced, message.start)
    number = rotations.add_override(work.tx, asked, by=message.by, displaced=displaced)
    work.changed()
    event = OverrideAdded(
        number,
        message.seat,
        message.person,
        message.start,
        message.end,
        message.by,
        displaced,
    )
    told = [TellOverride(number, name, "displaced") for name in displaced if name != message.by]
    if message.person != message.by:
        told.append(TellOverride(number, message.person, "stands-in"))
    reason = f"override {number}, by {message.by}"
    work.note(f"override:{number}", [event], told, reason)
    return [event, RotationChanged(message.seat.partition(".")[0])]


def undo_override(work: Work, message: UndoOverride) -> Iterable[object]:
    """Take a stand-in back. Raises Refused where it is over, undone, or `by` may not."""
    found = rotations.override(work.tx, message.number)
    if found is None:
        raise Refused(f"There is no override {message.number}.")
    if found.undone_at or found.ends_at <= work.now:
        raise Refused("That override is over already; nothing changed.")
    involved = (*found.displaced, found.person, found.created_by)
    if message.by not in involved:
        _may_override(work, message.by, found.seat, tuple(found.displaced), found.starts_at)
    rotations.undo_override(work.tx, message.number, work.now)
    work.changed()
    event = OverrideUndone(message.number, message.by)
    names = dict.fromkeys(involved)
    told = [
        TellOverride(message.number, name, "undone")
        for name in names
        if name != message.by and work.present.person(name)
    ]
    work.note(
        f"override:{message.number}", [event], told, f"override {message.number}, by {message.by}"
    )
    return [event, RotationChanged(found.seat.partition(".")[0])]


def _may_override(
    work: Work, by: str, seat: str, displaced: tuple[str, ...], start: datetime
) -> None:
    here = work.present
    if by == "shell":
        return
    rotation = here.configuration.rotations.get(seat.partition(".")[0])
    when = max(start, work.now)
    leads = (
        rules.holders(here.history, here.overrides, rotation.lead, when)
        if rotation and rotation.lead
        else ()
    )
    team.may_override(
        team.Directory.of(here.configuration.people),
        by,
        holders=displaced,
        leads=leads,
        admins=here.configuration.admins,
    )


def preview(work: Work, file: File) -> Applied:
    """What applying a file would do. Raises ConfigError."""
    return _revised(work, file)[0]


def apply(work: Work, file: File, *, by: str) -> Applied:
    """Put a file into force: who is on now stays, each seat changes at its next turn.

    Raises ConfigError, with nothing changed, where it has a mistake.
    """
    teams.lock(work.tx)
    outcome, configuration, history = _revised(work, file)
    before = present.maybe(work.tx, work.now)
    if before and before.configuration.digest == configuration.digest:
        return outcome
    version = teams.add(
        work.tx,
        teams.Applied(0, file.name, file.text, file.playbooks, configuration.digest, work.now, by),
    )
    known = _versions(work, before)
    rotations.add_seat_history(
        work.tx,
        version,
        [
            rotations.SeatVersion(
                seat,
                one.since,
                known.get(one.rotation, version) if one.rotation else None,
                seat.partition(".")[0],
            )
            for seat, past in history.items()
            for one in past
        ],
    )
    rotations.forget_watches(work.tx, configuration.rotations)
    work.changed()
    applied = ConfigurationApplied(version, by, outcome.changes)
    work.note(f"version:{version}", [applied], (), f"applied by {by}")
    for name in configuration.rotations:
        look(work, name)
    return replace(outcome, version=version)


def _versions(work: Work, before: present.Present | None) -> dict[Rotation, int]:
    """Which configuration each definition of a rotation in the past is from."""
    if before is None:
        return {}
    found = {}
    for item in rotations.seat_history(work.tx, before.version):
        if item.version:
            configuration = present.configuration(work.tx, item.version)
            found[configuration.rotations[item.rotation]] = item.version
    return found


def _revised(work: Work, file: File) -> tuple[Applied, Configuration, rules.History]:
    new = definitions.read(file.text, file.name, file.playbooks)
    before = present.maybe(work.tx, work.now)
    old = before.configuration if before else None
    past: rules.History = before.history if before else {}
    history = past
    gone = [one for one in (old.rotations.values() if old else ()) if one.name not in new.rotations]
    for one in [*new.rotations.values(), *(replace(one, seats=()) for one in gone)]:
        history = rules.revise(history, one, work.now)
    shifts = rules.differences(
        past, history, before.overrides if before else (), work.now, work.now + LOOK_AHEAD
    )
    changes = tuple(definitions.differences(old, new))
    return Applied(None, changes, tuple(shifts)), new, history
