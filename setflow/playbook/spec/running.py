"""A run: its state, what can be said to it, and what it says happened.

Instants are aware and in UTC; people are names of the configuration.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from setflow.calendar import BusinessDays
from setflow.due import Duty
from setflow.playbook.spec.values import Playbook


@dataclass(frozen=True, slots=True)
class TaskState:
    """A task that has come up, or one occurrence of a repeated one.

    occurrence  its instant in ISO 8601; "" where the task happens once
    opened_at   when it came up; `ready_at` when what it needs was settled, None until then
    due         None where nothing is due
    note        why it was skipped; how it was done
    nudges      the newest stage that was reached, 0 for none
    """

    task: str
    occurrence: str
    title: str
    people: tuple[str, ...]
    opened_at: datetime
    due: datetime | None
    status: Literal["open", "done", "skipped"] = "open"
    ready_at: datetime | None = None
    overdue: bool = False
    nudges: int = 0
    done_by: str = ""
    done_at: datetime | None = None
    note: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from the other tasks of its run."""
        return self.task, self.occurrence


@dataclass(frozen=True, slots=True)
class PhaseState:
    """A phase; `opened_at` is None while it waits, `revision` counts what its post showed."""

    opened_at: datetime | None = None
    revision: int = 0
    done: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """A rule that was set off, and posts at `at` unless its task is settled by then.

    occurrence  what set it off: the task and its occurrence, the phase, or "" for the run
    task        key of the task it is about; None where it is about none
    """

    rule: str
    occurrence: str
    at: datetime
    task: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One use of a playbook, which it carries as it was at the start.

    facts    what it was started for, as JSON: the rotation and its turn, or parameters
    ends_at  when its turn ends; None where it ends otherwise
    roles    who is bound to each role, fallbacks included; empty for nobody
    tasks    those that have come up, oldest first
    moves    how often roles were bound again
    """

    id: int
    playbook: Playbook
    dedupe: str
    facts: Mapping[str, Any]
    title: str
    channel: str
    status: Literal["open", "over"]
    started_at: datetime
    ends_at: datetime | None
    ended_at: datetime | None
    why_ended: str
    roles: Mapping[str, tuple[str, ...]]
    phases: Mapping[str, PhaseState]
    tasks: tuple[TaskState, ...]
    firings: tuple[Firing, ...] = ()
    moves: int = 0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The world that a run is decided in, as it is now.

    roles     whom each role of the playbook names, before its fallback
    groups    members of the groups that rules post to
    zones     of people, `titles` what people call them
    days      the playbook's calendar; `zone` the playbook's
    facts     for CEL and templates: ticket, …; to them come run, week (ISO 8601, of its start),
              phases, roles and task
    evaluate  whether a CEL condition holds of facts
    render    a template filled in with facts
    Both raise ValueError where something is spoken of that is not there.
    """

    roles: Mapping[str, tuple[str, ...]]
    days: BusinessDays
    zone: ZoneInfo
    evaluate: Callable[[str, Mapping[str, Any]], bool]
    render: Callable[[str, Mapping[str, Any]], str]
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """Start a run.

    facts    JSON: rotation, turn_start, turn_end (ISO 8601), parameters by name
    by       who asked for it; "" for a trigger
    due      when it should have started; None: now
    channel  where it lives already, so that none is made; "" for the playbook's own
    """

    id: int
    playbook: Playbook
    dedupe: str
    facts: Mapping[str, Any]
    by: str = ""
    due: datetime | None = None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class TickTask:
    """`by` says that a task is done (with `undo`: that it is not), by `how`: button, slash, …"""

    run: int
    task: str
    by: str
    how: str
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Rebind:
    """The holders of seats have changed. why: handoff | override."""

    run: int
    why: Literal["handoff", "override"]


@dataclass(frozen=True, slots=True)
class EndRun:
    """`by` ends a run before its time; `why` in a few words."""

    run: int
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run began. `updates` is the duty that its incident has, None for no incident."""

    run: int
    playbook: str
    version: str
    title: str
    by: str
    updates: Duty | None


@dataclass(frozen=True, slots=True)
class PhaseOpened:
    """A phase came up, at `at`."""

    run: int
    phase: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TaskDone:
    """A task was done; by "setflow" where it was an action."""

    run: int
    task: str
    occurrence: str
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class TaskReopened:
    """`by` took back that a task was done."""

    run: int
    task: str
    occurrence: str
    by: str


@dataclass(frozen=True, slots=True)
class TaskSkipped:
    """A task fell away; `why` in a few words."""

    run: int
    task: str
    occurrence: str
    why: str


@dataclass(frozen=True, slots=True)
class TaskOverdue:
    """A task was not done by `due`."""

    run: int
    task: str
    occurrence: str
    due: datetime


@dataclass(frozen=True, slots=True)
class RoleMoved:
    """A role is now held by others."""

    run: int
    role: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ActionWanted:
    """What setflow does for a task is to be done now.

    action  handover.post | invite | page.test
    people  whom it is about, "to" of an invite is live_incidents
    """

    run: int
    task: str
    action: str
    people: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over. `left` are ids of tasks that were never done."""

    run: int
    why: str
    left: tuple[str, ...]
