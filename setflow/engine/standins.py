"""Stand-ins: considered, made, asked for, and undone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from setflow.engine import absences, requests, seats, undoing
from setflow.engine.messages import (
    AddOverride,
    AnswerRequest,
    AskCover,
    EndAway,
    OfferSwap,
    SetAway,
    UndoOverride,
)
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules.requests import Request
from setflow.rotation.rules.standins import (
    Part,
    check_stretch,
    in_the_way,
    overrides_for,
    serving,
)
from setflow.wording import seat_label, stretch


@dataclass(frozen=True, slots=True)
class Plan:
    """What a message comes to, before anything is written.

    made       stand-ins that are made at once
    asked      requests that are put instead
    agreed     stand-ins that would be made once the requests are taken
    undone     numbers of stand-ins that end
    gives_way  the stand-ins by others that would be replaced
    needs      who has to agree
    notes      sentences that come with it
    """

    made: tuple[rules.Override, ...] = ()
    asked: tuple[Request, ...] = ()
    agreed: tuple[rules.Override, ...] = ()
    undone: tuple[int, ...] = ()
    gives_way: tuple[rules.Override, ...] = ()
    needs: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def plan(work: Work, message: object) -> Plan:
    """What a message about stand-ins or absences comes to. Raises Refused."""
    return _PLANS[type(message)](work, message)


def add_override(work: Work, message: AddOverride) -> Iterable[object]:
    """Let somebody stand in, or ask a lead whether they may. Raises Refused.

    Refused too where others stand in then already and `by` has not been told.
    """
    seats.hold(work)
    found = plan(work, message)
    unseen = [one for one in found.gives_way if one.id not in message.seen]
    if unseen:
        raise Refused(_contradicted(work, unseen, message))
    events = [event for one in found.asked for event in requests.ask(work, one, message.by)]
    if not found.made:
        return events
    made = seats.put(work, found.made, by=message.by)
    return [
        *made,
        *events,
        *requests.review(work),
        *seats.changed(one.seat for one in found.made),
    ]


def ask(work: Work, message: AskCover | OfferSwap) -> Iterable[object]:
    """Ask somebody, or anybody, to stand in or to swap. Raises Refused."""
    seats.hold(work)
    found = plan(work, message)
    return [event for one in found.asked for event in requests.ask(work, one, message.by)]


def _override(work: Work, message: AddOverride) -> Plan:
    here = work.present
    seats.known(here, message.person)
    parts = _wanted(here, message)
    seats.may_give(here, message.by, parts)
    asked = overrides_for(parts, work.now)
    ways = {
        way.id: way
        for one in asked
        for way in in_the_way(here.history, here.overrides, one, work.now)
        if way.person not in (message.by, message.of)
    }
    gives_way = tuple(ways.values())
    deciders = seats.deciders(here, parts)
    outside = [part for part in parts if not seats.inside(here, part, message.person)]
    if not (outside and deciders) or seats.may_decide(here, message.by, parts):
        return Plan(made=asked, gives_way=gives_way)
    _not_asked_yet(work, parts)
    request = Request(
        0,
        "approval",
        seats.rotation_of(parts[0].seat),
        message.by,
        tuple(parts),
        work.now,
        leads=deciders,
        taker=message.person,
    )
    note = _outsider(here, message.person, deciders, message.by)
    return Plan(asked=(request,), agreed=asked, gives_way=gives_way, needs=deciders, notes=(note,))


def _wanted(here: Present, message: AddOverride) -> list[Part]:
    """The parts that an override is to have, with whoever is displaced. Raises Refused."""
    given = (message.start, message.end)
    if message.of:
        if message.of == message.person:
            raise Refused("Somebody cannot stand in for themselves; name somebody else.")
        parts = seats.parts_of(here, message.of, message.seat, *given, by=message.by)
        return [replace(part, taker=message.person) for part in parts]
    if not message.seat:
        raise Refused("Name a seat, or the person whose seats they are.")
    one = rules.Override(0, message.seat, message.person, *given, here.now)
    givers = rules.displaced(here.history, here.overrides, one, here.now)
    return [Part(message.seat, max(one.start, here.now), one.end, givers, message.person)]


def _cover(work: Work, message: AskCover) -> Plan:
    here, of = work.present, message.of or message.by
    wanted = message.wanted
    if wanted:
        seats.known(here, wanted)
    if wanted == of:
        raise Refused("They have it already; name somebody else, or nobody to ask them all.")
    parts = seats.parts_of(here, of, message.seat, message.start, message.end, by=message.by)
    seats.may_give(here, message.by, parts)
    _not_asked_yet(work, parts)
    asker = message.by if here.person(message.by) else of
    rotations_of = dict.fromkeys(seats.rotation_of(part.seat) for part in parts)
    asked = tuple(
        _to_cover(
            here, message, asker, [one for one in parts if seats.rotation_of(one.seat) == name]
        )
        for name in rotations_of
    )
    outside = [part for part in parts if wanted and not seats.inside(here, part, wanted)]
    deciders = seats.deciders(here, outside) if outside else ()
    needs = (wanted, *deciders) if wanted else ()
    notes = (_outsider(here, wanted, deciders, message.by),) if deciders else ()
    agreed = overrides_for((replace(part, taker=wanted) for part in parts), work.now)
    return Plan(asked=asked, agreed=agreed, needs=needs, notes=notes)


def _to_cover(here: Present, message: AskCover, asker: str, parts: Sequence[Part]) -> Request:
    """The request for what is wanted of one rotation."""
    return Request(
        0,
        "cover",
        seats.rotation_of(parts[0].seat),
        asker,
        tuple(parts),
        here.now,
        message.wanted,
        message.note,
        seats.deciders(here, parts),
    )


def _swap(work: Work, message: OfferSwap) -> Plan:
    here = work.present
    seats.known(here, message.by)
    seats.known(here, message.person)
    if message.by == message.person:
        raise Refused("A swap is between two; name the other.")
    own = Part(message.seat, message.start, message.end, (message.by,), message.person)
    other = Part(
        message.other_seat, message.other_start, message.other_end, (message.person,), message.by
    )
    parts = tuple(_whole(here, part, work.now) for part in (own, other))
    _not_asked_yet(work, parts)
    deciders = seats.deciders(here, parts)
    outside = [part.taker for part in parts if not seats.inside(here, part, part.taker)]
    request = Request(
        0,
        "swap",
        seats.rotation_of(own.seat),
        message.by,
        parts,
        work.now,
        message.person,
        leads=deciders,
    )
    return Plan(
        asked=(request,),
        agreed=overrides_for(parts, work.now),
        needs=(message.person, *(deciders if outside else ())),
        notes=tuple(_outsider(here, name, deciders, message.by) for name in outside if deciders),
    )


def _whole(here: Present, part: Part, now: datetime) -> Part:
    """The part from now on, if its giver has all of it. Raises Refused."""
    check_stretch(part.start, part.end, now)
    if not here.seats(part.seat):
        raise Refused(f"There is no seat {part.seat}; `/set who` lists them.")
    (giver,) = part.givers
    on = serving(here.history, here.overrides, replace(part, taker=""), now)
    if on != (giver,):
        others = " and ".join(here.named(name).title for name in on if name != giver) or "nobody"
        then = stretch(part.start, part.end, here.zone_of(giver), now=now)
        raise Refused(
            f"{here.named(giver).title} does not have the whole of {seat_label(part.seat)}, "
            f"{then}: {others} is on for some of it. Swap what each of you has."
        )
    return replace(part, start=max(part.start, now))


def _not_asked_yet(work: Work, parts: Sequence[Part]) -> None:
    for request in rotations.open_requests(work.tx):
        for one in request.parts:
            same = (
                part
                for part in parts
                if part.seat == one.seat and part.start < one.end and one.start < part.end
            )
            if next(same, None):
                raise Refused(
                    f"Somebody is asked for some of that already (request {request.id}); "
                    "withdraw that first to ask otherwise."
                )


def _answer(work: Work, message: AnswerRequest) -> Plan:
    request = rotations.request(work.tx, message.request)
    if request is None:
        raise Refused(f"There is no request {message.request}.")
    after = requests.answered(work, request, message).state
    if after.status not in ("taken", "waits"):
        return Plan()
    agreed = overrides_for(requests.left(after.parts, work), work.now)
    if after.status == "taken":
        return Plan(made=agreed)
    note = _outsider(work.present, after.taker, after.leads, message.by)
    return Plan(agreed=agreed, needs=after.leads, notes=(note,))


def _undo(work: Work, message: UndoOverride) -> Plan:
    rows, agreed = undoing.found(work, message)
    note = "Both halves of the swap end with it."
    notes = (note,) if any(request.kind == "swap" for request in agreed) else ()
    return Plan(undone=tuple(row.id for row in rows), notes=notes)


def _away(work: Work, message: SetAway) -> Plan:
    absences.check(work, message)
    here = work.present
    you = message.by == message.person
    subject = "You are" if you else f"{here.named(message.person).title} is"
    zone = here.zone_of(message.by)
    # For somebody else it is not that command; the card offers to ask in the same go.
    hint = "; /set cover finds somebody." if you else "."
    notes = [
        f"{subject} {seat_label(part.seat)} then, "
        f"{stretch(part.start, part.end, zone, now=work.now)}{hint}"
        for part in absences.duties(here, message.person, message.start, message.end)
    ]
    return Plan(notes=tuple(notes))


def _end_away(work: Work, message: EndAway) -> Plan:
    absences.check_end(work, message)
    return Plan()


def _outsider(here: Present, person: str, deciders: Sequence[str], by: str) -> str:
    subject = "You are" if person == by else f"{here.named(person).title} is"
    whom = " or ".join(here.named(name).title for name in deciders)
    return f"{subject} not of this rotation, so {whom} has to agree."


def _contradicted(work: Work, ways: Sequence[rules.Override], message: AddOverride) -> str:
    here = work.present
    zone = here.zone_of(message.by)
    said = [
        f"{here.named(one.person).title} stands in then already (override {one.id}, "
        f"{stretch(one.start, one.end, zone, now=work.now)})"
        for one in ways
    ]
    which = "it" if len(ways) == 1 else "them"
    title = here.named(message.person).title
    return f"{' and '.join(said)}; confirm to have {title} on instead, or undo {which} first."


_PLANS: Mapping[type, Callable[[Work, Any], Plan]] = {
    AddOverride: _override,
    AskCover: _cover,
    OfferSwap: _swap,
    AnswerRequest: _answer,
    UndoOverride: _undo,
    SetAway: _away,
    EndAway: _end_away,
}
