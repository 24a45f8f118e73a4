"""Senders whose tries are counted."""

from dataclasses import dataclass

from setflow.effects import PageChannel, PagePerson, Receipt
from setflow.errors import DeliveryError
from setflow.facts import Sending
from setflow.relay import Sender
from setflow.web.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Counted:
    """A sender that tells `metrics` what became of each try."""

    sender: Sender
    metrics: Metrics

    def send(self, sending: Sending) -> Receipt | None:
        """What the sender says. Raises what it raises."""
        effect = sending.effect
        page = isinstance(effect, PagePerson | PageChannel)
        try:
            receipt = self.sender.send(sending)
        except DeliveryError:
            self.metrics.tried(effect.system, page=page, delivered=False)
            raise
        self.metrics.tried(effect.system, page=page, delivered=True)
        return receipt
