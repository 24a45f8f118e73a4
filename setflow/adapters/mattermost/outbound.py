"""Doing things in Mattermost as the bot: posts, headers, channels, and looking people up.

Every method may raise DeliveryError. All are safe to call from several threads at once. Behaviour
of the server that is not in its API documents was observed on real ones: a `pending_post_id` makes
a repeated post the same one for 30 s, after which the key in the post's props has to be looked for.
"""

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from setflow.adapters.mattermost.files import upload
from setflow.adapters.mattermost.post import Post
from setflow.adapters.mattermost.text import splice
from setflow.errors import DeliveryError

if TYPE_CHECKING:
    from mattermostdriver import Driver

KEY = "setflow_key"
PLAYBOOKS = "/plugins/playbooks/api/v0"
PAGE = 200
MOST_PAGES = 50
# How far the server's clock may be from ours when a post is looked for by its age.
CLOCKS_APART = timedelta(minutes=5)
LONGEST_CHANNEL_NAME = 64

_MARKED: Sequence[Mapping[str, Any]] = ({"metadata": {"priority": {"priority": "urgent"}}},)
_ASKING: Mapping[str, Any] = {
    "metadata": {
        "priority": {"priority": "urgent", "requested_ack": True, "persistent_notifications": True}
    }
}


@dataclass(frozen=True, slots=True)
class User:
    """An account. `timezone` is what its owner or device has set, "" if nothing."""

    id: str
    username: str
    guest: bool
    deleted: bool
    timezone: str


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the team."""

    id: str
    name: str
    header: str


@dataclass(frozen=True, slots=True)
class PluginRun:
    """A run of the Playbooks plugin that is in progress."""

    id: str
    name: str
    channel_id: str


@dataclass(frozen=True, slots=True)
class RunUpdate:
    """A status update posted in the Playbooks plugin; `author` is a username."""

    id: str
    at: datetime
    author: str
    message: str


class Mattermost:
    """One team of one server, seen by one bot.

    url      of the server, with its path if it has one
    timeout  seconds to connect, and between two bytes of an answer
    """

    def __init__(
        self, url: str, token: str, team: str, *, timeout: tuple[float, float] = (3.05, 10.0)
    ) -> None:
        self._url, self._token, self._team, self._timeout = url, token, team, timeout
        self._local = threading.local()
        self._me: tuple[str, str] | None = None
        self._team_id = ""
        self._direct: dict[str, str] = {}
        self._playbooks = True
        self._asks = True

    @property
    def driver(self) -> "Driver":
        """The driver of this thread."""
        if not hasattr(self._local, "driver"):
            from setflow.adapters.mattermost.session import connect

            self._local.driver = connect(self._url, self._token, self._timeout)
        return self._local.driver

    def me(self) -> tuple[str, str]:
        """Id and username of the bot; asked for once."""
        if self._me is None:
            user = self.driver.users.get_user("me")
            self._me = (user["id"], user["username"])
        return self._me

    @property
    def team_id(self) -> str:
        """Id of the team; asked for once."""
        if not self._team_id:
            self._team_id = self.driver.teams.get_team_by_name(self._team)["id"]
        return self._team_id

    def user_ids(self, usernames: Collection[str]) -> Mapping[str, str]:
        """Username → id, for those of `usernames` that there are."""
        if not usernames:
            return {}
        users = self.driver.users.get_users_by_usernames(options=sorted(usernames))
        return {user["username"]: user["id"] for user in users}

    def user(self, user_id: str) -> User:
        """The account with `user_id`."""
        found = self.driver.users.get_user(user_id)
        zone = found.get("timezone") or {}
        automatic = zone.get("useAutomaticTimezone") in ("true", True)
        return User(
            found["id"],
            found["username"],
            guest="system_guest" in found.get("roles", "").split(),
            deleted=bool(found.get("delete_at")),
            timezone=zone.get("automaticTimezone" if automatic else "manualTimezone") or "",
        )

    def is_team_member(self, user_id: str) -> bool:
        """Whether the account belongs to the team now."""
        try:
            member = self.driver.teams.get_team_member(self.team_id, user_id)
        except DeliveryError as error:
            if error.status == 404:
                return False
            raise
        return not member.get("delete_at")

    def channel(self, name: str) -> Channel | None:
        """The team's channel of that name (the one in its address); None if there is none."""
        try:
            found = self.driver.channels.get_channel_by_name(self.team_id, name)
        except DeliveryError as error:
            if error.status == 404:
                return None
            raise
        return _channel(found)

    def create_channel(self, name: str, title: str, *, private: bool = False) -> Channel:
        """The channel `name`, made now unless it is there already."""
        there = self.channel(name)
        if there:
            return there
        try:
            made = self.driver.channels.create_channel(
                {
                    "team_id": self.team_id,
                    "name": name,
                    "display_name": title[:LONGEST_CHANNEL_NAME],
                    "type": "P" if private else "O",
                }
            )
        except DeliveryError as error:
            there = self.channel(name) if error.status == 400 else None
            if there is None:
                raise
            return there
        return _channel(made)

    def add_to_channel(self, channel_id: str, user_ids: Sequence[str]) -> None:
        """Make them members. One who cannot be is no hindrance to the others, but raised after."""
        failure: DeliveryError | None = None
        for user_id in user_ids:
            try:
                self.driver.channels.add_user(channel_id, options={"user_id": user_id})
            except DeliveryError as error:
                failure = error
        if failure:
            raise failure

    def direct_channel(self, user_id: str) -> str:
        """Id of the bot's direct messages with the account."""
        if user_id not in self._direct:
            both = [self.me()[0], user_id]
            self._direct[user_id] = self.driver.channels.create_direct_message_channel(both)["id"]
        return self._direct[user_id]

    def post(
        self,
        channel_id: str,
        post: Post,
        *,
        key: str,
        root_id: str = "",
        urgent: bool = False,
        tried_at: datetime | None = None,
    ) -> str:
        """The id of the post named `key`, made now unless an earlier try made it.

        root_id   the first post of the thread it belongs to
        urgent    mark it so where the server can (not in threads), and ask for an
                  acknowledgement where the post does; it is posted either way
        tried_at  when it was first tried; None if never
        """
        there = self.find_post(channel_id, key, tried_at, root_id) if tried_at else None
        if there:
            return there
        body = {
            "channel_id": channel_id,
            "message": post.message,
            "root_id": root_id,
            **upload(self.driver, channel_id, post.files),
            "pending_post_id": f"{self.me()[0]}:{key}",
            "props": {"attachments": list(post.attachments), KEY: key},
        }
        marks = _MARKED if urgent and not root_id else ()
        if marks and post.asks and self._asks:
            made = self._asking(body, post.asks)
            if made:
                return made
        for mark in marks:
            try:
                return str(self.driver.posts.create_post({**body, **mark})["id"])
            except DeliveryError as error:
                if error.status not in (400, 403, 501):
                    raise
        return str(self.driver.posts.create_post(body)["id"])

    def _asking(self, body: Mapping[str, Any], username: str) -> str:
        """The id of a post that asks somebody for an acknowledgement; "" where that cannot be.

        It takes a licence (else 501, which is not tried again), and a post that mentions them.
        """
        message = f"{body['message']} @{username}"
        try:
            return str(self.driver.posts.create_post({**body, "message": message, **_ASKING})["id"])
        except DeliveryError as error:
            # 500 is the answer to a mention that the server does not take for one.
            if error.status not in (400, 403, 500, 501):
                raise
            self._asks = error.status != 501
        return ""

    def find_post(
        self, channel_id: str, key: str, since: datetime, root_id: str = ""
    ) -> str | None:
        """The bot's own post named `key` in that channel, made at `since` or later.

        root_id  the first post of the thread it stands in; what stands elsewhere is another
        """
        wanted = (self.me()[0], key, root_id)
        for post in self.posts(channel_id, since - CLOCKS_APART):
            named = (post.get("props") or {}).get(KEY)
            if (post["user_id"], named, post.get("root_id") or "") == wanted:
                return str(post["id"])
        return None

    def posts(self, channel_id: str, since: datetime) -> Iterator[Mapping[str, Any]]:
        """Posts of a channel made at `since` or later as the server has them, newest first.

        At most the latest 10,000. One may come twice while others are being posted.
        """
        oldest = millis(since)
        for page in range(MOST_PAGES):
            params = {"page": page, "per_page": PAGE}
            found = self.driver.posts.get_posts_for_channel(channel_id, params)
            listed = [found["posts"][post_id] for post_id in found["order"]]
            yield from (post for post in listed if post["create_at"] >= oldest)
            if len(listed) < PAGE or listed[-1]["create_at"] < oldest:
                return

    def patch(self, post_id: str, post: Post) -> None:
        """Make one of the bot's posts say what `post` says; its key stays.

        Raises DeliveryError, not to be tried again, if the post has been deleted.
        """
        there = self.driver.posts.get_post(post_id)
        if there.get("delete_at"):
            raise DeliveryError("the post has been deleted", again=False, status=404)
        props = {**(there.get("props") or {}), "attachments": list(post.attachments)}
        self.driver.posts.patch_post(post_id, {"message": post.message, "props": props})

    def set_header(self, channel_id: str, ours: str, *, mark: str) -> bool:
        """Make our part of the header, the one of `mark`, say `ours`; whether that was a change."""
        header = self.driver.channels.get_channel(channel_id).get("header", "")
        wanted = splice(header, ours, mark=mark)
        if wanted == header:
            return False
        self.driver.channels.patch_channel(channel_id, {"header": wanted})
        return True

    def playbook_runs(self) -> Sequence[PluginRun]:
        """Runs of the Playbooks plugin in the team, in progress; empty where there is no plugin.

        An absent plugin is asked for once.
        """
        runs: list[PluginRun] = []
        for page in range(MOST_PAGES):
            found = self._plugin(
                "/runs",
                {"team_id": self.team_id, "statuses": "InProgress", "page": page, "per_page": PAGE},
            )
            if not found:
                return runs
            runs += [
                PluginRun(run["id"], run["name"], run["channel_id"]) for run in found["items"] or ()
            ]
            if not found.get("has_more"):
                break
        return runs

    def run_status_updates(self, run_id: str) -> Sequence[RunUpdate]:
        """Status updates of a run of the Playbooks plugin, newest first."""
        return [
            RunUpdate(
                update["id"],
                instant(update["create_at"]),
                update["author_user_name"],
                update["message"],
            )
            for update in self._plugin(f"/runs/{run_id}/status-updates", {}) or ()
            if not update.get("delete_at")
        ]

    def _plugin(self, endpoint: str, params: Mapping[str, Any]) -> Any:
        """What the Playbooks plugin answers, None where it or the thing asked for is not there."""
        if not self._playbooks:
            return None
        try:
            return self.driver.client.get_below(PLAYBOOKS, endpoint, params)
        except DeliveryError as error:
            if error.status != 404:
                raise
            self._playbooks = endpoint != "/runs"
            return None


def instant(at_millis: int) -> datetime:
    """An instant from the server's milliseconds since 1970."""
    return datetime.fromtimestamp(at_millis / 1_000, UTC)


def millis(at: datetime) -> int:
    """Milliseconds since 1970, as the server counts."""
    return int(at.timestamp() * 1_000)


def _channel(found: Mapping[str, Any]) -> Channel:
    return Channel(found["id"], found["name"], found.get("header", ""))
