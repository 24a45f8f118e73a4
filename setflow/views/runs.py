"""What posts about runs and incidents need to know, and the header of a rotation's channel."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from setflow import effects, expression
from setflow.db import Tx
from setflow.facts import (
    ChannelFacts,
    EndedNudgeFacts,
    HandoverFacts,
    HandoverItem,
    IncidentFacts,
    InviteFacts,
    RulePostFacts,
    RunFacts,
    TaskFacts,
    TaskNudgeFacts,
    UpdateFacts,
    UpdateNudgeFacts,
    Who,
)
from setflow.incident import store as incidents
from setflow.incident.spec import Incident
from setflow.playbook import store as runs
from setflow.playbook.spec import Run, TaskState
from setflow.present import Present
from setflow.rotation import rules as rotation
from setflow.team.rules import Directory
from setflow.ticket import store as tickets
from setflow.ticket.rules import Ticket
from setflow.views import pictures

MOST_NOTHING_NEW = 2


def header_text(here: Present, name: str) -> str:
    """Who is on, as the header of a rotation's channel says it: by the playbook's template."""
    template = _header_template(here, name) or DEFAULT_HEADER
    facts = _header_facts(here, name)
    with suppress(ValueError):
        return expression.fill(template, facts)
    return expression.fill(DEFAULT_HEADER, facts)


DEFAULT_HEADER = "{{ rotation }}: {{ people }} · until {{ turn_end }}"


def _header_template(here: Present, name: str) -> str:
    for playbook in here.configuration.playbooks.values():
        ours = any(trigger.rotation == name for trigger in playbook.triggers)
        if playbook.header and ours:
            return playbook.header
    return ""


def _header_facts(here: Present, name: str) -> dict[str, Any]:
    seats = here.seats(name)
    turns = [turn for seat in seats if (turn := rotation.turn_at(here.history, seat, here.now))]
    handoff = rotation.next_handoff(here.history, name, here.now)
    ends = min((turn.end for turn in turns), default=handoff)
    zone = here.configuration.rotations[name].zone
    said: dict[str, list[str]] = {}
    for seat in seats:
        _, *rest = seat.split(".")
        role, shift = (rest[-1], rest[0]) if len(rest) == 2 else ("".join(rest[-1:]), "")
        for who in here.all_named(here.holders(seat)):
            first = who.title.split()[0]
            label = f" ({shift.upper() if len(shift) <= 4 else shift.capitalize()})"
            said.setdefault(role, []).append(first + (label if shift else ""))
    roles = {role or "people": " · ".join(people) or "nobody" for role, people in said.items()}
    return {
        "primary": "nobody",
        "backup": "nobody",
        "lead": "nobody",
        **roles,
        "rotation": name.upper() if len(name) <= 4 else name,
        "people": " · ".join(person for people in said.values() for person in people) or "nobody",
        "turn_end": ends.astimezone(zone).strftime("%a %-d %b %H:%M") if ends else "further notice",
    }


def run(tx: Tx, here: Present, effect: effects.ShowRun) -> RunFacts | None:
    """One phase of a run."""
    found = runs.get(tx, effect.run)
    if found is None:
        return None
    phase = next(one for one in found.playbook.phases if one.id == effect.phase)
    inside = {task.id for task in phase.tasks}
    return RunFacts(
        id=found.id,
        playbook=found.playbook.name,
        version=found.playbook.version,
        title=found.title,
        phase=phase.id,
        phase_title=phase.title,
        channel=_channel(here, found),
        zone=found.playbook.zone,
        tasks=tuple(_task(here, found, state) for state in _latest(found) if state.task in inside),
        summary=_summary(tx, here, found) if phase is found.playbook.phases[0] else "",
        started_at=found.started_at,
        ended_at=found.ended_at,
    )


def _channel(here: Present, found: Run) -> str:
    return here.channel(found.channel) if found.channel else here.channel("operations")


def _latest(found: Run) -> list[TaskState]:
    """The state of each task, of a repeated one the newest, in the playbook's order."""
    newest = {state.task: state for state in found.tasks}
    order = [task.id for phase in found.playbook.phases for task in phase.tasks]
    return sorted(newest.values(), key=lambda state: order.index(state.task))


def _task(here: Present, found: Run, state: TaskState) -> TaskFacts:
    task = found.playbook.task(state.task)
    overdue = state.status == "open" and state.overdue
    return TaskFacts(
        id=state.task,
        title=state.title,
        role=task.role if task else "",
        people=here.all_named(state.people),
        due=state.due,
        status="overdue" if overdue else state.status,
        done_by=here.named(state.done_by).title if state.done_by else "",
        done_at=state.done_at,
        note=state.note if state.status == "skipped" else "",
    )


def _summary(tx: Tx, here: Present, found: Run) -> str:
    """The first line of a rotation's run: the crew, and which open tickets nobody of it has."""
    if "rotation" not in found.facts:
        return ""
    seats = here.seats(str(found.facts["rotation"]))
    crew = {
        role.name: names
        for role in found.playbook.roles.values()
        if role.turn == "present" and role.seat and (names := found.roles.get(role.name, ()))
    }
    inside = {name for names in crew.values() for name in names}
    order = sorted(crew, key=lambda role: _place(seats, found.playbook.roles[role].seat))
    said = "; ".join(f"{role}: {_titles(here, crew[role])}" for role in order)
    said = f"{said[:1].upper()}{said[1:]}." if said else "Nobody is in the crew."
    if found.ended_at:
        return said
    directory = Directory.of(here.configuration.people)
    carried = tickets.open_tickets(tx)
    without = [one for one in carried if _owner(directory, one) not in inside]
    count = len(carried)
    if not count:
        return f"{said} No ticket is carried over."
    plural = f"{count} ticket{'s are' if count != 1 else ' is'} carried over"
    if not without:
        return f"{said} {plural}, each with an owner in this crew."
    keys = ", ".join(one.key for one in without[:10])
    more = f" and {len(without) - 10} more" if len(without) > 10 else ""
    return f"{said} {plural}, {len(without)} without an owner in this crew: {keys}{more}."


def _place(seats: Sequence[str], target: str) -> int:
    """Where the first seat of a role, such as `set.primary`, stands among those of its rotation."""
    role = target.rpartition(".")[2]
    return next((at for at, seat in enumerate(seats) if seat.endswith(role)), len(seats))


def _titles(here: Present, names: Iterable[str]) -> str:
    return ", ".join(here.named(name).title for name in names)


def _owner(directory: Directory, ticket: Ticket) -> str:
    person = directory.by_jira(ticket.assignee or "")
    return person.name if person else ""


def task_nudge(tx: Tx, here: Present, effect: effects.NudgeTask) -> TaskNudgeFacts | None:
    """A reminder of a task."""
    found = runs.get(tx, effect.run)
    wanted = (effect.task, effect.occurrence)
    tasks = found.tasks if found else ()
    state = next((one for one in tasks if one.key == wanted), None)
    if found is None or state is None:
        return None
    return TaskNudgeFacts(
        run=found.id,
        title=found.title,
        task=_task(here, found, state),
        person=here.named(effect.person),
        zone=here.zone_of(effect.person),
        stage=effect.stage,
    )


def rule_post(tx: Tx, here: Present, effect: effects.RulePost) -> RulePostFacts | None:
    """What a rule says, to a username or a channel's name."""
    found = runs.get(tx, effect.run)
    if found is None:
        return None
    kind, name = effect.to[0], effect.to[1:]
    to = f"@{here.named(name).username}" if kind == "@" else f"~{here.channel(name)}"
    playbook = found.playbook
    return RulePostFacts(to, effect.text, playbook.name, playbook.version, effect.rule)


def channel(tx: Tx, _: Present, effect: effects.OpenChannel) -> ChannelFacts | None:
    """The channel of a run."""
    found = runs.get(tx, effect.run)
    return ChannelFacts(found.title) if found else None


def invite(_: Tx, here: Present, effect: effects.Invite) -> InviteFacts:
    """Whom to bring into a channel."""
    return InviteFacts(here.channel(effect.channel), here.all_named(effect.people), effect.why)


def handover(tx: Tx, here: Present, effect: effects.ShowHandover) -> HandoverFacts | None:
    """What goes from one crew to the next: open tickets and incidents, and who comes."""
    found = runs.get(tx, effect.run)
    if found is None:
        return None
    roles = found.playbook.roles.values()
    outgoing = _of_roles(found, [role.name for role in roles if role.turn == "present"])
    incoming = _of_roles(found, [role.name for role in roles if role.turn == "next"])
    directory = Directory.of(here.configuration.people)
    live = incidents.open_incidents(tx)
    by_ticket = {one.ticket: one for one in live}
    turn_end = found.facts.get("turn_end")
    handoff = datetime.fromisoformat(turn_end) if turn_end else None
    return HandoverFacts(
        run=found.id,
        title=found.title,
        channel=_channel(here, found),
        zone=found.playbook.zone,
        outgoing=here.all_named(outgoing),
        incoming=here.all_named(incoming),
        handoff_at=handoff,
        tickets=tuple(
            HandoverItem(
                one.key,
                one.url,
                one.summary,
                one.level or "",
                here.named(owner).title if (owner := _owner(directory, one)) else one.assignee_name,
                owner in incoming,
                None,
            )
            for one in tickets.open_tickets(tx)
            if one.key not in by_ticket
        ),
        incidents=tuple(
            HandoverItem(
                one.ticket,
                one.url,
                one.title,
                one.level,
                here.named(one.owner).title if one.owner else "",
                one.owner in incoming,
                one.last_update.at if one.last_update else None,
            )
            for one in live
        ),
        coming=pictures.turn_ahead(here, str(found.facts.get("rotation")), handoff)
        if handoff
        else None,
    )


def _of_roles(found: Run, names: Iterable[str]) -> tuple[str, ...]:
    people = [person for name in names for person in found.roles.get(name, ())]
    return tuple(dict.fromkeys(people))


def incident(tx: Tx, here: Present, effect: effects.ShowIncident) -> IncidentFacts | None:
    """An incident as it stands."""
    found = incidents.get(tx, effect.incident)
    return incident_facts(here, found) if found else None


def incident_facts(here: Present, found: Incident) -> IncidentFacts:
    """An incident as posts say it."""
    last = found.last_update
    return IncidentFacts(
        id=found.id,
        key=found.ticket,
        url=found.url,
        title=found.title,
        customer=found.customer,
        level=found.level,
        channel=here.channel(found.channel) if found.channel else here.channel("operations"),
        zone=found.duty.zone if found.duty else here.configuration.zone,
        owner=here.named(found.owner) if found.owner else None,
        opened_at=found.opened_at,
        paged=here.all_named(found.paged),
        last_update_at=last.at if last else None,
        last_update_by=here.named(last.by).title if last else "",
        due_at=found.due_at,
        owed=bool(found.day),
        closed_at=found.closed_at,
    )


def update_nudge(tx: Tx, here: Present, effect: effects.NudgeUpdate) -> UpdateNudgeFacts | None:
    """A reminder of an update."""
    found = incidents.get(tx, effect.incident)
    playing = runs.get(tx, found.run) if found else None
    if found is None or playing is None:
        return None
    next_at: datetime | None = None
    next_person: Who | None = None
    nudges = found.duty.nudges if found.duty else ()
    if effect.stage < len(nudges) and found.due_at:
        following = nudges[effect.stage]
        next_at = found.due_at + following.after
        people = playing.roles.get(following.to, ())
        next_person = here.named(people[0]) if people else None
    facts = incident_facts(here, found)
    return UpdateNudgeFacts(
        incident=facts,
        people=here.all_named(effect.people),
        zone=facts.zone if effect.by == "thread" else here.zone_of(effect.people[0]),
        stage=effect.stage,
        by=effect.by,
        words_wanted=found.nothing_new >= MOST_NOTHING_NEW,
        next_at=next_at,
        next_person=next_person,
    )


def ended_nudge(tx: Tx, here: Present, effect: effects.EndNudge) -> EndedNudgeFacts | None:
    """A reminder of an update that is settled, in the clock of whoever got it."""
    found = incidents.get(tx, effect.incident)
    if found is None:
        return None
    facts = incident_facts(here, found)
    people = effect.nudge.rpartition(":")[2].split("+")
    return EndedNudgeFacts(
        facts, here.zone_of(people[0]) if len(people) == 1 else facts.zone, effect.why
    )


def update(tx: Tx, here: Present, effect: effects.ShowUpdate) -> UpdateFacts | None:
    """A status update that came in elsewhere."""
    found = incidents.get(tx, effect.incident)
    row = incidents.update(tx, effect.update)
    if found is None or row is None:
        return None
    return UpdateFacts(
        incident=incident_facts(here, found),
        text=row.text,
        by=here.named(row.person).title,
        how=row.how,
        at=row.at,
    )


def open_tasks(tx: Tx, here: Present, channel: str) -> list[tuple[int, str, str]]:
    """Open tasks as (run, task, title): of runs of this channel first, then of all others."""
    found = sorted(runs.open_runs(tx), key=lambda one: (_channel(here, one) != channel, -one.id))
    return [
        (one.id, state.task, state.title)
        for one in found
        for state in _latest(one)
        if state.status == "open"
    ]
