"""Ladders, routes, and what is said to and by an alert: the values, and ladders read from YAML."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from setflow.document import Node, Reader, suggestion

KINDS = ("seat", "person", "group", "team", "channel")
# The most that OpsGenie repeats a policy; a ladder longer than that helps nobody.
MOST_ROUNDS = 20


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
    """Tell `targets`, then wait so long for an answer."""

    targets: tuple[Target, ...]
    wait: timedelta


@dataclass(frozen=True, slots=True)
class Ladder:
    """Steps from first to last, gone through `rounds` times in all, then `fallback`, once.

    channel  where its alerts are shown; None for the rotation's or the operations channel
    """

    name: str
    steps: tuple[Step, ...]
    rounds: int = 1
    fallback: tuple[Target, ...] = ()
    channel: str | None = None

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
    """Alerts of `source` (None: any) for which the CEL text `when` holds go up `ladder`."""

    source: str | None
    when: str | None
    ladder: str


@dataclass(frozen=True, slots=True)
class Method:
    """A way to reach a person, used `after` so long on a step. Names are unique in a person."""

    name: str
    after: timedelta


@dataclass(frozen=True, slots=True)
class OnCall:
    """Who answers at the instant of a decision.

    people   whom each target of the ladder resolves to now, in order; a missing one has nobody
    methods  how each person is reached, the first at once; who is missing is told in chat
    known    everybody in the configuration
    """

    people: Mapping[Target, tuple[str, ...]]
    methods: Mapping[str, tuple[Method, ...]]
    known: Collection[str]


@dataclass(frozen=True, slots=True)
class Fired:
    """A source says that something is wrong; `key` is its own name for it.

    ladder   None where OpsGenie pages and the alert is only shown
    channel  where it is shown
    remote   the alert's id in OpsGenie
    """

    source: str
    key: str
    title: str
    priority: str
    details: Mapping[str, str]
    url: str
    ladder: Ladder | None
    channel: str
    remote: str | None = None


@dataclass(frozen=True, slots=True)
class SourceResolved:
    """The source says that it ended, at `at`."""

    source: str
    key: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """`person` has the alert from now on; `by` says so, `how` is button, slash, opsgenie and so on.

    nth  the start of the ladder that a button belongs to; None where nothing says it
    """

    alert: int
    person: str
    by: str
    how: str
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Resolve:
    """`by` says that it is over. `nth` as with Acknowledge."""

    alert: int
    by: str
    how: str
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Escalate:
    """`by` wants the next step now. A button says the start, round and step that it stands for."""

    alert: int
    by: str
    how: str
    nth: int | None = None
    round: int | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class PageFailed:
    """A page could not be delivered at its first try. For a channel see `rules.CHANNEL`."""

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str


@dataclass(frozen=True, slots=True)
class AlertOpened:
    """A new alert. `ladder` is its name, None where OpsGenie pages."""

    alert: int
    source: str
    key: str
    title: str
    priority: str
    ladder: str | None


@dataclass(frozen=True, slots=True)
class AlertRefired:
    """More of an open alert: said at 2, 4, 8 and so on, so that a flood does not fill history."""

    alert: int
    count: int


@dataclass(frozen=True, slots=True)
class LadderRestarted:
    """It fired again when the ladder had ended unanswered; this is start `nth`."""

    alert: int
    nth: int


@dataclass(frozen=True, slots=True)
class Paged:
    """`person` is told on this step by `method`, `late_seconds` after it was due."""

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str
    late_seconds: int


@dataclass(frozen=True, slots=True)
class PageMissed:
    """A page did not get through at its first try; the next method or step was taken at once."""

    alert: int
    nth: int
    round: int
    step: int
    person: str
    method: str


@dataclass(frozen=True, slots=True)
class StepEmpty:
    """Nobody was on any seat of a step, so that the next was taken at once. `seats` as written."""

    alert: int
    nth: int
    round: int
    step: int
    seats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Escalated:
    """`by` had the next step taken at once; `round` and `step` are where it stood."""

    alert: int
    by: str
    how: str
    nth: int
    round: int
    step: int


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`person` has the alert, as `by` said."""

    alert: int
    person: str
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """It is over: `by` is a person, or the source where `how` is "source"."""

    alert: int
    by: str
    how: str


@dataclass(frozen=True, slots=True)
class LadderEnded:
    """Everybody was paged, fallback included, and nobody answered; the channel is reminded."""

    alert: int
    nth: int


def read_ladder(  # noqa: PLR0913  the names of five kinds of target
    name: str,
    node: Node,
    reader: Reader,
    *,
    seats: Collection[str],
    people: Collection[str],
    groups: Collection[str],
    teams: Collection[str],
    channels: Collection[str],
) -> Ladder | None:
    """The ladder `name`; None, with every mistake noted in `reader`, where it is no good.

    seats  what a bare name may say: seats, rotations, and names such as `set.primary`
    """
    known = dict(zip(KINDS, (seats, people, groups, teams, channels), strict=True))
    before = len(reader.problems)
    parts = reader.mapping(node, ("rounds", "steps", "fallback", "channel"), ("steps",))
    steps = _steps(parts["steps"], reader, known) if "steps" in parts else ()
    rounds = reader.integer(parts["rounds"], least=1, most=MOST_ROUNDS) if "rounds" in parts else 1
    fallback = _targets(parts["fallback"], reader, known) if "fallback" in parts else ()
    channel = reader.name(parts["channel"], channels, "channels") if "channel" in parts else None
    if len(reader.problems) > before:
        return None
    return Ladder(name, steps, rounds, fallback, channel)


def read_routes(
    node: Node,
    reader: Reader,
    *,
    ladders: Collection[str],
    check_expression: Callable[[str], None],
) -> tuple[Route, ...]:
    """The routes in order; mistakes are noted in `reader`.

    The last one, and only that, has neither `source` nor `when`: it catches the rest.
    check_expression  raises ValueError for a `when` that is no expression
    """
    nodes = reader.items(node)
    routes = tuple(_route(part, reader, ladders, check_expression) for part in nodes)
    for part, route in zip(nodes[:-1], routes, strict=False):
        if route.source is None and route.when is None:
            reader.fail(part, "catches every alert, so that no later route is reached; put it last")
    if routes and (routes[-1].source or routes[-1].when):
        reader.fail(nodes[-1], 'should catch the rest: add a last route with nothing but "ladder"')
    if not routes and node.value == ():
        reader.fail(node, 'has no route; write at least one with "ladder", or leave "routes" out')
    return routes


def shortest_wait(ladder: Ladder) -> timedelta:
    """The shortest time that a step of `ladder` gives somebody to answer."""
    return min(step.wait for step in ladder.steps)


def _steps(node: Node, reader: Reader, known: Mapping[str, Collection[str]]) -> tuple[Step, ...]:
    nodes = reader.items(node)
    if node.value == ():
        reader.fail(node, "has no step; write at least one with page and wait")
    return tuple(_step(part, reader, known) for part in nodes)


def _step(node: Node, reader: Reader, known: Mapping[str, Collection[str]]) -> Step:
    parts = reader.mapping(node, ("page", "wait"), ("page", "wait"))
    targets = _targets(parts["page"], reader, known) if "page" in parts else ()
    # Without a wait nobody could answer; who is to be paged together stands in one step.
    least = timedelta(seconds=1)
    wait = reader.duration(parts["wait"], least=least) if "wait" in parts else least
    return Step(targets, wait)


def _targets(
    node: Node, reader: Reader, known: Mapping[str, Collection[str]]
) -> tuple[Target, ...]:
    nodes = reader.items(node)
    if node.value == ():
        reader.fail(node, "names nobody; write a seat, person:, group:, team: or channel:")
    found = [reader.parsed(part, lambda text: _target(text, known), None) for part in nodes]
    return tuple(dict.fromkeys(target for target in found if target))


def _target(text: str, known: Mapping[str, Collection[str]]) -> Target:
    target = Target.parse(text)
    if target.name in known[target.kind]:
        return target
    kinds = "people" if target.kind == "person" else f"{target.kind}s"
    also = [kind for kind in KINDS if kind != target.kind and target.name in known[kind]]
    hint = (
        f' (did you mean "{Target(also[0], target.name)}"?)'
        if also
        else suggestion(target.name, known[target.kind])
    )
    raise ValueError(f'"{target.name}" is not one of {kinds}{hint}')


def _route(
    node: Node, reader: Reader, ladders: Collection[str], check: Callable[[str], None]
) -> Route:
    def expression(text: str) -> str:
        check(text)
        return text

    parts = reader.mapping(node, ("source", "when", "ladder"), ("ladder",))
    return Route(
        reader.text(parts["source"]) if "source" in parts else None,
        reader.parsed(parts["when"], expression, "true") if "when" in parts else None,
        reader.name(parts["ladder"], ladders, "ladders") if "ladder" in parts else "",
    )
