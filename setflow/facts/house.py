"""What is wrong with setflow's surroundings, as posts say it."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class DeadLetterFacts:
    """An effect that could not be delivered. `waiting` effects stand behind it in its lane.

    outcome, by  retried or dropped, and by whom; "" while it waits for a person
    """

    effect: int
    what: str
    page: bool
    error: str
    since: datetime
    tries: int
    waiting: int
    zone: ZoneInfo
    outcome: str = ""
    by: str = ""


@dataclass(frozen=True, slots=True)
class WarnFacts:
    """Something wrong with our own surroundings."""

    what: str
