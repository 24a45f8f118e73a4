"""How pages are delivered beside chat: text messages, calls, push and mail, through gateways."""

from dataclasses import replace

from setflow.adapters.mattermost.render import test_text, title_and_body
from setflow.adapters.mattermost.storms import digest_text
from setflow.adapters.notify import Notify
from setflow.effects import PagePerson, Receipt, ShowDigest, TryContact, UpdatePage
from setflow.facts import ContactTestFacts, DigestFacts, PageFacts, Sending
from setflow.relay.links import Links
from setflow.signature import receiver


class Phone:
    """Delivers by the contact methods beside chat.

    links  what stands in the links of pages
    """

    def __init__(self, notify: Notify, links: Links) -> None:
        self.notify, self.links = notify, links

    def send(self, sending: Sending) -> Receipt | None:
        """That it was handed to the gateway. Raises DeliveryError."""
        effect, facts = sending.effect, sending.facts
        if isinstance(facts, DigestFacts):
            return self._digest(sending, replace(facts, again=sending.tried_at is not None))
        if isinstance(effect, TryContact) and isinstance(facts, ContactTestFacts):
            return self._test(sending, facts)
        if not isinstance(effect, PagePerson | UpdatePage) or not isinstance(facts, PageFacts):
            return None
        if isinstance(effect, UpdatePage) and not effect.stand_down:
            return None
        facts = replace(facts, again=sending.tried_at is not None)
        link = self.links.page(effect, sending.now) if isinstance(effect, PagePerson) else ""
        title, body = title_and_body(effect, facts, sending.now, link)
        self.notify.send(effect.method, facts.to, title=title, body=body, ref=effect.key)
        return Receipt(effect.method, receiver(effect.method, facts.to))

    def _test(self, sending: Sending, test: ContactTestFacts) -> Receipt | None:
        test = replace(test, again=sending.tried_at is not None)
        title, body = test_text(test, *self.links.test(test))
        self.notify.send(test.via, test.to, title=title, body=body, ref=sending.effect.key)
        return Receipt(test.via, test.receiver)

    def _digest(self, sending: Sending, digest: DigestFacts) -> Receipt | None:
        """The digest as a text; nothing where all of it was taken before it could be said."""
        effect = sending.effect
        if not isinstance(effect, ShowDigest):
            return None
        if digest.waiting or not digest.first:
            title, body = digest_text(digest, self.links.digest(effect, sending.now))
            self.notify.send(effect.method, digest.to, title=title, body=body)
        return Receipt(effect.method, effect.key)
