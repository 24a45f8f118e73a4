"""One seat asked for in process, as every page and header does."""

from crew import LATEST, crew, old_crew, timed

from setflow.rotation import rules
from setflow.rotation.rules import History

TIMES = 20_000
VERSIONS = 50
SEAT = "set.emea.primary"


def measure() -> dict[str, float]:
    """Microseconds that the rules take to say who is on a windowed seat of a crew.

    old_us  of one that was defined anew ever so often
    """
    return {"us": _taken(crew()), "old_us": _taken(old_crew(VERSIONS))}


def _taken(history: History) -> float:
    return timed(lambda: rules.who(history, (), SEAT, LATEST), TIMES) * 1e6


if __name__ == "__main__":
    print(measure())
