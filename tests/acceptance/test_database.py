"""What becomes of a database and of clocks is survived by a setflow that runs."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier
from pydantic import SecretStr

from setflow import app
from setflow.db import connect
from setflow.embedded import Embedded
from tests.acceptance.live import Live, live, pause, wait_until
from tests.pooler import pooled

__all__ = ["live"]

FEW = [f"alert {number}" for number in range(4)]
"""Few enough that each is told by itself."""


def test_a_server_that_is_started_again_in_mid_storm_costs_no_page(
    live: Live, server: Embedded
) -> None:
    with live.service() as service:
        live.street.behind["web"].app = service.parts.web
        wait_until(lambda: live.post_alert(FEW[0], delivery="first").status_code == 202)
        assert live.post_alert(FEW[1]).status_code == 202
        server.stop()
        try:
            assert live.post_alert(FEW[2]).status_code == 503
        finally:
            server.start()
        assert {live.post_alert(key).status_code for key in FEW[2:]} == {202}
        wait_until(lambda: len(live.paged()) >= 3 * len(FEW))

    keys = live.keys("page:")
    assert sorted(keys) == sorted(set(keys))
    assert len(keys) == 3 * len(FEW)


def test_past_a_pooler_without_notices_it_works_and_asks_for_the_password_each_time(
    live: Live, db_url: str, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    folder = conninfo_to_dict(db_url)["host"]
    with pooled(str(folder), 4) as port:
        through = connect(make_conninfo(db_url, host="127.0.0.1", port=port), pooler=True)
        live.given = replace(
            live.given,
            listen_url=SecretStr(live.address),
            password_command=f"sh -c 'echo x >> {asked}; echo secret'",
        )
        with live.service(db=through) as service:
            live.street.behind["web"].app = service.parts.web
            for key in FEW[:2]:
                wait_until(lambda key=key: live.post_alert(key, delivery=key).status_code == 202)
            wait_until(lambda: len(live.paged()) == 3 * 2)
            wait_until(asked.exists)
            assert service.parts.problems == {}
        through.dispose()
    assert sorted(live.paged()) == sorted(["ana", "bo", "cy"] * 2)


def test_a_clock_that_is_set_while_it_runs_pages_nobody_before_time(live: Live) -> None:
    def an_hour_on() -> datetime:
        return app.real_clock() + timedelta(hours=1)

    with live.service() as service:
        live.street.behind["web"].app = service.parts.web
        live.post_alert(FEW[0])
        wait_until(lambda: live.paged() == ["ana", "bo", "cy"])
        service.parts.clock.wall = an_hour_on
        live.post_alert(FEW[1])
        wait_until(lambda: "clock" in service.parts.problems)
        pause(1.2)

    assert [key for key in live.keys("page:") if key.split(":")[1].startswith("1.")] == [
        f"page:1.1.0.{step}:{who}:mattermost" for step, who in enumerate(("ana", "bo", "cy"))
    ]
    (late,) = live.rows("select max(received_at) from inbox")[0]
    assert abs(late - app.real_clock()) < timedelta(minutes=1)


@pytest.fixture
def worker(server: Embedded, db_url: str) -> str:
    """The address of the database for a role that may read and write rows, and no more."""
    name = conninfo_to_dict(db_url)["dbname"]
    role = Identifier(f"worker_{name}")
    with psycopg.connect(db_url, autocommit=True) as owner:
        owner.execute(SQL("create role {} login").format(role))
        rows = "grant select, insert, update, delete on all tables in schema public to {}"
        owner.execute(SQL(rows).format(role))
        owner.execute(SQL("grant usage on all sequences in schema public to {}").format(role))
    return str(make_conninfo(db_url, user=f"worker_{name}"))


def test_it_serves_as_a_role_that_may_read_and_write_rows_and_no_more(
    live: Live, worker: str
) -> None:
    there = connect(worker)
    given = replace(live.given, database_url=SecretStr(worker))
    with app.opened(given), live.service(db=there) as service:
        live.street.behind["web"].app = service.parts.web
        live.post_alert(FEW[0])
        wait_until(lambda: live.paged() == ["ana", "bo", "cy"])
        assert service.parts.problems == {}
    there.dispose()
    with psycopg.connect(worker) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("create table public.mine (id int)")
