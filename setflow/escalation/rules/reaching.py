"""By what a person is reached, as far as their methods are to be counted on."""

from collections.abc import Sequence
from dataclasses import replace

from setflow.escalation.spec import Method


def counted_on(methods: Sequence[Method]) -> tuple[Method, ...]:
    """The methods, soonest first, where each that follows one that is not sure comes beside it."""
    found: list[Method] = []
    for method in methods:
        unsure = found and not found[-1].sure
        found.append(replace(method, after=found[-1].after) if unsure else method)
    return tuple(found)
