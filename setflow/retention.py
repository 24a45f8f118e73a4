"""What is over for long enough goes: a lot at a time, so that nobody waits for it.

Each table is walked by number, which is by age, and no further than to the first row that is young
enough: neither an index nor a long statement is needed. What stays though it is old:

- alerts that are open, and those that OpsGenie has too: it may hold one open that is over here, and
  would have it page again
- effects that wait, or are of an alert that stays: their keys are what keeps a page from coming
  twice; of one that is gone no effect can come any more, for numbers are never used again
- receipts of all but the alerts that are gone: a post that is patched is found by its receipt
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import TextClause, text

from setflow.db import Tx


@dataclass(frozen=True, slots=True)
class Walked:
    """One lot of a table: how far it reached, how much of it went, and whether it is the last."""

    after: int
    gone: int
    last: bool


def _walk(table: str, at: str, over: str, *, and_then: str = "") -> TextClause:
    """Delete, among the next rows by number, those that `over` holds for.

    The answer is the last number, the youngest age, how many there were, and how many went.
    """
    return text(f"""
        with lot as (
            select id, {at} as at from {table} where id > :after order by id limit :most
        ), gone as (
            delete from {table} as old using lot
            where old.id = lot.id and old.{at} < :before and {over}
            returning old.*
        ){and_then}
        select coalesce(max(id), :after), max(at), count(*), (select count(*) from gone) from lot
    """)


_WALKS: Mapping[str, TextClause] = {
    "alerts": _walk(
        "alerts",
        "fired_at",
        "old.status = 'resolved' and old.remote is null"
        " and (old.state ->> 'closed_at')::timestamptz < :before",
    ),
    "outbox": _walk(
        "outbox",
        "decided_at",
        "old.settled_at < :before and not exists"
        " (select from alerts where alerts.id = (old.payload ->> 'alert')::bigint)",
        and_then=""", forgotten as (
            delete from receipts using gone
            where receipts.lane = gone.lane and gone.payload ? 'alert' and receipts.at < :before
        )""",
    ),
    "members": _walk(
        "members",
        "fired_at",
        "not exists (select from alerts where alerts.id = old.alert)",
    ),
    "inbox": _walk("inbox", "received_at", "old.wake_at is null"),
    "history": _walk("history", "at", "true"),
}

TABLES = tuple(_WALKS)
"""What is walked, in this order: effects go after the alerts they are of."""


def walk(tx: Tx, table: str, after: int, before: datetime, most: int) -> Walked:
    """Delete what is over since `before` among the next `most` rows of one of TABLES."""
    given = {"after": after, "before": before, "most": most}
    reached, youngest, seen, gone = tx.execute(_WALKS[table], given).one()
    return Walked(reached, gone, last=seen < most or youngest >= before)


def forget_rest(tx: Tx, before: datetime) -> None:
    """Delete what was of use before an instant: mails of alerts that are gone, ended keys, links.

    A place in a digest goes with its alert. A link that was used is long no good, with or without
    its row.
    """
    for statement in _REST:
        tx.execute(statement, {"before": before})


_REST = (
    text("delete from links where used_at < :before"),
    text("delete from keys where ends_at < :before"),
    text(
        "delete from mails where at < :before and not exists"
        " (select from alerts where alerts.id = mails.alert)"
    ),
    text(
        "delete from digested where not exists"
        " (select from alerts where alerts.id = digested.alert)"
    ),
)


def forget_processes(tx: Tx, before: datetime) -> None:
    """Delete the processes that said last before an instant that they run."""
    tx.execute(text("delete from processes where seen_at < :before"), {"before": before})
