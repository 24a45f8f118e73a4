"""Signed links in pages and test pages: made, and what stands behind one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal

from setflow import contacts, present, signature
from setflow.db import Tx
from setflow.effects import PagePerson, ShowDigest
from setflow.escalation import rules as escalation
from setflow.escalation import store as escalations
from setflow.facts import AlertFacts, ContactTestFacts, DigestFacts, Who
from setflow.present import Present
from setflow.signature import Sealed
from setflow.views.facts import alert_facts
from setflow.views.storms import digest as digest_facts

GOOD_FOR = timedelta(hours=24)
"""How long a page's link can be used, if it is not; to the hour."""
HOUR = timedelta(hours=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE, _DIGEST, _TEST, _CODE = "page", "digest", "contact", "contact-code"

Sign = Callable[[Mapping[str, str | int]], str]
Stand = Literal["good", "used", "late", "gone"]


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """What a page's link shows.

    stand  good | used | late (a day has passed) | gone (there is no such alert or person any more)
    id     names the link, for using it once
    nth    the start of the ladder that it is of; until: up to when it is good
    The rest is unset where it is gone.
    """

    stand: Stand
    id: str
    nth: int
    until: datetime
    alert: AlertFacts | None = None
    person: Who | None = None


@dataclass(frozen=True, slots=True)
class LinkedDigest:
    """What a digest's link shows; id and until as of LinkedPage, no digest where it is gone."""

    stand: Stand
    id: str
    until: datetime
    digest: DigestFacts | None = None


@dataclass(frozen=True, slots=True)
class LinkedTest:
    """What a test page's link shows; `verified`: it has done its work. See ContactTestFacts."""

    person: Who
    via: str
    receiver: str
    number: int
    verified: bool


def page_token(secret: bytes, page: PagePerson, now: datetime) -> str:
    """What stands in a page's link."""
    numbers = page.alert, page.nth, _until(now)
    return signature.seal(secret, _PAGE, numbers, (page.person, page.method))


def digest_token(secret: bytes, digest: ShowDigest, now: datetime) -> str:
    """What stands in a digest's link."""
    numbers = digest.number, digest.revision, _until(now)
    return signature.seal(secret, _DIGEST, numbers, (digest.person, digest.method))


def _until(now: datetime) -> int:
    """The hour up to which a link that is made now is good."""
    return -((_EPOCH - now - GOOD_FOR) // HOUR)


def linked_page(tx: Tx, secret: bytes, token: str, *, now: datetime) -> LinkedPage | None:
    """What a page's link shows; None for one that is not ours."""
    sealed = signature.unseal(secret, _PAGE, token, 3)
    if sealed is None:
        return None
    number, nth, hours = sealed.numbers
    until, link = _EPOCH + hours * HOUR, _name(token)
    alert = escalations.get(tx, number)
    here = present.read(tx, now)
    person = _person(here, alert, secret, sealed) if alert else None
    if alert is None or person is None or person not in here.configuration.people:
        return LinkedPage("gone", link, nth, until)
    stand = _stand(tx, link, until, now)
    return LinkedPage(stand, link, nth, until, alert_facts(here, alert), here.named(person))


def linked_digest(tx: Tx, secret: bytes, token: str, *, now: datetime) -> LinkedDigest | None:
    """What a digest's link shows, as that now stands; None for one that is not ours."""
    sealed = signature.unseal(secret, _DIGEST, token, 3)
    if sealed is None:
        return None
    number, revision, hours = sealed.numbers
    until, link = _EPOCH + hours * HOUR, _name(token)
    here = present.read(tx, now)
    ways = {
        (person.name, one.via)
        for person in here.configuration.people.values()
        for one in person.contact
    }
    mine = [way for way in ways if signature.is_of(secret, _DIGEST, sealed, way)]
    if len(mine) != 1:
        return LinkedDigest("gone", link, until)
    found = digest_facts(tx, here, ShowDigest(*mine[0], number, revision))
    if found is None:
        return LinkedDigest("gone", link, until)
    return LinkedDigest(_stand(tx, link, until, now), link, until, found)


def _name(token: str) -> str:
    return sha256(token.lower().encode()).hexdigest()[:32]


def _stand(tx: Tx, link: str, until: datetime, now: datetime) -> Stand:
    return "late" if now >= until else "used" if contacts.was_used(tx, link) else "good"


def _person(here: Present, alert: escalation.Alert, secret: bytes, sealed: Sealed) -> str | None:
    """Whose page it was: of those whom the alert paged, else of all who have contact methods."""
    paged = [(page.person, page.method) for page in alert.pages]
    people = here.configuration.people.values()
    paged += [(person.name, one.via) for person in people for one in person.contact]
    found = {pair[0] for pair in paged if signature.is_of(secret, _PAGE, sealed, pair)}
    # Two of whom chance has made the same are nobody.
    return found.pop() if len(found) == 1 else None


def test_token(secret: bytes, test: ContactTestFacts) -> str:
    """What stands in a test page's link."""
    who = (test.person.name, test.via, test.receiver)
    return signature.seal(secret, _TEST, (test.number,), who)


def test_code(sign: Sign, test: ContactTestFacts) -> str:
    """The six digits of a test page."""
    way = {"person": test.person.name, "via": test.via, "to": test.receiver}
    return signature.code(sign({"for": _CODE, **way, "number": test.number}))


def linked_test(tx: Tx, secret: bytes, token: str, *, now: datetime) -> LinkedTest | None:
    """What a test page's link shows; None for one that is not ours, or of another receiver."""
    sealed = signature.unseal(secret, _TEST, token, 1)
    if sealed is None:
        return None
    here = present.read(tx, now)
    for person in here.configuration.people.values():
        for one in person.contact:
            receiver = signature.receiver(one.via, one.to)
            if signature.is_of(secret, _TEST, sealed, (person.name, one.via, receiver)):
                known = contacts.of(tx, person.name).get((one.via, receiver))
                verified = bool(known and known.verified)
                who = here.named(person.name)
                return LinkedTest(who, one.via, receiver, sealed.numbers[0], verified)
    return None
