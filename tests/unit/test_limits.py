"""What one caller may send is bounded, and nobody pays for another."""

import pytest
from fastapi import HTTPException

from setflow.web.limits import BURST_SECONDS, BYTES_A_SECOND, REQUESTS_A_SECOND, Ceiling

MOST = int(REQUESTS_A_SECOND * BURST_SECONDS)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def refused(ceiling: Ceiling, caller: str, size: int) -> str:
    """How they are refused, and for how long; "" where they are not."""
    try:
        ceiling.count(caller, size)
    except HTTPException as error:
        return f"{error.status_code}, {(error.headers or {})['Retry-After']} s"
    return ""


def test_a_burst_is_taken_and_then_no_more_than_what_runs_off():
    clock = Clock()
    ceiling = Ceiling(clock)
    assert {refused(ceiling, "a", 100) for _ in range(MOST)} == {""}
    assert refused(ceiling, "a", 100) == "429, 1 s"
    assert refused(ceiling, "b", 100) == ""
    clock.now += 1
    assert [refused(ceiling, "a", 100) for _ in range(int(REQUESTS_A_SECOND))][-1] == ""
    assert refused(ceiling, "a", 100) == "429, 1 s"


@pytest.mark.parametrize(("seconds", "answer"), [(0.0, "429, 2 s"), (3.0, "")])
def test_bytes_count_as_requests_do(seconds, answer):
    clock = Clock()
    ceiling = Ceiling(clock)
    ceiling.count("a", int(BYTES_A_SECOND * BURST_SECONDS))
    clock.now += seconds
    assert refused(ceiling, "a", int(BYTES_A_SECOND * 2)) == answer
