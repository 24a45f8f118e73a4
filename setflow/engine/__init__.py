"""Where one message, and all that follows from it, is worked in one transaction.

Load, decide, save: the rules decide and know nothing of the rest, the stores load and save and
decide nothing. `follow_ups` is where the slices meet: what an event of one is to the others.
"""

from setflow.engine.crew import Applied, File
from setflow.engine.doors import (
    accept,
    button_heard,
    delivered,
    drop,
    keep_accounts,
    keep_pull,
    leave,
    may_page,
    page_crew,
    report,
    retry,
    skipped,
    still_wanted,
    take_pull,
    undelivered,
    unsent,
    warn,
)
from setflow.engine.messages import (
    AddOverride,
    AlertIn,
    Deciding,
    PageAsked,
    Triggered,
    UndoOverride,
    UpdateSaid,
)
from setflow.engine.news import PluginRunSeen
from setflow.engine.street import (
    KINDS,
    apply,
    follow_ups,
    handle,
    next_due,
    preview,
    set_aside,
    waiting,
    work_due,
)
from setflow.inbox import Pushed

__all__ = [
    "KINDS",
    "AddOverride",
    "AlertIn",
    "Applied",
    "Deciding",
    "File",
    "PageAsked",
    "PluginRunSeen",
    "Pushed",
    "Triggered",
    "UndoOverride",
    "UpdateSaid",
    "accept",
    "apply",
    "button_heard",
    "delivered",
    "drop",
    "follow_ups",
    "handle",
    "keep_accounts",
    "keep_pull",
    "leave",
    "may_page",
    "next_due",
    "page_crew",
    "preview",
    "report",
    "retry",
    "set_aside",
    "skipped",
    "still_wanted",
    "take_pull",
    "undelivered",
    "unsent",
    "waiting",
    "warn",
    "work_due",
]
