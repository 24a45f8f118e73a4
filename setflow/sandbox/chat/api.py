"""API v4 over HTTP: sessions, errors, faults, and the way from a request to its operation.

Where the server and its API description differ in a status that clients do not look at (201 for a
new token or reaction), the description is followed; login answers 200, as clients need.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from setflow.sandbox.chat import accounts, files, groups, integrations, places, talk
from setflow.sandbox.chat.call import OK, Call, Operation
from setflow.sandbox.chat.faults import Answer, Faults
from setflow.sandbox.chat.records import Json, Problem, User
from setflow.sandbox.chat.state import Server, invalid

LONGEST_BODY_BYTES = 300_000

Work = Callable[[Request, bytes], Response]


def routes(server: Server, faults: Faults) -> list[Route]:
    """All routes of the server; an unknown path answers 404 as the server words it.

    An operation is called with the lock held, but for those that call out or may take long.
    """
    api = _Api(server)
    found = [
        ("POST", "/api/v4/users/login", api.login),
        ("POST", "/api/v4/users/logout", api.logout),
        ("GET", "/api/v4/system/ping", api.ping),
        ("POST", "/api/v4/actions/dialogs/open", api.open_dialog),
        ("POST", "/api/v4/files", api.receive_files),
        ("GET", "/api/v4/files/{file_id}", api.send_file),
        ("POST", "/hooks/commands/{hook_id}", api.respond_later),
        *(
            (method, f"/api/v4{path}", api.work(operation, status))
            for method, path, status, operation in (*accounts.ROUTES, *groups.ROUTES, *talk.ROUTES)
        ),
    ]
    unknown = Route("/api/v4/{path:path}", guarded(faults, _unknown), methods=list(_METHODS))
    return [
        *(Route(path, guarded(faults, work), methods=[method]) for method, path, work in found),
        unknown,
    ]


_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")


def guarded(faults: Faults, work: Work) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that does `work` in a thread, unless a fault says otherwise."""

    async def endpoint(request: Request) -> Response:
        fault = faults.take(f"{request.method} {request.url.path}")
        body = await request.body()
        if fault and not fault.done:
            return _instead(fault, faults)
        response = await run_in_threadpool(_answered, work, request, body)
        if fault:
            return _instead(fault, faults)
        response.headers.update(faults.limits())
        return response

    return endpoint


def _instead(fault: Answer, faults: Faults) -> Response:
    headers = {**faults.limits(), **fault.headers}
    return Response(fault.body, fault.status, headers, media_type=fault.content_type)


def _answered(work: Work, request: Request, body: bytes) -> Response:
    try:
        return work(request, body)
    except Problem as problem:
        return JSONResponse(error_json(problem), problem.status)


def error_json(problem: Problem) -> Json:
    """An error as the server says it."""
    return {
        "id": problem.id,
        "message": problem.message,
        "detailed_error": "",
        "request_id": "sandbox",
        "status_code": problem.status,
    }


def session(server: Server, request: Request) -> User:
    """Whose token the request carries; Problem 401."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return server.user_of(token if kind.lower() in ("bearer", "token") else "")


def parsed(body: bytes) -> Any:
    """The JSON of a body, None for none; Problem 400 or 413."""
    if len(body) > LONGEST_BODY_BYTES:
        raise Problem(413, "api.context.request_body_too_large.app_error", "Body is too large.")
    try:
        return json.loads(body) if body.strip() else None
    except ValueError:
        raise invalid("body") from None


def _unknown(_request: Request, _body: bytes) -> Response:
    raise Problem(
        404, "api.context.404.app_error", "Sorry, we could not find the page you were looking for."
    )


class _Api:
    def __init__(self, server: Server) -> None:
        self._server = server

    def work(self, operation: Operation, status: int) -> Work:
        """What is done for one row of the table of routes."""

        def work(request: Request, body: bytes) -> Response:
            with self._server.lock:
                by = session(self._server, request)
            call = Call(by, request.path_params, request.query_params, parsed(body))
            if operation in (*accounts.UNLOCKED, *talk.UNLOCKED):
                return JSONResponse(operation(self._server, call), status)
            self._server.slow()
            with self._server.lock:
                return JSONResponse(operation(self._server, call), status)

        return work

    def login(self, _request: Request, body: bytes) -> Response:
        """A session for a name and password, and a second factor where the account has one."""
        fields = parsed(body) or {}
        name = str(fields.get("login_id") or "")
        with self._server.lock:
            users = [u for u in self._server.users.values() if name in (u.username, u.email)]
            if not users or not users[0].password or users[0].password != fields.get("password"):
                raise Problem(
                    401,
                    "api.user.login.invalid_credentials_email_username",
                    "Enter a valid email or username and/or password.",
                )
            if users[0].mfa and users[0].mfa != fields.get("token"):
                raise Problem(
                    401, "mfa.validate_token.authenticate.app_error", "Invalid MFA token."
                )
            token = places.add_token(self._server, users[0])
            return JSONResponse(users[0].json(), headers={"Token": token})

    def logout(self, request: Request, _body: bytes) -> Response:
        """The end of the session that asks."""
        with self._server.lock:
            session(self._server, request)
            self._server.tokens.pop(request.headers["authorization"].partition(" ")[2])
        return JSONResponse(OK)

    def ping(self, _request: Request, _body: bytes) -> Response:
        """That the server is there; asks for no session."""
        return JSONResponse(OK)

    def open_dialog(self, _request: Request, body: bytes) -> Response:
        """A form for whoever the trigger id belongs to; asks for no session."""
        integrations.open_dialog(self._server, parsed(body) or {})
        return JSONResponse(OK)

    def receive_files(self, request: Request, body: bytes) -> Response:
        """Files for a channel, as a multipart form."""
        with self._server.lock:
            return files.receive(self._server, session(self._server, request), request, body)

    def send_file(self, request: Request, _body: bytes) -> Response:
        """The content of a file."""
        with self._server.lock:
            by = session(self._server, request)
            return files.send(self._server, by, request.path_params["file_id"])

    def respond_later(self, request: Request, body: bytes) -> Response:
        """What comes to a `response_url`."""
        hook_id = request.path_params["hook_id"]
        integrations.respond_later(self._server, hook_id, answer=parsed(body) or {})
        return Response("ok", media_type="text/plain")
