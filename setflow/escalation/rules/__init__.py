"""One alert on its way up a ladder: who is told when, and what ends it.

An alert carries the ladder as it stood when it came in, so that editing a ladder moves nothing that
is under way. Where it stands is `nth` (the start of the ladder, from 1), `round` and `step` (from
0); the fallback is the step after the last round.
"""

from setflow.escalation.rules.answers import (
    acknowledge,
    coming,
    escalate,
    missing,
    page_failed,
    resolve,
    source_resolved,
    wanted,
)
from setflow.escalation.rules.elsewhere import seen_there
from setflow.escalation.rules.floods import Bucket, calm_at, pour
from setflow.escalation.rules.grouping import (
    GROUP_MARK,
    called,
    fire,
    give_up,
    group_name,
    join,
    key_of,
    leave,
    takes,
    wake,
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
from setflow.escalation.rules.mail import TOLD_ONCE, mail_news, still_mail_news
from setflow.escalation.rules.reaching import counted_on
from setflow.escalation.rules.values import (
    CHANNEL,
    CHAT,
    LATE,
    REMIND,
    Alert,
    Back,
    Group,
    Offer,
    Passed,
    PendingPage,
    SentPage,
    Status,
)

__all__ = [
    "CHANNEL",
    "CHAT",
    "GROUP_MARK",
    "LATE",
    "REMIND",
    "TOLD_ONCE",
    "Alert",
    "Back",
    "Bucket",
    "Group",
    "Offer",
    "Passed",
    "PendingPage",
    "SentPage",
    "Status",
    "acknowledge",
    "called",
    "calm_at",
    "coming",
    "counted_on",
    "decline",
    "escalate",
    "fire",
    "get_help",
    "give_up",
    "group_name",
    "hand_back",
    "hand_over",
    "join",
    "key_of",
    "leave",
    "mail_news",
    "missing",
    "page_failed",
    "pour",
    "resolve",
    "seen_there",
    "snooze",
    "source_resolved",
    "still_mail_news",
    "still_on",
    "take",
    "takes",
    "wake",
    "wanted",
]
