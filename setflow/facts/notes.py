"""A note on an alert as a post says it."""

from dataclasses import dataclass

from setflow.facts.people import Who


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """What `by`, a person or a source, noted; `channel` is that of the alert."""

    by: Who
    text: str
    channel: str
