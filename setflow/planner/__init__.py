"""The planner: proposes who serves in the cycles to come, and says why. It changes nothing.

`setting` gathers what is known, `propose` searches, the rest says it in words or as a file.
"""

from setflow.planner.board import Board, cost
from setflow.planner.entries import revised, written
from setflow.planner.explain import dates, day, loads, unfilled, unmet
from setflow.planner.ground import Ground, planned_rotation, setting
from setflow.planner.ledger import QUARTERS
from setflow.planner.solve import propose
from setflow.planner.values import KINDS, LEAD, Crew, Cycle, Load, Proposal, Setting

__all__ = [
    "KINDS",
    "LEAD",
    "QUARTERS",
    "Board",
    "Crew",
    "Cycle",
    "Ground",
    "Load",
    "Proposal",
    "Setting",
    "cost",
    "dates",
    "day",
    "loads",
    "planned_rotation",
    "propose",
    "revised",
    "setting",
    "unfilled",
    "unmet",
    "written",
]
