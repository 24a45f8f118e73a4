"""Absences that people keep in calendars elsewhere: where they are read, and what was read."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from setflow import feeds
from setflow.effects import TellFeed
from setflow.engine.messages import AbsenceEnded, AbsenceSet
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.feeds import AbsenceFeed
from setflow.rotation import store as rotations
from setflow.rotation.rules import Absence

AHEAD = timedelta(days=400)
BY = "calendar"


@dataclass(frozen=True, slots=True)
class FollowAbsences:
    """`person` wants their absences read at `url`: of all events there, or those that say so."""

    person: str
    url: str = field(repr=False)
    every: bool


@dataclass(frozen=True, slots=True)
class LeaveAbsences:
    """`person` wants their absences read nowhere; those that were read hold no more."""

    person: str


@dataclass(frozen=True, slots=True)
class AbsencesRead:
    """What was read of a person's absences, as (uid, start, end, reason); or why it was not."""

    person: str
    found: Sequence[tuple[str, datetime, datetime, str]]
    error: str = ""


@dataclass(frozen=True, slots=True)
class AbsencesFollowed:
    """History: a person's absences are read in a calendar of theirs, or no more."""

    person: str
    followed: bool


def follow(work: Work, message: FollowAbsences) -> Iterable[object]:
    """Read a person's absences somewhere from now on."""
    if work.present.person(message.person) is None:
        raise Refused(f"{message.person} is not among the people that setflow knows.")
    feeds.follow(work.tx, AbsenceFeed(message.person, message.url, message.every))
    return _noted(work, message.person, [AbsencesFollowed(message.person, followed=True)])


def leave(work: Work, message: LeaveAbsences) -> Iterable[object]:
    """Read them nowhere. Raises Refused where they are not read."""
    if not feeds.leave(work.tx, message.person):
        raise Refused("Your absences are read in no calendar; `/set away feed ADDRESS` names one.")
    ended = _compared(work, message.person, {})
    return _noted(work, message.person, [*ended, AbsencesFollowed(message.person, followed=False)])


def read(work: Work, message: AbsencesRead) -> Iterable[object]:
    """Have a person's absences be those that were read; where that failed, those read before."""
    known = {one.person: one for one in feeds.followed(work.tx)}.get(message.person)
    if known is None:
        return ()
    feeds.checked(work.tx, message.person, error=message.error, now=work.now)
    if message.error:
        told = [] if known.error else [TellFeed(message.person, work.now.isoformat())]
        work.note(f"person:{message.person}", [], told, "a calendar of absences cannot be read")
        return ()
    wanted = {uid: (start, end, reason) for uid, start, end, reason in message.found}
    return _noted(work, message.person, _compared(work, message.person, wanted))


def _compared(
    work: Work, person: str, wanted: dict[str, tuple[datetime, datetime, str]]
) -> list[object]:
    events: list[object] = []
    waiting = dict(wanted)
    for one in rotations.absences(work.tx, work.now, work.now + AHEAD, person=person):
        if one.uid is None:
            continue
        if waiting.get(one.uid) == (one.start, one.end, one.reason):
            del waiting[one.uid]
        else:
            rotations.end_absence(work.tx, one.id, work.now)
            events.append(AbsenceEnded(one.id, BY))
    for uid, (start, end, reason) in waiting.items():
        if end > work.now:
            absence = Absence(0, person, start, end, "away", reason, uid)
            number = rotations.add_absence(work.tx, absence, by=person, source="feed", now=work.now)
            events.append(AbsenceSet(number, person, start, end, "away", BY))
    return events


def _noted(work: Work, person: str, events: Iterable[object]) -> list[object]:
    return work.note(f"person:{person}", events, (), f"a calendar of {person}")
