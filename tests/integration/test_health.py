"""What a process says of itself while its database is away."""

import pytest
import requests
from fastapi import FastAPI

from setflow import app
from setflow.db import connect
from setflow.web import health
from setflow.web.metrics import Metrics
from tests.loopback import served


@pytest.fixture(scope="module")
def alone():
    """The address of a process whose database nobody answers for."""
    db = connect("postgresql://127.0.0.1:1/none")
    metrics = Metrics(db, app.real_clock)
    metrics.tried("notify", page=True, delivered=False)
    built = FastAPI()
    built.include_router(
        health.router(db, clock=app.real_clock, alive=list, barred=list, metrics=metrics)
    )
    with served(built) as url:
        yield url


def test_it_lives_is_not_ready_and_says_why(alone):
    assert requests.get(f"{alone}/livez", timeout=10).json() == {"ok": True}
    for path in ("/readyz", "/healthz"):
        answer = requests.get(alone + path, timeout=10)
        assert answer.status_code == 503
        assert answer.json()["problems"] == ["The database does not answer."]


def test_what_it_counted_itself_is_still_told(alone):
    said = requests.get(f"{alone}/metrics", timeout=10)

    assert said.status_code == 200
    assert "setflow_database_up 0.0\n" in said.text
    tries = 'setflow_delivery_tries_total{kind="page",outcome="failed",system="notify"} 1.0\n'
    assert tries in said.text
    assert "setflow_late_seconds{" not in said.text
