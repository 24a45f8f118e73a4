"""Mail as a source of alerts: who may send it, and where to."""

import re
from dataclasses import dataclass

from setflow.document import Node, Reader
from setflow.escalation.spec.sources import PRIORITIES

MAIL = "mail"
"""The source of alerts that came by mail."""
USUAL_NAME, USUAL_PRIORITY = "support", "P1"
LONGEST_NAME = 40

_DOMAIN = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]*[a-z0-9]"
# Without +, which sets the secret sub-address apart.
_OURS = re.compile(rf"[a-z0-9](?:[a-z0-9._-]{{0,62}}[a-z0-9])?@{_DOMAIN}")
_SENDER = re.compile(rf"[^@\s]*@{_DOMAIN}")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """Urgent mail. All addresses are in lower case.

    address   where it is sent to, and what answers come from
    senders   addresses, and domains as @example.com, from which it is taken
    name      whose mail it is, as in "from support's mail"
    priority  of its alerts
    """

    address: str
    senders: tuple[str, ...]
    name: str = USUAL_NAME
    priority: str = USUAL_PRIORITY

    @property
    def domain(self) -> str:
        """The part of the address behind the @."""
        return self.address.partition("@")[2]

    def takes(self, sender: str) -> bool:
        """Whether mail of this address is taken; a domain is not for those below it."""
        address = sender.lower()
        return address in self.senders or f"@{address.rpartition('@')[2]}" in self.senders

    def is_ours(self, receiver: str) -> bool:
        """Whether mail to `receiver` is for us: our address, with or without a sub-address."""
        local, _, domain = receiver.lower().rpartition("@")
        return f"{local.partition('+')[0]}@{domain}" == self.address

    def sub_address(self, receiver: str) -> str:
        """What stands behind the + of an address, in lower case; "" where nothing does."""
        return receiver.lower().rpartition("@")[0].partition("+")[2]


def read_mail(node: Node, reader: Reader) -> MailSettings:
    """The section `mail`; mistakes are noted in `reader`."""
    parts = reader.mapping(node, ("address", "from", "name", "priority"), ("address", "from"))
    address = reader.parsed(parts["address"], _ours, "") if "address" in parts else ""
    senders = _senders(parts["from"], reader) if "from" in parts else ()
    if address in senders and "from" in parts:
        reader.fail(parts["from"], f'has "{address}", which is our own: setflow would page itself')
    name = reader.text(parts["name"])[:LONGEST_NAME] if "name" in parts else USUAL_NAME
    priority = (
        reader.choice(parts["priority"], PRIORITIES) if "priority" in parts else USUAL_PRIORITY
    )
    return MailSettings(address, senders, name, priority)


def _senders(node: Node, reader: Reader) -> tuple[str, ...]:
    found = [reader.parsed(part, _sender, "") for part in reader.items(node)]
    if node.value == ():
        reader.fail(node, "lets nobody in; write addresses, or @example.com for a whole domain")
    return tuple(dict.fromkeys(filter(None, found)))


def _ours(text: str) -> str:
    if not _OURS.fullmatch(text.lower()):
        raise ValueError(f'"{text}" is no address for mail; write one like urgent@example.com')
    return text.lower()


def _sender(text: str) -> str:
    if not _SENDER.fullmatch(text.lower()):
        raise ValueError(f'"{text}" is no sender; write sue@example.com, or @example.com')
    return text.lower()
