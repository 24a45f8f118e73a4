"""Who is on, who has the turn, and when that changes: for the past, the present and what is to be.

Every answer is made of the same stretches of time (`stretches`), so that no two of them differ.
Instants are aware datetimes in UTC, intervals half-open. The rules are those of DESIGN section 5.
"""

from setflow.rotation.rules.answers import (
    answering,
    differences,
    gaps,
    holders,
    next_change,
    next_handoff,
    next_holders,
    next_turn,
    shifts,
    who,
)
from setflow.rotation.rules.revisions import history_of, revise, seats_of
from setflow.rotation.rules.turns import turn_at
from setflow.rotation.rules.values import (
    Absence,
    Difference,
    Gap,
    History,
    Override,
    Shift,
    Standing,
    Turn,
    Version,
)
from setflow.rotation.rules.watch import (
    LONGEST_OVERRIDE,
    CrewChanged,
    HandedOff,
    Watch,
    displaced,
    look,
)

__all__ = [
    "LONGEST_OVERRIDE",
    "Absence",
    "CrewChanged",
    "Difference",
    "Gap",
    "HandedOff",
    "History",
    "Override",
    "Shift",
    "Standing",
    "Turn",
    "Version",
    "Watch",
    "answering",
    "differences",
    "displaced",
    "gaps",
    "history_of",
    "holders",
    "look",
    "next_change",
    "next_handoff",
    "next_holders",
    "next_turn",
    "revise",
    "seats_of",
    "shifts",
    "turn_at",
    "who",
]
