"""From an alert's request to its page's: alerts come in evenly, each pages one person."""

import argparse
import re
import threading
import time
from typing import Any

from load import Client, percentile
from stage import Stage, alert, ladders, stage, wait_until

PER_SECOND = 50
CLIENTS = 4
WARM = 40
MOST_EACH = 4
"""Alerts for one person: of more than they can read they get a digest."""


def measure(seconds: float = 60.0) -> dict[str, float]:
    """Milliseconds from an alert being sent to setflow to its page having come in at Mattermost."""
    count = int(seconds * PER_SECOND)
    people = (WARM + count) // MOST_EACH + 1
    sources = [f"m{number}" for number in range(people)]
    with stage(ladders(people), sources=sources) as here:
        here.serve()
        _send(here, "warm", WARM)
        sent = _send(here, "beep", count)
        got: dict[str, float] = {}

        def all_there() -> bool:
            for at, kind, text in here.pages():
                if kind == "page" and (found := re.search(r"beep-\d+", text)):
                    got.setdefault(found[0], at)
            return len(got) == count

        wait_until(all_there, 60, pause=0.5)
    took = [(got[title] - at) * 1000 for title, at in sent.items()]
    lasted = max(got.values()) - min(sent.values())
    return {
        "p50_ms": percentile(took, 50),
        "p99_ms": percentile(took, 99),
        "per_second": count / lasted,
    }


def _send(here: Stage, name: str, count: int) -> dict[str, float]:
    """Alerts at an even pace, each to the next person; when each was sent."""
    sent: dict[str, float] = {}
    begun = time.monotonic() + 0.1

    def work(first: int) -> None:
        client = Client(here.port)
        for number in range(first, count, CLIENTS):
            title = f"{name}-{number}"
            at = number + (0 if name == "warm" else WARM)
            made = alert(title, title, source=f"m{at // MOST_EACH}")
            time.sleep(max(begun + number / PER_SECOND - time.monotonic(), 0))
            sent[title] = time.monotonic()
            assert client.ask(made) == 202
        client.close()

    threads: list[Any] = [threading.Thread(target=work, args=(one,)) for one in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    print(measure(parser.parse_args().seconds))
