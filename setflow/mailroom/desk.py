"""What becomes of a mail that is brought: who may, what proves it, and that it is kept."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address

from setflow import engine, views
from setflow.adapters.mail.names import Names, NoAnswer
from setflow.adapters.mail.proof import Brought, proved_by
from setflow.adapters.mail.reading import ANSWER, MACHINE, OWN, Mail, Unreadable, read
from setflow.db import Db, one_statement, transaction
from setflow.escalation.spec import MAIL, MailSettings

log = logging.getLogger(__name__)

SECRET = "secret address"

NOT_SET_UP = "550 5.7.1 No mail is taken here yet: the configuration needs a section mail."
NOT_OURS = "550 5.7.1 That address is not ours, and nothing is relayed. Check it and send again."
UNREADABLE = (
    "550 5.6.0 This mail cannot be read: it needs one From with one address. Write it as plain "
    "text, and send again."
)
NOT_ALLOWED = (
    "550 5.7.1 Mail from this sender is not taken. Write from an address of support, or ask an "
    "admin of setflow to add yours."
)
UNPROVED = (
    "550 5.7.1 Nothing proves that this mail is from where it says. Send it by your own mail "
    "server (it has to sign with DKIM, or stand in SPF), or to the secret address."
)
AUTOMATIC = "550 5.7.1 Automatic answers page nobody. If it is urgent, write a mail by hand."
LOOP = "550 5.4.6 This is a mail of setflow's own that came back. It goes no further."
NO_DNS = "451 4.7.0 The DNS does not say whether this mail is from where it says. Try again later."
NO_DATABASE = "451 4.3.0 Mail cannot be kept just now. Try again later."
BROKEN = "451 4.3.0 Something is wrong here. Try again later."
KEPT = "250 2.0.0 Kept."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the server that brought a mail is answered, and what it is counted as."""

    counted: str
    said: str


class Desk:
    """Takes mails in, whatever the way they are brought.

    secret   the secret sub-address, "" for none
    counted  told of every mail what became of it, in one or two words
    """

    def __init__(
        self,
        db: Db,
        names: Names,
        *,
        secret: str,
        clock: Callable[[], datetime],
        counted: Callable[[str], None],
    ) -> None:
        self.db, self.names, self.clock, self.counted = db, names, clock, counted
        self._secret = secret.lower()

    def settings(self) -> MailSettings | None:
        """The section mail of the configuration in force. Raises DatabaseGone."""
        with transaction(self.db) as tx:
            here = views.in_force(tx, now=self.clock())
        return here.configuration.mail if here else None

    def take(self, raw: bytes, receivers: list[str], brought: Brought) -> Verdict:
        """Keep a mail, or say why not. It is durable once this returns KEPT.

        Raises DatabaseGone.
        """
        settings = self.settings()
        if settings is None:
            return Verdict("not set up", NOT_SET_UP)
        try:
            mail = read(raw, own=settings.address, return_path=brought.path)
            refused = self._refused(mail, settings) or self._unproved(
                raw, mail, receivers, brought, settings
            )
        except Unreadable:
            return Verdict("unreadable", UNREADABLE)
        except NoAnswer as error:
            log.warning("a mail waits for the DNS: %s", error)
            return Verdict("no DNS", NO_DNS)
        return refused or self._kept(mail)

    def _refused(self, mail: Mail, settings: MailSettings) -> Verdict | None:
        if mail.by == OWN:
            return Verdict("loop", LOOP)
        if not settings.takes(mail.sender):
            return Verdict("not allowed", NOT_ALLOWED)
        return Verdict("automatic", AUTOMATIC) if mail.by == ANSWER else None

    def _unproved(
        self,
        raw: bytes,
        mail: Mail,
        receivers: list[str],
        brought: Brought,
        settings: MailSettings,
    ) -> Verdict | None:
        secret = self._secret.encode()
        given = [settings.sub_address(one).encode() for one in receivers]
        if secret and sum(compare_digest(one, secret) for one in given):
            return None
        if proved_by(raw, mail.sender, brought, self.names):
            return None
        return Verdict("unproved", UNPROVED)

    def _kept(self, mail: Mail) -> Verdict:
        payload = {
            "message": mail.message,
            "sender": mail.sender,
            "name": mail.name,
            "subject": mail.subject,
            "text": mail.text,
            "refers": list(mail.refers),
            "files": list(mail.files),
            "machine": mail.by == MACHINE,
        }
        # A mail that comes twice is one; another that claims its Message-ID is not.
        said = "\0".join((mail.message, mail.sender, mail.subject, mail.text))
        delivery = sha256(said.encode()).hexdigest()
        with one_statement(self.db) as tx:
            new = engine.accept(tx, [engine.Pushed(MAIL, delivery, payload, self.clock())])
        return Verdict("accepted" if new else "repeated", KEPT)


def address_of(peer: object) -> str:
    """The address of a connection's far end, as SPF takes it."""
    host = str(peer[0]) if isinstance(peer, tuple) and peer else "0.0.0.0"
    found = ip_address(host.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(found)
