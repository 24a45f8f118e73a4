"""What the settings are, once they are checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

KEEP_DAYS = 400
"""A year, and the month in which somebody asks about it."""


@dataclass(frozen=True, slots=True)
class Mattermost:
    """The server, the team's name, the bot's token, and that of the slash command ("" for none)."""

    url: str
    team: str
    token: SecretStr
    command_token: SecretStr


@dataclass(frozen=True, slots=True)
class Jira:
    """The site and who reads and writes there; `user` is "" where the token alone is enough."""

    url: str
    user: str
    token: SecretStr


@dataclass(frozen=True, slots=True)
class OpsGenie:
    """The API, its key, and the key that OpsGenie's own webhooks carry ("" for none).

    user  of JSM Operations the account whose token the key is; "" for OpsGenie
    """

    url: str
    key: SecretStr
    hook_key: SecretStr
    user: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A system to import from; `user` is "" where the token alone is enough."""

    url: str
    user: str
    token: SecretStr


@dataclass(frozen=True, slots=True)
class Mail:
    """Where mail is taken, and how it is answered.

    listen      host and port; None where none is taken
    cert, key   files with what STARTTLS is offered with; "" where it is not
    secret      the secret sub-address, "" for none
    url         the server that answers go by; None where none is given
    """

    listen: tuple[str, int] | None
    cert: str
    key: str
    secret: SecretStr
    url: SecretStr | None


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it, checked.

    data               where the embedded PostgreSQL and the made secret lie
    database_url       None for the embedded PostgreSQL
    password_command   prints the database's password, asked for each connection; "" for none
    listen_url         the database's address for LISTEN, past a pooler; None as database_url
    host, port         where the web door listens
    public_url         how Mattermost and browsers reach it, without a slash at its end
    secret             what links and buttons are signed with; None where it is to be made
    hook_keys, notify  by source and by contact method, in lower case
    sources            to import from, by jsm, goalert and pagerduty
    feed_hosts         servers of absences that may be private, or answer over http
    heartbeat_url      asked once a minute while all is well; None for no sign of life
    keep_days          how long what is over is kept; 0 for ever
    mail               the door for mail, and the way out
    """

    data: Path
    database_url: SecretStr | None
    password_command: str
    listen_url: SecretStr | None
    host: str
    port: int
    public_url: str
    secret: SecretStr | None
    mattermost: Mattermost | None
    jira: Jira | None
    opsgenie: OpsGenie | None
    api_token: SecretStr | None
    hook_keys: Mapping[str, SecretStr] = field(default_factory=dict)
    notify: Mapping[str, SecretStr] = field(default_factory=dict)
    sources: Mapping[str, Source] = field(default_factory=dict)
    feed_hosts: frozenset[str] = frozenset()
    heartbeat_url: SecretStr | None = None
    keep_days: int = KEEP_DAYS
    mail: Mail = Mail(None, "", "", SecretStr(""), None)
