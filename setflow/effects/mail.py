"""Effects of alerts that came by mail: what senders are answered, and the mail shown in chat."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from setflow.effects.core import MAIL, Effect

OURS = "<setflow."
"""What the Message-ID of every mail of ours begins with."""


@dataclass(frozen=True, slots=True)
class AnswerMail(Effect):
    """Tell `to`, who wrote of an alert by mail, how it stands.

    what     received | unanswered | ended | acknowledged | snoozed | anew | resolved
    mark     tells one of the same kind from another
    message  the Message-ID of the answer
    """

    grace: ClassVar[timedelta | None] = timedelta(hours=6)

    alert: int
    nth: int
    to: str
    what: str
    mark: str
    message: str

    @property
    def system(self) -> str:
        """Mail."""
        return MAIL

    @property
    def key(self) -> str:
        """Once for each piece of news and receiver."""
        return f"answer-mail:{self.alert}.{self.nth}:{self.what}:{self.mark}:{self.to}"

    @property
    def lane(self) -> str:
        """The receiver's thread."""
        return f"mail:{self.alert}:{self.to}"


@dataclass(frozen=True, slots=True)
class ShowMail(Effect):
    """Show what a mail says below the post of its alert; whoever has the alert is notified.

    delivery  the mail's number in the inbox
    """

    alert: int
    nth: int
    delivery: int

    @property
    def key(self) -> str:
        """Once for each mail."""
        return f"show-mail:{self.alert}:{self.delivery}"
