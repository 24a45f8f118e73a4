"""How things stand: open alerts, dead letters, why a post was made, and our own health."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from setflow import history, inbox, outbox, present
from setflow.db import Tx
from setflow.escalation import store as escalations
from setflow.escalation.rules import Status
from setflow.escalation.store import OpenPage, Which
from setflow.facts import AlertFacts, IncidentFacts
from setflow.incident import store as incidents
from setflow.team.rules import Directory
from setflow.team.spec import Person
from setflow.views import runs
from setflow.views.facts import alert_facts

ANY = Which()
ANSWERABLE = timedelta(days=7)
"""How old a post may be whose answers are read."""
LATEST_REPORT = timedelta(seconds=15)
"""A process reports every 5 s; three reports missing, it is gone."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a post was made: the effect's key, the rule and version, when it was decided."""

    key: str
    reason: str
    decided_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class PageSent:
    """A page handed over for delivery: to whom, how, and what became of it.

    outcome  delivered, skipped, dropped; "" while it waits
    error    why the last try failed, "" if none did
    """

    person: str
    method: str
    outcome: str
    error: str


def in_force(tx: Tx, *, now: datetime) -> present.Present | None:
    """What is in force; None where nothing was applied yet."""
    return present.maybe(tx, now)


def open_alerts(tx: Tx, which: Which = ANY, *, now: datetime, most: int = 1000) -> list[AlertFacts]:
    """The alerts that are not over, oldest first, up to `most`."""
    here = present.maybe(tx, now)
    found = escalations.open_alerts(tx, which, most) if here else ()
    return [alert_facts(here, alert) for alert in found] if here else []


def open_alert(tx: Tx, number: int, *, now: datetime) -> AlertFacts | None:
    """The alert of this number; None where there is none, or it is over."""
    here, found = present.maybe(tx, now), escalations.get(tx, number)
    if here is None or found is None or found.status is Status.RESOLVED:
        return None
    return alert_facts(here, found)


def open_pages(tx: Tx, *, now: datetime) -> list[OpenPage]:
    """The messages to people that may be answered, of the last week."""
    return escalations.open_pages(tx, now - ANSWERABLE)


def open_channels(tx: Tx, *, now: datetime) -> list[str]:
    """The channels in which posts of alerts may be answered, of the last week."""
    return escalations.open_channels(tx, now - ANSWERABLE)


def open_posts(tx: Tx, posts: Collection[str], *, now: datetime) -> list[OpenPage]:
    """Which of these posts in channels may be answered."""
    return escalations.open_posts(tx, posts, now - ANSWERABLE)


def person_of(tx: Tx, username: str, *, now: datetime) -> Person | None:
    """Whoever has a Mattermost username; None where setflow does not know them."""
    here = present.maybe(tx, now)
    return Directory.of(here.configuration.people).by_username(username) if here else None


def directory(tx: Tx, *, now: datetime) -> tuple[Directory, tuple[str, ...]]:
    """Everybody, and the admins. Raises Refused where nothing is configured."""
    here = present.read(tx, now)
    return Directory.of(here.configuration.people), here.configuration.admins


def title(tx: Tx, name: str, *, now: datetime) -> str:
    """What people call somebody."""
    return present.read(tx, now).named(name).title


def zone_of(tx: Tx, name: str, *, now: datetime) -> ZoneInfo:
    """A person's zone; the configuration's for an unknown name."""
    return present.read(tx, now).zone_of(name)


def channel_name(tx: Tx, use: str, *, now: datetime) -> str:
    """The channel for a use such as operations; the use's own name where nothing says."""
    here = present.maybe(tx, now)
    return here.channel(use) if here else use


def open_tasks(tx: Tx, channel: str, *, now: datetime) -> list[tuple[int, str, str]]:
    """Open tasks as (run, task, title); those of runs in this channel first."""
    return runs.open_tasks(tx, present.read(tx, now), channel)


def incident_name(tx: Tx, number: int) -> str:
    """The ticket of an incident, by which commands name it."""
    found = incidents.get(tx, number)
    return found.ticket if found else str(number)


def is_incident(tx: Tx, ticket: str) -> bool:
    """Whether an open incident is about a ticket, in any case of letters."""
    return any(one.ticket == ticket.upper() for one in incidents.open_incidents(tx))


def live_incidents(tx: Tx, *, now: datetime) -> list[IncidentFacts]:
    """All open incidents, oldest first."""
    here = present.maybe(tx, now)
    found = incidents.open_incidents(tx)
    return [runs.incident_facts(here, one) for one in found] if here else []


def remote_keys(tx: Tx) -> Mapping[str, tuple[str, str]]:
    """Open alerts that are OpsGenie's too: its id → our source and key."""
    return escalations.remote_names(tx)


def dead_letters(tx: Tx) -> Sequence[Mapping[str, Any]]:
    """Effects that could not be delivered and wait for a person, oldest first."""
    return [
        {"effect": row.id, "what": row.key, "error": row.error, "since": row.decided_at}
        for row in outbox.dead(tx)
    ]


def why(tx: Tx, *, key: str = "", post: str = "") -> Reason | None:
    """Why a post was made, by its key or its id; None for one that is not ours."""
    if not key:
        lane = outbox.lane_of(tx, post)
        if lane is None:
            return None
        key = lane
    row = outbox.find(tx, key=key) or outbox.last_of(tx, key)
    return Reason(row.key, row.reason, row.decided_at, row.settled_at) if row else None


def running(tx: Tx, *, now: datetime) -> bool:
    """Whether some process of setflow works on this database just now."""
    return inbox.reported_since(tx, now - LATEST_REPORT)


def pages_sent(tx: Tx, alert: int) -> list[PageSent]:
    """The pages of an alert so far, oldest first."""
    return [
        PageSent(row.payload["person"], row.payload["method"], row.outcome or "", row.error or "")
        for row in outbox.in_lanes(tx, f"page:{alert}.")
        if row.kind == "PagePerson"
    ]


def button_heard(tx: Tx, test: str) -> bool:
    """Whether the test button of that name was pressed, and the click came to us."""
    return bool(history.of(tx, f"test:{test}", limit=1))


def reasons(tx: Tx) -> list[Reason]:
    """Why each effect of this database was decided, oldest first."""
    return [
        Reason(row.key, row.reason, row.decided_at, row.settled_at) for row in outbox.everything(tx)
    ]


def health(tx: Tx, *, now: datetime) -> dict[str, Any]:
    """How late we are, what waits, how the pulls go; no secrets and no names."""
    due = outbox.next_due(tx)
    return {
        "configured": present.maybe(tx, now) is not None,
        "effects_late_seconds": max((now - due).total_seconds(), 0.0) if due else 0.0,
        "dead_letters": len(outbox.dead(tx)),
        "pulls": {
            source: {
                "succeeded_seconds_ago": (now - at).total_seconds() if at else None,
                "error": error,
            }
            for source, (at, error) in inbox.pull_states(tx).items()
        },
    }
