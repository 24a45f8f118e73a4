"""Alerts under /v2/alerts: what changes one is kept, answered, and worked by the ticker at once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from setflow import views
from setflow.adapters import genie
from setflow.adapters.alerts import unreadable
from setflow.adapters.genie import Unfit
from setflow.db import Db, Tx, transaction
from setflow.escalation.rules import Alert
from setflow.escalation.spec.search import Search, parse_search
from setflow.web import hooks
from setflow.web.genie.envelope import TAKEN, Answer, Handler, parsed, request_id
from setflow.web.intake import Intake
from setflow.web.keyring import Key, Keyring
from setflow.web.limits import Ceiling

ONE = "/v2/alerts/{identifier:path}"
KINDS = ("id", "alias", "tiny")
ACTS = ("acknowledge", "unacknowledge", "snooze", "escalate", "assign", "action")
"""What asks for a key that may act; all else that changes an alert, for one that may create."""
USUAL_LIMIT = 20
LONGEST_WHICH = 512


class Alerts:
    """The routes about alerts."""

    def __init__(self, db: Db, keyring: Keyring, clock: Callable[[], datetime]) -> None:
        self.db, self.keyring, self.clock = db, keyring, clock
        self.intake, self.ceiling = Intake(db), Ceiling()

    @property
    def paths(self) -> list[tuple[str, str, Handler]]:
        """Method, path and what answers there; an earlier one comes before a later."""
        found: list[tuple[str, str, Handler]] = [
            ("POST", "/v2/alerts", self.create),
            # So it is asked where somebody's address of it ends in a slash.
            ("POST", "/v2/alerts/", self.create),
            ("GET", "/v2/alerts", self.list),
            ("GET", "/v2/alerts/count", self.count),
            ("GET", "/v2/alerts/requests/{request}", self.status),
            ("POST", f"{ONE}/actions/{{action}}", self.action),
        ]
        for name, (verb, read) in genie.READERS.items():
            method, end = name.split(" ")
            found.append((method, f"{ONE}/{end}", self._changing(verb, read)))
        return [
            *found,
            ("GET", f"{ONE}/notes", self.notes),
            ("DELETE", ONE, self._changing("close", genie.said)),
            ("GET", ONE, self.one),
        ]

    async def create(self, request: Request) -> Answer:
        """Keep an alert that is to be made; one that is open of its alias is counted.

        One that cannot be read is refused, and kept as an alert that says so: it may be a page.
        """
        key = await self.keyring.of(request, "create")
        number, raw = request_id(), b""
        self._count(request, key)
        try:
            raw = await hooks.body(request)
            given = genie.create(parsed(raw))
        except (Unfit, HTTPException) as error:
            why = " ".join(error.errors.values()) if isinstance(error, Unfit) else error.detail
            lost = unreadable(key.source, why, raw).stored()
            await self.intake.keep(f"alerts/{key.source}", number, lost, self.clock())
            raise
        which = given.pop("alias") or number
        return await self._keep(key, number, {"verb": "create", "which": which, "given": given})

    def _changing(self, verb: str, read: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Handler:
        async def change(request: Request) -> Answer:
            key = await self.keyring.of(request, "act" if verb in ACTS else "create")
            self._count(request, key)
            body = parsed(await hooks.body(request))
            given = read({**request.query_params, **body})
            return await self._keep(key, request_id(), {"verb": verb, "given": given}, request)

        return change

    async def action(self, request: Request) -> Answer:
        """Take a custom action, of which nothing comes but an outcome that says so."""
        key = await self.keyring.of(request, "act")
        given = {"action": request.path_params["action"][:100]}
        return await self._keep(key, request_id(), {"verb": "action", "given": given}, request)

    def _count(self, request: Request, key: Key) -> None:
        self.ceiling.count(key.source, int(request.headers.get("content-length", "0")))

    async def _keep(
        self, key: Key, number: str, asked: dict[str, Any], request: Request | None = None
    ) -> Answer:
        if request is not None:
            asked["which"], kind = _named(request)
        payload = {**asked, "kind": "alias" if request is None else kind}
        await self.intake.keep(f"genie/{key.source}", number, payload, self.clock())
        return 202, {"result": TAKEN, "requestId": number}

    async def status(self, request: Request) -> Answer:
        """What became of a request; 404 until it is worked."""
        key = await self._any_key(request)
        number = request.path_params["request"][:100]
        found = await self._read(lambda tx: views.request_of(tx, key.source, number))
        if found is None:
            raise HTTPException(404, "Request not found. It might not be processed, yet.")
        data = genie.outcome(
            key.source, found.action, found.at, success=found.success, status=found.status
        )
        if found.success:
            data["alias"] = found.alias
        if found.alert:
            data["alertId"] = str(found.alert)
        return 200, {"data": data}

    async def _any_key(self, request: Request) -> Key:
        """Whoever may ask for something may hear what became of it."""
        try:
            return await self.keyring.of(request, "create")
        except HTTPException as error:
            if error.status_code != 403:
                raise
        return await self.keyring.of(request, "act")

    async def list(self, request: Request) -> Answer:
        """Alerts of the key's source that fit a query, over or not."""
        key = await self.keyring.of(request, "read")
        asked = request.query_params
        offset, limit = genie.wanted(asked, USUAL_LIMIT)
        order, query = _order(asked), _query(asked)

        def read(tx: Tx) -> tuple[list[dict[str, Any]], int]:
            users = views.opsgenie_users(tx, now=self.clock())
            found, count = views.alerts_of(tx, key.source, query, order, offset=offset, limit=limit)
            return [genie.brief(one, users) for one in found], count

        data, count = await self._read(read)
        last = max(0, (count - 1) // limit * limit)
        pages = {"first": 0, "last": last}
        if offset + limit < count:
            pages["next"] = offset + limit
        if offset:
            pages["prev"] = max(0, offset - limit)
        paging = {
            name: str(request.url.include_query_params(offset=start, limit=limit))
            for name, start in pages.items()
        }
        return 200, {"data": data, "paging": paging}

    async def count(self, request: Request) -> Answer:
        """How many fit a query."""
        key = await self.keyring.of(request, "read")
        query = _query(request.query_params)
        count = await self._read(lambda tx: views.count_of(tx, key.source, query))
        return 200, {"data": {"count": count}}

    async def one(self, request: Request) -> Answer:
        """An alert of the key's source."""
        key = await self.keyring.of(request, "read")
        which, kind = _named(request)

        def read(tx: Tx) -> dict[str, Any]:
            users = views.opsgenie_users(tx, now=self.clock())
            return genie.alert(_alert(tx, key, which, kind), users)

        return 200, {"data": await self._read(read)}

    async def notes(self, request: Request) -> Answer:
        """The notes on an alert, the newest first."""
        key = await self.keyring.of(request, "read")
        asked = request.query_params
        offset, limit = genie.wanted(asked, USUAL_LIMIT)
        which, kind = _named(request)

        def read(tx: Tx) -> list[dict[str, Any]]:
            users = views.opsgenie_users(tx, now=self.clock())
            notes = views.notes_of(tx, _alert(tx, key, which, kind).id)
            return [
                genie.note(users.get(one.by, one.by), one.at, one.text, number)
                for number, one in enumerate(notes)
            ]

        found = await self._read(read)
        if asked.get("order") != "asc":
            found.reverse()
        paging = {"first": str(request.url.remove_query_params("offset"))}
        if offset + limit < len(found):
            paging["next"] = str(request.url.include_query_params(offset=offset + limit))
        return 200, {"data": found[offset : offset + limit], "paging": paging}

    async def _read(self, read: Callable[[Tx], Any]) -> Any:
        def reading() -> Any:
            with transaction(self.db) as tx:
                return read(tx)

        return await run_in_threadpool(reading)


def _named(request: Request) -> tuple[str, str]:
    """Which alert a request names, and by what; raises Unfit."""
    kind = request.query_params.get("identifierType") or "id"
    if kind not in KINDS:
        raise Unfit({"identifierType": f"Identifier type should be one of {', '.join(KINDS)}."})
    which = request.path_params["identifier"].replace("\0", "")
    if not which or len(which) > LONGEST_WHICH:
        raise Unfit({"identifier": f"An alert is named in up to {LONGEST_WHICH} characters."})
    return which, kind


def _alert(tx: Tx, key: Key, which: str, kind: str) -> Alert:
    found = views.alert_of(tx, key.source, which, kind)
    if found is None:
        raise HTTPException(404, f"Alert with {kind} [{which}] does not exist.")
    return found


def _query(asked: Mapping[str, str]) -> Search:
    if asked.get("searchIdentifier"):
        raise Unfit({"searchIdentifier": "setflow keeps no searches: give the query itself."})
    try:
        return parse_search(asked.get("query", "").replace("\0", ""))
    except ValueError as error:
        raise Unfit({"query": str(error)}) from None


def _order(asked: Mapping[str, str]) -> tuple[str, bool]:
    name, order = asked.get("sort") or "createdAt", asked.get("order") or "desc"
    if name not in views.ALERT_ORDERS:
        raise Unfit({"sort": f"Sort should be one of {', '.join(views.ALERT_ORDERS)}."})
    if order not in ("asc", "desc"):
        raise Unfit({"order": "Order should be asc or desc."})
    return name, order == "desc"
