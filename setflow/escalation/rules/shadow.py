"""What another system did about alerts beside what we did, while both page."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import TypeAdapter

SHADOW = "shadow"
"""The chore that remembers the last report."""
TOGETHER = timedelta(minutes=1)
"""Who is told so soon after the first is told together with them."""
BEHIND = timedelta(minutes=2)
"""Told later than this after the other system is told late: until then it is fetched."""

What = Literal["missing", "unpaged", "people", "late", "alone", "taken"]
WORST_FIRST: tuple[What, ...] = ("missing", "unpaged", "people", "late", "alone", "taken")


@dataclass(frozen=True, slots=True)
class Told:
    """That somebody was told of an alert, and when; a name of ours, else what they are called."""

    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Theirs:
    """An alert as the other system has it.

    told   whom it told, the first first; None where it does not say
    owner  who acknowledged it, "" for nobody
    over   whether it is closed
    """

    id: str
    title: str
    priority: str
    at: datetime
    told: tuple[Told, ...] | None = None
    owner: str = ""
    over: bool = False


@dataclass(frozen=True, slots=True)
class Ours:
    """The same alert here; `pages` is False where it was only shown."""

    told: tuple[Told, ...]
    owner: str = ""
    pages: bool = True


@dataclass(frozen=True, slots=True)
class Differs:
    """How an alert fared apart.

    what          missing: it never came in here · unpaged: nobody was told here · people: others
                  were told first · late: the same were told here, later · alone: nobody was told
                  there · taken: another has it
    theirs, ours  who was told first, or of `taken` has it; none for nobody
    late          of `late`, by how much
    """

    what: What
    title: str
    priority: str
    at: datetime
    theirs: tuple[str, ...] = ()
    ours: tuple[str, ...] = ()
    late: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found for a day.

    day           ISO date, "" for when comparing began
    since, until  the alerts of what time; `count` is how many
    agreed        ISO date of the last day with a difference, else of the beginning
    """

    day: str
    since: datetime
    until: datetime
    agreed: str
    count: int = 0
    differs: tuple[Differs, ...] = ()


_REPORT: TypeAdapter[Report] = TypeAdapter(Report)


def report(state: Mapping[str, Any]) -> Report | None:
    """What the chore remembers; None of one never done."""
    return _REPORT.validate_python(state) if state else None


def written(report: Report) -> dict[str, Any]:
    """The same as JSON."""
    found: dict[str, Any] = _REPORT.dump_python(report, mode="json")
    return found


def compare(theirs: Iterable[Theirs], ours: Mapping[str, Ours]) -> tuple[Differs, ...]:
    """What differs, one for each alert at most, the worst first. `ours` is by the id there."""
    found = [one for alert in theirs for one in _apart(alert, ours.get(alert.id))]
    return tuple(sorted(found, key=lambda one: (WORST_FIRST.index(one.what), one.priority, one.at)))


def _apart(there: Theirs, here: Ours | None) -> Iterator[Differs]:
    about = there.title, there.priority, there.at
    if here is None:
        # What was over before anybody was told need not have been seen here.
        if there.told or not there.over:
            yield Differs("missing", *about, _first(there.told or ()))
        return
    if not here.pages:
        return
    if there.told is not None and (found := _told(about, there.told, here.told)):
        yield found
    elif there.owner != here.owner:
        yield Differs("taken", *about, _named(there.owner), _named(here.owner))


def _told(
    about: tuple[str, str, datetime], there: Sequence[Told], here: Sequence[Told]
) -> Differs | None:
    theirs, ours = _first(there), _first(here)
    if theirs != ours:
        what: What = "people" if theirs and ours else "unpaged" if theirs else "alone"
        return Differs(what, *about, theirs, ours)
    late = min((one.at for one in here), default=about[2]) - min(
        (one.at for one in there), default=about[2]
    )
    return Differs("late", *about, theirs, ours, late) if late > BEHIND else None


def _first(told: Sequence[Told]) -> tuple[str, ...]:
    """Those who were told first, sorted."""
    first = min((one.at for one in told), default=None)
    return tuple(sorted({one.person for one in told if first and one.at - first <= TOGETHER}))


def _named(person: str) -> tuple[str, ...]:
    return (person,) if person else ()
