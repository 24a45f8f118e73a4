"""Alerts that came by mail: what their senders are answered, and the mails themselves."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.facts.alerts import AlertFacts
from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """An answer to somebody who wrote of an alert by mail.

    what        see effects.AnswerMail
    address     ours, which it comes from
    message     its own Message-ID
    refers      those of its thread, oldest first; the last is what it answers
    named_zone  whether their times are by the file's zone, which is then named
    follows     the number of an earlier alert of this thread, which is over; None for none
    """

    alert: AlertFacts
    what: str
    to: str
    address: str
    message: str
    refers: tuple[str, ...]
    zone: ZoneInfo
    named_zone: bool
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class MailFacts:
    """A mail as it is shown below the post of its alert. owner: who has that, if anybody."""

    sender: str
    name: str
    text: str
    files: tuple[str, ...]
    at: datetime
    zone: ZoneInfo
    channel: str
    owner: Who | None
