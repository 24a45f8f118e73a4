"""The two processes of `setflow serve`: one answers, the other pages.

What answers must not wait for what decides and delivers, and the interpreter does one thing at a
time. They share the database, which says what is to be done; what one knows of itself it tells the
other, because /healthz and /metrics speak for both. Neither outlives the other for long.
"""

import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from types import FrameType

from setflow.app.parts import Parts

log = logging.getLogger(__name__)

SILENT_SECONDS = 10.0
"""Who says nothing for so long stands still."""
LONGEST_STOP_SECONDS = 20.0
"""Longer than the other one takes to end by itself."""
LONGEST_WORD_BYTES = 512 * 1024
"""More than the system lets through at once: a word comes whole, or is not sent."""
SILENT = "What decides and pages says nothing of itself; see the log."


@dataclass(frozen=True, slots=True)
class Said:
    """What the process that pages lets the web know of itself.

    problems  what it knows to be wrong, by part
    tries     of deliveries, since it began: system, kind, outcome, how many
    """

    problems: Mapping[str, str]
    tries: Sequence[tuple[str, str, str, float]]


class Ends:
    """The two ends of what is told to the web."""

    def __init__(self) -> None:
        self._here, self._there = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._there.settimeout(0)

    def say(self, said: Said) -> None:
        """Let the web know; what it has no room for is left out, and told whole the next time."""
        try:
            self._there.send(json.dumps(asdict(said)).encode())
        except OSError as error:
            log.debug("not heard: %s", error)

    def hear(self, seconds: float) -> Said | None:
        """The next word; None where there is none for so long."""
        self._here.settimeout(seconds)
        try:
            return Said(**json.loads(self._here.recv(LONGEST_WORD_BYTES)))
        except TimeoutError:
            return None


class Telling:
    """Lets the web know how this process is."""

    def __init__(self, parts: Parts, ends: Ends) -> None:
        self.parts, self.ends = parts, ends

    def tell(self) -> None:
        """Say it now."""
        self.ends.say(Said(dict(self.parts.problems), self.parts.metrics.tries()))


class Hearing:
    """What the web hears: problems there are its own, and what was tried there is counted."""

    def __init__(self, parts: Parts, ends: Ends) -> None:
        self.parts, self.ends = parts, ends
        self._theirs: set[str] = set()
        self._thread = threading.Thread(target=self._hear, name="hearing", daemon=True)

    def start(self) -> None:
        """Listen; returns once something was heard, or should have been."""
        self._next()
        self._thread.start()

    def _hear(self) -> None:
        while True:
            self._next()

    def _next(self) -> None:
        said, problems = self.ends.hear(SILENT_SECONDS), self.parts.problems
        theirs = said.problems if said else {"silent": SILENT}
        for name in self._theirs - theirs.keys() if said else ():
            problems.pop(name, None)
        problems |= theirs
        self._theirs |= theirs.keys()
        if said:
            self.parts.metrics.tried_elsewhere(said.tries)


class Child:
    """A copy of this process, which must have no threads yet, that does `work`.

    work  its exit code; is given an event that is set when it is to end, as when its parent has
    """

    def __init__(self, work: Callable[[threading.Event], int]) -> None:
        parent, ours = os.pipe()
        gc.collect()
        gc.freeze()  # what both have stays one in memory as long as neither touches it
        self._number = os.fork()
        if self._number:
            os.close(parent)
            self._life = ours
            return
        code = 1
        try:
            os.close(ours)
            code = work(_until_told(parent))
        except BaseException:
            log.exception("the process that pages has failed")
        finally:
            sys.stderr.flush()
            os._exit(code)

    @property
    def ended(self) -> bool:
        """Whether it runs no more."""
        if self._number:
            found, _ = os.waitpid(self._number, os.WNOHANG)
            self._number = 0 if found else self._number
        return not self._number

    def ask_to_stop(self) -> None:
        """Have it end; returns at once."""
        if not self.ended:
            os.kill(self._number, signal.SIGTERM)

    def join(self) -> None:
        """Wait until it has ended; one that does not is killed."""
        end = time.monotonic() + LONGEST_STOP_SECONDS
        while not self.ended:
            if time.monotonic() > end:
                os.kill(self._number, signal.SIGKILL)
            time.sleep(0.01)


def _until_told(parent: int) -> threading.Event:
    """Set once this process is asked to stop, or the one at the other end of `parent` is gone."""
    stopped = threading.Event()

    def on_signal(_: int, __: FrameType | None) -> None:
        stopped.set()

    def watch() -> None:
        os.read(parent, 1)  # nothing is ever written there
        stopped.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    threading.Thread(target=watch, name="parent", daemon=True).start()
    return stopped
