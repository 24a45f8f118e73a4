"""Pages of those who have an alert, or answered beside whoever does. Pure, as `alerts`."""

from setflow.adapters.mattermost.alert_words import (
    FIRING,
    SNOOZED,
    below,
    button,
    caveats,
    heading,
    seat_words,
)
from setflow.adapters.mattermost.post import AMBER, GREY, RED, Pen, Post
from setflow.adapters.mattermost.text import escape, names, when
from setflow.facts import PageFacts, Who


def own_post(page: PageFacts, pen: Pen) -> Post:
    """For whoever has it, or snoozed it."""
    alert, zone, now = page.alert, page.zone, pen.now
    if alert.status == SNOOZED:
        until = f" until {when(alert.until, zone, now=now)}" if alert.until else ""
        return pen.post(
            f"✓ {heading(alert)} — you snoozed it{until}; it then comes back to you.",
            pen.bar(GREY, "Snoozed.", [button(alert, "take", "Take it now")]),
        )
    since = f" since {when(alert.owned_at, zone, now=now)}" if alert.owned_at else ""
    more = [
        button(alert, "snooze", "Snooze 1 h"),
        button(alert, "backup", "Get help"),
        button(alert, "hand-back", "Hand back"),
    ]
    beside = "".join(
        f" {said}."
        for said, is_so in (
            (f"{names(alert.joined)} {_are(alert.joined)} with you", alert.joined),
            (f"{names(alert.helpers)} {_are(alert.helpers)} asked to help", alert.helpers),
            (
                f"{escape(alert.offered.title) if alert.offered else ''} is asked to take over",
                alert.offered,
            ),
        )
        if is_so
    )
    return pen.post(
        f"✓ {heading(alert)} — you have it{since}.{beside} Reply in its thread to note something; "
        "`Resolve` ends it.",
        pen.bar(
            AMBER,
            "Yours, not over yet.",
            [button(alert, "resolve", "Resolve"), *([] if alert.mirrored else more)],
        ),
    )


def beside_post(page: PageFacts, pen: Pen) -> Post:
    """For those who are to help, or do, or wait with others until everybody has acknowledged."""
    alert, now = page.alert, pen.now
    owner = escape(alert.owner.title) if alert.owner else "somebody"
    if page.helps:
        seat = f" · {seat_words(page, now, escape)}" if page.seat else ""
        return pen.post(
            f"{heading(alert)} · {owner} has it and asks for your help{seat}.{caveats(page)}",
            pen.bar(
                RED,
                below("Waiting for you.", alert),
                [button(alert, "ack", "On my way", "primary"), button(alert, "take", "Take over")],
            ),
        )
    if alert.status == FIRING:
        return pen.post(
            f"✓ {heading(alert)} — you have acknowledged; it still waits for "
            f"{names(alert.missing) or 'somebody to have it'}.",
            pen.bar(AMBER, "Not over yet.", [button(alert, "take", "Take it alone")]),
        )
    return pen.post(
        f"✓ {heading(alert)} — {owner} has it, and you are with them.",
        pen.bar(AMBER, "Not over yet.", [button(alert, "take", "Take over")]),
    )


def _are(people: tuple[Who, ...]) -> str:
    return "is" if len(people) == 1 else "are"
