"""A plan from the first look at it to the file: proposed, read, taken."""

import json
from datetime import timedelta

import pytest

from setflow import planner, views
from setflow.db import transaction
from setflow.rotation import store as rotations
from tests.acceptance.test_cli import Terminal
from tests.acceptance.world import file as configured

FILE = """\
version: 1
timezone: Europe/Berlin
people:    # all of them
  {ana: {}, bo: {}, cy: {}, di: {}, eve: {}, mara: {},
   fay: {until: 2021-01-01}, max: {}}
teams: {red: {title: Red, lead: mara, members: [ana, bo, cy, eve, fay, di]}}
rotations:
  set:
    cycle: {start: "2020-01-06 08:00", weeks: 2, swap: weekly}
    shifts: {day: {hours: [{from: "08:00", to: "18:00"}]}}
    crews:
      - {team: red, lead: mara, day: [ana, bo]}   # the old hands
      - {team: red, lead: mara, day: [cy, fay]}   # fay has left
groups: {all: [ana, bo]}   # and so on
"""


@pytest.fixture
def terminal(tmp_path, reachable_folder):
    return Terminal(tmp_path, reachable_folder / "cli")


def test_a_plan_is_proposed_read_and_taken(terminal):
    file = terminal.write("set.yaml", FILE)
    terminal.good("apply", file)

    proposed = terminal.good("plan", "set", "--cycles", "2")
    assert "Fay" not in proposed.split("Hours on")[0].replace("fay", "")
    assert "There is no better plan" in proposed
    assert "instead of fay" in proposed
    assert proposed.endswith("Nothing was changed; `--file set.yaml --apply` takes it.\n")
    assert file.read_text() == FILE

    alone = terminal.run("plan", "set", "--apply")
    assert (alone.returncode, alone.stderr) == (
        1,
        "A plan is written into your file: name it with --file set.yaml.\n",
    )

    taken = terminal.good("plan", "set", "--cycles", "2", "--file", file, "--apply")
    assert "written into" in taken.splitlines()[-1]
    assert "in force now as version" in taken.splitlines()[-1]
    before, after = FILE.splitlines(), file.read_text().splitlines()
    added = [line for line in after if line not in before]
    assert [line for line in after if line not in added] == before
    assert added[0] == "    cycles:"

    again = json.loads(terminal.good("plan", "set", "--cycles", "2", "--json"))
    assert [one["changed"] for one in again["cycles"]] == [False, False]
    assert again["differences"] == []
    assert all("fay" not in one["shifts"]["day"] for one in again["cycles"])


def test_the_ledger_knows_who_was_on_who_was_paged_and_who_is_away(bare):
    world = bare
    world.apply(configured(contact='{via: sms, to: "+491", after: 1m}'))
    world.alert()
    world.pass_time(minutes=6)  # ana in chat and by SMS, then bo
    assert world.phones.heard("+491")
    world.alert("Another one")
    away = rotations.Absence(0, "eve", world.now, world.now + timedelta(days=30))
    with transaction(world.db) as tx:
        rotations.add_absence(tx, away, by="eve", source="chat", now=world.now)
        ground = views.planning_ground(tx, given=None, now=world.now)

    setting = planner.setting(ground, "set", cycles=2, rest=1, now=world.now)

    assert ground.pages == {"ana": 2, "bo": 1}
    # Two weeks of twelve hours, as far as they have come and as they are to go on.
    assert setting.past["ana"] == planner.Load(168, 0, 48, 0, pages=2)
    assert setting.past["eve"] == planner.Load()
    assert [one.person for one in setting.absences] == ["eve"]
    assert setting.rate > 0


def test_a_plan_that_cannot_be_is_explained_and_not_written(terminal):
    gone = FILE.replace("cy: {}, di: {}, eve: {}", "cy: {until: 2021-01-01}, di: {}, eve: {}")
    gone = gone.replace("[ana, bo, cy, eve, fay, di]", "[cy, fay]")
    file = terminal.write("set.yaml", gone)

    done = terminal.run("plan", "set", "--cycles", "2", "--file", file, "--apply")

    assert "Cannot be filled, and stays as it is:\n  No two of Red can be on day" in done.stdout
    assert "cy and fay leave on 1 Jan." in done.stdout
    assert done.returncode == 1
    assert "nothing was written" in done.stderr
    assert file.read_text() == gone
