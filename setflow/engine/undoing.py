"""Stand-ins taken back, with what was agreed with them."""

from collections.abc import Iterable
from typing import Any

from setflow.effects import TellOverride
from setflow.engine import requests, seats
from setflow.engine.messages import OverrideUndone, UndoOverride
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.rotation import store as rotations
from setflow.rotation.rules.requests import Request, ended
from setflow.rotation.rules.standins import Part


def undo(work: Work, message: UndoOverride) -> Iterable[object]:
    """Take stand-ins back, with what was agreed with them. Raises Refused."""
    seats.hold(work)
    rows, agreed = found(work, message)
    events: list[object] = []
    concerned: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        rotations.undo_override(work.tx, row.id, work.now)
        event = OverrideUndone(row.id, message.by)
        reason = f"override {row.id}, by {message.by}"
        events += work.note(f"override:{row.id}", [event], (), reason)
        for name in dict.fromkeys((*row.displaced, row.person, row.created_by)):
            concerned.setdefault((name, row.person), []).append(row.id)
    work.changed()
    told = [
        TellOverride(numbers[0], name, "undone", tuple(numbers[1:]), message.by)
        for (name, _), numbers in concerned.items()
        if name != message.by and work.present.person(name)
    ]
    reason = f"override {message.number}, by {message.by}"
    work.note(f"override:{message.number}", (), told, reason)
    for request in agreed:
        held = work.requests.hold(request) or request
        events += work.keep(work.requests, ended(held, "undone", message.by), reason)
    return [*events, *requests.review(work), *seats.changed(row.seat for row in rows)]


def found(work: Work, message: UndoOverride) -> tuple[list[Any], list[Request]]:
    """The rows of what is to be undone, and the requests that they came of. Raises Refused."""
    asked = dict.fromkeys((message.number, *message.also))
    agreed = rotations.lock_requests_of(work.tx, asked)
    numbers = sorted({*asked, *(number for one in agreed for number in one.overrides)})
    rows = [row for number in numbers if (row := rotations.override(work.tx, number))]
    if message.number not in {row.id for row in rows}:
        raise Refused(f"There is no override {message.number}.")
    standing = [row for row in rows if not row.undone_at and row.ends_at > work.now]
    if asked.keys().isdisjoint(row.id for row in standing):
        raise Refused("That override is over already; nothing changed.")
    parts = [Part(row.seat, row.starts_at, row.ends_at, tuple(row.displaced)) for row in standing]
    if any(message.by not in (*row.displaced, row.person, row.created_by) for row in standing):
        seats.may_give(work.present, message.by, parts)
    served = len(standing) < len(rows) and any(one.kind == "swap" for one in agreed)
    if served and not seats.may_decide(work.present, message.by, parts):
        whom = " or ".join(
            work.present.named(name).title for name in seats.deciders(work.present, parts)
        )
        raise Refused(
            "One half of that swap is served already; arrange the other anew, or ask "
            f"{whom or 'an admin'} to undo it."
        )
    return standing, agreed
