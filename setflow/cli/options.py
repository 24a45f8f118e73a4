"""What several commands share: options, the settings, and files with the playbooks beside them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from setflow import app, calendar, definitions, resources, settings
from setflow.db import Tx, transaction
from setflow.definitions import Configuration
from setflow.engine import File
from setflow.errors import Refused
from setflow.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="FOLDER",
        help="Where the embedded PostgreSQL lies, in place of SETFLOW_DATA or .setflow.",
    ),
]
FromFile = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        metavar="FILE",
        help="Answer by this file; needs no database.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="As JSON, with instants in UTC.")]


def given(data: Path | None) -> Settings:
    """The settings of the environment and of .env here. Raises SettingsError."""
    return settings.read(os.environ, Path.cwd(), data=data)


@contextmanager
def opened(data: Path | None) -> Iterator[Tx]:
    """A transaction on the database, which is started and migrated first."""
    with app.opened(given(data)) as found, transaction(found.db) as tx:
        yield tx


def file(path: Path) -> File:
    """A configuration file, with the playbooks that there are.

    Those of the folder playbooks/ beside it win over the product's own. Raises Refused for what
    cannot be read.
    """
    playbooks = {
        one.stem: (f"playbooks/{one.name}", _text(one))
        for one in resources.folder("playbooks").glob("*.yaml")
    }
    beside = path.parent / "playbooks"
    playbooks |= {one.stem: (str(one), _text(one)) for one in beside.glob("*.yaml")}
    return File(str(path), _text(path), playbooks)


def configuration(path: Path) -> Configuration:
    """What a configuration file says. Raises ConfigError with every mistake, Refused."""
    found = file(path)
    return definitions.read(found.text, found.name, found.playbooks)


def instant(text: str | None, zone: ZoneInfo, option: str, *, otherwise: datetime) -> datetime:
    """What an option says in that zone; `otherwise` where it is left out. Usage error if wrong."""
    if text is None:
        return otherwise
    try:
        return calendar.instant(text, zone)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint=option) from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Refused(f"{path}: there is no such file.") from None
    except UnicodeDecodeError:
        raise Refused(f"{path}: this is no text in UTF-8.") from None
    except OSError as error:
        raise Refused(f"{path}: cannot be read ({error.strerror}).") from None
