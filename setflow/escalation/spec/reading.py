"""Ladders and routes, read from YAML."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from setflow.document import Node, Reader, suggestion
from setflow.escalation.spec.grouping import read_grouping
from setflow.escalation.spec.values import KINDS, Ladder, Route, Step, Target

# The most that OpsGenie repeats a policy; a ladder longer than that helps nobody.
MOST_ROUNDS = 20
# Whoever works at something is not to be asked about it all the time.
LEAST_ACK_TIMEOUT = timedelta(minutes=5)
LEAST_REPEAT = timedelta(minutes=1)

_STEP = ("page", "wait", "when", "all", "turn", "repeat")


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
    check_condition: Callable[[str], None],
) -> Ladder | None:
    """The ladder `name`; None, with every mistake noted in `reader`, where it is no good.

    seats            what a bare name may say: seats, rotations, and names such as `set.primary`
    check_condition  raises ValueError for a `when` that is no condition
    """
    known = dict(zip(KINDS, (seats, people, groups, teams, channels), strict=True))
    before = len(reader.problems)
    parts = reader.mapping(
        node, ("rounds", "steps", "fallback", "channel", "ack_timeout"), ("steps",)
    )
    steps = _steps(parts["steps"], reader, known, check_condition) if "steps" in parts else ()
    rounds = reader.integer(parts["rounds"], least=1, most=MOST_ROUNDS) if "rounds" in parts else 1
    fallback = _targets(parts["fallback"], reader, known) if "fallback" in parts else ()
    channel = reader.name(parts["channel"], channels, "channels") if "channel" in parts else None
    timeout = parts.get("ack_timeout")
    asked = reader.duration(timeout, least=LEAST_ACK_TIMEOUT) if timeout else None
    if len(reader.problems) > before:
        return None
    return Ladder(name, steps, rounds, fallback, channel, asked)


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


def _steps(
    node: Node,
    reader: Reader,
    known: Mapping[str, Collection[str]],
    check: Callable[[str], None],
) -> tuple[Step, ...]:
    nodes = reader.items(node)
    if node.value == ():
        reader.fail(node, "has no step; write at least one with page and wait")
    return tuple(_step(part, reader, known, check) for part in nodes)


def _step(
    node: Node,
    reader: Reader,
    known: Mapping[str, Collection[str]],
    check: Callable[[str], None],
) -> Step:
    parts = reader.mapping(node, _STEP, ("page", "wait"))
    targets = _targets(parts["page"], reader, known) if "page" in parts else ()
    # Without a wait nobody could answer; who is to be paged together stands in one step.
    least = timedelta(seconds=1)
    wait = reader.duration(parts["wait"], least=least) if "wait" in parts else least
    step = Step(
        targets,
        wait,
        _condition(parts["when"], reader, check) if "when" in parts else None,
        all="all" in parts and reader.boolean(parts["all"]),
        turn="turn" in parts and bool(reader.choice(parts["turn"], ("round-robin",))),
        repeat=_repeat(parts["repeat"], reader, wait) if "repeat" in parts else None,
    )
    people = [target for target in targets if target.kind != "channel"]
    if (step.all or step.turn) and targets and not people:
        where = parts["all" if step.all else "turn"]
        reader.fail(where, "is about people, and this step pages none; name a seat or group:")
    if step.all and step.turn:
        reader.fail(parts["turn"], 'pages one of them, so that "all" has no use; leave one out')
    return step


def _condition(node: Node, reader: Reader, check: Callable[[str], None]) -> str:
    def condition(text: str) -> str:
        check(text)
        return text

    return reader.parsed(node, condition, "true")


def _repeat(node: Node, reader: Reader, wait: timedelta) -> timedelta:
    every = reader.duration(node, least=LEAST_REPEAT)
    if every >= wait:
        reader.fail(node, "should be shorter than the step's wait, or nothing is repeated")
    return max(every, LEAST_REPEAT)


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
    parts = reader.mapping(node, ("source", "when", "ladder", "group"), ("ladder",))
    return Route(
        reader.text(parts["source"]).lower() if "source" in parts else None,
        _condition(parts["when"], reader, check) if "when" in parts else None,
        reader.name(parts["ladder"], ladders, "ladders") if "ladder" in parts else "",
        read_grouping(parts["group"], reader) if "group" in parts else None,
    )
