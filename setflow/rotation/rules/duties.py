"""What people call their week: the shifts of one turn that one person has without a break."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from setflow.rotation.rules.stretches import stretches
from setflow.rotation.rules.values import Duty, History, Override

# Within a duty hours open again after a week, or a day more where clocks skip or move one.
_NEAR, _FAR = timedelta(days=8), timedelta(days=800)


def duties(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Duty]:
    """The duties of a seat that reach between `start` and `end`, whole, in order.

    One that is off between two of its shifts reaches there too. Where a stand-in or another layer
    comes between, what is before and what is after are two.
    """
    before = after = _NEAR
    while True:
        every = _duties(history, overrides, seat, start - before, end + after)
        found = [one for one in every if one.start < end and start < one.end]
        # What was found first or last of all may go on.
        if found and found[0] is every[0] and before < _FAR:
            before *= 2
        elif found and found[-1] is every[-1] and after < _FAR:
            after *= 2
        else:
            return found


def _duties(
    history: History, overrides: Sequence[Override], seat: str, start: datetime, end: datetime
) -> list[Duty]:
    found: list[Duty] = []
    last = None
    for one in stretches(history, overrides, seat, start, end):
        same = (one.person, one.override, None if one.override else one.turn)
        if one.person is None:
            last = None
        elif found and same == last:
            found[-1] = found[-1]._replace(end=one.end)
        else:
            last = same
            found.append(
                Duty(seat, one.person, one.start, one.end, one.override, one.turn, one.part)
            )
    return found
