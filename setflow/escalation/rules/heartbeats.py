"""When a heartbeat is missed, and when it only seems so because nobody could hear it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from setflow.escalation.spec.heartbeats import Heartbeat

DEAF = timedelta(seconds=30)
"""What was to be looked at longer ago than this was due while nothing ran."""


@dataclass(frozen=True, slots=True)
class Beat:
    """What is known of a heartbeat.

    last    the last ping; None before the first, which is what arms it
    due     when the next is missed; None while it is not waited for
    missed  since when it gives no sign of life; None while it does
    """

    last: datetime | None = None
    due: datetime | None = None
    missed: datetime | None = None
    enabled: bool = True


def pinged(beat: Beat, heartbeat: Heartbeat, now: datetime) -> Beat:
    """It gave a sign of life; one that is switched off is not waited for by that."""
    if not beat.enabled:
        return replace(beat, last=now)
    return Beat(now, now + heartbeat.patience)


def switched(beat: Beat, *, on: bool) -> Beat:
    """It is switched on, to wait from its next ping, or off, unless it is so already."""
    return beat if beat.enabled == on else Beat(beat.last, enabled=on)


def looked_at(beat: Beat, heartbeat: Heartbeat, now: datetime) -> Beat:
    """It as it is at `now`: missed, if its ping was due by then."""
    if beat.due is None or beat.due > now:
        return beat
    if now - beat.due > DEAF:
        return spared(beat, heartbeat, beat.due, now)
    return replace(beat, due=None, missed=now)


def spared(beat: Beat, heartbeat: Heartbeat, begin: datetime, end: datetime) -> Beat:
    """It where nobody could hear it from `begin` to `end`.

    Where its ping was expected in that time, give or take its grace, it has as long for the next
    as if it had come at `end`.
    """
    if beat.due is None or beat.due < begin or beat.due - 2 * heartbeat.grace > end:
        return beat
    return replace(beat, due=max(beat.due, end + heartbeat.patience))


def planned(beat: Beat, heartbeat: Heartbeat, now: datetime) -> Beat:
    """It under a definition that may have changed: not missed before `now` by that alone."""
    if beat.due is None or beat.last is None:
        return beat
    return replace(beat, due=max(beat.last + heartbeat.patience, min(beat.due, now + DEAF)))
