"""A storm whole: 100,000 new alerts as fast as they are taken, until the last is decided."""

import threading
from time import monotonic

from load import Client
from memory import family_mib
from sqlalchemy import Connection, text
from stage import alert, stage, wait_until

CLIENTS, ALERTS = 16, 100_000
LEFT = text("select count(*) from inbox where wake_at is not null")
PAGED = text("select count(distinct payload->>'person') from outbox where outcome = 'delivered'")


def measure() -> dict[str, float]:
    """Seconds until the last alert was taken, and decided; how many people were paged by then;
    MiB of all our processes at their most.
    """
    with stage() as here:
        here.serve()
        assert here.serving
        process, over, most = here.serving.pid, threading.Event(), [0.0]

        def watch() -> None:
            while not over.wait(0.5):
                most[0] = max(most[0], family_mib(process))

        watching = threading.Thread(target=watch)
        watching.start()
        begun = monotonic()
        _send(here.port)
        taken = monotonic() - begun
        with here.database() as db, db.connect() as tx:
            wait_until(lambda: not _asked(tx, LEFT), 900, pause=0.5)
            decided, people = monotonic() - begun, _asked(tx, PAGED)
        over.set()
        watching.join()
    return {
        "alerts": ALERTS,
        "taken_s": taken,
        "decided_s": decided,
        "people": people,
        "mib": most[0],
    }


def _asked(tx: Connection, query: object) -> int:
    found = int(tx.execute(query).scalar_one())  # type: ignore[call-overload]
    tx.rollback()
    return found


def _send(port: int) -> None:
    def work(first: int) -> None:
        client = Client(port)
        for number in range(first, ALERTS, CLIENTS):
            assert client.ask(alert(f"storm-{number}", f"Storm {number}")) == 202
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    print(measure())
