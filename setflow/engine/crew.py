"""Rotations, overrides and configurations, as the engine works them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from setflow import definitions, present
from setflow.definitions import Configuration
from setflow.engine import notices, remote
from setflow.engine.messages import ConfigurationApplied
from setflow.engine.work import Work
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.spec import Rotation
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
    seen = rules.look(before, work.present.history, work.present.overrides, name, work.now)
    decision = notices.look(work, name, before, seen)
    rotations.save_watch(work.tx, name, decision.state, decision.wake_at)
    reason = f"rotation {name} (configuration {work.present.configuration.digest[:8]})"
    events = work.note(f"rotation:{name}", decision.events, decision.effects, reason)
    return [*events, *remote.look(work, name)]


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
