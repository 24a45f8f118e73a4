"""Effects of runs and incidents: checklists, reminders, channels, updates."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class ShowRun(Effect):
    """Keep the checklist post of one phase of a run as it now is."""

    run: int
    phase: str
    revision: int

    @property
    def key(self) -> str:
        """Once for each revision."""
        return f"run:{self.run}:{self.phase}:{self.revision}"

    @property
    def lane(self) -> str:
        """The phase's post."""
        return f"run:{self.run}:{self.phase}"


@dataclass(frozen=True, slots=True)
class NudgeTask(Effect):
    """Remind `person` that a task of a run is due.

    occurrence  which one of a repeated task (its instant), "" where it happens once
    stage       1 for the first reminder, counts up
    """

    grace: ClassVar[timedelta | None] = timedelta(hours=4)

    run: int
    task: str
    occurrence: str
    person: str
    stage: int

    @property
    def key(self) -> str:
        """Once for each occurrence, person and stage."""
        where = f"{self.run}:{self.task}:{self.occurrence}"
        return f"nudge-task:{where}:{self.person}:{self.stage}"


@dataclass(frozen=True, slots=True)
class RulePost(Effect):
    """Post what a playbook's rule says: `text` as written for `to` (`@person` or `~channel`)."""

    grace: ClassVar[timedelta | None] = timedelta(hours=12)

    run: int
    rule: str
    occurrence: str
    to: str
    text: str

    @property
    def key(self) -> str:
        """Once for each rule, what set it off, and receiver."""
        return f"rule:{self.run}:{self.rule}:{self.occurrence}:{self.to}"


@dataclass(frozen=True, slots=True)
class OpenChannel(Effect):
    """Make the channel `name` for a run, unless it is there; its receipt is the channel's id."""

    run: int
    name: str

    @property
    def key(self) -> str:
        """Once a run and channel."""
        return f"channel:{self.run}:{self.name}"

    @property
    def lane(self) -> str:
        """The channel."""
        return f"channel:{self.name}"


@dataclass(frozen=True, slots=True)
class Invite(Effect):
    """Bring `people` into `channel` and name them there; `why` is a few words for them.

    marker  what asked for it, so that a later crew can be invited to the same channel
    """

    channel: str
    people: tuple[str, ...]
    why: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each channel and marker."""
        return f"invite:{self.channel}:{self.marker}"

    @property
    def lane(self) -> str:
        """The channel."""
        return f"channel:{self.channel}"


@dataclass(frozen=True, slots=True)
class ShowIncident(Effect):
    """Keep an incident's post as it now is: what it is, who has it, whether anybody was paged."""

    incident: int
    revision: int

    @property
    def key(self) -> str:
        """Once for each revision."""
        return f"incident:{self.incident}:{self.revision}"

    @property
    def lane(self) -> str:
        """The incident's post."""
        return f"incident:{self.incident}"


@dataclass(frozen=True, slots=True)
class NudgeUpdate(Effect):
    """Remind `people` of the status update that an incident owes for `day`.

    day     ISO date in the playbook's zone
    stage   from 1, the place of the nudge in the playbook's list
    people  one, or by thread all of a role, in one post
    by      dm, or thread: a reply below the incident's post
    """

    grace: ClassVar[timedelta | None] = timedelta(hours=12)

    incident: int
    day: str
    stage: int
    people: tuple[str, ...]
    by: str

    @property
    def key(self) -> str:
        """Once for each day, stage and people."""
        whom = "+".join(self.people)
        return f"nudge-update:{self.incident}:{self.day}:{self.stage}:{whom}"


@dataclass(frozen=True, slots=True)
class EndNudge(Effect):
    """Make a reminder of an update say that it is settled, without its buttons.

    nudge  the key of the NudgeUpdate
    why    answered, missed (the day is over, the next is owed), or over (nothing is owed any more)
    """

    nudge: str
    incident: int
    why: str

    @property
    def key(self) -> str:
        """Once for each nudge."""
        return f"end-{self.nudge}"

    @property
    def lane(self) -> str:
        """Behind the nudge itself."""
        return self.nudge


@dataclass(frozen=True, slots=True)
class ShowUpdate(Effect):
    """Put a status update that came in elsewhere (a command, Jira) into the incident's thread."""

    incident: int
    update: int

    @property
    def key(self) -> str:
        """Once for each update."""
        return f"update:{self.incident}:{self.update}"


@dataclass(frozen=True, slots=True)
class ShowHandover(Effect):
    """Post the hand-over of a run: open tickets and incidents with owners, the incoming crew."""

    run: int

    @property
    def key(self) -> str:
        """Once a run."""
        return f"handover:{self.run}"
