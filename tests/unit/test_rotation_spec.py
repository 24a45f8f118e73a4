from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from setflow.calendar import Hours, Turns
from setflow.document import Reader, parse
from setflow.rotation.spec import Order, Rotation, read_rotation

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
PEOPLE = ["ana", "bo", "cy", "di", "eve", "fay", "gus", "hal", "mara", "max"]
DAY = 24 * 60

WEB = 'web: {type: weekly, length: 1, start: "2026-11-02 09:00", people: [ana, bo]'
CREW = """
set:
  channel: sustained-engineering
  cycle: {start: "2026-11-30 08:00", weeks: 2, swap: weekly}
  shifts:
    emea:     {timezone: Europe/Berlin,    hours: [{from: "08:00", to: "20:00"}]}
    americas: {timezone: America/New_York, hours: [{from: "14:00", to: "02:00"}]}
  crews:
    - {team: server, lead: mara, emea: [ana, bo], americas: [cy, di]}
    - {team: web, lead: max, emea: [eve, fay], americas: [gus, hal]}
"""


def read(text: str) -> tuple[Rotation | None, list[str]]:
    """The only rotation in `text`, and its mistakes as `line:column: path: text`."""
    reader = Reader()
    ((name, node),) = parse(text, "set.yaml").value.items()
    rotation = read_rotation(
        name, node, reader, people=PEOPLE, teams=["server", "web"], zone=BERLIN
    )
    return rotation, [str(one).removeprefix("set.yaml:") for one in sorted(reader.problems)]


def good(text: str) -> Rotation:
    rotation, problems = read(text)
    assert problems == []
    assert rotation
    return rotation


def mistakes(text: str) -> list[str]:
    rotation, problems = read(text)
    assert rotation is None
    return problems


def orders(rotation: Rotation, seat: str) -> list[tuple[int, str]]:
    found = rotation.seat(seat)
    assert found
    return [(order.first, " ".join(order.people)) for order in found.layers[0].orders]


def test_a_simple_rotation_is_one_seat_of_its_own_name():
    rotation = good(WEB + ', timezone: America/New_York, channel: web, outside: "person:max"}')
    (seat,) = rotation.seats
    (layer,) = seat.layers

    assert (seat.name, rotation.kind, rotation.channel) == ("web", "simple", "web")
    assert rotation.zone is layer.turns.zone is NEW_YORK
    assert layer.turns.start == datetime(2026, 11, 2, 9)
    assert (layer.turns.unit, layer.turns.length) == ("weekly", 1)
    assert layer.orders == (Order(0, ("ana", "bo")),)
    assert layer.hours is None
    assert rotation.targets() == ("web",)
    assert rotation.people() == ("ana", "bo", "max")
    assert rotation.outside == "person:max"
    assert rotation.lead is None


def test_length_zone_and_outside_may_be_left_out():
    rotation = good('web: {type: daily, start: "2026-11-02 09:00", people: [ana]}')

    assert rotation.zone is BERLIN
    assert rotation.seats[0].layers[0].turns.length == 1
    assert rotation.outside is rotation.channel is None


def test_a_user_group_is_named_with_or_without_its_sign():
    assert good(CREW).group is None
    assert good(CREW.replace("  channel", "  group: set-oncall\n  channel")).group == "set-oncall"
    assert good(WEB + ', group: "@web.oncall"}').group == "web.oncall"


def test_a_rotation_is_a_value():
    assert good(CREW) == good(CREW)
    assert hash(good(CREW)) == hash(good(CREW))


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        ('[{days: [tue], from: "08:00", to: "20:00"}]', ((DAY + 480, DAY + 1200),)),
        ('[{days: [sun], from: "20:00", to: "08:00"}]', ((6 * DAY + 1200, 7 * DAY + 480),)),
        ('[{days: [mon], from: "08:00", to: "08:00"}]', ((480, DAY + 480),)),
        (
            '[{days: [mon], from: "08:00", to: "12:00"}, {days: [mon], from: "12:00", to: "16:00"}]'
            "",
            ((480, 960),),
        ),
    ],
)
def test_hours_are_parts_of_the_week_by_the_day_they_begin(hours, spans):
    rotation = good(f"{WEB}, hours: {hours}}}")

    assert rotation.seats[0].layers[0].hours == Hours(BERLIN, spans)


def test_hours_without_days_are_those_of_every_day():
    rotation = good(WEB + ', hours: [{from: "08:00", to: "20:00"}]}')

    hours = rotation.seats[0].layers[0].hours
    assert hours
    assert hours.spans == tuple((day * DAY + 480, day * DAY + 1200) for day in range(7))


def test_hours_around_the_clock_are_none():
    rotation = good(WEB + ', hours: [{from: "08:00", to: "08:00"}]}')

    assert rotation.seats[0].layers[0].hours is None


def test_a_layered_rotation_has_its_later_seats_filled_by_those_next_in_turn():
    rotation = good("""
sre:
  seats: [primary, secondary]
  outside: person:max
  timezone: America/New_York
  layers:
    - {type: weekly, start: "2026-11-02 09:00", people: [ana, bo, cy]}
    - {type: daily, start: "2026-11-02 09:00", timezone: Europe/Berlin, people: [di, eve],
       hours: [{from: "10:00", to: "16:00"}]}
""")
    primary, secondary = rotation.seats

    assert rotation.targets() == ("sre", "sre.primary", "sre.secondary")
    assert rotation.zone is NEW_YORK
    assert [layer.orders[0].people for layer in primary.layers] == [
        ("ana", "bo", "cy"),
        ("di", "eve"),
    ]
    assert [layer.orders[0].people for layer in secondary.layers] == [
        ("bo", "cy", "ana"),
        ("eve", "di"),
    ]
    assert [layer.turns.zone for layer in primary.layers] == [NEW_YORK, BERLIN]
    assert rotation.outside == "person:max"


def test_a_crew_rotation_has_a_lead_and_a_pair_for_each_shift():
    rotation = good(CREW)

    assert rotation.targets() == (
        "set",
        "set.lead",
        "set.emea.primary",
        "set.primary",
        "set.emea.backup",
        "set.backup",
        "set.americas.primary",
        "set.americas.backup",
    )
    assert rotation.lead == rotation.outside == "set.lead"
    assert set(rotation.people()) == set(PEOPLE)
    assert {layer.turns.start for seat in rotation.seats for layer in seat.layers} == {
        datetime(2026, 11, 30, 8)
    }
    assert {layer.turns.zone for seat in rotation.seats for layer in seat.layers} == {BERLIN}


def test_the_pair_of_a_crew_changes_places_every_week():
    rotation = good(CREW)

    assert orders(rotation, "set.emea.primary") == [(0, "ana bo eve fay")]
    assert orders(rotation, "set.emea.backup") == [(0, "bo ana fay eve")]
    assert orders(rotation, "set.lead") == [(0, "mara max")]
    assert [seat.layers[0].turns.length for seat in rotation.seats] == [2, 1, 1, 1, 1]


def test_without_swap_a_pair_keeps_its_places_for_the_cycle():
    rotation = good(CREW.replace(", swap: weekly", ""))

    assert orders(rotation, "set.emea.primary") == [(0, "ana eve")]
    assert [seat.layers[0].turns.length for seat in rotation.seats] == [2] * 5


def test_a_cycle_may_be_of_months_from_a_day_on_with_one_person_from_each_team():
    rotation = good("""
set:
  cycle: {start: "2026-11-16 09:00", months: 1}
  shifts: {day: {hours: [{from: "08:00", to: "20:00"}]}}
  crews:
    - {team: server, lead: mara, day: ana}
    - {team: web, lead: max, day: [eve]}
    - {team: web, since: "2027-03-16", lead: max, day: fay}
""")

    assert rotation.targets() == ("set", "set.lead", "set.day.primary", "set.primary")
    assert orders(rotation, "set.day.primary") == [(0, "ana eve"), (4, "fay")]
    assert {seat.layers[0].turns for seat in rotation.seats} == {
        Turns(datetime(2026, 11, 16, 9), BERLIN, "monthly", 1)
    }


def test_engineers_may_change_weekly_within_a_cycle_of_their_lead():
    weekly = CREW.replace(", swap: weekly", "")
    weekly = weekly.replace("[cy, di]", "[[cy, di], [bo, cy]]").replace("[ana, bo]", "ana")
    rotation = good(weekly.replace("[eve, fay]", "[eve]"))

    assert orders(rotation, "set.lead") == [(0, "mara max")]
    assert orders(rotation, "set.emea.primary") == [(0, "ana eve")]
    assert orders(rotation, "set.americas.primary") == [(0, "cy bo gus gus")]
    assert orders(rotation, "set.americas.backup") == [(0, "di cy hal hal")]
    assert rotation.seat("set.emea.backup") is None
    lengths = {seat.name: seat.layers[0].turns.length for seat in rotation.seats}
    assert [name for name, length in lengths.items() if length == 1] == [
        "set.americas.primary",
        "set.americas.backup",
    ]


def test_somebody_alone_on_a_shift_has_nobody_to_change_places_with():
    rotation = good(CREW.replace("[ana, bo]", "ana").replace("[eve, fay]", "eve"))

    assert orders(rotation, "set.emea.primary") == [(0, "ana eve")]
    assert orders(rotation, "set.americas.primary") == [(0, "cy di gus hal")]


def test_a_crew_put_in_for_one_cycle_moves_nobody_else():
    rotation = good(
        CREW
        + '  cycles: {"2026-12-14": {team: web, lead: hal, emea: [cy, di], americas: [ana, bo]}}\n'
    )

    assert orders(rotation, "set.lead") == [(0, "mara max"), (1, "hal"), (2, "mara max")]
    assert orders(rotation, "set.emea.primary") == [
        (0, "ana bo eve fay"),
        (2, "cy di"),
        (4, "ana bo eve fay"),
    ]


def test_after_the_very_first_cycle_was_served_by_others_the_second_crew_follows():
    rotation = good(
        CREW + '  cycles: {"2026-11-30": {lead: hal, emea: [cy, di], americas: [ana, bo]}}\n'
    )

    assert orders(rotation, "set.lead") == [(0, "hal"), (1, "max mara")]


def test_a_new_order_begins_with_the_crew_that_has_since():
    text = CREW + (
        '    - {since: "2027-01-11", lead: gus, emea: [ana, di], americas: [cy, bo]}\n'
        "    - {lead: hal, emea: [eve, fay], americas: [gus, max]}\n"
    )

    assert orders(good(text), "set.lead") == [(0, "mara max"), (3, "gus hal")]


def test_the_zone_of_a_cycle_and_outside_may_be_given():
    text = CREW.replace("swap: weekly", "swap: weekly, timezone: America/New_York")
    rotation = good(text.replace("  channel: sus", "  outside: emea.backup\n  channel: sus"))

    assert rotation.zone is NEW_YORK
    assert rotation.outside == "set.emea.backup"
    assert good(CREW.replace("  channel: s", "  outside: lead\n  channel: s")).outside == "set.lead"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web: 5", ["1:6: web: should be a mapping, but is a number"]),
        (WEB + ", pepole: [ana]}", ['web.pepole: "pepole" is not known here (did you mean "peo']),
        (WEB.replace("ana", "anna") + "}", ['people[0]: "anna" is not one of people (did you']),
        (WEB.replace("[ana, bo]", "[]") + "}", ["people: has nobody"]),
        (WEB.replace("[ana, bo]", "ana") + "}", ["people: should be a list"]),
        (WEB.replace("1,", "0,") + "}", ["length: should be from 1 to 53, but is 0"]),
        (WEB.replace("weekly", "yearly") + "}", ['type: "yearly" is none of hourly, daily']),
        (WEB.replace(" 09:00", "") + "}", ['start: "2026-11-02" is no date and time']),
        (WEB + ", timezone: Europe/Berlim}", ["did you mean"]),
        (WEB + ", hours: []}", ["hours: never opens"]),
        (WEB + ', hours: [{days: [], from: "08:00", to: "20:00"}]}', ["days: never opens"]),
        (WEB + ', hours: [{days: [monday], from: "08:00", to: "20:00"}]}', ['did you mean "mon"']),
        (WEB + ', hours: [{from: "08:00"}]}', ['hours[0]: lacks "to"']),
        (WEB + ', hours: [{from: "08:00", to: "24:00"}]}', ['write "00:00"']),
        (WEB + ", outside: web}", ['outside: "web" is not one of its seats, nor person:NAME']),
        (WEB + ', outside: "person:anna"}', ["outside:"]),
        (WEB + ", group: here}", ['group: "here" is no name for a user group']),
        (WEB + ", group: web oncall}", ['group: "web oncall" is no name for a user group']),
        (WEB.replace("web:", "we.b:") + "}", ['"we.b" is no name']),
        ("sre: {seats: [a], layers: []}", ["layers: has nobody"]),
        ("sre: {seats: [], layers: []}", ["layers: has nobody", "seats: has no seat"]),
        ("sre: {seats: [a]}", ['sre: lacks "layers"']),
        ("sre: {layers: [{type: daily, length: 1}]}", ['"seats"', '"people"', '"start"']),
        (
            'sre: {seats: [a, a, "a.b"], layers: [{type: daily, start: "2026-11-02 09:00", '
            "people: [ana]}]}",
            ['[1]: "a" is there twice', '[2]: "a.b" is no name'],
        ),
        ("set: {cycle: {}}", ['lacks "crews"', 'lacks "shifts"', '"start"', '"weeks"']),
        ("set: {crews: []}", ['"cycle"', '"shifts"', "has nobody"]),
        (CREW.replace("weeks: 2", "weeks: 0"), ["cycle.weeks: should be from 1 to 53"]),
        (CREW.replace("swap: weekly", "swap: daily"), ['swap: "daily" is none of weekly']),
        (CREW.replace(", americas: [cy, di]", ""), ['crews[0]: lacks "americas"']),
        (CREW.replace("lead: mara, ", ""), ['crews[0]: lacks "lead"']),
        (CREW.replace("[cy, di]", "[cy]"),
         ["9:61: set.crews[0].americas: should be a primary and a backup, as this shift has it"]),
        (CREW.replace("[cy, di]", "cy"), ["crews[0].americas: should be a primary and a backup"]),
        (CREW.replace("[cy, di]", "[cy, cy]"), ["crews[0].americas: should be one person, or two"]),
        (CREW.replace("[cy, di]", "[]"), ["crews[0].americas: should be one person, or two"]),
        (CREW.replace("[cy, di]", "[cy, di, bo]"), ["[0].americas: should be one person, or two"]),
        (CREW.replace("[cy, di]", "{}"),
         ["[0].americas: should be text", "crews[0].americas: should be a primary and a backup"]),
        (CREW.replace("[cy, di]", "[[cy, di], [ana, bo]]"),
         ['[0].americas: is week by week, so "swap" has nothing to say; leave it out']),
        (CREW.replace(", swap: weekly", "").replace("[cy, di]", "[[cy, di]]"),
         ["[0].americas: should be for 2 weeks as the cycle is, but is for 1"]),
        (CREW.replace("2, swap: weekly", "1").replace("[cy, di]", "[[cy, di], [ana, bo]]"),
         ["[0].americas: should be for 1 week as the cycle is, but is for 2"]),
        (CREW.replace(", swap: weekly", "").replace("[cy, di]", "[[cy, di], ana]"),
         ["[0].americas: should be a primary and a backup, as this shift has it elsewhere"]),
        (CREW.replace("[cy, di]", "[cy]").replace("[gus, hal]", "gus") +
         '  cycles: {"2026-12-14": {lead: hal, emea: [cy, di], americas: [ana, bo]}}\n',
         ['11:64: set.cycles.2026-12-14.americas: should be a primary alone, as this shift has']),
        (CREW.replace("weeks: 2", "months: 2"), ['cycle.swap: goes with "weeks" only']),
        (CREW.replace("weeks: 2, swap: weekly", "months: 13"), ["months: should be from 1 to 12"]),
        (CREW.replace("weeks: 2, swap: weekly", "months: 1").replace("[cy, di]", "[[cy], [di]]"),
         ["americas: is week by week, but a cycle is of months", "[0].americas: should be a prim"]),
        (CREW.replace("swap: weekly", "months: 1"), ['months: stands beside "weeks"']),
        (CREW.replace("weeks: 2, swap: weekly", ""), ['4:10: set.cycle: lacks "weeks" (or "month']),
        (CREW.replace("weeks: 2, swap: weekly", "months: 1").replace("{team: web",
         '{since: "2027-01-31"'), ["no cycle starts on 2027-01-31; one does every month from"]),
        (CREW.replace("weeks: 2, swap: weekly", "months: 3").replace("{team: web",
         '{since: "2026-12-30"'), ["no cycle starts on 2026-12-30; one does every 3 months from"]),
        (CREW.replace("Europe/Berlin,", "Europe/Berlim,"), ["shifts.emea.timezone:"]),
        (CREW.replace('[{from: "08:00", to: "20:00"}]', "[]"), ["shifts.emea.hours: never opens"]),
        (CREW.replace("[cy, di]", "[cy]").replace("  channel:", "  outside: nix\n  channel:"),
         ["americas: should be", "outside:"]),
        (CREW.replace("[cy, di]", "[cyy, dii]"), ["americas[0]", "americas[1]"]),
        (CREW.replace("team: web", "team: wbe"), ['(did you mean "web"?)']),
        (CREW.replace("team: web", "apac: [ana, bo]"), ['"apac" is not known here']),
        (CREW.replace("    emea: ", "    backup: ").replace(" emea:", " backup:"),
         ["shifts.backup: a shift's name is"]),
        (CREW + '  cycles: {"2026-12-15": {lead: max, emea: [eve, fay], americas: [gus, hal]}}',
         ["no cycle starts on 2026-12-15; one does every 2 weeks from 2026-11-30 on"]),
        (CREW + "  cycles: {soon: {lead: max, emea: [eve, fay], americas: [gus, hal]}}",
         ['cycles.soon: "soon" is no date']),
        (CREW.replace("{team: server", '{since: "2026-11-30"'), ["crews[0].since: is for"]),
        (CREW.replace("{team: web", '{since: "2026-11-30"'), ["crews[1].since: should be after"]),
        (CREW.replace("{team: web", "{since: null"), ["since: should be text"]),
        (CREW.replace("weeks: 2", "weeks: 1").replace("{team: web", '{since: "2026-11-23"'),
         ["no cycle starts on 2026-11-23; one does every week from 2026-11-30 on"]),
        (CREW.replace("{team: web", '{since: "2027-01-11"').replace("2026-11-30 08:00", "x"),
         ["cycle.start:"]),
        ("set: {cycle: {start: x, weeks: 1}, shifts: {}, crews: []}",
         ["cycle.start", "has no shift", "has nobody"]),
    ],
)  # fmt: skip
def test_every_mistake_is_noted_where_it_is(text, expected):
    found = mistakes(text)

    assert len(found) == len(expected), found
    for part in expected:
        assert any(part in one for one in found), found
