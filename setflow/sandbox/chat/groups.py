"""Operations of API v4 on custom user groups; all raise Problem.

They need a licence, without which the server answers 501. A deleted group is kept, with its name
taken, and can be restored.
"""

import re

from setflow.sandbox.chat.call import OK, Call, Operation
from setflow.sandbox.chat.records import Group, Json, Problem
from setflow.sandbox.chat.state import Server, forbidden, invalid

_NAME = re.compile(r"[a-z0-9._-]{1,64}")
_RESERVED = ("all", "channel", "here")


def _licensed(server: Server, call: Call) -> None:
    if not server.licensed:
        raise Problem(
            501,
            "api.custom_groups.license_error",
            "Your license does not support custom user groups.",
        )
    if "system_guest" in call.by.roles.split() or call.by.id in server.no_groups:
        raise forbidden()


def _get_groups(server: Server, call: Call) -> list[Json]:
    _licensed(server, call)
    words, since = call.query.get("q", "").lower(), int(call.query.get("since", 0))
    found = [
        group.json()
        for group in server.groups.values()
        if words in group.name or words in group.display.lower()
        if group.update_at >= since
        if since or not group.delete_at
    ]
    return sorted(found, key=lambda one: str(one["display_name"]))[call.page]


def _create_group(server: Server, call: Call) -> Json:
    _licensed(server, call)
    body = call.fields
    if body.get("source") != "custom" or not body.get("allow_reference"):
        raise Problem(501, "app.group.crud_permission", "Only custom groups can be made here.")
    name = str(body.get("name") or "")
    if not _NAME.fullmatch(name) or name in _RESERVED or not body.get("display_name"):
        raise Problem(400, "model.group.name.invalid_chars.app_error", "Invalid group name.")
    if any(group.name == name for group in server.groups.values()):
        raise Problem(400, "app.custom_group.unique_name", "Group name is not unique.")
    if any(user.username == name for user in server.users.values()):
        raise Problem(400, "app.group.username_conflict", "A user has that name already.")
    members = [server.user(str(one)).id for one in body.get("user_ids") or ()]
    group = Group(server.new_id(), name, str(body["display_name"]), server.stamp(), members)
    group.update_at = group.create_at
    server.groups[group.id] = group
    server.touch()
    return group.json()


def _group(server: Server, call: Call) -> Group:
    _licensed(server, call)
    group = server.groups.get(call.path["group_id"])
    if group is None:
        raise Problem(404, "app.group.no_rows", "No matching group was found.")
    return group


def _delete_group(server: Server, call: Call) -> Json:
    group = _group(server, call)
    if group.delete_at:
        raise Problem(404, "app.group.no_rows", "No matching group was found.")
    group.delete_at = group.update_at = server.stamp()
    server.touch()
    return OK


def _restore_group(server: Server, call: Call) -> Json:
    group = _group(server, call)
    if not group.delete_at:
        raise Problem(404, "app.group.no_rows", "No matching group was found.")
    group.delete_at, group.update_at = 0, server.stamp()
    server.touch()
    return OK


def _get_members(server: Server, call: Call) -> Json:
    group = _group(server, call)
    users = sorted((server.users[one] for one in group.members), key=lambda user: user.username)
    return {
        "members": [user.json() for user in users[call.page]],
        "total_member_count": len(users),
    }


def _change_members(server: Server, call: Call) -> tuple[Group, list[str]]:
    group = _group(server, call)
    ids = call.fields.get("user_ids")
    if not isinstance(ids, list) or not ids:
        raise invalid("user_ids")
    if group.delete_at:
        raise Problem(404, "app.group.no_rows", "No matching group was found.")
    server.touch()
    return group, [server.user(str(one)).id for one in ids]


def _add_members(server: Server, call: Call) -> list[Json]:
    group, ids = _change_members(server, call)
    group.members += [one for one in ids if one not in group.members]
    return [group.member_json(one, server.stamp(), 0) for one in ids]


def _remove_members(server: Server, call: Call) -> list[Json]:
    group, ids = _change_members(server, call)
    group.members = [one for one in group.members if one not in ids]
    now = server.stamp()
    return [group.member_json(one, now, now) for one in ids]


ROUTES: tuple[tuple[str, str, int, Operation], ...] = (
    ("GET", "/groups", 200, _get_groups),
    ("POST", "/groups", 201, _create_group),
    ("DELETE", "/groups/{group_id}", 200, _delete_group),
    ("POST", "/groups/{group_id}/restore", 200, _restore_group),
    ("GET", "/groups/{group_id}/members", 200, _get_members),
    ("POST", "/groups/{group_id}/members", 200, _add_members),
    ("DELETE", "/groups/{group_id}/members", 200, _remove_members),
)
