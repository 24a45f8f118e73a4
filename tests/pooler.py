"""A pooler that gives every transaction another session, as PgBouncer does in transaction mode.

It refuses the start-up parameter `options`, and passes no notices on. After
https://www.postgresql.org/docs/current/protocol-message-formats.html.
"""

import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress

SSL_REQUEST, GSS_REQUEST, PROTOCOL = 80877103, 80877104, 196608
IDLE = b"I"
PATIENCE_SECONDS = 20.0


class _Wire:
    """One connection, message by message."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE_SECONDS)
        self.connection, self._in = connection, connection.makefile("rb")

    def message(self) -> tuple[bytes, bytes]:
        """The type and the rest of the next message. Raises EOFError at the end."""
        kind, length = self._exactly(1), self._exactly(4)
        return kind, self._exactly(struct.unpack("!i", length)[0] - 4)

    def first(self) -> bytes:
        """The first message of a client, which has no type."""
        return self._exactly(struct.unpack("!i", self._exactly(4))[0] - 4)

    def send(self, kind: bytes, rest: bytes) -> None:
        self.connection.sendall(kind + struct.pack("!i", len(rest) + 4) + rest)

    def close(self) -> None:
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        self.connection.close()

    def _exactly(self, count: int) -> bytes:
        found = self._in.read(count)
        if len(found) < count:
            raise EOFError
        return found


class _Pooler:
    def __init__(self, path: str, sessions: int) -> None:
        self.path, self.sessions = path, sessions
        self._free: deque[_Wire] = deque()
        self._some = threading.Condition()
        self._greeting: list[tuple[bytes, bytes]] = []
        self._open: list[_Wire] = []

    def serve(self, connection: socket.socket) -> None:
        client = _Wire(connection)
        self._open.append(client)
        try:
            if self._welcome(client):
                while True:
                    self._transaction(client, client.message())
        except (EOFError, OSError, ValueError):
            pass
        finally:
            client.close()

    def close(self) -> None:
        for wire in self._open:
            wire.close()

    def _welcome(self, client: _Wire) -> bool:
        asked = client.first()
        while struct.unpack("!i", asked[:4])[0] in (SSL_REQUEST, GSS_REQUEST):
            client.connection.sendall(b"N")
            asked = client.first()
        words = asked[4:].split(b"\0")
        if b"options" in words[::2]:
            said = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
            client.send(b"E", said)
            return False
        with self._some:
            while not self._greeting:
                self._free.append(self._session(asked))
        for kind, rest in self._greeting:
            client.send(kind, rest)
        return True

    def _session(self, asked: bytes) -> _Wire:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(self.path)
        server = _Wire(connection)
        self._open.append(server)
        connection.sendall(struct.pack("!i", len(asked) + 4) + asked)
        greeting = []
        while not greeting or greeting[-1][0] != b"Z":
            greeting.append(server.message())
        if len(self._free) == self.sessions - 1:
            self._greeting = greeting
        return server

    def _transaction(self, client: _Wire, first: tuple[bytes, bytes]) -> None:
        """Hand messages on until the session is idle again; the next has the oldest session."""
        if first[0] == b"X":
            raise EOFError
        with self._some:
            if not self._some.wait_for(lambda: self._free, PATIENCE_SECONDS):
                raise EOFError
            server = self._free.popleft()
        try:
            message = first
            server.send(*message)
            while message[0] not in b"QS" or self._answers(server, client) != IDLE:
                message = client.message()
                server.send(*message)
        except (EOFError, OSError):
            server.close()  # in the middle of something that nobody ends
            raise
        with self._some:
            self._free.append(server)
            self._some.notify()

    @staticmethod
    def _answers(server: _Wire, client: _Wire) -> bytes:
        while True:
            kind, rest = server.message()
            if kind != b"A":
                client.send(kind, rest)
            if kind == b"Z":
                return rest


@contextmanager
def pooled(folder: str, sessions: int = 3) -> Iterator[int]:
    """The port of a pooler before the server whose socket lies in `folder`."""
    pooler = _Pooler(f"{folder}/.s.PGSQL.5432", sessions)
    threads = []
    with socket.create_server(("127.0.0.1", 0)) as door:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = door.accept()
                    threads.append(
                        threading.Thread(target=pooler.serve, args=(connection,), daemon=True)
                    )
                    threads[-1].start()

        threads.append(threading.Thread(target=accept))
        threads[0].start()
        try:
            yield door.getsockname()[1]
        finally:
            door.shutdown(socket.SHUT_RDWR)
            pooler.close()
    for thread in threads:
        thread.join(5)
