"""Whoever opens a door and says nothing is not waited for."""

import asyncio
import socket

import pytest
from fastapi import HTTPException
from starlette.responses import PlainTextResponse

from setflow.web.limits import Bounded, Prompt
from tests.loopback import awaited, served

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


class Hasty(Prompt):
    seconds = 0.2


def asked(said: bytes, times: int = 1) -> bytes:
    """All that is answered until the server hangs up; `said` is said so often, heard each time."""
    with served(PlainTextResponse("well"), http=Hasty) as url:
        address = "127.0.0.1", int(url.rpartition(":")[2])
        with socket.create_connection(address, timeout=10) as line:
            answer = b""
            for _ in range(times):
                line.sendall(said)
                answer += line.recv(1000)
            line.sendall(HEAD if answer else b"")
            while more := line.recv(1000):
                answer += more
    return answer


@pytest.mark.parametrize("said", [b"", HEAD])
def test_who_does_not_say_what_they_want_is_hung_up_on(said):
    assert asked(said) == b""


def test_who_says_it_is_answered_again_and_again():
    answer = asked(HEAD + b"\r\n", times=3)
    assert answer.count(b"200 OK") == answer.count(b"well") == 3


def test_a_body_that_does_not_end_is_given_up():
    async def app(scope, receive, send):
        for _ in range(3):
            await receive()

    async def ask():
        coming = asyncio.Queue()
        for _ in range(2):
            coming.put_nowait({"type": "http.request", "body": b"x", "more_body": True})
        await Bounded(app, seconds=0.05)({"type": "http", "headers": []}, coming.get, None)

    with pytest.raises(HTTPException) as caught:
        awaited(ask())
    assert (caught.value.status_code, caught.value.detail) == (
        408,
        "The body did not arrive within 0.05 s.",
    )


def test_after_the_body_whoever_listens_for_the_end_may_wait():
    async def app(scope, receive, send):
        await receive()
        await receive()

    async def ask():
        coming = asyncio.Queue()
        coming.put_nowait({"type": "http.request", "body": b"x", "more_body": False})
        asyncio.get_running_loop().call_later(0.2, coming.put_nowait, {"type": "http.disconnect"})
        await Bounded(app, seconds=0.05)({"type": "http", "headers": []}, coming.get, None)

    awaited(ask())
