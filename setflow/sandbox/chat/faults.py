"""A server on a bad day: what it answers instead of working."""

import threading
from dataclasses import dataclass

from setflow.sandbox.chat.state import Server


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered in place of the real thing.

    done  the work is done all the same, and only its answer is lost
    """

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str]
    done: bool = False


@dataclass(slots=True)
class _Planned:
    left: int
    where: str
    answer: Answer


class Faults:
    """Which requests fail, and how.

    down        everything is answered by a proxy, with 502 and HTML
    rate_limit  requests a second and burst (the server's `PerSec`, `MaxBurst`); None for no limit
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._planned: list[_Planned] = []
        self._lock = threading.Lock()
        self._level, self._since = 0.0, 0.0
        self.down = False
        self.rate_limit: tuple[float, int] | None = None

    def plan(self, count: int, *, where: str, answer: Answer) -> None:
        """Let the next `count` requests whose `METHOD /path` contains `where` be answered so."""
        self._planned.append(_Planned(count, where, answer))

    def take(self, request: str) -> Answer | None:
        """What to answer to this `METHOD /path` instead, None to work as always."""
        with self._lock:
            if self.down:
                page = b"<html><body><h1>502 Bad Gateway</h1></body></html>"
                return Answer(502, page, "text/html", {})
            for planned in self._planned:
                if planned.left and planned.where in request:
                    planned.left -= 1
                    return planned.answer
            return self._limited()

    def limits(self) -> dict[str, str]:
        """The headers about the rate limit; none where there is no limit."""
        if self.rate_limit is None:
            return {}
        per_second, burst = self.rate_limit
        return {
            "X-Ratelimit-Limit": str(burst + 1),
            "X-Ratelimit-Remaining": str(max(0, int(burst + 1 - self._level))),
            "X-Ratelimit-Reset": str(1 + int(self._level / per_second)),
        }

    def _limited(self) -> Answer | None:
        """429 once the bucket is full; its text and seconds are the server's."""
        if self.rate_limit is None:
            return None
        per_second, burst = self.rate_limit
        now = self._server.clock().timestamp()
        self._level = max(0.0, self._level - (now - self._since) * per_second)
        self._since = now
        if self._level + 1 <= burst + 1:
            self._level += 1
            return None
        wait = {"Retry-After": str(1 + int(1 / per_second))}
        return Answer(429, b"limit exceeded", "text/plain; charset=utf-8", wait)
