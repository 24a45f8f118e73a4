"""Ladders and routes, read from YAML."""

from collections.abc import Callable, Collection, Mapping
from datetime import timedelta

from setflow.document import Node, Reader, suggestion
from setflow.escalation.spec.values import KINDS, Ladder, Route, Step, Target

# The most that OpsGenie repeats a policy; a ladder longer than that helps nobody.
MOST_ROUNDS = 20


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
