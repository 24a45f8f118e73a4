"""Playbook runs and tickets, as the engine works them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from setflow import outbox
from setflow.effects import Decision, Effect, Invite, Receipt, RulePost, ShowHandover
from setflow.engine import alerts, incidents
from setflow.engine.messages import PageAsked, Triggered
from setflow.engine.news import CommentNews, PluginRunSeen, Rebind, RunNews, TicketNews
from setflow.engine.work import Work
from setflow.engine.world import of_run, surroundings, ticket_facts, ticket_key
from setflow.errors import Refused
from setflow.playbook import rules, spec
from setflow.playbook import store as runs
from setflow.playbook.spec import Playbook, Run, Surroundings
from setflow.present import Present
from setflow.rotation import rules as rotation
from setflow.team.rules import Directory
from setflow.ticket import rules as ticket_rules
from setflow.ticket import store as tickets
from setflow.ticket.rules import TicketSeen


def triggered(work: Work, message: Triggered) -> Iterable[object]:
    """Start, or join, the runs that an event asks for. Raises Refused where `by` may not."""
    events: list[object] = []
    known: list[str] = []
    asked = False
    for playbook in work.present.configuration.playbooks.values():
        known += [one.text for one in playbook.triggers if one.event == "slash"]
        facts = _json({**_turn(work.present, playbook, message), **message.facts})
        around = surroundings(work, playbook, facts)
        for wanted in rules.wanted(playbook, message.event, facts, work.now, around):
            if message.by:
                _may_start(work.present, wanted.trigger.allow, around, message.by)
            asked = True
            events += _start(work, playbook, wanted, message)
    if message.event == "slash" and not asked:
        raise Refused(f"Nothing starts by that. What does: {', '.join(known) or 'nothing yet'}.")
    return events


def _start(
    work: Work, playbook: Playbook, wanted: rules.Wanted, message: Triggered
) -> list[object]:
    handoff = message.event == "rotation.handoff"
    if handoff and runs.known(work.tx, playbook.name, wanted.dedupe):
        return []
    found = runs.lock_open(work.tx, playbook.name, wanted.dedupe)
    existing = work.runs.hold(found[0]) if found else None
    number = existing.id if existing else work.runs.records.new_id(work.tx)
    around = surroundings(work, playbook, wanted.facts)
    begin = spec.Start(
        number,
        playbook,
        wanted.dedupe,
        wanted.facts,
        by=message.by,
        # A late tick counts from the handoff all the same.
        due=_instant(message.facts.get("turn_start")) if handoff else None,
        channel=_attached(work, playbook, wanted.facts),
    )
    return keep(work, rules.start(existing, begin, work.now, around), new=existing is None)


def _attached(work: Work, playbook: Playbook, facts: Mapping[str, Any]) -> str:
    """The channel of support's own run about the ticket, where the playbook attaches to it."""
    key = ticket_key(facts)
    receipt = outbox.receipt(work.tx, f"plugin:{key}") if playbook.attach and key else None
    return receipt.channel if receipt else ""


def plugin_run_seen(work: Work, message: PluginRunSeen) -> Iterable[object]:
    """Remember a run of support's, to attach to it."""
    outbox.keep_receipt(
        work.tx, f"plugin:{message.key}", Receipt(message.channel, message.run), now=work.now
    )
    return ()


def _turn(present: Present, playbook: Playbook, message: Triggered) -> dict[str, Any]:
    """The present turn of the rotation that a trigger of the playbook speaks of."""
    for trigger in playbook.triggers:
        if trigger.rotation and message.event == "slash":
            seats = present.seats(trigger.rotation)
            turns = [rotation.turn_at(present.history, seat, present.now) for seat in seats]
            known = [turn for turn in turns if turn]
            if known:
                return {
                    "rotation": trigger.rotation,
                    "turn_start": max(turn.start for turn in known),
                    "turn_end": min(turn.end for turn in known),
                }
    return {}


def _may_start(present: Present, allow: tuple[str, ...], around: Surroundings, by: str) -> None:
    allowed: set[str] = set(present.configuration.admins)
    for one in allow:
        kind, _, name = one.partition(":")
        allowed |= {name} if kind == "person" else set()
        allowed |= set(around.roles.get(name, ())) if kind == "role" else set()
        allowed |= set(around.groups.get(name, ())) if kind == "group" else set()
    if allow and by not in allowed and by != "shell":
        who = Directory.of(present.configuration.people).titles(sorted(allowed))
        raise Refused(f"That is started by {who}; ask there.")


def tick_task(work: Work, message: spec.TickTask) -> Iterable[object]:
    """Settle a task, or take that back. Raises Refused."""
    run = work.runs.get(message.run)
    return keep(work, rules.tick(run, message, work.now, of_run(work, run)))


def wake_run(work: Work, run: Run) -> Iterable[object]:
    """Do what is due in a run."""
    return keep(work, rules.wake(run, work.now, of_run(work, run)))


def rebind(work: Work, message: Rebind) -> Iterable[object]:
    """Move roles and open tasks with the seats of a rotation."""
    events: list[object] = []
    for loaded in runs.lock_open(work.tx):
        run = work.runs.hold(loaded) or loaded
        seats = [role.seat for role in run.playbook.roles.values() if role.seat]
        if any(seat.partition(".")[0] == message.rotation for seat in seats):
            moved = spec.Rebind(run.id, message.why)
            events += keep(work, rules.rebind(run, moved, work.now, of_run(work, run)))
    return events


def run_news(work: Work, message: RunNews) -> Iterable[object]:
    """What a run's event asks of the others."""
    match message.event:
        case spec.RunStarted(run, updates=duty) if duty:
            return incidents.declare(work, work.runs.get(run), duty)
        case spec.RoleMoved(run):
            return incidents.follow_run(work, work.runs.get(run))
        case spec.RunEnded(run):
            return incidents.close_of_run(work, run)
        case spec.ActionWanted(run, _, "handover.post"):
            return _act(work, run, [ShowHandover(run)])
        case spec.ActionWanted(run, task, "invite", people) if people:
            return _invite_next(work, work.runs.get(run), task, people)
        case spec.ActionWanted(run, task, "page.test", people):
            return _page_test(work, work.runs.get(run), task, people)
    return ()


def _invite_next(work: Work, run: Run, task: str, people: tuple[str, ...]) -> Iterable[object]:
    """Bring those who come into the live incidents' channels; who stays on is there already."""
    roles = run.playbook.roles.values()
    here = {one for role in roles if role.turn == "present" for one in run.roles[role.name]}
    new = tuple(one for one in people if one not in here)
    live = incidents.live_channels(work) if new else []
    why = "you are the incoming crew"
    return _act(work, run.id, [Invite(channel, new, why, f"{run.id}.{task}") for channel in live])


def _act(work: Work, run: int, effects: list[Effect]) -> Iterable[object]:
    playbook = work.runs.get(run).playbook
    reason = f"playbook {playbook.name} (version {playbook.version[:8]}): action"
    return work.note(f"run:{run}", (), effects, reason)


def _page_test(work: Work, run: Run, task: str, people: tuple[str, ...]) -> Iterable[object]:
    events: list[object] = []
    for person in people:
        asked = PageAsked(
            f"person:{person}",
            f"Test page for {run.title}: acknowledge it, and paging works",
            by=f"playbook {run.playbook.name}",
            key=f"{run.id}:{task}:{person}",
            test=True,
            details={"run": str(run.id), "task": task},
        )
        events += alerts.page_asked(work, asked)
    return events


def ticket_seen(work: Work, message: TicketSeen) -> Iterable[object]:
    """Take over what a pull saw of a ticket."""
    key = message.ticket.key
    before = tickets.lock(work.tx, [key]).get(key)
    known = tickets.known_comments(work.tx, key)
    decision = ticket_rules.seen(before, known, message)
    tickets.save(work.tx, decision.state)
    new = [one.comment for one in decision.events if isinstance(one, ticket_rules.CommentSeen)]
    tickets.add_comments(work.tx, key, new)
    return work.note(f"ticket:{key}", decision.events, (), "Jira")


def ticket_news(work: Work, message: TicketNews) -> Iterable[object]:
    """Runs and the incident of a ticket follow it."""
    ticket = message.ticket
    facts = {"ticket": ticket_facts(work.present, ticket)}
    events = list(triggered(work, Triggered("ticket.changed", facts)))
    for loaded in runs.lock_open(work.tx):
        run = work.runs.hold(loaded) or loaded
        if ticket_key(run.facts) == ticket.key:
            events += keep(work, rules.facts_changed(run, work.now, of_run(work, run)))
    return [*events, *incidents.follow_ticket(work, ticket)]


def comment_news(work: Work, message: CommentNews) -> Iterable[object]:
    """A comment may be the update that an incident owes."""
    return incidents.commented(work, message.key, message.comment)


def keep(work: Work, decision: Decision[Run], *, new: bool = False) -> list[object]:
    """Take over a decision on a run."""
    playbook = decision.state.playbook

    def reason(effect: Effect) -> str:
        what = f"rule {effect.rule}" if isinstance(effect, RulePost) else ""
        for name in ("task", "phase"):
            what = what or (f"{name} {getattr(effect, name)}" if hasattr(effect, name) else "")
        said = f"playbook {playbook.name} (version {playbook.version[:8]})"
        return f"{said}: {what or 'channel'}"

    return list(work.keep(work.runs, decision, reason, new=new))


def _json(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in facts.items()
    }


def _instant(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
