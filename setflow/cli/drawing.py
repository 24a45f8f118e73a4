"""A schedule in another form than text: a picture, a calendar."""

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer

from setflow import views
from setflow.errors import Refused
from setflow.pictures import calendar, png
from setflow.pictures.ink import Scheme
from setflow.present import Present

Draw = Callable[[Present, str, datetime, datetime, ZoneInfo], bytes]


def _svg(here: Present, rotation: str, low: datetime, high: datetime, zone: ZoneInfo) -> bytes:
    drawn = views.calendar_facts(here, rotation, low, high, zone=zone)
    return f"{calendar(drawn)}\n".encode()


def _png(here: Present, rotation: str, low: datetime, high: datetime, zone: ZoneInfo) -> bytes:
    drawn = views.calendar_facts(here, rotation, low, high, zone=zone)
    return png(calendar(drawn, Scheme.LIGHT))


def _ics(here: Present, rotation: str, low: datetime, high: datetime, _: ZoneInfo) -> bytes:
    return views.calendar_file(here, rotation, low, high)


FORMATS: Mapping[str, Draw] = {"svg": _svg, "png": _png, "ics": _ics}
"""Format → the schedule of a rotation from one instant to another, in a zone, as a file's content.
Raises Refused for an unknown rotation."""

BINARY = ("png",)


def checked(kind: str, out: Path | None, *, as_json: bool) -> None:
    """Raise a usage error for an unknown format, and where its output has no place to go."""
    if kind not in ("text", *FORMATS):
        known = ", ".join(("text", *FORMATS))
        raise typer.BadParameter(f"{kind} is none; there is {known}.", param_hint="--format")
    if as_json and kind != "text":
        raise typer.BadParameter("leave it out, --format says another form.", param_hint="--json")
    if kind == "text" and out:
        raise typer.BadParameter(
            f"it goes with --format {' or '.join(FORMATS)}.", param_hint="--out"
        )
    if kind in BINARY and out is None and sys.stdout.isatty():
        raise typer.BadParameter(
            f"{kind} is nothing for a terminal; add --out schedule.{kind}.", param_hint="--format"
        )


def _show(content: bytes) -> None:
    # What stands in for a terminal may take text alone.
    binary = getattr(sys.stdout, "buffer", None)
    if binary:
        binary.write(content)
    else:
        sys.stdout.write(content.decode())


def put(content: bytes, out: Path | None) -> None:
    """Write it into a file, else to the output. Raises Refused where the file cannot be."""
    if out is None:
        _show(content)
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Refused(f"{out} cannot be written: {error.strerror}.") from None
    typer.echo(f"Written to {out}.", err=True)
