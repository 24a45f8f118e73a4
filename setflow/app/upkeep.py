"""What a process does for all of them: the watchdog, the sign of life, the deleting."""

import logging
import threading
from dataclasses import dataclass
from datetime import timedelta

from pydantic import SecretStr

from setflow import engine
from setflow.adapters import heartbeat
from setflow.app.parts import Parts
from setflow.db import transaction
from setflow.errors import DeliveryError

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1
"""Between two lots of deleting: others come first."""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Each is asked from time to time, and keeps in the database what was done for all."""

    parts: Parts
    stopping: threading.Event

    def watch(self) -> int:
        """See how late setflow is, and have the admins paged where it is too late."""
        with transaction(self.parts.db) as tx:
            now = self.parts.clock()
            engine.handle(tx, [engine.lateness(tx, now=now)], now=now)
        return 0

    def beat(self, url: SecretStr) -> int:
        """Give a sign of life, once a minute among all processes, unless setflow is late."""
        with transaction(self.parts.db) as tx:
            now = self.parts.clock()
            due = engine.beat(tx, engine.lateness(tx, now=now), now=now)
        if due:
            self._ping(url)
        return 0

    def _ping(self, url: SecretStr) -> None:
        name = "heartbeat address"
        try:
            heartbeat.ping(url.get_secret_value())
        except DeliveryError as error:
            log.warning("the heartbeat was not taken: %s", error)
            self.parts.problems[name] = f"SETFLOW_HEARTBEAT_URL did not take the heartbeat: {error}"
        else:
            self.parts.problems.pop(name, None)

    def tidy(self, keep: timedelta) -> int:
        """Delete a lot of what is over for longer than `keep`; 0 once there is no more today."""
        with transaction(self.parts.db) as tx:
            more = engine.tidy(tx, keep, now=self.parts.clock())
        if more:
            self.stopping.wait(PAUSE_SECONDS)
        return int(more)
