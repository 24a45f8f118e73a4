"""Contact methods: whose, how they verified themselves, and what effects say of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from setflow import contacts, effects, present, signature
from setflow.db import Tx
from setflow.facts import ContactFacts, ContactTestFacts
from setflow.present import Present
from setflow.team.spec import MENTION


@dataclass(frozen=True, slots=True)
class OwnContact:
    """A contact method of somebody, and how it has verified itself."""

    via: str
    to: str
    receiver: str
    after: timedelta
    priorities: tuple[str, ...]
    known: contacts.Known

    @property
    def sure(self) -> bool:
        """Whether it is counted on."""
        return self.via == MENTION or self.known.verified is not None


def own_contacts(tx: Tx, person: str, *, now: datetime) -> list[OwnContact]:
    """The contact methods of somebody beside direct messages, the soonest first."""
    here = present.read(tx, now)
    known = contacts.of(tx, person)
    found = here.person(person)
    return [
        OwnContact(
            one.via,
            one.to,
            receiver,
            one.after,
            one.priorities,
            known.get((one.via, receiver), contacts.Known()),
        )
        for one in (found.contact if found else ())
        if (receiver := signature.receiver(one.via, one.to))
    ]


def unverified(tx: Tx, here: Present) -> dict[str, tuple[str, ...]]:
    """By person, the contact methods that are not verified; without those who have none such."""
    known = contacts.verified(tx)
    found = {
        name: tuple(
            one.via
            for one in person.contact
            if one.via != MENTION
            and (name, one.via, signature.receiver(one.via, one.to)) not in known
        )
        for name, person in here.configuration.people.items()
    }
    return {name: vias for name, vias in found.items() if vias}


def tried(_: Tx, here: Present, effect: effects.TryContact) -> ContactTestFacts | None:
    """A test page; None where the method goes elsewhere by now."""
    person = here.person(effect.person)
    for one in person.contact if person else ():
        if (one.via, signature.receiver(one.via, one.to)) == (effect.via, effect.receiver):
            who = here.named(effect.person)
            return ContactTestFacts(who, one.via, one.to, effect.receiver, effect.number)
    return None


def told(tx: Tx, here: Present, effect: effects.TellContact) -> ContactFacts | None:
    """Which methods somebody has to verify; None where all are."""
    found = unverified(tx, here).get(effect.person)
    return ContactFacts(here.named(effect.person), found) if found else None
