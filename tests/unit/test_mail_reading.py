"""Mails as people, their programs and machines write them."""

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters.mail.hypertext import plain
from setflow.adapters.mail.proof import aligned
from setflow.adapters.mail.reading import ANSWER, MACHINE, OWN, PERSON, Unreadable, read
from setflow.adapters.mail.trimming import trimmed

OURS = "urgent@oncall.example.com"


def seen(raw: str | bytes, return_path: str = "sue@example.com"):
    given = raw if isinstance(raw, bytes) else raw.replace("\n", "\r\n").encode("latin-1")
    return read(given, own=OURS, return_path=return_path)


def by(*headers: str, return_path: str = "sue@example.com") -> str:
    lines = "\n".join(["From: sue@example.com", *headers])
    return seen(f"{lines}\n\nDown.\n", return_path).by


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("Re: Fwd: AW: Checkout down", "Checkout down"),
        ("RE[2]: Checkout: down", "Checkout: down"),
        ("=?utf-8?q?St=C3=B6rung_bei_Acme?=", "Störung bei Acme"),
        ("=?utf-8?b?U3TDtnJ1?=\n =?utf-8?b?bmc=?=", "Störung"),
        ("=?no-such-charset?q?caf=E9?=", "café"),
        ("=?utf-8?b?broken", "=?utf-8?b?broken"),
        ("a\x00b\x07c", "abc"),
        ("Retry: no answer", "Retry: no answer"),
    ],
)
def test_a_subject_is_read_without_what_programs_put_before_it(subject, said):
    assert seen(f"From: sue@example.com\nSubject: {subject}\n\n").subject == said


@pytest.mark.parametrize(
    ("sender", "name", "address"),
    [
        ("Sue Fox <Sue@Example.COM>", "Sue Fox", "sue@example.com"),
        ('"boss@evil.example" <sue@example.com>', "boss@evil.example", "sue@example.com"),
        ("=?utf-8?q?J=C3=BCrgen?= <j@example.com>", "Jürgen", "j@example.com"),
    ],
)
def test_the_sender_is_the_address_and_never_the_name(sender, name, address):
    found = seen(f"From: {sender}\n\n")
    assert (found.name, found.sender) == (name, address)


@pytest.mark.parametrize(
    "head",
    [
        "Subject: x",
        "From: a@example.com\nFrom: b@example.com",
        "From: a@example.com, b@example.com",
        "From: somebody",
        "From: <@example.com>",
        "From: a@example.com@evil.example",
        "From: =?utf-8?q?a=40example=2Ecom?=",
    ],
)
def test_a_mail_has_one_sender_or_is_none(head):
    with pytest.raises(Unreadable):
        seen(f"{head}\n\nDown.\n")


def test_a_text_is_read_in_the_charset_that_it_is_in_whatever_it_claims():
    head = "From: sue@example.com\nContent-Type: text/plain; charset="
    assert seen(f"{head}latin-1\n\ncafé\n").text == "café"
    assert seen(f"{head}utf-8\n\ncafé\n").text == "café"
    assert seen(f"{head}klingon\n\ncaf\xe9\n").text == "café"
    assert seen(f"{head}utf-8\n\na\x00\x08b\n").text == "ab"


def test_html_alone_is_read_as_text_and_attachments_are_named():
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "sue@example.com", "Down"
    mail.set_content(
        "<html><head><style>p {color: red}</style><title>t</title></head><body><p>Nobody can"
        " <b>pay</b> at&nbsp;Acme.</p><ul><li>502</li></ul><script>alert(1)</script>"
        "<blockquote>old<br>words</blockquote></body></html>",
        subtype="html",
    )
    mail.add_attachment(b"\x78\x9f\x3e\x22", maintype="application", subtype="ms-tnef",
                        filename="winmail.dat")  # fmt: skip
    found = seen(mail.as_bytes())
    assert found.text == "Nobody can pay at Acme.\n502\n> old\n> words"
    assert found.files == ("winmail.dat",)


def test_an_empty_text_beside_html_is_not_what_was_written():
    mail = EmailMessage()
    mail["From"] = "sue@example.com"
    mail.set_content(" \n")
    mail.add_alternative("<p>Down.</p>", subtype="html")
    assert seen(mail.as_bytes()).text == "Down."


@pytest.mark.parametrize(
    "quoted",
    [
        "> old\n> words",
        "On Tue, 1 Dec 2026 at 03:12, Bo Doe <bo@example.com> wrote:\n> old",
        "On Tue, 1 Dec 2026 at 03:12, Bo Doe\n<bo@example.com> wrote:\n\n> old",
        "Am 01.12.2026 um 03:12 schrieb Bo Doe:\n> alt",
        "-----Original Message-----\nFrom: Bo\nold words",
        "________________________________\nFrom: Bo\nSent: Tuesday\nold words",
        "From: Bo Doe\nSent: Tuesday, December 1\nTo: Sue\nold words",
        "-- \nSue Fox\nSupport",
    ],
)
def test_a_reply_is_what_was_newly_written(quoted):
    assert trimmed(f"It is worse.\n\n{quoted}", reply=True, longest=4000) == "It is worse."


def test_an_answer_below_a_quote_is_kept_and_a_forwarded_mail_is_whole():
    assert trimmed("> Is it down?\nYes.", reply=True, longest=4000) == "Yes."
    whole = "FYI\n---------- Forwarded message ---------\nFrom: Acme\n> We cannot pay."
    raw = f"From: sue@example.com\nReferences: <a@b>\nSubject: Fwd: down\n\n{whole}\n"
    assert seen(raw).text == whole
    assert trimmed("> all of it", reply=True, longest=4000) == "> all of it"


def test_a_long_text_ends_at_4000_characters():
    found = seen("From: sue@example.com\n\n" + "x" * 5_000).text
    assert (len(found), found[-1]) == (4_000, "…")


def test_a_thread_is_read_from_its_nearest_mail_outwards():
    raw = "From: a@example.com\nIn-Reply-To: <c@x>\nReferences: <a@x> <b@x>\n <c@x>\n\n"
    assert seen(raw).refers == ("<c@x>", "<b@x>", "<a@x>")


def test_a_mail_without_an_id_is_known_by_its_bytes_and_a_long_one_is_cut():
    one, other = seen("From: a@example.com\n\nx"), seen("From: a@example.com\n\ny")
    assert one.message != other.message == seen("From: a@example.com\n\ny").message
    long = f"<{'x' * 5_000}@example.com>"
    found = seen(f"From: a@example.com\nMessage-ID: {long}\nIn-Reply-To: {long}\n\n")
    assert found.refers == (found.message,)
    assert len(found.message) < 100


def test_who_wrote_it_is_seen_by_its_headers():
    assert by() == PERSON
    assert by("Auto-Submitted: no") == PERSON
    for machine in ("Auto-Submitted: auto-generated", "Precedence: bulk", "List-Id: <x>"):
        assert by(machine) == MACHINE
        assert by(machine, return_path="") == ANSWER
    assert by(return_path="") == MACHINE
    assert by("Auto-Submitted: auto-replied (vacation)") == ANSWER
    assert by("X-Autoreply: yes") == ANSWER
    assert by("Content-Type: multipart/report; boundary=b") == ANSWER
    assert by(f"X-Loop: {OURS.upper()}") == OWN
    assert by("Message-ID: <setflow.1@oncall.example.com>") == OWN
    assert seen(f"From: {OURS}\n\n").by == OWN


@given(st.binary(max_size=300))
def test_any_bytes_are_a_mail_that_can_be_stored_or_none(junk):
    for raw in (junk, b"From: a@example.com\r\nSubject: " + junk,
                b"From: a@example.com\r\nContent-Type: " + junk,
                b"From: a@example.com\r\nContent-Type: text/html\r\n\r\n" + junk):  # fmt: skip
        try:
            found = read(raw, own=OURS, return_path="")
        except Unreadable:
            continue
        said = (found.subject, found.text, found.name, found.message, *found.refers, *found.files)
        assert not any("\x00" in one for one in said)
        assert "".join(said).encode()


@given(st.text(max_size=300))
def test_no_html_is_too_broken_to_be_read(html):
    assert isinstance(plain(html), str)


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ("example.com", "EXAMPLE.com.", True),
        ("mail.example.com", "example.com", True),
        ("example.com", "mail.example.com", True),
        ("notexample.com", "example.com", False),
        ("com", "example.com", False),
        ("a.example.com", "b.example.com", False),
    ],
)
def test_domains_are_aligned_where_one_is_the_other_or_below_it(one, other, said):
    assert aligned(one, other) is said
