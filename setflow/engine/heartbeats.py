"""Heartbeats: pings heard, what is missed, and what could only not be heard.

What is known of each stands in a chore `heartbeat:NAME`, which is woken when its ping is missed.
While any is waited for, the chore `heartbeats` notes every minute that setflow hears: a longer
silence of its own is told apart by it from that of all others.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from setflow import chores, inbox
from setflow.db import Tx
from setflow.engine import alerts
from setflow.engine.messages import AlertIn
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation.rules import heartbeats as rules
from setflow.escalation.rules.heartbeats import Beat
from setflow.escalation.spec.heartbeats import HEARTBEAT, Heartbeat
from setflow.wording import clock_of, when

WATCH = "heartbeats"
EVERY = timedelta(minutes=1)
SEEN = timedelta(seconds=10)
"""Who has not reported for so long does not hear pings."""

_BEAT: TypeAdapter[Beat] = TypeAdapter(Beat)


@dataclass(frozen=True, slots=True)
class Pinged:
    """Heartbeat `name` gave a sign of life."""

    name: str


@dataclass(frozen=True, slots=True)
class SwitchHeartbeat:
    """`by` wants heartbeat `name` to be waited for, or not."""

    name: str
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class HeartbeatMissed:
    """History: heartbeat `name` gave no sign of life; `last` was its last ping."""

    name: str
    last: datetime | None


@dataclass(frozen=True, slots=True)
class HeartbeatBack:
    """History: it gives signs of life again."""

    name: str
    missed: datetime


@dataclass(frozen=True, slots=True)
class HeartbeatSwitched:
    """History: it was switched on or off."""

    name: str
    on: bool
    by: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """Nobody could hear a ping from `begin` to now."""

    begin: datetime


def pinged(work: Work, message: Pinged) -> Iterable[object]:
    """Keep a ping; what was missed is over. Raises Refused where the file has no such heartbeat."""
    heartbeat = _heartbeat(work, message.name)
    seen = _beat(chores.state(work.tx, _chore(message.name)))
    if seen.due is None and seen.enabled:
        # Before the heartbeat is held: the watch takes them in this order too.
        chores.plan(work.tx, WATCH, work.now, now=work.now)
    beat = _held(work, message.name)
    after = rules.pinged(beat, heartbeat, work.now)
    _save(work, message.name, after)
    if beat.missed is None or not after.enabled:
        return ()
    back = HeartbeatBack(message.name, beat.missed)
    over = alerts.alert_in(work, _over(message.name))
    return [*_noted(work, message.name, back), *over]


def switched(work: Work, message: SwitchHeartbeat) -> Iterable[object]:
    """Wait for a heartbeat from its next ping on, or no more; what was missed is over with it.

    Raises Refused for an unknown one.
    """
    _heartbeat(work, message.name)
    beat = _held(work, message.name)
    if beat.enabled == message.on:
        return ()
    _save(work, message.name, rules.switched(beat, on=message.on))
    switched = HeartbeatSwitched(message.name, message.on, message.by)
    over = alerts.alert_in(work, _over(message.name)) if beat.missed else ()
    return [*_noted(work, message.name, switched), *over]


def look(work: Work, chore: str, name: str) -> Iterable[object]:
    """Say that a heartbeat is missed, if it is."""
    heartbeat = work.present.configuration.heartbeats.get(name)
    beat = _held(work, name)
    if heartbeat is None:
        chores.save(work.tx, chore, {}, None)
        return ()
    after = rules.looked_at(beat, heartbeat, work.now)
    _save(work, name, after)
    if after.missed is None:
        return ()
    missed = HeartbeatMissed(name, after.last)
    return [*_noted(work, name, missed), *alerts.alert_in(work, _alert(work, heartbeat, after))]


def watch(work: Work, _: str, __: str) -> Iterable[object]:
    """Note that setflow hears; what it may have missed while it did not is not held against any."""
    seen = chores.hold(work.tx, WATCH).get("seen")
    if seen and work.now - datetime.fromisoformat(seen) > EVERY + rules.DEAF:
        unheard(work, Unheard(datetime.fromisoformat(seen)))
    waits = any(beat.due for beat in _beats(work).values())
    kept = {"seen": work.now.isoformat()} if waits else {}
    chores.save(work.tx, WATCH, kept, work.now + EVERY if waits else None)
    return ()


def unheard(work: Work, message: Unheard) -> Iterable[object]:
    """Give every heartbeat whose ping may have been missed by us alone as long as from a ping."""
    for name in _beats(work):
        beat, heartbeat = _held(work, name), work.present.configuration.heartbeats[name]
        _save(work, name, rules.spared(beat, heartbeat, message.begin, work.now))
    return ()


def plan(work: Work) -> Sequence[AlertIn]:
    """Wait for the heartbeats of the configuration as it now is, and for no others.

    What says that those are over which were missed and are not in the file any more.
    """
    heartbeats = work.present.configuration.heartbeats
    gone = chores.forget(work.tx, HEARTBEAT, but=[_chore(name) for name in heartbeats])
    for name in _beats(work):
        _save(work, name, rules.planned(_held(work, name), heartbeats[name], work.now))
    missed = [name for name, state in gone.items() if _beat(state).missed]
    return [_over(name.removeprefix(_chore(""))) for name in missed]


def returned(tx: Tx, process: str, *, now: datetime) -> Unheard | None:
    """What a process that begins is to say first: since when nobody could hear; None if another."""
    seen = chores.state(tx, WATCH).get("seen")
    if seen is None or inbox.reported_since(tx, now - SEEN, beside=process):
        return None
    return Unheard(datetime.fromisoformat(seen))


def _alert(work: Work, heartbeat: Heartbeat, beat: Beat) -> AlertIn:
    zone = work.present.configuration.zone
    last = when(beat.last, zone, now=work.now) if beat.last else "never"
    return AlertIn(
        HEARTBEAT,
        heartbeat.name,
        heartbeat.title,
        heartbeat.priority,
        details={"Last ping": f"{last} ({clock_of(zone)})", "Expected": _every(heartbeat.every)},
        ladder=heartbeat.ladder or "",
    )


def _over(name: str) -> AlertIn:
    return AlertIn(HEARTBEAT, name, "", firing=False)


def _every(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if minutes % size == 0:
            return f"every {minutes // size} {unit}"
    return f"every {minutes} min"


def _heartbeat(work: Work, name: str) -> Heartbeat:
    found = work.present.configuration.heartbeats.get(name)
    if found is None:
        raise Refused(f"There is no heartbeat {name[:100]}; add it to `heartbeats` of the file.")
    return found


def _beats(work: Work) -> dict[str, Beat]:
    """What is known of those that the file names, by name; without those that never were heard."""
    found = {
        name: chores.state(work.tx, _chore(name)) for name in work.present.configuration.heartbeats
    }
    return {name: _beat(state) for name, state in found.items() if state}


def _held(work: Work, name: str) -> Beat:
    return _beat(chores.hold(work.tx, _chore(name)))


def _save(work: Work, name: str, beat: Beat) -> None:
    state: dict[str, Any] = _BEAT.dump_python(beat, mode="json")
    chores.save(work.tx, _chore(name), state, beat.due)


def _noted(work: Work, name: str, event: object) -> list[object]:
    return work.note(_chore(name), [event], (), f"heartbeats.{name}")


def _beat(state: chores.State) -> Beat:
    return _BEAT.validate_python(dict(state))


def _chore(name: str) -> str:
    return f"{HEARTBEAT}:{name}"
