"""Which maintenance window holds an alert: those of the file, and those that chat opened."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from setflow import chores, definitions
from setflow.db import Tx
from setflow.engine.answering import facts_of
from setflow.engine.work import Work
from setflow.escalation.spec import Fired, Window


@dataclass(frozen=True, slots=True)
class ChatWindow:
    """A window that chat opened.

    name     what posts call it
    source   of whose alerts; "" where `ladders` says of which
    """

    number: int
    name: str
    source: str
    ladders: tuple[str, ...]
    start: datetime
    end: datetime
    by: str

    def window(self) -> Window:
        """The same as of a file."""
        length = self.end - self.start
        return Window(self.name, self.source or None, self.ladders, None, self.start, None, length)

    def stored(self) -> Mapping[str, Any]:
        """As JSON."""
        return {
            "number": self.number,
            "name": self.name,
            "source": self.source,
            "ladders": list(self.ladders),
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "by": self.by,
        }


def held(work: Work, fired: Fired) -> Fired:
    """What a source says, with the window that holds it, if one does."""
    if fired.ladder is None:
        return fired
    here = work.present.configuration
    windows = [*here.maintenance, *(one.window() for one in _read(work.chat_windows, work.now))]
    ladder = fired.ladder.name
    hold = definitions.holding(here, windows, ladder, facts_of(fired), work.now)
    return replace(fired, hold=hold)


def chat_windows(tx: Tx, now: datetime) -> list[ChatWindow]:
    """Those that chat opened and that are not over, first begun first."""
    return _read(chores.state(tx, chores.MAINTENANCE), now)


def _read(state: chores.State, now: datetime) -> list[ChatWindow]:
    found = [
        ChatWindow(
            **{
                **one,
                "ladders": tuple(one["ladders"]),
                "start": datetime.fromisoformat(one["start"]),
                "end": datetime.fromisoformat(one["end"]),
            }
        )
        for one in state.get("windows", ())
    ]
    return sorted((one for one in found if one.end > now), key=lambda one: one.start)
