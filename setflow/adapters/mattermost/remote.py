"""How OpsGenie differs from us, its schedules and its alerts, in words. Pure."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from setflow.adapters.mattermost.post import AMBER, GREEN, Pen, Post
from setflow.adapters.mattermost.text import escape, listed
from setflow.facts import ApartFacts, RemoteScheduleFacts, ShadowFacts, ShadowRow
from setflow.wording import stretch, when

MOST_SHOWN = 10
MOST_WORST, MOST_NAMED = 3, 8
REPLACE = (
    "write `mode: page` in the file and take the responders out of OpsGenie's routing rules, which "
    "page until then"
)


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


def shadow_post(shadow: ShadowFacts, pen: Pen) -> Post:
    """The day's report while both page: the worst three, and which others there are."""
    since = when(shadow.since, shadow.zone, now=pen.now)
    if not shadow.rows and not shadow.apart:
        agree = {
            0: f"No alert came since {since}; OpsGenie and setflow have not differed",
            1: f"OpsGenie and setflow agree on the one alert since {since}; no difference",
        }.get(
            shadow.count,
            f"OpsGenie and setflow agree on all {shadow.count} alerts since {since}; no difference",
        )
        return pen.post(
            f"{agree} since {shadow.agreed:%a %-d %b}.",
            pen.bar(GREEN, f"After a quiet week {REPLACE}."),
        )
    lines = [_row(one, shadow.zone, pen.now) for one in shadow.rows]
    lines += [
        f"- OpsGenie's {escape(name)}, {_line(one, shadow.zone, pen.now)[2:]}"
        for name, one in shadow.apart
    ]
    hidden = [escape(one.title, 60) for one in shadow.rows[MOST_WORST:]][:MOST_NAMED]
    count = len(lines) - MOST_WORST
    more = f"and {count} more" + (f": {', '.join(hidden)}" if hidden else "")
    if count > len(hidden) > 0:
        more += " …"
    differ = f"differ on {len(shadow.rows)} of {shadow.count} alerts"
    if not shadow.rows:
        differ = "have others on call"
    head = f"**OpsGenie and setflow {differ}** since {since}"
    return pen.post(
        "\n".join([head, *lines[:MOST_WORST], *([more] if count > 0 else [])]),
        pen.bar(AMBER, f"Both page. Once nothing differs, {REPLACE}.", zone=shadow.zone),
    )


def _row(one: ShadowRow, zone: ZoneInfo, now: datetime) -> str:
    theirs, ours = _people(one.theirs), _people(one.ours)
    told = f"OpsGenie told {theirs} first"
    minutes = round(one.late.total_seconds() / 60)
    how = {
        "missing": f"OpsGenie told {theirs}; it never came in here",
        "unpaged": f"{told}, setflow nobody",
        "people": f"{told}, setflow {ours}",
        "late": f"both told {ours} first, setflow {minutes} min after OpsGenie",
        "alone": f"setflow told {ours} first, OpsGenie nobody",
        "taken": f"OpsGenie says that {theirs} has it, setflow that {ours} has",
    }[one.what]
    where = f"{escape(one.priority)}, {when(one.at, zone, now=now)}"
    return f"- **{escape(one.title, 120)}** ({where}): {how}"
