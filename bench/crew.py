"""Rotations to compute with, and how a computation is timed."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from stage import configuration, example

from setflow.rotation import rules
from setflow.rotation.rules import History
from setflow.rotation.spec import Layer, Order, Rotation, Seat

LATEST = datetime(2026, 12, 2, 9, 30, tzinfo=UTC)
"""A Wednesday morning on which every seat of the day is staffed."""
ROUNDS = 5


def crew() -> History:
    """The example's crew rotation: two shifts of two seats each, and a lead."""
    return rules.history_of(configuration(example()).rotations["set"])


def old_crew(versions: int) -> History:
    """The same, its order of people turned round every week until it had so many versions."""
    new = configuration(example()).rotations["set"]
    history = rules.history_of(new)
    for weeks in range(versions - 1, 0, -1):
        new = _turned_round(new)
        history = rules.revise(history, new, LATEST - timedelta(weeks=weeks))
    return history


def _turned_round(rotation: Rotation) -> Rotation:
    def order(one: Order) -> Order:
        return replace(one, people=one.people[::-1])

    def layer(one: Layer) -> Layer:
        return replace(one, orders=tuple(map(order, one.orders)))

    def seat(one: Seat) -> Seat:
        return replace(one, layers=tuple(map(layer, one.layers)))

    return replace(rotation, seats=tuple(map(seat, rotation.seats)))


def weekly_text(count: int) -> str:
    """A configuration of `count` weekly rotations, of ten people each out of forty."""
    people = [f"p{number}" for number in range(40)]
    lines = ["version: 1", "people:"]
    lines += [f"  {name}: {{name: {name.title()}, mattermost: {name}}}" for name in people]
    lines += ["rotations:"]
    for number in range(count):
        those = ", ".join(people[(number + place) % len(people)] for place in range(10))
        turns = f'type: weekly, length: 1, start: "2026-01-05 09:00", people: [{those}]'
        lines.append(f"  r{number}: {{{turns}}}")
    return "\n".join([*lines, ""])


def timed(work: Callable[[], object], times: int) -> float:
    """The median over some rounds of the seconds that one call takes."""
    work()
    rounds = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        for _ in range(times):
            work()
        rounds.append((time.perf_counter() - begun) / times)
    return statistics.median(rounds)
