"""Effects of who is on: what people are told of their own duties, and the user group."""

from dataclasses import dataclass

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class TellDuty(Effect):
    """Tell `person` of duties of a rotation that begin, or end.

    what  day, soon, on or relieved
    at    the ISO instant at which they are to be told
    """

    rotation: str
    person: str
    what: str
    at: str

    @property
    def key(self) -> str:
        """Once for each person, moment and piece of news."""
        return f"notice:{self.rotation}:{self.what}:{self.person}:{self.at}"


@dataclass(frozen=True, slots=True)
class ShowGroup(Effect):
    """Make the members of a rotation's user group those who are to be reached by it.

    marker  what made it change, unlike any before
    """

    rotation: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each change."""
        return f"group:{self.rotation}:{self.marker}"

    @property
    def lane(self) -> str:
        """The user group."""
        return f"group:{self.rotation}"
