"""What a decision may ask of the world, and the decision itself.

Effects are written to the outbox as JSON, so a field once shipped keeps its name and meaning. They
name things and do not quote them: what a post says is read when it is sent.

An effect's `key` names it for ever; a repeated key is a mistake in the rules. Its `lane` is the one
remote thing it changes: effects of one lane go in order. `grace` is how late it may be sent and
still be of use; None for always.
"""

from setflow.effects.alerts import (
    MirrorAlert,
    PageChannel,
    PagePerson,
    RemindChannel,
    ShowAlert,
    TellAlert,
    UpdatePage,
)
from setflow.effects.contacts import TellContact, TryContact
from setflow.effects.core import (
    IN_CHAT,
    MAIL,
    MATTERMOST,
    NOTIFY,
    OPSGENIE,
    Decision,
    Effect,
    Receipt,
    Woke,
)
from setflow.effects.duty import (
    EndNudge,
    Invite,
    NudgeTask,
    NudgeUpdate,
    OpenChannel,
    RulePost,
    ShowHandover,
    ShowIncident,
    ShowRun,
    ShowUpdate,
)
from setflow.effects.feeds import TellFeed
from setflow.effects.house import DeadLetter, Warn
from setflow.effects.mail import OURS, AnswerMail, ShowMail
from setflow.effects.notes import ShowNote
from setflow.effects.notices import ShowGroup, TellDuty
from setflow.effects.pictures import ShowSchedule
from setflow.effects.remote import KeepRemoteOverride, ShowRemoteSchedule, ShowShadow
from setflow.effects.reports import ShowFindings, TellDeparture
from setflow.effects.rotations import ShowHeader, TellOverride
from setflow.effects.standins import BumpRequest, ShowRequest, TellAbsence, TellRequest
from setflow.effects.storms import ShowDigest

__all__ = [
    "IN_CHAT",
    "MAIL",
    "MATTERMOST",
    "NOTIFY",
    "OPSGENIE",
    "OURS",
    "AnswerMail",
    "BumpRequest",
    "DeadLetter",
    "Decision",
    "Effect",
    "EndNudge",
    "Invite",
    "KeepRemoteOverride",
    "MirrorAlert",
    "NudgeTask",
    "NudgeUpdate",
    "OpenChannel",
    "PageChannel",
    "PagePerson",
    "Receipt",
    "RemindChannel",
    "RulePost",
    "ShowAlert",
    "ShowDigest",
    "ShowFindings",
    "ShowGroup",
    "ShowHandover",
    "ShowHeader",
    "ShowIncident",
    "ShowMail",
    "ShowNote",
    "ShowRemoteSchedule",
    "ShowRequest",
    "ShowRun",
    "ShowSchedule",
    "ShowShadow",
    "ShowUpdate",
    "TellAbsence",
    "TellAlert",
    "TellContact",
    "TellDeparture",
    "TellDuty",
    "TellFeed",
    "TellOverride",
    "TellRequest",
    "TryContact",
    "UpdatePage",
    "Warn",
    "Woke",
]
