"""What somebody should know before they stand in, in sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays, resolve
from setflow.rotation.rules.answers import shifts
from setflow.rotation.rules.nights import Span, union, waking
from setflow.rotation.rules.values import Absence, Difference, History, Override, Shift
from setflow.wording import DAYS, MONTHS, clock_of, seat_label, stretch

LEAST_REST = timedelta(hours=8)
_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of somebody who would stand in.

    zone, awake  their clock, and from when to when on it they are awake; the same twice: always
    days         the calendar with their public holidays; None: no holidays
    reasons      whether the reader may see why they are absent
    """

    title: str
    zone: ZoneInfo
    awake: tuple[time, time]
    days: BusinessDays | None = None
    reasons: bool = False


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads the sentences, "" for nobody among the people: in `zone`, at `now`."""

    name: str
    zone: ZoneInfo
    now: datetime

    def stretch(self, span: Span) -> str:
        """From when to when, on the reader's clock."""
        return stretch(*span, self.zone, now=self.now)

    def subject(self, name: str, title: str) -> str:
        """How a sentence begins that is about somebody: `You`, or what they are called."""
        return "You" if name == self.name else title


def remarks(
    history: History,
    overrides: Sequence[Override],
    changed: Sequence[Difference],
    candidates: Mapping[str, Candidate],
    absences: Sequence[Absence],
    reader: Reader,
) -> list[str]:
    """What is worth knowing of those of `candidates`, by name, who would be on by `changed`.

    overrides  as they would be. No sentence comes twice
    """
    found: list[str] = []
    for name, person in candidates.items():
        own = [one for one in changed if one.after == (name,)]
        if own:
            mine = _duties(history, overrides, name, own)
            saying = _Saying(name, person, own, reader)
            found += saying.absent(absences)
            found += saying.twice(mine)
            found += saying.tired(mine)
            found += saying.nights()
            found += saying.holidays()
    return list(dict.fromkeys(found))


def gives_way(one: Override, title: str, reader: Reader) -> str:
    """The sentence that a stand-in would be replaced, as far as a new one overlaps it."""
    what = "You stand" if one.person == reader.name else f"{title} stands"
    span = reader.stretch((one.start, one.end))
    return f"{what} in there already, {span}: override {one.id} gives way."


@dataclass(frozen=True, slots=True)
class _Saying:
    """Sentences about one person, who would be on in the stretches `own`."""

    name: str
    person: Candidate
    own: Sequence[Difference]
    reader: Reader

    def verb(self, plain: str, third: str) -> str:
        subject = self.reader.subject(self.name, self.person.title)
        return f"{subject} {plain if subject == 'You' else third}"

    def whom(self) -> str:
        return "you" if self.name == self.reader.name else self.person.title

    def absent(self, absences: Sequence[Absence]) -> Iterator[str]:
        for one in absences:
            then = (one.start, one.end)
            if one.person == self.name and any(_both(then, _span(each)) for each in self.own):
                what = self.verb("are", "is") + " away"
                if one.kind == "rather-not":
                    what = self.verb("would", "would") + " rather not be on"
                why = f" ({one.reason})" if one.reason and self.person.reasons else ""
                yield f"{what} {self.reader.stretch(then)}{why}."

    def twice(self, mine: Sequence[Shift]) -> Iterator[str]:
        """Other seats at the same time."""
        for seat in dict.fromkeys(one.seat for one in mine):
            both = [
                span
                for other in mine
                for one in self.own
                if other.seat == seat != one.seat and (span := _both(_span(one), _span(other)))
            ]
            if both:
                more = f" and {len(both) - 1} more times" if len(both) > 2 else ""
                more = " and once more" if len(both) == 2 else more
                what = self.verb("are", "is")
                yield f"{what} {seat_label(seat)} too, {self.reader.stretch(both[0])}{more}."

    def tired(self, mine: Sequence[Shift]) -> Iterator[str]:
        """Too little between what they would take over and what they have."""
        edges = {edge for one in self.own for edge in _span(one)}
        for before, after in pairwise(union(map(_span, mine))):
            free = before[1], after[0]
            if free[1] - free[0] < LEAST_REST and not edges.isdisjoint(free):
                rest, what = _hours(free[1] - free[0]), self.verb("have", "has")
                yield f"{what} only {rest} of rest between two duties, {self.reader.stretch(free)}."

    def nights(self) -> Iterator[str]:
        total = sum((one.end - one.start for one in self.own), _NONE)
        asleep = total - sum((self.awake(_span(one)) for one in self.own), _NONE)
        if asleep > _NONE:
            wakes, sleeps = self.person.awake
            clock = f"{sleeps:%H:%M}–{wakes:%H:%M} {clock_of(self.person.zone)}"
            yield f"{_hours(asleep)} of {_hours(total)} are at night for {self.whom()} ({clock})."

    def awake(self, span: Span) -> timedelta:
        found = waking(self.person.awake, self.person.zone, *span)
        return sum((end - start for start, end in found), _NONE)

    def holidays(self) -> Iterator[str]:
        for day in dict.fromkeys(day for one in self.own for day in self.days(_span(one))):
            holiday = self.person.days.holiday(day) if self.person.days else ""
            if holiday:
                said = f"{DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"
                yield f"{said} is a holiday for {self.whom()}: {holiday}."

    def days(self, span: Span) -> Iterator[date]:
        """The days on their calendar that a span touches."""
        day = span[0].astimezone(self.person.zone).date()
        while self.at(day, time()) < span[1]:
            yield day
            day += _DAY

    def at(self, day: date, clock: time) -> datetime:
        return resolve(datetime.combine(day, clock), self.person.zone)


def _duties(
    history: History, overrides: Sequence[Override], name: str, own: Sequence[Difference]
) -> list[Shift]:
    """All that somebody is on around the stretches that they would take over."""
    low = min(one.start for one in own) - LEAST_REST
    high = max(one.end for one in own) + LEAST_REST
    every = (one for seat in history for one in shifts(history, overrides, seat, low, high))
    return [one for one in every if one.people == (name,)]


def _span(one: Difference | Shift) -> Span:
    return one.start, one.end


def _both(one: Span, other: Span) -> Span | None:
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def _hours(length: timedelta) -> str:
    hours, rest = divmod(length, _HOUR)
    minutes = f" {rest // _MINUTE} min" if rest >= _MINUTE else ""
    return f"{hours} h{minutes}" if hours else minutes.strip()
