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
from setflow.effects.core import MATTERMOST, NOTIFY, OPSGENIE, Decision, Effect, Receipt, Woke
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
from setflow.effects.notices import ShowGroup, TellDuty
from setflow.effects.pictures import ShowSchedule
from setflow.effects.remote import KeepRemoteOverride, ShowRemoteSchedule
from setflow.effects.reports import ShowFindings, TellDeparture
from setflow.effects.rotations import ShowHeader, TellOverride
from setflow.effects.standins import BumpRequest, ShowRequest, TellAbsence, TellRequest

__all__ = [
    "MATTERMOST",
    "NOTIFY",
    "OPSGENIE",
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
    "ShowFindings",
    "ShowGroup",
    "ShowHandover",
    "ShowHeader",
    "ShowIncident",
    "ShowRemoteSchedule",
    "ShowRequest",
    "ShowRun",
    "ShowSchedule",
    "ShowUpdate",
    "TellAbsence",
    "TellAlert",
    "TellDeparture",
    "TellDuty",
    "TellFeed",
    "TellOverride",
    "TellRequest",
    "UpdatePage",
    "Warn",
    "Woke",
]
