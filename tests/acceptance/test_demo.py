"""The demonstration, played at once: what each scripted moment leaves for people to see."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import requests

from setflow import engine, views
from setflow.db import transaction
from setflow.demo.clock import SimulatedClock
from setflow.demo.player import WAITED_FOR, Player
from setflow.demo.script import ALERT, BEGIN, INCIDENT, SET, scenes
from setflow.demo.stage import at, read_configuration, staged
from setflow.demo.transcript import transcript
from setflow.errors import SetflowError
from setflow.sandbox.page import page_app

# apprise loads pgpy, which on Python before 3.13 still knows imghdr.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

ROOT = Path(__file__).parents[2]
BERLIN = ZoneInfo("Europe/Berlin")
SECONDS = 60


@pytest.fixture(scope="module")
def played():
    configuration = read_configuration()
    begun = time.monotonic()
    with staged(SimulatedClock(at(BEGIN, configuration)), data=None) as stage:
        told = []
        player = Player(stage, speed=0, tell=lambda _, sentence: told.append(sentence))
        player.play_on()
        with transaction(stage.parts.db) as tx:
            reasons, dead = views.reasons(tx), views.dead_letters(tx)
        yield SimpleNamespace(
            transcript=transcript(stage, player.begin),
            far=stage.far,
            missed=player.cast.missed,
            state=player.state(),
            told=told,
            reasons=reasons,
            dead=dead,
            seconds=time.monotonic() - begun,
        )


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def entries(played, kind="", to="", start=BEGIN, end="2026-12-15 00:00"):
    return [
        one
        for one in played.transcript["entries"]
        if kind in ("", one["kind"])
        and to in ("", one["to"])
        and local(start) <= datetime.fromisoformat(one["at"]) < local(end)
    ]


def texts(*args, **given):
    return [one["text"] for one in entries(*args, **given)]


def day(number):
    start = datetime.fromisoformat("2026-12-01") + timedelta(days=number - 1)
    return {
        "start": f"{start:%Y-%m-%d} 00:00",
        "end": f"{start + timedelta(days=1):%Y-%m-%d} 00:00",
    }


def header(played, instant):
    return texts(played, "header", f"~{SET}", end=instant)[-1]


def test_everything_decided_was_delivered_and_everybody_found_what_to_press(played):
    assert played.dead == []
    assert [one.key for one in played.reasons if one.sent_at is None] == []
    assert played.missed == []
    assert played.state["ended"]


def test_the_fortnight_takes_less_than_a_minute(played):
    assert played.seconds < SECONDS


def test_the_transcript_is_sorted_and_every_line_says_why(played):
    found = played.transcript["entries"]
    assert [one["at"] for one in found] == sorted(one["at"] for one in found)
    assert {one["kind"] for one in found} == {"post", "patch", "page", "nudge", "header"}
    assert [one for one in found if not one["reason"] or one["to"][0] not in "~@"] == []
    assert set(found[0]) == {"at", "kind", "to", "text", "reason"}
    assert (played.transcript["from"], played.transcript["to"]) == (
        "2026-11-29T17:00:00Z",
        "2026-12-14T13:00:00Z",
    )


def test_crew_a_starts_in_header_roles_and_checklist(played):
    assert "nobody" in header(played, "2026-11-30 08:00")
    assert "SET: Ana (EMEA) · Cy (Americas) · lead Mara · until Mon 7 Dec 08:00" in header(
        played, "2026-11-30 08:01"
    )
    start = texts(played, "post", f"~{SET}", start="2026-11-30 08:00")[0]
    assert "primary: Ana Ruiz, Cy Adler; backup: Bo Lind, Di Novak" in start
    assert "1 without an owner in this crew: MM-58003" in start
    assert "▢ Test page acknowledged" in start


def test_a_test_page_can_be_acknowledged_hours_later_and_says_that_it_arrived(played):
    assert len(entries(played, "page", "@cy.adler", end="2026-11-30 09:00")) == 1
    patch = texts(played, "patch", "@cy.adler", start="2026-11-30 09:00", end="2026-12-01 00:00")
    assert ["acknowledged at 05:50: pages reach you" in text for text in patch] == [True]
    assert entries(played, "nudge", end="2026-12-01 00:00") == []


def test_the_first_post_of_the_incident_says_that_nobody_was_paged(played):
    first = entries(played, "post", f"~{INCIDENT}")[0]
    assert datetime.fromisoformat(first["at"]) == local("2026-12-01 10:30")
    assert "Nobody was paged." in first["text"]
    assert "Acme: log-in loop" in first["text"]
    assert "Ana Ruiz has it" in first["text"]
    assert "due today by 16:00" in first["text"]


def test_the_crew_is_brought_into_the_incident(played):
    second = texts(played, "post", f"~{INCIDENT}", **day(1))
    assert any("@ana.ruiz @cy.adler @bo.lind @di.novak @mara.stein" in text for text in second)


def test_without_an_update_it_nudges_and_stops_when_one_comes(played):
    said = [(one["at"], one["to"]) for one in entries(played, "nudge", **day(1))]
    assert said == [
        ("2026-12-01T15:00:00Z", "@ana.ruiz"),
        ("2026-12-01T17:00:00Z", f"~{INCIDENT}"),
    ]
    settled = [text for text in texts(played, "patch", **day(1)) if "has its update, by" in text]
    assert len(settled) == 2


@pytest.mark.parametrize(
    "number", [pytest.param(2, id="a comment in Jira"), pytest.param(3, id="a #status post")]
)
def test_an_update_before_it_is_due_spares_every_nudge(played, number):
    assert [text for text in texts(played, "nudge", **day(number)) if "MM-58112" in text] == []


def test_a_day_without_any_update_reaches_the_lead(played):
    said = [one["to"] for one in entries(played, "nudge", **day(8)) if "MM-58112" in one["text"]]
    assert said == ["@ana.ruiz", f"~{INCIDENT}", "@mara.stein"]


def test_after_nothing_new_twice_it_wants_words(played):
    assert any("this one wants words" in text for text in texts(played, "nudge", **day(6)))


def test_the_alert_pages_the_primary_and_after_five_minutes_the_backup(played):
    pages = [
        (one["at"], one["to"], one["text"].startswith("sms"))
        for one in entries(played, "page", start="2026-12-03 03:00", end="2026-12-03 03:18")
    ]
    assert pages == [
        ("2026-12-03T02:12:00Z", "@cy.adler", False),
        ("2026-12-03T02:14:00Z", "@cy.adler", True),
        ("2026-12-03T02:17:00Z", "@di.novak", False),
    ]
    assert "you are SET primary (Americas)" in texts(played, "page", "@cy.adler", **day(3))[0]


def test_the_primary_is_stood_down_by_what_woke_him(played):
    stood = entries(played, to="@cy.adler", start="2026-12-03 03:18", end="2026-12-03 03:19")
    assert [(one["kind"], "Di Novak has it" in one["text"]) for one in stood] == [
        ("patch", True),
        ("post", True),
        ("page", True),
    ]
    assert "sms: Stand down" in stood[-1]["text"]


def test_of_sixteen_alerts_five_page_and_the_others_stand_in_one_message(played):
    assert (
        len(texts(played, "page", "@di.novak", start="2026-12-10 21:40", end="2026-12-10 21:41"))
        == 5
    )
    first, *_, last = [
        text for text in texts(played, to="@di.novak", **day(10)) if " alerts " in text
    ]
    assert first.startswith("**11 alerts wait for you, all P2**")
    assert last.startswith("**All 16 alerts are over.**")


def test_opsgenie_shows_who_acknowledged_and_that_it_is_over(played):
    alert = played.far.opsgenie.desk.alert(ALERT, "alias")
    assert alert.acknowledged is not None
    assert alert.acknowledged[1] == local("2026-12-03 03:18")
    assert alert.closed is not None


def test_links_lead_to_the_issue_and_the_alert(played):
    doors = played.far.doors
    issue = requests.get(f"{doors['jira'].url}/browse/MM-58112", timeout=5).text
    assert "Assignee  Eve Marsh" in issue
    assert "Ana Ruiz: Cause found" in issue
    page = texts(played, "page", "@cy.adler", **day(3))[0]
    link = re.search(r"\[Open\]\((\S+)\)", page)[1]
    assert "Acknowledged by" in requests.get(link, timeout=5).text
    assert requests.get(f"{doors['jira'].url}/browse/MM-1", timeout=5).status_code == 404


def test_an_alert_that_names_the_ticket_is_told_in_the_incident(played):
    last = texts(played, "patch", f"~{INCIDENT}", **day(3))[0]
    assert "Paged: Cy Adler" in last


def test_the_stand_in_is_told_and_named_for_a_day(played):
    assert any("You stand in for Ana Ruiz" in one for one in texts(played, "post", "@ines.faria"))
    assert "SET: Ines (EMEA)" in header(played, "2026-12-03 13:01")
    assert "SET: Ana (EMEA)" in header(played, "2026-12-04 13:01")
    roles = texts(played, "patch", f"~{SET}", **day(3))
    assert any("Ines Faria and Cy Adler" in text for text in roles)


def test_a_cover_asked_for_in_the_channel_is_taken_there_and_its_asker_told(played):
    asked = texts(played, "post", f"~{SET}", start="2026-12-09 09:20", end="2026-12-09 09:35")
    assert ["Bo Lind asks for cover" in text and "[Take]" in text for text in asked] == [True]
    taken = texts(played, to=f"~{SET}", start="2026-12-09 09:35", end="2026-12-09 09:40")
    assert [text.splitlines()[0] for text in taken] == [
        "✓ Fay Okoro takes SET primary (EMEA) from Bo Lind, 13:00 – 20:00."
    ]
    told = texts(played, to="@bo.lind", start="2026-12-09 09:35", end="2026-12-09 09:40")
    assert ["Fay Okoro takes SET primary (EMEA) from you" in text for text in told] == [True]
    assert "[Undo]" in told[0]


def test_who_took_it_is_on_for_just_that_long(played):
    assert "SET: Bo (EMEA)" in header(played, "2026-12-09 13:00")
    assert "SET: Fay (EMEA)" in header(played, "2026-12-09 13:01")
    assert "SET: Bo (EMEA)" in header(played, "2026-12-09 20:01")


def test_the_schedule_is_drawn_in_the_channel_with_the_cover_in_it(played):
    drawn = texts(played, "post", f"~{SET}", start="2026-12-09 09:40", end="2026-12-09 12:00")
    assert len(drawn) == 1
    assert "SET · next 2 weeks" in drawn[0]
    assert "stand-in Fay Okoro" in drawn[0]
    shown = [post for post in played.far.chat.posts(SET) if "SET · next 2 weeks" in post.message]
    assert [[file.name.rpartition(".")[2] for file in post.files] for post in shown] == [["png"]]


def test_the_pairs_change_places_in_the_second_week(played):
    assert "SET: Bo (EMEA) · Di (Americas) · lead Mara" in header(played, "2026-12-07 08:01")


def test_between_the_weeks_the_lead_stays_and_nobody_new_is_called(played):
    friday = texts(played, **day(4))
    assert any("Incoming lead accepts the hand-over: skipped — lead stays" in one for one in friday)
    # Ines stands in for Ana that morning, so Ana alone is to come.
    called = [text for text in friday if "you are the incoming crew" in text]
    assert called == ["@ana.ruiz — you are the incoming crew."]


def test_the_hand_over_names_tickets_and_incoming_crew(played):
    packet = next(text for text in texts(played, "post", f"~{SET}", **day(11)) if "to @" in text)
    for words in ("MM-58112", "MM-58003", "MM-58060", "@max.weber", "@eve.marsh", "@hal.stone"):
        assert words in packet
    assert "needs an owner in the incoming crew" in packet
    invited = texts(played, "post", f"~{INCIDENT}", **day(11))
    assert any("@max.weber" in text and "incoming crew" in text for text in invited)


def test_the_tickets_go_over_and_the_incoming_lead_accepts(played):
    assert played.far.jira.issue("MM-58003").assignee == "712020:fay"
    last = [text for text in texts(played, "patch", f"~{SET}", **day(11)) if "Hand-over" in text][
        -1
    ]
    assert "✓ Incoming lead accepts the hand-over (Max Weber, 16:30)" in last


def test_when_the_ticket_is_resolved_nobody_is_reminded_any_more(played):
    assert any("over since" in text for text in texts(played, "patch", f"~{INCIDENT}", **day(12)))
    late = texts(played, "nudge", start="2026-12-12 11:00")
    assert [text for text in late if "MM-58112" in text] == []


def test_crew_b_takes_over_with_header_and_roles(played):
    assert "SET: Eve (EMEA) · Gus (Americas) · lead Max · until Mon 21 Dec 08:00" in header(
        played, "2026-12-14 08:01"
    )
    start = texts(played, "post", f"~{SET}", start="2026-12-14 08:00")[0]
    assert "Lead: Max Weber; primary: Eve Marsh, Gus Perez" in start


def test_every_sentence_of_the_script_was_told_in_order(played):
    assert played.told == [scene.says for scene in scenes() if scene.says]
    assert len(played.state["story"]) == len(played.told)


def test_the_script_is_in_order_and_inside_the_fortnight():
    instants = [scene.at for scene in scenes()]
    assert instants == sorted(instants)
    assert (instants[0], instants[-1]) == (BEGIN, "2026-12-14 14:00")


def test_whatever_may_be_waited_for_has_its_words():
    assert set(WAITED_FOR) == {*engine.KINDS, "outbox", "script"}


def test_the_clock_never_goes_back():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clock = SimulatedClock(start)
    clock.jump(start + timedelta(hours=1))
    clock.jump(start)
    assert clock() == clock.now() == start + timedelta(hours=1)


def test_a_port_in_use_is_refused_with_a_sentence():
    clock = SimulatedClock(datetime(2026, 1, 1, tzinfo=UTC))
    with (
        staged(clock, data=None) as stage,
        pytest.raises(SetflowError, match=r"Port .* cannot be used"),
        staged(clock, data=None, port=stage.far.doors["chat"].port),
    ):
        pass


class Visitor:
    """Somebody at the page, who waits for what they see by its own long poll."""

    def __init__(self, url):
        self.url = url

    def do(self, **deed):
        answer = requests.post(f"{self.url}/do", json=deed, timeout=20).json()
        assert "error" not in answer, answer
        return answer["result"]

    def sees(self, wanted, you, channel):
        """Look until a post there says `wanted`."""
        for view in self._views(you=you, channel=channel):
            for post in view["room"]["posts"] if view["room"] else ():
                if wanted in post["html"]:
                    return post
        raise AssertionError(f"{you} never sees {wanted!r}")

    def steps(self):
        """Press the button, and look until something else comes next."""
        coming = next(self._views())["state"]["next_at"]
        self.do(do="step")
        for view in self._views():
            if view["state"]["next_at"] != coming:
                return

    def _views(self, **asked):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            view = requests.get(f"{self.url}/view", params=asked, timeout=30).json()
            if view:
                asked |= {"room": view["version"], "clock": view["clock"]}
                yield view


@contextmanager
def on_stage():
    clock = SimulatedClock(at(BEGIN, read_configuration()))
    with staged(clock, data=None) as stage:
        player = Player(stage, speed=1, tell=lambda *_: None)
        player.pause()
        stage.far.doors["page"].open(page_app(stage.far.chat, player))
        thread = threading.Thread(target=player.play_on)
        thread.start()
        try:
            yield Visitor(stage.far.doors["page"].url), player, stage
        finally:
            player.stop()
            thread.join(20)


def test_a_visitor_steps_acts_and_sees_the_world_react_while_the_clock_stands():
    with on_stage() as (visitor, player, stage):
        visitor.sees("updated the channel header", "ana.ruiz", f"~{SET}")
        while stage.clock.now() < local("2026-11-30 08:00"):
            visitor.steps()
        page = visitor.sees("Test page", "ana.ruiz", "@setflow")
        stands = stage.clock.now()
        assert stands == local("2026-11-30 08:00")
        button = page["attachments"][0]["actions"][0]
        visitor.do(do="click", you="ana.ruiz", post=page["id"], action=button["id"])
        visitor.sees("pages reach you", "ana.ruiz", "@setflow")
        said = visitor.do(do="say", you="bo.lind", channel=f"~{SET}", text="/set who set")
        assert "**Ana Ruiz**" in said
        visitor.do(do="say", you="bo.lind", channel=f"~{SET}", text="/set page cy Look at this")
        page = visitor.sees("Look at this", "cy.adler", "@setflow")
        visitor.do(do="react", you="cy.adler", post=page["id"], emoji="+1")
        visitor.sees("you have it since", "cy.adler", "@setflow")
        assert stage.clock.now() == stands
        assert player.state()["paused"]
        while not any("Mara gives it to Bo" in one for one in player.state()["story"]):
            visitor.steps()
        told = player.state()["story"]
        assert not any("Ana acknowledges" in sentence for sentence in told), "the visitor did"


def test_control_c_ends_it_cleanly_and_writes_what_was_seen(tmp_path):
    file = tmp_path / "transcript.json"
    command = [sys.executable, "-m", "setflow", "demo", "--no-browser", "--json", str(file)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as running:
        lines = iter(running.stdout.readline, "")
        assert next(lines).startswith("The page is at http://127.0.0.1:")
        assert any("Sunday evening" in line for line in lines)
        running.send_signal(signal.SIGINT)
        _, complaints = running.communicate(timeout=20)
    assert (running.returncode, complaints) == (0, "")
    assert json.loads(file.read_text("utf-8"))["entries"][0]["kind"] == "header"
    assert list(tmp_path.iterdir()) == [file]
