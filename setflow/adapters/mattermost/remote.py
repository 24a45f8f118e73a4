"""How a schedule in OpsGenie differs from ours, in words. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import AMBER, GREEN, Pen, Post
from setflow.adapters.mattermost.text import escape, listed
from setflow.facts import ApartFacts, RemoteScheduleFacts
from setflow.wording import stretch

MOST_SHOWN = 10


def remote_post(schedule: RemoteScheduleFacts, pen: Pen) -> Post:
    """The post on it, which is patched as long as it is the newest of its schedule."""
    name = escape(schedule.name)
    if schedule.state == "elsewhere":
        return pen.post(f"OpsGenie's {name} differed from ours; a post below says how it does now.")
    if schedule.state == "agrees":
        said = f"OpsGenie's {name} agrees with ours again."
        return pen.post(said, pen.bar(GREEN, "Nothing to do."))
    shown = [_line(one, schedule.zone, pen.now) for one in schedule.apart[:MOST_SHOWN]]
    hidden = len(schedule.apart) - MOST_SHOWN
    more = [f"and {hidden} more in the next two weeks"] if hidden > 0 else []
    mend = (
        "setflow's overrides do not mend this: somebody is no user there, more people are on than "
        "it has rotations, or another override stands above them."
        if schedule.mended
        else "Correct whichever is wrong; with `keep: override` in the file's `opsgenie:` setflow "
        "makes overrides there."
    )
    return pen.post(
        "\n".join([f"**OpsGenie's {name} differs from ours**", *shown, *more, mend]),
        pen.bar(AMBER, "Until then each pages by its own.", zone=schedule.zone),
    )


def _line(one: ApartFacts, zone: ZoneInfo, now: datetime) -> str:
    at = stretch(one.start, one.end, zone, now=now)
    return f"- **{at}** · theirs {_people(one.theirs)}, ours {_people(one.ours)}"


def _people(titles: Sequence[str]) -> str:
    return listed(escape(title, 80) for title in titles) or "nobody"
