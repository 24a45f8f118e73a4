"""A ladder begun again, and whose an alert is."""

from collections.abc import Sequence
from datetime import datetime

from setflow.effects import OPSGENIE, Decision, Effect
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.rules.climbing import stand, wake_at, work
from setflow.escalation.rules.showing import mirror, revised, show, updates
from setflow.escalation.rules.values import (
    ELSEWHERE,
    MAINTENANCE,
    SNOOZED,
    Alert,
    Back,
    Pair,
    SentPage,
    Status,
)
from setflow.escalation.spec import Ladder, OnCall, Target
from setflow.frozen import replace


def begin(
    alert: Alert, ladder: Ladder, now: datetime, on_call: OnCall, *, said: Sequence[object] = ()
) -> Decision[Alert]:
    """The first step of `ladder`, as one more start of it; what was posted before says so."""
    old = revised(alert)
    last = {(page.person, page.method): page for page in alert.pages}
    fresh = replace(
        old,
        ladder=ladder,
        nth=alert.nth + 1,
        round=0,
        step=_first_step(alert.back, ladder, on_call),
        passed=(),
        # Who had it, and those stood down when they took it, are not told once more.
        pages=() if alert.back else tuple(last.values()),
        joined=(),
        ended=False,
        reminders=0,
    )
    started, events = stand(fresh, ladder, now, on_call)
    decision = work(started, now, on_call, before=fresh, said=[*said, *events])
    return replace(decision, effects=[*decision.effects, *updates(old, ()), show(old)])


def come_back(alert: Alert, back: Back, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Nobody has it any more: it waits for somebody again, from the first step."""
    assert alert.ladder is not None
    free = replace(quiet(alert), status=Status.FIRING, owner=None, owned_at=None, how="", back=back)
    event = spec.CameBack(alert.id, alert.nth + 1, back.why, back.person)
    decision = begin(free, alert.ladder, now, on_call, said=[event])
    # In a maintenance window nobody had it, and there nobody has it any more.
    known = back.why in (MAINTENANCE, ELSEWHERE)
    told = [] if known else mirror(alert, "unacknowledge", back.person)
    return replace(decision, effects=[*decision.effects, *told])


def own(alert: Alert, person: str, how: str, now: datetime) -> Alert:
    """The alert as `person` has it from now on."""
    timeout = alert.ladder.ack_timeout if alert.ladder else None
    return replace(
        quiet(alert),
        status=Status.ACKNOWLEDGED,
        owner=person,
        owned_at=now,
        how=how,
        joined=tuple(name for name in alert.joined if name != person),
        check_at=now + timeout if timeout else None,
        there=how == OPSGENIE or (alert.there and alert.status is Status.ACKNOWLEDGED),
    )


def quiet(alert: Alert) -> Alert:
    """The alert with nothing more to come."""
    return replace(
        alert,
        next_at=None,
        waiting=(),
        until=None,
        held="",
        helpers=(),
        offer=None,
        check_at=None,
        asking=False,
        there=False,
    )


def kept(alert: Alert, events: Sequence[object], effects: Sequence[Effect]) -> Decision[Alert]:
    """A decision after which the alert is woken when something of it is due."""
    return Decision(alert, events, effects, wake_at(alert))


def woken(alert: Alert) -> set[Pair]:
    """Whom it has paged, by what."""
    return {(page.person, page.method) for page in alert.pages}


def hasten(alert: Alert, failed: SentPage, now: datetime) -> Alert:
    """The alert with a page noted as failed, and the next one to the same person due at `now`.

    With one that is not counted on, so is the one after it. Quiet hours hold back as before.
    """
    own = [page for page in alert.waiting if page.person == failed.person and not page.held]
    own.sort(key=lambda page: page.due)
    sure = next((number for number, page in enumerate(own) if page.sure), len(own))
    following = own[: sure + 1]
    return replace(
        alert,
        pages=tuple(replace(sent, failed=True) if sent == failed else sent for sent in alert.pages),
        waiting=tuple(
            replace(page, due=min(page.due, now)) if page in following else page
            for page in alert.waiting
        ),
    )


def refuse_old_button(alert: Alert, nth: int | None) -> None:
    """Raise Refused where a button is of an earlier start of the ladder."""
    if nth is not None and nth != alert.nth:
        raise Refused("That button is of an earlier page; use the newest one of this alert.")


def refuse_over(alert: Alert) -> None:
    """Raise Refused where it is over."""
    if alert.status is Status.RESOLVED:
        raise Refused("That alert is over; nothing changed.")


def refuse_strangers(names: Sequence[str], on_call: OnCall) -> None:
    """Raise Refused for a name that the configuration does not have."""
    for name in names:
        if name not in on_call.known:
            raise Refused(f"{name} is not one of people; an admin can add them with `apply`.")


def _first_step(back: Back | None, ladder: Ladder, on_call: OnCall) -> int:
    """-1 where it comes back to a person whom the first step does not name anyway."""
    if back is None or back.why != SNOOZED or back.person not in on_call.known:
        return 0
    first = [name for target in ladder.steps[0].targets for name in on_call.people.get(target, ())]
    here = on_call.people.get(Target("person", back.person))
    return -1 if here and back.person not in first else 0
