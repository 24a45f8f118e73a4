"""What callers of the OpsGenie-compatible API asked for, worked when its delivery is.

A caller speaks for its source, or for a person whom `user` names, and only of alerts of its own
source. What became of it is kept with the delivery, for the request's status.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from setflow.effects import Decision
from setflow.engine import alerts, answering
from setflow.engine.messages import AlertIn
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import rules, spec
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, editing
from setflow.escalation.rules.climbing import wake_at
from setflow.escalation.rules.editing import Edit
from setflow.escalation.spec import Act, OnCall
from setflow.inbox import Delivery
from setflow.team.spec import Person

API = "api"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it was kept.

    delivery  its number in the inbox
    which     the alert: its alias, or with `kind` id its number; of a create that gives none, the
              request's own id
    given     what came with it, read and bounded; see adapters.genie
    """

    delivery: int
    source: str
    verb: str
    which: str
    kind: str
    given: Mapping[str, Any]

    @property
    def alert(self) -> AlertIn | None:
        """What it says as a monitor's message; None where it names the alert by number."""
        if self.kind != "alias":
            return None
        if self.verb != "create":
            return AlertIn(self.source, self.which, "", firing=False)
        return AlertIn(
            self.source,
            self.which,
            self.given["message"],
            self.given["priority"],
            details=self.given["details"],
            url=self.given["url"],
            tags=tuple(self.given["tags"]),
        )


def alert_of(message: AlertIn | Asked) -> AlertIn | None:
    """What a delivery says as a monitor's message; None where it names an alert by number."""
    return message.alert if isinstance(message, Asked) else message


def asked(delivery: Delivery, source: str) -> Asked:
    """What a delivery of the API asks for."""
    kept = delivery.payload
    return Asked(delivery.id, source, kept["verb"], kept["which"], kept["kind"], kept["given"])


def work(work: Work, message: Asked) -> Iterable[object]:
    """Do what was asked, and keep what became of it: a refusal is an outcome too."""
    done, action = _VERBS[message.verb], _SAID[message.verb]
    outcome: dict[str, Any] = {"action": action, "at": work.now.isoformat(), "alias": ""}
    events: list[object] = []
    try:
        number, events = done(work, message)
        outcome |= {"success": True, "status": action, "alert": number}
        outcome["alias"] = work.alerts.get(number).key if number else message.which
    except Refused as refused:
        outcome |= {"success": False, "status": str(refused), "alert": None}
    work.outcomes[message.delivery] = outcome
    return events


_Done = tuple[int | None, list[object]]


def _create(work: Work, message: Asked) -> _Done:
    fired = message.alert
    assert fired is not None
    events = list(alerts.alert_in(work, fired))
    alert = work.alerts.open(message.source, message.which)
    # One that repeats what is open says its note again, every time.
    if alert and any(isinstance(event, spec.AlertOpened) for event in events):
        events += _note(work, alert, message)
    return alert.id if alert else None, events


def _close(work: Work, message: Asked) -> _Done:
    alert = _found(work, message)
    person, over = _person(work, message), message.alert
    if alert.status is rules.Status.RESOLVED:
        raise Refused("That alert is over already; nothing changed.")
    noted = _note(work, alert, message)
    if alert.group and over:
        return alert.id, [*noted, *alerts.alert_in(work, over)]
    if person:
        ended = spec.Resolve(alert.id, person.name, API)
        decision = rules.resolve(alert, ended, now=work.now, may=(person.name,))
    else:
        said = spec.SourceResolved(message.source, alert.key, work.now)
        decision = rules.source_resolved(alert, said)
    return alert.id, [*noted, *alerts.keep(work, decision)]


def _decided(
    decide: Callable[[Work, Alert, Asked, Act], Decision[Alert]],
) -> Callable[[Work, Asked], _Done]:
    """What changes one alert by the rules, and notes what was said with it."""

    def done(work: Work, message: Asked) -> _Done:
        alert = _found(work, message)
        events = alerts.keep(work, decide(work, alert, message, _act(work, alert, message)))
        return alert.id, [*events, *_note(work, work.alerts.get(alert.id), message)]

    return done


def _acknowledge(work: Work, alert: Alert, _: Asked, act: Act) -> Decision[Alert]:
    taken = spec.Acknowledge(alert.id, act.by, act.by, API)
    return rules.acknowledge(alert, taken, now=work.now, on_call=_on_call(work, alert, act))


def _unacknowledge(work: Work, alert: Alert, _: Asked, act: Act) -> Decision[Alert]:
    return rules.hand_back(alert, act, now=work.now, on_call=_on_call(work, alert, act))


def _snooze(work: Work, alert: Alert, message: Asked, act: Act) -> Decision[Alert]:
    until = datetime.fromisoformat(message.given["until"])
    return rules.snooze(alert, act, until=until, now=work.now)


def _escalate(work: Work, alert: Alert, message: Asked, act: Act) -> Decision[Alert]:
    name = message.given["escalation"]
    if alert.ladder and name.casefold() == alert.ladder.name.casefold():
        asked = spec.Escalate(alert.id, act.by, API)
        return rules.escalate(alert, asked, now=work.now, on_call=_on_call(work, alert, act))
    ladders = work.present.configuration.ladders
    found = {one.name.casefold(): one for one in ladders.values()}.get(name.casefold())
    if found is None:
        there = ", ".join(ladders) or "none"
        raise Refused(f'There is no escalation "{name[:100]}" here; the ladders are: {there}.')
    on_call = answering.on_call(work, alert, found)
    return editing.redirect(alert, act, found, now=work.now, on_call=on_call)


def _assign(work: Work, alert: Alert, message: Asked, act: Act) -> Decision[Alert]:
    owner = message.given["owner"]
    person = named(work.present.configuration.people, owner)
    if person is None:
        raise Refused(f'"{owner[:100]}" is not one of people; an admin can add them with `apply`.')
    on_call = _on_call(work, alert, act)
    return editing.assign(alert, act, person.name, now=work.now, on_call=on_call)


def _edit(_: Work, alert: Alert, message: Asked, act: Act) -> Decision[Alert]:
    given = message.given
    if alert.group and alert.group.size > 1:
        raise Refused(f"It is one of {alert.group.size} that are told as one: its words stay.")
    details = {**alert.details, **given.get("details", {})}
    for name in given.get("without details", ()):
        details.pop(name, None)
    gone = given.get("without tags", ())
    tags = dict.fromkeys([*alert.tags, *given.get("tags", ())])
    wanted = Edit(
        title=given.get("message"),
        priority=given.get("priority"),
        details=details,
        tags=tuple(tag for tag in tags if tag not in gone),
    )
    return editing.edit(alert, act, wanted)


def _said(_: Work, alert: Alert, __: Asked, ___: Act) -> Decision[Alert]:
    """Nothing but the note that goes with it."""
    return Decision(alert, wake_at=wake_at(alert))


def _action(_: Work, __: Alert, message: Asked, ___: Act) -> Decision[Alert]:
    raise Refused(f'setflow runs no custom action, so "{message.given["action"]}" did nothing.')


def _note(work: Work, alert: Alert, message: Asked) -> list[object]:
    text = message.given.get("note", "")
    if not text:
        return []
    act = _act(work, alert, message)
    return alerts.keep(work, editing.note(alert, act, text, delivery=message.delivery))


def _found(work: Work, message: Asked) -> Alert:
    """The alert that is meant, held; one that is open before one that is over."""
    found: Alert | None = None
    if message.kind == "alias":
        found = work.alerts.open(message.source, message.which)
        if found is None and (last := escalations.newest(work.tx, message.source, message.which)):
            found = work.alerts.get(last.id)
    elif message.which.isdigit() and len(message.which) < 19:
        found = work.alerts.get(int(message.which))
    if found is None or found.source != message.source:
        raise Refused(f"There is no alert {message.which[:100]} of {message.source}.")
    return found


def _act(work: Work, alert: Alert, message: Asked) -> Act:
    person = _person(work, message)
    return Act(alert.id, person.name if person else message.source, API)


def _person(work: Work, message: Asked) -> Person | None:
    return named(work.present.configuration.people, message.given.get("user", ""))


def named(people: Mapping[str, Person], user: str) -> Person | None:
    """Who is meant by a user of OpsGenie's, an e-mail address or a name; None for nobody known."""
    wanted = user.strip().casefold()
    for one in people.values() if wanted else ():
        names = (one.opsgenie, one.email, one.name, one.title)
        if wanted in {name.casefold() for name in names if name}:
            return one
    return None


def _on_call(work: Work, alert: Alert, act: Act) -> OnCall:
    """Who answers for an alert, where a source may have it in its own name."""
    on_call = answering.on_call_of(work, alert)
    return replace(on_call, known={*on_call.known, act.by})


_VERBS: Mapping[str, Callable[[Work, Asked], _Done]] = {
    "create": _create,
    "close": _close,
    "acknowledge": _decided(_acknowledge),
    "unacknowledge": _decided(_unacknowledge),
    "snooze": _decided(_snooze),
    "escalate": _decided(_escalate),
    "assign": _decided(_assign),
    "edit": _decided(_edit),
    "note": _decided(_said),
    "action": _decided(_action),
}
_SAID = {
    "create": "Created alert",
    "close": "Closed alert",
    "acknowledge": "Acknowledged alert",
    "unacknowledge": "Unacknowledged alert",
    "snooze": "Snoozed alert",
    "escalate": "Escalated alert",
    "assign": "Assigned alert",
    "edit": "Changed alert",
    "note": "Added note",
    "action": "Executed action",
}
