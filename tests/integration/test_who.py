"""Who is on, asked by many at once while it changes."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from setflow import engine
from setflow.db import transaction
from setflow.engine import File
from setflow.web.who import Looking
from tests.loopback import awaited

NOW = datetime(2026, 12, 2, 9, tzinfo=UTC)
TEXT = """
version: 1
people: {ana: {}, bo: {}}
rotations: {web: {type: weekly, start: "2026-11-30 09:00", timezone: UTC, people: [ana, bo]}}
"""


@pytest.fixture
def looking(db):
    with transaction(db) as tx:
        engine.apply(tx, File("set.yaml", TEXT, {}), by="shell", now=NOW)
    return Looking(db, lambda: NOW)


def stand_in(db, person, hours):
    end = NOW + timedelta(hours=hours)
    with transaction(db) as tx:
        engine.handle(tx, [engine.AddOverride("web", person, NOW, end, "shell")], now=NOW)


def on(answer):
    return answer["seats"][0]["people"]


def test_whoever_asks_after_a_change_is_told_of_it_whatever_look_is_under_way(looking, db):
    async def ask():
        before = [asyncio.create_task(looking.who("web", "")) for _ in range(20)]
        await asyncio.sleep(0)  # the first look has begun, for those
        await asyncio.to_thread(stand_in, db, "bo", 5)
        after = await asyncio.gather(*(looking.who("web", "") for _ in range(20)))
        return await asyncio.gather(*before), after

    before, after = awaited(ask())
    assert {len(answer["seats"]) for answer in before} == {1}
    assert [on(answer) for answer in after] == [["bo"]] * 20


def test_the_distant_past_is_read_with_the_stand_ins_of_its_time(looking, db):
    stand_in(db, "bo", 5)
    looking.clock = lambda: NOW + timedelta(days=300)

    assert on(awaited(looking.who("web", "2026-12-02 10:00"))) == ["bo"]
