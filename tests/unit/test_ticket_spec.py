import pytest

from setflow.document import Reader, parse
from setflow.errors import ConfigError
from setflow.ticket.spec import JiraSettings, read_jira

WHOLE = """\
jql: 'Team = "Sustained Engineering"'
team_field: Team
level: {field: Severity, values: {L1: Critical, L2: Major}}
customer_field: Customer
"""


def section(jql="project = MM", level="{field: Severity, values: {L1: Critical}}"):
    quoted = jql.replace("'", "''")
    return f"jql: '{quoted}'\nteam_field: Team\nlevel: {level}\n"


def read(text):
    reader = Reader()
    settings = read_jira(parse(text, "set.yaml"), reader)
    reader.finish()
    return settings


def mistakes(text):
    with pytest.raises(ConfigError) as told:
        read(text)
    return [f"{p.line}:{p.column} {p.path} {p.text}" for p in told.value.problems]


def test_the_whole_section_is_read():
    assert read(WHOLE) == JiraSettings(
        jql='Team = "Sustained Engineering"',
        team_field="Team",
        level_field="Severity",
        levels={"L1": "Critical", "L2": "Major"},
        customer_field="Customer",
    )


def test_the_customer_field_may_be_left_out():
    assert read(WHOLE.replace("customer_field: Customer\n", "")).customer_field is None


def test_every_mistake_is_told_at_once_with_its_place():
    assert mistakes("jql: project = MM\nteamfield: Team\nlevel: {values: {L5: Critical}}\n") == [
        '1:1  lacks "team_field"',
        '2:12 teamfield "teamfield" is not known here (did you mean "team_field"?)',
        '3:8 level lacks "field"',
        '3:22 level.values.L5 "L5" is not known here',
    ]


def test_an_empty_section_lacks_what_is_needed():
    assert mistakes("{}") == ['1:1  lacks "jql"', '1:1  lacks "level"', '1:1  lacks "team_field"']


def test_two_levels_of_one_value_could_not_be_told_apart():
    text = WHOLE.replace("L2: Major", "L2: critical")

    assert mistakes(text) == ['3:53 level.values.L2 "critical" is L1 already']


@pytest.mark.parametrize(
    "level", ["{field: Severity}", "{field: Severity, values: {}}", "Severity"]
)
def test_levels_need_values(level):
    assert len(mistakes(f"jql: project = MM\nteam_field: Team\nlevel: {level}\n")) == 1


@pytest.mark.parametrize(
    ("jql", "says"),
    [
        ("project = MM ORDER BY rank", "without ORDER BY"),
        ("project = MM order  by rank", "without ORDER BY"),
        ('summary ~ "x', "a quote that is not closed"),
        ("(project = MM", "a bracket without its partner"),
        ("project = MM) OR (project = WEB", "a bracket without its partner"),
    ],
)
def test_a_query_that_ours_could_not_be_added_to_is_refused(jql, says):
    [mistake] = mistakes(
        f"jql: '{jql}'\nteam_field: Team\nlevel: {{field: S, values: {{L1: C}}}}\n"
    )

    assert says in mistake


@pytest.mark.parametrize("jql", ['summary ~ "order by (\\" x"', "summary ~ 'it)' OR (key = MM-1)"])
def test_what_stands_in_quotes_is_only_text(jql):
    assert read(section(jql)).jql == jql
