"""Keys of sources: shown with a request, compared in constant time, remembered for a moment.

A key stands in the environment (SETFLOW_HOOK_KEY_<SOURCE>) or in the database (`setflow keys`).
What was read of the database is read again after half a second, so that a key that is revoked is
out in every process within one; while the database is silent, what was read last holds.
"""

import asyncio
import base64
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from setflow import engine, signature, views
from setflow.db import DatabaseGone, Db, transaction
from setflow.escalation.spec import OWN, Source
from setflow.web import auth

FRESH_SECONDS = 0.5
PATIENCE_SECONDS = 1.0
NOTED_AGAIN = timedelta(hours=1)
"""How often it is written down that a key is in use."""
MOST_WRONG, WRONG_SECONDS = 20, 600.0
"""So many different wrong keys in so long are somebody who guesses; one that is wrong time and
again is a monitor that was set up badly, and holds up none of those beside it."""
MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """Who calls: a source, what its key may (create, read, act), and the id of the key.

    The id is "" for a key of the environment.
    """

    source: str
    scopes: frozenset[str]
    id: str = ""


@dataclass(frozen=True, slots=True)
class _Roll:
    """What was read of the database: keys by id, and what the file says of sources, by name."""

    keys: Mapping[str, views.Key]
    sources: Mapping[str, Source]


class Keyring:
    """Knows the keys, and how each source is to be heard. One for each application."""

    def __init__(
        self, db: Db, environment: Mapping[str, str], *, clock: Callable[[], datetime]
    ) -> None:
        self.db, self.environment, self.clock = db, environment, clock
        self._known: _Roll | None = None
        self._looked = -FRESH_SECONDS
        self._looking: asyncio.Task[None] | None = None
        self._used: set[str] = set()
        self._wrong = _Wrong()

    async def of(self, request: Request, scope: str, source: str = "") -> Key:
        """Whose key a request shows. To be awaited in the event loop.

        scope   create | read | act: what it has to be good for
        source  where it has to be a key of that one
        Raises HTTPException: 401 for one that is missing, wrong or over, 403 for one that may not,
        429 for somebody who tries many. DatabaseGone where nothing was ever read of the database.
        """
        shown = presented(request)
        parts = signature.key_parts(shown)
        address = request.client.host if request.client else ""
        if parts is None and self._wrong.too_many(address):
            raise HTTPException(
                429, "Too many wrong keys came from here; wait.", {"Retry-After": "60"}
            )
        key = await self._kept(*parts, address) if parts else self._of_environment(shown, source)
        if key is None or source not in ("", key.source):
            self._wrong.note(address, shown)
            what = f"the Bearer key of source {source[:50]!r}" if source else "a key of a source"
            raise HTTPException(401, f"The key is missing or wrong: send {what}.")
        if key.source in OWN:
            raise HTTPException(
                403, f"{key.source} is a source of setflow's own; name the monitor otherwise."
            )
        if scope not in key.scopes:
            may = ", ".join(sorted(key.scopes))
            how = f"`setflow keys new {key.source} --scope {scope}` makes one"
            raise HTTPException(403, f"This key may {may}, and not {scope}; {how}.")
        return key

    def _of_environment(self, shown: str, source: str) -> Key | None:
        # All are compared, so that the time tells nothing of which.
        found = [
            name
            for name, wanted in self.environment.items()
            if wanted and signature.equal(shown, wanted) and _variable(source) in ("", name)
        ]
        return Key(source or found[0], frozenset({"create"})) if found else None

    async def _kept(self, number: str, digest: str, address: str) -> Key | None:
        found = (await self._read()).keys.get(number)
        if found is None and not self._wrong.too_many(address):
            # It may have been made in this moment.
            found = (await self._read(within=0.0)).keys.get(number)
        wanted = found.digest if found else signature.digest("")
        right = signature.equal(digest, wanted)
        now = self.clock()
        if found is None or not right or not found.good(now):
            return None
        if found.used_at is None or now - found.used_at >= NOTED_AGAIN:
            self._used.add(number)
        return Key(found.source, frozenset(found.scopes), number)

    async def source(self, name: str) -> Source | None:
        """What the file in force says of a source. Raises DatabaseGone where nothing was read."""
        return (await self._read()).sources.get(name)

    def secret(self, source: str) -> str:
        """The environment's key of a source, "" for none."""
        return self.environment.get(_variable(source), "")

    async def _read(self, within: float = FRESH_SECONDS) -> _Roll:
        """The database's word, as it was so many seconds ago or later if it answers."""
        asked = time.monotonic()
        while self._known is None or self._looked < asked - within:
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            try:
                await asyncio.wait_for(asyncio.shield(self._looking), PATIENCE_SECONDS)
            except (DatabaseGone, TimeoutError) as error:
                if self._known is None:
                    raise DatabaseGone("The database does not answer.") from error
                break
        return self._known

    async def _look(self) -> None:
        begun = time.monotonic()
        try:
            self._known = await run_in_threadpool(self._rows)
        finally:
            # One that failed is not tried again by everybody who comes in the same moment.
            self._looked = begun

    def _rows(self) -> _Roll:
        used, self._used = self._used, set()
        with transaction(self.db) as tx:
            if used:
                engine.keys_used(tx, used, now=self.clock())
            keys = {one.id: one for one in views.keys(tx)}
            return _Roll(keys, views.sources(tx, now=self.clock()))


@dataclass(slots=True)
class _Wrong:
    """Wrong keys by address: digests, and when the first of them came."""

    seen: dict[str, tuple[float, set[bytes]]] = field(default_factory=dict)

    def too_many(self, address: str) -> bool:
        begun, tried = self.seen.get(address, (0.0, set()))
        return len(tried) >= MOST_WRONG and time.monotonic() - begun < WRONG_SECONDS

    def note(self, address: str, shown: str) -> None:
        if not shown:
            return
        if len(self.seen) >= MOST_ADDRESSES:
            self.seen.clear()
        now = time.monotonic()
        begun, tried = self.seen.get(address, (now, set()))
        if now - begun >= WRONG_SECONDS:
            begun, tried = now, set()
        if len(tried) < MOST_WRONG:
            tried.add(sha256(shown.encode(errors="surrogatepass")).digest()[:8])
        self.seen[address] = begun, tried


def _variable(source: str) -> str:
    """A source as the environment can name it."""
    return source.replace("-", "_")


def presented(request: Request) -> str:
    """The key that a request shows, "" for none.

    `Authorization: Bearer KEY` (or GenieKey, Token), the password of basic authentication, and
    `?key=` for a monitor that can send neither.
    """
    bearer = auth.bearer(request)
    return bearer or _password(request) or request.query_params.get("key", "")


def _password(request: Request) -> str:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        said = base64.b64decode(given.strip(), validate=True).decode()
    except ValueError:
        return ""
    return said.partition(":")[2]
