"""One transaction's work: what it loaded, decided, and has to write when it ends."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from setflow import chores, contacts, history, outbox, present
from setflow.db import Tx
from setflow.effects import Decision, Effect, OpenChannel, ShowIncident
from setflow.engine import folding
from setflow.engine.floods import Floods
from setflow.errors import Refused
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, Status, key_of
from setflow.escalation.store import Member, Name
from setflow.history import Happened
from setflow.incident import store as incidents
from setflow.incident.spec import Incident
from setflow.playbook import store as runs
from setflow.playbook.spec import Run
from setflow.present import Present
from setflow.records import HasId, Records
from setflow.rotation import store as rotations
from setflow.rotation.rules.requests import Request
from setflow.team import store as teams

State = TypeVar("State", bound=HasId)


class Kept(Generic[State]):
    """Instances of one kind that this transaction holds; each is loaded once and saved once."""

    def __init__(
        self, tx: Tx, noun: str, records: Records[State], lock: Callable[[Tx, int], State | None]
    ) -> None:
        self.tx, self.noun, self.records, self._lock = tx, noun, records, lock
        self._states: dict[int, State] = {}
        self._changed: dict[int, datetime | None] = {}

    def get(self, number: int) -> State:
        """The instance, held until the transaction ends. Raises Refused if there is none."""
        found = self.hold(self._states.get(number) or self._lock(self.tx, number))
        if found is None:
            raise Refused(f"There is no {self.noun} {number}.")
        return found

    def hold(self, state: State | None) -> State | None:
        """The instance as it now is in this transaction, where `state` is as it was loaded."""
        return self._states.setdefault(state.id, state) if state else None

    def change(self, state: State, wake_at: datetime | None) -> None:
        """Have the instance saved as it now is, when the work ends."""
        self._states[state.id] = state
        self._changed[state.id] = wake_at

    def add(self, state: State, wake_at: datetime | None) -> None:
        """Save a new instance, now."""
        self.records.add(self.tx, [(state, wake_at)])
        self._states[state.id] = state

    def flush(self) -> None:
        """Write what changed."""
        self.records.save(
            self.tx, [(self._states[number], wake) for number, wake in self._changed.items()]
        )
        self._changed.clear()


class Alerts(Kept[Alert]):
    """Alerts, which are found by source and key as well; new ones are saved together."""

    def __init__(self, tx: Tx) -> None:
        super().__init__(tx, "alert", escalations.records, escalations.lock)
        self._open: dict[Name, int | None] = {}
        self._numbers: list[int] = []
        self._new: dict[int, datetime | None] = {}
        self._wakes: dict[int, datetime | None] = {}
        self._started: dict[Name, datetime | None] = {}
        self._anew: dict[Name, datetime] = {}
        self._joined: dict[Name, Member] = {}
        self._left: list[tuple[int, Name, datetime]] = []
        self._left_at_once: list[Member] = []

    def expect(self, names: Collection[Name]) -> None:
        """Look up the open alerts of these sources and keys, all at once."""
        if not names:
            return
        found = [self.hold(alert) for alert in escalations.lock_all_open(self.tx, names)]
        held = {(alert.source, key_of(alert)): alert.id for alert in found if alert}
        if any(alert and alert.group for alert in found):
            # Asked once the groups are held: nobody else moves their members now.
            for name, (group, started) in escalations.belongs(self.tx, names).items():
                held[name], self._started[name] = group, started
        self._open |= dict.fromkeys(names, None) | held

    def open(self, source: str, key: str) -> Alert | None:
        """The open alert of a source and key, or the group of which that is a member.

        It is held until the transaction ends.
        """
        name = source, key
        if name not in self._open:
            self.expect([name])
        found = self._states.get(self._open[name] or 0)
        return None if found and found.status is Status.RESOLVED else found

    def started(self, alert: Alert, source: str, key: str) -> datetime | None:
        """When it last began by its source's own clock; of a group, the one of this key."""
        return self._started.get((source, key)) if alert.group else alert.started

    def begin_anew(self, source: str, key: str, started: datetime) -> None:
        """Note that one of a group began at `started`, unless a later instant is known."""
        known = self._started.get((source, key))
        if known is None or known < started:
            self._started[source, key] = self._anew[source, key] = started

    def join(self, member: Member) -> None:
        """Have a group answer for one more source and key."""
        name = member.source, member.key
        self._joined[name], self._started[name] = member, member.started
        self._open[name] = member.alert

    def leave(self, group: Alert, source: str, key: str, now: datetime) -> None:
        """Have it answer for one less."""
        new = self._joined.pop((source, key), None)
        self._anew.pop((source, key), None)
        if new:
            self._left_at_once.append(replace(new, over_at=now))
        else:
            self._left.append((group.id, (source, key), now))
        self._open[source, key] = None

    def forget_name(self, group: Alert) -> None:
        """Have its labels free for another group: it takes no more members."""
        self._open[group.source, key_of(group)] = None

    def lock_all(self, numbers: Collection[int]) -> None:
        """Hold the alerts of these numbers until the transaction ends, all at once."""
        for alert in escalations.lock_numbers(self.tx, numbers):
            self.hold(alert)

    def changed(self) -> Sequence[Alert]:
        """Those to be written when the work ends."""
        return [self._states[number] for number in self._wakes]

    def note(self, alert: Alert) -> None:
        """Have one that is to be written say something more; it is woken as decided."""
        self.change(alert, self._wakes[alert.id])

    def new_id(self) -> int:
        """A number for a new alert."""
        if not self._numbers:
            missing = sum(found is None for found in self._open.values())
            self._numbers = self.records.new_ids(self.tx, max(missing, 1))
        return self._numbers.pop(0)

    def change(self, state: Alert, wake_at: datetime | None) -> None:
        """Have the alert saved as it now is, when the work ends."""
        self._states[state.id], self._wakes[state.id] = state, wake_at
        (self._new if state.id in self._new else self._changed)[state.id] = wake_at

    def add(self, state: Alert, wake_at: datetime | None) -> None:
        """Have a new alert saved, when the work ends."""
        self._open[state.source, key_of(state)] = state.id
        self._new[state.id] = wake_at
        self.change(state, wake_at)

    def flush(self) -> None:
        """Write what changed, then what is new: it may have the key of one that is over now."""
        changed = [self._states[number] for number in self._changed]
        over = [one for one in changed if one.group and one.status is Status.RESOLVED]
        super().flush()
        escalations.end_members(self.tx, self._left)
        if over:
            escalations.end_groups(self.tx, [one.id for one in over], over[0].closed_at)
        new = [*self._left_at_once, *self._joined.values()]
        escalations.add_members(self.tx, new)
        escalations.begin_anew(self.tx, self._anew)
        self._left, self._left_at_once, self._joined, self._anew = [], [], {}, {}
        self.records.add(self.tx, [(self._states[one], wake) for one, wake in self._new.items()])
        self._new.clear()


class Work:
    """What one transaction works at `now`.

    outcomes  by number of a delivery, what became of it, for whoever asks later
    """

    def __init__(self, tx: Tx, now: datetime) -> None:
        self.tx, self.now = tx, now
        self.alerts = Alerts(tx)
        self.runs: Kept[Run] = Kept(tx, "run", runs.records, runs.lock)
        self.incidents: Kept[Incident] = Kept(tx, "incident", incidents.records, incidents.lock)
        self.requests: Kept[Request] = Kept(
            tx, "request", rotations.records, rotations.lock_request
        )
        self.outcomes: dict[int, Mapping[str, Any]] = {}
        self.floods = Floods(tx, now)
        self._effects: list[tuple[Effect, str]] = []
        self._happened: list[Happened] = []
        self.storms = folding.Folding(tx, now)

    @cached_property
    def present(self) -> Present:
        """What is in force. Raises Refused where nothing is configured."""
        return present.read(self.tx, self.now)

    @cached_property
    def open_incidents(self) -> Mapping[int, str]:
        """Number → ticket of the incidents that are open, read again once one changed here."""
        return incidents.open_ones(self.tx)

    @cached_property
    def configured(self) -> bool:
        """Whether a configuration was ever applied."""
        return teams.newest(self.tx) is not None

    @cached_property
    def chat_windows(self) -> chores.State:
        """The maintenance windows that chat opened, as they are kept."""
        return chores.state(self.tx, chores.MAINTENANCE)

    def verified(self) -> frozenset[contacts.Way]:
        """The contact methods that are known to reach somebody, read once."""
        return self._verified

    @cached_property
    def _verified(self) -> frozenset[contacts.Way]:
        return contacts.verified(self.tx)

    def changed(self) -> None:
        """Read afresh what is in force: this transaction has changed it."""
        self.__dict__.pop("present", None)

    def keep(
        self,
        kept: Kept[State],
        decision: Decision[State],
        reason: str | Callable[[Effect], str],
        *,
        new: bool = False,
    ) -> Iterable[object]:
        """Take over a decision on an instance; returns its events."""
        if isinstance(decision.state, Incident):
            self.__dict__.pop("open_incidents", None)
        if new:
            kept.add(decision.state, decision.wake_at)
        else:
            kept.change(decision.state, decision.wake_at)
        subject = f"{kept.noun}:{decision.state.id}"
        return self.note(subject, decision.events, decision.effects, reason)

    def note(
        self,
        subject: str,
        events: Iterable[object],
        effects: Iterable[Effect],
        reason: str | Callable[[Effect], str],
    ) -> list[object]:
        """Take over events and effects; returns the events."""
        said = reason if isinstance(reason, str) else ""
        happened = list(events)
        self._happened += [Happened(subject, event, said) for event in happened]
        self._effects += [
            (effect, reason if isinstance(reason, str) else reason(effect)) for effect in effects
        ]
        return happened

    def flush(self) -> None:
        """Write all of it."""
        self._effects = self.storms.fold(self.alerts, self._effects)
        self._happened += self.storms.happened
        for kept in (self.alerts, self.runs, self.incidents, self.requests):
            kept.flush()
        self.floods.flush()
        history.write(self.tx, self._happened, now=self.now)
        # The first post in an incident's channel is the one that says whether anybody was paged.
        self._effects.sort(key=lambda pair: not isinstance(pair[0], OpenChannel | ShowIncident))
        outbox.put(self.tx, self._effects, now=self.now)
        self._happened, self._effects = [], []
