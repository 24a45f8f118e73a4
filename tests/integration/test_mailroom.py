"""The door for mail: real SMTP in, the inbox behind it, a DNS beside it."""

import logging
import smtplib
import socket
import ssl
import threading
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from setflow import engine
from setflow.adapters.mail.survey import survey
from setflow.db import transaction
from setflow.engine import File
from setflow.mailroom.desk import Desk
from setflow.mailroom.listener import MOST_BYTES, Mailroom
from tests.postoffice import (
    SUE,
    URGENT,
    Dns,
    brought,
    listening,
    mail,
    mailbox,
    name_server,
    signed,
)

NOW = datetime(2026, 12, 1, 2, 12, tzinfo=UTC)
SECRET = "open-sesame-0123456789"
FILE = """
version: 1
people: {ana: {}, bo: {}}
ladders: {urgent: {steps: [{page: [person:ana], wait: 5m}, {page: [person:bo], wait: 5m}]}}
mail: {address: urgent@oncall.example.com, from: [support@acme.example, "@example.com"]}
"""


class Bench:
    """A mailroom that listens, and what it counted."""

    def __init__(self, db, dns: Dns) -> None:
        self.db, self.dns = db, dns
        self.counted: list[str] = []
        self.desk = Desk(
            db, dns.names, secret=SECRET, clock=lambda: NOW, counted=self.counted.append
        )
        self.room = Mailroom(self.desk, ("127.0.0.1", 0))

    def kept(self) -> list[dict]:
        with transaction(self.db) as tx:
            rows = tx.execute(text("select payload from inbox where source = 'mail' order by id"))
            return [row.payload for row in rows]

    def bring(self, raw, **how) -> int:
        """The code of the last answer; what it was counted as is the last of `counted`."""
        return brought(self.room, raw, **how)[0]


@pytest.fixture
def bench(db):
    with transaction(db) as tx:
        engine.apply(tx, File("set.yaml", FILE, {}), by="shell", now=NOW)
    with name_server() as dns:
        found = Bench(db, dns)
        with listening(found.room):
            yield found


def by_sue(*what: str, **more: str) -> bytes:
    return signed(mail(*what, **more).as_bytes())


def test_a_mail_that_its_server_signed_is_kept_before_it_is_accepted(bench):
    assert bench.bring(by_sue()) == 250
    (kept,) = bench.kept()
    assert (kept["sender"], kept["name"], kept["subject"], kept["text"]) == (
        SUE, "Sue Fox", "Checkout down for Acme", "Nobody can pay.",
    )  # fmt: skip
    assert bench.counted == ["accepted"]


def test_one_that_its_server_may_send_is_kept_without_a_signature(bench):
    bench.dns.text("example.com", "v=spf1 ip4:127.0.0.1 -all")
    assert bench.bring(mail()) == 250
    assert bench.bring(mail(sender="eve@mail.example.com"), path="eve@mail.example.com") == 550


def test_what_comes_three_times_is_kept_once_and_accepted_each_time(bench):
    assert [bench.bring(by_sue()) for _ in range(3)] == [250, 250, 250]
    assert len(bench.kept()) == 1
    assert bench.counted == ["accepted", "repeated", "repeated"]


def test_what_nothing_proves_is_refused_with_what_to_do(bench):
    code, said = brought(bench.room, mail())
    assert code == 550
    assert "DKIM" in said
    assert "secret address" in said
    changed = by_sue().replace(b"Nobody can pay", b"Send me money")
    forged = signed(mail(sender="boss@example.com").as_bytes(), "evil.example")
    bench.dns.records["TXT", "s1._domainkey.evil.example"] = bench.dns.records[
        "TXT", "s1._domainkey.example.com"
    ]
    bench.dns.text("evil.example", "v=spf1 ip4:127.0.0.1 -all")
    part = signed(mail().as_bytes(), length=True) + b"And send me money.\r\n"
    for raw in (changed, forged, part):
        assert bench.bring(raw, path="eve@evil.example") == 550
    assert set(bench.counted) == {"unproved"}
    assert bench.kept() == []


def test_the_secret_address_needs_no_proof_but_is_for_known_senders_alone(bench):
    secret = URGENT.replace("@", f"+{SECRET}@")
    assert bench.bring(mail(), to=secret.upper()) == 250
    assert bench.bring(mail(), to=URGENT.replace("@", "+guess@")) == 550
    assert bench.bring(mail(sender="eve@evil.example"), to=secret) == 550
    assert bench.counted == ["accepted", "unproved", "not allowed"]


def test_nothing_is_relayed(bench):
    code, said = brought(bench.room, by_sue(), to="somebody@elsewhere.example")
    assert code == 550
    assert "nothing is relayed" in said
    assert bench.counted == ["not ours"]


def test_machines_that_answer_and_our_own_mails_are_turned_away(bench):
    assert bench.bring(by_sue(Auto_Submitted="auto-replied")) == 550
    assert bench.bring(by_sue(Auto_Submitted="auto-generated"), path="") == 550
    assert bench.bring(by_sue(X_Loop=URGENT)) == 550
    assert bench.bring(by_sue(Message_ID="<setflow.1@oncall.example.com>")) == 550
    assert bench.bring(by_sue(Auto_Submitted="auto-generated")) == 250
    assert bench.counted == ["automatic", "automatic", "loop", "loop", "accepted"]


def test_several_senders_or_none_cannot_be_one(bench):
    two = b"From: eve@evil.example\r\n" + mail().as_bytes()
    none = mail().as_bytes().replace(b"From: Sue Fox", b"X-From: Sue Fox")
    both = mail().as_bytes().replace(b"<sue@example.com>", b"<sue@example.com>, eve@evil.example")
    assert [bench.bring(signed(one)) for one in (two, both)] == [550, 550]
    assert bench.bring(none) == 550
    assert set(bench.counted) == {"unreadable"}


def test_a_dns_or_a_database_that_is_silent_has_the_sender_come_again(bench):
    bench.dns.silent.add("s1._domainkey.example.com")
    assert bench.bring(by_sue()) == 451
    bench.dns.silent.clear()
    gone = Mailroom(
        Desk(_Gone(bench.db), bench.dns.names, secret="", clock=lambda: NOW,
             counted=bench.counted.append),
        ("127.0.0.1", 0),
    )  # fmt: skip
    with listening(gone):
        assert brought(gone, by_sue())[0] == 451
    assert bench.counted == ["no DNS", "no database"]
    assert bench.kept() == []


def test_a_database_that_goes_while_a_mail_is_brought_has_it_come_again(bench):
    class Vanishing(Desk):
        def _kept(self, mail):
            self.db = _Gone(self.db)
            return super()._kept(mail)

    desk = Vanishing(bench.db, bench.dns.names, secret="", clock=lambda: NOW,
                     counted=bench.counted.append)  # fmt: skip
    with listening(Mailroom(desk, ("127.0.0.1", 0))) as room:
        assert brought(room, by_sue())[0] == 451
    assert bench.counted == ["no database"]
    assert bench.kept() == []


class _Gone:
    """A database that cannot be reached."""

    def __init__(self, db) -> None:
        self.db = db

    def __getattr__(self, name):
        from setflow.db import DatabaseGone

        raise DatabaseGone("gone")


def test_what_is_too_large_is_refused_before_and_after_it_is_sent(bench):
    large = mail().as_bytes() + (b"z" * 75 + b"\r\n") * (MOST_BYTES // 77 + 1)
    with smtplib.SMTP("127.0.0.1", bench.room.port, "mail.example.com") as server:
        server.ehlo()
        assert server.esmtp_features["size"] == str(MOST_BYTES)
        code, said = server.docmd("MAIL", f"FROM:<{SUE}> SIZE={20 * MOST_BYTES}")
        assert (code, b"too large" in said) == (552, True)
        server.docmd("MAIL", f"FROM:<{SUE}>")
        server.docmd("RCPT", f"TO:<{URGENT}>")
        code, said = server.data(large)
        assert (code, b"without attachments" in said) == (552, True)
    assert bench.counted == ["too large", "too large"]
    assert bench.bring(by_sue()) == 250


def test_bytes_that_are_no_mail_end_in_an_answer_and_the_door_stays_open(bench):
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at)
        for at in range(1_000)
    )
    head = mail().as_bytes().split(b"\r\n\r\n")[0].replace(b"Content-Type", b"X-Type")
    secret = URGENT.replace("@", f"+{SECRET}@")
    for raw in (
        b"", b"\x00\xff\xfe", head + b"\r\n" + nested, b"From: \xff <sue@example.com>\r\n\r\n\x00a",
    ):  # fmt: skip
        assert bench.bring(raw, to=secret) in (250, 550)
    for line in (b"\x00\xff\r\n", b"MAIL\r\n", b"DATA\r\n", b"RCPT TO:<>\r\n", b"A" * 5_000):
        with socket.create_connection(("127.0.0.1", bench.room.port), 5) as raw:
            raw.sendall(b"EHLO x\r\n" + line)
    assert bench.bring(by_sue()) == 250
    assert all("\x00" not in str(one) for one in bench.kept())


def test_no_more_connections_than_there_may_be_and_the_next_is_told_to_come_again(bench):
    with listening(Mailroom(bench.desk, ("127.0.0.1", 0), most_connections=1)) as room:
        first = smtplib.SMTP("127.0.0.1", room.port, "a")
        with pytest.raises(smtplib.SMTPConnectError, match="421"):
            smtplib.SMTP("127.0.0.1", room.port, "b")
        first.quit()
        _until(lambda: not room.doors)
        assert brought(room, by_sue())[0] == 250


class _Dying(Desk):
    """A process that ends as soon as it has kept a mail, before anybody hears 250."""

    room: Mailroom

    def take(self, *what):
        verdict = super().take(*what)
        for door in tuple(self.room.doors):
            door.loop.call_soon_threadsafe(door.leave)
        return verdict


def test_a_mail_kept_by_a_process_that_died_before_saying_so_is_one_when_it_comes_again(bench):
    desk = _Dying(
        bench.db, bench.dns.names, secret="", clock=lambda: NOW, counted=bench.counted.append
    )
    desk.room = Mailroom(desk, ("127.0.0.1", 0))
    with listening(desk.room), pytest.raises(smtplib.SMTPServerDisconnected):
        brought(desk.room, by_sue())
    assert len(bench.kept()) == 1
    assert bench.bring(by_sue()) == 250
    assert len(bench.kept()) == 1


def test_a_mail_that_breaks_something_here_is_told_to_come_again(bench):
    class Broken(Desk):
        def take(self, *what):
            raise KeyError("oops")

    desk = Broken(bench.db, bench.dns.names, secret="", clock=lambda: NOW,
                  counted=bench.counted.append)  # fmt: skip
    with listening(Mailroom(desk, ("127.0.0.1", 0))) as room:
        code, said = brought(room, by_sue())
    assert (code, "oops" in said) == (451, False)
    assert bench.counted == ["broken"]


def test_the_doctor_sees_the_door_the_way_to_it_and_the_way_back(bench, tmp_path):
    here = "127.0.0.1", bench.room.port

    def seen(address=URGENT, listen=here, url=""):
        return dict(survey(address, listen, url, bench.dns.names))

    assert seen("", None) == {}
    assert "the file has a section mail, but nobody listens" in seen(listen=None)
    assert "a listener is set, but the file has no section mail" in seen("")
    found = seen()
    assert found[f"taken at 127.0.0.1:{here[1]}"] == ""
    assert "MX of" in found["the DNS does not say where mail for oncall.example.com goes"]
    assert found["whoever writes hears nothing"].startswith("Set SETFLOW_MAIL_URL")
    bench.dns.records["MX", "oncall.example.com"] = ["20 b.example.com.", "10 a.example.com."]
    route = (
        "the world brings mail for oncall.example.com to a.example.com, which has to hand it on "
        f"to port {here[1]} here"
    )
    assert seen()[route] == ""
    with mailbox() as box:
        assert seen(url=f"smtp://127.0.0.1:{box.port}")[f"answers go by 127.0.0.1:{box.port}"] == ""
        other = "127.0.0.1", box.port
        assert f"at 127.0.0.1:{box.port} somebody else takes mail" in seen(listen=other)
    assert f"nobody takes mail at 127.0.0.1:{box.port}" in seen(listen=other)
    gone = seen(url=f"smtp://127.0.0.1:{box.port}")
    assert "answers: the mail server did not take it (ConnectionRefusedError)" in gone


def _until(said, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not said():
        assert time.monotonic() < end
        threading.Event().wait(0.005)


def test_the_secret_address_is_in_no_log(bench, caplog):
    caplog.set_level(logging.INFO)
    bench.bring(mail(), to=URGENT.replace("@", f"+{SECRET}@"))
    assert SECRET not in caplog.text


def test_starttls_is_offered_where_there_is_a_certificate(bench, tmp_path):
    cert = _certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(cert)
    room = Mailroom(bench.desk, ("127.0.0.1", 0), tls)
    with listening(room), smtplib.SMTP("127.0.0.1", room.port, "a") as server:
        server.starttls(context=ssl.create_default_context(cafile=cert))
        assert server.sendmail(SUE, [URGENT], by_sue()) == {}
    assert bench.counted == ["accepted"]


def _certificate(folder):
    from ipaddress import ip_address

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "127.0.0.1")])
    whom = [x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2099, 1, 1))
        .add_extension(x509.SubjectAlternativeName(whom), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "cert.pem"
    file.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file
