"""What is pushed in at once is kept together, each for itself."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DataError

from setflow.db import Db, transaction
from setflow.web.intake import Intake
from tests.loopback import awaited

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
CALLERS = 12


def test_a_delivery_is_new_once(db: Db):
    sources = ("alerts/a", "alerts/a", "alerts/b")
    told = [said(db, [("1", {"key": "x"})], source) for source in sources]
    assert told == [["new"], ["known"], ["new"]]
    assert kept(db) == [("alerts/a", "1", {"key": "x"}, NOW), ("alerts/b", "1", {"key": "x"}, NOW)]


def test_those_who_come_while_others_are_kept_go_together(db: Db):
    statements = []
    event.listen(db, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert said(db, [(f"{number}", {}) for number in range(CALLERS)]) == ["new"] * CALLERS
    assert len(statements) == 1
    assert len(kept(db)) == CALLERS


def test_of_a_delivery_that_comes_twice_at_once_one_is_kept(db: Db):
    assert "new" in said(db, [("1", {}), ("1", {})])
    assert len(kept(db)) == 1


def test_what_cannot_be_kept_fails_alone(db: Db):
    lot = [("good", {}), ("bad", {"key": "\ud800"}), ("fine", {})]
    assert said(db, lot) == ["new", "DataError", "new"]
    assert [row[1] for row in kept(db)] == ["good", "fine"]
    with pytest.raises(DataError):
        awaited(Intake(db).keep("alerts/a", "worse", {"key": "\x00"}, NOW))


def test_who_leaves_before_the_answer_holds_nobody_up(db: Db):
    async def leave() -> bool:
        intake = Intake(db)
        gone = asyncio.create_task(intake.keep("alerts/a", "1", {}, NOW))
        await asyncio.sleep(0)
        gone.cancel()
        return await intake.keep("alerts/a", "2", {}, NOW)

    assert awaited(leave())
    assert [row[1] for row in kept(db)] == ["1", "2"]


def test_it_is_durable_once_it_is_said_to_be_kept(db: Db):
    assert said(db, [("1", {})]) == ["new"]
    db.dispose()
    assert len(kept(db)) == 1


def said(
    db: Db, deliveries: Sequence[tuple[str, dict[str, str]]], source: str = "alerts/a"
) -> list[str]:
    """What callers are told who come at once, in this order."""

    async def ask() -> list[bool | BaseException]:
        intake = Intake(db)
        asked = (intake.keep(source, name, payload, NOW) for name, payload in deliveries)
        return await asyncio.gather(*asked, return_exceptions=True)

    return [
        type(one).__name__ if isinstance(one, BaseException) else "new" if one else "known"
        for one in awaited(ask())
    ]


def kept(db: Db):
    with transaction(db) as tx:
        found = tx.execute(text("select source, delivery, payload, wake_at from inbox order by id"))
        return [tuple(row) for row in found]
