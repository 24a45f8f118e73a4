"""Alerts and pages in words: the channel's post, the direct message, the text message.

Pure: facts and `now` in, words out. The voice is that of people who are read at three at night.
"""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.alert_words import (
    ACKNOWLEDGED,
    ANEW,
    FIRING,
    HAND,
    RESOLVED,
    SNOOZED,
    TEST,
    Say,
    again_words,
    and_more,
    back_words,
    below,
    button,
    caveats,
    heading,
    late,
    seat_words,
)
from setflow.adapters.mattermost.answered import beside_post, own_post
from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Button, Pen, Post
from setflow.adapters.mattermost.text import (
    cut,
    escape,
    fold,
    listed,
    mention,
    names,
    span,
    when,
)
from setflow.effects import PageChannel
from setflow.facts import AlertFacts, PageFacts, Passed, Who

STEPS_SHOWN = 4
IN_CHANNEL = "mention"
"""The method of a page that names its receiver in a channel."""
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
    return pen.post(f"{heading(alert)} — {story}", bar)


def still_nobody(alert: AlertFacts, pen: Pen) -> Post:
    """What the channel is told while the ladder is at its end; those paged last are notified."""
    if alert.status != FIRING:
        return alert_post(alert, pen)
    last = next((step.people for step in reversed(alert.passed) if step.people), ())
    waited = span(pen.now - alert.fired_at)
    call = f" {mention(last)}" if last else ""
    return pen.post(
        f"Still nobody has {heading(alert)} after {waited}.{call} Whoever can, take it.",
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
        message=call + late(effect.late_seconds, effect.folded),
        mentions=("channel",),
    )


def page_post(page: PageFacts, pen: Pen) -> Post:
    """A page as its receiver sees it now: what to do, or who has it; the only one it notifies."""
    alert, zone, now = page.alert, page.zone, pen.now
    head = heading(alert)
    if page.method == IN_CHANNEL:
        return mention_post(page, pen)
    if page.mine and alert.status in (ACKNOWLEDGED, SNOOZED):
        return own_post(page, pen)
    if page.helps or (page.joined and alert.status in (FIRING, ACKNOWLEDGED)):
        return beside_post(page, pen)
    if alert.source == TEST and alert.status == RESOLVED and page.mine and alert.closed_at:
        at = when(alert.closed_at, zone, now=now)
        return pen.post(
            f"✓ {head} — acknowledged at {at}: pages reach you.", pen.bar(GREEN, "Over.")
        )
    if alert.status != FIRING or not page.wanted:
        over = alert.status == RESOLVED
        words = "Over." if over else "Nothing for you to do."
        return pen.post(
            f"{head} — {outcome(alert, zone, now)}.", pen.bar(GREEN if over else GREY, words)
        )
    up = [] if alert.source == TEST else [button(alert, "escalate", "Not me, escalate")]
    buttons = [button(alert, "ack", "Acknowledge", "primary"), *up]
    source = (
        "" if alert.source in (TEST, HAND) else f"from {escape(alert.origin or alert.source)}, "
    )
    by = f" by {escape(alert.by)}" if alert.by else ""
    origin = f" · {source}{when(alert.fired_at, zone, now=now)}{by}"
    seat = f" · {seat_words(page, now, escape)}" if page.seat else ""
    return pen.post(
        f"{head}{origin}{again_words(alert, page, zone, now)}{seat}. "
        f"{_next(page, now, escape, '**')}{caveats(page)}",
        pen.bar(RED, below("Waiting for you.", alert), buttons),
    )


def mention_post(page: PageFacts, pen: Pen) -> Post:
    """A page that names its receiver in a channel; when it waits no more, it names nobody."""
    alert, head = page.alert, heading(page.alert)
    if not page.wanted:
        return pen.post(f"{head} — {outcome(alert, alert.zone, pen.now)}.", pen.bar(*_state(alert)))
    since = when(alert.fired_at, alert.zone, now=pen.now)
    buttons = [
        button(alert, "ack", "Acknowledge", "primary"),
        button(alert, "escalate", "Not me, escalate"),
    ]
    there = replace(page, zone=alert.zone)
    return pen.post(
        f"{mention([page.person])} {head} waits for you since {since}. "
        f"{_next(there, pen.now, escape, '**')}{caveats(page)}",
        pen.bar(RED, below("Nobody has it yet.", alert), buttons, alert.zone),
        mentions=[page.person],
    )


def stood_down(page: PageFacts, now: datetime) -> Post:
    """The reply below a page that says its receiver is no longer needed."""
    return Post(
        f"{heading(page.alert)} — {outcome(page.alert, page.zone, now)}. "
        "Nothing more for you to do."
    )


def page_text(page: PageFacts, now: datetime, link: str = "") -> tuple[str, str]:
    """A page for a phone: title and body without markup, 300 characters together.

    link  where it can be acknowledged, which is never cut; "" for none
    """
    plain = _plain
    alert = page.alert
    seat = f"{seat_words(page, now, plain)}. " if page.seat else ""
    seat = seat[:1].upper() + seat[1:]
    said = _next(page, now, plain, "")
    if page.helps:
        said = (
            f"{plain(alert.owner.title) if alert.owner else 'Somebody'} has it and asks for help."
        )
    act = f" Acknowledge: /set ack {alert.id}{f', or {link}' if link else ''}"
    body = cut(f"{seat}{said}{caveats(page)}", LONGEST_TEXT_MESSAGE - 20 - len(act)) + act
    title = _plain(alert.title) + and_more(alert)
    return _fitting(" ".join(filter(None, [_plain(alert.priority), title])), body)


def stand_down_text(page: PageFacts, now: datetime) -> tuple[str, str]:
    """Title and body that tell somebody woken by phone to go back to bed; 300 characters."""
    said = outcome(page.alert, page.zone, now, _plain)
    body = f"{said[:1].upper()}{said[1:]}. Nothing more for you to do."
    return _fitting(f"Stand down: {_plain(page.alert.title)}", body)


def outcome(alert: AlertFacts, zone: ZoneInfo, now: datetime, say: Say = escape) -> str:
    """How it stands with an alert that waits for nobody, as the end of a sentence."""
    if alert.status == ACKNOWLEDGED and alert.owner:
        return _owned(alert, zone, now, say)
    if alert.status == RESOLVED:
        by = f", said {say(alert.closed_by)}" if alert.closed_by else ""
        unpaged = f"; it came and went in maintenance ({say(alert.held)})" if alert.held else ""
        if alert.closed_at is None:
            return "over"
        return f"over since {when(alert.closed_at, zone, now=now)}{by}{unpaged}"
    if alert.status == SNOOZED:
        until = f" until {when(alert.until, zone, now=now)}" if alert.until else ""
        if alert.owner is None:
            return f"held{until} by maintenance ({say(alert.held)}); it pages nobody before"
        return f"{say(alert.owner.title)} snoozed it{until}; it then comes back"
    if alert.status == ANEW:
        return "it goes on in its newest post"
    return "it no longer waits for you"


def _owned(alert: AlertFacts, zone: ZoneInfo, now: datetime, say: Say) -> str:
    owner = say(alert.owner.title) if alert.owner else ""
    if alert.owned_at is None:
        return f"{owner} has it"
    took = span(alert.owned_at - alert.fired_at)
    beside = f", with {names(alert.joined, say)}" if alert.joined else ""
    helpers = f"; {names(alert.helpers, say)} asked to help" if alert.helpers else ""
    offered = f"; {say(alert.offered.title)} asked to take over" if alert.offered else ""
    since = f"since {when(alert.owned_at, zone, now=now)} ({took})"
    return f"{owner} has it {since}{beside}{helpers}{offered}"


def _story(alert: AlertFacts, now: datetime) -> str:
    """The steps so far and the one to come, the last four of them."""
    if alert.mirrored:
        return f"OpsGenie pages for it since {when(alert.fired_at, alert.zone, now=now)}"
    told = [back_words(alert.back, alert.zone, now)] if alert.back else []
    told += [
        words
        for step in alert.passed[-STEPS_SHOWN:]
        for words in _step(step, alert, now, last=step is alert.passed[-1] and not alert.nobody)
    ]
    if alert.joined:
        others = f", {names(alert.missing)} not yet" if alert.missing else ""
        told.append(f"{names(alert.joined)} acknowledged{others}")
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
    missed = [] if last else [who for who in step.people if who not in alert.joined]
    paged = f"{names(missed)} not reached ({at})" if missed else f"{names(step.people)} paged {at}"
    empty = f"{listed(map(escape, step.empty))} empty ({at})"
    over = f"a step passed over {at} (it is for {escape(step.unless)})"
    said = ((over, step.unless), (empty, step.empty), (paged, step.people))
    return [words for words, is_so in said if is_so]


def _state(alert: AlertFacts) -> tuple[str, str]:
    owner = escape(alert.owner.title) if alert.owner else "Somebody"
    colour, words = {
        FIRING: (RED, "Nobody has it yet."),
        ACKNOWLEDGED: (AMBER, f"{owner} has it; not over yet."),
        SNOOZED: (GREY, "Held by maintenance." if alert.held else f"Snoozed by {owner}."),
        RESOLVED: (GREEN, "Over."),
    }.get(alert.status, (GREY, "Nothing to do."))
    return colour, below(words, alert)


def _channel_buttons(alert: AlertFacts) -> list[Button]:
    if alert.status == FIRING:
        up = [] if alert.mirrored or alert.nobody else [button(alert, "escalate", "Escalate")]
        return [button(alert, "ack", "Acknowledge", "primary"), *up]
    if alert.status == SNOOZED:
        return [button(alert, "take", "Take it now")]
    if alert.status != ACKNOWLEDGED:
        return []
    over = [] if alert.mirrored else [button(alert, "take", "Take over")]
    return [button(alert, "resolve", "Resolve"), *over]


def _next(page: PageFacts, now: datetime, say: Say, strong: str) -> str:
    """What happens if nobody answers; `strong` stands around the instant."""
    alert = page.alert
    if alert.next_at is None or alert.source == TEST:
        return "Nobody comes after you."
    at = f"{strong}{when(alert.next_at, page.zone, now=now)}{strong}"
    whom = names(_others(alert.next_people, page.person), say)
    again = "you are paged again" if alert.next_people else "it goes one step up"
    who = "not everybody" if alert.missing else "nobody"
    return f"If {who} acknowledges by {at} {f'it goes to {whom}' if whom else again}."


def _others(people: tuple[Who, ...], person: Who) -> tuple[Who, ...]:
    return tuple(who for who in people if who.name != person.name)


def _plain(text: str) -> str:
    return fold(text, LONGEST_TITLE)


def _fitting(title: str, body: str) -> tuple[str, str]:
    """Both within one text message; the title gives way first, what to do last."""
    body = cut(body, LONGEST_TEXT_MESSAGE - 20)
    return cut(title, min(LONGEST_TITLE, LONGEST_TEXT_MESSAGE - len(body) - 2)), body
