"""Stand-ins, requests for them and absences: what posts say of them, and what lists do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from setflow import effects
from setflow.db import Tx
from setflow.facts import AbsenceFacts, Change, OverrideFacts, RequestFacts, RequestNewsFacts
from setflow.present import Present, read
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules import Absence
from setflow.rotation.rules.requests import Request, ending
from setflow.rotation.rules.standins import Part
from setflow.wording import seat_label

LOOK_AHEAD = timedelta(weeks=8)
FOREVER = timedelta(days=3660)


def requests(tx: Tx, *, now: datetime, rotation: str = "", person: str = "") -> list[RequestFacts]:
    """The requests that wait for an answer, oldest first, as `person` sees them.

    person  only those that they made, are asked or may decide, or that anybody may take; "" for all
    """
    here = read(tx, now)
    found = rotations.open_requests(tx, rotation=rotation)
    own = [one for one in found if not person or _concerns(one, person)]
    return [_request(here, one, person) for one in own]


def request(tx: Tx, number: int, *, now: datetime, reader: str = "") -> RequestFacts | None:
    """One request as `reader` sees it; None if there is none."""
    found = rotations.request(tx, number)
    return _request(read(tx, now), found, reader) if found else None


def overrides(tx: Tx, *, now: datetime, rotation: str = "") -> list[OverrideFacts]:
    """The stand-ins that are not over, by start; `person` and `zone` are the stand-in's."""
    here = read(tx, now)
    found = [
        one
        for one in here.overrides
        if one.end > now and rotation in ("", one.seat.partition(".")[0])
    ]
    rows = rotations.kept_overrides(tx, [one.id for one in found])
    rows.sort(key=lambda row: (row.starts_at, row.id))
    return [_override(here, [row], row.person, row.created_by) for row in rows]


def absences(tx: Tx, *, now: datetime, reader: str = "", person: str = "") -> list[AbsenceFacts]:
    """The absences that are not over, by start, as `reader` may see them."""
    here = read(tx, now)
    found = rotations.absences(tx, now, now + FOREVER, person=person)
    return [_absence(here, one, reader) for one in found]


def duties_of(
    tx: Tx,
    person: str,
    *,
    now: datetime,
    start: datetime | None = None,
    end: datetime | None = None,
) -> list[Change]:
    """What somebody is on from `start` (now) to `end` (eight weeks on): whole duties, by start."""
    here = read(tx, now)
    first, last = start or now, end or now + LOOK_AHEAD
    found = [
        duty
        for seat in here.history
        for duty in rules.duties(here.history, here.overrides, seat, first, last)
        if duty.person == person
    ]
    who = here.named(person)
    return [
        Change(duty.seat, seat_label(duty.seat), duty.start, duty.end, (who,), None)
        for duty in sorted(found, key=lambda duty: (duty.start, duty.seat))
    ]


def shown(tx: Tx, here: Present, effect: effects.ShowRequest) -> RequestFacts | None:
    """What the post of a request says; None for somebody who is not among the people any more."""
    found = rotations.request(tx, effect.request)
    if found is None or (effect.to and here.person(effect.to) is None):
        return None
    facts = _request(here, found, effect.to)
    if found.status != "open" or effect.to in found.receivers:
        return facts
    # For the lead it is over once whoever took it is refused or cannot; for others, open again.
    why = "It is open again; others can still take it."
    return replace(facts, status="refused", why=why, answers=())


def bumped(tx: Tx, here: Present, effect: effects.BumpRequest) -> RequestFacts | None:
    """What is said below it while nobody has taken it."""
    found = rotations.request(tx, effect.request)
    return _request(here, found, "") if found else None


def told(tx: Tx, here: Present, effect: effects.TellRequest) -> RequestNewsFacts | None:
    """What somebody is told of a request; None for who is not among the people any more."""
    found = rotations.request(tx, effect.request)
    if found is None or here.person(effect.person) is None:
        return None
    return RequestNewsFacts(
        _request(here, found, effect.person),
        here.named(effect.person),
        effect.what,
        here.named(effect.by) if effect.by else None,
    )


def override(tx: Tx, here: Present, effect: effects.TellOverride) -> OverrideFacts | None:
    """What somebody is told of stand-ins that were made, or undone, together.

    None for somebody who is not among the people any more.
    """
    found = rotations.kept_overrides(tx, (effect.override, *effect.also))
    if not found or here.person(effect.person) is None:
        return None
    return _override(here, found, effect.person, effect.by or found[0].created_by)


def absence(tx: Tx, here: Present, effect: effects.TellAbsence) -> AbsenceFacts | None:
    """What somebody is told of an absence that others put down or ended for them.

    None for somebody who is not among the people any more.
    """
    found = rotations.absence_ever(tx, effect.absence)
    if found is None or here.person(effect.person) is None:
        return None
    facts = _absence(here, found, effect.person)
    return replace(facts, by=here.named(effect.by).title, ended=effect.what == "ended")


def _concerns(request: Request, person: str) -> bool:
    own = (request.asker, request.taker, *request.receivers, *request.givers, *request.leads)
    return person in own or "" in request.receivers


def _request(here: Present, request: Request, to: str) -> RequestFacts:
    definition = here.configuration.rotations.get(request.rotation)
    channel = definition.channel if definition else None
    seen = to if to in request.receivers or "" not in request.receivers else ""
    return RequestFacts(
        id=request.id,
        kind=request.kind,
        status=request.status,
        rotation=request.rotation,
        asker=here.named(request.asker),
        wanted=here.named(request.wanted) if request.wanted else None,
        taker=here.named(request.taker) if request.taker else None,
        leads=here.all_named(request.leads),
        declined=here.all_named(request.declined),
        changes=tuple(_part(here, part) for part in request.parts),
        note=request.note,
        why=ending(request, lambda name: here.named(name).title),
        opened_at=request.opened_at,
        expires_at=request.expires_at,
        overrides=request.overrides,
        zone=here.zone_of(to),
        channel=here.channel(channel or "operations"),
        to=here.named(to) if to else None,
        answers=() if seen == "" and to in request.givers else request.answers(seen),
    )


def _part(here: Present, part: Part) -> Change:
    return Change(
        part.seat,
        seat_label(part.seat),
        part.start,
        part.end,
        here.all_named(part.givers),
        here.named(part.taker) if part.taker else None,
    )


def _override(here: Present, rows: Sequence[Any], person: str, by: str) -> OverrideFacts:
    parts = [
        Change(
            row.seat,
            seat_label(row.seat),
            row.starts_at,
            row.ends_at,
            here.all_named(row.displaced),
            here.named(row.person),
        )
        for row in rows
    ]
    first, rest = rows[0], rows[1:]
    displaced = dict.fromkeys(name for row in rows for name in row.displaced)
    return OverrideFacts(
        id=first.id,
        person=here.named(person),
        seat=parts[0].label,
        stand_in=here.named(first.person),
        displaced=here.all_named(displaced),
        by=here.named(by).title,
        start=first.starts_at,
        end=first.ends_at,
        zone=here.zone_of(person),
        undone=first.undone_at is not None,
        parts=tuple(parts),
        also=tuple(row.id for row in rest),
    )


def _absence(here: Present, one: Absence, reader: str) -> AbsenceFacts:
    knows = reader in (one.person, *here.configuration.admins, *here.leads_of(one.person))
    return AbsenceFacts(
        id=one.id,
        person=here.named(one.person),
        by="",
        start=one.start,
        end=one.end,
        kind=one.kind,
        reason=one.reason if knows else "",
        zone=here.zone_of(reader),
        ended=False,
        to=here.named(reader),
    )
