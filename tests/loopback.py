"""Stand-ins on a loopback port, for the real client libraries to talk to."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import uvicorn

T = TypeVar("T")


class _Server(uvicorn.Server):
    """One that begins and ends at once: uvicorn's own looks five times a second whether to end."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        self.listening.set()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self._ended.wait()

    async def shutdown(self, sockets: Any = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for task in self.server_state.tasks:
            task.cancel()
        await asyncio.gather(*self.server_state.tasks, return_exceptions=True)

    def end(self) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)


@contextmanager
def served(app: Any, http: Any = "h11") -> Iterator[str]:
    """The address, such as http://127.0.0.1:41000, at which `app` answers inside the block."""
    server = _Server(
        uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="none", http=http)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.listening.wait(10), "the stand-in did not start"
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        if server.listening.is_set():
            server.end()
        thread.join(10)


class Counted:
    """An ASGI app that counts the requests it hands on to `app`."""

    def __init__(self, app: Any) -> None:
        self._app, self.requests = app, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.requests += scope["type"] == "http"
        await self._app(scope, receive, send)


def awaited(asked: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns, on a loop of its own: the browser keeps one in this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, asked).result()
