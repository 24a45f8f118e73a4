"""Facts held fast: what is asked about of them, as a value to remember an answer by."""

from collections.abc import Hashable, Iterable, Mapping, Set
from typing import Any

MOST_LETTERS = 2_000
"""Of facts for which an answer is remembered."""

Path = tuple[str, ...]
_PART = 8
"""What anything but a text counts as in letters."""


def asked_for(facts: Mapping[str, Any], asks: Iterable[Path]) -> Mapping[str, Any]:
    """Of facts what stands at the paths `asks`, each in its place; without what is not there.

    No path is the beginning of another.
    """
    found: dict[str, Any] = {}
    for path in asks:
        _copy(facts, path, found)
    return found


def _copy(here: Mapping[str, Any], path: Path, found: dict[str, Any]) -> None:
    for name in path[:-1]:
        if name not in here:
            return
        below = here[name]
        if not isinstance(below, Mapping):
            found[name] = below
            return
        here, found = below, found.setdefault(name, {})
    if path[-1] in here:
        found[path[-1]] = here[path[-1]]


def held(facts: Mapping[str, Any]) -> Hashable | None:
    """A value that is equal for the same facts alone; None where they are over 2,000 letters."""
    letters = 0

    def hold(value: Any) -> Hashable:
        nonlocal letters
        letters += len(value) if isinstance(value, str) else _PART
        if letters > MOST_LETTERS:
            raise OverflowError
        match value:
            case str():
                return value
            case Mapping():
                return Mapping, tuple((hold(key), hold(part)) for key, part in value.items())
            case list() | tuple() | Set():
                return list, tuple(hold(part) for part in value)
            case _:
                # What Python calls equal is not always the same: True and 1, two zones.
                return type(value), repr(value)

    try:
        return hold(facts)
    except OverflowError:
        return None
