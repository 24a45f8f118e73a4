"""Mails: what their senders are answered, and what is shown of them."""

from setflow import inbox, mails
from setflow.db import Tx
from setflow.effects import OURS, AnswerMail, ShowMail
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, Status
from setflow.escalation.spec import MAIL
from setflow.facts import AlertFacts, AnswerFacts, MailFacts
from setflow.present import Present

FOLLOWS = "follows"
"""The detail of an alert that names the one before it in its thread."""


def origin(here: Present, alert: Alert) -> str:
    """Where an alert that came by mail comes from, as people say it; "" for any other."""
    if alert.source != MAIL:
        return ""
    settings = here.configuration.mail
    return f"{settings.name}'s mail" if settings else MAIL


def writer(alert: Alert) -> str:
    """Who wrote the mail that opened an alert; "" where none did."""
    return alert.details.get("from", "") if alert.source == MAIL else ""


def answer(tx: Tx, here: Present, effect: AnswerMail, alert: AlertFacts) -> AnswerFacts | None:
    """An answer to `effect.to`; None where the file has no mail any more, or they never wrote."""
    settings = here.configuration.mail
    thread = [one for one in mails.of_alert(tx, effect.alert) if one.sender == effect.to]
    theirs = [one.message for one in thread if not one.message.startswith(OURS)]
    if settings is None or not theirs:
        return None
    before = [one.message for one in thread if one.message != effect.message]
    refers = tuple(one for one in before if one != theirs[-1])
    person = next(
        (
            one
            for one in here.configuration.people.values()
            if (one.email or "").lower() == effect.to
        ),
        None,
    )
    zone = here.zone_of(person.name) if person else here.configuration.zone
    follows = alert.details.get(FOLLOWS, "").partition(":")[0].removeprefix("alert ")
    return AnswerFacts(
        alert,
        effect.what,
        effect.to,
        settings.address,
        effect.message,
        (*refers, theirs[-1]),
        zone,
        named_zone=person is None,
        follows=int(follows) if alert.source == MAIL and follows.isdecimal() else None,
    )


def shown(tx: Tx, here: Present, effect: ShowMail) -> MailFacts | None:
    """A mail below the post of its alert; None where it is kept no more."""
    mail = inbox.get(tx, effect.delivery)
    alert = escalations.get(tx, effect.alert)
    if mail is None or alert is None:
        return None
    taken = alert.owner and alert.status in (Status.ACKNOWLEDGED, Status.SNOOZED)
    return MailFacts(
        mail.payload["sender"],
        mail.payload["name"],
        mail.payload["text"],
        tuple(mail.payload["files"]),
        mail.received_at,
        here.configuration.zone,
        alert.channel,
        here.named(alert.owner) if alert.owner and taken else None,
    )
