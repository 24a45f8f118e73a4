"""Mail that asks for somebody: it opens an alert or is noted on one, and its senders hear of it.

A mail never acknowledges and never ends anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from setflow import mails
from setflow.effects import OURS, AnswerMail, Effect, ShowMail
from setflow.engine import alerts, answering, floods
from setflow.engine.messages import AlertIn
from setflow.engine.news import AlertNews
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import rules, spec
from setflow.escalation.rules import Alert, Status
from setflow.escalation.spec import MAIL
from setflow.inbox import Delivery
from setflow.mails import Known

HOUR = timedelta(hours=1)
MOST_AN_HOUR = 10
"""What one sender writes beyond this in an hour is noted on their newest open alert, and no mail is
answered any more: two machines that answer each other come to rest, and nobody is paged for it."""
SHOWN = 200
"""What posts show of a detail; a longer mail is shown below them."""


@dataclass(frozen=True, slots=True)
class MailIn:
    """Somebody wrote. See adapters.mail.reading.Mail.

    delivery  the mail's number in the inbox
    machine   nobody reads what it is answered
    files     whether something was attached, which is not kept
    """

    message: str
    sender: str
    name: str
    subject: str
    text: str
    refers: tuple[str, ...]
    delivery: int
    machine: bool
    files: bool = False


@dataclass(frozen=True, slots=True)
class MailNoted:
    """History: a mail came of an alert; `new` where it opened it."""

    alert: int
    sender: str
    message: str
    new: bool


@dataclass(frozen=True, slots=True)
class MailIgnored:
    """History: a machine answered a mail of ours."""

    sender: str
    message: str


def read(delivery: Delivery) -> MailIn:
    """The message that a delivery holds."""
    payload = delivery.payload
    return MailIn(
        payload["message"],
        payload["sender"],
        payload["name"],
        payload["subject"],
        payload["text"],
        tuple(payload["refers"]),
        delivery.id,
        payload["machine"],
        files=bool(payload["files"]),
    )


def mail_in(work: Work, message: MailIn) -> Iterable[object]:
    """Open an alert, or note it on the one of its thread while that is not over."""
    found = mails.known(work.tx, [message.message, *message.refers])
    thread = [found[one] for one in (message.message, *message.refers) if one in found]
    if message.machine and any(one.message.startswith(OURS) for one in thread):
        ignored = MailIgnored(message.sender, message.message)
        return work.note(f"mail:{message.sender}", [ignored], (), "a machine's answer to ours")
    recent = mails.received(work.tx, message.sender, work.now - HOUR)
    many = len(recent) >= MOST_AN_HOUR
    before = next(filter(None, (_alert(work, one.alert) for one in thread)), None)
    if before is None or before.status is Status.RESOLVED:
        newest = (_alert(work, one) for one in dict.fromkeys(recent if many else ()))
        open_one = next((one for one in newest if one and one.status is not Status.RESOLVED), None)
        if open_one is None:
            return _opened(work, message, before, quiet=many)
        before = open_one
    return _noted(work, message, before, quiet=many)


def mail_news(work: Work, message: AlertNews) -> Iterable[object]:
    """Tell those who wrote of an alert by mail what became of it."""
    number = getattr(message.event, "alert", None)
    if number is None or work.present.configuration.mail is None:
        return ()
    alert = work.alerts.get(number)
    if alert.source not in (MAIL, floods.OURS) and alert.group is None:
        return ()
    what = rules.mail_news(alert, message.event)
    if not what:
        return ()
    mark = "" if what in rules.TOLD_ONCE else str(alert.revision)
    senders = dict.fromkeys(one.sender for one in mails.of_alert(work.tx, alert.id))
    effects = [one for to in senders for one in _answer(work, alert, to, what, mark)]
    return work.note(f"alert:{alert.id}", [], effects, f"alert {alert.id}: who wrote hears of it")


def _alert(work: Work, number: int) -> Alert | None:
    try:
        return work.alerts.get(number)
    except Refused:
        return None  # gone with age


def _counter(work: Work, fired: AlertIn) -> Alert | None:
    """The alert that counts a mail, and many others, where there were too many to be one each."""
    ladder = alerts.ladder_for(work.present, fired)
    return work.alerts.open(floods.OURS, floods.counter((MAIL, fired.priority), ladder))


def _wrote(work: Work, alert: Alert, sender: str) -> bool:
    """Whether somebody has written of an alert before."""
    return any(one.sender == sender for one in mails.of_alert(work.tx, alert.id))


def _opened(work: Work, message: MailIn, before: Alert | None, *, quiet: bool) -> Iterable[object]:
    settings = work.present.configuration.mail
    first = message.text.partition("\n")[0][:SHOWN]
    details = {"from": message.sender, "says": message.text}
    if before:
        details["follows"] = f"alert {before.id}: {before.title}"
    fired = AlertIn(
        MAIL,
        message.message,
        message.subject or first or f"Mail from {message.sender}",
        settings.priority if settings else spec.USUAL_PRIORITY,
        details=details,
    )
    events = list(alerts.alert_in(work, fired))
    alert = work.alerts.open(MAIL, message.message) or _counter(work, fired)
    if alert is None:
        return events
    counted = alert.source == floods.OURS
    told = counted and _wrote(work, alert, message.sender)
    mails.add(work.tx, Known(message.message, alert.id, message.sender, work.now))
    effects: list[Effect] = []
    if counted or message.files or len(message.text) > SHOWN or "\n" in message.text:
        effects.append(ShowMail(alert.id, alert.nth, message.delivery))
    if not (message.machine or quiet or told):
        effects += _answer(work, alert, message.sender, "received", str(message.delivery))
    noted = MailNoted(alert.id, message.sender, message.message, new=not counted)
    reason = f"alert {alert.id}: mail of {message.sender}"
    return [*events, *work.note(f"alert:{alert.id}", [noted], effects, reason)]


def _noted(work: Work, message: MailIn, alert: Alert, *, quiet: bool) -> Iterable[object]:
    """One more mail of an open alert: counted and shown; it pages only where the ladder ended."""
    told = _wrote(work, alert, message.sender)
    mails.add(work.tx, Known(message.message, alert.id, message.sender, work.now))
    again = spec.Fired(
        alert.source,
        alert.key,
        alert.title,
        alert.priority,
        alert.details,
        alert.url,
        alert.ladder,
        alert.channel,
    )
    on_call = answering.on_call_of(work, alert)
    decision = rules.fire(alert, again, new_id=alert.id, now=work.now, on_call=on_call)
    events = alerts.keep(work, decision)
    noted = MailNoted(alert.id, message.sender, message.message, new=False)
    effects: list[Effect] = [ShowMail(alert.id, decision.state.nth, message.delivery)]
    if not (message.machine or quiet or told):
        mark = str(message.delivery)
        effects += _answer(work, decision.state, message.sender, "received", mark)
    reason = f"alert {alert.id}: mail of {message.sender}"
    return [*events, *work.note(f"alert:{alert.id}", [noted], effects, reason)]


def _answer(work: Work, alert: Alert, to: str, what: str, mark: str) -> list[Effect]:
    """The answer, with its Message-ID kept; none where it was given before."""
    settings = work.present.configuration.mail
    if settings is None:
        return []
    told = AnswerMail(alert.id, alert.nth, to, what, mark, "")
    message = f"{OURS}{_short(told.key)}@{settings.domain}>"
    new = mails.add(work.tx, Known(message, alert.id, to, work.now))
    return [AnswerMail(alert.id, alert.nth, to, what, mark, message)] if new else []


def _short(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
