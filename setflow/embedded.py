"""A PostgreSQL of our own, run from a wheel's binaries over a Unix socket.

The package of the wheel is never imported: its own supervision leaves servers behind. The owner of
a server is whoever holds the lock file beside its data; the lock is the kernel's, so it cannot be
stale. On Linux the server stops when its owner is gone, even by kill -9; elsewhere the next owner
waits until somebody has stopped it.
"""

import fcntl
import hashlib
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal
from urllib.parse import quote

import psycopg

from setflow import postgres
from setflow.errors import SetflowError

log = logging.getLogger(__name__)

LONGEST_SOCKET_PATH = 107  # bytes: sockaddr_un of Linux, less the zero at its end
LARGEST_LOG_BYTES = 5_000_000
START_SECONDS = 30.0
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
}

# A program of its own, because code between fork and exec may deadlock where threads run. The
# order matters: a change of user makes the kernel forget that the server is to die with us.
_LAUNCH = """
import ctypes, os, sys
parent, uid, gid = map(int, sys.argv[1:4])
libc = ctypes.CDLL(None)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    PR_SET_PDEATHSIG, SIGINT = 1, 2
    libc.prctl(PR_SET_PDEATHSIG, SIGINT)
if os.getppid() != parent:
    sys.exit("whoever started the server is gone")
os.execv(sys.argv[4], sys.argv[4:])
"""


class Embedded:
    """The server whose data lie in `root`, with `settings` on top of ours.

    Run by root it works as the user who owns the data, at first `nobody`; where that user cannot
    reach `root`, the data lie elsewhere and `root`/elsewhere points there. `place` is where they
    lie, known once started.
    """

    def __init__(self, root: Path, settings: Mapping[str, str] | None = None) -> None:
        self._root = root.resolve()
        self.place = self._root
        self._settings = {**SETTINGS, **(settings or {})}
        self._lock: IO[str] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._said_before = 0

    @property
    def url(self) -> str:
        """Where to connect, once started."""
        return f"postgresql://postgres@/postgres?host={quote(str(self._socket), safe='')}"

    def start(self, timeout_seconds: float = START_SECONDS) -> Literal["started", "attached"]:
        """Start the server, or attach to the one that another process runs; say which.

        Only from the main thread: the kernel ends the server with the thread that started it.
        Raises SetflowError if it cannot be started, such as on data of another major version.
        """
        try:
            self.place = self._choose_place()
            end = time.monotonic() + timeout_seconds
            while not self._take():
                if self._answers():
                    return "attached"
                if time.monotonic() > end:
                    raise SetflowError(f"The PostgreSQL in {self.place} does not answer.")
                time.sleep(0.01)
        except PermissionError as error:
            raise SetflowError(
                f"{error.filename} belongs to another user; start setflow as the user who made it."
            ) from None
        self._launch(timeout_seconds)
        return "started"

    def ensure(self) -> bool:
        """Start the server again if it is gone, or whoever ran it is; say whether that was so.

        To be called now and then, from the main thread; costs a few microseconds. Raises as start.
        """
        if self._server is not None and self._server.poll() is None:
            return False
        if self._lock is None and not self._take():
            return False
        log.warning("the PostgreSQL in %s is gone, starting it again", self.place)
        self._launch(START_SECONDS)
        return True

    def stop(self) -> None:
        """Stop the server if it is ours; one that we attached to is left alone."""
        if self._server is not None:
            _end(self._server)
            self._server = None
        self._release()

    def leave(self) -> None:
        """Leave it to the process that this one was forked from, with which it begins and ends."""
        if self._lock is not None:
            self._lock.close()
        self._lock = self._server = None

    @property
    def _data(self) -> Path:
        return self.place / "data"

    @property
    def _socket(self) -> Path:
        inside = self.place / "s"
        if len(os.fsencode(inside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
            return inside
        return _spare(self._root)

    def _choose_place(self) -> Path:
        self._root.mkdir(parents=True, exist_ok=True)
        pointer = self._root / "elsewhere"
        if pointer.is_symlink():
            place = pointer.readlink()
        elif _may_reach(self._root, *self._user(self._root)):
            place = self._root
        else:
            place = _spare(self._root)
            pointer.symlink_to(place)
            log.warning("PostgreSQL cannot reach %s: its data lie in %s", self._root, place)
        if place != self._root:
            _folder(place, os.geteuid(), 0o755)
        return place

    def _user(self, place: Path) -> tuple[int, int]:
        """The user and group that the server runs as, for data in `place`."""
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        if (place / "data").exists():
            owner = (place / "data").stat()
            return owner.st_uid, owner.st_gid
        try:
            nobody = pwd.getpwnam("nobody")
        except KeyError:
            raise SetflowError(
                "PostgreSQL refuses to run as root, and there is no user nobody;"
                " start setflow as another user."
            ) from None
        return nobody.pw_uid, nobody.pw_gid

    def _take(self) -> bool:
        """Become the owner, unless somebody is."""
        lock = (self.place / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            return False
        self._lock = lock
        return True

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _launch(self, timeout_seconds: float) -> None:
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("the server ends with the thread that starts it: use the main one")
        try:
            self._run_until_it_answers(timeout_seconds)
        except BaseException:
            self.stop()
            raise

    def _run_until_it_answers(self, timeout_seconds: float) -> None:
        end = time.monotonic() + timeout_seconds
        uid, gid = self._user(self.place)
        binaries = _binaries_for(uid, gid)
        self._prepare(binaries, uid, gid)
        self._end_leftovers(end)
        self._server = self._begin(binaries, uid, gid)
        while not self._answers():
            if self._server.poll() is not None:
                raise SetflowError(f"PostgreSQL does not start: {self._last_words()}")
            if time.monotonic() > end:
                raise SetflowError(f"PostgreSQL does not answer: {self._last_words()}")
            time.sleep(0.005)

    def _prepare(self, binaries: Path, uid: int, gid: int) -> None:
        """Make the data folder, unless it is there, and see that these binaries can work on it."""
        _folder(self._socket, uid, 0o700, gid)
        if not self._data.exists():
            fresh = self.place / "data.new"
            shutil.rmtree(fresh, ignore_errors=True)
            _folder(fresh, uid, 0o700, gid)
            postgres.run(
                [binaries / "initdb", "-D", fresh, "-U", "postgres", "-A", "trust", "-E", "UTF8"],
                user=(uid, gid),
            )
            fresh.rename(self._data)
        major = postgres.run([binaries / "postgres", "-V"]).split()[-1].split(".")[0]
        written_by = (self._data / "PG_VERSION").read_text().strip()
        if written_by != major:
            raise SetflowError(
                f"The data in {self._data} were written by PostgreSQL {written_by}, and this is"
                f" {major}. Run `setflow backup FILE` with the setflow that wrote them, move the"
                f" folder away, and run `setflow restore FILE` with this one."
            )

    def _begin(self, binaries: Path, uid: int, gid: int) -> subprocess.Popen[bytes]:
        settings = [part for pair in self._settings.items() for part in ("-c", "=".join(pair))]
        words = [sys.executable, "-I", "-S", "-c", _LAUNCH, os.getpid(), uid, gid]
        words += [binaries / "postgres", "-D", self._data, "-k", self._socket, *settings]
        if self._log.exists() and self._log.stat().st_size > LARGEST_LOG_BYTES:
            self._log.replace(self.place / "postgres.log.1")
        with self._log.open("ab") as output:
            self._said_before = output.tell()
            return subprocess.Popen(
                [str(word) for word in words],
                env=postgres.ENVIRONMENT,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _end_leftovers(self, end: float) -> None:
        """Stop what outlived the last owner, and drop the files that told of it.

        Safe because we own the folder: nobody else may run a server in it. What is left of a
        server that was killed would work on, for as long as its statements take.
        """
        if not Path("/proc/self").exists():
            return
        file = self._data / "postmaster.pid"
        while pids := self._leftovers():
            if time.monotonic() > end:
                raise SetflowError(f"An earlier PostgreSQL (process {pids[0]}) does not stop.")
            first = file.read_text().split()[:1] if file.exists() else []
            whole = [pid for pid in pids if [str(pid)] == first]
            for pid in whole or pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGINT if whole else signal.SIGQUIT)
            time.sleep(0.01)
        file.unlink(missing_ok=True)
        (self._socket / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _leftovers(self) -> list[int]:
        """The processes of PostgreSQL that work on our data."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it may end while we look
                if (process / "comm").read_text() == "postgres\n" and (
                    (process / "cwd").readlink() == self._data
                ):
                    found.append(int(process.name))
        return sorted(found)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def _log(self) -> Path:
        return self.place / "postgres.log"

    def _last_words(self) -> str:
        with self._log.open(errors="replace") as lines:
            lines.seek(self._said_before)
            return " / ".join(lines.read().splitlines()[-4:]) or "it said nothing"


def _binaries_for(uid: int, gid: int) -> Path:
    """The folder of the binaries, copied to where that user can run them if need be."""
    there = postgres.find_programs()
    server = there / "postgres"
    if _may_reach(server, uid, gid):
        return there
    inside = there.parent.parent.parent  # the wheel's libraries lie beside its package
    mark = server.stat()
    copy = _spare_root() / f"setflow-postgres-{mark.st_size}-{mark.st_mtime_ns}"
    if not copy.exists():
        log.warning("PostgreSQL's user cannot reach %s: copying the binaries to %s", there, copy)
        part = copy.with_name(f"{copy.name}.{os.getpid()}")
        for name in (f"{postgres.WHEEL}/{postgres.INSIDE}", f"{postgres.WHEEL}.libs"):
            shutil.copytree(
                inside / name, part / name, ignore=shutil.ignore_patterns("*.a", "include")
            )
        postgres.run(["chmod", "-R", "a+rX", part])
        try:
            part.rename(copy)
        except OSError:  # another process was first
            shutil.rmtree(part)
    return copy / there.relative_to(inside)


def _may_reach(path: Path, uid: int, gid: int) -> bool:
    """Whether that user can pass through every folder above `path`, and enter or run it."""
    for step in (path, *path.parents):
        mark = step.stat()
        bit = stat.S_IXOTH
        if mark.st_uid == uid:
            bit = stat.S_IXUSR
        elif mark.st_gid == gid:
            bit = stat.S_IXGRP
        if not mark.st_mode & bit:
            return False
    return True


def _spare_root() -> Path:
    """A folder with a short path for what must lie elsewhere."""
    kept = Path("/var/lib")
    return kept if os.geteuid() == 0 and os.access(kept, os.W_OK) else Path("/tmp")


def _spare(root: Path) -> Path:
    """The short folder that stands in for `root`, the same one every time."""
    mark = hashlib.sha256(os.fsencode(root)).hexdigest()[:10]
    return _spare_root() / f"setflow-{os.geteuid()}-{mark}"


def _folder(path: Path, uid: int, mode: int, gid: int = -1) -> None:
    """Make the folder `path`, unless it is there and belongs to the right user."""
    try:
        path.mkdir(mode=mode)
    except FileExistsError:
        mark = path.lstat()
        if not stat.S_ISDIR(mark.st_mode) or mark.st_uid != uid:
            raise SetflowError(f"{path} belongs to somebody else; move it away.") from None
        return
    path.chmod(mode)
    if os.geteuid() == 0:
        os.chown(path, uid, gid)


def _end(server: subprocess.Popen[bytes]) -> None:
    for how, seconds in ((signal.SIGINT, 20), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        server.send_signal(how)
        try:
            server.wait(seconds)
        except subprocess.TimeoutExpired:
            log.warning("PostgreSQL does not stop on signal %s", how)
        else:
            return
