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
from setflow.effects.house import DeadLetter, Warn
from setflow.effects.rotations import ShowHeader, TellOverride

__all__ = [
    "MATTERMOST",
    "NOTIFY",
    "OPSGENIE",
    "DeadLetter",
    "Decision",
    "Effect",
    "EndNudge",
    "Invite",
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
    "ShowHandover",
    "ShowHeader",
    "ShowIncident",
    "ShowRun",
    "ShowUpdate",
    "TellOverride",
    "UpdatePage",
    "Warn",
    "Woke",
]
