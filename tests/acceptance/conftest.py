"""A world for each story: its own database, its own stand-ins, real HTTP between them."""

from collections.abc import Iterator

import pytest

from setflow.db import Db
from tests.acceptance.world import Street, World


@pytest.fixture(scope="session")
def street() -> Iterator[Street]:
    """Servers on loopback that every story puts its own stand-ins behind."""
    with Street() as built:
        yield built


@pytest.fixture
def bare(db: Db, street: Street) -> World:
    """The same, with nothing configured."""
    return World(db, street)


@pytest.fixture
def world(bare: World) -> World:
    """Crew A is on, it is Monday 11:00 in Berlin, and nothing has happened yet."""
    bare.apply()
    return bare
