"""What people ask of one another: to be covered, to swap, to agree to a stand-in from outside.

A request changes nothing until it is taken. It ends when the hours of its stretch begin; one that
was made within its stretch, when that ends: then what is left of it is given.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from setflow.effects import BumpRequest, Decision, Effect, ShowRequest, TellRequest
from setflow.errors import Refused
from setflow.rotation.rules.standins import Part

Kind = Literal["cover", "swap", "approval"]
Answer = Literal["take", "decline", "accept", "approve", "refuse", "withdraw"]
Status = Literal[
    "open", "waits", "taken", "declined", "refused", "withdrawn", "expired", "moot", "undone"
]
OPEN: tuple[Status, ...] = ("open", "waits")
REMINDERS = (timedelta(hours=24), timedelta(hours=2))
"""How long before its stretch begins a request that is still open is brought to mind."""
URGENT = timedelta(minutes=30)
"""How long after it was made one is brought to mind whose stretch had begun by then."""


@dataclass(frozen=True, slots=True)
class Request:
    """Something that one person asks of others.

    kind       cover: somebody is to take it; swap: `wanted` is to give in return; approval: the
               leads are to agree to somebody from outside
    asker      who is to be told what becomes of it
    wanted     who is asked; "" for anybody, who see it in the rotation's channel
    leads      who agree to a taker from outside
    status     open; waits: for a lead, taken by somebody from outside; else it is settled
    taker      who has taken it, or would
    declined   those who cannot
    overrides  the stand-ins that were made of it
    ended_by   by whose doing it is settled; "" for nobody's
    reminded   how many of REMINDERS are over
    revision   counts what changed
    """

    id: int
    kind: Kind
    rotation: str
    asker: str
    parts: tuple[Part, ...]
    opened_at: datetime
    wanted: str = ""
    note: str = ""
    leads: tuple[str, ...] = ()
    status: Status = "open"
    taker: str = ""
    declined: tuple[str, ...] = ()
    overrides: tuple[int, ...] = ()
    ended_by: str = ""
    reminded: int = 0
    revision: int = 1

    @property
    def expires_at(self) -> datetime:
        """When it ends unanswered."""
        ahead = [part.opens or part.start for part in self.parts if part.start > self.opened_at]
        begun = [part.end for part in self.parts if part.start <= self.opened_at]
        # Of a swap of which one side is over, nothing would be left to give in return.
        return min((*ahead, *begun)) if self.kind == "swap" or not begun else max(begun)

    @property
    def givers(self) -> tuple[str, ...]:
        """Whose stretches they are, once each."""
        return tuple(dict.fromkeys(name for part in self.parts for name in part.givers))

    @property
    def receivers(self) -> tuple[str, ...]:
        """Who sees it: names of people, "" for the rotation's channel."""
        if self.kind == "approval":
            return self.leads
        return (self.wanted, *(self.leads if self.status == "waits" else ()))

    def answers(self, person: str) -> tuple[Answer, ...]:
        """The answers that are waited for from a person, or ("") from anybody in the channel."""
        if self.kind == "approval" or self.status == "waits":
            asked = self.status in OPEN and person in self.leads
            return ("approve", "refuse") if asked else ()
        if self.status != "open" or person != self.wanted:
            return ()
        return ("accept", "decline") if self.kind == "swap" else ("take", "decline")


@dataclass(frozen=True, slots=True)
class Answerer:
    """Who answers: whether as a lead or an admin, and whether as one of the rotation's people.

    crew   those who serve beside the givers, of whom the last to decline has it said
    title  what people are called
    """

    name: str
    lead: bool
    inside: bool
    crew: tuple[str, ...]
    title: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class RequestOpened:
    """Somebody asks for cover, a swap, or leave to have somebody from outside stand in."""

    request: int
    kind: Kind
    rotation: str
    by: str


@dataclass(frozen=True, slots=True)
class RequestAnswered:
    """Somebody answered a request; `status` is what it is now."""

    request: int
    by: str
    answer: Answer
    status: Status


@dataclass(frozen=True, slots=True)
class RequestEnded:
    """A request ended without an answer, by somebody's doing or ("") nobody's."""

    request: int
    status: Status
    by: str


@dataclass(frozen=True, slots=True)
class RequestReminded:
    """A request that is still open was brought to mind, so many times by now."""

    request: int
    reminders: int


def opened(request: Request, by: str) -> Decision[Request]:
    """What follows from asking."""
    event = RequestOpened(request.id, request.kind, request.rotation, by)
    return Decision(request, [event], _shown(request), _wake_at(request))


def answered(request: Request, answer: Answer, by: Answerer, now: datetime) -> Decision[Request]:
    """What follows from an answer; with status `taken`, the parts are their takers' from now on.

    Raises Refused where the answer is not for `by` to give, or too late.
    """
    if request.status not in OPEN:
        raise Refused(f"{ending(request, by.title)} Nothing changed.")
    if request.expires_at <= now:
        raise Refused("Its stretch has begun, so the request is over; ask for a new one.")
    after, told = _ANSWERS[answer](request, by)
    event = RequestAnswered(request.id, by.name, answer, after.status)
    return _settled(request, after, [event], _but(told, by.name), by.name)


def ended(
    request: Request, status: Literal["expired", "moot", "undone"], by: str = ""
) -> Decision[Request]:
    """What follows where nobody answered, or where what was agreed is taken back by `by`."""
    after = replace(request, status=status, ended_by=by)
    concerned = () if status == "undone" else (request.asker, request.taker)
    told = ((name, status) for name in concerned)
    return _settled(request, after, [RequestEnded(request.id, status, by)], told, by)


def woken(request: Request, now: datetime) -> Decision[Request]:
    """What is due at `now`: the end, or a reminder; of several that were missed the last."""
    if request.expires_at <= now:
        return ended(request, "expired")
    over = [number for at, number in _reminders(request) if at <= now]
    if not over:
        return Decision(request, wake_at=_wake_at(request))
    after = replace(request, reminded=over[-1])
    last = after.reminded == len(REMINDERS)
    what = "last-reminder" if last else "reminder"
    leads = request.leads if last or request.status == "waits" else ()
    effects: list[Effect] = list(_tell(after, ((name, what) for name in (after.asker, *leads))))
    if request.reminded == 0 and "" in request.receivers:
        effects.append(BumpRequest(request.id))
    event = RequestReminded(request.id, after.reminded)
    return Decision(after, [event], effects, _wake_at(after))


def ending(request: Request, title: Callable[[str], str]) -> str:
    """What became of a request, as a sentence; "" while it is open. `title` says a person."""
    said = _ENDINGS.get(request.status, "")
    if request.status == "moot" and not request.ended_by:
        said = "Nothing is left of it to take."
    if request.status == "expired" and request.taker:
        said = "No lead agreed to {taker} in time; it stays with {whose}."
    elif request.status == "expired" and request.wanted:
        said = "{wanted} did not answer in time; all stays as it is."
    return said.format(
        whose=" and ".join(map(title, request.givers)),
        by=title(request.ended_by),
        taker=title(request.taker),
        wanted=title(request.wanted),
    )


_Told = Iterable[tuple[str, str]]
"""Who is told, and what."""

_ENDINGS: Mapping[Status, str] = {
    "taken": "{taker} has taken it.",
    "declined": "{by} cannot.",
    "refused": "{by} did not agree to {taker}.",
    "withdrawn": "{by} has withdrawn it.",
    "expired": "Nobody took it; it stays with {whose}.",
    "moot": "{by} has it by now.",
    "undone": "{by} has undone it.",
}


def _take(request: Request, by: Answerer) -> tuple[Request, _Told]:
    if request.kind != "cover":
        raise Refused("There is nothing to take here; it waits for an answer of its own.")
    if by.name in request.givers:
        raise Refused("It is yours already; withdraw the request to keep it.")
    if request.status == "waits":
        who = by.title(request.taker)
        raise Refused(f"{who} would take it, and waits for the lead; nothing changed.")
    return _granted(request, by, "taken")


def _accept(request: Request, by: Answerer) -> tuple[Request, _Told]:
    if request.kind != "swap" or by.name != request.wanted or request.status == "waits":
        raise Refused("There is no swap here that waits for you; `/set requests` lists what does.")
    return _granted(request, by, "accepted")


def _granted(request: Request, by: Answerer, what: str) -> tuple[Request, _Told]:
    parts = tuple(replace(one, taker=one.taker or by.name) for one in request.parts)
    waits = bool(request.leads) and not (by.inside or by.lead)
    after = replace(request, parts=parts, taker=by.name, status="waits" if waits else "taken")
    if waits:
        # A lead among them hears it from what they are asked.
        return after, () if request.asker in request.leads else ((request.asker, "waits"),)
    return replace(after, ended_by=by.name), ((name, what) for name in _concerned(request))


def _decline(request: Request, by: Answerer) -> tuple[Request, _Told]:
    if by.name == request.taker:
        return _given_up(request, by)
    if request.kind == "approval":
        raise Refused("That is for a lead to agree to or to refuse.")
    if by.name in (request.asker, *request.givers[:1]):
        raise Refused("It is yours; withdraw the request to end it.")
    if request.wanted:
        if by.name != request.wanted:
            raise Refused(f"{by.title(request.wanted)} is asked, not you; nothing changed.")
        return replace(request, status="declined", ended_by=by.name), ((request.asker, "declined"),)
    if by.name in request.declined:
        raise Refused("You have said so already; nothing changed.")
    after = replace(request, declined=(*request.declined, by.name))
    everybody = bool(by.crew) and {*by.crew} <= {*after.declined}
    return after, ((request.asker, "all-declined"),) if everybody else ()


def _given_up(request: Request, by: Answerer) -> tuple[Request, _Told]:
    """Whoever would take it, once a lead agrees, cannot after all."""
    told = ((request.asker, "declined"),)
    if request.kind == "cover" and not request.wanted:
        return replace(_anew(request), declined=(*request.declined, by.name)), told
    return replace(request, status="declined", ended_by=by.name), told


def _anew(request: Request) -> Request:
    """The request for anybody to take, as if nobody had."""
    parts = tuple(replace(one, taker="") for one in request.parts)
    return replace(request, parts=parts, status="open", taker="")


def _approve(request: Request, by: Answerer) -> tuple[Request, _Told]:
    _as_lead(request, by)
    after = replace(request, status="taken", ended_by=by.name)
    own = [(name, "approved") for name in (request.asker, request.taker)]
    givers = [(name, "taken") for name in request.givers if name != request.asker]
    return after, dict([*givers, *own]).items()


def _refuse(request: Request, by: Answerer) -> tuple[Request, _Told]:
    _as_lead(request, by)
    told = ((name, "refused") for name in (request.asker, request.taker))
    if request.kind == "cover" and not request.wanted:
        return _anew(request), told
    return replace(request, status="refused", ended_by=by.name), told


def _withdraw(request: Request, by: Answerer) -> tuple[Request, _Told]:
    if by.name not in (request.asker, *request.givers[:1]) and not by.lead:
        whom = by.title(request.asker)
        raise Refused(f"{whom} asked for it: {whom}, a lead or an admin can withdraw it.")
    told = ((name, "withdrawn") for name in (request.asker, request.taker))
    return replace(request, status="withdrawn", ended_by=by.name), told


_ANSWERS: Mapping[Answer, Callable[[Request, Answerer], tuple[Request, _Told]]] = {
    "take": _take,
    "accept": _accept,
    "decline": _decline,
    "approve": _approve,
    "refuse": _refuse,
    "withdraw": _withdraw,
}


def _as_lead(request: Request, by: Answerer) -> None:
    if request.kind != "approval" and request.status != "waits":
        raise Refused("Nobody has taken it yet, so there is nothing to agree to.")
    if not by.lead:
        whom = " or ".join(map(by.title, request.leads))
        raise Refused(f"That is for the lead to say: ask {whom}.")


def _concerned(request: Request) -> tuple[str, ...]:
    return tuple(dict.fromkeys((request.asker, *request.givers)))


def _settled(
    before: Request, after: Request, events: Iterable[object], told: _Told, by: str
) -> Decision[Request]:
    """The decision that all who see the request, before or after, see it change."""
    after = replace(after, revision=before.revision + 1)
    seen = dict.fromkeys((*before.receivers, *after.receivers))
    shown = [ShowRequest(after.id, to, after.revision) for to in seen]
    return Decision(after, list(events), [*shown, *_tell(after, told, by)], _wake_at(after))


def _shown(request: Request) -> list[Effect]:
    return [ShowRequest(request.id, to, request.revision) for to in request.receivers]


def _tell(request: Request, told: _Told, by: str = "") -> Iterable[Effect]:
    marker = f"{request.revision}.{request.reminded}"
    for name, what in dict(told).items():
        if name:
            yield TellRequest(request.id, name, what, marker, by)


def _but(told: _Told, by: str) -> _Told:
    return [(name, what) for name, what in told if name != by]


def _reminders(request: Request) -> list[tuple[datetime, int]]:
    """When it is brought to mind, and how many reminders are over then; those to come alone.

    One that would have been before the asking never comes, and none of a swap that has begun.
    """
    ends = request.expires_at
    if all(part.start > request.opened_at for part in request.parts):
        every = [(ends - ahead, number) for number, ahead in enumerate(REMINDERS, 1)]
    else:
        every = [(request.opened_at + URGENT, len(REMINDERS))] if request.kind != "swap" else []
    return [
        (at, number)
        for at, number in every
        if number > request.reminded and request.opened_at < at < ends
    ]


def _wake_at(request: Request) -> datetime | None:
    if request.status not in OPEN:
        return None
    return min((at for at, _ in _reminders(request)), default=request.expires_at)
