"""Those who talk to the OpsGenie-compatible API: keys, and the real client library."""

from random import Random
from typing import Any

import opsgenie_sdk

from setflow import engine, signature
from setflow.db import transaction
from tests.acceptance.world import World

BASE = {
    "alias": "0af9d2",
    "message": "HighLatency",
    "details": {"alertname": "HighLatency", "cluster": "eu-1"},
    "source": "http://alertmanager:9093/#/alerts?receiver=ops",
}
"""What Alertmanager sends at least when something fires."""


def a_key(world: World, source: str, *scopes: str) -> str:
    """A new key of a source."""
    number, secret = f"{Random(source + ''.join(scopes)).getrandbits(40):010x}", "5" * 40
    made = engine.MakeKey(source, scopes, "shell", number, signature.digest(secret))
    with transaction(world.db) as tx:
        engine.handle(tx, [made], now=world.now)
    return signature.key_text(number, secret)


def client(world: World, key: str) -> Any:
    """The client library, with nothing changed but address and key."""
    configuration = opsgenie_sdk.Configuration()
    configuration.host = world.street.urls["web"]
    configuration.retry_enabled = False
    configuration.api_key = {"Authorization": key}
    return opsgenie_sdk.ApiClient(configuration)


def alerts_of(world: World, key: str) -> Any:
    return opsgenie_sdk.AlertApi(client(world, key))


def heartbeats_of(world: World, key: str) -> Any:
    return opsgenie_sdk.HeartbeatApi(client(world, key))
