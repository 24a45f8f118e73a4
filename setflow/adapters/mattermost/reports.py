"""What the next weeks hold, in words. Pure: facts and `now` in, posts out."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import AMBER, GREY, RED, Pen, Post
from setflow.adapters.mattermost.text import escape, listed, mention
from setflow.facts import DepartureFacts, FindingsFacts, Told
from setflow.wording import DAYS, MONTHS, stretch, when

MOST_SHOWN, MOST_LISTED = 8, 40
"""Lines of the weekly post, and of the answer to somebody who asks."""

IN_DAYS = timedelta(hours=36)
"""What lasts longer is said in days."""

TO_FILL = ("nobody-to-page", "gap", "left")
_OF_PEOPLE = ("left", "early", "no-contact", "unverified")
TO_SETTLE = ("early", "away", "two-duties", "no-contact", "unverified")
_COUNTED: Mapping[str, tuple[str, str]] = {
    "nobody-to-page": ("1 seat with nobody to page", "{} seats with nobody to page"),
    "gap": ("1 gap", "{} gaps"),
    "left": ("1 person gone", "{} people gone"),
    "early": ("1 person not here yet", "{} people not here yet"),
    "away": ("1 away", "{} away"),
    "two-duties": ("1 on two duties", "{} on two duties"),
    "no-contact": ("1 reached in chat alone", "{} reached in chat alone"),
    "unverified": ("1 with contact methods not verified", "{} with contact methods not verified"),
    "nobody-awake": ("1 with nobody awake", "{} with nobody awake"),
    "holiday": ("1 on a holiday", "{} on holidays"),
    "rather-not": ("1 who would rather not", "{} who would rather not"),
}


def findings_post(ahead: FindingsFacts, pen: Pen) -> Post:
    """The weekly post; it notifies the leads of the next cycle where a seat needs somebody."""
    if not ahead.found:
        return pen.post(findings_text(ahead, pen.now), pen.bar(GREY, "Nothing to do."))
    kinds = {one.kind for one in ahead.found}
    bar = pen.bar(*_state(kinds), zone=ahead.zone)
    hidden = f"`{' '.join(filter(None, ('/set gaps', ahead.rotation)))}`"
    text = _text(ahead, pen.now, MOST_SHOWN, hidden)
    if kinds.isdisjoint(TO_FILL) or not ahead.leads:
        return pen.post(text, bar)
    call = (
        f"{mention(ahead.leads)}, the next cycle is yours: `/set override` puts somebody on a "
        "seat, the file says whose turns come."
    )
    return pen.post(f"{text}\n{call}", bar, mentions=ahead.leads)


def findings_text(ahead: FindingsFacts, now: datetime) -> str:
    """What was found, the most urgent first, for somebody who asks; mentions nobody."""
    command = " ".join(filter(None, ("setflow schedule", ahead.rotation)))
    return _text(ahead, now, MOST_LISTED, f"`{command} --gaps {ahead.days}d`")


def _text(ahead: FindingsFacts, now: datetime, most: int, elsewhere: str) -> str:
    """At most so many lines, and what lists those that are left out."""
    if not ahead.found:
        return f"{escape(ahead.title)}: the next {ahead.days} days are staffed."
    counts = _counts(ahead.found)
    said = [_COUNTED[kind][count > 1].format(count) for kind, count in counts.items()]
    head = f"**{escape(ahead.title)}, the next {ahead.days} days: {listed(said)}**"
    lines = [_line(one, ahead.zone, now) for one in ahead.found[:most]]
    hidden = len(ahead.found) - most
    more = [f"and {hidden} more: {elsewhere}"] if hidden > 0 else []
    return "\n".join([head, *lines, *more])


def _counts(found: Iterable[Told]) -> Mapping[str, int]:
    """How much there is of each kind, by first sight: findings, or the people in them."""
    apart = dict.fromkeys(
        (one.kind, part)
        for place, one in enumerate(found)
        for part in (one.people if one.kind in _OF_PEOPLE else (place,))
    )
    return Counter(kind for kind, _ in apart)


def departure_post(gone: DepartureFacts, pen: Pen) -> Post:
    """Somebody with duties to come is not there any more."""
    start = when(gone.start, gone.zone, now=pen.now)
    return pen.post(
        f"**{escape(gone.person.title)} {escape(gone.why)}**, but is {escape(gone.seat)} from "
        f"**{start}**. `/set override` puts somebody else on the seat; the file still names "
        f"{escape(gone.person.name)}.",
        pen.bar(RED, "Waiting for a lead or an admin.", zone=gone.zone),
    )


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """The days from one instant to another: `Fri 25 Dec`, `Mon 14 Dec – Sun 20 Dec`."""
    ends = (start.astimezone(zone), (end - timedelta(microseconds=1)).astimezone(zone))
    said = [f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]}" for at in ends]
    return " – ".join(dict.fromkeys(said))


def _line(one: Told, zone: ZoneInfo, now: datetime) -> str:
    if one.kind == "holiday" or one.end - one.start > IN_DAYS:
        at = _days(one.start, one.end, zone)
    else:
        at = stretch(one.start, one.end, zone, now=now)
    return f"- **{at}** · {escape(one.said, 300)}"


def _state(kinds: set[str]) -> tuple[str, str]:
    if not kinds.isdisjoint(TO_FILL):
        return RED, "A seat waits for somebody."
    if not kinds.isdisjoint(TO_SETTLE):
        return AMBER, "Staffed, with something to settle."
    return GREY, "Staffed; good to know."
