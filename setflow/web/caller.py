"""Who gives a command or presses a button, where and when, and what a verb of `/set` is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow.adapters.mattermost.post import Pen, Post
from setflow.db import Tx
from setflow.errors import Refused
from setflow.team.spec import Person
from setflow.web.auth import ChatUser

Answer = str | Post
"""What the caller alone sees: words, or words with a bar and buttons below them."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, where and when.

    person   None for one whom setflow does not know
    channel  the name of the channel; root the first post of the thread, "" outside of one
    pen      writes what has buttons
    """

    user: ChatUser
    person: Person | None
    channel: str
    root: str
    now: datetime
    pen: Pen

    @property
    def name(self) -> str:
        """Their name in the configuration; raises Refused for a guest or stranger."""
        if self.user.guest or self.person is None:
            raise Refused(
                f"{self.user.username} is not among the people that setflow knows; an admin can "
                "add you to the configuration file and apply it."
            )
        return self.person.name


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: how it is written, what it does, and the worker."""

    usage: str
    help: str
    work: Callable[[Tx, Caller, Sequence[str]], Answer]
