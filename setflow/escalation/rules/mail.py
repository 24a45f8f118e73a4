"""What those are answered who wrote of an alert by mail, and whether that is still of use."""

from setflow.effects import AnswerMail
from setflow.escalation import spec
from setflow.escalation.rules.values import Alert, Status

_TOLD: dict[type, str] = {
    spec.Acknowledged: "acknowledged",
    spec.TakenOver: "acknowledged",
    spec.Resolved: "resolved",
    spec.LadderEnded: "ended",
    spec.LadderRestarted: "anew",
    spec.CameBack: "anew",
    spec.Snoozed: "snoozed",
}
_WANTED = {
    "unanswered": Status.FIRING,
    "ended": Status.FIRING,
    "anew": Status.FIRING,
    **{str(one): one for one in (Status.ACKNOWLEDGED, Status.SNOOZED, Status.RESOLVED)},
}
TOLD_ONCE = ("unanswered", "ended", "anew")
"""What is told once for each start of the ladder."""


def mail_news(alert: Alert, event: object) -> str:
    """What of an event they are told, see effects.AnswerMail; "" for nothing.

    That nobody has answered yet is of the first start alone, and once somebody was told in vain.
    """
    if isinstance(event, spec.Paged):
        in_vain = sum(bool(step.people) for step in alert.passed) > 1
        first = event.nth == 1 and alert.status is Status.FIRING
        return "unanswered" if first and in_vain else ""
    return _TOLD.get(type(event), "")


def still_mail_news(alert: Alert, answer: AnswerMail) -> bool:
    """Whether an answer says how it stands: one that came after it says it otherwise.

    The first answer to a mail always does.
    """
    wanted = _WANTED.get(answer.what)
    if wanted is None:
        return True
    if answer.what in TOLD_ONCE and answer.nth != alert.nth:
        return False
    if answer.what == "unanswered" and alert.ended:
        return False
    return alert.status is wanted
