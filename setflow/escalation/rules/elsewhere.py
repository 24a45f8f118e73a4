"""What people do with an alert in OpsGenie, where it pages here too: there it is said by state."""

from datetime import datetime

from setflow.effects import OPSGENIE, Decision
from setflow.escalation import spec
from setflow.escalation.rules.answers import acknowledge
from setflow.escalation.rules.holding import snooze
from setflow.escalation.rules.showing import revised, show, updates
from setflow.escalation.rules.starting import come_back, kept, quiet
from setflow.escalation.rules.values import ELSEWHERE, LONGEST_SNOOZE, Alert, Back, Status
from setflow.escalation.spec import Act, OnCall, There
from setflow.frozen import replace

UNNAMED = "OpsGenie"
"""Who snoozed it, where OpsGenie does not say."""


def seen_there(
    alert: Alert, there: There, *, now: datetime, on_call: OnCall
) -> Decision[Alert] | None:
    """Do what was done there and not here; None where that is nothing.

    What was done here may not have arrived there yet, so that what nobody has there counts as
    given back only once it was seen that somebody did.
    """
    asleep = bool(there.until and there.until > now)
    if not there.owner and not asleep:
        return _given_back(alert, now, on_call) if _had_there(alert) else None
    if alert.status is Status.ACKNOWLEDGED:
        return _noted(alert, there)
    ours = alert.status is Status.SNOOZED and alert.how != OPSGENIE
    if ours or (asleep and alert.status is Status.SNOOZED):
        return None
    if asleep and there.until and alert.ladder and alert.back is None:
        until = min(there.until, now + LONGEST_SNOOZE)
        return snooze(alert, Act(alert.id, there.owner or UNNAMED, OPSGENIE), until=until, now=now)
    return _taken(alert, there, now, on_call)


def _taken(alert: Alert, there: There, now: datetime, on_call: OnCall) -> Decision[Alert] | None:
    """Leave it with whoever has it there."""
    # Where it came back here, the word of before would lose the page.
    back = alert.back if alert.back and alert.back.why != ELSEWHERE else None
    old = back and (there.at is None or there.at <= back.at)
    if old or not there.owner:
        return None
    taken = spec.Acknowledge(alert.id, there.owner, there.owner, OPSGENIE)
    return acknowledge(alert, taken, now=now, on_call=on_call)


def _had_there(alert: Alert) -> bool:
    if alert.status is Status.SNOOZED:
        return alert.how == OPSGENIE
    return alert.status is Status.ACKNOWLEDGED and alert.there


def _noted(alert: Alert, there: There) -> Decision[Alert] | None:
    if alert.there or not (there.at and alert.owned_at and there.at >= alert.owned_at):
        return None
    return kept(replace(alert, there=True), [], [])


def _given_back(alert: Alert, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """It waits for somebody again: from the first step, where it pages."""
    back = Back(ELSEWHERE, alert.owner or "", now)
    if alert.ladder:
        return come_back(alert, back, now, on_call)
    free = replace(quiet(alert), status=Status.FIRING, owner=None, owned_at=None, how="", back=back)
    event = spec.CameBack(alert.id, alert.nth, back.why, back.person)
    free = revised(free)
    return kept(free, [event], [*updates(free, ()), show(free)])
