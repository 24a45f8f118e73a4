"""What a post is made of: its words, a colour bar that says how things stand, signed buttons.

The limits are Mattermost's: a message has at most 16,383 code points, an action's id is letters and
digits only (others are stored, but clicking them gives 404), all props together had 8,000 code
points on old servers.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.text import LONGEST_MESSAGE, clock_of, cut
from setflow.facts import Who

Context = Mapping[str, str | int]

ACTION_PATH = "/hooks/mattermost/action"
LONGEST_ATTACHMENT = 1_000
LONGEST_NAME = 40

# Waiting for a person; theirs, not over; over; nothing to do.
RED, AMBER, GREEN, GREY = "#c9303e", "#d99a00", "#2f8f4e", "#8a8f98"


@dataclass(frozen=True, slots=True)
class File:
    """What a post carries: a file's name and content."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Post:
    """A post or patch: Markdown, attachments as the API takes them, usernames it notifies.

    files  what it carries where the server takes files; a patch leaves them as they are
    asks   the username of whom an urgent post asks for an acknowledgement, and tells again and
           again until they answer, where the server can; "" for nobody
    """

    message: str
    attachments: tuple[Mapping[str, Any], ...] = ()
    mentions: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    asks: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """What can be pressed. id: letters and digits; context: what comes back, `do` in it first."""

    id: str
    name: str
    context: Context
    style: str = "default"


@dataclass(frozen=True, slots=True)
class Pen:
    """What writing a post needs beside its facts.

    sign          the signature of a button's context, without which a click proves nothing
    callback_url  where Mattermost reaches us, without a slash at its end
    """

    now: datetime
    sign: Callable[[Context], str]
    callback_url: str

    def post(
        self,
        message: str,
        *attachments: Mapping[str, Any],
        mentions: Sequence[Who] = (),
    ) -> Post:
        """A post of `message`, cut where it is too long for the server."""
        return Post(
            cut(message, LONGEST_MESSAGE), attachments, tuple(who.username for who in mentions)
        )

    def bar(
        self, colour: str, words: str, buttons: Sequence[Button] = (), zone: ZoneInfo | None = None
    ) -> Mapping[str, Any]:
        """A colour bar that says in `words` what its colour says; `zone` names the clock."""
        text = cut(words, LONGEST_ATTACHMENT)
        return {
            "fallback": text,
            "color": colour,
            "text": text,
            **({"footer": clock_of(zone)} if zone else {}),
            **({"actions": [self._action(button) for button in buttons]} if buttons else {}),
        }

    def _action(self, button: Button) -> Mapping[str, Any]:
        return {
            "id": button.id,
            "type": "button",
            "name": cut(button.name, LONGEST_NAME),
            "style": button.style,
            "integration": {
                "url": self.callback_url + ACTION_PATH,
                "context": {**button.context, "sig": self.sign(button.context)},
            },
        }
