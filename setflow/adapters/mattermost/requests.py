"""Requests for stand-ins in words: the post of one, what those concerned are told, the list.

Pure: facts and `now` in, words out.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Button, Context, Pen, Post
from setflow.adapters.mattermost.spans import said
from setflow.adapters.mattermost.standins import (
    LONGEST_NOTE,
    LONGEST_SENTENCE,
    named,
    places,
    sentence,
    undo,
)
from setflow.adapters.mattermost.text import escape, listed, names, span, when
from setflow.facts import Change, RequestFacts, RequestNewsFacts, Who

OPEN, WAITS = "open", "waits"


def request_post(request: RequestFacts, pen: Pen) -> Post:
    """A request as the channel or one of those asked sees it now; the asked alone are notified."""
    if request.status == OPEN:
        buttons = [_answer(request, answer) for answer in request.answers]
        bar = pen.bar(RED, _waiting(request), buttons, request.zone)
        return pen.post(_asking(request, pen), bar)
    if request.status == WAITS:
        buttons = [_answer(request, answer) for answer in request.answers]
        bar = pen.bar(RED if buttons else AMBER, _waiting(request), buttons, request.zone)
        return pen.post(_for_the_lead(request, pen), bar)
    if request.status == "taken":
        deal = _deal(request, pen, "takes", "take")
        return pen.post(
            f"✓ Swapped: {deal}." if request.kind == "swap" else f"✓ {sentence(deal)}.",
            pen.bar(GREEN, "Arranged.", zone=request.zone),
        )
    return pen.post(
        f"{sentence(_subject(request, pen))}: {_ended(request)}",
        pen.bar(GREY, "Nothing to do any more.", zone=request.zone),
    )


def request_bump(request: RequestFacts, pen: Pen) -> Post:
    """The reply below an open request that says how little time is left."""
    left = span(request.expires_at - pen.now)
    begins = "it has begun" if _begun(request) else f"it begins in {left}"
    return pen.post(
        f"Still nobody has taken it, and {begins}. Whoever can, take it above; until then it "
        f"stays with {escape(request.asker.title)}."
    )


def request_news(news: RequestNewsFacts, pen: Pen) -> Post:
    """What somebody concerned is told of a request's course."""
    request = news.request
    if request.status == "taken" and request.overrides:
        bar = pen.bar(GREEN, "Arranged.", [undo(request.overrides[0], request.overrides[1:])])
    elif request.status in (OPEN, WAITS):
        buttons = [_answer(request, answer) for answer in request.answers]
        bar = pen.bar(RED if buttons else AMBER, _waiting(request), buttons)
    else:
        bar = pen.bar(GREY, "Nothing for you to do.")
    return pen.post(_NEWS[news.what](news, pen), bar)


def request_line(request: RequestFacts, pen: Pen) -> Mapping[str, object]:
    """One request of a list, as an attachment with what its reader may answer."""
    own = ("withdraw",) if request.to and request.to.name == request.asker.name else ()
    buttons = [_answer(request, answer) for answer in (*request.answers, *own)]
    words = f"{request.id}: {sentence(_subject(request, pen))}. {_waiting(request)}"
    return pen.bar(RED if request.answers else AMBER, words, buttons, request.zone)


def about(request: RequestFacts, pen: Pen) -> str:
    """What a request is about, as the end of a sentence: the seats and when."""
    return places(request.changes, request.zone, pen)


def _begun(request: RequestFacts) -> bool:
    return any(one.start <= request.opened_at for one in request.changes)


def _asking(request: RequestFacts, pen: Pen) -> str:
    note = f" — {escape(request.note, LONGEST_NOTE)}" if request.note else ""
    until = when(request.expires_at, request.zone, now=pen.now)
    asker = escape(request.asker.title)
    if request.kind == "swap":
        return f"{asker} offers a swap{note}: {_deal(request, pen, 'takes', 'take')}. " + (
            f"Answer by {until}; until then nothing changes."
        )
    if request.kind == "approval":
        return _for_the_lead(request, pen)
    if request.to:
        return (
            f"**{asker} asks you to take {about(request, pen)}**{note}. Answer by {until}; until "
            f"you take it, it stays with {asker}."
        )
    return (
        f"**{asker} asks for cover as {about(request, pen)}**{note}. Whoever can, take it; until "
        f"then it stays with {asker}."
    )


def _for_the_lead(request: RequestFacts, pen: Pen) -> str:
    """That a stand-in from outside the crew waits for the lead."""
    until = when(request.expires_at, request.zone, now=pen.now)
    deal = _deal(request, pen, "would take", "would take")
    note = f" ({escape(request.note, LONGEST_NOTE)})" if request.note else ""
    mine = request.to and request.to.name in {lead.name for lead in request.leads}
    who = "You, as lead, have" if mine else f"{names(request.leads) or 'The lead'} has"
    return (
        f"**{sentence(deal)}**{note}, and is not of the crew. {who} to agree by {until}; until "
        "then nothing changes."
    )


def _waiting(request: RequestFacts) -> str:
    for_anybody = request.status == OPEN and request.wanted is None and request.kind == "cover"
    if request.to and request.answers and not for_anybody:
        return "Waiting for you."
    if request.status == WAITS or request.kind == "approval":
        return f"Waiting for {names(request.leads) or 'the lead'}."
    declined = f" {names(request.declined)} cannot." if request.declined else ""
    whom = escape(request.wanted.title) if request.wanted else "somebody to take it"
    return f"Waiting for {whom}.{declined}"


def _ended(request: RequestFacts) -> str:
    return escape(request.why, LONGEST_SENTENCE) or _ENDS.get(request.status, "it is over.")


def _deal(request: RequestFacts, pen: Pen, theirs: str, yours: str) -> str:
    """Who takes what from whom, all of it, as its reader says it."""
    me = request.to
    return "; ".join(
        _takes(one, one.after or request.taker or request.wanted, me, (theirs, yours))
        + f", {said(one.start, one.end, request.zone, now=pen.now)}"
        for one in request.changes
    )


def _takes(one: Change, taker: Who | None, me: Who | None, verbs: tuple[str, str]) -> str:
    who = named(taker, me) if taker else "whoever takes it"
    verb = verbs[1] if who == "you" else verbs[0]
    whom = listed(named(each, me) for each in one.before)
    return f"{who} {verb} {escape(one.label)}" + (f" from {whom}" if whom else "")


def _subject(request: RequestFacts, pen: Pen) -> str:
    asker = escape(request.asker.title)
    if request.kind == "swap":
        return f"{asker}'s swap, {about(request, pen)}"
    if request.kind == "approval":
        return _deal(request, pen, "to take", "to take")
    return f"cover for {asker} as {about(request, pen)}"


def _answer(request: RequestFacts, answer: str) -> Button:
    name, style = _ANSWERS[answer]
    if answer == "decline" and not request.to:
        name = "I cannot"
    context: Context = {"do": "answer", "request": request.id, "answer": answer}
    return Button(f"answer{request.id}{answer}", name, context, style)


def _by(news: RequestNewsFacts) -> str:
    return escape(news.by.title) if news.by else "Somebody"


def _whose(news: RequestNewsFacts) -> str:
    mine = news.person.name == news.request.asker.name
    return "yours" if mine else f"with {escape(news.request.asker.title)}"


def _settled(news: RequestNewsFacts, pen: Pen, how: str) -> str:
    request = news.request
    deal = "; ".join(
        _takes(one, one.after or request.taker, news.person, ("takes", "take"))
        + f", {said(one.start, one.end, request.zone, now=pen.now)}"
        for one in request.changes
    )
    return f"{sentence(f'{how}: {deal}' if how else deal)}."


def _news_taken(news: RequestNewsFacts, pen: Pen) -> str:
    return _settled(news, pen, "")


def _news_accepted(news: RequestNewsFacts, pen: Pen) -> str:
    return _settled(news, pen, f"{_by(news)} accepts the swap")


def _news_approved(news: RequestNewsFacts, pen: Pen) -> str:
    return _settled(news, pen, f"{_by(news)} agrees")


def _news_declined(news: RequestNewsFacts, pen: Pen) -> str:
    if news.request.kind == "swap":
        return f"{_by(news)} declines the swap; your turns stay as they are."
    if news.request.status == OPEN:
        return (
            f"{_by(news)} cannot take {about(news.request, pen)} after all; it stays "
            f"{_whose(news)}, and others can still take it."
        )
    return (
        f"{_by(news)} cannot take {about(news.request, pen)}; it stays {_whose(news)}. "
        "`/set cover` asks somebody else."
    )


def _news_all_declined(news: RequestNewsFacts, pen: Pen) -> str:
    leads = names(news.request.leads)
    ask = f" Ask {leads}, as lead." if leads else ""
    return (
        f"Everybody of the crew cannot take {about(news.request, pen)}; it stays {_whose(news)}."
        f"{ask}"
    )


def _news_waits(news: RequestNewsFacts, pen: Pen) -> str:
    return (
        f"{_by(news)} would take {about(news.request, pen)}, and is not of the crew: "
        f"{names(news.request.leads) or 'the lead'} has to agree first. Until then it stays "
        f"{_whose(news)}."
    )


def _news_ended(news: RequestNewsFacts, pen: Pen) -> str:
    return f"{sentence(_subject(news.request, pen))}: {_ended(news.request)}"


def _news_refused(news: RequestNewsFacts, pen: Pen) -> str:
    if news.request.status != OPEN:
        return _news_ended(news, pen)
    return (
        f"{_by(news)} does not agree to somebody from outside the crew as "
        f"{about(news.request, pen)}. It stays {_whose(news)}, and others can still take it."
    )


def _news_reminder(news: RequestNewsFacts, pen: Pen) -> str:
    request = news.request
    left = span(request.expires_at - pen.now)
    begins = "It has begun." if _begun(request) else f"It begins in {left}."
    if request.status == WAITS or request.kind == "approval":
        deal = sentence(_deal(replace(request, to=news.person), pen, "would take", "would take"))
        if news.person.name in {lead.name for lead in request.leads}:
            return f"{deal}: that waits for your answer. {begins}"
        return f"{deal}: {names(request.leads) or 'the lead'} has not agreed yet. {begins}"
    if request.wanted and news.person.name == request.wanted.name:
        return f"{sentence(_subject(request, pen))} waits for your answer. {begins}"
    if request.wanted:
        whom = escape(request.wanted.title)
        return f"{whom} has not answered yet: {_subject(request, pen)}. {begins}"
    return f"Nobody has taken {about(request, pen)} yet; it stays {_whose(news)}. {begins}"


_ANSWERS = {
    "take": ("Take", "primary"),
    "accept": ("Accept", "primary"),
    "approve": ("Approve", "primary"),
    "decline": ("Decline", "default"),
    "refuse": ("Refuse", "danger"),
    "withdraw": ("Withdraw", "default"),
}

_ENDS = {
    "declined": "declined; nothing changes.",
    "refused": "refused; nothing changes.",
    "withdrawn": "taken back; nothing changes.",
    "expired": "nobody took it in time; nothing changed.",
}

_NEWS: Mapping[str, Callable[[RequestNewsFacts, Pen], str]] = {
    "taken": _news_taken,
    "accepted": _news_accepted,
    "approved": _news_approved,
    "declined": _news_declined,
    "all-declined": _news_all_declined,
    "waits": _news_waits,
    "refused": _news_refused,
    "withdrawn": _news_ended,
    "moot": _news_ended,
    "expired": _news_ended,
    "reminder": _news_reminder,
    "last-reminder": _news_reminder,
}
