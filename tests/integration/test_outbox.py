"""Effects that wait: once, in order within a lane, taken by one relay at a time."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from setflow import outbox
from setflow.db import Conflict, transaction
from setflow.effects import MATTERMOST, NOTIFY, PagePerson, Receipt, ShowAlert, Warn

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
LEASE = timedelta(seconds=60)
SECOND = timedelta(seconds=1)
BOTH = (MATTERMOST, NOTIFY)


def page(person="ana", *, alert=1, method=MATTERMOST):
    return PagePerson(alert, 1, 0, 0, person, method)


def put(db, *effects):
    with transaction(db) as tx:
        outbox.put(tx, [(one, "a test") for one in effects], now=NOW)


def claim(db, *, now=NOW, limit=10, systems=BOTH):
    with transaction(db) as tx:
        return outbox.claim(tx, systems, now=now, lease=LEASE, limit=limit)


def keys(waiting):
    return [one.effect.key for one in waiting]


def settled(db, waiting, outcome="delivered", receipt=None):
    with transaction(db) as tx:
        return outbox.settle(tx, waiting, outcome, now=NOW, receipt=receipt)


def next_due(db):
    with transaction(db) as tx:
        return outbox.next_due(tx)


def test_an_effect_of_a_decision_that_was_rolled_back_is_never_delivered(db):
    with pytest.raises(RuntimeError), transaction(db) as tx:
        outbox.put(tx, [(page(), "a test")], now=NOW)
        raise RuntimeError

    assert claim(db) == []


def test_an_effect_cannot_be_put_twice(db):
    put(db, page())
    with pytest.raises(Conflict) as caught:
        put(db, page())

    assert caught.value.constraint == "outbox_key_key"


def test_every_effect_comes_back_as_it_was_put(db):
    put(db, page(), ShowAlert(1, 1, 1), Warn("The disk is full", "disk"))

    assert [one.effect for one in claim(db)] == [
        page(),
        ShowAlert(1, 1, 1),
        Warn("The disk is full", "disk"),
    ]


def test_pages_go_first(db):
    put(db, Warn("what", "1"), ShowAlert(1, 1, 1), page())

    assert keys(claim(db, limit=1)) == [page().key]


def test_one_lane_goes_in_order_and_holds_up_no_other(db):
    put(db, ShowAlert(1, 1, 1), ShowAlert(1, 1, 2), ShowAlert(2, 1, 1))
    first = claim(db)
    assert keys(first) == ["alert:1.1:1", "alert:2.1:1"]
    assert claim(db) == []
    settled(db, first[0])

    assert keys(claim(db)) == ["alert:1.1:2"]


def test_what_waits_behind_another_is_not_due(db):
    put(db, ShowAlert(1, 1, 1), ShowAlert(1, 1, 2))
    (first,) = claim(db)
    assert next_due(db) == NOW + LEASE
    with transaction(db) as tx:
        outbox.give_up(tx, first, now=NOW, error="gone")
    assert next_due(db) is None


def test_what_a_dead_relay_had_taken_comes_back_after_its_lease(db):
    put(db, page())
    assert keys(claim(db)) == [page().key]
    assert claim(db, now=NOW + LEASE - SECOND) == []

    (again,) = claim(db, now=NOW + LEASE)
    assert (again.effect, again.attempts) == (page(), 2)


def test_two_relays_take_different_effects(db):
    put(db, page("ana"), page("bo"))
    with transaction(db) as one, transaction(db) as other:
        first = outbox.claim(one, BOTH, now=NOW, lease=LEASE, limit=1)
        second = outbox.claim(other, BOTH, now=NOW, lease=LEASE, limit=10)

    assert keys(first) == [page("ana").key]
    assert keys(second) == [page("bo").key]


def test_a_relay_takes_of_its_systems_alone(db):
    put(db, page(), page(method="sms"))

    assert keys(claim(db, systems=(NOTIFY,))) == [page(method="sms").key]


def test_a_relay_that_was_too_slow_puts_nothing_off_that_another_has_taken(db):
    put(db, page())
    (slow,) = claim(db)
    (quick,) = claim(db, now=NOW + LEASE)
    with transaction(db) as tx:
        outbox.put_off(tx, slow, until=NOW, error="late")
        assert not outbox.give_up(tx, slow, now=NOW, error="late")

    assert claim(db, now=NOW + LEASE) == []
    assert settled(db, quick)
    assert not settled(db, slow), "what is settled stays settled"


def test_what_failed_is_tried_again_when_it_was_put_off_to(db):
    put(db, page())
    (tried,) = claim(db)
    with transaction(db) as tx:
        outbox.put_off(tx, tried, until=NOW + 5 * SECOND, error="502")

    assert next_due(db) == NOW + 5 * SECOND
    assert claim(db, now=NOW + 4 * SECOND) == []
    assert len(claim(db, now=NOW + 5 * SECOND)) == 1


def test_a_receipt_is_kept_with_the_settlement_and_found_by_lane_and_by_its_id(db):
    put(db, ShowAlert(1, 1, 1))
    settled(db, claim(db)[0], receipt=Receipt("channel", "post"))
    with transaction(db) as tx:
        assert outbox.receipt(tx, "alert:1.1") == Receipt("channel", "post")
        assert outbox.lane_of(tx, "post") == "alert:1.1"
        assert outbox.lane_of(tx, "other") is None
        assert outbox.receipts_like(tx, "alert:", NOW) == {"alert:1.1": Receipt("channel", "post")}
        assert outbox.receipts_like(tx, "alert:", NOW + SECOND) == {}
        assert outbox.receipts_like(tx, "al%", NOW) == {}


def dead(db, effect):
    put(db, effect)
    (tried,) = claim(db)
    with transaction(db) as tx:
        assert outbox.give_up(tx, tried, now=NOW, error="404")
    return tried


def test_a_dead_letter_waits_for_a_person_and_holds_its_lane(db):
    tried = dead(db, ShowAlert(1, 1, 1))
    put(db, ShowAlert(1, 1, 2))
    assert claim(db, now=NOW + timedelta(days=9)) == []
    with transaction(db) as tx:
        assert [row.key for row in outbox.dead(tx)] == ["alert:1.1:1"]
        assert outbox.behind(tx, tried.id, "alert:1.1") == 1
        assert outbox.drop(tx, tried.id, now=NOW)
        assert not outbox.drop(tx, tried.id, now=NOW)
        assert not outbox.retry(tx, tried.id, now=NOW)

    assert keys(claim(db)) == ["alert:1.1:2"]


def test_a_dead_letter_can_be_tried_again_as_if_for_the_first_time(db):
    tried = dead(db, page())
    with transaction(db) as tx:
        assert outbox.retry(tx, tried.id, now=NOW)

    (again,) = claim(db)
    assert (again.attempts, again.gave_up) == (1, 1)


def test_a_page_is_never_thrown_away(db):
    tried = dead(db, page())
    with transaction(db) as tx:
        assert not outbox.drop(tx, tried.id, now=NOW)
        assert [row.key for row in outbox.dead(tx)] == [page().key]


def test_what_another_version_can_read_is_left_to_it_and_holds_nobody_up(db):
    put(db, page(), page("bo"), page("cy"))
    with transaction(db) as tx:
        tx.execute(text("update outbox set kind = 'PageMoon' where payload ->> 'person' = 'ana'"))
        tx.execute(text("update outbox set payload = '{}' where payload ->> 'person' = 'bo'"))

    assert keys(claim(db)) == [page("cy").key]
    assert claim(db) == []
    with transaction(db) as tx:
        whole = "update outbox set kind = 'PagePerson', payload = cast(:payload as jsonb)"
        for one in (page(), page("bo")):
            given = {"payload": json.dumps(asdict(one)), "key": one.key}
            tx.execute(text(f"{whole} where key = :key"), given)
    assert keys(claim(db)) == [page().key]
    assert keys(claim(db, now=NOW + outbox.UNREADABLE)) == [page("bo").key]
