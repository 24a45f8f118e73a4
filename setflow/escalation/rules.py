"""One alert on its way up a ladder: who is told when, and what ends it.

An alert carries the ladder as it stood when it came in, so that editing a ladder moves nothing that
is under way. Where it stands is `nth` (the start of the ladder, from 1), `round` and `step` (from
0); the fallback is the step after the last round.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from setflow.effects import (
    MATTERMOST,
    OPSGENIE,
    Decision,
    Effect,
    MirrorAlert,
    PageChannel,
    PagePerson,
    RemindChannel,
    ShowAlert,
    UpdatePage,
)
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.spec import Ladder, Method, OnCall, Target

LATE = timedelta(seconds=60)
"""What is later than this is folded, and says so (DESIGN section 4, promise 5)."""
REMIND = timedelta(minutes=30)
"""How often the channel hears that nobody has it (DESIGN section 4, promise 3)."""
CHANNEL = "~channel"
"""The method of a page whose `person` is a channel; no contact method can have this name."""
CHAT = Method(MATTERMOST, timedelta(0))

Pair = tuple[str, str]


class Status(StrEnum):
    """Whether an alert waits for a person, has one, or is over."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Passed:
    """A step that was reached: when it was due, whom it paged, and what of it had nobody.

    empty  targets as they are written in a file
    """

    at: datetime
    round: int
    step: int
    people: tuple[str, ...]
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SentPage:
    """A page that was handed over for delivery; `failed` once its first try did not succeed."""

    nth: int
    round: int
    step: int
    person: str
    method: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class PendingPage:
    """A page of the present `nth` that is still to come."""

    due: datetime
    round: int
    step: int
    person: str
    method: str


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that asks for a human. One is open for each source and key.

    ladder     None where OpsGenie pages and this only shows it
    next_at    when the present step is over; None where nothing more is to come
    passed     the steps of this nth, oldest first
    pages      what was sent, for standing down; of earlier nth the last for each person and method
    waiting    contact methods still to come
    ended      the ladder is at its end, unanswered
    reminders  how often the channel was due to hear so
    revision   counts what posts have shown
    """

    id: int
    source: str
    key: str
    title: str
    priority: str
    details: Mapping[str, str]
    url: str
    channel: str
    remote: str | None
    ladder: Ladder | None
    fired_at: datetime
    last_at: datetime
    status: Status = Status.FIRING
    count: int = 1
    nth: int = 1
    round: int = 0
    step: int = 0
    next_at: datetime | None = None
    passed: tuple[Passed, ...] = ()
    pages: tuple[SentPage, ...] = ()
    waiting: tuple[PendingPage, ...] = ()
    ended: bool = False
    reminders: int = 0
    revision: int = 0
    owner: str | None = None
    owned_at: datetime | None = None
    how: str = ""
    closed_at: datetime | None = None
    closed_by: str = ""


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
        return Decision(counted, wake_at=_wake_at(counted))
    shown = _revised(counted)
    return Decision(
        shown, [spec.AlertRefired(shown.id, shown.count)], [_show(shown)], _wake_at(shown)
    )


def wake(alert: Alert, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Take every step and contact method that is due by `now`, each at its own due instant.

    Pages that are more than 60 s late are folded: one for each person and method, to whoever
    answers now.
    """
    return _work(alert, now, on_call, before=alert)


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
    effects = [*_updates(owned, others), _show(owned)]
    if message.how != OPSGENIE:
        effects += _mirror(owned, "acknowledge", message.person)
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
    decision = _work(asked, now, on_call, before=alert, said=[event])
    own = tuple(page for page in alert.pages if page.person == message.by)
    updates = _updates(replace(decision.state, pages=own), ())
    return replace(decision, effects=[*decision.effects, *updates])


def page_failed(
    alert: Alert, message: spec.PageFailed, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Take the person's next method now; with nobody of the present step left, the next step.

    What was said before, or is of no interest any more, changes nothing.
    """
    page = SentPage(message.nth, message.round, message.step, message.person, message.method)
    if alert.status is not Status.FIRING or page.nth != alert.nth or page not in alert.pages:
        return Decision(alert, wake_at=_wake_at(alert))
    noted = replace(
        alert,
        pages=tuple(replace(sent, failed=True) if sent == page else sent for sent in alert.pages),
        waiting=_hastened(alert.waiting, page, now),
    )
    if not noted.ended and not _reachable(noted):
        noted = replace(noted, next_at=min(now, noted.next_at or now))
    event = spec.PageMissed(alert.id, page.nth, page.round, page.step, page.person, page.method)
    return _work(noted, now, on_call, before=alert, said=[event])


def wanted(alert: Alert, effect: PagePerson | PageChannel | RemindChannel) -> bool:
    """Whether a page or reminder is still of use; the patch of a channel's page always is."""
    if isinstance(effect, PageChannel) and effect.revision:
        return True
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
        shown = _revised(alert)
        return Decision(shown, [event], [_show(shown)])
    started, events = _stand(alert, message.ladder, now, on_call)
    return _work(started, now, on_call, before=alert, said=[event, *events])


def _restart(
    alert: Alert, message: spec.Fired, ladder: Ladder, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    old = _revised(alert)
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
    started, events = _stand(fresh, ladder, now, on_call)
    said = [spec.LadderRestarted(alert.id, fresh.nth), *events]
    decision = _work(started, now, on_call, before=fresh, said=said)
    ending = [*_updates(old, ()), _show(old)]
    return replace(decision, effects=[*decision.effects, *ending])


def _work(
    alert: Alert, now: datetime, on_call: OnCall, *, before: Alert, said: Sequence[object] = ()
) -> Decision[Alert]:
    """Whatever is due by `now` done, and shown where it differs from `before`."""
    events = list(said)
    while alert.next_at is not None and alert.next_at <= now:
        alert, more = _go_on(alert, alert.next_at, on_call)
        events += more
    alert, effects, paged = _send(alert, now)
    events += paged
    if (alert.passed, alert.ended) != (before.passed, before.ended):
        alert = _revised(alert)
        effects.append(_show(alert))
    if alert.reminders > before.reminders:
        effects.append(RemindChannel(alert.id, alert.nth, alert.reminders))
    return Decision(alert, events, effects, _wake_at(alert))


def _go_on(alert: Alert, due: datetime, on_call: OnCall) -> tuple[Alert, list[object]]:
    """One step further than `alert`, reached at `due`."""
    ladder = alert.ladder
    if ladder is None or alert.ended:
        return replace(alert, reminders=alert.reminders + 1, next_at=due + REMIND), []
    place = ladder.after(alert.round, alert.step)
    if place is None:
        ended = replace(alert, ended=True, reminders=1, next_at=due + REMIND)
        return ended, [spec.LadderEnded(alert.id, alert.nth)]
    return _stand(replace(alert, round=place[0], step=place[1]), ladder, due, on_call)


def _stand(
    alert: Alert, ladder: Ladder, due: datetime, on_call: OnCall
) -> tuple[Alert, list[object]]:
    """The alert with the pages of the place where it is, reached at `due`.

    A place with nobody is over at once; with nobody on the whole ladder so is the ladder.
    """
    step = ladder.at(alert.round, alert.step)
    empty = _empty(step.targets, on_call)
    if len(empty) < len(step.targets):
        planned = _planned(alert, step.targets, due, on_call)
        people = tuple(dict.fromkeys(page.person for page in planned if page.method != CHANNEL))
        passed = Passed(due, alert.round, alert.step, people, empty)
        standing = replace(
            alert,
            next_at=due + step.wait,
            passed=(*alert.passed, passed),
            waiting=(*alert.waiting, *planned),
        )
        return standing, []
    everywhere = tuple(target for step in ladder.steps for target in step.targets)
    nowhere = _empty(everywhere, on_call)
    if alert.round < ladder.rounds and len(nowhere) == len(everywhere):
        alert = replace(alert, round=ladder.rounds - 1, step=len(ladder.steps) - 1)
        empty = tuple(dict.fromkeys(nowhere))
    passed = Passed(due, alert.round, alert.step, (), empty)
    event = spec.StepEmpty(alert.id, alert.nth, alert.round, alert.step, empty)
    return replace(alert, next_at=due, passed=(*alert.passed, passed)), [event]


def _empty(targets: Sequence[Target], on_call: OnCall) -> tuple[str, ...]:
    """Those that name nobody now, as written; a channel always names somebody."""
    return tuple(
        str(target)
        for target in targets
        if target.kind != "channel" and not on_call.people.get(target)
    )


def _planned(
    alert: Alert, targets: Sequence[Target], due: datetime, on_call: OnCall
) -> tuple[PendingPage, ...]:
    """The pages of the place where the alert is: nobody twice in a round, no method twice."""
    told = {name for at in alert.passed if at.round == alert.round for name in at.people}
    named = [name for target in targets for name in on_call.people.get(target, ())]
    receivers = [
        (name, method)
        for name in dict.fromkeys(named)
        if name not in told
        for method in on_call.methods.get(name) or (CHAT,)
    ]
    receivers += [
        (target.name, Method(CHANNEL, timedelta(0)))
        for target in targets
        if target.kind == "channel"
    ]
    after: dict[Pair, timedelta] = {}
    for name, method in receivers:
        after.setdefault((name, method.name), method.after)
    return tuple(
        PendingPage(due + wait, alert.round, alert.step, name, method)
        for (name, method), wait in after.items()
    )


def _send(alert: Alert, now: datetime) -> tuple[Alert, list[Effect], list[object]]:
    """What waits and is due by `now`, sent; of a person's late pages by one method the newest."""
    due = [page for page in alert.waiting if page.due <= now]
    late = [page for page in due if now - page.due > LATE]
    newest = {(page.person, page.method): page for page in due}
    folded = {(page.person, page.method) for page in late}
    first = min((page.due for page in late), default=now)
    places = {(page.round, page.step) for page in late}
    sent: list[SentPage] = []
    effects: list[Effect] = []
    events: list[object] = []
    for page in due:
        pair = page.person, page.method
        if pair in folded and page is not newest[pair]:
            continue
        here = alert.nth, page.round, page.step
        seconds = int((now - (first if pair in folded else page.due)).total_seconds())
        earlier = sum(place < here[1:] for place in places) if pair in folded else 0
        sent.append(SentPage(*here, *pair))
        effects.append(_page(alert, sent[-1], seconds, earlier))
        events.append(spec.Paged(alert.id, *here, *pair, seconds))
    left = tuple(page for page in alert.waiting if page.due > now)
    return replace(alert, waiting=left, pages=(*alert.pages, *sent)), effects, events


def _page(alert: Alert, page: SentPage, seconds: int, folded: int) -> Effect:
    where = alert.id, alert.nth, page.round, page.step, page.person
    if page.method == CHANNEL:
        return PageChannel(*where, late_seconds=seconds, folded=folded)
    return PagePerson(*where, page.method, late_seconds=seconds, folded=folded)


def _updates(alert: Alert, stand_down: Collection[Pair]) -> list[Effect]:
    """Every page in chat brought up to date, and the receivers in `stand_down` told, once each."""
    last = {(page.person, page.method): page for page in alert.pages}
    updates: list[Effect] = []
    for page in alert.pages:
        pair = page.person, page.method
        where = alert.id, page.nth, page.round, page.step, page.person
        told = pair in stand_down and last[pair] is page
        if page.method == CHANNEL:
            updates.append(PageChannel(*where, revision=alert.revision))
        elif told or page.method == MATTERMOST:
            key = PagePerson(*where, page.method).key
            updates.append(
                UpdatePage(key, alert.id, page.nth, *pair, alert.revision, stand_down=told)
            )
    return updates


def _close(alert: Alert, event: spec.Resolved, at: datetime, *, mirrored: bool) -> Decision[Alert]:
    # With an owner all others were stood down when it was acknowledged. The owner hears it in chat
    # alone: nobody is woken for an alert that is over.
    waiting = {(alert.owner, MATTERMOST)} if alert.owner else _woken(alert)
    told = {(person, method) for person, method in waiting if person != event.by}
    closed = _quiet(replace(alert, status=Status.RESOLVED, closed_at=at, closed_by=event.by))
    effects = [*_updates(closed, told), _show(closed)]
    return Decision(
        closed, [event], [*effects, *(_mirror(closed, "close", event.by) if mirrored else ())]
    )


def _woken(alert: Alert) -> set[Pair]:
    return {(page.person, page.method) for page in alert.pages}


def _quiet(alert: Alert) -> Alert:
    return _revised(replace(alert, next_at=None, waiting=()))


def _revised(alert: Alert) -> Alert:
    return replace(alert, revision=alert.revision + 1)


def _show(alert: Alert) -> ShowAlert:
    return ShowAlert(alert.id, alert.nth, alert.revision)


def _mirror(alert: Alert, verb: str, person: str) -> list[MirrorAlert]:
    return [MirrorAlert(alert.id, verb, person, alert.revision)] if alert.remote else []


def _wake_at(alert: Alert) -> datetime | None:
    dues = [page.due for page in alert.waiting]
    return min([alert.next_at, *dues], default=None) if alert.next_at else None


def _hastened(
    waiting: Sequence[PendingPage], failed: SentPage, now: datetime
) -> tuple[PendingPage, ...]:
    """`waiting` with the next page of the same person due at `now`, if there is one."""
    own = [page for page in waiting if page.person == failed.person]
    following = min(own, key=lambda page: page.due, default=None)
    return tuple(
        replace(page, due=min(page.due, now)) if page is following else page for page in waiting
    )


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
