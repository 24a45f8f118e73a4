"""One transaction's work: what it loaded, decided, and has to write when it ends."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Generic, TypeVar

from setflow import chores, history, outbox, present
from setflow.db import Tx
from setflow.effects import Decision, Effect, OpenChannel, ShowIncident
from setflow.errors import Refused
from setflow.escalation import store as escalations
from setflow.escalation.rules import Alert, Status
from setflow.escalation.store import Name
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

    def expect(self, names: Collection[Name]) -> None:
        """Look up the open alerts of these sources and keys, all at once."""
        if not names:
            return
        found = [self.hold(alert) for alert in escalations.lock_all_open(self.tx, names)]
        held = {(alert.source, alert.key): alert.id for alert in found if alert}
        self._open |= dict.fromkeys(names, None) | held

    def open(self, source: str, key: str) -> Alert | None:
        """The open alert of a source and key, held until the transaction ends."""
        name = source, key
        if name not in self._open:
            self.expect([name])
        found = self._states.get(self._open[name] or 0)
        return None if found and found.status is Status.RESOLVED else found

    def all_open(self) -> Sequence[Alert]:
        """All that are not over, oldest first, with what changed in this transaction."""
        self.flush()
        return escalations.open_alerts(self.tx)

    def new_id(self) -> int:
        """A number for a new alert."""
        if not self._numbers:
            missing = sum(found is None for found in self._open.values())
            self._numbers = self.records.new_ids(self.tx, max(missing, 1))
        return self._numbers.pop(0)

    def change(self, state: Alert, wake_at: datetime | None) -> None:
        """Have the alert saved as it now is, when the work ends."""
        self._states[state.id] = state
        (self._new if state.id in self._new else self._changed)[state.id] = wake_at

    def add(self, state: Alert, wake_at: datetime | None) -> None:
        """Have a new alert saved, when the work ends."""
        self._open[state.source, state.key] = state.id
        self._new[state.id] = wake_at
        self.change(state, wake_at)

    def flush(self) -> None:
        """Write what changed, then what is new: it may have the key of one that is over now."""
        super().flush()
        self.records.add(self.tx, [(self._states[one], wake) for one, wake in self._new.items()])
        self._new.clear()


class Work:
    """What one transaction works at `now`."""

    def __init__(self, tx: Tx, now: datetime) -> None:
        self.tx, self.now = tx, now
        self.alerts = Alerts(tx)
        self.runs: Kept[Run] = Kept(tx, "run", runs.records, runs.lock)
        self.incidents: Kept[Incident] = Kept(tx, "incident", incidents.records, incidents.lock)
        self.requests: Kept[Request] = Kept(
            tx, "request", rotations.records, rotations.lock_request
        )
        self._effects: list[tuple[Effect, str]] = []
        self._happened: list[Happened] = []

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
        for kept in (self.alerts, self.runs, self.incidents, self.requests):
            kept.flush()
        history.write(self.tx, self._happened, now=self.now)
        # The first post in an incident's channel is the one that says whether anybody was paged.
        self._effects.sort(key=lambda pair: not isinstance(pair[0], OpenChannel | ShowIncident))
        outbox.put(self.tx, self._effects, now=self.now)
        self._happened, self._effects = [], []
