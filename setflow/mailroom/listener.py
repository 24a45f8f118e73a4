"""Who brings mail is heard by SMTP (RFC 5321).

Mail for our own address alone is taken, and only from whom the configuration names. It is kept in
the inbox before the far side hears 250; while the database is silent it hears 451 and comes again.
What is refused is so while the sender's server waits: no bounce is ever sent from here.
"""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from setflow.adapters.mail.proof import Brought
from setflow.db import DatabaseGone
from setflow.mailroom.desk import (
    BROKEN,
    NO_DATABASE,
    NOT_OURS,
    NOT_SET_UP,
    Desk,
    Verdict,
    address_of,
)

log = logging.getLogger(__name__)

MOST_BYTES = 1024 * 1024
MOST_CONNECTIONS = 50
MOST_COMMANDS = 100
MOST_RECEIVERS = 10
SILENCE_SECONDS = 120.0
"""From one command to the next; a mail has to be through within it."""
SESSION_SECONDS = 600.0
START_SECONDS = 10.0


class Mailroom:
    """Listens for mail on a thread of its own.

    listen  host and port; port 0 for any that is free, which `port` then is
    tls     what STARTTLS is offered with; None where it is not
    """

    def __init__(
        self,
        desk: Desk,
        listen: tuple[str, int],
        tls: ssl.SSLContext | None = None,
        *,
        most_connections: int = MOST_CONNECTIONS,
    ) -> None:
        self.desk, self.tls, self.most_connections = desk, tls, most_connections
        self.host, self.port = listen
        self.doors: set[_Door] = set()
        self._ready = threading.Event()
        self._failed: OSError | None = None
        self._end: Callable[[], None] = _nothing
        self._thread = threading.Thread(target=self._run, name="mailroom", daemon=True)
        # At a lower level it logs every command, and with them the secret address.
        logging.getLogger("mail.log").setLevel(logging.WARNING)

    def start(self) -> None:
        """Listen. Raises OSError where that cannot be."""
        self._thread.start()
        self._ready.wait(START_SECONDS)
        if self._failed:
            raise self._failed

    def stop(self) -> None:
        """Listen no more; who was not yet told 250 comes again."""
        self._end()
        self._thread.join(START_SECONDS)

    def _run(self) -> None:
        asyncio.run(self._listen())

    async def _listen(self) -> None:
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await loop.create_server(lambda: _Door(self), self.host, self.port)
        except OSError as error:
            self._failed = error
            self._ready.set()
            return

        def end() -> None:
            loop.call_soon_threadsafe(ended.set)

        self._end = end
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await ended.wait()
        server.close()
        for door in tuple(self.doors):
            door.leave()
        await asyncio.sleep(0)


class _Counter:
    """What the driver asks at each step of a session; names and parameters are the driver's."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def handle_RCPT(
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        """Take mail for our own address alone."""
        try:
            settings = await asyncio.to_thread(self.desk.settings)
        except DatabaseGone:
            return self._said(Verdict("no database", NO_DATABASE))
        if settings is None:
            return self._said(Verdict("not set up", NOT_SET_UP))
        if not settings.is_ours(address):
            return self._said(Verdict("not ours", NOT_OURS))
        if len(envelope.rcpt_tos) >= MOST_RECEIVERS:
            return "452 4.5.3 Too many receivers."
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the mail, or say why not."""
        path = (envelope.mail_from or "").strip("<>")  # the driver says <> for none
        brought = Brought(address_of(session.peer), path, session.host_name or "")
        raw = bytes(envelope.original_content or b"")
        try:
            verdict = await asyncio.to_thread(self.desk.take, raw, envelope.rcpt_tos, brought)
        except DatabaseGone:
            verdict = Verdict("no database", NO_DATABASE)
        return self._said(verdict)

    async def handle_exception(self, error: Exception) -> str:
        """Have it tried again: a bug here must lose no mail."""
        log.error("a mail could not be taken", exc_info=error)
        return self._said(Verdict("broken", BROKEN))

    def _said(self, verdict: Verdict) -> str:
        self.desk.counted(verdict.counted)
        return verdict.said


class _Door(SMTP):
    """One connection."""

    def __init__(self, room: Mailroom) -> None:
        super().__init__(
            _Counter(room.desk),
            data_size_limit=MOST_BYTES,
            enable_SMTPUTF8=True,
            hostname=socket.gethostname(),
            ident="setflow",
            tls_context=room.tls,
            timeout=SILENCE_SECONDS,
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            command_call_limit=MOST_COMMANDS,
            loop=asyncio.get_running_loop(),
        )
        self.room = room
        self._first: asyncio.BaseTransport | None = None
        self._life: asyncio.TimerHandle | None = None
        self._turned_away = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a session; for as many as there may be others are told to come later."""
        if self._first is None:
            self._first = transport
            if len(self.room.doors) >= self.room.most_connections:
                self._turned_away = True
                self.room.desk.counted("too many connections")
                assert isinstance(transport, asyncio.WriteTransport)
                transport.write(b"421 4.7.0 Too many connections. Try again later.\r\n")
                transport.close()
                return
            self.room.doors.add(self)
            self._life = self.loop.call_later(SESSION_SECONDS, self.leave)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End the session."""
        if self._turned_away:
            return
        self.room.doors.discard(self)
        if self._life:
            self._life.cancel()
        super().connection_lost(error)

    def eof_received(self) -> bool | None:
        """End it where the far side ended it."""
        return None if self._turned_away else super().eof_received()

    def leave(self) -> None:
        """Cut the connection."""
        if isinstance(self._first, asyncio.WriteTransport):
            self._first.abort()

    async def push(self, status: Any) -> None:
        """Send an answer; what was too large is counted, which the driver alone decides."""
        said = status if isinstance(status, str) else status.decode("utf-8", "replace")
        if said.startswith("552"):
            self.room.desk.counted("too large")
            status = "552 5.3.4 This mail is too large (over 1 MiB). Send it without attachments."
        await super().push(status)


def _nothing() -> None:
    """What ends a listener that does not listen."""
