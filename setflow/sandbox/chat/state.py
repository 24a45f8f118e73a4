"""What a Mattermost server knows, and how anything in it is found.

Every number and error id is from the server's source, versions 5.37 to 11 (github.com/mattermost,
server/channels/app and server/public/model).
"""

import random
import threading
from collections.abc import Callable
from datetime import datetime

from setflow.sandbox.chat.posted import Entry, File, Post
from setflow.sandbox.chat.records import (
    DIRECT,
    Channel,
    Command,
    Dialog,
    Group,
    Problem,
    ResponseHook,
    Team,
    Trigger,
    User,
)

_ALPHABET = "ybndrfg8ejkmcpqxot1uwisza345h769"


def nothing() -> None:
    """Do nothing."""


def forbidden() -> Problem:
    """403: the permission is lacking."""
    return Problem(
        403, "api.context.permissions.app_error", "You do not have the appropriate permissions."
    )


def invalid(name: str) -> Problem:
    """400: parameter `name` of the body is missing or wrong."""
    return Problem(
        400,
        "api.context.invalid_body_param.app_error",
        f"Invalid or missing {name} in request body.",
    )


class Server:
    """All that the server knows, in memory.

    clock    the present instant, aware; instants of posts come from it, at least 1 ms apart
    changed  called after each change, with the lock held: it must not wait for anything
    lock     to be held while anything is read or changed
    version  counts changes
    site_url  where the server is reached, for the addresses that it hands out
    files    by id; None where the server takes none
    no_groups  ids of users without the permissions for custom groups
    trigger_seconds  how long a dialog can be opened after a click or command: 3, newer servers 30
    """

    def __init__(self, clock: Callable[[], datetime], changed: Callable[[], None]) -> None:
        self.clock, self._changed = clock, changed
        self.lock = threading.RLock()
        self.version = self._stamp = 0
        self.licensed = False
        self.allow_loopback = True
        self.site_url = "http://localhost:8065"
        self.trigger_seconds = 3
        self.latency_seconds = 0.0
        self.users: dict[str, User] = {}
        self.teams: dict[str, Team] = {}
        self.channels: dict[str, Channel] = {}
        self.groups: dict[str, Group] = {}
        self.no_groups: set[str] = set()
        self.posts: dict[str, Post] = {}
        self.files: dict[str, File] | None = {}
        self.commands: dict[str, Command] = {}
        self.tokens: dict[str, str] = {}
        self.transcript: list[Entry] = []
        self.ephemeral: list[tuple[str, Post]] = []
        self.by_channel: dict[str, list[Post]] = {}
        self.pending: dict[str, tuple[int, str]] = {}
        self.triggers: dict[str, Trigger] = {}
        self.dialogs: list[Dialog] = []
        self.response_hooks: dict[str, ResponseHook] = {}
        self._random = random.Random(1)

    # what everything rests on

    def new_id(self) -> str:
        """26 characters of [a-z0-9], unlike any before."""
        return "".join(self._random.choices(_ALPHABET, k=26))

    def stamp(self) -> int:
        """The present instant in ms; later than any before, though the clock may stand still."""
        self._stamp = max(int(self.clock().timestamp() * 1000), self._stamp + 1)
        return self._stamp

    def touch(self) -> None:
        """Say that something changed."""
        self.version += 1
        self._changed()

    def slow(self) -> None:
        """Take as long as a slow server takes."""
        if self.latency_seconds:
            threading.Event().wait(self.latency_seconds)

    # looking up; each raises Problem as the server does

    def user_of(self, token: str) -> User:
        """Whose session or access token this is; Problem 401 for an unknown one."""
        if token not in self.tokens:
            raise Problem(
                401,
                "api.context.session_expired.app_error",
                "Invalid or expired session, please login again.",
            )
        return self.users[self.tokens[token]]

    def user(self, user_id: str) -> User:
        """By id; Problem 404."""
        if user_id not in self.users:
            raise Problem(404, "app.user.missing_account.const", "Unable to find the user.")
        return self.users[user_id]

    def named(self, username: str) -> User:
        """By username; Problem 404."""
        for user in self.users.values():
            if user.username == username:
                return user
        raise Problem(
            404,
            "app.user.get_by_username.app_error",
            "Unable to find an existing account matching your username for this team.",
        )

    def team(self, team_id: str) -> Team:
        """By id; Problem 404."""
        if team_id not in self.teams:
            raise Problem(404, "app.team.get.find.app_error", "Unable to find the existing team.")
        return self.teams[team_id]

    def channel(self, channel_id: str) -> Channel:
        """By id; Problem 404."""
        if channel_id not in self.channels:
            raise Problem(
                404, "app.channel.get.existing.app_error", "Unable to find the existing channel."
            )
        return self.channels[channel_id]

    def channel_named(self, team_id: str, name: str) -> Channel:
        """By team and name; Problem 404."""
        for channel in self.channels.values():
            if channel.team_id == team_id and channel.name == name and not channel.delete_at:
                return channel
        raise Problem(404, "app.channel.get_by_name.missing.app_error", "Channel does not exist.")

    def post(self, post_id: str, by: User) -> Post:
        """A post that `by` may read; Problem 404 or 403."""
        found = self.posts.get(post_id)
        if found is None or found.delete_at:
            raise Problem(404, "app.post.get.app_error", "Unable to get the post.")
        self.readable(found.channel_id, by)
        return found

    def whispered(self, post_id: str, by: User) -> Post | None:
        """A post that only `by` is shown; None for any other."""
        mine = (post for who, post in self.ephemeral if who == by.id)
        return next((post for post in mine if post.id == post_id), None)

    def readable(self, channel_id: str, by: User) -> Channel:
        """A channel whose posts `by` may read; Problem 403, for an unknown one as well."""
        channel = self.channels.get(channel_id)
        if channel is None or not (by.id in channel.members or by.is_admin):
            raise forbidden()
        return channel

    def address(self, channel: Channel) -> str:
        """Whom a bot reaches there: ~name, or @person for a direct message."""
        if channel.type != DIRECT:
            return f"~{channel.name}"
        people = [self.users[user_id] for user_id in channel.members]
        return "@" + next((p.username for p in people if not p.is_bot), people[0].username)

    def rows(self, channel_id: str) -> list[Post]:
        """The posts of a channel in order of creation, without deleted ones and old texts."""
        return [post for post in self.by_channel.get(channel_id, []) if not post.delete_at]
