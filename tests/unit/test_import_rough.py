"""Documents with parts torn out or turned to nonsense: imported or refused, never a crash."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.errors import Refused
from tests.unit.importing import fixture, imported

JUNK = st.sampled_from(
    [
        *(None, "", "x", -1, 0, 10**30, 1.5, True, [], {}, [None], {"id": 3}, "none", "24:61:99"),
        *("9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+14:00", "2026-11-21 10:00"),
        "\u202e\x00",
    ]
)
WHOLE = {system: fixture(system) for system in ("opsgenie", "jsm", "goalert", "pagerduty")}
# Of thousands of shifts a few are enough: all else matters more.
SHIFTS = ("shifts", "periods", "rendered_schedule_entries")


def spots(value, found, most=50):
    """Every (container, key) of a document but most of those of its shifts."""
    for key in list(value if isinstance(value, dict) else range(len(value)))[:most]:
        found.append((value, key))
        if isinstance(value[key], dict | list):
            spots(value[key], found, 2 if key in SHIFTS else 50)
    return found


@pytest.mark.parametrize("system", WHOLE)
@given(hurts=st.lists(st.tuples(st.integers(0, 10**6), JUNK), min_size=1, max_size=4))
def test_a_damaged_document_is_imported_or_refused(system, hurts):
    documents = [(name, copy.deepcopy(one)) for name, one in WHOLE[system]]
    for number, junk in hurts:
        found = spots([one for _, one in documents], [])
        container, key = found[number % len(found)]
        container[key] = copy.deepcopy(junk)

    try:
        done = imported(system, documents)
    except Refused:
        return
    assert done.configuration.rotations
