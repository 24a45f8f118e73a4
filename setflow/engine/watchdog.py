"""setflow watches itself: how late it is, who is told so, and the sign of life it gives.

What is late is decided by nobody, so nothing here waits for the ticker: whoever runs it asks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from setflow import census, chores
from setflow.db import Tx
from setflow.effects import MATTERMOST
from setflow.engine import alerts
from setflow.engine.work import Work
from setflow.escalation import rules, spec
from setflow.escalation.spec import Ladder, Method, OnCall, Step, Target
from setflow.present import Present

LIMIT = timedelta(seconds=60)
"""What is later than this is an alarm: pages that come later say so (DESIGN section 4, 5)."""
STEADY = timedelta(seconds=10)
"""How long it has to be late: what waited while nothing ran is worked off within seconds."""
OVER = timedelta(seconds=5)
"""What is less late than this is on time again."""
WAIT, ROUNDS = timedelta(minutes=5), 3

SOURCE, KEY = "setflow", "late"
WATCHDOG, HEARTBEAT = "watchdog", "heartbeat"
PAGE = "page"
"""Of what is to be sent pages alone count: posts may wait, behind them and in a storm."""

_WHATS = {
    "inbox": "alerts that came in are not opened",
    "rotation": "handoffs are not made",
    "alert": "ladders stand still",
    "run": "checklists stand still",
    "incident": "updates are not asked for",
    "request": "requests stand still",
    "chore": "its own chores are not done",
    PAGE: "pages are not sent",
}


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late setflow is: by kind of what waits, for how long the first of it is due."""

    late: Mapping[str, timedelta]

    @property
    def worst(self) -> timedelta:
        """Of all kinds."""
        return max(self.late.values(), default=timedelta(0))


def lateness(tx: Tx, dues: Mapping[str, datetime], *, now: datetime) -> Lateness:
    """How late setflow is at `now`; `dues` says when something of each kind is to be worked."""
    page = census.page_due(tx)
    every = {**dues, **({PAGE: page} if page else {})}
    return Lateness({kind: now - due for kind, due in every.items() if due < now})


def watch(work: Work, message: Lateness) -> Iterable[object]:
    """Page the admins once setflow is late and stays so; end the alert when it is over.

    There is one alert for a time of being late, however long and whoever ends it: it is never late
    by itself again.
    """
    state = chores.state(work.tx, WATCHDOG)
    if message.worst <= LIMIT and not state:
        return ()
    state = chores.hold(work.tx, WATCHDOG)
    told = "told" in state
    if message.worst <= (OVER if told else LIMIT):
        chores.save(work.tx, WATCHDOG, {}, None)
        return _end(work) if told else ()
    if message.worst <= LIMIT or told:
        return ()
    since = datetime.fromisoformat(state.get("since", work.now.isoformat()))
    tell = work.now - since >= STEADY
    kept = {"since": since.isoformat()} | ({"told": work.now.isoformat()} if tell else {})
    chores.save(work.tx, WATCHDOG, kept, None)
    return _tell(work, message) if tell else ()


def beat(tx: Tx, late: Lateness, *, now: datetime) -> bool:
    """Whether a sign of life is to be given now, by whoever asks: once a minute, unless late."""
    minute = {"minute": now.replace(second=0, microsecond=0).isoformat()}
    if late.worst > LIMIT or chores.state(tx, HEARTBEAT) == minute:
        return False
    if chores.hold(tx, HEARTBEAT) == minute:
        return False
    chores.save(tx, HEARTBEAT, minute, None)
    return True


def _tell(work: Work, message: Lateness) -> Iterable[object]:
    existing = work.alerts.open(SOURCE, KEY)
    if existing:
        return ()
    here = work.present
    admins = here.configuration.admins or tuple(here.configuration.people)[:1]
    operations = here.channel("operations")
    people = {Target("person", name): (name,) for name in admins}
    # All of it at once: that there will be a next step is what is in doubt.
    step = Step((*people, Target("channel", operations)), WAIT)
    fired = spec.Fired(
        SOURCE,
        KEY,
        _title(message),
        "P1",
        {"Look at": "the log of every setflow process, then its /healthz", "Late": _all(message)},
        "",
        Ladder("setflow is late", (step,), ROUNDS),
        operations,
        None,
    )
    methods = {name: _methods(here, name) for name in admins}
    on_call = OnCall(people, methods, here.configuration.people)
    number = work.alerts.new_id()
    decision = rules.fire(None, fired, new_id=number, now=work.now, on_call=on_call)
    return alerts.keep(work, decision, new=True)


def _methods(here: Present, name: str) -> tuple[Method, ...]:
    """Every way to reach a person, none of them later than the others."""
    person = here.person(name)
    own = [contact.via for contact in person.contact] if person else []
    return tuple(Method(via, timedelta(0)) for via in (MATTERMOST, *own))


def _end(work: Work) -> Iterable[object]:
    existing = work.alerts.open(SOURCE, KEY)
    if existing is None:
        return ()
    over = spec.SourceResolved(SOURCE, KEY, work.now)
    return alerts.keep(work, rules.source_resolved(existing, over))


def _title(message: Lateness) -> str:
    kind = max(message.late, key=lambda kind: message.late[kind])
    return f"setflow is {_length(message.late[kind])} late: {_WHATS[kind]}"


def _all(message: Lateness) -> str:
    late = sorted(message.late.items(), key=lambda pair: -pair[1])
    return "; ".join(f"{_WHATS[kind]} ({_length(by)})" for kind, by in late if by > OVER)


def _length(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s"
