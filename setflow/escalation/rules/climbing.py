"""Up the ladder: what is due is reached, planned and sent."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from setflow.effects import Decision, Effect, PageChannel, PagePerson, RemindChannel
from setflow.escalation import spec
from setflow.escalation.rules.showing import revised, show, updates
from setflow.escalation.rules.values import (
    CHANNEL,
    CHAT,
    HANDED_BACK,
    LATE,
    REMIND,
    Alert,
    Pair,
    Passed,
    PendingPage,
    SentPage,
)
from setflow.escalation.spec import Ladder, Method, OnCall, Step, Target
from setflow.frozen import replace


def work(
    alert: Alert, now: datetime, on_call: OnCall, *, before: Alert, said: Sequence[object] = ()
) -> Decision[Alert]:
    """Whatever is due by `now` done, and shown where it differs from `before`."""
    events = list(said)
    while alert.next_at is not None and alert.next_at <= now:
        alert, more = _go_on(alert, alert.next_at, on_call)
        events += more
    alert, effects, paged = send(alert, now)
    events += paged
    if (alert.passed, alert.ended) != (before.passed, before.ended):
        alert = revised(alert)
        effects += [*_channels(alert, before), show(alert)]
    if alert.reminders > before.reminders:
        effects.append(RemindChannel(alert.id, alert.nth, alert.reminders))
    return Decision(alert, events, effects, wake_at(alert))


def stand(
    alert: Alert, ladder: Ladder, due: datetime, on_call: OnCall
) -> tuple[Alert, list[object]]:
    """The alert with the pages of the place where it is, reached at `due`.

    A place with nobody is over at once, as is one whose condition does not hold; with nobody on the
    whole ladder so is the ladder.
    """
    step = place(alert, ladder)
    if alert.round < ladder.rounds and alert.step in on_call.skips:
        return _passed_over(alert, step.when or "", due)
    empty = _empty(step.targets, on_call)
    if len(empty) < len(step.targets):
        return _standing(alert, ladder, step, due, on_call)
    everywhere = tuple(target for step in ladder.steps for target in step.targets)
    nowhere = _empty(everywhere, on_call)
    if alert.round < ladder.rounds and len(nowhere) == len(everywhere):
        alert = replace(alert, round=ladder.rounds - 1, step=len(ladder.steps) - 1)
        empty = tuple(dict.fromkeys(nowhere))
    passed = Passed(due, alert.round, alert.step, (), empty)
    event = spec.StepEmpty(alert.id, alert.nth, alert.round, alert.step, empty)
    return replace(alert, next_at=due, passed=(*alert.passed, passed)), [event]


def _channels(alert: Alert, before: Alert) -> list[Effect]:
    """The channels that this start of its ladder had paged already, told how far it is now."""
    told = [page for page in before.pages if (page.nth, page.method) == (alert.nth, CHANNEL)]
    return updates(replace(alert, pages=tuple(told)), ())


def place(alert: Alert, ladder: Ladder) -> Step:
    """The step where the alert is: of the ladder, or the person to whom it has come back."""
    if alert.step < 0 and alert.back:
        return Step((Target("person", alert.back.person),), ladder.steps[0].wait)
    return ladder.at(alert.round, alert.step)


def send(alert: Alert, now: datetime) -> tuple[Alert, list[Effect], list[object]]:
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
        sent.append(SentPage(*here, *pair, again=page.again, sure=page.sure))
        effects.append(_page(alert, sent[-1], seconds, earlier))
        events.append(spec.Paged(alert.id, *here, *pair, seconds))
    left = tuple(page for page in alert.waiting if page.due > now)
    return replace(alert, waiting=left, pages=(*alert.pages, *sent)), effects, events


def wake_at(alert: Alert) -> datetime | None:
    """When something of the alert falls due; None where nothing more is to come."""
    offered = alert.offer.until if alert.offer else None
    shown = alert.group.show_at if alert.group else None
    dues = [alert.next_at, alert.until, alert.check_at, offered, shown]
    return min([*filter(None, dues), *(page.due for page in alert.waiting)], default=None)


def _standing(
    alert: Alert, ladder: Ladder, step: Step, due: datetime, on_call: OnCall
) -> tuple[Alert, list[object]]:
    named = _named(alert, step, on_call)
    told = {name for at in alert.passed if at.round == alert.round for name in at.people}
    spared = _spared(alert)
    people = [name for name in named if name not in told and name not in spared]
    # Where only those are named who have just given it away, or answered, nobody is waited for.
    channels = [target.name for target in step.targets if target.kind == "channel"]
    wait = step.wait if channels or not spared.issuperset(named) else timedelta(0)
    passed = Passed(
        due,
        alert.round,
        alert.step,
        tuple(people),
        _empty(step.targets, on_call),
        tuple(named) if step.all else (),
    )
    standing = replace(
        alert,
        next_at=due + wait,
        passed=(*alert.passed, passed),
        waiting=(*alert.waiting, *_planned(alert, step, due, people, channels, on_call)),
    )
    events = [spec.TurnTaken(alert.id, ladder.name, alert.step, name) for name in people]
    return standing, list(events) if step.turn else []


def _passed_over(alert: Alert, when: str, due: datetime) -> tuple[Alert, list[object]]:
    passed = Passed(due, alert.round, alert.step, (), (), unless=when)
    event = spec.StepSkipped(alert.id, alert.nth, alert.round, alert.step, when)
    return replace(alert, next_at=due, passed=(*alert.passed, passed)), [event]


def _spared(alert: Alert) -> set[str]:
    """Who is not paged: those who have it or answered, and who has just given it back."""
    found = {*alert.joined, *([alert.owner] if alert.owner else [])}
    if alert.back and alert.back.why == HANDED_BACK and alert.round == 0:
        found.add(alert.back.person)
    return found


def _go_on(alert: Alert, due: datetime, on_call: OnCall) -> tuple[Alert, list[object]]:
    """One step further than `alert`, reached at `due`."""
    ladder = alert.ladder
    if ladder is None or alert.ended:
        return replace(alert, reminders=alert.reminders + 1, next_at=due + REMIND), []
    place = ladder.after(alert.round, alert.step)
    if place is None:
        ended = replace(alert, ended=True, reminders=1, next_at=due + REMIND)
        return ended, [spec.LadderEnded(alert.id, alert.nth)]
    return stand(replace(alert, round=place[0], step=place[1]), ladder, due, on_call)


def _empty(targets: Sequence[Target], on_call: OnCall) -> tuple[str, ...]:
    """Those that name nobody now, as written; a channel always names somebody."""
    return tuple(
        str(target)
        for target in targets
        if target.kind != "channel" and not on_call.people.get(target)
    )


def _named(alert: Alert, step: Step, on_call: OnCall) -> list[str]:
    """The people of a step; of those who take turns the one who was longest not told."""
    named = [name for target in step.targets for name in on_call.people.get(target, ())]
    named = list(dict.fromkeys(named))
    if not step.turn:
        return named
    here = [name for at in alert.passed if at.step == alert.step for name in at.people]
    served = [*on_call.served.get(alert.step, ()), *here]
    latest = {name: order for order, name in enumerate(served)}
    return sorted(named, key=lambda name: latest.get(name, -1))[:1]


def _planned(
    alert: Alert,
    step: Step,
    due: datetime,
    people: Sequence[str],
    channels: Sequence[str],
    on_call: OnCall,
) -> tuple[PendingPage, ...]:
    """The pages of the place where the alert is: no method twice, but as often as it repeats."""
    receivers = [
        (name, method) for name in people for method in on_call.methods.get(name) or (CHAT,)
    ]
    receivers += [(name, Method(CHANNEL, timedelta(0))) for name in channels]
    by_pair: dict[Pair, Method] = {}
    for name, method in receivers:
        by_pair.setdefault((name, method.name), method)
    every = step.repeat or step.wait
    planned = (
        _pending(alert, pair, method, due + method.after + again * every, again)
        for pair, method in by_pair.items()
        for again in range(max(1, ceil((step.wait - method.after) / every)))
        if again == 0 or method.name != CHANNEL
    )
    return tuple(page for page in planned if page)


def _pending(
    alert: Alert, pair: Pair, method: Method, at: datetime, again: int
) -> PendingPage | None:
    """A page at `at`, or at the end of the quiet hours; None where those leave it out."""
    end = method.held(at)
    if end and (again or not method.waits):
        return None
    here = alert.round, alert.step
    return PendingPage(end or at, *here, *pair, again, sure=method.sure, held=end is not None)


def _page(alert: Alert, page: SentPage, seconds: int, folded: int) -> Effect:
    where = alert.id, alert.nth, page.round, page.step, page.person
    if page.method == CHANNEL:
        return PageChannel(*where, late_seconds=seconds, folded=folded)
    return PagePerson(*where, page.method, late_seconds=seconds, folded=folded, again=page.again)
