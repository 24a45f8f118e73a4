"""Schedules kept in OpsGenie, as posts and the adapter need them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class ApartFacts:
    """From when to when others are on there than here, by title; none is nobody."""

    start: datetime
    end: datetime
    theirs: tuple[str, ...]
    ours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoteScheduleFacts:
    """How a schedule in OpsGenie differs from ours.

    state   differs; agrees: it does no more; elsewhere: a newer post says how it differs
    mended  overrides are made there for what differs, so that this is what they cannot mend
    """

    name: str
    state: Literal["differs", "agrees", "elsewhere"]
    apart: tuple[ApartFacts, ...]
    mended: bool
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class RemoteOverrideFacts:
    """An override in OpsGenie as it should be: `user` stands in; "" where there is to be none.

    rotations  by id
    """

    schedule: str
    alias: str
    user: str
    start: datetime
    end: datetime
    rotations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShadowRow:
    """How an alert fared apart, as of escalation.rules.shadow.Differs; people by title."""

    what: str
    title: str
    priority: str
    at: datetime
    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    late: timedelta


@dataclass(frozen=True, slots=True)
class ShadowFacts:
    """How OpsGenie and setflow differed on the alerts since an instant, the worst first.

    count   how many alerts there were
    agreed  the last day with a difference, or the first of all
    apart   where the schedules that are compared differ in the day to come, each with its name
    """

    since: datetime
    count: int
    rows: tuple[ShadowRow, ...]
    agreed: date
    apart: tuple[tuple[str, ApartFacts], ...]
    zone: ZoneInfo
