"""Calendars of duties: their addresses, which are secrets, and `/set calendar`."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from setflow import engine, signature, views
from setflow.adapters import calendars
from setflow.adapters.mattermost.text import escape
from setflow.db import Db, Tx, transaction
from setflow.errors import Refused
from setflow.web import auth
from setflow.web.caller import Caller, Verb

ID_BYTES = 12
LONGEST_NAME = 200

Sign = Callable[[Mapping[str, str | int]], str]


class Opening(BaseModel):
    """Whose calendar, and of which seat or rotation; "" for all their own duties."""

    model_config = ConfigDict(extra="forbid")

    person: Annotated[str, Field(min_length=1, max_length=100)]
    target: Annotated[str, Field(max_length=LONGEST_NAME)] = ""


def address(callback_url: str, sign: Sign, feed: str) -> str:
    """Where the calendar of this id is read: whoever has the address may."""
    return f"{callback_url}/calendar/{feed}.{sign({'feed': feed})}.ics"


def router(db: Db, secret: bytes, *, clock: Callable[[], datetime]) -> APIRouter:
    """The route that calendars are read at; it tells nobody which addresses were once right."""
    routes = APIRouter()

    @routes.api_route("/calendar/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    def calendar(request: Request, name: str) -> Response:
        """A calendar, as text/calendar; 304 where the asker's `If-None-Match` is still right."""
        feed, _, given = name[:LONGEST_NAME].removesuffix(".ics").partition(".")
        known = request.headers.get("if-none-match", "")
        found = None
        if feed and signature.verify(secret, {"feed": feed}, given):
            with transaction(db) as tx:
                found = views.calendar_feed(tx, feed, known=known, now=clock())
        if found is None:
            raise HTTPException(404, "There is no calendar here.")
        headers = {"ETag": found.tag, "X-Robots-Tag": "noindex"}
        if found.body is None:
            return Response(status_code=304, headers=headers)
        headers["Content-Disposition"] = 'inline; filename="setflow.ics"'
        return Response(found.body, media_type="text/calendar; charset=utf-8", headers=headers)

    return routes


def api(db: Db, keys: auth.Keys, *, callback_url: str, clock: Callable[[], datetime]) -> APIRouter:
    """The same from the API: open, list, revoke."""
    routes = APIRouter(prefix="/api/calendars")

    def allowed(request: Request) -> None:
        auth.require(auth.bearer(request), keys.api_token, "the Bearer token of SETFLOW_API_TOKEN")

    def sign(payload: Mapping[str, str | int]) -> str:
        return signature.sign(keys.secret, payload)

    @routes.post("", status_code=201)
    def opened(request: Request, given: Opening) -> dict[str, Any]:
        """Open a calendar; the same one where it is open already."""
        allowed(request)
        with transaction(db) as tx:
            url = _opened(tx, given.person, given.target, now=clock())
        return {"person": given.person, "target": given.target, "url": url(callback_url, sign)}

    @routes.get("")
    def listed(
        request: Request, person: Annotated[str, Query(max_length=100)]
    ) -> list[dict[str, str]]:
        """The open calendars of a person, with their addresses."""
        allowed(request)
        with transaction(db) as tx:
            found = views.open_feeds(tx, person)
        return [{"target": one.target, "url": address(callback_url, sign, one.id)} for one in found]

    @routes.delete("", status_code=204)
    def revoked(
        request: Request,
        person: Annotated[str, Query(max_length=100)],
        target: Annotated[str | None, Query(max_length=LONGEST_NAME)] = None,
    ) -> None:
        """Revoke a person's calendars, or the one of a target."""
        allowed(request)
        with transaction(db) as tx:
            engine.handle(tx, [engine.RevokeFeeds(person, target, by=person)], now=clock())

    return routes


def _opened(tx: Tx, person: str, target: str, *, now: datetime) -> Callable[[str, Sign], str]:
    asked = engine.OpenFeed(person, target, id=secrets.token_hex(ID_BYTES))
    engine.handle(tx, [asked], now=now)
    (feed,) = (one.id for one in views.open_feeds(tx, person) if one.target == target)
    return lambda callback_url, sign: address(callback_url, sign, feed)


def _calendar(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    verb, *rest = arguments or ("",)
    if len(rest) > (verb in ("new", "revoke")):
        raise Refused("Write `/set calendar [SEAT or ROTATION]`, or `/set calendar revoke [all]`.")
    if verb == "revoke":
        return _revoke(tx, caller, rest)
    if verb == "new":
        _revoke(tx, caller, rest)
        verb = rest[0] if rest else ""
    url = _opened(tx, caller.name, verb, now=caller.now)(caller.pen.callback_url, caller.pen.sign)
    what = f"of {escape(views.seat_label(verb))}" if verb else "with all your duties"
    again = f"`/set calendar new {verb}".rstrip()
    return (
        f"Your calendar {what}:\n{url}\nAdd it **by address** in Google Calendar, Outlook or "
        "Apple Calendar; it follows every change within the hour or so that they take. Whoever "
        f"has the address can read it: {again}` gives you another and ends this one."
    )


def _revoke(tx: Tx, caller: Caller, rest: Sequence[str]) -> str:
    everything = rest == ["all"]
    target = None if everything else rest[0] if rest else ""
    engine.handle(tx, [engine.RevokeFeeds(caller.name, target, by=caller.name)], now=caller.now)
    said = "All your calendars are" if everything else "That calendar is"
    return f"{said} closed: the old address shows nothing any more."


def absences(tx: Tx, caller: Caller, arguments: Sequence[str]) -> str:
    """`/set away feed …`: where somebody keeps when they are away. Raises Refused."""
    url, *rest = [word.strip("<>") for word in arguments] or [""]
    if not url or rest not in ([], ["every"]):
        raise Refused(
            "Write `/set away feed ADDRESS` with the address of your calendar (it ends in .ics "
            "mostly); events that say vacation, PTO, out of office and the like count. With "
            "`every` behind it all events count; `/set away feed off` ends it."
        )
    if url == "off":
        engine.handle(tx, [engine.LeaveAbsences(caller.name)], now=caller.now)
        return "Your calendar is read no more, and what was read of it holds no more."
    try:
        calendars.check_address(url)
    except ValueError as error:
        raise Refused(str(error)) from None
    asked = engine.FollowAbsences(caller.name, url, every=bool(rest))
    engine.handle(tx, [asked], now=caller.now)
    return (
        "Your absences are read there, within a minute and then every hour; `/set away` lists "
        "them. I write to you where it cannot be read. The address is shown to nobody."
    )


VERBS: Mapping[str, Verb] = {
    "calendar": Verb(
        "calendar [SEAT or ROTATION | new | revoke [all]]",
        "gives you your duties as a calendar to subscribe to",
        _calendar,
    )
}
