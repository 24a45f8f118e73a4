"""The doors of one process, put together; and the clock, which is read here alone."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random

from fastapi import FastAPI

from setflow import puller, relay, settings, signature, views
from setflow.adapters.jira import Jira
from setflow.adapters.mail.names import Names
from setflow.adapters.mail.outbound import Outbox
from setflow.adapters.mattermost.outbound import Mattermost
from setflow.adapters.notify import Notify
from setflow.adapters.opsgenie import OpsGenie
from setflow.app.clock import Clock, Steady, real_clock
from setflow.app.counted import Counted
from setflow.db import Db, transaction
from setflow.effects import MAIL, MATTERMOST, NOTIFY, OPSGENIE
from setflow.errors import DeliveryError
from setflow.mailroom.desk import Desk
from setflow.relay import phones, senders
from setflow.relay.letters import Letters
from setflow.relay.links import Links
from setflow.settings import Settings
from setflow.web import auth, server
from setflow.web.keyring import Keyring
from setflow.web.metrics import Metrics

log = logging.getLogger(__name__)

MEMBERSHIP_SECONDS = 60.0
BARS = ("start", "clock", "version")
"""Problems of a process that must not work what is due."""


@dataclass
class Parts:
    """One process's doors, put together.

    problems  what this process knows to be wrong with itself, by part: sentences
    news      by source, what is called when a hook says that there is something to pull
    """

    db: Db
    clock: Steady
    relay: relay.Relay
    puller: puller.Puller
    web: FastAPI
    mattermost: Mattermost | None
    metrics: Metrics
    desk: Desk
    problems: dict[str, str] = field(default_factory=dict)
    news: dict[str, Callable[[], None]] = field(default_factory=dict)


def build(database: Db, given: Settings, *, clock: Clock, chance: Random) -> Parts:
    """The doors on a database. Nothing runs yet, and nobody is called."""
    clock = Steady(clock)
    secret = settings.signing_key(given).get_secret_value().encode()
    chat = given.mattermost
    mattermost = Mattermost(chat.url, chat.token.get_secret_value(), chat.team) if chat else None
    opsgenie = (
        OpsGenie(given.opsgenie.url, given.opsgenie.key.get_secret_value(), given.opsgenie.user)
        if given.opsgenie
        else None
    )
    problems: dict[str, str] = {}
    news: dict[str, Callable[[], None]] = {}
    by_system: dict[str, relay.Sender] = {}
    if mattermost:
        by_system[MATTERMOST] = senders.Chat(
            mattermost,
            operations=partial(_channel, database, clock),
            sign=partial(signature.sign, secret),
            callback_url=given.public_url,
        )
    if given.notify:
        gateways = {name: address.get_secret_value() for name, address in given.notify.items()}
        by_system[NOTIFY] = phones.Phone(Notify(gateways), Links(secret, given.public_url))
    if opsgenie:
        by_system[OPSGENIE] = senders.Mirror(opsgenie)
    if given.mail.url:
        by_system[MAIL] = Letters(Outbox(given.mail.url.get_secret_value()))
    metrics = Metrics(database, clock)
    hook_keys = {name: key.get_secret_value() for name, key in given.hook_keys.items()}
    doors = server.Doors(
        database,
        _keys(given, secret),
        look_up=_LookUp(mattermost),
        clock=clock,
        alive=lambda: list(problems.values()),
        barred=lambda: [problems[name] for name in BARS if name in problems],
        metrics=metrics,
        hint=lambda source: news.get(source, _nobody)(),
        callback_url=given.public_url,
        keyring=Keyring(database, hook_keys, clock=clock),
    )
    return Parts(
        database,
        clock,
        relay.Relay(
            database,
            {system: Counted(sender, metrics) for system, sender in by_system.items()},
            clock=clock,
            chance=chance,
        ),
        puller.Puller(
            database,
            puller.Sources(_JiraOf(database, given, clock), opsgenie, mattermost, given.feed_hosts),
            process=process_name(),
            clock=clock,
        ),
        server.build(doors),
        mattermost,
        metrics,
        Desk(
            database,
            Names(),
            secret=given.mail.secret.get_secret_value(),
            clock=clock,
            counted=metrics.mailed,
        ),
        problems,
        news,
    )


def _nobody() -> None:
    """A hint that nobody waits for: the next pull finds what it is about."""


def process_name() -> str:
    """This process as others see it, such as `host:4711`."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _channel(database: Db, clock: Clock) -> str:
    with transaction(database) as tx:
        return views.channel_name(tx, "operations", now=clock())


def _keys(given: Settings, secret: bytes) -> auth.Keys:
    return auth.Keys(
        secret,
        command_token=given.mattermost.command_token.get_secret_value() if given.mattermost else "",
        api_token=given.api_token.get_secret_value() if given.api_token else "",
        hook_keys={name: key.get_secret_value() for name, key in given.hook_keys.items()},
        opsgenie=given.opsgenie.hook_key.get_secret_value() if given.opsgenie else "",
    )


class _LookUp:
    """Who a Mattermost user is, asked again after a minute; the last answer while it is down."""

    def __init__(self, mattermost: Mattermost | None) -> None:
        self.mattermost = mattermost
        self._known: dict[str, tuple[float, auth.ChatUser]] = {}

    def __call__(self, user_id: str) -> auth.ChatUser | None:
        moment = threading.TIMEOUT_MAX if self.mattermost is None else _seconds()
        at, known = self._known.get(user_id, (0.0, None))
        if self.mattermost is None or (known and moment - at < MEMBERSHIP_SECONDS):
            return known
        try:
            user = self.mattermost.user(user_id)
            member = not user.deleted and self.mattermost.is_team_member(user_id)
        except DeliveryError as error:
            log.warning("could not look up a user: %s", error)
            return known
        if len(self._known) > 10_000:
            self._known.clear()
        found = auth.ChatUser(user_id, user.username, guest=user.guest, member=member)
        self._known[user_id] = (moment, found)
        return found


def _seconds() -> float:
    return real_clock().timestamp()


class _JiraOf:
    """The Jira client for the configuration in force; none where either is not set up."""

    def __init__(self, database: Db, given: Settings, clock: Clock) -> None:
        self.database, self.given, self.clock = database, given.jira, clock
        self._made: tuple[str, Jira] | None = None

    def __call__(self) -> Jira | None:
        if self.given is None:
            return None
        with transaction(self.database) as tx:
            here = views.in_force(tx, now=self.clock())
        if here is None or here.configuration.jira is None:
            return None
        if self._made is None or self._made[0] != here.configuration.digest:
            made = Jira(
                self.given.url,
                self.given.user,
                token=self.given.token.get_secret_value(),
                settings=here.configuration.jira,
            )
            self._made = (here.configuration.digest, made)
        return self._made[1]
