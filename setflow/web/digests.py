"""What stands behind the link of a digest: all that waits in it, and a button that takes it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from fastapi import Response

from setflow import engine, views
from setflow.adapters.mattermost.storms import digest_outline
from setflow.adapters.mattermost.text import fold, when
from setflow.db import Tx
from setflow.errors import Refused
from setflow.facts import DigestFacts
from setflow.web import sheets
from setflow.web.sheets import AMBER, GREEN, RED, Sheet

HOW = "link"
NO_ALERT = 0
MOST_LISTED, LONGEST_TITLE, LONGEST_SOURCE, LONGEST_INSTANT = 50, 80, 40, 15
_STANDS = {
    "late": "This link is over a day old, and does nothing any more. In Mattermost, the digest's "
    "buttons do.",
    "used": "You have used this link; the newest message has another.",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(milliseconds=1)


def take(tx: Tx, linked: views.LinkedDigest, given: Mapping[str, str], *, now: datetime) -> None:
    """Leave with its reader all that they were shown; a link that has nothing left is used up.

    Raises Refused where no button was pressed.
    """
    if linked.digest is None or linked.stand != "good":
        return
    shown = given.get("at", "")
    if given.get("do") != "ack" or not shown.isdecimal() or len(shown) > LONGEST_INSTANT:
        raise Refused("Press the button; nothing changed.")
    person = linked.digest.person.name
    at = min(_EPOCH + int(shown) * _TICK, now)
    engine.handle(tx, [engine.AcknowledgeDigest(person, HOW, at=at)], now=now)
    if not views.in_digest(tx, person, 0)[1]:
        engine.use_link(tx, linked.id, NO_ALERT, person, now=now)


def seen(tx: Tx, linked: views.LinkedDigest, token: str, *, now: datetime) -> Response:
    """The digest as it now stands, with the button while that is of use."""
    digest = linked.digest
    if digest is None:
        return sheets.shown(sheets.GONE, 410)
    title, rest = digest_outline(digest)
    may = bool(digest.waiting) and linked.stand == "good"
    stands = _STANDS.get(linked.stand, "") if digest.waiting else ""
    until = when(linked.until, digest.zone, now=now)
    foot = f"A link for {digest.person.title}, good until {until}."
    every = "Acknowledge it" if digest.waiting == 1 else f"Acknowledge all {digest.waiting}"
    sheet = Sheet(
        title,
        RED if digest.waiting else AMBER if digest.taken else GREEN,
        [rest, stands],
        buttons={"ack": every} if may else None,
        hidden={"token": token, "at": (now - _EPOCH) // _TICK},
        below=_list(tx, digest, now),
        foot=f"{foot} Nothing happens before you press." if may else foot,
    )
    return sheets.shown(sheet, 410 if linked.stand == "late" else 200)


def _list(tx: Tx, digest: DigestFacts, now: datetime) -> list[str]:
    """What waits, the loudest first."""
    found, waiting = views.in_digest(tx, digest.person.name, MOST_LISTED)
    lines = [
        f"{one.id} · {one.priority} {fold(one.title, LONGEST_TITLE)} · "
        f"{fold(one.source, LONGEST_SOURCE)} {when(one.fired_at, digest.zone, now=now)}"
        for one in found
    ]
    more = waiting - len(found)
    return [*lines, f"and {more} more, less loud."] if more else lines
