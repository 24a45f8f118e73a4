"""Where pages leave a transaction: those that are more than their reader can take go together."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from setflow.db import Tx
from setflow.effects import Effect, PagePerson
from setflow.escalation import spec
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, SentPage, storms
from setflow.escalation.rules.storms import Page, Storm
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
        pages: dict[str, list[PagePerson]] = {}
        for effect, _ in effects:
            if isinstance(effect, PagePerson) and _folds(effect, changed[effect.alert]):
                pages.setdefault(effect.person, []).append(effect)
        stirred = {page.person for one in changed.values() for page in one.pages if page.digest}
        heard = {person for person, _, _ in self._heard}
        persons = {*pages, *stirred, *self._look, *self._answered, *heard}
        if not persons:
            return list(effects)
        found: list[Effect] = []
        folded: list[PagePerson] = []
        kept: list[tuple[Storm, datetime | None]] = []
        # By name, and after the alerts: everybody takes them in this order.
        for storm in escalations.lock_storms(self.tx, persons):
            if storm.person in self._answered:
                storm = storms.answered(storm, self._answered[storm.person])
            storm, gone = self._folded(storm, pages.get(storm.person, ()), changed)
            folded += gone
            storm, more = self._stirred(storm, stirred)
            found += more
            storm, more = storms.advance(storm, self.now)
            found += more
            kept.append((storm, storms.wake_at(storm, self.now)))
        escalations.save_storms(self.tx, kept)
        _mark(alerts, changed, folded)
        self._look, self._heard, self._answered = set(), [], {}
        left = {id(effect) for effect in folded}
        return [
            *(one for one in effects if id(one[0]) not in left),
            *((effect, WHY) for effect in found),
        ]

    def _folded(
        self, storm: Storm, pages: Sequence[PagePerson], changed: dict[int, Alert]
    ) -> tuple[Storm, list[PagePerson]]:
        asked = [Page(one.alert, changed[one.alert].priority, one.method) for one in pages]
        before = storm.since
        storm, places = storms.fold(storm, asked, self.now)
        if storm.since and storm.since != before:
            self._say(storm, spec.DigestBegun(storm.person))
        return storm, [pages[place] for place in sorted(places)]

    def _stirred(self, storm: Storm, stirred: Collection[str]) -> tuple[Storm, list[Effect]]:
        told = [(alert, method) for who, alert, method in self._heard if who == storm.person]
        storm = storms.heard(storm, told)
        if storm.person in stirred:
            storm = storms.stir(storm)
        if storm.person not in self._look or not storm.stirred:
            return storm, []
        storm, effects = storms.settle(storm, escalations.standing(self.tx, storm))
        if storm.over:
            self._say(storm, spec.DigestOver(storm.person, len(storm.alerts)))
        return storm, effects

    def _say(self, storm: Storm, event: object) -> None:
        self.happened.append(Happened(f"person:{storm.person}", event, WHY))


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
