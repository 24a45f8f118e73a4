"""How answers by mail are delivered."""

from setflow.adapters.mail.outbound import Outbox
from setflow.adapters.mail.words import letter
from setflow.effects import Receipt
from setflow.facts import AnswerFacts, Sending


class Letters:
    """Delivers by mail."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox

    def send(self, sending: Sending) -> Receipt | None:
        """That a server took it; None where there is nothing to say. Raises DeliveryError."""
        facts = sending.facts
        if not isinstance(facts, AnswerFacts):
            return None
        mail = letter(facts, sending.now, again=sending.tried_at is not None)
        self.outbox.send(mail, facts.address, facts.to)
        return Receipt(facts.to, facts.message)
