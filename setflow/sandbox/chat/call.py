"""What an operation of API v4 gets to know of the request that asks for it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from setflow.sandbox.chat.records import Json, User
from setflow.sandbox.chat.state import Server, forbidden, invalid

PER_PAGE = 60
MOST_PER_PAGE = 200
OK = {"status": "OK"}


@dataclass(frozen=True, slots=True)
class Call:
    """One request: who asks, the parts of its path, its query, its JSON body (None for none)."""

    by: User
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any

    @property
    def fields(self) -> Json:
        """The body, which must be an object; Problem 400."""
        if not isinstance(self.body, dict):
            raise invalid("body")
        return self.body

    @property
    def texts(self) -> list[str]:
        """The body, which must be a list; Problem 400."""
        if not isinstance(self.body, list):
            raise invalid("body")
        return [str(part) for part in self.body]

    @property
    def page(self) -> slice:
        """Which part of a list is asked for; never more than 200."""
        size = min(int(self.query.get("per_page", PER_PAGE)), MOST_PER_PAGE)
        start = int(self.query.get("page", 0)) * size
        return slice(start, start + size)


Operation = Callable[[Server, Call], Any]


def who(server: Server, call: Call) -> User:
    """The user that the path names, `me` being whoever asks."""
    user_id = call.path["user_id"]
    return call.by if user_id == "me" else server.user(user_id)


def oneself(server: Server, call: Call) -> User:
    """As `who`, but only oneself, or anybody for an administrator."""
    user = who(server, call)
    if user is not call.by and not call.by.is_admin:
        raise forbidden()
    return user
