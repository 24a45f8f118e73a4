"""What a message about stand-ins would do, said before anybody agrees to it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from setflow.db import Tx
from setflow.engine import standins
from setflow.engine.messages import AnswerRequest
from setflow.engine.work import Work
from setflow.escalation import store as escalations
from setflow.escalation.store import Owned
from setflow.facts import Change, ConsideredFacts
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules.remarks import Candidate, Reader, gives_way, remarks
from setflow.rotation.rules.standins import changes, with_added
from setflow.team.spec import AWAKE
from setflow.wording import seat_label

MOST_NUMBERS = 5
"""So many alerts are named, the others counted."""


def consider(tx: Tx, message: object, *, now: datetime) -> ConsideredFacts:
    """What a message would do; nothing is written. Raises the same Refused as working it.

    A stand-in that others' would give way to is no reason to refuse here: they are listed.
    """
    work = Work(tx, now)
    here, plan = work.present, standins.plan(work, message)
    by = str(getattr(message, "by", ""))
    reader = Reader(by, here.zone_of(by), now)
    kept = [one for one in here.overrides if one.id not in plan.undone]
    then = with_added(kept, (*plan.made, *plan.agreed))
    changed = changes(here.history, here.overrides, then, now)
    people = {name for one in changed for name in one.after if name}
    if isinstance(message, AnswerRequest) and message.answer in ("take", "accept"):
        people &= {by}
    candidates = {name: _candidate(here, name, by) for name in sorted(people)}
    return ConsideredFacts(
        tuple(_change(here, one) for one in changed),
        (
            *plan.notes,
            *(gives_way(one, here.named(one.person).title, reader) for one in plan.gives_way),
            *_said(tx, here, then, changed, candidates, reader),
            *_alerts(tx, here, changed),
        ),
        here.all_named(plan.needs),
        tuple(one.id for one in plan.gives_way),
        reader.zone,
    )


def _said(
    tx: Tx,
    here: Present,
    then: Sequence[rules.Override],
    changed: Sequence[rules.Difference],
    candidates: dict[str, Candidate],
    reader: Reader,
) -> list[str]:
    if not changed:
        return []
    low, high = changed[0].start, max(one.end for one in changed)
    absent = rotations.absences(tx, low, high)
    return remarks(here.history, then, changed, candidates, absent, reader)


def _candidate(here: Present, name: str, by: str) -> Candidate:
    person, configuration = here.person(name), here.configuration
    calendar = person.calendar if person and person.calendar else "company"
    return Candidate(
        here.named(name).title,
        here.zone_of(name),
        person.awake if person else AWAKE,
        configuration.calendars.get(calendar),
        by in (name, *configuration.admins, *here.leads_of(name)),
    )


def _change(here: Present, one: rules.Difference) -> Change:
    after = next(filter(None, one.after), None)
    return Change(
        one.seat,
        seat_label(one.seat),
        one.start,
        one.end,
        here.all_named(one.before),
        here.named(after) if after else None,
    )


def _alerts(tx: Tx, here: Present, changed: Sequence[rules.Difference]) -> Iterator[str]:
    """What becomes of the alerts that are open, where somebody else is on from now."""
    at_once = [one for one in changed if one.start <= here.now]
    seats = {one.seat for one in at_once}
    targets = {name for seat in seats for name in _naming(here, seat)}
    for found in escalations.on_seats(tx, targets, MOST_NUMBERS) if targets else ():
        one, which = found.many == 1, _numbered(found)
        if found.owner:
            owner = here.named(found.owner).title
            stays, it = ("stays", "it") if one else ("stay", "them")
            yield f"{which} {stays} with {owner}, who has {it}."
        elif one:
            yield f"{which} is open and nobody has it: it goes with the seat."
        else:
            yield f"{which} are open and nobody has them: they go with the seat."


def _naming(here: Present, seat: str) -> set[str]:
    """What in a ladder means this seat: its own name, its rotation's, that of its role."""
    names = {seat, seat.partition(".")[0], *here.history[seat].names}
    return {name for name in names if seat in here.seats(name)}


def _numbered(found: Owned) -> str:
    more = found.many - len(found.first)
    last = f"{more} more" if more else str(found.first[-1])
    before = ", ".join(map(str, found.first if more else found.first[:-1]))
    return f"Alerts {before} and {last}" if before else f"Alert {last}"
