"""Schedules and more from the live APIs of other systems, as the JSON that `importing` reads."""

from setflow.adapters.sources.opsgenie import jsm, opsgenie
from setflow.adapters.sources.others import goalert, pagerduty
from setflow.adapters.sources.source import Document, Source

__all__ = ["Document", "Source", "goalert", "jsm", "opsgenie", "pagerduty"]
