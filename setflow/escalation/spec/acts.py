"""What people do with an alert that somebody has, or that is to wait; and what then happened."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Act:
    """`by` does something to an alert; `how` is button, slash, api and so on.

    nth  the start of the ladder that a button belongs to; None where nothing says it
    """

    alert: int
    by: str
    how: str
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class There:
    """Who has an alert in OpsGenie.

    owner  a name of ours, else as OpsGenie calls them; "" for nobody
    at     since when, where OpsGenie says so
    until  when its snooze ends; None where it has none
    """

    owner: str
    at: datetime | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Snoozed:
    """`by` put it off; it comes back to them at `until`."""

    alert: int
    by: str
    how: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """It came in a maintenance window, and pages nobody before `until`."""

    alert: int
    window: str
    until: datetime


@dataclass(frozen=True, slots=True)
class CameBack:
    """Nobody has it any more, and its ladder begins anew: this is start `nth`.

    why     snoozed | handed-back | unanswered | maintenance | louder | elsewhere
    person  who had it; of a maintenance its name
    """

    alert: int
    nth: int
    why: str
    person: str


@dataclass(frozen=True, slots=True)
class TakenOver:
    """`person` has it from now on, who `before` had it."""

    alert: int
    person: str
    before: str
    how: str


@dataclass(frozen=True, slots=True)
class HandOverAsked:
    """`person` was asked to take it."""

    alert: int
    person: str
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class HandOverEnded:
    """`person` did not take it; why: declined | unanswered."""

    alert: int
    person: str
    why: str


@dataclass(frozen=True, slots=True)
class HelpAsked:
    """The people of the next step are paged; who has it keeps it."""

    alert: int
    by: str
    how: str
    round: int
    step: int


@dataclass(frozen=True, slots=True)
class Joined:
    """`person` answered too, beside or before whoever has it."""

    alert: int
    person: str
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class OwnerAsked:
    """Who has it was asked whether they still do; `count` times since it came in."""

    alert: int
    person: str
    count: int


@dataclass(frozen=True, slots=True)
class StillOn:
    """Who has it said that they are still on it."""

    alert: int
    person: str
    how: str


@dataclass(frozen=True, slots=True)
class StepSkipped:
    """A step whose condition did not hold was passed over; `when` is the condition."""

    alert: int
    nth: int
    round: int
    step: int
    when: str


@dataclass(frozen=True, slots=True)
class TurnTaken:
    """`person` was the one of a step whose people take turns; `step` from 0."""

    alert: int
    ladder: str
    step: int
    person: str
