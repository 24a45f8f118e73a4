"""Frozen values with some of their fields changed, many times a second."""

from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

__all__ = ["replace"]

if TYPE_CHECKING:
    from dataclasses import replace  # what it takes is checked as with that one
else:

    def replace(one, /, **changes):
        """What dataclasses.replace returns, in a fifth of its time where there are many fields.

        For dataclasses of several fields, with slots, without bases and __post_init__. Raises
        AttributeError for an unknown field.
        """
        kind = type(one)
        read, writes = _slots(kind)
        new = object.__new__(kind)
        for write, value in zip(writes, read(one), strict=True):
            write(new, value)
        for name, value in changes.items():
            object.__setattr__(new, name, value)
        return new


@cache
def _slots(kind: type[Any]) -> tuple[Any, list[Any]]:
    names = kind.__slots__
    return attrgetter(*names), [getattr(kind, name).__set__ for name in names]
