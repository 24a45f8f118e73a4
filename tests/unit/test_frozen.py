import dataclasses

import pytest

from setflow.escalation.rules.storms import Storm
from setflow.frozen import replace


def test_it_is_what_dataclasses_say_it_is():
    storm = Storm("ana", nth=3)
    assert replace(storm, over=True, nth=4) == dataclasses.replace(storm, over=True, nth=4)
    assert storm == Storm("ana", nth=3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        replace(storm, over=True).over = False


def test_a_field_that_is_not_there_is_refused():
    with pytest.raises(AttributeError):
        replace(Storm("ana"), undone=True)
