from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from setflow.adapters.mattermost.post import AMBER, GREY, RED
from setflow.adapters.mattermost.render import render
from setflow.adapters.mattermost.reports import findings_text
from setflow.effects import ShowFindings, TellDeparture
from setflow.facts import DepartureFacts, FindingsFacts, Told, Who

NOW = datetime(2026, 11, 30, 8, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MAX, HAL = Who("max", "Max Weber", "max.weber"), Who("hal", "Hal Stone", "hal.stone")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def told(kind, said="something", start=NOW + 2 * DAY, lasts=12 * HOUR, people=("ana",)):
    return Told(kind, start, start + lasts, said, people)


def ahead(*found, leads=(MAX,), rotation="set"):
    title = "SET" if rotation else "All rotations"
    return FindingsFacts(rotation, title, "sustained", BERLIN, 90, found, leads)


def post(facts):
    effect = (
        TellDeparture("hal", "x")
        if isinstance(facts, DepartureFacts)
        else ShowFindings("set", "2026-11-30")
    )
    return render(effect, facts, sign=lambda _: "", callback_url="", now=NOW)


def test_where_nothing_was_found_one_grey_line_says_so():
    said = post(ahead())
    assert said.message == "SET: the next 90 days are staffed."
    assert said.attachments[0]["color"] == GREY
    assert said.mentions == ()


def test_a_post_begins_with_how_much_there_is_and_calls_the_lead_for_what_waits_for_somebody():
    gap = told("gap", "Nobody is SET backup (EMEA) (11 h)", lasts=11 * HOUR)
    away = told("away", "Ana is away, but is SET primary", lasts=5 * DAY)
    holiday = told("holiday", "Ana is SET primary on a holiday: Christmas *Day*", lasts=DAY)
    assert post(ahead(gap, away, away, holiday)).message == (
        "**SET, the next 90 days: 1 gap, 2 away and 1 on a holiday**\n"
        "- **Wed 09:00 – 20:00** · Nobody is SET backup (EMEA) (11 h)\n"
        "- **Wed 2 Dec – Mon 7 Dec** · Ana is away, but is SET primary\n"
        "- **Wed 2 Dec – Mon 7 Dec** · Ana is away, but is SET primary\n"
        "- **Wed 2 Dec – Thu 3 Dec** · Ana is SET primary on a holiday: Christmas \\*Day\\*\n"
        "@max.weber, the next cycle is yours: `/set override` puts somebody on a seat, the file "
        "says whose turns come."
    )
    assert post(ahead(gap)).mentions == ("max.weber",)
    assert "@" not in post(ahead(gap, leads=())).message
    assert "@" not in findings_text(ahead(gap), NOW)


@pytest.mark.parametrize(
    ("kind", "colour"),
    [
        *dict.fromkeys([("gap", RED), ("left", RED), ("nobody-to-page", RED)]),
        *[("early", AMBER), ("away", AMBER), ("two-duties", AMBER), ("no-contact", AMBER)],
        *[("nobody-awake", GREY), ("holiday", GREY), ("rather-not", GREY)],
    ],
)
def test_the_bar_says_how_urgent_the_worst_is_and_others_are_not_called(kind, colour):
    said = post(ahead(told(kind), told("rather-not")))
    assert said.attachments[0]["color"] == colour
    assert said.attachments[0]["footer"] == "Berlin time"
    assert bool(said.mentions) is (colour == RED)


def test_who_is_gone_or_reached_in_chat_alone_is_counted_once_however_they_are_listed():
    many = told("no-contact", people=tuple(f"p{number}" for number in range(19)))
    gone, back, other = told("left"), told("left", start=NOW + 9 * DAY), told("left", people=("b",))
    said = findings_text(ahead(gone, back, other, many), NOW)
    assert said.startswith(
        "**SET, the next 90 days: 2 people gone and 19 reached in chat alone**\n"
    )


def test_eight_lines_are_shown_and_the_command_that_shows_the_rest():
    said = post(ahead(*[told("away")] * 13)).message
    assert said.count("\n- ") == 8
    assert said.endswith("\nand 5 more: `/set gaps set`")
    said = findings_text(ahead(*[told("holiday")] * 41, rotation=""), NOW)
    assert said.startswith("**All rotations, the next 90 days: 41 on holidays**")
    assert said.count("\n- ") == 40
    assert said.endswith("\nand 1 more: `setflow schedule --gaps 90d`")


def test_a_departure_names_the_seat_and_from_when_on_it_is_missed():
    gone = DepartureFacts(HAL, "is deactivated in Mattermost", "SET backup", NOW + 14 * DAY, BERLIN)
    said = post(gone)
    assert said.message == (
        "**Hal Stone is deactivated in Mattermost**, but is SET backup from **Mon 14 Dec 09:00**. "
        "`/set override` puts somebody else on the seat; the file still names hal."
    )
    assert said.attachments[0]["color"] == RED
    assert said.mentions == ()
