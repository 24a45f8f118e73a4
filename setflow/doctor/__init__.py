"""Whether everything that setflow needs is as it should be, and what to do where it is not."""

from collections.abc import Iterator

from setflow import app, db, views
from setflow.app import Opened
from setflow.db import transaction
from setflow.definitions import Configuration
from setflow.doctor.around import around
from setflow.doctor.button import Test, press
from setflow.doctor.chat import OPERATIONS, channels_of
from setflow.doctor.findings import Finding, as_json, bad, good
from setflow.errors import SetflowError
from setflow.settings import Settings

__all__ = ["OPERATIONS", "Finding", "Test", "as_json", "channels_of", "examine"]


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
            if configuration:
                yield _verified(house)
            yield from around(given, configuration)
            if test and given.mattermost:
                yield press(house, given, configuration, test)
    except SetflowError as error:
        said = str(error).strip().splitlines()[0]
        todo = "Is it running, and is SETFLOW_DATABASE_URL right?" if given.database_url else ""
        yield bad("database", said, todo)
        yield from around(given, configuration)


def _database(house: Opened, clock: app.Clock) -> Iterator[Finding]:
    version, revision, newest = db.look(house.db)
    yield good("database", f"PostgreSQL {version}, {'ours' if house.embedded else 'as set'}")
    if revision == newest:
        yield good("tables", f"at revision {revision}")
    elif not revision:
        yield bad("tables", "not there yet", "Run `setflow migrate`, or start `setflow serve`.")
    else:
        said = f"at revision {revision}, and this setflow knows {newest}"
        yield bad("tables", said, "Run `setflow migrate`; if that changes nothing, update setflow.")
    offset = db.clock_offset(house.db, clock)
    if abs(offset) > app.FURTHEST_CLOCK.total_seconds():
        said = f"the database's is {offset:+.1f} s from ours; setflow does not work like that"
        yield bad("clock", said, "Let both machines keep their clocks by NTP.")
    else:
        yield good("clock", f"{abs(offset):.2f} s from the database's")


def _configuration(house: Opened) -> tuple[Configuration | None, Finding]:
    _, revision, _ = db.look(house.db)
    here = None
    if revision:
        with transaction(house.db) as tx:
            here = views.in_force(tx, now=app.real_clock())
    if here is None:
        todo = "Run `setflow apply set.yaml`; `setflow init config` writes a first one."
        return None, bad("configuration", "none is in force yet", todo)
    count = len(here.configuration.people)
    return here.configuration, good("configuration", f"version {here.version}, {count} people")


def _verified(house: Opened) -> Finding:
    """Whose contact methods are not counted on, since no test page is known to have come."""
    with transaction(house.db) as tx:
        here = views.in_force(tx, now=app.real_clock())
        found = views.unverified(tx, here) if here else {}
    if not found:
        return good("test pages", "every contact method is verified")
    names = ", ".join(f"{name} ({', '.join(vias)})" for name, vias in sorted(found.items()))
    todo = "Each of them gives `/set contact test METHOD` in Mattermost."
    return bad("test pages", f"not verified, so not counted on: {names}", todo)
