"""Effects of schedules kept in OpsGenie: overrides there, and what is said of differences."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import OPSGENIE, Effect


@dataclass(frozen=True, slots=True)
class KeepRemoteOverride(Effect):
    """Make an override in OpsGenie what it should be by now, or take it away.

    target    the seat or rotation whose schedule it is of
    alias     what it is called there
    revision  counts what was changed in that schedule
    """

    target: str
    alias: str
    revision: int

    @property
    def system(self) -> str:
        """OpsGenie."""
        return OPSGENIE

    @property
    def key(self) -> str:
        """Once for each change."""
        return f"{self.lane}:{self.alias}:{self.revision}"

    @property
    def lane(self) -> str:
        """The schedule: what is taken away goes before what takes its place."""
        return f"opsgenie-schedule:{self.target}"


@dataclass(frozen=True, slots=True)
class ShowShadow(Effect):
    """Post how OpsGenie and setflow differed on the alerts of a day, by ISO date."""

    grace: ClassVar[timedelta | None] = timedelta(hours=12)

    day: str

    @property
    def key(self) -> str:
        """Once a day."""
        return f"shadow:{self.day}"


@dataclass(frozen=True, slots=True)
class ShowRemoteSchedule(Effect):
    """Keep the post on how a schedule in OpsGenie differs from ours; `day` (ISO) has one at most.

    revision  counts what was said
    """

    grace: ClassVar[timedelta | None] = timedelta(hours=12)

    target: str
    day: str
    revision: int

    @property
    def key(self) -> str:
        """Once for each revision."""
        return f"{self.lane}:{self.revision}"

    @property
    def lane(self) -> str:
        """The post."""
        return f"schedule-differs:{self.target}:{self.day}"
