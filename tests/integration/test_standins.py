"""Stand-ins, requests and absences through the engine: what they do, and what was said before."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from setflow import engine, outbox, present, views
from setflow.effects import BumpRequest, ShowRequest, TellAbsence, TellOverride, TellRequest
from setflow.engine import (
    AddOverride,
    AlertIn,
    AnswerRequest,
    AskCover,
    Deciding,
    EndAway,
    File,
    OfferSwap,
    OverrideAdded,
    RequestOpened,
    SetAway,
    UndoOverride,
)
from setflow.errors import Refused
from setflow.rotation import store as rotations
from setflow.rotation.rules import Absence
from setflow.team import store as teams
from tests.acceptance.world import at, books, file

NOW = at("2026-11-30 11:00")  # Monday of the first week: ana is primary, bo backup
PRIMARY, BACKUP = "set.emea.primary", "set.emea.backup"
THU, FRI = at("2026-12-03 13:00"), at("2026-12-04 13:00")
WEEKEND = (at("2026-12-05"), at("2026-12-07"))
NEXT_WEEKEND = (at("2026-12-12"), at("2026-12-14"))
# In this file gus is of the web team alone, so not of the rotation while the server team serves.
WITHOUT_GUS = file().replace("americas: [gus, hal]", "americas: [max, hal]")

COVER = AskCover(by="ana", start=THU, end=FRI)
SWAP = OfferSwap(
    by="ana",
    person="bo",
    seat=PRIMARY,
    start=WEEKEND[0],
    end=WEEKEND[1],
    other_seat=PRIMARY,
    other_start=NEXT_WEEKEND[0],
    other_end=NEXT_WEEKEND[1],
)


@pytest.fixture
def tx(db):
    """A transaction in which the crews of the stories are on duty; nothing of it is kept."""
    present._histories.clear()
    with db.connect() as tx:
        put(tx, WITHOUT_GUS)
        yield tx


def put(tx, what, now=NOW):
    engine.apply(tx, File("set.yaml", what, books()), by="shell", now=now)


def do(tx, *messages, now=NOW):
    return engine.handle(tx, messages, now=now)


def on(tx, seat, when):
    (found,) = views.who(tx, seat, when, now=NOW)["seats"]
    return " ".join(found["people"])


def schedule(tx, now=NOW):
    return views.schedule(tx, "set", NOW, NOW + timedelta(weeks=8), now=now)["shifts"]


def waiting(tx, kind, now=NOW):
    """The effects of one kind that wait."""
    lease = timedelta(hours=9)
    taken = outbox.claim(tx, ["mattermost"], now=now, lease=lease, limit=500)
    found = [one.effect for one in taken]
    for one in taken:
        outbox.settle(tx, one, "delivered", now=now)
    return [one for one in found if isinstance(one, kind)] + (
        waiting(tx, kind, now) if taken else []
    )


def told(tx, now=NOW):
    return {(one.person, one.what) for one in waiting(tx, TellRequest | TellOverride, now)}


def status(tx, number=1):
    return views.request(tx, number, now=NOW).status


# --- considered ---


def cover_of_ana(tx):
    do(tx, COVER)
    return AnswerRequest(1, "di", "take")


def swap(tx):
    do(tx, SWAP)
    return AnswerRequest(1, "bo", "accept")


def undoing_a_swap(tx):
    do(tx, SWAP, AnswerRequest(1, "bo", "accept"))
    return UndoOverride(2, "bo")


@pytest.mark.parametrize(
    "message",
    [
        AddOverride(PRIMARY, "di", THU, FRI, "ana"),
        AddOverride("set.primary", "di", THU, FRI, "mara"),
        AddOverride("", "fay", WEEKEND[0], NEXT_WEEKEND[0], "ana", of="ana"),
        cover_of_ana,
        swap,
        undoing_a_swap,
    ],
)
def test_what_is_considered_is_what_happens_and_considering_writes_nothing(tx, message):
    message = message if isinstance(message, AddOverride) else message(tx)
    before = schedule(tx)
    rows = tx.execute(text("select count(*) from history")).scalar_one()
    changes = engine.consider(tx, message, now=NOW).changes

    assert tx.execute(text("select count(*) from history")).scalar_one() == rows
    assert schedule(tx) == before
    do(tx, message)
    for one in changes:
        for when in (one.start, one.end - timedelta(seconds=1)):
            assert on(tx, one.seat, when) == one.after.name
    after = {key(shift) for shift in schedule(tx)}
    gone = {key(shift) for shift in before} - after
    assert gone
    assert all(any(touches(one, shift) for one in changes) for shift in gone)


def key(shift):
    return shift["seat"], shift["start"], shift["end"], tuple(shift["people"])


def touches(change, shift):
    seat, start, end, _ = shift
    return change.seat == seat and views_utc(change.start) < end and start < views_utc(change.end)


def views_utc(instant):
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def test_cover_for_anybody_is_considered_without_a_name_and_takes_nothing_away(tx):
    found = engine.consider(tx, COVER, now=NOW)

    assert [(one.label, one.before[0].name, one.after) for one in found.changes] == [
        ("SET primary (EMEA)", "ana", None)
    ] * 2
    assert (found.remarks, found.needs) == ((), ())
    before = schedule(tx)
    assert do(tx, COVER) == [RequestOpened(1, "cover", "set", "ana")]
    assert schedule(tx) == before


def test_who_has_to_agree_is_said(tx):
    def needs(message):
        return [who.name for who in engine.consider(tx, message, now=NOW).needs]

    assert needs(AskCover(by="ana", start=THU, end=FRI, wanted="di")) == ["di"]
    assert needs(AskCover(by="ana", start=THU, end=FRI, wanted="gus")) == ["gus", "mara"]
    assert needs(SWAP) == ["bo"]
    assert needs(AddOverride(PRIMARY, "gus", THU, FRI, "ana")) == ["mara"]
    assert needs(AddOverride(PRIMARY, "gus", THU, FRI, "mara")) == []


def test_what_becomes_of_alerts_that_are_open_is_said(tx):
    do(tx, AlertIn("x", "one", "Disk full", "P1"), AlertIn("x", "two", "Queue full", "P1"))
    do(tx, Deciding("acknowledge", 2, by="ana", how="api"))
    now = AddOverride(PRIMARY, "eve", NOW, FRI, "ana")

    assert engine.consider(tx, now, now=NOW).remarks == (
        "Alert 1 is open and nobody has it: it goes with the seat.",
        "Alert 2 stays with Ana Doe, who has it.",
    )
    lead = AddOverride("set.americas.backup", "eve", NOW, FRI, "mara")
    assert not any("Alert" in one for one in engine.consider(tx, lead, now=NOW).remarks)


# --- made ---


def test_a_stand_in_that_contradicts_another_is_refused_until_it_was_seen(tx):
    do(tx, AddOverride(PRIMARY, "bo", THU, FRI, "ana"))
    before = schedule(tx)
    other = AddOverride(PRIMARY, "di", THU, FRI, "mara")

    with pytest.raises(
        Refused,
        match=r"Bo Doe stands in then already \(override 1, Thu 13:00 – Fri 13:00\); confirm to "
        "have Di Doe on instead, or undo it first",
    ):
        do(tx, other)
    assert schedule(tx) == before
    found = engine.consider(tx, other, now=NOW)
    assert found.gives_way == (1,)
    assert found.remarks[0] == (
        "Bo Doe stands in there already, Thu 13:00 – Fri 13:00: override 1 gives way."
    )
    do(tx, AddOverride(PRIMARY, "di", THU, FRI, "mara", seen=(1,)))
    assert on(tx, PRIMARY, THU) == "di"


def test_who_stands_in_gives_it_on_without_being_asked_again(tx):
    do(tx, AddOverride(PRIMARY, "bo", THU, FRI, "ana"), AddOverride(PRIMARY, "di", THU, FRI, "bo"))

    assert on(tx, PRIMARY, THU) == "di"


def test_all_that_somebody_has_is_given_in_one_go_and_told_in_one_message(tx):
    events = do(tx, AddOverride("", "fay", WEEKEND[0], NEXT_WEEKEND[0], "mara", of="ana"))

    assert [(one.seat, one.start) for one in events if isinstance(one, OverrideAdded)] == [
        (PRIMARY, WEEKEND[0]),
        (BACKUP, at("2026-12-07 08:00")),
    ]
    assert set(waiting(tx, TellOverride)) == {
        TellOverride(1, "ana", "displaced", (2,)),
        TellOverride(1, "fay", "stands-in", (2,)),
    }
    do(tx, UndoOverride(1, "ana", also=(2,)))
    assert TellOverride(1, "fay", "undone", (2,), "ana") in waiting(tx, TellOverride)
    assert views.overrides(tx, now=NOW) == []


def test_a_stand_in_undone_halfway_did_stand_in_until_then(tx):
    do(tx, AddOverride(PRIMARY, "di", THU, FRI, "ana"))
    later = THU + timedelta(hours=2)
    do(tx, UndoOverride(1, "di"), now=later)
    here = present.read(tx, later)

    assert here.who(PRIMARY, later - timedelta(seconds=1)).people == ("di",)
    assert here.who(PRIMARY, later).people == ("ana",)
    with pytest.raises(Refused, match="over already"):
        do(tx, UndoOverride(1, "di"), now=later)


def test_two_at_once_wait_for_one_another(db):
    with db.begin() as tx:
        put(tx, file())
        do(tx, AddOverride(BACKUP, "di", THU, FRI, "bo"), AskCover(by="cy", start=THU, end=FRI))
    stand_in = AddOverride(PRIMARY, "bo", THU, FRI, "ana")
    with db.connect() as first, db.connect() as second:
        teams.lock(first)
        for message in (stand_in, COVER, AnswerRequest(1, "di", "take"), UndoOverride(1, "bo")):
            second.execute(text("set local lock_timeout = '10ms'"))
            with pytest.raises(OperationalError, match="lock timeout"):
                do(second, message)
            second.rollback()


# --- somebody from outside ---


def test_somebody_from_outside_stands_in_once_the_lead_agrees(tx):
    asked = AddOverride(PRIMARY, "gus", THU, FRI, "ana")

    assert engine.consider(tx, asked, now=NOW).remarks[0] == (
        "Gus Doe is not of this rotation, so Mara Doe has to agree."
    )
    assert do(tx, asked) == [RequestOpened(1, "approval", "set", "ana")]
    assert on(tx, PRIMARY, THU) == "ana"
    with pytest.raises(Refused, match="Somebody is asked for some of that already"):
        do(tx, asked)
    (request,) = views.requests(tx, now=NOW, person="mara")
    assert (request.answers, request.to.name) == (("approve", "refuse"), "mara")
    do(tx, AnswerRequest(1, "mara", "approve"))
    assert on(tx, PRIMARY, THU) == "gus"
    assert told(tx) == {("ana", "approved"), ("gus", "approved")}
    do(tx, UndoOverride(1, "ana"))
    assert status(tx) == "undone"
    assert views.request(tx, 1, now=NOW).why == "Ana Doe has undone it."


def test_somebody_from_outside_who_takes_a_request_waits_for_the_lead(tx):
    do(tx, COVER, AnswerRequest(1, "gus", "take"))

    assert (status(tx), on(tx, PRIMARY, THU)) == ("waits", "ana")
    with pytest.raises(Refused, match="waits for the lead"):
        do(tx, AnswerRequest(1, "di", "take"))
    do(tx, AnswerRequest(1, "mara", "refuse"))
    lead, channel = (views.facts(tx, ShowRequest(1, to, 3), now=NOW) for to in ("mara", ""))
    assert (lead.status, lead.answers) == ("refused", ())
    assert lead.why == "It is open again; others can still take it."
    assert (channel.status, channel.answers) == ("open", ("take", "decline"))
    do(tx, AnswerRequest(1, "di", "take"))
    assert on(tx, PRIMARY, THU) == "di"


def test_a_lead_puts_somebody_from_outside_in_at_once(tx):
    do(tx, AddOverride(PRIMARY, "gus", THU, FRI, "mara"))

    assert on(tx, PRIMARY, THU) == "gus"


# --- cover ---


def test_of_two_who_take_a_request_the_first_has_it(tx):
    do(tx, COVER, AnswerRequest(1, "di", "take"))

    with pytest.raises(Refused, match=r"Di Doe has taken it\. Nothing changed"):
        do(tx, AnswerRequest(1, "bo", "take"))
    assert on(tx, PRIMARY, THU) == "di"
    assert told(tx) == {("ana", "taken")}


def test_a_request_that_nobody_takes_is_brought_to_mind_and_leaves_the_seat_where_it_is(tx):
    do(tx, COVER)
    for ahead, news in [
        (24, {("ana", "reminder")}),
        (2, {("ana", "last-reminder"), ("mara", "last-reminder")}),
        (0, {("ana", "expired")}),
    ]:
        now = THU - timedelta(hours=ahead)
        assert engine.waiting(tx)["request"] == now
        assert engine.work_due(tx, "request", now, limit=500) == 1
        assert told(tx, now) == news
    assert (status(tx), on(tx, PRIMARY, THU)) == ("expired", "ana")
    assert "request" not in engine.waiting(tx)


def test_a_day_that_is_asked_for_is_open_until_its_hours_are(tx):
    do(tx, AskCover(by="ana", start=at("2026-12-03"), end=at("2026-12-04")))

    assert views.request(tx, 1, now=NOW).expires_at == at("2026-12-03 08:00")
    do(tx, AnswerRequest(1, "di", "take"), now=at("2026-12-03 07:00"))
    assert on(tx, PRIMARY, at("2026-12-03 08:00")) == "di"


def test_a_reminder_is_not_sent_once_somebody_has_taken_it(tx):
    do(tx, COVER)
    reminders = [BumpRequest(1), TellRequest(1, "ana", "reminder", "1.1")]

    assert all(engine.still_wanted(tx, one) for one in reminders)
    do(tx, AnswerRequest(1, "di", "take"))
    assert not any(engine.still_wanted(tx, one) for one in reminders)
    assert engine.still_wanted(tx, TellRequest(1, "ana", "taken", "2.0", "di"))


def test_of_a_shift_that_has_begun_what_is_left_is_taken(tx):
    do(tx, AskCover(by="ana", start=NOW, end=FRI))
    later = NOW + timedelta(hours=3)
    do(tx, AnswerRequest(1, "di", "take"), now=later)

    assert on(tx, PRIMARY, later - timedelta(seconds=1)) == "ana"
    assert on(tx, PRIMARY, later) == "di"
    assert views.request(tx, 1, now=later).changes[0].start == later


def test_a_request_ends_where_others_have_the_stretch_by_now(tx):
    do(tx, COVER, AddOverride(PRIMARY, "di", THU, FRI, "ana"))

    assert views.request(tx, 1, now=NOW).why == "Di Doe has it by now."
    assert ("ana", "moot") in told(tx)


def test_a_request_ends_where_a_new_file_gives_the_turn_to_others(tx):
    do(tx, AskCover(by="ana", start=at("2026-12-28 08:00"), end=at("2026-12-30")))
    put(tx, WITHOUT_GUS.replace("emea: [ana, bo]", "emea: [di, bo]"))

    assert views.request(tx, 1, now=NOW).why == "Di Doe has it by now."


def test_a_request_that_waits_for_somebody_who_left_does_not_wait_on(tx):
    do(tx, COVER, AskCover(by="bo", start=THU, end=FRI, wanted="fay"))
    do(tx, AnswerRequest(1, "gus", "take"))
    left = "\n".join(
        line for line in WITHOUT_GUS.splitlines() if not line.startswith(("  fay:", "  gus:"))
    )
    put(tx, left.replace("[eve, fay]", "[eve, max]").replace("eve, fay, gus, hal", "eve, hal"))

    assert (status(tx, 1), status(tx, 2)) == ("open", "declined")
    assert views.request(tx, 2, now=NOW).why == "fay cannot."
    assert {("ana", "declined"), ("bo", "declined")} <= told(tx)
    do(tx, AnswerRequest(1, "di", "take"))
    assert on(tx, PRIMARY, THU) == "di"


def test_nobody_is_told_who_is_not_among_the_people_any_more(tx):
    do(tx, COVER, SetAway("cy", *WEEKEND, "mara"), AddOverride(BACKUP, "cy", THU, FRI, "mara"))
    left = "\n".join(
        line for line in WITHOUT_GUS.splitlines() if not line.startswith(("  ana:", "  cy:"))
    )
    put(
        tx,
        left.replace("[ana, bo]", "[di, bo]")
        .replace("[cy, di]", "[max, di]")
        .replace("ana, bo, cy, di]", "bo, di]"),
    )
    here = present.read(tx, NOW)
    for gone in (
        ShowRequest(1, "ana", 1),
        TellRequest(1, "ana", "taken", "1.0", "bo"),
        TellOverride(1, "cy", "stands-in", (), "mara"),
        TellAbsence(1, "cy", "set", "mara"),
    ):
        assert views.facts(tx, gone, now=here.now) is None


def test_a_lead_asks_in_the_name_of_somebody_who_cannot(tx):
    do(tx, AskCover(by="mara", of="ana", start=THU, end=FRI, seat=PRIMARY, note="fever"))
    do(tx, AnswerRequest(1, "di", "take"))

    assert told(tx) == {("mara", "taken"), ("ana", "taken")}


# --- swaps ---


def test_a_swap_ends_exactly_where_it_was_agreed_and_its_undo_restores_all(tx):
    before = schedule(tx)
    do(tx, SWAP)
    assert schedule(tx) == before
    do(tx, AnswerRequest(1, "bo", "accept"))
    second = timedelta(seconds=1)

    assert on(tx, PRIMARY, at("2026-12-04 20:00") - second) == "ana"
    assert on(tx, PRIMARY, at("2026-12-05 08:00")) == "bo"
    assert on(tx, PRIMARY, at("2026-12-12 08:00")) == "ana"
    assert on(tx, PRIMARY, at("2026-12-14 08:00")) == "eve"
    undo = UndoOverride(1, "ana")
    assert engine.consider(tx, undo, now=NOW).remarks == ("Both halves of the swap end with it.",)
    do(tx, undo)
    assert schedule(tx) == before
    assert status(tx) == "undone"
    assert set(waiting(tx, TellOverride)) == {
        TellOverride(1, "bo", "undone", (), "ana"),
        TellOverride(2, "bo", "undone", (), "ana"),
    }


def test_a_swap_of_which_one_half_is_served_is_for_the_lead_to_undo(tx):
    do(tx, SWAP, AnswerRequest(1, "bo", "accept"))
    tuesday = at("2026-12-08 12:00")

    with pytest.raises(Refused, match="served already; arrange the other anew, or ask Mara Doe"):
        do(tx, UndoOverride(2, "ana"), now=tuesday)
    do(tx, UndoOverride(2, "mara"), now=tuesday)
    assert on(tx, PRIMARY, at("2026-12-12 08:00")) == "bo"
    assert on(tx, PRIMARY, at("2026-12-05 08:00")) == "bo"


def test_of_what_was_agreed_together_that_which_is_not_over_is_undone(tx):
    do(
        tx,
        AskCover(by="ana", start=WEEKEND[0], end=NEXT_WEEKEND[0]),
        AnswerRequest(1, "di", "take"),
    )
    tuesday = at("2026-12-08 12:00")

    with pytest.raises(Refused, match="over already"):
        do(tx, UndoOverride(1, "ana"), now=tuesday)
    assert on(tx, BACKUP, tuesday) == "di"
    do(tx, UndoOverride(1, "ana", (2,)), now=tuesday)
    assert on(tx, BACKUP, tuesday) == "ana"
    assert on(tx, PRIMARY, WEEKEND[0] + timedelta(hours=9)) == "di"


# --- absences ---


def test_somebody_away_learns_what_they_are_on_then_and_nobody_else_learns_why(tx):
    away = SetAway("bo", *WEEKEND, "bo", reason="wedding")

    assert engine.consider(tx, away, now=NOW).remarks == (
        "You are SET backup (EMEA) then, Sat 00:00 – Mon 7 Dec 00:00; /set cover finds somebody.",
    )
    assert engine.consider(tx, replace(away, by="mara"), now=NOW).remarks == (
        "Bo Doe is SET backup (EMEA) then, Sat 00:00 – Mon 7 Dec 00:00.",
    )
    do(tx, away)
    reasons = {
        reader: views.absences(tx, now=NOW, reader=reader)[0].reason
        for reader in ("bo", "mara", "ana", "")
    }
    assert reasons == {"bo": "wedding", "mara": "wedding", "ana": "", "": ""}
    stand_in = AddOverride(PRIMARY, "bo", *WEEKEND, "ana")
    assert engine.consider(tx, stand_in, now=NOW).remarks[0] == (
        "Bo Doe is away Sat 00:00 – Mon 7 Dec 00:00."
    )
    assert "wedding" not in str(tx.execute(text("select payload from history")).all())


def test_an_absence_is_put_down_once_and_taken_back(tx):
    do(tx, SetAway("bo", *WEEKEND, "mara"), SetAway("bo", *WEEKEND, "bo", kind="rather-not"))

    with pytest.raises(Refused, match=r"You are down as away Sat 00:00 – .*`/set away end 1`"):
        do(tx, SetAway("bo", *WEEKEND, "bo"))
    do(tx, EndAway(1, "bo"))
    do(tx, SetAway("bo", *WEEKEND, "bo"), EndAway(3, "shell"))
    assert [one.kind for one in views.absences(tx, now=NOW)] == ["rather-not"]
    assert [(one.what, one.by) for one in waiting(tx, TellAbsence)] == [
        ("set", "mara"),
        ("ended", "shell"),
    ]


def test_an_absence_of_a_calendar_is_changed_there(tx):
    away = Absence(0, "bo", *WEEKEND, uid="event-1")
    rotations.add_absence(tx, away, by="calendar", source="feed", now=NOW)

    with pytest.raises(Refused, match="it comes from a calendar, so change it there"):
        do(tx, SetAway("bo", *WEEKEND, "bo"))


# --- refused ---


REFUSED = [
    (AddOverride(PRIMARY, "zed", THU, FRI, "ana"), "zed is not among the people"),
    (AddOverride(PRIMARY, "di", THU, FRI, "bo"), "A seat is given away by whoever has it"),
    (AddOverride("", "di", THU, FRI, "ana"), "Name a seat, or the person"),
    (AddOverride("", "ana", THU, FRI, "ana", of="ana"), "cannot stand in for themselves"),
    (AddOverride("", "di", THU, FRI, "eve", of="eve"), "You are not on anything then"),
    (AddOverride("set.nix", "di", THU, FRI, "ana", of="ana"), "There is no seat set.nix"),
    (AddOverride(BACKUP, "di", THU, FRI, "ana", of="ana"), "You are not SET backup"),
    (AskCover(by="ana", start=FRI, end=THU), "ends before it begins"),
    (AskCover(by="ana", start=THU, end=FRI, wanted="ana"), "They have it already"),
    (AskCover(by="ana", start=THU, end=FRI, wanted="zed"), "zed is not among"),
    (AskCover(by="cy", of="ana", start=THU, end=FRI), "A seat is given away by"),
    (replace(SWAP, person="ana"), "between two"),
    (replace(SWAP, seat="set.nix"), "There is no seat set.nix"),
    (
        replace(SWAP, end=at("2026-12-08")),
        "Ana Doe does not have the whole of .*: Bo Doe is on for some of it",
    ),
    (AnswerRequest(9, "ana", "take"), "There is no request 9"),
    (UndoOverride(9, "ana"), "There is no override 9"),
    (SetAway("bo", THU, FRI, "ana"), "for Bo Doe, their lead or an admin to say"),
    (SetAway("zed", THU, FRI, "ana"), "zed is not among"),
    (EndAway(9, "ana"), "There is no absence 9"),
]


def test_what_makes_no_sense_is_refused_alike_when_considered_and_when_done(tx):
    before = schedule(tx)
    for message, said in REFUSED:
        for ask in (engine.consider, lambda tx, message, *, now: do(tx, message)):
            with pytest.raises(Refused, match=said):
                ask(tx, message, now=NOW)
    assert schedule(tx) == before
    assert views.requests(tx, now=NOW) == []


def test_what_is_asked_for_already_is_not_asked_for_twice(tx):
    do(tx, COVER)
    for again in (COVER, AskCover(by="mara", of="ana", start=THU, end=FRI)):
        with pytest.raises(Refused, match=r"asked for some of that already \(request 1\)"):
            do(tx, again)
