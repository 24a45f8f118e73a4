"""What is pushed in at once is kept together, each for itself."""

import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DataError

from setflow.db import Db, transaction
from setflow.web.intake import Intake

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
CALLERS = 12


def test_a_delivery_is_new_once(db: Db):
    intake = Intake(db)
    assert intake.keep("alerts/a", "1", {"key": "x"}, NOW)
    assert not intake.keep("alerts/a", "1", {"key": "x"}, NOW)
    assert intake.keep("alerts/b", "1", {"key": "x"}, NOW)
    assert kept(db) == [("alerts/a", "1", {"key": "x"}, NOW), ("alerts/b", "1", {"key": "x"}, NOW)]


def test_those_who_come_while_others_are_kept_go_together(db: Db):
    intake, commits = Intake(db), []
    event.listen(db, "commit", lambda _: commits.append(1))
    with intake._turn:
        callers = started(intake, [(f"{number}", {}) for number in range(CALLERS)])
    assert joined(callers) == ["new"] * CALLERS
    assert len(kept(db)) == CALLERS
    assert len(commits) == 2  # one for all of them, one for looking


def test_what_cannot_be_kept_fails_alone(db: Db):
    intake = Intake(db)
    with intake._turn:
        callers = started(intake, [("good", {}), ("bad", {"key": "\ud800"}), ("fine", {})])
    assert joined(callers) == ["new", "DataError", "new"]
    assert [row[1] for row in kept(db)] == ["good", "fine"]
    with pytest.raises(DataError):
        intake.keep("alerts/a", "worse", {"key": "\x00"}, NOW)


def test_it_is_durable_once_it_is_said_to_be_kept(db: Db):
    Intake(db).keep("alerts/a", "1", {}, NOW)
    db.dispose()
    assert len(kept(db)) == 1


def started(intake: Intake, deliveries: list[tuple[str, dict[str, str]]]):
    """Callers that wait for their turn, in this order, and what each is told."""
    callers = []
    for delivery, payload in deliveries:
        said: list[str] = []
        thread = threading.Thread(target=asks, args=(intake, delivery, payload, said))
        thread.start()
        while len(intake._waiting) < len(callers) + 1:
            thread.join(0.001)
        callers.append((thread, said))
    return callers


def asks(intake: Intake, delivery: str, payload: dict[str, str], said: list[str]) -> None:
    try:
        said.append("new" if intake.keep("alerts/a", delivery, payload, NOW) else "known")
    except DataError:
        said.append("DataError")


def joined(callers) -> list[str]:
    for thread, _ in callers:
        thread.join(10)
    return [said[0] for _, said in callers]


def kept(db: Db):
    with transaction(db) as tx:
        found = tx.execute(text("select source, delivery, payload, wake_at from inbox order by id"))
        return [tuple(row) for row in found]
