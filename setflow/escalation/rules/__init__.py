"""One alert on its way up a ladder: who is told when, and what ends it.

An alert carries the ladder as it stood when it came in, so that editing a ladder moves nothing that
is under way. Where it stands is `nth` (the start of the ladder, from 1), `round` and `step` (from
0); the fallback is the step after the last round.
"""

from setflow.escalation.rules.answers import (
    acknowledge,
    coming,
    escalate,
    fire,
    missing,
    page_failed,
    resolve,
    source_resolved,
    wake,
    wanted,
)
from setflow.escalation.rules.holding import (
    decline,
    get_help,
    hand_back,
    hand_over,
    snooze,
    still_on,
    take,
)
from setflow.escalation.rules.values import (
    CHANNEL,
    CHAT,
    LATE,
    REMIND,
    Alert,
    Back,
    Offer,
    Passed,
    PendingPage,
    SentPage,
    Status,
)

__all__ = [
    "CHANNEL",
    "CHAT",
    "LATE",
    "REMIND",
    "Alert",
    "Back",
    "Offer",
    "Passed",
    "PendingPage",
    "SentPage",
    "Status",
    "acknowledge",
    "coming",
    "decline",
    "escalate",
    "fire",
    "get_help",
    "hand_back",
    "hand_over",
    "missing",
    "page_failed",
    "resolve",
    "snooze",
    "source_resolved",
    "still_on",
    "take",
    "wake",
    "wanted",
]
