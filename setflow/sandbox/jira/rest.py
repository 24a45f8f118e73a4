"""The REST paths of the Jira stand-in, after Atlassian's OpenAPI documents of versions 2 and 3."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setflow.sandbox.jira.site import CATEGORIES, FIELDS, STATUSES, Issue, Note, Site
from setflow.sandbox.trouble import Refusal

COMMENTS_IN_A_SEARCH = 20


class Rest:
    """The REST API over `site`; `app` is it, as ASGI."""

    def __init__(self, site: Site) -> None:
        self._site = site
        rest = "/rest/api/{version}"
        issue = f"{rest}/issue/{{key}}"
        paths: list[tuple[str, str, Callable[[Request], Any]]] = [
            ("GET", f"{rest}/serverInfo", self._server),
            ("GET", f"{rest}/myself", self._myself),
            ("GET", f"{rest}/field", self._field),
            ("GET", f"{rest}/search/jql", self._search),
            ("POST", f"{rest}/search/jql", self._search),
            ("POST", f"{rest}/issue/bulkfetch", self._bulk),
            ("GET", issue, self._issue),
            ("PUT", f"{issue}/assignee", self._assign),
            ("GET", f"{issue}/comment", self._comments),
            ("POST", f"{issue}/comment", self._comment),
            ("GET", f"{issue}/transitions", self._transitions),
            ("POST", f"{issue}/transitions", self._transition),
        ]
        self.app = Starlette(
            routes=[Route(path, self._known(of), methods=[verb]) for verb, path, of in paths],
            exception_handlers={Refusal: _refuse},
        )

    def _known(self, handler: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            kind, _, given = request.headers.get("authorization", "").partition(" ")
            wanted = f"{self._site.user}:{self._site.token}".encode()
            if kind != "Basic" or b64decode(given) != wanted:
                raise Refusal(401, "Client must be authenticated to access this resource.")
            found = await handler(request)
            return found if isinstance(found, Response) else JSONResponse(found)

        return answer

    async def _server(self, request: Request) -> Any:
        return {
            "baseUrl": str(request.base_url).rstrip("/"),
            "version": "1001.0.0-SNAPSHOT",
            "versionNumbers": [1001, 0, 0],
            "deploymentType": "Cloud",
            "buildNumber": 100_292,
            "serverTitle": "Jira",
        }

    async def _myself(self, request: Request) -> Any:
        return _Writer(request, self._site).person(self._site.me.id)

    async def _field(self, _: Request) -> Any:
        return [
            {
                "id": of,
                "key": of,
                "name": name,
                "custom": of.startswith("customfield_"),
                "navigable": True,
                "orderable": True,
                "searchable": True,
                "clauseNames": [name],
            }
            for of, name in FIELDS.items()
        ]

    async def _search(self, request: Request) -> Any:
        asked: Any = dict(request.query_params)
        if request.method == "POST":
            asked = await request.json()
        elif "fields" in asked:
            asked["fields"] = ",".join(request.query_params.getlist("fields")).split(",")
        issues, token = self._site.search(
            asked.get("jql", ""), asked.get("nextPageToken"), int(asked.get("maxResults", 50))
        )
        writer = _Writer(request, self._site)
        page = {
            "issues": [writer.issue(issue, asked.get("fields") or ["id"]) for issue in issues],
            "isLast": token is None,
        }
        return page if token is None else {**page, "nextPageToken": token}

    async def _bulk(self, request: Request) -> Any:
        asked = await request.json()
        issues, errors = [], []
        for key in asked["issueIdsOrKeys"]:
            try:
                issues.append(self._site.issue(key))
            except Refusal:
                errors.append({"id": key, "errorMessage": "Issue not found"})
        writer = _Writer(request, self._site)
        fields = asked.get("fields") or ["*all"]
        return {
            "issues": [writer.issue(issue, fields) for issue in issues],
            "issueErrors": errors,
        }

    async def _issue(self, request: Request) -> Any:
        issue = self._site.issue(request.path_params["key"])
        fields = ",".join(request.query_params.getlist("fields")) or "*all"
        return _Writer(request, self._site).issue(issue, fields.split(","))

    async def _assign(self, request: Request) -> Any:
        account = (await request.json()).get("accountId")
        self._site.change(
            self._site.issue(request.path_params["key"]).key,
            assignee=None if account == "-1" else account,
        )
        return Response(status_code=204)

    async def _comments(self, request: Request) -> Any:
        issue = self._site.issue(request.path_params["key"])
        notes = list(issue.comments)
        if request.query_params.get("orderBy") == "-created":
            notes.reverse()
        start = int(request.query_params.get("startAt", 0))
        most = min(int(request.query_params.get("maxResults", 100)), 100)
        writer = _Writer(request, self._site)
        return {
            "startAt": start,
            "maxResults": most,
            "total": len(notes),
            "comments": [writer.comment(issue, note) for note in notes[start : start + most]],
        }

    async def _comment(self, request: Request) -> Any:
        text = _plain((await request.json()).get("body"))
        if not text.strip():
            raise Refusal(400, "Comment body can not be empty!")
        issue = self._site.issue(request.path_params["key"])
        note = self._site.note(issue.key, self._site.me.id, text)
        return JSONResponse(_Writer(request, self._site).comment(issue, note), 201)

    async def _transitions(self, request: Request) -> Any:
        self._site.issue(request.path_params["key"])
        writer = _Writer(request, self._site)
        return {
            "expand": "transitions",
            "transitions": [
                {"id": _transition_id(status), "name": status, "to": writer.status(status)}
                for status in STATUSES
            ],
        }

    async def _transition(self, request: Request) -> Any:
        asked = str((await request.json()).get("transition", {}).get("id"))
        status = next((status for status in STATUSES if _transition_id(status) == asked), None)
        if status is None:
            raise Refusal(400, f"Transition id '{asked}' is not valid for this issue.")
        self._site.move(self._site.issue(request.path_params["key"]).key, status)
        return Response(status_code=204)


class _Writer:
    """Things as JSON, with addresses as this request sees them."""

    def __init__(self, request: Request, site: Site) -> None:
        self._version = request.path_params["version"]
        self._base = f"{request.base_url}rest/api/{self._version}"
        self._site = site

    def person(self, account_id: str) -> dict[str, Any]:
        account = self._site.account(account_id)
        return {
            "self": f"{self._base}/user?accountId={account.id}",
            "accountId": account.id,
            "accountType": "atlassian",
            "displayName": account.name,
            "emailAddress": account.email,
            "active": True,
            "timeZone": "Europe/Berlin",
        }

    def status(self, name: str) -> dict[str, Any]:
        category = STATUSES[name]
        number, title, colour = CATEGORIES[category]
        return {
            "self": f"{self._base}/status/{_status_id(name)}",
            "id": _status_id(name),
            "name": name,
            "description": "",
            "statusCategory": {
                "self": f"{self._base}/statuscategory/{number}",
                "id": number,
                "key": category,
                "colorName": colour,
                "name": title,
            },
        }

    def comment(self, issue: Issue, note: Note) -> dict[str, Any]:
        return {
            "self": f"{self._base}/issue/{issue.id}/comment/{note.id}",
            "id": note.id,
            "author": self.person(note.author),
            "updateAuthor": self.person(note.author),
            "body": _document(note.text) if self._version == "3" else note.text,
            "created": _stamp(note.at),
            "updated": _stamp(note.at),
            "jsdPublic": True,
        }

    def issue(self, issue: Issue, wanted: Sequence[str]) -> dict[str, Any]:
        everything = bool({"*all", "*navigable"} & set(wanted))
        return {
            "expand": "",
            "id": issue.id,
            "key": issue.key,
            "self": f"{self._base}/issue/{issue.id}",
            "fields": {
                name: value
                for name, value in self._fields(issue).items()
                if everything or name in wanted
            },
        }

    def _fields(self, issue: Issue) -> dict[str, Any]:
        last = issue.comments[-COMMENTS_IN_A_SEARCH:]
        return {
            "summary": issue.summary,
            "status": self.status(issue.status),
            "assignee": self.person(issue.assignee) if issue.assignee else None,
            "priority": {"id": "3", "name": issue.priority, "self": f"{self._base}/priority/3"},
            "created": _stamp(issue.created),
            "updated": _stamp(issue.updated),
            "resolutiondate": _stamp(issue.resolved) if issue.resolved else None,
            "statuscategorychangedate": _stamp(issue.moved),
            "comment": {
                "self": f"{self._base}/issue/{issue.id}/comment",
                "startAt": len(issue.comments) - len(last),
                "maxResults": len(last),
                "total": len(issue.comments),
                "comments": [self.comment(issue, note) for note in last],
            },
            "customfield_10001": {"id": f"team-{issue.team}", "name": issue.team},
            "customfield_10032": {"id": "1", "value": issue.level} if issue.level else None,
            "customfield_10040": issue.customer or None,
        }


def _refuse(_: Request, refusal: Exception) -> Response:
    status = refusal.status if isinstance(refusal, Refusal) else 500
    return JSONResponse({"errorMessages": [str(refusal)], "errors": {}}, status)


def _status_id(name: str) -> str:
    return str(10_000 + list(STATUSES).index(name))


def _transition_id(status: str) -> str:
    return str(11 + 10 * list(STATUSES).index(status))


def _stamp(at: datetime) -> str:
    """As Jira writes instants: milliseconds, and an offset without a colon."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def _document(text: str) -> dict[str, Any]:
    """`text` in the Atlassian document format."""
    paragraphs = [
        {"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []}
        for line in text.split("\n")
    ]
    return {"type": "doc", "version": 1, "content": paragraphs}


def _plain(body: Any) -> str:
    """The text of a comment in either form."""
    if isinstance(body, Mapping):
        inner = "".join(_plain(part) for part in body.get("content", []))
        return str(body.get("text", "")) + inner + ("\n" if body.get("type") == "paragraph" else "")
    return body if isinstance(body, str) else ""
