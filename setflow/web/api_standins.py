"""The API of stand-ins and absences: considered first, done with `confirm`; lists; taking back.

Whoever has the token speaks for a person: `by`, a name of people, who must be allowed to.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from setflow import calendar, engine, views
from setflow.adapters.mattermost.standins import LONGEST_NOTE
from setflow.db import Db, Tx, transaction
from setflow.errors import Refused
from setflow.facts import Change, ConsideredFacts, RequestFacts
from setflow.web import auth

Name = Annotated[str, Field(min_length=1, max_length=100)]
Optional = Annotated[str, Field(max_length=100)]
Instant = Annotated[str, Field(min_length=10, max_length=40)]
By = Annotated[str, Query(min_length=1, max_length=100)]
Which = Annotated[str, Query(max_length=100)]
Number = Annotated[int, Path(ge=1, le=2**63 - 1)]


class _Asked(BaseModel):
    """What every question has: who asks, and whether it is to be done or only considered.

    Instants carry an offset or Z, else they are meant in the configuration's zone.
    """

    model_config = ConfigDict(extra="forbid")

    by: Name
    confirm: bool = False


class OverrideAsked(_Asked):
    """Let `person` stand in on `seat`, or on all seats of `of`; `seen`: those that give way."""

    seat: Annotated[str, Field(max_length=200)] = ""
    of: Optional = ""
    person: Name
    start: Instant
    end: Instant
    seen: Annotated[list[int], Field(max_length=200)] = []


class CoverAsked(_Asked):
    """Ask for cover: of `wanted`, or of anybody; of what `of` (else `by`) has, on one seat or all.

    note  for those asked
    """

    seat: Annotated[str, Field(max_length=200)] = ""
    of: Optional = ""
    wanted: Optional = ""
    start: Instant
    end: Instant
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


class SwapOffered(_Asked):
    """Offer `person` a stretch of `by`'s for one of theirs."""

    person: Name
    seat: Name
    start: Instant
    end: Instant
    other_seat: Name
    other_start: Instant
    other_end: Instant


class AwaySaid(_Asked):
    """Say that `person` cannot serve, or would rather not."""

    person: Name
    start: Instant
    end: Instant
    kind: Literal["away", "rather-not"] = "away"
    reason: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""


class Answered(BaseModel):
    """Who answers."""

    model_config = ConfigDict(extra="forbid")

    by: Name


def router(db: Db, keys: auth.Keys, *, clock: Callable[[], datetime]) -> APIRouter:
    """The routes under /api for stand-ins, requests for them, and absences."""

    def allowed(request: Request) -> None:
        auth.require(auth.bearer(request), keys.api_token, "the Bearer token of SETFLOW_API_TOKEN")

    routes = APIRouter(prefix="/api", dependencies=[Depends(allowed)])
    desk = _Desk(db, clock)
    _asking(routes, desk)
    _answering(routes, desk)
    _lists(routes, desk)
    return routes


def _asking(routes: APIRouter, desk: "_Desk") -> None:
    @routes.post("/overrides")
    def add_override(asked: OverrideAsked) -> dict[str, Any]:
        """Consider or add a stand-in; one from outside the rotation opens a request to the lead."""
        return desk.asked(engine.AddOverride, asked, seen=tuple(asked.seen))

    @routes.post("/covers")
    def ask_cover(asked: CoverAsked) -> dict[str, Any]:
        """Consider or ask for cover."""
        return desk.asked(engine.AskCover, asked)

    @routes.post("/swaps")
    def offer_swap(asked: SwapOffered) -> dict[str, Any]:
        """Consider or offer a swap."""
        return desk.asked(engine.OfferSwap, asked)

    @routes.post("/absences")
    def set_away(asked: AwaySaid) -> dict[str, Any]:
        """Consider or note an absence."""
        return desk.asked(engine.SetAway, asked)


def _answering(routes: APIRouter, desk: "_Desk") -> None:
    @routes.post("/requests/{number}/{answer}")
    def answer_request(
        number: Number,
        answer: Literal["take", "decline", "accept", "approve", "refuse", "withdraw"],
        answered: Answered,
    ) -> dict[str, Any]:
        """Answer a request."""
        return desk.done(engine.AnswerRequest(number, answered.by, answer), answered.by)

    @routes.delete("/overrides/{number}")
    def undo_override(number: Number, by: By) -> dict[str, Any]:
        """Take a stand-in back, and what was agreed with it."""
        return desk.done(engine.UndoOverride(number, by), by)

    @routes.delete("/absences/{number}")
    def end_away(number: Number, by: By) -> dict[str, Any]:
        """Take an absence back."""
        return desk.done(engine.EndAway(number, by), by)


def _lists(routes: APIRouter, desk: "_Desk") -> None:
    @routes.get("/overrides")
    def overrides(rotation: Which = "") -> dict[str, Any]:
        """The stand-ins that are not over, by start."""
        with desk.open() as (tx, now):
            found = views.overrides(tx, now=now, rotation=rotation)
        return {
            "overrides": [
                {
                    "id": one.id,
                    "person": one.stand_in.name,
                    "displaced": [who.name for who in one.displaced],
                    "by": one.by,
                    **_changes(one.parts)[0],
                }
                for one in found
            ]
        }

    @routes.get("/requests")
    def requests(rotation: Which = "", person: Which = "") -> dict[str, Any]:
        """The requests that wait for somebody, oldest first."""
        with desk.open() as (tx, now):
            found = views.requests(tx, now=now, rotation=rotation, person=person)
        return {"requests": [_request(one) for one in found]}

    @routes.get("/absences")
    def absences(person: Which = "") -> dict[str, Any]:
        """The absences that are not over, by start; not why."""
        with desk.open() as (tx, now):
            found = views.absences(tx, now=now, person=person)
        return {
            "absences": [
                {
                    "id": one.id,
                    "person": one.person.name,
                    "kind": one.kind,
                    "start": views.utc(one.start),
                    "end": views.utc(one.end),
                }
                for one in found
            ]
        }


class _Desk:
    """Where what was asked is considered or done, each in one transaction."""

    def __init__(self, db: Db, clock: Callable[[], datetime]) -> None:
        self.db, self.clock = db, clock

    @contextmanager
    def open(self) -> Iterator[tuple[Tx, datetime]]:
        """A transaction, and the instant that it is worked at."""
        with transaction(self.db) as tx:
            yield tx, self.clock()

    def asked(self, kind: type, asked: _Asked, **more: Any) -> dict[str, Any]:
        """What a message would do; and with `confirm`, what it did. Raises Refused."""
        with self.open() as (tx, now):
            given = {**asked.model_dump(exclude={"confirm"}), **more}
            for name in given.keys() & {"start", "end", "other_start", "other_end"}:
                try:
                    given[name] = calendar.instant(given[name], views.zone(tx, now))
                except ValueError as error:
                    raise Refused(f"{name}: {error}") from None
            message = kind(**given)
            _known(tx, asked.by, now)
            considered = _considered(engine.consider(tx, message, now=now))
            if not asked.confirm:
                return {"done": False, "considered": considered}
            events = engine.handle(tx, [message], now=now)
            return {"done": True, "considered": considered, **_outcome(events)}

    def done(self, message: object, by: str) -> dict[str, Any]:
        """What a message did. Raises Refused."""
        with self.open() as (tx, now):
            _known(tx, by, now)
            return {"done": True, **_outcome(engine.handle(tx, [message], now=now))}


def _known(tx: Tx, by: str, now: datetime) -> None:
    """Raise Refused unless `by` is one of the people: the shell's own name opens no door here."""
    directory, _ = views.directory(tx, now=now)
    if by not in directory.people:
        raise Refused(f"{by} is not among the people that setflow knows; name one who is as `by`.")


def _outcome(events: Sequence[object]) -> dict[str, Any]:
    """The numbers of what came of it, by kind; the status of a request that was answered."""
    found: dict[str, Any] = {"overrides": [], "undone": [], "requests": [], "absences": []}
    for event in events:
        match event:
            case engine.OverrideAdded(override=number):
                found["overrides"].append(number)
            case engine.OverrideUndone(override=number):
                found["undone"].append(number)
            case engine.RequestOpened(request=number):
                found["requests"].append(number)
            case engine.RequestAnswered(request=number, status=status):
                found["requests"].append(number)
                found["status"] = status
            case engine.AbsenceSet(absence=number) | engine.AbsenceEnded(absence=number):
                found["absences"].append(number)
    return found


def _considered(facts: ConsideredFacts) -> dict[str, Any]:
    return {
        "changes": _changes(facts.changes),
        "remarks": list(facts.remarks),
        "needs": [who.name for who in facts.needs],
        "gives_way": list(facts.gives_way),
    }


def _changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    return [
        {
            "seat": one.seat,
            "start": views.utc(one.start),
            "end": views.utc(one.end),
            "before": [who.name for who in one.before],
            "after": one.after.name if one.after else None,
        }
        for one in changes
    ]


def _request(facts: RequestFacts) -> dict[str, Any]:
    return {
        "id": facts.id,
        "kind": facts.kind,
        "status": facts.status,
        "rotation": facts.rotation,
        "asker": facts.asker.name,
        "wanted": facts.wanted.name if facts.wanted else None,
        "taker": facts.taker.name if facts.taker else None,
        "leads": [who.name for who in facts.leads],
        "declined": [who.name for who in facts.declined],
        "changes": _changes(facts.changes),
        "opened_at": views.utc(facts.opened_at),
        "expires_at": views.utc(facts.expires_at),
    }
