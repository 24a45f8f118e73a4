"""A schedule kept elsewhere beside ours: what differs, what is said of it, what mends it. Pure."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setflow.adapters.mattermost.post import AMBER, GREEN
from setflow.adapters.mattermost.render import render
from setflow.document import Reader, parse
from setflow.effects import ShowRemoteSchedule
from setflow.facts import ApartFacts, RemoteScheduleFacts
from setflow.rotation.rules import mending, remote
from setflow.rotation.rules.remote import Apart, On, StandIn, Told
from setflow.rotation.rules.schedules import Known, known, written
from setflow.rotation.spec.remote import OpsGenieSettings, read_opsgenie
from tests.unit.test_rotation_rules import CREW
from tests.unit.test_rotation_rules import at as berlin

DAY = datetime(2026, 11, 30, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
END = DAY + timedelta(days=4)
WITHIN = (DAY, END)
PEOPLE = ("ana", "bo", "cy")


def at(hours):
    return DAY + timedelta(hours=hours)


def on(person, start, end):
    return On(person, at(start), at(end))


def stands(person, start, end, *rotations):
    return StandIn(person, at(start), at(end), rotations or ("r1",))


def apart(start, end, theirs="", ours=""):
    return Apart(at(start), at(end), tuple(theirs.split()), tuple(ours.split()))


def mend(lines, here, kept=None, able=PEOPLE, within=WITHIN):
    return mending.mend(lines, here, kept or {}, "set", able=able, within=within)


def test_where_they_agree_nothing_differs_however_the_stretches_are_cut():
    theirs = [on("ana", 0, 5), on("ana", 5, 10), on("bo", 10, 96)]
    assert remote.compare(theirs, [on("ana", 0, 10), on("bo", 10, 96)], *WITHIN) == []
    assert remote.compare([], [], *WITHIN) == []


def test_each_stretch_that_differs_says_who_is_on_there_and_here():
    theirs = [on("ana", 0, 10), on("zoe", 10, 20), on("cy", 12, 14)]
    here = [on("ana", 0, 12), on("bo", 10, 14), on("bo", 20, 24)]
    assert remote.compare(theirs, here, *WITHIN) == [
        apart(10, 12, "zoe", "ana bo"),
        apart(12, 14, "cy zoe", "bo"),
        apart(14, 20, "zoe"),
        apart(20, 24, "", "bo"),
    ]


@pytest.mark.parametrize(("minutes", "differs"), [(15, False), (29, False), (30, True)])
def test_less_than_half_an_hour_is_no_difference(minutes, differs):
    edge = 10 + minutes / 60
    theirs, here = [on("ana", 0, 10), on("bo", 10, 96)], [on("ana", 0, edge), on("bo", edge, 96)]
    assert bool(remote.compare(theirs, here, *WITHIN)) is differs


def test_the_window_begins_with_the_half_hour_and_ends_with_a_day():
    for minutes, begins in ((0, 0), (29, 0), (30, 0.5), (59, 0.5)):
        assert remote.window(at(8 + minutes / 60)) == (at(8 + begins), DAY + timedelta(days=15))


@pytest.mark.parametrize(
    ("minutes", "nearest"), [(0, 0), (14, 0), (15, 30), (30, 30), (44, 30), (45, 60), (59, 60)]
)
def test_instants_are_nearest_to_a_full_or_half_hour(minutes, nearest):
    when = DAY + timedelta(minutes=minutes)
    assert remote.half_hour(when) == DAY + timedelta(minutes=nearest)


def say(before, *found, now=0.0, today="mon"):
    return remote.news(before, found, at(now), until=END, today=today)


def test_a_difference_is_said_once_and_that_it_is_over():
    first = say(Told(), apart(10, 20, "ana", "bo"))
    assert (first.day, first.revision, len(first.apart)) == ("mon", 1, 1)
    assert say(first, apart(10, 20, "ana", "bo"), today="tue") == first
    under_way = say(first, apart(12, 20, "ana", "bo"), now=12, today="tue")
    assert under_way == first
    over = say(first, today="tue")
    assert (over.apart, over.day, over.revision) == ((), "mon", 2)
    assert say(over, now=30).revision == 2
    again = say(over, apart(40, 50, "ana", "bo"), now=30, today="wed")
    assert (again.day, again.revision) == ("wed", 3)


def test_what_is_new_goes_into_the_post_of_the_day_and_what_comes_into_sight_into_the_old_one():
    first = say(Told(), apart(10, 20, "ana", "bo"))
    same_day = say(first, apart(10, 20, "ana", "bo"), apart(30, 40, "cy", "bo"))
    assert (same_day.day, same_day.revision) == ("mon", 2)
    sooner = say(first, apart(10, 20, "ana", "bo"), apart(30, 40, "ana", "bo"), today="tue")
    assert sooner.day == "tue"
    beyond = apart(100, 110, "ana", "bo")
    assert say(first, apart(10, 20, "ana", "bo"), beyond, today="tue").day == "mon"
    assert say(first, apart(10, 20, "ana", "bo"), apart(100, 110, "cy"), today="tue").day == "tue"
    late = say(first, apart(50, 60, "ana", "bo"), now=30, today="tue")
    assert late.day == "tue"


def test_one_override_stands_for_each_stretch_that_differs_and_none_where_theirs_agrees():
    lines = {"r1": (on("ana", 0, 96),)}
    here = [on("ana", 0, 13), on("bo", 13, 37), on("ana", 37, 96)]
    assert mend(lines, here) == {"setflow-set-20261130T1300-r1": stands("bo", 13, 37)}
    assert mend(lines, [on("ana", 0, 96)]) == {}


def test_an_override_that_is_right_stays_though_the_rest_moves_and_one_that_is_wrong_goes():
    lines = {"r1": (on("ana", 0, 96),)}
    kept = mend(lines, [on("bo", 13, 37)])
    assert mend(lines, [on("bo", 13, 37)], kept, within=(at(20), END)) == kept
    (alias,) = kept
    longer = mend(lines, [on("bo", 13, 50)], kept, within=(at(20), END))
    assert longer == {alias: stands("bo", 13, 50)}
    assert mending.changed(kept, longer, at(20)) == [alias]
    assert mend({"r1": (on("ana", 0, 13), on("bo", 13, 50))}, [on("bo", 13, 37)], kept) == kept
    assert mend(lines, [on("ana", 0, 96)], kept) == {}
    assert mending.changed(kept, {}, DAY) == [alias]
    assert mending.changed(kept, kept, DAY) == []


def test_one_that_is_under_way_and_wrong_ends_now_and_what_is_over_is_left_alone():
    lines = {"r1": (on("ana", 0, 96),)}
    kept = {"setflow-x": stands("bo", 13, 37), "setflow-past": stands("bo", 1, 2)}
    wanted = mend(lines, [on("cy", 20, 37)], kept, within=(at(20), END))
    assert wanted == {
        "setflow-x": stands("bo", 13, 20),
        "setflow-set-20261130T2000-r1": stands("cy", 20, 37),
    }
    assert mending.changed(kept, wanted, at(20)) == [*wanted][::-1]


def test_somebody_else_takes_the_same_stretch_under_the_same_alias():
    lines = {"r1": (on("ana", 0, 96),)}
    kept = mend(lines, [on("bo", 13, 37)])
    wanted = mend(lines, [on("cy", 13, 37)], kept)
    assert wanted == {"setflow-set-20261130T1300-r1": stands("cy", 13, 37)}
    assert mending.changed(kept, wanted, DAY) == [*kept]


def test_where_nobody_is_on_here_or_somebody_cannot_be_on_there_theirs_is_left_alone():
    lines = {"r1": (on("ana", 0, 96),)}
    assert mend(lines, []) == {}
    assert mend(lines, [on("bo", 0, 9)], able=("ana",)) == {}
    assert mend({}, [on("bo", 0, 9)]) == {}


def test_several_people_are_spread_over_rotations_and_who_is_on_already_keeps_theirs():
    both = [on("ana", 0, 9), on("bo", 0, 9)]
    two = {"r1": (on("zoe", 0, 9),), "r2": (on("ana", 0, 9),)}
    assert list(mend(two, both).values()) == [stands("bo", 0, 9, "r1")]
    empty = {"r1": (), "r2": (on("ana", 0, 9),)}
    assert list(mend(empty, both).values()) == [stands("bo", 0, 9, "r1")]
    twice = {"r1": (on("ana", 0, 9),), "r2": (on("ana", 0, 9),)}
    assert list(mend(twice, both).values()) == [stands("bo", 0, 9, "r2")]
    wrong = {"r1": (on("zoe", 0, 9),), "r2": (on("yan", 0, 9),)}
    assert list(mend(wrong, [on("bo", 0, 9)]).values()) == [
        stands("bo", 0, 9, "r1"),
        stands("bo", 0, 9, "r2"),
    ]
    one = {"r1": (on("ana", 0, 9),)}
    assert mend(one, both) == {}


def test_without_ours_theirs_is_as_others_overrides_and_turns_say():
    base = {"r1": (on("ana", 0, 96),)}
    final = {"r1": (on("bo", 0, 10), on("zoe", 10, 20), on("bo", 20, 30), on("max", 30, 96))}
    overrides = {"setflow-a": stands("bo", 0, 30), "theirs": stands("zoe", 10, 20)}
    assert mending.without_own(final, base, overrides, *WITHIN) == {
        "r1": (on("ana", 0, 10), on("zoe", 10, 20), on("ana", 20, 30), on("max", 30, 96))
    }
    nobody = {"setflow-a": stands("bo", 0, 30), "x": StandIn("", at(0), at(96), ())}
    assert mending.without_own({"r2": ()}, {}, nobody, *WITHIN) == {"r2": ()}
    final = {"r1": (on("bo", 0, 30),)}
    assert mending.without_own(final, {}, nobody, *WITHIN) == {"r1": ()}


hours = st.integers(0, 190)
stretches = st.tuples(st.sampled_from(["", *PEOPLE, "zoe"]), hours, st.integers(1, 60))


def line(parts, *, least):
    """Stretches one after another, in units of `least` minutes."""
    found, last = [], DAY
    for person, gap, length in parts:
        start = last + timedelta(minutes=least * (gap % 20))
        last = start + timedelta(minutes=least * length)
        if person:
            found.append(On(person, start, min(last, END)))
    return tuple(one for one in found if one.start < one.end)


lines_of = st.lists(stretches, max_size=8)


@given(lines_of, lines_of, lines_of, hours)
def test_mended_theirs_says_whom_ours_says_and_mending_again_changes_nothing(one, two, here, ahead):
    lines = {"r1": line(one, least=30), "r2": line(two, least=30)}
    ours = [part for part in line(here, least=30) if part.person != "zoe"]
    wanted = mend(lines, ours)
    assert mend(lines, ours, wanted) == wanted
    after = remote.compare(mending.mended(lines, wanted.values(), *WITHIN), ours, *WITHIN)
    assert [part for part in after if part.ours] == []
    start = DAY + timedelta(minutes=30 * ahead)
    later = mend(lines, ours, wanted, within=(start, END))
    assert mending.changed(wanted, later, start) == []


@given(lines_of, lines_of, hours)
def test_edges_between_half_hours_settle_too(one, here, ahead):
    lines = {"r1": line(one, least=30)}
    ours = [part for part in line(here, least=7) if part.person != "zoe"]
    wanted = mend(lines, ours)
    for override in wanted.values():
        assert override.start.minute % 30 == override.end.minute % 30 == 0
        assert override.start < override.end
    start = DAY + timedelta(minutes=30 * ahead)
    later = mend(lines, ours, wanted, within=(start, END))
    assert mending.changed(wanted, later, start) == []


def test_what_is_known_is_the_same_after_it_was_written():
    there = Known(
        {"r1": (on("ana", 0, 9),)},
        END,
        {"setflow-a": stands("bo", 0, 30)},
        Told((apart(1, 2, "ana"),), END, "2026-11-30", 3),
        7,
    )
    assert known(written(there)) == there
    assert known({}) == Known()


def test_who_is_on_here_is_whoever_is_on_any_of_the_seats():
    start, end = berlin("2026-11-30 08:00"), berlin("2026-12-01 08:00")
    assert remote.ours(CREW, (), "set.primary", start, end) == [
        On("ana", start, berlin("2026-11-30 20:00")),
        On("cy", berlin("2026-11-30 19:00"), end),
    ]


def section(text):
    reader = Reader()
    seats = ("set", "set.primary", "set.lead", "web")
    found = read_opsgenie(parse(text, "set.yaml"), reader, seats=seats)
    return found, [problem.text for problem in reader.problems]


def test_the_section_says_which_schedules_are_ours_too():
    assert section("{mode: mirror}") == (OpsGenieSettings("mirror", {}, "compare"), [])
    assert section("{mode: shadow}")[0].mode == "shadow"
    text = "{mode: page, keep: override, schedules: {set.primary: SET primary, web: Web}}"
    schedules = {"set.primary": "SET primary", "web": "Web"}
    assert section(text) == (OpsGenieSettings("page", schedules, "override"), [])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{schedules: {web: W}}", ['lacks "mode"']),
        (
            "{mode: replace}",
            ['should be "page", which is what replacing it is called here: we page'],
        ),
        (
            "{mode: mirror, keep: override}",
            ["keeps nothing; name what it is about under schedules"],
        ),
        (
            "{mode: mirror, keep: overide, schedules: {sets.lead: L}}",
            [
                '"overide" is none of compare, override (did you mean "override"?)',
                '"sets.lead" is no seat or rotation (did you mean "set.lead"?)',
            ],
        ),
        (
            "{mode: mirror, schedules: {web: W, set: W}}",
            [
                '"W" is compared with web already; a crew\'s `primary` and `backup` stand for all '
                "of its shifts"
            ],
        ),
        ("{mode: mirror, schedules: [web]}", ["should be a mapping, but is a list"]),
    ],
)
def test_mistakes_in_the_section_are_said(text, said):
    assert section(text)[1] == said


def facts(state="differs", count=1, *, mended=False):
    one = ApartFacts(at(13), at(37), ("zoe@example.com",), ())
    return RemoteScheduleFacts("SET *primary*", state, (one,) * count, mended, UTC_ZONE)


def post(given):
    effect = ShowRemoteSchedule("set.primary", "2026-11-30", 1)
    return render(effect, given, sign=lambda _: "", callback_url="", now=DAY)


def test_the_post_shows_ten_differences_and_how_many_more_there_are():
    said = post(facts(count=12)).message.splitlines()
    assert said[0] == "**OpsGenie's SET \\*primary\\* differs from ours**"
    assert said[1] == "- **13:00 – Tue 13:00** · theirs zoe@\u200bexample.com, ours nobody"
    assert (len(said), said[11]) == (13, "and 2 more in the next two weeks")
    assert post(facts()).attachments[0]["color"] == AMBER
    assert "do not mend this" in post(facts(mended=True)).message
    assert post(facts("agrees", 0)).attachments[0]["color"] == GREEN
    assert post(facts("elsewhere")).attachments == ()
