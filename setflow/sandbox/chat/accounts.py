"""Operations of API v4 on people, bots, teams and slash commands; all raise Problem."""

from setflow.sandbox.chat import integrations, places
from setflow.sandbox.chat.call import OK, Call, Operation, oneself, who
from setflow.sandbox.chat.records import Command, Json, Problem
from setflow.sandbox.chat.state import Server, forbidden, invalid


def _get_user(server: Server, call: Call) -> Json:
    return who(server, call).json()


def _get_user_named(server: Server, call: Call) -> Json:
    return server.named(call.path["username"]).json()


def _get_user_by_email(server: Server, call: Call) -> Json:
    for user in server.users.values():
        if user.email == call.path["email"]:
            return user.json()
    return server.user("").json()


def _get_users(server: Server, call: Call) -> list[Json]:
    found = list(server.users.values())
    if "in_team" in call.query:
        members = server.team(call.query["in_team"]).members
        found = [user for user in found if user.id in members]
    if "in_channel" in call.query:
        channel = server.readable(call.query["in_channel"], call.by)
        found = [user for user in found if user.id in channel.members]
    return [user.json() for user in sorted(found, key=lambda user: user.username)][call.page]


def _users_by_id(server: Server, call: Call) -> list[Json]:
    return [server.users[each].json() for each in call.texts if each in server.users]


def _users_by_name(server: Server, call: Call) -> list[Json]:
    wanted = set(call.texts)
    return [user.json() for user in server.users.values() if user.username in wanted]


def _create_token(server: Server, call: Call) -> Json:
    user = server.user(call.path["user_id"])
    if not (user is call.by or user.owner_id == call.by.id or call.by.is_admin):
        raise forbidden()
    description = str(call.fields.get("description") or "")
    if not description:
        raise invalid("description")
    return {
        "id": server.new_id(),
        "token": places.add_token(server, user),
        "user_id": user.id,
        "description": description,
        "is_active": True,
    }


def _create_bot(server: Server, call: Call) -> Json:
    if not call.by.is_admin:
        raise forbidden()
    name = str(call.fields.get("username") or "")
    bot = places.add_user(
        server, name, display=call.fields.get("display_name") or name, roles="system_user"
    )
    bot.is_bot, bot.owner_id = True, call.by.id
    bot.description = call.fields.get("description") or ""
    return bot.bot_json()


def _get_bots(server: Server, call: Call) -> list[Json]:
    if not call.by.is_admin:
        raise forbidden()
    return [user.bot_json() for user in server.users.values() if user.is_bot][call.page]


def _get_teams_of(server: Server, call: Call) -> list[Json]:
    user = oneself(server, call)
    return [team.json() for team in server.teams.values() if user.id in team.members]


def _get_teams(server: Server, call: Call) -> list[Json]:
    teams = server.teams.values()
    return [t.json() for t in teams if call.by.is_admin or call.by.id in t.members][call.page]


def _get_team(server: Server, call: Call) -> Json:
    team = server.team(call.path["team_id"])
    if call.by.id not in team.members and not call.by.is_admin:
        raise forbidden()
    return team.json()


def _get_team_named(server: Server, call: Call) -> Json:
    for team in server.teams.values():
        if team.name == call.path["name"]:
            return _get_team(server, Call(call.by, {"team_id": team.id}, {}, None))
    raise Problem(404, "app.team.get_by_name.missing.app_error", "Unable to find the team.")


def _add_team_member(server: Server, call: Call) -> Json:
    team, user = server.team(call.path["team_id"]), server.user(str(call.fields.get("user_id")))
    if call.by.id not in team.members and not call.by.is_admin:
        raise forbidden()
    team.members.add(user.id)
    server.touch()
    return team.member_json(user)


def _get_team_member(server: Server, call: Call) -> Json:
    team, user = server.team(call.path["team_id"]), who(server, call)
    if user.id not in team.members:
        raise Problem(404, "app.team.get_member.missing.app_error", "No team member found.")
    return team.member_json(user)


def _get_team_members(server: Server, call: Call) -> list[Json]:
    team = server.team(call.path["team_id"])
    if call.by.id not in team.members:
        raise forbidden()
    return [team.member_json(server.users[each]) for each in call.texts if each in team.members]


def _create_command(server: Server, call: Call) -> Json:
    body, team = call.fields, server.team(str(call.fields.get("team_id")))
    if call.by.is_bot or (call.by.id not in team.members and not call.by.is_admin):
        raise forbidden()
    trigger = str(body.get("trigger") or "").lower()
    if any((c.team_id, c.trigger) == (team.id, trigger) for c in server.commands.values()):
        raise Problem(
            400,
            "api.command.duplicate_trigger.app_error",
            "This trigger word is already in use. Please choose another word.",
        )
    command = Command(
        server.new_id(),
        server.new_id(),
        team.id,
        trigger,
        str(body.get("url")),
        call.by.id,
        server.stamp(),
    )
    server.commands[command.id] = command
    server.touch()
    return command.json()


def _get_commands(server: Server, call: Call) -> list[Json]:
    team_id = call.query.get("team_id", "")
    if call.by.is_bot or call.by.id not in server.team(team_id).members:
        raise forbidden()
    return [c.json() for c in server.commands.values() if c.team_id == team_id]


def _command(server: Server, call: Call) -> Command:
    command = server.commands.get(call.path["command_id"])
    if command is None:
        raise Problem(404, "store.sql_command.get.missing.app_error", "Command does not exist.")
    if command.creator_id != call.by.id and not call.by.is_admin:
        raise forbidden()
    return command


def _put_command(server: Server, call: Call) -> Json:
    command = _command(server, call)
    command.url = str(call.fields.get("url") or command.url)
    command.trigger = str(call.fields.get("trigger") or command.trigger).lower()
    return command.json()


def _renew_command_token(server: Server, call: Call) -> Json:
    command = _command(server, call)
    command.token = server.new_id()
    return {"token": command.token}


def _delete_command(server: Server, call: Call) -> Json:
    del server.commands[_command(server, call).id]
    return OK


def _execute(server: Server, call: Call) -> Json:
    body = call.fields
    return integrations.execute(
        server,
        call.by,
        channel_id=str(body.get("channel_id")),
        text=str(body.get("command")),
        team_id=str(body.get("team_id") or ""),
        root_id=str(body.get("root_id") or ""),
    )


def _config(server: Server, _call: Call) -> Json:
    return {"Version": "11.6.0", "SiteURL": server.site_url, "EnablePostUsernameOverride": "false"}


UNLOCKED = (_execute,)

ROUTES: tuple[tuple[str, str, int, Operation], ...] = (
    ("GET", "/users", 200, _get_users),
    ("POST", "/users/ids", 200, _users_by_id),
    ("POST", "/users/usernames", 200, _users_by_name),
    ("GET", "/users/username/{username}", 200, _get_user_named),
    ("GET", "/users/email/{email}", 200, _get_user_by_email),
    ("GET", "/users/{user_id}", 200, _get_user),
    ("POST", "/users/{user_id}/tokens", 201, _create_token),
    ("GET", "/users/{user_id}/teams", 200, _get_teams_of),
    ("GET", "/bots", 200, _get_bots),
    ("POST", "/bots", 201, _create_bot),
    ("GET", "/teams", 200, _get_teams),
    ("GET", "/teams/{team_id}", 200, _get_team),
    ("GET", "/teams/name/{name}", 200, _get_team_named),
    ("POST", "/teams/{team_id}/members", 201, _add_team_member),
    ("POST", "/teams/{team_id}/members/ids", 200, _get_team_members),
    ("GET", "/teams/{team_id}/members/{user_id}", 200, _get_team_member),
    ("GET", "/commands", 200, _get_commands),
    ("POST", "/commands", 201, _create_command),
    ("POST", "/commands/execute", 200, _execute),
    ("PUT", "/commands/{command_id}", 200, _put_command),
    ("DELETE", "/commands/{command_id}", 200, _delete_command),
    ("PUT", "/commands/{command_id}/regen_token", 200, _renew_command_token),
    ("GET", "/config/client", 200, _config),
)
