"""The figures of setflow, one script each: `python bench/run.py [NAME ...] [--json]`.

Prints name → figures, the unit in the key. Two cores are enough, and other work on them shows in
the figures: --repeat takes the median of several runs.
"""

import argparse
import importlib
import json
import statistics
import sys
from pathlib import Path

NAMES = (
    *("who", "schedule", "compute", "ready", "memory"),
    *("alert_to_page", "burst", "ingest", "due_steps", "who_http", "storm"),
)

Figures = dict[str, float]


def main() -> None:
    """Take figures and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; or all")
    parser.add_argument("--json", action="store_true", help="one object: name → figures")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="what --json printed before")
    parser.add_argument("--repeat", type=int, default=1, help="take medians of so many runs")
    parser.add_argument("--seconds", type=float, default=60.0, help="of alert_to_page")
    given = parser.parse_args()
    if unknown := sorted(set(given.names) - set(NAMES)):
        parser.error(f"there is no {', '.join(unknown)}; there is {', '.join(NAMES)}")
    before = json.loads(given.compare.read_text()) if given.compare else {}
    found: dict[str, object] = {}
    for name in given.names or NAMES:
        figures = _median([_measured(name, given.seconds) for _ in range(given.repeat)])
        ratios = _ratios(figures, before.get(name, {}))
        found[name] = {**figures, **({"ratio": ratios} if ratios else {})}
        if not given.json:
            print(f"{name:14}", "  ".join(_said(*one, ratios) for one in figures.items()))
    if given.json:
        print(json.dumps(found, indent=2))


def _measured(name: str, seconds: float) -> Figures:
    print(f"{name} ...", file=sys.stderr)
    measure = importlib.import_module(name).measure
    figures = measure(seconds) if name == "alert_to_page" else measure()
    return {key: float(f"{value:.4g}") for key, value in figures.items()}


def _median(runs: list[Figures]) -> Figures:
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _ratios(figures: Figures, before: Figures) -> Figures:
    """Each figure as a multiple of what it was."""
    return {key: round(value / before[key], 3) for key, value in figures.items() if before.get(key)}


def _said(key: str, value: float, ratios: Figures) -> str:
    return f"{key} {value:g}" + (f" ({ratios[key]:g} of before)" if key in ratios else "")


if __name__ == "__main__":
    main()
