"""The Jira adapter, by the real client library, against the stand-in."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from setflow.adapters.jira import Jira
from setflow.errors import DeliveryError
from setflow.sandbox.jira import JiraSandbox
from setflow.sandbox.trouble import DOWN, NONSENSE, Trouble, slow_down
from setflow.ticket.spec import JiraSettings
from tests.loopback import Counted, served

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ANA, SUE = "5b10ac8d82e05b22cc7d4ef5", "5b10ac8d82e05b22cc7d4e00"
SETTINGS = JiraSettings(
    jql='Team = "Sustained Engineering"',
    team_field="Team",
    level_field="severity",
    levels={"L1": "Critical", "L2": "Major"},
    customer_field="customfield_10040",
)

OTHER = Trouble(200, '{"greeting": "hello"}')


class Hands:
    """A clock that the test moves."""

    now = START

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **length: int) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def site(clock: Hands) -> JiraSandbox:
    site = JiraSandbox(clock)
    site.add_user(ANA, "Ana Ruiz", "ana@example.com")
    site.add_user(SUE, "Sue Porter", "sue@example.com")
    return site


@pytest.fixture
def url(site: JiraSandbox) -> Iterator[str]:
    with served(site.app) as url:
        yield url


@pytest.fixture
def jira(url: str) -> Jira:
    return a_jira(url)


def a_jira(url: str, *, token: str = JiraSandbox.token, settings: JiraSettings = SETTINGS) -> Jira:
    return Jira(url, JiraSandbox.user, token=token, settings=settings)


def keys(seen):
    return [one.ticket.key for one in seen]


def test_an_issue_comes_as_a_ticket_with_its_comments(jira, site, clock, url):
    key = site.add_issue(
        "Login loop after 10.4.1", level="Critical", customer="Acme", assignee=ANA, priority="High"
    )
    clock.wait(minutes=1)
    site.comment(key, SUE, "They freeze on Thursday")

    [one] = jira.changed_since(None, clock())

    ticket = one.ticket
    assert (ticket.key, ticket.summary, ticket.team) == (
        key,
        "Login loop after 10.4.1",
        "Sustained Engineering",
    )
    assert (ticket.level, ticket.customer, ticket.priority) == ("L1", "Acme", "High")
    assert (ticket.assignee, ticket.assignee_name) == (ANA, "Ana Ruiz")
    assert (ticket.status, ticket.open, ticket.resolved_at) == ("To Do", True, None)
    assert ticket.url == f"{url}/browse/{key}"
    assert ticket.updated_at == START + timedelta(minutes=1)
    [comment] = one.comments
    assert (comment.author, comment.at, comment.text) == (
        SUE,
        START + timedelta(minutes=1),
        "They freeze on Thursday",
    )


def test_an_empty_or_unknown_level_is_none(jira, site, clock):
    site.add_issue("no level")
    site.add_issue("a level that is not ours", level="Cosmetic")

    assert [one.ticket.level for one in jira.changed_since(None, clock())] == [None, None]


def test_a_done_issue_is_resolved_since_it_moved_there(jira, site, clock):
    key = site.add_issue("Disk full")
    clock.wait(hours=2)
    site.transition(key, "Done")
    clock.wait(hours=1)
    site.comment(key, SUE, "thanks")

    [one] = jira.changed_since(None, clock())

    assert not one.ticket.open
    assert one.ticket.resolved_at == START + timedelta(hours=2)


def test_a_later_pull_sees_only_what_changed_since_the_one_before(jira, site, clock):
    site.add_issue("old", key="MM-1")
    site.add_issue("changed", key="MM-2")
    clock.wait(minutes=30)
    pulled_at = clock()
    clock.wait(minutes=5)
    site.assign("MM-2", ANA)

    assert keys(jira.changed_since(pulled_at, clock())) == ["MM-2"]


def test_pulls_overlap_by_two_minutes(jira, site, clock):
    site.add_issue("just before the last pull", key="MM-1")
    clock.wait(minutes=2)
    pulled_at = clock()
    clock.wait(minutes=10)

    assert keys(jira.changed_since(pulled_at, clock())) == ["MM-1"]


def test_what_the_search_hid_for_a_while_is_in_a_later_pull(jira, site, clock):
    site.lag = timedelta(seconds=90)
    site.add_issue("hidden", key="MM-1")
    pulled_at = clock()
    assert jira.changed_since(None, pulled_at) == []

    clock.wait(minutes=2)

    assert keys(jira.changed_since(pulled_at, clock())) == ["MM-1"]


def test_many_pages_come_as_one_in_the_order_of_change(jira, site, clock):
    site.page = 2
    for number in range(1, 6):
        site.add_issue("one of many", key=f"MM-{number}")
        clock.wait(minutes=1)
    site.assign("MM-2", ANA)

    assert keys(jira.changed_since(None, clock())) == ["MM-1", "MM-3", "MM-4", "MM-5", "MM-2"]


def test_the_first_pull_leaves_out_what_was_done_long_ago(jira, site, clock):
    site.add_issue("done", key="MM-1", status="Done")
    site.add_issue("open", key="MM-2")
    clock.wait(days=15)
    site.add_issue("done lately", key="MM-3", status="Closed")

    assert keys(jira.changed_since(None, clock())) == ["MM-2", "MM-3"]


def test_the_query_keeps_its_meaning_when_ours_is_added(site, url, clock):
    site.add_issue("ours", key="MM-1")
    site.add_issue("theirs", key="WEB-1", team="Web")
    clock.wait(days=1)
    either = JiraSettings('Team = "Web" OR Team = "Sustained Engineering"', "Team", "Severity", {})

    assert a_jira(url, settings=either).changed_since(clock(), clock()) == []


def test_comments_beyond_what_a_search_gives_are_read_as_well(jira, site, clock):
    key = site.add_issue("a long talk")
    for number in range(123):
        site.comment(key, SUE, f"word {number}")

    [one] = jira.changed_since(None, clock())

    assert [comment.text for comment in one.comments] == [f"word {n}" for n in range(123)]


def test_a_later_pull_reads_no_more_old_comments_than_it_must(jira, site, clock):
    key = site.add_issue("a long talk")
    for number in range(250):
        site.comment(key, SUE, f"word {number}")
    clock.wait(hours=1)
    pulled_at = clock()
    site.comment(key, SUE, "new")

    [one] = jira.changed_since(pulled_at, clock())

    assert one.comments[-1].text == "new"
    assert len(one.comments) == 100


def test_an_issue_that_left_the_query_can_still_be_read(jira, site, clock):
    key = site.add_issue("handed over")
    site.edit(key, team="Web")

    assert jira.changed_since(None, clock()) == []
    assert [one.ticket.team for one in jira.tickets([key, "MM-404"])] == ["Web"]


def test_more_than_a_hundred_tickets_are_read_in_several_requests(jira, site):
    wanted = [site.add_issue("one of many") for _ in range(101)]

    assert keys(jira.tickets(wanted)) == wanted


def test_check_says_who_we_are(jira, url):
    assert jira.check() == f"setflow at {url}"


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("Severty", 'Jira has no field named "Severty" (did you mean "Severity"?)'),
        ("Twin", "Jira has 2 fields named Twin"),
    ],
)
def test_a_field_that_cannot_be_meant_is_told_with_a_way_out(url, field, says, twins):
    settings = JiraSettings("project = MM", "Team", field, {})

    with pytest.raises(DeliveryError) as told:
        a_jira(url, settings=settings).check()

    assert says in str(told.value)
    assert not told.value.again


@pytest.fixture
def twins() -> Iterator[None]:
    """Two custom fields of one name, as Jira allows."""
    from setflow.sandbox.jira.site import FIELDS

    FIELDS.update(customfield_1="Twin", customfield_2="Twin")
    yield
    del FIELDS["customfield_1"], FIELDS["customfield_2"]


def test_a_refused_token_says_that_it_may_have_expired(url, clock):
    with pytest.raises(DeliveryError, match="tokens expire") as told:
        a_jira(url, token="old-secret").changed_since(None, clock())

    assert told.value.status == 401
    assert not told.value.again
    assert "old-secret" not in str(told.value)


def test_a_query_that_jira_refuses_is_told_in_its_words(url, clock):
    settings = JiraSettings("Temperature = 7", "Team", "Severity", {})

    with pytest.raises(DeliveryError, match="Field 'Temperature' does not exist") as told:
        a_jira(url, settings=settings).changed_since(None, clock())

    assert (told.value.again, told.value.status) == (False, 400)


@pytest.mark.parametrize(
    ("trouble", "status", "after_seconds"),
    [(DOWN, 503, None), (slow_down(17), 429, 17.0), (NONSENSE, None, None), (OTHER, None, None)],
)
def test_what_passes_is_to_be_tried_again(jira, site, clock, trouble, status, after_seconds):
    site.app.trouble = trouble
    with pytest.raises(DeliveryError) as told:
        jira.changed_since(None, clock())

    assert told.value.again
    assert (told.value.status, told.value.after_seconds) == (status, after_seconds)
    site.app.trouble = None
    assert jira.changed_since(None, clock()) == []


def test_a_request_that_failed_is_not_repeated_here(site, clock):
    site.app.trouble = slow_down(1)
    counted = Counted(site.app)
    with served(counted) as url, pytest.raises(DeliveryError):
        a_jira(url).changed_since(None, clock())

    assert counted.requests == 1


def test_a_site_without_the_encryption_that_was_asked_for_is_told_as_such(url, clock):
    with pytest.raises(DeliveryError, match="SSL") as told:
        a_jira(url.replace("http:", "https:")).changed_since(None, clock())

    assert told.value.again


def test_a_site_that_nobody_answers_for_is_to_be_tried_again(clock):
    with pytest.raises(DeliveryError, match="cannot be reached") as told:
        a_jira("http://127.0.0.1:1").changed_since(None, clock())

    assert told.value.again


def test_the_client_library_is_imported_when_first_needed():
    code = "import sys, setflow.adapters.jira; sys.exit('jira' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_whoever_asked_is_told_of_what_people_change(clock):
    told = []
    site = JiraSandbox(clock, changed=lambda: told.append(clock()))
    site.add_user(ANA, "Ana Ruiz", "ana@example.com")
    key = site.add_issue("one")
    site.edit(key, level="Major")
    site.assign(key, ANA)
    site.transition(key, "Done")
    site.comment(key, ANA, "fixed")

    assert len(told) == 5
