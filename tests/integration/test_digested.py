import pytest

from setflow.escalation import store as escalations
from setflow.escalation.rules.storms import Storm
from setflow.escalation.store import Digested

ANA, CHAT, SMS = "ana", "mattermost", "sms"


@pytest.fixture
def tx(db):
    """A transaction of which nothing is kept."""
    with db.connect() as tx:
        yield tx


def test_of_a_digest_that_fails_what_no_message_has_shown_is_missed_and_told_once(tx):
    """Rows of lots that are settled, of other methods and other digests stay as they are."""
    now, before = Storm(ANA, nth=2), Storm(ANA)
    escalations.lock_storms(tx, [ANA])
    rows = [Digested(ANA, 2, alert, CHAT, lot) for alert, lot in ((1, 1), (2, 2), (3, 3))]
    rows += [Digested(ANA, 2, 2, SMS, 2), Digested(ANA, 1, 2, CHAT, 9)]
    escalations.save_storms(tx, [(now, None)])
    escalations.join_digests(tx, [*rows, rows[0]])
    escalations.lose(tx, now, CHAT, 1)

    assert escalations.known(tx, rows[:2]) == {ANA: {1, 2}}
    assert escalations.known(tx, [Digested(ANA, 1, 1, CHAT), Digested("bo", 2, 1, CHAT)]) == {}
    assert escalations.missed(tx, [ANA], 1) == [(ANA, 2, CHAT)]
    assert escalations.missed(tx, [ANA], 9) == [(ANA, 2, CHAT), (ANA, 3, CHAT)]
    assert escalations.missed(tx, ["bo"], 9) == escalations.told(tx, before, []) == []

    escalations.join_digests(tx, [Digested(ANA, 2, 2, CHAT, 4)])
    assert len(escalations.missed(tx, [ANA], 9)) == 2, "what joins again was missed before"
    assert escalations.told(tx, now, [(2, CHAT)]) == [CHAT]
    escalations.join_digests(tx, [Digested(ANA, 2, 2, CHAT, 4)])
    assert escalations.told(tx, now, [(3, CHAT)]) == []
    escalations.lose(tx, now, CHAT, 3)
    assert escalations.missed(tx, [ANA], 9) == [(ANA, 2, CHAT)]
