"""Calendars of other systems, in which people keep when they are away (RFC 5545).

Anybody may name the address of one, so it is fetched with care: over HTTPS, from public addresses
alone unless the operator named the host, each redirect as carefully as the first, at most 2 MiB.
"""

import ipaddress
import re
import socket
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit
from zoneinfo import ZoneInfo

import certifi
import urllib3

from setflow.calendar import resolve
from setflow.errors import DeliveryError

if TYPE_CHECKING:
    from icalendar import Component

LONGEST_BYTES = 2 * 1024 * 1024
MOST_REDIRECTS = 3
MOST_EVENTS = 1_000
LONGEST_REASON = 200
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # https://www.rfc-editor.org/rfc/rfc6052
SECONDS = urllib3.Timeout(connect=5.0, read=10.0)

# In the languages of the calendars that people keep at work; as whole words, in any case.
_AWAY = re.compile(
    r"\b(pto|ooo|out of (the )?office|away|absent|absence|vacation|holidays?|leave|time off|"
    r"day off|days off|sick|parental|maternity|paternity|sabbatical|urlaub|abwesend|krank|"
    r"elternzeit|vacances|congés?|absente?|vacaciones|ausente|ferie|férias)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Away:
    """A stretch in which somebody is away, as one event says it; `uid` names this occurrence."""

    uid: str
    start: datetime
    end: datetime
    reason: str


def check_address(url: str, hosts: Collection[str] | None = None) -> None:
    """Raise ValueError, with a sentence, unless `url` is one that may be fetched.

    hosts  those that the operator allows though they are not public; http serves for them, too.
           None where that is found out later
    """
    parts = _split(url)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError("Give the calendar's address, such as https://calendar.example.com/x.ics.")
    if parts.scheme == "http" and hosts is not None and host not in hosts:
        raise ValueError("The address should begin with https://, so that nobody reads along.")
    if parts.username or parts.password:
        raise ValueError("The address should have no name and password in it.")


def fetch(url: str, hosts: Collection[str]) -> bytes:
    """What is at `url`. Raises DeliveryError, which never names the address: it is a secret."""
    for _ in range(MOST_REDIRECTS + 1):
        try:
            check_address(url, hosts)
        except ValueError as error:
            raise DeliveryError(str(error), again=False) from None
        parts = _split(url)
        answer = _asked(parts, hosts)
        try:
            if 300 <= answer.status < 400:
                url = urljoin(url, answer.headers.get("Location", ""))
                continue
            if answer.status != 200:
                raise DeliveryError(
                    f"The calendar's server answers {answer.status}.",
                    again=answer.status >= 500,
                    status=answer.status,
                )
            return _body(answer)
        finally:
            answer.release_conn()
            answer.close()
    raise DeliveryError("The calendar's address leads round and round.", again=False)


def read(
    content: bytes, zone: ZoneInfo, start: datetime, end: datetime, *, every: bool
) -> list[Away]:
    """The absences in a calendar between two instants; recurring ones each time.

    zone   whose days and floating times are meant
    every  all events count, not only those that say so
    Raises DeliveryError for what is no calendar.
    """
    import icalendar
    import recurring_ical_events

    try:
        calendar = icalendar.Calendar.from_ical(content)
        found = recurring_ical_events.of(calendar, skip_bad_series=True).between(start, end)
    except (ValueError, TypeError, KeyError, OverflowError, IndexError) as error:
        raise DeliveryError(
            "What is at the calendar's address is no calendar.", again=False
        ) from error
    return [
        Away(f"{event.get('uid', '')}/{begin.isoformat()}", begin, finish, _reason(event))
        for event in found[:MOST_EVENTS]
        if _counts(event, every=every)
        for begin, finish in _span(event, zone)
    ]


def _counts(event: "Component", *, every: bool) -> bool:
    get = event.get
    if str(get("status", "")).upper() == "CANCELLED":
        return False
    if str(get("x-microsoft-cdo-busystatus", "")).upper() == "OOF":
        return True
    return every or bool(_AWAY.search(str(get("summary", ""))))


def _span(event: "Component", zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    get = event.get
    begin = get("dtstart").dt
    finish = get("dtend").dt if get("dtend") else begin
    start, end = _instant(begin, zone), _instant(finish, zone)
    if start < end:
        yield start, end


def _instant(given: date, zone: ZoneInfo) -> datetime:
    if isinstance(given, datetime) and given.tzinfo:
        return given.astimezone(ZoneInfo("UTC"))
    wall = given if isinstance(given, datetime) else datetime.combine(given, time())
    return resolve(wall, zone)


def _reason(event: "Component") -> str:
    summary = str(event.get("summary", ""))
    return " ".join(summary.split())[:LONGEST_REASON]


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        return SplitResult("", "", "", "", "")
    return parts


def _asked(parts: SplitResult, hosts: Collection[str]) -> urllib3.BaseHTTPResponse:
    host = (parts.hostname or "").lower()
    port = parts.port or (443 if parts.scheme == "https" else 80)
    # The very address that was looked at is connected to: a name may say another the next time.
    address = _public(host, port, allowed=host in hosts)
    pool: urllib3.HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address,
            port,
            server_hostname=host,
            assert_hostname=host,
            cert_reqs="CERT_REQUIRED",
            ca_certs=certifi.where(),
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, port)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        return pool.request(
            "GET",
            path,
            headers={"Host": parts.netloc, "User-Agent": "setflow", "Accept": "text/calendar"},
            timeout=SECONDS,
            retries=False,
            redirect=False,
            preload_content=False,
        )
    except urllib3.exceptions.HTTPError as error:
        kind = type(error).__name__
        raise DeliveryError(
            f"The calendar's server does not answer ({kind}).", again=True
        ) from None


def _public(host: str, port: int, *, allowed: bool) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise DeliveryError("The calendar's server is unknown.", again=True) from None
    addresses = [str(one[4][0]) for one in found]
    if not allowed and not all(_is_public(one) for one in addresses):
        raise DeliveryError(
            "The calendar's server is inside a private network. If that is right, have an admin "
            "name it in SETFLOW_FEED_HOSTS.",
            again=False,
        )
    return addresses[0]


def _is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _body(answer: urllib3.BaseHTTPResponse) -> bytes:
    content = b""
    try:
        for part in answer.stream(65536):
            content += part
            if len(content) > LONGEST_BYTES:
                raise DeliveryError("The calendar is over 2 MiB.", again=False)
    except urllib3.exceptions.HTTPError:
        raise DeliveryError("The calendar's server hung up.", again=True) from None
    return content
