"""Commands for the first day: init mattermost, init config, doctor."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from setflow import app, definitions, doctor
from setflow import settings as environment
from setflow.adapters.mattermost import setup, survey
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.setup import Session, Tokens, Wanted
from setflow.calendar import zone
from setflow.cli import dotenv, options, template
from setflow.cli.options import Data, Json
from setflow.errors import Refused

DOTENV, FIRST = Path(".env"), Path("set.yaml")
LOCAL = "http://127.0.0.1:8400"
MOST_TRIES = 3
BUTTON_SECONDS = 120.0

init = typer.Typer(
    help="Set up by asking: mattermost first, then config.",
    no_args_is_help=True,
)


@init.command()
def mattermost(  # noqa: PLR0913  options that take the place of questions
    *,
    url: Annotated[str, typer.Option(help="Of the server; asked for where left out.")] = "",
    team: Annotated[str, typer.Option(help="Its name, as in addresses.")] = "",
    public_url: Annotated[str, typer.Option(help="Where the server reaches setflow.")] = "",
    bot: Annotated[str, typer.Option(help="Username of the bot.")] = "setflow",
    channel: Annotated[
        list[str] | None,
        typer.Option(help="Where it is to post; may be repeated. Default: those of set.yaml."),
    ] = None,
    token: Annotated[
        bool, typer.Option("--token", help="Sign in by a personal access token, asked for.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before changing.")] = False,
) -> None:
    """Make what setflow needs in Mattermost, and write .env.

    A bot, its token, its channels, and the slash command /set.

    Asks for the sign-in of an administrator once, and keeps nothing of it. Shows what it will
    change before it does. Run again, it makes what is missing, and nothing twice. For whoever is
    no administrator it prints the request to forward to one.

    \b
    Examples:
      setflow init mattermost
      setflow init mattermost --url https://chat.example.com --channel setflow-ops
    """
    known = {**dotenv.read(DOTENV), **os.environ}
    url = _address(url or _asked("Address of the Mattermost server", known, "URL"))
    session = Session(url)
    session.reach()
    public = _address(
        public_url
        or known.get("SETFLOW_PUBLIC_URL", "")
        or typer.prompt("Address at which that server reaches setflow", default=LOCAL)
    )
    try:
        _sign_in(session, by_token=token)
        team = team or known.get("SETFLOW_MATTERMOST_TEAM", "") or _chosen(session.teams())
        wanted = Wanted(team, bot, public, _channels(channel))
        _set_up(session, wanted, url, known, ask=not yes)
    finally:
        session.sign_out()


def _asked(question: str, known: Mapping[str, str], name: str) -> str:
    given: str = known.get(f"SETFLOW_MATTERMOST_{name}", "") or typer.prompt(question)
    return given


def _address(text: str) -> str:
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise Refused(f"{text} is no address such as https://chat.example.com.")
    return parts._replace(query="", fragment="").geturl().rstrip("/")


def _sign_in(session: Session, *, by_token: bool) -> None:
    if not session.private:
        typer.echo("That address is not https: others may read what you type next.", err=True)
    if by_token:
        session.use(typer.prompt("Personal access token", hide_input=True).strip())
        return
    name = typer.prompt("Your username or e-mail address there")
    password = typer.prompt("Password (it is not kept)", hide_input=True)
    if session.sign_in(name, password):
        return
    for _ in range(MOST_TRIES):
        code = typer.prompt("Code of your second factor").strip()
        if session.sign_in(name, password, code):
            return
    raise Refused("That code is not right; nothing was changed.")


def _chosen(teams: Mapping[str, str]) -> str:
    if not teams:
        raise Refused("You are in no team there; name one with --team.")
    if len(teams) == 1:
        return next(iter(teams))
    listed = ", ".join(f"{name} ({title})" for name, title in teams.items())
    chosen: str = typer.prompt(f"Which team: {listed}?", default=next(iter(teams)))
    return chosen


def _channels(named: list[str] | None) -> tuple[str, ...]:
    if named:
        return tuple(dict.fromkeys(one.removeprefix("~") for one in named))
    found = options.configuration(FIRST) if FIRST.is_file() else None
    return doctor.channels_of(found)


def _set_up(
    session: Session, wanted: Wanted, url: str, known: Mapping[str, str], *, ask: bool
) -> None:
    if not session.administers:
        typer.echo(setup.request_to_forward(wanted) + "\n")
        raise Refused(
            f"@{session.username} is no system administrator of {url}, so nothing was changed: "
            "send the request above to somebody who is."
        )
    names = ("SETFLOW_MATTERMOST_TOKEN", "SETFLOW_MATTERMOST_COMMAND_TOKEN")
    steps = session.plan(wanted, Tokens(*(known.get(name, "") for name in names)))
    if steps:
        typer.echo(f"This will change on {url}:")
        for step in steps:
            typer.echo(f"  - {step.said}")
        if ask and not typer.confirm("Do that?", default=True):
            raise Refused("Nothing was changed.")
    else:
        typer.echo(f"Nothing is missing on {url}.")
    try:
        for step in steps:
            session.do(step)
            typer.echo(f"✓ {step.said}")
    finally:
        _keep(session.tokens, wanted, url)
    host = survey.private_host(wanted.public_url)
    if host:
        typer.echo(
            f"{host} is a private address: Mattermost calls it only if System Console › "
            f"Environment › Developer › Allow untrusted internal connections to lists {host}."
        )
    typer.echo("Next: `setflow init config`, then `setflow doctor --button`.")


def _keep(tokens: Tokens, wanted: Wanted, url: str) -> None:
    values = {
        "SETFLOW_MATTERMOST_URL": url,
        "SETFLOW_MATTERMOST_TEAM": wanted.team,
        "SETFLOW_MATTERMOST_TOKEN": tokens.bot,
        "SETFLOW_MATTERMOST_COMMAND_TOKEN": tokens.command,
        "SETFLOW_PUBLIC_URL": wanted.public_url,
    }
    there = dotenv.read(DOTENV)
    new = {name: value for name, value in values.items() if value and there.get(name) != value}
    if not new:
        typer.echo(f"{DOTENV} is as it should be.")
        return
    dotenv.write(DOTENV, new)
    typer.echo(f"Written to {DOTENV}, which only you can read: {', '.join(new)}.")
    for name in new.keys() & os.environ.keys():
        if os.environ[name] != new[name]:
            typer.echo(f"{name} is set in the environment too, which wins; unset it.", err=True)


@init.command()
def config(
    *,
    file: Annotated[
        Path, typer.Option("--file", "-f", metavar="FILE", help="What to write.")
    ] = FIRST,
    data: Data = None,
) -> None:
    """Write a first configuration file.

    Asks for people, and takes their names and time zones from Mattermost; `setflow init
    mattermost` comes first. What it writes is a weekly rotation, to be changed at will.

    \b
    Example:
      setflow init config
    """
    given = options.given(data).mattermost
    if given is None:
        raise Refused("Mattermost is not set up yet; run `setflow init mattermost` first.")
    if file.exists() and not typer.confirm(f"{file} is there already. Write it anew?"):
        raise Refused(f"{file} stays as it is.")
    server = Mattermost(given.url, given.token.get_secret_value(), given.team)
    people = _people(server)
    channel = typer.prompt("Channel of the duty", default=doctor.OPERATIONS).removeprefix("~")
    zones = [one.timezone for one in people if one.timezone]
    usual = max(zones, key=zones.count) if zones else "UTC"
    own = typer.prompt("Time zone of the duty", default=usual)
    try:
        text = template.first_file(people, channel, zone(own), app.real_clock())
    except ValueError as error:
        raise Refused(f"{error}.") from None
    definitions.read(text, str(file), {})
    file.write_text(text, encoding="utf-8")
    typer.echo(f"Written to {file}: {', '.join(one.name for one in people)} take weekly turns.")
    if survey.trouble(server, channel):
        typer.echo(f"The bot is not in ~{channel} yet: run `setflow init mattermost` once more.")
    typer.echo(f"Next: look it over, then `setflow check {file}` and `setflow apply {file}`.")


def _people(server: Mattermost) -> list[survey.Account]:
    said = typer.prompt("Who takes turns? Usernames, or a ~channel whose members do").split()
    names = [one.strip("@,").lower() for one in said]
    if len(said) == 1 and said[0].startswith("~"):
        channel = server.channel(said[0].removeprefix("~"))
        if channel is None:
            raise Refused(f"There is no channel {said[0]} that the bot can see; invite it there.")
        found = survey.accounts(server, channel.id)
    else:
        found = survey.accounts_named(server, names)
        missing = sorted(set(names) - {one.username for one in found})
        if missing:
            raise Refused(f"Mattermost does not know {', '.join(missing)}.")
    if not found:
        raise Refused("That is nobody; name at least one person.")
    return list(found)


def examine(
    *,
    button: Annotated[
        bool, typer.Option("--button", help="Post a button too, and wait until it is pressed.")
    ] = False,
    to: Annotated[
        str, typer.Option(metavar="USERNAME", help="Who presses it; default: ~operations.")
    ] = "",
    wait: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long for.", min=1)
    ] = BUTTON_SECONDS,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Check everything that setflow needs.

    Says what to do where it is not well.

    The database and its clock, the configuration, Mattermost with the bot's channels and rights,
    Jira, OpsGenie and the contact methods; with --button also that clicks come through. The exit
    code is 1 if anything is not well.

    \b
    Examples:
      setflow doctor
      setflow doctor --button --to mara.stein
    """
    tell = (lambda line: typer.echo(line, err=True)) if as_json else typer.echo
    test = doctor.Test(to.removeprefix("@"), wait, tell) if button else None
    found = []
    for finding in _findings(data, test):
        found.append(finding)
        if not as_json:
            typer.echo(f"{'✓' if finding.ok else '✗'} {finding.name}: {finding.said}")
            if finding.todo:
                typer.echo(f"    {finding.todo}")
    if as_json:
        typer.echo(json.dumps(doctor.as_json(found), indent=2, ensure_ascii=False))
    raise typer.Exit(0 if all(one.ok for one in found) else 1)


def _findings(data: Path | None, test: doctor.Test | None) -> Iterator[doctor.Finding]:
    try:
        given = options.given(data)
    except environment.SettingsError as error:
        for problem in error.problems:
            todo = "Mend it in the environment or in .env."
            yield doctor.Finding("settings", problem, todo, ok=False)
        return
    yield doctor.Finding("settings", "of the environment and .env are in order", ok=True)
    yield from doctor.examine(given, test)
