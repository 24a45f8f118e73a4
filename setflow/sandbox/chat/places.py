"""People, teams and channels: who may make them, join them and change them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from setflow.sandbox.chat import posts
from setflow.sandbox.chat.posted import Entry
from setflow.sandbox.chat.records import DIRECT, PUBLIC, Channel, Problem, User
from setflow.sandbox.chat.state import Server, forbidden, invalid

LONGEST_HEADER = 1_024


def add_user(server: Server, username: str, *, display: str, roles: str) -> User:
    """A new account; Problem 400 where the name is taken."""
    if any(user.username == username for user in server.users.values()):
        raise Problem(
            400,
            "app.user.save.username_exists.app_error",
            "An account with that username already exists.",
        )
    user = User(server.new_id(), username, display, roles, server.stamp())
    server.users[user.id] = user
    server.touch()
    return user


def add_token(server: Server, user: User) -> str:
    """A new access token of `user`."""
    token = server.new_id()
    server.tokens[token] = user.id
    return token


def add_channel(server: Server, by: User | None, *, body: Mapping[str, Any]) -> Channel:
    """A new channel with its creator in it; Problem 400 where the name is taken."""
    team = server.team(str(body.get("team_id")))
    if by and by.id not in team.members and not by.is_admin:
        raise forbidden()
    name = str(body.get("name") or "")
    if not re.fullmatch(r"[a-z0-9]+([a-z0-9_-]+|)", name) or len(name) > 64:
        raise Problem(
            400,
            "model.channel.is_valid.2_or_more.app_error",
            "Name must be 2 or more lowercase alphanumeric characters.",
        )
    if any(c.team_id == team.id and c.name == name for c in server.channels.values()):
        raise Problem(
            400,
            "store.sql_channel.save_channel.exists.app_error",
            "A channel with that name already exists on the same team.",
        )
    kind, display = str(body.get("type") or PUBLIC), str(body.get("display_name") or name)
    channel = Channel(server.new_id(), team.id, kind, name, display, server.stamp())
    channel.header, channel.purpose = body.get("header") or "", body.get("purpose") or ""
    server.channels[channel.id] = channel
    if by:
        channel.creator_id = by.id
        channel.members[by.id] = 0
    server.touch()
    return channel


def direct(server: Server, by: User, *, ids: Iterable[str]) -> Channel:
    """The direct channel of two people, one of whom is `by`; the same one every time."""
    pair = sorted(ids)
    if len(pair) != 2:
        raise invalid("user_ids")
    if by.id not in pair and not by.is_admin:
        raise forbidden()
    people = [server.user(user_id) for user_id in pair]
    name = "__".join(pair)
    for channel in server.channels.values():
        if channel.name == name:
            return channel
    channel = Channel(server.new_id(), "", DIRECT, name, "", server.stamp(), by.id)
    channel.members = {person.id: 0 for person in people}
    server.channels[channel.id] = channel
    server.touch()
    return channel


def add_member(server: Server, channel: Channel, *, user: User, by: User) -> None:
    """Let `by` bring `user` into `channel`, which the channel is told; Problem 403 or 404."""
    joins = user is by and channel.type == PUBLIC
    if by.id not in channel.members and not joins and not by.is_admin:
        raise forbidden()
    if channel.type == DIRECT:
        raise forbidden()
    if user.id not in server.team(channel.team_id).members:
        raise Problem(404, "app.team.get_member.missing.app_error", "No team member found.")
    if user.id in channel.members:
        return
    channel.members[user.id] = 0
    if joins:
        posts.tell(
            server,
            channel,
            user=user,
            kind="system_join_channel",
            text=f"{user.username} joined the channel.",
        )
    else:
        text = f"{user.username} added to the channel by {by.username}."
        posts.tell(server, channel, user=by, kind="system_add_to_channel", text=text)


def patch_channel(
    server: Server, channel: Channel, *, by: User, changes: Mapping[str, Any]
) -> None:
    """Change header, purpose or display name; a changed header is told to the channel.

    Raises Problem 403 for others than members, 400 for a header over 1,024 characters.
    """
    if by.id not in channel.members and not by.is_admin:
        raise forbidden()
    header = changes.get("header")
    if header is not None and len(header) > LONGEST_HEADER:
        raise Problem(400, "model.channel.is_valid.header.app_error", "Invalid header.")
    channel.purpose = changes.get("purpose") or channel.purpose
    channel.display = changes.get("display_name") or channel.display
    channel.update_at = server.stamp()
    if header is not None and header != channel.header:
        _change_header(server, channel, by=by, new=header)
    server.touch()


def _change_header(server: Server, channel: Channel, *, by: User, new: str) -> None:
    old, channel.header = channel.header, new
    if by.is_bot:
        server.transcript.append(
            Entry(server.clock(), "header", server.address(channel), new, key="")
        )
    if not new:
        text = f"{by.username} removed the channel header (was: {old})"
    elif old:
        text = f"{by.username} updated the channel header from: {old} to: {new}"
    else:
        text = f"{by.username} updated the channel header to: {new}"
    posts.tell(
        server,
        channel,
        user=by,
        kind="system_header_change",
        text=text,
        props={"username": by.username, "old_header": old, "new_header": new},
    )
