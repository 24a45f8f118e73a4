"""The schedule of a crew rotation: four windowed seats and a lead, half a year ahead."""

from datetime import timedelta

from crew import LATEST, crew, timed

from setflow.rotation import rules

WEEKS = 26
TIMES = 50


def measure() -> dict[str, float]:
    """Milliseconds for all shifts and gaps, as values."""
    history = crew()
    start, end = LATEST, LATEST + timedelta(weeks=WEEKS)

    def work() -> None:
        for seat in rules.seats_of(history, "set"):
            rules.shifts(history, (), seat, start, end)
            rules.gaps(history, (), seat, start, end)

    return {"weeks": WEEKS, "ms": timed(work, TIMES) * 1000}


if __name__ == "__main__":
    print(measure())
