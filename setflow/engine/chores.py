"""What setflow looks after by itself: the weekly look ahead, and who is still in Mattermost."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from setflow import calendar, chores
from setflow.chores import PEOPLE
from setflow.effects import ShowFindings, TellDeparture
from setflow.engine import calming, heartbeats
from setflow.engine.floods import FLOOD
from setflow.engine.messages import PeopleSeen
from setflow.engine.work import Work
from setflow.escalation.spec.heartbeats import HEARTBEAT
from setflow.rotation import rules
from setflow.rotation.rules import Ground

FINDINGS = "findings"
MONDAY_MORNING = time(9)


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """History: somebody is not to be reached in Mattermost any more; `why` says how that is."""

    person: str
    why: str


@dataclass(frozen=True, slots=True)
class PersonBack:
    """History: somebody is in Mattermost again."""

    person: str


def plan(work: Work) -> None:
    """Have every rotation looked ahead at each week; those that are gone no more."""
    configuration = work.present.configuration
    due = _next_monday(work.now, configuration.zone)
    names = [f"{FINDINGS}:{name}" for name in configuration.rotations]
    for name in names:
        chores.plan(work.tx, name, due, now=work.now)
    chores.forget(work.tx, FINDINGS, but=names)


def look(work: Work, name: str) -> Iterable[object]:
    """Do a chore that is due."""
    kind, _, of = name.partition(":")
    return _CHORES[kind](work, name, of)


def people_seen(work: Work, message: PeopleSeen) -> Iterable[object]:
    """Keep who is not in Mattermost any more; tell of those who have duties to come, once each."""
    plan(work)
    before = chores.hold(work.tx, PEOPLE)
    was: Mapping[str, str] = before.get("gone", {})
    gone = {name: why for name, why in message.people.items() if why}
    told = [name for name in before.get("told", ()) if name in gone]
    missed = [name for name in gone if name not in told and _missed(work, name)]
    chores.save(work.tx, PEOPLE, {"gone": gone, "told": [*told, *missed]}, None)
    events: list[object] = [PersonLeft(name, gone[name]) for name in gone if name not in was]
    events += [PersonBack(name) for name in was if name not in gone]
    marker = work.now.isoformat()
    effects = [TellDeparture(name, marker) for name in missed]
    return work.note("chore:people", events, effects, "who is in Mattermost")


def _missed(work: Work, person: str) -> bool:
    here = work.present
    ground = Ground(here.history, here.overrides, (), {})
    return rules.first_duty(ground, person, work.now, work.now + rules.AHEAD) is not None


def _show_findings(work: Work, name: str, rotation: str) -> Iterable[object]:
    zone = work.present.configuration.zone
    state = chores.hold(work.tx, name)
    today = work.now.astimezone(zone).date().isoformat()
    chores.save(work.tx, name, {"shown": today}, _next_monday(work.now, zone))
    # The file's zone may change, and Monday morning come twice.
    shown = [] if state.get("shown") == today else [ShowFindings(rotation, today)]
    reason = f"rotation {rotation} is looked ahead at every Monday"
    return work.note(f"chore:{name}", (), shown, reason)


def _next_monday(after: datetime, zone: ZoneInfo) -> datetime:
    """The next Monday morning in a zone."""
    return calendar.spoken(f"mon {MONDAY_MORNING:%H:%M}", zone, after=after)


_CHORES: Mapping[str, Callable[[Work, str, str], Iterable[object]]] = {
    FINDINGS: _show_findings,
    FLOOD: calming.look,
    HEARTBEAT: heartbeats.look,
    heartbeats.WATCH: heartbeats.watch,
}
