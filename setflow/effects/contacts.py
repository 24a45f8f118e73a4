"""Effects of contact methods: the test page that verifies one, and what their owner is told."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import NOTIFY, Effect


@dataclass(frozen=True, slots=True)
class TryContact(Effect):
    """Send `person` a test page by `via`, with the code and the link that verify that it came.

    receiver  the digest of where it goes: to another address it is not sent
    number    counts the tests of this method and receiver, from 1
    """

    grace: ClassVar[timedelta | None] = timedelta(minutes=10)

    person: str
    via: str
    receiver: str
    number: int

    @property
    def system(self) -> str:
        """A contact method."""
        return NOTIFY

    @property
    def key(self) -> str:
        """Once for each test."""
        return f"try-contact:{self.person}:{self.via}:{self.receiver}:{self.number}"


@dataclass(frozen=True, slots=True)
class TellContact(Effect):
    """Tell `person`, in chat, which of their contact methods have not verified themselves.

    marker  the digest of a receiver that is new
    """

    person: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each marker."""
        return f"tell-contact:{self.person}:{self.marker}"
