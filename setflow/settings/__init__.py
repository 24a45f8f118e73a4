"""What the surroundings tell setflow: addresses and secrets, never what the duty is like.

Each is a variable of the environment, or stands in `.env` in the working folder; the environment
wins. README.md lists them. Secrets are SecretStr: printed as stars, read by `get_secret_value()`.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

from setflow.errors import SetflowError
from setflow.settings import systems
from setflow.settings.reader import HOOK_KEY, NAMES, NOTIFY, SHORTEST_SECRET, Reader
from setflow.settings.values import (
    KEEP_DAYS,
    Jira,
    Mail,
    Mattermost,
    OpsGenie,
    Settings,
    Source,
)

__all__ = [
    "HOOK_KEY",
    "NAMES",
    "NOTIFY",
    "Jira",
    "Mail",
    "Mattermost",
    "OpsGenie",
    "Settings",
    "SettingsError",
    "Source",
    "read",
    "signing_key",
]


class SettingsError(SetflowError):
    """Variables that cannot be used as they are; `problems` are all of them, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def read(environ: Mapping[str, str], folder: Path, *, data: Path | None = None) -> Settings:
    """The settings of `environ`, and of `folder`/.env where `environ` is silent.

    data  what the command line says, in place of SETFLOW_DATA

    Raises SettingsError with every mistake; no sentence of it quotes a secret.
    """
    reader = Reader({**_dotenv(folder / ".env"), **environ})
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
        mattermost=systems.mattermost(reader),
        jira=systems.jira(reader),
        opsgenie=systems.opsgenie(reader),
        api_token=reader.secret("SETFLOW_API_TOKEN"),
        hook_keys=reader.family(HOOK_KEY),
        notify=reader.family(NOTIFY),
        sources=systems.sources(reader),
        feed_hosts=frozenset(reader.text("SETFLOW_FEED_HOSTS").lower().replace(",", " ").split()),
        heartbeat_url=reader.address("SETFLOW_HEARTBEAT_URL"),
        keep_days=reader.days("SETFLOW_KEEP_DAYS", KEEP_DAYS),
        mail=systems.mail(reader),
    )
    _check_together(reader, settings)
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


def _check_together(reader: Reader, settings: Settings) -> None:
    if settings.database_url is not None and settings.secret is None:
        reader.problems.append(
            "SETFLOW_SECRET is missing: with SETFLOW_DATABASE_URL there may be several"
            " processes, and all must sign with the same secret."
        )
    for lonely in ("SETFLOW_LISTEN_DATABASE_URL", "SETFLOW_DATABASE_PASSWORD_COMMAND"):
        if reader.text(lonely) and settings.database_url is None:
            reader.needs(lonely, "SETFLOW_DATABASE_URL")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _dotenv(file: Path) -> dict[str, str]:
    if not file.is_file():
        return {}
    values = dotenv_values(file, interpolate=False)
    return {name: value for name, value in values.items() if value is not None}
