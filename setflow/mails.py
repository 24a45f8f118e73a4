"""Which mails, in and out, belong to which alert: threads are found by Message-ID."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from setflow.db import Tx
from setflow.effects import OURS
from setflow.schema import mails


@dataclass(frozen=True, slots=True)
class Known:
    """A mail that came or was answered: the alert it belongs to, and with whom it was."""

    message: str
    alert: int
    sender: str
    at: datetime


def add(tx: Tx, mail: Known) -> bool:
    """Keep a mail; False, with nothing changed, where one of that Message-ID is known."""
    row = {"message": mail.message, "alert": mail.alert, "sender": mail.sender, "at": mail.at}
    new = insert(mails).values(row).on_conflict_do_nothing().returning(mails.c.message)
    return tx.execute(new).first() is not None


def known(tx: Tx, messages: Collection[str]) -> Mapping[str, Known]:
    """Of these Message-IDs those that are known."""
    query = select(mails).where(mails.c.message.in_(messages))
    return {row.message: Known(*row) for row in tx.execute(query)}


def of_alert(tx: Tx, alert: int) -> Sequence[Known]:
    """All mails of an alert, oldest first."""
    query = select(mails).where(mails.c.alert == alert).order_by(mails.c.at, mails.c.message)
    return [Known(*row) for row in tx.execute(query)]


def received(tx: Tx, sender: str, since: datetime) -> Sequence[int]:
    """The alerts of all mails that came from somebody since an instant, the newest first."""
    theirs = ~mails.c.message.startswith(OURS, autoescape=True)
    query = select(mails.c.alert).where(mails.c.sender == sender, theirs, mails.c.at >= since)
    return list(tx.execute(query.order_by(mails.c.at.desc())).scalars())
