"""What a post needs to know when it is written: plain values, read by `views`, said by `render`.

Effects name things; these are the things as they stand at the moment of sending. Instants are aware
and in UTC; `zone` is the reader's, in which they are to be said.
"""

from dataclasses import dataclass
from datetime import datetime

from setflow.effects import Effect, Receipt
from setflow.facts.alerts import (
    AlertFacts,
    AlertNewsFacts,
    BackFacts,
    MembersFacts,
    MirrorFacts,
    PageFacts,
    Passed,
)
from setflow.facts.contacts import ContactFacts, ContactTestFacts
from setflow.facts.duty import (
    ChannelFacts,
    EndedNudgeFacts,
    HandoverFacts,
    HandoverItem,
    IncidentFacts,
    InviteFacts,
    RulePostFacts,
    RunFacts,
    TaskFacts,
    TaskNudgeFacts,
    UpdateFacts,
    UpdateNudgeFacts,
)
from setflow.facts.feeds import FeedFacts
from setflow.facts.house import DeadLetterFacts, WarnFacts
from setflow.facts.mail import AnswerFacts, MailFacts
from setflow.facts.notes import NoteFacts
from setflow.facts.notices import DutyFacts, GroupFacts, NoticeFacts
from setflow.facts.people import Who
from setflow.facts.pictures import CalendarFacts, ScheduleFacts
from setflow.facts.remote import (
    ApartFacts,
    RemoteOverrideFacts,
    RemoteScheduleFacts,
    ShadowFacts,
    ShadowRow,
)
from setflow.facts.reports import DepartureFacts, FindingsFacts, Told
from setflow.facts.rotations import HeaderFacts, OverrideFacts
from setflow.facts.standins import (
    AbsenceFacts,
    Change,
    ConsideredFacts,
    RequestFacts,
    RequestNewsFacts,
)
from setflow.facts.storms import DigestFacts, DigestLine

__all__ = [
    "AbsenceFacts",
    "AlertFacts",
    "AlertNewsFacts",
    "AnswerFacts",
    "ApartFacts",
    "BackFacts",
    "CalendarFacts",
    "Change",
    "ChannelFacts",
    "ConsideredFacts",
    "ContactFacts",
    "ContactTestFacts",
    "DeadLetterFacts",
    "DepartureFacts",
    "DigestFacts",
    "DigestLine",
    "DutyFacts",
    "EndedNudgeFacts",
    "Facts",
    "FeedFacts",
    "FindingsFacts",
    "GroupFacts",
    "HandoverFacts",
    "HandoverItem",
    "HeaderFacts",
    "IncidentFacts",
    "InviteFacts",
    "MailFacts",
    "MembersFacts",
    "MirrorFacts",
    "NoteFacts",
    "NoticeFacts",
    "OverrideFacts",
    "PageFacts",
    "Passed",
    "RemoteOverrideFacts",
    "RemoteScheduleFacts",
    "RequestFacts",
    "RequestNewsFacts",
    "RulePostFacts",
    "RunFacts",
    "ScheduleFacts",
    "Sending",
    "ShadowFacts",
    "ShadowRow",
    "TaskFacts",
    "TaskNudgeFacts",
    "Told",
    "UpdateFacts",
    "UpdateNudgeFacts",
    "WarnFacts",
    "Who",
]

Facts = (
    AlertFacts
    | AlertNewsFacts
    | MirrorFacts
    | PageFacts
    | HeaderFacts
    | OverrideFacts
    | RequestFacts
    | RequestNewsFacts
    | AbsenceFacts
    | RunFacts
    | TaskNudgeFacts
    | IncidentFacts
    | UpdateNudgeFacts
    | EndedNudgeFacts
    | UpdateFacts
    | HandoverFacts
    | ChannelFacts
    | InviteFacts
    | RulePostFacts
    | DeadLetterFacts
    | WarnFacts
    | FeedFacts
    | ContactFacts
    | ContactTestFacts
    | ScheduleFacts
    | NoticeFacts
    | GroupFacts
    | FindingsFacts
    | DepartureFacts
    | DigestFacts
    | RemoteScheduleFacts
    | ShadowFacts
    | RemoteOverrideFacts
    | AnswerFacts
    | MailFacts
    | NoteFacts
)


@dataclass(frozen=True, slots=True)
class Sending:
    """What an adapter is handed to deliver: the effect, what it is to say, what is there already.

    reason  which rule of which version asked for it
    before  the receipt of the lane: what earlier effects of it made; None if nothing
    root    the receipt of the thing that a reply goes below; None where it is no reply
    tried_at  when it was first tried, and so may have arrived; None if never
    """

    effect: Effect
    facts: Facts | None
    reason: str
    before: Receipt | None
    root: Receipt | None
    tried_at: datetime | None
    now: datetime
