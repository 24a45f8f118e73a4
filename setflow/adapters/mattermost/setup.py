"""Setting a server up for setflow in one session of an administrator: what is missing, made.

The session is kept in memory alone. What a server refuses and why is from Mattermost API v4 and
server/channels/api4 of https://github.com/mattermost/mattermost.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from setflow.adapters.mattermost.session import MattermostError, connect
from setflow.adapters.mattermost.survey import is_here
from setflow.errors import DeliveryError, Refused

TRIGGER = "set"
COMMAND_PATH = "/hooks/mattermost/command"
TIMEOUT = (3.05, 20.0)

_CODE_WANTED = "mfa.validate_token.authenticate.app_error"
_REMEDIES = {
    "api.bot.create_disabled": "bot accounts are switched off. Switch on System Console › "
    "Integrations › Bot Accounts › Enable Bot Account Creation "
    "(ServiceSettings.EnableBotAccountCreation)",
    "app.user_access_token.disabled": "access tokens are switched off. Switch on System Console › "
    "Integrations › Integration Management › Enable Personal Access Tokens "
    "(ServiceSettings.EnableUserAccessTokens)",
    "api.command.disabled.app_error": "slash commands are switched off. Switch on System Console › "
    "Integrations › Integration Management › Enable Custom Slash Commands "
    "(ServiceSettings.EnableCommands)",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What setflow needs: a bot in a team and channels, and a command that calls `public_url`."""

    team: str
    bot: str
    public_url: str
    channels: tuple[str, ...]

    @property
    def command_url(self) -> str:
        """Where the server sends the command."""
        return self.public_url + COMMAND_PATH


@dataclass(frozen=True, slots=True)
class Tokens:
    """The bot's token and that of the slash command; "" for what there is not."""

    bot: str
    command: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change to the server, as a person would be told to make it."""

    said: str
    work: Callable[[], None]


class Session:
    """Somebody's session on the server at `url`. Raises Refused for what the server refuses.

    `tokens` are those that setflow is to use, as far as they are known; `plan` and its steps fill
    them in.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = connect(url, "", TIMEOUT).client
        self._signed_in = False
        self._bot_id = ""
        self.username = ""
        self.administers = False
        self.tokens = Tokens("", "")

    def reach(self) -> None:
        """Ask the server for a sign of life."""
        with self._telling(f"reach {self._url}"):
            self._client.get("/system/ping")

    @property
    def private(self) -> bool:
        """Whether nobody on the way can read what is said: https, or this very machine."""
        return urlsplit(self._url).scheme == "https" or is_here(self._url)

    def sign_in(self, name: str, password: str, code: str = "") -> bool:
        """Sign in by password; False if the server wants the code of a second factor (again)."""
        body = {"login_id": name, "password": password, "token": code}
        try:
            with self._telling("sign in"):
                response = self._client.make_request("post", "/users/login", body)
        except _Told as told:
            if told.id == _CODE_WANTED:
                return False
            if told.status == 401:
                raise Refused(
                    "That name or password is not right; where people sign in by other means, "
                    "make a personal access token and use --token."
                ) from None
            raise
        if "Token" not in response.headers:
            raise Refused(
                f"What answers at {self._url} is not Mattermost; name another with --url."
            )
        self._client.token = response.headers["Token"]
        self._signed_in = True
        self._know_oneself(response.json())
        return True

    def use(self, token: str) -> None:
        """Work with a personal access token instead of signing in."""
        self._client.token = token
        try:
            with self._telling("use that token"):
                self._know_oneself(self._client.get("/users/me"))
        except _Told as told:
            if told.status == 401:
                raise Refused("That token is not valid; make another.") from None
            raise

    def sign_out(self) -> None:
        """End the session, if `sign_in` made one; whatever happens, it is forgotten here."""
        try:
            if self._signed_in:
                self._client.post("/users/logout")
        except DeliveryError:
            pass  # it ends by itself
        finally:
            self._client.token, self._signed_in = "", False

    def teams(self) -> Mapping[str, str]:
        """The teams that this person is in: name → title."""
        with self._telling("list the teams"):
            return {one["name"]: one["display_name"] for one in self._client.get("/users/me/teams")}

    def plan(self, wanted: Wanted, known: Tokens) -> Sequence[Step]:
        """What is to be changed, in this order; nothing where all is as it should be."""
        self.tokens = known
        with self._telling("look at the server"):
            return list(self._steps(wanted))

    def _know_oneself(self, me: Mapping[str, Any]) -> None:
        self.username = me["username"]
        self.administers = "system_admin" in me.get("roles", "").split()

    def _steps(self, wanted: Wanted) -> Iterator[Step]:
        team = self._found(f"/teams/name/{wanted.team}")
        if team is None:
            raise Refused(f"There is no team {wanted.team}; name another with --team.")
        yield from self._bot_steps(wanted.bot)
        yield from self._member_steps(
            f"/teams/{team['id']}/members",
            f"bring @{wanted.bot} into the team {team['display_name']}",
            team_id=team["id"],
        )
        for name in wanted.channels:
            yield from self._channel_steps(team["id"], name, wanted.bot)
        yield from self._command_steps(team["id"], wanted)

    def _bot_steps(self, name: str) -> Iterator[Step]:
        bot = self._found(f"/users/username/{name}")
        if bot and not bot.get("is_bot"):
            raise Refused(f"@{name} is the account of a person; name the bot with --bot.")
        if bot and bot.get("delete_at"):
            raise Refused(
                f"The bot @{name} is disabled; enable it in Integrations › Bot Accounts first."
            )
        self._bot_id = bot["id"] if bot else ""
        if not bot:
            yield Step(f"make the bot account @{name}", lambda: self._make_bot(name))
        if not bot or not self._is_token_of(bot["id"]):
            self.tokens = Tokens("", self.tokens.command)
            yield Step(f"make an access token for @{name}", self._make_token)

    def _member_steps(self, members: str, said: str, **more: str) -> Iterator[Step]:
        if not self._bot_id or self._found(f"{members}/{self._bot_id}") is None:
            yield Step(said, lambda: self._client.post(members, {**more, "user_id": self._bot_id}))

    def _channel_steps(self, team_id: str, name: str, bot: str) -> Iterator[Step]:
        channel = self._found(f"/teams/{team_id}/channels/name/{name}")
        said = f"bring @{bot} into ~{name}"
        if channel:
            yield from self._member_steps(f"/channels/{channel['id']}/members", said)
            return

        def make() -> None:
            title = name.replace("-", " ").capitalize()
            body = {"team_id": team_id, "name": name, "display_name": title, "type": "O"}
            made = self._client.post("/channels", body)["id"]
            self._client.post(f"/channels/{made}/members", {"user_id": self._bot_id})

        yield Step(f"make the channel ~{name}, public, and {said}", make)

    def _command_steps(self, team_id: str, wanted: Wanted) -> Iterator[Step]:
        listed = self._client.get("/commands", params={"team_id": team_id, "custom_only": "true"})
        command = next((one for one in listed if one["trigger"] == TRIGGER), None)
        url = wanted.command_url
        if command is None:
            yield Step(
                f"make the slash command /{TRIGGER}, which calls {url}",
                lambda: self._make_command(team_id, url),
            )
            return
        self.tokens = Tokens(self.tokens.bot, command.get("token") or self.tokens.command)
        path = f"/commands/{command['id']}"
        if command["url"] != url:
            yield Step(
                f"let the slash command /{TRIGGER} call {url}, no more {command['url']}",
                lambda: self._client.put(path, {**command, "url": url}),
            )
        if not self.tokens.command:
            yield Step(
                f"make a new token for the slash command /{TRIGGER}",
                lambda: self._renew(f"{path}/regen_token"),
            )

    def do(self, step: Step) -> None:
        """Make one change. Raises Refused, with what to do, if the server does not let us."""
        with self._telling(step.said):
            step.work()

    def _make_bot(self, name: str) -> None:
        body = {
            "username": name,
            "display_name": "setflow",
            "description": "On-call and incident workflows",
        }
        self._bot_id = self._client.post("/bots", body)["user_id"]

    def _make_token(self) -> None:
        made = self._client.post(f"/users/{self._bot_id}/tokens", {"description": "setflow"})
        self.tokens = Tokens(made["token"], self.tokens.command)

    def _make_command(self, team_id: str, url: str) -> None:
        body = {
            "team_id": team_id,
            "trigger": TRIGGER,
            "method": "P",
            "url": url,
            "display_name": "setflow",
            "description": "On-call and incident workflows",
            "auto_complete": True,
            "auto_complete_hint": "[who | page | ack | update | override | help]",
            "auto_complete_desc": "Who is on, pages, incidents and stand-ins",
        }
        self.tokens = Tokens(self.tokens.bot, self._client.post("/commands", body)["token"])

    def _renew(self, path: str) -> None:
        self.tokens = Tokens(self.tokens.bot, self._client.put(path)["token"])

    def _is_token_of(self, bot_id: str) -> bool:
        if not self.tokens.bot:
            return False
        try:
            me = connect(self._url, self.tokens.bot, TIMEOUT).client.get("/users/me")
        except MattermostError as error:
            if error.status == 401:
                return False
            raise
        return bool(me["id"] == bot_id)

    def _found(self, path: str) -> Any:
        try:
            return self._client.get(path)
        except MattermostError as error:
            if error.status == 404:
                return None
            raise

    @contextmanager
    def _telling(self, what: str) -> Iterator[None]:
        """Let what the server refuses be told as `what` that could not be done."""
        try:
            yield
        except MattermostError as error:
            raise _Told(what, error) from None


class _Told(Refused):
    """What the server refused, in words for whoever sets it up."""

    def __init__(self, what: str, error: MattermostError) -> None:
        self.id, self.status = error.id, error.status
        why = _REMEDIES.get(error.id, "")
        if why:
            super().__init__(f"Could not {what}: {why}, then run this again.")
        elif error.status == 403:
            super().__init__(f"Could not {what}: your account may not ({error.id}).")
        elif error.status and error.status >= 400 and error.id:
            super().__init__(f"Could not {what}: Mattermost answered {error.status} ({error.id}).")
        else:
            super().__init__(f"Could not {what}: {error}. Is the address right?")


def request_to_forward(wanted: Wanted) -> str:
    """What to ask an administrator for, where somebody may not set the server up themselves."""
    channels = ", ".join(f"~{name}" for name in wanted.channels)
    return "\n".join(
        [
            "Please set up Mattermost for setflow (on-call and incident workflows):",
            "",
            "1. System Console › Integrations: Enable Bot Account Creation and",
            "   Enable Custom Slash Commands are on.",
            f"2. Integrations › Bot Accounts: a bot named {wanted.bot}, role Member, with an",
            "   access token. It needs no other permission: a member can post, edit headers",
            "   and add people.",
            f"3. The bot is a member of the team {wanted.team} and of {channels}.",
            f"4. Integrations › Slash Commands of that team: trigger word {TRIGGER}, method POST,",
            f"   request URL {wanted.command_url}",
            "5. Where that address is private: System Console › Environment › Developer › Allow",
            f"   untrusted internal connections to: {urlsplit(wanted.public_url).hostname}",
            "",
            "And hand back two secrets, which go into setflow's .env:",
            "   SETFLOW_MATTERMOST_TOKEN          the bot's access token",
            "   SETFLOW_MATTERMOST_COMMAND_TOKEN  the token of the slash command",
        ]
    )
