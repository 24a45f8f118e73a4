"""Support writes a mail, somebody is paged, and whoever wrote hears what becomes of it."""

from contextlib import ExitStack

import pytest

from setflow.engine.mails import MOST_AN_HOUR
from setflow.mailroom.desk import Desk
from setflow.mailroom.listener import Mailroom
from tests.acceptance.world import SET, World, file
from tests.postoffice import (
    SUE,
    URGENT,
    Mailbox,
    brought,
    listening,
    mail,
    mailbox,
    name_server,
    signed,
)

MAIL = f"mail: {{address: {URGENT}, from: ['@example.com']}}"
LONG = "Since 03:00 nobody at Acme can pay.\nThe gateway says 502.\n\n-- \nSue, support"


class Post:
    """A world with a mailroom before it, and Sue's mailbox."""

    def __init__(self, world: World, room: Mailroom, box: Mailbox, names) -> None:
        self.world, self.room, self.box, self.names = world, room, box, names

    def write(self, *what: str, answers: str = "", **more: str) -> str:
        """Sue, or whoever `sender` says, writes a mail; its Message-ID."""
        if answers:
            more |= {"In_Reply_To": answers, "References": answers}
        written = mail(*what, **more)
        assert brought(self.room, signed(written.as_bytes()))[0] == 250
        self.world.settle()
        return written["Message-ID"]

    def answers(self) -> list[str]:
        return self.box.texts()

    def last(self) -> str:
        """The Message-ID of the last answer."""
        return self.box.mails[-1]["Message-ID"]

    def replies(self) -> list[str]:
        """What stands below the post of the first alert."""
        return self.world.channel(SET).thread("Checkout")


@pytest.fixture
def post(db, street):
    with ExitStack() as stack:
        box, dns = stack.enter_context(mailbox()), stack.enter_context(name_server())
        environ = {"SETFLOW_MAIL_URL": f"smtp://127.0.0.1:{box.port}"}
        world = World(db, street, now="2026-12-01 11:12", environ=environ)
        world.apply(file(more=MAIL))
        desk = Desk(db, dns.names, secret="", clock=world.clock, counted=lambda _: None)
        room = stack.enter_context(listening(Mailroom(desk, ("127.0.0.1", 0))))
        yield Post(world, room, box, dns.names)


def test_a_mail_pages_and_its_sender_hears_who_has_it_and_when_it_is_over(post):
    world, ana, bo = post.world, post.world.user("ana"), post.world.user("bo")
    first = post.write("Fwd: Checkout down for Acme", LONG)
    ana.sees("**Checkout down for Acme (P1)** · from support's mail, 11:12 by sue@", "11:17")
    assert post.answers() == [
        "Ana Doe paged 11:12. You will hear who takes it.\n"
        "If nobody takes it by 11:17 it goes to Bo Doe."
    ]
    world.pass_time(minutes=6)
    assert post.answers()[1:] == [
        "Nobody has answered yet; the ladder goes on: Bo Doe paged 11:17, Mara Doe next 11:22."
    ]
    bo.clicks("Acknowledge")
    world.pass_time(minutes=30)
    bo.clicks("Resolve", channel=SET)
    assert post.answers()[2:] == [
        "Bo Doe has it since 11:18.",
        "Resolved 11:48, said Bo Doe.\nIf it is not, answer this mail: that pages anew.",
    ]
    answer = post.box.mails[-1]
    assert (answer["In-Reply-To"], answer["To"]) == (first, SUE)
    assert answer["Auto-Submitted"] == "auto-replied"
    assert answer["Subject"] == "Re: Checkout down for Acme"
    (shown,) = post.replies()
    assert "Sue Fox (sue@" in shown
    assert "502" in shown
    assert "Sue, support" not in shown


def test_more_of_a_thread_is_shown_to_whoever_has_it_and_pages_nobody(post):
    world = post.world
    first = post.write()
    world.user("ana").clicks("Acknowledge")
    paged = world.paged()
    post.write("Re: Checkout down for Acme", "It is worse now.\n\n> Nobody can pay.", answers=first)
    post.write("Re: Checkout down", "Who is on it?", answers=post.last(), sender="cy@example.com")
    assert world.paged() == paged
    replies = post.replies()
    assert "@ana — Sue Fox (sue@" in replies[0]
    assert "It is worse now." in replies[0]
    assert "can pay" not in replies[0]
    assert [one["To"] for one in post.box.mails] == [SUE, SUE, "cy@example.com"]
    assert post.answers()[-1] == "Ana Doe has it since 05:12."  # in New York
    world.user("ana").clicks("Resolve", channel=SET)
    assert sorted(one["To"] for one in post.box.mails[-2:]) == ["cy@example.com", SUE]


def test_a_mail_ends_nothing_and_after_the_end_it_is_a_new_alert_that_names_the_old(post):
    world = post.world
    first = post.write()
    post.write("Re: resolved", "/set resolve 1\nack\nclose", answers=first)
    assert "Waiting for you." in world.user("ana").sees("**Checkout down for Acme")
    world.user("ana").clicks("Acknowledge")
    world.user("ana").clicks("Resolve", channel=SET)
    post.write("Re: Checkout down for Acme", "It is back.", answers=post.last())
    world.user("ana").sees("It is back.", "follows: alert 1: Checkout down for Acme")
    assert post.answers()[-1].splitlines()[-1] == "Alert 1 is over, so this is a new one."
    assert len(world.paged()) == 2


def test_an_unanswered_ladder_is_told_and_one_more_mail_pages_all_again(post):
    world = post.world
    first = post.write()
    world.pass_time(minutes=40)
    assert "everybody there is was tried, last Max Doe" in post.answers()[-1]
    paged = len(world.paged())
    post.write("Re: Checkout down for Acme", "Anybody?", answers=first)
    assert len(world.paged()) == paged + 1
    assert post.answers()[-1].startswith("It is paged anew.\nAna Doe paged 11:52.")


def test_two_machines_that_answer_each_other_come_to_rest(post):
    world = post.world
    for number in range(2 * MOST_AN_HOUR):
        post.write(f"Ticket {number}", "Thank you for writing.", sender="bot@example.com")
        if number == len(post.box.mails):
            break  # nothing was answered, so that the other machine says no more
    assert len(post.box.mails) == len(world.events("AlertOpened")) == MOST_AN_HOUR
    assert len(world.events("MailNoted")) == MOST_AN_HOUR + 1
    world.stand_still(minutes=61)
    post.write("Another hour", sender="bot@example.com")
    assert len(world.events("MailNoted")) == MOST_AN_HOUR + 2
    assert len(world.events("AlertOpened")) == MOST_AN_HOUR + 1


def test_what_a_machine_writes_pages_and_is_not_answered(post):
    post.write(Auto_Submitted="auto-generated")
    assert post.world.paged() == ["ana"]
    assert post.answers() == []


def test_a_machine_that_answers_ours_is_left_alone(post):
    post.write()
    post.write("Out of office", "I am away.", answers=post.last(), Precedence="bulk")
    assert post.replies() == []
    assert len(post.box.mails) == 1
    assert post.world.events("MailIgnored")[0]["sender"] == SUE


def test_an_answer_that_may_have_come_says_so_and_a_refused_one_is_a_dead_letter(post):
    world = post.world
    post.box.refuse = "451 4.2.1 later"
    post.write()
    assert world.dead() == []
    post.box.refuse = ""
    world.pass_time(seconds=10)
    assert "This is a repeat: it may have reached you before." in post.box.mails[0].get_content()
    post.box.refuse = "550 5.1.1 no such user"
    world.user("ana").clicks("Acknowledge")
    (dead,) = world.dead()
    assert dead.startswith("answer-mail:1.1:acknowledged")
    world.channel("setflow-ops").shows("Could not answer sue@", "about alert 1 (acknowledged)")


def test_a_window_of_maintenance_is_told_to_whoever_writes(post):
    window = '{name: the move, from: "2026-12-01 11:00", to: "2026-12-01 12:00"}'
    post.world.apply(file(more=f"{MAIL}\nmaintenance: [{window}]"))
    post.write()
    assert post.answers() == ["Held until 12:00 by maintenance (the move); nobody is paged before."]
    post.world.pass_time(until="2026-12-01 12:00")
    assert post.answers()[1].startswith(
        "It waits for somebody again: the maintenance that held it, the move, ended 12:00"
    )


def test_a_mail_that_is_one_too_many_is_shown_answered_and_heard_of_with_those_it_is_counted_in(
    post,
):
    world = post.world
    world.apply(file(more=f"{MAIL}\nsources: {{mail: {{limit: 1/5m}}}}"))
    post.write()
    for who, title in (("cy", "Search is slow"), ("eve", "Logins fail"), ("eve", "Still failing")):
        post.write(title, f"{title}, says Acme.", sender=f"{who}@example.com")
    assert [one["To"] for one in post.box.mails] == [SUE, "cy@example.com", "eve@example.com"]
    assert "Ana Doe paged 11:12." in post.answers()[-1]
    shown = "\n".join(world.channel(SET).thread("mail floods"))
    for title in ("Search is slow, says", "Logins fail, says", "Still failing, says"):
        assert title in shown
    world.user("ana").clicks("Acknowledge")
    assert sorted(post.answers()[3:]) == [
        f"Ana Doe has it since {at}." for at in ("05:12", "11:12")
    ]
