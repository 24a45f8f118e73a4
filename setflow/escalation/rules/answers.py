"""What an alert answers to each message."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from setflow.effects import MATTERMOST, OPSGENIE, Decision, PageChannel, PagePerson, RemindChannel
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.rules.climbing import stand, wake_at, work
from setflow.escalation.rules.showing import mirror, revised, show, updates
from setflow.escalation.rules.values import Alert, Pair, PendingPage, SentPage, Status
from setflow.escalation.spec import Ladder, OnCall, Target


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
    counted = replace(existing, count=existing.count + 1, last_at=now)
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
    return work(alert, now, on_call, before=alert)


def acknowledge(
    alert: Alert, message: spec.Acknowledge, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Leave the alert with a person: nothing more is paged, and whoever else was is stood down.

    Raises Refused where somebody has it, it is over, the button is an old one, or a name unknown.
    What OpsGenie says is taken as it is.
    """
    _refuse_unless_firing(alert)
    _refuse_old_button(alert, message.nth)
    if message.how != OPSGENIE:
        _refuse_strangers((message.person, message.by), on_call.known)
    owned = _quiet(
        replace(
            alert,
            status=Status.ACKNOWLEDGED,
            owner=message.person,
            owned_at=now,
            how=message.how,
        )
    )
    others = {pair for pair in _woken(alert) if pair[0] != message.person}
    effects = [*updates(owned, others), show(owned)]
    if message.how != OPSGENIE:
        effects += mirror(owned, "acknowledge", message.person)
    event = spec.Acknowledged(alert.id, message.person, message.by, message.how)
    return Decision(owned, [event], effects)


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
    _refuse_old_button(alert, message.nth)
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
    _refuse_old_button(alert, message.nth)
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
    page = SentPage(message.nth, message.round, message.step, message.person, message.method)
    if alert.status is not Status.FIRING or page.nth != alert.nth or page not in alert.pages:
        return Decision(alert, wake_at=wake_at(alert))
    noted = replace(
        alert,
        pages=tuple(replace(sent, failed=True) if sent == page else sent for sent in alert.pages),
        waiting=_hastened(alert.waiting, page, now),
    )
    if not _ends_round(noted) and not _reachable(noted):
        noted = replace(noted, next_at=min(now, noted.next_at or now))
    event = spec.PageMissed(alert.id, page.nth, page.round, page.step, page.person, page.method)
    return work(noted, now, on_call, before=alert, said=[event])


def wanted(alert: Alert, effect: PagePerson | PageChannel | RemindChannel) -> bool:
    """Whether a page or reminder is still of use; the patch of a channel's page always is.

    A page that has not gone out yet gives way to a newer one to the same person by the same method.
    """
    if isinstance(effect, PageChannel) and effect.revision:
        return True
    if isinstance(effect, PagePerson) and _superseded(alert, effect):
        return False
    return alert.status is Status.FIRING and effect.nth == alert.nth


def coming(alert: Alert) -> tuple[datetime, tuple[Target, ...]] | None:
    """When the ladder goes on, and whom it then names; nobody where the channel is reminded.

    None where it does not go on.
    """
    if alert.next_at is None or alert.ladder is None:
        return None
    place = None if alert.ended else alert.ladder.after(alert.round, alert.step)
    return alert.next_at, alert.ladder.at(*place).targets if place else ()


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
        ladder=message.ladder,
        fired_at=now,
        last_at=now,
    )
    name = message.ladder.name if message.ladder else None
    event = spec.AlertOpened(
        new_id, message.source, message.key, message.title, message.priority, name
    )
    if message.ladder is None:
        shown = revised(alert)
        return Decision(shown, [event], [show(shown)])
    started, events = stand(alert, message.ladder, now, on_call)
    return work(started, now, on_call, before=alert, said=[event, *events])


def _restart(
    alert: Alert, message: spec.Fired, ladder: Ladder, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    old = revised(alert)
    last = {(page.person, page.method): page for page in alert.pages}
    fresh = replace(
        old,
        title=message.title,
        priority=message.priority,
        details=message.details,
        url=message.url,
        ladder=ladder,
        nth=alert.nth + 1,
        round=0,
        step=0,
        passed=(),
        pages=tuple(last.values()),
        waiting=(),
        ended=False,
        reminders=0,
    )
    started, events = stand(fresh, ladder, now, on_call)
    said = [spec.LadderRestarted(alert.id, fresh.nth), *events]
    decision = work(started, now, on_call, before=fresh, said=said)
    ending = [*updates(old, ()), show(old)]
    return replace(decision, effects=[*decision.effects, *ending])


def _close(alert: Alert, event: spec.Resolved, at: datetime, *, mirrored: bool) -> Decision[Alert]:
    # With an owner all others were stood down when it was acknowledged. The owner hears it in chat
    # alone: nobody is woken for an alert that is over.
    waiting = {(alert.owner, MATTERMOST)} if alert.owner else _woken(alert)
    told = {(person, method) for person, method in waiting if person != event.by}
    closed = _quiet(replace(alert, status=Status.RESOLVED, closed_at=at, closed_by=event.by))
    effects = [*updates(closed, told), show(closed)]
    return Decision(
        closed, [event], [*effects, *(mirror(closed, "close", event.by) if mirrored else ())]
    )


def _woken(alert: Alert) -> set[Pair]:
    return {(page.person, page.method) for page in alert.pages}


def _quiet(alert: Alert) -> Alert:
    return revised(replace(alert, next_at=None, waiting=()))


def _hastened(
    waiting: Sequence[PendingPage], failed: SentPage, now: datetime
) -> tuple[PendingPage, ...]:
    """`waiting` with the next page of the same person due at `now`, if there is one."""
    own = [page for page in waiting if page.person == failed.person]
    following = min(own, key=lambda page: page.due, default=None)
    return tuple(
        replace(page, due=min(page.due, now)) if page is following else page for page in waiting
    )


def _superseded(alert: Alert, page: PagePerson) -> bool:
    return any(
        (other.person, other.method) == (page.person, page.method)
        and (other.nth, other.round, other.step) > (page.nth, page.round, page.step)
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

    Where all of them were paged by earlier steps of the round, those pages count.
    """
    pages = [(page.step, True) for page in alert.waiting if page.round == alert.round]
    pages += [
        (page.step, not page.failed)
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
            f"Talk to {alert.owner} if somebody else should have it."
        )


def _refuse_old_button(alert: Alert, nth: int | None) -> None:
    if nth is not None and nth != alert.nth:
        raise Refused("That button is of an earlier page; use the newest one of this alert.")


def _refuse_strangers(names: Collection[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise Refused(f"{name} is not one of people; an admin can add them with `apply`.")


def _listed(names: Sequence[str]) -> str:
    return " or ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
