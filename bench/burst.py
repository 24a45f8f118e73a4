"""Everything at once: 24 alerts come in together, each for another person."""

import threading
import time

from load import Client
from stage import alert, ladders, stage, wait_until

PEOPLE = 24


def measure() -> dict[str, float]:
    """Seconds from the first alert being sent until the last page has come in at Mattermost."""
    sources = [f"m{number}" for number in range(PEOPLE)]
    with stage(ladders(PEOPLE), sources=sources) as here:
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


if __name__ == "__main__":
    print(measure())
