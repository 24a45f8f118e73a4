"""What people and bots have posted, and the JSON in which a server's API says it.

Instants are milliseconds since 1970, as in the API. What stands behind a button is never shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from setflow.sandbox.chat.records import Json


@dataclass(slots=True)
class Reaction:
    """One person's emoji on a post."""

    user_id: str
    post_id: str
    channel_id: str
    emoji: str
    create_at: int

    def json(self) -> Json:
        """As the API says it."""
        return {
            "user_id": self.user_id,
            "post_id": self.post_id,
            "emoji_name": self.emoji,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": 0,
            "remote_id": "",
            "channel_id": self.channel_id,
        }


@dataclass(slots=True)
class File:
    """A file; `post_id` is "" until a post has it. size: width and height of a picture, else 0."""

    id: str
    user_id: str
    channel_id: str
    name: str
    mime_type: str
    content: bytes
    create_at: int
    post_id: str = ""
    size: tuple[int, int] = (0, 0)

    def json(self) -> Json:
        """As the API says it."""
        width, height = self.size
        return {
            "id": self.id,
            "user_id": self.user_id,
            **({"post_id": self.post_id} if self.post_id else {}),
            "channel_id": self.channel_id,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": 0,
            "name": self.name,
            "extension": self.name.rpartition(".")[2],
            "size": len(self.content),
            "mime_type": self.mime_type,
            **({"width": width, "height": height, "has_preview_image": True} if width else {}),
            "mini_preview": None,
            "remote_id": "",
            "archived": False,
        }


@dataclass(slots=True)
class Post:
    """A post. `original_id` is set in the rows that keep what an edited post said before."""

    id: str
    user_id: str
    channel_id: str
    root_id: str
    message: str
    props: Json
    create_at: int
    update_at: int
    type: str = ""
    edit_at: int = 0
    delete_at: int = 0
    original_id: str = ""
    pending_post_id: str = ""
    last_reply_at: int = 0
    reply_count: int = 0
    priority: Json | None = None
    reactions: list[Reaction] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)

    def json(self) -> Json:
        """As clients see it: without what stands behind its buttons."""
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "edit_at": self.edit_at,
            "delete_at": self.delete_at,
            "is_pinned": False,
            "user_id": self.user_id,
            "channel_id": self.channel_id,
            "root_id": self.root_id,
            "original_id": self.original_id,
            "message": self.message,
            "type": self.type,
            "props": shown(self.props),
            "hashtags": "",
            "file_ids": [file.id for file in self.files],
            "pending_post_id": self.pending_post_id,
            "has_reactions": bool(self.reactions),
            "remote_id": "",
            "reply_count": self.reply_count,
            "last_reply_at": self.last_reply_at,
            "participants": None,
            "metadata": self._metadata(),
        }

    def _metadata(self) -> Json:
        found: Json = {}
        if self.priority is not None:
            found["priority"] = self.priority
        if self.files:
            found["files"] = [file.json() for file in self.files]
        if self.reactions:
            found["reactions"] = [reaction.json() for reaction in self.reactions]
        if self.acknowledged:
            found["acknowledgements"] = [
                acknowledgement(self, user, at) for user, at in self.acknowledged.items()
            ]
        return found


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a bot did for people to see.

    kind     post | patch | header
    to       ~channel, or @person for a direct message
    text     all that it says, see `flat`
    key      the post's `setflow_key`, "" without
    post_id  the post, "" for a header
    root_id  the post that it replies to, "" where it is no reply
    """

    at: datetime
    kind: str
    to: str
    text: str
    key: str
    post_id: str = ""
    root_id: str = ""


def acknowledgement(post: Post, user_id: str, at: int) -> Json:
    """The native acknowledgement of a post as the API says it."""
    return {
        "user_id": user_id,
        "post_id": post.id,
        "acknowledged_at": at,
        "channel_id": post.channel_id,
        "remote_id": "",
    }


def shown(props: Mapping[str, Any]) -> Json:
    """Props without the `integration` of any action: readers never see urls and contexts."""
    if not isinstance(props.get("attachments"), list):
        return dict(props)
    return {**props, "attachments": [_attachment(part) for part in props["attachments"]]}


def _attachment(part: Any) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("actions"), list):
        return part
    actions = [
        {key: value for key, value in action.items() if key != "integration"}
        for action in part["actions"]
    ]
    return {**part, "actions": actions}


def actions(props: Mapping[str, Any]) -> list[Json]:
    """All buttons and menus of a post, in order."""
    parts = props.get("attachments")
    return [
        action
        for part in (parts if isinstance(parts, list) else [])
        if isinstance(part, dict)
        for action in part.get("actions") or []
    ]


def flat(message: str, props: Mapping[str, Any]) -> str:
    """All that a post says as one text: message, then each attachment, buttons as `[Name]`."""
    lines = [message]
    parts = props.get("attachments")
    for part in parts if isinstance(parts, list) else []:
        lines += [str(part.get(key) or "") for key in ("pretext", "title", "text")]
        lines += [f"{item.get('title')}: {item.get('value')}" for item in part.get("fields") or []]
        lines.append(str(part.get("footer") or ""))
        lines.append(" ".join(f"[{action.get('name')}]" for action in part.get("actions") or []))
    return "\n".join(filter(None, lines))
