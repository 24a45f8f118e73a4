"""What people do with an alert beside taking and ending it: who may, and what the rules decide."""

from collections.abc import Callable, Mapping

from setflow.effects import Decision
from setflow.engine.answering import directory, may_end, on_call_of
from setflow.engine.messages import Deciding
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import rules
from setflow.escalation.rules import Alert, Status
from setflow.escalation.spec import Act
from setflow.team import rules as team


def decide(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    """The decision on a verb of `VERBS`. Raises Refused where `by` may not, or it is too late."""
    team.may_acknowledge(directory(work.present), message.by, person=message.person or message.by)
    return VERBS[message.verb](work, alert, message)


def notes(alert: Alert, message: Deciding) -> bool:
    """Whether somebody who has an alert replied below its page: that is a note, and a sign."""
    own = alert.status is Status.ACKNOWLEDGED and alert.owner == message.by
    return own and message.how == "reply" and alert.check_at is not None


def _snooze(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    may_end(work, alert, message.by, "snoozed")
    if message.until is None:
        raise Refused("Say how long, or until when: `2h`, or `until 14:00`.")
    return rules.snooze(alert, _act(message), until=message.until, now=work.now)


def _hand_back(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    may_end(work, alert, message.by, "handed back")
    on_call = on_call_of(work, alert)
    return rules.hand_back(alert, _act(message), now=work.now, on_call=on_call)


def _take(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    on_call = on_call_of(work, alert)
    return rules.take(alert, _act(message), now=work.now, on_call=on_call)


def _hand_over(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    if message.person is None:
        raise Refused("Say to whom: `/set hand 12 @bo`.")
    if message.person == message.by:
        return _take(work, alert, message)
    may_end(work, alert, message.by, "handed over")
    if message.person == alert.owner and alert.status is Status.ACKNOWLEDGED:
        title = work.present.named(message.person).title
        raise Refused(f"{title} has it already; nothing changed.")
    on_call = on_call_of(work, alert)
    act = _act(message)
    return rules.hand_over(alert, act, person=message.person, now=work.now, on_call=on_call)


def _decline(_: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    return rules.decline(alert, _act(message))


def _still(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    return rules.still_on(alert, _act(message), now=work.now)


def _help(work: Work, alert: Alert, message: Deciding) -> Decision[Alert]:
    on_call = on_call_of(work, alert)
    return rules.get_help(alert, _act(message), now=work.now, on_call=on_call)


def _act(message: Deciding) -> Act:
    return Act(message.alert, message.by, message.how, message.nth)


VERBS: Mapping[str, Callable[[Work, Alert, Deciding], Decision[Alert]]] = {
    "snooze": _snooze,
    "hand-back": _hand_back,
    "take": _take,
    "hand-over": _hand_over,
    "decline": _decline,
    "still": _still,
    "backup": _help,
}
