"""What a Jira site knows: issues with every version of them, comments, accounts."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from setflow.sandbox.jira.jql import JqlError, Query
from setflow.sandbox.trouble import Refusal, nothing

# Name → key of its category, in the order of the board.
STATUSES = {
    "Backlog": "new",
    "Will Do": "new",
    "To Do": "new",
    "In Progress": "indeterminate",
    "Submitted": "indeterminate",
    "Done": "done",
    "Closed": "done",
}
CATEGORIES = {
    "new": (2, "To Do", "blue-gray"),
    "indeterminate": (4, "In Progress", "yellow"),
    "done": (3, "Done", "green"),
}
FIELDS = {
    "summary": "Summary",
    "status": "Status",
    "assignee": "Assignee",
    "priority": "Priority",
    "created": "Created",
    "updated": "Updated",
    "resolutiondate": "Resolved",
    "statuscategorychangedate": "Status Category Changed",
    "comment": "Comment",
    "customfield_10001": "Team",
    "customfield_10032": "Severity",
    "customfield_10040": "Customer",
}
IN_JQL = {
    **{name.lower(): of for of, name in FIELDS.items()},
    **{f"cf[{of[12:]}]": of for of in FIELDS if of.startswith("customfield_")},
    "key": "key",
    "project": "project",
    "resolutiondate": "resolutiondate",
    "statuscategory": "statuscategory",
}


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody with a Jira account."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Note:
    """A comment."""

    id: str
    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as it was from `updated` on; `level` is the value of the field Severity."""

    id: str
    key: str
    summary: str
    team: str
    level: str
    priority: str
    customer: str
    status: str
    assignee: str | None
    created: datetime
    updated: datetime
    moved: datetime
    comments: tuple[Note, ...] = ()

    @property
    def resolved(self) -> datetime | None:
        """Since when it is done; None while it is not."""
        return self.moved if STATUSES[self.status] == "done" else None


class Site:
    """One site with one account for setflow: `user` and `token`.

    lag      how long a change stays hidden from searches
    page     most issues on one page of a search
    changed  called after each change that a person made
    """

    user, token = "setflow@example.com", "jira-token"

    def __init__(
        self, clock: Callable[[], datetime], *, changed: Callable[[], None] = nothing
    ) -> None:
        self._clock, self._changed = clock, changed
        self._lock = threading.RLock()
        self._accounts: dict[str, Account] = {}
        self._issues: dict[str, list[Issue]] = {}
        self._pages: dict[str, tuple[str, list[str]]] = {}
        self._numbers = count(10_001)
        self.lag, self.page = timedelta(0), 100
        self.add_user("5f0000000000000000000b07", "setflow", self.user)

    def add_user(self, account_id: str, name: str, email: str) -> None:
        """Somebody who may have issues and write comments."""
        self._accounts[account_id] = Account(account_id, name, email)

    def add_issue(
        self,
        summary: str,
        *,
        key: str | None = None,
        team: str = "Sustained Engineering",
        level: str = "",
        **fields: Any,
    ) -> str:
        """A person makes an issue; its key comes back.

        level   the value of the field Severity, "" for none
        fields  priority (default Medium), customer, status (To Do), assignee (an account id)
        """
        now = self._clock()
        with self._lock:
            number = next(self._numbers)
            issue = Issue(
                id=str(number),
                key=key or f"MM-{number}",
                summary=summary,
                team=team,
                level=level,
                priority=fields.pop("priority", "Medium"),
                customer=fields.pop("customer", ""),
                status=fields.pop("status", "To Do"),
                assignee=fields.pop("assignee", None),
                created=now,
                updated=now,
                moved=now,
                **fields,
            )
            self._issues[issue.key] = [issue]
        self._changed()
        return issue.key

    def edit(self, key: str, **fields: str) -> None:
        """A person changes summary, team, level, priority or customer."""
        self.change(key, **fields)
        self._changed()

    def assign(self, key: str, account_id: str | None) -> None:
        """A person assigns the issue; None takes the assignee away."""
        self.change(key, assignee=account_id)
        self._changed()

    def transition(self, key: str, status: str) -> None:
        """A person moves the issue to one of STATUSES."""
        self.move(key, status)
        self._changed()

    def comment(self, key: str, author: str, text: str) -> str:
        """The account `author` comments; the comment's id comes back."""
        note = self.note(key, author, text)
        self._changed()
        return note.id

    def issue(self, key: str) -> Issue:
        """The issue as it is. Raises Refusal if there is none."""
        if key not in self._issues:
            raise Refusal(404, "Issue does not exist or you do not have permission to see it.")
        return self._issues[key][-1]

    def account(self, account_id: str) -> Account:
        """The account. Raises Refusal if there is none."""
        if account_id not in self._accounts:
            raise Refusal(400, f"Account {account_id} does not exist.")
        return self._accounts[account_id]

    @property
    def me(self) -> Account:
        """setflow's own account."""
        return next(account for account in self._accounts.values() if account.email == self.user)

    def change(self, key: str, **fields: Any) -> Issue:
        """Change fields of the issue, by whomever."""
        if fields.get("assignee"):
            self.account(fields["assignee"])
        with self._lock:
            issue = replace(self.issue(key), updated=self._clock(), **fields)
            self._issues[key].append(issue)
            return issue

    def move(self, key: str, status: str) -> None:
        """Move the issue to `status`, by whomever."""
        same = STATUSES[self.issue(key).status] == STATUSES[status]
        self.change(key, status=status, **({} if same else {"moved": self._clock()}))

    def note(self, key: str, author: str, text: str) -> Note:
        """Add a comment, by whomever."""
        with self._lock:
            note = Note(str(next(self._numbers)), self.account(author).id, self._clock(), text)
            self.change(key, comments=(*self.issue(key).comments, note))
            return note

    def search(self, jql: str, token: str | None, size: int) -> tuple[list[Issue], str | None]:
        """One page of what matches, as the index has it, and the token of the next.

        Raises Refusal for a query or token that Jira would refuse.
        """
        with self._lock:
            index = self._index()
            if token is None:
                keys = self._matching(jql, index)
            else:
                asked, keys = self._pages.get(token, ("", []))
                if asked != jql:
                    raise Refusal(400, "The provided next page token is invalid or expired.")
            size = max(1, min(size, self.page))
            page, rest = keys[:size], keys[size:]
            following = None
            if rest:
                following = f"CAEaAggD{next(self._numbers)}"
                self._pages[following] = (jql, rest)
            return [index[key] for key in page if key in index], following

    def _index(self) -> dict[str, Issue]:
        seen_until = self._clock() - self.lag
        return {
            key: [version for version in versions if version.updated <= seen_until][-1]
            for key, versions in self._issues.items()
            if versions[0].updated <= seen_until
        }

    def _matching(self, jql: str, index: Mapping[str, Issue]) -> list[str]:
        try:
            query = Query(jql, fields=IN_JQL, now=self._clock())
        except JqlError as error:
            raise Refusal(400, str(error)) from None
        rows = [row for row in map(self._row, index.values()) if query.matches(row)]
        return [str(row["key"]) for row in query.sort(rows)]

    def _row(self, issue: Issue) -> Mapping[str, str | datetime | None]:
        return {
            "key": issue.key,
            "project": issue.key.split("-")[0],
            "summary": issue.summary,
            "status": issue.status,
            "statuscategory": CATEGORIES[STATUSES[issue.status]][1],
            "assignee": issue.assignee,
            "priority": issue.priority,
            "created": issue.created,
            "updated": issue.updated,
            "resolutiondate": issue.resolved,
            "statuscategorychangedate": issue.moved,
            "comment": " ".join(note.text for note in issue.comments),
            "customfield_10001": issue.team,
            "customfield_10032": issue.level,
            "customfield_10040": issue.customer,
        }
