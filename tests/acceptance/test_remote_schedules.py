"""OpsGenie's schedules beside ours: compared and told, or mended by overrides there."""

import pytest

from setflow import engine, views
from setflow.db import transaction
from setflow.sandbox.opsgenie.rota import Override, Rotation
from setflow.sandbox.trouble import DOWN
from tests.acceptance.world import OPS, at, file

PRIMARY = "SET primary"
EMEA, AMERICAS = "emea-0001-rotation", "amer-0002-rotation"
HOURS = {EMEA: ((None, 480, 1200),), AMERICAS: ((None, 1200, 480),)}


def configured(keep="", schedule=PRIMARY):
    said = f'{{mode: mirror, schedules: {{set.primary: "{schedule}"}}{keep}}}'
    return file().replace("opsgenie: {mode: page}", f"opsgenie: {said}")


OVERRIDE = configured(", keep: override")


def mail(name):
    return f"{name}@example.com"


def rotation(number, people):
    users = tuple(mail(name) for name in people.split())
    return Rotation(number, number[:4], at("2026-11-30 08:00"), users, hours=HOURS[number])


@pytest.fixture
def theirs(bare):
    """OpsGenie's schedule; it says what ours does."""
    rotations = rotation(EMEA, "ana bo eve fay"), rotation(AMERICAS, "cy di gus hal")
    schedule = bare.opsgenie.desk.schedule(PRIMARY, "Europe/Berlin", *rotations)
    bare.apply(configured())
    bare.pull("schedules")
    assert bare.channel(OPS).posts() == []
    return schedule


def stand_in(schedule, alias, person, start, end, *rotations):
    schedule.put(Override(alias, person and mail(person), at(start), at(end), rotations))


def ours(schedule):
    """Our overrides there, as `who from to`."""
    return [
        f"{one.user.partition('@')[0]} {one.start:%d %H:%M} {one.end:%d %H:%M}"
        for alias, one in schedule.overrides.items()
        if alias.startswith("setflow-")
    ]


def later(world, **amount):
    world.stand_still(**amount)
    world.settle()
    world.pull("schedules")


def test_what_differs_is_told_once_in_a_post_that_follows_it_until_they_agree(bare, theirs):
    stand_in(theirs, "hand-made", "bo", "2026-12-03 13:00", "2026-12-03 16:00")
    later(bare, hours=1)
    ops = bare.channel(OPS)
    assert ops.shows("differs from ours") == (
        "**OpsGenie's SET primary differs from ours**\n"
        "- **Thu 13:00 – 16:00** · theirs Bo Doe, ours Ana Doe\n"
        "Correct whichever is wrong; with `keep: override` in the file's `opsgenie:` setflow makes "
        "overrides there.\n"
        "Until then each pages by its own.\n"
        "Berlin time"
    )
    later(bare, days=1)
    assert bare.keys("schedule-differs:") == ["schedule-differs:set.primary:2026-11-30:1"]

    stand_in(theirs, "second", "zoe", "2026-12-05 21:00", "2026-12-05 23:00", AMERICAS)
    later(bare, hours=1)
    assert bare.keys("schedule-differs:")[1:] == ["schedule-differs:set.primary:2026-12-01:2"]
    ops.shows("Sat 21:00 – 23:00", "example.com (unknown here), ours Cy Doe")
    ops.shows("OpsGenie's SET primary differed from ours; a post below says how it does now.")

    del theirs.overrides["second"], theirs.overrides["hand-made"]
    later(bare, hours=1)
    ops.shows("OpsGenie's SET primary agrees with ours again.", "Nothing to do.")
    ops.does_not_show("Thu 13:00")
    later(bare, hours=1)
    assert len(bare.keys("schedule-differs:")) == 2
    assert theirs.overrides == {}


def test_a_stand_in_here_is_an_override_there_at_once_and_goes_with_it(bare, theirs):
    bare.apply(OVERRIDE)
    stand_in(theirs, "hand-made", "di", "2026-12-01 21:00", "2026-12-01 23:00", AMERICAS)
    asked = engine.AddOverride(
        "set.emea.primary", "bo", at("2026-12-03 13:10"), at("2026-12-04 13:00"), "shell"
    )
    with transaction(bare.db) as tx:
        added, *_ = engine.handle(tx, [asked], now=bare.now)
    bare.settle()
    wanted = ["bo 03 12:00 03 19:00", "bo 04 07:00 04 12:00"]
    assert ours(theirs) == wanted
    later(bare, hours=1)
    assert ours(theirs) == [*wanted, "cy 01 20:00 01 22:00"]
    assert theirs.override("hand-made").user == mail("di")
    for moment in ("2026-12-03 12:00", "2026-12-03 14:00", "2026-12-04 14:00", "2026-12-01 21:30"):
        with transaction(bare.db) as tx:
            rows = views.who_rows(tx, "set.primary", at(moment), now=bare.now)
        assert theirs.on_call(at(moment)) == [mail(name) for one in rows for name in one.people]

    with transaction(bare.db) as tx:
        engine.handle(tx, [engine.UndoOverride(added.override, "shell")], now=bare.now)
    bare.settle()
    assert ours(theirs) == ["cy 01 20:00 01 22:00"]
    sent = bare.rows("select key from outbox where kind = 'KeepRemoteOverride'")
    assert len(sent) == 5
    bare.channel(OPS).does_not_show("differs")


def test_what_opsgenie_does_not_take_is_tried_again_or_told_and_made_once(bare, theirs):
    bare.opsgenie.app.trouble = DOWN
    bare.apply(OVERRIDE.replace("emea: [ana, bo]", "emea: [bo, ana]"))
    bare.pull("schedules")
    assert ours(theirs) == []
    bare.opsgenie.app.trouble = None
    bare.restart()
    later(bare, minutes=2)
    swapped = ours(theirs)
    assert swapped[0] == "ana 07 07:00 07 19:00"
    assert len(swapped) == 7
    later(bare, hours=1)
    assert ours(theirs) == swapped

    bare.opsgenie.desk.strangers = {mail("ana")}
    stand_in(theirs, "hand-made", "zoe", "2026-12-01 09:00", "2026-12-01 12:00", EMEA)
    later(bare, hours=1)
    (dead,) = bare.dead()
    assert dead == "opsgenie-schedule:set.primary:setflow-set.primary-20261201T0800-emea-000:2"
    said = bare.channel(OPS).shows("Could not keep override", "in OpsGenie's schedule of set.prim")
    assert "OpsGenie answered 422" in said
    later(bare, hours=1)
    later(bare, hours=1)
    assert len(bare.rows("select key from outbox where kind = 'KeepRemoteOverride'")) == 8
    bare.opsgenie.desk.strangers = set()
    bare.user("mara").clicks("Retry", channel=OPS)
    assert "ana 01 08:00 01 11:00" in ours(theirs)


def test_where_nobody_is_on_here_theirs_is_told_but_never_emptied(bare, theirs):
    bare.apply(OVERRIDE.replace("set.primary:", "set.emea.primary:"))
    bare.pull("schedules")
    assert (ours(theirs), bare.channel(OPS).posts()) == ([], [])
    bare.apply(configured().replace("set.primary:", "set.emea.primary:"))
    said = bare.channel(OPS).shows("- **20:00 – Tue 08:00** · theirs Cy Doe, ours nobody")
    assert "and 5 more in the next two weeks" in said


def test_a_schedule_that_is_not_there_or_off_is_said_once_and_keeps_no_other_waiting(bare, theirs):
    both = f'{{set.lead: "SET leads", set.primary: "{PRIMARY}"}}'
    bare.apply(configured().replace(f'{{set.primary: "{PRIMARY}"}}', both))
    stand_in(theirs, "hand-made", "", "2026-12-03 13:00", "2026-12-03 16:00")
    for _ in range(2):
        later(bare, minutes=5)
    ops = bare.channel(OPS)
    ops.shows(
        'OpsGenie\'s schedule "SET leads" of set.lead is not there, or the key may not read it'
    )
    ops.shows("theirs nobody, ours Ana Doe")
    theirs.enabled = False
    later(bare, minutes=5)
    ops.shows(f'OpsGenie\'s schedule "{PRIMARY}" of set.primary is switched off')
    assert len(ops.posts()) == 3

    bare.apply(file())
    stand_in(theirs, "another", "", "2026-12-05 13:00", "2026-12-05 16:00")
    later(bare, minutes=5)
    ops.does_not_show("Sat 13:00")
