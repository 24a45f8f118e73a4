"""Up the ladder: what is due is reached, planned and sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from setflow.effects import Decision, Effect, PageChannel, PagePerson, RemindChannel
from setflow.escalation import spec
from setflow.escalation.rules.showing import revised, show
from setflow.escalation.rules.values import (
    CHANNEL,
    CHAT,
    LATE,
    REMIND,
    Alert,
    Pair,
    Passed,
    PendingPage,
    SentPage,
)
from setflow.escalation.spec import Ladder, Method, OnCall, Target


def work(
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
        alert = revised(alert)
        effects.append(show(alert))
    if alert.reminders > before.reminders:
        effects.append(RemindChannel(alert.id, alert.nth, alert.reminders))
    return Decision(alert, events, effects, wake_at(alert))


def stand(
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


def wake_at(alert: Alert) -> datetime | None:
    """When something of the alert falls due; None where nothing more is to come."""
    dues = [page.due for page in alert.waiting]
    return min([alert.next_at, *dues], default=None) if alert.next_at else None


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
