"""Plans: hard rules hold, wishes are weighed, and what could not be met is said with its reason."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from setflow import definitions, planner
from setflow.errors import Refused
from setflow.planner.board import tired
from setflow.rotation import rules

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEAMS = {
    "red": ("rhea", "ria", "rob", "ron", "ruth", "roy"),
    "sky": ("sven", "sal", "sam", "sue", "siv", "sol"),
}
FILE = """
version: 1
timezone: Europe/Berlin
calendars: {company: {country: DE}}
people: {PEOPLE}
teams:
  red: {title: Red, lead: rhea, members: [ria, rob, ron, ruth, roy]}
  sky: {title: Sky, lead: sven, members: [sal, sam, sue, siv, sol]}
rotations:
  web: {type: weekly, start: "2026-11-02 09:00", people: [zoe]}
  set:
    cycle: {start: "2026-11-09 08:00", weeks: 2, swap: weekly}
    shifts:
      day: {hours: [{from: "08:00", to: "18:00"}]}
      eve: {hours: [{from: "18:00", to: "02:00"}]}
    crews:
      - {team: red, lead: rhea, day: [ria, rob], eve: [ron, ruth]}
      - {team: sky, lead: sven, day: [sal, sam], eve: [sue, siv]}
"""


def text(more="", **people):
    every = {**dict.fromkeys((*TEAMS["red"], *TEAMS["sky"], "zoe"), ""), **people}
    listed = ", ".join(f"{name}: {{name: {name.title()}{own}}}" for name, own in every.items())
    return FILE.replace("PEOPLE", listed) + more


@cache
def read(of):
    return definitions.read(of, "set.yaml", {})


def away(person, start, end, kind="away"):
    begin, finish = (datetime.fromisoformat(f"{one}T00:00+01:00") for one in (start, end))
    return rules.Absence(0, person, begin, finish, kind)


def setting(*absences, of=None, cycles=2, rest=1, pages=None, now=NOW, overrides=()):
    configuration = read(of or text())
    history = {}
    for rotation in configuration.rotations.values():
        history |= rules.history_of(rotation)
    ground = planner.Ground(configuration, history, overrides, absences, pages or {})
    return planner.setting(ground, "set", cycles=cycles, rest=rest, now=now)


def propose(*absences, seconds=4, seed=1, **given):
    found = setting(*absences, **given)
    return planner.propose(found, seconds=seconds, seed=seed, told=lambda: None)


def said(board, proposal):
    return "\n".join([*planner.unfilled(board, proposal), *planner.unmet(board, proposal)])


def serving(crew):
    return {person for _, person in crew.places()}


# Hard rules


names = st.sampled_from([name for team in TEAMS.values() for name in team])
days = st.integers(0, 70).map(lambda number: datetime(2026, 11, 15, tzinfo=UTC) + timedelta(number))
absences = st.builds(
    lambda name, start, length, kind: rules.Absence(0, name, start, start + length, kind),
    names,
    days,
    st.integers(1, 20).map(timedelta),
    st.sampled_from(["away", "away", "rather-not"]),
)


@given(st.lists(absences, max_size=8), st.integers(1, 2), st.integers(0, 2))
@settings(max_examples=5)
def test_nobody_serves_while_away_or_twice_and_the_plan_is_no_worse_than_the_file(
    found, cycles, rest
):
    board, proposal = propose(*found, cycles=cycles, rest=rest, seconds=0.2)

    for index, (cycle, crew) in enumerate(zip(board.setting.cycles, proposal.crews, strict=True)):
        if index in {one for one, _ in proposal.unfilled}:
            assert crew == cycle.crew
            continue
        people = [person for _, person in crew.places()]
        assert len(people) == len(set(people)) == 5
        assert set(people) <= {*TEAMS[crew.team]}
        for of, person in crew.places():
            for one in found:
                if one.kind == "away" and one.person == person:
                    assert not any(a < one.end and one.start < b for a, b in cycle.spans[of])
    before = planner.cost(board, [one.crew for one in board.setting.cycles]).total()
    assert planner.cost(board, proposal.crews).total() <= before


@given(
    st.lists(absences.filter(lambda one: one.kind == "rather-not"), max_size=4),
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            TEAMS["sky"][1:],
            st.sampled_from(
                [
                    ", since: 2026-10-20",
                    ", timezone: America/New_York",
                    ', awake: {from: "15:00", to: "07:00"}',
                ]
            ),
        ),
    ),
    st.dictionaries(names, st.integers(0, 9)),
)
@settings(max_examples=5)
def test_of_all_plans_it_is_the_best(wishes, people, pages):
    board, proposal = propose(*wishes, of=text(**people), cycles=1, pages=pages)
    [crew] = proposal.crews

    def every():
        members = TEAMS["sky"][1:]
        for day in combinations(members, 2):
            for eve in combinations(sorted({*members} - {*day}), 2):
                yield replace(crew, pairs={"day": day, "eve": eve})

    assert proposal.optimal
    assert planner.cost(board, [crew]).total() == min(
        planner.cost(board, [other]).total() for other in every()
    )


def test_the_same_question_has_the_same_answer():
    absent = [away("ria", "2026-12-01", "2026-12-09"), away("sue", "2026-12-20", "2027-01-02")]

    assert propose(*absent, cycles=2, seconds=1)[1] == propose(*absent, cycles=2, seconds=1)[1]


def test_where_nothing_speaks_against_it_the_order_of_the_file_stays():
    board, proposal = propose(cycles=2, now=datetime(2026, 11, 1, tzinfo=UTC))

    assert proposal.optimal
    assert [crew.team for crew in proposal.crews] == ["red", "sky"]
    assert proposal.crews == tuple(one.crew for one in board.setting.cycles)


def test_cycles_that_have_begun_are_not_planned():
    assert setting(now=datetime(2026, 11, 23, 7, tzinfo=UTC)).cycles[0].number == 2
    assert setting(now=datetime(2026, 11, 23, 6, 59, tzinfo=UTC)).cycles[0].number == 1
    assert setting(now=datetime(2026, 1, 1, tzinfo=UTC)).cycles[0].number == 0


@pytest.mark.parametrize(
    ("name", "own", "reason"),
    [
        ("sal", ", since: 2026-12-01", "Sal starts on 1 Dec"),
        ("sal", ", until: 2026-12-01", "Sal leaves on 1 Dec"),
    ],
)
def test_nobody_serves_before_their_first_day_or_after_their_last(name, own, reason):
    board, proposal = propose(of=text(**{name: own}), cycles=1)

    assert name not in serving(proposal.crews[0])
    assert proposal.crews[0].pairs["day"] == ("sol", "sam")
    assert board.blocked[0, "day", name] == reason.removeprefix("Sal ")


def test_nobody_has_two_duties_at_once():
    busy = text().replace("people: [zoe]", "people: [sam]")

    board, proposal = propose(of=busy, cycles=1)

    assert board.blocked[0, "day", "sam"] == "is on web"
    assert "sam" not in serving(proposal.crews[0])


def test_there_is_a_cycle_of_rest_between_two_duties_where_there_are_people_enough():
    two = text().replace("team: sky, lead: sven, day: [sal, sam], eve: [sue, siv]",
                         "team: red, lead: rhea, day: [roy, rob], eve: [ron, ruth]")  # fmt: skip
    crew = "- {team: sky, lead: sven, day: [sal, sam], eve: [sue, siv]}"
    three = two.replace("    crews:", f"    crews:\n      {crew}")

    board, proposal = propose(of=two, cycles=2)
    # Five for four places: three of them serve again at once, and once more after that.
    assert len(list(tired(board.setting, proposal.crews))) == 9
    assert "in the cycle before, without the rest between: " in said(board, proposal)
    assert "in the cycles before and after, without the rest between: " in said(board, proposal)
    assert "search ended" not in said(board, proposal)

    board, proposal = propose(of=three, cycles=1)
    [sky] = proposal.crews[:1]
    assert sky.team == "red"
    assert {other for *_, other in tired(board.setting, proposal.crews)} == {2}


def test_a_team_of_as_many_as_there_are_places_is_told_once_that_nobody_rests():
    few = text().replace("ron, ruth, roy]}", "ron, ruth]}")
    crews = [line for line in few.splitlines() if "- {team: sky" in line]
    few = few.replace(crews[0], "")

    board, proposal = propose(of=few, cycles=3)

    assert planner.unmet(board, proposal)[0] == (
        "Ria, Rob, Ron and Ruth serve without the rest between two duties, 16 times from 23 Nov "
        "on: Red has nobody else."
    )
    assert proposal.optimal
    assert "search ended" not in said(board, proposal)


def test_somebody_who_would_do_as_well_is_no_sign_that_the_search_ended():
    everybody = [away(name, "2026-11-20", "2026-12-10") for name in TEAMS["sky"]]

    board, proposal = propose(*everybody, cycles=2)

    assert proposal.optimal
    assert ": Ruth instead would be no better." in said(board, proposal)
    assert "search ended" not in said(board, proposal)


def test_the_lead_of_the_team_leads_unless_away():
    board, proposal = propose(away("sven", "2026-12-01", "2026-12-03"), cycles=1)

    [crew] = proposal.crews
    assert crew.lead == "sol"
    assert said(board, proposal).startswith("Sol leads 23 Nov – 6 Dec: Sven is away.")


def test_a_team_with_too_few_people_exchanges_its_cycle_with_another():
    absent = [away(name, "2026-11-25", "2026-12-03") for name in ("sal", "sam")]

    board, proposal = propose(*absent, cycles=3, rest=0, seconds=2)

    assert [crew.team for crew in proposal.crews] == ["red", "sky", "sky"]
    assert (
        "Red serves 23 Nov – 6 Dec in place of Sky: Sal and Sam are away.\n"
        "Sky serves 7 Dec – 20 Dec in place of Red: the two have exchanged cycles."
    ) in said(board, proposal)


def test_a_cycle_that_nobody_can_fill_stays_and_is_explained():
    absent = [away(name, "2026-11-25", "2026-12-03") for name in TEAMS["sky"][1:5]]
    absent += [away(name, "2026-11-25", "2026-12-03") for name in TEAMS["red"][1:5]]

    board, proposal = propose(*absent, cycles=2)

    assert {index for index, _ in proposal.unfilled} == {0}
    assert proposal.crews[0] == board.setting.cycles[0].crew
    assert planner.unfilled(board, proposal)[0].startswith(
        "No two of Sky can be on day 23 Nov – 6 Dec: Sal, Sam, Sue and Siv are away"
    )
    assert "no other team can take its place" in planner.unfilled(board, proposal)[0]


# Wishes


def test_whoever_would_rather_not_is_spared_where_somebody_else_can():
    wish = away("sal", "2026-11-25", "2026-11-27", "rather-not")

    assert "sal" not in serving(propose(wish, cycles=1)[1].crews[0])

    board, proposal = propose(wish, away("sol", "2026-11-25", "2026-11-27"), cycles=1)
    assert "Sal is on" in said(board, proposal)
    assert "but would rather not: Sol is away" in said(board, proposal)


def test_newcomers_are_paired_with_veterans():
    new = text(**dict.fromkeys(("sal", "sam", "sue"), ", since: 2026-10-20"))

    board, proposal = propose(of=new, cycles=1)
    for pair in proposal.crews[0].pairs.values():
        assert len({"siv", "sol"} & {*pair}) == 1

    board, proposal = propose(away("sol", "2026-11-25", "2026-11-27"), of=new, cycles=1)
    assert "are both new, and together on" in said(board, proposal)
    assert "Sol is away" in said(board, proposal)


def test_a_shift_is_for_those_who_are_awake():
    owl = text(sal=', awake: {from: "15:00", to: "07:00"}')

    _, proposal = propose(of=owl, cycles=1)

    assert "sal" in proposal.crews[0].pairs["eve"]


def test_nights_and_pages_even_out_over_the_quarters():
    later = datetime(2027, 10, 20, tzinfo=UTC)
    board, proposal = propose(now=later, cycles=2, pages={"sal": 40})
    file = [one.crew for one in board.setting.cycles]

    assert "sol" in serving(proposal.crews[0] if proposal.crews[0].team == "sky" else
                            proposal.crews[1])  # fmt: skip
    before, after = planner.loads(board, file), planner.loads(board, proposal.crews)
    for kind in ("hours", "nights", "weekends"):
        spread = [
            max(getattr(one[name], kind) for name in TEAMS["sky"][1:])
            - min(getattr(one[name], kind) for name in TEAMS["sky"][1:])
            for one in (before, after)
        ]
        assert spread[1] <= spread[0]


def test_a_volunteer_of_another_team_keeps_the_place_unless_that_costs_their_rest():
    more = '    cycles: {"2026-11-23": {team: sky, lead: sven, day: [sal, sam], eve: [sue, ria]}}\n'

    _, kept = propose(of=text(more), cycles=1, rest=0)
    assert "ria" in serving(kept.crews[0])

    board, proposal = propose(of=text(more), cycles=1)
    assert (
        "Ria, who is not of Sky, is not on eve 23 Nov – 6 Dec as the file says: "
        "there would be no rest between two duties."
    ) in said(board, proposal)


def test_a_shift_may_be_of_one_person_and_a_cycle_of_a_month():
    single = text().replace("weeks: 2, swap: weekly", "months: 1")
    single = single.replace("eve: [ron, ruth]", "eve: ron").replace("eve: [sue, siv]", "eve: sue")

    board, proposal = propose(away("sue", "2026-12-10", "2026-12-12"), of=single, cycles=1)

    [crew] = proposal.crews
    assert planner.dates(board.setting, board.setting.cycles[0]) == "9 Dec – 8 Jan"
    assert (len(crew.pairs["day"]), len(crew.pairs["eve"])) == (2, 1)
    assert "sue" not in serving(crew)
    configuration = read(single)
    entries = {planner.day(board.setting, board.setting.cycles[0]): crew}
    written = planner.written(single, "set", entries)
    assert planner.revised(written, "set.yaml", configuration, "set", entries)


def test_crews_that_change_every_week_are_refused():
    weekly = text().replace("day: [sal, sam]", "day: [[sal, sam], [sol, sam]]")
    weekly = weekly.replace(", swap: weekly", "")

    with pytest.raises(Refused, match="set has other people every week from 2026-11-23 on"):
        setting(of=weekly)


# Refusals and the ledger


def test_only_crews_can_be_planned():
    with pytest.raises(Refused, match="web has no crews, so there is nobody to choose"):
        planner.planned_rotation(definitions.read(text(), "set.yaml", {}), "web")
    with pytest.raises(Refused, match=r"There is no rotation sett; there is .*\bset\b"):
        planner.planned_rotation(definitions.read(text(), "set.yaml", {}), "sett")


def test_the_ledger_counts_nights_weekends_and_holidays_on_the_clock_of_each():
    found = setting(now=datetime(2026, 12, 10, tzinfo=UTC), cycles=2)
    red = found.cycles[1].crew if found.cycles[0].crew.team == "sky" else found.cycles[0].crew
    assert red.team == "red"
    past = found.past["ron"]

    # The cycle from 9 Nov, and that from 7 Dec as far as it goes: 28 evenings of 8 hours.
    assert (past.hours, past.nights, past.weekends) == (28 * 8, 28 * 3, 8 * 8)
    assert found.past["roy"] == planner.Load()
    assert found.past["rhea"] == planner.Load()
