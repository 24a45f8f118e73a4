"""Rotations and ladders of other systems, from their APIs' JSON to a configuration.

Three steps, all pure: a module a system reads documents into one `Found`; `write` says it as a
file that `setflow check` accepts; `check` compares who is on by that file with what the system
itself says, `climbs` whom its ladders tell when with what the escalations there do.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from setflow.errors import Refused
from setflow.importing import goalert, opsgenie, pagerduty
from setflow.importing.check import Checked, Override, check, overrides
from setflow.importing.climbing import Climbed, Told, climbs
from setflow.importing.values import Desk, Documents, Found
from setflow.importing.write import Written, write

TITLES: Mapping[str, str] = {
    "opsgenie": "OpsGenie",
    "jsm": "JSM Operations",
    "goalert": "GoAlert",
    "pagerduty": "PagerDuty",
}

_DESKS: Mapping[str, Callable[[datetime], Desk]] = {
    "opsgenie": opsgenie.Desk,
    "jsm": opsgenie.Desk,
    "goalert": goalert.Desk,
    "pagerduty": pagerduty.Desk,
}


def read(system: str, documents: Documents, now: datetime) -> Found:
    """What documents of a system hold, such as "opsgenie"; what is over at `now` is left out.

    Raises Refused where they have no rotation that can be carried over.
    """
    desk = _DESKS[system](now)
    for name, document in documents:
        desk.take(name, document)
    found = desk.found()
    if any(schedule.rotations for schedule in found.schedules):
        return found
    why = "\n".join(found.left) or f"There is no schedule of {TITLES[system]} in them."
    raise Refused(f"{why}\nNothing could be imported; nothing was written.")


__all__ = [
    "TITLES",
    "Checked",
    "Climbed",
    "Documents",
    "Found",
    "Override",
    "Told",
    "Written",
    "check",
    "climbs",
    "overrides",
    "read",
    "write",
]
