"""What a run makes of each message."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from setflow.calendar import instant
from setflow.effects import Decision
from setflow.errors import Refused
from setflow.playbook.rules.asking import bound, holds, newest, said, settled, week
from setflow.playbook.rules.work import Work
from setflow.playbook.spec import (
    EndRun,
    PhaseState,
    Playbook,
    Rebind,
    Run,
    Start,
    Surroundings,
    TaskState,
    TickTask,
    Trigger,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A run that a trigger asks for."""

    trigger: Trigger
    dedupe: str
    facts: Mapping[str, Any]


def wanted(
    playbook: Playbook, event: str, facts: Mapping[str, Any], now: datetime, around: Surroundings
) -> tuple[Wanted, ...]:
    """The runs that `event` asks for: rotation.handoff, slash or ticket.changed.

    facts  handoff: rotation, turn_start, turn_end (ISO 8601) · slash: text (after the name of the
           command), and the turn of the trigger's rotation · ticket.changed: ticket
    """
    found = []
    for trigger in playbook.triggers:
        if trigger.event != event or not _fits(trigger, facts, around):
            continue
        filled = {name: said(around, text, facts) for name, text in trigger.parameters.items()}
        given = {**facts, **filled}
        dedupe = said(around, trigger.dedupe, facts) or f"{trigger.id}/{now.isoformat()}"
        found.append(Wanted(trigger, dedupe, given))
    return tuple(found)


def _fits(trigger: Trigger, facts: Mapping[str, Any], around: Surroundings) -> bool:
    if trigger.event == "rotation.handoff" and trigger.rotation != facts.get("rotation"):
        return False
    if trigger.event == "slash" and trigger.text.split() != str(facts.get("text")).split():
        return False
    return not trigger.condition or holds(around, trigger.condition, facts)


def start(
    existing: Run | None, message: Start, now: datetime, around: Surroundings
) -> Decision[Run]:
    """Begin a run; where `existing`, the open run of the same key, is given: join it.

    Raises Refused if that one may not be joined, or a parameter is missing.
    """
    book = message.playbook
    if existing is not None:
        if book.conflict == "refuse":
            raise Refused(f"{existing.title} runs already; end it before you start another.")
        return Work(existing, now, around).finish()
    missing = [
        one.name for one in book.parameters if one.required and not message.facts.get(one.name)
    ]
    if missing:
        raise Refused(f"{book.name} needs to know its {missing[0]}; name it and start again.")
    _check_target(message, around)
    begun = message.due or now
    facts = {**message.facts, **around.facts, "week": week(begun, around.zone)}
    turn_end = message.facts.get("turn_end")
    run = Run(
        id=message.id,
        playbook=book,
        dedupe=message.dedupe,
        facts=dict(message.facts),
        title=said(around, book.title, facts),
        channel=message.channel,
        status="open",
        started_at=begun,
        ends_at=datetime.fromisoformat(turn_end).astimezone(UTC)
        if book.ends and turn_end
        else None,
        ended_at=None,
        why_ended="",
        roles={name: bound(book, name, around) for name in book.roles},
        phases={phase.id: PhaseState() for phase in book.phases},
        tasks=(),
    )
    work = Work(run, now, around)
    work.begin(message.by)
    return work.finish()


def _check_target(message: Start, around: Surroundings) -> None:
    if "T" in message.facts:
        try:
            instant(str(message.facts["T"]), around.zone)
        except ValueError as error:
            raise Refused(f"{message.playbook.name} counts from T: {error}") from None


def tick(run: Run, message: TickTask, now: datetime, around: Surroundings) -> Decision[Run]:
    """Settle a task, or take that back; of a repeated task the newest occurrence.

    A task that a run left open at its end may still be done. Raises Refused if there is nothing to
    change: it says who did it, what comes first, or which tasks are open.
    """
    work = Work(run, now, around)
    work.settle()
    state = newest(work.run, message.task)
    if state is None:
        raise Refused(_unknown(work.run, message.task))
    if message.undo:
        work.reopen(state, message.by)
    else:
        _may_tick(work.run, state, around.titles)
        work.done(state, now, message.by, message.how)
    return work.finish()


def _unknown(run: Run, name: str) -> str:
    task = run.playbook.task(name)
    if task:
        phase = run.playbook.phase_of(name)
        return f"“{task.title}” has not come up yet; it does with {phase.title}."
    names = [state.task for state in run.tasks if state.status == "open"]
    listed = ", ".join(dict.fromkeys(names)) or "none"
    return f'{run.title} has no task "{name}"; open are: {listed}.'


def _may_tick(run: Run, state: TaskState, titles: Mapping[str, str]) -> None:
    if state.status == "done":
        by = titles.get(state.done_by, state.done_by)
        raise Refused(f"“{state.title}” was done by {by}; nothing changed.")
    if state.status == "skipped":
        raise Refused(f"“{state.title}” was skipped: {state.note}. There is nothing to do.")
    task = run.playbook.task(state.task)
    for need in task.needs if task else ():
        if not settled(run, need):
            first = run.playbook.task(need)
            raise Refused(f"“{first.title if first else need}” comes first; do that one.")


def rebind(run: Run, message: Rebind, now: datetime, around: Surroundings) -> Decision[Run]:
    """Bind the roles again that move on `message.why`; their open tasks go with them."""
    work = Work(run, now, around)
    work.settle()
    moving = {role.name for role in run.playbook.roles.values() if message.why in role.rebind}
    work.bind(moving)
    return work.finish()


def facts_changed(run: Run, now: datetime, around: Surroundings) -> Decision[Run]:
    """Bind roles that are the ticket's assignee again, and ask all conditions."""
    work = Work(run, now, around)
    work.settle()
    work.bind({role.name for role in run.playbook.roles.values() if role.of_ticket})
    return work.finish()


def wake(run: Run, now: datetime, around: Surroundings) -> Decision[Run]:
    """Do what has fallen due by `now`."""
    return Work(run, now, around).finish()


def end(run: Run, message: EndRun, now: datetime, around: Surroundings) -> Decision[Run]:
    """End a run before its time; what its rules would still have posted is dropped.

    Raises Refused if it is over.
    """
    work = Work(run, now, around)
    work.settle()
    if work.run.status == "over":
        raise Refused(f"{run.title} is over; nothing changed.")
    work.over(now, f"{message.why} ({message.by})" if message.why else f"ended by {message.by}")
    work.run = replace(work.run, firings=())
    return work.finish()


def still_open(run: Run, task: str, occurrence: str) -> bool:
    """Whether that task still waits for somebody, so that a nudge of it makes sense."""
    return run.status == "open" and any(
        state.key == (task, occurrence) and state.status == "open" for state in run.tasks
    )
