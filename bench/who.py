"""One seat asked for in process, as every page and header does."""

from crew import LATEST, crew, timed

from setflow.rotation import rules

TIMES = 20_000


def measure() -> dict[str, float]:
    """Microseconds that the rules take to say who is on a windowed seat of a crew."""
    history = crew()
    seat = "set.emea.primary"
    seconds = timed(lambda: rules.who(history, (), seat, LATEST), TIMES)
    return {"us": seconds * 1e6}


if __name__ == "__main__":
    print(measure())
