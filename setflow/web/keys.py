"""`/set keys`: the keys of sources, for admins; their secrets are not kept."""

from collections.abc import Sequence

from setflow import present, views
from setflow.adapters.mattermost.text import escape, when
from setflow.db import Tx
from setflow.errors import Refused
from setflow.team.rules import Directory
from setflow.web.caller import Caller, Verb


def _keys(tx: Tx, caller: Caller, _: Sequence[str]) -> str:
    here = present.read(tx, caller.now)
    if caller.name not in here.configuration.admins:
        whom = Directory.of(here.configuration.people).titles(here.configuration.admins)
        raise Refused(f"Keys are for admins: ask {whom or 'whoever runs setflow'}.")
    zone = here.zone_of(caller.name)

    def line(one: views.Key) -> str:
        used = f"used {when(one.used_at, zone, now=caller.now)}" if one.used_at else "never used"
        ends = f", holds until {when(one.ends_at, zone, now=caller.now)}" if one.ends_at else ""
        return f"- `{one.id}` **{escape(one.source)}** may {', '.join(one.scopes)}; {used}{ends}"

    lines = [line(one) for one in views.keys(tx) if one.good(caller.now)]
    none = "There is no key but those of the environment; `setflow keys new SOURCE` makes one."
    return "\n".join(lines) or none


VERBS = {"keys": Verb("keys", "lists the keys of sources, for admins", _keys)}
"""What `/set` adds for keys."""
