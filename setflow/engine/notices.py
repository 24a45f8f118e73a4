"""What people are told of their own duties, and the user group, as the engine works them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from setflow.effects import Decision, Effect, ShowGroup, TellDuty, Warn
from setflow.engine.work import Work
from setflow.errors import Refused
from setflow.rotation import rules
from setflow.rotation import store as rotations
from setflow.rotation.rules import Watch


@dataclass(frozen=True, slots=True)
class ChooseNotices:
    """Tell `person` of their duties no more by the notices `kinds`; of all others they are told."""

    person: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticesChosen:
    """History: somebody chose which notices they get; `kinds` are those they do not."""

    person: str
    kinds: tuple[str, ...]


def look(work: Work, name: str, before: Watch | None, decision: Decision[Watch]) -> Decision[Watch]:
    """The decision on a rotation, with who is to be told of their duties, and the user group."""
    here, now = work.present, work.now
    rotation = here.configuration.rotations.get(name)
    if rotation is None:
        return decision
    noticed, told = rules.tell(
        before.noticed if before else None, here.history, here.overrides, name, now
    )
    muted = rotations.muted(work.tx) if told else {}
    effects: list[Effect] = [
        TellDuty(name, one.person, one.kind, one.at.isoformat())
        for one in told
        if one.kind not in muted.get(one.person, ()) and here.person(one.person)
    ]
    was = before.group if before else decision.state.group
    group = rules.group_now(was, here.history, here.overrides, rotation, now)
    if group.revision != was.revision:
        effects.append(ShowGroup(name, str(group.revision)))
    wakes = [one for one in (decision.wake_at, noticed.next_at) if one]
    return replace(
        decision,
        state=replace(decision.state, noticed=noticed, group=group),
        effects=[*decision.effects, *effects],
        wake_at=min(wakes, default=None),
    )


def choose(work: Work, message: ChooseNotices) -> Iterable[object]:
    """Keep which notices somebody gets. Raises Refused for a notice that there is not."""
    for kind in message.kinds:
        if kind not in rules.NOTICES:
            raise Refused(f"There is no notice {kind}; there is {', '.join(rules.NOTICES)}.")
    rotations.keep_muted(work.tx, message.person, message.kinds)
    event = NoticesChosen(message.person, message.kinds)
    return work.note(f"person:{message.person}", [event], (), f"by {message.person}")


def refusal(effect: ShowGroup, error: str) -> Warn:
    """What is said, once and for all, where the server does not let a user group be kept."""
    return Warn(
        f"The user group of {effect.rotation} is not kept in step: {error}. setflow goes on "
        "without it, and tries again when others are on.",
        f"group:{effect.rotation}",
    )
