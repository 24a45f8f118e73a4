"""By what a person is reached for an alert: methods, as verified, and as quiet hours allow."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow import signature
from setflow.calendar import resolve
from setflow.effects import MATTERMOST
from setflow.escalation.rules import counted_on
from setflow.escalation.spec import Method
from setflow.present import Present
from setflow.team.spec import MENTION, Contact, Person, Quiet

DAYS_AHEAD = 3
"""Longer than anybody is waited for on a step, nearly always; what comes later is not held back."""

Verified = Collection[tuple[str, str, str]]
"""Person, method and receiver of what is known to reach somebody."""


def methods(
    present: Present, name: str, priority: str, verified: Verified | None
) -> tuple[Method, ...]:
    """By what a person is told of an alert of this priority, the soonest first.

    verified  None where each is taken to reach them
    """
    person = present.person(name)
    chat = Method(MATTERMOST, timedelta(0))
    if person is None or not person.contact:
        return (chat,)
    quiet = _stretches(person.quiet, priority, present.zone_of(name), present.now)
    waits = person.quiet is None or person.quiet.wait
    own = (
        Method(one.via, one.after, sure=_sure(person, one, verified), quiet=quiet, waits=waits)
        for one in person.contact
        if one.serves(priority)
    )
    return counted_on((chat, *own))


def _sure(person: Person, contact: Contact, verified: Verified | None) -> bool:
    if verified is None or contact.via == MENTION:
        return True
    return (person.name, contact.via, signature.receiver(contact.via, contact.to)) in verified


def _stretches(
    quiet: Quiet | None, priority: str, zone: ZoneInfo, now: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """The quiet hours around `now`, and of the days to come, for alerts of a priority."""
    if quiet is None or priority not in quiet.priorities:
        return ()
    today = now.astimezone(zone).date()
    later = timedelta(days=quiet.end <= quiet.start)
    days = (today + timedelta(days=number) for number in range(-1, DAYS_AHEAD))
    return tuple(
        (
            resolve(datetime.combine(day, quiet.start), zone),
            resolve(datetime.combine(day + later, quiet.end), zone),
        )
        for day in days
    )
