"""`setflow schedule --gaps`: what the next weeks hold that somebody should know."""

from datetime import datetime, timedelta

import typer

from setflow import document, views
from setflow.cli import words
from setflow.definitions import Configuration
from setflow.rotation import rules

LONGEST = timedelta(days=366)
BY_FILE = "By the file alone: without stand-ins, absences, and who has left Mattermost."


def length(text: str) -> timedelta:
    """How far `90d` or `12w` looks ahead. Usage error if wrong."""
    try:
        found = document.duration(text)
    except ValueError:
        raise typer.BadParameter(
            f'"{text}" is no length of time; write 90d or 12w.', param_hint="--gaps"
        ) from None
    if not timedelta(0) < found <= LONGEST:
        raise typer.BadParameter("write 1d to 366d.", param_hint="--gaps")
    return found


def by_file(found: Configuration, rotation: str, start: datetime, ahead: timedelta) -> views.Look:
    """What a file alone holds. Raises Refused for an unknown rotation."""
    history: dict[str, rules.Past] = {}
    for one in found.rotations.values():
        history |= rules.history_of(one)
    return views.look_by(found, views.ground_of(found, history), rotation, start, ahead)


def tell(look: views.Look, rotation: str, *, whole: bool) -> None:
    """Print what was found; not `whole` where only a file was asked."""
    zone = look.configuration.zone
    over = words.stretch(look.start, look.end, zone)
    typer.echo(f"{rotation or 'All rotations'}, {over} ({zone.key})\n")
    for line in words.findings(look):
        typer.echo(line)
    typer.echo(words.tally(look.found) if look.found else "Staffed, and nothing to warn of.")
    if not whole:
        typer.echo(BY_FILE)
