"""Whether a click in Mattermost comes to setflow: a button to be pressed."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

import uvicorn

from setflow import app, settings, signature, views
from setflow.adapters.mattermost import survey
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.post import AMBER, GREEN, Button, Pen, Post
from setflow.app import Opened
from setflow.db import transaction
from setflow.definitions import Configuration
from setflow.doctor.chat import channels_of, connected
from setflow.doctor.findings import Finding, bad, good
from setflow.errors import DeliveryError, Refused
from setflow.settings import Settings

LOOK_SECONDS = 0.2
LISTEN_SECONDS = 1.0

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Test:
    """A button to be pressed: in whose direct messages ("" for the operations channel), how long.

    tell  told where the button is, once it is there
    """

    username: str
    seconds: float
    tell: Told


def press(
    house: Opened, given: Settings, configuration: Configuration | None, test: Test
) -> Finding:
    """Whether a click on a button of ours comes to us; it is posted, and patched at the end."""
    mattermost = connected(given)
    name = secrets.token_hex(8)
    try:
        where, channel_id = _place(mattermost, configuration, test.username)
        with _listening(house, given):
            post_id = mattermost.post(channel_id, _test_post(given, name), key=f"doctor:{name}")
            test.tell(f"A button waits in {where}: press it within {test.seconds:.0f} s.")
            heard = _heard(house, name, test.seconds)
        pen = _pen(given)
        words = "✓ The button works." if heard else "No click came to setflow."
        done = pen.post("**Test by `setflow doctor`**", pen.bar(GREEN if heard else AMBER, words))
        mattermost.patch(post_id, done)
    except (DeliveryError, Refused, OSError) as error:
        return bad("button", str(error), "Mend what is said above first.")
    return good("button", "the click came through") if heard else _unheard(given)


def _unheard(given: Settings) -> Finding:
    said = f"no click came to {given.public_url}"
    host = survey.private_host(given.public_url)
    if host:
        todo = (
            f"If you pressed it: add {host} to System Console › Environment › Developer › Allow "
            "untrusted internal connections to "
            "(ServiceSettings.AllowedUntrustedInternalConnections)."
        )
    else:
        todo = (
            "If you pressed it: the Mattermost server must reach that address. Is "
            "SETFLOW_PUBLIC_URL right, and does what stands before setflow lead to "
            f"{given.host}:{given.port}?"
        )
    return bad("button", said, todo)


def _place(
    mattermost: Mattermost, configuration: Configuration | None, username: str
) -> tuple[str, str]:
    if username:
        found = mattermost.user_ids([username])
        if username not in found:
            raise Refused(f"Mattermost does not know @{username}.")
        return f"the direct messages of @{username}", mattermost.direct_channel(found[username])
    name = channels_of(configuration)[0]
    channel = mattermost.channel(name)
    if channel is None:
        raise Refused(f"There is no channel ~{name}.")
    return f"~{name}", channel.id


def _pen(given: Settings) -> Pen:
    secret = settings.signing_key(given).get_secret_value().encode()
    return Pen(app.real_clock(), lambda context: signature.sign(secret, context), given.public_url)


def _test_post(given: Settings, name: str) -> Post:
    pen = _pen(given)
    button = Button("test", "It works", {"do": "test", "test": name}, "primary")
    words = "Press the button, so that `setflow doctor` sees whether clicks come through."
    return pen.post("**Test by `setflow doctor`**", pen.bar(AMBER, words, [button]))


def _heard(house: Opened, name: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with transaction(house.db) as tx:
            if views.button_heard(tx, name):
                return True
        time.sleep(LOOK_SECONDS)
    return False


@contextmanager
def _listening(house: Opened, given: Settings) -> Iterator[None]:
    """Our own web door, for as long as nobody else listens where it should be."""
    try:
        socket.create_connection((given.host, given.port), LISTEN_SECONDS).close()
    except OSError:
        pass
    else:
        yield
        return
    web: Any = app.build(house.db, given, clock=app.real_clock, chance=Random()).web
    config = uvicorn.Config(web, given.host, given.port, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="web", daemon=True)
    thread.start()
    while thread.is_alive() and not server.started:
        thread.join(LOOK_SECONDS)
    if not server.started:
        raise Refused(f"Cannot listen on {given.host}:{given.port}; check SETFLOW_LISTEN.")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(5)
