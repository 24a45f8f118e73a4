"""What every tier may ask for: a database of its own, migrated and empty."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from setflow.db import Db, connect, migrate
from setflow.embedded import Embedded

QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
MUCH_BYTES = 2 * 1024**3
_numbers = itertools.count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--crash-rounds", type=int, default=20, help="how often to kill setflow")


@pytest.fixture
def crash_rounds(pytestconfig: pytest.Config) -> int:
    """How often the kill loop is to go round."""
    return int(pytestconfig.getoption("crash_rounds"))


@pytest.fixture(scope="session")
def reachable_folder() -> Iterator[Path]:
    """A folder with a short path that the server's user can reach; pytest's own are closed.

    In memory where there is room: to copy a database there takes a tenth of the time.
    """
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MUCH_BYTES
    folder = Path(tempfile.mkdtemp(prefix="setflow-test-", dir=memory if roomy else "/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def server(reachable_folder: Path) -> Iterator[Embedded]:
    """A running PostgreSQL, without its care for power cuts."""
    embedded = Embedded(reachable_folder / "postgres", QUICK)
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture(scope="session")
def template(server: Embedded) -> str:
    """The name of a migrated database to copy from."""
    _on(server, SQL("create database template_setflow"))
    db = connect(make_conninfo(server.url, dbname="template_setflow"))
    migrate(db)
    db.dispose()
    return "template_setflow"


@pytest.fixture
def db_url(server: Embedded, template: str) -> Iterator[str]:
    """The address of a migrated and empty database, there for this test alone."""
    name = f"test_{next(_numbers)}"
    copy = SQL("create database {} template {} strategy file_copy")
    _on(server, copy.format(Identifier(name), Identifier(template)))
    yield make_conninfo(server.url, dbname=name)
    _on(server, SQL("drop database {} with (force)").format(Identifier(name)))


@pytest.fixture
def db(db_url: str) -> Iterator[Db]:
    """A pool of connections to a database of this test's own."""
    engine = connect(db_url)
    yield engine
    engine.dispose()


def _on(server: Embedded, statement: SQL | object) -> None:
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
