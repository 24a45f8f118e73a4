"""A clock that stands still until somebody moves it."""

import threading
from datetime import datetime


class SimulatedClock:
    """The simulated instant, aware; called, it says the same. Any thread may ask."""

    def __init__(self, start: datetime) -> None:
        self._now, self._lock = start, threading.Lock()

    def now(self) -> datetime:
        """The instant that it shows."""
        with self._lock:
            return self._now

    __call__ = now

    def jump(self, to: datetime) -> None:
        """Show `to` from now on; never back, so an earlier instant changes nothing."""
        with self._lock:
            self._now = max(self._now, to)
