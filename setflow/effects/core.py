"""What every effect is, and the decision that asks for effects."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar, Generic, TypeVar

State = TypeVar("State")

MATTERMOST, NOTIFY, OPSGENIE, MAIL = "mattermost", "notify", "opsgenie", "mail"

IN_CHAT = (MATTERMOST, "mention")
"""The methods of a page that chat delivers: a direct message, and a post that names the person."""


@dataclass(frozen=True, slots=True)
class Effect(ABC):
    """One thing to be done outside."""

    grace: ClassVar[timedelta | None] = None

    @property
    def system(self) -> str:
        """The adapter that does it: mattermost, notify, opsgenie or mail."""
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
