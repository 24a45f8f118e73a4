"""Those around a mailroom: a DNS that answers, a server that signs, a mailbox that takes."""

import base64
import smtplib
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from functools import cache

import dkim
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from setflow.adapters.mail.names import Names
from setflow.mailroom.listener import Mailroom

URGENT, SUE = "urgent@oncall.example.com", "sue@example.com"
SELECTOR = "s1"


@cache
def key() -> tuple[bytes, str]:
    """A private key as PEM, and what the DNS says of it."""
    made = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    pem = made.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem, f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"


def mail(
    title: str = "Checkout down for Acme",
    text: str = "Nobody can pay.",
    *,
    sender: str = f"Sue Fox <{SUE}>",
    **headers: str,
) -> EmailMessage:
    """A mail as somebody writes it; `headers` with _ for -."""
    made = EmailMessage(SMTP)
    made["From"], made["To"], made["Subject"] = sender, URGENT, title
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    if "Message-ID" not in made:
        made["Message-ID"] = f"<{abs(hash((title, text)))}@example.com>"
    made.set_content(text)
    return made


def signed(raw: bytes, domain: str = "example.com", **how: object) -> bytes:
    """`raw` with the signature of a domain's server in front."""
    signature = dkim.sign(raw, SELECTOR.encode(), domain.encode(), key()[0], **how)
    return bytes(signature) + raw


class Dns:
    """A name server on loopback: `records` by kind and name; what is `silent` gets no answer."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], Sequence[str]] = {
            ("TXT", f"{SELECTOR}._domainkey.example.com"): [_quoted(key()[1])],
        }
        self.silent: set[str] = set()
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.names = Names(["127.0.0.1"], port=self._socket.getsockname()[1], seconds=1.0)
        self._thread = threading.Thread(target=self._answer)
        self._thread.start()

    def text(self, name: str, said: str) -> None:
        self.records["TXT", name] = [_quoted(said)]

    def close(self) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _answer(self) -> None:
        while True:
            raw, peer = self._socket.recvfrom(4096)
            if not raw:
                return
            asked = dns.message.from_wire(raw)
            question = asked.question[0]
            name = question.name.to_text(omit_final_dot=True).lower()
            kind = dns.rdatatype.to_text(question.rdtype)
            self.asked.append(f"{kind} {name}")
            if name in self.silent:
                continue
            answer = dns.message.make_response(asked)
            answer.flags |= dns.flags.AA
            values = self.records.get((kind, name), ())
            if values:
                found = dns.rrset.from_text_list(question.name, 60, "IN", kind, list(values))
                answer.answer.append(found)
            else:
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), peer)


def _quoted(text: str) -> str:
    return " ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200))


@contextmanager
def name_server() -> Iterator[Dns]:
    there = Dns()
    try:
        yield there
    finally:
        there.close()


@contextmanager
def listening(room: Mailroom) -> Iterator[Mailroom]:
    room.start()
    try:
        yield room
    finally:
        room.stop()


@dataclass
class Mailbox:
    """A server that takes mail for anybody; `refuse` is what it answers instead."""

    refuse: str = ""
    raw: list[bytes] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options) -> str:
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope) -> str:
        self.raw.append(envelope.content)
        return "250 OK"

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one, policy=default) for one in self.raw]

    def texts(self) -> list[str]:
        """The first paragraph of each mail, oldest first."""
        said = [one.get_content().replace("\r\n", "\n") for one in self.mails]
        return [one.split("\n\n")[0].strip() for one in said]


class _Anywhere(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    controller = _Anywhere(box, hostname="127.0.0.1", port=0)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop()


def brought(
    room: Mailroom,
    raw: bytes | EmailMessage,
    *,
    to: str = URGENT,
    path: str = SUE,
    options: Sequence[str] = (),
) -> tuple[int, str]:
    """A mail brought by SMTP: the code and the words of the last answer."""
    given = raw if isinstance(raw, bytes) else raw.as_bytes(policy=SMTP)
    with smtplib.SMTP("127.0.0.1", room.port, "mail.example.com", timeout=20) as server:
        try:
            refused: Mapping[str, tuple[int, bytes]] = server.sendmail(path, [to], given, options)
        except smtplib.SMTPRecipientsRefused as error:
            refused = error.recipients
        except smtplib.SMTPResponseException as error:
            return error.smtp_code, _words(error.smtp_error)
    code, said = next(iter(refused.values()), (250, b""))
    return code, _words(said)


def _words(said: bytes | str) -> str:
    return said.decode() if isinstance(said, bytes) else said
