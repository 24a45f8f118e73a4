"""When somebody is away, read from the calendar that they keep."""

import logging
from datetime import UTC, datetime

import pytest
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from setflow.adapters import calendars
from setflow.errors import DeliveryError
from tests.acceptance.world import BERLIN, SET, World, at
from tests.loopback import served

SECRET = "secret-4711"


def calendar(*events):
    """A calendar of events, each given by its lines."""
    parts = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN"]
    for event in events:
        parts += ["BEGIN:VEVENT", "DTSTAMP:20261101T000000Z", *event.split("|"), "END:VEVENT"]
    return "\r\n".join([*parts, "END:VCALENDAR", ""])


PTO = "UID:1|SUMMARY:PTO: Lisbon|DTSTART;VALUE=DATE:20261221|DTEND;VALUE=DATE:20261225"
DENTIST = "UID:2|SUMMARY:Dentist|DTSTART:20261203T090000Z|DTEND:20261203T100000Z"
FRIDAYS = (
    "UID:3|SUMMARY:Day off|DTSTART;VALUE=DATE:20261204|DTEND;VALUE=DATE:20261205|"
    "RRULE:FREQ=WEEKLY;COUNT=3"
)
OUTLOOK = (
    "UID:4|SUMMARY:Paris|X-MICROSOFT-CDO-BUSYSTATUS:OOF|DTSTART:20261210T080000Z|"
    "DTEND:20261210T160000Z"
)
CANCELLED = f"{PTO.replace('UID:1', 'UID:5')}|STATUS:CANCELLED"


class Shelf:
    """A server of calendars: what it answers, and how often it was asked."""

    def __init__(self):
        self.text, self.status, self.asked = calendar(PTO, DENTIST), 200, 0
        self.app = Starlette(
            routes=[
                Route("/round", lambda _: RedirectResponse("/round")),
                Route("/away", lambda _: RedirectResponse("https://169.254.169.254/latest")),
                Route("/{rest:path}", self._answer),
            ]
        )

    def _answer(self, _):
        self.asked += 1
        return Response(self.text, self.status, media_type="text/calendar")


@pytest.fixture(scope="module")
def shelf():
    return Shelf()


@pytest.fixture(scope="module")
def url(shelf):
    with served(shelf.app) as address:
        yield address


@pytest.fixture
def world(db, street, shelf, url):
    shelf.text, shelf.status = calendar(PTO, DENTIST), 200
    world = World(db, street, environ={"SETFLOW_FEED_HOSTS": "127.0.0.1"})
    world.apply()
    return world


def absences(world):
    return [
        line.split(" ", 2)[2]
        for line in world.chat.slash("ana", SET, "/set away").splitlines()
        if line.startswith("- ")
    ]


def test_days_off_are_read_followed_and_forgotten(world, shelf, url):
    said = world.chat.slash("ana", SET, f"/set away feed {url}/{SECRET}.ics")
    assert said.startswith("Your absences are read there, within a minute and then every hour")
    world.pull("absences")
    assert absences(world) == ["Mon 21 Dec – Thu 24 Dec, the last day included — PTO: Lisbon"]

    shelf.text = calendar(PTO.replace("20261221", "20261222"), FRIDAYS, OUTLOOK, CANCELLED)
    world.pass_time(hours=1)
    world.pull("absences")
    assert absences(world) == [
        "Fri 4 Dec, the whole day — Day off",
        "Thu 10 Dec 09:00 – 17:00 — Paris",
        "Fri 11 Dec, the whole day — Day off",
        "Fri 18 Dec, the whole day — Day off",
        "Tue 22 Dec – Thu 24 Dec, the last day included — PTO: Lisbon",
    ]
    before = world.rows("select count(*) from absences")
    world.pass_time(hours=1)
    world.pull("absences")
    assert world.rows("select count(*) from absences") == before

    world.chat.slash("ana", SET, "/set away feed off")
    assert absences(world) == []


def test_a_calendar_that_fails_is_told_its_owner_once_and_changes_nothing(
    world, shelf, url, caplog
):
    world.chat.slash("ana", SET, f"/set away feed {url}/{SECRET}.ics every")
    world.pull("absences")
    assert len(absences(world)) == 2
    shelf.status = 404
    with caplog.at_level(logging.DEBUG):
        for _ in range(3):
            world.pass_time(hours=1)
            world.pull("absences")

    told = [one for one in world.user("ana").posts() if "absences cannot be read" in one]
    assert told == [
        "Your calendar of absences cannot be read: The calendar's server answers 404. Until it "
        "can, your absences stay as last read. `/set away feed ADDRESS` names another, `/set away "
        "feed off` ends it."
    ]
    assert len(absences(world)) == 2
    assert SECRET not in caplog.text
    history = str(world.rows("select payload::text from history"))
    assert SECRET not in history


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "Write `/set away feed ADDRESS`"),
        ("ftp://example.com/x.ics", "Give the calendar's address, such as https://"),
        ("https://me:secret@example.com/x.ics", "should have no name and password in it"),
        ("https://[::1/x.ics", "Give the calendar's address"),
        ("off", "Your absences are read in no calendar"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(world, words, said):
    assert said in world.chat.slash("ana", SET, f"/set away feed {words}".strip())


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00::1]",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
    ],
)
def test_no_address_inside_a_private_network_is_asked(host):
    with pytest.raises(DeliveryError, match=r"private network|is unknown"):
        calendars.fetch(f"https://{host}/x.ics", ())


def test_a_redirect_is_looked_at_as_carefully_as_the_first_address(url):
    with pytest.raises(DeliveryError, match="inside a private network"):
        calendars.fetch(f"{url}/away", ["127.0.0.1"])
    with pytest.raises(DeliveryError, match="round and round"):
        calendars.fetch(f"{url}/round", ["127.0.0.1"])


def test_http_is_for_hosts_that_the_operator_named(url):
    with pytest.raises(DeliveryError, match="begin with https"):
        calendars.fetch(url, ())


def test_what_is_too_long_or_no_calendar_is_refused(shelf, url):
    shelf.text = "x" * (2 * 1024 * 1024 + 1)
    with pytest.raises(DeliveryError, match="over 2 MiB"):
        calendars.fetch(f"{url}/x.ics", ["127.0.0.1"])
    now = datetime(2026, 12, 1, tzinfo=UTC)
    for nonsense in (b"", b"<html>", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT", b"\xff\xfe\x00"):
        with pytest.raises(DeliveryError, match="no calendar"):
            calendars.read(nonsense, BERLIN, now, now, every=True)


def test_whole_days_are_those_of_the_person_s_zone():
    text = calendar(PTO).encode()
    (found,) = calendars.read(
        text, BERLIN, at("2026-12-01 00:00"), at("2027-01-01 00:00"), every=False
    )
    assert (found.start, found.end) == (at("2026-12-21 00:00"), at("2026-12-25 00:00"))
