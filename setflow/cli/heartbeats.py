"""The command that lists heartbeats."""

import json

import typer

from setflow import app, views
from setflow.adapters.mattermost.heartbeats import standing
from setflow.cli import options, words
from setflow.cli.options import Data, Json
from setflow.views import HeartbeatSeen, utc


def heartbeats(*, as_json: Json = False, data: Data = None) -> None:
    """List the heartbeats of the configuration, and how each stands.

    One that was never pinged is not waited for: its first ping arms it.

    \b
    Example:
      setflow heartbeats
    """
    now = app.real_clock()
    with options.opened(data) as tx:
        found = views.heartbeats(tx, now=now)
        zone = views.zone_of(tx, "", now=now) if found else None
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found], indent=2))
        return
    if zone is None:
        typer.echo("No heartbeat is configured; they stand under `heartbeats` of the file.")
        return
    rows = [(one.heartbeat.name, standing(one.beat, zone, now=now)) for one in found]
    for line in words.table(rows):
        typer.echo(line.rstrip())


def _as_json(one: HeartbeatSeen) -> dict[str, object]:
    beat = one.beat
    instants = {"last": beat.last, "due": beat.due, "missed": beat.missed}
    said = {name: utc(at) for name, at in instants.items()}
    return {"name": one.heartbeat.name, "enabled": beat.enabled, **said}
