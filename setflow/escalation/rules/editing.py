"""What is changed of an alert that goes on: its words, its ladder, who is given it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from setflow.effects import Decision, ShowNote, TellAlert
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.rules.climbing import wake_at
from setflow.escalation.rules.showing import mirror, revised, show, updates
from setflow.escalation.rules.starting import (
    begin,
    kept,
    own,
    refuse_over,
    refuse_strangers,
    woken,
)
from setflow.escalation.rules.values import Alert, Status
from setflow.escalation.spec import Act, Ladder, OnCall
from setflow.escalation.spec.edits import AlertChanged, Assigned, NoteAdded, Redirected

ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class Edit:
    """What an alert is to say of itself from now on; None leaves it as it is."""

    title: str | None = None
    priority: str | None = None
    url: str | None = None
    details: Mapping[str, str] | None = None
    tags: tuple[str, ...] | None = None


def note(alert: Alert, act: Act, text: str, *, delivery: int) -> Decision[Alert]:
    """Keep what somebody noted, and show it; an alert that is over takes notes as well.

    delivery  the note's number in the inbox
    """
    shown = ShowNote(alert.id, alert.nth, delivery, act.by)
    return kept(alert, [NoteAdded(alert.id, act.by, act.how, text)], [shown])


def edit(alert: Alert, act: Act, wanted: Edit) -> Decision[Alert]:
    """Change what it says of itself; its posts are brought up to date, and nobody is paged by it.

    Raises Refused where it is over.
    """
    refuse_over(alert)
    new = {
        name: value
        for name in ("title", "priority", "url", "details", "tags")
        if (value := getattr(wanted, name)) is not None and value != getattr(alert, name)
    }
    if not new:
        return Decision(alert, wake_at=wake_at(alert))
    changed = revised(replace(alert, **new))
    event = AlertChanged(alert.id, act.by, act.how, tuple(new))
    return kept(changed, [event], [*updates(changed, ()), show(changed)])


def redirect(
    alert: Alert, act: Act, ladder: Ladder, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Send it up another ladder, from the first step.

    Raises Refused where nobody waits any more, or OpsGenie pages.
    """
    if alert.status is not Status.FIRING:
        raise Refused("Somebody has that alert, or it is over; nothing changed.")
    if alert.ladder is None:
        raise Refused("OpsGenie pages for this alert; escalate it there.")
    event = Redirected(alert.id, act.by, act.how, alert.nth + 1, ladder.name)
    free = replace(alert, waiting=(), back=None)
    return begin(free, ladder, now, on_call, said=[event])


def assign(
    alert: Alert, act: Act, person: str, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Give it to `person`, who is told so; whoever else was paged, or had it, is told as well.

    Raises Refused where it is over, theirs already, or they are unknown.
    """
    refuse_over(alert)
    refuse_strangers([person], on_call)
    if alert.status is Status.ACKNOWLEDGED and alert.owner == person:
        raise Refused("They have it already; nothing changed.")
    before = alert.owner or ""
    given = revised(own(alert, person, act.how, now))
    others = {pair for pair in woken(alert) if pair[0] not in (person, before)}
    told = [TellAlert(alert.id, alert.nth, person, ASSIGNED, given.revision, act.by)]
    if before not in ("", person):
        told.append(TellAlert(alert.id, alert.nth, before, "taken", given.revision, person))
    events: list[object] = [Assigned(alert.id, person, act.by, act.how, before)]
    if not before:
        events.append(spec.Acknowledged(alert.id, person, act.by, act.how))
    effects = [*updates(given, others), show(given), *told, *mirror(given, "acknowledge", person)]
    return kept(given, events, effects)
