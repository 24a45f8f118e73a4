"""Days on which people are away, or would rather not be on."""

from collections.abc import Iterable
from datetime import datetime

from setflow.effects import TellAbsence
from setflow.engine import seats
from setflow.engine.messages import AbsenceEnded, AbsenceSet, EndAway, SetAway
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.present import Present
from setflow.rotation import store as rotations
from setflow.rotation.rules import Absence
from setflow.rotation.rules.standins import Part, check_stretch, held
from setflow.wording import stretch


def put(work: Work, message: SetAway) -> Iterable[object]:
    """Keep an absence. Raises Refused where it makes no sense, or `by` may not."""
    seats.hold(work)
    check(work, message)
    absence = Absence(0, message.person, message.start, message.end, message.kind, message.reason)
    source = "shell" if message.by == seats.SHELL else "chat"
    number = rotations.add_absence(work.tx, absence, by=message.by, source=source, now=work.now)
    event = AbsenceSet(number, message.person, message.start, message.end, message.kind, message.by)
    return _noted(work, event, TellAbsence(number, message.person, "set", message.by))


def end(work: Work, message: EndAway) -> Iterable[object]:
    """Take an absence back. Raises Refused where there is none, or `by` may not."""
    found = check_end(work, message)
    rotations.end_absence(work.tx, message.number, work.now)
    event = AbsenceEnded(message.number, message.by)
    return _noted(work, event, TellAbsence(found.id, found.person, "ended", message.by))


def check(work: Work, message: SetAway) -> None:
    """Raise Refused where an absence makes no sense, is known already, or `by` may not."""
    here = work.present
    seats.known(here, message.person)
    may_speak_for(here, message.by, message.person)
    check_stretch(message.start, message.end, work.now)
    before = rotations.absences(work.tx, message.start, message.end, person=message.person)
    for one in before:
        if one.kind == message.kind:
            zone = here.zone_of(message.by)
            then = stretch(one.start, one.end, zone, now=work.now)
            undo = f"`/set away end {one.id}` takes that back"
            if one.uid:
                undo = "it comes from a calendar, so change it there"
            raise Refused(
                f"{_subject(here, message)} down as {_WHATS[one.kind]} {then} already (absence "
                f"{one.id}); {undo}."
            )


def check_end(work: Work, message: EndAway) -> Absence:
    """The absence to be ended. Raises Refused where there is none, or `by` may not."""
    found = rotations.absence(work.tx, message.number)
    if found is None or found.end <= work.now:
        raise Refused(f"There is no absence {message.number} to end; `/set away` lists yours.")
    may_speak_for(work.present, message.by, found.person)
    return found


def may_speak_for(here: Present, by: str, person: str) -> None:
    """Raise Refused unless `by` may say when somebody is away: they, their leads, admins."""
    if by in (person, seats.SHELL, *here.configuration.admins, *here.leads_of(person)):
        return
    title = here.named(person).title
    raise Refused(f"That is for {title}, their lead or an admin to say: ask {title}.")


def duties(here: Present, person: str, start: datetime, end: datetime) -> list[Part]:
    """What somebody has of all seats from `start`, or now, to `end`; by start."""
    asked = Part("", max(start, here.now), end, ())
    found = [
        part
        for seat in here.history
        for part in held(here.history, here.overrides, seat, person, asked)
    ]
    return sorted(found, key=lambda part: part.start)


_WHATS = {"away": "away", "rather-not": "rather not on"}


def _subject(here: Present, message: SetAway) -> str:
    if message.by == message.person:
        return "You are"
    return f"{here.named(message.person).title} is"


def _noted(work: Work, event: AbsenceSet | AbsenceEnded, news: TellAbsence) -> Iterable[object]:
    told = [news] if news.by != news.person else []
    reason = f"absence {news.absence}, by {news.by}"
    return work.note(f"absence:{news.absence}", [event], told, reason)
