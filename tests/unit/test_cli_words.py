"""How the command line says instants, schedules and differences; the file .env."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow import db, definitions
from setflow.adapters.mattermost.survey import Account
from setflow.cli import dotenv, template, words
from setflow.rotation import rules
from setflow.rotation.rules import Difference, Gap, Shift
from setflow.team.spec import Person

BERLIN = ZoneInfo("Europe/Berlin")
printable = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")))
PEOPLE = {"ana": Person("ana", "Ana Ruiz", "ana"), "bo": Person("bo", "Bo Lind", "bo")}
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC)
DAY = timedelta(days=1)

usernames = st.lists(
    st.from_regex(r"[a-z0-9._-]{1,22}", fullmatch=True), min_size=1, max_size=6, unique=True
)


def day(number, hours=12, before=(), after=("bo",), seat="web"):
    start = MONDAY + number * DAY
    return Difference(seat, start, start + timedelta(hours=hours), before, after)


def test_a_stretch_names_the_second_day_only_where_it_is_another():
    assert words.stretch(MONDAY, MONDAY + timedelta(hours=1), BERLIN) == "Mon 30 Nov 08:00 – 09:00"
    assert words.stretch(MONDAY, MONDAY + DAY, BERLIN) == "Mon 30 Nov 08:00 – Tue 1 Dec 08:00"


def test_a_gap_stands_where_it_falls_and_is_marked():
    half = timedelta(hours=12)
    shifts = [Shift("web", ("ana",), MONDAY, MONDAY + half, override=False)]
    gaps = [Gap("web", MONDAY + half, MONDAY + DAY), Gap("web", MONDAY - DAY, MONDAY)]

    assert words.schedule(shifts, gaps, PEOPLE, BERLIN) == [
        "Week 48, from Mon 23 Nov 2026",
        "  Sun 29 Nov 08:00 – Mon 30 Nov 08:00  web  nobody  ← gap",
        "",
        "Week 49, from Mon 30 Nov 2026",
        "  Mon 30 Nov 08:00 – 20:00             web  Ana Ruiz",
        "  Mon 30 Nov 20:00 – Tue 1 Dec 08:00   web  nobody  ← gap",
        "",
    ]


def test_an_empty_schedule_has_no_lines():
    assert words.schedule([], [], PEOPLE, BERLIN) == []


def test_the_same_change_on_days_in_a_row_makes_one_line():
    found = [day(0), day(1, seat="db"), day(1), day(2), day(4), day(5, before=("ana",))]

    assert words.differences(found, PEOPLE, BERLIN) == [
        "Mon 30 Nov 08:00 – Wed 2 Dec 20:00  web  Bo Lind  (3 shifts)",
        "Tue 1 Dec 08:00 – 20:00             db   Bo Lind",
        "Fri 4 Dec 08:00 – 20:00             web  Bo Lind",
        "Sat 5 Dec 08:00 – 20:00             web  Bo Lind  instead of Ana Ruiz",
    ]


def test_somebody_who_is_gone_from_the_file_is_named_as_it_did():
    assert words.titled(["ana", "zoe"], PEOPLE) == "Ana Ruiz and zoe"
    assert words.titled([], PEOPLE) == "nobody"


@given(values=st.dictionaries(st.from_regex(r"SETFLOW_[A-Z]{1,9}", fullmatch=True), printable))
def test_whatever_is_written_to_the_file_is_read_again(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("env") / ".env"

    dotenv.write(file, values)
    dotenv.write(file, values)

    assert dotenv.read(file) == values
    assert file.stat().st_mode & 0o777 == 0o600


@given(
    names=usernames,
    titles=st.text(max_size=20),
    zone=st.sampled_from(["", "Asia/Tokyo", "No/Where", "Europe/Berlin"]),
    hours=st.integers(0, 24 * 400),
)
def test_every_first_file_is_without_mistakes_and_somebody_is_on_at_once(
    names, titles, zone, hours
):
    now = MONDAY + timedelta(hours=hours)
    people = [Account(name, titles or name, zone) for name in names]

    found = definitions.read(template.first_file(people, "duty", BERLIN, now), "set.yaml", {})

    assert [one.mattermost for one in found.people.values()] == names
    history = rules.history_of(found.rotations["oncall"])
    seat = "oncall.primary" if len(names) > 1 else "oncall"
    assert rules.who(history, (), seat, now).people == (next(iter(found.people)),)


@pytest.mark.parametrize(
    ("usernames", "called"),
    [
        (["ana.ruiz", "bo.lind"], ["ana", "bo"]),
        (["ana.ruiz", "ana.lind"], ["ana.ruiz", "ana.lind"]),
        (["null", "7"], ["null", "7"]),
    ],
)
def test_people_are_called_by_the_first_part_of_their_name_where_it_is_theirs_alone(
    usernames, called
):
    people = [Account(name, name, "") for name in usernames]

    found = definitions.read(template.first_file(people, "x", BERLIN, MONDAY), "set.yaml", {})

    assert list(found.people) == called


def test_a_backup_is_made_with_the_password_that_connections_ask_for():
    assert "password=hush" in db.with_password("postgresql://me@example.com/x", "echo hush")
    assert db.with_password("postgresql://me@example.com/x", "") == "postgresql://me@example.com/x"
