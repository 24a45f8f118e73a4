"""Digests: what is due of them, what became of them, and all of one taken at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow import outbox
from setflow.db import DELIVERIES_WAIT, Tx, notify
from setflow.effects import ShowDigest
from setflow.engine import alerts
from setflow.engine.folding import WHY
from setflow.engine.messages import Deciding
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, storms
from setflow.escalation.rules.storms import Storm

MOST_AT_ONCE = 200
"""So many alerts are taken in one request, which is answered within a second; 500 by the ticker."""


@dataclass(frozen=True, slots=True)
class AcknowledgeDigest:
    """`person` takes what waits in their digest, of a priority or of a source (None: any).

    at  when they answered the digest itself, which takes what they were told of by then
    """

    person: str
    how: str
    priority: str | None = None
    source: str | None = None
    at: datetime | None = None


def due(work: Work, limit: int) -> tuple[int, list[object]]:
    """How many digests are due, and what the ladders of alerts in them are to hear."""
    found = escalations.due_storms(work.tx, work.now, limit)
    persons = [storm.person for storm in found if storms.missed(storm)]
    told = escalations.missed(work.tx, persons, limit) if persons else []
    work.alerts.lock_all({alert for _, alert, _ in told})
    messages: list[object] = []
    for person, number, method in told:
        work.storms.heard(person, number, method)
        messages += _failed(work.alerts.get(number), person, method)
    for storm in found:
        work.storms.look(storm.person)
    return len(found), messages


def delivered(tx: Tx, effect: ShowDigest, *, now: datetime) -> None:
    """A digest got through; what joined it meanwhile follows when it is due."""
    (storm,) = escalations.lock_storms(tx, [effect.person])
    _keep(tx, storms.delivered(storm, effect), now)


def undelivered(tx: Tx, effect: ShowDigest, *, dead: bool, now: datetime) -> None:
    """A digest did not get through: the ladders of what is new in it hear so at once."""
    (storm,) = escalations.lock_storms(tx, [effect.person])
    failed = storms.failed(storm, effect, now, dead=dead)
    if failed is not storm:
        escalations.lose(tx, storm, effect.method, storm.ways[effect.method].settled)
    _keep(tx, failed, now)
    notify(tx, DELIVERIES_WAIT)


def acknowledge(work: Work, message: AcknowledgeDigest) -> Iterable[object]:
    """Leave the alerts of a digest with its reader, up to MOST_AT_ONCE of them.

    An answer to the digest itself is worked until all that it takes is taken, and then no more.
    Raises Refused where none of those that a button is for waits.
    """
    storm = escalations.storm(work.tx, message.person)
    if storm and message.at and not storms.answers(storm, message.at):
        return ()
    asked = escalations.Asked(message.priority, message.source, message.at)
    numbers = escalations.firing(work.tx, storm, asked, MOST_AT_ONCE) if storm else []
    events = _take(work, message, numbers)
    if message.at:
        if len(numbers) < MOST_AT_ONCE:
            work.storms.answered(message.person, message.at)
    elif not events:
        raise Refused("None of those waits any more; nothing changed.")
    return events


def _take(work: Work, message: AcknowledgeDigest, numbers: Sequence[int]) -> list[object]:
    work.alerts.lock_all(numbers)
    events: list[object] = []
    for number in numbers:
        asked = Deciding("acknowledge", number, message.person, message.how)
        try:
            events += alerts.decide(work, asked)
        except Refused:
            continue  # somebody was a moment quicker, or they wait for others to acknowledge too
    return events


def acknowledged(events: Iterable[object]) -> int:
    """How many alerts somebody took, as their events say."""
    return sum(isinstance(event, spec.Acknowledged) for event in events)


def _keep(tx: Tx, storm: Storm, now: datetime) -> None:
    storm, effects = storms.advance(storm, now)
    escalations.save_storms(tx, [(storm, storms.wake_at(storm, now))])
    outbox.put(tx, [(effect, WHY) for effect in effects], now=now)


def _failed(alert: Alert, person: str, method: str) -> list[object]:
    """What says that its last page to a person by a method did not get through."""
    of = [page for page in alert.pages if (page.person, page.method) == (person, method)]
    last = of[-1] if of else None
    if last is None or last.failed or not last.digest:
        return []
    where = alert.id, last.nth, last.round, last.step
    return [spec.PageFailed(*where, person, method, last.again)]
