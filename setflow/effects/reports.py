"""Effects that look ahead: what the next weeks hold, and who is missed in them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class ShowFindings(Effect):
    """Post what a rotation's next weeks hold: gaps, absences, whatever somebody should know.

    day  ISO date in the configuration's zone
    """

    grace: ClassVar[timedelta | None] = timedelta(hours=12)

    rotation: str
    day: str

    @property
    def key(self) -> str:
        """Once for each rotation and day."""
        return f"findings:{self.rotation}:{self.day}"


@dataclass(frozen=True, slots=True)
class TellDeparture(Effect):
    """Say in the operations channel that `person`, who has duties to come, is not there any more.

    marker  when that was seen, so that it can be told again of one who came back and left again
    """

    person: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each departure."""
        return f"departure:{self.person}:{self.marker}"
