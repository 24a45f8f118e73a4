"""The door that effects go out by.

Takes effects from the outbox, asks whether they are still wanted, sends them, and brings the
receipt back in the transaction that settles them. No transaction is open while anything is sent.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from setflow import engine, outbox, views
from setflow.db import Conflict, DatabaseGone, Db, Tx, transaction
from setflow.effects import (
    BumpRequest,
    Effect,
    NudgeUpdate,
    Receipt,
    ShowMail,
    ShowNote,
    ShowUpdate,
    UpdatePage,
)
from setflow.errors import DeliveryError
from setflow.facts import Sending
from setflow.outbox import Waiting

log = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)
"""Longer than any delivery: the adapters give up a call after 13 s, a post makes up to four."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
LONGEST_TRY, LONGEST_REFUSED = timedelta(hours=24), timedelta(minutes=20)
"""How long a silent far side is tried, and one that answers but does not take it: a person must
mend that, and is told."""


class Sender(Protocol):
    """Delivers the effects of one system."""

    def send(self, sending: Sending) -> Receipt | None:
        """What the far side calls the thing made or changed. Raises DeliveryError."""


class Relay:
    """Delivers what is due.

    senders  by system; what has no sender is skipped, and said so
    clock    the instant now
    chance   for jitter
    """

    def __init__(
        self,
        db: Db,
        senders: Mapping[str, Sender],
        *,
        clock: Callable[[], datetime],
        chance: Random,
    ) -> None:
        self.db, self.senders, self.clock, self.chance = db, senders, clock, chance

    def work(
        self,
        systems: tuple[str, ...],
        limit: int = 1,
        *,
        busy: Callable[[], None] = lambda: None,
    ) -> int:
        """Deliver up to `limit` effects of `systems` that are due; returns how many were taken.

        busy  called before anything is sent: others may look for more
        """
        taken, first = self._take(systems, limit)
        if taken:
            busy()
        for waiting in taken:
            self._deliver(waiting, first)
            first = None
        return len(taken)

    def _take(
        self, systems: tuple[str, ...], limit: int
    ) -> tuple[list[Waiting], Sending | str | None]:
        """What is due, and of the first what `_look` says; None where it is yet to be asked."""
        now = self.clock()
        try:
            with transaction(self.db) as tx:
                taken = outbox.claim(tx, systems, now=now, lease=LEASE, limit=limit)
                return taken, self._look(tx, taken[0], now) if taken else None
        except (Conflict, DatabaseGone):
            raise
        except Exception:
            # It is taken without a look, so that this try counts; the second look says what fails.
            log.exception("an effect could not be looked at")
        with transaction(self.db) as tx:
            return outbox.claim(tx, systems, now=now, lease=LEASE, limit=limit), None

    def next_due(self) -> datetime | None:
        """When the next effect may be tried; None if none waits but dead letters."""
        with transaction(self.db) as tx:
            return outbox.next_due(tx)

    def drain(self) -> int:
        """Deliver all that is due now; returns how many deliveries were tried."""
        count = 0
        while taken := self.work(tuple(self.senders), limit=50):
            count += taken
        return count

    def _deliver(self, waiting: Waiting, looked: Sending | str | None) -> None:
        effect = waiting.effect
        try:
            if looked is None:
                with transaction(self.db) as tx:
                    looked = self._look(tx, waiting, self.clock())
            if isinstance(looked, str):
                self._leave(waiting, looked)
                return
            receipt = self.senders[effect.system].send(looked)
        except DeliveryError as error:
            self._failed(waiting, error)
        except (Conflict, DatabaseGone):
            raise  # it was not tried, and is when its lease is over
        except Exception as error:
            # A bug in what renders one effect must not hold up the others, nor be lost.
            log.exception("an effect could not be rendered or sent", extra={"effect": effect.key})
            self._failed(waiting, DeliveryError(f"setflow's own mistake: {error}", again=False))
        else:
            with transaction(self.db) as tx:
                engine.delivered(tx, waiting, receipt, now=self.clock())

    def _look(self, tx: Tx, waiting: Waiting, now: datetime) -> Sending | str:
        """All that sending takes, or why it is not sent: "" where its system is not set up."""
        effect = waiting.effect
        if effect.system not in self.senders:
            return ""
        root = _root(effect)
        return self._unwanted(tx, waiting, now) or Sending(
            effect,
            views.facts(tx, effect, now=now),
            waiting.reason,
            before=outbox.receipt(tx, effect.lane),
            root=outbox.receipt(tx, root) if root else None,
            tried_at=waiting.decided_at if waiting.attempts > 1 or waiting.gave_up else None,
            now=now,
        )

    def _leave(self, waiting: Waiting, why: str) -> None:
        with transaction(self.db) as tx:
            if why:
                engine.skipped(tx, waiting, why, now=self.clock())
            else:
                system, key = waiting.effect.system, waiting.effect.key
                log.error("%s is not set up", system, extra={"effect": key})
                engine.unsent(tx, waiting, now=self.clock())

    def _unwanted(self, tx: Tx, waiting: Waiting, now: datetime) -> str:
        effect = waiting.effect
        if effect.grace is not None and now - waiting.decided_at > effect.grace:
            return "too late to be of use"
        return "" if engine.still_wanted(tx, effect) else "no longer wanted"

    def _failed(self, waiting: Waiting, error: DeliveryError) -> None:
        now = self.clock()
        log.warning(
            "not delivered: %s", error, extra={"effect": waiting.effect.key, "again": error.again}
        )
        with transaction(self.db) as tx:
            refused = error.status is not None and 400 <= error.status < 429
            longest = LONGEST_REFUSED if refused else LONGEST_TRY
            again = error.again and now - waiting.decided_at < longest
            if again:
                wait = self._wait_seconds(waiting.attempts, error.after_seconds)
                until = now + timedelta(seconds=wait)
                outbox.put_off(tx, waiting, until=until, error=str(error))
            engine.undelivered(tx, waiting, str(error), again=again, now=now)

    def _wait_seconds(self, attempts: int, asked: float | None) -> float:
        wait = min(FIRST_WAIT_SECONDS * 2.0 ** min(attempts - 1, 10), LONGEST_WAIT_SECONDS)
        jittered = wait * (0.5 + self.chance.random() / 2)
        return max(jittered, asked or 0.0)


def _root(effect: Effect) -> str:
    """The lane of the post that a reply goes below; nothing for what is no reply."""
    match effect:
        case UpdatePage(page=page):
            return page
        case BumpRequest(request=request):
            return f"request:{request}:"
        case ShowMail(alert=alert, nth=nth) | ShowNote(alert=alert, nth=nth):
            return f"alert:{alert}.{nth}"
        case NudgeUpdate(by="thread", incident=incident) | ShowUpdate(incident=incident):
            return f"incident:{incident}"
        case _:
            return ""
