"""What was looked at, and how it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do where that is not well."""

    name: str
    ok: bool = field(kw_only=True)
    said: str
    todo: str = ""


def good(name: str, said: str) -> Finding:
    """What is well."""
    return Finding(name, said, ok=True)


def bad(name: str, said: str, todo: str) -> Finding:
    """What is not, and what to do."""
    return Finding(name, said, todo, ok=False)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The JSON of `setflow doctor`."""
    return {
        "ok": all(one.ok for one in findings),
        "checks": [
            {"name": one.name, "ok": one.ok, "said": one.said, "todo": one.todo} for one in findings
        ],
    }
