"""What a visitor sees who follows a link to Jira or OpsGenie: the issue or alert as plain text."""

import re
from collections.abc import Callable
from typing import Any

from starlette.responses import PlainTextResponse

from setflow.sandbox.jira import JiraSandbox
from setflow.sandbox.opsgenie import OpsGenieSandbox
from setflow.sandbox.trouble import Refusal

WRITTEN = "%a %d %b %H:%M UTC"


def with_issues(jira: JiraSandbox) -> Any:
    """The site's ASGI application, with its issues at /browse/KEY."""

    def issue(key: str) -> str:
        found = jira.issue(key)
        owner = jira.account(found.assignee).name if found.assignee else "nobody"
        said = [
            f"{note.at:{WRITTEN}}  {jira.account(note.author).name}: {note.text}"
            for note in found.comments
        ]
        return "\n".join(
            [
                f"{found.key}  {found.summary}",
                "",
                f"Status    {found.status}",
                f"Assignee  {owner}",
                f"Severity  {found.level or 'not set'}",
                f"Team      {found.team}",
                "",
                *(said or ["No comment yet."]),
            ]
        )

    return _Looked(jira.app, re.compile(r"/browse/([^/]+)"), issue)


def with_alerts(opsgenie: OpsGenieSandbox) -> Any:
    """The account's ASGI application, with its alerts at /alert/detail/ID/details."""

    def alert(number: str) -> str:
        found = opsgenie.desk.alert(number)
        happened = [("Raised", "", found.created)]
        if found.acknowledged:
            happened.append(("Acknowledged", f" by {found.acknowledged[0]}", found.acknowledged[1]))
        if found.closed:
            happened.append(("Closed", f" by {found.closed[0]}", found.closed[1]))
        told = [f"{at:{WRITTEN}}  {what}{by}" for what, by, at in happened]
        return "\n".join(
            [
                f"{found.message} ({found.priority}, {found.status})",
                "",
                found.description,
                "",
                *told,
            ]
        )

    return _Looked(opsgenie.app, re.compile(r"/alert/detail/([^/]+)/details"), alert)


class _Looked:
    def __init__(self, app: Any, path: re.Pattern[str], say: Callable[[str], str]) -> None:
        self._app, self._path, self._say = app, path, say

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        found = self._path.fullmatch(scope["path"])
        if found is None:
            await self._app(scope, receive, send)
            return
        try:
            answer = PlainTextResponse(self._say(found[1]))
        except Refusal as refusal:
            answer = PlainTextResponse(str(refusal), refusal.status)
        await answer(scope, receive, send)
