"""The command line: every command, and how its errors are told.

Exit code 0 is success, 1 something refused, wrong or failing, 2 a command that was not understood.
"""

import logging
import sys
from collections.abc import Callable

import typer

from setflow import app as house
from setflow.cli import duty, heartbeats, importing, keys, planning, routing, running, start
from setflow.db import DatabaseGone
from setflow.errors import SetflowError

HELP = """On-call and incident workflows for teams that live in Mattermost.

Begin with a look around, which needs nothing else:

\b
  setflow demo

or with your own server:

\b
  setflow init mattermost      makes the bot, its token and /set, and writes .env
  setflow init config          writes a first set.yaml from your team's accounts
  setflow check set.yaml       every mistake at once, with line and column
  setflow apply set.yaml       shows what changes, and stores it
  setflow serve                runs
  setflow doctor               checks everything, and says what to do
"""

app = typer.Typer(
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
COMMANDS: tuple[Callable[..., None], ...] = (
    *(duty.check, duty.apply, duty.who, duty.schedule, duty.page),
    planning.plan,
    routing.route,
    heartbeats.heartbeats,
    *(running.serve, running.demo),
    *(running.migrate, running.backup, running.restore, running.version),
)
for command in COMMANDS:
    app.command()(command)
app.command("doctor")(start.examine)
app.command("import")(importing.import_)
app.add_typer(start.init, name="init")
app.add_typer(keys.keys, name="keys")

SAID_BESIDE = ("setflow.embedded", "setflow.db")
"""Whose warnings a person needs; what others log is said in the answers of commands."""


def main() -> None:
    """Work one command and exit."""
    house.prepare()
    beside = logging.StreamHandler()
    beside.addFilter(lambda record: record.name in SAID_BESIDE)
    logging.basicConfig(format="%(message)s", level=logging.WARNING, handlers=[beside])
    try:
        app(prog_name="setflow")
    except DatabaseGone as error:
        first = str(error).strip().splitlines()[0]
        sys.exit(_told(f"The database does not answer: {first}"))
    except (SetflowError, OSError) as error:
        sys.exit(_told(str(error)))


def _told(sentence: str) -> int:
    typer.echo(sentence, err=True)
    return 1
