"""Once a day what is over for long enough is deleted, a lot a transaction."""

from datetime import datetime, timedelta

from setflow import chores, retention
from setflow.db import Tx

RETENTION = "retention"
LOT = 1_000


def tidy(tx: Tx, keep: timedelta, *, now: datetime) -> bool:
    """Delete the next lot of what is over for longer than `keep`; False once today's is done.

    Where it is, is kept with it: whoever goes on, and when, makes no difference.
    """
    today = now.date().isoformat()
    if chores.state(tx, RETENTION).get("done") == today:
        return False
    state = chores.hold(tx, RETENTION)
    if state.get("done") == today:
        return False
    table = state.get("table", retention.TABLES[0])
    before = now - keep
    walked = retention.walk(tx, table, state.get("after", 0), before, LOT)
    at = retention.TABLES.index(table)
    if not walked.last:
        now_at = {"table": table, "after": walked.after}
    elif at + 1 < len(retention.TABLES):
        now_at = {"table": retention.TABLES[at + 1], "after": 0}
    else:
        retention.forget_processes(tx, before)
        retention.forget_rest(tx, before)
        now_at = {"done": today}
    chores.save(tx, RETENTION, now_at, None)
    return "done" not in now_at
