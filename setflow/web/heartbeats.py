"""`/set heartbeats`: what is to give signs of life, and how each of them stands."""

from collections.abc import Sequence

from setflow import views
from setflow.adapters.mattermost.heartbeats import standing
from setflow.adapters.mattermost.text import escape
from setflow.db import Tx
from setflow.web.caller import Caller, Verb


def _heartbeats(tx: Tx, caller: Caller, _: Sequence[str]) -> str:
    zone = views.zone_of(tx, caller.person.name if caller.person else "", now=caller.now)
    lines = [
        f"- **{escape(one.heartbeat.name)}**: {standing(one.beat, zone, now=caller.now)}"
        for one in views.heartbeats(tx, now=caller.now)
    ]
    none = "No heartbeat is configured; they stand under `heartbeats` of the file."
    return "\n".join(lines) or none


VERBS = {
    "heartbeats": Verb(
        "heartbeats", "says what gives signs of life, and when it last did", _heartbeats
    )
}
"""What `/set` adds for heartbeats."""
