"""Pictures that somebody asks for."""

from collections.abc import Iterable

from setflow.effects import ShowSchedule
from setflow.engine.messages import ScheduleAsked
from setflow.engine.work import Work
from setflow.errors import Refused


def schedule_asked(work: Work, message: ScheduleAsked) -> Iterable[object]:
    """Post the coming weeks. Raises Refused where there is no such rotation."""
    rotations = work.present.configuration.rotations
    if message.rotation not in rotations:
        known = ", ".join(rotations) or "none yet"
        raise Refused(f"There is no rotation {message.rotation[:60]}; there is {known}.")
    shown = ShowSchedule(
        message.rotation, message.channel, message.weeks, message.key, by=message.by
    )
    return work.note(f"rotation:{message.rotation}", (), [shown], f"asked for by {message.by}")
