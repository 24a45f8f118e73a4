"""What is in force, and the questions that are asked of it."""

from datetime import UTC, datetime, timedelta

import pytest

from setflow import engine, outbox, present, views
from setflow.db import transaction
from setflow.effects import Receipt
from setflow.engine import AlertIn, Deciding, File, PageAsked
from setflow.errors import Refused
from setflow.escalation.spec import Target
from tests.acceptance.world import at, books, file

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)  # Monday 11:00 in Berlin


@pytest.fixture
def tx(db):
    """A transaction in which the crews of the stories are on duty; nothing of it is kept."""
    present._histories.clear()
    with db.connect() as tx:
        engine.apply(
            tx, File("set.yaml", file(playbooks="set-cycle"), books()), by="shell", now=NOW
        )
        yield tx


def test_before_anything_is_applied_every_question_is_answered_with_what_to_do(db):
    with transaction(db) as tx:
        assert present.maybe(tx, NOW) is None
        assert views.open_alerts(tx, now=NOW) == []
        assert views.channel_name(tx, "operations", now=NOW) == "operations"
        assert not views.health(tx, now=NOW)["configured"]
        for ask in (lambda: present.read(tx, NOW), lambda: views.who(tx, "", NOW, now=NOW)):
            with pytest.raises(Refused, match=r"run `setflow apply set\.yaml` first"):
                ask()


def test_targets_are_those_who_stand_there_now(tx):
    here = present.read(tx, NOW)

    assert here.answering(Target("seat", "set.primary")) == ("ana",)
    assert here.answering(Target("group", "dev-leads")) == ("mara", "max")
    assert here.answering(Target("team", "web")) == ("max", "eve", "fay", "gus", "hal")
    assert here.answering(Target("person", "di")) == ("di",)
    assert here.answering(Target("channel", "operations")) == ()
    assert here.holders("set.primary") == ("ana", "cy")
    assert here.holders("set.primary", turn="next") == ("bo", "di")
    assert here.seats_of_person("cy") == ("set.americas.primary",)


def test_somebody_who_left_the_configuration_is_said_by_name(tx):
    here = present.read(tx, NOW)

    assert here.named("zed").title == "zed"
    assert here.zone_of("zed").key == "Europe/Berlin"
    assert here.zone_of("cy").key == "America/New_York"
    assert here.channel("elsewhere") == "elsewhere"


def test_the_past_is_answered_by_the_versions_of_its_time(tx):
    text = file().replace("emea: [ana, bo]", "emea: [fay, bo]")
    later = NOW + timedelta(hours=1)
    engine.apply(tx, File("set.yaml", text, books()), by="shell", now=later)
    primary = "set.emea.primary"

    def on(at):
        return views.who(tx, primary, at, now=later)["seats"][0]["people"]

    assert on(later) == ["ana"]
    assert on(NOW) == ["ana"]
    assert on(NOW + timedelta(weeks=4)) == ["fay"]


def test_a_seat_that_was_taken_out_of_the_file_is_listed_until_its_last_turn_is_over(tx):
    less = file().replace(", americas: [cy, di]", "").replace(", americas: [gus, hal]", "")
    lines = [line for line in less.splitlines() if not line.startswith("      americas:")]
    engine.apply(tx, File("set.yaml", "\n".join(lines), {}), by="shell", now=NOW)

    def seats(name, when):
        return len(views.who(tx, name, at(when), now=NOW)["seats"])

    assert (seats("", "2026-12-06 20:00"), seats("", "2026-12-14 09:00")) == (5, 3)
    assert (seats("set", "2026-12-14 09:00"), seats("set.primary", "2026-12-14 09:00")) == (3, 1)
    assert seats("set.americas.primary", "2026-12-14 09:00") == 1


def test_who_of_an_unknown_seat_says_what_there_is(tx):
    with pytest.raises(Refused, match="There is no seat or rotation nowhere; there is set"):
        views.who(tx, "nowhere", NOW, now=NOW)


def test_a_schedule_is_clipped_and_sorted(tx):
    found = views.schedule(tx, "set", NOW, NOW + timedelta(hours=24), now=NOW)
    shifts = found["shifts"]

    assert shifts == sorted(shifts, key=lambda one: (one["start"], one["seat"]))
    assert shifts[0]["start"] == "2026-11-30T10:00:00Z"
    assert max(one["end"] for one in shifts) == "2026-12-01T10:00:00Z"
    assert found["gaps"] == []


def test_open_pages_are_those_of_alerts_that_nobody_has(tx):
    engine.handle(tx, [AlertIn("x", "k", "Disk full", "P1")], now=NOW)
    (alert,) = views.open_alerts(tx, now=NOW)
    lane = f"page:{alert.id}.1.0.0:ana:mattermost"
    for kept in (lane, f"alert:{alert.id}.1", f"alert:{alert.id}.7", "header:set"):
        outbox.keep_receipt(tx, kept, Receipt("channel", f"post of {kept}"), now=NOW)
    (page,) = views.open_pages(tx, now=NOW)
    assert (page.alert, page.person, page.post) == (alert.id, "ana", f"post of {lane}")
    assert views.open_channels(tx, now=NOW) == ["channel"]
    posts = [f"post of alert:{alert.id}.{nth}" for nth in (1, 7)]
    assert [one.post for one in views.open_posts(tx, posts, now=NOW)] == posts[:1]
    assert views.open_posts(tx, posts, now=NOW + timedelta(days=8)) == []
    engine.handle(tx, [Deciding("acknowledge", alert.id, by="bo", how="api")], now=NOW)
    assert views.open_pages(tx, now=NOW) == views.open_posts(tx, posts, now=NOW) == []
    assert views.open_channels(tx, now=NOW) == []


def test_why_knows_an_effect_by_its_key_and_its_post(tx):
    engine.handle(tx, [AlertIn("x", "k", "Disk full", "P1")], now=NOW)
    (alert,) = views.open_alerts(tx, now=NOW)
    found = views.why(tx, key=f"page:{alert.id}.1.0.0:ana:mattermost")

    assert found is not None
    assert "ladder urgent, round 1, step 1" in found.reason
    assert views.why(tx, key="page:nothing") is None
    assert views.why(tx, post="unknown") is None


def test_health_tells_how_late_effects_are(tx):
    engine.handle(tx, [AlertIn("x", "k", "Disk full", "P1")], now=NOW)

    assert views.health(tx, now=NOW + timedelta(seconds=90))["effects_late_seconds"] == 90.0


@pytest.mark.parametrize("target", ["person:zed", "group:zed", "team:zed", "channel:zed", "zed"])
def test_a_page_for_nobody_is_refused(tx, target):
    with pytest.raises(Refused, match="is neither a person nor a seat"):
        engine.handle(tx, [PageAsked(target, "hello", by="ana", key="k")], now=NOW)


def test_a_button_that_is_drawn_now_means_the_step_of_now(tx):
    engine.handle(tx, [AlertIn("x", "k", "Disk full", "P1")], now=NOW)
    engine.work_due(tx, "alert", NOW + timedelta(minutes=5), limit=9)
    (alert,) = views.open_alerts(tx, now=NOW)

    assert (alert.round, alert.step) == (0, 1)
