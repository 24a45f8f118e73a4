"""What those are answered who wrote of an alert by mail: facts → a mail. Pure.

Plain text, the fact in the first line; the headers are those of an automatic answer (RFC 3834), so
that nobody's machine answers it.
"""

from collections.abc import Iterable
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from setflow.adapters.mail.reading import LOOP
from setflow.facts import AlertFacts, AnswerFacts, Passed
from setflow.wording import when

LONGEST_TITLE = 120
OVER = "resolved"
NEAREST = 3
"""How many mails of a thread are named beside the first: on one line, since folding breaks them."""
_POLICY = SMTP.clone(max_line_length=200)


def letter(answer: AnswerFacts, now: datetime, *, again: bool) -> EmailMessage:
    """The mail that says how it stands with an alert. again: it may have come before."""
    mail = EmailMessage(_POLICY)
    mail["From"] = f"setflow <{answer.address}>"
    mail["To"] = answer.to
    mail["Subject"] = f"Re: {_line(answer.alert.title)}"
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = answer.message
    mail["In-Reply-To"] = answer.refers[-1]
    mail["References"] = " ".join(dict.fromkeys([answer.refers[0], *answer.refers[-NEAREST:]]))
    mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail[LOOP] = answer.address
    mail.set_content(_body(answer, now, again=again))
    return mail


def _body(answer: AnswerFacts, now: datetime, *, again: bool) -> str:
    alert = answer.alert
    said = _SAID.get(answer.what, _stands)(answer, now)
    if answer.follows is not None and answer.what == "received":
        said.append(f"Alert {answer.follows} is over, so this is a new one.")
    clock = f" Times are those of {answer.zone.key}." if answer.named_zone else ""
    more = (
        ""
        if alert.status == OVER
        else (" Answer this mail to add to it; mail neither takes nor ends an alert.")
    )
    repeat = ["This is a repeat: it may have reached you before."] if again else []
    return "\n".join([*said, "", f"Alert {alert.id}: {_line(alert.title)}.{more}{clock}", *repeat])


def _stands(answer: AnswerFacts, now: datetime) -> list[str]:
    """How it stands, whatever it was that is answered."""
    alert = answer.alert
    if alert.status == "firing":
        return _paged(answer, now) if not alert.nobody else _ended(answer, now)
    return _STATES[alert.status](answer, now)


def _paged(answer: AnswerFacts, now: datetime) -> list[str]:
    """Who was told last, and who comes next."""
    told = _told(answer.alert)
    if not told:
        return ["Nobody could be paged yet.", *_next(answer, now)]
    at = when(told[-1].at, answer.zone, now=now)
    first = f"{_names(told[-1])} paged {at}. You will hear who takes it."
    return [first, *_next(answer, now)]


def _next(answer: AnswerFacts, now: datetime) -> list[str]:
    alert = answer.alert
    if alert.next_at is None:
        return []
    at = when(alert.next_at, answer.zone, now=now)
    whom = _listed(who.title for who in alert.next_people)
    goes = f"it goes to {whom}" if whom else "it goes one step up"
    return [f"If nobody takes it by {at} {goes}."]


def _unanswered(answer: AnswerFacts, now: datetime) -> list[str]:
    alert, told = answer.alert, _told(answer.alert)
    parts = [f"{_names(step)} paged {when(step.at, answer.zone, now=now)}" for step in told[-1:]]
    if alert.next_at is not None:
        whom = _listed(who.title for who in alert.next_people) or "the step above"
        parts.append(f"{whom} next {when(alert.next_at, answer.zone, now=now)}")
    return [f"Nobody has answered yet; the ladder goes on: {', '.join(parts)}."]


def _ended(answer: AnswerFacts, now: datetime) -> list[str]:
    told = _told(answer.alert)
    at = f", last {_names(told[-1])} {when(told[-1].at, answer.zone, now=now)}" if told else ""
    return [
        f"Nobody has answered, and everybody there is was tried{at}.",
        "Their channel is told every 30 min until somebody takes it. Answer this mail to page them "
        "all again, or call somebody.",
    ]


def _anew(answer: AnswerFacts, now: datetime) -> list[str]:
    back = answer.alert.back
    if back is None:
        return ["It is paged anew.", *_paged(answer, now)]
    at, who = when(back.at, answer.zone, now=now), _line(back.person.title)
    why = {
        "snoozed": f"{who} had put it off until {at}",
        "handed-back": f"{who} gave it back {at}",
        "unanswered": f"{who} had it and was not heard by {at}",
        "maintenance": f"the maintenance that held it, {who}, ended {at}",
        "louder": f"{who} had it, and it became louder {at}",
    }[back.why]
    return [f"It waits for somebody again: {why}.", *_paged(answer, now)]


def _owned(answer: AnswerFacts, now: datetime) -> list[str]:
    alert = answer.alert
    owner = _line(alert.owner.title) if alert.owner else "Somebody"
    since = f" since {when(alert.owned_at, answer.zone, now=now)}" if alert.owned_at else ""
    with_them = f", with {_listed(who.title for who in alert.joined)}" if alert.joined else ""
    return [f"{owner} has it{since}{with_them}."]


def _asleep(answer: AnswerFacts, now: datetime) -> list[str]:
    alert = answer.alert
    until = f" until {when(alert.until, answer.zone, now=now)}" if alert.until else ""
    if alert.owner is None:
        return [f"Held{until} by maintenance ({_line(alert.held)}); nobody is paged before."]
    return [f"{_line(alert.owner.title)} has put it off{until}; it then comes back."]


def _over(answer: AnswerFacts, now: datetime) -> list[str]:
    alert = answer.alert
    at = f" {when(alert.closed_at, answer.zone, now=now)}" if alert.closed_at else ""
    by = f", said {_line(alert.closed_by)}" if alert.closed_by else ""
    return [f"Resolved{at}{by}.", "If it is not, answer this mail: that pages anew."]


_SAID = {"unanswered": _unanswered, "ended": _ended, "anew": _anew}
_STATES = {"acknowledged": _owned, "snoozed": _asleep, OVER: _over}


def _told(alert: AlertFacts) -> list[Passed]:
    """The steps that had somebody."""
    return [step for step in alert.passed if step.people]


def _names(step: Passed) -> str:
    return _listed(who.title for who in step.people)


def _listed(titles: Iterable[str]) -> str:
    parts = [_line(title) for title in titles]
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _line(text: str) -> str:
    """On one line, and no longer than a subject should be."""
    plain = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 1].rstrip()}…"
