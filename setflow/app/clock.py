"""The clock of a process: this machine's, but nothing that follows is decided by a jump of it."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

FURTHEST_CLOCK = timedelta(seconds=2)
"""How far a process's clock and the database's may be apart."""

Clock = Callable[[], datetime]


def real_clock() -> datetime:
    """The instant now, in UTC."""
    return datetime.now(UTC)  # noqa: TID251  the one place


class Steady:
    """What `wall` says, until it was compared; from then on only what agrees with the comparison.

    wall     the machine's clock, which somebody may set
    elapsed  seconds since some instant, by a clock that nobody can set
    """

    def __init__(self, wall: Clock, elapsed: Callable[[], float] = time.monotonic) -> None:
        self.wall, self._elapsed = wall, elapsed
        self._compared: tuple[datetime, float] | None = None

    def __call__(self) -> datetime:
        """The instant now: by the wall, unless it jumped since it was compared, or was off then."""
        wall = self.wall()
        if self._compared is None:
            return wall
        instant, then = self._compared
        expected = instant + timedelta(seconds=self._elapsed() - then)
        return wall if abs(wall - expected) <= FURTHEST_CLOCK else expected

    def agrees(self, offset: timedelta) -> bool:
        """Keep that the database's clock is `offset` ahead of the wall; whether that is near.

        Where it is not, the database's is taken for right: all processes share it.
        """
        near = abs(offset) <= FURTHEST_CLOCK
        self._compared = self.wall() + (timedelta() if near else offset), self._elapsed()
        return near
