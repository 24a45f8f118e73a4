"""What people are told of their own duties, and the user group, as they stand when sent."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """One duty.

    seat       as people say it
    closes     when the first of its shifts ends: before `end` where hours close in between
    then       who has the seat after it; empty where nobody does within eight weeks
    then_from  from when on they do; None where they are on now
    again      when the person has it again within the same turn; None if never
    """

    seat: str
    start: datetime
    end: datetime
    closes: datetime
    then: tuple[Who, ...] = ()
    then_from: datetime | None = None
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What a person is told of duties that begin, or end, at one instant.

    what    day | soon | on | relieved
    at      when the duties begin, or end
    due     when it was to be told; earlier than now by how late it is
    goes_on  they come to these from another seat of the rotation
    beside  label and person of the seats beside theirs, as the duties begin
    still   seats of the rotation that a relieved person has all the same
    alerts  number and title of the open alerts on their name
    """

    person: Who
    zone: ZoneInfo
    what: str
    at: datetime
    due: datetime
    duties: tuple[DutyFacts, ...]
    goes_on: bool
    beside: tuple[tuple[str, Who], ...] = ()
    still: tuple[str, ...] = ()
    alerts: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """A user group as it is to be: `@name`, its title, and who is in it."""

    name: str
    title: str
    people: tuple[Who, ...]
