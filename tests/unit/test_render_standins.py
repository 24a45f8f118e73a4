"""Stand-ins in words: requests, cards, what those concerned are told."""

from dataclasses import replace

import pytest

from setflow import signature
from setflow.adapters.mattermost.post import AMBER, GREEN, GREY, RED, Button, Pen
from setflow.adapters.mattermost.render import render
from setflow.adapters.mattermost.requests import request_line
from setflow.adapters.mattermost.standins import card
from setflow.effects import BumpRequest, ShowRequest, TellAbsence, TellOverride, TellRequest
from setflow.facts import (
    AbsenceFacts,
    Change,
    ConsideredFacts,
    OverrideFacts,
    RequestFacts,
    RequestNewsFacts,
    Who,
)
from tests.unit.test_render import ANA, BERLIN, BO, KEY, MARA, at, buttons, colour

EVE = Who("eve", "Eve", "eve")
PRIMARY = Change("set.primary", "SET primary", at("13:00"), at("13:00", 4), (ANA,), None)
LEAD = replace(PRIMARY, seat="set.lead", label="SET lead")
COVER = RequestFacts(
    id=7,
    kind="cover",
    status="open",
    rotation="set",
    asker=ANA,
    wanted=None,
    taker=None,
    leads=(MARA,),
    declined=(),
    changes=(PRIMARY,),
    note="",
    why="",
    opened_at=at("9:00", 2),
    expires_at=at("13:00"),
    overrides=(),
    zone=BERLIN,
    channel="sustained-engineering",
    to=None,
    answers=("take", "decline"),
)
TAKEN = replace(
    COVER, status="taken", taker=BO, changes=(replace(PRIMARY, after=BO),), overrides=(12,),
    answers=(),
)  # fmt: skip
SWAP = replace(
    COVER,
    kind="swap",
    wanted=BO,
    to=BO,
    changes=(
        replace(PRIMARY, after=BO),
        Change("set.primary", "SET primary", at("13:00", 10), at("13:00", 11), (BO,), ANA),
    ),
    answers=("accept", "decline"),
)
APPROVAL = replace(
    COVER, kind="approval", wanted=EVE, to=MARA, changes=(replace(PRIMARY, after=EVE),),
    answers=("approve", "refuse"),
)  # fmt: skip
OVERRIDE = OverrideFacts(
    id=4,
    person=ANA,
    seat="SET primary",
    stand_in=BO,
    displaced=(ANA,),
    by="Mara",
    start=at("13:00"),
    end=at("13:00", 4),
    zone=BERLIN,
    undone=False,
    parts=(PRIMARY, LEAD),
    also=(5,),
)
CONSIDERED = ConsideredFacts(
    changes=(replace(PRIMARY, after=BO, end=at("20:00")),),
    remarks=("Bo is on as SET backup then as well.",),
    needs=(),
    gives_way=(),
    zone=BERLIN,
)
PEN = Pen(at("12:00", 2), lambda context: signature.sign(KEY, context), "https://s.example.com")


def said(effect, facts, now=PEN.now):
    return render(effect, facts, sign=PEN.sign, callback_url=PEN.callback_url, now=now)


def shown(request):
    return said(ShowRequest(7, request.to.name if request.to else "", 1), request)


def told(request, what, person=ANA, by=BO, answers=()):
    news = RequestNewsFacts(replace(request, to=person, answers=answers), person, what, by)
    return said(TellRequest(7, person.name, what, "1"), news)


@pytest.mark.parametrize(
    ("request_", "says", "pressed", "bar"),
    [
        (
            COVER,
            "**Ana asks for cover as SET primary, Thu 13:00 – Fri 13:00**. Whoever can, take it; "
            "until then it stays with Ana.",
            ["Take", "I cannot"],
            RED,
        ),
        (
            replace(COVER, note="dentist", changes=(PRIMARY, LEAD), declined=(BO,)),
            "**Ana asks for cover as SET primary and SET lead, Thu 13:00 – Fri 13:00** — dentist. "
            "Whoever can, take it; until then it stays with Ana.",
            ["Take", "I cannot"],
            RED,
        ),
        (
            replace(COVER, to=BO, wanted=BO),
            "**Ana asks you to take SET primary, Thu 13:00 – Fri 13:00**. Answer by Thu 13:00; "
            "until you take it, it stays with Ana.",
            ["Take", "Decline"],
            RED,
        ),
        (TAKEN, "✓ Bo takes SET primary from Ana, Thu 13:00 – Fri 13:00.", [], GREEN),
        (
            replace(TAKEN, to=BO),
            "✓ You take SET primary from Ana, Thu 13:00 – Fri 13:00.",
            [],
            GREEN,
        ),
        (
            replace(COVER, status="waits", taker=EVE, answers=()),
            "**Eve would take SET primary from Ana, Thu 13:00 – Fri 13:00**, and is not of the "
            "crew. Mara has to agree by Thu 13:00; until then nothing changes.",
            [],
            AMBER,
        ),
        (
            SWAP,
            "Ana offers a swap: you take SET primary from Ana, Thu 13:00 – Fri 13:00; Ana takes "
            "SET primary from you, Thu 10 Dec 13:00 – Fri 11 Dec 13:00. Answer by Thu 13:00; until "
            "then nothing changes.",
            ["Accept", "Decline"],
            RED,
        ),
        (
            replace(SWAP, status="taken", answers=()),
            "✓ Swapped: you take SET primary from Ana, Thu 13:00 – Fri 13:00; Ana takes SET "
            "primary from you, Thu 10 Dec 13:00 – Fri 11 Dec 13:00.",
            [],
            GREEN,
        ),
        (
            APPROVAL,
            "**Eve would take SET primary from Ana, Thu 13:00 – Fri 13:00**, and is not of the "
            "crew. You, as lead, have to agree by Thu 13:00; until then nothing changes.",
            ["Approve", "Refuse"],
            RED,
        ),
        (
            replace(COVER, status="expired", why="Nobody took it in time.", answers=()),
            "Cover for Ana as SET primary, Thu 13:00 – Fri 13:00: Nobody took it in time.",
            [],
            GREY,
        ),
    ],
)
def test_a_request_is_one_post_that_says_how_it_stands(request_, says, pressed, bar):
    post = shown(request_)

    assert post.message == says
    assert (list(buttons(post)), colour(post)) == (pressed, bar)
    assert post.mentions == ()


def test_the_answers_of_a_request_are_told_apart_by_id_and_context():
    pressed = buttons(shown(SWAP))

    assert pressed["Accept"]["id"] == "answer7accept"
    context = pressed["Decline"]["integration"]["context"]
    signed = {"do": "answer", "request": 7, "answer": "decline"}
    assert context == {**signed, "sig": signature.sign(KEY, signed)}


@pytest.mark.parametrize(
    ("request_", "what", "person", "by", "says"),
    [
        (TAKEN, "taken", ANA, BO, "Bo takes SET primary from you, Thu 13:00 – Fri 13:00."),
        (
            replace(SWAP, status="taken", overrides=(1, 2)),
            "accepted",
            ANA,
            BO,
            "Bo accepts the swap: Bo takes SET primary from you, Thu 13:00 – Fri 13:00; you take "
            "SET primary from Bo, Thu 10 Dec 13:00 – Fri 11 Dec 13:00.",
        ),
        (
            replace(TAKEN, kind="approval", taker=EVE, changes=(replace(PRIMARY, after=EVE),)),
            "approved",
            EVE,
            MARA,
            "Mara agrees: you take SET primary from Ana, Thu 13:00 – Fri 13:00.",
        ),
        (
            COVER,
            "declined",
            ANA,
            EVE,
            "Eve cannot take SET primary, Thu 13:00 – Fri 13:00 after all; it stays yours, and "
            "others can still take it.",
        ),
        (
            replace(COVER, status="declined"),
            "declined",
            ANA,
            BO,
            "Bo cannot take SET primary, Thu 13:00 – Fri 13:00; it stays yours. `/set cover` asks "
            "somebody else.",
        ),
        (
            SWAP,
            "declined",
            ANA,
            BO,
            "Bo declines the swap; your turns stay as they are.",
        ),
        (
            COVER,
            "all-declined",
            ANA,
            None,
            "Everybody of the crew cannot take SET primary, Thu 13:00 – Fri 13:00; it stays yours. "
            "Ask Mara, as lead.",
        ),
        (
            replace(COVER, status="waits", taker=EVE),
            "waits",
            ANA,
            EVE,
            "Eve would take SET primary, Thu 13:00 – Fri 13:00, and is not of the crew: Mara has "
            "to agree first. Until then it stays yours.",
        ),
        (
            replace(COVER, status="refused", why="Mara refused it."),
            "refused",
            ANA,
            MARA,
            "Cover for Ana as SET primary, Thu 13:00 – Fri 13:00: Mara refused it.",
        ),
        (
            COVER,
            "refused",
            ANA,
            MARA,
            "Mara does not agree to somebody from outside the crew as SET primary, Thu 13:00 – Fri "
            "13:00. It stays yours, and others can still take it.",
        ),
        (
            replace(COVER, status="withdrawn"),
            "withdrawn",
            BO,
            ANA,
            "Cover for Ana as SET primary, Thu 13:00 – Fri 13:00: taken back; nothing changes.",
        ),
        (
            replace(COVER, status="expired", why="Nobody took it; it stays with Ana."),
            "expired",
            ANA,
            None,
            "Cover for Ana as SET primary, Thu 13:00 – Fri 13:00: Nobody took it; it stays with "
            "Ana.",
        ),
        (
            APPROVAL,
            "reminder",
            MARA,
            None,
            "Eve would take SET primary from Ana, Thu 13:00 – Fri 13:00: that waits for your "
            "answer. It begins in 25 h.",
        ),
        (
            replace(COVER, status="waits", taker=EVE),
            "reminder",
            ANA,
            None,
            "Eve would take SET primary from you, Thu 13:00 – Fri 13:00: Mara has not agreed yet. "
            "It begins in 25 h.",
        ),
        (
            replace(COVER, wanted=BO),
            "last-reminder",
            MARA,
            None,
            "Bo has not answered yet: cover for Ana as SET primary, Thu 13:00 – Fri 13:00. It "
            "begins in 25 h.",
        ),
        (
            replace(COVER, wanted=BO),
            "last-reminder",
            BO,
            None,
            "Cover for Ana as SET primary, Thu 13:00 – Fri 13:00 waits for your answer. It begins "
            "in 25 h.",
        ),
        (
            COVER,
            "reminder",
            ANA,
            None,
            "Nobody has taken SET primary, Thu 13:00 – Fri 13:00 yet; it stays yours. It begins in "
            "25 h.",
        ),
        (
            COVER,
            "last-reminder",
            MARA,
            None,
            "Nobody has taken SET primary, Thu 13:00 – Fri 13:00 yet; it stays with Ana. It begins "
            "in 25 h.",
        ),
    ],
)
def test_those_concerned_are_told_in_their_own_words(request_, what, person, by, says):
    post = told(request_, what, person, by)

    assert post.message == says
    assert list(buttons(post)) == (["Undo"] if request_.overrides else [])


def test_a_reminder_to_somebody_who_is_asked_has_the_answers():
    post = told(APPROVAL, "reminder", MARA, None, ("approve", "refuse"))
    assert (list(buttons(post)), colour(post)) == (["Approve", "Refuse"], RED)
    assert post.attachments[0]["text"] == "Waiting for you."
    assert told(COVER, "reminder").attachments[0]["text"] == "Waiting for somebody to take it."
    assert colour(told(replace(COVER, status="expired"), "expired")) == GREY


def test_whole_days_are_said_as_days():
    day = replace(PRIMARY, start=at("0:00", 4), end=at("0:00", 5))
    post = shown(replace(COVER, changes=(day,)))
    assert "asks for cover as SET primary, Fri 4 Dec, the whole day**" in post.message


def test_undoing_what_was_told_together_undoes_all_of_it():
    pressed = buttons(told(replace(TAKEN, overrides=(12, 13)), "taken"))["Undo"]
    assert pressed["integration"]["context"].items() >= {"override": 12, "also": "13"}.items()
    pressed = buttons(said(TellOverride(4, "ana", "displaced", (5,)), OVERRIDE))["Undo"]
    assert pressed["integration"]["context"].items() >= {"override": 4, "also": "5"}.items()
    pressed = buttons(told(TAKEN, "taken"))["Undo"]
    assert "also" not in pressed["integration"]["context"]


def test_an_open_request_is_brought_up_below_its_post():
    post = said(BumpRequest(7), COVER, at("11:00"))

    assert post.message == (
        "Still nobody has taken it, and it begins in 2 h. Whoever can, take it above; until then "
        "it stays with Ana."
    )


def test_of_what_had_begun_when_it_was_asked_for_it_is_said_so():
    now = replace(COVER, changes=(replace(PRIMARY, start=COVER.opened_at),))

    assert "taken it, and it has begun." in said(BumpRequest(7), now, at("11:00")).message
    assert told(now, "last-reminder").message.endswith("it stays yours. It has begun.")


def test_several_seats_of_one_stretch_are_told_in_one_message():
    post = said(TellOverride(4, "ana", "displaced"), OVERRIDE)
    assert post.message == (
        "Bo stands in for you as SET primary and SET lead, Thu 13:00 – Fri 13:00, arranged by "
        "Mara. An alert somebody has by then stays with them."
    )
    post = said(TellOverride(4, "bo", "undone"), replace(OVERRIDE, person=BO, undone=True))
    assert post.message.startswith("Undone by Mara: you stand in for Ana as SET primary and")


@pytest.mark.parametrize(
    ("kind", "ended", "says"),
    [
        (
            "away",
            False,
            "Mara noted that you are away, Mon 21 Dec – Tue 22 Dec, the last day included. "
            "`/set away end 3` takes it back.",
        ),
        (
            "rather-not",
            True,
            "Mara took back that you would rather not serve, Mon 21 Dec – Tue 22 Dec, the last day "
            "included.",
        ),
    ],
)
def test_an_absence_that_another_noted_is_told(kind, ended, says):
    facts = AbsenceFacts(
        3, ANA, "Mara", at("0:00", 21), at("0:00", 23), kind, "", BERLIN, ended, ANA
    )
    assert said(TellAbsence(3, "ana", "set", "mara"), facts).message == says


def test_a_card_says_who_gives_way_to_whom_what_is_worth_knowing_and_who_must_agree():
    press = [Button("confirm", "Do it", {"do": "confirm"}, "primary")]
    post = card(replace(CONSIDERED, needs=(MARA,)), "**This puts Bo on SET primary.**", press, PEN)

    assert (
        post.message
        == "**This puts Bo on SET primary.** Nothing is changed until you press `Do it`."
    )
    assert post.attachments[0]["text"] == (
        "- SET primary, Thu 13:00 – 20:00: Ana → Bo\n"
        "- Bo is on as SET backup then as well.\n"
        "- Mara has to agree before anything changes."
    )
    assert (list(buttons(post)), colour(post)) == (["Do it"], AMBER)
    assert post.attachments[0]["footer"] == "Berlin time"


def test_a_card_of_many_shifts_shows_the_first_and_counts_the_others():
    changes = tuple(
        replace(PRIMARY, seat=f"s{number}", start=at("13:00", number), before=())
        for number in range(3, 30)
    )
    text = card(replace(CONSIDERED, changes=changes), "x", (), PEN).attachments[0]["text"]

    assert text.count("nobody → whoever takes it") == 8
    assert "- … and 19 more like these" in text


def test_many_shifts_that_change_alike_are_one_line():
    days = [replace(PRIMARY, start=at("8:00", day), end=at("20:00", day)) for day in range(3, 10)]
    mixed = (*days, replace(days[0], seat="set.lead", label="SET lead"))
    text = card(replace(CONSIDERED, changes=mixed), "x", (), PEN).attachments[0]["text"]

    assert text.splitlines()[:2] == [
        "- SET lead, Thu 08:00 – 20:00: Ana → whoever takes it",
        "- SET primary, Thu 08:00 – Wed 9 Dec 20:00 (7 shifts): Ana → whoever takes it",
    ]


def test_a_card_without_consequences_says_so():
    nothing = replace(CONSIDERED, changes=(), remarks=())
    assert card(nothing, "x", (), PEN).attachments[0]["text"] == "Nobody's duty changes by it."


def test_a_list_of_requests_has_their_numbers_and_answers():
    line = request_line(replace(COVER, declined=(BO,)), PEN)
    assert line["text"] == (
        "7: Cover for Ana as SET primary, Thu 13:00 – Fri 13:00. Waiting for somebody to take it. "
        "Bo cannot."
    )
    assert [one["name"] for one in line["actions"]] == ["Take", "I cannot"]
    assert request_line(APPROVAL, PEN)["text"] == (
        "7: Eve to take SET primary from Ana, Thu 13:00 – Fri 13:00. Waiting for you."
    )
    assert request_line(replace(APPROVAL, to=BO, answers=()), PEN)["text"].endswith("for Mara.")
    own = request_line(replace(SWAP, answers=(), to=ANA), PEN)
    assert own["text"].startswith("7: Ana's swap, SET primary, Thu 13:00 – Fri 13:00; SET primary")
    assert own["text"].endswith("Waiting for Bo.")
    assert [one["name"] for one in own["actions"]] == ["Withdraw"]


def test_nothing_from_outside_formats_links_or_calls():
    nasty = "@channel **x** [a](https://evil.example) ~town-square #tag"
    who = Who("zed", nasty, "zed")
    change = replace(PRIMARY, label=nasty, before=(who,))
    request = replace(
        COVER, asker=who, changes=(change,), note=nasty, leads=(who,), declined=(who,), why=nasty
    )
    for status in ("open", "waits", "taken", "expired"):
        post = shown(replace(request, status=status))
        text = post.message + post.attachments[0]["text"]
        assert not any(part in text for part in ("@channel", "https://", "**x**", "~town", "#tag"))
    considered = replace(CONSIDERED, remarks=(nasty,), needs=(who,), changes=(change,))
    text = card(considered, "x", (), PEN).attachments[0]["text"]
    assert not any(part in text for part in ("@channel", "https://", "**x**", "~town", "#tag"))
