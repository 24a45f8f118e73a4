"""What is new about a ticket, seen next to what was known of it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from setflow.effects import Decision


@dataclass(frozen=True, slots=True)
class Comment:
    """Somebody's words on a ticket; `author` is a Jira account id, `text` as Jira has it."""

    id: str
    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """A Jira issue as we last saw it; text that Jira leaves empty is "".

    level        L1 to L4; None where the field is empty or has a value without a level
    status, open its status by name, and whether that is not one of those that mean done
    assignee     a Jira account id
    resolved_at  None while it is open
    """

    key: str
    summary: str
    team: str
    level: str | None
    status: str
    open: bool
    assignee: str | None
    assignee_name: str
    priority: str
    customer: str | None
    url: str
    updated_at: datetime
    resolved_at: datetime | None


@dataclass(frozen=True, slots=True)
class TicketSeen:
    """A pull saw `ticket` like this, with these comments, oldest first."""

    ticket: Ticket
    comments: tuple[Comment, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketChanged:
    """The ticket is not what it was; `before` is None when it is seen for the first time."""

    ticket: Ticket
    before: Ticket | None


@dataclass(frozen=True, slots=True)
class CommentSeen:
    """A comment on the ticket `key` that was not known; it may be old."""

    key: str
    comment: Comment


def seen(
    before: Ticket | None, known_comments: Collection[str], message: TicketSeen
) -> Decision[Ticket]:
    """The ticket from now on, a TicketChanged where anything a person can see changed, and a
    CommentSeen for each comment whose id is not among `known_comments`, oldest first.

    Pulls overlap and Jira's search lags, so a sight that is older than the one before it changes
    nothing.
    """
    ticket = message.ticket
    if before and ticket.updated_at < before.updated_at:
        return Decision(before)
    events: list[TicketChanged | CommentSeen] = []
    if before is None or replace(before, updated_at=ticket.updated_at) != ticket:
        events.append(TicketChanged(ticket, before))
    unknown = {c.id: c for c in message.comments if c.id not in known_comments}
    events += [
        CommentSeen(ticket.key, comment)
        for comment in sorted(unknown.values(), key=lambda comment: (comment.at, comment.id))
    ]
    return Decision(ticket, events=events)
