from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from setflow.calendar import BusinessDays
from setflow.definitions import differences, read, route
from setflow.errors import ConfigError
from setflow.escalation.spec import Route, Target
from setflow.rotation.spec.remote import OpsGenieSettings

ROOT = Path(__file__).parents[2]

PEOPLE = """
version: 1
people:
  ana: {name: Ana Ruiz}
  bo: {name: Bo Lind}
  mara: {name: Mara Stein}
"""

WEEK = """
playbook: week
title: Week
timezone: Europe/Berlin
calendar: company
roles: {lead: {seat: set.lead}, primary: {seat: set.primary}}
channel: {use: sustained-engineering}
phases: [{id: start, title: Start, tasks: [{id: look, title: Look, role: lead}]}]
"""

WHOLE = (
    """
version: 1
timezone: Europe/Berlin
admins: [mara]
groups: {one: [mara, ana]}
channels: {operations: setflow-ops}
calendars: {company: {country: DE, extra: ["2026-12-24"]}}
jira: {jql: "Team = SET", team_field: Team, level: {field: Severity, values: {L1: Critical}}}
opsgenie: {mode: mirror}
playbooks: [week]
people:
  ana: {name: Ana Ruiz, contact: [{via: sms, to: "1", after: 2m}]}
  bo: {name: Bo Lind}
  cy: {name: Cy Adler}
  di: {name: Di Novak}
  mara: {name: Mara Stein}
teams:
  server: {title: Server, lead: mara, members: [ana, bo, cy, di], channel: server-platform}
rotations:
  web: {type: weekly, start: "2026-11-02 09:00", people: [ana, bo], outside: "person:mara"}
  set:
    channel: sustained-engineering
    cycle: {start: "2026-11-30 08:00", weeks: 2, swap: weekly}
    shifts: {emea: {hours: [{from: "08:00", to: "20:00"}]}}
    crews: [{team: server, lead: mara, emea: [ana, bo]}]
ladders:
  urgent: {steps: [{page: [set.primary, "channel:operations"], wait: 5m}], fallback: ["group:one"]}
  calm: {steps: [{page: ["team:server"], wait: 1h}], channel: server-platform}
routes:
  - {source: opsgenie, when: 'alert.priority in ["P1", "P2"]', ladder: urgent}
  - {source: community, when: 'alert.details.host == "chat"', ladder: urgent}
  - {when: 'alert.title.startsWith("Test")', ladder: calm}
  - {ladder: calm}
""",
    {"week": ("week.yaml", WEEK), "unused": ("unused.yaml", "]")},
)


def read_whole(text=WHOLE[0], playbooks=WHOLE[1]):
    return read(text, "set.yaml", playbooks)


def mistakes(text, playbooks=None):
    with pytest.raises(ConfigError) as told:
        read(text, "set.yaml", playbooks or {})
    return str(told.value).splitlines()


def test_a_file_is_read_as_a_whole():
    found = read_whole()

    assert found.version == 1
    assert found.zone == ZoneInfo("Europe/Berlin")
    assert found.admins == ("mara",)
    assert found.groups == {"one": ("mara", "ana")}
    assert found.channels == {"operations": "setflow-ops"}
    assert found.calendars == {
        "company": BusinessDays("DE", frozenset({date(2026, 12, 24)}), "company")
    }
    assert found.jira is not None
    assert found.jira.levels == {"L1": "Critical"}
    assert found.opsgenie == OpsGenieSettings("mirror")
    assert list(found.playbooks) == ["week"]
    assert list(found.people) == ["ana", "bo", "cy", "di", "mara"]
    assert found.teams["server"].lead == "mara"
    assert [rotation.kind for rotation in found.rotations.values()] == ["simple", "crew"]
    assert found.ladders["calm"].steps[0].targets == (Target("team", "server"),)
    assert found.routes[-1] == Route(None, None, "calm")
    assert found.text == WHOLE[0]


def test_people_are_enough():
    found = read(PEOPLE, "set.yaml", {})

    assert found.zone == ZoneInfo("UTC")
    assert (found.jira, found.opsgenie, found.routes, found.admins) == (None, None, (), ())
    assert not any((found.groups, found.teams, found.rotations, found.ladders, found.playbooks))


@pytest.mark.parametrize("text", ["", "version: 1", "people: {ana: {}}", "version: 1\npeople: {}"])
def test_less_is_too_little(text):
    assert len(mistakes(text)) > 1


def test_the_digest_tells_a_file_and_the_playbooks_it_names_from_others():
    found = read_whole()
    unused = {**WHOLE[1], "unused": ("unused.yaml", "changed")}
    changed = {**WHOLE[1], "week": ("week.yaml", WEEK + "# changed")}

    assert read_whole(playbooks=unused).digest == found.digest
    assert read_whole(playbooks=changed).digest != found.digest
    assert read_whole(text=WHOLE[0] + "# changed").digest != found.digest
    week, other = (one.playbooks["week"] for one in (found, read_whole(playbooks=changed)))
    assert week.version != other.version


BROKEN = """version: 2
timezone: Europe/Berlim
admins: [mara, mra]
groups: {dev leads: [mara], empty: [], twice: [ana, ana]}
channels: {operations: "~setflow-ops"}
calendars: {company: {country: Germany, extra: ["2026-13-24"]}}
jira: {jql: 'Team = "SET" ORDER BY key', level: {field: Severity, values: {L9: Critical}}}
opsgenie: {mode: mirrors}
playbooks: [set-cycl, weeks, broken, weeks]
oncall: {}
people:
  ana: {name: Ana Ruiz, mattermost: "@ana.ruiz", timezone: CET/Madrid, email: ana at example}
  bo: {name: [Bo], mattermost: Bo Lind, phone: "+34600000000"}
  cy: {contact: [{via: mattermost, to: x}, {via: sms, to: "1", after: 5 minutes}, {via: sms}]}
  di: {mattermost: cy, contact: [{via: sms, to: "1", after: 5m}, {via: phone, to: "1"}]}
  mara: {name: Mara Stein, jira: "712020:mara"}
  max: {jira: "712020:MARA"}
teams:
  server: {title: Server, leed: mara, members: [ana, bob], channel: Server Platform}
rotations:
  web: {type: weekly, length: 0, start: 2026-11-02 9am, people: []}
  sre: {seats: [first, second], layers: [], channel: "~sre"}
  set:
    cycle: {start: "2026-11-30 08:00", weeks: 2}
    shifts: {emea: {timezone: Europe/Berlin, hours: [{from: "08:00", to: "24:00"}]}}
    crews: [{team: sever, lead: mara, emea: [anna, bo]}]
    cycles: {"2026-12-01": {team: server, lead: max, emea: [ana, bo]}}
ladders:
  urgent: {rounds: 0, steps: [{page: [set.emea.backup, sre.first, sets.lead, web], wait: 0m}]}
  calm: {steps: [{page: ["group:dev-lead", "grp:x", "person:max"], wait: 5m}]}
  alone: {steps: [{page: ["person:di"], wait: 5m}, {page: ["person:di"], wait: 4m}]}
  quiet: {steps: [{page: ["channel:operations"], wait: 1h}]}
  lost: {steps: [{page: [set.primary, web], wait: 5m}], fallback: ["channel:nowhere"]}
routes:
  - {ladder: urgent}
  - {source: opsgenie, when: 'alert.priorty == "P1"', ladder: urgnt}
  - {source: opsgenie, when: 'alert.priority ==', ladder: urgent}
  - {source: opsgenie, when: 'alrt.priority == "P1"', ladder: urgent}
"""

BROKEN_WEEK = """playbook: week
title: Week
timezone: Europe/Berlin
calendar: compny
roles: {lead: {seat: sett.lead}, primary: {seat: set.primary}, dev: {people: ["group:dev"]}}
channel: {use: nowhere}
phases: [{id: start, title: Start, tasks: [{id: look, title: Look, role: led}]}]
"""

TOLD = """\
broken.yaml:1:6: is no YAML: while parsing a flow sequence expected ',' or ']', but got '<stream end>'
set.yaml:1:10: version: should be 1, the one that this setflow reads
set.yaml:2:11: timezone: "Europe/Berlim" is no time zone (did you mean "Europe/Berlin"?)
set.yaml:3:16: admins[1]: "mra" is not one of people (did you mean "mara"?)
set.yaml:4:21: groups.dev leads: should be named with letters, digits, - and _ only
set.yaml:4:36: groups.empty: should have at least one person
set.yaml:4:53: groups.twice[1]: "ana" is given twice
set.yaml:5:24: channels.operations: should be written without ~: "setflow-ops"
set.yaml:6:32: calendars.company.country: "Germany" is no country whose holidays are known (write a code such as "DE")
set.yaml:6:49: calendars.company.extra[0]: "2026-13-24" is no date: month must be in 1..12
set.yaml:7:7: jira: lacks "team_field"
set.yaml:7:13: jira.jql: should be without ORDER BY: issues are read in the order they changed
set.yaml:7:80: jira.level.values.L9: "L9" is not known here
set.yaml:8:18: opsgenie.mode: "mirrors" is none of mirror, shadow, page (did you mean "mirror"?)
set.yaml:9:13: playbooks[0]: "set-cycl" is not one of playbooks (did you mean "set-cycle"?)
set.yaml:9:38: playbooks[3]: "weeks" is given twice
set.yaml:10:9: oncall: "oncall" is not known here
set.yaml:12:37: people.ana.mattermost: should be written without @: "ana.ruiz"
set.yaml:12:60: people.ana.timezone: "CET/Madrid" is no time zone (did you mean "Europe/Madrid"?)
set.yaml:12:79: people.ana.email: "ana at example" is no e-mail address
set.yaml:13:14: people.bo.name: should be text, but is a list
set.yaml:13:32: people.bo.mattermost: "Bo Lind" is no Mattermost username; they look like ana.ruiz
set.yaml:13:48: people.bo.phone: "phone" is not known here
set.yaml:14:24: people.cy.contact[0].via: is where everybody is paged anyway; name another way to reach them
set.yaml:14:71: people.cy.contact[1].after: "5 minutes" is no length of time; write 30s, 5m, 1h 30m, 2d or 1w
set.yaml:14:83: people.cy.contact[2]: lacks "to"
set.yaml:15:20: people.di.mattermost: "cy" is the Mattermost username of "cy" already
set.yaml:15:61: people.di.contact[0].after: should come before the end of step 1 of ladder "alone", which waits 5m
set.yaml:17:15: people.max.jira: "712020:MARA" is the Jira account of "mara" already
set.yaml:19:11: teams.server: lacks "lead"
set.yaml:19:33: teams.server.leed: "leed" is not known here (did you mean "lead"?)
set.yaml:19:54: teams.server.members[1]: "bob" is not one of people (did you mean "bo"?)
set.yaml:19:69: teams.server.channel: "Server Platform" is no channel; write it as in its address, like town-hall
set.yaml:21:31: rotations.web.length: should be from 1 to 53, but is 0
set.yaml:21:41: rotations.web.start: "2026-11-02 9am" is no date and time; write one such as 2026-11-02 09:00
set.yaml:21:65: rotations.web.people: has nobody; name at least one person
set.yaml:22:41: rotations.sre.layers: has nobody; write at least one layer
set.yaml:22:54: rotations.sre.channel: should be written without ~: "sre"
set.yaml:25:74: rotations.set.shifts.emea.hours[0].to: "24:00" is no time of day; write "00:00" for midnight
set.yaml:26:20: rotations.set.crews[0].team: "sever" is not one of teams (did you mean "server"?)
set.yaml:26:46: rotations.set.crews[0].emea[0]: "anna" is not one of people (did you mean "ana"?)
set.yaml:27:28: rotations.set.cycles.2026-12-01: no cycle starts on 2026-12-01; one does every 2 weeks from 2026-11-30 on
set.yaml:29:20: ladders.urgent.rounds: should be from 1 to 20, but is 0
set.yaml:29:67: ladders.urgent.steps[0].page[2]: "sets.lead" is not one of seats (did you mean "set.lead"?)
set.yaml:29:90: ladders.urgent.steps[0].wait: should be at least 1 s
set.yaml:30:26: ladders.calm.steps[0].page[0]: "dev-lead" is not one of groups (did you mean "dev leads"?)
set.yaml:30:44: ladders.calm.steps[0].page[1]: "grp:" is none of person:, group:, team:, channel: (did you mean "group"?); a seat is named alone
set.yaml:31:10: ladders.alone: can page only di; a ladder needs two people at least, so add another to its steps
set.yaml:32:10: ladders.quiet: can page nobody; a ladder needs two people at least, so add another to its steps
set.yaml:33:68: ladders.lost.fallback[0]: "nowhere" is not one of channels
set.yaml:35:5: routes[0]: catches every alert, so that no later route is reached; put it last
set.yaml:36:30: routes[1].when: asks for "alert.priorty", which alerts do not have (did you mean "priority"?)
set.yaml:36:63: routes[1].ladder: "urgnt" is not one of ladders (did you mean "urgent"?)
set.yaml:37:30: routes[2].when: is no condition at character 16; write CEL such as a.b == "c"
set.yaml:38:5: routes[3]: should catch the rest: add a last route with nothing but "ladder"
set.yaml:38:30: routes[3].when: asks about "alrt"; it may ask about alert, now
weeks.yaml:1:11: playbook: should be "weeks", like its file
weeks.yaml:4:11: calendar: "compny" is not one of calendars (did you mean "company"?)
weeks.yaml:5:22: roles.lead.seat: "sett.lead" is not one of seats (did you mean "set.lead"?)
weeks.yaml:5:79: roles.dev.people[0]: "dev" is not one of groups
weeks.yaml:6:16: channel.use: "nowhere" is not one of channels
weeks.yaml:7:74: phases[0].tasks[0].role: "led" is not one of this playbook's roles (did you mean "lead"?)
62 mistakes.
"""  # noqa: E501


def test_every_mistake_is_told_at_once_with_its_place():
    playbooks = {
        "set-cycle": ("set-cycle.yaml", "]"),
        "weeks": ("weeks.yaml", BROKEN_WEEK),
        "broken": ("broken.yaml", "a: [1"),
    }

    assert mistakes(BROKEN, playbooks) == TOLD.splitlines()


def test_a_person_s_holidays_are_those_of_a_calendar_of_the_file():
    text = "version: 1\npeople: {ana: {calendar: compny}, bo: {calendar: company}, cy: }\n"
    text += "calendars: {company: {country: DE}}\n"

    assert mistakes(text)[:-1] == [
        'set.yaml:2:26: people.ana.calendar: "compny" is not one of calendars '
        '(did you mean "company"?)'
    ]


def test_a_rotation_with_mistakes_makes_none_where_it_is_named():
    text = f"""{PEOPLE}
rotations:
  sre:
    seats: [first, second]
    layers: [{{type: weekly, start: "2026-11-02 09:00", people: [anna, bo]}}]
ladders: {{all: {{steps: [{{page: [sre.first, sre.second, sre], wait: 5m}}]}}}}
"""

    assert mistakes(text) == [
        'set.yaml:11:65: rotations.sre.layers[0].people[0]: "anna" is not one of people '
        '(did you mean "ana"?)',
        "1 mistake.",
    ]


TWO = "a ladder needs two people at least, so add another to its steps"


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ("[web]", None),
        ("[solo]", "only ana"),
        ("[solo, set.lead]", None),
        ("[solo, set.emea.primary]", "only ana"),
        ("[set.lead]", "only mara"),
        ("[solo, staffed]", None),
        ('["person:ana", "group:one", "team:one"]', "only ana"),
        ('["person:ana", "team:two"]', None),
        ('["channel:operations"]', "nobody"),
    ],
)
def test_a_ladder_reaches_two_people_at_least(pages, told):
    text = f"""{PEOPLE}
channels: {{operations: ops}}
groups: {{one: [ana]}}
teams: {{one: {{lead: ana, members: [ana]}}, two: {{lead: bo, members: [ana]}}}}
rotations:
  web: {{type: weekly, start: "2026-11-02 09:00", people: [ana, bo]}}
  solo: {{type: weekly, start: "2026-11-02 09:00", people: [ana]}}
  staffed: {{type: weekly, start: "2026-11-02 09:00", people: [ana], outside: "person:bo"}}
  set:
    cycle: {{start: "2026-11-30 08:00", weeks: 2}}
    shifts: {{emea: {{hours: [{{from: "08:00", to: "20:00"}}]}}}}
    crews: [{{team: two, lead: mara, emea: [ana, bo]}}]
ladders:
  it: {{steps: [{{page: {pages}, wait: 5m}}]}}
"""
    if told is None:
        assert read(text, "set.yaml", {}).ladders
    else:
        assert mistakes(text)[0] == (f"set.yaml:20:7: ladders.it: can page {told}; {TWO}")


def test_of_a_crew_one_shift_named_alone_does_not_reach_the_lead():
    text = f"""{PEOPLE}
teams: {{server: {{lead: mara, members: [ana, bo]}}}}
rotations:
  set:
    cycle: {{start: "2026-11-30 08:00", weeks: 1}}
    shifts: {{emea: {{hours: [{{from: "08:00", to: "20:00"}}]}}}}
    crews: [{{team: server, lead: mara, emea: [ana, bo]}}]
ladders:
  all: {{steps: [{{page: [set.primary], wait: 5m}}]}}
  one: {{steps: [{{page: [set.emea.primary], wait: 5m}}]}}
"""

    assert mistakes(text) == [
        f"set.yaml:16:8: ladders.one: can page only ana; {TWO}",
        "1 mistake.",
    ]


@pytest.mark.parametrize(("after", "slow"), [("4m", False), ("5m", True), ("6m", True)])
def test_a_contact_method_comes_before_its_step_is_over(after, slow):
    text = WHOLE[0].replace("after: 2m", f"after: {after}")

    if slow:
        assert mistakes(text, WHOLE[1]) == [
            "set.yaml:12:62: people.ana.contact[0].after: "
            'should come before the end of step 1 of ladder "urgent", which waits 5m',
            "1 mistake.",
        ]
    else:
        assert read_whole(text)


def test_a_contact_method_is_told_once_though_many_steps_are_too_short():
    text = WHOLE[0].replace("after: 2m", "after: 2h 30s")

    assert len(mistakes(text, WHOLE[1])) == 2


NOW = datetime(2026, 11, 30, 11, tzinfo=UTC)  # noon in Berlin, on a Monday


def an_alert(priority="P1", title="Down", **details):
    return {
        "source": "opsgenie",
        "key": "1",
        "title": title,
        "priority": priority,
        "details": details,
        "url": "",
    }


@pytest.mark.parametrize(
    ("source", "alert", "number"),
    [
        ("opsgenie", an_alert("P1"), 0),
        ("opsgenie", an_alert("P3"), 3),
        ("grafana", an_alert("P1"), 3),
        ("grafana", an_alert("P1", "Test of paging"), 2),
        ("community", an_alert("P3", host="chat"), 1),
        ("community", an_alert("P3"), 3),
    ],
)
def test_an_alert_goes_the_first_route_that_fits(source, alert, number):
    found = read_whole()

    assert route(found, source, alert, now=NOW) is found.routes[number]


@pytest.mark.parametrize(("hours", "number"), [(0, 0), (6, 1)])
def test_a_route_may_be_one_of_some_hours_alone(hours, number):
    text = """
people: {ana: , bo: }
ladders: {a: {steps: [{page: ["person:ana", "person:bo"], wait: 5m}]}}
routes: [{when: now.business && alert.priority == "P1", ladder: a}, {ladder: a}]
version: 1
"""
    found = read(text, "set.yaml", {})

    at = NOW + timedelta(hours=hours)
    assert route(found, "grafana", an_alert(), now=at) is found.routes[number]


def test_without_routes_there_is_none():
    assert route(read(PEOPLE, "set.yaml", {}), "opsgenie", an_alert(), now=NOW) is None


def test_differences_are_said_for_people():
    old = read_whole()
    new = replace(
        old,
        zone=ZoneInfo("UTC"),
        admins=("ana",),
        people={
            **{name: one for name, one in old.people.items() if name != "di"},
            "ana": replace(old.people["ana"], title="Ana R", contact=()),
            "eve": replace(old.people["bo"], name="eve"),
        },
        rotations={"web": replace(old.rotations["web"], outside=None)},
        ladders={**old.ladders, "urgent": replace(old.ladders["urgent"], rounds=2)},
        channels={"operations": "ops"},
        routes=old.routes[-1:],
        jira=None,
        opsgenie=OpsGenieSettings("page"),
    )

    assert differences(old, new) == [
        "Person eve is added",
        "Person di is removed",
        "Person ana is changed: title, contact",
        "Rotation set is removed",
        "Rotation web is changed",
        "Ladder urgent is changed: rounds",
        "Channel operations is changed",
        "The time zone is changed",
        "The admins are changed",
        "The routes are changed",
        "The Jira settings are changed",
        "The OpsGenie settings are changed",
    ]


def test_a_changed_playbook_is_a_difference():
    changed = {"week": ("week.yaml", WEEK.replace("Look,", "Look again,"))}

    assert differences(read_whole(), read_whole(playbooks=changed)) == ["Playbook week is changed"]


def test_a_comment_is_no_difference():
    assert differences(read_whole(), read_whole(WHOLE[0] + "# a comment")) == []


def test_everything_is_added_where_nothing_was():
    assert differences(None, read(PEOPLE, "set.yaml", {})) == [
        "Person ana is added",
        "Person bo is added",
        "Person mara is added",
    ]


def library():
    return {one.stem: (one.name, one.read_text()) for one in (ROOT / "playbooks").glob("*.yaml")}


def test_the_practice_reads_without_mistakes():
    found = read((ROOT / "examples" / "set.yaml").read_text(), "set.yaml", library())

    crew = found.rotations["set"]
    assert crew.kind == "crew"
    assert len(found.teams) == 6
    assert {len(team.people) for team in found.teams.values()} <= {5, 6, 7}
    assert found.opsgenie == OpsGenieSettings("page")
    assert list(found.playbooks) == ["set-cycle", "support-incident"]
    assert found.ladders["set-urgent"].steps[0].wait == timedelta(minutes=5)


def test_what_the_practice_shows_in_comments_reads_as_well():
    text = (ROOT / "examples" / "set.yaml").read_text()
    used, _, shown = text.partition("# sources:")
    shown = "\n".join(line.removeprefix("# ") for line in f"# sources:{shown}".splitlines())
    wait = "{page: [set.lead], wait: 10m"
    when = f"{wait}, when: 'alert.priority == \"P1\" || !now.business'"
    assert when.partition("when: ")[2] in used
    found = read(f"{used.replace(wait, when)}\n{shown}", "set.yaml", library())

    assert list(found.sources) == ["grafana", "billing"]
    assert list(found.heartbeats) == ["nightly-backup"]
    assert [window.length.days for window in found.maintenance] == [0, 0]
    assert found.ladders["set-urgent"].steps[2].when


def test_one_rotation_is_enough_for_a_file():
    found = read((ROOT / "examples" / "small.yaml").read_text(), "small.yaml", {})

    assert list(found.rotations) == ["web"]


JUNK = st.sampled_from([None, True, 7, -1, 1.5, "", "x", "ana", "set.primary", [], [None], {}])


def paths(value, so_far=()):
    yield so_far
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, part in inside if isinstance(value, dict | list) else ():
        yield from paths(part, (*so_far, key))


PLACES = sorted(paths(yaml.load(WHOLE[0], yaml.BaseLoader)), key=str)


def changed(value, path, junk):
    if not path:
        return junk
    if isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: changed(value[path[0]], path[1:], junk)}
    if isinstance(value, list) and path[0] in range(len(value)):
        return [
            changed(one, path[1:], junk) if at == path[0] else one for at, one in enumerate(value)
        ]
    return value


@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK | st.text(max_size=3)), max_size=3))
def test_whatever_stands_in_a_file_it_is_read_or_its_mistakes_are_told(changes):
    whole = yaml.load(WHOLE[0], yaml.BaseLoader)
    for path, junk in changes:
        whole = changed(whole, path, junk)
    try:
        read(yaml.safe_dump(whole), "set.yaml", WHOLE[1])
    except ConfigError as error:
        assert error.problems  # noqa: PT017
