"""Steps due at one instant: 10,000 alerts have a step due at once, while 300,000 others wait."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from load import Client
from sqlalchemy import Connection, text
from stage import Stage, alert, ladders, stage, wait_until

from setflow.app import real_clock
from setflow.db import Db

PEOPLE, EACH, WAITING = 2_500, 4, 300_000
"""Each step pages somebody for few enough alerts that they are told of one by one."""
SOON = timedelta(seconds=3)
COPY = text(
    """
    insert into alerts (source, key, status, fired_at, state, wake_at)
    select source, :name || n, status, fired_at, state, :at
    from alerts, generate_series(1, :count) n where key = 'model'
    """
)
NUMBERED = text(
    """
    update alerts set state = state || jsonb_build_object('id', id, 'key', key)
    where key <> 'model'
    """
)
DUE = text(
    """
    update alerts set wake_at = :at, state = jsonb_set(state, '{next_at}', to_jsonb(:at))
    where key = 'model' or key like 'due%'
    """
)
LEFT = text("select count(*) from alerts where wake_at <= :at")
PAGED = text("select count(*) from history where kind = 'Paged'")


def measure() -> dict[str, float]:
    """Seconds from the instant at which the steps are due until the last is decided."""
    with stage(ladders(PEOPLE), sources=[f"m{number}" for number in range(PEOPLE)]) as here:
        here.serve()
        with here.database() as db:
            begin(here, db)
            with db.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
                before = tx.execute(PAGED).scalar_one()
                due = make_due(tx, real_clock)
                time.sleep(max((due - real_clock()).total_seconds(), 0))
                wait_until(lambda: not tx.execute(LEFT, {"at": due}).scalar_one(), 300)
                seconds = (real_clock() - due).total_seconds()
                paged = tx.execute(PAGED).scalar_one() - before
    return {"count": paged, "waiting": WAITING, "seconds": seconds}


def begin(here: Stage, db: Db) -> None:
    """One alert on each ladder, told and shown; and copies of them, due tomorrow or never yet."""
    client = Client(here.port)
    for number in range(PEOPLE):
        assert client.ask(alert("model", "A model of an alert", source=f"m{number}")) == 202
    client.close()
    wait_until(lambda: len(here.pages()) >= 2 * PEOPLE, 300, pause=1)
    far = {"at": real_clock() + timedelta(days=1)}
    with db.begin() as tx:
        tx.execute(text("set local statement_timeout = 0"))
        tx.execute(COPY, {"name": "far", "count": WAITING // PEOPLE, **far})
        tx.execute(COPY, {"name": "due", "count": EACH - 1, **far})
        tx.execute(NUMBERED)


def make_due(tx: Connection, clock: Callable[[], datetime]) -> datetime:
    """Have the next step of all models, and of as many copies of each, be due at one instant."""
    tx.execute(text("vacuum analyze"))
    tx.execute(text("checkpoint"))
    due = clock() + SOON
    tx.execute(DUE, {"at": due})
    return due


if __name__ == "__main__":
    print(measure())
