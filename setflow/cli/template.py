"""The first configuration file of a team, as text."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain, count
from zoneinfo import ZoneInfo

from setflow import calendar
from setflow.adapters.mattermost.survey import Account
from setflow.adapters.mattermost.text import fold

LONGEST_NAME = 80
HANDOFF = timedelta(hours=9)

_PLAIN = re.compile(r"[a-z][a-z0-9]*([._-][a-z0-9]+)*")
_NO_TEXT = {"null", "true", "false"}


def first_file(people: Sequence[Account], channel: str, zone: ZoneInfo, now: datetime) -> str:
    """A configuration in which these people take weekly turns, the first of them now.

    With two or more each is primary for a week after being backup for one, and a ladder leads from
    one to the other to everybody.
    """
    names = _names([one.username for one in people])
    begun = now.astimezone(zone).replace(tzinfo=None) - HANDOFF
    monday = begun.date() - timedelta(days=begun.weekday())
    listed = ", ".join(names[one.username] for one in people)
    parts = [
        _HEAD.format(zone=zone.key, first=names[people[0].username], channel=_scalar(channel)),
        "people:\n" + "".join(_person(names, one, zone) for one in people),
        (_PAIR if len(people) > 1 else _ALONE).format(
            channel=_scalar(channel), monday=monday.isoformat(), people=listed
        ),
    ]
    return "\n".join(parts)


def _person(names: Mapping[str, str], one: Account, usual: ZoneInfo) -> str:
    own = f", timezone: {one.timezone}" if _is_zone(one.timezone, usual) else ""
    title = json.dumps(fold(one.name, LONGEST_NAME) or one.username, ensure_ascii=False)
    return f"  {names[one.username]}: {{name: {title}, mattermost: {_scalar(one.username)}{own}}}\n"


def _is_zone(text: str, usual: ZoneInfo) -> bool:
    try:
        return text != usual.key and bool(calendar.zone(text))
    except ValueError:
        return False


def _names(usernames: Sequence[str]) -> dict[str, str]:
    """What the file calls people: what is before the first dot of their username, if that is
    theirs alone.
    """
    own = {one: one.lstrip("._-") or "person" for one in usernames}
    short = {one: re.split("[._-]", name)[0] for one, name in own.items()}
    called: dict[str, str] = {}
    for one in usernames:
        alone = list(short.values()).count(short[one]) == 1
        named = chain([short[one]] if alone else [], [own[one]], _numbered(own[one]))
        called[one] = next(name for name in named if name not in called.values())
    return {one: _scalar(name) for one, name in called.items()}


def _numbered(name: str) -> Iterator[str]:
    return (f"{name}-{number}" for number in count(2))


def _scalar(text: str) -> str:
    plain = _PLAIN.fullmatch(text) and text not in _NO_TEXT
    return text if plain else json.dumps(text, ensure_ascii=False)


_HEAD = """\
# Who is on call, as setflow reads it. The setflow sources have examples/set.yaml, which shows all
# that can stand here: crews, working hours, tickets, playbooks.
#
#   setflow check FILE             every mistake at once, with line and column
#   setflow apply --dry-run FILE   what would change, and who would be on by it
version: 1
timezone: {zone}
admins: [{first}]
channels: {{operations: {channel}}}
"""

_PAIR = """\
rotations:
  oncall:
    channel: {channel}
    seats: [primary, backup]      # backup: whoever is next in turn
    layers:
      - {{type: weekly, start: "{monday} 09:00", people: [{people}]}}

groups: {{everybody: [{people}]}}

ladders:
  urgent:
    rounds: 3
    steps:
      - {{page: [oncall.primary], wait: 5m}}
      - {{page: [oncall.backup], wait: 10m}}
    fallback: [group:everybody]

routes:
  - {{ladder: urgent}}
"""

_ALONE = """\
rotations:
  oncall: {{type: weekly, start: "{monday} 09:00", people: [{people}], channel: {channel}}}

# A ladder needs two people; add one to `people`, then:
#
# ladders:
#   urgent: {{steps: [{{page: [oncall], wait: 5m}}, {{page: ["person:NAME"], wait: 10m}}]}}
"""
