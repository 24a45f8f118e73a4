"""Keys of sources, as two processes know them."""

import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest
import requests
from fastapi import FastAPI, HTTPException, Request

from setflow import engine, signature, views
from setflow.db import DatabaseGone, Db, connect, transaction
from setflow.errors import Refused
from setflow.web import monitors
from setflow.web.keyring import Keyring
from tests.loopback import awaited, served

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
SILENT = connect("postgresql://setflow@127.0.0.1:1/setflow")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def two(db: Db, db_url: str, clock: Clock) -> Iterator[list[str]]:
    """The addresses of two processes on one database."""
    other = connect(db_url)
    with ExitStack() as open_here:
        yield [open_here.enter_context(served(door(one, clock))) for one in (db, other)]
    other.dispose()


def door(db: Db, clock: Clock) -> FastAPI:
    app = FastAPI()
    keyring = Keyring(db, {"prometheus": "of-the-environment"}, clock=clock)
    app.include_router(monitors.router(db, keyring, clock=clock))
    return app


def made(db: Db, *scopes: str, source: str = "grafana", overlap: timedelta | None = None) -> str:
    number, secret = secrets.token_hex(5), secrets.token_hex(20)
    digest = signature.digest(secret)
    asked = engine.MakeKey(source, scopes, "shell", number, digest, overlap)
    with transaction(db) as tx:
        engine.handle(tx, [asked], now=NOW)
    return signature.key_text(number, secret)


def revoked(db: Db, key: str) -> None:
    number, _ = signature.key_parts(key) or ("", "")
    with transaction(db) as tx:
        engine.handle(tx, [engine.RevokeKey(number, "shell")], now=NOW)


def post(url: str, key: str, *, name: str = "k", source: str = "grafana") -> int:
    body = {"key": name, "title": "t"}
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{url}/hooks/alerts/{source}"
    return requests.post(url, json=body, headers=headers, timeout=10).status_code


def kept(db: Db) -> list[views.Key]:
    with transaction(db) as tx:
        return list(views.keys(tx))


def test_a_key_is_good_at_once_and_out_within_a_second_in_every_process(db, two):
    key = made(db)
    assert [post(url, key) for url in two] == [202, 202]
    assert [post(url, f"{key[:-1]}{'0' if key[-1] != '0' else '1'}") for url in two] == [401, 401]
    another = made(db)
    assert [post(url, another) for url in two] == [202, 202]

    revoked(db, key)
    begun = asked = time.monotonic()
    # By when they ask: on a busy machine the answer takes its time.
    while {post(url, key) for url in two} != {401}:
        assert asked - begun < 1.0
        asked = time.monotonic()


def test_a_rotation_under_load_loses_nothing_and_then_ends_the_old_key(db, two, clock):
    key, answers, stopped = [made(db)], [], threading.Event()

    def load(url: str) -> None:
        while not stopped.is_set():
            answers.append(post(url, key[0]))

    threads = [threading.Thread(target=load, args=(url,)) for url in two]
    for thread in threads:
        thread.start()
    try:
        old = key[0]
        for _ in range(3):
            new = made(db, overlap=timedelta(hours=1))
            count = len(answers)
            while len(answers) < count + 10:
                stopped.wait(0.005)
            key[0] = new
    finally:
        stopped.set()
        for thread in threads:
            thread.join()
    assert set(answers) == {202}
    assert post(two[0], old) == 202
    clock.now += timedelta(hours=1)
    assert [post(two[0], old), post(two[0], key[0])] == [401, 202]


def test_a_rotation_takes_over_what_its_forerunner_may(db):
    made(db, "create", "read")
    made(db, overlap=timedelta(0))

    assert [one.scopes for one in kept(db)] == [("create", "read")] * 2
    assert [one.ends_at for one in kept(db)].count(NOW) == 1


def test_that_a_key_is_in_use_is_noted_once_an_hour(db, two, clock):
    def looks():
        post(two[0], signature.key_text("f" * 10, "0" * 40))

    key = made(db)
    noted = []
    for minutes in (0, 59, 1):
        clock.now += timedelta(minutes=minutes)
        post(two[0], key)
        looks()
        noted.append(kept(db)[0].used_at)

    assert noted == [NOW, NOW, NOW + timedelta(hours=1)]


def test_while_the_database_is_silent_what_is_known_holds_and_the_rest_may_try_again(db, clock):
    key = made(db, "read")
    keyring, fresh = Keyring(db, {"a": "b"}, clock=clock), Keyring(SILENT, {"a": "b"}, clock=clock)

    async def shown(ring: Keyring, text: str, scope: str) -> str:
        headers = [(b"authorization", f"Bearer {text}".encode())]
        request = Request({"type": "http", "headers": headers, "query_string": b""})
        try:
            return (await ring.of(request, scope)).source
        except HTTPException as error:
            return str(error.status_code)
        except DatabaseGone:
            return "gone"

    async def all_of_it() -> list[str]:
        before = await shown(keyring, key, "read")
        keyring.db = SILENT
        known = [await shown(keyring, text, "read") for text in (key, key[:-3] + "000", "x")]
        unknown = [await shown(fresh, key, "read"), await shown(fresh, "b", "create")]
        return [before, *known, *unknown]

    assert awaited(all_of_it()) == ["grafana", "grafana", "401", "401", "gone", "a"]


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (engine.MakeKey("no good", (), "shell", "1", "x"), "A source is named in letters"),
        (engine.MakeKey("a", (), "ana", "1", "x"), "by an admin, or in the shell"),
        (engine.MakeKey("a", (), "shell", "1", "x", timedelta(0)), "has no key to rotate"),
        (engine.RevokeKey("1", "shell"), "There is no key 1"),
    ],
)
def test_what_cannot_be_done_is_refused(db, asked, sentence):
    with transaction(db) as tx, pytest.raises(Refused, match=sentence):
        engine.handle(tx, [asked], now=NOW)
