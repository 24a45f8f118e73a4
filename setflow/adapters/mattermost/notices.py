"""What people are told of their own duties: they are on in a day, soon, now, or relieved."""

from datetime import timedelta

from setflow.adapters.mattermost.post import Pen, Post
from setflow.adapters.mattermost.text import escape, listed, span, when
from setflow.facts import DutyFacts, NoticeFacts, Who

LATE = timedelta(minutes=1)
MOST_ALERTS = 5


def notice_post(notice: NoticeFacts, pen: Pen) -> Post:
    """The direct message: the fact, until when, who is beside them, what to do if they cannot."""
    parts = _relieved(notice, pen) if notice.what == "relieved" else _begins(notice, pen)
    return pen.post(" ".join(filter(None, [*parts, _late(notice, pen)])))


def _begins(notice: NoticeFacts, pen: Pen) -> list[str]:
    seats = listed(_seat(one, notice, pen) for one in notice.duties)
    beside = " · ".join(f"{escape(role)} {escape(who.title)}" for role, who in notice.beside)
    with_you = f"Beside you: {beside}." if beside else ""
    from_then = when(notice.at, notice.zone, now=pen.now)
    on = notice.at <= pen.now
    if notice.goes_on:
        return [f"**From {'now on' if on else from_then} you are** {seats}.", with_you]
    if on:
        since = f"since {from_then}" if pen.now - notice.at > LATE else "now"
        return [f"**You are on {since}**: {seats}.", with_you]
    ahead = f", in {span(notice.at - pen.now)}" if notice.what == "soon" else ""
    cover = "If you cannot: `/set cover`."
    which = "Which of these you get: `/set notices`." if notice.what == "day" else ""
    return [f"**You are on from {from_then}**{ahead}: {seats}.", with_you, cover, which]


def _seat(duty: DutyFacts, notice: NoticeFacts, pen: Pen) -> str:
    until = when(duty.end, notice.zone, now=pen.now)
    if duty.closes < duty.end:
        first, last = (f"{one.astimezone(notice.zone):%H:%M}" for one in (duty.start, duty.closes))
        return f"{escape(duty.seat)} until {until}, in its hours (first {first} – {last})"
    return f"{escape(duty.seat)} until {until}"


def _relieved(notice: NoticeFacts, pen: Pen) -> list[str]:
    seats = listed(escape(one.seat) for one in notice.duties)
    then = dict.fromkeys(_then(one, notice, pen) for one in notice.duties)
    still = f"You still have {listed(map(escape, notice.still))}." if notice.still else ""
    return [f"**You are relieved** as {seats}.", *then, still, _alerts(notice)]


def _then(duty: DutyFacts, notice: NoticeFacts, pen: Pen) -> str:
    """Who has the seat after them; `it` where there is one seat to speak of."""
    seat = escape(duty.seat) if len(notice.duties) > 1 else "it"
    parts = []
    again = duty.again
    if notice.person in duty.then:
        again = again or duty.then_from
    else:
        start = when(duty.then_from, notice.zone, now=pen.now) if duty.then_from else ""
        from_then = f"from {start}" if start else "now"
        parts.append(f"{_names(duty.then) or 'Nobody'} has {seat} {from_then}")
    if again:
        parts.append(f"you have {seat} again from {when(again, notice.zone, now=pen.now)}")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _names(people: tuple[Who, ...]) -> str:
    return listed(escape(who.title) for who in people)


def _alerts(notice: NoticeFacts) -> str:
    if not notice.alerts:
        return ""
    named = listed(
        (f"#{number} {escape(title, 60)}" for number, title in notice.alerts), MOST_ALERTS
    )
    return f"Open on your name, and yours until over: {named}."


def _late(notice: NoticeFacts, pen: Pen) -> str:
    late = pen.now - notice.due
    return f"This comes {span(late)} late." if late > LATE else ""
