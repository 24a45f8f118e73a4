"""Effects of calendars that people keep their absences in."""

from dataclasses import dataclass

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class TellFeed(Effect):
    """Tell `person` that the calendar of their absences cannot be read.

    marker  unlike any before: it may fail again, another day
    """

    person: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each marker."""
        return f"feed:{self.person}:{self.marker}"
