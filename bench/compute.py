"""Many rotations, a year ahead: what a calendar of a whole company would ask for."""

import time
from datetime import timedelta

from crew import LATEST, weekly_text
from stage import configuration

from setflow.rotation import rules

ROTATIONS, WEEKS = 1000, 52


def measure() -> dict[str, float]:
    """Seconds for all shifts of all rotations, as values, in one process."""
    rotations = configuration(weekly_text(ROTATIONS)).rotations
    histories = [rules.history_of(rotation) for rotation in rotations.values()]
    end = LATEST + timedelta(weeks=WEEKS)
    begun = time.perf_counter()
    found = sum(
        len(rules.shifts(history, (), seat, LATEST, end))
        for history in histories
        for seat in history
    )
    seconds = time.perf_counter() - begun
    assert found >= ROTATIONS * WEEKS
    return {"rotations": ROTATIONS, "weeks": WEEKS, "seconds": seconds}


if __name__ == "__main__":
    print(measure())
