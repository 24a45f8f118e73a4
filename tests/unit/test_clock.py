"""A process's clock once it was compared with the database's: nobody can set it under it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.app.clock import FURTHEST_CLOCK, Steady

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Machine:
    """A wall clock that somebody sets, and one that nobody can."""

    def __init__(self) -> None:
        self.set_ahead, self.gone = timedelta(), 0.0

    def wall(self) -> datetime:
        return NOON + timedelta(seconds=self.gone) + self.set_ahead

    def elapsed(self) -> float:
        return self.gone


def test_before_it_was_compared_it_is_the_machines():
    machine = Machine()
    clock = Steady(machine.wall, machine.elapsed)
    machine.set_ahead = HOUR

    assert clock() == NOON + HOUR


@pytest.mark.parametrize("step", [HOUR, -HOUR, timedelta(seconds=3)])
def test_a_step_is_not_followed_until_it_was_compared(step):
    machine = Machine()
    clock = Steady(machine.wall, machine.elapsed)
    assert clock.agrees(timedelta(seconds=0.1))
    machine.gone, machine.set_ahead = 5.0, step
    assert clock() == NOON + timedelta(seconds=5)

    # The database did not follow it: it goes on by the time that all share, and says so.
    assert not clock.agrees(-step)
    machine.gone = 15.0
    assert clock() == NOON + timedelta(seconds=15)

    # Set back, or the database's machine was set as well.
    machine.set_ahead = timedelta()
    assert clock.agrees(timedelta())
    assert clock() == machine.wall()


@given(st.floats(-1.9, 1.9), st.floats(0, 1e5))
def test_what_is_near_enough_is_as_the_machine_says(off, gone):
    machine = Machine()
    clock = Steady(machine.wall, machine.elapsed)
    assert clock.agrees(timedelta(seconds=off))
    machine.gone, machine.set_ahead = gone, FURTHEST_CLOCK / 2

    assert clock() == machine.wall()
