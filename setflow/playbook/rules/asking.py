"""Questions about a run as it stands, and about the world as a playbook may ask it."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from setflow.playbook.spec import Phase, Playbook, Run, Surroundings, TaskState


def newest(run: Run, task: str) -> TaskState | None:
    """The task as it last came up; None if it has not."""
    return next((state for state in reversed(run.tasks) if state.task == task), None)


def settled(run: Run, task: str) -> bool:
    """Whether it came up and is done or skipped."""
    state = newest(run, task)
    return state is not None and state.status != "open"


def phase_done(run: Run, phase: Phase) -> bool:
    """Whether a phase is open and all of it settled; one with repeated tasks never is."""
    return run.phases[phase.id].opened_at is not None and all(
        not task.repeat and settled(run, task.id) for task in phase.tasks
    )


def fallbacks(playbook: Playbook, role: str) -> Iterator[str]:
    """The roles that stand in for a role, nearest first."""
    name = playbook.roles[role].fallback
    while name:
        yield name
        name = playbook.roles[name].fallback


def bound(playbook: Playbook, role: str, around: Surroundings) -> tuple[str, ...]:
    """Who holds a role, or the first of its fallbacks that anybody holds."""
    every = (around.roles.get(name, ()) for name in (role, *fallbacks(playbook, role)))
    return next((people for people in every if people), ())


def holds(around: Surroundings, condition: str, facts: Mapping[str, Any]) -> bool:
    """Whether it holds; one that speaks of what is not there (yet) does not."""
    try:
        return around.evaluate(condition, facts)
    except ValueError:
        return False


def said(around: Surroundings, template: str, facts: Mapping[str, Any]) -> str:
    """The template filled in; as written where it speaks of what is not there, for all to see."""
    try:
        return around.render(template, facts)
    except ValueError:
        return template


def week(when: datetime, zone: ZoneInfo) -> str:
    """The number of the ISO 8601 week that an instant lies in by the clock of `zone`."""
    return str(when.astimezone(zone).isocalendar().week)


def channel_name(text: str) -> str:
    """What Mattermost takes for a name: small letters, digits and hyphens, at most 64.

    https://developers.mattermost.com/api-documentation/#/operations/CreateChannel
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:64]
