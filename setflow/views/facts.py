"""What a post needs to know when it is sent, read as things stand."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from setflow import definitions, effects, outbox
from setflow.db import Tx
from setflow.effects import Effect
from setflow.escalation import rules as escalation
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert
from setflow.escalation.spec import Target
from setflow.facts import (
    AlertFacts,
    AlertNewsFacts,
    AnswerFacts,
    BackFacts,
    DeadLetterFacts,
    Facts,
    HeaderFacts,
    MembersFacts,
    MirrorFacts,
    PageFacts,
    Passed,
    WarnFacts,
    Who,
)
from setflow.present import Present, read
from setflow.team.spec import MENTION
from setflow.views import (
    contacts,
    feeds,
    findings,
    mails,
    notes,
    notices,
    pictures,
    remote,
    runs,
    standins,
    storms,
)
from setflow.views.crew import seat_label

MEMBERS_NAMED = 5
"""How many of a group's alerts a post names; it counts the rest."""


def facts(tx: Tx, effect: Effect, *, now: datetime) -> Facts | None:
    """What `effect` is to say; None where it says nothing of its own."""
    reading = _READINGS.get(type(effect))
    return reading(tx, read(tx, now), effect) if reading else None


def alert_facts(here: Present, alert: Alert) -> AlertFacts:
    """An alert as it stands."""
    coming = escalation.coming(alert, _skips(here, alert))
    next_people: tuple[Who, ...] = ()
    if coming:
        # Who has the seat when the step is due, which may be after a handoff.
        at = max(coming[0], here.now)
        named = (name for target in coming[1] for name in here.answering(target, at))
        next_people = here.all_named(dict.fromkeys(one for one in named if one not in alert.joined))
    return AlertFacts(
        id=alert.id,
        nth=alert.nth,
        round=alert.round,
        step=alert.step,
        title=alert.title,
        priority=alert.priority,
        source=alert.source,
        url=alert.url,
        details=alert.details,
        status=str(alert.status),
        count=alert.count,
        fired_at=alert.fired_at,
        zone=here.configuration.zone,
        channel=alert.channel,
        owner=here.named(alert.owner) if alert.owner else None,
        owned_at=alert.owned_at,
        how=alert.how,
        closed_at=alert.closed_at,
        closed_by=here.named(alert.closed_by).title if alert.closed_by else "",
        passed=tuple(
            Passed(
                one.at,
                here.all_named(one.people),
                tuple(seat_label(target) for target in one.empty),
                one.unless,
            )
            for one in alert.passed
        ),
        next_at=coming[0] if coming and not alert.ended else None,
        next_people=next_people,
        nobody=alert.ended,
        mirrored=alert.ladder is None,
        until=alert.until,
        held=alert.held,
        back=_back(here, alert),
        joined=here.all_named(alert.joined),
        missing=here.all_named(escalation.missing(alert)),
        helpers=here.all_named(alert.helpers),
        offered=here.named(alert.offer.person) if alert.offer else None,
        offered_until=alert.offer.until if alert.offer else None,
        check_at=alert.check_at,
        origin=mails.origin(here, alert),
        by=mails.writer(alert),
        members=MembersFacts(alert.group.size, alert.group.open) if alert.group else None,
    )


def _listed(tx: Tx, here: Present, alert: Alert) -> AlertFacts:
    """An alert as it stands, with the names of those that are one with it."""
    found = alert_facts(here, alert)
    if found.members is None or found.members.size == 1:
        return found
    names = dict.fromkeys(escalations.member_names(tx, alert.id, MEMBERS_NAMED + 1))
    others = tuple(name for name in names if name != alert.title)[:MEMBERS_NAMED]
    return replace(found, members=replace(found.members, names=others))


def _skips(here: Present, alert: Alert) -> frozenset[int]:
    """The steps of its ladder that will be passed over, as things stand when it goes on."""
    if alert.ladder is None or alert.next_at is None or not alert.ladder.conditional:
        return frozenset()
    about = {
        "source": alert.source,
        "key": alert.key,
        "title": alert.title,
        "priority": alert.priority,
        "details": dict(alert.details),
        "url": alert.url,
        "tags": list(alert.tags),
    }
    return definitions.passed_over(here.configuration, alert.ladder, about, alert.next_at)


def _back(here: Present, alert: Alert) -> BackFacts | None:
    back = alert.back
    return BackFacts(back.why, here.named(back.person), back.at) if back else None


def _alert_news(tx: Tx, here: Present, effect: effects.TellAlert) -> AlertNewsFacts | None:
    alert = escalations.get(tx, effect.alert)
    # A source may have an alert in its own name; it is told nothing.
    if alert is None or here.person(effect.person) is None:
        return None
    return AlertNewsFacts(
        alert_facts(here, alert),
        here.named(effect.person),
        effect.what,
        here.named(effect.by),
        here.zone_of(effect.person),
    )


def _alert(tx: Tx, here: Present, effect: Any) -> AlertFacts | None:
    alert = escalations.get(tx, effect.alert)
    if alert is None:
        return None
    found = _listed(tx, here, alert)
    return found if effect.nth == alert.nth else replace(found, status="anew")


def _answer(tx: Tx, here: Present, effect: effects.AnswerMail) -> AnswerFacts | None:
    alert = escalations.get(tx, effect.alert)
    return mails.answer(tx, here, effect, alert_facts(here, alert)) if alert else None


def _mirror(tx: Tx, here: Present, effect: effects.MirrorAlert) -> MirrorFacts | None:
    alert = escalations.get(tx, effect.alert)
    if alert is None or alert.remote is None:
        return None
    person = here.person(effect.person)
    user = (person and person.opsgenie) or here.named(effect.person).title
    return MirrorFacts(alert.remote, user, alert.until)


def _page(tx: Tx, here: Present, effect: Any) -> PageFacts | None:
    alert = escalations.get(tx, effect.alert)
    if alert is None:
        return None
    person = here.person(effect.person)
    to = ""
    for contact in person.contact if person else ():
        if contact.via == effect.method:
            to = here.channel(contact.to) if contact.via == MENTION else contact.to
    seat, until = _seat_on(here, alert, effect.person)
    now_on = alert.nth == effect.nth
    joined = now_on and effect.person in alert.joined
    return PageFacts(
        alert=_listed(tx, here, alert),
        person=here.named(effect.person),
        zone=here.zone_of(effect.person),
        method=effect.method,
        to=to,
        seat=seat_label(seat) if seat else "",
        until=until,
        wanted=alert.status is escalation.Status.FIRING and now_on and not joined,
        mine=alert.owner == effect.person,
        late_seconds=getattr(effect, "late_seconds", 0),
        folded=getattr(effect, "folded", 0),
        again=False,
        helps=now_on and effect.person in alert.helpers,
        joined=joined,
    )


def _seat_on(here: Present, alert: Alert, person: str) -> tuple[str, datetime | None]:
    """The seat of the alert's ladder that a person is on now, and until when."""
    targets: Iterable[Target] = alert.ladder.targets() if alert.ladder else ()
    for target in targets:
        if target.kind != "seat":
            continue
        for seat in here.seats(target.name):
            standing = here.who(seat)
            if person in standing.people:
                return seat, standing.until
    return "", None


def _header(_: Tx, here: Present, effect: effects.ShowHeader) -> HeaderFacts | None:
    definition = here.configuration.rotations.get(effect.rotation)
    if definition is None or definition.channel is None:
        return None
    return HeaderFacts(here.channel(definition.channel), runs.header_text(here, effect.rotation))


def _dead(tx: Tx, here: Present, effect: effects.DeadLetter) -> DeadLetterFacts | None:
    row = outbox.find(tx, effect_id=effect.effect)
    if row is None:
        return None
    return DeadLetterFacts(
        effect=effect.effect,
        what=_WHATS.get(row.kind, row.kind).format_map(row.payload),
        page=row.kind == "PagePerson",
        error=row.error or "",
        since=row.decided_at,
        tries=row.attempts,
        waiting=outbox.behind(tx, row.id, row.lane),
        zone=here.configuration.zone,
        outcome=effect.outcome,
        by=here.named(effect.by).title if effect.by else "",
    )


def _warn(_: Tx, __: Present, effect: effects.Warn) -> WarnFacts:
    return WarnFacts(effect.what)


_WHATS = {
    "PagePerson": "page {person} by {method} for alert {alert}",
    "ShowDigest": "tell {person} by {method} of all their alerts at once",
    "UpdatePage": "bring the page of {person} by {method} for alert {alert} up to date",
    "PageChannel": "page ~{channel} for alert {alert}",
    "ShowAlert": "show alert {alert}",
    "RemindChannel": "say that still nobody has alert {alert}",
    "TellAlert": "tell {person} of alert {alert} ({what})",
    "MirrorAlert": "{verb} alert {alert} in OpsGenie",
    "AnswerMail": "answer {to} about alert {alert} ({what})",
    "ShowMail": "show a mail about alert {alert}",
    "ShowNote": "show a note on alert {alert}",
    "ShowHeader": "write the header for {rotation}",
    "TellDuty": "tell {person} of their duty in {rotation} ({what})",
    "ShowGroup": "keep the user group of {rotation}",
    "TellOverride": "tell {person} about override {override}",
    "ShowRequest": "show request {request}",
    "BumpRequest": "say that nobody has taken request {request}",
    "TellRequest": "tell {person} of request {request} ({what})",
    "TellAbsence": "tell {person} of absence {absence}",
    "TryContact": "send {person} a test page by {via}",
    "TellContact": "tell {person} to verify their contact methods",
    "TellFeed": "tell {person} that their calendar of absences cannot be read",
    "ShowRun": "show the checklist {phase} of run {run}",
    "NudgeTask": "remind {person} of {task} of run {run}",
    "RulePost": "post what rule {rule} of run {run} says to {to}",
    "OpenChannel": "make the channel ~{name}",
    "Invite": "invite people into ~{channel}",
    "ShowIncident": "show incident {incident}",
    "NudgeUpdate": "remind {person} of the update of incident {incident}",
    "ShowUpdate": "post an update of incident {incident}",
    "ShowFindings": "post what is ahead of {rotation}",
    "ShowShadow": "report how OpsGenie and setflow differed up to {day}",
    "ShowRemoteSchedule": "post how OpsGenie's schedule of {target} differs",
    "KeepRemoteOverride": "keep override {alias} in OpsGenie's schedule of {target}",
    "TellDeparture": "tell that {person} is gone",
    "ShowHandover": "post the hand-over of run {run}",
    "ShowSchedule": "post the next weeks of {rotation}",
}
"""What a dead letter was to do, by the kind of its effect."""

_READINGS: dict[type, Callable[[Tx, Present, Any], Facts | None]] = {
    effects.PagePerson: _page,
    effects.UpdatePage: _page,
    effects.ShowAlert: _alert,
    effects.RemindChannel: _alert,
    effects.PageChannel: _alert,
    effects.TellAlert: _alert_news,
    effects.MirrorAlert: _mirror,
    effects.ShowHeader: _header,
    effects.TellDuty: notices.notice,
    effects.ShowGroup: notices.group,
    effects.TellOverride: standins.override,
    effects.ShowRequest: standins.shown,
    effects.BumpRequest: standins.bumped,
    effects.TellRequest: standins.told,
    effects.TellAbsence: standins.absence,
    effects.TellFeed: feeds.failed,
    effects.TryContact: contacts.tried,
    effects.TellContact: contacts.told,
    effects.ShowRun: runs.run,
    effects.NudgeTask: runs.task_nudge,
    effects.RulePost: runs.rule_post,
    effects.OpenChannel: runs.channel,
    effects.Invite: runs.invite,
    effects.ShowHandover: runs.handover,
    effects.ShowIncident: runs.incident,
    effects.NudgeUpdate: runs.update_nudge,
    effects.EndNudge: runs.ended_nudge,
    effects.ShowUpdate: runs.update,
    effects.ShowSchedule: pictures.shown,
    effects.ShowFindings: findings.shown,
    effects.TellDeparture: findings.departure,
    effects.ShowRemoteSchedule: remote.shown,
    effects.ShowShadow: remote.shadow,
    effects.KeepRemoteOverride: remote.override,
    effects.ShowDigest: storms.digest,
    effects.AnswerMail: _answer,
    effects.ShowMail: mails.shown,
    effects.ShowNote: notes.shown,
    effects.DeadLetter: _dead,
    effects.Warn: _warn,
}
