"""Keys of sources: made, put in place of others, and revoked, as the engine works them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from setflow import keys
from setflow.db import Tx
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation.spec import OWN
from setflow.keys import Key

SCOPES = ("create", "read", "act")
"""What a key may: send alerts and end them · read those of its source · act on them."""
LONGEST_OVERLAP = timedelta(days=30)
SHELL = "shell"


@dataclass(frozen=True, slots=True)
class MakeKey:
    """`by` wants a key for `source`.

    id, digest  of a key that chance made; see signature.key_text
    overlap     where it takes the place of the source's others: how long those still hold;
                None where they stay
    """

    source: str
    scopes: tuple[str, ...]
    by: str
    id: str
    digest: str = field(repr=False)
    overlap: timedelta | None = None


@dataclass(frozen=True, slots=True)
class RevokeKey:
    """`by` wants key `id` to let nobody in any more."""

    id: str
    by: str


@dataclass(frozen=True, slots=True)
class KeyMade:
    """History: a source has a new key. `ending` are those that it takes the place of."""

    key: str
    source: str
    scopes: tuple[str, ...]
    by: str
    ending: tuple[str, ...] = ()
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyRevoked:
    """History: a key lets nobody in any more."""

    key: str
    source: str
    by: str


def make(work: Work, message: MakeKey) -> Iterable[object]:
    """Keep a new key. Raises Refused where `by` may not, or there is nothing to take the place of.

    A rotation without scopes takes over those that its forerunners have.
    """
    _may(work, message.by)
    source = message.source.lower()
    if not source or len(source) > 50 or not source.replace("-", "").replace("_", "").isalnum():
        raise Refused("A source is named in letters, digits, - and _, such as grafana.")
    if source in OWN:
        raise Refused(f"{source} is a source of setflow's own; name the monitor otherwise.")
    good = [one for one in keys.every(work.tx) if one.source == source and one.good(work.now)]
    scopes = message.scopes or tuple(SCOPES[:1])
    ending: list[Key] = []
    if message.overlap is not None:
        ending = [one for one in good if one.ends_at is None]
        if not ending:
            raise Refused(f"{source} has no key to rotate; `setflow keys new {source}` makes one.")
        scopes = message.scopes or _all_of(ending)
        if not timedelta(0) <= message.overlap <= LONGEST_OVERLAP:
            raise Refused("Keys overlap for 30 days at most.")
    ends_at = work.now + message.overlap if message.overlap is not None else None
    made = Key(message.id, source, scopes, message.digest, work.now, message.by)
    keys.add(work.tx, made)
    names = tuple(one.id for one in ending)
    if ends_at:
        keys.end(work.tx, names, ends_at)
    event = KeyMade(message.id, source, scopes, message.by, names, ends_at)
    return work.note(f"source:{source}", [event], (), f"asked by {message.by}")


def revoke(work: Work, message: RevokeKey) -> Iterable[object]:
    """End a key now. Raises Refused where there is none, or `by` may not."""
    _may(work, message.by)
    found = next((one for one in keys.every(work.tx) if one.id == message.id), None)
    if found is None or not found.good(work.now):
        raise Refused(f"There is no key {message.id}; `setflow keys list` lists them.")
    keys.end(work.tx, [found.id], work.now)
    event = KeyRevoked(found.id, found.source, message.by)
    return work.note(f"source:{found.source}", [event], (), f"asked by {message.by}")


def used(tx: Tx, ids: Collection[str], *, now: datetime) -> None:
    """Keep that these keys were shown."""
    keys.used(tx, ids, now=now)


def _all_of(ending: Iterable[Key]) -> tuple[str, ...]:
    held = {scope for one in ending for scope in one.scopes}
    return tuple(scope for scope in SCOPES if scope in held)


def _may(work: Work, by: str) -> None:
    if by == SHELL:
        return
    if not work.configured or by not in work.present.configuration.admins:
        raise Refused("Keys are made and revoked by an admin, or in the shell.")
