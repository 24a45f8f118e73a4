"""Where one message, and all that follows from it, is worked in one transaction.

Load, decide, save: the rules decide and know nothing of the rest, the stores load and save and
decide nothing. `follow_ups` is where the slices meet: what an event of one is to the others.
"""

from setflow.engine.arrivals import alert_in, over
from setflow.engine.away import AbsencesRead, FollowAbsences, LeaveAbsences
from setflow.engine.considering import consider
from setflow.engine.contacts import (
    CodeGiven,
    Reached,
    Reported,
    TryMethod,
    use_link,
    waits_for_code,
)
from setflow.engine.crew import Applied, File
from setflow.engine.doors import (
    accept,
    button_heard,
    delivered,
    drop,
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
from setflow.engine.feeds import OpenFeed, RevokeFeeds
from setflow.engine.foresight import Foreseen, foresee, foreseen_json
from setflow.engine.heartbeats import Pinged, SwitchHeartbeat, Unheard
from setflow.engine.holds import ChatWindow, chat_windows
from setflow.engine.keys import SCOPES, KeyMade, KeyRevoked, MakeKey, RevokeKey
from setflow.engine.keys import used as keys_used
from setflow.engine.maintenance import EndMaintenance, MaintenanceOpened, OpenMaintenance
from setflow.engine.messages import (
    AbsenceEnded,
    AbsenceSet,
    AddOverride,
    AlertIn,
    AnswerRequest,
    AskCover,
    Deciding,
    EndAway,
    OfferSwap,
    OverrideAdded,
    OverrideUndone,
    PageAsked,
    PeopleSeen,
    ScheduleAsked,
    SetAway,
    Triggered,
    UndoOverride,
    UpdateSaid,
)
from setflow.engine.news import PluginRunSeen
from setflow.engine.notices import ChooseNotices
from setflow.engine.remote import ScheduleSeen
from setflow.engine.shadow import ShadowSeen
from setflow.engine.storms import AcknowledgeDigest, acknowledged
from setflow.engine.street import (
    KINDS,
    apply,
    begin,
    follow_ups,
    handle,
    lateness,
    next_due,
    preview,
    set_aside,
    waiting,
    work_due,
)
from setflow.engine.tidying import tidy
from setflow.engine.watchdog import Lateness, beat
from setflow.inbox import Pushed
from setflow.rotation.rules.requests import RequestAnswered, RequestOpened

__all__ = [
    "KINDS",
    "SCOPES",
    "AbsenceEnded",
    "AbsenceSet",
    "AbsencesRead",
    "AcknowledgeDigest",
    "AddOverride",
    "AlertIn",
    "AnswerRequest",
    "Applied",
    "AskCover",
    "ChatWindow",
    "ChooseNotices",
    "CodeGiven",
    "Deciding",
    "EndAway",
    "EndMaintenance",
    "File",
    "FollowAbsences",
    "Foreseen",
    "KeyMade",
    "KeyRevoked",
    "Lateness",
    "LeaveAbsences",
    "MaintenanceOpened",
    "MakeKey",
    "OfferSwap",
    "OpenFeed",
    "OpenMaintenance",
    "OverrideAdded",
    "OverrideUndone",
    "PageAsked",
    "PeopleSeen",
    "Pinged",
    "PluginRunSeen",
    "Pushed",
    "Reached",
    "Reported",
    "RequestAnswered",
    "RequestOpened",
    "RevokeFeeds",
    "RevokeKey",
    "ScheduleAsked",
    "ScheduleSeen",
    "SetAway",
    "ShadowSeen",
    "SwitchHeartbeat",
    "Triggered",
    "TryMethod",
    "UndoOverride",
    "Unheard",
    "UpdateSaid",
    "accept",
    "acknowledged",
    "alert_in",
    "apply",
    "beat",
    "begin",
    "button_heard",
    "chat_windows",
    "consider",
    "delivered",
    "drop",
    "follow_ups",
    "foresee",
    "foreseen_json",
    "handle",
    "keep_pull",
    "keys_used",
    "lateness",
    "leave",
    "may_page",
    "next_due",
    "over",
    "page_crew",
    "preview",
    "report",
    "retry",
    "set_aside",
    "skipped",
    "still_wanted",
    "take_pull",
    "tidy",
    "undelivered",
    "unsent",
    "use_link",
    "waiting",
    "waits_for_code",
    "warn",
    "work_due",
]
