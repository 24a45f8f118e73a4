"""What one file says otherwise than another."""

from collections.abc import Mapping
from dataclasses import fields

from setflow.definitions.values import Configuration
from setflow.escalation.spec import Ladder
from setflow.team.spec import Person, Team


def differences(old: Configuration | None, new: Configuration) -> list[str]:
    """What `new` adds, removes and changes, in short sentences; none if nothing.

    old  None where nothing was applied before
    """
    said = []
    for word, section in _NAMED.items():
        before: Mapping[str, object] = getattr(old, section) if old else {}
        after: Mapping[str, object] = getattr(new, section)
        said += [f"{word} {name} is added" for name in after if name not in before]
        said += [f"{word} {name} is removed" for name in before if name not in after]
        said += [
            f"{word} {name} is changed{_changed(before[name], after[name])}"
            for name in after
            if name in before and before[name] != after[name]
        ]
    for words, name in _WHOLE.items():
        if old and getattr(old, name) != getattr(new, name):
            said.append(f"{words} changed")
    return said


_NAMED = {
    "Person": "people",
    "Team": "teams",
    "Group": "groups",
    "Rotation": "rotations",
    "Ladder": "ladders",
    "Source": "sources",
    "Heartbeat": "heartbeats",
    "Playbook": "playbooks",
    "Calendar": "calendars",
    "Channel": "channels",
}
_WHOLE = {
    "The time zone is": "zone",
    "The admins are": "admins",
    "The routes are": "routes",
    "The maintenance windows are": "maintenance",
    "The Jira settings are": "jira",
    "The OpsGenie settings are": "opsgenie",
    "The mail settings are": "mail",
}


def _changed(before: object, after: object) -> str:
    """Which fields, where people know them by the same names."""
    if not isinstance(after, Person | Team | Ladder):
        return ""
    names = [one.name for one in fields(after)]
    return f": {', '.join(n for n in names if getattr(before, n) != getattr(after, n))}"
