"""Alerts of a storm: 16 monitors push as fast as they are answered, every alert a new one."""

import sys

from load import flood, percentile
from stage import alert, stage

CLIENTS = 16
SECONDS = 15.0


def measure() -> dict[str, float]:
    """Alerts accepted a second, each durable before it is answered; ms until 99 % are answered.

    What follows from them (escalations, pages) is worked meanwhile by the same process.
    """
    with stage() as here:
        here.serve()

        def make(client: int, count: int) -> bytes:
            return alert(f"storm-{client}-{count}", f"Storm {client}-{count}")

        flood(here.port, CLIENTS, seconds=2, make=lambda *_: alert("warm", "Warm"), wanted=202)
        took = flood(here.port, CLIENTS, seconds=SECONDS, make=make, wanted=202)
        with here.database() as db, db.connect() as tx:
            kept = tx.exec_driver_sql(
                "select count(*) from inbox where payload->>'key' like 'storm-%%'"
            ).scalar_one()
        if kept != len(took):
            sys.exit(f"{len(took)} alerts were accepted and {kept} are kept")
    return {"per_second": len(took) / SECONDS, "p99_ms": percentile(took, 99) * 1000}


if __name__ == "__main__":
    print(measure())
