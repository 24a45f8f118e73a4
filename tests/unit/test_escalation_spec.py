from datetime import timedelta

import pytest

from setflow.document import Reader, parse
from setflow.escalation.spec import (
    Ladder,
    Route,
    Step,
    Target,
    read_ladder,
    read_routes,
    shortest_wait,
)

KNOWN = {
    "seats": ("set.primary", "set.backup", "set.lead", "web"),
    "people": ("ana", "bo", "max"),
    "groups": ("dev-leads",),
    "teams": ("server",),
    "channels": ("operations",),
}
PRIMARY = Target("seat", "set.primary")
MAX = Target("person", "max")


def read(text):
    """The ladder that `text` says, and what is wrong with it."""
    reader = Reader()
    ladder = read_ladder("urgent", parse(text, "set.yaml"), reader, **KNOWN, check_condition=check)
    return ladder, [str(problem) for problem in reader.problems]


def check(text):
    if "(" in text:
        raise ValueError(f'"{text}" is no expression')


def routes(text):
    reader = Reader()
    found = read_routes(
        parse(text, "set.yaml"), reader, ladders=("urgent", "calm"), check_expression=check
    )
    return found, [str(problem) for problem in reader.problems]


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("set.primary", PRIMARY),
        ("person:max", MAX),
        ("group:dev-leads", Target("group", "dev-leads")),
        ("team:server", Target("team", "server")),
        ("channel: operations", Target("channel", "operations")),
    ],
)
def test_a_target_is_a_seat_unless_it_says_its_kind(text, target):
    assert Target.parse(text) == target
    assert Target.parse(str(target)) == target


def test_a_target_of_an_unknown_kind_is_told_the_known_ones():
    with pytest.raises(ValueError, match=r'"persn:" is none of person:.*did you mean "person"'):
        Target.parse("persn:max")


def test_a_seat_is_named_without_a_kind():
    with pytest.raises(ValueError, match="a seat is named alone"):
        Target.parse("seat:web")


@pytest.mark.parametrize("text", ["person:", " : ", ""])
def test_a_target_without_a_name_is_refused(text):
    with pytest.raises(ValueError, match=r"names nobody|is none of"):
        Target.parse(text)


def test_the_ladder_of_the_design_is_read():
    ladder, problems = read(
        "{rounds: 3, steps: [{page: [set.primary], wait: 5m}, {page: [set.backup], wait: 5m},"
        " {page: [set.lead], wait: 10m}], fallback: [person:max], channel: operations}"
    )

    assert problems == []
    assert ladder == Ladder(
        "urgent",
        (
            Step((PRIMARY,), timedelta(minutes=5)),
            Step((Target("seat", "set.backup"),), timedelta(minutes=5)),
            Step((Target("seat", "set.lead"),), timedelta(minutes=10)),
        ),
        3,
        (MAX,),
        "operations",
    )


def test_what_is_left_out_is_one_round_without_fallback_and_channel():
    ladder, _ = read("{steps: [{page: [web], wait: 5m}]}")

    assert (ladder.rounds, ladder.fallback, ladder.channel) == (1, (), None)


def test_a_target_given_twice_in_a_step_is_paged_once():
    ladder, _ = read("{steps: [{page: [web, person:ana, web], wait: 5m}]}")

    assert ladder.steps[0].targets == (Target("seat", "web"), Target("person", "ana"))


def test_every_mistake_of_a_ladder_is_found_in_one_reading():
    ladder, problems = read(
        """\
rounds: 0
round: 3
steps:
  - {page: [set.primry], wait: 5m}
  - {page: [ana], wait: 5x}
  - {page: [person:anna, group:dev-lead, team:sever, channel:ops], wait: 0s}
  - {page: [], wait: 5m}
  - {wait: 5m}
fallback: person:max
channel: operation
"""
    )

    assert ladder is None
    assert problems == [
        'set.yaml:2:8: round: "round" is not known here (did you mean "rounds"?)',
        'set.yaml:4:13: steps[0].page[0]: "set.primry" is not one of seats'
        ' (did you mean "set.primary"?)',
        'set.yaml:5:13: steps[1].page[0]: "ana" is not one of seats (did you mean "person:ana"?)',
        'set.yaml:5:25: steps[1].wait: "5x" is no length of time; write 30s, 5m, 1h 30m, 2d or 1w',
        'set.yaml:6:13: steps[2].page[0]: "anna" is not one of people (did you mean "ana"?)',
        'set.yaml:6:26: steps[2].page[1]: "dev-lead" is not one of groups'
        ' (did you mean "dev-leads"?)',
        'set.yaml:6:42: steps[2].page[2]: "sever" is not one of teams (did you mean "server"?)',
        'set.yaml:6:54: steps[2].page[3]: "ops" is not one of channels',
        "set.yaml:6:74: steps[2].wait: should be at least 1 s",
        "set.yaml:7:12: steps[3].page: names nobody; write a seat, person:, group:, team:"
        " or channel:",
        'set.yaml:8:5: steps[4]: lacks "page"',
        "set.yaml:1:9: rounds: should be from 1 to 20, but is 0",
        "set.yaml:9:11: fallback: should be a list, but is text",
        'set.yaml:10:10: channel: "operation" is not one of channels (did you mean "operations"?)',
    ]


def test_a_ladder_without_steps_is_none():
    assert read("{steps: []}") == (
        None,
        ["set.yaml:1:9: steps: has no step; write at least one with page and wait"],
    )
    assert read("{}") == (None, ['set.yaml:1:1: lacks "steps"'])


def test_a_ladder_knows_all_it_names_and_its_shortest_wait():
    ladder, _ = read(
        "{steps: [{page: [web], wait: 5m}, {page: [person:max, web], wait: 90s}],"
        " fallback: [person:max, person:bo]}"
    )

    assert [str(target) for target in ladder.targets()] == ["web", "person:max", "person:bo"]
    assert shortest_wait(ladder) == timedelta(seconds=90)


def test_the_places_of_a_ladder_are_its_rounds_of_steps_then_the_fallback():
    ladder, _ = read(
        "{rounds: 2, steps: [{page: [web], wait: 5m}, {page: [person:bo], wait: 7m}],"
        " fallback: [person:max]}"
    )
    places = [(0, 0)]
    while following := ladder.after(*places[-1]):
        places.append(following)

    assert places == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]
    assert ladder.at(1, 1) == ladder.steps[1]
    assert ladder.at(2, 0) == Step((MAX,), timedelta(minutes=7))


def test_routes_are_read_in_order():
    found, problems = routes(
        "[{source: opsgenie, ladder: urgent}, {when: 'true', ladder: urgent}, {ladder: calm}]"
    )

    assert problems == []
    assert found == (
        Route("opsgenie", None, "urgent"),
        Route(None, "true", "urgent"),
        Route(None, None, "calm"),
    )


def test_every_mistake_of_routes_is_found_in_one_reading():
    _, problems = routes(
        """\
- {ladder: calm}
- {source: "", when: "alert(", ladder: urgnt}
- {when: "true"}
"""
    )

    assert problems == [
        "set.yaml:2:12: [1].source: should be text, but is text",
        'set.yaml:2:22: [1].when: "alert(" is no expression',
        'set.yaml:2:40: [1].ladder: "urgnt" is not one of ladders (did you mean "urgent"?)',
        'set.yaml:3:3: [2]: lacks "ladder"',
        "set.yaml:1:3: [0]: catches every alert, so that no later route is reached; put it last",
        'set.yaml:3:3: [2]: should catch the rest: add a last route with nothing but "ladder"',
    ]


def test_the_last_route_catches_all_with_neither_source_nor_when():
    assert routes("[{when: 'true', ladder: calm}]")[1] == [
        'set.yaml:1:2: [0]: should catch the rest: add a last route with nothing but "ladder"'
    ]
    assert routes("[{source: grafana, ladder: calm}]")[1] == [
        'set.yaml:1:2: [0]: should catch the rest: add a last route with nothing but "ladder"'
    ]
    assert routes("[]")[1] == [
        'set.yaml:1:1: has no route; write at least one with "ladder", or leave "routes" out'
    ]


STEPS = "steps: [{page: [set.primary, set.backup], wait: 5m, %s}, {page: [person:max], wait: 5m}]"


@pytest.mark.parametrize(
    ("more", "is_so"),
    [
        ("when: now.business", lambda step: step.when == "now.business"),
        ("all: true", lambda step: step.all and not step.turn),
        ("turn: round-robin", lambda step: step.turn and not step.all),
        ("repeat: 2m", lambda step: step.repeat == timedelta(minutes=2)),
    ],
)
def test_a_step_may_have_a_condition_want_everybody_take_turns_and_repeat(more, is_so):
    ladder, problems = read(STEPS % more)

    assert problems == []
    assert is_so(ladder.steps[0])
    assert ladder.steps[1] == Step((MAX,), timedelta(minutes=5))
    assert ladder.conditional == bool(ladder.steps[0].when)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (STEPS % "when: f(1)", '"f(1)" is no expression'),
        (STEPS % "all: yes", "should be true or false"),
        (STEPS % "turn: robin", '"robin" is none of round-robin'),
        (STEPS % "all: true, turn: round-robin", "leave one out"),
        (STEPS % "repeat: 5m", "should be shorter than the step's wait"),
        (STEPS % "repeat: 5s", "should be at least 60 s"),
        (STEPS % "al: true", '"al" is not known here (did you mean "all"?)'),
        (
            "steps: [{page: [channel:operations], wait: 5m, all: true}]",
            "is about people, and this step pages none",
        ),
        (
            "steps: [{page: [channel:operations], wait: 5m, turn: round-robin}]",
            "is about people, and this step pages none",
        ),
        (f"{{ack_timeout: 1m, {STEPS % 'all: true'}}}", "should be at least 300 s"),
    ],
)
def test_a_step_s_mistakes_are_said_where_they_stand(text, problem):
    ladder, problems = read(text)

    assert ladder is None
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_ladder_may_ask_its_owner_after_a_while():
    ladder, _ = read(f"{{ack_timeout: 30m, {STEPS % 'all: true'}}}")

    assert ladder.ack_timeout == timedelta(minutes=30)
