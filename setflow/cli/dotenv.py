"""The file .env: settings that are kept, readable by its owner alone."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,-]*")


def read(file: Path) -> Mapping[str, str]:
    """What stands in a file; nothing where there is none."""
    found = dotenv_values(file, interpolate=False) if file.is_file() else {}
    return {name: value for name, value in found.items() if value is not None}


def write(file: Path, values: Mapping[str, str]) -> None:
    """Set these in the file, and leave all else in it as it is; its mode is 0600 after."""
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for name, value in values.items():
        line = f"{name}={_quoted(value)}"
        mine = re.compile(rf"\s*(export\s+)?{name}\s*(=|$)")
        at = next((number for number, one in enumerate(lines) if mine.match(one)), len(lines))
        lines[at : at + 1] = [line]
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
        made.write("\n".join([*lines, ""]))
    fresh.replace(file)


def _quoted(value: str) -> str:
    if _PLAIN.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
