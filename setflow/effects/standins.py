"""Effects of requests for stand-ins, and of absences."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class ShowRequest(Effect):
    """Keep the post of a request as it now is.

    to  whom it is a direct message to; "" for the post in the rotation's channel
    """

    request: int
    to: str
    revision: int

    @property
    def key(self) -> str:
        """Once for each revision and receiver."""
        return f"{self.lane}:{self.revision}"

    @property
    def lane(self) -> str:
        """The post."""
        return f"request:{self.request}:{self.to}"


@dataclass(frozen=True, slots=True)
class BumpRequest(Effect):
    """Say once below a request's post in the channel that nobody has taken it yet."""

    grace: ClassVar[timedelta | None] = timedelta(hours=1)

    request: int

    @property
    def key(self) -> str:
        """Once a request."""
        return f"bump-request:{self.request}"


@dataclass(frozen=True, slots=True)
class TellRequest(Effect):
    """Tell `person` what became of a request, or that it is still open.

    what    taken | accepted | declined | all-declined | waits | approved | refused | withdrawn |
            expired | moot | reminder | last-reminder
    marker  the step of the request that it tells of
    by      whose answer or doing it was; "" for nobody's
    """

    request: int
    person: str
    what: str
    marker: str
    by: str = ""

    @property
    def key(self) -> str:
        """Once for each step and person."""
        return f"tell-request:{self.request}:{self.person}:{self.what}:{self.marker}"


@dataclass(frozen=True, slots=True)
class TellAbsence(Effect):
    """Tell `person` that somebody else has put down, or ended, an absence of theirs.

    what  set | ended
    """

    absence: int
    person: str
    what: str
    by: str

    @property
    def key(self) -> str:
        """Once for each absence and piece of news."""
        return f"absence:{self.absence}:{self.person}:{self.what}"
