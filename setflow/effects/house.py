"""Effects about setflow itself: what could not be delivered, what is wrong around it."""

from dataclasses import dataclass

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class DeadLetter(Effect):
    """Say in the operations channel that an effect could not be delivered, and how to mend it.

    effect   the number of the effect in the outbox
    count    how often it was given up, from 1 (a retry may fail again)
    outcome  "" while it waits for a person; then retried or dropped, which patches the post
    by       who decided so
    """

    effect: int
    count: int
    outcome: str = ""
    by: str = ""

    @property
    def key(self) -> str:
        """Once for each giving up, and for what became of it."""
        return f"{self.lane}:{self.outcome}" if self.outcome else self.lane

    @property
    def lane(self) -> str:
        """The post."""
        return f"dead:{self.effect}:{self.count}"


@dataclass(frozen=True, slots=True)
class Warn(Effect):
    """Say in the operations channel that something is wrong with setflow's own surroundings.

    what    one short sentence, without secrets
    marker  unlike any before, so that the same warning can come again another day
    """

    what: str
    marker: str

    @property
    def key(self) -> str:
        """Once for each marker."""
        return f"warn:{self.marker}"
