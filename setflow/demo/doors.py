"""The loopback ports that the stage's applications listen on."""

import socket
import threading
from typing import Any

import uvicorn

from setflow.errors import SetflowError

HOST = "127.0.0.1"
LONGEST_STOP_SECONDS = 2.0


class Door:
    """A port that is taken at once, on which an application answers from `open` to `close`.

    port  0 for a free one. Raises SetflowError if it is in use.
    """

    def __init__(self, port: int = 0) -> None:
        # By name, or asyncio leaves Nagle's algorithm on, which costs 40 ms an answer.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            raise SetflowError(
                f"Port {port} cannot be used ({error.strerror}); choose another with --port."
            ) from None
        self.port = int(self._socket.getsockname()[1])
        self.url = f"http://{HOST}:{self.port}"
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def open(self, app: Any) -> None:
        """Let `app` answer; what comes in before it is ready waits."""
        config = uvicorn.Config(
            app, lifespan="off", ws="none", http="h11", log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)
        self._socket.listen(config.backlog)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name=f"port {self.port}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Let it end soon, whoever waits for an answer."""
        if self._server:
            self._server.should_exit = self._server.force_exit = True

    def close(self) -> None:
        """Return once it has ended."""
        self.stop()
        if self._thread:
            self._thread.join(LONGEST_STOP_SECONDS)
        self._socket.close()


class Bell:
    """Rung by whoever changed something, from any thread, for the one who works it."""

    def __init__(self) -> None:
        self._rung, self._sources, self._lock = threading.Event(), set[str](), threading.Lock()

    def ring(self, source: str) -> None:
        """Say that something changed in `source`."""
        with self._lock:
            self._sources.add(source)
            self._rung.set()

    def wait(self, seconds: float) -> bool:
        """Whether it rang by then."""
        return self._rung.wait(seconds)

    def take(self) -> set[str]:
        """Where something changed since this was asked last."""
        with self._lock:
            taken, self._sources = self._sources, set()
            self._rung.clear()
            return taken


class Watched:
    """An ASGI application that rings after each request that it hands on to `app`."""

    def __init__(self, app: Any, bell: Bell, source: str) -> None:
        self._app, self._bell, self._source = app, bell, source

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)
        self._bell.ring(self._source)
