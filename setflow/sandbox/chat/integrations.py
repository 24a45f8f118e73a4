"""What a Mattermost server sends out for a person: clicks, slash commands, dialogs.

It calls the integration's address over real HTTP and takes the answer as strictly as the server
does (server/channels/app/integration_action.go and command.go). Nothing here may be called with
the lock held: the integration may call back.
"""

import ipaddress
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from setflow.sandbox.chat import posts
from setflow.sandbox.chat.posted import Post, actions
from setflow.sandbox.chat.records import (
    DIRECT,
    Channel,
    Command,
    Dialog,
    Json,
    Problem,
    ResponseHook,
    Trigger,
    User,
)
from setflow.sandbox.chat.state import Server, forbidden

TIMEOUT_SECONDS = 30
RESPONSE_HOOK_MS = 30 * 60_000
MOST_RESPONSES = 5
KEPT_PROPS = ("from_webhook", "override_username", "override_icon_url", "override_icon_emoji")

_ACTION = "api.post.do_action.action_integration.app_error"
_COMMAND = "api.command.execute_command"


def click(
    server: Server, by: User, *, post_id: str, action_id: str, selected: str | None = None
) -> str:
    """Press a button, or choose `selected` from a menu; what the integration says to `by` alone.

    Raises Problem 404 for no such action, 403 outside the channel, 400 where the integration does
    not answer as it must; 404 where it would update what is shown to one person only.
    """
    with server.lock:
        whispered = server.whispered(post_id, by)
        post = whispered or server.post(post_id, by)
        action = next((a for a in actions(post.props) if a["id"] == action_id), {})
        integration = action.get("integration")
        if not integration or not re.fullmatch("[A-Za-z0-9]+", action_id):
            raise Problem(404, "api.post.do_action.action_id.app_error", "Invalid action id.")
        channel = server.channels[post.channel_id]
        context = dict(integration.get("context") or {})
        if selected is not None:
            context["selected_option"] = selected
        body = {
            **_place(server, channel),
            "user_id": by.id,
            "user_name": by.username,
            "post_id": post.id,
            "trigger_id": _trigger(server, by, channel),
            "type": action.get("type", ""),
            "data_source": action.get("data_source", ""),
            "context": context,
        }
    answer = _called(server, str(integration.get("url")), body)
    failure = (answer.get("error") or {}).get("message")
    if failure:
        raise Problem(400, _ACTION, str(failure))
    with server.lock:
        if whispered and isinstance(answer.get("update"), dict):
            # An update is written to the table of posts, in which an ephemeral one does not stand.
            raise Problem(404, "app.post.get.app_error", "Unable to get the post.")
        _update(server, post, answer.get("update"))
        text = str(answer.get("ephemeral_text") or "")
        if text:
            posts.whisper(server, by, place=post, text=text, props={})
    return text


def _place(server: Server, channel: Channel) -> Json:
    team = server.teams.get(channel.team_id)
    return {
        "channel_id": channel.id,
        "channel_name": channel.name,
        "team_id": channel.team_id,
        "team_domain": team.name if team else "",
    }


def _trigger(server: Server, by: User, channel: Channel) -> str:
    trigger_id = server.new_id()
    until = server.stamp() + server.trigger_seconds * 1000
    server.triggers[trigger_id] = Trigger(until, by.id, channel.id)
    return trigger_id


def _update(server: Server, post: Post, update: Any) -> None:
    """Make the post what the answer to a click says; props null keep, {} clears."""
    if not isinstance(update, dict):
        return
    props = update.get("props")
    if props is not None:
        kept = {key: post.props[key] for key in KEPT_PROPS if key in post.props}
        props = {**props, **kept}
    posts.rewrite(server, post, message=str(update.get("message") or ""), props=props)


def _called(server: Server, url: str, body: Json) -> Json:
    """The JSON object that the integration answers; Problem 400 for anything else."""
    response = _sent(server, url, json=body)
    if response is None:
        raise Problem(400, _ACTION, "Action integration error: no answer, or address forbidden.")
    if response.status_code != 200:
        raise Problem(400, _ACTION, f"Action integration error: status={response.status_code}")
    try:
        answer = response.json()
    except ValueError:
        raise Problem(400, _ACTION, "Action integration error: err=EOF") from None
    return answer if isinstance(answer, dict) else {}


def _sent(server: Server, url: str, **what: Any) -> requests.Response | None:
    """The answer to a POST; None where there is none, or the address may not be called."""
    if not server.allow_loopback and _is_inside(urlsplit(url).hostname or ""):
        return None
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.post(url, timeout=TIMEOUT_SECONDS, **what)
        except requests.RequestException:
            return None


def _is_inside(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost"


def execute(
    server: Server, by: User, *, channel_id: str, text: str, team_id: str = "", root_id: str = ""
) -> Json:
    """Give the slash command `text` in a channel; the answer as POST /commands/execute says it.

    Raises Problem 403 outside the channel or, in a direct message, without `team_id`; 404 for an
    unknown command; 500 where the integration does not answer as it must.
    """
    with server.lock:
        channel = server.readable(channel_id, by)
        team_id = channel.team_id or team_id
        if team_id not in server.teams or by.id not in server.teams[team_id].members:
            raise forbidden()
        command = _command(server, team_id, text)
        form = _form(server, by, channel, command, text)
        form |= {"team_id": team_id, "team_domain": server.teams[team_id].name, "root_id": root_id}
    headers = {"Authorization": f"Token {command.token}", "Accept": "application/json"}
    response = _sent(server, command.url, data=form, headers=headers)
    answer = _answer(command, response)
    with server.lock:
        for part in [answer, *(answer.get("extra_responses") or [])]:
            _respond(server, by, channel, part, root_id)
    return _command_json(answer, str(form["trigger_id"]))


def _command(server: Server, team_id: str, text: str) -> Command:
    trigger = text.split()[0].removeprefix("/").lower() if text.strip() else ""
    for command in server.commands.values():
        if (command.team_id, command.trigger) == (team_id, trigger):
            return command
    raise Problem(
        404,
        f"{_COMMAND}.not_found.app_error",
        f'Command with a trigger of "/{trigger}" not found. To send a message beginning with "/", '
        "try adding an empty space at the beginning of the message.",
    )


def _form(server: Server, by: User, channel: Channel, command: Command, text: str) -> Json:
    known = {user.username: user.id for user in server.users.values()}
    named = [name for name in posts.mentions(text) if name in known]
    hook = server.new_id()
    server.response_hooks[hook] = ResponseHook(server.stamp() + RESPONSE_HOOK_MS, by.id, channel.id)
    return {
        "token": command.token,
        "channel_id": channel.id,
        "channel_name": channel.name,
        "user_id": by.id,
        "user_name": by.username,
        "command": f"/{command.trigger}",
        "text": text.strip().partition(" ")[2].strip(),
        "trigger_id": _trigger(server, by, channel),
        "response_url": f"{server.site_url}/hooks/commands/{hook}",
        "user_mentions": named,
        "user_mentions_ids": [known[name] for name in named],
    }


def _answer(command: Command, response: requests.Response | None) -> Json:
    if response is None:
        raise Problem(
            500,
            f"{_COMMAND}.failed.app_error",
            f'Command with a trigger of "{command.trigger}" failed.',
        )
    if response.status_code != 200:
        raise Problem(
            500,
            f"{_COMMAND}.failed_resp.app_error",
            f'Command with a trigger of "{command.trigger}" returned response '
            f"{response.status_code}.",
        )
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip()
    if kind != "application/json":
        return {"text": response.text}
    try:
        answer = response.json()
    except ValueError:
        raise Problem(
            500,
            f"{_COMMAND}.failed_empty.app_error",
            f'Command with a trigger of "{command.trigger}" returned an empty response.',
        ) from None
    return answer if isinstance(answer, dict) else {}


def _respond(
    server: Server, by: User, channel: Channel, answer: Mapping[str, Any], root_id: str
) -> None:
    """Show the answer: in the channel as a post of whoever asked, else to them alone."""
    text, parts = str(answer.get("text") or ""), answer.get("attachments")
    if not text and not parts:
        return
    props: Json = {**(answer.get("props") or {}), **({"attachments": parts} if parts else {})}
    if answer.get("response_type") == "in_channel":
        posts.create_post(
            server,
            by,
            body={
                "channel_id": channel.id,
                "root_id": root_id,
                "message": text,
                "props": {**props, "from_webhook": "true"},
            },
        )
        return
    bot = next((user.id for user in server.users.values() if user.is_bot), by.id)
    place = Post("", bot, channel.id, root_id, "", {}, 0, 0)
    posts.whisper(server, by, place=place, text=text, props=props)


def _command_json(answer: Mapping[str, Any], trigger_id: str) -> Json:
    return {
        "response_type": answer.get("response_type") or "",
        "text": answer.get("text") or "",
        "username": answer.get("username") or "",
        "channel_id": answer.get("channel_id") or "",
        "icon_url": answer.get("icon_url") or "",
        "type": answer.get("type") or "",
        "props": answer.get("props"),
        "goto_location": answer.get("goto_location") or "",
        "trigger_id": trigger_id,
        "skip_slack_parsing": bool(answer.get("skip_slack_parsing")),
        "attachments": answer.get("attachments"),
        "extra_responses": answer.get("extra_responses"),
    }


def respond_later(server: Server, hook_id: str, *, answer: Mapping[str, Any]) -> None:
    """Take what comes to a `response_url`; Problem 400 after 30 minutes or 5 answers."""
    with server.lock:
        hook = server.response_hooks.get(hook_id)
        if hook is None or hook.until < server.stamp() or hook.used >= MOST_RESPONSES:
            raise Problem(400, "web.command_webhook.invalid.app_error", "Invalid webhook.")
        hook.used += 1
        channel = server.channels[hook.channel_id]
        _respond(server, server.users[hook.user_id], channel, answer, "")


def open_dialog(server: Server, body: Mapping[str, Any]) -> None:
    """Put a form before whoever has the trigger id, which alone is the right to do so.

    Raises Problem 400 for an unknown trigger id, or one that is too old.
    """
    family = "interactive_message.decode_trigger_id"
    with server.lock:
        trigger = server.triggers.get(str(body.get("trigger_id")))
        if trigger is None:
            raise Problem(
                400,
                f"{family}.base64_decode_failed",
                "Failed to decode base64 for trigger ID for interactive dialog.",
            )
        if trigger.until < server.stamp():
            raise Problem(400, f"{family}.expired", "Trigger ID for interactive dialog is expired.")
        form = dict(body.get("dialog") or {})
        dialog = Dialog(
            server.new_id(), trigger.user_id, trigger.channel_id, str(body.get("url")), form
        )
        server.dialogs.append(dialog)
        server.touch()


def submit_dialog(
    server: Server, by: User, *, dialog: Dialog, submission: Json, cancelled: bool = False
) -> Json:
    """Send a filled form; what the integration finds wrong, {} when the form closes.

    Raises Problem 400 where the integration does not answer with 200.
    """
    with server.lock:
        channel = server.readable(dialog.channel_id, by)
        body = {
            "type": "dialog_submission",
            "callback_id": dialog.form.get("callback_id", ""),
            "state": dialog.form.get("state", ""),
            "user_id": by.id,
            "channel_id": channel.id,
            "team_id": "" if channel.type == DIRECT else channel.team_id,
            "submission": submission,
            "cancelled": cancelled,
        }
    response = _sent(server, dialog.url, json=body)
    if response is None or response.status_code != 200:
        raise Problem(400, "app.submit_interactive_dialog.error", "Dialog submission failed.")
    answer = response.json() if response.content.strip() else {}
    found = {key: answer[key] for key in ("error", "errors") if answer.get(key)}
    with server.lock:
        if not found and dialog in server.dialogs:
            server.dialogs.remove(dialog)
        server.touch()
    return found
