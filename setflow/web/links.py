"""Links in text messages and mails: opening one only shows, for mail scanners open links as well.

A button on what is shown acts, once, and only while the link is good. Whoever has the link can use
it: it is signed for one page of one person, and for nothing else.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response

from setflow import engine, signature, views
from setflow.adapters.mattermost.alerts import outcome
from setflow.adapters.mattermost.text import fold, names, when
from setflow.db import Conflict, DatabaseGone, Db, Tx, transaction
from setflow.errors import Refused
from setflow.facts import AlertFacts
from setflow.web import digests, hooks, sheets
from setflow.web.sheets import AMBER, GREEN, GREY, RED, Sheet

HOW = "link"
Shown = Callable[[Request, str], Response]
Done = Callable[[Request, str, Mapping[str, str]], Response]
FIRING, RESOLVED = "firing", "resolved"
DETAILS_SHOWN, LONGEST_LINE = 5, 200
TRIES = 3
MOST_WRONG, WRONG_SECONDS, MOST_ADDRESSES = 30, 600.0, 10_000
"""So many wrong links in so long from one address are guesses."""

FORGED = Sheet(
    "This link is not one of setflow's",
    GREY,
    ["It may have been cut on its way: open it whole. In Mattermost, /set ack works as well."],
)
GUESSED = Sheet("Too many wrong links came from here", GREY, ["Wait ten minutes, then try again."])
SILENT = Sheet(
    "setflow's database does not answer",
    RED,
    ["Nothing was changed. Try again in a minute, and call whoever is next if it is urgent."],
)
CROWDED = Sheet("Others change the same thing just now", AMBER, ["Nothing was changed; try again."])


@dataclass(slots=True)
class Guesses:
    """Counts wrong links by address; a right one is never held up."""

    seconds: Callable[[], float] = time.monotonic
    _seen: dict[str, tuple[float, int]] = field(default_factory=dict)

    def wrong(self, address: str) -> bool:
        """Count one; whether that is one too many."""
        now = self.seconds()
        if len(self._seen) >= MOST_ADDRESSES:
            self._seen.clear()
        begun, count = self._seen.get(address, (now, 0))
        if now - begun >= WRONG_SECONDS:
            begun, count = now, 0
        self._seen[address] = begun, count + 1
        return count >= MOST_WRONG


@dataclass(frozen=True, slots=True)
class Links:
    """What the two kinds of links need."""

    db: Db
    secret: bytes = field(repr=False)
    clock: Callable[[], datetime]
    guesses: Guesses = field(default_factory=Guesses)

    def forged(self, request: Request) -> Response:
        """The answer to a link that is not ours."""
        address = request.client.host if request.client else ""
        if self.guesses.wrong(address):
            return sheets.shown(GUESSED, 429)
        return sheets.shown(FORGED, 404)

    def page(self, request: Request, token: str) -> Response:
        """A page, and what can be done with it."""
        with transaction(self.db) as tx:
            now = self.clock()
            linked = views.linked_page(tx, self.secret, token, now=now)
            if linked is None:
                return self.forged(request)
            return _seen(tx, linked, token, now=now)

    def act(self, request: Request, token: str, given: Mapping[str, str]) -> Response:
        """Do what a button says, then show how it stands; if refused, it stays good."""
        now, said = self.clock(), ""
        linked: views.LinkedPage | None = None
        try:
            with transaction(self.db) as tx:
                linked = views.linked_page(tx, self.secret, token, now=now)
                if linked is None or not signature.equal(given.get("token", ""), token):
                    return self.forged(request)
                if linked.stand == "good":
                    _act(tx, linked, given, now=now)
        except Refused as refused:
            said = str(refused)
        if not said or linked is None:
            return Response(status_code=303, headers={"Location": f"/a/{token}"})
        with transaction(self.db) as tx:
            return _seen(tx, linked, token, now=now, refused=said)

    def digest(self, request: Request, token: str) -> Response:
        """A digest, and the button that takes all of it."""
        with transaction(self.db) as tx:
            now = self.clock()
            linked = views.linked_digest(tx, self.secret, token, now=now)
            if linked is None:
                return self.forged(request)
            return digests.seen(tx, linked, token, now=now)

    def take(self, request: Request, token: str, given: Mapping[str, str]) -> Response:
        """Take a digest, then show how it stands."""
        now = self.clock()
        try:
            with transaction(self.db) as tx:
                linked = views.linked_digest(tx, self.secret, token, now=now)
                if linked is None or not signature.equal(given.get("token", ""), token):
                    return self.forged(request)
                digests.take(tx, linked, given, now=now)
        except Refused as refused:
            return sheets.shown(Sheet("Nothing was acknowledged", GREY, [str(refused)]), 409)
        return Response(status_code=303, headers={"Location": f"/d/{token}"})

    def test(self, request: Request, token: str) -> Response:
        """A test page, and the button that verifies that it came."""
        with transaction(self.db) as tx:
            linked = views.linked_test(tx, self.secret, token, now=self.clock())
        return _tested(linked, token) if linked else self.forged(request)

    def verify(self, request: Request, token: str, given: Mapping[str, str]) -> Response:
        """Note that a test page has come, as the button says."""
        now = self.clock()
        try:
            with transaction(self.db) as tx:
                linked = views.linked_test(tx, self.secret, token, now=now)
                if linked is None or not signature.equal(given.get("token", ""), token):
                    return self.forged(request)
                way = linked.person.name, linked.via, linked.receiver
                engine.handle(tx, [engine.Reached(*way, HOW, linked.number)], now=now)
        except Refused as refused:
            return sheets.shown(Sheet("Nothing was verified", GREY, [str(refused)]), 409)
        return Response(status_code=303, headers={"Location": f"/c/{token}"})


_VERBS = {"ack": "acknowledge", "escalate": "escalate"}


def router(db: Db, secret: bytes, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes of links; GET and HEAD change nothing."""
    routes = APIRouter(include_in_schema=False)
    links = Links(db, secret, clock)

    # By what the address begins with: a page, a digest, a test page.
    for kind, shown, done in (
        ("a", links.page, links.act),
        ("d", links.digest, links.take),
        ("c", links.test, links.verify),
    ):
        _add(routes, f"/{kind}/{{token}}", shown, done)
    return routes


def _add(routes: APIRouter, path: str, shown: Shown, done: Done) -> None:
    @routes.api_route(path, methods=["GET", "HEAD"])
    def show(request: Request, token: str) -> Response:
        return _kindly(lambda: shown(request, token))

    @routes.post(path)
    def act(request: Request, token: str, raw: bytes = Depends(hooks.body)) -> Response:
        return _kindly(lambda: done(request, token, _form(raw)))


def _kindly(work: Callable[[], Response]) -> Response:
    for _ in range(TRIES):
        try:
            return work()
        except Conflict:
            continue  # somebody else was a moment quicker: see what there is now
        except DatabaseGone:
            return sheets.shown(SILENT, 503)
    return sheets.shown(CROWDED, 409)


def _form(raw: bytes) -> dict[str, str]:
    read = parse_qs(raw.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[-1] for name, values in read.items()}


def _act(tx: Tx, linked: views.LinkedPage, given: Mapping[str, str], *, now: datetime) -> None:
    verb = _VERBS.get(given.get("do", ""))
    if verb is None or linked.alert is None or linked.person is None:
        raise Refused("Press one of the buttons; nothing changed.")
    person, number = linked.person.name, linked.alert.id
    # A button means the step that it was drawn on.
    at, step = (
        int(given[name]) if given.get(name, "").isdecimal() else None for name in ("round", "step")
    )
    asked = engine.Deciding(verb, number, person, HOW, nth=linked.nth, round=at, step=step)
    if not engine.use_link(tx, linked.id, number, person, now=now):
        raise Refused("That link was used already; nothing changed again.")
    engine.handle(tx, [asked], now=now)


def _seen(
    tx: Tx, linked: views.LinkedPage, token: str, *, now: datetime, refused: str = ""
) -> Response:
    alert, person = linked.alert, linked.person
    if alert is None or person is None:
        return sheets.shown(sheets.GONE, 410)
    zone = views.zone_of(tx, person.name, now=now)
    waits = alert.status == FIRING and alert.nth == linked.nth
    may = waits and linked.stand == "good" and not refused
    until = when(linked.until, zone, now=now)
    foot = f"A link for {person.title}, good once and until {until}."
    sheet = Sheet(
        f"{fold(alert.title, LONGEST_LINE)} ({alert.priority})",
        _bar(alert, person.name, waits=waits),
        [refused, *_lines(linked, alert, zone, now), _late(linked, alert, waits=waits)],
        soft=_about(alert),
        buttons={"ack": "Acknowledge", "escalate": "Not me, escalate"} if may else None,
        hidden={"token": token, "round": alert.round, "step": alert.step},
        foot=f"{foot} Nothing happens before you press." if may else foot,
    )
    status = 409 if refused else 410 if linked.stand == "late" else 200
    return sheets.shown(sheet, status)


def _bar(alert: AlertFacts, person: str, *, waits: bool) -> str:
    if waits:
        return RED
    if alert.status == RESOLVED:
        return GREEN
    return AMBER if alert.owner and alert.owner.name == person else GREY


def _lines(
    linked: views.LinkedPage, alert: AlertFacts, zone: ZoneInfo, now: datetime
) -> Iterator[str]:
    """How it stands, for the one whose link it is."""
    me = linked.person.name if linked.person else ""
    at = when(alert.owned_at, zone, now=now) if alert.owned_at else ""
    if alert.status != FIRING:
        mine = alert.owner is not None and alert.owner.name == me
        if mine and alert.status == "acknowledged":
            yield f"You have it since {at}. Whoever else was paged is told."
            yield "Resolve it, or hand it over, in Mattermost."
            return
        said = outcome(alert, zone, now, _plain)
        yield f"{said[:1].upper()}{said[1:]}. Nothing for you to do."
        return
    if alert.nth != linked.nth:
        yield "It pages again since: the newest message has the link that counts."
        return
    yield f"Waits for you since {when(alert.fired_at, zone, now=now)}."
    if alert.next_at:
        whom = names([who for who in alert.next_people if who.name != me], _plain)
        by = when(alert.next_at, zone, now=now)
        goes = f"it goes to {whom}" if whom else "it goes one step up"
        yield f"If nobody acknowledges by {by}, {goes}."


def _late(linked: views.LinkedPage, alert: AlertFacts, *, waits: bool) -> str:
    if not waits:
        return ""
    instead = f"In Mattermost, /set ack {alert.id} takes it."
    return {
        "late": f"This link is over a day old, and does nothing any more. {instead}",
        "used": f"You have used this link, and passed it on. {instead}",
    }.get(linked.stand, "")


def _about(alert: AlertFacts) -> str:
    count = f", seen {alert.count} times" if alert.count > 1 else ""
    details = [
        f"{fold(name, 40)}: {fold(value, LONGEST_LINE)}"
        for name, value in list(alert.details.items())[:DETAILS_SHOWN]
    ]
    return "\n".join([f"From {fold(alert.source, 60)}{count}", *details])


def _plain(text: str) -> str:
    return fold(text, LONGEST_LINE)


def _tested(linked: views.LinkedTest, token: str) -> Response:
    foot = f"A test of how {linked.person.title} is reached."
    if linked.verified:
        lines = ["Pages by it are counted on from now on.", "You can close this."]
        return sheets.shown(Sheet(f"✓ Your {linked.via} works", GREEN, lines, foot=foot))
    sheet = Sheet(
        f"Did this reach you by {linked.via}?",
        AMBER,
        ["Then press, and pages by it are counted on from now on."],
        buttons={"verify": "It reached me"},
        hidden={"token": token},
        foot=foot,
    )
    return sheets.shown(sheet)
