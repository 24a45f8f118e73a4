"""Questions about heartbeats: how each of the file stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from setflow import chores, present
from setflow.db import Tx
from setflow.escalation.rules.heartbeats import Beat
from setflow.escalation.spec.heartbeats import HEARTBEAT, Heartbeat

_BEAT: TypeAdapter[Beat] = TypeAdapter(Beat)


@dataclass(frozen=True, slots=True)
class HeartbeatSeen:
    """A heartbeat of the file, and what is known of it."""

    heartbeat: Heartbeat
    beat: Beat


def heartbeats(tx: Tx, *, now: datetime) -> Sequence[HeartbeatSeen]:
    """All of the file in force, in its order; none where nothing is configured."""
    here = present.maybe(tx, now)
    found = here.configuration.heartbeats if here else {}
    return [
        HeartbeatSeen(one, _BEAT.validate_python(dict(chores.state(tx, f"{HEARTBEAT}:{name}"))))
        for name, one in found.items()
    ]
