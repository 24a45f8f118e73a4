"""Sources that send more new alerts than anybody could read: the rest is counted in one."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from setflow import chores
from setflow.db import Tx
from setflow.escalation import rules, spec
from setflow.escalation.rules import Bucket

FLOOD = "flood"
"""The chores that remember what came of late of a source and priority."""
OURS = "setflow"
"""The source of what setflow says of itself."""

Name = tuple[str, str]
"""A source and a priority: many small alerts hide no large one."""

_BUCKET: TypeAdapter[Bucket] = TypeAdapter(Bucket)


class Floods:
    """What came of late, as one transaction counts it; held against others until it ends."""

    def __init__(self, tx: Tx, now: datetime) -> None:
        self.tx, self.now = tx, now
        self._held: dict[Name, Bucket] = {}
        self._changed: dict[Name, spec.Limit] = {}

    def expect(self, names: Iterable[Name]) -> None:
        """Hold all of these at once, in the order in which every process holds them."""
        wanted = {_chore(name): name for name in names if name not in self._held}
        for chore, state in chores.hold_all(self.tx, sorted(wanted)).items():
            found = _BUCKET.validate_python(state) if state else Bucket(self.now)
            self._held[wanted[chore]] = found

    def admits(self, name: Name, limit: spec.Limit) -> bool:
        """Whether one more new alert is let through; it is counted."""
        bucket, admitted = rules.pour(self.bucket(name), limit, self.now)
        self.change(name, bucket, limit)
        return admitted

    def count_in(self, name: Name, key: str) -> None:
        """Remember the alert that counts what is not let through."""
        bucket = self.bucket(name)
        if key not in bucket.keys:
            self._held[name] = replace(bucket, keys=(*bucket.keys, key))

    def bucket(self, name: Name) -> Bucket:
        """What came of late."""
        if name not in self._held:
            self.expect([name])
        return self._held[name]

    def change(self, name: Name, bucket: Bucket, limit: spec.Limit) -> None:
        """Have a bucket saved as it now is, when the work ends."""
        self._held[name], self._changed[name] = bucket, limit

    def flush(self) -> None:
        """Write what changed."""
        rows: list[tuple[str, Any, datetime | None]] = [
            (
                _chore(name),
                _BUCKET.dump_python(self._held[name], mode="json"),
                rules.calm_at(self._held[name], limit),
            )
            for name, limit in self._changed.items()
        ]
        self._changed = {}
        chores.save_all(self.tx, rows)


def folded(fired: spec.Fired, limit: spec.Limit) -> spec.Fired:
    """What counts `fired` and all of its kind that are not let through, on the same ladder."""
    minutes = limit.window.total_seconds() / 60
    return replace(
        fired,
        source=OURS,
        key=counter((fired.source, fired.priority), fired.ladder),
        title=f"{fired.source} floods: over {limit.count:,} new alerts in {minutes:g} min, "
        "further ones are counted here",
        details={
            "first of them": fired.title,
            "what to do": f"look at {fired.source} itself; each of them is kept and none pages",
        },
        url=fired.url,
        group=None,
        started=None,
    )


def counter(name: Name, ladder: spec.Ladder | None) -> str:
    """The key of the alert that counts what is not let through, of those on a ladder."""
    return f"{_chore(name)}:{ladder.name if ladder else ''}"


def _chore(name: Name) -> str:
    return f"{FLOOD}:{name[0]}:{name[1]}"
