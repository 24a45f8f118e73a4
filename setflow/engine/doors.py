"""What the doors hand in and take out: deliveries, receipts, pulls, dead letters."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from setflow import inbox, outbox
from setflow.db import Tx
from setflow.effects import (
    NOTIFY,
    AnswerMail,
    BumpRequest,
    DeadLetter,
    Effect,
    EndNudge,
    NudgeTask,
    NudgeUpdate,
    PageChannel,
    PagePerson,
    Receipt,
    RemindChannel,
    ShowDigest,
    ShowGroup,
    TellAlert,
    TellRequest,
    TryContact,
    UpdatePage,
    Warn,
)
from setflow.engine import alerts, contacts, notices, storms, street
from setflow.engine import incidents as incident_work
from setflow.engine.messages import PageAsked
from setflow.errors import Refused
from setflow.escalation import rules as escalation
from setflow.escalation import spec
from setflow.escalation import store as escalations
from setflow.inbox import Pushed
from setflow.incident import rules as incident
from setflow.incident import store as incidents
from setflow.outbox import Waiting
from setflow.playbook import rules as playbook
from setflow.playbook import store as runs
from setflow.rotation import store as rotations
from setflow.rotation.rules import requests
from setflow.team import rules as team

PULL_LEASE = timedelta(seconds=30)
"""How long a pull waits for a process that died in it; one that takes longer is made twice, which
changes nothing."""


def accept(tx: Tx, pushed: Sequence[Pushed]) -> set[tuple[str, str]]:
    """Keep what was pushed in, to be worked at once: source and delivery of what was new."""
    return inbox.accept(tx, pushed)


def still_wanted(tx: Tx, effect: Effect) -> bool:
    """Whether an effect is still of use: nobody is woken for what is over or nudged when done."""
    match effect:
        case PageChannel(revision=revision) if revision:
            return outbox.receipt(tx, effect.lane) is not None
        case PagePerson() | PageChannel() | RemindChannel() | TellAlert():
            alert = escalations.get(tx, effect.alert)
            return alert is not None and escalation.wanted(alert, effect)
        case AnswerMail():
            alert = escalations.get(tx, effect.alert)
            return alert is not None and escalation.still_mail_news(alert, effect)
        case UpdatePage() | EndNudge():
            return outbox.receipt(tx, effect.lane) is not None
        case BumpRequest() | TellRequest(what="reminder" | "last-reminder"):
            request = rotations.request(tx, effect.request)
            return request is not None and request.status in requests.OPEN
        case NudgeTask():
            run = runs.get(tx, effect.run)
            return run is not None and playbook.still_open(run, effect.task, effect.occurrence)
        case NudgeUpdate():
            found = incidents.get(tx, effect.incident)
            return found is not None and incident.still_owed(found, effect.day)
        case _:
            return True


def delivered(tx: Tx, waiting: Waiting, receipt: Receipt | None, *, now: datetime) -> None:
    """An effect is out: settle it, with its receipt."""
    settled = outbox.settle(tx, waiting, "delivered", now=now, receipt=receipt)
    if settled and isinstance(waiting.effect, ShowDigest):
        storms.delivered(tx, waiting.effect, now=now)
    way = _way(waiting.effect)
    if settled and way and receipt:
        contacts.handed(tx, way[0], (way[1], receipt.remote), now)


def _way(effect: Effect) -> tuple[str, str] | None:
    """Whom an effect reaches by which contact method; None for one in chat."""
    match effect:
        case PagePerson() if effect.system == NOTIFY:
            return effect.person, effect.method
        case TryContact():
            return effect.person, effect.via
    return None


def skipped(tx: Tx, waiting: Waiting, why: str, *, now: datetime) -> None:
    """An effect is not sent, and why is kept."""
    if outbox.settle(tx, waiting, "skipped", now=now):
        street.note(tx, f"effect:{waiting.id}", why, now=now)


def undelivered(tx: Tx, waiting: Waiting, error: str, *, again: bool, now: datetime) -> None:
    """An effect did not get through.

    A page's first failure takes the person's next method now. What cannot be tried again is left
    for a person and told in the operations channel.
    """
    effect = waiting.effect
    if isinstance(effect, ShowGroup) and not again:
        skipped(tx, waiting, error, now=now)
        _say_once(tx, notices.refusal(effect, error), now)
        return
    dead = not again and outbox.give_up(tx, waiting, now=now, error=error)
    if dead and not isinstance(effect, DeadLetter | Warn):
        letter = DeadLetter(waiting.id, waiting.gave_up + 1)
        outbox.put(tx, [(letter, f"{effect.key} could not be delivered")], now=now)
    if isinstance(effect, ShowDigest):
        storms.undelivered(tx, effect, dead=not again, now=now)
    if way := _way(effect):
        contacts.failed(tx, *way, error, now)
    _page_missed(tx, effect, now)


def unsent(tx: Tx, waiting: Waiting, *, now: datetime) -> None:
    """An effect's system is not set up: it is skipped, and a page goes by the next method."""
    effect = waiting.effect
    skipped(tx, waiting, f"{effect.system} is not set up", now=now)
    if isinstance(effect, ShowDigest):
        storms.undelivered(tx, effect, dead=True, now=now)
    if isinstance(effect, PagePerson):
        name = f"SETFLOW_NOTIFY_{effect.method.upper()}"
        what = f"Pages by {effect.method} are not sent: there is no gateway. Set {name}."
        warn(tx, what, f"gateway:{effect.method}", now=now)
    _page_missed(tx, effect, now)


def _page_missed(tx: Tx, effect: Effect, now: datetime) -> None:
    """Tell the ladder; that a page was missed is told it once, however often it is tried."""
    match effect:
        case PagePerson():
            failed = spec.PageFailed(
                effect.alert,
                effect.nth,
                effect.round,
                effect.step,
                effect.person,
                effect.method,
                effect.again,
            )
        case PageChannel(revision=0):
            failed = spec.PageFailed(
                effect.alert,
                effect.nth,
                effect.round,
                effect.step,
                effect.channel,
                escalation.CHANNEL,
            )
        case _:
            return
    street.handle(tx, [failed], now=now)


def may_page(tx: Tx, by: str, *, member: bool, guest: bool, now: datetime) -> None:
    """Raise Refused where somebody may not page by hand, or has too often."""
    team.may_page(member=member, guest=guest, recent=alerts.recent_pages(tx, by, now))


def page_crew(tx: Tx, incident_id: int, by: str) -> PageAsked:
    """What pages the crew of an incident, up their ladder. Raises Refused if it is over."""
    return incident_work.page_crew(tx, incident_id, by)


def retry(tx: Tx, effect: int, *, by: str, now: datetime) -> None:
    """Try a dead letter again, at once, as `by` asks. Raises Refused if it is none."""
    if not outbox.retry(tx, effect, now=now):
        raise Refused("That one is not waiting any more; nothing changed.")
    _decided(tx, effect, "retried", by, now)


def drop(tx: Tx, effect: int, *, by: str, now: datetime) -> None:
    """Throw a dead letter away, as `by` asks. Raises Refused if it is none, or a page."""
    row = outbox.find(tx, effect_id=effect)
    if row is not None and row.kind == "PagePerson":
        raise Refused("A page is never thrown away: resolve its alert, or try it again.")
    if not outbox.drop(tx, effect, now=now):
        raise Refused("That one is not waiting any more; nothing changed.")
    _decided(tx, effect, "dropped", by, now)


def _decided(tx: Tx, effect: int, outcome: str, by: str, now: datetime) -> None:
    row = outbox.find(tx, effect_id=effect)
    if row is not None:
        letter = DeadLetter(effect, row.gave_up, outcome, by)
        outbox.put(tx, [(letter, f"{outcome} by {by}")], now=now)
    street.note(tx, f"effect:{effect}", f"{outcome} by {by}", now=now)


def take_pull(tx: Tx, source: str, process: str, *, now: datetime) -> Mapping[str, Any] | None:
    """Lease a pull: where it left off ({} at first); None while another process has it."""
    return inbox.take_pull(tx, source, process, now=now, lease=PULL_LEASE)


def keep_pull(
    tx: Tx, source: str, process: str, cursor: Mapping[str, Any] | None, *, now: datetime,
    error: str = "",
) -> None:  # fmt: skip
    """End a lease: keep where it left off, or (None) what went wrong."""
    inbox.keep_pull(tx, source, process, cursor=cursor, error=error, now=now)


def report(tx: Tx, process: str, version: int, *, now: datetime) -> int:
    """Say that a process runs; returns the oldest version that may tick on this schema."""
    return inbox.report(tx, process, version, now=now)


def leave(tx: Tx, process: str) -> None:
    """Say that a process has ended as it should."""
    inbox.forget_process(tx, process)


def button_heard(tx: Tx, test: str, by: str, *, now: datetime) -> None:
    """Keep that the test button of that name was pressed by a Mattermost user."""
    street.note(tx, f"test:{test}", f"pressed by {by}", now=now)


def warn(tx: Tx, what: str, marker: str, *, now: datetime) -> None:
    """Tell the operations channel, once for each marker and day."""
    _say_once(tx, Warn(what, f"{marker}:{now.date().isoformat()}"), now)


def _say_once(tx: Tx, warning: Warn, now: datetime) -> None:
    if outbox.find(tx, key=warning.key) is None:
        outbox.put(tx, [(warning, "setflow's own check")], now=now)
