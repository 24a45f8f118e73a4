"""What somebody sees of the stand-in for Mattermost: channels, posts, threads, as plain JSON."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from setflow.sandbox.chat.posted import Post
from setflow.sandbox.chat.posts import mentions
from setflow.sandbox.chat.records import DIRECT, PRIVATE, Channel, Json, User
from setflow.sandbox.chat.state import Server
from setflow.sandbox.markup import glyph, html

MOST_POSTS = 200
COLORS = {"good": "#2b8a3e", "warning": "#b7791f", "danger": "#c92a2a"}


class Room:
    """What `you` see at one moment. To be used with the server's lock held.

    zone  of all times that are shown
    """

    def __init__(self, server: Server, you: User, zone: ZoneInfo) -> None:
        self._server, self._you, self._zone = server, you, zone

    def channels(self) -> list[Json]:
        """The channels of `you` by name, then their direct ones; each bot has one in any case."""
        mine = [
            channel
            for channel in self._server.channels.values()
            if self._you.id in channel.members and not channel.delete_at
        ]
        found = [self._channel(channel) for channel in mine]
        written = {channel["name"] for channel in found}
        found += [
            {"id": f"@{bot.username}", "name": bot.username, "kind": DIRECT, "bot": True}
            | {"unread": 0, "mentions": 0}
            for bot in self._server.users.values()
            if bot.is_bot and bot.username not in written
        ]
        return sorted(found, key=lambda each: (each["kind"] == DIRECT, each["name"].lower()))

    def _channel(self, channel: Channel) -> Json:
        unread = self.unread(channel)
        other = self._other(channel)
        return {
            "id": channel.id,
            "name": channel.display if other is None else other.display,
            "kind": channel.type,
            "bot": bool(other and other.is_bot),
            "unread": len(unread),
            "mentions": sum(self._is_for_you(channel, post) for post in unread),
        }

    def _other(self, channel: Channel) -> User | None:
        """With whom `you` are in a direct channel."""
        if channel.type != DIRECT:
            return None
        others = [self._server.users[each] for each in channel.members if each != self._you.id]
        return others[0] if others else self._you

    def unread(self, channel: Channel) -> list[Post]:
        """What others posted since `you` looked."""
        seen = channel.members.get(self._you.id, 0)
        rows = self._server.rows(channel.id)
        return [p for p in rows if p.create_at > seen and p.user_id != self._you.id]

    def _is_for_you(self, channel: Channel, post: Post) -> bool:
        if channel.type == DIRECT:
            return True
        return not post.type and self._you.username in mentions(post.message)

    def news(self) -> int:
        """How many unread posts are for `you`: direct ones and mentions."""
        return sum(channel["mentions"] for channel in self.channels())

    def place(self, channel: Channel) -> Json:
        """The head of a channel."""
        other = self._other(channel)
        return {
            "id": channel.id,
            "name": channel.display if other is None else other.display,
            "handle": f"~{channel.name}" if other is None else f"@{other.username}",
            "kind": channel.type,
            "private": channel.type == PRIVATE,
            "header": html(channel.header, self._you.username),
            "members": len(channel.members),
            "archived": bool(channel.delete_at),
        }

    def posts(self, channel: Channel) -> list[Json]:
        """The last 200 posts that are no replies, and what only `you` were shown."""
        rows = [post for post in self._server.rows(channel.id) if not post.root_id]
        return self._views([*rows[-MOST_POSTS:], *self._whispers(channel.id)])

    def thread(self, root_id: str) -> list[Json]:
        """A post and its replies; empty where it is gone."""
        root = self._server.posts.get(root_id)
        if root is None:
            return []
        rows = self._server.rows(root.channel_id)
        whispers = [p for p in self._whispers(root.channel_id) if p.root_id == root_id]
        return self._views([*(p for p in rows if root_id in (p.id, p.root_id)), *whispers])

    def _whispers(self, channel_id: str) -> list[Post]:
        return [
            post
            for who, post in self._server.ephemeral
            if who == self._you.id and post.channel_id == channel_id
        ]

    def _views(self, rows: Iterable[Post]) -> list[Json]:
        return [self._view(post) for post in sorted(rows, key=lambda post: post.create_at)]

    def _view(self, post: Post) -> Json:
        by = self._server.users[post.user_id]
        kind = _kind(post)
        at = datetime.fromtimestamp(post.create_at / 1000, self._zone)
        return {
            "id": post.id,
            "rev": post.update_at,
            "who": "System" if kind == "system" else by.display,
            "bot": by.is_bot and kind != "system",
            "time": f"{at:%H:%M}",
            "day": f"{at:%A} {at.day} {at:%B}",
            "html": html(post.message, self._you.username),
            "edited": bool(post.edit_at),
            "kind": kind,
            "replies": post.reply_count,
            "urgent": (post.priority or {}).get("priority") or "",
            "attachments": [self._attachment(part) for part in post.props.get("attachments") or []],
            "files": [
                {"id": file.id, "name": file.name, "width": file.size[0], "height": file.size[1]}
                for file in post.files
            ],
            "reactions": self._reactions(post),
        }

    def _attachment(self, part: Any) -> Json:
        you = self._you.username
        color = str(part.get("color") or "")
        return {
            "color": COLORS.get(color, color),
            "parts": [
                html(str(part[key]), you)
                for key in ("pretext", "title", "text", "footer")
                if part.get(key)
            ],
            "fields": [
                {
                    "title": str(each.get("title") or ""),
                    "html": html(str(each.get("value") or ""), you),
                    "short": bool(each.get("short")),
                }
                for each in part.get("fields") or []
            ],
            "actions": [
                {key: each.get(key) for key in ("id", "name", "type", "style")}
                | {"options": self._options(each)}
                for each in part.get("actions") or []
            ],
        }

    def _options(self, action: Json) -> list[Json]:
        """What can be chosen from a menu."""
        if action.get("data_source") == "users":
            people = [user for user in self._server.users.values() if not user.is_bot]
            return [{"text": user.display, "value": user.id} for user in people]
        if action.get("data_source") == "channels":
            places = [c for c in self._server.channels.values() if c.type != DIRECT]
            return [{"text": each.display, "value": each.id} for each in places]
        return [dict(option) for option in action.get("options") or []]

    def _reactions(self, post: Post) -> list[Json]:
        people: dict[str, list[User]] = {}
        for reaction in post.reactions:
            people.setdefault(reaction.emoji, []).append(self._server.users[reaction.user_id])
        return [
            {
                "emoji": emoji,
                "glyph": glyph(emoji),
                "count": len(who),
                "mine": self._you in who,
                "who": ", ".join(user.display for user in who),
            }
            for emoji, who in people.items()
        ]


def _kind(post: Post) -> str:
    """ephemeral | system | update (of a Playbooks run) | post."""
    if post.type == "system_ephemeral":
        return "ephemeral"
    if post.type.startswith("custom"):
        return "update"
    return "system" if post.type.startswith("system") else "post"
