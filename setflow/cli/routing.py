"""The command that says where a message would go, and sends nothing."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from setflow import app, engine, present
from setflow.adapters import alerts
from setflow.adapters.alerts import Incoming
from setflow.cli import options, words
from setflow.cli.options import Data, FromFile, Json
from setflow.definitions import Configuration
from setflow.engine import ChatWindow, Foreseen
from setflow.errors import Refused
from setflow.escalation.spec import FORMATS, Source
from setflow.present import Present
from setflow.rotation import rules


def route(
    payload: Annotated[
        Path,
        typer.Argument(metavar="PAYLOAD", help="A file of JSON as the monitor sends it, or -."),
    ],
    *,
    source: Annotated[
        str, typer.Option("--source", "-s", metavar="SOURCE", help="Whose message it is.")
    ] = "test",
    form: Annotated[
        str,
        typer.Option(
            "--format", metavar="FORMAT", help=f"{', '.join(FORMATS)}; else as in the file."
        ),
    ] = "",
    file: FromFile = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Say where a message would go, and who would be paged.

    By the configuration in force and who is on now, or by a file with --file. Nothing is kept and
    nobody is paged.

    \b
    Examples:
      setflow route alert.json --source grafana
      curl -s .../alert | setflow route - --source billing --file set.yaml
    """
    if form and form not in FORMATS:
        raise typer.BadParameter(f"it is one of {', '.join(FORMATS)}.", param_hint="--format")
    here, windows = _here(file, data)
    configuration = here.configuration
    known = configuration.sources.get(source.lower()) or Source(source.lower(), form or "generic")
    if form and known.format != form:
        known = Source(known.name, form)
    try:
        message = alerts.read(known, _payload(payload))
    except ValueError as error:
        raise Refused(f"{error} It would be shown as a message that could not be read.") from None
    found = [
        (one, engine.foresee(here, windows, engine.alert_in(known.name, one.stored())))
        for one in message.alerts
    ]
    if as_json:
        answer = {
            "source": known.name,
            "format": known.format,
            "alerts": [engine.foreseen_json(foreseen, here) for _, foreseen in found],
            "problems": list(message.problems),
        }
        typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    counted = words.counted(len(found), "alert", "alerts")
    typer.echo(f"{known.name}, read as {known.format}: {counted}.")
    for number, (one, foreseen) in enumerate(found, 1):
        for line in _told(number, one, foreseen, here, str(file or "the file in force")):
            typer.echo(line)
    for problem in message.problems:
        typer.echo(f"\nNot read, and shown as an alert of its own: {problem}", err=True)


def _here(file: Path | None, data: Path | None) -> tuple[Present, Sequence[ChatWindow]]:
    now = app.real_clock()
    if file:
        return _by_file(options.configuration(file), now), ()
    with options.opened(data) as tx:
        return present.read(tx, now), engine.chat_windows(tx, now)


def _by_file(found: Configuration, now: datetime) -> Present:
    history: dict[str, rules.Past] = {}
    for rotation in found.rotations.values():
        history |= rules.history_of(rotation)
    return Present(0, found, history, (), now)


def _payload(path: Path) -> object:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
        found: object = json.loads(text)
    except FileNotFoundError:
        raise Refused(f"{path}: there is no such file.") from None
    except (ValueError, RecursionError):
        raise Refused(f"{path}: this is no JSON.") from None
    return found


def _told(number: int, one: Incoming, foreseen: Foreseen, here: Present, file: str) -> list[str]:
    lines = ["", f"{number}. {one.title}"]
    lines.append(f"   {one.priority}, {'firing' if one.firing else 'resolved'}, key {one.key}")
    lines += [f"   {name}: {value}" for name, value in one.details.items()]
    if not one.firing:
        return [*lines, "   It ends the open alert of this key; nobody is paged."]
    return [*lines, *(f"   {line}" for line in _way(foreseen, here, file))]


def _way(one: Foreseen, here: Present, file: str) -> list[str]:
    zone, people = here.configuration.zone, here.configuration.people
    by = "There are no routes"
    if one.route:
        when = f" (when: {one.route.when})" if one.route.when else ""
        by = f"By the route in {file}, line {one.line}{when}"
    lines = [f"{by}: up ladder {one.ladder}, shown in ~{one.channel}."]
    if one.hold:
        until = words.moment(one.hold.until, zone)
        lines.append(f"Held by maintenance {one.hold.name} until {until}; without that:")
    if one.grouped:
        lines.append(f"It joins an open group with the same {', '.join(one.grouped)}, if any.")
    for name, method, at in one.pages:
        when = "now" if at == here.now else words.moment(at, zone)
        whom = people[name].title if name in people else name
        lines.append(f"{when:<16} {whom}, by {method}")
    lines += [f"{'now':<16} nobody on {name}" for name in one.empty]
    if one.then_at:
        named = [f"{words.titled(here.answering(to), people)} ({to})" for to in one.then]
        then = ", ".join(named) or "the channel is reminded"
        lines.append(f"{words.moment(one.then_at, zone):<16} {then}, if nobody acknowledges")
    return lines
