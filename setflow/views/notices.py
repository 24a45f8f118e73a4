"""What a notice of a duty says when it is sent, and who is in a rotation's user group."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from setflow import effects
from setflow.db import Tx
from setflow.escalation import store as escalations
from setflow.facts import DutyFacts, GroupFacts, NoticeFacts, Who
from setflow.present import Present
from setflow.rotation import rules as rotation
from setflow.rotation import store as rotations
from setflow.rotation.rules import Duty, Notice
from setflow.views.crew import seat_label

LOOK_AHEAD = timedelta(weeks=8)
MOST_BESIDE = 4


def muted(tx: Tx, person: str) -> tuple[str, ...]:
    """The notices of their duties that a person does not get."""
    kinds = rotations.muted(tx).get(person, ())
    return tuple(kind for kind in rotation.NOTICES if kind in kinds)


def notice(tx: Tx, here: Present, effect: effects.TellDuty) -> NoticeFacts | None:
    """What somebody is told of their duties; None where that is so no more, or is of no use."""
    found = _standing(here, effect)
    if found is None or not rotation.in_time(found, here.now):
        return None
    begins = found.kind != "relieved"
    return NoticeFacts(
        person=here.named(found.person),
        zone=here.zone_of(found.person),
        what=found.kind,
        at=found.duties[0].start if begins else found.at,
        due=found.at,
        duties=tuple(_duty(here, one, begins=begins) for one in found.duties),
        goes_on=found.goes_on,
        beside=tuple(_beside(here, effect.rotation, found))[:MOST_BESIDE] if begins else (),
        still=() if begins else tuple(_still(here, effect.rotation, found)),
        alerts=() if begins else tuple(escalations.owned(tx, found.person)),
    )


def group(_: Tx, here: Present, effect: effects.ShowGroup) -> GroupFacts | None:
    """Who is in a rotation's user group now; None where it has none any more."""
    definition = here.configuration.rotations.get(effect.rotation)
    if definition is None or definition.group is None:
        return None
    people = rotation.reachable(here.history, here.overrides, effect.rotation, here.now)
    title = f"{seat_label(effect.rotation)} on call"
    return GroupFacts(definition.group, title, here.all_named(people))


def _standing(here: Present, effect: effects.TellDuty) -> Notice | None:
    at = datetime.fromisoformat(effect.at)
    after = at + datetime.resolution
    for one in rotation.notices(here.history, here.overrides, effect.rotation, at, after):
        if (one.person, one.kind) == (effect.person, effect.what):
            return one
    return None


def _duty(here: Present, duty: Duty, *, begins: bool) -> DutyFacts:
    if begins:
        shift = here.who(duty.seat, duty.start)
        closes = min(shift.until or duty.end, duty.end)
        return DutyFacts(seat_label(duty.seat), duty.start, duty.end, closes)
    begin, end = max(duty.end, here.now), here.now + LOOK_AHEAD
    later = rotation.shifts(here.history, here.overrides, duty.seat, begin, end)
    following = later[0] if later else None
    own = (one.start for one in later if duty.person in one.people)
    turn = rotation.turn_at(here.history, duty.seat, duty.start)
    again = next(own, None)
    return DutyFacts(
        seat_label(duty.seat),
        duty.start,
        duty.end,
        duty.end,
        then=here.all_named(following.people) if following else (),
        then_from=following.start if following and following.start > here.now else None,
        again=again if again and turn and again < turn.end and not duty.override else None,
    )


def _beside(here: Present, name: str, notice: Notice) -> Iterator[tuple[str, Who]]:
    """The other seats of the same shift, and those of the whole rotation, as the duty begins."""
    own = {one.seat for one in notice.duties}
    shifts = {_shift(seat) for seat in own}
    near = [seat for seat in here.seats(name) if _shift(seat) in shifts and seat not in own]
    far = [
        seat
        for seat in here.seats(name)
        if _shift(seat) not in shifts and name in (_shift(seat), *shifts)
    ]
    for seat in (*near, *far):
        for person in here.holders_at(seat, notice.duties[0].start):
            if person != notice.person:
                role = seat_label(seat).partition(" ")[2]
                yield seat.rpartition(".")[2] if seat in near else role, here.named(person)


def _shift(seat: str) -> str:
    """The shift of a seat, the rotation where it has none."""
    return seat.rpartition(".")[0]


def _still(here: Present, name: str, notice: Notice) -> Iterator[str]:
    own = {one.seat for one in notice.duties}
    for seat in here.seats(name):
        if seat not in own and notice.person in here.holders(seat):
            yield seat_label(seat)
