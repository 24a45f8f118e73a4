"""The verbs of `/set` for stand-ins and absences: what the words mean, and the card for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from setflow import engine, views
from setflow.adapters.mattermost.post import Post
from setflow.adapters.mattermost.requests import request_line
from setflow.adapters.mattermost.spans import EXAMPLES, Span
from setflow.adapters.mattermost.standins import LONGEST_NOTE
from setflow.adapters.mattermost.text import escape, listed
from setflow.db import Tx
from setflow.errors import Refused
from setflow.facts import Change
from setflow.web import calendars, cards
from setflow.web.caller import Answer, Caller, Verb
from setflow.web.words import Words

MOST_LISTED = 10
MOST_DIGITS = 18
"""What the database has numbers for."""


@dataclass(slots=True)
class _Side:
    """What a command says of one duty: the seat, the person beside it, the stretch."""

    seat: str = ""
    person: str = ""
    span: Span | None = None
    every: bool = False


def _read(words: Words, *, people: bool) -> _Side:
    """Seat, person and stretch in whatever order they come, each once."""
    side = _Side()
    while words.text:
        before = words.text
        if not side.seat and not side.every:
            side.every = bool(words.word("all"))
            side.seat = "" if side.every else words.seat()
        if people and not side.person:
            side.person = words.person()
        if side.span is None:
            side.span = words.span()
        if words.text == before:
            break
    return side


def _numbers(text: str) -> list[int]:
    """The numbers in `text`, such as `#12, 14`; none where anything else is in it."""
    found = text.replace(",", " ").replace("#", "").split()
    if not all(one.isascii() and one.isdigit() and len(one) <= MOST_DIGITS for one in found):
        return []
    return [int(one) for one in found]


def _usage(verb: str) -> Refused:
    return Refused(
        f"Write `/set {VERBS[verb].usage}`: {VERBS[verb].help}. FROM and TO are such as {EXAMPLES}."
    )


def _cover(tx: Tx, caller: Caller, arguments: Sequence[str]) -> Answer:
    words = Words(tx, caller, arguments)
    of = ""
    if words.text.lower().startswith("for @"):
        words.word("for")
        of = words.person()
    side = _read(words, people=True)
    note = words.left()
    if side.span:
        seat, start, end = side.seat, side.span.start, side.span.end
    else:
        duty = words.duties(of or caller.name, side.seat, None)[0]
        seat, start, end = duty.seat, max(duty.start, caller.now), duty.end
    message = engine.AskCover(
        by=caller.name, start=start, end=end, seat=seat, of=of, wanted=side.person, note=note
    )
    whom = words.title(side.person) if side.person else "the channel"
    whose = f" for {words.title(of)}" if of and of != caller.name else ""
    what = f" as {views.seat_label(seat)}" if seat else ""
    asks = f"**This asks {whom} for cover{whose}{what}, {words.at(start, end)}**"
    return cards.shown(
        tx, caller, message, f"{asks} — {escape(note, LONGEST_NOTE)}." if note else f"{asks}."
    )


def _swap(tx: Tx, caller: Caller, arguments: Sequence[str]) -> Answer:
    words = Words(tx, caller, arguments)
    mine = _read(words, people=False)
    person = words.person()
    words.word("for")
    theirs = _read(words, people=False)
    if not person or words.text:
        raise _usage("swap")
    mine.span, theirs.span = mine.span or theirs.span, theirs.span or mine.span
    give = _given(words, caller.name, mine, "")
    take = _given(words, person, theirs, give.seat)
    message = engine.OfferSwap(
        by=caller.name,
        person=person,
        seat=give.seat,
        start=give.start,
        end=give.end,
        other_seat=take.seat,
        other_start=take.start,
        other_end=take.end,
    )
    return cards.shown(
        tx,
        caller,
        message,
        f"**This offers {words.title(person)} a swap: your {give.label}, "
        f"{words.at(give.start, give.end)}, for their {take.label}, "
        f"{words.at(take.start, take.end)}.**",
    )


def _given(words: Words, person: str, side: _Side, beside: str) -> Change:
    """The duty, or the part of it, that one of a swap gives.

    beside  the seat that the other one gives, which is taken where nothing else is said
    """
    found = words.duties(person, side.seat, side.span)
    if side.span is None:
        same = [one for one in found if one.seat == beside]
        duty = (same or list(found))[0]
        return replace(duty, start=max(duty.start, words.now))
    seats = dict.fromkeys(one.seat for one in found)
    if len(seats) > 1:
        have = "You have" if person == words.caller.name else f"{words.title(person)} has"
        labels = listed(map(views.seat_label, seats))
        raise Refused(f"{have} {labels} then: say which, such as `{next(iter(seats))}`.")
    return replace(found[0], start=side.span.start, end=side.span.end)


def _override(tx: Tx, caller: Caller, arguments: Sequence[str]) -> Answer:
    words = Words(tx, caller, arguments)
    if words.word("undo"):
        numbers = _numbers(words.text)
        if not numbers:
            raise Refused("Say which by its number, such as `/set override undo 12`.")
        return cards.undo(tx, caller, numbers[0], numbers[1:])
    of = caller.name if words.word("all") else ""
    seat = "" if of else words.seat()
    if not seat and not of:
        of = words.person()
    if not (seat or of) or not words.text or words.comes_time():
        raise _usage("override")
    person = words.person(bare=True)
    if not words.text:
        raise _usage("override")
    span = words.span()
    if span is None or words.text:
        raise words.no_time()
    message = engine.AddOverride(seat, person, span.start, span.end, caller.name, of=of)
    who, verb = words.title(person), "puts"
    where = views.seat_label(seat) if seat else f"all seats that {words.title(of)} have"
    if of and of != caller.name:
        where = f"all seats that {words.title(of)} has"
    return cards.shown(
        tx,
        caller,
        message,
        f"**This {verb} {who} on {where}, {words.at(span.start, span.end)}.**",
    )


def _away(tx: Tx, caller: Caller, arguments: Sequence[str]) -> Answer:
    if arguments and arguments[0].lower() == "feed":
        return calendars.absences(tx, caller, arguments[1:])
    words = Words(tx, caller, arguments)
    if not words.text:
        return _absences(words)
    if words.word("end"):
        numbers = _numbers(words.text)
        if len(numbers) != 1:
            raise Refused("Say which by its number, such as `/set away end 4`; `/set away` lists.")
        message: Any = engine.EndAway(numbers[0], caller.name)
        return cards.shown(tx, caller, message, f"**This takes absence {numbers[0]} back.**")
    rather = words.word("rather-not")
    person = words.person() or caller.name
    rather = rather or words.word("rather-not")
    kind: Literal["away", "rather-not"] = "rather-not" if rather else "away"
    span = words.span()
    if span is None:
        raise words.no_time() if words.text else _usage("away")
    message = engine.SetAway(
        person, span.start, span.end, caller.name, kind=kind, reason=words.left()
    )
    state = "away" if kind == "away" else "rather not on duty"
    duties = views.duties_of(
        tx, person, now=caller.now, start=max(span.start, caller.now), end=span.end
    )
    return cards.shown(
        tx,
        caller,
        message,
        f"**This notes {words.title(person)} as {state}, {words.at(span.start, span.end)}.**",
        cover=kind == "away" and bool(duties),
    )


def _absences(words: Words) -> str:
    name = words.caller.name
    found = views.absences(words.tx, now=words.now, reader=name, person=name)
    lines = [
        f"- **{one.id}** {words.at(one.start, one.end)}"
        f"{'' if one.kind == 'away' else ' (rather not)'}"
        f"{f' — {escape(one.reason)}' if one.reason else ''}"
        for one in found
    ]
    if not lines:
        return f"You are not away. `/set away FROM TO` says when you are, such as {EXAMPLES}."
    return "\n".join(["You are away:", *lines, "`/set away end NUMBER` takes one back."])


def _requests(tx: Tx, caller: Caller, arguments: Sequence[str]) -> Answer:
    if arguments:
        numbers, verbs = _numbers(arguments[0]), arguments[1:]
        if len(numbers) != 1 or list(verbs) not in [[one] for one in cards.ANSWERS]:
            raise Refused(
                f"Write `/set requests NUMBER ANSWER`; an answer is one of {listed(cards.ANSWERS)}."
            )
        return cards.answer(tx, caller, numbers[0], verbs[0])
    found = views.requests(tx, now=caller.now, person=caller.name)
    if not found:
        return "Nobody waits for your answer, and you wait for nobody's. `/set cover` asks for one."
    parts = tuple(request_line(one, caller.pen) for one in found[:MOST_LISTED])
    more = f" The first {MOST_LISTED} of {len(found)}:" if len(found) > MOST_LISTED else ""
    return Post(f"What waits for you, or was asked by you:{more}", parts)


VERBS: Mapping[str, Verb] = {
    "cover": Verb(
        "cover [SEAT] [@PERSON] [FROM TO] [WORDS]",
        "asks somebody, or the channel, to take your duty: the next one, or a part",
        _cover,
    ),
    "swap": Verb(
        "swap [SEAT] [FROM TO] with @PERSON [SEAT] [FROM TO]",
        "offers somebody a swap: your next duty for theirs, or parts of them",
        _swap,
    ),
    "override": Verb(
        "override SEAT PERSON FROM TO",
        "lets somebody stand in at once; `all` or `@PERSON` for SEAT are all seats of one, "
        "`override undo NUMBER` takes it back",
        _override,
    ),
    "requests": Verb(
        "requests [NUMBER ANSWER]", "lists what waits for you or was asked by you", _requests
    ),
    "away": Verb(
        "away [rather-not] [FROM TO] [REASON]",
        "says when you cannot serve, or lists it; `away end NUMBER` takes it back, "
        "`away feed ADDRESS` reads it from your calendar",
        _away,
    ),
}
