"""Effects that show a picture."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class ShowSchedule(Effect):
    """Post the coming weeks of a rotation into `channel`; to `by` alone where the bot is not in it.

    channel  its id
    marker   which asking it answers, unlike any before
    by       who asked, a name of people
    """

    grace: ClassVar[timedelta | None] = timedelta(hours=1)

    rotation: str
    channel: str
    weeks: int
    marker: str
    by: str

    @property
    def key(self) -> str:
        """Once for each asking."""
        return f"schedule:{self.rotation}:{self.marker}"
