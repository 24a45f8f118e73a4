"""What is remembered of a schedule kept elsewhere, as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from setflow.rotation.rules.remote import On, StandIn, Told

SCHEDULES = "schedules"
"""What the names of the chores begin with that remember them; the target follows."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a schedule there.

    lines     who would be on in each rotation without our overrides
    until     how far that was read, None where it never was
    kept      our overrides as they should be, by alias
    told      what was said of it
    revision  counts the changes of our overrides
    """

    lines: Mapping[str, tuple[On, ...]] = field(default_factory=dict)
    until: datetime | None = None
    kept: Mapping[str, StandIn] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    revision: int = 0


_KNOWN: TypeAdapter[Known] = TypeAdapter(Known)


def known(state: Mapping[str, Any]) -> Known:
    """What a chore remembers; nothing of one never done."""
    return _KNOWN.validate_python(state)


def written(schedule: Known) -> dict[str, Any]:
    """The same as JSON."""
    found: dict[str, Any] = _KNOWN.dump_python(schedule, mode="json")
    return found
