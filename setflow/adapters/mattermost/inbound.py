"""What people did in Mattermost: said and reacted (pulled), commanded and clicked (pushed, parsed).

Nothing here decides who may, or proves where a request came from: a command's token and a click's
`sig` are checked by the web.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from setflow.adapters.mattermost.outbound import KEY, Mattermost, instant
from setflow.errors import DeliveryError

# A single word or two that in a thread mean "mine"; below one's own page any words do.
ACK_WORDS = frozenset({"ack", "acked", "acknowledge", "acknowledged", "mine", "on it", "looking"})
# The server cuts at 1,000 rows in no order, so a full answer may lack any of them.
MOST_ROWS = 1_000
MOST_CONTEXT = 20
MOST_POSTS = 100
LONGEST_VALUE = 200
LONGEST_COMMAND = 16_383

_NOT_SIGNED = ("sig", "selected_option")
_STATUS = re.compile(r"#status(?=[\s:]|$)[\s:]*", re.IGNORECASE)
_ID = re.compile(r"[a-z0-9]{26}")
_WORD = re.compile(r'["“”„]([^"“”„]*)["“”„]?|([^\s"“”„]+)')


@dataclass(frozen=True, slots=True)
class Said:
    """A post by a person. `key` is the setflow_key of the bot's post that its thread began with."""

    post_id: str
    root_id: str
    channel_id: str
    user_id: str
    at: datetime
    text: str
    key: str


@dataclass(frozen=True, slots=True)
class Reacted:
    """An emoji (its name) that a person put on a post."""

    post_id: str
    user_id: str
    emoji: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """A post that a person acknowledged by Mattermost's own means."""

    post_id: str
    user_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Seen:
    """What is new in a channel: what people said, and what they acknowledged; oldest first."""

    said: Sequence[Said]
    acknowledged: Sequence[Acknowledged]


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: who, where, and its words; `root_id` is "" outside threads."""

    user_id: str
    user_name: str
    team_id: str
    channel_id: str
    root_id: str
    trigger_id: str
    verb: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Action:
    """A click. `context` is what the button carried without its signature, `option` of a menu."""

    user_id: str
    user_name: str
    team_id: str
    channel_id: str
    post_id: str
    trigger_id: str
    context: Mapping[str, str | int]
    sig: str
    option: str


def activity(mm: Mattermost, channel_id: str, since_ms: int) -> list[Said]:
    """What people said in a channel after `since_ms` (milliseconds since 1970), oldest first.

    What setflow, other bots, webhooks and the server itself posted is left out, and so is what was
    deleted. Servers stamp posts by their own clocks: ask again from a little before the last one,
    and know posts by their ids. Raises DeliveryError.
    """
    return list(seen(mm, channel_id, since_ms).said)


def seen(mm: Mattermost, channel_id: str, since_ms: int) -> Seen:
    """The same, and who acknowledged what; an acknowledgement makes its post a changed one."""
    bot = mm.me()[0]
    found, roots = _since(mm, channel_id, since_ms, bot)
    said = [post for post in found if _is_saying(post, since_ms) and post["user_id"] != bot]
    said.sort(key=lambda post: (post["create_at"], post["id"]))
    keys = {
        root: _key(mm, root, roots)
        for root in {post["root_id"] for post in said if post["root_id"]}
    }
    return Seen(
        [
            Said(
                post["id"],
                post["root_id"],
                post["channel_id"],
                post["user_id"],
                instant(post["create_at"]),
                post["message"],
                keys.get(post["root_id"], ""),
            )
            for post in said
        ],
        _acknowledged(
            post for post in found if post["user_id"] == bot and not post.get("delete_at")
        ),
    )


def _acknowledged(posts: Iterable[Mapping[str, Any]]) -> list[Acknowledged]:
    given = [
        Acknowledged(one["post_id"], one["user_id"], instant(one["acknowledged_at"]))
        for post in posts
        for one in (post.get("metadata") or {}).get("acknowledgements") or ()
        if one.get("acknowledged_at")
    ]
    return sorted(given, key=lambda one: (one.at, one.post_id, one.user_id))


def reactions(mm: Mattermost, post_ids: Iterable[str]) -> list[Reacted]:
    """Reactions of people on those posts, oldest first; posts that are gone have none.

    Raises DeliveryError.
    """
    bot = mm.me()[0]
    ids = list(post_ids)
    found: list[Reacted] = []
    for first in range(0, len(ids), MOST_POSTS):
        found += [
            Reacted(one["post_id"], one["user_id"], one["emoji_name"], instant(one["create_at"]))
            for one in _reactions(mm, ids[first : first + MOST_POSTS])
            if one["user_id"] != bot and not one.get("delete_at")
        ]
    return sorted(found, key=lambda one: (one.at, one.post_id, one.user_id))


def _reactions(mm: Mattermost, ids: Sequence[str]) -> list[Mapping[str, Any]]:
    """Reactions on some posts, asked for at once; where one is in the way, the others alone."""
    try:
        by_post = mm.driver.client.post("/posts/ids/reactions", options=list(ids))
    except DeliveryError as error:
        if error.status not in (400, 403, 404):
            raise
        if len(ids) == 1:
            return []
        half = len(ids) // 2
        return _reactions(mm, ids[:half]) + _reactions(mm, ids[half:])
    return [one for listed in by_post.values() for one in listed or ()]


def acknowledges(text: str) -> bool:
    """Whether a reply in a channel's thread takes the alert, rather than talks about it."""
    return " ".join(re.findall(r"\w+", text.lower())) in ACK_WORDS


def status_update(text: str) -> str:
    """The words of a post that is a status update (`#status …`), "" for any other."""
    found = _STATUS.match(text.lstrip())
    return text.lstrip()[found.end() :].rstrip() if found else ""


def parse_slash(text: str) -> tuple[str, list[str]]:
    """The verb, in lower case, and the arguments of a command; ("", []) where there is nothing.

    Quotes, straight or as phones write them, keep words together; one that is not closed reaches to
    the end.
    """
    words = [quoted or word for quoted, word in _WORD.findall(text)]
    return (words[0].lower(), words[1:]) if words else ("", [])


def parse_command(form: Mapping[str, Any]) -> Command:
    """A slash command's form. Raises ValueError if it is not one that Mattermost sends."""
    text = _text(form, "text", LONGEST_COMMAND)
    verb, arguments = parse_slash(text)
    return Command(
        _id(form, "user_id"),
        _text(form, "user_name"),
        _id(form, "team_id"),
        _id(form, "channel_id"),
        _id(form, "root_id") if form.get("root_id") else "",
        _text(form, "trigger_id", LONGEST_COMMAND),
        verb,
        tuple(arguments),
    )


def parse_action(body: Mapping[str, Any]) -> Action:
    """A click's JSON. Raises ValueError if it is not one that Mattermost sends for our buttons.

    A menu's `option` is what the client says: it is not signed, and may be none of those offered.
    """
    raw = body.get("context")
    if not isinstance(raw, Mapping) or len(raw) > MOST_CONTEXT:
        raise ValueError("a click should carry a context")
    context = {str(name): value for name, value in raw.items() if name not in _NOT_SIGNED}
    for name, value in context.items():
        if (
            isinstance(value, bool)
            or not isinstance(value, str | int)
            or len(str(value)) > LONGEST_VALUE
        ):
            raise ValueError(f"{name} of a click should be a word or a number")
    return Action(
        _id(body, "user_id"),
        _text(body, "user_name"),
        _id(body, "team_id") if body.get("team_id") else "",
        _id(body, "channel_id"),
        _id(body, "post_id"),
        _text(body, "trigger_id", LONGEST_COMMAND),
        context,
        _text(raw, "sig"),
        _text(raw, "selected_option"),
    )


def _since(
    mm: Mattermost, channel_id: str, since_ms: int, bot: str
) -> tuple[Sequence[Mapping[str, Any]], Mapping[str, Mapping[str, Any]]]:
    """Posts changed since then, and whatever else came with them, by id.

    Where there are very many, those of the bot that nobody acknowledged are left out.
    """
    # 0 counts as absent
    params = {"since": max(since_ms, 1)}
    found = mm.driver.posts.get_posts_for_channel(channel_id, params)["posts"] or {}
    if len(found) < MOST_ROWS:
        return list(found.values()), found
    del found
    posts = {
        post["id"]: post
        for post in mm.posts(channel_id, instant(since_ms))
        if post["user_id"] != bot or (post.get("metadata") or {}).get("acknowledgements")
    }
    return list(posts.values()), posts


def _is_saying(post: Mapping[str, Any], since_ms: int) -> bool:
    """Whether somebody said this themselves, after `since_ms`.

    Edits, replies and reactions bring older posts back; an edit leaves its old text as a deleted
    row; what a webhook posts is under its owner's name.
    """
    props = post.get("props") or {}
    posted_for = any(props.get(name) in ("true", True) for name in ("from_webhook", "from_bot"))
    return (
        post["create_at"] > since_ms
        and not post.get("delete_at")
        and not post.get("type")
        and not posted_for
    )


def _key(mm: Mattermost, root_id: str, posts: Mapping[str, Mapping[str, Any]]) -> str:
    """The setflow_key of a thread's first post, "" unless the bot itself wrote that post."""
    try:
        root = posts.get(root_id) or mm.driver.posts.get_post(root_id)
    except DeliveryError as error:
        if error.status not in (403, 404):
            raise
        return ""
    key = (root.get("props") or {}).get(KEY)
    return key if root["user_id"] == mm.me()[0] and isinstance(key, str) else ""


def _id(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise ValueError(f"{name} should be an id")
    return value


def _text(fields: Mapping[str, Any], name: str, longest: int = LONGEST_VALUE) -> str:
    value = fields.get(name) or ""
    if not isinstance(value, str) or len(value) > longest:
        raise ValueError(f"{name} should be text of at most {longest} characters")
    return value
