"""Contact methods: tested, verified, and what became of what they were handed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from setflow import contacts, outbox, present, signature
from setflow.contacts import Known
from setflow.db import Tx
from setflow.effects import PagePerson, TellContact, TryContact
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.team.spec import MENTION, Contact

TESTS_AN_HOUR = 3
CODE_GOOD_FOR = timedelta(minutes=15)
LINK_GOOD_FOR = timedelta(days=1)
MOST_TRIES = 5
HOUR = timedelta(hours=1)
LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class TryMethod:
    """`person` wants a test page by `via`."""

    person: str
    via: str


@dataclass(frozen=True, slots=True)
class CodeGiven:
    """`person` gave a code: that of the newest test of these methods (`via`), or of none."""

    person: str
    right: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reached:
    """Something verifies that `via` reaches `person` at the receiver it was sent to: `how`.

    number  of the test page that does; None for a page
    """

    person: str
    via: str
    receiver: str
    how: str
    number: int | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """The gateway `via` says of the message that we call `ref` that it arrived, or why not."""

    via: str
    ref: str
    arrived: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class PageLost:
    """History: a gateway took a page, and then could not deliver it."""

    page: spec.PageFailed
    error: str


@dataclass(frozen=True, slots=True)
class ContactTested:
    """History: a test page was sent."""

    person: str
    via: str
    number: int


@dataclass(frozen=True, slots=True)
class ContactVerified:
    """History: a contact method is known to reach somebody; `how`: code, link, page."""

    person: str
    via: str
    how: str


def try_method(work: Work, message: TryMethod) -> Iterable[object]:
    """Send a test page. Raises Refused for an unknown method, or too many tests."""
    person = message.person
    receiver = signature.receiver(message.via, _contact(work, person, message.via).to)
    way = message.via, receiver
    known = contacts.hold(work.tx, person, way)
    recent = [at for one in contacts.hold_all(work.tx, person) for at in one.asked]
    recent = sorted(at for at in recent if work.now - at < HOUR)
    if len(recent) >= TESTS_AN_HOUR:
        minutes = -((work.now - recent[-TESTS_AN_HOUR] - HOUR) // timedelta(minutes=1))
        raise Refused(
            f"You have had {TESTS_AN_HOUR} test pages within the hour; the next can go in "
            f"{minutes} min."
        )
    number = known.number + 1
    own = tuple(at for at in known.asked if work.now - at < HOUR)
    new = replace(known, number=number, asked=(*own, work.now), tries=0)
    contacts.save(work.tx, person, way, new)
    sent = TryContact(person, message.via, receiver, number)
    event = ContactTested(person, message.via, number)
    return work.note(f"person:{person}", [event], [sent], f"asked for by {person}")


def code_given(work: Work, message: CodeGiven) -> Iterable[object]:
    """Verify the methods whose code was given; a wrong one counts against all that wait for one."""
    events: list[object] = []
    for contact in _contacts(work, message.person):
        way = contact.via, signature.receiver(contact.via, contact.to)
        known = contacts.hold(work.tx, message.person, way)
        if not waits_for_code(known, work.now):
            continue
        if contact.via in message.right:
            events += _verify(work, message.person, way, "code")
        elif not message.right:
            contacts.save(work.tx, message.person, way, replace(known, tries=known.tries + 1))
    return work.note(f"person:{message.person}", events, (), "a code was given")


def waits_for_code(known: Known, now: datetime) -> bool:
    """Whether the code of its newest test page is good still."""
    fresh = bool(known.asked) and now - known.asked[-1] < CODE_GOOD_FOR
    return fresh and known.tries < MOST_TRIES


def reached(work: Work, message: Reached) -> Iterable[object]:
    """Verify a method. Raises Refused where it goes elsewhere now, or the test is an older one."""
    way = message.via, message.receiver
    current = [
        (one.via, signature.receiver(one.via, one.to)) for one in _contacts(work, message.person)
    ]
    if way not in current:
        raise Refused(f"That {message.via} is not how you are reached any more; nothing changed.")
    known = contacts.hold(work.tx, message.person, way)
    if message.number not in (None, known.number):
        raise Refused("There is a newer test page; use that one. Nothing changed.")
    if message.number and work.now - known.asked[-1] >= LINK_GOOD_FOR:
        raise Refused(
            "That test page is over a day old; `/set contact test` sends another. Nothing changed."
        )
    events = _verify(work, message.person, way, message.how)
    return work.note(f"person:{message.person}", events, (), f"verified by {message.how}")


def tell_unverified(work: Work) -> None:
    """Tell those who have methods that are new here, and not verified, how to verify them; once."""
    told = []
    for person in work.present.configuration.people.values():
        ways = [
            (one.via, signature.receiver(one.via, one.to))
            for one in person.contact
            if one.via != MENTION
        ]
        new = [
            receiver
            for via, receiver in ways
            if contacts.meet(work.tx, person.name, (via, receiver))
        ]
        if new:
            told.append(TellContact(person.name, new[0]))
    work.note("chore:contacts", (), told, "a contact method is new, and not verified")


def use_link(tx: Tx, link: str, alert: int, person: str, *, now: datetime) -> bool:
    """Take a page's link; False where it was used before."""
    return contacts.use_link(tx, link, alert, person, now=now)


def handed(tx: Tx, person: str, way: tuple[str, str], now: datetime) -> None:
    """Keep that a gateway took something; way: method and receiver."""
    _keep(tx, person, way, sent=now)


def failed(tx: Tx, person: str, via: str, error: str, now: datetime) -> None:
    """Keep that something did not get through to where the method goes now, and why."""
    here = present.maybe(tx, now)
    found = here.person(person) if here else None
    for one in found.contact if found else ():
        if one.via == via:
            way = via, signature.receiver(via, one.to)
            _keep(tx, person, way, failed=now, error=error[:LONGEST_ERROR])


def reported(work: Work, message: Reported) -> Iterable[object]:
    """What a gateway says became of a message of ours; a page that failed goes by the next method.

    Raises Refused for a message that is none of its.
    """
    row = outbox.find(work.tx, key=message.ref)
    effect = outbox.decode(row.kind, row.payload) if row else None
    if not isinstance(effect, PagePerson | TryContact):
        raise Refused("There is no such message of ours.")
    via = effect.via if isinstance(effect, TryContact) else effect.method
    receipt = outbox.receipt(work.tx, effect.lane)
    if via != message.via:
        raise Refused("There is no such message of ours.")
    if message.arrived:
        if receipt:
            _keep(work.tx, effect.person, (via, receipt.remote), delivered=work.now)
        return ()
    failed(work.tx, effect.person, via, message.error or "the gateway says so", work.now)
    if isinstance(effect, TryContact):
        return ()
    where = effect.alert, effect.nth, effect.round, effect.step
    lost = spec.PageFailed(*where, effect.person, via, effect.again)
    event = PageLost(lost, message.error)
    return work.note(f"alert:{effect.alert}", [event], (), f"gateway {via} says so")


def _keep(tx: Tx, person: str, way: tuple[str, str], **changes: object) -> None:
    known = contacts.hold(tx, person, way)
    contacts.save(tx, person, way, replace(known, **changes))  # type: ignore[arg-type]


def _verify(work: Work, person: str, way: tuple[str, str], how: str) -> list[object]:
    known = contacts.hold(work.tx, person, way)
    if known.verified:
        return []
    contacts.save(work.tx, person, way, replace(known, verified=work.now))
    return [ContactVerified(person, way[0], how)]


def _contacts(work: Work, person: str) -> tuple[Contact, ...]:
    found = work.present.person(person)
    return found.contact if found else ()


def _contact(work: Work, person: str, via: str) -> Contact:
    own = [one for one in _contacts(work, person) if one.via != MENTION]
    for one in own:
        if one.via == via:
            return one
    names = ", ".join(one.via for one in own)
    raise Refused(
        f"You have no contact method {via[:30]}; you have {names}."
        if names
        else "You have no contact methods beside chat; an admin can add them to the "
        "configuration file, under your name: `contact: [{via: sms, to: …}]`."
    )
