"""setflow looks after itself: figures, readiness, a sign of life, who is told when it is late."""

from collections.abc import Iterator
from datetime import timedelta
from threading import Event

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from setflow import engine, schema, ticker
from setflow.app.parts import BARS
from setflow.app.upkeep import Upkeep
from setflow.db import transaction
from tests.acceptance.world import OPS, World, at, file
from tests.loopback import served

CONTACT = '{via: sms, to: "+34600", after: 2m}, {via: phone, to: "+34601", after: 4m}'


@pytest.fixture
def world(bare: World) -> World:
    """As ever, and ana, who can be called, is the admin."""
    bare.apply(file(contact=CONTACT).replace("admins: [mara]", "admins: [ana]"))
    return bare


def upkeep(world: World) -> Upkeep:
    return Upkeep(world.parts, Event())


def watch(world: World, *, after_seconds: int = 0) -> None:
    """The watchdog looks, and what it decided goes out; nothing else is worked."""
    world.stand_still(seconds=after_seconds)
    upkeep(world).watch()
    world.deliver()


def figures(world: World) -> dict[tuple[str, ...], float]:
    """Every sample of /metrics, by its name and the values of its labels, sorted by label."""
    answer = world.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_figures_say_what_waits_how_late_it_is_and_what_went_out(world: World) -> None:
    world.alert()
    world.phones.status = 503
    world.pass_time(minutes=3)
    world.stand_still(minutes=5)
    world.post_alert("Disk full")
    world.stand_still(minutes=1)
    seen = figures(world)

    assert seen["setflow_database_up",] == 1
    # The ladder goes on five minutes after it began; what was pushed in waits for a minute.
    assert seen["setflow_late_seconds", "alert"] == 4 * 60
    assert seen["setflow_due", "alert"] == 1
    assert seen["setflow_late_seconds", "inbox"] == 60
    assert seen["setflow_inbox_waiting",] == 1
    assert seen["setflow_late_seconds", "run"] == 0
    assert seen["setflow_alerts", "firing"] == 1
    assert seen["setflow_alerts", "acknowledged"] == 0
    assert seen["setflow_outbox_waiting", "notify"] == 2
    assert seen["setflow_outbox_dead", "notify"] == 0
    assert seen["setflow_outbox_oldest_seconds", "notify"] > 6 * 60
    assert seen["setflow_delivery_tries_total", "page", "failed", "notify"] > 2
    assert seen["setflow_delivery_tries_total", "page", "delivered", "mattermost"] == 1
    assert seen["setflow_effects_settled_total", "page", "delivered", "mattermost"] == 1
    assert seen["setflow_delivery_seconds_bucket", "page", "0.05", "mattermost"] == 1
    assert seen["setflow_pull_failing", "jira"] == 0
    assert "setflow_build_info" in {name for name, *_ in seen}


def test_what_went_out_late_is_counted_once_and_where_it_belongs(world: World) -> None:
    world.phones.status = 503
    world.alert()
    world.pass_time(minutes=3)
    world.phones.status = 200
    world.pass_time(minutes=2)
    first, again = figures(world), figures(world)
    world.pass_time(minutes=1)
    later = figures(world)

    bucket = "setflow_delivery_seconds_bucket", "page"
    assert first == {**again, **{key: first[key] for key in first if key[0].startswith("process")}}
    for seen in (first, later):
        assert seen[*bucket, "0.05", "notify"] == 0
        assert seen[*bucket, "300.0", "notify"] == seen[*bucket, "+Inf", "notify"] == 2
        assert seen["setflow_delivery_seconds_sum", "page", "notify"] > 60


def test_readiness_is_refused_with_sentences(world: World) -> None:
    assert world.get("/readyz").json() == {"ready": True, "problems": []}
    world.parts.problems["jira"] = "jira failed; see the log."
    assert world.get("/readyz").status_code == 200
    assert world.get("/healthz").status_code == 503

    world.parts.problems[BARS[0]] = "It has just begun."
    world.rows("update alembic_version set version_num = '0001' returning 1")
    answer = world.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["problems"] == [
        "It has just begun.",
        "The tables are those of an older setflow (0001): run `setflow migrate`.",
    ]
    assert world.get("/livez").status_code == 200


def test_being_late_pages_the_admins_by_every_method_at_once_and_says_when_it_is_over(
    world: World,
) -> None:
    world.alert()
    before = len(world.user("ana").posts())
    world.stand_still(minutes=7)
    watch(world)
    assert world.phones.taken == []  # it may be about to be worked

    watch(world, after_seconds=10)
    page = world.user("ana").sees("setflow is 5 min 10 s late: ladders stand still (P1)")
    assert len(world.user("ana").posts()) == before + 1
    assert "from setflow, 11:07" in page
    assert len(world.phones.heard("+34600")) == len(world.phones.heard("+34601")) == 1
    world.channel(OPS).shows("setflow is 5 min 10 s late", "@channel", "Nobody has it yet")
    world.channel(OPS).shows("Look at: the log of every setflow process, then its /healthz")

    # It is late for longer, itself as well, and that pages nobody again.
    for _ in range(40):
        watch(world, after_seconds=15)
    assert len(world.phones.heard("+34600")) == 1

    world.settle()
    watch(world)
    world.user("ana").sees("setflow is 5 min 10 s late", "over since", "said setflow")
    assert "Stand down" in world.phones.heard("+34601")[-1]

    world.stand_still(minutes=20)
    watch(world)
    watch(world, after_seconds=10)
    opened = [one for one in world.events("AlertOpened") if one["source"] == "setflow"]
    assert len(opened) == 2


def test_a_short_while_of_being_late_tells_nobody(world: World) -> None:
    world.alert()
    for _ in range(3):
        world.stand_still(minutes=12)
        watch(world)
        world.settle()
        watch(world, after_seconds=10)

    assert [one for one in world.events("AlertOpened") if one["source"] == "setflow"] == []


def test_pages_that_are_not_sent_are_late_and_posts_may_wait(world: World) -> None:
    with transaction(world.db) as tx:
        engine.warn(tx, "Something is odd.", "odd", now=world.now)
    world.stand_still(minutes=5)
    assert figures(world)["setflow_late_seconds", "effect"] == 300
    for _ in range(2):
        upkeep(world).watch()
        world.stand_still(seconds=10)
    assert world.events("AlertOpened") == []

    world.post_alert()
    for _ in range(6):
        ticker.tick(world.db, world.now)
        upkeep(world).watch()
        world.stand_still(seconds=20)
    _, own = world.events("AlertOpened")
    assert own["title"] == "setflow is 1 min 40 s late: pages are not sent"


def test_somebody_who_has_it_is_not_paged_again_while_it_lasts(world: World) -> None:
    world.alert()
    world.stand_still(minutes=7)
    watch(world)
    watch(world, after_seconds=10)
    number = int(world.rows("select id from alerts where source = 'setflow'")[0].id)
    asked = engine.Deciding("resolve", number, by="ana", how="api")
    with transaction(world.db) as tx:
        engine.handle(tx, [asked], now=world.now)
    watch(world, after_seconds=10)

    assert len(world.rows("select id from alerts where source = 'setflow'")) == 1


class Outside:
    """What alarms somebody when the sign of life stays away."""

    def __init__(self) -> None:
        self.calls, self.status = 0, 200
        self.app = Router([Route("/ping/{secret}", self._take)])

    async def _take(self, _: Request) -> Response:
        self.calls += 1
        return PlainTextResponse("", self.status)


@pytest.fixture
def outside() -> Iterator[tuple[Outside, SecretStr]]:
    stand_in = Outside()
    with served(stand_in.app) as url:
        yield stand_in, SecretStr(f"{url}/ping/very-secret")


def test_a_sign_of_life_goes_out_once_a_minute_among_all_while_nothing_is_late(
    world: World, outside: tuple[Outside, SecretStr]
) -> None:
    stand_in, url = outside
    for _ in range(24):
        for one in (upkeep(world), upkeep(world)):
            one.beat(url)
        world.pass_time(seconds=5)
    assert stand_in.calls == 2

    world.alert()
    world.stand_still(minutes=7)
    upkeep(world).beat(url)
    assert stand_in.calls == 2
    world.settle()
    upkeep(world).beat(url)
    assert stand_in.calls == 3


def test_a_sign_of_life_that_is_not_taken_is_a_problem_and_names_no_address(
    world: World, outside: tuple[Outside, SecretStr], caplog: pytest.LogCaptureFixture
) -> None:
    stand_in, url = outside
    stand_in.status = 404
    upkeep(world).beat(url)
    problem = "SETFLOW_HEARTBEAT_URL did not take the heartbeat: it answers 404"
    assert world.get("/healthz").json()["problems"] == [problem]

    world.pass_time(minutes=1)
    upkeep(world).beat(SecretStr("http://127.0.0.1:9/very-secret"))
    assert "no answer" in world.get("/healthz").json()["problems"][0]
    assert "not taken" in caplog.text
    assert "very-secret" not in caplog.text

    stand_in.status = 200
    world.pass_time(minutes=1)
    upkeep(world).beat(url)
    assert world.get("/healthz").status_code == 200


def test_what_is_over_for_long_enough_is_gone_and_what_is_needed_is_not(world: World) -> None:
    world.alert("Old and over")
    world.alert("Old and over", status="resolved")
    world.alert("Old and open")
    world.user("ana").clicks("Acknowledge")
    world.alert("Old and theirs")
    world.alert("Old and theirs", status="resolved")
    world.rows("update alerts set remote = 'x' where key = 'Old and theirs' returning 1")
    world.stand_still(days=30)
    world.settle()
    world.alert("New and over")
    world.alert("New and over", status="resolved")
    while upkeep(world).tidy(timedelta(days=20)):
        pass

    def titles(sql: str) -> set[str]:
        return {str(row[0]) for row in world.rows(sql)}

    assert titles("select key from alerts") == {
        "Old and open",
        "Old and theirs",
        "New and over",
    }
    assert titles("select distinct split_part(split_part(lane, ':', 2), '.', 1) from receipts"
                  " where lane ~ '^(page|alert):'") == {"2", "3", "4"}  # fmt: skip
    assert titles("select distinct payload ->> 'alert' from outbox where payload ? 'alert'") == {
        "2",
        "3",
        "4",
    }
    assert titles("select payload ->> 'title' from inbox") == {"New and over"}
    assert titles("select distinct subject from history where subject ~ '^alert'") == {"alert:4"}
    # The old one goes on as if nothing had been: its posts are patched and nobody is paged again.
    posts = len(world.channel(OPS).posts())
    world.alert("Old and open", status="resolved")
    assert len(world.channel(OPS).posts()) == posts
    assert upkeep(world).tidy(timedelta(days=20)) == 0


def test_of_mails_keys_and_links_what_is_of_no_use_any_more_goes(world: World) -> None:
    world.alert("Open")
    old, new = at("2026-10-01 10:00"), at("2026-11-29 10:00")
    rows = [
        ("mails", {"message": "<gone@x>", "alert": 99, "sender": "s@x", "at": old}),
        ("mails", {"message": "<open@x>", "alert": 1, "sender": "s@x", "at": old}),
        ("mails", {"message": "<new@x>", "alert": 99, "sender": "s@x", "at": new}),
        ("links", {"id": "old", "used_at": old, "alert": 99, "person": "ana"}),
        ("links", {"id": "new", "used_at": new, "alert": 99, "person": "ana"}),
        *(
            (
                "keys",
                {
                    "id": name,
                    "source": "grafana",
                    "scopes": ["create"],
                    "digest": "",
                    "created_at": old,
                    "created_by": "shell",
                    "ends_at": ends,
                },
            )
            for name, ends in (("ended", old), ("ending", new), ("lasting", None))
        ),
    ]
    with transaction(world.db) as tx:
        for table, row in rows:
            tx.execute(schema.metadata.tables[table].insert().values(row))
    while upkeep(world).tidy(timedelta(days=20)):
        pass
    left = "select message from mails union all select id from links union all select id from keys"
    assert {row[0] for row in world.rows(left)} == {
        "<open@x>",
        "<new@x>",
        "new",
        "ending",
        "lasting",
    }
