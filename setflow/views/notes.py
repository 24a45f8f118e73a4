"""What a note says when it is shown."""

from setflow import inbox
from setflow.db import Tx
from setflow.effects import ShowNote
from setflow.escalation import store as escalations
from setflow.facts import NoteFacts
from setflow.present import Present


def shown(tx: Tx, here: Present, effect: ShowNote) -> NoteFacts | None:
    """A note below the post of its alert; None where it is kept no more."""
    kept, alert = inbox.get(tx, effect.delivery), escalations.get(tx, effect.alert)
    if kept is None or alert is None:
        return None
    return NoteFacts(here.named(effect.by), kept.payload["given"]["note"], alert.channel)
