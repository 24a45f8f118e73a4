"""Posts and what is done with them: written, edited, reacted to, listed."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from setflow.sandbox.chat import files
from setflow.sandbox.chat.posted import Entry, Post, Reaction, actions, flat
from setflow.sandbox.chat.records import Channel, Json, Problem, User
from setflow.sandbox.chat.state import Server, forbidden

LONGEST_MESSAGE = 16_383
LONGEST_PROPS = 800_000
MOST_SINCE = 1_000
PENDING_MS = 30_000
MOST_RECIPIENTS = 5

_MENTION = re.compile(r"(?<![\w@])@([a-z0-9][a-z0-9._-]*)")


def mentions(text: str) -> list[str]:
    """The usernames that `text` mentions, each once, in order."""
    return list(dict.fromkeys(name.rstrip("._-") for name in _MENTION.findall(text)))


def create_post(server: Server, by: User, *, body: Mapping[str, Any]) -> Json:
    """The answer to POST /posts: a new post, or the first one of the same `pending_post_id`.

    Raises Problem 403 outside the channel, 400 for what is too long or out of place, 500
    while a post with that id is being made, 501 for what wants a licence.
    """
    pending = str(body.get("pending_post_id") or "")
    with server.lock:
        channel = server.readable(str(body.get("channel_id")), by)
        _check_priority(server, body)
        known = _known(server, pending)
        if known:
            return {**server.post(known, by).json(), "pending_post_id": ""}
        if pending:
            server.pending[pending] = (server.stamp() + PENDING_MS, "")
    try:
        server.slow()
        with server.lock:
            post = _create(server, by, channel, body)
            if pending:
                server.pending[pending] = (server.stamp() + PENDING_MS, post.id)
            return {**post.json(), "pending_post_id": pending}
    except Problem:
        server.pending.pop(pending, None)
        raise


def _known(server: Server, pending: str) -> str:
    """The post that was made for this id within 30 s, "" for none."""
    until, post_id = server.pending.get(pending, (0, ""))
    if server.clock().timestamp() * 1000 > until:
        return ""
    if not post_id:
        raise Problem(
            500,
            "api.post.deduplicate_create_post.pending",
            "Rejected post since another client is making the same request.",
        )
    return post_id


def _check_priority(server: Server, body: Mapping[str, Any]) -> None:
    wanted = (body.get("metadata") or {}).get("priority")
    if not wanted:
        return
    family = "api.post.post_priority"
    if body.get("root_id"):
        raise Problem(
            400,
            f"{family}.priority_post_only_allowed_for_root_post.request_error",
            "Only root posts can have a priority.",
        )
    persistent = wanted.get("persistent_notifications")
    if not (persistent or wanted.get("requested_ack")):
        return
    if not server.licensed:
        raise Problem(
            501,
            "license_error.feature_unavailable",
            "Your license does not support this feature.",
        )
    if persistent and wanted.get("priority") != "urgent":
        raise Problem(
            400,
            f"{family}.urgent_persistent_notification_post.request_error",
            "Only urgent posts can have persistent notifications.",
        )
    if persistent and not 1 <= len(_mentioned(server, body)) <= MOST_RECIPIENTS:
        raise Problem(
            500,
            f"{family}.persistent_notification_validation_error.request_error",
            "The recipients of the persistent notification are too few or too many.",
        )


def _mentioned(server: Server, body: Mapping[str, Any]) -> list[str]:
    known = {user.username for user in server.users.values()}
    return [name for name in mentions(str(body.get("message") or "")) if name in known]


def _create(server: Server, by: User, channel: Channel, body: Mapping[str, Any]) -> Post:
    if channel.delete_at:
        raise Problem(
            400,
            "api.post.create_post.can_not_post_to_deleted.error",
            "Can not post to deleted channel.",
        )
    root = server.posts.get(str(body.get("root_id") or ""))
    if body.get("root_id") and (
        root is None or root.root_id or root.delete_at or root.channel_id != channel.id
    ):
        raise Problem(400, "api.post.create_post.root_id.app_error", "Invalid RootId parameter.")
    message, props = str(body.get("message") or ""), _checked(server, body)
    now = server.stamp()
    post = Post(
        server.new_id(), by.id, channel.id, root.id if root else "", message, props, now, now
    )
    post.priority = (body.get("metadata") or {}).get("priority")
    post.files = files.attach(server, post, body.get("file_ids"))
    if root:
        root.update_at = root.last_reply_at = now
        root.reply_count += 1
    _record(server, "post", by, post)
    _keep(server, channel, post)
    return post


def _checked(server: Server, body: Mapping[str, Any]) -> Json:
    """The props that a post is stored with; Problem 400 where it is too long."""
    if len(str(body.get("message") or "")) > LONGEST_MESSAGE:
        raise Problem(
            400,
            "model.post.is_valid.msg.app_error",
            "Post Message property is longer than the maximum permitted length.",
        )
    props: Json = json.loads(json.dumps(body.get("props") or {}))
    if len(json.dumps(props)) > LONGEST_PROPS:
        raise Problem(400, "model.post.is_valid.props.app_error", "Invalid props.")
    for action in actions(props):
        action["id"] = action.get("id") or server.new_id()
    return props


def _keep(server: Server, channel: Channel, post: Post) -> None:
    server.posts[post.id] = post
    server.by_channel.setdefault(channel.id, []).append(post)
    channel.last_post_at, channel.total = post.create_at, channel.total + 1
    if post.user_id in channel.members:
        channel.members[post.user_id] = post.create_at
    server.touch()


def _record(server: Server, kind: str, by: User, post: Post) -> None:
    if by.is_bot:
        to = server.address(server.channels[post.channel_id])
        text, key = flat(post.message, post.props), str(post.props.get("setflow_key") or "")
        server.transcript.append(
            Entry(server.clock(), kind, to, text, key, post_id=post.id, root_id=post.root_id)
        )


def tell(
    server: Server, channel: Channel, *, user: User, kind: str, text: str, props: Json | None = None
) -> Post:
    """The system message of type `kind` that `user` causes, now posted."""
    now = server.stamp()
    post = Post(server.new_id(), user.id, channel.id, "", text, props or {}, now, now, type=kind)
    _keep(server, channel, post)
    return post


def patch_post(server: Server, post: Post, *, by: User, changes: Mapping[str, Any]) -> None:
    """Change a post; `props` are replaced whole. Problem 403 for another's, 400 for too long."""
    if post.user_id != by.id and not by.is_admin:
        raise forbidden()
    rewrite(server, post, message=changes.get("message"), props=changes.get("props"))


def rewrite(server: Server, post: Post, *, message: str | None, props: Json | None) -> None:
    """Make a post say `message` with `props`, None leaving either; Problem 400 for too long.

    What it said before is kept as a row of its own, as the server does.
    """
    checked = _checked(server, {"message": message, "props": props})
    now = server.stamp()
    old = replace(
        post, id=server.new_id(), original_id=post.id, update_at=now, delete_at=now, reactions=[]
    )
    server.posts[old.id] = old
    server.by_channel[post.channel_id].append(old)
    if message is not None and message != post.message:
        post.message, post.edit_at = message, now
    post.props, post.update_at = post.props if props is None else checked, now
    _record(server, "patch", server.users[post.user_id], post)
    server.touch()


def delete_post(server: Server, post: Post, *, by: User) -> None:
    """Take a post away with its replies; Problem 403 for another's."""
    if post.user_id != by.id and not by.is_admin:
        raise forbidden()
    now = server.stamp()
    for row in server.rows(post.channel_id):
        if post.id in (row.id, row.root_id):
            row.delete_at = row.update_at = now
    server.touch()


def whisper(server: Server, to: User, *, place: Post, text: str, props: Json) -> None:
    """Show `text` to one person only, where `place` stands and as its author."""
    now = server.stamp()
    seen = Post(
        server.new_id(),
        place.user_id,
        place.channel_id,
        place.root_id or place.id,
        text,
        props,
        now,
        now,
        type="system_ephemeral",
    )
    server.ephemeral.append((to.id, seen))
    server.touch()


def react(server: Server, post: Post, *, by: User, emoji: str) -> Reaction:
    """Put an emoji on a post; once a person and emoji, which need not exist."""
    for reaction in post.reactions:
        if (reaction.user_id, reaction.emoji) == (by.id, emoji):
            return reaction
    now = server.stamp()
    reaction = Reaction(by.id, post.id, post.channel_id, emoji, now)
    post.reactions.append(reaction)
    post.update_at = now
    server.touch()
    return reaction


def unreact(server: Server, post: Post, *, by: User, emoji: str) -> None:
    """Take one's emoji off a post."""
    post.reactions = [r for r in post.reactions if (r.user_id, r.emoji) != (by.id, emoji)]
    post.update_at = server.stamp()
    server.touch()


def acknowledge(server: Server, post: Post, *, by: User) -> None:
    """Note that somebody has seen a post; it is a changed one then, as on the server."""
    post.update_at = server.stamp()
    post.acknowledged.setdefault(by.id, post.update_at)
    server.touch()


def since(server: Server, channel_id: str, *, after: int) -> Json:
    """Posts changed later than `after` (ms), deleted ones and old texts included, 1,000 at most."""
    rows = [p for p in server.by_channel.get(channel_id, []) if p.update_at > after][:MOST_SINCE]
    return listed(server, sorted(rows, key=lambda post: -post.create_at))


def listed(server: Server, rows: Iterable[Post]) -> Json:
    """A list as the API says it: `rows` in their order, and the roots of replies beside it."""
    order = list(rows)
    found = {post.id: post for post in order}
    for post in order:
        if post.root_id and post.root_id in server.posts:
            found.setdefault(post.root_id, server.posts[post.root_id])
    return {
        "order": [post.id for post in order],
        "posts": {post_id: post.json() for post_id, post in found.items()},
        "next_post_id": "",
        "prev_post_id": "",
        "first_inaccessible_post_time": 0,
    }
