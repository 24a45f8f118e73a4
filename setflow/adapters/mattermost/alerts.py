"""Alerts and pages in words: the channel's post, the direct message, the text message.

Pure: facts and `now` in, words out. The voice is that of people who are read at three at night.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Button, Pen, Post
from setflow.adapters.mattermost.text import (
    cut,
    escape,
    fold,
    link,
    listed,
    mention,
    names,
    safe_url,
    span,
    when,
)
from setflow.effects import PageChannel
from setflow.facts import AlertFacts, PageFacts, Passed, Who

Say = Callable[[str], str]

FIRING, ACKNOWLEDGED, RESOLVED = "firing", "acknowledged", "resolved"

TEST, HAND = "test", "page"
"""The sources of test pages, whose details are setflow's own, and of pages by hand."""

STEPS_SHOWN = 4
DETAILS_SHOWN = 5
LATE_SECONDS = 60
# Two parts of a text message by GSM 03.38 are 306 characters; a title and a line break are in it.
LONGEST_TEXT_MESSAGE = 300
LONGEST_TITLE = 80


def alert_post(alert: AlertFacts, pen: Pen) -> Post:
    """The channel's post on an alert: how far up it is, or who has it; nobody is notified."""
    if alert.status == FIRING:
        story = _story(alert, pen.now)
    else:
        story = outcome(alert, alert.zone, pen.now)
    bar = pen.bar(*_state(alert), _channel_buttons(alert), alert.zone)
    return pen.post(f"{_heading(alert)} — {story}", bar)


def still_nobody(alert: AlertFacts, pen: Pen) -> Post:
    """What the channel is told while the ladder is at its end; those paged last are notified."""
    if alert.status != FIRING:
        return alert_post(alert, pen)
    last = next((step.people for step in reversed(alert.passed) if step.people), ())
    waited = span(pen.now - alert.fired_at)
    call = f" {mention(last)}" if last else ""
    return pen.post(
        f"Still nobody has {_heading(alert)} after {waited}.{call} Whoever can, take it.",
        pen.bar(*_state(alert), _channel_buttons(alert), alert.zone),
        mentions=last,
    )


def channel_call(effect: PageChannel, alert: AlertFacts, pen: Pen) -> Post:
    """What a channel is told because a step of the ladder names it: the one call to all in it."""
    post = alert_post(alert, pen)
    if alert.status != FIRING:
        return post
    call = f"{post.message}. @channel: whoever can, take it."
    return replace(
        post,
        message=call + _late(effect.late_seconds, effect.folded),
        mentions=("channel",),
    )


def page_post(page: PageFacts, pen: Pen) -> Post:
    """A page as its receiver sees it now: what to do, or who has it; the only one it notifies."""
    alert, zone, now = page.alert, page.zone, pen.now
    heading = _heading(alert)
    if page.mine and alert.status == ACKNOWLEDGED:
        since = f" since {when(alert.owned_at, zone, now=now)}" if alert.owned_at else ""
        return pen.post(
            f"✓ {heading} — you have it{since}. Reply in its thread to note something; "
            "`Resolve` ends it.",
            pen.bar(AMBER, "Yours, not over yet.", [_button(alert, "resolve", "Resolve")]),
        )
    if alert.source == TEST and alert.status == RESOLVED and page.mine and alert.closed_at:
        at = when(alert.closed_at, zone, now=now)
        return pen.post(
            f"✓ {heading} — acknowledged at {at}: pages reach you.", pen.bar(GREEN, "Over.")
        )
    if alert.status != FIRING or not page.wanted:
        over = alert.status == RESOLVED
        words = "Over." if over else "Nothing for you to do."
        return pen.post(
            f"{heading} — {outcome(alert, zone, now)}.", pen.bar(GREEN if over else GREY, words)
        )
    up = [] if alert.source == TEST else [_button(alert, "escalate", "Not me, escalate")]
    buttons = [_button(alert, "ack", "Acknowledge", "primary"), *up]
    source = "" if alert.source in (TEST, HAND) else f"from {escape(alert.source)}, "
    origin = f" · {source}{when(alert.fired_at, zone, now=now)}"
    seat = f" · {_seat(page, now, escape)}" if page.seat else ""
    return pen.post(
        f"{heading}{origin}{seat}. {_next(page, now, escape, '**')}{_caveats(page)}",
        pen.bar(RED, _below("Waiting for you.", alert), buttons),
    )


def stood_down(page: PageFacts, now: datetime) -> Post:
    """The reply below a page that says its receiver is no longer needed."""
    return Post(
        f"{_heading(page.alert)} — {outcome(page.alert, page.zone, now)}. "
        "Nothing more for you to do."
    )


def page_text(page: PageFacts, now: datetime) -> tuple[str, str]:
    """A page for a phone: title and body without markup, 300 characters together."""
    plain = _plain
    alert = page.alert
    seat = f"{_seat(page, now, plain)}. " if page.seat else ""
    seat = seat[:1].upper() + seat[1:]
    body = f"{seat}{_next(page, now, plain, '')}{_caveats(page)} Acknowledge: /set ack {alert.id}"
    return _fitting(" ".join(filter(None, [_plain(alert.priority), _plain(alert.title)])), body)


def stand_down_text(page: PageFacts, now: datetime) -> tuple[str, str]:
    """Title and body that tell somebody woken by phone to go back to bed; 300 characters."""
    said = outcome(page.alert, page.zone, now, _plain)
    body = f"{said[:1].upper()}{said[1:]}. Nothing more for you to do."
    return _fitting(f"Stand down: {_plain(page.alert.title)}", body)


def outcome(alert: AlertFacts, zone: ZoneInfo, now: datetime, say: Say = escape) -> str:
    """How it stands with an alert that waits for nobody, as the end of a sentence."""
    if alert.status == ACKNOWLEDGED and alert.owner:
        if alert.owned_at is None:
            return f"{say(alert.owner.title)} has it"
        took = span(alert.owned_at - alert.fired_at)
        return (
            f"{say(alert.owner.title)} has it since {when(alert.owned_at, zone, now=now)} ({took})"
        )
    if alert.status == RESOLVED:
        by = f", said {say(alert.closed_by)}" if alert.closed_by else ""
        return (
            f"over since {when(alert.closed_at, zone, now=now)}{by}" if alert.closed_at else "over"
        )
    if alert.status == "snoozed":
        return "snoozed"
    return "it no longer waits for you"


def _story(alert: AlertFacts, now: datetime) -> str:
    """The steps so far and the one to come, the last four of them."""
    if alert.mirrored:
        return f"OpsGenie pages for it since {when(alert.fired_at, alert.zone, now=now)}"
    told = [
        words
        for step in alert.passed[-STEPS_SHOWN:]
        for words in _step(step, alert, now, last=step is alert.passed[-1] and not alert.nobody)
    ]
    if alert.nobody:
        told.append("nobody is left to page, so it is said here every 30 min")
    elif alert.next_at:
        told.append(
            f"{names(alert.next_people) or 'the next step'} at "
            f"{when(alert.next_at, alert.zone, now=now)}"
        )
    return ("… " if len(alert.passed) > STEPS_SHOWN else "") + (", ".join(told) or "just in")


def _step(step: Passed, alert: AlertFacts, now: datetime, *, last: bool) -> list[str]:
    at = when(step.at, alert.zone, now=now)
    paged = (
        f"{names(step.people)} paged {at}" if last else f"{names(step.people)} not reached ({at})"
    )
    empty = f"{listed(map(escape, step.empty))} empty ({at})"
    return [words for words, is_so in ((empty, step.empty), (paged, step.people)) if is_so]


def _heading(alert: AlertFacts) -> str:
    level = f" ({escape(alert.priority, 20)})" if alert.priority else ""
    return f"**{escape(alert.title)}{level}**"


def _state(alert: AlertFacts) -> tuple[str, str]:
    owner = escape(alert.owner.title) if alert.owner else "Somebody"
    colour, words = {
        FIRING: (RED, "Nobody has it yet."),
        ACKNOWLEDGED: (AMBER, f"{owner} has it; not over yet."),
        RESOLVED: (GREEN, "Over."),
    }.get(alert.status, (GREY, "Nothing to do for now."))
    return colour, _below(words, alert)


def _below(words: str, alert: AlertFacts) -> str:
    """`words`, then where it comes from, and its details while it is not over."""
    if alert.status == RESOLVED:
        return words
    source = f"{link('Open', alert.url)} in {escape(alert.source)}" if safe_url(alert.url) else ""
    count = f"seen {alert.count} times" if alert.count > 1 else ""
    details = [
        f"{escape(name, 40)}: {escape(value)}"
        for name, value in list(alert.details.items())[:DETAILS_SHOWN]
        if alert.source != TEST
    ]
    first = " · ".join(filter(None, [words, source, count]))
    return "\n".join([first, *details])


def _channel_buttons(alert: AlertFacts) -> list[Button]:
    if alert.status == FIRING:
        up = [] if alert.mirrored or alert.nobody else [_button(alert, "escalate", "Escalate")]
        return [_button(alert, "ack", "Acknowledge", "primary"), *up]
    return [_button(alert, "resolve", "Resolve")] if alert.status == ACKNOWLEDGED else []


def _button(alert: AlertFacts, do: str, name: str, style: str = "default") -> Button:
    context: dict[str, str | int] = {"do": do, "alert": alert.id, "nth": alert.nth}
    if do == "escalate":
        context |= {"round": alert.round, "step": alert.step}
    return Button(do, name, context, style)


def _seat(page: PageFacts, now: datetime, say: Say) -> str:
    until = f" until {when(page.until, page.zone, now=now)}" if page.until else ""
    return f"you are {say(page.seat)}{until}"


def _next(page: PageFacts, now: datetime, say: Say, strong: str) -> str:
    """What happens if nobody answers; `strong` stands around the instant."""
    alert = page.alert
    if alert.next_at is None or alert.source == TEST:
        return "Nobody comes after you."
    at = f"{strong}{when(alert.next_at, page.zone, now=now)}{strong}"
    whom = names(_others(alert.next_people, page.person), say)
    again = "you are paged again" if alert.next_people else "it goes one step up"
    return f"If nobody acknowledges by {at} {f'it goes to {whom}' if whom else again}."


def _others(people: tuple[Who, ...], person: Who) -> tuple[Who, ...]:
    return tuple(who for who in people if who.name != person.name)


def _caveats(page: PageFacts) -> str:
    again = " A repeat: it may have reached you before." if page.again else ""
    return _late(page.late_seconds, page.folded) + again


def _late(late_seconds: int, folded: int) -> str:
    if late_seconds <= LATE_SECONDS:
        return ""
    steps = f"{folded} earlier step{'s are' if folded > 1 else ' is'} folded into it"
    late = span(timedelta(seconds=late_seconds))
    return f" This page comes {late} late{f'; {steps}' if folded else ''}."


def _plain(text: str) -> str:
    return fold(text, LONGEST_TITLE)


def _fitting(title: str, body: str) -> tuple[str, str]:
    """Both within one text message; the title gives way first, what to do last."""
    body = cut(body, LONGEST_TEXT_MESSAGE - 20)
    return cut(title, min(LONGEST_TITLE, LONGEST_TEXT_MESSAGE - len(body) - 2)), body
