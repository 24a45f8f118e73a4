"""The command that imports rotations from other systems."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from setflow import app, definitions, engine, importing, views
from setflow.adapters import sources
from setflow.cli import options, words
from setflow.cli.options import Json
from setflow.db import Tx
from setflow.definitions import Configuration
from setflow.errors import Refused
from setflow.importing import Checked, Climbed, Documents, Found, Override, Told, Written

LONGEST_FILE_BYTES = 50_000_000
MOST_FILES = 5_000
MOST_DIFFERENCES = 10

System = Literal["opsgenie", "jsm", "goalert", "pagerduty"]


@dataclass(frozen=True, slots=True)
class _Imported:
    """What was found, what was written of it and how that compares."""

    title: str
    found: Found
    written: Written
    configuration: Configuration
    checked: Sequence[Checked]
    climbed: Sequence[Climbed]
    overrides: Sequence[Override]

    @property
    def agrees(self) -> bool:
        return not any(one.differences for one in self.checked) and all(
            one.agrees for one in self.climbed
        )


def import_(
    system: Annotated[
        System, typer.Argument(metavar="SYSTEM", help="opsgenie, jsm, goalert or pagerduty.")
    ],
    *,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE|FOLDER",
            help="Saved answers of its API as JSON, or the folder of OpsGenie's backup tool, in "
            "place of the live API.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What to write; never over a file. Default: print it."),
    ] = None,
    people: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A file whose people keep their names, by e-mail."),
    ] = None,
    overrides: Annotated[
        bool,
        typer.Option("--overrides", help="Write no file: add the overrides to what is in force."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring rotations and ladders over from another system.

    Writes the rotations of OpsGenie, JSM Operations, GoAlert or PagerDuty as a configuration file;
    of the first two also teams, ladders, routes, heartbeats and maintenance. Says what could not be
    carried over, and compares who is on by the file with the system's own timeline, and whom each
    ladder pages when with what the escalation there does. The exit code is 1 where they differ.

    The live API is asked with SETFLOW_OPSGENIE_KEY, SETFLOW_JSM_URL, _USER and _TOKEN,
    SETFLOW_GOALERT_URL and _TOKEN, or SETFLOW_PAGERDUTY_TOKEN, and only read from.

    \b
    Examples:
      setflow import opsgenie --out set.yaml
      setflow import opsgenie --from OpsGenieBackups/ --people set.yaml --out rotations.yaml
      setflow import opsgenie --overrides
    """
    if overrides and out is not None:
        raise Refused("--overrides writes no file; leave --out away.")
    if out is not None and out.exists():
        raise Refused(f"{out} is there already and stays as it is; name another file with --out.")
    now = app.real_clock()
    documents = _saved(source) if source else list(_live(system, now))
    found = importing.read(system, documents, now)
    if overrides:
        with options.opened(None) as tx:
            _add(tx, found, importing.TITLES[system], now)
        return
    known = options.configuration(people).people if people else {}
    done = _imported(importing.TITLES[system], found, known, now)
    if out is not None:
        _write(out, done.written.text)
    if as_json:
        typer.echo(json.dumps(_as_json(done, out), indent=2, ensure_ascii=False))
    else:
        if out is None:
            typer.echo(done.written.text, nl=False)
        for line in _said(done, out):
            typer.echo(line, err=out is None)
    raise typer.Exit(0 if done.agrees else 1)


def _imported(title: str, found: Found, known: Mapping[str, Any], now: datetime) -> _Imported:
    written = importing.write(found, title, known)
    read = definitions.read(written.text, "the imported file", {})
    checked = importing.check(found, written, read.rotations)
    overrides = importing.overrides(found, written, read.rotations)
    climbed = importing.climbs(found, written, (read.rotations, read.teams, read.ladders), now)
    return _Imported(title, found, written, read, checked, climbed, overrides)


def _saved(path: Path) -> Documents:
    files = sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files:
        raise Refused(f"{path} has no .json file in it.")
    if len(files) > MOST_FILES:
        raise Refused(f"{path} has over {MOST_FILES:,} files; name the folder of the schedules.")
    return [(str(one), _parsed(one)) for one in files]


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > LONGEST_FILE_BYTES:
            raise Refused(f"{path} has over {LONGEST_FILE_BYTES:,} bytes.")
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise Refused(f"{path}: there is no such file.") from None
    except (ValueError, RecursionError) as error:
        raise Refused(f"{path} is no JSON: {error}.") from None


def _live(system: System, now: datetime) -> Iterable[tuple[str, Any]]:
    given = options.given(None)
    if system == "opsgenie":
        account = given.opsgenie
        if account is None:
            raise _unset("SETFLOW_OPSGENIE_KEY")
        if account.user:
            raise Refused(
                "SETFLOW_OPSGENIE_URL is that of JSM Operations; write `setflow import jsm`, with "
                "SETFLOW_JSM_URL, _USER and _TOKEN."
            )
        return sources.opsgenie(account.url, account.key.get_secret_value(), now)
    if system not in given.sources:
        raise _unset(f"SETFLOW_{system.upper()}_TOKEN")
    one = given.sources[system]
    token = one.token.get_secret_value()
    if system == "jsm":
        return sources.jsm(one.url, one.user, token, now)
    of = sources.goalert if system == "goalert" else sources.pagerduty
    return of(one.url, token, now)


def _unset(name: str) -> Refused:
    return Refused(f"{name} is not set; set it, or give saved answers with --from.")


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Refused(f"{path} is there already and stays as it is; name another file.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}.") from None


def _add(tx: Tx, found: Found, title: str, now: datetime) -> None:
    """Add the overrides that are not there yet to what is in force. Raises Refused."""
    here = views.in_force(tx, now=now)
    if here is None:
        raise Refused("Nothing is in force yet; import and `setflow apply` the rotations first.")
    done = _imported(title, found, here.configuration.people, now)
    there = {(one.seat, one.person, one.start, one.end) for one in here.overrides}
    added = 0
    for one in done.overrides:
        said = f"{one.seat}, {words.stretch(one.start, one.end, here.configuration.zone)}"
        if one.end <= now or tuple(one) in there:
            continue
        if one.person not in here.configuration.people:
            raise Refused(
                f"{words.titled([one.person], done.configuration.people)} is not among the people "
                "in force; add that person, with the e-mail address, and apply the file first."
            )
        try:
            engine.handle(tx, [engine.AddOverride(*one, by="shell")], now=now)
        except Refused as error:
            typer.echo(f"Not added, {said}: {error}", err=True)
            continue
        added += 1
        typer.echo(f"{words.titled([one.person], here.configuration.people)} stands in: {said}.")
    typer.echo(f"{words.counted(added, 'override', 'overrides')} added.")


def _said(done: _Imported, out: Path | None) -> Iterator[str]:
    if out is not None:
        yield f"Written to {out}: {words.contents(done.configuration)}."
    if done.found.left:
        yield "Not carried over:"
        yield from (f"  {sentence}" for sentence in done.found.left)
    yield f"Compared with what {done.title} itself says:"
    for one in done.checked:
        yield from (f"  {line}" for line in _compared(one, done))
    if done.climbed:
        yield "Whom an alert that nobody answers is told to, and when:"
        yield from (f"  {line}" for one in done.climbed for line in _climbed(one, done))
    count = len(done.overrides)
    if count:
        yield (
            f"{words.counted(count, 'override is', 'overrides are')} not in the file; once it is "
            "applied, the same command with --overrides adds them."
        )
    if out is not None:
        yield f"Next: look it over, then `setflow check {out}` and `setflow apply --dry-run {out}`."


def _compared(one: Checked, done: _Imported) -> Iterator[str]:
    own = done.configuration.zone
    people = done.configuration.people
    if one.start is None or one.end is None:
        yield f"{one.schedule}: not compared, for no timeline of it was given; the API has one."
        return
    verdict = "differs within" if one.differences else "agrees for"
    length = _days(sum((b - a for a, b in one.skipped), one.start - one.end) * -1)
    yield f"{one.schedule}: {verdict} {length}, {words.stretch(one.start, one.end, own)}."
    for each in one.differences[:MOST_DIFFERENCES]:
        theirs, ours = (words.titled(names, people) for names in (each.theirs, each.ours))
        where = words.stretch(each.start, each.end, own)
        yield f"  {where}: {theirs} by {done.title}, {ours} by the file"
    if len(one.differences) > MOST_DIFFERENCES:
        yield f"  and {len(one.differences) - MOST_DIFFERENCES} more"
    for start, end in one.skipped:
        yield f"  not compared, as said above: {words.stretch(start, end, own)}"
    if one.more:
        times = f", {len(one.more)} times" if len(one.more) > 1 else ""
        yield (
            f"  as said above, somebody more is on by the file{times}, first "
            f"{words.stretch(*one.more[0], own)}"
        )
    for start, end in one.outside:
        yield (
            f"  an override there reaches beyond the hours, here it does not: "
            f"{words.stretch(start, end, own)}"
        )


def _climbed(one: Climbed, done: _Imported) -> Iterator[str]:
    if one.agrees:
        rounds = 1 + max((each.round for each in one.ours), default=0)
        more = f" · {rounds} rounds" if rounds > 1 else ""
        first = (each for each in one.ours if each.round == 0)
        yield f"{one.escalation}: agrees. {_told(first, done)}{more}."
        return
    raised = words.moment(one.at, done.configuration.zone)
    yield f"{one.escalation}: differs, for an alert of {raised}."
    yield f"  by {done.title}: {_told(one.theirs, done)}"
    yield f"  by the file: {_told(one.ours, done)}"


def _told(steps: Iterable[Told], done: _Imported) -> str:
    people = done.configuration.people
    said = [f"{words.titled(each.people, people)} {_after(each.after)}" for each in steps]
    return " · ".join(said) or "nobody"


def _after(length: timedelta) -> str:
    return f"after {round(length.total_seconds() / 60)} min" if length else "at once"


def _days(length: timedelta) -> str:
    hours = round(length.total_seconds() / 3600)
    if hours % 24 and hours < 48:
        return words.counted(hours, "hour", "hours")
    return words.counted(round(hours / 24), "day", "days")


def _as_json(done: _Imported, out: Path | None) -> dict[str, Any]:
    return {
        "written": str(out) if out else None,
        "configuration": None if out else done.written.text,
        "people": list(done.configuration.people),
        "rotations": list(done.configuration.rotations),
        "not_carried_over": done.found.left,
        "overrides": [
            {"seat": one.seat, "person": one.person, **_stretch(one.start, one.end)}
            for one in done.overrides
        ],
        "compared": [_checked_json(one) for one in done.checked],
        "ladders": [
            {
                "escalation": one.escalation,
                "ladder": one.ladder,
                "at": _instant(one.at),
                "agrees": one.agrees,
                "theirs": [_told_json(each) for each in one.theirs],
                "ours": [_told_json(each) for each in one.ours],
            }
            for one in done.climbed
        ],
        "agrees": done.agrees,
    }


def _told_json(one: Told) -> dict[str, Any]:
    return {
        "round": one.round + 1,
        "after_seconds": int(one.after.total_seconds()),
        "people": list(one.people),
    }


def _checked_json(one: Checked) -> dict[str, Any]:
    known = one.start is not None and one.end is not None
    return {
        "schedule": one.schedule,
        "from": _instant(one.start) if one.start else None,
        "to": _instant(one.end) if one.end else None,
        "agrees": not one.differences if known else None,
        "differences": [
            {**_stretch(each.start, each.end), "theirs": each.theirs, "ours": each.ours}
            for each in one.differences
        ],
        "not_compared": [_stretch(*each) for each in one.skipped],
        "somebody_more": [_stretch(*each) for each in one.more],
        "outside_hours": [_stretch(*each) for each in one.outside],
    }


def _stretch(start: datetime, end: datetime) -> dict[str, str]:
    return {"start": _instant(start), "end": _instant(end)}


def _instant(when: datetime) -> str:
    return f"{when:%Y-%m-%dT%H:%M:%SZ}"
