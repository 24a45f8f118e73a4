"""Mail handed to a server that brings it on: SMTP (RFC 5321), by TLS where there is any."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from setflow.errors import DeliveryError

SECONDS = 5.0
"""For each of the nine answers of a delivery, so that all of it ends before the lease of it."""
PORTS = {"smtp": 587, "smtps": 465}


class Outbox:
    """The server of SETFLOW_MAIL_URL, smtp[s]://user:password@host:port.

    smtps begins with TLS; smtp turns to it where the server can. A password goes to no other server
    than by TLS, but to this machine. The address is a secret, and never quoted.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.tls = parts.scheme == "smtps"
        self.host, self.port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def send(self, mail: EmailMessage, sender: str, receiver: str) -> None:
        """Hand over `mail`, from and to these addresses. Raises DeliveryError."""
        with self._speaking(sender) as server:
            server.send_message(mail, sender, [receiver])

    def check(self) -> str:
        """The host and port, where somebody takes mail there. Raises DeliveryError."""
        with self._speaking("setflow@localhost") as server:
            server.noop()
        return f"{self.host}:{self.port}"

    @contextmanager
    def _speaking(self, sender: str) -> Iterator[smtplib.SMTP]:
        try:
            server = self._connected(sender.rpartition("@")[2])
            try:
                self._secure(server)
                yield server
            finally:
                with suppress(OSError, smtplib.SMTPException):
                    server.quit()
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise _failure(error) from error

    def _connected(self, name: str) -> smtplib.SMTP:
        where = self.host, self.port
        if self.tls:
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(*where, name, timeout=SECONDS, context=context)
        return smtplib.SMTP(*where, name, timeout=SECONDS)

    def _secure(self, server: smtplib.SMTP) -> None:
        server.ehlo()
        if not self.tls and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif not self.tls and self._user and not _is_here(self.host):
            raise DeliveryError(
                "the mail server of SETFLOW_MAIL_URL offers no TLS, and the password is not sent "
                "without; use smtps://",
                again=False,
            )
        if self._user:
            server.login(self._user, self._password)


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _failure(error: Exception) -> DeliveryError:
    """What a refusal means: 4xx may pass, as does silence; 5xx does not (RFC 5321, 4.2.1)."""
    code, said = 0, type(error).__name__
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        said = text.decode("ascii", "replace")
    elif isinstance(error, smtplib.SMTPAuthenticationError):
        # Its text may repeat what was sent.
        code, said = error.smtp_code, "it does not take the user and password"
    elif isinstance(error, smtplib.SMTPResponseException):
        code, given = error.smtp_code, error.smtp_error
        said = given.decode("ascii", "replace") if isinstance(given, bytes) else str(given)
    passing = code < 500 and not isinstance(error, smtplib.SMTPNotSupportedError | ValueError)
    answered = f"answered {code}: {said[:200]}" if code else f"did not take it ({said})"
    return DeliveryError(f"the mail server {answered}", again=passing)
