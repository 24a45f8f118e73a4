"""Who may write, what they are answered, and when an answer is news no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import SMTP, default
from zoneinfo import ZoneInfo

import pytest

from setflow.adapters.mail.outbound import Outbox
from setflow.adapters.mail.reading import ANSWER, OWN, read
from setflow.adapters.mail.words import letter
from setflow.adapters.mattermost.mails import mail_post
from setflow.adapters.mattermost.post import Pen
from setflow.document import Reader, parse
from setflow.effects import AnswerMail
from setflow.errors import DeliveryError
from setflow.escalation import spec
from setflow.escalation.rules import Alert, Passed, Status, mail_news, still_mail_news
from setflow.escalation.spec import MailSettings, read_mail
from setflow.facts import AlertFacts, AnswerFacts, BackFacts, MailFacts, Who
from setflow.facts import Passed as PassedFacts
from tests.unit.test_escalation_rules import Story

NOW = datetime(2026, 12, 1, 2, 12, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ANA, BO, MARA = (Who(one.lower(), f"{one} Doe", one.lower()) for one in ("Ana", "Bo", "Mara"))
ALERT = AlertFacts(
    id=7,
    nth=1,
    title="Checkout down for Acme",
    priority="P1",
    source="mail",
    url="",
    details={},
    status="firing",
    count=1,
    fired_at=NOW,
    zone=BERLIN,
    channel="set",
    passed=(PassedFacts(NOW, (ANA,)),),
    next_at=NOW + timedelta(minutes=5),
    next_people=(BO,),
)
ANSWERED = AnswerFacts(
    ALERT,
    "received",
    "sue@example.com",
    "urgent@oncall.example.com",
    "<setflow.1@oncall.example.com>",
    ("<a@example.com>", "<b@example.com>"),
    BERLIN,
    named_zone=True,
)


def settings(text: str) -> tuple[MailSettings, list[str]]:
    reader = Reader()
    found = read_mail(parse(text, "set.yaml"), reader)
    return found, [str(problem) for problem in reader.problems]


def test_a_section_says_the_address_and_who_may_write_to_it():
    found, problems = settings(
        "{address: Urgent@OnCall.example.com, from: [Sue@acme.example, '@Example.com']}"
    )
    assert problems == []
    assert found == MailSettings(
        "urgent@oncall.example.com", ("sue@acme.example", "@example.com"), "support", "P1"
    )
    assert found.domain == "oncall.example.com"
    assert [found.takes(one) for one in ("SUE@acme.example", "x@example.com")] == [True, True]
    for stranger in ("eve@acme.example", "x@mail.example.com", "x@notexample.com", "", "x"):
        assert not found.takes(stranger)
    assert found.is_ours("URGENT+some-thing@oncall.example.com")
    assert found.is_ours("urgent@oncall.example.com")
    assert not found.is_ours("urgent@example.com")
    assert found.sub_address("urgent+A+b@oncall.example.com") == "a+b"
    more, problems = settings(
        "{address: u@a.example, from: ['@b.example'], name: sales, priority: P2}"
    )
    assert (more.name, more.priority, problems) == ("sales", "P2", [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", ['lacks "address"', 'lacks "from"']),
        ("{address: urgent, from: ['@x.example']}", ['"urgent" is no address for mail']),
        ("{address: u+x@a.example, from: ['@x.example']}", ["is no address for mail"]),
        ("{address: u@a.example, from: [example.com]}", ['"example.com" is no sender']),
        ("{address: u@a.example, from: []}", ["lets nobody in"]),
        ("{address: u@a.example, from: [u@a.example]}", ["setflow would page itself"]),
        ("{address: u@a.example, from: ['@b.example'], priority: P9}", ['"P9" is none of P1']),
    ],
)
def test_a_section_with_mistakes_says_what_to_write(text, said):
    _, problems = settings(text)
    assert all(any(words in problem for problem in problems) for words in said)


def _fired() -> Alert:
    story = Story()
    story.fire()
    return story.alert


def test_what_is_news_to_those_who_wrote():
    alert = _fired()
    told = {
        spec.Acknowledged(1, "ana", "ana", "button"): "acknowledged",
        spec.TakenOver(1, "bo", "ana", "button"): "acknowledged",
        spec.Resolved(1, "ana", "button"): "resolved",
        spec.LadderEnded(1, 1): "ended",
        spec.LadderRestarted(1, 2): "anew",
        spec.CameBack(1, 2, "snoozed", "ana"): "anew",
        spec.Snoozed(1, "ana", "button", NOW): "snoozed",
        spec.AlertRefired(1, 2): "",
    }
    assert {event: mail_news(alert, event) for event in told} == told


def test_that_nobody_has_answered_is_news_once_somebody_was_told_in_vain():
    alert = replace(_fired(), passed=())
    one, two = (Passed(NOW, 0, step, ("ana",), ()) for step in (0, 1))
    empty = Passed(NOW, 0, 0, (), ("set.primary",))
    paged = spec.Paged(1, 1, 0, 1, "bo", "mattermost", 0)
    assert mail_news(replace(alert, passed=(one, two)), paged) == "unanswered"
    assert mail_news(replace(alert, passed=(empty, two)), paged) == ""
    assert mail_news(replace(alert, passed=(one, two)), replace(paged, nth=2)) == ""
    owned = replace(alert, passed=(one, two), status=Status.ACKNOWLEDGED)
    assert mail_news(owned, paged) == ""


def test_an_answer_gives_way_to_what_came_after_it():
    alert = replace(_fired(), nth=2)

    def wanted(what: str, nth: int = 2, **now: object) -> bool:
        answer = AnswerMail(1, nth, "sue@example.com", what, "", "")
        return still_mail_news(replace(alert, **now), answer)

    assert wanted("received", status=Status.RESOLVED)
    assert wanted("anew")
    assert not wanted("anew", nth=1)
    assert not wanted("anew", status=Status.ACKNOWLEDGED)
    assert wanted("unanswered")
    assert not wanted("unanswered", ended=True)
    assert wanted("ended", ended=True)
    assert wanted("acknowledged", status=Status.ACKNOWLEDGED, nth=1)
    assert not wanted("acknowledged")
    assert wanted("resolved", status=Status.RESOLVED)
    assert not wanted("snoozed", status=Status.RESOLVED)


def said(
    what: str = "received", *, now: datetime = NOW, follows: int | None = None, **alert
) -> str:
    answer = replace(ANSWERED, what=what, alert=replace(ALERT, **alert), follows=follows)
    return letter(answer, NOW, again=False).get_content().split("\n\n")[0]


def test_answers_say_who_is_told_who_has_it_and_what_comes_next():
    later = NOW + timedelta(minutes=7)
    assert said() == (
        "Ana Doe paged 03:12. You will hear who takes it.\n"
        "If nobody takes it by 03:17 it goes to Bo Doe."
    )
    assert said(follows=3).endswith("\nAlert 3 is over, so this is a new one.")
    assert said(next_people=()).endswith("by 03:17 it goes one step up.")
    assert said(passed=(), next_at=None) == "Nobody could be paged yet."
    owned = {"status": "acknowledged", "owner": BO, "owned_at": later}
    assert said(**owned) == said("acknowledged", **owned) == "Bo Doe has it since 03:19."
    assert said(**owned, joined=(ANA, MARA)).endswith("since 03:19, with Ana Doe and Mara Doe.")
    passed = (*ALERT.passed, PassedFacts(NOW + timedelta(minutes=5), (BO,)))
    climbing = {"passed": passed, "next_at": NOW + timedelta(minutes=10), "next_people": (MARA,)}
    assert said("unanswered", **climbing) == (
        "Nobody has answered yet; the ladder goes on: Bo Doe paged 03:17, Mara Doe next 03:22."
    )
    assert said("unanswered", **{**climbing, "next_people": ()}).endswith(
        "the step above next 03:22."
    )
    ended = {"nobody": True, "passed": passed}
    assert said(**ended) == said("ended", **ended)
    assert said("ended", **ended).startswith(
        "Nobody has answered, and everybody there is was tried, last Bo Doe 03:17.\n"
        "Their channel is told every 30 min"
    )
    over = {"status": "resolved", "closed_at": later, "closed_by": "Bo Doe"}
    assert said("resolved", **over).startswith("Resolved 03:19, said Bo Doe.\n")
    asleep = {"status": "snoozed", "until": later}
    assert (
        said("snoozed", **asleep, owner=BO)
        == "Bo Doe has put it off until 03:19; it then comes back."
    )
    assert said(**asleep, held="db move") == (
        "Held until 03:19 by maintenance (db move); nobody is paged before."
    )


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("snoozed", "Bo Doe had put it off until 03:12"),
        ("handed-back", "Bo Doe gave it back 03:12"),
        ("unanswered", "Bo Doe had it and was not heard by 03:12"),
        ("louder", "Bo Doe had it, and it became louder 03:12"),
    ],
)
def test_an_alert_that_waits_again_says_why(why, words):
    first, second, *_ = said("anew", back=BackFacts(why, BO, NOW)).splitlines()
    assert first == f"It waits for somebody again: {words}."
    assert second == "Ana Doe paged 03:12. You will hear who takes it."
    assert said("anew").startswith("It is paged anew.\nAna Doe paged")


def test_an_answer_is_marked_so_that_no_machine_answers_it_and_its_thread_is_kept():
    title = "Störung\r\nBcc: eve@evil.example " + "x" * 300
    answer = replace(ANSWERED, alert=replace(ALERT, title=title))
    raw = letter(answer, NOW, again=True).as_bytes(policy=SMTP)
    mail = message_from_bytes(raw, policy=default)
    assert mail["Bcc"] is None
    assert mail["Subject"].startswith("Re: Störung Bcc: eve@evil.example xxx")
    assert (mail["In-Reply-To"], mail["References"]) == (
        "<b@example.com>", "<a@example.com> <b@example.com>",
    )  # fmt: skip
    assert mail["Auto-Submitted"] == "auto-replied"
    body = mail.get_content()
    assert "This is a repeat: it may have reached you before." in body
    assert "Times are those of Europe/Berlin." in body
    assert read(raw, own="urgent@oncall.example.com", return_path="").by == OWN
    assert read(raw, own="other@example.com", return_path="x@example.com").by == OWN
    mine = letter(replace(answer, named_zone=False, message="<x@y>"), NOW, again=False)
    assert "Times are" not in mine.get_content()
    assert read(mine.as_bytes(policy=SMTP), own="o@example.com", return_path="a@b.c").by == ANSWER


def test_long_ids_of_a_thread_come_through_whole():
    ids = tuple(f"<{'x' * 150}{number}@mail.example.com>" for number in range(12))
    raw = letter(replace(ANSWERED, refers=ids), NOW, again=False).as_bytes(policy=SMTP)
    mail = message_from_bytes(raw, policy=default)
    assert mail["References"].split() == [ids[0], *ids[-3:]]
    assert mail["In-Reply-To"] == ids[-1]
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_mail_below_its_post_mentions_whoever_has_the_alert_and_nobody_else():
    pen = Pen(NOW, lambda _: "", "http://setflow")
    text = "@channel <b>down</b>\n![x](https://evil.example/x.png)"
    shown = MailFacts("sue@example.com", "Sue", text, ("log.zip",), NOW, BERLIN, "set", BO)
    post = mail_post(shown, pen)
    assert post.mentions == ("bo",)
    assert post.message.startswith("@bo — Sue (sue@")
    assert "@channel" not in post.message
    assert "[x](" not in post.message
    assert "Not kept: log.zip." in post.message
    alone = mail_post(replace(shown, owner=None, name="", text="", files=()), pen)
    assert alone.message.endswith("wrote 03:12:\nThe mail has no text.")
    assert alone.mentions == ()


def test_a_password_goes_to_no_far_server_without_tls():
    outbox = Outbox("smtp://sue:s%20ecret@mail.example.com")
    assert (outbox.port, outbox.tls, outbox.host) == (587, False, "mail.example.com")

    class Plain:
        def ehlo(self):
            pass

        def has_extn(self, _):
            return False

    with pytest.raises(DeliveryError, match="offers no TLS") as caught:
        outbox._secure(Plain())
    assert "ecret" not in str(caught.value)
    assert Outbox("smtps://mail.example.com").port == 465
