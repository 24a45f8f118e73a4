"""Ladders, the routes to them, and who answers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from setflow.document import suggestion
from setflow.escalation.spec.grouping import Grouping

KINDS = ("seat", "person", "group", "team", "channel")


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """Whom a step names. kind: seat (or a whole rotation), person, group, team or channel."""

    kind: str
    name: str

    @classmethod
    def parse(cls, text: str) -> "Target":
        """What `set.primary`, `person:max` or `channel:ops` names; a bare name is a seat.

        Raises ValueError for an unknown kind or a missing name.
        """
        kind, colon, name = text.strip().partition(":")
        if not colon:
            kind, name = "seat", kind
        elif kind not in KINDS[1:]:
            kinds = ", ".join(f"{known}:" for known in KINDS[1:])
            hint = suggestion(kind, KINDS[1:])
            raise ValueError(f'"{kind}:" is none of {kinds}{hint}; a seat is named alone')
        if not name.strip():
            raise ValueError(f'"{text}" names nobody; write a seat, or person:NAME')
        return cls(kind, name.strip())

    def __str__(self) -> str:
        """As it is written in a file."""
        return self.name if self.kind == "seat" else f"{self.kind}:{self.name}"


@dataclass(frozen=True, slots=True)
class Step:
    """Tell `targets`, then wait so long for an answer.

    when    CEL about the alert and the time; the step is passed over where it does not hold
    all     each of the people has to acknowledge
    turn    of the people, one is told: whoever was longest not, over all alerts
    repeat  they are told again so often while the step waits; None for once
    """

    targets: tuple[Target, ...]
    wait: timedelta
    when: str | None = None
    all: bool = False
    turn: bool = False
    repeat: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps from first to last, gone through `rounds` times in all, then `fallback`, once.

    channel      where its alerts are shown; None for the rotation's or the operations channel
    ack_timeout  who has an alert is asked after so long whether they still do; None for never
    """

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    fallback: tuple[Target, ...] = ()
    channel: str | None = None
    ack_timeout: timedelta | None = None

    @property
    def conditional(self) -> bool:
        """Whether any of its steps has a condition."""
        return any(step.when for step in self.steps)

    def targets(self) -> tuple[Target, ...]:
        """Everything that the steps and the fallback name, each once, in order."""
        named = [target for step in self.steps for target in step.targets]
        return tuple(dict.fromkeys([*named, *self.fallback]))

    def at(self, round: int, step: int) -> Step:
        """The step of this place, from 0; the fallback stands after the last round."""
        if round == self.rounds:
            return Step(self.fallback, self.steps[-1].wait)
        return self.steps[step]

    def after(self, round: int, step: int) -> tuple[int, int] | None:
        """The round and step after these; None at the end."""
        if round == self.rounds:
            return None
        if step + 1 < len(self.steps):
            return round, step + 1
        if round + 1 < self.rounds:
            return round + 1, 0
        return (self.rounds, 0) if self.fallback else None


@dataclass(frozen=True, slots=True)
class Route:
    """Alerts of `source` (None: any) for which the CEL text `when` holds go up `ladder`.

    group  which of them are one; None where each stands for itself
    """

    source: str | None
    when: str | None
    ladder: str
    group: Grouping | None = None


@dataclass(frozen=True, slots=True)
class Method:
    """A way to reach a person, used `after` so long on a step. Names are unique in a person.

    sure   it has verified that it reaches them; another is not counted on
    quiet  stretches in which it is held back, apart and in order
    waits  what is held back is told at the end of the stretch; else not at all
    """

    name: str
    after: timedelta
    sure: bool = True
    quiet: tuple[tuple[datetime, datetime], ...] = ()
    waits: bool = True

    def held(self, at: datetime) -> datetime | None:
        """Up to when it is held back at an instant; None where it is not."""
        return next((end for start, end in self.quiet if start <= at < end), None)


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who answers at the instant of a decision.

    people   whom each target of the ladder resolves to now, in order; a missing one has nobody
    methods  how each person is reached, the first at once; who is missing is told in chat
    known    everybody in the configuration
    skips    steps of the ladder (from 0) whose condition does not hold now
    served   of a step (from 0) whose people take turns: who had one, longest ago first
    """

    people: Mapping[Target, tuple[str, ...]]
    methods: Mapping[str, tuple[Method, ...]]
    known: Collection[str]
    skips: Collection[int] = ()
    served: Mapping[int, Sequence[str]] = field(default_factory=dict)


def shortest_wait(ladder: Ladder) -> timedelta:
    """The shortest time that a step of `ladder` gives somebody to answer."""
    return min(step.wait for step in ladder.steps)
