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
from setflow.rotation.rules.duties import duties
from setflow.rotation.rules.findings import (
    AHEAD,
    Finding,
    Ground,
    Someone,
    find,
    first_duty,
    said,
    urgency,
)
from setflow.rotation.rules.notices import (
    NOTICES,
    Group,
    Notice,
    Noticed,
    group_now,
    in_time,
    notices,
    reachable,
    tell,
)
from setflow.rotation.rules.past import Past, Version
from setflow.rotation.rules.revisions import history_of, revise, seats_of
from setflow.rotation.rules.standins import LONGEST_OVERRIDE, displaced, held
from setflow.rotation.rules.turns import turn_at
from setflow.rotation.rules.values import (
    Absence,
    Difference,
    Duty,
    Gap,
    History,
    Override,
    Shift,
    Standing,
    Turn,
)
from setflow.rotation.rules.watch import CrewChanged, HandedOff, Watch, look

__all__ = [
    "AHEAD",
    "LONGEST_OVERRIDE",
    "NOTICES",
    "Absence",
    "CrewChanged",
    "Difference",
    "Duty",
    "Finding",
    "Gap",
    "Ground",
    "Group",
    "HandedOff",
    "History",
    "Notice",
    "Noticed",
    "Override",
    "Past",
    "Shift",
    "Someone",
    "Standing",
    "Turn",
    "Version",
    "Watch",
    "answering",
    "differences",
    "displaced",
    "duties",
    "find",
    "first_duty",
    "gaps",
    "group_now",
    "held",
    "history_of",
    "holders",
    "in_time",
    "look",
    "next_change",
    "next_handoff",
    "next_holders",
    "next_turn",
    "notices",
    "reachable",
    "revise",
    "said",
    "seats_of",
    "shifts",
    "tell",
    "turn_at",
    "urgency",
    "who",
]
