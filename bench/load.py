"""A generator of load that costs little: HTTP over one kept socket a client.

It shares its machine with what it measures, so it parses no more of an answer than it needs.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence


class Client:
    """One connection to 127.0.0.1:`port`."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> int:
        """The status of the answer. Raises OSError where the other side hung up."""
        self.socket.sendall(request)
        seen = b""
        while (end := seen.find(b"\r\n\r\n")) < 0:
            seen += self._more()
        head = seen[:end].lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        while len(seen) < end + 4 + length:
            seen += self._more()
        return int(head[9:12])

    def close(self) -> None:
        """Hang up."""
        self.socket.close()

    def _more(self) -> bytes:
        part = self.socket.recv(65536)
        if not part:
            raise OSError("hung up")
        return part


def request(method: str, path: str, *, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request as it goes over the wire."""
    given = {"Host": "127.0.0.1", "Content-Length": str(len(body)), **headers}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def flood(
    port: int, clients: int, *, seconds: float, make: Callable[[int, int], bytes], wanted: int
) -> list[float]:
    """Have `clients` ask one request after another for so long; the seconds that each took.

    make    the request of a client and its count
    wanted  the status of every answer; another one raises
    """
    took: list[list[float]] = [[] for _ in range(clients)]
    wrong: list[int] = []
    end = time.monotonic() + seconds

    def work(number: int) -> None:
        client, count = Client(port), 0
        while time.monotonic() < end:
            made = make(number, count)
            begun = time.monotonic()
            status = client.ask(made)
            took[number].append(time.monotonic() - begun)
            if status != wanted:
                wrong.append(status)
            count += 1
        client.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise RuntimeError(f"{len(wrong)} answers were not {wanted}, such as {wrong[0]}")
    return [one for part in took for one in part]


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which so many of a hundred lie, by nearest rank."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)]
