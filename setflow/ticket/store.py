"""Our copies of Jira issues, and their comments, in PostgreSQL."""

from collections.abc import Collection, Sequence
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.schema import comments, tickets
from setflow.ticket.rules import Comment, Ticket

_TICKET: TypeAdapter[Ticket] = TypeAdapter(Ticket)


def lock(tx: Tx, keys: Collection[str]) -> dict[str, Ticket]:
    """Tickets by key, held until `tx` ends."""
    query = select(tickets.c.key, tickets.c.state).where(tickets.c.key.in_(keys))
    return _by_key(tx.execute(query.order_by(tickets.c.key).with_for_update()))


def get(tx: Tx, keys: Collection[str]) -> dict[str, Ticket]:
    """Tickets by key."""
    query = select(tickets.c.key, tickets.c.state).where(tickets.c.key.in_(keys))
    return _by_key(tx.execute(query))


def open_tickets(tx: Tx) -> Sequence[Ticket]:
    """All that are not done, by key."""
    query = select(tickets.c.key, tickets.c.state).where(tickets.c.open)
    return list(_by_key(tx.execute(query.order_by(tickets.c.key))).values())


def save(tx: Tx, ticket: Ticket) -> None:
    """Keep a ticket as it now is."""
    row = {
        "key": ticket.key,
        "open": ticket.open,
        "updated_at": ticket.updated_at,
        "state": _TICKET.dump_python(ticket, mode="json"),
    }
    statement = insert(tickets).values(row)
    tx.execute(statement.on_conflict_do_update(index_elements=["key"], set_=row))


def known_comments(tx: Tx, key: str) -> set[str]:
    """The ids of a ticket's comments that were kept."""
    return set(tx.execute(select(comments.c.id).where(comments.c.ticket == key)).scalars())


def add_comments(tx: Tx, key: str, new: Collection[Comment]) -> None:
    """Keep comments of a ticket."""
    rows = [
        {"id": comment.id, "ticket": key, "author": comment.author, "at": comment.at,
         "text": comment.text}
        for comment in new
    ]  # fmt: skip
    if rows:
        tx.execute(insert(comments).on_conflict_do_nothing(), rows)


def _by_key(rows: Any) -> dict[str, Ticket]:
    return {row.key: _TICKET.validate_python(row.state) for row in rows}
