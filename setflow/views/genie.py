"""Questions of the OpsGenie-compatible API: alerts of a source, notes, outcomes of requests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow import history, inbox, present
from setflow.db import Tx
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert
from setflow.escalation.spec.search import Search

ALERT_ORDERS = tuple(escalations.ORDERS)
"""By what alerts may be sorted, as OpsGenie names it."""
MOST_EVENTS = 5_000


@dataclass(frozen=True, slots=True)
class Note:
    """What `by` noted on an alert, as history has it."""

    by: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a request. alert: its number; None where it failed."""

    action: str
    at: datetime | None
    success: bool
    status: str
    alert: int | None = None
    alias: str = ""


def alert_of(tx: Tx, source: str, which: str, kind: str) -> Alert | None:
    """The alert of a source by its alias, or with any other `kind` by its number."""
    if kind == "alias":
        for group, _ in escalations.belongs(tx, [(source, which)]).values():
            return escalations.get(tx, group)
        return escalations.newest(tx, source, which)
    found = escalations.get(tx, int(which)) if which.isdigit() and len(which) < 19 else None
    return found if found and found.source == source else None


def alerts_of(
    tx: Tx, source: str, wanted: Search, order: tuple[str, bool], *, offset: int, limit: int
) -> tuple[Sequence[Alert], int]:
    """Alerts of a source that fit, and how many there are in all.

    order  a field as OpsGenie names it, and True for downwards
    """
    return escalations.searched(tx, source, wanted, order, offset=offset, limit=limit)


def count_of(tx: Tx, source: str, wanted: Search) -> int:
    """How many alerts of a source fit."""
    return escalations.how_many(tx, source, wanted)


def notes_of(tx: Tx, alert: int) -> Sequence[Note]:
    """The notes on an alert, oldest first."""
    return [
        Note(row.payload["by"], row.at, row.payload["text"])
        for row in history.of(tx, f"alert:{alert}", limit=MOST_EVENTS)
        if row.kind == "NoteAdded"
    ]


def request_of(tx: Tx, source: str, request: str) -> Outcome | None:
    """What became of a request of a source; None where there is none, or it is not worked yet."""
    found = inbox.outcome(tx, f"genie/{source}", request)
    if found is None:
        return None
    if "error" in found:
        why = f"It could not be worked: {found['error']}"
        return Outcome("", None, success=False, status=why)
    at = datetime.fromisoformat(found["at"])
    return Outcome(
        found["action"],
        at,
        success=found["success"],
        status=found["status"],
        alert=found["alert"],
        alias=found["alias"],
    )


def opsgenie_users(tx: Tx, *, now: datetime) -> Mapping[str, str]:
    """Name of a person → what OpsGenie calls them: their user there, else their e-mail address."""
    here = present.maybe(tx, now)
    people = here.configuration.people if here else {}
    return {name: one.opsgenie or one.email or name for name, one in people.items()}
