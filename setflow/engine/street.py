"""The street: a message in, decisions, and what follows from their events, in one transaction."""

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from setflow import chores as chore_rows
from setflow import history, inbox, schema
from setflow.db import Tx
from setflow.effects import Warn, Woke
from setflow.engine import (
    absences,
    alerts,
    arrivals,
    away,
    chores,
    contacts,
    crew,
    duty,
    gathering,
    genie,
    heartbeats,
    keys,
    mails,
    maintenance,
    notices,
    pictures,
    remote,
    requests,
    shadow,
    standins,
    storms,
    undoing,
    watchdog,
)
from setflow.engine import feeds as calendar_feeds
from setflow.engine import incidents as incident
from setflow.engine.crew import Applied, File
from setflow.engine.messages import (
    AddOverride,
    AlertIn,
    AnswerRequest,
    AskCover,
    Deciding,
    EndAway,
    OfferSwap,
    PageAsked,
    PeopleSeen,
    RotationChanged,
    ScheduleAsked,
    SetAway,
    TestPagesAcknowledged,
    Triggered,
    UndoOverride,
    UpdateSaid,
)
from setflow.engine.news import (
    AlertNews,
    CommentNews,
    PluginRunSeen,
    Rebind,
    RunNews,
    TicketNews,
)
from setflow.engine.notices import ChooseNotices
from setflow.engine.work import Work
from setflow.escalation import spec as escalation
from setflow.escalation import store as escalations
from setflow.history import Happened
from setflow.incident import store as incidents
from setflow.playbook import spec as playbook
from setflow.playbook import store as runs
from setflow.records import NextDues, Records
from setflow.rotation import rules as rotation
from setflow.rotation import store as rotations
from setflow.ticket import rules as ticket

log = logging.getLogger(__name__)

KINDS = ("inbox", "rotation", "alert", "storm", "run", "incident", "request", "chore")
"""What the ticker works, in this order: what is new first, then who is on, then what is due, then
setflow's own chores."""
SET_ASIDE = timedelta(minutes=1)
MOST_TRIES = 10


def handle(tx: Tx, messages: Sequence[object], *, now: datetime) -> list[object]:
    """Work messages and what follows from them; returns the events, in order.

    All of it is written in `tx`, which the caller commits. Raises Refused, with nothing written, if
    the rules do not allow what a message asks for.
    """
    work = Work(tx, now)
    events = _work_all(work, messages)
    work.flush()
    return events


def note(tx: Tx, subject: str, what: str, *, now: datetime) -> None:
    """Write into the history that something befell `subject`."""
    history.write(tx, [Happened(subject, Noted(what), "")], now=now)


@dataclass(frozen=True, slots=True)
class Noted:
    """History: something worth knowing that changed no state."""

    what: str


def follow_ups(event: object) -> Iterable[object]:
    """What `event` of one slice is to the others."""
    follow = _FOLLOW_UPS.get(type(event))
    return (follow(event),) if follow else ()


def _handed_off(event: rotation.HandedOff) -> Triggered:
    turn = {"turn_start": event.turn_start, "turn_end": event.turn_end}
    return Triggered("rotation.handoff", {"rotation": event.rotation, **turn})


def work_due(tx: Tx, kind: str, now: datetime, *, limit: int) -> int:
    """Work up to `limit` of one kind that are due; returns how many were."""
    work = Work(tx, now)
    if not work.configured:
        return 0
    count = _DUE[kind](work, limit)
    work.flush()
    return count


def set_aside(tx: Tx, kind: str, now: datetime, *, error: str) -> int:
    """Put off, for a minute, the one that could not be worked, and warn; returns 1, 0 for none."""
    work = Work(tx, now)
    until = now + SET_ASIDE
    if kind == "inbox":
        found: list[Any] = list(inbox.lock_due(tx, now, 1))
        for delivery in found:
            again = until if delivery.attempts < MOST_TRIES else None
            inbox.failed(tx, delivery, again_at=again, error=error)
    elif kind == "rotation":
        found = rotations.due_watches(tx, now, 1)
        for name in found:
            rotations.put_off(tx, name, until)
    elif kind == "chore":
        found = chore_rows.put_off(tx, now, until)
    elif kind == "storm":
        found = escalations.put_off_storm(tx, now, until)
    else:
        found = _RECORDS[kind].put_off(tx, now, until)
    if found and work.configured:
        what = f"One {kind} could not be worked and waits a minute: {error[:200]}"
        which = getattr(found[0], "id", found[0])
        warning = Warn(what, f"{kind}:{which}:{now.isoformat()}")
        work.note(f"kind:{kind}", [Noted(what)], [warning], what)
        work.flush()
    return len(found)


def begin(tx: Tx, process: str, *, now: datetime) -> None:
    """Make up, as `process` begins, for what an older setflow did not do, or none could."""
    work = Work(tx, now)
    if work.configured:
        contacts.tell_unverified(work)
    unheard = heartbeats.returned(tx, process, now=now)
    if unheard:
        _work_all(work, [unheard])
    work.flush()


def next_due(tx: Tx) -> datetime | None:
    """When something is to be worked next; None if nothing waits."""
    return min(waiting(tx).values(), default=None)


def waiting(tx: Tx) -> dict[str, datetime]:
    """When something of each kind is to be worked next; without kinds of which nothing waits."""
    return _NEXT_DUES.read(tx)


def lateness(tx: Tx, *, now: datetime) -> watchdog.Lateness:
    """How late setflow is at `now`; not at all where nothing is configured."""
    dues = waiting(tx) if Work(tx, now).configured else {}
    return watchdog.lateness(tx, dues, now=now)


def apply(tx: Tx, file: File, *, by: str, now: datetime) -> Applied:
    """Put a configuration into force. Raises ConfigError, with nothing changed."""
    work = Work(tx, now)
    applied = crew.apply(work, file, by=by)
    if applied.version is not None:
        _work_all(work, [Rebind(name, "handoff") for name in work.present.configuration.rotations])
        chores.plan(work)
        requests.review(work)
        contacts.tell_unverified(work)
        _work_all(work, heartbeats.plan(work))
    work.flush()
    return applied


def preview(tx: Tx, file: File, *, now: datetime) -> Applied:
    """What applying a file would do. Raises ConfigError."""
    return crew.preview(Work(tx, now), file)


def _work_all(work: Work, messages: Iterable[object]) -> list[object]:
    events: list[object] = []
    waiting = deque(messages)
    while waiting:
        for event in _work(work, waiting.popleft()):
            events.append(event)
            waiting.extend(follow_ups(event))
    return events


def _work(work: Work, message: object) -> Iterable[object]:
    if isinstance(message, Woke):
        return _woke(work, message)
    worker = _WORKERS.get(type(message))
    if worker is None:
        raise TypeError(f"nobody works {message!r}")
    return worker(work, message)


def _woke(work: Work, message: Woke) -> Iterable[object]:
    match message.kind:
        case "rotation":
            return crew.look(work, message.id)
        case "alert":
            return alerts.wake(work, work.alerts.get(int(message.id)))
        case "run":
            return duty.wake_run(work, work.runs.get(int(message.id)))
        case "incident":
            return incident.wake(work, work.incidents.get(int(message.id)))
        case "request":
            return requests.wake(work, work.requests.get(int(message.id)))
        case "chore":
            return chores.look(work, message.id)
        case _:
            raise TypeError(f"nobody is woken as {message!r}")


def _due_inbox(work: Work, limit: int) -> int:
    deliveries = inbox.lock_due(work.tx, work.now, limit)
    late = arrivals.late(work.tx, deliveries)
    messages = [message for one in deliveries if one.id not in late for message in _delivered(one)]
    from_monitors = [one for one in messages if not isinstance(one, mails.MailIn)]
    said = [alert for one in from_monitors if (alert := genie.alert_of(one))]
    names = [(one.source, one.key) for one in said]
    work.alerts.expect([*names, *gathering.names(work, said)])
    new = [one for one in said if one.firing and not work.alerts.open(one.source, one.key)]
    work.floods.expect({(one.source, one.priority) for one in new})
    for message in messages:
        _work_all(work, [message])
    if deliveries:
        inbox.worked(work.tx, [delivery.id for delivery in deliveries])
        inbox.answer(work.tx, work.outcomes)
    return len(deliveries)


def _delivered(
    delivery: inbox.Delivery,
) -> list[AlertIn] | list[genie.Asked] | list[mails.MailIn]:
    source, _, name = delivery.source.partition("/")
    if source == escalation.MAIL:
        return [mails.read(delivery)]
    if source == "genie":
        return [genie.asked(delivery, name)]
    if source != "alerts":
        return []  # a hint: the puller reads what it is about
    return [arrivals.alert_in(name, delivery.payload)]


def _due_rotations(work: Work, limit: int) -> int:
    names = rotations.due_watches(work.tx, work.now, limit)
    _work_all(work, [Woke("rotation", name) for name in names])
    return len(names)


def _due_alerts(work: Work, limit: int) -> int:
    due = work.alerts.records.lock_due(work.tx, work.now, limit)
    return _wake_all(work, "alert", [work.alerts.hold(alert) for alert in due])


def _due_storms(work: Work, limit: int) -> int:
    count, messages = storms.due(work, limit)
    _work_all(work, messages)
    return count


def _due_runs(work: Work, limit: int) -> int:
    due = work.runs.records.lock_due(work.tx, work.now, limit)
    return _wake_all(work, "run", [work.runs.hold(run) for run in due])


def _due_incidents(work: Work, limit: int) -> int:
    due = work.incidents.records.lock_due(work.tx, work.now, limit)
    return _wake_all(work, "incident", [work.incidents.hold(one) for one in due])


def _due_chores(work: Work, limit: int) -> int:
    names = chore_rows.lock_due(work.tx, work.now, limit)
    _work_all(work, [Woke("chore", name) for name in names])
    return len(names)


def _due_requests(work: Work, limit: int) -> int:
    due = work.requests.records.lock_due(work.tx, work.now, limit)
    return _wake_all(work, "request", [work.requests.hold(one) for one in due])


def _wake_all(work: Work, kind: str, states: Sequence[Any]) -> int:
    _work_all(work, [Woke(kind, str(state.id)) for state in states])
    return len(states)


def _alert_news(work: Work, message: AlertNews) -> Iterable[object]:
    return [*alerts.alert_news(work, message), *mails.mail_news(work, message)]


_FOLLOW_UPS: dict[type, Callable[[Any], object]] = {
    rotation.HandedOff: _handed_off,
    rotation.CrewChanged: lambda event: Rebind(event.rotation, event.why),
    RotationChanged: lambda event: Woke("rotation", event.rotation),
    ticket.TicketChanged: lambda event: TicketNews(event.ticket),
    ticket.CommentSeen: lambda event: CommentNews(event.key, event.comment),
    playbook.RunStarted: RunNews,
    playbook.RunEnded: RunNews,
    playbook.ActionWanted: RunNews,
    playbook.RoleMoved: RunNews,
    escalation.Paged: AlertNews,
    contacts.PageLost: lambda event: event.page,
    escalation.Acknowledged: AlertNews,
    escalation.LadderEnded: AlertNews,
    escalation.LadderRestarted: AlertNews,
    escalation.CameBack: AlertNews,
    escalation.TakenOver: AlertNews,
    escalation.Snoozed: AlertNews,
    escalation.Resolved: AlertNews,
    TestPagesAcknowledged: lambda event: playbook.TickTask(
        event.run, event.task, event.person, "test page"
    ),
}

_RECORDS: dict[str, Records[Any]] = {
    "alert": escalations.records,
    "run": runs.records,
    "incident": incidents.records,
    "request": rotations.records,
}

_NEXT_DUES = NextDues(
    {
        "inbox": schema.inbox,
        "rotation": schema.rotation_watch,
        "chore": schema.chores,
        "storm": schema.storms,
        **{kind: records.table for kind, records in _RECORDS.items()},
    }
)

_DUE: dict[str, Callable[[Work, int], int]] = {
    "inbox": _due_inbox,
    "rotation": _due_rotations,
    "alert": _due_alerts,
    "storm": _due_storms,
    "run": _due_runs,
    "incident": _due_incidents,
    "request": _due_requests,
    "chore": _due_chores,
}

_WORKERS: dict[type, Callable[[Work, Any], Iterable[object]]] = {
    calendar_feeds.OpenFeed: calendar_feeds.open_feed,
    calendar_feeds.RevokeFeeds: calendar_feeds.revoke_feeds,
    away.FollowAbsences: away.follow,
    away.LeaveAbsences: away.leave,
    away.AbsencesRead: away.read,
    AlertIn: alerts.alert_in,
    PageAsked: alerts.page_asked,
    Deciding: alerts.decide,
    storms.AcknowledgeDigest: storms.acknowledge,
    genie.Asked: genie.work,
    heartbeats.Pinged: heartbeats.pinged,
    heartbeats.SwitchHeartbeat: heartbeats.switched,
    heartbeats.Unheard: heartbeats.unheard,
    contacts.TryMethod: contacts.try_method,
    contacts.CodeGiven: contacts.code_given,
    contacts.Reached: contacts.reached,
    contacts.Reported: contacts.reported,
    keys.MakeKey: keys.make,
    keys.RevokeKey: keys.revoke,
    maintenance.OpenMaintenance: maintenance.open_window,
    maintenance.EndMaintenance: maintenance.end_window,
    escalation.PageFailed: alerts.page_failed,
    AddOverride: standins.add_override,
    ChooseNotices: notices.choose,
    UndoOverride: undoing.undo,
    AskCover: standins.ask,
    OfferSwap: standins.ask,
    AnswerRequest: requests.answer,
    SetAway: absences.put,
    EndAway: absences.end,
    UpdateSaid: incident.update_said,
    Triggered: duty.triggered,
    ticket.TicketSeen: duty.ticket_seen,
    playbook.TickTask: duty.tick_task,
    Rebind: duty.rebind,
    TicketNews: duty.ticket_news,
    CommentNews: duty.comment_news,
    RunNews: duty.run_news,
    AlertNews: _alert_news,
    mails.MailIn: mails.mail_in,
    PeopleSeen: chores.people_seen,
    ScheduleAsked: pictures.schedule_asked,
    remote.ScheduleSeen: remote.seen,
    shadow.ShadowSeen: shadow.seen,
    PluginRunSeen: duty.plugin_run_seen,
    watchdog.Lateness: watchdog.watch,
}
