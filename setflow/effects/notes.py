"""Effects of notes that come in by the API."""

from dataclasses import dataclass

from setflow.effects.core import Effect


@dataclass(frozen=True, slots=True)
class ShowNote(Effect):
    """Show what `by` noted on an alert below its post.

    delivery  the note's number in the inbox
    """

    alert: int
    nth: int
    delivery: int
    by: str

    @property
    def key(self) -> str:
        """Once for each note."""
        return f"note:{self.alert}:{self.delivery}"
