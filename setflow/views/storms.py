"""What is in a person's digest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from setflow import effects, outbox
from setflow.db import Tx
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert
from setflow.escalation.rules.storms import Storm
from setflow.escalation.store import Counted
from setflow.facts import DigestFacts, DigestLine
from setflow.present import Present

FIRING, RESOLVED = "firing", "resolved"


def digest(tx: Tx, here: Present, effect: effects.ShowDigest) -> DigestFacts | None:
    """A person's digest as it now stands; None of one who has none."""
    storm = escalations.storm(tx, effect.person)
    if storm is None or storm.since is None:
        return None
    way = storm.ways.get(effect.method)
    person = here.person(effect.person)
    contacts = person.contact if person else ()
    return DigestFacts(
        person=here.named(effect.person),
        zone=here.zone_of(effect.person),
        method=effect.method,
        to=next((one.to for one in contacts if one.via == effect.method), ""),
        first=effect.revision == 1,
        current=bool(way and way.number == effect.number),
        since=storm.since,
        lines=_lines(tx, storm),
    )


@dataclass(frozen=True, slots=True)
class OpenDigest:
    """A message of a person's digest in chat that may be answered: the post, and whose it is."""

    person: str
    channel: str
    post: str


def open_digests(tx: Tx) -> list[OpenDigest]:
    """The messages in chat of the digests that are not over."""
    return [
        OpenDigest(storm.person, receipt.channel, receipt.remote)
        for storm in escalations.raging(tx)
        if storm.since
        for receipt in outbox.receipts_like(
            tx, f"digest:{storm.person}:{effects.MATTERMOST}:", storm.since
        ).values()
    ]


def in_digest(tx: Tx, person: str, most: int) -> tuple[Sequence[Alert], int]:
    """Up to `most` alerts that wait in a person's digest, the loudest first; how many wait."""
    storm = escalations.storm(tx, person)
    if storm is None:
        return (), 0
    standing = escalations.standing(tx, storm)
    return escalations.loudest(tx, storm, most), standing.waiting


def waiting_in_digest(tx: Tx, person: str, *, priority: str | None, source: str | None) -> int:
    """How many alerts of a priority and source (None: any) wait in a person's digest."""
    storm = escalations.storm(tx, person)
    return sum(
        one.many
        for one in (escalations.counted(tx, storm) if storm else ())
        if one.status == FIRING
        and priority in (None, one.priority)
        and source in (None, one.source)
    )


def _lines(tx: Tx, storm: Storm) -> tuple[DigestLine, ...]:
    counted = escalations.counted(tx, storm)
    by_source: dict[str, list[Counted]] = {}
    for one in counted:
        by_source.setdefault(one.source, []).append(one)
    newest = {source: _newest(rows) for source, rows in by_source.items()}
    alerts = {one.id: one for one in escalations.of_numbers(tx, [*filter(None, newest.values())])}
    lines = [_line(source, rows, alerts.get(newest[source])) for source, rows in by_source.items()]
    oldest = datetime.min.replace(tzinfo=storm.since.tzinfo if storm.since else None)
    lines.sort(key=lambda line: line.at or oldest, reverse=True)
    lines.sort(key=lambda line: (not line.count, line.priority))
    return tuple(lines)


def _newest(rows: Sequence[Counted]) -> int:
    """The newest of the loudest that wait; 0 where none does."""
    waiting = [(row.priority, row.newest) for row in rows if row.status == FIRING]
    return min(waiting)[1] if waiting else 0


def _line(source: str, rows: Sequence[Counted], newest: Alert | None) -> DigestLine:
    waiting = sorted((row.priority, row.many) for row in rows if row.status == FIRING)
    over = sum(row.many for row in rows if row.status == RESOLVED)
    return DigestLine(
        source,
        waiting[0][0] if waiting else min(row.priority for row in rows),
        tuple(waiting),
        sum(row.many for row in rows) - over - sum(many for _, many in waiting),
        over,
        newest.title if newest else "",
        newest.fired_at if newest else None,
    )
