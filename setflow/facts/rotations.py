"""Who is on, and stand-ins, as posts say them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who
from setflow.facts.standins import Change


@dataclass(frozen=True, slots=True)
class HeaderFacts:
    """Who is on, for a channel's header.

    text   the playbook's template filled in, such as "SET: Ana (EMEA) · Cy · lead Mara · until …"
    """

    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class OverrideFacts:
    """A stand-in for a stretch of time; `person` is told.

    also   further overrides that are told with it; all stretches are in `parts`
    """

    id: int
    person: Who
    seat: str
    stand_in: Who
    displaced: tuple[Who, ...]
    by: str
    start: datetime
    end: datetime
    zone: ZoneInfo
    undone: bool
    parts: tuple[Change, ...] = ()
    also: tuple[int, ...] = ()
