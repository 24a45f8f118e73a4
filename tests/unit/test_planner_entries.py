"""A plan goes into the file, and nothing else in the file moves."""

from datetime import date

import pytest

from setflow import definitions, planner
from setflow.errors import Refused
from setflow.planner import Crew

HEAD = """\
version: 1
timezone: Europe/Berlin
people: {ana: {},   bo: {}, cy: {}, "1": {}}   # odd
teams: {red: {lead: cy, members: [ana, bo]}}
rotations:
  set:   # here
    shifts: {day: {hours: [{from: "08:00", to: "18:00"}]}}
    crews:
      - {team: red, lead: cy, day: [ana, bo]}
    cycle: {start: "2026-11-09 08:00", weeks: 2}
"""
TAIL = "\n# the end\ngroups: {all: [ana]}\n"
BO = Crew("red", "cy", {"day": ("bo", "ana")})
ODD = Crew("", "1", {"day": ("ana", "cy")})
BO_TEXT = "{team: red, lead: cy, day: [bo, ana]}"
ODD_TEXT = '{lead: "1", day: [ana, cy]}'
FIRST, SECOND, THIRD = date(2026, 11, 9), date(2026, 11, 23), date(2026, 12, 7)

LAYOUTS = {
    "none yet": (
        HEAD + TAIL,
        {SECOND: BO},
        HEAD + f'    cycles:\n      "2026-11-23": {BO_TEXT}\n' + TAIL,
    ),
    "empty": (
        HEAD + "    cycles: {}   # none\n" + TAIL,
        {SECOND: BO, THIRD: ODD},
        HEAD
        + f'    cycles:  {{"2026-11-23": {BO_TEXT}, "2026-12-07": {ODD_TEXT}}}   # none\n'
        + TAIL,
    ),
    "before, in place of, and after others": (
        HEAD
        + "    cycles:   # holidays\n"
        + '      "2026-11-23": {lead: cy, day: [ana, bo]}   # why\n'
        + "      # and\n"
        + '      "2026-12-21":\n        lead: cy   # cy again\n        day: [ana, bo]\n'
        + TAIL,
        {FIRST: ODD, SECOND: BO, THIRD: BO},
        HEAD
        + "    cycles:   # holidays\n"
        + f'      "2026-11-09": {ODD_TEXT}\n'
        + f'      "2026-11-23": {BO_TEXT}   # why\n'
        + f'      "2026-12-07": {BO_TEXT}\n'
        + "      # and\n"
        + '      "2026-12-21":\n        lead: cy   # cy again\n        day: [ana, bo]\n'
        + TAIL,
    ),
    "as a block": (
        HEAD + "    cycles:\n      2026-11-23:\n        lead: cy\n        day: [ana, bo]\n" + TAIL,
        {SECOND: BO},
        HEAD + f"    cycles:\n      2026-11-23:\n        {BO_TEXT}\n" + TAIL,
    ),
    "in one line": (
        HEAD + '    cycles: {"2026-11-23": {lead: cy, day: [ana, bo]}}\n' + TAIL,
        {FIRST: BO, THIRD: BO},
        HEAD
        + f'    cycles: {{"2026-11-09": {BO_TEXT}, "2026-11-23": {{lead: cy, day: [ana, bo]}}, '
        + f'"2026-12-07": {BO_TEXT}}}\n'
        + TAIL,
    ),
    "at the end without a newline": (
        HEAD.rstrip(),
        {SECOND: BO},
        HEAD + f'    cycles:\n      "2026-11-23": {BO_TEXT}',
    ),
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_entries_are_written_and_all_else_stays(layout, newline):
    before, crews, after = (
        one.replace("\n", newline) if isinstance(one, str) else one for one in LAYOUTS[layout]
    )

    assert planner.written(before, "set", crews) == after
    again = after.replace("\r\n", "\n")
    configuration = definitions.read(again, "set.yaml", {})
    found = planner.revised(again, "set.yaml", configuration, "set", crews)
    assert found == configuration.rotations["set"]


def test_a_rotation_in_one_line_takes_them_too():
    line = '{cycle: {start: "2026-11-09 08:00", weeks: 2}, shifts: {day: {}}, crews: [CREW]}'
    line = line.replace("CREW", "{team: red, lead: cy, day: [ana, bo]}")
    head = HEAD[: HEAD.index("rotations:")] + "rotations:\n  set: "

    text = planner.written(f"{head}{line}\n", "set", {SECOND: BO})

    assert text == f'{head}{line[:-1]}, cycles: {{"2026-11-23": {BO_TEXT}}}}}\n'
    definitions.read(text, "set.yaml", {})


def test_a_file_that_cannot_be_followed_is_not_written_but_told_what_to_write():
    configuration = definitions.read(HEAD, "set.yaml", {})

    with pytest.raises(Refused) as refused:
        planner.revised(HEAD, "set.yaml", configuration, "set", {SECOND: BO})

    assert str(refused.value) == (
        "set.yaml is laid out so that setflow cannot write a plan into it; put these below "
        f'`cycles:` of set yourself, and apply it:\n  "2026-11-23": {BO_TEXT}'
    )


def test_an_anchor_in_what_would_be_replaced_is_left_alone():
    text = HEAD.replace("- {team", "- &first {team") + '    cycles: {"2026-11-23": *first}\n'
    definitions.read(text, "set.yaml", {})

    with pytest.raises(Refused, match="put these below `cycles:` of set yourself"):
        planner.written(text, "set", {SECOND: BO})
