"""The stand-in for the Playbooks plugin: runs and their status updates, as far as they are read.

Facts: mattermost/mattermost-plugin-playbooks 901593e, server/api and server/app.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from setflow.sandbox.chat import posts
from setflow.sandbox.chat.api import guarded, session
from setflow.sandbox.chat.faults import Faults
from setflow.sandbox.chat.posted import Post
from setflow.sandbox.chat.records import Json, Problem
from setflow.sandbox.chat.state import Server

PREFIX = "/plugins/playbooks/api/v0"
PER_PAGE = 1_000
UPDATE = "custom_run_update"
NANOSECONDS = 1_000_000_000


@dataclass(slots=True)
class Run:
    """A run; instants in ms, `reminder_seconds` until an update is due."""

    id: str
    name: str
    playbook_id: str
    owner_id: str
    team_id: str
    channel_id: str
    create_at: int
    participants: list[str]
    summary: str = ""
    end_at: int = 0
    update_at: int = 0
    last_status_update_at: int = 0
    reminder_seconds: int = 86_400
    updates: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """InProgress or Finished."""
        return "Finished" if self.end_at else "InProgress"

    def json(self, rows: Mapping[str, Post]) -> Json:
        """As the plugin says it; `rows` are all posts by id."""
        return {
            "id": self.id,
            "name": self.name,
            "summary": self.summary,
            "owner_user_id": self.owner_id,
            "reporter_user_id": self.owner_id,
            "team_id": self.team_id,
            "channel_id": self.channel_id,
            "create_at": self.create_at,
            "update_at": self.update_at or self.create_at,
            "end_at": self.end_at,
            "delete_at": 0,
            "playbook_id": self.playbook_id,
            "checklists": [],
            "status_posts": [
                {"id": row.id, "create_at": row.create_at, "delete_at": row.delete_at}
                for row in (rows[each] for each in self.updates)
            ],
            "current_status": self.status,
            "last_status_update_at": self.last_status_update_at or self.create_at,
            "previous_reminder": self.reminder_seconds * NANOSECONDS,
            "reminder_timer_default_seconds": self.reminder_seconds,
            "status_update_enabled": True,
            "participant_ids": self.participants,
            "type": "playbook",
        }


class Playbooks:
    """The plugin on one server; `present` False is a server without it."""

    def __init__(self, server: Server, faults: Faults) -> None:
        self._server, self._faults = server, faults
        self.present = True
        self.runs: dict[str, Run] = {}

    def start(self, name: str, *, channel: str, owner: str, playbook_id: str = "") -> str:
        """Start a run in a channel, by name, owned by a username; its id."""
        server = self._server
        with server.lock:
            place = next(c for c in server.channels.values() if c.name == channel)
            user = server.named(owner)
            run = Run(
                server.new_id(),
                name,
                playbook_id or server.new_id(),
                user.id,
                place.team_id,
                place.id,
                server.stamp(),
                [user.id],
            )
            self.runs[run.id] = run
            server.touch()
            return run.id

    def update(self, run_id: str, *, username: str, message: str) -> str:
        """Let a person post a status update; the id of its post."""
        with self._server.lock:
            run = self.runs[run_id]
            return self._updated(run, self._server.named(username).id, message)

    def snooze(self, run_id: str, *, seconds: int) -> None:
        """Put the reminder off, which moves `last_status_update_at` though nothing was said."""
        with self._server.lock:
            run = self.runs[run_id]
            run.last_status_update_at = run.update_at = self._server.stamp()
            run.reminder_seconds = seconds

    def finish(self, run_id: str) -> None:
        """End a run."""
        with self._server.lock:
            self.runs[run_id].end_at = self.runs[run_id].update_at = self._server.stamp()
            self._server.touch()

    def routes(self) -> list[Route]:
        """The plugin's routes; all answer 404 while it is absent."""
        table = [
            ("GET", "/runs", self._list),
            ("GET", "/runs/{id}", self._get),
            ("GET", "/runs/{id}/status-updates", self._status_updates),
            ("POST", "/runs/{id}/status", self._post_status),
        ]
        return [
            Route(f"{PREFIX}{path}", guarded(self._faults, self._checked(work)), methods=[method])
            for method, path, work in table
        ]

    def _checked(self, work: Any) -> Any:
        def checked(request: Request, body: bytes) -> Response:
            if not self.present:
                return PlainTextResponse("404 page not found", 404)
            with self._server.lock:
                try:
                    user = session(self._server, request)
                except Problem:
                    return PlainTextResponse("Not authorized", 401)
                answer: Response = work(request, body, user.id)
                return answer

        return checked

    def _list(self, request: Request, _body: bytes, user_id: str) -> Response:
        query = request.query_params
        statuses = query.getlist("statuses")
        since = int(query.get("since", 0))
        found = [
            run
            for run in self.runs.values()
            if self._may(run, user_id)
            and (not statuses or run.status in statuses)
            and not (query.get("omit_ended") == "true" and run.end_at)
            and max(run.update_at, run.create_at) >= since
            and all(query.get(key, value) == value for key, value in _filters(run).items())
        ]
        page, size = int(query.get("page", 0)), int(query.get("per_page", PER_PAGE))
        pages = -(-len(found) // size)
        rows = self._server.posts
        return JSONResponse(
            {
                "total_count": len(found),
                "page_count": pages,
                "has_more": page + 1 < pages,
                "items": [run.json(rows) for run in found[page * size : (page + 1) * size]],
            }
        )

    def _may(self, run: Run, user_id: str) -> bool:
        return user_id in self._server.channels[run.channel_id].members or (
            self._server.users[user_id].is_admin
        )

    def _run(self, request: Request, user_id: str) -> Run | None:
        run = self.runs.get(request.path_params["id"])
        return run if run and self._may(run, user_id) else None

    def _get(self, request: Request, _body: bytes, user_id: str) -> Response:
        run = self._run(request, user_id)
        return JSONResponse(run.json(self._server.posts)) if run else _refused(403)

    def _status_updates(self, request: Request, _body: bytes, user_id: str) -> Response:
        run = self._run(request, user_id)
        if run is None:
            return _refused(403)
        rows = [self._server.posts[each] for each in reversed(run.updates)]
        return JSONResponse(
            [
                {
                    "id": row.id,
                    "create_at": row.create_at,
                    "delete_at": row.delete_at,
                    "message": row.message,
                    "author_user_name": row.props["authorUsername"],
                }
                for row in rows
            ]
        )

    def _post_status(self, request: Request, body: bytes, user_id: str) -> Response:
        run = self._run(request, user_id)
        if run is None:
            return _refused(403)
        wanted = json.loads(body or b"{}")
        finish = bool(wanted.get("finish_run"))
        if run.end_at:
            return _refused(400, "cannot modify a finished run")
        if not wanted.get("message"):
            return _refused(400, "message must not be empty")
        if int(wanted.get("reminder") or 0) <= 0 and not finish:
            return _refused(400, "the reminder must be set and not 0")
        self._updated(run, user_id, str(wanted["message"]))
        run.reminder_seconds = int(wanted.get("reminder") or 0)
        run.end_at = self._server.stamp() if finish else 0
        return PlainTextResponse('{"status":"OK"}')

    def _updated(self, run: Run, user_id: str, message: str) -> str:
        server = self._server
        props = {"authorUsername": server.users[user_id].username, "runName": run.name}
        post = posts.tell(
            server,
            server.channels[run.channel_id],
            user=server.users[user_id],
            kind=UPDATE,
            text=message,
            props=props,
        )
        run.updates.append(post.id)
        run.last_status_update_at = run.update_at = post.create_at
        return post.id


def _filters(run: Run) -> dict[str, str]:
    return {
        "team_id": run.team_id,
        "channel_id": run.channel_id,
        "playbook_id": run.playbook_id,
        "owner_user_id": run.owner_id,
    }


def _refused(status: int, text: str = "Not authorized") -> Response:
    return JSONResponse({"error": text}, status)
