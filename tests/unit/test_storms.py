from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, Pen
from setflow.adapters.mattermost.storms import digest_post, digest_text, listed
from setflow.effects import ShowDigest
from setflow.escalation.rules import storms
from setflow.escalation.rules.storms import (
    AGAIN,
    CALM,
    EVERY,
    HEARD,
    MISSED,
    MOST,
    Page,
    Standing,
    Storm,
    answered,
    answers,
)
from setflow.facts import DigestFacts, DigestLine, Who

NOW = datetime(2026, 12, 1, 3, 12, tzinfo=UTC)
CHAT, SMS = "mattermost", "sms"


def at(**later):
    return NOW + timedelta(**later)


def pages(*numbers, priority="P3", method=CHAT):
    return [Page(number, priority, method) for number in numbers]


class Reader:
    """Somebody who is paged: what goes out by itself, and what their digest does."""

    def __init__(self):
        self.storm, self.now, self.alone, self.said = Storm("ana"), NOW, [], []
        self.lots = {}

    def paged(self, *numbers, priority="P3", method=CHAT):
        asked = pages(*numbers, priority=priority, method=method)
        nth, known = self.storm.nth, {alert for alert, _ in self.lots}
        self.storm, folded = storms.fold(self.storm, asked, self.now, known=known)
        self.lots = self.lots if self.storm.nth == nth else {}
        self.alone += [page.alert for place, page in enumerate(asked) if place not in folded]
        for place in folded:
            page = asked[place].alert, asked[place].method
            if self.lots.get(page) != MISSED:
                self.lots[page] = storms.lot(self.storm, asked[place].method)
        return self.goes_on()

    def goes_on(self, **later):
        self.now += timedelta(**later)
        self.storm, effects = storms.advance(self.storm, self.now)
        self.said += effects
        return [(one.method, one.number, one.revision) for one in effects]

    def hears(self):
        """What is on its way arrives."""
        for name, way in self.storm.ways.items():
            effect = ShowDigest("ana", name, way.number, way.pending)
            self.storm = storms.delivered(self.storm, effect)
        return self

    def fails(self, effect, *, dead=False):
        before, self.storm = self.storm, storms.failed(self.storm, effect, self.now, dead=dead)
        for (alert, method), lot in self.lots.items():
            lost = method == effect.method and lot > before.ways[method].settled
            if lost and self.storm is not before:
                self.lots[alert, method] = MISSED
        return self.missed

    @property
    def missed(self):
        return sorted(page for page, lot in self.lots.items() if lot == MISSED)

    def tells(self, *told):
        self.lots |= dict.fromkeys(told, HEARD)
        self.storm = storms.heard(self.storm, {method for _, method in self.missed})

    @property
    def inside(self):
        return sorted({alert for alert, _ in self.lots})

    def unshown(self, method):
        """What a failure of what is on its way would have missed."""
        after = self.storm.ways[method].settled
        return [alert for (alert, by), lot in self.lots.items() if by == method and lot > after]

    def stands(self, waiting, unresolved, *, others=True):
        standing = Standing(len(self.inside), waiting, unresolved, others)
        self.storm, effects = storms.settle(storms.stir(self.storm), standing)
        self.said += effects
        return effects


def stormed():
    reader = Reader()
    reader.paged(1, 2, 3, 4, 5, 6)
    return reader.hears()


def test_five_pages_within_five_minutes_go_out_by_themselves_the_sixth_begins_a_digest():
    reader = Reader()
    assert reader.paged(1, 2, 3, 4, 5) == []
    assert reader.paged(6) == [(CHAT, 1, 1)]
    assert reader.alone == [1, 2, 3, 4, 5]
    assert reader.inside == [6]
    assert reader.said[0].key == "digest:ana:mattermost:1:1"


def test_pages_that_are_far_apart_are_no_storm():
    reader = Reader()
    for number in range(1, 40):
        assert reader.paged(number) == []
        reader.now += timedelta(minutes=1)


def test_of_many_at_once_the_loudest_go_out_by_themselves():
    storm, folded = storms.fold(
        Storm("ana"), [*pages(*range(1, 9)), *pages(9, 10, priority="P1")], NOW, known=()
    )
    assert folded == {3, 4, 5, 6, 7}
    assert storm.ways[CHAT].owed == "P3"


def test_there_is_never_a_second_revision_on_its_way_and_the_next_waits_a_little():
    reader = Reader()
    reader.paged(*range(1, 7))
    for number in range(7, 1000):
        assert reader.paged(number) == []
    assert set(reader.lots.values()) == {1, 2}
    assert reader.goes_on(seconds=9) == []
    assert reader.hears().goes_on() == []
    assert storms.wake_at(reader.storm, reader.now) == NOW + EVERY
    assert reader.goes_on(seconds=1) == [(CHAT, 1, 2)]
    reader.paged(1000)
    assert reader.goes_on(minutes=1) == []
    assert reader.unshown(CHAT) == [*range(7, 1001)]
    assert reader.hears().unshown(CHAT) == [1000]


def test_a_louder_one_is_heard_at_once_by_a_new_message_and_the_old_says_where_it_goes_on():
    reader = stormed()
    assert reader.paged(7, priority="P2") == [(CHAT, 2, 1), (CHAT, 1, 2)]
    assert reader.hears().paged(8, priority="P2") == []


@pytest.mark.parametrize(("priority", "minutes"), [("P3", 10), ("P1", 2)])
def test_what_is_as_loud_is_heard_after_a_while_a_p1_sooner(priority, minutes):
    reader = Reader()
    reader.paged(1, 2, 3, 4, 5, 6, priority=priority)
    reader.hears().paged(7, priority=priority)
    reader.goes_on(seconds=10)
    reader.hears()
    assert storms.wake_at(reader.storm, reader.now) == at(minutes=minutes)
    reader.now = at(minutes=minutes)
    assert reader.goes_on()[0] == (CHAT, 2, 1)
    assert storms.wake_at(reader.hears().storm, reader.now) is None


def test_by_phone_one_message_tells_of_all_then_one_at_most_every_ten_minutes():
    reader = stormed()
    assert reader.paged(6, method=SMS) == [(SMS, 1, 1)]
    assert reader.hears().paged(7, 8, 9, method=SMS) == []
    assert reader.goes_on(minutes=9, seconds=59) == []
    assert reader.goes_on(seconds=1) == [(SMS, 2, 1)]


def test_by_phone_too_a_louder_one_is_heard_at_once():
    reader = stormed()
    reader.paged(6, method=SMS)
    reader.hears()
    assert (SMS, 2, 1) in reader.paged(7, priority="P1", method=SMS)


def test_a_phone_is_used_as_ever_for_what_was_paged_by_itself():
    reader = Reader()
    reader.paged(1, 2)
    assert reader.paged(1, method=SMS) == []
    assert reader.alone == [1, 2, 1]


def test_after_a_calm_pages_go_out_by_themselves_again_but_for_what_the_digest_has():
    reader = stormed()
    reader.now = NOW + CALM
    assert reader.paged(7) == []
    assert reader.alone[-1] == 7
    assert reader.paged(6, method=SMS) == [(SMS, 1, 1)]
    last = reader.storm.last_at
    reader.paged(6)
    assert reader.alone[-1] == 7
    assert reader.storm.last_at == last
    reader.now = NOW + AGAIN
    assert (CHAT, 2, 1) in reader.hears().goes_on()


def test_with_nothing_left_that_waits_the_next_is_news_again():
    reader = stormed()
    assert reader.stands(0, 3) == []
    assert reader.goes_on(seconds=10) == [(CHAT, 1, 2)]
    reader.hears().paged(7)
    assert reader.alone[-1] == 7
    assert not reader.storm.over


def test_when_all_are_over_the_next_storm_is_a_digest_of_its_own():
    reader = stormed()
    reader.stands(0, 0)
    reader.goes_on(seconds=10)
    reader.hears()
    assert reader.storm.over
    assert storms.stir(reader.storm) == reader.storm
    assert reader.paged(6, *range(11, 17)) == [(CHAT, 2, 1)]
    assert reader.inside == [15, 16]
    assert 6 in reader.alone
    assert reader.storm.nth == 2
    assert reader.storm.since == at(seconds=10)


@pytest.mark.parametrize(
    ("waiting", "others", "told"), [(0, True, True), (0, False, False), (2, True, False)]
)
def test_who_heard_by_phone_of_what_others_took_is_stood_down_by_it(waiting, others, told):
    reader = stormed()
    reader.paged(6, method=SMS)
    found = reader.hears().stands(waiting, 3, others=others)
    assert found == ([ShowDigest("ana", SMS, 1, 2)] if told else [])
    assert reader.stands(waiting, 3) == [] or others is False


def test_a_digest_that_fails_has_the_ladders_of_what_is_new_in_it_hear_so():
    reader = Reader()
    reader.paged(1, 2, 3, 4, 5, 6)
    reader.paged(7)
    digest = ShowDigest("ana", CHAT, 1, 1)
    assert not storms.missed(reader.storm)
    assert reader.fails(digest) == [(6, CHAT), (7, CHAT)]
    reader.paged(8)
    assert reader.missed == [(6, CHAT), (7, CHAT), (8, CHAT)]
    assert storms.wake_at(reader.storm, reader.now) == NOW
    reader.tells((6, CHAT), (7, CHAT))
    assert storms.missed(reader.storm)
    assert reader.fails(digest) == [(8, CHAT)]
    reader.tells((8, CHAT))
    assert not storms.missed(reader.storm)
    reader.hears().paged(9)
    assert reader.unshown(CHAT) == [9]


def test_one_that_is_given_up_is_tried_again_as_a_new_message():
    reader = Reader()
    reader.paged(1, 2, 3, 4, 5, 6)
    reader.fails(reader.said[0], dead=True)
    reader.tells((6, CHAT))
    assert reader.goes_on() == []
    assert storms.wake_at(reader.storm, reader.now) == at(minutes=10)
    assert reader.goes_on(minutes=10) == [(CHAT, 2, 1)]


def test_what_comes_of_an_old_message_changes_nothing():
    storm = stormed().storm
    for old in (ShowDigest("ana", CHAT, 1, 7), ShowDigest("ana", SMS, 1, 1)):
        assert storms.delivered(storm, old) == storm
        assert storms.failed(storm, old, NOW, dead=True) == storm


def test_a_change_is_looked_at_when_the_digest_may_change_again():
    assert storms.wake_at(Storm("ana", stirred=True), NOW) == NOW
    assert storms.stir(Storm("ana")) == Storm("ana")
    storm = storms.stir(stormed().storm)
    assert storms.wake_at(storm, NOW) == NOW + EVERY
    assert storms.wake_at(storm, at(minutes=1)) == at(minutes=1)


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["page", "loud", "sms", "hears", "fails", "dies", "wait", "quiet"]),
        st.integers(1, 30),
    ),
    max_size=60,
)


@given(ACTS)
def test_whatever_happens_every_page_is_alone_in_a_message_or_missed_and_told_once(acts):
    reader, asked, missed = Reader(), [], []
    for what, number in acts:
        if what in ("page", "loud", "sms"):
            method = SMS if what == "sms" else CHAT
            asked.append(number)
            reader.paged(number, priority="P1" if what == "loud" else "P3", method=method)
        elif what == "hears":
            reader.hears()
        elif what in ("fails", "dies"):
            way = reader.storm.ways.get(CHAT)
            if way:
                reader.fails(ShowDigest("ana", CHAT, way.number, way.pending), dead=what == "dies")
            assert storms.missed(reader.storm) == bool(reader.missed)
            missed += reader.missed
            reader.tells(*reader.missed)
        reader.goes_on(minutes=20 if what == "quiet" else 0, seconds=10 if what == "wait" else 0)
    for _ in range(4):
        reader.hears().goes_on(minutes=10)

    keys = [effect.key for effect in reader.said]
    assert len(keys) == len(set(keys))
    assert {*reader.inside, *reader.alone} == set(asked)
    for name, way in reader.storm.ways.items():
        assert (reader.unshown(name), way.pending) == ([], 0)
    assert {alert for alert, _ in missed} <= set(reader.inside)


# In words

BERLIN = ZoneInfo("Europe/Berlin")


def test_an_answer_to_a_digest_is_worked_once_and_an_older_one_no_more():
    first = at(minutes=1)
    assert answers(Storm("ana"), first)
    storm = answered(Storm("ana"), first)
    assert not answers(storm, first)
    assert not answers(storm, NOW)
    assert answered(storm, NOW) == storm
    assert answers(storm, at(minutes=2))


PROMETHEUS = DigestLine(
    "prometheus", "P1", (("P1", 3), ("P3", 17)), 2, 5, "Checkout *down*", at(minutes=5)
)
GRAFANA = DigestLine("grafana", "P3", (("P3", 1),), 0, 0, "Disk full", NOW)
BACKUP = DigestLine("backup", "P4", (), 0, 4)
ANA = Who("ana", "Ana", "ana.ruiz")
PEN = Pen(at(minutes=6), lambda context: "sig", "https://setflow")
DIGEST = DigestFacts(
    ANA, BERLIN, CHAT, "", first=True, current=True, since=NOW, lines=(PROMETHEUS, GRAFANA, BACKUP)
)


def said(digest):
    post = digest_post(digest, PEN)
    return post.message, [bar["text"] for bar in post.attachments]


def test_a_digest_says_how_many_wait_the_loudest_first_one_line_a_source():
    message, bars = said(DIGEST)
    assert message == (
        "**21 alerts wait for you, 3 of them P1** · since 04:12. More come than can be read one by "
        "one, so they stand here together; each goes up its ladder until somebody has it."
    )
    assert bars == [
        "Waiting for you.",
        "**prometheus** — 3 P1, 17 P3; 2 taken, 5 over · newest: Checkout \\*down\\* 04:17",
        "**grafana** — 1 P3 · newest: Disk full 04:12",
        "**backup** — 4 over",
    ]


def test_its_buttons_take_all_of_the_loudest_or_of_a_source_and_have_ids_of_their_own():
    actions = [
        action for bar in digest_post(DIGEST, PEN).attachments for action in bar.get("actions", ())
    ]
    assert [action["name"] for action in actions] == [
        "Acknowledge all P1", "Show all", "Acknowledge these 20", "Acknowledge it"
    ]  # fmt: skip
    assert len({action["id"] for action in actions}) == 4
    assert all(action["id"].isalnum() for action in actions)
    contexts = [action["integration"]["context"] for action in actions]
    assert contexts[0] == {
        "do": "digest-ack", "person": "ana", "priority": "P1", "sig": "sig"
    }  # fmt: skip
    assert contexts[2]["source"] == "prometheus"


def test_one_alone_or_all_alike_are_said_so_and_more_sources_are_counted():
    alone, bars = said(replace(DIGEST, lines=(GRAFANA,)))
    assert alone.startswith("**1 alert waits for you (P3)**")
    assert len(bars) == 2
    many = tuple(replace(GRAFANA, source=f"s{number}") for number in range(9))
    message, bars = said(replace(DIGEST, lines=many))
    assert message.startswith("**9 alerts wait for you, all P3**")
    assert message.endswith(" 3 more sources: 3 wait.")
    assert len(bars) == 7


@pytest.mark.parametrize(
    ("change", "message", "colour"),
    [
        ({"current": False}, "wait for you, 3 of them P1** — it goes on in the newest", GREY),
        ({"current": False, "lines": (BACKUP,)}, "**4 alerts** — it goes on in the newest", GREY),
        ({"lines": (BACKUP,)}, "**All 4 alerts are over.**", GREEN),
        (
            {"lines": (replace(BACKUP, taken=1),)},
            "**None of the 5 alerts waits any more** — 1 is taken, 4 over.",
            AMBER,
        ),
    ],
)
def test_a_digest_with_nothing_to_do_says_so(change, message, colour):
    post = digest_post(replace(DIGEST, **change), PEN)
    assert message in post.message
    assert post.attachments[0]["color"] == colour
    assert "actions" not in post.attachments[0]


def test_by_phone_it_is_plain_and_fits_a_text_message():
    title, body = digest_text(replace(DIGEST, method=SMS))
    assert title == "21 alerts wait, 3 of them P1"
    assert body == (
        "Newest of them: Checkout *down* (prometheus). All of them stand in your messages in "
        "Mattermost."
    )
    link = "https://setflow.example.com/d/1-1-abcdef-0123456789abcdef"
    assert digest_text(replace(DIGEST, method=SMS), link)[1].endswith(f"Mattermost, and at {link}")
    loud = replace(PROMETHEUS, source="s" * 300, title="t" * 300)
    assert len("".join(digest_text(replace(DIGEST, lines=(loud,))))) < 300
    repeat = digest_text(replace(DIGEST, lines=(loud,), again=True), link)
    assert link in repeat[1]
    assert repeat[1].startswith("A repeat: it may have reached you before. Newest of them: t")
    assert len("".join(repeat)) < 300
    over = digest_text(replace(DIGEST, lines=(replace(BACKUP, taken=2),)))
    assert over == (
        "Stand down",
        "None of the 6 alerts waits any more: 2 taken, 4 over. Nothing more for you to do.",
    )


def test_a_list_names_each_by_number_and_counts_the_rest():
    rows = [(12, "P1", "Checkout down", "prometheus", NOW)]
    assert listed(rows, 34, lambda instant: f"{instant:%H:%M}") == (
        "- **12** P1 · Checkout down · prometheus 03:12\nand 34 more, less loud.\n"
        "`/set ack NUMBER` takes one."
    )
    assert "more" not in listed(rows, 0, str)


def test_the_most_that_goes_out_by_itself_is_what_the_words_of_history_say():
    from setflow.engine.folding import WHY

    assert WHY.startswith(f"over {MOST} pages")
