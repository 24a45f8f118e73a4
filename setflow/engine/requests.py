"""Requests for stand-ins: asked, answered, brought to mind, and over."""

from collections.abc import Iterable
from dataclasses import replace

from setflow.effects import Decision
from setflow.engine import seats
from setflow.engine.messages import AnswerRequest
from setflow.engine.work import Work
from setflow.present import Present
from setflow.rotation import store as rotations
from setflow.rotation.rules import requests as rules
from setflow.rotation.rules.requests import Answerer, Request
from setflow.rotation.rules.standins import Part, overrides_for, serving, with_hours


def ask(work: Work, request: Request, by: str) -> Iterable[object]:
    """Put a request (its `id` is not used) before those who may answer it."""
    here = work.present
    parts = tuple(
        with_hours(here.history, here.overrides, part, work.now) for part in request.parts
    )
    numbered = replace(request, id=rotations.records.new_id(work.tx), parts=parts)
    return _keep(work, rules.opened(numbered, by), f"asked by {by}", new=True)


def answer(work: Work, message: AnswerRequest) -> Iterable[object]:
    """Take over an answer, and make the stand-ins that it agrees to. Raises Refused."""
    seats.hold(work)
    request = work.requests.get(message.request)
    decision = answered(work, request, message)
    by = f"answered by {message.by}"
    if decision.state.status != "taken":
        return _keep(work, decision, by)
    parts = [
        replace(part, start=max(part.start, work.now)) for part in left(decision.state.parts, work)
    ]
    made = seats.put(work, overrides_for(parts, work.now), by=message.by, quietly=True)
    numbers = tuple(one.override for one in made)
    state = replace(decision.state, parts=tuple(parts), overrides=numbers)
    events = list(_keep(work, replace(decision, state=state), by))
    named = [part.seat for part in parts]
    return [*made, *events, *review(work), *seats.changed(named)]


def answered(work: Work, request: Request, message: AnswerRequest) -> Decision[Request]:
    """What an answer does to a request, nothing kept. Raises Refused."""
    if message.by != seats.SHELL:
        seats.known(work.present, message.by)
    by = _answerer(work.present, request, message.by)
    return rules.answered(request, message.answer, by, work.now)


def _answerer(here: Present, request: Request, by: str) -> Answerer:
    return Answerer(
        by,
        lead=seats.may_decide(here, by, request.parts),
        inside=all(seats.inside(here, part, part.taker or by) for part in request.parts),
        crew=seats.beside(here, request.parts),
        title=lambda name: here.named(name).title,
    )


def wake(work: Work, request: Request) -> Iterable[object]:
    """What is due of a request: a reminder, or its end."""
    return _keep(work, rules.woken(request, work.now), "its stretch comes near")


def review(work: Work) -> list[object]:
    """End the requests whose stretches are no longer their givers'; returns the events.

    Those, too, that wait for somebody who is not among the people any more: they cannot.
    """
    found: list[object] = []
    for loaded in rotations.lock_open_requests(work.tx):
        request = work.requests.hold(loaded) or loaded
        if request.status not in rules.OPEN or request.expires_at <= work.now:
            continue
        if not stands(work.present, request):
            by = _instead(work.present, request)
            found += _keep(work, rules.ended(request, "moot", by), "others have it by now")
        elif gone := _gone(work.present, request):
            whom = _answerer(work.present, request, gone)
            decision = rules.answered(request, "decline", whom, work.now)
            found += _keep(work, decision, f"{gone} is not there any more")
    return found


def _gone(here: Present, request: Request) -> str:
    """Whoever is to take it, if they are not among the people any more; else ""."""
    awaited = request.taker or request.wanted
    return awaited if awaited and here.person(awaited) is None else ""


def stands(here: Present, request: Request) -> bool:
    """Whether what is left of all stretches of a request is still their givers'."""
    return all(
        (on := _on(here, request, part)) and set(on) <= set(part.givers)
        for part in request.parts
        if part.end > here.now
    )


def left(parts: Iterable[Part], work: Work) -> list[Part]:
    """Those parts that are not over."""
    return [part for part in parts if part.end > work.now]


def _on(here: Present, request: Request, part: Part) -> tuple[str, ...]:
    # Somebody from outside may have a part of the stretch already, who swaps has none of it.
    asked = part if request.kind == "approval" else replace(part, taker="")
    return serving(here.history, here.overrides, asked, here.now)


def _instead(here: Present, request: Request) -> str:
    for part in request.parts:
        for name in _on(here, request, part):
            if name not in part.givers:
                return name
    return ""


def _keep(
    work: Work, decision: Decision[Request], reason: str, *, new: bool = False
) -> Iterable[object]:
    number = decision.state.id
    return work.keep(work.requests, decision, f"request {number}, {reason}", new=new)
