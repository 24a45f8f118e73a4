"""What setflow says: an effect and its facts → the post in chat, or title and body for a phone.

Pure: the clock, the signature and the address for clicks are parameters. The words follow one
voice: the fact first, then what happens next and when, then the buttons; only people who should act
now are notified.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from setflow.adapters.mattermost.alert_news import alert_news
from setflow.adapters.mattermost.alerts import (
    alert_post,
    channel_call,
    page_post,
    page_text,
    stand_down_text,
    still_nobody,
    stood_down,
)
from setflow.adapters.mattermost.calendars import schedule_post
from setflow.adapters.mattermost.contacts import contact_post, test_text
from setflow.adapters.mattermost.mails import mail_post
from setflow.adapters.mattermost.notes import note_post
from setflow.adapters.mattermost.notices import notice_post
from setflow.adapters.mattermost.post import GREY, RED, Button, Context, Pen, Post
from setflow.adapters.mattermost.remote import remote_post, shadow_post
from setflow.adapters.mattermost.reports import departure_post, findings_post
from setflow.adapters.mattermost.requests import request_bump, request_news, request_post
from setflow.adapters.mattermost.standins import absence_post, override_post
from setflow.adapters.mattermost.storms import digest_post
from setflow.adapters.mattermost.text import (
    LONGEST_HEADER,
    escape,
    escape_lines,
    mention,
    span,
    splice,
)
from setflow.adapters.mattermost.work import (
    ended_nudge,
    handover_post,
    incident_post,
    run_post,
    task_nudge,
    update_nudge,
    update_post,
)
from setflow.effects import BumpRequest, Effect, PageChannel, PagePerson, RemindChannel, UpdatePage
from setflow.facts import (
    AbsenceFacts,
    AlertFacts,
    AlertNewsFacts,
    ContactFacts,
    DeadLetterFacts,
    DepartureFacts,
    DigestFacts,
    EndedNudgeFacts,
    Facts,
    FeedFacts,
    FindingsFacts,
    HandoverFacts,
    HeaderFacts,
    IncidentFacts,
    InviteFacts,
    MailFacts,
    NoteFacts,
    NoticeFacts,
    OverrideFacts,
    PageFacts,
    RemoteScheduleFacts,
    RequestFacts,
    RequestNewsFacts,
    RulePostFacts,
    RunFacts,
    ScheduleFacts,
    ShadowFacts,
    TaskNudgeFacts,
    UpdateFacts,
    UpdateNudgeFacts,
    WarnFacts,
)

__all__ = [
    "Button",
    "Post",
    "escape",
    "render",
    "splice",
    "stood_down",
    "test_text",
    "title_and_body",
]


def render(
    effect: Effect,
    facts: Facts,
    *,
    sign: Callable[[Context], str],
    callback_url: str,
    now: datetime,
) -> Post:
    """What `effect` says in Mattermost at `now`.

    A header comes back as a post whose message is our part of it; an UpdatePage as the page it
    patches, whatever its stand_down (the reply below it is `stood_down`).

    sign          the signature of a button's context; it comes back from the click as `sig`
    callback_url  where Mattermost reaches us, without a slash at its end
    """
    pen = Pen(now, sign, callback_url)
    match effect, facts:
        case PageChannel(revision=0), AlertFacts():
            return channel_call(effect, facts, pen)
        case RemindChannel(), AlertFacts():
            return still_nobody(facts, pen)
        case BumpRequest(), RequestFacts():
            return request_bump(facts, pen)
        case _:
            return _WRITERS[type(facts)](facts, pen)


def title_and_body(
    effect: PagePerson | UpdatePage, facts: PageFacts, now: datetime, link: str = ""
) -> tuple[str, str]:
    """What a page, or the word that it is over, says on a phone: plain, 300 characters together.

    link  where the page can be acknowledged; "" for none
    """
    if isinstance(effect, UpdatePage):
        return stand_down_text(facts, now)
    return page_text(facts, now, link)


def _header(header: HeaderFacts, pen: Pen) -> Post:
    return pen.post(escape(header.text, LONGEST_HEADER))


def _rule(post: RulePostFacts, pen: Pen) -> Post:
    return pen.post(escape_lines(post.text))


def _invite(invite: InviteFacts, pen: Pen) -> Post:
    return pen.post(f"{mention(invite.people)} — {escape(invite.why)}.", mentions=invite.people)


def _dead_letter(dead: DeadLetterFacts, pen: Pen) -> Post:
    if dead.outcome:
        what = "is tried again" if dead.outcome == "retried" else "was thrown away"
        said = f"Could not {escape(dead.what)}; it {what}, by {escape(dead.by)}."
        return pen.post(said, pen.bar(GREY, "Nothing to do here."))
    more = f"{dead.waiting} message{'s wait' if dead.waiting > 1 else ' waits'} behind it. "
    page = "It is a page, so it cannot be dropped. " if dead.page else ""
    context: dict[str, str | int] = {"effect": dead.effect}
    retry = Button("retry", "Retry", {"do": "retry", **context}, "primary")
    drop = Button("drop", "Drop", {"do": "drop", **context}, "danger")
    age = pen.now - dead.since
    waited = f" for {span(age)}" if age.total_seconds() >= 1 else ""
    tries = f"tried {dead.tries} time{'s' if dead.tries != 1 else ''}"
    return pen.post(
        f"Could not {escape(dead.what)}{waited} ({tries}: "
        f"{escape(dead.error, 300)}). {more if dead.waiting else ''}{page}".rstrip(),
        pen.bar(RED, "Waiting for an admin.", [retry] if dead.page else [retry, drop], dead.zone),
    )


def _feed(feed: FeedFacts, pen: Pen) -> Post:
    return pen.post(
        f"Your calendar of absences cannot be read: {escape(feed.error, 300)} Until it can, your "
        "absences stay as last read. `/set away feed ADDRESS` names another, `/set away feed off` "
        "ends it."
    )


def _warn(warning: WarnFacts, pen: Pen) -> Post:
    return pen.post(escape(warning.what, 500))


_WRITERS: Mapping[type, Callable[[Any, Pen], Post]] = {
    AlertFacts: alert_post,
    AlertNewsFacts: alert_news,
    PageFacts: page_post,
    HeaderFacts: _header,
    OverrideFacts: override_post,
    RequestFacts: request_post,
    RequestNewsFacts: request_news,
    AbsenceFacts: absence_post,
    FeedFacts: _feed,
    ContactFacts: contact_post,
    RunFacts: run_post,
    TaskNudgeFacts: task_nudge,
    IncidentFacts: incident_post,
    UpdateNudgeFacts: update_nudge,
    EndedNudgeFacts: ended_nudge,
    UpdateFacts: update_post,
    HandoverFacts: handover_post,
    InviteFacts: _invite,
    NoticeFacts: notice_post,
    RulePostFacts: _rule,
    DigestFacts: digest_post,
    DeadLetterFacts: _dead_letter,
    WarnFacts: _warn,
    MailFacts: mail_post,
    NoteFacts: note_post,
    FindingsFacts: findings_post,
    ScheduleFacts: schedule_post,
    DepartureFacts: departure_post,
    RemoteScheduleFacts: remote_post,
    ShadowFacts: shadow_post,
}
