"""Commands about the keys of sources: list, new, rotate, revoke."""

import json
import secrets
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from setflow import app, document, engine, signature, views
from setflow.cli import options, words
from setflow.cli.options import Data, Json
from setflow.db import Tx

SHELL = "shell"
ONE_HOUR = "1h"

keys = typer.Typer(
    help="""Make, list, rotate and revoke the keys of sources.

    \b
    Examples:
      setflow keys new grafana
      setflow keys rotate grafana --overlap 1d
    """,
    no_args_is_help=True,
)
SourceArgument = Annotated[
    str, typer.Argument(metavar="SOURCE", help="Such as grafana; routes know alerts by it.")
]
Scopes = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        help="create (send alerts and end them), read, act (acknowledge, …); may be repeated.",
    ),
]


@keys.command("list")
def list_(*, as_json: Json = False, data: Data = None) -> None:
    """List the keys; their secrets are not kept.

    Keys of the environment (SETFLOW_HOOK_KEY_<SOURCE>) are not among them.

    \b
    Example:
      setflow keys list
    """
    now = app.real_clock()
    with options.opened(data) as tx:
        found, zone = views.keys(tx), _zone(tx, now)
    if as_json:
        typer.echo(json.dumps([_as_json(one) for one in found], indent=2))
        return
    if not found:
        typer.echo("There is no key yet; `setflow keys new SOURCE` makes one.")
        return
    rows: list[tuple[str, ...]] = [("ID", "SOURCE", "MAY", "MADE", "LAST USED", "")]
    rows += [_row(one, zone, now) for one in found]
    for line in words.table(rows):
        typer.echo(line.rstrip())


@keys.command()
def new(source: SourceArgument, *, scope: Scopes = None, data: Data = None) -> None:
    """Make a key, and show it this once.

    \b
    Examples:
      setflow keys new grafana
      setflow keys new terraform --scope create --scope read
    """
    _make(source, scope, None, data)


@keys.command()
def rotate(
    source: SourceArgument,
    *,
    overlap: Annotated[
        str, typer.Option(metavar="LENGTH", help="How long the old keys still hold.")
    ] = ONE_HOUR,
    scope: Scopes = None,
    data: Data = None,
) -> None:
    """Make a key in place of those that a source has.

    Put the new one into the monitor within that time, and nothing is lost.

    \b
    Examples:
      setflow keys rotate grafana
      setflow keys rotate grafana --overlap 1d
    """
    _make(source, scope, overlap, data)


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(metavar="ID", help="As `setflow keys list` has it.")],
    *,
    data: Data = None,
) -> None:
    """Have a key let nobody in any more, within a second.

    \b
    Example:
      setflow keys revoke 3fa9c01b2e
    """
    with options.opened(data) as tx:
        [revoked] = engine.handle(tx, [engine.RevokeKey(key, SHELL)], now=app.real_clock())
    assert isinstance(revoked, engine.KeyRevoked)
    typer.echo(f"Key {key} of {revoked.source} lets nobody in any more.")


def _make(source: str, scope: list[str] | None, overlap: str | None, data: Data) -> None:
    for one in scope or ():
        if one not in engine.SCOPES:
            known = ", ".join(engine.SCOPES)
            raise typer.BadParameter(f'"{one}" is none of {known}.', param_hint="--scope")
    try:
        length = document.duration(overlap) if overlap else None
    except ValueError as error:
        raise typer.BadParameter(f"{error}.", param_hint="--overlap") from None
    number, secret = secrets.token_hex(5), secrets.token_hex(20)
    asked = engine.MakeKey(
        source, tuple(scope or ()), SHELL, number, signature.digest(secret), length
    )
    now = app.real_clock()
    with options.opened(data) as tx:
        [made] = engine.handle(tx, [asked], now=now)
        zone = _zone(tx, now)
    assert isinstance(made, engine.KeyMade)
    typer.echo(f"Key {number} of {made.source} may {_listed(made.scopes)}. It is shown this once:")
    typer.echo(f"\n  {signature.key_text(number, secret)}\n")
    url = options.given(data).public_url
    typer.echo(f"Send it as `Authorization: Bearer KEY` to {url}/hooks/alerts/{made.source}")
    typer.echo(f"What was made for OpsGenie: {url}/ as its API, this key as its key.")
    if made.ending and made.ends_at:
        until = words.moment(made.ends_at, zone)
        typer.echo(f"{', '.join(made.ending)} still holds until {until}, and then no more.")


def _listed(scopes: tuple[str, ...]) -> str:
    *most, last = scopes
    return f"{', '.join(most)} and {last}" if most else last


def _row(one: views.Key, zone: ZoneInfo, now: datetime) -> tuple[str, ...]:
    ended = ""
    if one.ends_at:
        when = words.moment(one.ends_at, zone)
        ended = f"until {when}" if one.good(now) else f"over since {when}"
    return (
        one.id,
        one.source,
        ", ".join(one.scopes),
        f"{words.moment(one.created_at, zone)} by {one.created_by}",
        words.moment(one.used_at, zone) if one.used_at else "never",
        ended,
    )


def _as_json(one: views.Key) -> dict[str, object]:
    return {
        "id": one.id,
        "source": one.source,
        "scopes": list(one.scopes),
        "created_at": views.utc(one.created_at),
        "created_by": one.created_by,
        "used_at": views.utc(one.used_at) if one.used_at else None,
        "ends_at": views.utc(one.ends_at) if one.ends_at else None,
    }


def _zone(tx: Tx, now: datetime) -> ZoneInfo:
    here = views.in_force(tx, now=now)
    return here.configuration.zone if here else ZoneInfo("UTC")
