"""Incidents, checklists and hand-overs in words. Pure: facts and `now` in, posts out."""

from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Button, Pen, Post
from setflow.adapters.mattermost.text import escape, escape_lines, link, mention, names, when
from setflow.facts import (
    EndedNudgeFacts,
    HandoverFacts,
    HandoverItem,
    IncidentFacts,
    RunFacts,
    TaskFacts,
    TaskNudgeFacts,
    UpdateFacts,
    UpdateNudgeFacts,
)

LINES_SHOWN = 40
BUTTONS_SHOWN = 5
OVER = ("done", "skipped")


def run_post(run: RunFacts, pen: Pen) -> Post:
    """One phase's checklist: a line a task, what changed last, a button for each task due next."""
    lines = [_task_line(task, run.zone, pen.now) for task in run.tasks[:LINES_SHOWN]]
    hidden = len(run.tasks) - len(lines)
    summary = f" · {escape(run.summary, 300)}" if run.summary else ""
    head = f"**{escape(run.title)} — {escape(run.phase_title)}**{summary}"
    message = "\n".join([head, *lines, *([f"… and {hidden} more"] if hidden else [])])
    return pen.post(message, pen.bar(*_run_state(run, pen.now), _done_buttons(run), run.zone))


def task_nudge(nudge: TaskNudgeFacts, pen: Pen) -> Post:
    """A reminder of one task to one person, in a direct message."""
    task, due = nudge.task, ""
    if task.due:
        verb = "was due" if task.due < pen.now else "is due"
        due = f" {verb} **{when(task.due, nudge.zone, now=pen.now)}**"
    still = "Still open: " if nudge.stage > 1 else ""
    button = Button("done", "Done", {"do": "done", "run": nudge.run, "task": task.id}, "primary")
    return pen.post(
        f"{still}**{escape(task.title)}** ({escape(nudge.title)}){due or ' is open'}.",
        pen.bar(RED, "Waiting for you.", [button]),
        mentions=(nudge.person,),
    )


def incident_post(incident: IncidentFacts, pen: Pen) -> Post:
    """An incident in its channel: who has it, whether anybody was paged, what it owes."""
    owner = f"{escape(incident.owner.title)} has it" if incident.owner else "nobody has it yet"
    paged = f"Paged: {names(incident.paged)}." if incident.paged else "Nobody was paged."
    head = f"**{_name(incident)}{_traits(incident)}: {escape(incident.title)}**"
    if incident.closed_at:
        over = when(incident.closed_at, incident.zone, now=pen.now)
        return pen.post(f"{head} — over since {over}.", pen.bar(GREEN, "Over.", zone=incident.zone))
    attached = escape(incident.attached_to)
    said = [paged, f"Support runs it in {attached}." if attached else "", _owes(incident, pen.now)]
    return pen.post(
        f"{head} — {owner}. {' '.join(filter(None, said))}",
        pen.bar(*_incident_state(incident, pen.now), _incident_buttons(incident), incident.zone),
    )


def update_nudge(nudge: UpdateNudgeFacts, pen: Pen) -> Post:
    """A reminder of the status update that an incident owes: direct, or in its thread."""
    incident, zone, now = nudge.incident, nudge.zone, pen.now
    told = ""
    if nudge.next_at and nudge.next_person:
        at = when(nudge.next_at, zone, now=now)
        yours = nudge.next_person in nudge.people
        whom = "You are told again" if yours else f"{escape(nudge.next_person.title)} is told"
        told = f" {whom} at {at}."
    words = " “Nothing new” was said twice already: this one wants words."
    wanted = words if nudge.words_wanted else ""
    bar = pen.bar(RED, "An update is owed.", _update_buttons(nudge))
    if nudge.by == "thread":
        call = f"Still no update on {_name(incident)} — {mention(nudge.people)}."
        return pen.post(call + told + wanted, bar, mentions=nudge.people)
    since = "yet"
    if incident.last_update_at:
        since = f"since **{when(incident.last_update_at, zone, now=now)}**"
    return pen.post(
        f"{_name(incident)}{_traits(incident)} has had no update {since}"
        f"{_due(incident, zone, now)}.{told}{wanted}",
        bar,
        mentions=nudge.people,
    )


def ended_nudge(ended: EndedNudgeFacts, pen: Pen) -> Post:
    """What becomes of a reminder when there is nothing left to do: no buttons."""
    incident, now = ended.incident, pen.now
    if ended.why == "answered" and incident.last_update_at:
        by, at = incident.last_update_by, when(incident.last_update_at, ended.zone, now=now)
        return pen.post(
            f"✓ {_name(incident)} has its update, by {escape(by)} at {at}.",
            pen.bar(GREEN, "Nothing for you to do."),
        )
    said = "no update came that day" if ended.why == "missed" else "no update is owed any more"
    return pen.post(f"{_name(incident)}: {said}.", pen.bar(GREY, "Nothing to do here."))


def update_post(update: UpdateFacts, pen: Pen) -> Post:
    """A status update that came in elsewhere, for the incident's thread."""
    at = when(update.at, update.incident.zone, now=pen.now)
    return pen.post(
        f"**Update** by {escape(update.by)} ({escape(update.how)}, {at}):\n"
        f"{escape_lines(update.text)}"
    )


def handover_post(handover: HandoverFacts, pen: Pen) -> Post:
    """What goes from one crew to the next; notifies the incoming crew, who take over."""
    at = (
        f" at {when(handover.handoff_at, handover.zone, now=pen.now)}"
        if handover.handoff_at
        else ""
    )
    head = (
        f"**Hand-over: {escape(handover.title)}** — {names(handover.outgoing)} to "
        f"{mention(handover.incoming) or 'nobody yet'}{at}."
    )
    unowned = [item for item in (*handover.incidents, *handover.tickets) if not item.stays]
    parts = [head]
    for title, items in (("Incidents", handover.incidents), ("Tickets", handover.tickets)):
        parts.append(f"\n**{title}: {len(items) or 'none'}**")
        parts += [_item_line(item, handover.zone, pen.now) for item in items[:LINES_SHOWN]]
        hidden = len(items) - LINES_SHOWN
        parts += [f"… and {hidden} more"] if hidden > 0 else []
    words = f"{len(unowned)} without an owner in the incoming crew."
    state = (RED, words) if unowned else (GREEN, "All have an owner in the incoming crew.")
    return pen.post(
        "\n".join(parts), pen.bar(*state, zone=handover.zone), mentions=handover.incoming
    )


def _task_line(task: TaskFacts, zone: ZoneInfo, now: datetime) -> str:
    title = escape(task.title)
    note = f" — {escape(task.note)}" if task.note else ""
    if task.status == "skipped":
        return f"– {title}: skipped{note}"
    if task.status == "done":
        at = when(task.done_at, zone, now=now) if task.done_at else ""
        by = ", ".join(filter(None, [escape(task.done_by), at]))
        return f"✓ {title}{f' ({by})' if by else ''}{note}"
    due = when(task.due, zone, now=now) if task.due else ""
    late = "overdue since " if due and task.status == "overdue" else ""
    whom = ", ".join(filter(None, [names(task.people) or escape(task.role), late + due]))
    return f"▢ {title} ({whom}){note}"


def _run_state(run: RunFacts, now: datetime) -> tuple[str, str]:
    if not run.tasks:
        return GREY, "Nothing to do yet."
    done = sum(task.status in OVER for task in run.tasks)
    count = f"{done} of {len(run.tasks)} done"
    finished = [task for task in run.tasks if task.status == "done" and task.done_at]
    if finished:
        last = max(finished, key=lambda task: task.done_at or now)
        count += f" · last: {escape(last.title)}"
    if run.ended_at:
        return GREY, f"Ended {when(run.ended_at, run.zone, now=now)}, {count}"
    if done == len(run.tasks):
        return GREEN, count
    return (RED if any(task.status == "overdue" for task in run.tasks) else AMBER), count


def _done_buttons(run: RunFacts) -> list[Button]:
    """Buttons `done1`, `done2`, … by a task's place in its phase, for those due first."""
    if run.ended_at:
        return []
    waiting = [(at, task) for at, task in enumerate(run.tasks, 1) if task.status not in OVER]
    waiting.sort(key=lambda pair: (pair[1].due is None, pair[1].due or run.started_at))
    return [
        Button(f"done{at}", f"✓ {task.title}", {"do": "done", "run": run.id, "task": task.id})
        for at, task in waiting[:BUTTONS_SHOWN]
    ]


def _name(incident: IncidentFacts) -> str:
    return link(incident.key, incident.url)


def _traits(incident: IncidentFacts) -> str:
    traits = ", ".join(escape(trait, 60) for trait in (incident.customer, incident.level) if trait)
    return f" ({traits})" if traits else ""


def _due(incident: IncidentFacts, zone: ZoneInfo, now: datetime) -> str:
    if incident.due_at is None:
        return ""
    at = when(incident.due_at, zone, now=now)
    if incident.due_at < now:
        return f"; one was due {at}"
    return f"; one is due {'today ' if at[0].isdigit() else ''}by {at}"


def _owes(incident: IncidentFacts, now: datetime) -> str:
    last = ""
    if incident.last_update_at:
        by = f" by {escape(incident.last_update_by)}" if incident.last_update_by else ""
        last = f"Last update {when(incident.last_update_at, incident.zone, now=now)}{by}"
    due = _due(incident, incident.zone, now) if incident.owed else ""
    if not last and due:
        last = "No update yet"
    return f"{last}{due}." if last else ""


def _incident_state(incident: IncidentFacts, now: datetime) -> tuple[str, str]:
    if incident.owed and incident.due_at and incident.due_at <= now:
        return RED, "An update is owed."
    if incident.owner is None:
        return RED, "Waiting for an owner."
    return AMBER, f"{escape(incident.owner.title)} has it; not over yet."


def _incident_buttons(incident: IncidentFacts) -> list[Button]:
    update = _incident_button(incident.id, "update", "Post update")
    page = Button("pageset", "Page the crew", {"do": "page-set", "incident": incident.id})
    return [update] if incident.paged else [update, page]


def _update_buttons(nudge: UpdateNudgeFacts) -> list[Button]:
    update = _incident_button(nudge.incident.id, "update", "Post update", "primary")
    nothing = Button(
        "nothingnew", "Nothing new", {"do": "nothing-new", "incident": nudge.incident.id}
    )
    return [update] if nudge.words_wanted else [update, nothing]


def _incident_button(incident: int, do: str, name: str, style: str = "default") -> Button:
    return Button(do, name, {"do": do, "incident": incident}, style)


def _item_line(item: HandoverItem, zone: ZoneInfo, now: datetime) -> str:
    level = f" · {escape(item.level, 20)}" if item.level else ""
    owner = f"owner {escape(item.owner)}" if item.owner else "no owner"
    leaves = "" if item.stays else " — **needs an owner in the incoming crew**"
    at = item.last_update_at
    said = f" · last word {when(at, zone, now=now)}" if at else ""
    what = f"**{link(item.key, item.url)}** {escape(item.title, 80)}"
    return f"- {what}{level} · {owner}{leaves}{said}"
