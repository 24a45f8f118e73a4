"""`/set schedule`: the coming weeks as a picture."""

from collections.abc import Mapping, Sequence

from setflow import engine, views
from setflow.db import Tx
from setflow.errors import Refused
from setflow.web.caller import Caller, Verb
from setflow.wording import seat_label

WEEKS = 2
MOST_WEEKS = 12


def _schedule(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    names = [word for word in arguments if not word.isdecimal()]
    numbers = [int(word) for word in arguments if word.isdecimal()]
    if len(names) > 1 or len(numbers) > 1:
        raise Refused("Write `/set schedule [ROTATION] [WEEKS]`, such as `/set schedule set 4`.")
    weeks = numbers[0] if numbers else WEEKS
    if not 1 <= weeks <= MOST_WEEKS:
        raise Refused(f"A picture shows 1 to {MOST_WEEKS} weeks; write such a number.")
    rotation = names[0] if names else views.rotation_of(tx, caller.channel, now=caller.now)
    key = f"{caller.user.user_id}:{caller.now.isoformat()}"
    asked = engine.ScheduleAsked(rotation, caller.channel, weeks, by=caller.name, key=key)
    engine.handle(tx, [asked], now=caller.now)
    which = "week" if weeks == 1 else f"{weeks} weeks"
    return (
        f"The next {which} of {seat_label(rotation)} follow in this channel; where I am not in "
        "it, in our direct messages."
    )


VERBS: Mapping[str, Verb] = {
    "schedule": Verb("schedule [ROTATION] [WEEKS]", "posts the coming weeks, drawn", _schedule)
}
