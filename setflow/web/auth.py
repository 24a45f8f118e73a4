"""Who is calling: keys of sources, the command token, the API token, and who a chat user is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from fastapi import HTTPException, Request

from setflow import signature


@dataclass(frozen=True, slots=True)
class Keys:
    """What callers must show. Empty ones let nobody in.

    secret         signs buttons
    command_token  Mattermost's, for the slash command
    api_token      for reading who is on
    hook_keys      by source, as in /hooks/alerts/SOURCE
    opsgenie       in the address or a header of OpsGenie's webhook
    """

    secret: bytes = field(repr=False)
    command_token: str = field(default="", repr=False)
    api_token: str = field(default="", repr=False)
    hook_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    opsgenie: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ChatUser:
    """A Mattermost user as the server knows them just now; `member` of our team."""

    user_id: str
    username: str
    guest: bool
    member: bool


LookUp = Callable[[str], ChatUser | None]
"""A user of a Mattermost id; None where the server does not know them, or does not answer."""


def bearer(request: Request) -> str:
    """The key in `Authorization: Bearer KEY` (or GenieKey, or Token), empty if there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() in ("bearer", "geniekey", "token") else ""


def require(given: str, wanted: str, what: str) -> None:
    """Raise 401 unless `given` is `wanted`, compared in constant time; an empty `wanted` is 401."""
    if not wanted or not signature.equal(given, wanted):
        raise HTTPException(401, f"The key is missing or wrong: send {what}.")
