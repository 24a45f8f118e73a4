"""Commands that run setflow, and that look after its database."""

from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from setflow import app, db, postgres, views
from setflow.app import Opened
from setflow.cli import options
from setflow.cli.options import Data
from setflow.errors import Refused

Backup = Annotated[Path, typer.Argument(metavar="FILE", help="Such as setflow.backup.")]


def serve(*, data: Data = None) -> None:
    """Run setflow, until it is told to stop.

    Settings come from the environment and from .env here; `setflow init mattermost` writes one.
    Several of it may run on one database (SETFLOW_DATABASE_URL).

    \b
    Example:
      setflow serve
    """
    raise typer.Exit(app.serve(options.given(data)))


def demo(
    *,
    fast: Annotated[
        bool, typer.Option("--fast", help="No pauses and no page: the whole fortnight at once.")
    ] = False,
    json: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write what was posted, and why, here."),
    ] = None,
    data: Data = None,
    port: Annotated[int, typer.Option(help="Of the page; 0 for a free one.")] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")
    ] = True,
) -> None:
    """Look around: a fortnight of the duty in some minutes.

    Needs nothing to be set up. Starts stand-ins of Mattermost, Jira and OpsGenie on this machine,
    and a page to look at and act in; nothing leaves the machine, and all is removed at its end.

    \b
    Examples:
      setflow demo
      setflow demo --fast --json transcript.json
    """
    from setflow import demo as stage

    raise typer.Exit(
        stage.run(fast=fast, json_file=json, data=data, port=port, open_browser=browser)
    )


def migrate(*, data: Data = None) -> None:
    """Bring the tables to this version of setflow.

    `setflow serve` does so by itself when it starts.

    \b
    Example:
      setflow migrate
    """
    with app.opened(options.given(data), migrate=False) as house:
        _, before, _ = db.look(house.db)
        now = db.migrate(house.db)
    said = "are" if before == now else "are now"
    typer.echo(f"The tables {said} at revision {now}.")


def backup(file: Backup, *, data: Data = None) -> None:
    """Write all of the database to a file.

    It may be done while setflow runs. The file holds names, addresses and all that was written.

    \b
    Example:
      setflow backup setflow.backup
    """
    if file.exists():
        raise Refused(f"{file} is there already; move it away, or name another.")
    given = options.given(data)
    with app.opened(given, migrate=False) as house:
        postgres.backup(db.with_password(house.address, given.password_command), file)
    typer.echo(f"Written to {file}; `setflow restore {file}` puts it back.")


def restore(
    file: Backup,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: Data = None,
) -> None:
    """Put a backup in place of the database.

    Asks first; all that came after the backup is gone.

    \b
    Example:
      setflow restore setflow.backup
    """
    if not file.is_file():
        raise Refused(f"{file}: there is no such file.")
    given = options.given(data)
    with app.opened(given, migrate=False) as house:
        _refuse_while_running(house)
        if not yes and not typer.confirm(f"Replace all that setflow knows by {file}?"):
            raise Refused("Nothing was changed.")
        postgres.restore(db.with_password(house.address, given.password_command), file)
        db.migrate(house.db)
    typer.echo(f"The database is as {file} has it.")


def _refuse_while_running(house: Opened) -> None:
    _, revision, _ = db.look(house.db)
    if not revision:
        return
    with db.transaction(house.db) as tx:
        if views.running(tx, now=app.real_clock()):
            raise Refused("setflow runs on this database; stop `setflow serve` first.")


def version() -> None:
    """Say which version of setflow this is."""
    try:
        typer.echo(f"setflow {metadata.version('setflow')}")
    except metadata.PackageNotFoundError:
        typer.echo("setflow, run from a checkout that is not installed")
