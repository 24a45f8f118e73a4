"""What the surroundings tell setflow: addresses and secrets, never what the duty is like.

Each is a variable of the environment, or stands in `.env` in the working folder; the environment
wins. README.md lists them. Secrets are SecretStr: printed as stars, read by `get_secret_value()`.
"""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr

from setflow.errors import SetflowError

OPSGENIE = "https://api.opsgenie.com"
PAGERDUTY = "https://api.pagerduty.com"
SHORTEST_SECRET = 32
KEEP_DAYS = 400
"""A year, and the month in which somebody asks about it."""
FEWEST_DAYS = 7
HOOK_KEY, NOTIFY = "SETFLOW_HOOK_KEY_", "SETFLOW_NOTIFY_"
NAMES = (
    "SETFLOW_DATABASE_URL",
    "SETFLOW_DATABASE_PASSWORD_COMMAND",
    "SETFLOW_LISTEN_DATABASE_URL",
    "SETFLOW_PUBLIC_URL",
    "SETFLOW_LISTEN",
    "SETFLOW_SECRET",
    "SETFLOW_DATA",
    "SETFLOW_MATTERMOST_URL",
    "SETFLOW_MATTERMOST_TEAM",
    "SETFLOW_MATTERMOST_TOKEN",
    "SETFLOW_MATTERMOST_COMMAND_TOKEN",
    "SETFLOW_JIRA_URL",
    "SETFLOW_JIRA_USER",
    "SETFLOW_JIRA_TOKEN",
    "SETFLOW_OPSGENIE_URL",
    "SETFLOW_OPSGENIE_KEY",
    "SETFLOW_OPSGENIE_HOOK_KEY",
    "SETFLOW_FEED_HOSTS",
    "SETFLOW_JSM_URL",
    "SETFLOW_JSM_USER",
    "SETFLOW_JSM_TOKEN",
    "SETFLOW_GOALERT_URL",
    "SETFLOW_GOALERT_TOKEN",
    "SETFLOW_PAGERDUTY_URL",
    "SETFLOW_PAGERDUTY_TOKEN",
    "SETFLOW_API_TOKEN",
    "SETFLOW_HEARTBEAT_URL",
    "SETFLOW_KEEP_DAYS",
)


class SettingsError(SetflowError):
    """Variables that cannot be used as they are; `problems` are all of them, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


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
    """The API, its key, and the key that OpsGenie's own webhooks carry ("" for none)."""

    url: str
    key: SecretStr
    hook_key: SecretStr


@dataclass(frozen=True, slots=True)
class Source:
    """A system to import from; `user` is "" where the token alone is enough."""

    url: str
    user: str
    token: SecretStr


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


def read(environ: Mapping[str, str], folder: Path, *, data: Path | None = None) -> Settings:
    """The settings of `environ`, and of `folder`/.env where `environ` is silent.

    data  what the command line says, in place of SETFLOW_DATA

    Raises SettingsError with every mistake; no sentence of it quotes a secret.
    """
    reader = _Reader({**_dotenv(folder / ".env"), **environ})
    host, port = reader.listen("SETFLOW_LISTEN", "127.0.0.1:8400")
    settings = Settings(
        data=data or Path(reader.text("SETFLOW_DATA") or ".setflow"),
        database_url=reader.database("SETFLOW_DATABASE_URL"),
        password_command=reader.text("SETFLOW_DATABASE_PASSWORD_COMMAND"),
        listen_url=reader.database("SETFLOW_LISTEN_DATABASE_URL"),
        host=host,
        port=port,
        public_url=reader.url("SETFLOW_PUBLIC_URL") or f"http://{_bracketed(host)}:{port}",
        secret=reader.signing("SETFLOW_SECRET"),
        mattermost=_mattermost(reader),
        jira=_jira(reader),
        opsgenie=_opsgenie(reader),
        api_token=reader.secret("SETFLOW_API_TOKEN"),
        hook_keys=reader.family(HOOK_KEY),
        notify=reader.family(NOTIFY),
        sources=_sources(reader),
        feed_hosts=frozenset(reader.text("SETFLOW_FEED_HOSTS").lower().replace(",", " ").split()),
        heartbeat_url=reader.address("SETFLOW_HEARTBEAT_URL"),
        keep_days=reader.days("SETFLOW_KEEP_DAYS", KEEP_DAYS),
    )
    reader.check_together(settings)
    if reader.problems:
        raise SettingsError(tuple(reader.problems))
    return settings


def signing_key(settings: Settings) -> SecretStr:
    """What to sign with: the secret given, else the data folder's, made with mode 0600 if new."""
    if settings.secret is not None:
        return settings.secret
    file = settings.data / "secret"
    settings.data.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"secret.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as made:
        made.write(secrets.token_urlsafe(SHORTEST_SECRET))
    try:
        os.link(fresh, file)  # fails where another process was first
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return SecretStr(file.read_text().strip())


class _Reader:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = {
            name: value.strip()
            for name, value in values.items()
            if name.startswith("SETFLOW_") and value.strip()
        }
        self.problems: list[str] = []
        self._look_for_slips()

    def text(self, name: str) -> str:
        return self.values.get(name, "")

    def secret(self, name: str) -> SecretStr | None:
        return SecretStr(self.values[name]) if name in self.values else None

    def signing(self, name: str) -> SecretStr | None:
        given = self.secret(name)
        if given is not None and len(given) < SHORTEST_SECRET:
            self.problems.append(f"{name} should have at least {SHORTEST_SECRET} characters.")
        return given

    def database(self, name: str) -> SecretStr | None:
        given = self.secret(name)
        schemes = ("postgresql://", "postgres://", "postgresql+psycopg://")
        if given is not None and not given.get_secret_value().startswith(schemes):
            self.problems.append(f"{name} should begin with postgresql://.")
        return given

    def url(self, name: str) -> str:
        given = self.text(name)
        parts = urlsplit(given)
        if given and (parts.scheme not in {"http", "https"} or not parts.hostname):
            self.problems.append(f"{name} should be an address such as https://example.com.")
        if parts.username or parts.password:
            self.problems.append(f"{name} should not carry a user or password.")
        return given.rstrip("/")

    def address(self, name: str) -> SecretStr | None:
        """An address that is a secret by itself."""
        given = self.secret(name)
        parts = urlsplit(given.get_secret_value() if given else "")
        if given is not None and (parts.scheme not in {"http", "https"} or not parts.hostname):
            self.problems.append(f"{name} should be an address such as https://example.com/x.")
        return given

    def days(self, name: str, otherwise: int) -> int:
        given = self.text(name) or str(otherwise)
        if not given.isdecimal() or 0 < int(given) < FEWEST_DAYS:
            self.problems.append(f"{name} should be 0, for ever, or {FEWEST_DAYS} days at least.")
            return otherwise
        return int(given)

    def listen(self, name: str, otherwise: str) -> tuple[str, int]:
        host, _, port = (self.text(name) or otherwise).rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) < 65536:
            self.problems.append(f"{name} should be an address and a port, such as {otherwise}.")
            return "", 0
        return host.strip("[]"), int(port)

    def family(self, prefix: str) -> dict[str, SecretStr]:
        found = {}
        for name, value in sorted(self.values.items()):
            if not name.startswith(prefix):
                continue
            if prefix == NOTIFY and ("://" not in value or "{to}" not in value):
                self.problems.append(f"{name} should be an apprise address with {{to}} in it.")
            found[name.removeprefix(prefix).lower()] = SecretStr(value)
        return found

    def needs(self, given: str, *others: str) -> None:
        for other in others:
            if not self.text(other):
                self.problems.append(f"{other} is missing: {given} is useless without it.")

    def check_together(self, settings: Settings) -> None:
        if settings.database_url is not None and settings.secret is None:
            self.problems.append(
                "SETFLOW_SECRET is missing: with SETFLOW_DATABASE_URL there may be several"
                " processes, and all must sign with the same secret."
            )
        for lonely in ("SETFLOW_LISTEN_DATABASE_URL", "SETFLOW_DATABASE_PASSWORD_COMMAND"):
            if self.text(lonely) and settings.database_url is None:
                self.needs(lonely, "SETFLOW_DATABASE_URL")

    def _look_for_slips(self) -> None:
        """Names close to one of ours; other names are left alone, for Kubernetes sets some."""
        known = {name.removeprefix("SETFLOW_"): name for name in NAMES}
        for name in sorted(self.values):
            if name in NAMES or name.startswith((HOOK_KEY, NOTIFY)):
                continue
            close = get_close_matches(name.removeprefix("SETFLOW_"), known, n=1, cutoff=0.8)
            if close:
                self.problems.append(f"{name} is not known; did you mean {known[close[0]]}?")


def _mattermost(reader: _Reader) -> Mattermost | None:
    url, token = reader.url("SETFLOW_MATTERMOST_URL"), reader.secret("SETFLOW_MATTERMOST_TOKEN")
    if not url and token is None:
        return None
    given = "SETFLOW_MATTERMOST_URL" if url else "SETFLOW_MATTERMOST_TOKEN"
    reader.needs(
        given, "SETFLOW_MATTERMOST_URL", "SETFLOW_MATTERMOST_TEAM", "SETFLOW_MATTERMOST_TOKEN"
    )
    command_token = reader.secret("SETFLOW_MATTERMOST_COMMAND_TOKEN") or SecretStr("")
    team = reader.text("SETFLOW_MATTERMOST_TEAM")
    return Mattermost(url, team, token or SecretStr(""), command_token)


def _jira(reader: _Reader) -> Jira | None:
    url, token = reader.url("SETFLOW_JIRA_URL"), reader.secret("SETFLOW_JIRA_TOKEN")
    if not url and token is None:
        return None
    given = "SETFLOW_JIRA_URL" if url else "SETFLOW_JIRA_TOKEN"
    reader.needs(given, "SETFLOW_JIRA_URL", "SETFLOW_JIRA_TOKEN")
    return Jira(url, reader.text("SETFLOW_JIRA_USER"), token or SecretStr(""))


def _opsgenie(reader: _Reader) -> OpsGenie | None:
    url, key = reader.url("SETFLOW_OPSGENIE_URL"), reader.secret("SETFLOW_OPSGENIE_KEY")
    hook_key = reader.secret("SETFLOW_OPSGENIE_HOOK_KEY")
    if key is None:
        if url or hook_key is not None:
            given = "SETFLOW_OPSGENIE_URL" if url else "SETFLOW_OPSGENIE_HOOK_KEY"
            reader.needs(given, "SETFLOW_OPSGENIE_KEY")
        return None
    return OpsGenie(url or OPSGENIE, key, hook_key or SecretStr(""))


def _sources(reader: _Reader) -> dict[str, Source]:
    found = {}
    for name, usual in (("jsm", ""), ("goalert", ""), ("pagerduty", PAGERDUTY)):
        prefix = f"SETFLOW_{name.upper()}"
        url, token = reader.url(f"{prefix}_URL"), reader.secret(f"{prefix}_TOKEN")
        if not url and token is None:
            continue
        needed = ["_TOKEN", *([] if usual else ["_URL"]), *(["_USER"] if name == "jsm" else [])]
        given = f"{prefix}_URL" if url else f"{prefix}_TOKEN"
        reader.needs(given, *(f"{prefix}{end}" for end in needed))
        user = reader.text("SETFLOW_JSM_USER") if name == "jsm" else ""
        found[name] = Source(url or usual, user, token or SecretStr(""))
    return found


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _dotenv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    values = dotenv_values(file, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}
