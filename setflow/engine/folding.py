"""Where pages leave a transaction: those that are more than their reader can take go together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from setflow.db import Tx
from setflow.effects import Effect, PagePerson
from setflow.escalation import spec
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, SentPage, storms
from setflow.escalation.rules.storms import Page, Storm
from setflow.escalation.store import Digested
from setflow.frozen import replace
from setflow.history import Happened
from setflow.team.spec import MENTION

Reasoned = tuple[Effect, str]
ALONE = "test"
"""The source of what is told by itself, whatever goes on: its reader asked for it."""
WHY = (
    f"over {storms.MOST} pages to one person within {storms.WITHIN.seconds // 60} min are told "
    "together, as one digest"
)


def _folds(page: PagePerson, alert: Alert) -> bool:
    """Whether a page may go into a digest, which has no place in a channel."""
    return alert.source != ALONE and page.method != MENTION


class Changed(Protocol):
    """The alerts that a transaction has changed."""

    def changed(self) -> Sequence[Alert]:
        """All of them, as they now are."""

    def note(self, alert: Alert) -> None:
        """Have one of them say something more."""


class Folding:
    """The storms of those whom a transaction pages, or whose digest shows what it changes."""

    def __init__(self, tx: Tx, now: datetime) -> None:
        self.tx, self.now = tx, now
        self.happened: list[Happened] = []
        self._joined: list[Digested] = []
        self._look: set[str] = set()
        self._heard: list[tuple[str, int, str]] = []
        self._answered: dict[str, datetime] = {}

    def look(self, person: str) -> None:
        """Have a person's digest brought up to date when the work ends."""
        self._look.add(person)

    def heard(self, person: str, alert: int, method: str) -> None:
        """Note that an alert's ladder has heard that the digest did not get through."""
        self._heard.append((person, alert, method))

    def answered(self, person: str, at: datetime) -> None:
        """Note that what a person answered their digest up to an instant is worked."""
        self._answered[person] = at

    def fold(self, alerts: Changed, effects: Sequence[Reasoned]) -> list[Reasoned]:
        """The effects as they are to go out, with pages that are too many told by digests."""
        changed = {alert.id: alert for alert in alerts.changed()}
        pages = _by_person(changed, effects)
        stirred = {page.person for one in changed.values() for page in one.pages if page.digest}
        persons = {*pages, *stirred, *self._look, *self._answered}
        if not persons:
            return list(effects)
        found: list[Effect] = []
        folded: list[PagePerson] = []
        kept: list[tuple[Storm, datetime | None]] = []
        # By name, and after the alerts: everybody takes them in this order.
        held = escalations.lock_storms(self.tx, persons)
        known = self._known(held, pages)
        for storm in held:
            if storm.person in self._answered:
                storm = storms.answered(storm, self._answered[storm.person])
            storm, gone = self._folded(storm, pages.get(storm.person, ()), changed, known)
            folded += gone
            storm, more = self._stirred(storm, stirred)
            found += more
            storm, more = storms.advance(storm, self.now)
            found += more
            kept.append((storm, storms.wake_at(storm, self.now)))
        escalations.save_storms(self.tx, kept)
        escalations.join_digests(self.tx, self._joined)
        _mark(alerts, changed, folded)
        self._joined, self._look, self._heard, self._answered = [], set(), [], {}
        left = {id(effect) for effect in folded}
        return [
            *(one for one in effects if id(one[0]) not in left),
            *((effect, WHY) for effect in found),
        ]

    def _known(
        self, held: Sequence[Storm], pages: Mapping[str, Sequence[PagePerson]]
    ) -> Mapping[str, Collection[int]]:
        asked = [
            Digested(storm.person, storm.nth, one.alert, one.method)
            for storm in held
            if storm.since
            for one in pages.get(storm.person, ())
        ]
        return escalations.known(self.tx, asked)

    def _folded(
        self,
        storm: Storm,
        pages: Sequence[PagePerson],
        changed: Mapping[int, Alert],
        known: Mapping[str, Collection[int]],
    ) -> tuple[Storm, list[PagePerson]]:
        asked = [Page(one.alert, changed[one.alert].priority, one.method) for one in pages]
        before, inside = storm.since, known.get(storm.person, ())
        storm, places = storms.fold(storm, asked, self.now, known=inside)
        if storm.since and storm.since != before:
            self._say(storm, spec.DigestBegun(storm.person))
        gone = [pages[place] for place in sorted(places)]
        self._joined += [_digested(storm, page) for page in gone]
        return storm, gone

    def _stirred(self, storm: Storm, stirred: Collection[str]) -> tuple[Storm, list[Effect]]:
        if storms.missed(storm) and storm.person in self._look:
            told = [(alert, method) for who, alert, method in self._heard if who == storm.person]
            storm = storms.heard(storm, escalations.told(self.tx, storm, told))
        if storm.person in stirred:
            storm = storms.stir(storm)
        if storm.person not in self._look or not storm.stirred:
            return storm, []
        standing = escalations.standing(self.tx, storm)
        storm, effects = storms.settle(storm, standing)
        if storm.over:
            self._say(storm, spec.DigestOver(storm.person, standing.alerts))
        return storm, effects

    def _say(self, storm: Storm, event: object) -> None:
        self.happened.append(Happened(f"person:{storm.person}", event, WHY))


def _by_person(
    changed: Mapping[int, Alert], effects: Sequence[Reasoned]
) -> Mapping[str, list[PagePerson]]:
    """The pages that may go into a digest."""
    pages: dict[str, list[PagePerson]] = {}
    for effect, _ in effects:
        if isinstance(effect, PagePerson) and _folds(effect, changed[effect.alert]):
            pages.setdefault(effect.person, []).append(effect)
    return pages


def _digested(storm: Storm, page: PagePerson) -> Digested:
    here = storm.person, storm.nth, page.alert, page.method
    return Digested(*here, storms.lot(storm, page.method))


def _mark(alerts: Changed, changed: dict[int, Alert], folded: Sequence[PagePerson]) -> None:
    """Have the alerts know which of their pages are in a digest."""
    sent: dict[int, list[SentPage]] = {}
    for one in folded:
        page = SentPage(one.nth, one.round, one.step, one.person, one.method, again=one.again)
        sent.setdefault(one.alert, []).append(page)
    for number, pages in sent.items():
        alert = changed[number]
        marked = tuple(
            replace(page, digest=True) if page in pages else page for page in alert.pages
        )
        alerts.note(replace(alert, pages=marked))
