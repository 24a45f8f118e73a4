"""What an alert answers to each message."""

from collections.abc import Collection, Sequence
from datetime import datetime

from setflow.effects import (
    MATTERMOST,
    OPSGENIE,
    Decision,
    PageChannel,
    PagePerson,
    RemindChannel,
    TellAlert,
)
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.rules import holding
from setflow.escalation.rules.climbing import stand, wake_at, work
from setflow.escalation.rules.showing import mirror, revised, show, updates
from setflow.escalation.rules.starting import (
    begin,
    hasten,
    kept,
    own,
    quiet,
    refuse_old_button,
    refuse_strangers,
    woken,
)
from setflow.escalation.rules.values import Alert, SentPage, Status
from setflow.escalation.spec import Ladder, OnCall, Target
from setflow.frozen import replace


def fire(
    existing: Alert | None, message: spec.Fired, *, new_id: int, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Open an alert and start its ladder, or count one more of what is open already.

    More of the same pages nobody, unless the ladder had ended unanswered: then it starts again.
    existing  the newest alert of this source and key, None where there is none
    new_id    the number of the alert, should it be a new one
    """
    if existing is None or existing.status is Status.RESOLVED:
        return _open(message, new_id, now, on_call)
    begun = max(filter(None, [existing.started, message.started]), default=None)
    counted = replace(existing, count=existing.count + 1, last_at=now, started=begun)
    if existing.ended and existing.status is Status.FIRING and message.ladder:
        return _restart(counted, message, message.ladder, now, on_call)
    if counted.count & (counted.count - 1):
        return Decision(counted, wake_at=wake_at(counted))
    shown = revised(counted)
    return Decision(
        shown, [spec.AlertRefired(shown.id, shown.count)], [show(shown)], wake_at(shown)
    )


def wake(alert: Alert, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Take every step and contact method that is due by `now`, each at its own due instant.

    Pages that are more than 60 s late are folded: one for each person and method, to whoever
    answers now.
    """
    if alert.status in (Status.ACKNOWLEDGED, Status.SNOOZED):
        return holding.look(alert, now=now, on_call=on_call)
    return work(alert, now, on_call, before=alert)


def acknowledge(
    alert: Alert, message: spec.Acknowledge, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Leave the alert with a person: nothing more is paged, and whoever else was is stood down.

    Where a step wants everybody to acknowledge, it waits for the others; of one that somebody has,
    those who were asked to help say so that they do.
    Raises Refused where somebody has it, it is over, the button is an old one, or a name unknown.
    What OpsGenie says is taken as it is.
    """
    if alert.status is not Status.SNOOZED and message.person not in alert.helpers:
        _refuse_unless_firing(alert)
    refuse_old_button(alert, message.nth)
    if message.how != OPSGENIE:
        refuse_strangers((message.person, message.by), on_call)
    if message.person in alert.helpers:
        return holding.joins(alert, message)
    if message.how != OPSGENIE and _missing(alert, message.person):
        return _one_of_all(alert, message)
    owned = revised(own(alert, message.person, message.how, now))
    others = {pair for pair in woken(alert) if pair[0] not in (message.person, *owned.joined)}
    effects = [*updates(owned, others), show(owned)]
    if message.how != OPSGENIE:
        effects += mirror(owned, "acknowledge", message.person)
    event = spec.Acknowledged(alert.id, message.person, message.by, message.how)
    return kept(owned, [event], effects)


def resolve(
    alert: Alert, message: spec.Resolve, *, now: datetime, may: Collection[str]
) -> Decision[Alert]:
    """End the alert as a person asked.

    may  who may besides the one who has it
    Raises Refused where it is over, the button is an old one, or they may not. What OpsGenie says
    is taken as it is.
    """
    if alert.status is Status.RESOLVED:
        raise Refused("That alert is over already; nothing changed.")
    refuse_old_button(alert, message.nth)
    allowed = dict.fromkeys([*([alert.owner] if alert.owner else []), *may])
    if message.how != OPSGENIE and message.by not in allowed:
        who = _listed(list(allowed)) or "an admin"
        raise Refused(f"This can be resolved by {who}; ask there. Nothing changed.")
    event = spec.Resolved(alert.id, message.by, message.how)
    return _close(alert, event, now, mirrored=message.how != OPSGENIE)


def source_resolved(alert: Alert, message: spec.SourceResolved) -> Decision[Alert]:
    """End the alert because its source says so; one that is over stays as it is."""
    if alert.status is Status.RESOLVED:
        return Decision(alert)
    event = spec.Resolved(alert.id, message.source, "source")
    return _close(alert, event, message.at, mirrored=message.source != OPSGENIE)


def escalate(
    alert: Alert, message: spec.Escalate, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Take the next step now. Whoever asks is not told again by a method still to come.

    Raises Refused where nobody waits any more, there is no next step, or the button is an old one.
    """
    _refuse_unless_firing(alert)
    refuse_old_button(alert, message.nth)
    for said, is_now in ((message.round, alert.round), (message.step, alert.step)):
        if said is not None and said != is_now:
            raise Refused("It has gone a step further already; nothing changed.")
    if alert.ladder is None:
        raise Refused("OpsGenie pages for this alert; escalate it there.")
    if alert.ended:
        raise Refused("Its ladder is at its end; acknowledge it, or page somebody by name.")
    left = tuple(page for page in alert.waiting if page.person != message.by)
    event = spec.Escalated(alert.id, message.by, message.how, alert.nth, alert.round, alert.step)
    asked = replace(alert, next_at=min(now, alert.next_at or now), waiting=left)
    decision = work(asked, now, on_call, before=alert, said=[event])
    own = tuple(page for page in alert.pages if page.person == message.by)
    patches = updates(replace(decision.state, pages=own), ())
    return replace(decision, effects=[*decision.effects, *patches])


def page_failed(
    alert: Alert, message: spec.PageFailed, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Take the person's next method now; with nobody of the present step left, the next step.

    A new round is not begun early: those it would page were just found out of reach. What was said
    before, or is of no interest any more, changes nothing.
    """
    page = SentPage(
        message.nth,
        message.round,
        message.step,
        message.person,
        message.method,
        again=message.again,
    )
    if page.nth != alert.nth or page not in alert.pages:
        return kept(alert, [], [])
    event = spec.PageMissed(alert.id, page.nth, page.round, page.step, page.person, page.method)
    if alert.status is Status.ACKNOWLEDGED and page.person in alert.helpers:
        return holding.helper_missed(alert, page, event, now=now, on_call=on_call)
    if alert.status is not Status.FIRING:
        return kept(alert, [], [])
    noted = hasten(alert, page, now)
    if not _ends_round(noted) and not _reachable(noted):
        noted = replace(noted, next_at=min(now, noted.next_at or now))
    return work(noted, now, on_call, before=alert, said=[event])


def wanted(alert: Alert, effect: PagePerson | PageChannel | RemindChannel | TellAlert) -> bool:
    """Whether a page or reminder is still of use; the patch of a channel's page always is.

    A page that has not gone out yet gives way to a newer one to the same person by the same method.
    """
    if isinstance(effect, PageChannel) and effect.revision:
        return True
    if isinstance(effect, TellAlert):
        return _tells(alert, effect)
    if isinstance(effect, PagePerson) and _superseded(alert, effect):
        return False
    if isinstance(effect, PagePerson) and effect.nth == alert.nth and effect.person in alert.joined:
        return False
    if isinstance(effect, PagePerson) and effect.person in alert.helpers:
        return effect.nth == alert.nth
    return alert.status is Status.FIRING and effect.nth == alert.nth


def coming(alert: Alert, skips: Collection[int] = ()) -> tuple[datetime, tuple[Target, ...]] | None:
    """When the ladder goes on, and whom it then names.

    Nobody where the channel is reminded, or of a step only one, whose turn it is, is paged. None
    where it does not go on.
    skips  steps whose condition will not hold
    """
    ladder = alert.ladder
    if alert.next_at is None or ladder is None:
        return None
    place = None if alert.ended else ladder.after(alert.round, alert.step)
    while place and place[0] < ladder.rounds and place[1] in skips:
        place = ladder.after(*place)
    step = ladder.at(*place) if place else None
    return alert.next_at, step.targets if step and not step.turn else ()


def missing(alert: Alert) -> tuple[str, ...]:
    """Who has yet to acknowledge, where a step wants everybody to and some have."""
    if alert.status is not Status.FIRING:
        return ()
    return tuple(name for name in _needed(alert) if name not in alert.joined)


def _open(message: spec.Fired, new_id: int, now: datetime, on_call: OnCall) -> Decision[Alert]:
    alert = Alert(
        id=new_id,
        source=message.source,
        key=message.key,
        title=message.title,
        priority=message.priority,
        details=message.details,
        url=message.url,
        channel=message.channel,
        remote=message.remote,
        tags=message.tags,
        ladder=message.ladder,
        fired_at=now,
        last_at=now,
        started=message.started,
    )
    name = message.ladder.name if message.ladder else None
    event = spec.AlertOpened(
        new_id, message.source, message.key, message.title, message.priority, name
    )
    if message.ladder is None:
        shown = revised(alert)
        return Decision(shown, [event], [show(shown)])
    if message.hold:
        name, until = message.hold.name, message.hold.until
        held = revised(replace(alert, status=Status.SNOOZED, until=until, held=name))
        return kept(held, [event, spec.Held(new_id, name, until)], [show(held)])
    started, events = stand(alert, message.ladder, now, on_call)
    return work(started, now, on_call, before=alert, said=[event, *events])


def _restart(
    alert: Alert, message: spec.Fired, ladder: Ladder, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    said = replace(
        alert,
        title=message.title,
        priority=message.priority,
        details=message.details,
        url=message.url,
        waiting=(),
        back=None,
    )
    event = spec.LadderRestarted(alert.id, alert.nth + 1)
    return begin(said, ladder, now, on_call, said=[event])


def _close(alert: Alert, event: spec.Resolved, at: datetime, *, mirrored: bool) -> Decision[Alert]:
    # With an owner all others were stood down when it was acknowledged. The owner hears it in chat
    # alone: nobody is woken for an alert that is over.
    waiting = {(alert.owner, MATTERMOST)} if alert.owner else woken(alert)
    told = {(person, method) for person, method in waiting if person != event.by}
    closed = revised(
        replace(
            quiet(alert),
            status=Status.RESOLVED,
            closed_at=at,
            closed_by=event.by,
            held=alert.held,
        )
    )
    effects = [*updates(closed, told), show(closed)]
    return Decision(
        closed, [event], [*effects, *(mirror(closed, "close", event.by) if mirrored else ())]
    )


def _needed(alert: Alert) -> tuple[str, ...]:
    """Of the last step that wants everybody: all whom it wants."""
    return next((at.needed for at in reversed(alert.passed) if at.needed), ())


def _missing(alert: Alert, person: str) -> bool:
    """Whether others have to acknowledge as well, where `person` does.

    Whom a later step names need not wait for them: they were asked because somebody did not answer.
    """
    needed = _needed(alert)
    if alert.status is not Status.FIRING or not needed:
        return False
    if person not in needed and not alert.passed[-1].needed:
        return False
    return not {*alert.joined, person}.issuperset(needed)


def _one_of_all(alert: Alert, message: spec.Acknowledge) -> Decision[Alert]:
    if message.person in alert.joined:
        raise Refused("You have acknowledged it; it waits for the others. Nothing changed.")
    left = tuple(page for page in alert.waiting if page.person != message.person)
    joined = revised(replace(alert, joined=(*alert.joined, message.person), waiting=left))
    event = spec.Joined(alert.id, message.person, message.by, message.how)
    return kept(joined, [event], [*updates(joined, ()), show(joined)])


def _tells(alert: Alert, effect: TellAlert) -> bool:
    """Whether a question is still open; news always is of use."""
    if effect.what == "still":
        return alert.asking and alert.owner == effect.person and alert.nth == effect.nth
    if effect.what == "offered":
        return alert.offer is not None and alert.offer.person == effect.person
    return True


def _superseded(alert: Alert, page: PagePerson) -> bool:
    return any(
        (other.person, other.method) == (page.person, page.method)
        and (other.nth, other.round, other.step, other.again)
        > (page.nth, page.round, page.step, page.again)
        for other in alert.pages
    )


def _ends_round(alert: Alert) -> bool:
    """Whether what comes next is another round, or a reminder."""
    if alert.ended or alert.ladder is None:
        return True
    place = alert.ladder.after(alert.round, alert.step)
    return place is not None and alert.round < place[0] < alert.ladder.rounds


def _reachable(alert: Alert) -> bool:
    """Whether anybody of the present step can still hear of it.

    Where all of them were paged by earlier steps of the round, those pages count; a page by a
    method that is not verified does not, nor one that quiet hours hold back.
    """
    pages = [
        (page.step, page.sure and not page.held)
        for page in alert.waiting
        if page.round == alert.round
    ]
    pages += [
        (page.step, page.sure and not page.failed)
        for page in alert.pages
        if (page.nth, page.round) == (alert.nth, alert.round)
    ]
    own = [hopeful for step, hopeful in pages if step == alert.step]
    return any(own or [hopeful for _, hopeful in pages])


def _refuse_unless_firing(alert: Alert) -> None:
    if alert.status is Status.RESOLVED:
        raise Refused("That alert is over; nothing changed.")
    if alert.status is Status.ACKNOWLEDGED:
        raise Refused(
            f"That page was acknowledged by {alert.owner}; nothing changed. "
            f"Talk to {alert.owner} if somebody else should have it, or take it over."
        )
    if alert.status is Status.SNOOZED:
        raise Refused("It is snoozed, and pages nobody meanwhile; take it, or hand it back.")


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
