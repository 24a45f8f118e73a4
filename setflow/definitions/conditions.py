"""What the conditions of a file ask about, and which of them hold."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from setflow import expression
from setflow.calendar import WEEKDAYS, BusinessDays
from setflow.definitions.values import Configuration
from setflow.document import suggestion
from setflow.escalation.spec import Hold, Ladder, Route, Window

ALERT = ("source", "key", "title", "priority", "details", "url", "tags")
"""What a condition may ask about an alert."""
NOW = ("business", "workday", "holiday", "weekday", "hour", "minute")
"""What the condition of a route or step may ask about the time as well."""
BUSINESS_HOURS = range(9, 17)
"""The hours of a workday in which `now.business` holds, in the file's zone."""

_ASKED = re.compile(r"\b(alert|now)\.([A-Za-z_]\w*)")


def route(
    configuration: Configuration, source: str, alert: Mapping[str, Any], *, now: datetime
) -> Route | None:
    """The first route for an alert of `source` at `now`; None where the file has no routes.

    alert  what `ALERT` lists. A condition that cannot be answered, as of a detail that this alert
           does not have, does not hold.
    """
    facts = {"alert": alert, "now": _instant(configuration, now)}
    for one in configuration.routes:
        if one.source in (None, source) and (one.when is None or _holds(one.when, facts)):
            return one
    return None


def passed_over(
    configuration: Configuration, ladder: Ladder, alert: Mapping[str, Any], now: datetime
) -> frozenset[int]:
    """The steps of a ladder, from 0, whose condition does not hold for `alert` at `now`.

    One that cannot be answered, as of a detail that this alert does not have, leaves the step in:
    rather page once too often.
    """
    numbered = [(number, step.when) for number, step in enumerate(ladder.steps) if step.when]
    facts = {"alert": alert, "now": _instant(configuration, now)}
    return frozenset(number for number, when in numbered if _fails(when, facts))


def holding(
    configuration: Configuration,
    windows: Iterable[Window],
    ladder: str,
    alert: Mapping[str, Any],
    now: datetime,
) -> Hold | None:
    """The maintenance in which an alert on `ladder` comes at `now`, the longest; None for none.

    windows  those of the file, and further ones
    A condition that cannot be answered does not hold, so that the alert pages.
    """
    open_now = [
        Hold(one.name, until)
        for one in windows
        if (until := one.until(now, configuration.zone))
        and one.source in (None, alert["source"])
        and (not one.ladders or ladder in one.ladders)
        and (one.when is None or _holds(one.when, {"alert": alert}))
    ]
    return max(open_now, key=lambda hold: hold.until, default=None)


def check_condition(text: str) -> None:
    """Nothing, if `text` is one of an alert; raises ValueError for one that never holds."""
    expression.check(text, ("alert",))
    _check_asked(text, {"alert": ALERT})


def check_timed(text: str) -> None:
    """Nothing, if `text` is one of an alert and the time; raises ValueError as above."""
    expression.check(text, ("alert", "now"))
    _check_asked(text, {"alert": ALERT, "now": NOW})


def _check_asked(text: str, known: Mapping[str, Collection[str]]) -> None:
    for of, asked in _ASKED.findall(text):
        if asked not in known.get(of, (asked,)):
            hint = suggestion(asked, known[of]) or f"; it has {', '.join(known[of])}"
            whose = "alerts do" if of == "alert" else "an instant does"
            raise ValueError(f'asks for "{of}.{asked}", which {whose} not have{hint}')


def _instant(configuration: Configuration, now: datetime) -> dict[str, Any]:
    """What conditions may ask of an instant, by the file's zone and the company's calendar."""
    wall = now.astimezone(configuration.zone)
    days = configuration.calendars.get("company", BusinessDays(None, frozenset(), ""))
    workday = days.is_business_day(wall.date())
    return {
        "business": workday and wall.hour in BUSINESS_HOURS,
        "workday": workday,
        "holiday": bool(days.holiday(wall.date())),
        "weekday": WEEKDAYS[wall.weekday()],
        "hour": wall.hour,
        "minute": wall.minute,
    }


def _fails(when: str, facts: Mapping[str, Any]) -> bool:
    try:
        return not expression.evaluate(when, facts)
    except ValueError:
        return False


def _holds(when: str, facts: Mapping[str, Any]) -> bool:
    try:
        return expression.evaluate(when, facts)
    except ValueError:
        return False
