"""How setflow is, in figures: what waits, how late it is, how fast things went out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow import census, inbox, outbox
from setflow.census import BUCKETS, Leaving, Settled
from setflow.db import Tx
from setflow.effects import MATTERMOST, NOTIFY, OPSGENIE
from setflow.escalation.rules import Status
from setflow.views.state import LATEST_REPORT

__all__ = ["BUCKETS", "KINDS", "Figures", "Settled", "figures"]

KINDS = tuple(census.TIMED)
"""What may be late, beside what is to be sent."""

# Nothing is a figure as well: an alarm needs something to look at.
_NONE = {str(status): 0 for status in Status if status is not Status.RESOLVED}
_NOTHING = dict.fromkeys((MATTERMOST, NOTIFY, OPSGENIE), Leaving(0, 0, None))


@dataclass(frozen=True, slots=True)
class Late:
    """What is due and not done: how much of it, and how long the first of it is due."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Pull:
    """How a pull goes: when it last succeeded, and whether it failed since."""

    succeeded_at: datetime | None
    failing: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """How things stand at `at`.

    late        by kind of what the ticker works
    send_late_seconds  how long the first effect, and the first page, is due and does not go out
    leaving     by system, what is to be sent
    deliveries  pushed in and not worked yet
    alerts      not over, by status
    pulls       by source
    processes   that run, by version
    settled     effects that came to an end in the time asked about
    """

    at: datetime
    late: Mapping[str, Late]
    send_late_seconds: Mapping[str, float]
    leaving: Mapping[str, Leaving]
    deliveries: int
    alerts: Mapping[str, int]
    pulls: Mapping[str, Pull]
    processes: Mapping[int, int]
    settled: Sequence[Settled]


def figures(tx: Tx, since: datetime, until: datetime, *, now: datetime) -> Figures:
    """How things stand at `now`, and what came to an end from `since` on and before `until`."""
    first = {"effect": outbox.next_due(tx), "page": census.page_due(tx)}
    return Figures(
        at=now,
        late={
            kind: Late(one.count, _age(one.since, now)) for kind, one in census.due(tx, now).items()
        },
        send_late_seconds={kind: _age(due, now) if due else 0.0 for kind, due in first.items()},
        leaving={**_NOTHING, **census.leaving(tx)},
        deliveries=census.deliveries(tx),
        alerts={**_NONE, **census.open_alerts(tx)},
        pulls={
            source: Pull(at, failing=bool(error))
            for source, (at, error) in inbox.pull_states(tx).items()
        },
        processes=census.alive(tx, now - LATEST_REPORT),
        settled=census.settled(tx, since, until),
    )


def _age(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
