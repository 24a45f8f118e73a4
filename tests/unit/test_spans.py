"""Stretches of time as people write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters.mattermost.spans import said, span_of

BERLIN, APIA = ZoneInfo("Europe/Berlin"), ZoneInfo("Pacific/Apia")
NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)  # a Monday, 11:00 in Berlin


def read(text, zone=BERLIN, now=NOW):
    span, rest = span_of(text, zone, now=now)
    return (said(span.start, span.end, zone, now=now) if span else None), rest


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Fri", "Fri 4 Dec, the whole day"),
        ("friday", "Fri 4 Dec, the whole day"),
        ("Mon", "Mon 30 Nov, the whole day"),
        ("today", "Mon 30 Nov, the whole day"),
        ("tomorrow - tomorrow", "Tue 1 Dec, the whole day"),
        ("Fri-Sun", "Fri 4 Dec – Sun 6 Dec, the last day included"),
        ("Fri, Sat", "Fri 4 Dec – Sat 5 Dec, the last day included"),
        ("from Dec 1 to Dec 2", "Tue 1 Dec – Wed 2 Dec, the last day included"),
        ("Dec 21 - Jan 3", "Mon 21 Dec – Sun 3 Jan 2027, the last day included"),
        ("Dec 21 – 23", "Mon 21 Dec – Wed 23 Dec, the last day included"),
        ("Dec 30 - 3 Jan", "Wed 30 Dec – Sun 3 Jan 2027, the last day included"),
        ("21 December to 23 December", "Mon 21 Dec – Wed 23 Dec, the last day included"),
        ("2026-12-21 2027-01-03", "Mon 21 Dec – Sun 3 Jan 2027, the last day included"),
        ("Nov 29", "Mon 29 Nov 2027, the whole day"),
        ("Feb 29", "Tue 29 Feb 2028, the whole day"),
        ("13:00 15:00", "13:00 – 15:00"),
        ("9:00-15:00", "Tue 09:00 – 15:00"),
        ("11:00 12:00", "11:00 – 12:00"),
        ("now 18:00", "11:00 – 18:00"),
        ("now until Fri", "11:00 – Sat 00:00"),
        ("until Mon", "11:00 – Tue 00:00"),
        ("till Dec 24, 2026 at 12:00", "11:00 – Thu 24 Dec 12:00"),
        ("Thu 13:00 - Fri 13:00", "Thu 13:00 – Fri 13:00"),
        ("13:00 Fri 13:00", "13:00 – Fri 13:00"),
        ("Mon 7 Dec 08:00 – Sun 13 Dec 20:00", "Mon 7 Dec 08:00 – Sun 13 Dec 20:00"),
        ("Sat 12 Dec – Tue 15 Dec", "Sat 12 Dec – Tue 15 Dec, the last day included"),
        ("Saturday, December 12 2026", "Sat 12 Dec, the whole day"),
        ("Sun 20:00 – Mon 14 Dec 08:00", "Sun 20:00 – Mon 14 Dec 08:00"),
        ("Mon 08:00 Mon 08:00", "Mon 7 Dec 08:00 – Mon 14 Dec 08:00"),
        ("Dec 21st 2026 9:00 until 17:00", "Mon 21 Dec 09:00 – 17:00"),
        ("2026-12-21 9:00 2026-12-21T10:00", "Mon 21 Dec 09:00 – 10:00"),
        ("2026-12-21T09:00Z 2026-12-21 12:00+01:00", "Mon 21 Dec 10:00 – 12:00"),
    ],
)
def test_what_people_write_is_understood_and_said_back(text, meant):
    assert read(text) == (meant, "")


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Fri dentist at noon", "dentist at noon"),
        ("Fri to be with the kids", "to be with the kids"),
        ("now 18:00 — kids, 2 of them", "kids, 2 of them"),
        ("Fri-Sun: skiing", "skiing"),
    ],
)
def test_what_follows_is_left(text, rest):
    assert read(text)[1] == rest


@pytest.mark.parametrize(
    "text", ["", "because", "yesterday", "monkeys", "decided", "until I am back", "from home"]
)
def test_other_words_are_no_time(text):
    assert span_of(text, BERLIN, now=NOW) == (None, text)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("13:00", "Say until when as well"),
        ("now", "Say until when as well"),
        ("25:00 26:00", "25:00 is no time of day; write one such as 09:00"),
        ("Feb 30", "Feb 30 is over, or there is no such day"),
        ("Feb 30 2027", "Feb 30 2027 is no day"),
        ("today 10:00 12:00", "today 10:00 is over"),
        ("2026-12-40", "is no date"),
        ("2026-03-29 02:30 2026-03-29 05:00", "is skipped"),
        ("2026-12-04 13:00 2026-12-04 12:00", "That ends before it begins"),
        ("until 2026-11-01", "That ends before it begins"),
        ("Sat 13 Dec", "13 Dec 2026 is a Sun, not a Sat"),
        ("Dec 3 08:00 - Dec 3 08:00", "That ends before it begins"),
        ("Dec 3 2026 - Dec 1 2026", "That ends before it begins"),
    ],
)
def test_what_cannot_be_is_said(text, problem):
    with pytest.raises(ValueError, match=problem):
        span_of(text, BERLIN, now=NOW)


def test_days_are_the_writer_s_and_as_long_as_clocks_make_them():
    span, _ = span_of("2026-10-25", BERLIN, now=NOW)
    assert (span.end - span.start).total_seconds() == 25 * 3600
    assert span_of("Fri", APIA, now=NOW)[0].start == datetime(2026, 12, 3, 11, tzinfo=UTC)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(["Fri", "tomorrow", "13:00 15:00", "Dec 24", "23:59 - 00:00", "Sun - Mon"]),
    st.sampled_from(["Europe/Berlin", "America/Santiago", "Pacific/Auckland", "UTC"]),
)
def test_a_stretch_without_a_year_is_never_over(now, text, zone):
    span, _ = span_of(text, ZoneInfo(zone), now=now)
    assert now < span.end
    assert span.start < span.end
