"""Cards: what a command would do, shown to its caller alone, and done at their second word.

Nothing is kept in between: the button carries the whole message, signed. It holds for 15 minutes,
for its caller, once, and for what they were shown.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from setflow import engine, views
from setflow.adapters.mattermost.post import Button, Post
from setflow.adapters.mattermost.spans import said
from setflow.adapters.mattermost.standins import card
from setflow.adapters.mattermost.text import escape, names
from setflow.db import Tx
from setflow.errors import Refused
from setflow.facts import ConsideredFacts
from setflow.web.caller import Caller

ANSWERS = ("take", "decline", "accept", "approve", "refuse", "withdraw")
GOOD_FOR = timedelta(minutes=15)
LONGEST_VALUE = 200

_MESSAGES: Mapping[str, type] = {
    "override": engine.AddOverride,
    "cover": engine.AskCover,
    "swap": engine.OfferSwap,
    "away": engine.SetAway,
    "end": engine.EndAway,
}
_NAMES = {kind: name for name, kind in _MESSAGES.items()}


def shown(tx: Tx, caller: Caller, message: Any, what: str, *, cover: bool = False) -> Post:
    """The card for a message, before it is worked. Raises Refused, as working it would.

    what   a sentence, already safe: what it is about to do
    cover  whether an absence is to be offered with a request for cover in one
    """
    considered = engine.consider(tx, message, now=caller.now)
    context: dict[str, str | int] = {
        "card": secrets.token_urlsafe(9),
        "until": int((caller.now + GOOD_FOR).timestamp()),
        "saw": digest(considered),
        "message": _NAMES[type(message)],
        "for": caller.name,
        **_dumped(message, considered.gives_way),
    }
    if any(len(str(value)) > LONGEST_VALUE for value in context.values()):
        raise Refused("That is too much for one card: take a shorter stretch, or fewer words.")
    buttons = [
        Button("confirm", "Do it", {"do": "confirm", **context}, "primary"),
        Button("cancel", "Cancel", {"do": "cancel", **context}),
    ]
    if cover:
        both = Button("cover", "Do it and ask for cover", {"do": "confirm", "and": "1", **context})
        buttons.insert(1, both)
    return card(considered, what, buttons, caller.pen)


def digest(considered: ConsideredFacts) -> str:
    """Tells what somebody was shown from anything else, however much time has passed."""
    seen = [
        [(one.seat, [who.name for who in one.before], one.after and one.after.name)
         for one in considered.changes],
        [who.name for who in considered.needs],
        considered.gives_way,
    ]  # fmt: skip
    return sha256(json.dumps(seen).encode()).hexdigest()[:16]


def _dumped(message: Any, seen: Sequence[int]) -> dict[str, str | int]:
    found: dict[str, str | int] = {}
    for field in fields(message):
        value = ",".join(map(str, seen)) if field.name == "seen" else getattr(message, field.name)
        if value != "":
            found[f"its-{field.name}"] = value.isoformat() if isinstance(value, datetime) else value
    return found


def _loaded(context: Mapping[str, Any]) -> Any:
    kind = _MESSAGES[str(context["message"])]
    given: dict[str, Any] = {}
    for field in fields(kind):
        value = context.get(f"its-{field.name}", "")
        if field.name == "seen":
            given["seen"] = tuple(int(number) for number in str(value).split(",") if number)
        elif field.name in ("start", "end", "other_start", "other_end"):
            given[field.name] = datetime.fromisoformat(str(value))
        elif value != "" or field.default is MISSING:
            given[field.name] = value
    return kind(**given)


def _confirm(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    _use(tx, caller, context)
    message = _loaded(context)
    considered = engine.consider(tx, message, now=caller.now)
    if digest(considered) != context["saw"]:
        seen = card(considered, "", (), caller.pen).attachments[0]["text"]
        raise Refused(
            "Something has changed since you looked, so nothing was done. It would now be:\n"
            f"{seen}\nGive the command again to confirm that."
        )
    told = done(tx, caller, engine.handle(tx, [message], now=caller.now))
    if context.get("and") and isinstance(message, engine.SetAway):
        start, of = max(message.start, caller.now), message.person
        cover = engine.AskCover(by=caller.name, start=start, end=message.end, of=of)
        told += f" {done(tx, caller, engine.handle(tx, [cover], now=caller.now))}"
    return told


def _cancel(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    _use(tx, caller, context)
    return "Cancelled; nothing was changed."


def _use(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> None:
    """Take the card: it is its caller's, in time, and used once even where two clicks race."""
    if caller.name != context["for"]:
        raise Refused("That card is somebody else's; nothing was changed.")
    if caller.now.timestamp() > int(context["until"]):
        raise Refused(
            "That card is over 15 minutes old, so nothing was done. Give the command again to see "
            "how things stand now."
        )
    if not _first(tx, caller, str(context["card"])):
        raise Refused("You have answered that card already; nothing was changed again.")


def _first(tx: Tx, caller: Caller, what: str) -> bool:
    """Whether this is the first time; a repeat waits until the first has ended."""
    pushed = engine.Pushed("card", f"{caller.name}:{what}", {}, caller.now)
    return bool(engine.accept(tx, [pushed]))


def done(tx: Tx, caller: Caller, events: Sequence[object]) -> str:
    """What a message has done, in a sentence or two."""
    zone = views.zone_of(tx, caller.name, now=caller.now)

    def title(name: str) -> str:
        return "you" if name == caller.name else escape(views.title(tx, name, now=caller.now))

    def at(start: datetime, end: datetime) -> str:
        return said(start, end, zone, now=caller.now)

    overrides = [one for one in events if isinstance(one, engine.OverrideAdded)]
    for event in events:
        match event:
            case engine.OverrideAdded():
                seats = " and ".join(views.seat_label(one.seat) for one in overrides)
                verb = "stand in" if event.person == caller.name else "stands in"
                what = f"{title(event.person)} {verb} as {seats}, {at(event.start, event.end)}"
                numbers = " ".join(str(one.override) for one in overrides)
                return (
                    f"{what[:1].upper()}{what[1:]}. Whoever gives way is told and can undo it; so "
                    f"can you: `/set override undo {numbers}`."
                )
            case engine.RequestOpened():
                opened = (one for one in events if isinstance(one, engine.RequestOpened))
                return " ".join(_opened(tx, caller, one) for one in opened)
            case engine.AbsenceSet():
                who = title(event.person)
                state = "away" if event.kind == "away" else "rather not on duty"
                verb = "are" if who == "you" else "is"
                return (
                    f"Noted: {who} {verb} {state}, {at(event.start, event.end)}. `/set away end "
                    f"{event.absence}` takes it back."
                )
            case engine.AbsenceEnded():
                return "Taken back; it is no absence any more."
    return "Done."


def _opened(tx: Tx, caller: Caller, event: Any) -> str:
    request = views.request(tx, event.request, now=caller.now, reader=caller.name)
    if request is None:
        return "Done."
    back = f"`/set requests {request.id} withdraw` takes it back."
    leads = names(request.leads) or "the lead"
    if request.kind == "approval":
        return f"{leads} has to agree, and is asked now; until then nothing changes. {back}"
    if request.kind == "swap" and request.wanted:
        whom = escape(request.wanted.title)
        return f"Offered to {whom}; until they accept, nothing changes. {back}"
    where = escape(request.wanted.title) if request.wanted else f"in ~{request.channel}"
    mine = request.asker.name == caller.name
    stays = "yours" if mine else f"with {escape(request.asker.title)}"
    return f"Asked {where}; until somebody takes it, it stays {stays}. {back}"


def answer(tx: Tx, caller: Caller, number: int, verb: Any) -> str:
    """Answer a request; where there is something to know beforehand, at the second try alone.

    verb  one of ANSWERS
    Raises Refused.
    """
    message = engine.AnswerRequest(number, caller.name, verb)
    known = views.request(tx, number, now=caller.now, reader=caller.name)
    if verb in _BINDING:
        considered = engine.consider(tx, message, now=caller.now)
        key = f"{number}:{verb}:{digest(considered)}"
        if considered.remarks and _first(tx, caller, key):
            remarks = "\n".join(f"- {escape(one, 300)}" for one in considered.remarks)
            then = f"{names(considered.needs)} is asked" if considered.needs else "it is done"
            return f"Before you do:\n{remarks}\n{_BINDING[verb]} again, and {then}."
    events = engine.handle(tx, [message], now=caller.now)
    for event in events:
        if isinstance(event, engine.RequestAnswered):
            own = bool(known and known.taker and known.taker.name == caller.name)
            status = "declined" if verb == "decline" and own else event.status
            said = _ANSWERED.get((verb, status), _ANSWERED.get((verb, ""), "Noted."))
            return said.format(asker=escape(known.asker.title) if known else "", number=number)
    return "Noted."


_BINDING = {"take": "Take it", "accept": "Accept it", "approve": "Approve it"}

_ANSWERED = {
    ("take", "taken"): "It is yours now; whoever had it is told, and can undo it.",
    ("take", "waits"): (
        "You are not of the crew, so the lead has to agree first, and is asked now. "
        "`/set requests {number} decline` takes it back."
    ),
    ("accept", ""): "Swapped; both of you can undo it.",
    ("approve", ""): "Agreed; everybody concerned is told.",
    ("refuse", ""): "Refused; nothing changes.",
    ("decline", "declined"): "Noted; {asker} is told, and nothing changes.",
    ("decline", ""): "Noted; {asker} is told where nobody is left to ask.",
    ("withdraw", ""): "Taken back; nothing changes.",
}


def _answer(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    return answer(tx, caller, int(context["request"]), str(context["answer"]))


def _undo(tx: Tx, caller: Caller, context: Mapping[str, Any]) -> str:
    also = tuple(int(number) for number in str(context.get("also", "")).split(",") if number)
    return undo(tx, caller, int(context["override"]), also)


def undo(tx: Tx, caller: Caller, number: int, also: Sequence[int] = ()) -> str:
    """Take stand-ins back. Raises Refused."""
    message = engine.UndoOverride(number, caller.name, tuple(also))
    events = engine.handle(tx, [message], now=caller.now)
    undone = [one for one in events if isinstance(one, engine.OverrideUndone)]
    if len(undone) > 1 + len(also):
        return "Undone, and the other half of the swap with it; both turns are as before."
    if len(undone) > 1:
        return f"Undone, {len(undone)} stand-ins together; the turns are as they were before."
    return "Undone; the turn is as it was before."


BUTTONS: Mapping[str, Callable[[Tx, Caller, Mapping[str, Any]], str]] = {
    "confirm": _confirm,
    "cancel": _cancel,
    "answer": _answer,
    "undo": _undo,
}
