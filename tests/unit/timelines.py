"""Who is on, worked out the plain way: a look at the clock on the wall every half an hour.

It shares nothing with setflow's own arithmetic, and is right as long as no handoff and no edge of
hours falls into an hour that clocks skip or repeat.
"""

from datetime import datetime, timedelta

STEP = timedelta(minutes=30)
WEEK = timedelta(weeks=1)


def turn(when, zone, start, length):
    """The number of the turn at `when`; `start` is a wall time, `length` a timedelta."""
    return (when.astimezone(zone).replace(tzinfo=None) - start) // length


def is_open(when, zone, spans):
    """Whether one of the spans, in minutes from Monday 00:00, is open; None is always."""
    local = when.astimezone(zone)
    minute = local.weekday() * 1440 + local.hour * 60 + local.minute
    return spans is None or any(
        begin <= minute < end or begin <= minute + 10_080 < end for begin, end in spans
    )


def sampled(begin, end, on):
    """(start, end, value) for each stretch in which `on` of an instant stays the same value."""
    found = []
    while begin < end:
        value = on(begin)
        if found and found[-1][2] == value:
            found[-1] = (found[-1][0], begin + STEP, value)
        else:
            found.append((begin, begin + STEP, value))
        begin += STEP
    return [one for one in found if one[2] is not None]


def iso(when):
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"


def instant(text):
    return datetime.fromisoformat(text)
