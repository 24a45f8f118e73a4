"""What a decision may ask of the world, and the decision itself.

Effects are written to the outbox as JSON, so a field once shipped keeps its name and meaning. They
name things and do not quote them: what a post says is read when it is sent.

An effect's `key` names it for ever; a repeated key is a mistake in the rules. Its `lane` is the one
remote thing it changes: effects of one lane go in order. `grace` is how late it may be sent and
still be of use; None for always.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

State = TypeVar("State")

MATTERMOST, NOTIFY, OPSGENIE = "mattermost", "notify", "opsgenie"


@dataclass(frozen=True, slots=True)
class Effect(ABC):
    """One thing to be done outside."""

    grace: ClassVar[timedelta | None] = None

    @property
    def system(self) -> str:
        """The adapter that does it: mattermost, notify or opsgenie."""
        return MATTERMOST

    @property
    @abstractmethod
    def key(self) -> str:
        """Names this very effect, so that it is done once however often it is tried."""

    @property
    def lane(self) -> str:
        """The remote thing it changes; its own key where it changes nothing that is there."""
        return self.key


@dataclass(frozen=True, slots=True)
class PagePerson(Effect):
    """Tell `person` by `method` that an alert waits for them.

    alert, nth   the alert, and which start of its ladder this is (1 is the first)
    round, step  from 0, where on the ladder
    method       "mattermost", or the `via` of one of the person's contact methods
    late_seconds how long after it was due it was decided; after the first step folded into it
    folded       earlier steps that passed unsent while nothing ran, and are told by this page
    """

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str
    late_seconds: int = 0
    folded: int = 0

    @property
    def system(self) -> str:
        """Chat for the direct message, else a contact method."""
        return MATTERMOST if self.method == MATTERMOST else NOTIFY

    @property
    def key(self) -> str:
        """Once for each start of the ladder, round, step, person and method."""
        return f"page:{self.alert}.{self.nth}.{self.round}.{self.step}:{self.person}:{self.method}"


@dataclass(frozen=True, slots=True)
class UpdatePage(Effect):
    """Bring a page that was sent up to date: who has the alert now, and which buttons are left.

    In chat the direct message is patched. With `stand_down` the person, who was woken and is no
    longer needed, is told so by the method that woke them (chat: a reply below the page).
    page      the key of the PagePerson
    revision  of the alert, counts up
    """

    page: str
    alert: int
    nth: int
    person: str
    method: str
    revision: int
    stand_down: bool = False

    @property
    def system(self) -> str:
        """That of the page."""
        return MATTERMOST if self.method == MATTERMOST else NOTIFY

    @property
    def key(self) -> str:
        """Once for each page and revision."""
        return f"update-{self.page}:{self.revision}"

    @property
    def lane(self) -> str:
        """Behind the page itself."""
        return self.page


@dataclass(frozen=True, slots=True)
class PageChannel(Effect):
    """Tell everybody in `channel` that an alert waits for somebody, because a step says so.

    revision  0 makes the post; later ones patch it, as the alert then is, and mention nobody
    The rest is as with PagePerson.
    """

    alert: int
    nth: int
    round: int
    step: int
    channel: str
    revision: int = 0
    late_seconds: int = 0
    folded: int = 0

    @property
    def key(self) -> str:
        """Once for each step and revision."""
        return f"{self.lane}:{self.revision}"

    @property
    def lane(self) -> str:
        """The post."""
        where = f"{self.alert}.{self.nth}.{self.round}.{self.step}"
        return f"page-channel:{where}:{self.channel}"


@dataclass(frozen=True, slots=True)
class ShowAlert(Effect):
    """Keep the channel's post on an alert as it now is: the first makes it, later ones patch it."""

    alert: int
    nth: int
    revision: int

    @property
    def key(self) -> str:
        """Once for each revision."""
        return f"alert:{self.alert}.{self.nth}:{self.revision}"

    @property
    def lane(self) -> str:
        """The post."""
        return f"alert:{self.alert}.{self.nth}"


@dataclass(frozen=True, slots=True)
class RemindChannel(Effect):
    """Say in the alert's channel that still nobody has it, the ladder being at its end.

    count  1 at the end of the ladder, then one more every 30 minutes
    """

    alert: int
    nth: int
    count: int

    @property
    def key(self) -> str:
        """Once for each count."""
        return f"remind:{self.alert}.{self.nth}:{self.count}"


@dataclass(frozen=True, slots=True)
class MirrorAlert(Effect):
    """Do in OpsGenie what was done here: `verb` is acknowledge or close, by `person`."""

    alert: int
    verb: str
    person: str
    revision: int

    @property
    def system(self) -> str:
        """OpsGenie."""
        return OPSGENIE

    @property
    def key(self) -> str:
        """Once for each revision of the alert and verb."""
        return f"opsgenie:{self.alert}:{self.verb}:{self.revision}"

    @property
    def lane(self) -> str:
        """The remote alert."""
        return f"opsgenie:{self.alert}"


@dataclass(frozen=True, slots=True)
class ShowHeader(Effect):
    """Make our part of the header of a rotation's channel say who is on.

    rotation  its name
    marker    what made it change: an instant or an override, unlike any before
    """

    rotation: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each change."""
        return f"header:{self.rotation}:{self.marker}"

    @property
    def lane(self) -> str:
        """The rotation's header."""
        return f"header:{self.rotation}"


@dataclass(frozen=True, slots=True)
class TellOverride(Effect):
    """Tell `person` about override `override`: they were displaced, or stand in, or it was undone.

    what  displaced | stands-in | undone
    """

    override: int
    person: str
    what: str

    @property
    def key(self) -> str:
        """Once for each override, person and piece of news."""
        return f"override:{self.override}:{self.person}:{self.what}"


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


@dataclass(frozen=True, slots=True)
class DeadLetter(Effect):
    """Say in the operations channel that an effect could not be delivered, and how to mend it.

    effect   the number of the effect in the outbox
    count    how often it was given up, from 1 (a retry may fail again)
    outcome  "" while it waits for a person; then retried or dropped, which patches the post
    by       who decided so
    """

    effect: int
    count: int
    outcome: str = ""
    by: str = ""

    @property
    def key(self) -> str:
        """Once for each giving up, and for what became of it."""
        return f"{self.lane}:{self.outcome}" if self.outcome else self.lane

    @property
    def lane(self) -> str:
        """The post."""
        return f"dead:{self.effect}:{self.count}"


@dataclass(frozen=True, slots=True)
class Warn(Effect):
    """Say in the operations channel that something is wrong with setflow's own surroundings.

    what    one short sentence, without secrets
    marker  unlike any before, so that the same warning can come again another day
    """

    what: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each marker."""
        return f"warn:{self.marker}"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the far side calls the thing that a lane keeps: a channel and an id in it."""

    channel: str
    remote: str


@dataclass(frozen=True, slots=True)
class Woke:
    """The `wake_at` of a decision has come; `kind` and `id` say whose."""

    kind: str
    id: str


@dataclass(frozen=True, slots=True)
class Decision(Generic[State]):
    """What follows from one message.

    state    the state from now on
    events   what happened, for the history and for the other slices
    effects  what to do outside, in this order
    wake_at  when to look again though nothing came in; None for never
    """

    state: State
    events: Sequence[object] = ()
    effects: Sequence[Effect] = field(default=())
    wake_at: datetime | None = None
