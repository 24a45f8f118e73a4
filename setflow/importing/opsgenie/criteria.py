"""Criteria and time restrictions of OpsGenie's routing rules, as conditions of routes.

After the schemas Filter, Condition and TimeRestrictionInterval of OpsGenie's OpenAPI document.
What an alert has there beside message, alias, priority and tags stands in its details here, as
the compatible API keeps it.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from zoneinfo import ZoneInfo

from setflow import expression
from setflow.calendar import WEEKDAYS
from setflow.importing.opsgenie.schedules import spans
from setflow.importing.values import DAY_MINUTES, Raw, mapping, plain, rows, text

_FIELDS = {"message": "alert.title", "alias": "alert.key", "priority": "alert.priority"}
_IN_DETAILS = {name: name.title() for name in ("description", "source", "entity", "actions")}
_IN_DETAILS |= dict.fromkeys(("teams", "recipients", "responders"), "Responders")
# Lists there, of which "contains" and "equals" ask for one, are texts here.
_LISTS = ("actions", "teams", "recipients", "responders")
_MAPPINGS = ("details", "extra-properties")

_TEXTS: Mapping[str, Callable[[str, str], str]] = {
    "matches": lambda field, value: f"{field}.matches({value})",
    "contains": lambda field, value: f"{field}.contains({value})",
    "starts-with": lambda field, value: f"{field}.startsWith({value})",
    "ends-with": lambda field, value: f"{field}.endsWith({value})",
    "equals": lambda field, value: f"{field} == {value}",
    "is-empty": lambda field, _: f'{field} == ""',
    # P1 is greater than P2 there.
    "greater-than": lambda field, value: f"{field} < {value}",
    "less-than": lambda field, value: f"{field} > {value}",
}
_ORDERS = ("greater-than", "less-than")
_TAGS: Mapping[str, Callable[[str], str]] = {
    "contains": lambda value: f"{value} in alert.tags",
    "equals": lambda value: f"{value} in alert.tags",
    "is-empty": lambda _: "size(alert.tags) == 0",
    "matches": lambda value: f"alert.tags.exists(tag, tag.matches({value}))",
    "starts-with": lambda value: f"alert.tags.exists(tag, tag.startsWith({value}))",
    "ends-with": lambda value: f"alert.tags.exists(tag, tag.endsWith({value}))",
}
_KEYS: Mapping[str, Callable[[str], str]] = {
    "contains-key": lambda value: f"{value} in alert.details",
    "contains-value": lambda value: f"alert.details.exists(key, alert.details[key] == {value})",
}


def condition(raw: Raw, own: ZoneInfo, home: ZoneInfo) -> str:
    """The condition of a routing rule, "" for one of every alert.

    own, home  the zones of the rule and of the file
    Raises ValueError, which says why, where it cannot be said.
    """
    parts = list(filter(None, (_criteria(mapping(raw.get("criteria"))), _hours(raw, own, home))))
    whole = " && ".join(f"({one})" if len(parts) > 1 and "||" in one else one for one in parts)
    if whole:
        expression.check(whole, ("alert", "now"))
    return whole


def of_team(title: str) -> str:
    """The condition that an alert is for a team."""
    field = 'alert.details["Responders"]'
    return f'"Responders" in alert.details && {field}.contains({_quoted(title)})'


def _criteria(raw: Raw) -> str:
    kind = text(raw, "type")
    conditions = sorted(rows(raw.get("conditions")), key=_order)
    if kind in ("", "match-all") or not conditions:
        return ""
    parts = [_one(one) for one in conditions]
    if kind == "match-all-conditions":
        return " && ".join(f"({one})" if "||" in one else one for one in parts)
    if kind == "match-any-condition":
        return " || ".join(f"({one})" if "&&" in one else one for one in parts)
    raise ValueError(f'its criteria are "{plain(kind)}", which there is none of here')


def _order(raw: Raw) -> int:
    given = raw.get("order")
    return given if isinstance(given, int) else 0


def _one(raw: Raw) -> str:
    field, operation = text(raw, "field"), text(raw, "operation")
    value, key = _quoted(text(raw, "expectedValue")), text(raw, "key")
    if field in _MAPPINGS and not key and operation in _KEYS:
        said = _KEYS[operation](value)
    elif field == "tags" and operation in _TAGS:
        said = _TAGS[operation](value)
    elif field in _FIELDS and operation in _TEXTS:
        said = _TEXTS[operation](_FIELDS[field], value)
    elif (detail := key if field in _MAPPINGS else _IN_DETAILS.get(field, "")) and _fits(operation):
        said = _detail(field, detail, operation, value)
    else:
        raise ValueError(f'"{plain(field)} {plain(operation)}" is no condition here')
    return f"!({said})" if raw.get("not") is True else said


def _fits(operation: str) -> bool:
    """Whether a detail can be asked so."""
    return operation in _TEXTS and operation not in _ORDERS


def _detail(field: str, name: str, operation: str, value: str) -> str:
    there, own = f"{_quoted(name)} in alert.details", f"alert.details[{_quoted(name)}]"
    if operation == "is-empty":
        return f"!({there}) || {_TEXTS[operation](own, value)}"
    wanted = "contains" if field in _LISTS and operation == "equals" else operation
    return f"{there} && {_TEXTS[wanted](own, value)}"


def _hours(raw: Raw, own: ZoneInfo, home: ZoneInfo) -> str:
    found = spans(mapping(raw.get("timeRestriction")))
    if found is None:
        return ""
    if own.key != home.key:
        raise ValueError(f"its hours are of {own.key}, and those of this file of {home.key}")
    return " || ".join(f"({one})" for one in _daily(found))


def _daily(found: Iterable[tuple[int, int]]) -> Iterable[str]:
    """Each stretch within one day as a condition, those of the same hours together."""
    days: dict[tuple[int, int], set[int]] = {}
    for begin, end in found:
        while begin < end:
            midnight = (begin // DAY_MINUTES + 1) * DAY_MINUTES
            stop = min(end, midnight)
            key = begin % DAY_MINUTES, stop - begin + begin % DAY_MINUTES
            days.setdefault(key, set()).add(begin // DAY_MINUTES % 7)
            begin = stop
    minute = "now.hour * 60 + now.minute"
    for (begin, end), listed in days.items():
        names = ", ".join(f'"{WEEKDAYS[day]}"' for day in sorted(listed))
        parts = [f"now.weekday in [{names}]"] if len(listed) < 7 else []
        parts += [f"{minute} >= {begin}"] if begin else []
        parts += [f"{minute} < {end}"] if end < DAY_MINUTES else []
        yield " && ".join(parts) or "true"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
