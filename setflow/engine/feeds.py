"""Calendar feeds: opened for somebody, and revoked, as the engine works them."""

from collections.abc import Iterable
from dataclasses import dataclass

from setflow import feeds
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.feeds import Feed

MOST_FEEDS = 20


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """`owner` wants a calendar of `target`: a seat or rotation, "" for their own duties.

    id  by chance, unlike any other: whoever knows it, signed, reads the calendar
    """

    owner: str
    target: str
    id: str


@dataclass(frozen=True, slots=True)
class RevokeFeeds:
    """`by` wants calendars of `owner` to be readable no more.

    target  that one alone, "" for their own duties; None for all
    """

    owner: str
    target: str | None
    by: str


@dataclass(frozen=True, slots=True)
class FeedOpened:
    """History: a calendar can be read by whoever knows its address."""

    owner: str
    target: str


@dataclass(frozen=True, slots=True)
class FeedsRevoked:
    """History: calendars cannot be read any more."""

    owner: str
    targets: tuple[str, ...]
    by: str


def open_feed(work: Work, message: OpenFeed) -> Iterable[object]:
    """Open a calendar unless it is; raises Refused for an unknown target, or too many."""
    here = work.present
    if message.target and not here.seats(message.target):
        raise Refused(f"There is no seat or rotation {message.target}; `/set who` lists them.")
    if here.person(message.owner) is None:
        raise Refused(f"{message.owner} is not among the people that setflow knows.")
    own = feeds.of(work.tx, message.owner)
    if any(one.target == message.target for one in own):
        return ()
    if len(own) >= MOST_FEEDS:
        raise Refused(
            f"You have {MOST_FEEDS} calendars; end one with `/set calendar revoke ROTATION`."
        )
    kind = "seat" if message.target else "person"
    if message.target and here.seats(message.target) != (message.target,):
        kind = "rotation"
    feeds.add(work.tx, Feed(message.id, kind, message.target, message.owner), now=work.now)
    event = FeedOpened(message.owner, message.target)
    return work.note(f"person:{message.owner}", [event], (), f"asked for by {message.owner}")


def revoke_feeds(work: Work, message: RevokeFeeds) -> Iterable[object]:
    """Revoke calendars. Raises Refused where there is none, or `by` may not."""
    if message.by not in (message.owner, "shell", *work.present.configuration.admins):
        raise Refused("A calendar is revoked by whoever has it, or by an admin.")
    found = [
        one for one in feeds.of(work.tx, message.owner) if message.target in (None, one.target)
    ]
    if not found:
        raise Refused("There is no such calendar; `/set calendar` opens one.")
    feeds.revoke(work.tx, [one.id for one in found], now=work.now)
    event = FeedsRevoked(message.owner, tuple(one.target for one in found), message.by)
    return work.note(f"person:{message.owner}", [event], (), f"asked for by {message.by}")
