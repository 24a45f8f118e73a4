"""The effect that tells somebody of more alerts than can be told one by one."""

from dataclasses import dataclass

from setflow.effects.core import MATTERMOST, NOTIFY, Effect


@dataclass(frozen=True, slots=True)
class ShowDigest(Effect):
    """Show `person` by `method` the alerts in their digest, as they then stand.

    number    counts the digest's messages to them by this method; each is heard
    revision  1 makes the message; later ones patch it, and by phone say that all of it is over
    """

    person: str
    method: str
    number: int
    revision: int

    @property
    def system(self) -> str:
        """Chat for the direct message, else a contact method."""
        return MATTERMOST if self.method == MATTERMOST else NOTIFY

    @property
    def key(self) -> str:
        """Once for each message and revision."""
        return f"{self.lane}:{self.revision}"

    @property
    def lane(self) -> str:
        """The message."""
        return f"digest:{self.person}:{self.method}:{self.number}"
