"""Commands about the duty itself: check and apply a file, who is on, the schedule, a page."""

import json
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from setflow import app, db, definitions, engine, present, ticker, views
from setflow.app import Opened
from setflow.calendar import BusinessDays
from setflow.cli import ahead, drawing, options, words
from setflow.cli.options import Data, FromFile, Json
from setflow.definitions import Configuration
from setflow.errors import Refused
from setflow.escalation.spec import AlertOpened
from setflow.playbook.rules import run_tests
from setflow.present import Present
from setflow.rotation import rules
from setflow.rotation.rules import History, Override

AHEAD = timedelta(weeks=4)
LOOK_BACK = timedelta(days=5 * 366)
DELIVERY_SECONDS = 10.0
LOOK_SECONDS = 0.2

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="Such as set.yaml.")]
At = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="INSTANT",
        help='Such as "2026-12-02 10:00", in the file\'s zone or with an offset. Default: now.',
    ),
]


def check(file: FileArgument) -> None:
    """Check a configuration file; needs no database.

    Lists every mistake with its line and column, and runs the tests of the playbooks that the file
    names, on Mondays to Fridays without the holidays that a test says. A playbook is looked for in
    the folder playbooks/ beside the file, then among setflow's own.

    \b
    Example:
      setflow check set.yaml
    """
    found = options.configuration(file)
    failures = [
        f"{name}: {failure}"
        for name, playbook in found.playbooks.items()
        for failure in run_tests(playbook, BusinessDays())
    ]
    if failures:
        said = words.counted(len(failures), "test of a playbook fails", "tests of playbooks fail")
        raise Refused("\n".join([*failures, f"{said}."]))
    typer.echo(f"{file}: {words.contents(found)} — no mistakes.")


def apply(
    file: FileArgument,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    data: Data = None,
) -> None:
    """Put a configuration file into force, and say what it changes.

    Shows what is added, removed and changed, and how it changes who is on over the next eight
    weeks. Who is on now never changes by it: each seat follows at its next turn.

    \b
    Examples:
      setflow apply --dry-run set.yaml
      setflow apply set.yaml
    """
    given = options.file(file)
    new = definitions.read(given.text, given.name, given.playbooks)
    now = app.real_clock()
    with options.opened(data) as tx:
        before = views.in_force(tx, now=now)
        work = engine.preview(tx, given, now=now) if dry_run else None
        applied = work or engine.apply(tx, given, by="shell", now=now)
    old = before.configuration if before else None
    for line in _changes(old, new, applied):
        typer.echo(line)
    if old and old.digest == new.digest:
        typer.echo("Nothing differs from what is in force; nothing was stored.")
    elif dry_run:
        typer.echo(f"Nothing was stored; `setflow apply {file}` does it.")
    else:
        typer.echo(f"In force now as version {applied.version}.")


def _changes(old: Configuration | None, new: Configuration, applied: engine.Applied) -> list[str]:
    people = {**(old.people if old else {}), **new.people}
    shifts = words.differences(applied.shifts, people, new.zone)
    lines = [f"{change}." for change in applied.changes] if old else [f"{words.contents(new)}."]
    if shifts:
        lines += ["", f"Who is on over the next eight weeks ({new.zone.key}):"]
        lines += [f"  {line}" for line in shifts]
    elif lines:
        lines += ["Who is on over the next eight weeks stays as it is."]
    return [*lines, ""] if lines else []


def who(
    name: Annotated[
        str,
        typer.Argument(metavar="SEAT|ROTATION", help="Such as set.primary; default all."),
    ] = "",
    *,
    at: At = None,
    file: FromFile = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """Say who is on.

    By the configuration in force, or by a file with --file.

    \b
    Examples:
      setflow who
      setflow who set.emea.primary --at "2026-12-02 10:00" --file set.yaml
      setflow who set --json
    """
    found = _rotations(file, data)
    when = options.instant(at, found.zone, "--at", otherwise=app.real_clock())
    if as_json:
        _print(views.who_json(found.history, found.overrides, name, when))
        return
    rows = views.standings(found.history, found.overrides, name, when)
    typer.echo(words.moment_in_full(when, found.zone))
    for line in words.standing(rows, found.configuration.people, found.zone):
        typer.echo(f"  {line}")
    if not rows:
        typer.echo("  There is no rotation yet; write one below `rotations:` in the file.")


def schedule(  # noqa: PLR0913  a command has as many options as it has
    rotation: Annotated[
        str, typer.Argument(metavar="ROTATION", help="Such as set; with --gaps, all by default.")
    ] = "",
    *,
    within: Annotated[
        str | None,
        typer.Option("--gaps", metavar="LENGTH", help="What is wrong within 90d, or 12w."),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", metavar="INSTANT", help='Such as "2026-11-30 08:00". Default: now.'),
    ] = None,
    end: Annotated[
        str | None,
        typer.Option("--to", metavar="INSTANT", help="Default: four weeks after --from."),
    ] = None,
    kind: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help=f"text, {', '.join(drawing.FORMATS)}.")
    ] = "text",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where a picture goes.")
    ] = None,
    file: FromFile = None,
    as_json: Json = False,
    data: Data = None,
) -> None:
    """List the shifts and gaps of a rotation.

    One line a shift, by week, in the file's zone. With --gaps what somebody should know of it:
    empty seats, people who left, are away, on two duties, or reached in chat alone; nights with
    nobody awake, holidays.

    \b
    Examples:
      setflow schedule set
      setflow schedule set --from 2026-11-30 --to 2026-12-14 --file set.yaml --json
      setflow schedule set --to "2026-12-14" --format png --out set.png
      setflow schedule --gaps 90d
    """
    drawing.checked(kind, out, as_json=as_json)
    if within is not None:
        if end is not None:
            raise typer.BadParameter("leave it out, --gaps says it.", param_hint="--to")
        if kind != "text":
            raise typer.BadParameter("leave it out, --gaps is text.", param_hint="--format")
        _gaps(rotation, ahead.length(within), start, file, data, as_json=as_json)
        return
    if not rotation:
        raise typer.BadParameter("name one, such as set.", param_hint="ROTATION")
    found = _rotations(file, data)
    low = options.instant(start, found.zone, "--from", otherwise=app.real_clock())
    high = options.instant(end, found.zone, "--to", otherwise=low + AHEAD)
    if high <= low:
        raise typer.BadParameter("it should be after --from.", param_hint="--to")
    if kind != "text":
        here = Present(0, found.configuration, found.history, found.overrides, app.real_clock())
        drawing.put(drawing.FORMATS[kind](here, rotation, low, high, found.zone), out)
        return
    answer = views.schedule_json(found.history, found.overrides, rotation, low, high)
    if as_json:
        _print(answer)
        return
    _list(found, rotation, low, high)


def _list(found: "_Rotations", rotation: str, low: datetime, high: datetime) -> None:
    seats = rules.seats_of(found.history, rotation)
    shifts = [
        one
        for seat in seats
        for one in rules.shifts(found.history, found.overrides, seat, low, high)
    ]
    gaps = [
        one for seat in seats for one in rules.gaps(found.history, found.overrides, seat, low, high)
    ]
    typer.echo(f"{rotation}, {words.stretch(low, high, found.zone)} ({found.zone.key})\n")
    for line in words.schedule(shifts, gaps, found.configuration.people, found.zone):
        typer.echo(line)
    if not shifts and not gaps:
        typer.echo("Nobody is on in that time, and nobody has to be.")


def _gaps(
    rotation: str,
    length: timedelta,
    start: str | None,
    file: Path | None,
    data: Path | None,
    *,
    as_json: bool,
) -> None:
    now = app.real_clock()
    if file:
        found = options.configuration(file)
        low = options.instant(start, found.zone, "--from", otherwise=now)
        look = ahead.by_file(found, rotation, low, length)
    else:
        with options.opened(data) as tx:
            low = options.instant(start, views.zone(tx, now), "--from", otherwise=now)
            look = views.look_ahead(tx, rotation, low, length, now=now)
    if as_json:
        _print(views.findings_json(look))
        return
    ahead.tell(look, rotation, whole=file is None)


def page(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="A name of the file, a username, or a seat.")
    ],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What it is about.")],
    *,
    data: Data = None,
) -> None:
    """Page somebody now, and say whether it was delivered.

    Where `setflow serve` runs, it delivers; where it does not, this command does so once, and
    whatever comes after, such as the next step, waits until `setflow serve` runs.

    \b
    Example:
      setflow page ana "Can you hear me?"
    """
    given = options.given(data)
    asked = engine.PageAsked(person, text, by="shell", key=f"shell:{secrets.token_hex(8)}")
    with app.opened(given) as house:
        with db.transaction(house.db) as tx:
            now = app.real_clock()
            events = engine.handle(tx, [asked], now=now)
            running = views.running(tx, now=now)
        alert = next(event.alert for event in events if isinstance(event, AlertOpened))
        if not running:
            parts = app.build(house.db, given, clock=app.real_clock, chance=Random())
            ticker.tick(house.db, app.real_clock())
            parts.relay.drain()
        sent = _awaited(house, alert, DELIVERY_SECONDS if running else 0.0)
    _tell_page(alert, sent, running=running)


@dataclass(frozen=True, slots=True)
class _Rotations:
    """What `who` and `schedule` answer by."""

    configuration: Configuration
    history: History
    overrides: tuple[Override, ...]

    @property
    def zone(self) -> ZoneInfo:
        return self.configuration.zone


def _rotations(file: Path | None, data: Path | None) -> _Rotations:
    if file:
        found = options.configuration(file)
        history: dict[str, rules.Past] = {}
        for rotation in found.rotations.values():
            history |= rules.history_of(rotation)
        return _Rotations(found, history, ())
    with options.opened(data) as tx:
        now = app.real_clock()
        here = present.read(tx, now, since=now - LOOK_BACK)
        return _Rotations(here.configuration, here.history, here.overrides)


def _print(answer: object) -> None:
    typer.echo(json.dumps(answer, indent=2, ensure_ascii=False))


def _awaited(house: Opened, alert: int, seconds: float) -> list[views.PageSent]:
    """The pages of an alert, once the first is over or failed, or the seconds are."""
    end = time.monotonic() + seconds
    while True:
        with db.transaction(house.db) as tx:
            sent = views.pages_sent(tx, alert)
        if any(one.outcome or one.error for one in sent) or time.monotonic() >= end:
            return sent
        time.sleep(LOOK_SECONDS)


def _tell_page(alert: int, sent: Sequence[views.PageSent], *, running: bool) -> None:
    for one in dict.fromkeys(sent):  # several steps may fail alike within the wait
        how = f"{one.person} by {one.method}"
        if one.outcome == "delivered":
            typer.echo(f"Delivered to {how}.")
        elif one.outcome == "skipped":
            typer.echo(f"Not sent to {how}: that is not set up.", err=True)
        elif one.error:
            typer.echo(f"Not delivered to {how} yet: {one.error}. It is tried again.", err=True)
        else:
            typer.echo(f"Not delivered to {how} yet; `setflow doctor` says why.", err=True)
    if not sent:
        typer.echo("Nobody is paged yet; `setflow who` says who is on.", err=True)
    if not running:
        typer.echo("No `setflow serve` runs: start it, or this was all that happens.", err=True)
    if not any(one.outcome == "delivered" for one in sent):
        raise Refused(f"Page {alert} is not delivered, but it is kept.")
