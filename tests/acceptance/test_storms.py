"""Many alerts: those that belong together are one, and too many for one person are one message."""

from random import Random

import pytest

from setflow import engine, ticker
from setflow.db import transaction
from setflow.effects import MATTERMOST, NOTIFY, Receipt
from setflow.facts import Sending
from setflow.relay import Relay, Sender
from tests.acceptance.world import SET, World, file

SMS = '{via: sms, to: "+34600", after: 2m}'
GROUPED = file().replace(
    "{ladder: urgent}", "{ladder: urgent, group: {by: [service], within: 10m}}"
)


def push(world: World, *numbers: int, source: str = "prometheus", **body: object) -> None:
    """A batch from a monitor: a disk each, P3 unless told otherwise."""
    pushed = [
        engine.Pushed(
            f"alerts/{source}",
            f"{number}:{world.now.isoformat()}:{body.get('status')}",
            {
                "key": f"k{number}",
                "title": f"Disk {number} full",
                "priority": "P3",
                "url": "",
                "status": "firing",
                "details": {"service": "web", "host": f"web-{number}"},
                **body,
            },
            world.now,
        )
        for number in numbers
    ]
    with transaction(world.db) as tx:
        engine.accept(tx, pushed)


def fires(world: World, *numbers: int, source: str = "prometheus", **body: object) -> None:
    """The same, worked and told."""
    push(world, *numbers, source=source, **body)
    world.settle()


def members(world: World) -> list[str]:
    rows = world.rows("select key from members where resolved_at is null order by key")
    return [row.key for row in rows]


def test_alerts_that_belong_together_page_once_and_end_one_by_one(bare: World) -> None:
    bare.apply(GROUPED)
    fires(bare, 1, 2, 3, title="Disk full")
    fires(bare, 4, title="Disk full")
    bare.pass_time(seconds=5)
    assert bare.paged() == ["ana"]
    bare.user("ana").sees("**Disk full (P3)** and 3 more", "With web-4, web-3, web-2.")
    bare.channel(SET).shows("**Disk full (P3)** and 3 more — Ana Doe paged 11:00")

    bare.user("ana").clicks("Acknowledge")
    fires(bare, 3, title="Disk full")
    fires(bare, 2, 3, status="resolved")
    bare.pass_time(seconds=5)
    bare.channel(SET).shows("and 1 more", "Ana Doe has it", "With web-4. 2 of the 4 are over.")
    assert members(bare) == ["k1", "k4"]

    fires(bare, 5, title="Web down", priority="P1")
    assert bare.paged() == ["ana", "ana"]
    bare.user("ana").sees("**Web down (P1)** and 2 more", "you had it, and it became louder")

    fires(bare, 1, 4, 5, status="resolved")
    bare.channel(SET).shows("**Web down (P1)** and 4 more — over since 11:00, said prometheus")
    assert [row.status for row in bare.rows("select status from alerts")] == ["resolved"]
    assert members(bare) == []
    assert [event["name"] for event in bare.events("MemberJoined")][:2] == ["web-2", "web-3"]


def test_what_comes_after_the_window_is_a_group_of_its_own_and_a_person_ends_all(
    bare: World,
) -> None:
    bare.apply(GROUPED)
    fires(bare, 1, 2)
    bare.user("ana").clicks("Acknowledge")
    bare.pass_time(minutes=10)
    fires(bare, 3)
    assert bare.paged() == ["ana", "ana"]
    fires(bare, 1, 4)
    bare.user("ana").says("/set resolve 1")
    assert members(bare) == ["k3", "k4"]
    fires(bare, 2)
    bare.user("bo").does_not_see("Disk")
    assert members(bare) == ["k2", "k3", "k4"]


def test_the_sixth_page_within_five_minutes_begins_a_digest_that_grows_in_place(
    bare: World,
) -> None:
    bare.apply(file(contact=SMS))
    fires(bare, 1, 2, 3, 4, 5, 6)
    fires(bare, *range(7, 21), source="grafana")
    assert len(bare.keys("page:")) == 5
    bare.pass_time(seconds=10)
    ana = bare.user("ana")
    ana.sees("**15 alerts wait for you, all P3** · since 11:00", "**grafana** — 14 P3 · newest")
    assert bare.keys("digest:") == ["digest:ana:mattermost:1:1"]

    fires(bare, 21, priority="P1", title="Checkout down")
    assert bare.keys("digest:")[1:] == ["digest:ana:mattermost:2:1"]
    ana.sees("**16 alerts wait for you, 1 of them P1**", "newest: Checkout down 11:00")
    ana.sees("it goes on in the newest message")
    assert ana.clicks("Show all").startswith("- **21** P1 · Checkout down · prometheus 11:00\n")
    assert ana.clicks("Acknowledge all P1") == "1 alert is yours."
    assert ana.clicks("Acknowledge these 14") == "14 alerts are yours."
    bare.channel(SET).shows("**Checkout down (P1)** — Ana Doe has it since 11:00")
    bare.pass_time(minutes=2)
    (heard,) = bare.phones.heard("+34600")
    said = "6 alerts wait, all P3\nNewest of them: Disk 6 full (prometheus). All of them stand in "
    assert heard.startswith(f"{said}your messages in Mattermost, and at http://")

    fires(bare, *range(1, 7), status="resolved")
    bare.pass_time(seconds=10)
    ana.sees("**None of the 21 alerts waits any more** — 15 are taken, 6 over.")
    assert "Stand down\nNone of the 21" in bare.phones.heard("+34600")[1]
    fires(bare, *range(7, 21), source="grafana", status="resolved")
    fires(bare, 21, status="resolved")
    bare.pass_time(seconds=10)
    ana.sees("**All 21 alerts are over.**")
    assert len(bare.phones.heard("+34600")) == 2


def test_a_digest_that_does_not_get_through_takes_the_next_method_at_once_for_all_in_it(
    bare: World,
) -> None:
    bare.apply(file(contact=SMS))
    fires(bare, 1, 2, 3, 4, 5)
    bare.chat.faults.down = True
    fires(bare, 6, 7, 8)
    fires(bare, 9)
    bare.settle()
    (heard,) = bare.phones.heard("+34600")
    assert heard.startswith("3 alerts wait, all P3")
    missed = [event["alert"] for event in bare.events("PageMissed") if event["person"] == "ana"]
    assert missed == [6, 7, 8, 9]

    bare.chat.faults.down = False
    bare.pass_time(minutes=1)
    bare.user("ana").sees("**4 alerts wait for you, all P3**")
    assert bare.keys("digest:") == ["digest:ana:mattermost:1:1"]
    assert bare.dead() == []


def test_however_many_alerts_come_for_one_person_there_are_a_handful_of_messages(
    bare: World,
) -> None:
    bare.apply()
    for start in range(0, 40, 10):
        fires(bare, *range(start, start + 10))
    bare.pass_time(seconds=10)
    assert len(bare.keys("page:")) == 5
    rows = bare.rows("select alert from digested where person = 'ana'")
    assert sorted(row.alert for row in rows) == [*range(6, 41)]
    assert len(bare.rows("select 1 from outbox where kind = 'ShowDigest'")) == 2


def test_an_answer_to_a_digest_takes_what_its_reader_was_told_of_and_nothing_that_comes_later(
    bare: World,
) -> None:
    bare.apply()
    fires(bare, *range(1, 9))
    ana = bare.user("ana")
    post = bare.chat.direct("ana")[-1].id
    bare.chat.react("ana", post, "eyes")
    bare.pull("chat")
    assert "3 alerts wait for you" in ana.posts()[-1]
    bare.chat.react("ana", post, "thumbsup")
    bare.pass_time(seconds=10)
    ana.sees("**None of the 3 alerts waits any more** — 3 are taken, 0 over.")
    assert [event["how"] for event in bare.events("Acknowledged")] == ["reaction"] * 3

    ana.says("/set unack 7")
    fires(bare, *range(9, 15))
    bare.pass_time(seconds=20)
    bare.pull("chat")
    ana.sees("**2 alerts wait for you")
    bare.chat.reply("ana", bare.chat.direct("ana")[-1].id, "on it")
    (before,) = bare.rows("select state ->> 'answered_at' as at from storms where person = 'ana'")
    bare.stand_still(seconds=1)
    fires(bare, 15)
    bare.pull("chat")
    taken = [(event["alert"], event["how"]) for event in bare.events("Acknowledged")]
    assert taken[3:] == [(14, "reply")]
    (after,) = bare.rows("select state ->> 'answered_at' as at from storms where person = 'ana'")
    assert before.at < after.at < bare.now.isoformat()


class Killed(BaseException):
    """What ends a process between a message and its settlement."""


class Dying:
    """A sender whose process dies right after it has sent."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def send(self, sending: Sending) -> Receipt | None:
        self.sender.send(sending)
        raise Killed


def test_a_digest_that_was_sent_when_its_process_died_is_seen_once_and_by_phone_a_repeat(
    bare: World,
) -> None:
    bare.apply(file(contact=SMS))
    fires(bare, 1, 2, 3, 4, 5)
    senders = {name: Dying(one) for name, one in bare.parts.relay.senders.items()}
    dying = Relay(bare.db, senders, clock=bare.clock, chance=Random(1))
    push(bare, 6, 7, 8)
    for system in (MATTERMOST, NOTIFY):
        ticker.tick(bare.db, bare.now)
        with pytest.raises(Killed):
            dying.work((system,))
        bare.settle()
        bare.pass_time(seconds=61)
        bare.stand_still(seconds=59)

    assert bare.keys("digest:") == ["digest:ana:mattermost:1:1"]
    bare.user("ana").sees("**8 alerts wait for you, all P3**")
    first, second = bare.phones.heard("+34600")
    assert first.startswith("8 alerts wait, all P3\nNewest of them: Disk 8 full")
    assert second.startswith("8 alerts wait, all P3\nA repeat: it may have reached you before.")
    assert bare.events("PageMissed") == bare.dead() == []
    (row,) = bare.rows("select state -> 'ways' as ways from storms where person = 'ana'")
    assert [way["pending"] for way in row.ways.values()] == [0, 0]
