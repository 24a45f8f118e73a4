"""Heartbeats as lists tell them. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.escalation.rules.heartbeats import Beat
from setflow.wording import when


def standing(beat: Beat, zone: ZoneInfo, *, now: datetime) -> str:
    """How a heartbeat stands: what it waits for, or since when it gives no sign of life."""
    if beat.last is None:
        off = "" if beat.enabled else "; it is switched off"
        return f"never pinged{off or ': its first ping arms it'}"
    last = f"last ping {when(beat.last, zone, now=now)}"
    if not beat.enabled:
        return f"switched off; {last}"
    if beat.missed:
        return f"no sign of life since {when(beat.missed, zone, now=now)}; {last}"
    if beat.due is None:
        return f"its next ping arms it; {last}"
    return f"{last}, the next by {when(beat.due, zone, now=now)}"
