"""What an event of one slice is to another, as messages of the engine's own."""

from dataclasses import dataclass
from typing import Literal

from setflow.ticket.rules import Comment, Ticket


@dataclass(frozen=True, slots=True)
class Rebind:
    """Others hold the seats of a rotation: roles and their open tasks go with them."""

    rotation: str
    why: Literal["handoff", "override"]


@dataclass(frozen=True, slots=True)
class TicketNews:
    """A ticket is not what it was."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class CommentNews:
    """Somebody commented on a ticket."""

    key: str
    comment: Comment


@dataclass(frozen=True, slots=True)
class RunNews:
    """A run started or ended, or wants something done: `event` says which."""

    event: object


@dataclass(frozen=True, slots=True)
class AlertNews:
    """Somebody was paged for an alert, or has it now, or its ladder is at its end."""

    event: object


@dataclass(frozen=True, slots=True)
class PluginRunSeen:
    """A run of the Playbooks plugin is about ticket `key`; it lives in a channel (an id)."""

    key: str
    run: str
    channel: str
