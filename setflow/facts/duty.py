"""Runs, incidents and hand-overs as posts say them."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.people import Who
from setflow.facts.pictures import CalendarFacts


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """One task of a run. status: open | overdue | done | skipped; note says by whom or why."""

    id: str
    title: str
    role: str
    people: tuple[Who, ...]
    due: datetime | None
    status: str
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One phase of a run as it stands, with what its first line says."""

    id: int
    playbook: str
    version: str
    title: str
    phase: str
    phase_title: str
    channel: str
    zone: ZoneInfo
    tasks: tuple[TaskFacts, ...]
    summary: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TaskNudgeFacts:
    """A reminder of one task."""

    run: int
    title: str
    task: TaskFacts
    person: Who
    zone: ZoneInfo
    stage: int


@dataclass(frozen=True, slots=True)
class IncidentFacts:
    """An incident as it stands. `paged` are those whom setflow paged for it, empty for nobody."""

    id: int
    key: str
    url: str
    title: str
    customer: str
    level: str
    channel: str
    zone: ZoneInfo
    owner: Who | None
    opened_at: datetime
    paged: tuple[Who, ...]
    last_update_at: datetime | None
    last_update_by: str
    due_at: datetime | None
    owed: bool
    closed_at: datetime | None
    attached_to: str = ""


@dataclass(frozen=True, slots=True)
class UpdateNudgeFacts:
    """A reminder of a status update. `next_at`, `next_person`: whom it goes to after this one."""

    incident: IncidentFacts
    people: tuple[Who, ...]
    zone: ZoneInfo
    stage: int
    by: str
    words_wanted: bool
    next_at: datetime | None = None
    next_person: Who | None = None


@dataclass(frozen=True, slots=True)
class EndedNudgeFacts:
    """A reminder that is settled. why: answered | missed | over."""

    incident: IncidentFacts
    zone: ZoneInfo
    why: str


@dataclass(frozen=True, slots=True)
class UpdateFacts:
    """One status update. how: command | post | jira | playbooks | button."""

    incident: IncidentFacts
    text: str
    by: str
    how: str
    at: datetime


@dataclass(frozen=True, slots=True)
class HandoverItem:
    """An open ticket or incident: who has it, and whether they are in the incoming crew."""

    key: str
    url: str
    title: str
    level: str
    owner: str
    stays: bool
    last_update_at: datetime | None


@dataclass(frozen=True, slots=True)
class HandoverFacts:
    """What goes from one crew to the next. coming: the weeks of the incoming crew, if known."""

    run: int
    title: str
    channel: str
    zone: ZoneInfo
    outgoing: tuple[Who, ...]
    incoming: tuple[Who, ...]
    handoff_at: datetime | None
    tickets: tuple[HandoverItem, ...]
    incidents: tuple[HandoverItem, ...]
    coming: CalendarFacts | None = None


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """A channel to be made: what it is called for people."""

    title: str


@dataclass(frozen=True, slots=True)
class InviteFacts:
    """People to bring into a channel, and those of them who are not in it yet."""

    channel: str
    people: tuple[Who, ...]
    why: str


@dataclass(frozen=True, slots=True)
class RulePostFacts:
    """A post that a playbook's rule asked for."""

    to: str
    text: str
    playbook: str
    version: str
    rule: str
