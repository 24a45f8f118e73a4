"""Contact methods other than chat: SMS, calls, push and mail, through gateways that apprise knows.

A gateway is an apprise address (https://github.com/caronc/apprise/wiki) with `{to}` where the
receiver belongs, and `{ref}` where the gateway takes our name for a message, by which it reports
what became of it. It holds secrets, so it is neither logged nor quoted in an error.
"""

import logging
import re
from collections.abc import Collection, Mapping
from contextvars import ContextVar
from functools import cache
from typing import Any
from urllib.parse import quote

from setflow.errors import DeliveryError

PLACE, REF = "{to}", "{ref}"
# Connecting, and between two bytes of an answer.
TIMEOUT_SECONDS = (3.05, 10.0)
PASSING = (408, 425, 429)

# apprise also knows schemes that run programs or write to this machine; those are not for pages.
SCHEMES = (
    *("mailto", "mailtos", "json", "jsons", "ntfy", "ntfys", "pover", "gotify", "gotifys", "pbul"),
    *("signal", "signals", "tgram", "threema", "whatsapp", "matrix", "matrixs", "slack"),
    *("twilio", "vonage", "nexmo", "voipms", "sns", "clicksend", "clickatell", "msgbird", "sinch"),
    *("plivo", "bulksms", "bulkvs", "d7sms", "smseagle", "smseagles", "pagerduty"),
)


class Notify:
    """The gateways there are, by the name that `via` of a contact gives.

    Raises ValueError, naming every gateway that is no address of a known scheme with `{to}` in it.
    """

    def __init__(self, gateways: Mapping[str, str]) -> None:
        wrong = sorted(name for name, address in gateways.items() if not _is_gateway(address))
        if wrong:
            raise ValueError(
                f"{', '.join(f'SETFLOW_NOTIFY_{name.upper()}' for name in wrong)} should be an "
                f"apprise address with {PLACE} in it, by one of {', '.join(SCHEMES)}"
            )
        self._gateways = dict(gateways)

    def methods(self) -> Collection[str]:
        """The names that `send` takes."""
        return self._gateways.keys()

    def send(self, via: str, to: str, *, title: str, body: str, ref: str = "") -> None:
        """Hand `title` and `body`, plain text, to the gateway `via` for the receiver `to`.

        ref  our name for the message, for gateways that report what became of it
        Raises DeliveryError if there is no such gateway, or it did not take it.
        """
        address = self._gateways.get(via)
        if address is None:
            raise DeliveryError(
                f"there is no gateway {via}; set SETFLOW_NOTIFY_{via.upper()}", again=False
            )
        apprise = _driver()
        address = address.replace(PLACE, quote(to, safe="")).replace(REF, quote(ref, safe=""))
        plugin = apprise.Apprise.instantiate(address)
        if plugin is None:
            raise DeliveryError(
                f"the gateway {via} cannot be used for that receiver; check their contact and "
                f"SETFLOW_NOTIFY_{via.upper()}",
                again=False,
            )
        plugin.socket_connect_timeout, plugin.socket_read_timeout = TIMEOUT_SECONDS
        plugin.redirects = False
        gateways = apprise.Apprise()
        gateways.add(plugin)
        statuses: list[int] = []
        _statuses.set(statuses)
        # Said to be text, or the mail gateway would take what an alert says for HTML.
        if not gateways.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT):
            raise _failure(via, statuses[-1] if statuses else None)


# What a gateway answered to the call under way; apprise may make it on a thread of its own.
_statuses: ContextVar[list[int]] = ContextVar("statuses")


def _only_status(record: logging.LogRecord) -> bool:
    """Keep of apprise's log, whose lines may hold addresses, only the HTTP status."""
    _statuses.get([]).extend(map(int, re.findall(r"error=(\d{3})\b", record.getMessage())))
    return False


@cache
def _driver() -> Any:
    import apprise

    logger = logging.getLogger("apprise")
    logger.addFilter(_only_status)
    logger.setLevel(logging.WARNING)
    return apprise


def _is_gateway(address: str) -> bool:
    scheme, colon, _ = address.partition("://")
    return bool(colon) and scheme.lower() in SCHEMES and PLACE in address


def _failure(via: str, status: int | None) -> DeliveryError:
    refused = status is not None and 400 <= status < 500 and status not in PASSING
    why = f"answered {status}" if status else "did not take it"
    return DeliveryError(f"the gateway {via} {why}", again=not refused, status=status)
