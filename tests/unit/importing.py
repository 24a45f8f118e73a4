"""What the tests of imports share: the fixtures, and one import from documents to verdict."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from setflow import definitions, importing

FIXTURES = Path(__file__).parent / "fixtures" / "importing"
NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
END = NOW + timedelta(weeks=4)


class Imported(NamedTuple):
    """An import that came through, its file read back."""

    found: importing.Found
    written: importing.Written
    configuration: definitions.Configuration
    checked: list[importing.Checked]
    overrides: list[importing.Override]
    climbed: list[importing.Climbed]

    @property
    def left(self):
        return "\n".join(self.found.left)

    @property
    def text(self):
        return self.written.text


def fixture(name):
    """The answers of a system, as an adapter or a folder hands them over."""
    documents = json.loads((FIXTURES / f"{name}.json").read_text())
    if name == "jsm":
        return [tuple(one) for one in documents]
    return [(f"{name}.json", documents)]


def imported(system, documents=None, known=None, now=NOW):
    """All that `setflow import` does without a database."""
    found = importing.read(system, documents or fixture(system), now)
    written = importing.write(found, importing.TITLES[system], known or {})
    configuration = definitions.read(written.text, "set.yaml", {})
    return Imported(
        found,
        written,
        configuration,
        importing.check(found, written, configuration.rotations),
        importing.overrides(found, written, configuration.rotations),
        importing.climbs(
            found,
            written,
            (configuration.rotations, configuration.teams, configuration.ladders),
            now,
        ),
    )


def agrees(done):
    return all(one.start and not one.differences for one in done.checked)
