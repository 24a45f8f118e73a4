"""Notification rules of OpsGenie, as contact methods of people.

After the schemas NotificationRule and NotificationRuleStep of OpsGenie's OpenAPI document.
"""

import re
from dataclasses import replace
from datetime import timedelta

from setflow.importing.values import Found, Raw, Reach, mapping, plain, rows, text

_VIA = {"sms": "sms", "voice": "phone", "email": "email"}
_SECONDS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
# A country's code, and the number in it.
_NUMBER = re.compile(r"([0-9]{1,3})-([0-9]{4,14})")


def contacts(found: Found, user: str, rule: Raw) -> None:
    """Add the contact methods of a rule for new alerts to whoever it is of, the first rule alone.

    user  their id, or the name of a document that has it in it
    """
    key = next((one for one in found.people if one == user or one in user), "")
    if not key or text(rule, "actionType") != "create-alert" or rule.get("enabled") is False:
        return
    person = found.people[key]
    of = f'Notification rule "{plain(rule.get("name"))}" of {person.name or person.email}'
    kind = text(mapping(rule.get("criteria")), "type")
    if kind not in ("", "match-all") or mapping(rule.get("timeRestriction")) or person.contacts:
        found.leave(f"{of} is of some alerts alone, or a second one; it is not carried over.")
        return
    steps = [one for one in rows(rule.get("steps")) if one.get("enabled") is not False]
    reached: dict[str, Reach] = {}
    for one in steps:
        contact = mapping(one.get("contact"))
        method, to = text(contact, "method", "contactMethod"), _to(text(contact, "to"))
        if method == "mobile":
            found.leave("OpsGenie's own app tells nobody of setflow's alerts; Mattermost's does.")
        elif method in _VIA and to and _VIA[method] not in reached:
            via = _VIA[method]
            reached[via] = Reach(via, to, _after(mapping(one.get("sendAfter"))))
        else:
            found.leave(
                f"{of} tells {plain(to) or 'nobody'} by {plain(method) or 'nothing'}, which is not "
                "carried over; each way has one address here."
            )
    found.people[key] = replace(person, contacts=tuple(reached.values()))


def _to(given: str) -> str:
    number = _NUMBER.fullmatch(given)
    return f"+{number[1]}{number[2]}" if number else plain(given)


def _after(given: Raw) -> timedelta:
    amount, unit = given.get("timeAmount"), text(given, "timeUnit") or "minutes"
    number = amount if isinstance(amount, int) and 0 < amount < 100_000 else 0
    return timedelta(seconds=number * _SECONDS.get(unit, 60))
