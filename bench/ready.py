"""From `setflow serve` to the first 200 of /healthz: on a new folder, and on one that was used."""

import shutil
import statistics

from stage import stage

TIMES = 5


def measure() -> dict[str, float]:
    """Seconds, the median of five starts each."""
    cold, warm = [], []
    with stage() as here:
        for _ in range(TIMES):
            shutil.rmtree(here.folder / "data")
            cold.append(here.serve())
            here.stop()
            warm.append(here.serve())
            here.stop()
    return {"warm_s": statistics.median(warm), "cold_s": statistics.median(cold)}


if __name__ == "__main__":
    print(measure())
