"""OpsGenie beside setflow: both page and are compared, then setflow pages alone."""

from datetime import timedelta

from setflow import engine
from setflow.db import transaction
from setflow.sandbox.trouble import DOWN
from tests.acceptance.world import OPS, SET, file

ANA, BO = "ana@example.com", "bo@example.com"


def raised(world, title, *told):
    number = world.opsgenie.create(title, alias=title, priority="P1")
    for user in told:
        world.opsgenie.page(number, user)
    world.pull("opsgenie")
    return number


def test_while_both_page_what_differs_is_reported_every_morning(world):
    world.apply(file(opsgenie="shadow"))
    world.pull("shadow")

    same = raised(world, "Same for both", ANA)
    world.user("ana").clicks("Acknowledge")
    others = raised(world, "Others there", BO)
    unseen = world.opsgenie.create("Missed here", priority="P2")
    world.opsgenie.page(unseen, ANA)
    for number in (same, others, unseen):
        world.opsgenie.close(number, ANA)

    assert world.paged() == ["ana", "ana"]
    assert world.opsgenie.desk.alert(same).acknowledged[0] == ANA
    world.pull("opsgenie")
    world.pass_time(until="2026-12-01 08:59")
    world.pull("shadow")
    world.channel(OPS).does_not_show("setflow differ")

    world.opsgenie.app.trouble = DOWN
    world.pass_time(until="2026-12-01 09:00")
    world.pull("shadow")
    world.opsgenie.app.trouble = None
    for _ in range(2):
        world.pull("shadow")
    report = world.channel(OPS).shows("setflow differ")
    assert report.splitlines()[:4] == [
        "**OpsGenie and setflow differ on 2 of 3 alerts** since Mon 11:00",
        "- **Missed here** (P2, Mon 11:00): OpsGenie told Ana Doe; it never came in here",
        "- **Others there** (P1, Mon 11:00): OpsGenie told Bo Doe first, setflow Ana Doe",
        "Both page. Once nothing differs, write `mode: page` in the file and take the responders "
        "out of OpsGenie's routing rules, which page until then.",
    ]
    # Of two processes the second finds it done.
    with transaction(world.db) as tx:
        again = engine.ShadowSeen((), world.now, world.now, "2026-12-01")
        assert engine.handle(tx, [again], now=world.now) == []
    assert len(world.keys("shadow:")) == 1

    world.pass_time(until="2026-12-02 09:00")
    world.pull("shadow")
    world.channel(OPS).shows("No alert came since Tue 09:00", "not differed since Tue 1 Dec.")


def test_where_setflow_pages_what_is_done_here_is_done_in_opsgenie(world):
    world.apply(file(opsgenie="page"))
    number = raised(world, "Checkout API down")
    desk = world.opsgenie.desk

    world.user("ana").says("/set ack 1")
    assert desk.alert(number).acknowledged[0] == ANA
    world.user("ana").says("/set snooze 1 1h")
    assert desk.alert(number).until == world.now.replace(hour=world.now.hour + 1)
    world.pass_time(minutes=61)
    assert desk.alert(number).acknowledged is None
    assert len(world.keys("page:")) == 2

    # Who takes it there after it came back has it here as well.
    world.opsgenie.acknowledge(number, BO)
    world.pull("opsgenie")
    world.user("ana").sees("Checkout API down", "Bo Doe has it")
    world.user("bo").says("/set resolve 1")
    assert desk.alert(number).closed[0] == BO


def test_what_is_given_back_in_opsgenie_pages_again(world):
    world.apply(file(opsgenie="page"))
    number = raised(world, "Checkout API down")

    # Until what was done here was seen there, what nobody has there says nothing.
    world.opsgenie.desk.holding = True
    world.user("ana").clicks("Acknowledge")
    world.pull("opsgenie")
    assert world.paged() == ["ana"]
    world.opsgenie.desk.release()
    world.pull("opsgenie")

    world.pass_time(minutes=3)
    world.opsgenie.unacknowledge(number, BO)
    for _ in range(2):
        world.pull("opsgenie")
    assert world.paged() == ["ana", "ana"]
    world.user("ana").sees("you had it, and it was given back in OpsGenie")
    world.channel(SET).shows("Ana Doe had it until 11:03, when it was given back in OpsGenie")

    world.opsgenie.acknowledge(number, BO)
    world.pull("opsgenie")
    world.channel(SET).shows("Bo Doe has it since 11:03")


def test_what_is_snoozed_in_opsgenie_waits_here_too(world):
    world.apply(file(opsgenie="shadow"))
    number = raised(world, "Disk full")
    until = world.now + timedelta(minutes=30)
    world.opsgenie.snooze(number, BO, until)
    world.pull("opsgenie")
    world.channel(SET).shows("OpsGenie snoozed it until 11:30")
    world.pass_time(minutes=29)
    assert world.paged() == ["ana"]
    world.pass_time(minutes=1)
    assert world.paged() == ["ana", "ana"]


def test_where_opsgenie_pages_the_post_follows_who_has_it_there(world):
    world.apply(file(opsgenie="mirror"))
    number = raised(world, "Disk full")
    world.opsgenie.acknowledge(number, BO)
    world.pull("opsgenie")
    world.channel(OPS).shows("Bo Doe has it")
    world.opsgenie.unacknowledge(number, BO)
    world.pull("opsgenie")
    world.channel(OPS).shows("OpsGenie pages for it", "Nobody has it yet")
    assert world.paged() == []
