"""Adapter and stand-in against Atlassian's own documents of the API."""

import json
import re
from datetime import UTC, datetime

import pytest
import requests
from jira import JIRA

from setflow.adapters.jira import Jira
from setflow.sandbox.jira import JiraSandbox
from setflow.ticket.spec import JiraSettings
from tests.contract.documents import ADF, Document, checked
from tests.loopback import served

pytestmark = pytest.mark.contract

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
ANA = "5b10ac8d82e05b22cc7d4ef5"
SETTINGS = JiraSettings("Team is not EMPTY", "Team", "Severity", {"L1": "Critical"}, "Customer")


@pytest.fixture
def site():
    site = JiraSandbox(lambda: START)
    site.add_user(ANA, "Ana Ruiz", "ana@example.com")
    for number in range(1, 4):
        site.add_issue("Login loop", key=f"MM-{number}", level="Critical", assignee=ANA)
    for number in range(25):
        site.comment("MM-1", ANA, f"word {number}\n\nand more")
    site.transition("MM-2", "Done")
    return site


def test_the_adapter_and_the_stand_in_keep_to_version_2(site):
    document = Document.load("jira-platform-v2", waive=False)
    site.page = 2
    with served(checked(site.app, {"/rest/api/2": document})) as url:
        jira = Jira(url, site.user, token=site.token, settings=SETTINGS)
        jira.check()
        assert len(jira.changed_since(None, START)) == 3
        assert len(jira.changed_since(START, START)) == 3
        assert len(jira.tickets(["MM-1", "MM-404"])) == 1

    assert [str(violation) for violation in document.violations] == []
    assert set(document.seen) == {
        "GET /rest/api/2/field",
        "GET /rest/api/2/issue/{issueIdOrKey}/comment",
        "GET /rest/api/2/myself",
        "POST /rest/api/2/issue/bulkfetch",
        "POST /rest/api/2/search/jql",
    }


def test_the_stand_in_serves_the_client_library_as_jira_does(site):
    document = Document.load("jira-platform-v2")
    with served(checked(site.app, {"/rest/api/2": document})) as url:
        jira = JIRA(url, basic_auth=(site.user, site.token), max_retries=0, timeout=(3, 10))
        assert [issue.key for issue in jira.search_issues("key in (MM-1, MM-2)")]
        jira.add_comment("MM-2", "fixed")
        assert jira.comments("MM-2")[-1].body == "fixed"
        jira.transition_issue("MM-1", "In Progress")
        assert jira.issue("MM-1").fields.status.name == "In Progress"
        assert jira.myself()["displayName"] == "setflow"
        jira.close()

    assert [str(violation) for violation in document.violations] == []


def test_the_stand_in_keeps_to_version_3_with_documents_for_text(site):
    document = Document.load("jira-platform-v3")
    with served(checked(site.app, {"/rest/api/3": document})) as url:
        session = requests.Session()
        session.auth = (site.user, site.token)
        issue = f"{url}/rest/api/3/issue/MM-1"
        body = {"type": "doc", "version": 1, "content": []}
        body["content"] += [{"type": "paragraph", "content": [{"type": "text", "text": "on it"}]}]
        assert session.post(f"{issue}/comment", json={"body": body}).status_code == 201
        comments = session.get(f"{issue}/comment").json()["comments"]
        query = {"jql": "project = MM", "fields": "summary,comment"}
        assert session.get(f"{url}/rest/api/3/search/jql", params=query).json()["isLast"]
        assert session.put(f"{issue}/assignee", json={"accountId": ANA}).status_code == 204
        assert session.get(f"{issue}/transitions").json()["transitions"]
        session.close()

    # The document knows of a paragraph only that it has a type; ADF has a schema of its own.
    inside = re.compile(r"body/content/\d+$")
    assert [str(v) for v in document.violations if not inside.search(v.where)] == []
    for comment in comments:
        ADF.validate(comment["body"])
    assert site.issue("MM-1").comments[-1].text.strip() == "on it"


def test_what_is_refused_is_refused_in_documented_ways(site):
    document = Document.load("jira-platform-v2")
    with served(checked(site.app, {"/rest/api/2": document})) as url:
        mine = (site.user, site.token)
        api = f"{url}/rest/api/2"
        answers = [
            requests.get(f"{api}/myself", auth=(site.user, "wrong")),
            requests.get(f"{api}/myself"),
            requests.get(f"{api}/issue/MM-404", auth=mine),
            requests.get(f"{api}/search/jql", params={"jql": "ORDER BY key"}, auth=mine),
            requests.get(
                f"{api}/search/jql", params={"jql": "key=X", "nextPageToken": "x"}, auth=mine
            ),
            requests.post(f"{api}/issue/MM-1/comment", json={"body": ""}, auth=mine),
            requests.post(
                f"{api}/issue/MM-1/transitions", json={"transition": {"id": "7"}}, auth=mine
            ),
            requests.put(f"{api}/issue/MM-1/assignee", json={"accountId": "nobody"}, auth=mine),
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 404, 400, 400, 400, 400, 400]
    assert all(json.loads(answer.content)["errorMessages"] for answer in answers)
    assert [str(violation) for violation in document.violations] == []
