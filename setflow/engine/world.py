"""The world that runs and incidents are decided in: roles, calendars, tickets, as they are now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from setflow import expression
from setflow.calendar import BusinessDays
from setflow.engine.work import Work
from setflow.playbook.spec import Playbook, Role, Run, Surroundings
from setflow.present import Present
from setflow.team.rules import Directory
from setflow.ticket import store as tickets
from setflow.ticket.rules import Ticket

MONDAY_TO_FRIDAY = BusinessDays(None, frozenset(), "")


def of_run(work: Work, run: Run) -> Surroundings:
    """The world that a run is decided in."""
    return surroundings(work, run.playbook, run.facts)


def surroundings(work: Work, playbook: Playbook, facts: Mapping[str, Any]) -> Surroundings:
    """The world that a run of a playbook, about these facts, is decided in."""
    present = work.present
    configuration = present.configuration
    key = ticket_key(facts)
    ticket = tickets.get(work.tx, [key]).get(key) if key else None
    return Surroundings(
        roles={
            name: _people(present, role, ticket=ticket, turn_end=facts.get("turn_end"))
            for name, role in playbook.roles.items()
        },
        days=configuration.calendars.get(playbook.calendar, MONDAY_TO_FRIDAY),
        zone=playbook.zone,
        evaluate=expression.evaluate,
        render=expression.fill,
        zones={name: present.zone_of(name) for name in configuration.people},
        groups=configuration.groups,
        facts={"ticket": ticket_facts(present, ticket)} if ticket else {},
        titles={name: one.title for name, one in configuration.people.items()},
    )


def _people(
    present: Present, role: Role, *, ticket: Ticket | None, turn_end: Any
) -> tuple[str, ...]:
    if role.seat and role.turn == "next" and turn_end:
        # The next of this run's turn: of a lead who stays on, that is the lead.
        return present.holders_at(role.seat, datetime.fromisoformat(turn_end))
    if role.seat:
        return present.holders(role.seat, turn=role.turn)
    if role.of_ticket:
        assignee = ticket.assignee if ticket else None
        person = Directory.of(present.configuration.people).by_jira(assignee or "")
        return (person.name,) if person else ()
    found: dict[str, None] = {}
    for one in role.people:
        kind, _, name = one.partition(":")
        names = present.configuration.groups.get(name, ()) if kind == "group" else (name,)
        found |= dict.fromkeys(names)
    return tuple(found)


def ticket_facts(present: Present, ticket: Ticket) -> dict[str, Any]:
    """What conditions and templates may ask of a ticket."""
    person = Directory.of(present.configuration.people).by_jira(ticket.assignee or "")
    facts = {
        "key": ticket.key,
        "summary": ticket.summary,
        "customer": ticket.customer or ticket.summary,
        "level": ticket.level or "",
        "status": ticket.status,
        "open": ticket.open,
        "team": ticket.team,
        "priority": ticket.priority,
        "assignee": person.name if person else "",
        "url": ticket.url,
    }
    facts["resolved"] = not ticket.open
    return facts


def ticket_key(facts: Mapping[str, Any]) -> str:
    """The ticket that a run is about; "" for none."""
    ticket = facts.get("ticket", "")
    return str(ticket.get("key", "")) if isinstance(ticket, Mapping) else str(ticket)
