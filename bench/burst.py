"""Everything at once: 24 alerts come in together, each for another person."""

import threading
import time

from load import Client
from stage import alert, stage, wait_until

PEOPLE = 24


def measure() -> dict[str, float]:
    """Seconds from the first alert being sent until the last page has come in at Mattermost."""
    sources = [f"m{number}" for number in range(PEOPLE)]
    with stage(_text(), sources=sources) as here:
        here.serve()
        clients = [Client(here.port) for _ in sources]
        requests = [alert("burst", f"From {name}", source=name) for name in sources]
        together = threading.Barrier(PEOPLE)
        begun: list[float] = []

        def work(client: Client, made: bytes) -> None:
            together.wait()
            begun.append(time.monotonic())
            assert client.ask(made) == 202

        threads = [
            threading.Thread(target=work, args=pair) for pair in zip(clients, requests, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        def pages() -> list[float]:
            return [at for at, kind, _ in here.pages() if kind == "page"]

        wait_until(lambda: len(pages()) >= PEOPLE, 60, pause=0.2)
        seconds = max(pages()) - min(begun)
    return {"people": PEOPLE, "seconds": seconds}


def _text() -> str:
    people = [f"p{number}" for number in range(PEOPLE)]
    lines = ["version: 1", "people:"]
    lines += [f"  {name}: {{name: {name.title()}, mattermost: {name}}}" for name in people]
    lines += ["ladders:"]
    for number, name in enumerate(people):
        other = people[(number + 1) % PEOPLE]
        steps = f"[{{page: [person:{name}], wait: 5m}}, {{page: [person:{other}], wait: 5m}}]"
        lines.append(f"  l{number}: {{steps: {steps}}}")
    lines += ["routes:"]
    lines += [f"  - {{source: m{number}, ladder: l{number}}}" for number in range(PEOPLE)]
    lines += ["  - {ladder: l0}"]
    return "\n".join([*lines, "channels: {operations: setflow-ops}", ""])


if __name__ == "__main__":
    print(measure())
