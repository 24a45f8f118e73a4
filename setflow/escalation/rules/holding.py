"""What people do with an alert: put it off, give it back or on, take it, get help with it."""

from collections.abc import Sequence
from datetime import datetime

from setflow.effects import OPSGENIE, Decision, Effect, TellAlert
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.rules.climbing import send, stand
from setflow.escalation.rules.showing import mirror, revised, show, updates
from setflow.escalation.rules.starting import (
    come_back,
    hasten,
    kept,
    own,
    quiet,
    refuse_old_button,
    refuse_over,
    refuse_strangers,
    woken,
)
from setflow.escalation.rules.values import (
    ANSWER,
    CHANNEL,
    HANDED_BACK,
    LATE,
    LONGEST_SNOOZE,
    MAINTENANCE,
    OFFER,
    SNOOZED,
    UNANSWERED,
    Alert,
    Back,
    Offer,
    SentPage,
    Status,
)
from setflow.escalation.spec import Act, Ladder, OnCall
from setflow.frozen import replace


def snooze(alert: Alert, act: Act, *, until: datetime, now: datetime) -> Decision[Alert]:
    """Put it off for whoever asks: at `until` it comes back to them, then to its ladder.

    Raises Refused where it is over, OpsGenie pages, or `until` is not within the next seven days.
    """
    refuse_over(alert)
    refuse_old_button(alert, act.nth)
    _ladder(alert, "snooze")
    if not now < until <= now + LONGEST_SNOOZE:
        raise Refused("A snooze ends within the next 7 days; say until when, as in `2h`.")
    before = alert.owner
    asleep = revised(
        replace(
            quiet(alert),
            status=Status.SNOOZED,
            owner=act.by,
            owned_at=now,
            how=act.how,
            until=until,
            joined=(),
        )
    )
    event = spec.Snoozed(alert.id, act.by, act.how, until)
    others = _others(alert, act.by)
    effects = [*updates(asleep, others), show(asleep), *_told(asleep, before, "snoozed", act.by)]
    effects += mirror(asleep, "snooze", act.by) if act.how != OPSGENIE else []
    return kept(asleep, [event], effects)


def hand_back(alert: Alert, act: Act, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Have it wait for somebody again, from the first step on; who gives it back is passed over.

    Raises Refused where nobody has it, or OpsGenie pages.
    """
    refuse_over(alert)
    refuse_old_button(alert, act.nth)
    _ladder(alert, "unacknowledge")
    if alert.owner is None:
        raise Refused("Nobody has that alert, so there is nothing to hand back.")
    decision = come_back(alert, Back(HANDED_BACK, alert.owner, now), now, on_call)
    told = _told(decision.state, alert.owner, "handed-back", act.by)
    return replace(decision, effects=[*decision.effects, *told])


def take(alert: Alert, act: Act, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Have it go over to whoever asks; who had it is told, whoever else was paged stood down.

    Raises Refused where it is over, theirs already, or they are unknown.
    """
    refuse_over(alert)
    refuse_old_button(alert, act.nth)
    refuse_strangers([act.by], on_call)
    if alert.status is Status.ACKNOWLEDGED and alert.owner == act.by:
        raise Refused("You have it already; nothing changed.")
    before, firing = alert.owner, alert.status is Status.FIRING
    taken = revised(own(alert, act.by, act.how, now))
    effects = [*updates(taken, _others(alert, act.by)), show(taken)]
    effects += _told(taken, before, "taken", act.by)
    if firing:
        effects += mirror(taken, "acknowledge", act.by)
    events: list[object] = [spec.Acknowledged(alert.id, act.by, act.by, act.how)]
    if before:
        events = [spec.TakenOver(alert.id, act.by, before, act.how)]
    return kept(taken, events, effects)


def hand_over(
    alert: Alert, act: Act, *, person: str, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Ask `person` to take it; until they do it stays with who has it.

    Raises Refused where nobody has it, or `person` has it already or is unknown.
    """
    refuse_over(alert)
    refuse_old_button(alert, act.nth)
    refuse_strangers([act.by, person], on_call)
    if alert.status is not Status.ACKNOWLEDGED:
        raise Refused("Nobody has that alert just now; acknowledge it first, then hand it over.")
    if person == alert.owner:
        raise Refused("They have it already; nothing changed.")
    asked = revised(replace(alert, offer=Offer(person, act.by, now + OFFER)))
    event = spec.HandOverAsked(alert.id, person, act.by, act.how)
    effects = [*_told(asked, person, "offered", act.by), *updates(asked, ()), show(asked)]
    return kept(asked, [event], effects)


def decline(alert: Alert, act: Act) -> Decision[Alert]:
    """Not take what one was asked to take; it stays with who has it, and they are told.

    Raises Refused where `act.by` is not asked.
    """
    refuse_old_button(alert, act.nth)
    if alert.offer is None or alert.offer.person != act.by:
        raise Refused("You are not asked to take that alert any more; nothing changed.")
    return _no_handover(alert, "declined")


def still_on(alert: Alert, act: Act, *, now: datetime) -> Decision[Alert]:
    """Note that who has it is still on it, and ask them again after as long as before.

    Raises Refused where `act.by` does not have it.
    """
    refuse_over(alert)
    refuse_old_button(alert, act.nth)
    if alert.status is not Status.ACKNOWLEDGED or alert.owner != act.by:
        raise Refused("That alert is not yours just now; take it over to have it.")
    timeout = alert.ladder.ack_timeout if alert.ladder else None
    noted = revised(replace(alert, asking=False, check_at=now + timeout if timeout else None))
    event = spec.StillOn(alert.id, act.by, act.how)
    return kept(noted, [event], [*updates(noted, ()), show(noted)])


def get_help(alert: Alert, act: Act, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Page the next people of the ladder; who has it keeps it.

    Raises Refused where nobody has it, OpsGenie pages, or nobody is left on the ladder.
    """
    refuse_over(alert)
    refuse_old_button(alert, act.nth)
    _ladder(alert, "ask for help with")
    if alert.status is not Status.ACKNOWLEDGED:
        raise Refused("Nobody has that alert just now; escalate it to page the next step.")
    helped, events = _next_helpers(alert, now, on_call)
    if not helped.helpers:
        raise Refused(
            "Nobody is left on its ladder to ask; page somebody by name with `/set page`."
        )
    asked = spec.HelpAsked(alert.id, act.by, act.how, helped.round, helped.step)
    return _sent(revised(helped), [asked, *events], now, shown=True)


def joins(alert: Alert, message: spec.Acknowledge) -> Decision[Alert]:
    """Note that somebody who was asked to help does; whoever else was asked is stood down."""
    others = set(alert.helpers) - {message.person}
    with_them = revised(
        replace(alert, joined=(*alert.joined, message.person), helpers=(), waiting=())
    )
    stand_down = {pair for pair in woken(alert) if pair[0] in others}
    event = spec.Joined(alert.id, message.person, message.by, message.how)
    return kept(with_them, [event], [*updates(with_them, stand_down), show(with_them)])


def helper_missed(
    alert: Alert, page: SentPage, event: object, *, now: datetime, on_call: OnCall
) -> Decision[Alert]:
    """Take a helper's next method now; with none of them left to reach, the next step's people."""
    noted = hasten(alert, page, now)
    events = [event]
    reached = {one.person for one in noted.pages if not one.failed and one.person in noted.helpers}
    if not reached and not noted.waiting:
        further, more = _next_helpers(noted, now, on_call)
        if set(further.helpers) - set(alert.helpers):
            noted, events = revised(further), [*events, *more]
    return _sent(noted, events, now, shown=noted.revision != alert.revision)


def look(alert: Alert, *, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Do what is due of an alert that somebody has, or that is snoozed or held."""
    if alert.status is Status.SNOOZED:
        return _wake_up(alert, now, on_call)
    if alert.offer and alert.offer.until <= now:
        return _no_handover(alert, "unanswered")
    if alert.check_at and alert.check_at <= now:
        return _check(alert, now, on_call)
    return _sent(alert, [], now, shown=False)


def _wake_up(alert: Alert, now: datetime, on_call: OnCall) -> Decision[Alert]:
    if alert.until is None or alert.until > now:
        return kept(alert, [], [])
    if alert.owner is None:
        return come_back(alert, Back(MAINTENANCE, alert.held, now), now, on_call)
    return come_back(alert, Back(SNOOZED, alert.owner, now), now, on_call)


def _check(alert: Alert, now: datetime, on_call: OnCall) -> Decision[Alert]:
    """Ask who has it whether they still do; where they were and did not say so, page anew."""
    owner, due = alert.owner or "", alert.check_at or now
    if alert.asking and now - due <= LATE:
        return come_back(alert, Back(UNANSWERED, owner, now), now, on_call)
    # However late the question comes, there is as long to answer it; while nothing ran, nobody
    # could, and is asked again.
    asked = revised(replace(alert, asking=True, asks=alert.asks + 1, check_at=now + ANSWER))
    event = spec.OwnerAsked(alert.id, owner, asked.asks)
    return kept(asked, [event], [*_told(asked, owner, "still", ""), show(asked)])


def _no_handover(alert: Alert, why: str) -> Decision[Alert]:
    offer = alert.offer
    assert offer is not None
    left = revised(replace(alert, offer=None))
    event = spec.HandOverEnded(alert.id, offer.person, why)
    told = [
        TellAlert(alert.id, alert.nth, name, why, left.revision, offer.person)
        for name in dict.fromkeys(filter(None, [alert.owner, offer.by]))
    ]
    return kept(left, [event], [*told, *updates(left, ()), show(left)])


def _next_helpers(alert: Alert, now: datetime, on_call: OnCall) -> tuple[Alert, list[object]]:
    """The alert with the pages of the next place that has people; without helpers at its end."""
    ladder = alert.ladder
    assert ladder is not None
    events: list[object] = []
    found = replace(alert, helpers=())
    while not found.helpers and (at := ladder.after(found.round, found.step)):
        found, more = stand(replace(found, round=at[0], step=at[1]), ladder, now, on_call)
        people = found.passed[-1].people
        # A channel cannot help; who is asked stays so when one more step is.
        waiting = tuple(page for page in found.waiting if page.method != CHANNEL)
        found = replace(found, next_at=None, waiting=waiting, helpers=people)
        events += more
    asked = [*alert.helpers, *found.helpers] if found.helpers else []
    return replace(found, helpers=tuple(dict.fromkeys(asked))), events


def _sent(alert: Alert, events: Sequence[object], now: datetime, *, shown: bool) -> Decision[Alert]:
    """The pages to helpers that are due, and its posts where they differ."""
    patches = updates(alert, ()) if shown else []
    alert, effects, paged = send(alert, now)
    more = [*patches, show(alert)] if shown else []
    return kept(alert, [*events, *paged], [*effects, *more])


def _others(alert: Alert, person: str) -> set[tuple[str, str]]:
    """Whoever was paged and is still waited for, but `person`."""
    waited = woken(alert) if alert.status is Status.FIRING else set()
    waited |= {pair for pair in woken(alert) if pair[0] in alert.helpers}
    return {pair for pair in waited if pair[0] != person}


def _told(alert: Alert, person: str | None, what: str, by: str) -> list[Effect]:
    """The word to a person about what somebody else did."""
    if not person or person == by:
        return []
    return [TellAlert(alert.id, alert.nth, person, what, alert.revision, by)]


def _ladder(alert: Alert, verb: str) -> Ladder:
    if alert.ladder is None:
        raise Refused(f"OpsGenie pages for this alert; {verb} it there.")
    return alert.ladder
