"""`/set maintenance`: windows in which alerts page nobody, listed, opened and ended."""

from collections.abc import Sequence

from setflow import engine, views
from setflow.adapters.mattermost.spans import EXAMPLES, said, span_of
from setflow.adapters.mattermost.text import escape
from setflow.db import Tx
from setflow.errors import Refused
from setflow.web.caller import Caller, Verb


def _maintenance(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    if not arguments:
        return _listed(tx, caller)
    if arguments[0] == "end":
        return _end(tx, caller, arguments[1:])
    return _open(tx, caller, arguments[0], " ".join(arguments[1:]))


def _open(tx: Tx, caller: Caller, of: str, words: str) -> str:
    zone = views.zone_of(tx, caller.name, now=caller.now)
    try:
        span, _ = span_of(words, zone, now=caller.now)
    except ValueError as error:
        raise Refused(f"{error}. Write FROM and TO as {EXAMPLES}.") from None
    if span is None:
        raise Refused(f"Say from when to when: `/set maintenance {of} FROM TO`, as {EXAMPLES}.")
    message = engine.OpenMaintenance(of, span.start, span.end, caller.name)
    events = engine.handle(tx, [message], now=caller.now)
    number = next(one.number for one in events if isinstance(one, engine.MaintenanceOpened))
    when = said(span.start, span.end, zone, now=caller.now)
    return (
        f"Alerts of {escape(of)} page nobody, {when}. They are shown, and page at its end if they "
        f"still fire. `/set maintenance end {number}` ends it."
    )


def _end(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    if not arguments or not arguments[0].isdigit():
        raise Refused("Say which, by its number: `/set maintenance end 3`.")
    message = engine.EndMaintenance(int(arguments[0]), caller.name)
    engine.handle(tx, [message], now=caller.now)
    return f"Maintenance {arguments[0]} is over; what still fires pages now."


def _listed(tx: Tx, caller: Caller) -> str:
    zone = views.zone_of(tx, caller.name, now=caller.now)
    lines = [
        f"- **{one.number}** {escape(one.name)}: {said(one.start, one.end, zone, now=caller.now)}"
        for one in engine.chat_windows(tx, caller.now)
    ]
    none = "No maintenance is open or planned here; the file's stand in its `maintenance`."
    return "\n".join(lines) or none


VERBS = {
    "maintenance": Verb(
        "maintenance [SOURCE or LADDER or SEAT FROM TO | end NUMBER]",
        "has alerts page nobody for a while, or lists those windows",
        _maintenance,
    )
}
"""What `/set` adds for maintenance."""
