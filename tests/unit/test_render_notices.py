"""What notices of duties say, word by word."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from setflow.adapters.mattermost.render import render
from setflow.effects import TellDuty
from setflow.facts import DutyFacts, NoticeFacts, Who

BERLIN = ZoneInfo("Europe/Berlin")
ANA, BO, MARA = (Who(name.lower(), name, name.lower()) for name in ("Ana", "Bo", "Mara"))
HOUR = timedelta(hours=1)


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=BERLIN).astimezone(UTC)


MONDAY = at("2026-11-30 08:00")
WEEK = DutyFacts(
    "SET primary (EMEA)", MONDAY, at("2026-12-06 20:00"), closes=at("2026-11-30 20:00")
)
CYCLE = DutyFacts("SET lead", MONDAY, at("2026-12-14 08:00"), closes=at("2026-12-14 08:00"))
ON = NoticeFacts(ANA, BERLIN, "on", MONDAY, MONDAY, (WEEK,), goes_on=False)
OVER = replace(WEEK, then=(BO,), then_from=at("2026-12-07 08:00"))
RELIEVED = NoticeFacts(ANA, BERLIN, "relieved", WEEK.end, WEEK.end, (OVER,), goes_on=False)


def said(notice: NoticeFacts, now: datetime | None = None) -> str:
    effect = TellDuty("set", "ana", notice.what, notice.due.isoformat())
    post = render(effect, notice, sign=lambda _: "", callback_url="", now=now or notice.due)
    assert not post.mentions
    return post.message


def test_several_seats_are_one_message():
    assert said(replace(ON, duties=(WEEK, CYCLE), beside=(("backup", BO),))) == (
        "**You are on now**: SET primary (EMEA) until Sun 20:00, in its hours (first 08:00 – "
        "20:00) and SET lead until Mon 14 Dec 08:00. Beside you: backup Bo."
    )


@pytest.mark.parametrize(
    ("notice", "now", "words"),
    [
        (ON, MONDAY + 20 * HOUR / 60, "You are on since 08:00"),
        (replace(ON, goes_on=True), MONDAY, "From now on you are"),
        (replace(ON, what="day", due=MONDAY - 24 * HOUR), None, "You are on from Mon 08:00"),
        (
            replace(ON, what="day", due=MONDAY - 24 * HOUR, goes_on=True),
            None,
            "From Mon 08:00 you are",
        ),
        (replace(ON, what="soon", due=MONDAY - HOUR / 2), None, "You are on from 08:00"),
    ],
)
def test_the_first_words_say_what_is(notice, now, words):
    assert said(notice, now).split("**")[1] == words


def test_what_is_late_says_so_and_says_the_true_time():
    soon = replace(ON, what="soon", due=MONDAY - HOUR / 2)
    late = said(soon, MONDAY - HOUR / 5)
    assert late.startswith("**You are on from 08:00**, in 12 min: ")
    assert late.endswith(" If you cannot: `/set cover`. This comes 18 min late.")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "Bo has it from Mon 08:00."),
        ({"then_from": None}, "Bo has it now."),
        ({"then": (), "then_from": None}, "Nobody has it now."),
        (
            {"then_from": None, "again": at("2026-12-07 13:00")},
            "Bo has it now; you have it again from Mon 13:00.",
        ),
        (
            {"then": (ANA,), "again": at("2026-12-07 13:00")},
            "You have it again from Mon 13:00.",
        ),
        ({"then": (ANA,)}, "You have it again from Mon 08:00."),
    ],
)
def test_who_is_relieved_hears_who_comes_after(change, words):
    notice = replace(RELIEVED, duties=(replace(OVER, **change),))
    assert said(notice) == f"**You are relieved** as SET primary (EMEA). {words}".rstrip()


def test_who_is_relieved_of_two_seats_hears_of_both_and_of_what_stays():
    lead = replace(CYCLE, then=(MARA,))
    notice = replace(
        RELIEVED, duties=(OVER, lead), still=("SET backup (EMEA)",), alerts=((4, "x"),)
    )
    assert said(notice) == (
        "**You are relieved** as SET primary (EMEA) and SET lead. Bo has SET primary (EMEA) from "
        "Mon 08:00. Mara has SET lead now. You still have SET backup (EMEA). Open on your name, "
        "and yours until over: #4 x."
    )


@pytest.mark.parametrize("text", ["@channel", "[x](https://evil.example)", "a\n# b", "**x** `y`"])
def test_nothing_from_outside_mentions_links_or_formats(text):
    who = Who("x", text, "x")
    for notice in (
        replace(ON, duties=(replace(WEEK, seat=text),), beside=((text, who),)),
        replace(
            RELIEVED,
            duties=(replace(OVER, seat=text, then=(who,)), OVER),
            still=(text,),
            alerts=((1, text),),
        ),
    ):
        message = said(notice)
        assert not re.search(r"@\w|https://|\n#|(?<!\\)\[|(?<!\\)`y", message), message
