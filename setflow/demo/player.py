"""Lets the time of a stage pass: from one due instant to the next, each worked to its end."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from setflow import engine, ticker
from setflow.db import transaction
from setflow.demo.cast import Cast
from setflow.demo.script import BEGIN, END, scenes
from setflow.demo.stage import Stage, at

log = logging.getLogger(__name__)

DEFAULT_SPEED = 3600.0
LONGEST_GAP = timedelta(hours=3)
"""Nights and weekends in which nothing happens pass as quickly as this."""
READING_SECONDS = 2.0
LOOK_SECONDS = 0.1
PULL_EVERY = timedelta(hours=6)
"""Beside a pull whenever a stand-in says that something changed there."""
MOST_ROUNDS = 200
WAITED_FOR = {
    "inbox": "something came in",
    "rotation": "a shift begins or ends",
    "alert": "the next step of an alert",
    "storm": "a message that grows",
    "run": "a task of a checklist",
    "incident": "somebody owes an update",
    "request": "a reminder of a request",
    "chore": "a look ahead",
    "outbox": "a delivery is tried again",
    "script": "somebody does something",
}


@dataclass(frozen=True, slots=True)
class Coming:
    """The next instant at which something is to be done, and what."""

    at: datetime
    what: str


class Player:
    """Plays the script on a stage; it is also the `control` that the page drives.

    speed  simulated seconds a second, 0 for as fast as can be
    tell   told each sentence of the story, with its instant
    """

    def __init__(
        self, stage: Stage, *, speed: float, tell: Callable[[datetime, str], None]
    ) -> None:
        self.stage, self.cast, self._tell = stage, Cast(stage), tell
        self.begin, self.end = (at(text, stage.configuration) for text in (BEGIN, END))
        self._scenes = deque((at(one.at, stage.configuration), one) for one in scenes())
        self._speed, self._paused, self._stepping = speed, False, False
        self._stopped = threading.Event()
        self._story: list[str] = []
        self._coming: Coming | None = None
        self._pulled: dict[str, datetime] = {}
        self._heard = (0, 0)

    # what the page asks

    def state(self) -> dict[str, Any]:
        """As `setflow.sandbox.page.Control` wants it."""
        zone, coming = self.stage.configuration.zone, self._coming
        return {
            "now": self.stage.clock.now().astimezone(zone).isoformat(timespec="seconds"),
            "zone": zone.key,
            "paused": self._paused,
            "speed": self._speed,
            "next_at": coming.at.astimezone(zone).isoformat() if coming else None,
            "next_what": coming.what if coming else "",
            "story": list(self._story),
            "ended": self.over,
        }

    def pause(self) -> None:
        """Let the clock stand still."""
        self._paused = True

    def play(self) -> None:
        """Let the clock run."""
        self._paused = False

    def step(self) -> None:
        """Jump to where something is to be seen next, then stand still."""
        self._paused = self._stepping = True

    def set_speed(self, speed: float) -> None:
        """Simulated seconds a second; 0 for as fast as can be."""
        self._speed = speed

    def stop(self) -> None:
        """Have `play_on` return soon."""
        self._stopped.set()

    @property
    def stopped(self) -> bool:
        """Whether somebody said `stop`."""
        return self._stopped.is_set()

    # how time passes

    @property
    def over(self) -> bool:
        """Whether the last scene was played."""
        return not self._scenes

    def play_on(self) -> None:
        """Play until the script is over, or `stop`."""
        self._work(self.begin)
        while not self.over and not self._stopped.is_set():
            self._coming = self._next()
            if self._pass_time(self._coming.at):
                self._work(self._coming.at)
            else:
                self._settle()
        self._coming = None

    def linger(self) -> None:
        """Go on answering the visitor, the clock standing still, until `stop`."""
        while not self._stopped.is_set():
            if self.stage.far.bell.wait(LOOK_SECONDS):
                self._settle()

    def _work(self, instant: datetime) -> None:
        asked = self._stepping
        self.stage.clock.jump(instant)
        seen = len(self.stage.far.chat.transcript)
        self._settle()
        told = self._act()
        if asked and (told or len(self.stage.far.chat.transcript) > seen):
            self._stepping = False
        if told and self._speed:
            self._rest(READING_SECONDS * min(1.0, DEFAULT_SPEED / self._speed))

    def _next(self) -> Coming:
        """What is to be done next: by the script, or by setflow."""
        with transaction(self.stage.parts.db) as tx:
            due = engine.waiting(tx)
        due["script"] = self._scenes[0][0]
        if sending := self.stage.parts.relay.next_due():
            due["outbox"] = sending
        kind = min(due, key=lambda kind: due[kind])
        return Coming(max(due[kind], self.stage.clock.now()), WAITED_FOR[kind])

    def _act(self) -> bool:
        """Play the scenes that are due, each worked to its end; whether the visitor was told."""
        told = False
        while self._scenes and self._scenes[0][0] <= self.stage.clock.now():
            instant, scene = self._scenes.popleft()
            missed = len(self.cast.missed)
            for deed in scene.deeds:
                deed(self.cast)
                self._settle()
            done = len(scene.deeds) - (len(self.cast.missed) - missed)
            if scene.says and (done or self.over or self._shown_since(instant)):
                self._tell_scene(instant, scene.says)
                told = True
        return told

    def _shown_since(self, instant: datetime) -> bool:
        """Whether people saw anything; where the visitor was quicker, a scene may not happen."""
        found = self.stage.far.chat.transcript
        return bool(found) and found[-1].at >= instant

    def _tell_scene(self, instant: datetime, says: str) -> None:
        local = instant.astimezone(self.stage.configuration.zone)
        self._story.append(f"{local:%a} {local.day} {local:%b} {local:%H:%M}: {says}")
        self._tell(instant, says)

    def _pass_time(self, until: datetime) -> bool:
        """Let the clock run to `until`; False where something else has to be looked at first."""
        bell, clock = self.stage.far.bell, self.stage.clock
        gap = until - clock.now()
        hurry = max(1.0, gap / LONGEST_GAP)
        before = time.monotonic()
        while clock.now() < until and not self._stepping and (self._speed or self._paused):
            if bell.wait(LOOK_SECONDS) or self._stopped.is_set():
                return False
            after = time.monotonic()
            if not self._paused and self._speed:
                passed = timedelta(seconds=(after - before) * self._speed * hurry)
                clock.jump(min(until, clock.now() + passed))
            before = after
        return True

    def _rest(self, seconds: float) -> None:
        """Stand still for the visitor to read, working what they do meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and not self._stopped.is_set() and not self._stepping:
            if self.stage.far.bell.wait(LOOK_SECONDS):
                self._settle()

    # one instant, worked to its end

    def _settle(self) -> None:
        """Work all that is due now, and all that comes of it, until nothing moves."""
        stage, parts = self.stage, self.stage.parts
        for _ in range(MOST_ROUNDS):
            stage.far.opsgenie.settle()
            rung = self._stirred()
            moved = sum(parts.puller.pull(source) for source in self._to_pull(rung))
            moved += ticker.tick(parts.db, stage.clock.now()) + parts.relay.drain()
            if not moved and not rung:
                return
        log.warning("the stage does not come to rest at %s", stage.clock.now())

    def _stirred(self) -> set[str]:
        """Where somebody else changed something; what setflow itself posted is no news to it."""
        rung, heard = self.stage.far.bell.take(), self._people_said()
        if heard == self._heard:
            rung.discard("chat")
        self._heard = heard
        return rung

    def _to_pull(self, rung: set[str]) -> list[str]:
        """Where something changed, and what was not pulled for long."""
        now = self.stage.clock.now()
        found = [
            source
            for source in self.stage.parts.puller.sources()
            if source in rung or now - self._pulled.get(source, self.begin) >= PULL_EVERY
        ]
        self._pulled |= dict.fromkeys(found, now)
        return found

    def _people_said(self) -> tuple[int, int]:
        """How much people, not bots, have posted and reacted in chat."""
        server = self.stage.far.chat.server
        with server.lock:
            posts = [one for one in server.posts.values() if not server.users[one.user_id].is_bot]
            return len(posts), sum(len(one.reactions) for one in server.posts.values())
