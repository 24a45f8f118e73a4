"""What other systems' escalations have in common, and how they become ladders.

There a rule says how long after the beginning it tells somebody; on a ladder a step says how long
it waits for the next.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from setflow.escalation.spec.reading import MOST_ROUNDS

LAST_WAIT = timedelta(minutes=10)
"""How long the last step of a ladder waits where nothing there says so."""
LEAST_WAIT = timedelta(minutes=1)

Kind = Literal["schedule", "next", "person", "team"]


@dataclass(frozen=True, slots=True, order=True)
class Aim:
    """Whom something tells, by id there: all on a schedule now or next, a person, a whole team."""

    kind: Kind
    id: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Tell `aim` so long after the beginning; of a team, with `turn`, one person at a time."""

    delay: timedelta
    aim: Aim
    turn: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """Rules that are gone through `repeats` times more, each time `every` after the last of them.

    team  whose it is, by id; "" for nobody's
    """

    id: str
    title: str
    rules: tuple[Rule, ...]
    repeats: int = 0
    every: timedelta = timedelta(0)
    team: str = ""

    @property
    def first(self) -> timedelta:
        """How long it waits before it tells anybody, which a ladder does not."""
        return min(rule.delay for rule in self.rules)

    @property
    def rounds(self) -> int:
        """How often a ladder is gone through for it, in all."""
        return min(self.repeats + 1, MOST_ROUNDS)


@dataclass(frozen=True, slots=True)
class Rung:
    """A step of a ladder: whom it tells, and how long it waits. `turn`: one person at a time."""

    aims: tuple[Aim, ...]
    wait: timedelta
    turn: bool = False


@dataclass(frozen=True, slots=True)
class Squad:
    """A team there; people by id, whoever leads it first."""

    id: str
    title: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """Alerts for which the CEL text `when` holds (None: all) go up the ladder of `escalation`."""

    title: str
    when: str | None
    escalation: str


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat that is expected every so often; `title` is what its alert says, "" for none."""

    name: str
    every: timedelta
    title: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A maintenance window there; of one source alone, or "" for all."""

    title: str
    start: datetime
    end: datetime
    source: str = ""


def rungs(escalation: Escalation) -> tuple[Rung, ...]:
    """Its rules as steps: those of one delay together, the wait up to the next delay.

    The first is told at once. Where it repeats, the last waits as long as it takes to tell the
    first again.
    """
    delays = sorted({rule.delay for rule in escalation.rules})
    last = escalation.every + delays[0] if escalation.repeats else LAST_WAIT
    waits = [after - before for before, after in pairwise(delays)] + [max(last, LEAST_WAIT)]
    return tuple(
        _rung([rule for rule in escalation.rules if rule.delay == delay], wait)
        for delay, wait in zip(delays, waits, strict=True)
    )


def _rung(together: Sequence[Rule], wait: timedelta) -> Rung:
    aims = tuple(dict.fromkeys(rule.aim for rule in together))
    return Rung(aims, wait, turn=len(aims) == 1 and together[0].turn)


def told(escalation: Escalation) -> tuple[tuple[timedelta, tuple[Aim, ...]], ...]:
    """Whom it tells when, all rounds that a ladder has, counted from the first that is told."""
    last = max(rule.delay for rule in escalation.rules)
    found: dict[timedelta, list[Aim]] = {}
    for number in range(escalation.rounds):
        begin = number * (last + escalation.every) - escalation.first
        for rule in escalation.rules:
            found.setdefault(begin + rule.delay, []).append(rule.aim)
    return tuple((at, tuple(dict.fromkeys(found[at]))) for at in sorted(found))


def named(escalations: Iterable[Escalation]) -> set[Aim]:
    """All that they tell."""
    return {rule.aim for one in escalations for rule in one.rules}
