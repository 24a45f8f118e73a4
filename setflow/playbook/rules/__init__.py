"""How a run goes: phases open, tasks come up, fall due and are nudged, rules post, the run ends.

What waits is worked up to `now` first, in the order of the instants that it was due at: however
rarely the clock ticks, the same things fall due at the same instants, and of missed nudges only the
newest goes out. A task is nudged at its due instant, and the lead once more at 09:00 on the next
business day (not for a repeated task: its next occurrence is the reminder); never again.
"""

from setflow.playbook.rules.answers import (
    Wanted,
    end,
    facts_changed,
    rebind,
    start,
    still_open,
    tick,
    wake,
    wanted,
)
from setflow.playbook.rules.rehearsal import run_tests
from setflow.playbook.spec import Run

__all__ = [
    "Run",
    "Wanted",
    "end",
    "facts_changed",
    "rebind",
    "run_tests",
    "start",
    "still_open",
    "tick",
    "wake",
    "wanted",
]
