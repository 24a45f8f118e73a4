"""What a plan is made of: who has served over the last quarters, who was paged, who is away."""

from datetime import datetime, timedelta

from setflow import outbox, present
from setflow.db import Tx
from setflow.definitions import Configuration
from setflow.planner import QUARTERS, Ground
from setflow.rotation import rules
from setflow.rotation import store as rotations

AHEAD = timedelta(weeks=3 * 53)


def planning_ground(tx: Tx, *, given: Configuration | None, now: datetime) -> Ground:
    """What is known, by the configuration in force, or as it would be with `given` applied.

    Raises Refused where neither is there.
    """
    since = now - QUARTERS
    here = present.maybe(tx, now, since=since) if given else present.read(tx, now, since=since)
    history: rules.History = here.history if here else {}
    for rotation in given.rotations.values() if given else ():
        history = rules.revise(history, rotation, now)
    configuration = given or (here.configuration if here else None)
    assert configuration
    return Ground(
        configuration,
        history,
        here.overrides if here else (),
        rotations.absences(tx, since, now + AHEAD),
        outbox.pages(tx, since),
    )
