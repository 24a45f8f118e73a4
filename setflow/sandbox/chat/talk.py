"""Operations of API v4 on channels, posts and reactions; all raise Problem."""

from setflow.sandbox.chat import integrations, places, posts
from setflow.sandbox.chat.call import OK, Call, Operation, oneself, who
from setflow.sandbox.chat.posted import Post, acknowledgement
from setflow.sandbox.chat.records import Json, Problem
from setflow.sandbox.chat.state import Server, forbidden


def _create_channel(server: Server, call: Call) -> Json:
    return places.add_channel(server, call.by, body=call.fields).json()


def _create_direct(server: Server, call: Call) -> Json:
    return places.direct(server, call.by, ids=call.texts).json()


def _get_channel(server: Server, call: Call) -> Json:
    channel = server.channel(call.path["channel_id"])
    team = server.teams.get(channel.team_id)
    if not (channel.type == "O" and team and call.by.id in team.members):
        server.readable(channel.id, call.by)
    return channel.json()


def _get_channel_named(server: Server, call: Call) -> Json:
    name = call.path["channel_name"]
    channel = server.channel_named(server.team(call.path["team_id"]).id, name)
    return _get_channel(server, Call(call.by, {"channel_id": channel.id}, {}, None))


def _get_channels_of(server: Server, call: Call) -> list[Json]:
    user, team_id = oneself(server, call), call.path.get("team_id")
    return [
        channel.json()
        for channel in server.channels.values()
        if user.id in channel.members
        and not channel.delete_at
        and (team_id is None or channel.team_id in ("", team_id))
    ]


def _get_channels(server: Server, call: Call) -> list[Json]:
    team_id = server.team(call.path["team_id"]).id
    return [
        channel.json()
        for channel in server.channels.values()
        if channel.team_id == team_id and channel.type == "O" and not channel.delete_at
    ][call.page]


def _patch_channel(server: Server, call: Call) -> Json:
    channel = server.channel(call.path["channel_id"])
    places.patch_channel(server, channel, by=call.by, changes=call.fields)
    return channel.json()


def _archive_channel(server: Server, call: Call) -> Json:
    channel = server.readable(call.path["channel_id"], call.by)
    channel.delete_at = channel.update_at = server.stamp()
    server.touch()
    return OK


def _add_member(server: Server, call: Call) -> Json:
    channel = server.channel(call.path["channel_id"])
    one = call.fields.get("user_id")
    users = [server.user(each) for each in call.fields.get("user_ids") or [str(one)]]
    for user in users:
        places.add_member(server, channel, user=user, by=call.by)
    return channel.member_json(users[0])


def _get_members(server: Server, call: Call) -> list[Json]:
    channel = server.readable(call.path["channel_id"], call.by)
    return [channel.member_json(server.users[each]) for each in channel.members][call.page]


def _get_member(server: Server, call: Call) -> Json:
    channel, user = server.readable(call.path["channel_id"], call.by), who(server, call)
    if user.id not in channel.members:
        raise Problem(404, "app.channel.get_member.missing.app_error", "No channel member found.")
    return channel.member_json(user)


def _remove_member(server: Server, call: Call) -> Json:
    channel = server.readable(call.path["channel_id"], call.by)
    channel.members.pop(who(server, call).id, None)
    server.touch()
    return OK


def _create_post(server: Server, call: Call) -> Json:
    return posts.create_post(server, call.by, body=call.fields)


def _create_ephemeral(server: Server, call: Call) -> Json:
    if not call.by.is_admin:
        raise forbidden()
    body = call.fields.get("post") or {}
    place = Post("", call.by.id, str(body.get("channel_id")), "", "", {}, 0, 0)
    user = server.user(str(call.fields.get("user_id")))
    text, props = str(body.get("message") or ""), body.get("props") or {}
    posts.whisper(server, user, place=place, text=text, props=props)
    return server.ephemeral[-1][1].json()


def _post(server: Server, call: Call) -> Post:
    return server.post(call.path["post_id"], call.by)


def _get_post(server: Server, call: Call) -> Json:
    return _post(server, call).json()


def _get_posts_by_id(server: Server, call: Call) -> list[Json]:
    known = [each for each in call.texts if each in server.posts]
    return [server.post(each, call.by).json() for each in known]


def _patch_post(server: Server, call: Call) -> Json:
    post = _post(server, call)
    posts.patch_post(server, post, by=call.by, changes=call.fields)
    return post.json()


def _delete_post(server: Server, call: Call) -> Json:
    posts.delete_post(server, _post(server, call), by=call.by)
    return OK


def _get_thread(server: Server, call: Call) -> Json:
    post = _post(server, call)
    root_id = post.root_id or post.id
    rows = [p for p in server.rows(post.channel_id) if root_id in (p.id, p.root_id)]
    return posts.listed(server, rows[::-1])


def _get_posts(server: Server, call: Call) -> Json:
    channel = server.readable(call.path["channel_id"], call.by)
    after = int(call.query.get("since", 0))
    if after:
        return posts.since(server, channel.id, after=after)
    rows, size = server.rows(channel.id)[::-1], call.page
    places_of = {post.id: index for index, post in enumerate(rows)}
    if "before" in call.query:
        rows = rows[places_of.get(call.query["before"], len(rows)) + 1 :]
    elif "after" in call.query:
        rows = rows[: places_of.get(call.query["after"], 0)]
        size = slice(max(0, len(rows) - size.stop), len(rows) - size.start)
    return posts.listed(server, rows[size])


def _react(server: Server, call: Call) -> Json:
    if call.fields.get("user_id") != call.by.id:
        raise forbidden()
    post = server.post(str(call.fields.get("post_id")), call.by)
    return posts.react(server, post, by=call.by, emoji=str(call.fields.get("emoji_name"))).json()


def _unreact(server: Server, call: Call) -> Json:
    post, user = _post(server, call), oneself(server, call)
    posts.unreact(server, post, by=user, emoji=call.path["emoji_name"])
    return OK


def _get_reactions(server: Server, call: Call) -> list[Json]:
    return [reaction.json() for reaction in _post(server, call).reactions]


def _get_reactions_by_id(server: Server, call: Call) -> Json:
    known = [server.post(each, call.by) for each in call.texts if each in server.posts]
    return {post.id: [reaction.json() for reaction in post.reactions] for post in known}


def _acknowledge(server: Server, call: Call) -> Json:
    post, user = _post(server, call), oneself(server, call)
    if not server.licensed:
        raise Problem(
            501, "license_error.feature_unavailable", "Your license does not support this feature."
        )
    posts.acknowledge(server, post, by=user)
    return acknowledgement(post, user.id, post.acknowledged[user.id])


def _click(server: Server, call: Call) -> Json:
    selected = (call.body or {}).get("selected_option")
    where = {"post_id": call.path["post_id"], "action_id": call.path["action_id"]}
    integrations.click(server, call.by, **where, selected=selected)
    return OK


def _license(server: Server, _: Call) -> Json:
    licence = {"IsLicensed": "true", "SkuShortName": "professional"}
    return licence if server.licensed else {"IsLicensed": "false"}


UNLOCKED = (_create_post, _click)

ROUTES: tuple[tuple[str, str, int, Operation], ...] = (
    ("GET", "/license/client", 200, _license),
    ("GET", "/users/{user_id}/channels", 200, _get_channels_of),
    ("GET", "/users/{user_id}/teams/{team_id}/channels", 200, _get_channels_of),
    ("POST", "/users/{user_id}/posts/{post_id}/ack", 200, _acknowledge),
    ("DELETE", "/users/{user_id}/posts/{post_id}/reactions/{emoji_name}", 200, _unreact),
    ("GET", "/teams/{team_id}/channels", 200, _get_channels),
    ("GET", "/teams/{team_id}/channels/name/{channel_name}", 200, _get_channel_named),
    ("POST", "/channels", 201, _create_channel),
    ("POST", "/channels/direct", 201, _create_direct),
    ("GET", "/channels/{channel_id}", 200, _get_channel),
    ("DELETE", "/channels/{channel_id}", 200, _archive_channel),
    ("PUT", "/channels/{channel_id}/patch", 200, _patch_channel),
    ("GET", "/channels/{channel_id}/posts", 200, _get_posts),
    ("GET", "/channels/{channel_id}/members", 200, _get_members),
    ("POST", "/channels/{channel_id}/members", 201, _add_member),
    ("GET", "/channels/{channel_id}/members/{user_id}", 200, _get_member),
    ("DELETE", "/channels/{channel_id}/members/{user_id}", 200, _remove_member),
    ("POST", "/posts", 201, _create_post),
    ("POST", "/posts/ephemeral", 201, _create_ephemeral),
    ("POST", "/posts/ids", 200, _get_posts_by_id),
    ("POST", "/posts/ids/reactions", 200, _get_reactions_by_id),
    ("GET", "/posts/{post_id}", 200, _get_post),
    ("DELETE", "/posts/{post_id}", 200, _delete_post),
    ("PUT", "/posts/{post_id}/patch", 200, _patch_post),
    ("GET", "/posts/{post_id}/thread", 200, _get_thread),
    ("GET", "/posts/{post_id}/reactions", 200, _get_reactions),
    ("POST", "/posts/{post_id}/actions/{action_id}", 200, _click),
    ("POST", "/reactions", 201, _react),
)
