from pathlib import Path

import pytest
from pydantic import TypeAdapter

from setflow import expression
from setflow.calendar import BusinessDays
from setflow.document import Reader, parse
from setflow.errors import ConfigError
from setflow.playbook.rules import run_tests
from setflow.playbook.spec import Checks, Known, Playbook, read_playbook

LIBRARY = sorted((Path(__file__).parents[2] / "playbooks").glob("*.yaml"))
KNOWN = Known(
    seats=["set.lead", "set.primary", "set.backup"],
    rotations=["set"],
    people=["ana", "mara"],
    groups=["dev-leads"],
    channels=["sustained-engineering"],
    calendars=["company"],
)

SMALL = """
playbook: small
title: Small
timezone: Europe/Berlin
roles: {lead: {seat: set.lead}}
phases: [{id: one, title: One, tasks: [{id: a, title: A, role: lead}]}]
"""


def read(text, known=KNOWN):
    reader = Reader()
    checks = Checks(known, expression.check, expression.check_template)
    playbook = read_playbook(parse(text, "p.yaml"), reader, version="v1", checks=checks)
    reader.finish()
    return playbook


def mistakes(text, known=KNOWN):
    with pytest.raises(ConfigError) as caught:
        read(text, known)
    return [str(problem).removeprefix("p.yaml:") for problem in caught.value.problems]


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_the_library_reads_and_its_own_tests_hold(path):
    playbook = read(path.read_text(encoding="utf-8"))

    assert playbook.name == path.stem
    assert playbook.tests
    assert run_tests(playbook, BusinessDays("DE")) == []


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_playbook_survives_being_kept_as_json(path):
    playbook = read(path.read_text(encoding="utf-8"))
    adapter = TypeAdapter(Playbook)

    assert adapter.validate_json(adapter.dump_json(playbook)) == playbook


def test_a_small_playbook_needs_no_more_than_this():
    playbook = read(SMALL)

    assert playbook.version == "v1"
    assert playbook.conflict == "join"
    assert not playbook.ends
    assert playbook.phase_of("a").id == "one"
    assert playbook.task("a").role == "lead"
    assert playbook.task("b") is None
    with pytest.raises(KeyError):
        playbook.phase_of("b")


def test_a_playbook_read_by_itself_may_use_any_names():
    assert read(SMALL.replace("set.lead", "whatever"), known=None).roles["lead"].seat == "whatever"


@pytest.mark.parametrize("lacking", ["playbook", "timezone"])
def test_without_a_name_or_a_zone_there_is_no_playbook(lacking):
    text = "\n".join(line for line in SMALL.splitlines() if not line.startswith(lacking))

    assert mistakes(text) == [f'2:1: lacks "{lacking}"']


def test_what_is_no_mapping_is_no_playbook():
    assert mistakes("[1]")[0] == "1:1: should be a mapping, but is a list"


def test_the_parts_that_come_later_are_not_known_yet():
    text = SMALL.replace("role: lead}", "role: lead, evidence: {count: 0}, for_each: {x: y}}")

    assert [one.split(": ", 2)[2] for one in mistakes(text)] == [
        '"evidence" is not known here',
        '"for_each" is not known here',
    ]


BROKEN = """
playbook: Broken!
title: "{{ run.title"
owners: [mara, role:boss, group:devs]
timezone: Europe/Berlinn
calendar: compan
conflict: merge
attach: elsewhere
ends: never
roles:
  lead: {seat: set.leed, rebind: [handof]}
  both: {seat: set.lead, people: [person:ana]}
  some: {people: [person:anna, bo]}
  mine: {ticket: reporter, turn: next}
  round: {seat: set.lead, fallback: trip}
  trip: {seat: set.lead, fallback: round}
parameters: {T: {type: text}, due: {required: maybe}}
channel: {invite: [led]}
triggers:
  - {id: one, event: rotation.handoff}
  - {id: one, event: slash, with: {rotation: sett}, if: "a ==", dedupe: "{{ }}"}
  - {id: two, event: ticket.changed, with: {tickt: x}}
phases:
  - {id: one, title: One, starts: {after: two, or: soon, when: x}, tasks: []}
  - {id: two, title: Two, starts: {after: one}, tasks: []}
  - {id: three, title: Three, starts: {rule: "Fri 09:00", tz: assignee, roll: up}}
  - {id: four, title: Four, starts: {when: "x", or: "start + 1h"}, tasks: [
      {id: a, title: A, role: led, due: "each day 10:00", needs: [b]},
      {id: b, title: B, role: lead, due: {rule: "T-2bd", tz: Mars}, needs: [a, c]},
      {id: b, title: B, role: lead, repeat: "start + 4h", action: {page.test: {}}},
      {id: d, title: D, role: lead, action: {}},
      {id: e, title: E, role: lead, action: {invite: {who: [lead], to: anywhere}}}]}
updates:
  owed_by: boss
  every: "Fri 16:00"
  satisfied_by: [tweet, "post(status)"]
  from: [everybody]
  quiet: {tz: home, outside: "08:00"}
  nudges: [{after: soon, to: boss, by: phone}]
rules:
  - {id: r, event: task.late, at: "each day 10:00", do: [{say: x},
      {post: {to: everybody, text: "}}"}}]}
finish: {after: one}
tests:
  - {name: t, given: {holidays: [tomorrow]}, expect: [{task: z, due: noon}]}
"""


BROKEN_SAYS = [
    '2:11: playbook: "Broken!" is no id; write small letters, digits and hyphens',
    '3:8: title: "{{" is left over; write names as in {{ ticket.key }}',
    '4:10: owners[0]: "mara" names nobody; write role:NAME or group:NAME or person:NAME',
    '4:16: owners[1]: "boss" is not one of this playbook\'s roles',
    '4:27: owners[2]: "devs" is not one of groups (did you mean "dev-leads"?)',
    '5:11: timezone: "Europe/Berlinn" is no time zone (did you mean "Europe/Berlin"?)',
    '6:11: calendar: "compan" is not one of calendars (did you mean "company"?)',
    '7:11: conflict: "merge" is none of join, refuse',
    '8:9: attach: "elsewhere" is none of playbooks_plugin',
    '9:7: ends: "never" is none of turn.end',
    '11:16: roles.lead.seat: "set.leed" is not one of seats (did you mean "set.lead"?)',
    '11:35: roles.lead.rebind[0]: "handof" is none of handoff, override (did you mean "handoff"?)',
    "12:9: roles.both: should have one of seat, people, ticket",
    '13:19: roles.some.people[0]: "anna" is not one of people (did you mean "ana"?)',
    '13:32: roles.some.people[1]: "bo" names nobody; write person:NAME or group:NAME',
    '14:18: roles.mine.ticket: "reporter" is none of assignee',
    "14:34: roles.mine.turn: belongs to a seat",
    "15:10: roles.round: falls back on itself",
    "16:9: roles.trip: falls back on itself",
    "17:17: parameters.T: is what due rules count from: {type: date, required: true}",
    '17:36: parameters.due: lacks "type"',
    "17:47: parameters.due.required: should be true or false, but is text",
    "18:10: channel: should have one of use, create",
    "18:19: channel.invite: belongs to a channel that is created",
    '18:20: channel.invite[0]: "led" is not one of this playbook\'s roles (did you mean "lead"?)',
    '20:3: triggers: has two triggers with the id "one"',
    '20:5: triggers[0]: lacks "with" and in it "rotation"',
    '21:35: triggers[1].with: lacks "text"',
    '21:46: triggers[1].with.rotation: "sett" is not one of rotations (did you mean "set"?)',
    '21:57: triggers[1].if: is no condition at character 3; write CEL such as a.b == "c"',
    '21:73: triggers[1].dedupe: "{{" is left over; write names as in {{ ticket.key }}',
    '22:52: triggers[2].with.tickt: "tickt" is not known here',
    '24:3: phases: has two tasks with the id "b"',
    "24:5: phases[0]: waits for itself",
    "24:35: phases[0].starts: should have one of after, rule, when",
    '24:52: phases[0].starts.or: "soon" is no due rule; write start + 4h, start + 1bd 12:00, Fri 17:00, each day 16:00, each bd 16:00, T-2bd 10:00, occurrence + 2h or next bd 09:00',  # noqa: E501
    "25:5: phases[1]: waits for itself",
    '26:5: phases[2]: lacks "tasks"',
    "26:39: phases[2].starts: has no assignee; write tz: run, or a zone",
    '26:79: phases[2].starts.roll: "up" is none of none, back, forward',
    '27:53: phases[3].starts.or: belongs to "after"',
    '28:31: phases[3].tasks[0].role: "led" is not one of this playbook\'s roles (did you mean "lead"?)',  # noqa: E501
    '28:41: phases[3].tasks[0].due: "each day 10:00" is due again and again; that stands in repeat',
    '29:62: phases[3].tasks[1].due.tz: "Mars" is no time zone (write one such as "Europe/Berlin")',
    '29:80: phases[3].tasks[1].needs[1]: "c" is not one of this playbook\'s tasks',
    '30:45: phases[3].tasks[2].repeat: "start + 4h" does not repeat; write such as each bd 10:00',
    "30:67: phases[3].tasks[2].action: happens once, so its task cannot repeat",
    '30:79: phases[3].tasks[2].action.page.test: lacks "to"',
    "31:45: phases[3].tasks[3].action: should have one of handover.post, invite, page.test",
    '32:72: phases[3].tasks[4].action.invite.to: "anywhere" is none of live_incidents',
    '34:12: updates.owed_by: "boss" is not one of this playbook\'s roles',
    '35:10: updates.every: "Fri 16:00" does not repeat; write such as each bd 10:00',
    '36:18: updates.satisfied_by[0]: "tweet" is none of status_update, jira_comment, playbooks_status, post(#TAG)',  # noqa: E501
    '36:25: updates.satisfied_by[1]: "post(status)" is none of status_update, jira_comment, playbooks_status, post(#TAG)',  # noqa: E501
    '37:10: updates.from[0]: "everybody" is none of owner, crew, support',
    '38:15: updates.quiet.tz: "home" is no time zone (write one such as "Europe/Berlin")',
    '38:30: updates.quiet.outside: "08:00" is no stretch of the day; write 08:00-18:00',
    '39:20: updates.nudges[0].after: "soon" is no length of time; write 30s, 5m, 1h 30m, 2d or 1w',
    '39:30: updates.nudges[0].to: "boss" is not one of this playbook\'s roles',
    '39:40: updates.nudges[0].by: "phone" is none of dm, thread',
    '41:20: rules[0].event: "task.late" is none of task.overdue, run.started, phase.started',
    '41:35: rules[0].at: "each day 10:00" is due again and again; that stands in repeat',
    '41:58: rules[0].do[0]: lacks "post"',
    '41:64: rules[0].do[0].say: "say" is not known here',
    '42:19: rules[0].do[1].post.to: "everybody" names nobody; write role:NAME or group:NAME or person:NAME or channel:NAME',  # noqa: E501
    '42:36: rules[0].do[1].post.text: "}}" is left over; write names as in {{ ticket.key }}',
    '43:9: finish: lacks "when"',
    '43:17: finish.after: "after" is not known here',
    '45:22: tests[0].given: lacks "start"',
    '45:34: tests[0].given.holidays[0]: "tomorrow" is no date; write one such as 2026-11-02',
    '45:62: tests[0].expect[0].task: "z" is not one of this playbook\'s tasks',
    '45:70: tests[0].expect[0].due: "noon" is no wall-clock time; write 2026-11-30 08:00',
]


def test_every_mistake_is_told_at_once_with_its_place():
    assert mistakes(BROKEN) == BROKEN_SAYS


def test_tasks_and_phases_that_wait_for_each_other_are_refused():
    text = SMALL.replace(
        "phases: [",
        "phases: [{id: two, title: Two, starts: {after: two}, tasks: ["
        "{id: b, title: B, role: lead, needs: [c]}, {id: c, title: C, role: lead, needs: [b]}]}, ",
    )

    assert [one.split(": ", 1)[1] for one in mistakes(text)] == [
        'phases[0]: has a task that needs itself: "b"',
        'phases[0]: has a task that needs itself: "c"',
        "phases[0]: waits for itself",
    ]


def test_tasks_may_need_the_same_thing_by_two_ways():
    tasks = "".join(
        f"{{id: {name}, title: T, role: lead, needs: [{needs}]}}, "
        for name, needs in {"d": "b, c", "c": "a", "b": "a"}.items()
    )

    assert read(SMALL.replace("tasks: [", f"tasks: [{tasks}")).task("d").needs == ("b", "c")


def test_there_is_at_least_one_phase():
    text = SMALL[: SMALL.index("phases")] + "phases: []"

    assert mistakes(text) == ["6:9: phases: should have at least one phase"]


def test_a_rule_may_count_from_t_where_there_is_one():
    due = SMALL.replace("role: lead}", 'role: lead, due: "T-2bd 10:00"}')

    assert "counts from T, which is not one of this playbook's parameters" in mistakes(due)[0]
    assert read(f"{due}parameters: {{T: {{type: date, required: true}}}}").parameters[0].required


def test_a_failing_test_says_what_is_due_instead():
    text = (
        SMALL.replace("role: lead}", 'role: lead, due: "start + 4h"}')
        + """
tests:
  - {name: first, given: {start: "2026-11-30 08:00"}, expect: [{task: a, due: "2026-11-30 13:00"}]}
"""
    )
    failures = run_tests(read(text), BusinessDays())

    assert failures == ["first: a is due 2026-11-30 12:00, not 2026-11-30 13:00"]
    never = text.replace(', due: "start + 4h"', "")
    assert run_tests(read(never), BusinessDays()) == ["first: a is never due, not 2026-11-30 13:00"]
