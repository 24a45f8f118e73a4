"""What the bot sees of a server: accounts, whether a channel is fit for it, who reaches whom."""

import ipaddress
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from setflow.adapters.mattermost.outbound import Mattermost
from setflow.errors import DeliveryError

PAGE = 200
UNLICENSED = ("starter", "entry")
"""Editions whose licence has no acknowledgements in it."""
MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account. `timezone` is "" where they have set none."""

    username: str
    name: str
    timezone: str


def accounts(mattermost: Mattermost, channel_id: str) -> Sequence[Account]:
    """The accounts of the members of a channel, without bots. Raises DeliveryError."""
    found: list[Account] = []
    for page in range(MOST_PAGES):
        params = {"in_channel": channel_id, "active": "true", "page": page, "per_page": PAGE}
        listed = mattermost.driver.users.get_users(params=params)
        found += [_account(one) for one in listed if not one.get("is_bot")]
        if len(listed) < PAGE:
            break
    return found


def accounts_named(mattermost: Mattermost, usernames: Sequence[str]) -> Sequence[Account]:
    """The accounts of those names that there are, in this order. Raises DeliveryError."""
    listed = mattermost.driver.users.get_users_by_usernames(options=list(usernames))
    found = {one["username"]: _account(one) for one in listed}
    return [found[name] for name in usernames if name in found]


def acknowledgement(mattermost: Mattermost) -> str:
    """Whether loud pages ask for an acknowledgement there, which takes a licence of the server."""
    try:
        told = mattermost.driver.client.get("/license/client", params={"format": "old"}) or {}
    except DeliveryError as error:
        if error.status is None or error.status >= 500 or error.status == 401:
            raise
        told = {}
    if told.get("IsLicensed") != "true" or told.get("SkuShortName") in UNLICENSED:
        return "the server has no licence for it: pages are marked urgent, and that is all"
    return "a page of a P1 or P2 asks for it, and is repeated by the server until it is answered"


def trouble(mattermost: Mattermost, channel: str) -> str:
    """Why the bot cannot work in a channel of the team, and what to do; "" if it can.

    Changes nothing: a header that is set to what it is makes no message. Raises DeliveryError.
    """
    found = mattermost.channel(channel)
    if found is None:
        return "there is no such channel that the bot can see; `setflow init mattermost` makes it"
    try:
        mattermost.driver.channels.get_channel_member(found.id, mattermost.me()[0])
    except DeliveryError as error:
        if error.status not in (403, 404):
            raise
        return "the bot is no member; invite it, or run `setflow init mattermost`"
    try:
        mattermost.driver.channels.patch_channel(found.id, {"header": found.header})
    except DeliveryError as error:
        if error.status != 403:
            raise
        return "the bot may not edit its header; give members Manage Channel Properties"
    return ""


def _account(user: Mapping[str, Any]) -> Account:
    zone = user.get("timezone") or {}
    automatic = zone.get("useAutomaticTimezone") in ("true", True)
    name = f"{user.get('first_name', '')} {user.get('last_name', '')}".strip()
    return Account(
        user["username"],
        name or user.get("nickname") or user["username"],
        zone.get("automaticTimezone" if automatic else "manualTimezone") or "",
    )


def private_host(url: str) -> str:
    """The host of an address that a server calls only if it is told to; "" for a public one.

    What Mattermost's AllowedUntrustedInternalConnections is for: loopback and private addresses.
    """
    inside = any(not one.is_global for one in _addresses(url))
    return (urlsplit(url).hostname or "") if inside else ""


def is_here(url: str) -> bool:
    """Whether an address is one of this very machine."""
    found = _addresses(url)
    return bool(found) and all(one.is_loopback for one in found)


def _addresses(url: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(urlsplit(url).hostname, None)}
    except OSError:
        return []
    return [ipaddress.ip_address(one.partition("%")[0]) for one in found]
