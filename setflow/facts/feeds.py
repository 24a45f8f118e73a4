"""Calendars that people keep their absences in, as messages say them."""

from dataclasses import dataclass

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class FeedFacts:
    """The calendar of a person's absences cannot be read, and why."""

    person: Who
    error: str
