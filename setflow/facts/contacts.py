"""Contact methods as test pages, and posts to their owners, say them."""

from dataclasses import dataclass

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class ContactTestFacts:
    """A test page: whose, by which method, where to. number: see TryContact; again: a repeat."""

    person: Who
    via: str
    to: str
    receiver: str
    number: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """A person's contact methods that have not verified themselves, by name."""

    person: Who
    unverified: tuple[str, ...]
