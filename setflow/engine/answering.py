"""Who answers for an alert now, by what they are reached, and who may end it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from setflow import chores, definitions
from setflow.engine import reaching
from setflow.engine.messages import AlertIn
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.escalation import spec
from setflow.escalation.rules import Alert
from setflow.escalation.spec import Ladder, OnCall, Target
from setflow.present import Present
from setflow.team import rules as team

LOUDEST = "P1"
TEST = "test"
"""The source of test pages."""
TURN = "turn"
"""The chores that remember whose turn it was on a step: `served`, names, longest ago first."""


def on_call(work: Work, about: Alert | spec.Fired, ladder: Ladder | None, back: str = "") -> OnCall:
    """Who answers for an alert, or for what is to be one, on its ladder.

    back  the person to whom it may come back
    """
    found = planned(work.present, about, ladder, back, verified=work.verified)
    return replace(found, served=_served(work, ladder)) if ladder else found


def planned(
    present: Present,
    about: Alert | spec.Fired,
    ladder: Ladder | None,
    back: str = "",
    *,
    verified: Callable[[], reaching.Verified] | None = None,
) -> OnCall:
    """The same, but for whose turn it is on steps whose people take turns.

    verified  asks for the contact methods that are known to reach somebody; None: all do
    """
    targets = ladder.targets() if ladder else ()
    if back in present.configuration.people:
        targets = (*targets, Target("person", back))
    people = {target: present.answering(target) for target in targets}
    named = {name for names in people.values() for name in names}
    quiet = is_quiet(about.source, about.details)
    # A test is to come by all that there is.
    priority = LOUDEST if about.source == TEST else about.priority
    asked = verified() if verified and any(_contacts(present, name) for name in named) else None
    methods = {
        name: reaching.methods(present, name, priority, asked) for name in named if not quiet
    }
    known = present.configuration.people
    if ladder is None:
        return OnCall(people, methods, known)
    skips: Collection[int] = ()
    if ladder.conditional:
        facts = facts_of(about)
        skips = definitions.passed_over(present.configuration, ladder, facts, present.now)
    return OnCall(people, methods, known, skips)


def on_call_of(work: Work, alert: Alert) -> OnCall:
    """Who answers for an alert on the ladder that it carries."""
    back = alert.owner or (alert.back.person if alert.back else "")
    return on_call(work, alert, alert.ladder, back)


def remember_turns(work: Work, events: Iterable[object]) -> None:
    """Keep whose turn it was on steps whose people take turns."""
    for event in events:
        if isinstance(event, spec.TurnTaken):
            name = f"{TURN}:{event.ladder}.{event.step}"
            before = chores.hold(work.tx, name).get("served", ())
            served = [*(one for one in before if one != event.person), event.person]
            chores.save(work.tx, name, {"served": served}, None)


def facts_of(about: Alert | AlertIn | spec.Fired) -> dict[str, Any]:
    """What conditions may ask of an alert."""
    return {
        "source": about.source,
        "key": about.key,
        "title": about.title,
        "priority": about.priority,
        "details": dict(about.details),
        "url": about.url,
        "tags": list(about.tags),
    }


def is_quiet(source: str, details: Mapping[str, str]) -> bool:
    """Whether chat alone is used: a playbook's test page is paperwork, and wakes nobody."""
    return source == TEST and "run" in details


def closers(present: Present, alert: Alert) -> tuple[str, ...]:
    """Who may resolve an alert besides who has it: those on its ladder's seats, and their leads."""
    targets = alert.ladder.targets() if alert.ladder else ()
    seats = [target.name for target in targets if target.kind == "seat"]
    rotations = [present.configuration.rotations.get(seat.partition(".")[0]) for seat in seats]
    leads = [
        name
        for rotation in rotations
        if rotation and rotation.lead
        for name in present.holders(rotation.lead)
    ]
    holders = [name for target in targets for name in present.answering(target)]
    holders += [name for seat in seats for name in present.holders(seat)]
    if not targets:
        holders = list(present.configuration.people)
    return team.closers(alert.owner, holders, leads)


def may_end(work: Work, alert: Alert, by: str, done: str) -> tuple[str, ...]:
    """Who may end or put off an alert; raises Refused where `by` is none of them.

    done  what they would do, as in "can be resolved by"
    """
    may = closers(work.present, alert)
    if by not in may:
        whom = directory(work.present).titles(may)
        raise Refused(f"This can be {done} by {whom}; ask there. Nothing changed.")
    return may


def directory(present: Present) -> team.Directory:
    """The people of the configuration in force."""
    return team.Directory.of(present.configuration.people)


def _served(work: Work, ladder: Ladder) -> dict[int, tuple[str, ...]]:
    """Held, so that of two alerts at once the second takes the next."""
    return {
        number: tuple(chores.hold(work.tx, f"{TURN}:{ladder.name}.{number}").get("served", ()))
        for number, step in enumerate(ladder.steps)
        if step.turn
    }


def _contacts(present: Present, name: str) -> Collection[object]:
    person = present.person(name)
    return person.contact if person else ()
