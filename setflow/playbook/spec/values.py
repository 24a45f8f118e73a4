"""What a playbook says, as values. An instance keeps them as JSON with itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from setflow.due import DueRule, Duty, Roll


@dataclass(frozen=True, slots=True)
class Role:
    """A symbol for people.

    seat      whose holders it is; "" where it is none
    turn      of the seat: present | next
    people    otherwise these, as `person:NAME` or `group:NAME`; with neither the ticket's assignee
    rebind    on what it is bound again: handoff, override
    fallback  the role that stands in where this one has nobody; "" for none
    """

    name: str
    seat: str = ""
    turn: Literal["present", "next"] = "present"
    people: tuple[str, ...] = ()
    rebind: tuple[str, ...] = ()
    fallback: str = ""

    @property
    def of_ticket(self) -> bool:
        """Whether it is the assignee of the run's ticket."""
        return not self.seat and not self.people


@dataclass(frozen=True, slots=True)
class Due:
    """A due rule; `tz` is run, assignee or an IANA name, `roll` moves it off free days."""

    rule: DueRule
    tz: str = "run"
    roll: Roll = "none"


@dataclass(frozen=True, slots=True)
class Action:
    """What setflow does for a task: handover.post, invite or page.test, for `roles`.

    to  of an invite: live_incidents; else ""
    """

    name: str
    roles: tuple[str, ...] = ()
    to: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One item: who by `role`, when by `due`, again by `repeat`, not before `needs` are settled.

    Due rules count from the opening of its phase, those with `occurrence` from when it came up.
    """

    id: str
    title: str
    role: str
    due: Due | None = None
    repeat: DueRule | None = None
    needs: tuple[str, ...] = ()
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Starts:
    """When a phase opens: once phase `after` is done, at the latest at `at`; or `when` CEL holds.

    Due rules count from the start of the run.
    """

    after: str = ""
    at: Due | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of the checklist; without `starts` it opens with the run."""

    id: str
    title: str
    tasks: tuple[Task, ...]
    starts: Starts | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """What starts a run.

    rotation    of a handoff, or the one whose turn a slash command starts a run for
    text        of a slash command, after the name of the command
    parameters  templates for the run's parameters
    condition   CEL; "" for always
    dedupe      a template: runs of the same text are one; "" for a run each time
    allow       who may, as role:, group: or person:; empty for everybody
    """

    id: str
    event: str
    rotation: str = ""
    text: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    condition: str = ""
    dedupe: str = ""
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a run is about. kind: ticket | text | date; a rule's T is the date parameter `T`."""

    name: str
    kind: str
    required: bool


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a run lives: a channel that is there (`use`), or a new one named by a template."""

    use: str = ""
    create: str = ""
    invite: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Post:
    """Say the template `text` to role:, group:, person: or channel:."""

    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """When `event` comes and `condition` (CEL, "" for always) holds: post, at once or at `at`."""

    id: str
    event: str
    posts: tuple[Post, ...]
    condition: str = ""
    at: DueRule | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """`task` is due at this wall-clock time of the playbook's zone."""

    task: str
    due: datetime


@dataclass(frozen=True, slots=True)
class Example:
    """One of the playbook's own tests: a run that starts at `start`, and what is expected of it.

    start     wall-clock time in the playbook's zone
    holidays  free days beside the calendar's
    given     parameters
    """

    name: str
    start: datetime
    holidays: tuple[date, ...]
    given: Mapping[str, str]
    expect: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Playbook:
    """A checklist as read. `version` is the digest of its text, `calendar` "" is Monday to Friday.

    ends  the run ends with the turn that it was started for
    """

    name: str
    version: str
    title: str
    zone: ZoneInfo
    roles: Mapping[str, Role]
    phases: tuple[Phase, ...]
    owners: tuple[str, ...] = ()
    calendar: str = ""
    parameters: tuple[Parameter, ...] = ()
    channel: Channel | None = None
    header: str = ""
    triggers: tuple[Trigger, ...] = ()
    conflict: Literal["join", "refuse"] = "join"
    attach: bool = False
    ends: bool = False
    updates: Duty | None = None
    rules: tuple[Rule, ...] = ()
    finish: str = ""
    tests: tuple[Example, ...] = ()

    def task(self, name: str) -> Task | None:
        """The task of this id."""
        return next(
            (task for phase in self.phases for task in phase.tasks if task.id == name), None
        )

    def phase_of(self, task: str) -> Phase:
        """The phase that task `task` stands in; raises KeyError if none."""
        for phase in self.phases:
            if any(task == one.id for one in phase.tasks):
                return phase
        raise KeyError(task)
