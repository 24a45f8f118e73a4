"""Killed at any moment, setflow loses no page and sends none twice."""

from random import Random

import pytest
from sqlalchemy import text

from setflow.db import transaction
from tests.acceptance.live import Live, live, pause, wait_until

__all__ = ["live"]

PAGED = ("ana", "bo", "cy")
LONGEST_SECONDS = 1.0


@pytest.mark.crash
def test_killed_again_and_again_it_pages_everybody_for_every_alert_once(
    live: Live, crash_rounds: int
) -> None:
    chance = Random(20261130)
    for number in range(crash_rounds):
        with live.process() as process:
            process.fires(f"alert {number}")
            pause(chance.random() * LONGEST_SECONDS)
    _leases_end(live)
    with live.process():
        wait_until(lambda: len(live.paged()) >= crash_rounds * len(PAGED))
        wait_until(lambda: not live.rows("select id from outbox where settled_at is null"))

    keys = live.keys()
    assert sorted(keys) == sorted(set(keys)), "something was posted twice"
    numbers = [row.id for row in live.rows("select id from alerts")]
    assert len(numbers) == crash_rounds
    pages = [f"page:{alert}.1.0.{step}:{who}:mattermost"
             for alert in numbers for step, who in enumerate(PAGED)]  # fmt: skip
    assert sorted(live.keys("page:")) == sorted(pages)
    assert live.dead() == []


def _leases_end(live: Live) -> None:
    """What killed processes had taken is free again, as it would be after a minute."""
    with transaction(live.db) as tx:
        tx.execute(text("update outbox set due_at = decided_at where settled_at is null"))
