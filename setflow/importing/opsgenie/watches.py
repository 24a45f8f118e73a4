"""Heartbeats and maintenance of OpsGenie, after their schemas in its OpenAPI document."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from setflow.escalation.spec import LONGEST_WINDOW
from setflow.escalation.spec.heartbeats import LONGEST
from setflow.importing.ladders import Beat, Pause
from setflow.importing.values import Found, Raw, instant, mapping, plain, rows, text

LONGEST_NAME = 100

_UNITS = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
}


def beats(given: Iterable[Raw], found: Found) -> Iterator[Beat]:
    """Heartbeats that are switched on."""
    for one in given:
        name, number = plain(one.get("name")), one.get("interval")
        unit = _UNITS.get(text(one, "intervalUnit"))
        why = ""
        if one.get("enabled") is False:
            why = "is switched off"
        elif not isinstance(number, int) or number < 1 or unit is None or number > LONGEST / unit:
            why = "has no interval of up to 31 days"
        elif not name or "/" in name or len(name) > LONGEST_NAME:
            why = "has a name that none can have here: at most 100 characters, without a /"
        if why or unit is None or not isinstance(number, int):
            found.leave(f'Heartbeat "{name}" {why} and was left out.')
            continue
        yield Beat(name, number * unit, plain(one.get("alertMessage")), text(one, "alertPriority"))


def pauses(
    given: Iterable[Raw], integrations: Mapping[str, Raw], found: Found, now: datetime
) -> Iterator[Pause]:
    """Maintenance to come of what is switched off by it, a window for each integration."""
    for one in given:
        title = plain(one.get("description")) or text(one, "id")
        time = mapping(one.get("time"))
        start, end = instant(time.get("startDate")), instant(time.get("endDate"))
        if text(one, "status") in ("cancelled", "past") or (end and end <= now):
            continue
        if not start or not end or end - start > LONGEST_WINDOW:
            why = "has no end, or one over 31 days away,"
            found.leave(f'Maintenance "{title}" {why} and is not carried over.')
            continue
        for rule in rows(one.get("rules")):
            entity = mapping(rule.get("entity"))
            name = plain(integrations.get(text(entity, "id"), {}).get("name"))
            if text(entity, "type") == "integration" and name and rule.get("state") != "enabled":
                yield Pause(title, start, end, name)
            else:
                found.leave(
                    f'Maintenance "{title}" is about a policy, or an integration that was not '
                    "given; that part is not carried over."
                )
