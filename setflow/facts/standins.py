"""Stand-ins, requests for them and absences, as posts say them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class Change:
    """A stretch of a seat: who has it, and who would, None for whoever takes it.

    seat   its name, such as set.emea.primary; `label` as people say it
    """

    seat: str
    label: str
    start: datetime
    end: datetime
    before: tuple[Who, ...]
    after: Who | None


@dataclass(frozen=True, slots=True)
class ConsideredFacts:
    """What a message about stand-ins would do.

    changes    shift by shift, by start
    remarks    what is worth knowing beforehand, in sentences, in `zone`
    needs      who has to agree before anything changes; empty: it is done at once
    gives_way  numbers of the stand-ins by others that would be replaced
    """

    changes: tuple[Change, ...]
    remarks: tuple[str, ...]
    needs: tuple[Who, ...]
    gives_way: tuple[int, ...]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request as it stands, for one receiver; `to` None: for the rotation's channel.

    changes  whole stretches, not cut by hours
    why      what became of it, a sentence; "" while it is open
    answers  those that are waited for from this receiver, in order
    """

    id: int
    kind: str
    status: str
    rotation: str
    asker: Who
    wanted: Who | None
    taker: Who | None
    leads: tuple[Who, ...]
    declined: tuple[Who, ...]
    changes: tuple[Change, ...]
    note: str
    why: str
    opened_at: datetime
    expires_at: datetime
    overrides: tuple[int, ...]
    zone: ZoneInfo
    channel: str
    to: Who | None
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequestNewsFacts:
    """What `person` is told of a request; `what` as in effects.TellRequest. by: who answered."""

    request: RequestFacts
    person: Who
    what: str
    by: Who | None


@dataclass(frozen=True, slots=True)
class AbsenceFacts:
    """An absence, for the reader `to`: when, and why ("" where that is not for them to know).

    by  who has put it down or ended it, where that is told; else ""
    """

    id: int
    person: Who
    by: str
    start: datetime
    end: datetime
    kind: str
    reason: str
    zone: ZoneInfo
    ended: bool
    to: Who
