"""A playbook's own tests, worked on a simulated clock."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays, resolve
from setflow.playbook.rules.answers import start, wake
from setflow.playbook.spec import Playbook, Start, Surroundings


def run_tests(playbook: Playbook, days: BusinessDays) -> list[str]:
    """What the playbook's own tests find wrong, one sentence each; worked by these very rules.

    Nobody holds a role for real, so that `tz: assignee` is the playbook's zone, and no condition
    holds; a run is looked at for 60 days.
    """
    failures = []
    for test in playbook.tests:
        free = replace(days, extra=days.extra | frozenset(test.holidays))
        found = _rehearsed(playbook, test.given, resolve(test.start, playbook.zone), free)
        for expected in test.expect:
            walls = [_wall(due, playbook.zone) for due in found.get(expected.task, ())]
            if f"{expected.due:%Y-%m-%d %H:%M}" not in walls:
                said = f"is due {', '.join(walls[:3])}" if walls else "is never due"
                failures.append(
                    f"{test.name}: {expected.task} {said}, not {expected.due:%Y-%m-%d %H:%M}"
                )
    return failures


def _rehearsed(
    playbook: Playbook, given: Mapping[str, str], begin: datetime, days: BusinessDays
) -> dict[str, list[datetime]]:
    """The due instants of every task of a run that nobody touches."""
    around = Surroundings(
        roles={name: (name,) for name in playbook.roles},
        days=days,
        zone=playbook.zone,
        evaluate=lambda _text, _facts: False,
        render=lambda text, _facts: text,
    )
    needed = {one.name: one.name for one in playbook.parameters if one.name != "T"}
    decision = start(None, Start(0, playbook, "", {**needed, **given}), begin, around)
    while decision.wake_at and decision.wake_at < begin + timedelta(days=60):
        decision = wake(decision.state, decision.wake_at, around)
    found: dict[str, list[datetime]] = {}
    for state in decision.state.tasks:
        if state.due:
            found.setdefault(state.task, []).append(state.due)
    return found


def _wall(when: datetime, zone: ZoneInfo) -> str:
    return f"{when.astimezone(zone):%Y-%m-%d %H:%M}"
