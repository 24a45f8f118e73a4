"""Alerts, as the engine works them: who answers, which ladder, who may, what follows."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from setflow import definitions, history
from setflow.db import Tx
from setflow.effects import (
    OPSGENIE,
    Decision,
    Effect,
    PagePerson,
    RemindChannel,
    ShowAlert,
)
from setflow.engine import answering, arrivals, floods, gathering, holding, holds, incidents
from setflow.engine.answering import TEST, directory
from setflow.engine.messages import AlertIn, Deciding, PageAsked, TestPagesAcknowledged
from setflow.engine.news import AlertNews
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import rules, spec
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert
from setflow.escalation.spec import Ladder, Step, Target
from setflow.present import Present
from setflow.team import rules as team

WAIT = timedelta(minutes=5)
"""How long a page by hand waits before it goes on."""
PAPERWORK_WAIT = timedelta(hours=24)
"""How long a playbook's test page can be acknowledged: its receiver may well be asleep."""
MOST_TESTS = 1000
"""Each is a page of one person's, and over within a day."""
HAND = "page"
MIRROR = "mirror"


def alert_in(work: Work, message: AlertIn) -> Iterable[object]:
    """Open, count or end the alert of a source."""
    existing = work.alerts.open(message.source, message.key)
    if not message.firing:
        if existing is None:
            return ()
        if arrivals.old(message, work.alerts.started(existing, message.source, message.key)):
            return ()
        return keep(work, gathering.left(work, existing, message))
    if existing is None and message.remote and escalations.known_remote(work.tx, message.remote):
        # It is over here, and OpsGenie has not heard so yet: that wakes nobody again.
        return ()
    if existing:
        gathering.begun_anew(work, existing, message)
    fired = fired_by(work.present, message)
    events = _fire(work, existing, fired) if existing else _begin(work, fired)
    return [*events, *_seen_there(work, message)] if message.remote else events


def _begin(work: Work, fired: spec.Fired) -> list[object]:
    """Open an alert, or have an open group, or what counts a flood, take it."""
    fired = holds.held(work, fired)
    taker = gathering.taker(work, fired)
    if taker:
        return keep(work, gathering.joined(work, taker, fired))
    if not _admitted(work, fired):
        return _folded(work, fired)
    for passed in gathering.passed(work, fired):
        keep(work, rules.give_up(passed))
    events = _fire(work, None, fired)
    gathering.begun(work, fired)
    return events


def _admitted(work: Work, fired: spec.Fired) -> bool:
    """Whether a source may have one more new alert; OpsGenie's are shown one by one."""
    if fired.remote:
        return True
    return work.floods.admits((fired.source, fired.priority), _limit(work, fired.source))


def _folded(work: Work, fired: spec.Fired) -> list[object]:
    """Count a new alert in the one that stands for all that its source sends too many of."""
    instead = floods.folded(fired, _limit(work, fired.source))
    work.floods.count_in((fired.source, fired.priority), instead.key)
    return _fire(work, work.alerts.open(instead.source, instead.key), instead)


def _limit(work: Work, source: str) -> spec.Limit:
    found = work.present.configuration.sources.get(source)
    return found.limit if found else spec.USUAL_LIMIT


def _fire(work: Work, existing: Alert | None, message: spec.Fired) -> list[object]:
    if existing and existing.remote:
        return []
    on_call = answering.on_call(work, message, message.ladder)
    number = existing.id if existing else work.alerts.new_id()
    decision = rules.fire(existing, message, new_id=number, now=work.now, on_call=on_call)
    return keep(work, decision, new=existing is None)


def _seen_there(work: Work, message: AlertIn) -> list[object]:
    """Do what was done with an alert in OpsGenie, and not here."""
    alert = work.alerts.open(message.source, message.key)
    if alert is None:
        return []
    known = directory(work.present).by_opsgenie(message.acknowledged_by)
    person = known.name if known else message.acknowledged_by
    there = spec.There(person, message.acknowledged_at, message.snoozed_until)
    on_call = answering.on_call_of(work, alert)
    decision = rules.seen_there(alert, there, now=work.now, on_call=on_call)
    return keep(work, decision) if decision else []


def fired_by(present: Present, message: AlertIn) -> spec.Fired:
    """What an alert of a source says, with the ladder, channel and group that are to have it."""
    ladder = ladder_for(present, message)
    return spec.Fired(
        message.source,
        message.key,
        message.title,
        message.priority,
        message.details,
        message.url,
        ladder,
        channel_for(present, ladder),
        message.remote,
        group=gathering.grouping(present, message) if ladder else None,
        tags=message.tags,
        started=message.started,
    )


def ladder_for(present: Present, message: AlertIn) -> Ladder | None:
    """The ladder of an alert; None where OpsGenie pages. Without routes, the only ladder there is,
    else one that pages the admins.
    """
    configuration = present.configuration
    mirrored = configuration.opsgenie is None or configuration.opsgenie.mode == MIRROR
    if message.remote and mirrored:
        return None
    if message.ladder:
        return configuration.ladders[message.ladder]
    facts = answering.facts_of(message)
    route = definitions.route(configuration, message.source, facts, now=present.now)
    if route:
        return configuration.ladders[route.ladder]
    if len(configuration.ladders) == 1:
        return next(iter(configuration.ladders.values()))
    named = configuration.admins or tuple(configuration.people)[:1]
    return _by_hand("admins", tuple(Target("person", name) for name in named))


def channel_for(present: Present, ladder: Ladder | None) -> str:
    """Where an alert is shown: the ladder's channel, else its rotation's, else operations."""
    if ladder and ladder.channel:
        return present.channel(ladder.channel)
    for target in ladder.targets() if ladder else ():
        rotation = present.configuration.rotations.get(target.name.split(".")[0])
        if target.kind == "seat" and rotation and rotation.channel:
            return present.channel(rotation.channel)
    return present.channel("operations")


def page_asked(work: Work, message: PageAsked) -> Iterable[object]:
    """Page somebody by hand: a seat that begins a ladder goes up that ladder, else they alone."""
    target = _target(work.present, message.target)
    ladder = next(
        (
            ladder
            for ladder in work.present.configuration.ladders.values()
            if target.kind == "seat" and target in ladder.steps[0].targets
        ),
        None,
    )
    source = TEST if message.test else HAND
    if ladder is None:
        wait = PAPERWORK_WAIT if answering.is_quiet(source, message.details) else WAIT
        ladder = _by_hand(str(target), (target,), rounds=1 if message.test else 3, wait=wait)
    fired = spec.Fired(
        source,
        message.key,
        message.text,
        "P3" if message.test else "P1",
        {**message.details, "asked by": work.present.named(message.by).title},
        "",
        ladder,
        channel_for(work.present, ladder),
    )
    if not message.test:
        work.note(f"person:{message.by}", [message], (), f"asked by {message.by}")
    existing = work.alerts.open(source, message.key)
    return _fire(work, existing, fired)


def alert_news(work: Work, message: AlertNews) -> Iterable[object]:
    """What an alert's event is to the others: an incident's page, a test page that arrived."""
    match message.event:
        case spec.Paged(number, person=person, method=method) if method != rules.CHANNEL:
            return incidents.mark_paged(work, work.alerts.get(number), person)
        case spec.Acknowledged(number, person) if work.alerts.get(number).source == TEST:
            return _tested(work, work.alerts.get(number), person)
        case spec.LadderEnded(number) if work.alerts.get(number).source == TEST:
            alert = work.alerts.get(number)
            over = spec.SourceResolved(alert.source, alert.key, work.now)
            return keep(work, rules.source_resolved(alert, over))
    return ()


def _tested(work: Work, alert: Alert, person: str) -> Iterable[object]:
    """A test page arrived: the alert is over, and so is the task that asked for it."""
    over = spec.Resolve(alert.id, person, TEST)
    events = keep(work, rules.resolve(alert, over, now=work.now, may=(person,)))
    run, task = alert.details.get("run"), alert.details.get("task")
    if run and task:
        work.alerts.flush()
        others = [
            one
            for one in escalations.open_alerts(work.tx, escalations.Which(TEST), MOST_TESTS)
            if dict(one.details) == dict(alert.details)
        ]
        if not others:
            events.append(TestPagesAcknowledged(int(run), task, person))
    return events


def recent_pages(tx: Tx, by: str, now: datetime) -> int:
    """How often somebody paged by hand in the last hour; tests of oneself do not count."""
    return history.recent(tx, "PageAsked", f"person:{by}", now - timedelta(hours=1))


def decide(work: Work, message: Deciding) -> Iterable[object]:
    """Do what a person asks. Raises Refused where `by` may not, or it is too late."""
    alert = work.alerts.get(message.alert)
    on_call = answering.on_call_of(work, alert)
    match message.verb:
        case "acknowledge" if holding.notes(alert, message):
            decision = holding.decide(work, alert, replace(message, verb="still"))
        case verb if verb in holding.VERBS:
            decision = holding.decide(work, alert, message)
        case "acknowledge":
            person = message.person or message.by
            taken = spec.Acknowledge(alert.id, person, message.by, message.how, message.nth)
            _say_who_has_it(work, alert, message)
            decision = rules.acknowledge(alert, taken, now=work.now, on_call=on_call)
        case "resolve":
            ended = spec.Resolve(alert.id, message.by, message.how, message.nth)
            may = answering.may_end(work, alert, message.by, "resolved")
            decision = rules.resolve(alert, ended, now=work.now, may=may)
        case "escalate":
            team.may_acknowledge(directory(work.present), message.by, person=message.by)
            asked = spec.Escalate(
                alert.id, message.by, message.how, message.nth, message.round, message.step
            )
            decision = rules.escalate(alert, asked, now=work.now, on_call=on_call)
        case _:
            verbs = ", ".join(["acknowledge", "resolve", "escalate", *holding.VERBS])
            raise Refused(f"An alert knows {verbs}; nothing else.")
    return keep(work, decision)


def _say_who_has_it(work: Work, alert: Alert, message: Deciding) -> None:
    if message.how == OPSGENIE:
        return
    team.may_acknowledge(directory(work.present), message.by, person=message.person or message.by)
    helps = (message.person or message.by) in alert.helpers
    if alert.status is rules.Status.ACKNOWLEDGED and alert.owner and alert.owned_at and not helps:
        owner = work.present.named(alert.owner).title
        at = alert.owned_at.astimezone(work.present.zone_of(message.by))
        raise Refused(f"{owner} has had it since {at:%H:%M}; nothing changed.")


def page_failed(work: Work, message: spec.PageFailed) -> Iterable[object]:
    """Take the next method, or the next step."""
    alert = work.alerts.get(message.alert)
    on_call = answering.on_call_of(work, alert)
    return keep(work, rules.page_failed(alert, message, now=work.now, on_call=on_call))


def wake(work: Work, alert: Alert) -> Iterable[object]:
    """Take what is due on an alert's ladder."""
    on_call = answering.on_call_of(work, alert)
    return keep(work, rules.wake(alert, now=work.now, on_call=on_call))


def keep(work: Work, decision: Decision[Alert], *, new: bool = False) -> list[object]:
    """Take over a decision on an alert."""
    alert = decision.state
    ladder = f"ladder {alert.ladder.name}" if alert.ladder else "OpsGenie pages, setflow shows"
    version = work.present.configuration.digest[:8]

    def reason(effect: Effect) -> str:
        if isinstance(effect, PagePerson):
            where = f"round {effect.round + 1}, step {effect.step + 1}"
            if effect.step < 0:
                where = "back to whoever snoozed it"
            if alert.ladder and effect.round >= alert.ladder.rounds:
                where = "fallback"
            return f"alert {alert.id}: {ladder}, {where} (configuration {version})"
        return f"alert {alert.id}: {ladder} (configuration {version})"

    if alert.source == TEST:
        # A test concerns nobody but the one who is tested.
        told = [one for one in decision.effects if not isinstance(one, ShowAlert | RemindChannel)]
        if alert.status is rules.Status.ACKNOWLEDGED:
            told = []  # it is over in the same moment, which is what its page then says
        decision = replace(decision, effects=told)
    answering.remember_turns(work, decision.events)
    return list(work.keep(work.alerts, decision, reason, new=new))


def _target(present: Present, text: str) -> Target:
    name = text.removeprefix("@")
    if text in present.configuration.rotations or present.seats(text):
        return Target("seat", text)
    if name in present.configuration.people:
        return Target("person", name)
    person = directory(present).by_username(name)
    if person:
        return Target("person", person.name)
    kind, _, name = text.partition(":")
    known = {
        "person": present.configuration.people,
        "group": present.configuration.groups,
        "team": present.configuration.teams,
    }
    if name not in known.get(kind, ()):
        raise Refused(f"{text} is neither a person nor a seat; `/set who` lists the seats.")
    return Target(kind, name)


def _by_hand(
    name: str, targets: tuple[Target, ...], *, rounds: int = 3, wait: timedelta = WAIT
) -> Ladder:
    return Ladder(f"page {name}", (Step(targets, wait),), rounds)
