"""Gaps and warnings: what a rotation's next weeks hold that somebody should know."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from setflow import chores, effects, present
from setflow.calendar import BusinessDays
from setflow.db import Tx
from setflow.definitions import Configuration
from setflow.errors import Refused
from setflow.facts import DepartureFacts, FindingsFacts, Told
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules import Finding, Ground, Someone
from setflow.team.spec import Person
from setflow.views import contacts
from setflow.views.crew import utc
from setflow.wording import seat_label

_WHY = {
    "unknown": "has no account in Mattermost",
    "deactivated": "is deactivated in Mattermost",
    "guest": "is a guest in Mattermost",
    "not-in-team": "is not in the Mattermost team any more",
}

COMPANY = "company"
"""The calendar of whoever names none."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found of rotations from `start` to `end`: by urgency, then by time."""

    configuration: Configuration
    rotations: tuple[str, ...]
    start: datetime
    end: datetime
    found: tuple[Finding, ...]

    def said(self, one: Finding) -> str:
        """A finding as a sentence without its instants and its full stop."""
        people = self.configuration.people
        words = rules.said(one, lambda name: people[name].title if name in people else name)
        return words[:1].upper() + words[1:]


def look_ahead(tx: Tx, name: str, start: datetime, length: timedelta, *, now: datetime) -> Look:
    """What is found of a rotation, or (with "") of all, in a stretch of time. Raises Refused."""
    here = present.read(tx, now, since=start)
    gone = chores.state(tx, chores.PEOPLE).get("gone", {})
    ground = Ground(
        here.history,
        here.overrides,
        rotations.absences(tx, start, start + length),
        someones(here.configuration, gone, contacts.unverified(tx, here)),
    )
    return look_by(here.configuration, ground, name, start, length)


def ground_of(configuration: Configuration, history: rules.History) -> Ground:
    """What a file alone says: without stand-ins and absences, everybody is in Mattermost."""
    return Ground(history, (), (), someones(configuration, {}))


def look_by(
    configuration: Configuration, ground: Ground, name: str, start: datetime, length: timedelta
) -> Look:
    """The same by a ground of one's own."""
    known = tuple(configuration.rotations)
    if name and name not in known:
        raise Refused(f"There is no rotation {name}; there is {', '.join(known) or 'none yet'}.")
    names = (name,) if name else known
    # What is about seats of two rotations is found in both.
    found = dict.fromkeys(
        one for each in names for one in rules.find(ground, each, start, start + length)
    )
    ordered = sorted(found, key=rules.urgency)
    return Look(configuration, names, start, start + length, tuple(ordered))


def someones(
    configuration: Configuration,
    gone: Mapping[str, str],
    unverified: Collection[str] = (),
) -> dict[str, Someone]:
    """The people of a configuration.

    gone        by name, why somebody is not in Mattermost
    unverified  who has contact methods that are not counted on
    """
    people = configuration.people
    reached = any(person.contact for person in people.values())
    return {
        name: Someone(
            person.timezone or configuration.zone,
            person.awake,
            _days(configuration, person),
            person.since,
            person.until,
            _WHY.get(gone.get(name, ""), ""),
            silent=reached and not person.contact,
            unverified=name in unverified,
        )
        for name, person in people.items()
    }


def _days(configuration: Configuration, person: Person) -> BusinessDays | None:
    return configuration.calendars.get(person.calendar or COMPANY)


def findings_json(look: Look) -> dict[str, Any]:
    """The JSON of `setflow schedule --gaps` and `GET /api/gaps`."""
    return {
        "rotations": list(look.rotations),
        "from": utc(look.start),
        "to": utc(look.end),
        "findings": [
            {
                "kind": one.kind,
                "seats": list(one.seats),
                "people": list(one.people),
                "start": utc(one.start),
                "end": utc(one.end),
                "times": one.times,
                "hours": round(one.length / timedelta(hours=1), 2),
                "said": look.said(one),
            }
            for one in look.found
        ],
    }


def findings_facts(tx: Tx, rotation: str, *, now: datetime) -> FindingsFacts:
    """What a post on a rotation, or (with "") on all, says as of now. Raises Refused."""
    ahead = look_ahead(tx, rotation, now, rules.AHEAD, now=now)
    here = present.read(tx, now)
    definition = here.configuration.rotations.get(rotation)
    lead, channel = (definition.lead, definition.channel) if definition else (None, None)
    return FindingsFacts(
        rotation=rotation,
        title=seat_label(rotation) if rotation else "All rotations",
        channel=here.channel(channel) if channel else "",
        zone=here.configuration.zone,
        days=rules.AHEAD.days,
        found=tuple(
            Told(one.kind, one.start, one.end, ahead.said(one), one.people) for one in ahead.found
        ),
        leads=here.all_named(here.holders(lead, turn="next")) if lead else (),
    )


def shown(tx: Tx, here: Present, effect: effects.ShowFindings) -> FindingsFacts | None:
    """What is posted; None for a rotation that is gone."""
    if effect.rotation not in here.configuration.rotations:
        return None
    return findings_facts(tx, effect.rotation, now=here.now)


def departure(tx: Tx, here: Present, effect: effects.TellDeparture) -> DepartureFacts | None:
    """Who is gone, and from when on they are missed; None where they are back, or not on duty."""
    why = chores.state(tx, chores.PEOPLE).get("gone", {}).get(effect.person)
    ground = Ground(here.history, here.overrides, (), {})
    first = rules.first_duty(ground, effect.person, here.now, here.now + rules.AHEAD)
    if why is None or first is None:
        return None
    return DepartureFacts(
        here.named(effect.person),
        _WHY[why],
        seat_label(first.seat),
        first.start,
        here.configuration.zone,
    )
