"""Whether mail finds its way here and back, as the doctor looks at it."""

import smtplib
from collections.abc import Iterator
from ipaddress import ip_address

from setflow.adapters.mail.names import Names, NoAnswer
from setflow.adapters.mail.outbound import Outbox
from setflow.errors import DeliveryError

SECONDS = 3.0
SMTP = 25

Seen = tuple[str, str]
"""What was seen, and what to do about it; "" where it is well."""


def survey(address: str, listen: tuple[str, int] | None, url: str, names: Names) -> Iterator[Seen]:
    """The door for mail to `address`, the way to it, and the way of the answers.

    address  "" where the file has no mail; `url` that of SETFLOW_MAIL_URL, "" where there is none
    """
    if address and listen is None:
        said = "the file has a section mail, but nobody listens"
        yield said, "Set SETFLOW_SMTP_LISTEN, such as 0.0.0.0:25."
    elif listen and not address:
        yield (
            "a listener is set, but the file has no section mail",
            "Write one, and apply the file.",
        )
    elif listen:
        yield _door(*listen)
        yield _route(address, listen[1], names)
    if address:
        yield _way_out(url)


def _door(host: str, port: int) -> Seen:
    todo = "Start `setflow serve`, and look whether SETFLOW_SMTP_LISTEN is free."
    try:
        with smtplib.SMTP(timeout=SECONDS) as server:
            code, said = server.connect(_near(host), port)
    except (OSError, smtplib.SMTPException):
        return f"nobody takes mail at {host}:{port}", todo
    if code != 220 or b"setflow" not in said:
        return f"at {host}:{port} somebody else takes mail", todo
    return f"taken at {host}:{port}", ""


def _route(address: str, port: int, names: Names) -> Seen:
    """Where the world brings mail for the address: RFC 5321, section 5.1."""
    domain = address.partition("@")[2]
    todo = f"Have the DNS name this machine, or a relay that leads here, as MX of {domain}."
    try:
        found = sorted((one.preference, str(one.exchange)) for one in names.find(domain, "MX"))
        hosts = [name.rstrip(".") for _, name in found]
        hosts = hosts or ([domain] if names.find(domain, "A") or names.find(domain, "AAAA") else [])
    except NoAnswer as error:
        return str(error), "Ask again later."
    if not hosts:
        return f"the DNS does not say where mail for {domain} goes", todo
    relay = "" if port == SMTP else f", which has to hand it on to port {port} here"
    return f"the world brings mail for {domain} to {hosts[0]}{relay}", ""


def _way_out(url: str) -> Seen:
    if not url:
        return "whoever writes hears nothing", "Set SETFLOW_MAIL_URL to a server that sends."
    try:
        return f"answers go by {Outbox(url).check()}", ""
    except DeliveryError as error:
        return f"answers: {error}", "Check SETFLOW_MAIL_URL."


def _near(host: str) -> str:
    """Where this machine reaches what listens at `host`, which may be every address."""
    try:
        everywhere = ip_address(host).is_unspecified
    except ValueError:
        return host
    return ("::1" if ":" in host else "127.0.0.1") if everywhere else host
