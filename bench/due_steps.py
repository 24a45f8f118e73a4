"""Steps due at one instant: 10,000 alerts have a step due at once, while 300,000 others wait."""

import time
from datetime import datetime, timedelta

from load import Client
from sqlalchemy import Connection, text
from stage import alert, ladders, stage, wait_until

from setflow.app import real_clock

DUE, WAITING = 10_000, 300_000
COPY = text(
    """
    insert into alerts (source, key, status, fired_at, state, wake_at)
    select source, :name || n, status, fired_at, state, :wake_at
    from alerts, generate_series(1, :count) n where key = 'model'
    """
)
NUMBERED = text(
    """
    update alerts set state = jsonb_set(jsonb_set(state, '{id}', to_jsonb(id)),
                                        '{key}', to_jsonb(key)) where key <> 'model'
    """
)
LEFT = text("select count(*) from alerts where wake_at <= :at")


def measure() -> dict[str, float]:
    """Seconds from the instant at which the steps are due until the last is decided."""
    with stage(ladders(2, wait="1m"), sources=["m0"]) as here:
        here.serve()
        client = Client(here.port)
        assert client.ask(alert("model", "A model of an alert", source="m0")) == 202
        client.close()
        wait_until(lambda: bool(here.pages()), 10)
        with here.database() as db:
            far = real_clock() + timedelta(days=1)
            with db.begin() as tx:
                tx.execute(text("set local statement_timeout = 0"))
                due = _due_at(tx) + timedelta(seconds=1)
                tx.execute(COPY, {"name": "far", "wake_at": far, "count": WAITING})
                tx.execute(COPY, {"name": "due", "wake_at": due, "count": DUE})
                tx.execute(NUMBERED)
            with db.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
                tx.execute(text("analyze"))
                tx.execute(text("checkpoint"))
                time.sleep(max((due - real_clock()).total_seconds(), 0))
                wait_until(lambda: not tx.execute(LEFT, {"at": due}).scalar_one(), 300)
            seconds = (real_clock() - due).total_seconds()
    return {"count": DUE, "waiting": WAITING, "seconds": seconds}


def _due_at(tx: Connection) -> datetime:
    """When the next step of the model, and so of its copies, is due."""
    found: datetime = tx.execute(
        text("select wake_at from alerts where key = 'model'")
    ).scalar_one()
    return found


if __name__ == "__main__":
    print(measure())
