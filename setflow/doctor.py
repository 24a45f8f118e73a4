"""Whether everything that setflow needs is as it should be, and what to do where it is not."""

import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

import uvicorn

from setflow import app, db, settings, signature, views
from setflow.adapters.jira import Jira
from setflow.adapters.mattermost import setup, survey
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.mattermost.post import AMBER, GREEN, Button, Pen, Post
from setflow.adapters.notify import Notify
from setflow.adapters.opsgenie import OpsGenie
from setflow.app import Opened
from setflow.db import transaction
from setflow.definitions import Configuration
from setflow.errors import DeliveryError, Refused, SetflowError
from setflow.settings import Settings

OPERATIONS = "setflow-ops"
LOOK_SECONDS = 0.2
LISTEN_SECONDS = 1.0

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: how it is, and what to do where that is not well."""

    name: str
    ok: bool = field(kw_only=True)
    said: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Test:
    """A button to be pressed: in whose direct messages ("" for the operations channel), how long.

    tell  told where the button is, once it is there
    """

    username: str
    seconds: float
    tell: Told


def channels_of(configuration: Configuration | None) -> tuple[str, ...]:
    """The channels in which setflow posts by itself: operations, and those of rotations."""
    if configuration is None:
        return (OPERATIONS,)
    operations = configuration.channels.get("operations", "operations")
    own = [one.channel for one in configuration.rotations.values() if one.channel]
    return tuple(dict.fromkeys([operations, *(configuration.channels.get(o, o) for o in own)]))


def examine(
    given: Settings, test: Test | None, *, clock: app.Clock = app.real_clock
) -> Iterator[Finding]:
    """Every finding, as soon as it is known; with `test` the button at the end.

    The database is started if it is the embedded one, but not migrated. Beside the button nothing
    is changed anywhere.
    """
    configuration: Configuration | None = None
    try:
        with app.opened(given, migrate=False) as house:
            yield from _database(house, clock)
            configuration, finding = _configuration(house)
            yield finding
            yield from _around(given, configuration)
            if test and given.mattermost:
                yield _button(house, given, configuration, test)
    except SetflowError as error:
        said = str(error).strip().splitlines()[0]
        todo = "Is it running, and is SETFLOW_DATABASE_URL right?" if given.database_url else ""
        yield _bad("database", said, todo)
        yield from _around(given, configuration)


def _good(name: str, said: str) -> Finding:
    return Finding(name, said, ok=True)


def _bad(name: str, said: str, todo: str) -> Finding:
    return Finding(name, said, todo, ok=False)


def _database(house: Opened, clock: app.Clock) -> Iterator[Finding]:
    version, revision, newest = db.look(house.db)
    yield _good("database", f"PostgreSQL {version}, {'ours' if house.embedded else 'as set'}")
    if revision == newest:
        yield _good("tables", f"at revision {revision}")
    elif not revision:
        yield _bad("tables", "not there yet", "Run `setflow migrate`, or start `setflow serve`.")
    else:
        said = f"at revision {revision}, and this setflow knows {newest}"
        yield _bad(
            "tables", said, "Run `setflow migrate`; if that changes nothing, update setflow."
        )
    offset = db.clock_offset(house.db, clock)
    if abs(offset) > app.FURTHEST_CLOCK.total_seconds():
        said = f"the database's is {offset:+.1f} s from ours; setflow does not work like that"
        yield _bad("clock", said, "Let both machines keep their clocks by NTP.")
    else:
        yield _good("clock", f"{abs(offset):.2f} s from the database's")


def _configuration(house: Opened) -> tuple[Configuration | None, Finding]:
    _, revision, _ = db.look(house.db)
    here = None
    if revision:
        with transaction(house.db) as tx:
            here = views.in_force(tx, now=app.real_clock())
    if here is None:
        todo = "Run `setflow apply set.yaml`; `setflow init config` writes a first one."
        return None, _bad("configuration", "none is in force yet", todo)
    count = len(here.configuration.people)
    return here.configuration, _good("configuration", f"version {here.version}, {count} people")


def _around(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    """What does not need the database."""
    for name, look in (
        ("Mattermost", _mattermost),
        ("Jira", _jira),
        ("OpsGenie", _opsgenie),
        ("contact methods", _notify),
    ):
        try:
            yield from look(given, configuration)
        except DeliveryError as error:
            yield _bad(name, str(error), "Check its address and token in the settings.")


def _mattermost(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    if given.mattermost is None:
        yield _bad("Mattermost", "is not set up", "Run `setflow init mattermost`.")
        return
    mattermost = _connected(given)
    bot_id, username = mattermost.me()
    yield _good("Mattermost", f"@{username} at {given.mattermost.url}")
    yield _team(mattermost, given.mattermost.team, bot_id, username)
    for channel in channels_of(configuration):
        problem = survey.trouble(mattermost, channel)
        said = "the bot is in it and may edit its header"
        yield _bad(f"~{channel}", *_split(problem)) if problem else _good(f"~{channel}", said)
    if given.mattermost.command_token.get_secret_value():
        yield _good("/set", f"has its token; it should call {given.public_url}{setup.COMMAND_PATH}")
    else:
        todo = "Run `setflow init mattermost`, or set SETFLOW_MATTERMOST_COMMAND_TOKEN."
        yield _bad("/set", "has no token here, so every command is refused", todo)
    yield _public(given.public_url, given.mattermost.url)
    if configuration:
        yield _accounts(mattermost, configuration)


def _public(url: str, mattermost: str) -> Finding:
    name = "public address"
    if survey.is_here(url) and not survey.is_here(mattermost):
        said = f"{url} is this machine to itself; {mattermost} cannot reach it"
        return _bad(name, said, "Set SETFLOW_PUBLIC_URL to where that server reaches setflow.")
    host = survey.private_host(url)
    private = f", private: AllowedUntrustedInternalConnections has to list {host}" if host else ""
    return _good(name, f"{url}{private}")


def _split(problem: str) -> tuple[str, str]:
    said, _, todo = problem.partition("; ")
    return said, f"{todo[:1].upper()}{todo[1:]}."


def _connected(given: Settings) -> Mattermost:
    if given.mattermost is None:
        raise Refused("Mattermost is not set up; run `setflow init mattermost`.")
    chat = given.mattermost
    return Mattermost(chat.url, chat.token.get_secret_value(), chat.team)


def _team(mattermost: Mattermost, team: str, bot_id: str, username: str) -> Finding:
    todo = f"Invite @{username} into it, or run `setflow init mattermost`."
    try:
        if mattermost.is_team_member(bot_id):
            return _good("team", f"@{username} is in {team}")
    except DeliveryError as error:
        if error.status == 404:
            return _bad("team", f"there is no team {team}", "Set SETFLOW_MATTERMOST_TEAM.")
        if error.status != 403:
            raise
    return _bad("team", f"@{username} is not in {team}", todo)


def _accounts(mattermost: Mattermost, configuration: Configuration) -> Finding:
    wanted = {one.mattermost: name for name, one in configuration.people.items()}
    there = mattermost.user_ids(wanted)
    missing = sorted(wanted.keys() - there.keys())
    if missing:
        names = ", ".join(f"{wanted[one]} (@{one})" for one in missing)
        todo = "Say their usernames in the file (`mattermost: …`), and apply it."
        return _bad("accounts", f"Mattermost does not know {names}", todo)
    return _good("accounts", f"Mattermost knows all {len(wanted)}")


def _jira(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    wanted = configuration.jira if configuration else None
    if given.jira is None:
        if wanted:
            todo = "Set SETFLOW_JIRA_URL, SETFLOW_JIRA_USER and SETFLOW_JIRA_TOKEN."
            yield _bad("Jira", "the file has a section jira, but no site is set", todo)
        return
    if wanted is None:
        todo = "Write a section jira into the file; examples/set.yaml has one."
        yield _bad("Jira", "a site is set, but the file has no section jira", todo)
        return
    token = given.jira.token.get_secret_value()
    yield _good("Jira", Jira(given.jira.url, given.jira.user, token=token, settings=wanted).check())


def _opsgenie(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    if given.opsgenie is None:
        if configuration and configuration.opsgenie:
            said = "the file has a section opsgenie, but no key is set"
            yield _bad("OpsGenie", said, "Set SETFLOW_OPSGENIE_KEY.")
        return
    checked = OpsGenie(given.opsgenie.url, given.opsgenie.key.get_secret_value()).check()
    yield _good("OpsGenie", checked)


def _notify(given: Settings, configuration: Configuration | None) -> Iterator[Finding]:
    try:
        Notify({name: one.get_secret_value() for name, one in given.notify.items()})
    except ValueError as error:
        yield _bad("contact methods", str(error), "Write it as apprise does.")
    people = configuration.people.values() if configuration else ()
    used = [contact.via for person in people for contact in person.contact]
    for via in sorted(set(used)):
        name = f"SETFLOW_NOTIFY_{via.upper()}"
        if via in given.notify:
            yield _good(via, f"has a gateway, for {used.count(via)} people")
        else:
            todo = f"Set {name} to an apprise address with {{to}} in it."
            yield _bad(via, f"has no gateway, and {used.count(via)} people are paged by it", todo)


def _button(
    house: Opened, given: Settings, configuration: Configuration | None, test: Test
) -> Finding:
    mattermost = _connected(given)
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
        return _bad("button", str(error), "Mend what is said above first.")
    return _good("button", "the click came through") if heard else _unheard(given)


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
    return _bad("button", said, todo)


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


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The JSON of `setflow doctor`."""
    return {
        "ok": all(one.ok for one in findings),
        "checks": [
            {"name": one.name, "ok": one.ok, "said": one.said, "todo": one.todo} for one in findings
        ],
    }
