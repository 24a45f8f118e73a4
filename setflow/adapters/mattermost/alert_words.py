"""Words that the posts on an alert, and its pages, share. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import Button
from setflow.adapters.mattermost.text import escape, link, safe_url, span, when
from setflow.facts import AlertFacts, BackFacts, MembersFacts, PageFacts

Say = Callable[[str], str]

FIRING, ACKNOWLEDGED, SNOOZED, RESOLVED = "firing", "acknowledged", "snoozed", "resolved"
ANEW = "anew"
"""The status that the post of an earlier start of the ladder shows."""

TEST, HAND = "test", "page"
"""The sources of test pages, whose details are setflow's own, and of pages by hand."""

DETAILS_SHOWN = 5
LATE_SECONDS = 60


def heading(alert: AlertFacts) -> str:
    """Its title and priority, bold, and how many more are one with it."""
    level = f" ({escape(alert.priority, 20)})" if alert.priority else ""
    return f"**{escape(alert.title)}{level}**{and_more(alert)}"


def and_more(alert: AlertFacts) -> str:
    """How many more are one with it: those not over, of one that is over all."""
    if alert.members is None:
        return ""
    more = (alert.members.size if alert.status == RESOLVED else alert.members.open) - 1
    return f" and {more} more" if more > 0 else ""


def button(alert: AlertFacts, do: str, name: str, style: str = "default") -> Button:
    """A button that does `do` to the alert as it now stands."""
    context: dict[str, str | int] = {"do": do, "alert": alert.id, "nth": alert.nth}
    if do == "escalate":
        context |= {"round": alert.round, "step": alert.step}
    return Button(do.replace("-", ""), name, context, style)


def below(words: str, alert: AlertFacts) -> str:
    """`words`, then where it comes from, and its details while it is not over."""
    if alert.status == RESOLVED:
        return words
    source = f"{link('Open', alert.url)} in {escape(alert.source)}" if safe_url(alert.url) else ""
    count = f"seen {alert.count} times" if alert.count > 1 else ""
    details = [
        f"{escape(name, 40)}: {escape(value)}"
        for name, value in _shown(alert)[:DETAILS_SHOWN]
        if alert.source != TEST
    ]
    first = " · ".join(filter(None, [words, source, count]))
    return "\n".join(filter(None, [first, _members(alert.members), *details]))


def _members(members: MembersFacts | None) -> str:
    """Which others are one with it, by name where there is room, and how many are over."""
    if members is None or members.size == 1:
        return ""
    more = members.open - 1 - len(members.names)
    rest = f" and {more} more" if more > 0 else ""
    also = f"With {', '.join(escape(name, 60) for name in members.names)}{rest}."
    over = members.size - members.open
    ended = f"{over} of the {members.size} {'is' if over == 1 else 'are'} over." if over else ""
    return " ".join(filter(None, [also if members.names else "", ended]))


def _shown(alert: AlertFacts) -> list[tuple[str, str]]:
    """Its details but for the address that it links to; what describes it comes first."""
    pairs = [pair for pair in alert.details.items() if pair[1] != alert.url]
    return sorted(pairs, key=lambda pair: pair[0].lower() != "description")


def seat_words(page: PageFacts, now: datetime, say: Say) -> str:
    """Why it is them, and how long; `say` fits it to where it stands."""
    until = f" until {when(page.until, page.zone, now=now)}" if page.until else ""
    return f"you are {say(page.seat)}{until}"


def caveats(page: PageFacts) -> str:
    """That a page comes late, or may be a repeat."""
    again = " A repeat: it may have reached you before." if page.again else ""
    return late(page.late_seconds, page.folded) + again


def late(late_seconds: int, folded: int) -> str:
    """How late it comes, where that is over a minute."""
    if late_seconds <= LATE_SECONDS:
        return ""
    steps = f"{folded} earlier step{'s are' if folded > 1 else ' is'} folded into it"
    late = span(timedelta(seconds=late_seconds))
    return f" This page comes {late} late{f'; {steps}' if folded else ''}."


def back_words(back: BackFacts, zone: ZoneInfo, now: datetime) -> str:
    """Why it waits anew, for the channel."""
    at, whose = when(back.at, zone, now=now), escape(back.person.title)
    return {
        "snoozed": f"back at {at}, snoozed by {whose}",
        "handed-back": f"handed back by {whose} at {at}",
        "unanswered": f"{whose} had it and was not heard by {at}",
        "louder": f"{whose} had it, and it became louder at {at}",
        "elsewhere": f"{whose} had it until {at}, when it was given back in OpsGenie",
        "maintenance": f"held until {at} by maintenance ({whose})",
    }[back.why]


def again_words(alert: AlertFacts, page: PageFacts, zone: ZoneInfo, now: datetime) -> str:
    """Why it waits anew, for the one who is paged."""
    if alert.back is None:
        return ""
    if alert.back.person == page.person:
        mine = {
            "snoozed": "back from your snooze",
            "unanswered": "you had it and were not heard",
            "louder": "you had it, and it became louder",
            "elsewhere": "you had it, and it was given back in OpsGenie",
        }
        return f" · {mine.get(alert.back.why, 'you handed it back')}"
    return f" · {back_words(alert.back, zone, now)}"
