"""Rotations of other systems, read from their APIs' JSON and written as configuration.

Three steps, all pure: a module a system reads documents into one `Found`; `write` says it as a
file that `setflow check` accepts; `check` compares who is on by that file with what the system
itself says.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from setflow.importing import goalert, opsgenie, pagerduty
from setflow.importing.check import Checked, Override, check, overrides
from setflow.importing.values import Documents, Found
from setflow.importing.write import Written, write

SYSTEMS: Mapping[str, Callable[[Documents, datetime], Found]] = {
    "opsgenie": opsgenie.read,
    "jsm": opsgenie.read,
    "goalert": goalert.read,
    "pagerduty": pagerduty.read,
}
"""What reads the documents of each system at an instant; raises Refused where nothing is there."""

TITLES: Mapping[str, str] = {
    "opsgenie": "OpsGenie",
    "jsm": "JSM Operations",
    "goalert": "GoAlert",
    "pagerduty": "PagerDuty",
}

__all__ = [
    "SYSTEMS",
    "TITLES",
    "Checked",
    "Documents",
    "Found",
    "Override",
    "Written",
    "check",
    "overrides",
    "write",
]
