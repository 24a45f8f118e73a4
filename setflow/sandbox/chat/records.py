"""What a Mattermost server keeps, and the JSON in which its API says it.

Instants are milliseconds since 1970, as in the API. The keys are those a real server always sends
(API description of version 11.6).
"""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

DIRECT = "D"
PUBLIC = "O"
PRIVATE = "P"


class Problem(Exception):
    """The server refuses: HTTP status, the `id` of the error, and its text for people."""

    def __init__(self, status: int, id: str, message: str) -> None:
        super().__init__(message)
        self.status, self.id, self.message = status, id, message


@dataclass(slots=True)
class User:
    """A person or a bot (`owner_id` set). `mfa` is the code that login wants, "" for none."""

    id: str
    username: str
    display: str
    roles: str
    create_at: int
    owner_id: str = ""
    password: str = ""
    mfa: str = ""
    description: str = ""
    is_bot: bool = False
    delete_at: int = 0

    @property
    def is_admin(self) -> bool:
        """Whether this is a system administrator."""
        return "system_admin" in self.roles.split()

    @property
    def email(self) -> str:
        """The address."""
        return f"{self.username}@{'localhost' if self.is_bot else 'example.com'}"

    def json(self) -> Json:
        """As everybody sees them."""
        first, _, last = self.display.partition(" ")
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": self.delete_at,
            "username": self.username,
            "auth_service": "",
            "email": self.email,
            "nickname": "",
            "first_name": first,
            "last_name": last,
            "position": "",
            "roles": self.roles,
            "locale": "en",
            "timezone": {
                "automaticTimezone": "",
                "manualTimezone": "",
                "useAutomaticTimezone": "true",
            },
            "disable_welcome_email": False,
            **({"is_bot": True, "bot_description": self.description} if self.is_bot else {}),
        }

    def bot_json(self) -> Json:
        """As the routes of bots say it."""
        return {
            "user_id": self.id,
            "username": self.username,
            "display_name": self.display,
            "description": self.description,
            "owner_id": self.owner_id,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": 0,
        }


@dataclass(slots=True)
class Group:
    """A custom user group, one that can be mentioned; `members` are user ids."""

    id: str
    name: str
    display: str
    create_at: int
    members: list[str]
    update_at: int = 0
    delete_at: int = 0

    def json(self) -> Json:
        """As the API says it."""
        return {
            "id": self.id,
            "name": self.name,
            "display_name": self.display,
            "description": "",
            "source": "custom",
            "remote_id": None,
            "create_at": self.create_at,
            "update_at": self.update_at,
            "delete_at": self.delete_at,
            "has_syncables": False,
            "allow_reference": True,
        }

    def member_json(self, user_id: str, at: int, delete_at: int) -> Json:
        """A membership that was made, or (`delete_at` set) has ended."""
        return {
            "group_id": self.id,
            "user_id": user_id,
            "create_at": at,
            "delete_at": delete_at,
        }


@dataclass(slots=True)
class Team:
    """A team; `members` are user ids."""

    id: str
    name: str
    display: str
    create_at: int
    members: set[str] = field(default_factory=set)

    def json(self) -> Json:
        """As the API says it."""
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": 0,
            "display_name": self.display,
            "name": self.name,
            "description": "",
            "email": "",
            "type": "O",
            "company_name": "",
            "allowed_domains": "",
            "invite_id": "",
            "allow_open_invite": False,
            "scheme_id": "",
            "group_constrained": None,
            "policy_id": None,
            "cloud_limits_archived": False,
        }

    def member_json(self, user: User) -> Json:
        """The membership of `user`."""
        guest = "guest" in user.roles
        return {
            "team_id": self.id,
            "user_id": user.id,
            "roles": "team_guest" if guest else "team_user",
            "delete_at": 0,
            "scheme_guest": guest,
            "scheme_user": not guest,
            "scheme_admin": False,
            "explicit_roles": "",
        }


@dataclass(slots=True)
class Channel:
    """A channel; `members` maps user ids to the instant they looked at it last."""

    id: str
    team_id: str
    type: str
    name: str
    display: str
    create_at: int
    creator_id: str = ""
    header: str = ""
    purpose: str = ""
    update_at: int = 0
    delete_at: int = 0
    last_post_at: int = 0
    total: int = 0
    members: dict[str, int] = field(default_factory=dict)

    def json(self) -> Json:
        """As the API says it."""
        return {
            "id": self.id,
            "create_at": self.create_at,
            "update_at": self.update_at or self.create_at,
            "delete_at": self.delete_at,
            "team_id": self.team_id,
            "type": self.type,
            "display_name": self.display,
            "name": self.name,
            "header": self.header,
            "purpose": self.purpose,
            "last_post_at": self.last_post_at,
            "total_msg_count": self.total,
            "extra_update_at": 0,
            "creator_id": self.creator_id,
            "scheme_id": None,
            "props": None,
            "group_constrained": None,
            "autotranslation": False,
            "shared": None,
            "total_msg_count_root": self.total,
            "policy_id": None,
            "last_root_post_at": self.last_post_at,
            "banner_info": None,
            "policy_enforced": False,
            "policy_is_active": False,
            "default_category_name": "",
        }

    def member_json(self, user: User) -> Json:
        """The membership of `user`."""
        guest = "guest" in user.roles
        return {
            "channel_id": self.id,
            "user_id": user.id,
            "roles": "channel_guest" if guest else "channel_user",
            "last_viewed_at": self.members[user.id],
            "msg_count": 0,
            "mention_count": 0,
            "mention_count_root": 0,
            "urgent_mention_count": 0,
            "msg_count_root": 0,
            "notify_props": {"desktop": "default", "email": "default", "push": "default"},
            "last_update_at": self.members[user.id],
            "scheme_guest": guest,
            "scheme_user": not guest,
            "scheme_admin": False,
            "explicit_roles": "",
            "autotranslation_disabled": False,
        }


@dataclass(slots=True)
class Command:
    """A slash command; `token` is what tells the receiver who calls."""

    id: str
    token: str
    team_id: str
    trigger: str
    url: str
    creator_id: str
    create_at: int
    method: str = "P"

    def json(self) -> Json:
        """As its creator sees it."""
        return {
            "id": self.id,
            "token": self.token,
            "create_at": self.create_at,
            "update_at": self.create_at,
            "delete_at": 0,
            "creator_id": self.creator_id,
            "team_id": self.team_id,
            "trigger": self.trigger,
            "method": self.method,
            "username": "",
            "icon_url": "",
            "auto_complete": True,
            "auto_complete_desc": "",
            "auto_complete_hint": "",
            "display_name": "",
            "description": "",
            "url": self.url,
        }


@dataclass(frozen=True, slots=True)
class Trigger:
    """What lets a dialog open: until when (ms), for whom, and where they are."""

    until: int
    user_id: str
    channel_id: str


@dataclass(frozen=True, slots=True)
class Dialog:
    """A form that somebody has before them; `form` is as the integration sent it."""

    id: str
    user_id: str
    channel_id: str
    url: str
    form: Json


@dataclass(slots=True)
class ResponseHook:
    """The `response_url` of a slash command: until when (ms), for whom, how often it was used."""

    until: int
    user_id: str
    channel_id: str
    used: int = 0
