"""setflow as it always is, but it kills itself at the point that it was told.

A point is a place in the code before or after a transaction that wrote commits, or before or after
a request goes out. Run as a program it loads setflow once, and then reads lines of JSON:
`{"environ": {...}, "point": "", "visit": 1, "seen": "FILE"}`. For each it forks a process that
serves, prints its id, waits for its end and prints how that was. Every point that is passed is
written to the file `seen`, a line each.
"""

import importlib
import json
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import apprise
from sqlalchemy import event
from urllib3.connectionpool import HTTPConnectionPool

from setflow import db, expression

_WRITE = re.compile(r"\s*(insert|update|delete|with)\b", re.IGNORECASE)
_ID = re.compile(r"/([a-z0-9]{26}|[0-9a-f-]{36,60}|\+?\d+)(?=/|$)")
_PORTS: dict[int, str] = {}

LOADED = (
    *("setflow.app", "alembic.command", "alembic.config", "alembic.migration", "mattermostdriver"),
    *("opsgenie_sdk", "celpy.celparser", "celpy.evaluation", "anyio._backends._asyncio", "uvloop"),
    *("uvicorn.loops.uvloop", "uvicorn.protocols.http.httptools_impl", "uvicorn.lifespan.on"),
    *("apscheduler.triggers.interval", "pendulum", "lark", "setflow.adapters.jira"),
)
"""What every process needs sooner or later, and would load each time."""

Transaction = Callable[[db.Db], AbstractContextManager[db.Tx]]


class _Points:
    """Which points were passed how often; ends this process at one of them."""

    def __init__(self) -> None:
        self.point, self.visit = "", 0
        self.passed: Counter[str] = Counter()
        self.seen = -1
        self._one_by_one = threading.Lock()

    def begin(self, point: str, visit: int, seen: str) -> None:
        self.point, self.visit = point, visit
        self.seen = os.open(seen, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def at(self, point: str) -> None:
        with self._one_by_one:
            self.passed[point] += 1
            os.write(self.seen, f"{point}\n".encode())
            if point == self.point and self.passed[point] == self.visit:
                os.killpg(0, signal.SIGKILL)


POINTS = _Points()


def _wrapped(real: Transaction) -> Transaction:
    @contextmanager
    def between(database: db.Db, place: str) -> Iterator[db.Tx]:
        with real(database) as tx:
            tx.info["wrote"] = False
            yield tx
            wrote = tx.info["wrote"]
            if wrote:
                POINTS.at(f"before the commit of {place}")
        if wrote:
            POINTS.at(f"after the commit of {place}")

    def transaction(database: db.Db) -> AbstractContextManager[db.Tx]:
        code = sys._getframe(1)
        module = str(code.f_globals["__name__"]).removeprefix("setflow.")
        return between(database, f"{module}.{code.f_code.co_qualname.split('.<')[0]}")

    return transaction


def _executed(
    connection: db.Tx, cursor: Any, statement: str, _parameters: Any, _context: Any, _many: Any
) -> None:
    if _WRITE.match(statement) and cursor.rowcount:
        connection.info["wrote"] = True


def _sent(real: Callable[..., Any]) -> Callable[..., Any]:
    def urlopen(self: HTTPConnectionPool, method: str, url: str, *rest: Any, **how: Any) -> Any:
        if method == "GET":
            return real(self, method, url, *rest, **how)
        place = f"{method} {_PORTS.get(self.port or 0, '')}{_ID.sub('/*', urlsplit(url).path)}"
        POINTS.at(f"before {place}")
        response = real(self, method, url, *rest, **how)
        POINTS.at(f"after {place}")
        return response

    return urlopen


def _serve(environ: dict[str, str], point: str, visit: int, seen: str) -> int:
    from setflow import app, settings

    for name in ("mattermost", "jira", "opsgenie"):
        if url := environ.get(f"SETFLOW_{name.upper()}_URL"):
            _PORTS[urlsplit(url).port or 0] = name
    POINTS.begin(point, visit, seen)
    return app.serve(settings.read(environ, Path("/nonexistent")))


def main() -> None:
    """Serve, as often as asked."""
    for name in ("transaction", "one_statement"):
        setattr(db, name, _wrapped(getattr(db, name)))
    event.listen(db.Db, "after_cursor_execute", _executed)
    HTTPConnectionPool.urlopen = _sent(HTTPConnectionPool.urlopen)  # type: ignore[method-assign]
    # Loaded here, once, and after the above: modules take what they import by name.
    for module in LOADED:
        importlib.import_module(module)
    apprise.Apprise.instantiate("json://localhost")
    expression.check("true")
    for line in sys.stdin:
        asked = json.loads(line)
        if child := os.fork():
            _say(child)
            _say(os.waitpid(child, 0)[1])
        else:
            os.setsid()  # it has a child, and both end at once
            os._exit(_serve(**asked))


def _say(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
