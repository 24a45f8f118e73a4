"""Maintenance windows that people open and end in chat."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow import chores
from setflow.engine import answering
from setflow.engine.holds import ChatWindow, chat_windows
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import store as escalations
from setflow.escalation.spec import LONGEST_WINDOW
from setflow.present import Present


@dataclass(frozen=True, slots=True)
class OpenMaintenance:
    """`by` wants alerts of `of` (a source, a ladder, a seat or rotation) to page nobody a while."""

    of: str
    start: datetime
    end: datetime
    by: str


@dataclass(frozen=True, slots=True)
class EndMaintenance:
    """`by` wants window `number` to be over; what it holds pages now."""

    number: int
    by: str


@dataclass(frozen=True, slots=True)
class MaintenanceOpened:
    """History: a window was opened."""

    number: int
    of: str
    start: datetime
    end: datetime
    by: str


@dataclass(frozen=True, slots=True)
class MaintenanceEnded:
    """History: a window was ended before its time."""

    number: int
    by: str


def open_window(work: Work, message: OpenMaintenance) -> Iterable[object]:
    """Keep a window. Raises Refused for one that `by` may not open, or that cannot be."""
    _may(work.present, message.by)
    if not work.now < message.end or message.end - message.start > LONGEST_WINDOW:
        raise Refused("A maintenance ends later than now, and lasts 31 days at most.")
    before = chores.hold(work.tx, chores.MAINTENANCE)
    number = int(before.get("last", 0)) + 1
    ladders = _ladders(work.present, message.of)
    one = ChatWindow(
        number,
        f"{message.of}, by {work.present.named(message.by).title}",
        "" if ladders else message.of,
        ladders,
        message.start,
        message.end,
        message.by,
    )
    _save(work, [*chat_windows(work.tx, work.now), one], number)
    event = MaintenanceOpened(number, message.of, message.start, message.end, message.by)
    return work.note(f"maintenance:{number}", [event], (), f"asked by {message.by}")


def end_window(work: Work, message: EndMaintenance) -> Iterable[object]:
    """End a window now: what it holds is due at once. Raises Refused where there is none."""
    _may(work.present, message.by)
    before = chores.hold(work.tx, chores.MAINTENANCE)
    windows = chat_windows(work.tx, work.now)
    ended = next((one for one in windows if one.number == message.number), None)
    if ended is None:
        raise Refused(f"No maintenance {message.number} is open; `/set maintenance` lists them.")
    _save(work, [one for one in windows if one is not ended], int(before.get("last", 0)))
    event = MaintenanceEnded(message.number, message.by)
    reason = f"asked by {message.by}"
    events = work.note(f"maintenance:{message.number}", [event], (), reason)
    escalations.release(work.tx, ended.name, ended.end, work.now)
    return events


def _save(work: Work, windows: Sequence[ChatWindow], last: int) -> None:
    stored = [one.stored() for one in windows]
    chores.save(work.tx, chores.MAINTENANCE, {"windows": stored, "last": last}, None)
    work.__dict__.pop("chat_windows", None)


def _ladders(present: Present, of: str) -> tuple[str, ...]:
    """The ladders that `of` names, or that name the seat or rotation that it is."""
    ladders = present.configuration.ladders
    if of in ladders:
        return (of,)
    seats = {of, *present.seats(of)}
    return tuple(
        name
        for name, ladder in ladders.items()
        if any(target.kind == "seat" and target.name in seats for target in ladder.targets())
    )


def _may(present: Present, by: str) -> None:
    rotations = present.configuration.rotations.values()
    leads = [name for one in rotations if one.lead for name in present.holders(one.lead)]
    may = dict.fromkeys([*present.configuration.admins, *leads])
    if by not in may:
        whom = answering.directory(present).titles(list(may))
        raise Refused(f"A maintenance is opened and ended by an admin or a lead: ask {whom}.")
