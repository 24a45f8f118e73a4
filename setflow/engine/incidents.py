"""Incidents and their updates, as the engine works them."""

from collections.abc import Iterable
from typing import Literal

from setflow import expression
from setflow.db import Tx
from setflow.due import Duty
from setflow.effects import Decision, Effect
from setflow.engine.messages import PageAsked, UpdateSaid
from setflow.engine.work import Work
from setflow.engine.world import of_run, ticket_key
from setflow.errors import Refused
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert
from setflow.incident import rules, spec
from setflow.incident import store as incidents
from setflow.incident.spec import Incident
from setflow.playbook import store as runs
from setflow.playbook.spec import Run
from setflow.present import Present
from setflow.team.rules import Directory
from setflow.ticket import store as tickets
from setflow.ticket.rules import Comment, Ticket

SUPPORT = "support"


def declare(work: Work, run: Run, duty: Duty) -> Iterable[object]:
    """Open the incident of a run that owes updates."""
    key = ticket_key(run.facts)
    ticket = tickets.get(work.tx, [key]).get(key) if key else None
    number = work.incidents.records.new_id(work.tx)
    message = spec.Declare(
        number,
        run.id,
        key or run.title,
        ticket.summary if ticket else run.title,
        (ticket.customer if ticket else None) or "",
        (ticket.level if ticket else None) or "",
        ticket.url if ticket else "",
        run.channel,
        next(iter(run.roles.get(duty.owed_by, ())), ""),
        duty,
        paged=_paged_for(work, key),
    )
    decision = rules.declare(message, work.now, _around(work, run))
    return keep(work, run, decision, new=True)


def _paged_for(work: Work, key: str) -> tuple[str, ...]:
    """People who were paged for open alerts that name the ticket."""
    work.alerts.flush()
    return escalations.paged_for(work.tx, key) if key else ()


def close_of_run(work: Work, run: int) -> Iterable[object]:
    """The incident of a run ends with it."""
    return [
        event
        for incident in _held(work, incidents.lock_open(work.tx, run=run))
        for event in _close(work, incident, "its run is over")
    ]


def follow_ticket(work: Work, ticket: Ticket) -> Iterable[object]:
    """An incident follows its ticket: level, assignee, and the end."""
    events: list[object] = []
    for incident in _held(work, incidents.lock_open(work.tx, ticket=ticket.key)):
        run = work.runs.get(incident.run)
        around = _around(work, run)
        owner = next(iter(run.roles.get(incident.duty.owed_by if incident.duty else "", ())), "")
        level = spec.LevelChanged(incident.id, ticket.level or "")
        events += keep(work, run, rules.level_changed(incident, level, work.now, around))
        current = work.incidents.get(incident.id)
        other = spec.Reassign(incident.id, owner)
        events += keep(work, run, rules.reassign(current, other, work.now, around))
        if not ticket.open:
            events += _close(
                work, work.incidents.get(incident.id), f"the ticket is {ticket.status}"
            )
    return events


def follow_run(work: Work, run: Run) -> Iterable[object]:
    """An incident's owner follows the roles of its run."""
    events: list[object] = []
    for incident in _held(work, incidents.lock_open(work.tx, run=run.id)):
        owner = next(iter(run.roles.get(incident.duty.owed_by if incident.duty else "", ())), "")
        message = spec.Reassign(incident.id, owner)
        decision = rules.reassign(incident, message, work.now, _around(work, run))
        events += keep(work, run, decision)
    return events


def commented(work: Work, key: str, comment: Comment) -> Iterable[object]:
    """A comment on the ticket of an incident may be its update."""
    person = Directory.of(work.present.configuration.people).by_jira(comment.author)
    if person is None:
        return ()
    said = UpdateSaid(
        person.name, comment.text, comment.at, f"jira:{comment.id}", how="jira", ticket=key
    )
    return update_said(work, said)


def update_said(work: Work, message: UpdateSaid) -> Iterable[object]:
    """Take a status update. Raises Refused where one was asked for and it does not count."""
    incident = _meant(work, message)
    if incident is None:
        if message.how in ("command", "button"):
            raise Refused(
                "No open incident is meant: write it in an incident's channel, or name its ticket "
                "first, as in `/set update MM-58112 fix is in review`."
            )
        return ()
    run = work.runs.get(incident.run)
    how = message.how
    number = incidents.add_update(
        work.tx, incident.id, message.ref, at=message.at, said=(message.person, how, message.text)
    )
    if not number:
        return ()
    source = _source(work.present, run, incident, message)
    around = _around(work, run)
    if message.nothing:
        nothing = spec.NothingNew(incident.id, message.person, number, source)
        return keep(work, run, rules.nothing_new(incident, nothing, work.now, around))
    noted = spec.NoteUpdate(
        incident.id,
        message.person,
        message.at,
        how,
        message.text,
        number,
        source,
        tag="#status" if how == "post" else "",
    )
    return keep(work, run, rules.note_update(incident, noted, work.now, around))


def _meant(work: Work, message: UpdateSaid) -> Incident | None:
    if message.incident is not None:
        return work.incidents.get(message.incident)
    if message.ticket:
        found = incidents.lock_open(work.tx, ticket=message.ticket)
    else:
        known = incidents.in_channel(work.tx, message.channel)
        found = [known] if known else []
    return work.incidents.get(found[-1].id) if found else None


def _source(
    present: Present, run: Run, incident: Incident, message: UpdateSaid
) -> Literal["owner", "crew", "support", ""]:
    person = message.person
    if person == incident.owner:
        return "owner"
    crew = {name for names in run.roles.values() for name in names}
    if person in crew or present.seats_of_person(person):
        return "crew"
    # Whoever may post in a run of the Playbooks plugin takes part in it: it is support's.
    supports = person in present.configuration.groups.get(SUPPORT, ())
    return "support" if supports or message.how == "playbooks" else ""


def mark_paged(work: Work, alert: Alert, person: str) -> Iterable[object]:
    """Remember who was paged for the incidents that an alert is about, or whose ticket it names."""
    events: list[object] = []
    for number, ticket in work.open_incidents.items():
        about = alert.details.get("incident") == str(number)
        if about or _names(alert, ticket):
            incident = work.incidents.get(number)
            run = work.runs.get(incident.run)
            message = spec.MarkPaged(incident.id, (person,))
            decision = rules.mark_paged(incident, message, work.now, _around(work, run))
            events += keep(work, run, decision)
    return events


def _names(alert: Alert, ticket: str) -> bool:
    return ticket in alert.title or ticket in alert.details.values()


def wake(work: Work, incident: Incident) -> Iterable[object]:
    """Send the nudges that are due."""
    run = work.runs.get(incident.run)
    return keep(work, run, rules.wake(incident, work.now, _around(work, run)))


def live_channels(work: Work) -> list[str]:
    """The channels of open incidents."""
    found = [incident.channel for incident in incidents.open_incidents(work.tx)]
    return list(dict.fromkeys(channel for channel in found if channel))


def page_crew(tx: Tx, number: int, by: str) -> PageAsked:
    """What pages the crew of an incident: the seat that its playbook's primary role names.

    Raises Refused if it is over.
    """
    incident = incidents.get(tx, number)
    if incident is None or incident.status == "over":
        raise Refused("That incident is over; nobody is paged.")
    run = runs.get(tx, incident.run)
    roles = run.playbook.roles if run else {}
    primary = roles.get("primary")
    seat = primary.seat if primary else next((one.seat for one in roles.values() if one.seat), "")
    if not seat:
        raise Refused("Its playbook names no seat to page; use `/set page PERSON TEXT`.")
    title = f"{incident.ticket}: {incident.title}"
    return PageAsked(seat, title, by, key=f"incident:{number}", details={"incident": str(number)})


def _close(work: Work, incident: Incident, why: str) -> list[object]:
    run = work.runs.get(incident.run)
    message = spec.CloseIncident(incident.id, why)
    return keep(work, run, rules.close(incident, message, work.now, _around(work, run)))


def _held(work: Work, found: Iterable[Incident]) -> list[Incident]:
    return [work.incidents.hold(one) or one for one in found]


def _around(work: Work, run: Run) -> spec.Surroundings:
    world = of_run(work, run)
    return spec.Surroundings(
        roles=run.roles,
        days=world.days,
        evaluate=expression.evaluate,
        zones=world.zones,
        facts=world.facts,
        titles=world.titles,
    )


def keep(work: Work, run: Run, decision: Decision[Incident], *, new: bool = False) -> list[object]:
    """Take over a decision on an incident."""
    version = f"playbook {run.playbook.name} (version {run.playbook.version[:8]})"

    def reason(effect: Effect) -> str:
        stage = getattr(effect, "stage", None)
        return f"{version}: updates{f', nudge {stage}' if stage else ''}"

    return list(work.keep(work.incidents, decision, reason, new=new))
