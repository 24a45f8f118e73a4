"""The stand-in for a Mattermost server: setting it up, what people do on it, what they see.

It speaks API v4 on loopback as a real server does and calls integrations over real HTTP; see
`setflow.sandbox.chat` for its parts. Everything is in memory and follows the clock it is given.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from starlette.applications import Starlette

from setflow.sandbox.chat import integrations, places, posts
from setflow.sandbox.chat.api import routes
from setflow.sandbox.chat.faults import Answer, Faults
from setflow.sandbox.chat.posted import Entry, Post, actions
from setflow.sandbox.chat.records import (
    PRIVATE,
    PUBLIC,
    Channel,
    Command,
    Dialog,
    Json,
    Problem,
    Team,
    User,
)
from setflow.sandbox.chat.state import Server, nothing
from setflow.sandbox.playbooks import Playbooks


class MattermostSandbox:
    """One server.

    clock      the present instant, an aware datetime
    changed    called after each change, by whoever made it: must not wait for anything
    app        its ASGI application: API v4, `response_url`s and the Playbooks plugin
    server     all that it knows; switches: `licensed`, `allow_loopback`, `latency_seconds`,
               `trigger_seconds`, `site_url`
    faults     switches: `down`, `rate_limit`
    playbooks  the plugin; `present` False is a server without it

    Channels are named by name, with or without `~`; `@name` is the direct channel with that user.
    Whatever the server would refuse raises `Problem` with its status, id and text.
    """

    def __init__(
        self, clock: Callable[[], datetime], *, changed: Callable[[], None] = nothing
    ) -> None:
        self.server = Server(clock, changed)
        self.faults = Faults(self.server)
        self.playbooks = Playbooks(self.server, self.faults)
        self.app = Starlette(routes=[*routes(self.server, self.faults), *self.playbooks.routes()])

    # setting up

    def add_team(self, name: str, display: str = "") -> str:
        """A new team; its id."""
        with self.server.lock:
            team = Team(self.server.new_id(), name, display or name, self.server.stamp())
            self.server.teams[team.id] = team
            return team.id

    def add_user(
        self,
        username: str,
        display: str,
        *,
        guest: bool = False,
        password: str = "",
        mfa: str = "",
    ) -> str:
        """A new person in every team there is; an access token of theirs.

        Without a password nobody can log in as them; `mfa` is the code that login asks for.
        """
        with self.server.lock:
            roles = "system_guest" if guest else "system_user"
            user = places.add_user(self.server, username, display=display, roles=roles)
            user.password, user.mfa = password, mfa
            for team in self.server.teams.values():
                team.members.add(user.id)
            return places.add_token(self.server, user)

    def add_bot(self, username: str, display: str = "") -> str:
        """A new bot, in no team and no channel as on a real server; its access token."""
        with self.server.lock:
            bot = places.add_user(
                self.server, username, display=display or username, roles="system_user"
            )
            bot.is_bot = True
            return places.add_token(self.server, bot)

    def set_admin(self, username: str) -> None:
        """Make somebody a system administrator."""
        with self.server.lock:
            self.server.named(username).roles = "system_user system_admin"

    def add_channel(self, team: str, name: str, display: str, *, private: bool = False) -> str:
        """A new, empty channel of the team with that name; its id."""
        with self.server.lock:
            found = next(each for each in self.server.teams.values() if each.name == team)
            kind = PRIVATE if private else PUBLIC
            body = {"team_id": found.id, "name": name, "display_name": display, "type": kind}
            return places.add_channel(self.server, None, body=body).id

    def join(self, channel: str, *usernames: str) -> None:
        """Bring people or bots into a channel and its team, without a word in the channel."""
        with self.server.lock:
            place = self._named_channel(channel)
            for username in usernames:
                user = self.server.named(username)
                self.server.teams[place.team_id].members.add(user.id)
                place.members.setdefault(user.id, 0)
            self.server.touch()

    def leave(self, channel: str, username: str) -> None:
        """Take somebody out of a channel."""
        with self.server.lock:
            members = self._named_channel(channel).members
            members.pop(self.server.named(username).id, None)
            self.server.touch()

    def deactivate(self, username: str) -> None:
        """Deactivate somebody's account."""
        with self.server.lock:
            self.server.named(username).delete_at = self.server.stamp()
            self.server.touch()

    def activate(self, username: str) -> None:
        """Let somebody in again."""
        with self.server.lock:
            self.server.named(username).delete_at = 0
            self.server.touch()

    def leave_team(self, username: str) -> None:
        """Take somebody out of every team and its channels."""
        with self.server.lock:
            number = self.server.named(username).id
            for team in self.server.teams.values():
                team.members.discard(number)
            for channel in self.server.channels.values():
                channel.members.pop(number, None)
            self.server.touch()

    def add_command(self, trigger: str, url: str) -> str:
        """A slash command of the first team, as its first person makes it; its token."""
        with self.server.lock:
            server = self.server
            team = next(iter(server.teams.values()))
            creator = next(user for user in server.users.values() if not user.is_bot)
            command = Command(
                server.new_id(),
                server.new_id(),
                team.id,
                trigger,
                url,
                creator.id,
                server.stamp(),
            )
            server.commands[command.id] = command
            return command.token

    def fail_next(
        self,
        count: int,
        status: int,
        *,
        where: str = "",
        error_id: str = "",
        retry_after: int = 0,
        done: bool = False,
    ) -> None:
        """Let the next `count` requests fail.

        where        only those whose `METHOD /path` contains it
        error_id     of the JSON error
        retry_after  seconds for the header of that name; 0 for none
        done         the work is done all the same, and only the answer is lost
        """
        body = {"id": error_id or "sandbox.fault", "message": "Planned fault."}
        answer = Answer(
            status,
            json.dumps({**body, "detailed_error": "", "status_code": status}).encode(),
            "application/json",
            {"Retry-After": str(retry_after)} if retry_after else {},
            done=done,
        )
        self.faults.plan(count, where=where, answer=answer)

    # what people do

    def say(self, username: str, channel: str, text: str) -> str:
        """Let somebody post in a channel; the id of the post."""
        with self.server.lock:
            by = self.server.named(username)
            body = {"channel_id": self._channel(by, channel).id, "message": text}
            return str(posts.create_post(self.server, by, body=body)["id"])

    def reply(self, username: str, post_id: str, text: str) -> str:
        """Let somebody answer in the thread of a post; the id of the reply."""
        with self.server.lock:
            by = self.server.named(username)
            post = self.server.post(post_id, by)
            body = {
                "channel_id": post.channel_id,
                "root_id": post.root_id or post.id,
                "message": text,
            }
            return str(posts.create_post(self.server, by, body=body)["id"])

    def react(self, username: str, post_id: str, emoji: str) -> None:
        """Let somebody put an emoji (its name, without colons) on a post, or take it off again."""
        with self.server.lock:
            by = self.server.named(username)
            post = self.server.post(post_id, by)
            mine = [r for r in post.reactions if (r.user_id, r.emoji) == (by.id, emoji)]
            (posts.unreact if mine else posts.react)(self.server, post, by=by, emoji=emoji)

    def acknowledge(self, username: str, post_id: str) -> None:
        """Let somebody acknowledge a post that asks for it, by Mattermost's own means."""
        with self.server.lock:
            by = self.server.named(username)
            posts.acknowledge(self.server, self.server.post(post_id, by), by=by)

    def click(
        self, username: str, post_id: str, action_id: str, *, selected: str | None = None
    ) -> str:
        """Let somebody press a button or choose from a menu; what they alone are told, "" if not.

        Problem 400 where the integration answers anything but 200 with JSON.
        """
        with self.server.lock:
            by = self.server.named(username)
        return integrations.click(
            self.server, by, post_id=post_id, action_id=action_id, selected=selected
        )

    def slash(self, username: str, channel: str, text: str, *, root_id: str = "") -> str:
        """Let somebody give a slash command, `/set who` say; the text of the reply, "" for none.

        Problem 500 where the integration answers anything but 200.
        """
        with self.server.lock:
            by = self.server.named(username)
            place = self._channel(by, channel)
            team = next(each.id for each in self.server.teams.values() if by.id in each.members)
        answer = integrations.execute(
            self.server, by, channel_id=place.id, text=text, team_id=team, root_id=root_id
        )
        return str(answer["text"])

    def submit(
        self, username: str, submission: Json, *, dialog_id: str = "", cancelled: bool = False
    ) -> Json:
        """Let somebody send the form before them; its errors, {} where it closes."""
        with self.server.lock:
            by = self.server.named(username)
            mine = [d for d in self.dialogs(username) if dialog_id in ("", d.id)]
        if not mine:
            raise Problem(404, "sandbox.dialog", "No such form is open.")
        return integrations.submit_dialog(
            self.server, by, dialog=mine[-1], submission=submission, cancelled=cancelled
        )

    # what is to be seen

    @property
    def transcript(self) -> list[Entry]:
        """Everything that bots posted, patched and wrote into headers, in order."""
        with self.server.lock:
            return list(self.server.transcript)

    def posts(self, channel: str) -> list[Post]:
        """The posts of a channel as they are now, oldest first, system messages included."""
        with self.server.lock:
            return _copies(self.server.rows(self._named_channel(channel).id))

    def direct(self, username: str) -> list[Post]:
        """The posts between somebody and the bots, oldest first."""
        with self.server.lock:
            user, server = self.server.named(username), self.server
            found = [
                post
                for channel in server.channels.values()
                if not channel.team_id and user.id in channel.members
                if any(server.users[each].is_bot for each in channel.members)
                for post in server.rows(channel.id)
            ]
            return _copies(sorted(found, key=lambda post: post.create_at))

    def thread(self, post_id: str) -> list[Post]:
        """A post and its replies, oldest first."""
        with self.server.lock:
            root = self.server.posts[post_id]
            rows = self.server.rows(root.channel_id)
            return _copies([post for post in rows if post_id in (post.id, post.root_id)])

    def ephemeral(self, username: str) -> list[Post]:
        """What only this person was shown, oldest first."""
        with self.server.lock:
            user = self.server.named(username)
            return _copies([post for who, post in self.server.ephemeral if who == user.id])

    def own(self, username: str) -> list[Post]:
        """What somebody has from the bots, and what only they were shown, oldest first."""
        found = [*self.direct(username), *self.ephemeral(username)]
        return sorted(found, key=lambda post: post.create_at)

    def dialogs(self, username: str) -> list[Dialog]:
        """The forms that this person has before them."""
        with self.server.lock:
            user = self.server.named(username)
            return [dialog for dialog in self.server.dialogs if dialog.user_id == user.id]

    def header(self, channel: str) -> str:
        """What stands in the header of a channel."""
        with self.server.lock:
            return self._named_channel(channel).header

    def group(self, name: str) -> set[str]:
        """The usernames in the user group of that name; Problem 404 where there is none."""
        with self.server.lock:
            for group in self.server.groups.values():
                if group.name == name and not group.delete_at:
                    return {self.server.users[one].username for one in group.members}
            raise Problem(404, "app.group.no_rows", f"No group {name}.")

    def buttons(self, post_id: str) -> dict[str, str]:
        """The names of a post's buttons and menus, and the action id of each."""
        with self.server.lock:
            shown = {post.id: post for _, post in self.server.ephemeral}
            post = self.server.posts.get(post_id) or shown[post_id]
            return {str(action.get("name")): str(action["id"]) for action in actions(post.props)}

    def _named_channel(self, name: str) -> Channel:
        wanted = name.removeprefix("~")
        for channel in self.server.channels.values():
            if channel.name == wanted and not channel.delete_at:
                return channel
        raise Problem(404, "app.channel.get_by_name.missing.app_error", f"No channel {name}.")

    def _channel(self, by: User, name: str) -> Channel:
        if not name.startswith("@"):
            return self._named_channel(name)
        other = self.server.named(name[1:])
        return places.direct(self.server, by, ids=[by.id, other.id])


def _copies(rows: list[Post]) -> list[Post]:
    return [replace(post, reactions=list(post.reactions)) for post in rows]
