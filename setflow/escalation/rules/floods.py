"""How many new alerts of a source are let through, and which are only counted."""

from dataclasses import dataclass, replace
from datetime import datetime

from setflow.escalation.spec import Limit


@dataclass(frozen=True, slots=True)
class Bucket:
    """What came of late: it fills by one an alert, and runs dry in the limit's window.

    at      as of when `level` is
    folded  how many were not let through since the flood began
    last    when the last of those came; None where none did
    keys    of the alerts that count them
    """

    at: datetime
    level: float = 0.0
    folded: int = 0
    last: datetime | None = None
    keys: tuple[str, ...] = ()


def pour(bucket: Bucket, limit: Limit, now: datetime) -> tuple[Bucket, bool]:
    """The bucket with one more new alert, and whether that is let through."""
    passed = max((now - bucket.at).total_seconds(), 0.0)
    level = max(bucket.level - passed * limit.count / limit.window.total_seconds(), 0.0)
    if level + 1 <= limit.count:
        return replace(bucket, at=max(now, bucket.at), level=level + 1), True
    return replace(
        bucket, at=max(now, bucket.at), level=level, folded=bucket.folded + 1, last=now
    ), False


def calm_at(bucket: Bucket, limit: Limit) -> datetime | None:
    """When the flood is over, if no more comes; None where there is none."""
    return bucket.last + limit.window if bucket.last else None
