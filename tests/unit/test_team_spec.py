from dataclasses import replace
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from setflow.document import Reader, parse
from setflow.errors import ConfigError
from setflow.team.spec import Contact, Person, Quiet, Team, read_groups, read_people, read_teams

PEOPLE = ("ana", "bo", "mara")


def people(text):
    reader = Reader()
    found = read_people(parse(text, "set.yaml"), reader)
    reader.finish()
    return found


def mistakes(read, text, **names):
    reader = Reader()
    read(parse(text, "set.yaml"), reader, **names)
    with pytest.raises(ConfigError) as told:
        reader.finish()
    return [str(one).removeprefix("set.yaml:") for one in told.value.problems]


def test_a_person_is_read_with_everything_that_is_known_of_them():
    found = people(
        """
        ana:
          name: Ana Ruiz
          mattermost: ana.ruiz
          timezone: Europe/Madrid
          email: ana@example.com
          jira: 5b10ac8d82e05b22cc7d4ef5
          opsgenie: ruiz@example.com
          contact: [{via: phone, to: "+34600000000", after: 4m}, {via: sms, to: "+34600000000"}]
        """
    )

    assert found == {
        "ana": Person(
            "ana",
            title="Ana Ruiz",
            mattermost="ana.ruiz",
            timezone=ZoneInfo("Europe/Madrid"),
            email="ana@example.com",
            jira="5b10ac8d82e05b22cc7d4ef5",
            opsgenie="ruiz@example.com",
            contact=(
                Contact("sms", "+34600000000", timedelta(0)),
                Contact("phone", "+34600000000", timedelta(minutes=4)),
            ),
        )
    }


def test_a_name_alone_is_a_person():
    assert people("{Ana: , bo: {}}") == {"Ana": Person("Ana", "Ana", "ana"), "bo": BO}


BO = Person("bo", "bo", "bo")


def test_when_somebody_is_there_and_awake_and_whose_holidays_they_have():
    text = """
    bo: {calendar: denmark, awake: {from: "09:00", to: "01:00"}, since: 2026-12-01,
         until: 2026-12-31}
    cy: {until: 2026-12-31}
    """
    found = people(text)
    assert found["bo"] == replace(
        BO,
        calendar="denmark",
        awake=(time(9), time(1)),
        since=date(2026, 12, 1),
        until=date(2026, 12, 31),
    )
    assert (found["cy"].since, found["cy"].awake) == (None, (time(7), time(23)))


def test_for_which_alerts_a_contact_method_is_used_and_when_it_is_held_back():
    text = """
    bo: {contact: [{via: sms, to: "1", priorities: [P1, P2]}, {via: mention, to: town-hall}],
         quiet: {from: "22:00", to: "07:00"}}
    cy: {quiet: {from: "22:00", to: "07:00", priorities: [P2, P5], then: chat}}
    """
    found = people(text)
    sms, mention = found["bo"].contact
    assert (sms.serves("P2"), sms.serves("P3"), mention.serves("P5")) == (True, False, True)
    assert found["bo"].quiet == Quiet(time(22), time(7), ("P3", "P4", "P5"), wait=True)
    assert found["cy"].quiet == Quiet(time(22), time(7), ("P2", "P5"), wait=False)


def test_the_opsgenie_user_is_the_email_address_where_nothing_else_is_said():
    assert people("{bo: {email: bo@example.com}}")["bo"].opsgenie == "bo@example.com"


def test_one_account_belongs_to_one_person():
    text = """
ana: {mattermost: ana.ruiz, email: team@example.com, jira: "1"}
bo: {mattermost: ana.ruiz, email: Team@example.com, jira: "1"}
cy: {opsgenie: team@example.com}
ana.ruiz: {}
"""

    assert mistakes(read_people, text) == [
        '3:18: bo.mattermost: "ana.ruiz" is the Mattermost username of "ana" already',
        '3:35: bo.email: "Team@example.com" is the e-mail address of "ana" already',
        '3:59: bo.jira: "1" is the Jira account of "ana" already',
        '4:16: cy.opsgenie: "team@example.com" is the e-mail address of "ana" already',
        '5:11: ana.ruiz: "ana.ruiz" is the Mattermost username of "ana" already',
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{}", "1:1: should have at least one person"),
        ("[ana]", "1:1: should be a mapping, but is a list"),
        ("{ana ruiz: {}}", "1:12: ana ruiz: should be named with letters, digits, dots, - and _"),
        ("{ana: ruiz}", "1:7: ana: should be a mapping, but is text"),
        ("{shell: {}}", '1:9: shell: "shell" is what history calls the command line; choose'),
        ("{ana: {mattermost: '@ana'}}", 'ana.mattermost: should be written without @: "ana"'),
        ("{ana: {mattermost: Ana Ruiz}}", '"Ana Ruiz" is no Mattermost username'),
        ("{ana: {timezone: Madrid}}", '"Madrid" is no time zone (did you mean "Europe/Madrid"?)'),
        ("{ana: {email: ana}}", '"ana" is no e-mail address'),
        ("{ana: {contact: [{via: mattermost, to: x}]}}", "is where everybody is paged anyway"),
        ("{ana: {contact: [{via: SMS, to: x}]}}", '"SMS" is no gateway'),
        ('{ana: {contact: [{via: sms, to: "a\\nb"}]}}', "should be an address on one line"),
        ("{ana: {contact: [{via: sms, to: a}, {via: sms, to: b}]}}", '"sms" is given twice'),
        ("{ana: {contact: [{via: sms}]}}", 'lacks "to"'),
        ("{ana: {contact: [{via: sms, to: x, after: soon}]}}", '"soon" is no length of time'),
        ("{ana: {phone: x}}", '"phone" is not known here'),
        ('{ana: {awake: {from: "07:00"}}}', 'ana.awake: lacks "to"'),
        ('{ana: {awake: {from: "7", to: "23:00"}}}', '"7" is no time of day'),
        (
            "{ana: {contact: [{via: sms, to: x, priorities: [P2]}]}}",
            "has nothing for a P1, which would come in chat alone",
        ),
        (
            "{ana: {contact: [{via: sms, to: x, priorities: [P11]}]}}",
            '"P11" is not one of the priorities (did you mean "P1"?)',
        ),
        ("{ana: {contact: [{via: sms, to: x, priorities: []}]}}", "at least one priority"),
        ("{ana: {contact: [{via: mention, to: ~ops}]}}", 'without ~: "ops"'),
        ('{ana: {quiet: {from: "22:00"}}}', 'ana.quiet: lacks "to"'),
        ('{ana: {quiet: {from: "22:00", to: "22:00"}}}', "end at another time than it begins"),
        ('{ana: {quiet: {from: "22:00", to: "07:00", then: never}}}', '"never" is none of wait'),
        (
            '{ana: {quiet: {from: "22:00", to: "07:00", priorities: [P1, P3]}}}',
            "ana.quiet.priorities: cannot have P1, which nothing holds back",
        ),
        ("{ana: {until: soon}}", '"soon" is no date; write one such as 2026-11-02'),
        (
            "{ana: {since: 2026-12-02, until: 2026-12-01}}",
            "1:34: ana.until: is before the first day, 2026-12-02",
        ),
    ],
)
def test_a_person_with_a_mistake_is_told_so(text, told):
    assert told in "\n".join(mistakes(read_people, text))


def test_a_team_is_read():
    reader = Reader()
    node = parse(
        "server: {title: Server Platform, lead: mara, members: [ana, bo], channel: server-platform,"
        " jira_team: Server}\nweb: {lead: ana, members: [ana]}",
        "set.yaml",
    )
    teams = read_teams(node, reader, people=PEOPLE)
    reader.finish()

    assert teams == {
        "server": Team(
            "server", "Server Platform", "mara", ("ana", "bo"), "server-platform", "Server"
        ),
        "web": Team("web", "web", "ana", ("ana",)),
    }
    assert teams["server"].people == ("mara", "ana", "bo")
    assert teams["web"].people == ("ana",)


def test_a_team_with_mistakes_is_told_all_of_them():
    text = """
server platform: {lead: mora, members: [ana, ana, boo], channel: "~server"}
web: {members: [], channel: Web Platform, head: ana}
"""

    assert mistakes(read_teams, text, people=PEOPLE) == [
        "2:18: server platform: should be named with letters, digits, - and _ only",
        '2:25: server platform.lead: "mora" is not one of people (did you mean "mara"?)',
        '2:46: server platform.members[1]: "ana" is given twice',
        '2:51: server platform.members[2]: "boo" is not one of people (did you mean "bo"?)',
        '2:66: server platform.channel: should be written without ~: "server"',
        '3:6: web: lacks "lead"',
        "3:16: web.members: should have at least one person",
        '3:29: web.channel: "Web Platform" is no channel; write it as in its address, '
        "like town-hall",
        '3:49: web.head: "head" is not known here (did you mean "lead"?)',
    ]


def test_groups_are_read():
    reader = Reader()
    node = parse("dev-leads: [mara, ana]", "set.yaml")

    assert read_groups(node, reader, people=PEOPLE) == {"dev-leads": ("mara", "ana")}
    assert reader.problems == []


def test_a_group_with_a_mistake_is_told_so():
    assert mistakes(read_groups, "{a.b: [], c: mara}", people=PEOPLE) == [
        "1:7: a.b: should be named with letters, digits, - and _ only",
        "1:7: a.b: should have at least one person",
        "1:14: c: should be a list, but is text",
    ]
