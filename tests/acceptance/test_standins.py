"""Stand-ins from chat: covers, swaps, absences; shown before they are done, agreed, undone."""

import pytest

from setflow.sandbox.chat.posted import actions
from setflow.sandbox.chat.records import Problem
from tests.acceptance.world import SET, file

COVER = "/set cover set.emea.primary Fri 13:00 - 20:00 to see a dentist"


def shifts(world, seat="set.emea.primary"):
    """The stand-ins that hold, in order."""
    sql = "select person from overrides where undone_at is null and seat = :seat order by starts_at"
    return [row.person for row in world.rows(sql, seat=seat)]


def requests(world):
    return [row.status for row in world.rows("select status from requests order by id")]


def test_nothing_is_done_before_its_card_is_confirmed_and_then_once(world):
    mara = world.user("mara")
    said = mara.says("/set override set.emea.primary @eve Thu 13:00 - Fri 13:00")
    assert said == (
        "**This puts Eve Doe on SET primary (EMEA), Thu 13:00 – Fri 13:00.** Nothing is changed "
        "until you press `Do it`."
    )
    mara.sees(
        "- SET primary (EMEA), Thu 13:00 – 20:00: Ana Doe → Eve Doe\n"
        "- SET primary (EMEA), Fri 08:00 – 13:00: Ana Doe → Eve Doe",
        "[Do it] [Cancel]",
    )
    assert shifts(world) == []
    world.user("ana").does_not_see("Eve Doe")
    assert mara.clicks("Do it") == (
        "Eve Doe stands in as SET primary (EMEA), Thu 13:00 – Fri 13:00. Whoever gives way is told "
        "and can undo it; so can you: `/set override undo 1`."
    )
    assert mara.clicks("Do it") == (
        "You have answered that card already; nothing was changed again."
    )
    assert shifts(world) == ["eve"]
    world.user("ana").sees("Eve Doe stands in for you as SET primary (EMEA)", "[Undo]")
    assert mara.says("/set override undo 1") == "Undone; the turn is as it was before."
    assert shifts(world) == []


def test_a_card_can_be_cancelled_and_is_good_for_fifteen_minutes_and_for_its_caller(world):
    ana = world.user("ana")
    ana.says("/set override set.emea.primary @bo Thu")
    assert ana.clicks("Cancel") == "Cancelled; nothing was changed."
    assert "answered that card already" in ana.clicks("Do it")
    ana.says("/set override set.emea.primary @bo Thu")
    card = world.chat.ephemeral("ana")[-1]
    with pytest.raises(Problem):
        world.user("mara").clicks("Do it", post=card.id)
    stolen = {
        "user_id": world.chat.server.named("mara").id,
        "user_name": "mara",
        "channel_id": card.channel_id,
        "post_id": card.id,
        "context": actions(card.props)[0]["integration"]["context"],
    }
    said = world.post("/hooks/mattermost/action", json=stolen).json()["ephemeral_text"]
    assert said == "That card is somebody else's; nothing was changed."
    world.pass_time(minutes=16)
    assert "over 15 minutes old, so nothing was done" in ana.clicks("Do it")
    assert shifts(world) == []


def test_a_card_that_is_overtaken_says_so_and_does_nothing(world):
    mara = world.user("mara")
    mara.says("/set override set.emea.primary @bo Thu")
    world.user("ana").does("/set override set.emea.primary @eve Thu")
    said = mara.clicks("Do it")
    assert said.startswith("Something has changed since you looked, so nothing was done.")
    assert "Eve Doe → Bo Doe" in said
    assert shifts(world) == ["eve"]
    said = mara.does("/set override set.emea.primary @bo Thu")
    assert said.startswith("Bo Doe stands in as SET primary (EMEA), Thu 3 Dec, the whole day.")


def test_all_seats_of_somebody_are_given_at_once(world):
    world.user("mara").does("/set override set.lead @ana Thu")
    said = world.user("mara").does("/set override @ana @di Thu")
    assert said.startswith("Di Doe stands in as SET lead and SET primary (EMEA), Thu 3 Dec")
    world.user("di").sees("You stand in for Ana Doe", "SET lead and SET primary (EMEA)")
    world.user("ana").sees("Di Doe stands in for you as SET lead and SET primary (EMEA)", "[Undo]")
    assert world.user("ana").clicks("Undo").startswith("Undone, 2 stand-ins together;")
    assert shifts(world) == []


def test_a_cover_is_asked_for_in_the_channel_and_taken_there(world):
    ana, bo, channel = world.user("ana"), world.user("bo"), world.channel(SET)
    assert ana.does(COVER) == (
        f"Asked in ~{SET}; until somebody takes it, it stays yours. `/set requests 1 withdraw` "
        "takes it back."
    )
    channel.shows(
        "**Ana Doe asks for cover as SET primary (EMEA), Fri 13:00 – 20:00** — to see a dentist. "
        "Whoever can, take it; until then it stays with Ana Doe.",
        "[Take] [I cannot]",
    )
    assert shifts(world) == []
    before = bo.clicks("Take", channel=SET)
    assert "Before you do:\n- " in before
    assert "SET backup (EMEA) too" in before
    assert shifts(world) == []
    assert bo.clicks("Take", channel=SET) == (
        "It is yours now; whoever had it is told, and can undo it."
    )
    channel.shows("✓ Bo Doe takes SET primary (EMEA) from Ana Doe, Fri 13:00 – 20:00.")
    channel.does_not_show("[Take]")
    ana.sees("Bo Doe takes SET primary (EMEA) from you, Fri 13:00 – 20:00", "[Undo]")
    world.pass_time(until="2026-12-04 13:00")
    world.alert()
    assert world.paged()[-1] == "bo"
    assert ana.clicks("Undo") == "Undone; the turn is as it was before."


def test_a_cover_that_nobody_takes_is_brought_up_and_expires(world):
    world.user("ana").does(COVER)
    for name in ("bo", "cy"):
        assert world.user(name).clicks("I cannot", channel=SET).startswith("Noted")
    world.channel(SET).shows("Bo Doe and Cy Doe cannot.")
    world.pass_time(until="2026-12-03 13:00")
    world.user("ana").sees("Nobody has taken SET primary (EMEA), ", "yet; it stays yours")
    assert len(world.channel(SET).thread("Ana Doe asks for cover")) == 1
    world.pass_time(until="2026-12-04 13:00")
    world.user("mara").sees("Nobody has taken SET primary (EMEA)", "it stays with Ana Doe")
    world.channel(SET).shows("Cover for Ana Doe as SET primary (EMEA)", "Nothing to do any more.")
    assert requests(world) == ["expired"]
    assert shifts(world) == []


def test_somebody_asked_by_name_declines_and_the_asker_is_told(world):
    ana, bo = world.user("ana"), world.user("bo")
    assert ana.does("/set cover @bo Fri").startswith("Asked Bo Doe; until somebody takes it")
    bo.sees("Ana Doe asks you to take SET primary (EMEA), Fri", "[Take] [Decline]")
    world.channel(SET).does_not_show("asks for cover")
    bo.says("/set requests")
    bo.sees("What waits for you", "1: Cover for Ana Doe as SET primary (EMEA)", "[Decline]")
    bo.clicks("Decline")
    bo.sees("Noted; Ana Doe is told, and nothing changes.")
    ana.sees("Bo Doe cannot take SET primary (EMEA)", "it stays yours")
    assert requests(world) == ["declined"]


def test_weeks_are_swapped_by_the_consent_of_both_and_undone_by_either(world):
    ana, bo = world.user("ana"), world.user("bo")
    assert ana.says("/set swap Fri with @bo") == (
        "**This offers Bo Doe a swap: your SET primary (EMEA), Fri 4 Dec, the whole day, for their "
        "SET backup (EMEA), Fri 4 Dec, the whole day.** Nothing is changed until you press `Do it`."
    )
    said = ana.says("/set swap @bo")
    assert said == (
        "**This offers Bo Doe a swap: your SET primary (EMEA), 11:00 – Sun 20:00, for their SET "
        "primary (EMEA), Mon 7 Dec 08:00 – Sun 13 Dec 20:00.** "
        "Nothing is changed until you press `Do it`."
    )
    ana.sees("- Bo Doe has to agree before anything changes.")
    assert ana.clicks("Do it").startswith("Offered to Bo Doe; until they accept, nothing changes.")
    bo.sees("Ana Doe offers a swap: you take SET primary (EMEA) from Ana Doe", "[Accept]")
    bo.clicks("Accept")
    assert bo.clicks("Accept") == "Swapped; both of you can undo it."
    assert shifts(world) == ["bo", "ana"]
    bo.sees("✓ Swapped: you take SET primary (EMEA) from Ana Doe")
    ana.sees("Bo Doe accepts the swap: Bo Doe takes SET primary (EMEA) from you", "[Undo]")
    assert ana.clicks("Undo").startswith("Undone, 2 stand-ins together;")
    assert shifts(world) == []


def test_a_stand_in_from_outside_the_crew_waits_for_the_lead(bare):
    bare.apply(file().replace("people:\n", "people:\n  sue: {name: Sue Doe, mattermost: sue}\n"))
    ana, sue, mara = (bare.user(name) for name in ("ana", "sue", "mara"))
    assert ana.does("/set override set.emea.primary @sue Fri").startswith(
        "Mara Doe has to agree, and is asked now; until then nothing changes."
    )
    assert shifts(bare) == []
    mara.sees("Sue Doe would take SET primary (EMEA) from Ana Doe, Fri", "[Approve] [Refuse]")
    assert "Mara Doe" in sue.says("/set requests 1 approve")
    assert mara.clicks("Approve") == "Agreed; everybody concerned is told."
    assert shifts(bare) == ["sue"]
    ana.does("/set cover Thu")
    before = sue.clicks("Take", channel=SET)
    assert "so Mara Doe has to agree" in before
    assert before.endswith("Take it again, and Mara Doe is asked.")
    assert sue.clicks("Take", channel=SET) == (
        "You are not of the crew, so the lead has to agree first, and is asked now. "
        "`/set requests 2 decline` takes it back."
    )
    bare.channel(SET).shows("Sue Doe would take SET primary (EMEA) from Ana Doe, Thu")
    mara.clicks("Refuse")
    ana.sees("Mara Doe does not agree to somebody from outside the crew", "others can still")
    assert requests(bare) == ["taken", "open"]


def test_when_somebody_is_away_is_shown_with_its_consequences_and_kept_from_others(world):
    ana, bo = world.user("ana"), world.user("bo")
    ana.says("/set away Dec 3 - Dec 4 surgery")
    ana.sees("**This notes you as away, Thu 3 Dec – Fri 4 Dec, the last day included.**")
    ana.sees("You are SET primary (EMEA) then", "/set cover")
    said = ana.clicks("Do it and ask for cover")
    assert said.startswith(
        "Noted: you are away, Thu 3 Dec – Fri 4 Dec, the last day included. `/set away end 1`"
    )
    assert "Asked in ~sustained-engineering; until somebody takes it" in said
    world.channel(SET).shows("Ana Doe asks for cover as SET primary (EMEA), Thu", "[Take]")
    assert "answered that card already" in ana.clicks("Do it")
    assert "- **1** Thu 3 Dec – Fri 4 Dec, the last day included — surgery" in ana.says("/set away")
    bo.says("/set override set.emea.backup @ana Thu")
    card = bo.sees("This puts Ana Doe on SET backup (EMEA)", "away")
    assert "surgery" not in card
    assert "ask Ana Doe" in bo.says("/set away end 1")
    assert ana.does("/set away end 1") == "Taken back; it is no absence any more."
    assert ana.says("/set away").startswith("You are not away.")


WRONG = [
    ("ana", "/set cover 25:00 26:00", "25:00 is no time of day; write one such as 09:00."),
    ("ana", "/set cover 13:00", "Say until when as well. Write FROM and TO as `Fri`"),
    ("ana", "/set cover 3pm", "“3pm” is no time that I know. Write FROM and TO as `Fri`"),
    ("ana", "/set cover set.emea.primry", 'did you mean "set.emea.primary"'),
    ("ana", "/set cover set", "There is no seat set; there is set.lead, set.emea.primary"),
    ("ana", "/set cover @zed", "zed is not among the people"),
    ("ana", "/set cover @ana", "have it already"),
    ("ana", f"/set cover Fri {'x' * 300}", "say it in 180 characters"),
    ("ana", "/set cover set.lead", "You are not on as SET lead in the next eight weeks"),
    ("gil", "/set cover", "gil is not among the people"),
    ("ana", "/set cover @bo @cy Fri", "Name one person"),
    ("ana", "/set cover set.emea.backup Fri", "You are not SET backup (EMEA) then"),
    ("ana", "/set swap set.lead Fri with @bo", "You are not on as SET lead, Fri 4 Dec"),
    ("mara", "/set swap Dec 1 - Dec 24 with @ana", "then: say which, such as `set."),
    ("ana", "/set override @bo Fri", "Write `/set override SEAT PERSON FROM TO`"),
    ("ana", "/set away 2026-11-01 2026-11-03", "That stretch is over"),
    ("ana", "/set swap", "Write `/set swap [SEAT] [FROM TO] with @PERSON [SEAT] [FROM TO]`"),
    ("ana", "/set swap with Bo", "Write `/set swap"),
    ("ana", "/set swap @ana", "A swap is between two"),
    ("ana", "/set swap Fri with @mara Sat and so on", "Write `/set swap"),
    ("ana", "/set away soon", "“soon” is no time that I know."),
    ("ana", "/set away rather-not", "Write `/set away"),
    ("ana", "/set away end x", "such as `/set away end 4`"),
    ("ana", "/set away end 4", "no absence 4"),
    ("ana", "/set away @mara Fri", "ask"),
    ("ana", "/set override all @bo", "Write `/set override SEAT PERSON FROM TO`"),
    ("ana", "/set override undo it", "such as `/set override undo 12`"),
    ("ana", "/set override undo 12", "There is no override 12"),
    ("ana", f"/set override undo {'9' * 5000}", "such as `/set override undo 12`"),
    ("ana", f"/set away end {10**20}", "such as `/set away end 4`"),
    ("ana", f"/set requests {10**20} take", "an answer is one of take, decline"),
    ("ana", "/set requests ² take", "an answer is one of take, decline"),
    ("ana", "/set requests 5 jump", "an answer is one of take, decline"),
    ("ana", "/set requests 5 take", "There is no request 5"),
]


def test_what_makes_no_sense_is_answered_with_what_does_and_changes_nothing(world):
    answers = [(world.user(name).says(command), want) for name, command, want in WRONG]

    assert [(said, want) for said, want in answers if want not in said] == []
    assert not any("Nothing is changed until" in said for said, _ in answers)
